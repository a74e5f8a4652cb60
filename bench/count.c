/* SPDX-License-Identifier: MIT */
/*
 * See count.h. The parent makes a folder, waits, and removes it; the child finds its name in the environment. Callgrind
 * writes a profile there whenever it is asked to, which is read and removed at once: a list of objects (ob=) with a
 * line "where instructions" for each place of their code. The line behind calls= repeats what stands at the callee.
 */
#include "count.h"

#include "interrupt.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_CALLGRIND
#include <valgrind/callgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define CALLGRIND_START_INSTRUMENTATION ((void)0)
#define CALLGRIND_STOP_INSTRUMENTATION ((void)0)
#define CALLGRIND_ZERO_STATS ((void)0)
#define CALLGRIND_TOGGLE_COLLECT ((void)0)
#define CALLGRIND_DUMP_STATS ((void)0)
#endif

#define FOLDER_VARIABLE "MEPBENCH_COUNT"
#define MAX_WORDS 256
#define LINE_BYTES 4096
#define PROFILE "count" /* the start of their names */
#define EXIT_NO_PROGRAM 127
#define MOMENT_NS (20 * 1000 * 1000)
#define PATIENCE 15 /* moments: well within what interrupt.h grants */

bool count_active(void)
{
	return RUNNING_ON_VALGRIND && getenv(FOLDER_VARIABLE);
}

/* "/usr/lib/libc.so.6" and the like, whose instructions differ from machine to machine; and the harness. */
static bool is_left_out(const char *object, const char *harness)
{
	const char *slash = strrchr(object, '/'), *name = slash ? slash + 1 : object;

	return !strcmp(object, harness) || !strncmp(name, "lib", 3) || !strncmp(name, "ld-", 3) ||
	       !strncmp(name, "vgpreload", 9);
}

static int64_t sum_lines(FILE *in, const char *harness)
{
	char line[LINE_BYTES];
	bool left_out = false, inclusive = false;
	int64_t sum = 0;
	long long where, n;

	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "ob=", 3))
			left_out = is_left_out(line + 3, harness);
		else if (!strncmp(line, "calls=", 6))
			inclusive = true;
		else if (sscanf(line, "%lld %lld", &where, &n) == 2) {
			sum += left_out || inclusive ? 0 : n;
			inclusive = false;
		}
	}
	return ferror(in) ? -1 : sum;
}

int64_t count_profile(const char *path, const char *harness)
{
	FILE *in = fopen(path, "re");
	char first[32] = "";
	int64_t sum = -1;

	if (!in)
		return -1;
	if (fgets(first, sizeof(first), in) && !strcmp(first, "# callgrind format\n"))
		sum = sum_lines(in, harness);
	fclose(in);
	return sum;
}

/* Reads and removes what callgrind has written into the folder: one profile, as the one before is gone. */
static int64_t take_profile(const char *folder, const char *harness)
{
	char path[PATH_MAX];
	DIR *dir = opendir(folder);
	int64_t n = -1;

	for (const struct dirent *e; dir && (e = readdir(dir));) {
		if (strncmp(e->d_name, PROFILE, strlen(PROFILE)) != 0 ||
		    snprintf(path, sizeof(path), "%s/%s", folder, e->d_name) >= (int)sizeof(path))
			continue;
		n = count_profile(path, harness);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	return n;
}

void count_begin(void)
{
	CALLGRIND_START_INSTRUMENTATION;
}

void count_end(void)
{
	CALLGRIND_STOP_INSTRUMENTATION;
}

int count_call(const struct counted *c, int64_t *instructions, struct failure *f)
{
	const char *folder = getenv(FOLDER_VARIABLE);
	char own[PATH_MAX] = "";
	ssize_t length = c->built_in ? 0 : readlink("/proc/self/exe", own, sizeof(own) - 1);
	int64_t n;

	if (!folder || length < 0)
		return fail(f, -EIO, "this process cannot count: it was not started by --count");
	CALLGRIND_ZERO_STATS;
	CALLGRIND_TOGGLE_COLLECT;
	c->run(c->arg);
	CALLGRIND_TOGGLE_COLLECT;
	CALLGRIND_DUMP_STATS;
	n = take_profile(folder, own);
	if (n <= 0)
		return fail(f, -EIO, "callgrind has counted nothing in %.300s; is the disk full?", folder);
	*instructions = n;
	return 0;
}

/* The process that counts. */
static void become_counter(const char *folder, const char *command, int n, char *const *words)
{
	char file[PATH_MAX + 32], own[PATH_MAX] = "", *argv[MAX_WORDS];
	const char *const start[] = {"valgrind",
				     "--quiet",
				     "--tool=callgrind",
				     "--instr-atstart=no",
				     "--collect-atstart=no",
				     "--compress-strings=no",
				     "--compress-pos=no",
				     file,
				     own,
				     command};
	const int n_start = (int)(sizeof(start) / sizeof(start[0]));

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (n_start + n >= MAX_WORDS || readlink("/proc/self/exe", own, sizeof(own) - 1) < 0)
		_exit(EXIT_HARNESS);
	snprintf(file, sizeof(file), "--callgrind-out-file=%s/" PROFILE, folder);
	for (int i = 0; i < n_start; i++)
		argv[i] = (char *)(uintptr_t)start[i];
	memcpy(argv + n_start, words, sizeof(*argv) * (size_t)n);
	argv[n_start + n] = NULL;
	setenv(FOLDER_VARIABLE, folder, 1);
	setenv("OMP_WAIT_POLICY", "passive", 1);
	setenv("HWLOC_COMPONENTS", "-x86", 1); /* cpuid under valgrind is not that of the machine */
	execvp(argv[0], argv);
	_exit(EXIT_NO_PROGRAM);
}

/* Waits for the child; when this process is asked to stop, the child is, and soon made to. */
static int wait_for(pid_t child)
{
	const struct timespec moment = {.tv_nsec = MOMENT_NS};
	int status, moments = 0;

	while (waitpid(child, &status, WNOHANG) == 0) {
		if (*interrupt_flag() && moments++ % PATIENCE == 0)
			kill(child, moments == 1 ? SIGTERM : SIGKILL);
		nanosleep(&moment, NULL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_HARNESS;
}

static void remove_folder(const char *folder)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/" PROFILE, folder);
	unlink(path); /* written when callgrind ends */
	take_profile(folder, "");
	rmdir(folder);
}

static int count_in(const char *folder, const char *command, int n, char *const *words, struct failure *f)
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	if (child < 0)
		return fail(f, -EAGAIN, "no process to count in: %s", strerror(errno));
	if (!child)
		become_counter(folder, command, n, words);
	status = wait_for(child);
	if (status == EXIT_NO_PROGRAM)
		return fail(f, -EINVAL, "--count runs under valgrind, which cannot be started; install valgrind");
	return status;
}

int count_start(const char *command, int n, char *const *words, struct failure *f)
{
	const char *place = getenv("TMPDIR");
	char folder[PATH_MAX];
	int rc;

#ifndef HAVE_CALLGRIND
	return fail(
		f, -EINVAL,
		"--count: this program was built without <valgrind/callgrind.h>; install valgrind, then meson setup "
		"--reconfigure");
#endif
	snprintf(folder, sizeof(folder), "%.400s/mepbench-count-XXXXXX", place && *place ? place : "/tmp");
	if (!mkdtemp(folder))
		return fail(f, -EINVAL, "--count: no folder %s: %s; TMPDIR should be one that can be written", folder,
			    strerror(errno));
	rc = count_in(folder, command, n, words, f);
	remove_folder(folder);
	return rc;
}
