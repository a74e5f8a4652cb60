/* SPDX-License-Identifier: MIT */
/*
 * See tuner.h: finds the entry of a layer in the file, or has it measured and keeps it. Measures nothing itself
 * (tune_measure.c) and knows no JSON (tune_file.c).
 */
#include "tune/tune_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tuner {
	struct tuner_params p;
	char path[512]; /* "": there is no place for a cache */
	bool named;	/* by the user */
	bool missing;	/* the named file is not there yet */
	bool loaded, announced, warned, foreign;
	struct tune_key here; /* the machine's part of every key */
	struct tune_cells cells;
};

#define COPY(to, from) snprintf(to, sizeof(to), "%.*s", (int)sizeof(to) - 1, from)

/* Where a user's cache lives, in the order of precedence. */
static void find_cache(char *path, size_t size)
{
	static const struct {
		const char *variable, *below;
	} places[] = {
		{"MEPBENCH_CACHE", ""},
		{"XDG_CACHE_HOME", "/mepbench"},
		{"HOME", "/.cache/mepbench"},
	};

	path[0] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *folder = getenv(places[i].variable);
		int n;

		if (!folder || !folder[0])
			continue;
		n = snprintf(path, size, "%s%s/tuning.json", folder, places[i].below);
		if (n < 0 || (size_t)n >= size)
			path[0] = '\0';
		return;
	}
}

static struct tune_key key_of_machine(const struct tuner_params *p)
{
	struct tune_key key = {.threads = 0};

	COPY(key.cpu, p->conditions->cpu);
	COPY(key.compiler, p->conditions->compiler);
	snprintf(key.program, sizeof(key.program), "%.48s %016" PRIx64, p->conditions->commit,
		 machine_program_digest());
	COPY(key.bind, p->binding->policy);
	return key;
}

static struct tune_key key_of(const struct tuner *t, const struct tune_layer *l)
{
	struct tune_key key = t->here;

	COPY(key.dist, l->dist ? l->dist->name : "training");
	COPY(key.isa, l->kernels->isa);
	key.threads = l->threads;
	key.batch = l->batch;
	key.n_in = l->n_in;
	key.n_out = l->n_out;
	key.dx = l->dx;
	return key;
}

int tuner_create(struct tuner **tuner, const struct tuner_params *p, struct failure *f)
{
	struct tuner *t = calloc(1, sizeof(*t));
	int rc = 0;

	if (!t)
		return fail(f, -ENOMEM, "out of memory for the tuner");
	t->p = *p;
	t->named = p->file && p->file[0];
	if (t->named) {
		COPY(t->path, p->file);
		rc = tune_file_read(t->path, &t->cells, f);
		rc = rc ? rc : tune_file_check(t->path, &t->missing, f);
		t->loaded = true;
	}
	if (rc) {
		tuner_destroy(t);
		return rc;
	}
	*tuner = t;
	return 0;
}

void tuner_destroy(struct tuner *t)
{
	if (!t)
		return;
	tune_cells_destroy(&t->cells);
	free(t);
}

static void warn_once(struct tuner *t, const char *text, const char *fix)
{
	if (!t->warned)
		fprintf(stderr, "warning: %s; %s\n", text, fix);
	t->warned = true;
}

/* On first need: who we are, and the cache. */
static void load(struct tuner *t)
{
	struct failure f;

	if (!t->here.cpu[0] && !t->here.program[0])
		t->here = key_of_machine(&t->p);
	if (t->loaded)
		return;
	t->loaded = true;
	find_cache(t->path, sizeof(t->path));
	if (t->path[0] && tune_file_read(t->path, &t->cells, &f))
		warn_once(t, f.text, "it is measured anew and replaced");
}

/* The entry with exactly this key; in a named file else the last one of this layer, whoever measured it. */
static const struct tune_cell *find(struct tuner *t, const struct tune_key *key)
{
	const struct tune_cell *found = NULL;

	for (int i = 0; i < t->cells.n; i++) {
		const struct tune_cell *c = t->cells.v[i];

		if (tune_key_equal(&c->key, key, false) && (c->fresh || !t->p.afresh))
			return c;
		if (t->named && !t->p.afresh && tune_key_equal(&c->key, key, true))
			found = c;
	}
	if (found && !t->foreign)
		fprintf(stderr,
			"note: %s holds what another program or machine measured; its choices are taken as they are\n",
			t->path);
	t->foreign = t->foreign || found;
	return found;
}

/* What the new entry makes useless: the same of an earlier program, or in a named file the very same. */
static void forget_superseded(struct tuner *t, const struct tune_key *key)
{
	int kept = 0;

	for (int i = 0; i < t->cells.n; i++) {
		struct tune_key twin = t->cells.v[i]->key;

		if (!t->named) {
			COPY(twin.program, key->program);
			COPY(twin.compiler, key->compiler);
		}
		if (tune_key_equal(&twin, key, false))
			free(t->cells.v[i]);
		else
			t->cells.v[kept++] = t->cells.v[i];
	}
	t->cells.n = kept;
}

static int keep(struct tuner *t, const struct tune_cell *cell, struct failure *f)
{
	struct failure why = {"there is no place for the cache of tuning"};
	int rc;

	forget_superseded(t, &cell->key);
	if (tune_cells_add(&t->cells, cell))
		return fail(f, -ENOMEM, "out of memory for the tuning");
	if (!t->named && strstr(t->p.conditions->degraded, "loaded")) {
		warn_once(t, "the machine is busy: the costs that method auto measured are not kept",
			  "--tuning=FILE keeps them");
		return 0;
	}
	rc = t->path[0] ? tune_file_write(t->path, !t->named, &t->cells, &why) : -ENOENT;
	if (rc && t->named)
		return fail(f, -EINVAL, "--tuning=%s", why.text);
	if (rc)
		warn_once(t, why.text,
			  "tuning is measured again next time; set MEPBENCH_CACHE to a folder that can be written");
	return 0;
}

int tuner_table(struct tuner *t, const struct tune_layer *l, const struct tune_table **table, struct failure *f)
{
	tune_measure_fn *measure = t->p.measure ? t->p.measure : tune_measure;
	struct tune_cell cell = {.fresh = true};
	const struct tune_cell *known;
	int rc;

	load(t);
	cell.key = key_of(t, l);
	known = find(t, &cell.key);
	if (!known) {
		if (!t->announced)
			fprintf(stderr, "note: method auto measures layers that it does not know yet%s%s%s\n",
				t->missing ? "; " : "", t->missing ? t->path : "",
				t->missing ? " does not exist yet, it will be made" : "");
		t->announced = true;
		rc = measure(&t->p, l, &cell.table, f);
		rc = rc ? rc : keep(t, &cell, f);
		if (rc)
			return rc;
		known = t->cells.v[t->cells.n - 1];
	}
	*table = &known->table;
	return 0;
}
