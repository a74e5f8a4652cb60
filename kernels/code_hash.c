/* SPDX-License-Identifier: MIT */
/*
 * code_hash ISA FILE.c OBJECT...: writes the table kernel_code_ISA, a hash for each kernel of the registry: of all
 * machine code and constants that it can reach. Equal hashes: the same code, whatever became of comments, names or line
 * numbers; it cannot have become slower.
 *
 * A section of an object file is a node (kernels are built with -ffunction-sections, so that is a function, or the
 * constants of one file), a relocation an edge. From the kernel's function the walk visits what can be reached, breadth
 * first, and hashes each section's bytes and, for each relocation, the place, the kind and which section it leads to,
 * by the order of the visits: so neither names nor addresses count. What is in no object (libm, libgomp) counts by
 * name.
 *
 * Objects that are not machine code of a 64-bit ELF (link-time optimisation) give 0, not known. Runs at build time, on
 * the machine that builds.
 */
#include "kernel.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FNV_BASIS 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

struct object {
	unsigned char *bytes;
	size_t size;
	const Elf64_Shdr *sections;
	size_t n_sections, n_symbols;
	const Elf64_Sym *symbols;
	const char *names; /* of the symbols */
	uint32_t *visit;   /* (n_sections) from 1, in the order of the walk; 0: not visited */
};

struct place {
	struct object *object;
	size_t section;
	uint64_t offset;
};

struct walk {
	struct object *objects;
	int n_objects;
	struct place *queue; /* room for every section there is */
	uint32_t n_queue;
	uint64_t hash;
};

static void hash_bytes(uint64_t *hash, const void *bytes, size_t n)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < n; i++)
		*hash = (*hash ^ b[i]) * FNV_PRIME;
}

static void hash_number(uint64_t *hash, uint64_t v)
{
	hash_bytes(hash, &v, sizeof(v));
}

static unsigned char *read_file(const char *path, size_t *size)
{
	FILE *in = fopen(path, "rb");
	unsigned char *bytes = NULL;
	long n = -1;

	if (in && !fseek(in, 0, SEEK_END) && (n = ftell(in)) >= 0 && !fseek(in, 0, SEEK_SET)) {
		bytes = malloc((size_t)n + 1);
		if (bytes && fread(bytes, 1, (size_t)n, in) != (size_t)n) {
			free(bytes);
			bytes = NULL;
		}
	}
	if (in)
		fclose(in);
	*size = bytes ? (size_t)n : 0;
	return bytes;
}

/* False if it is no object file that this program knows; the compiler made it, so its insides are trusted. */
static bool object_read(struct object *o, const char *path)
{
	const Elf64_Ehdr *h;

	*o = (struct object){.bytes = NULL};
	o->bytes = read_file(path, &o->size);
	h = (const void *)o->bytes;
	if (o->size < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) || h->e_ident[EI_CLASS] != ELFCLASS64 ||
	    h->e_type != ET_REL || h->e_shoff + (uint64_t)h->e_shnum * sizeof(Elf64_Shdr) > o->size)
		return false;
	o->sections = (const void *)(o->bytes + h->e_shoff);
	o->n_sections = h->e_shnum;
	o->visit = calloc(o->n_sections + 1, sizeof(*o->visit));
	for (size_t i = 0; i < o->n_sections; i++) {
		const Elf64_Shdr *s = &o->sections[i];

		if (s->sh_type != SHT_SYMTAB)
			continue;
		o->symbols = (const void *)(o->bytes + s->sh_offset);
		o->n_symbols = s->sh_size / sizeof(Elf64_Sym);
		o->names = (const char *)o->bytes + o->sections[s->sh_link].sh_offset;
	}
	return o->visit && o->symbols;
}

/* The definition of a global name in any object; its object is NULL if there is none. */
static struct place find_global(const struct walk *w, const char *name)
{
	for (int i = 0; i < w->n_objects; i++) {
		struct object *o = &w->objects[i];

		for (size_t s = 0; s < o->n_symbols; s++)
			if (ELF64_ST_BIND(o->symbols[s].st_info) != STB_LOCAL && o->symbols[s].st_shndx != SHN_UNDEF &&
			    o->symbols[s].st_shndx < o->n_sections && !strcmp(o->names + o->symbols[s].st_name, name))
				return (struct place){o, o->symbols[s].st_shndx, o->symbols[s].st_value};
	}
	return (struct place){NULL, 0, 0};
}

static struct place find_symbol(const struct walk *w, struct object *o, size_t symbol)
{
	const Elf64_Sym *s = &o->symbols[symbol];

	if (s->st_shndx == SHN_UNDEF)
		return find_global(w, o->names + s->st_name);
	if (s->st_shndx < o->n_sections)
		return (struct place){o, s->st_shndx, s->st_value};
	return (struct place){NULL, 0, 0};
}

/* The relocations of a section: the first of n. */
static const Elf64_Rela *relocations_of(const struct object *o, size_t section, size_t *n)
{
	for (size_t i = 0; i < o->n_sections; i++)
		if (o->sections[i].sh_type == SHT_RELA && o->sections[i].sh_info == section) {
			*n = o->sections[i].sh_size / sizeof(Elf64_Rela);
			return (const void *)(o->bytes + o->sections[i].sh_offset);
		}
	*n = 0;
	return NULL;
}

