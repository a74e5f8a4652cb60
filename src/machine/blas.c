/* SPDX-License-Identifier: MIT */
/*
 * CBLAS libraries, opened at run time so that the build needs none and several can be compared in one process.
 * Each is opened with its names kept local: nothing of ours links a BLAS, so no library can take another's cblas_sgemm
 * (RTLD_DEEPBIND would add nothing, and AddressSanitizer forbids it).
 * They run single-threaded: our own pinned team calls them, each thread on its part.
 */
#define _GNU_SOURCE /* dlinfo */
#include "machine/machine.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct blas_library {
	const char *method, *name;
	const char *file[4];
	const char *threads_variable; /* read when the library is loaded */
	const char *set_threads, *version;
	const char *core;  /* tells which of its kernels run here */
	bool long_threads; /* the type of set_threads' argument: BLIS's dim_t */
} libraries[] = {
	{"dense_openblas",
	 "OpenBLAS",
	 {"libopenblas.so.0", "libopenblas.so"},
	 "OPENBLAS_NUM_THREADS",
	 "openblas_set_num_threads",
	 "openblas_get_config",
	 "openblas_get_corename",
	 false},
	{"dense_blis",
	 "BLIS",
	 {"libblis.so.4", "libblis.so.3", "libblis.so"},
	 "BLIS_NUM_THREADS",
	 "bli_thread_set_num_threads",
	 "bli_info_get_version_str",
	 NULL,
	 true},
};

/* dlsym gives an object pointer; POSIX says it converts, ISO C needs the bytes copied. */
static bool find_function(void *handle, const char *name, void *function, size_t size)
{
	void *symbol = name ? dlsym(handle, name) : NULL;

	if (symbol)
		memcpy(function, &symbol, size);
	return symbol != NULL;
}

static void set_single_thread(void *handle, const struct blas_library *l)
{
	void (*set_int)(int);
	void (*set_long)(long);

	if (l->long_threads && find_function(handle, l->set_threads, &set_long, sizeof(set_long)))
		set_long(1);
	else if (!l->long_threads && find_function(handle, l->set_threads, &set_int, sizeof(set_int)))
		set_int(1);
}

/* What a function without arguments returns, "" if the library has none of this name. */
static const char *ask(void *handle, const char *name)
{
	const char *(*function)(void), *text = NULL;

	if (find_function(handle, name, &function, sizeof(function)))
		text = function();
	return text ? text : "";
}

/* `OpenBLAS 0.3.21 (Cooperlake)`: of the configuration, which lists every build option, only the version. */
static void describe(void *handle, const struct blas_library *l, struct blas_peer *peer)
{
	const char *text = ask(handle, l->version), *core = ask(handle, l->core);
	struct link_map *map;

	/* OpenBLAS begins its configuration with its own name. */
	if (!strncmp(text, l->name, strlen(l->name)))
		text += strlen(l->name);
	text += strspn(text, " ");
	snprintf(peer->library, sizeof(peer->library), "%s %.*s%s%.20s%s", l->name,
		 *text ? (int)strcspn(text, " ") : INT_MAX, *text ? text : "(version unknown)", *core ? " (" : "", core,
		 *core ? ")" : "");
	if (!dlinfo(handle, RTLD_DI_LINKMAP, &map))
		snprintf(peer->path, sizeof(peer->path), "%s", map->l_name);
}

static bool load_file(const char *file, const struct blas_library *l, struct blas_peer *peer)
{
	void *handle;

	if (l->threads_variable)
		setenv(l->threads_variable, "1", 1);
	memset(peer, 0, sizeof(*peer));
	handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return false;
	if (!find_function(handle, "cblas_sgemm", &peer->sgemm, sizeof(peer->sgemm))) {
		dlclose(handle);
		return false;
	}
	set_single_thread(handle, l);
	snprintf(peer->method, sizeof(peer->method), "%s", l->method);
	describe(handle, l, peer);
	return true;
}

static bool load_library(const struct blas_library *l, struct blas_peer *peer)
{
	for (size_t i = 0; i < sizeof(l->file) / sizeof(l->file[0]) && l->file[i]; i++)
		if (load_file(l->file[i], l, peer))
			return true;
	return false;
}

int blas_load(struct blas_peer *peers, int max)
{
	const char *other = getenv("MEPBENCH_BLAS");
	const struct blas_library unknown = {.method = "dense_other", .name = other};
	int n = 0;

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]) && n < max; i++)
		n += load_library(&libraries[i], &peers[n]);
	if (other && *other && n < max)
		n += load_file(other, &unknown, &peers[n]);
	return n;
}
