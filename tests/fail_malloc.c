/* SPDX-License-Identifier: MIT */
/*
 * Loaded before a program (LD_PRELOAD), lets its FAIL_ALLOCATION-th allocation fail, and with FAIL_EVER set all behind
 * it. Only those count that come from the program itself or from a library whose name holds one of the words of
 * FAIL_MODULES (space-separated): libgomp, for one, ends the process by itself where it gets no memory. FAIL_COUNT
 * names a file for the number of allocations met.
 */
#define _GNU_SOURCE	 /* dl_iterate_phdr */
#undef _FILE_OFFSET_BITS /* it would make mmap and mmap64 one name */
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);

static atomic_long met;

struct caller {
	uintptr_t at;
	bool counts;
};

static bool is_named(const char *path)
{
	const char *words = getenv("FAIL_MODULES"), *file = strrchr(path, '/');
	size_t n;

	if (!*path)
		return true; /* the program */
	for (; words && *words; words += n + (words[n] == ' ')) {
		char word[32] = "";

		n = strcspn(words, " ");
		memcpy(word, words, n < sizeof(word) ? n : sizeof(word) - 1);
		if (n && strstr(file ? file : path, word))
			return true;
	}
	return false;
}

static int look_in(struct dl_phdr_info *module, size_t size, void *arg)
{
	struct caller *c = arg;

	(void)size;
	for (int i = 0; i < module->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &module->dlpi_phdr[i];

		if (h->p_type != PT_LOAD || c->at - (module->dlpi_addr + h->p_vaddr) >= h->p_memsz)
			continue;
		c->counts = is_named(module->dlpi_name);
		return 1;
	}
	return 0;
}

static bool fails(const void *from)
{
	const char *wanted = getenv("FAIL_ALLOCATION");
	struct caller c = {(uintptr_t)from, false};
	long number;

	if (!wanted)
		return false;
	dl_iterate_phdr(look_in, &c);
	if (!c.counts)
		return false;
	number = atomic_fetch_add(&met, 1) + 1;
	if (number != atol(wanted) && (number < atol(wanted) || !getenv("FAIL_EVER")))
		return false;
	errno = ENOMEM;
	return true;
}

__attribute__((destructor)) static void tell(void)
{
	const char *path = getenv("FAIL_COUNT");
	FILE *out = path ? fopen(path, "w") : NULL;

	if (out && (fprintf(out, "%ld\n", (long)met) < 0 || fclose(out)))
		perror(path);
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(align, size);
}

static void *map(const void *from, void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	long p;

	if (fails(from))
		return MAP_FAILED;
	p = syscall(SYS_mmap, at, size, protection, flags, fd, offset);
	return (void *)(uintptr_t)p;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return map(__builtin_return_address(0), at, size, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return map(__builtin_return_address(0), at, size, protection, flags, fd, offset);
}