static uint32_t visit(struct walk *w, struct place p)
{
	uint32_t *number = &p.object->visit[p.section];

	if (!*number) {
		w->queue[w->n_queue++] = p;
		*number = w->n_queue;
	}
	return *number;
}

static void hash_relocation(struct walk *w, struct object *o, const Elf64_Rela *r)
{
	size_t symbol = ELF64_R_SYM(r->r_info);
	struct place to = find_symbol(w, o, symbol);

	hash_number(&w->hash, r->r_offset);
	hash_number(&w->hash, ELF64_R_TYPE(r->r_info));
	if (to.object) {
		hash_number(&w->hash, visit(w, to));
		hash_number(&w->hash, to.offset + (uint64_t)r->r_addend);
		return;
	}
	hash_bytes(&w->hash, o->names + o->symbols[symbol].st_name, strlen(o->names + o->symbols[symbol].st_name) + 1);
	hash_number(&w->hash, o->symbols[symbol].st_value + (uint64_t)r->r_addend);
}

static void hash_section(struct walk *w, struct place p)
{
	const Elf64_Shdr *s = &p.object->sections[p.section];
	size_t n;
	const Elf64_Rela *r = relocations_of(p.object, p.section, &n);

	hash_number(&w->hash, s->sh_size);
	hash_number(&w->hash, s->sh_addralign);
	if (s->sh_type != SHT_NOBITS)
		hash_bytes(&w->hash, p.object->bytes + s->sh_offset, s->sh_size);
	for (size_t i = 0; i < n; i++)
		hash_relocation(w, p.object, &r[i]);
}

static uint64_t hash_reachable(struct walk *w, struct place from)
{
	for (int i = 0; i < w->n_objects; i++)
		memset(w->objects[i].visit, 0, w->objects[i].n_sections * sizeof(uint32_t));
	w->n_queue = 0;
	w->hash = FNV_BASIS;
	visit(w, from);
	hash_number(&w->hash, from.offset);
	for (uint32_t i = 0; i < w->n_queue; i++)
		hash_section(w, w->queue[i]);
	return w->hash ? w->hash : 1;
}

/* What the pointer at this place of the registry leads to; no object: nothing does. */
static struct place follow(const struct walk *w, struct place p)
{
	size_t n;
	const Elf64_Rela *r = relocations_of(p.object, p.section, &n);

	for (size_t i = 0; i < n; i++)
		if (r[i].r_offset == p.offset) {
			struct place to = find_symbol(w, p.object, ELF64_R_SYM(r[i].r_info));

			to.offset += (uint64_t)r[i].r_addend;
			return to;
		}
	return (struct place){NULL, 0, 0};
}

/* Hashes the kernels of the registry, row by row; returns how many. `out` NULL: only counts. */
static int put_hashes(struct walk *w, struct place table, FILE *out)
{
	int row = 0;

	for (;; row++) {
		struct place field = table, run;

		field.offset += (size_t)row * sizeof(struct kernel) + offsetof(struct kernel, run);
		run = follow(w, field);
		if (!run.object)
			return row;
		if (out)
			fprintf(out, "\t0x%016llxu,\n", (unsigned long long)hash_reachable(w, run));
	}
}

/* The table in C: how many hashes, then they; none where the objects are not known. */
static void put_table(struct walk *w, const char *isa, bool known, FILE *out)
{
	struct place table = {NULL, 0, 0};
	char name[64];

	snprintf(name, sizeof(name), "kernel_table_%s", isa);
	if (known)
		table = find_global(w, name);
	fprintf(out,
		"/* Generated by code_hash, see there. */\n#include <stdint.h>\n\nextern const uint64_t "
		"kernel_code_%s[];\n\n"
		"const uint64_t kernel_code_%s[] = {\n\t%d,\n",
		isa, isa, table.object ? put_hashes(w, table, NULL) : 0);
	if (table.object)
		put_hashes(w, table, out);
	fprintf(out, "};\n");
}

static bool read_objects(struct walk *w, int n, char **paths)
{
	size_t room = 1;

	w->objects = calloc((size_t)n + 1, sizeof(*w->objects));
	for (int i = 0; i < n; i++) {
		if (!w->objects || !object_read(&w->objects[i], paths[i]))
			return false;
		w->n_objects = i + 1;
		room += w->objects[i].n_sections;
	}
	w->queue = calloc(room, sizeof(*w->queue));
	return w->queue;
}

int main(int argc, char **argv)
{
	struct walk w = {.n_objects = 0};
	FILE *out = argc > 3 ? fopen(argv[2], "w") : NULL;
	bool known, written;

	if (!out) {
		fprintf(stderr, "usage: code_hash ISA FILE.c OBJECT...\n");
		return 2;
	}
	known = read_objects(&w, argc - 3, argv + 3);
	put_table(&w, argv[1], known, out);
	written = !ferror(out);
	written = !fclose(out) && written;
	for (int i = 0; w.objects && i < argc - 3; i++) {
		free(w.objects[i].bytes);
		free(w.objects[i].visit);
	}
	free(w.objects);
	free(w.queue);
	return written ? 0 : 99;
}
