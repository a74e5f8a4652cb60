/* SPDX-License-Identifier: MIT */
/* Topology, placement on synthetic machines, binding on this one. */
#define _GNU_SOURCE
#include "emulator.h"
#include "machine/machine.h"

#include <omp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void expect_plan(const char *synthetic, const char *policy, int size, const char *plan)
{
	struct machine *m = NULL;
	struct failure f = {""};
	struct binding b;
	char text[256];

	assert_int_equal(machine_create(&m, synthetic, &f), 0);
	if (binding_create(&b, m, policy, &f))
		fail_msg("%s", f.text);
	binding_describe(&b, size, text, sizeof(text));
	assert_string_equal(text, plan);
	machine_destroy(m);
}

#define SMT "pack:2 l3:1 core:2 pu:2"
#define NUMA "pack:2 numa:2 core:2 pu:1"

static void places_by_policy(void **state)
{
	(void)state;
	expect_plan(SMT, NULL, 4, "0 2 4 6");
	expect_plan(SMT, "core", 8, "0 2 4 6 1 3 5 7");
	expect_plan(SMT, "compact", 8, "0 1 2 3 4 5 6 7");
	expect_plan(SMT, "scatter", 8, "0 4 2 6 1 5 3 7");
	expect_plan(SMT, "none", 8, "unbound");
	expect_plan(NUMA, "core", 8, "0 1 2 3 4 5 6 7");
	expect_plan(NUMA, "scatter", 8, "0 4 2 6 1 5 3 7");
	expect_plan("core:1 pu:1", "core", 3, "0 0 0");
	expect_plan("core:2 pu:2", "core", 6, "0 2 1 3 0 2");
}

static void places_by_location(void **state)
{
	(void)state;
	expect_plan(SMT, "core:0-3.pu:0", 4, "0 2 4 6");
	expect_plan(SMT, "package:1", 4, "4 6 5 7");
	expect_plan(SMT, "pack:1.core:all.pu:1", 2, "5 7");
	expect_plan(SMT, "pu:0,5,2", 3, "0 2 5");
	expect_plan(SMT, "core:odd", 2, "2 6");
	expect_plan(SMT, "core:even.pu:0", 2, "0 4");
	expect_plan(SMT, "core:2-", 2, "4 6");
	expect_plan(SMT, "core:0 core:3", 4, "0 6 1 7");
	expect_plan(NUMA, "numa:1", 2, "2 3");
	expect_plan(SMT, "l3:1.core:0", 2, "4 5");
}

static void refuses_bad_locations(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"cores",
		"spread",
		"core:",
		"core:9",
		"core:0-9",
		"core:x",
		"core:-1",
		"core:3-1",
		"core:0.pu",
		"core:0.pu:2",
		"elephant:0",
		"core:0-3.pu:0:1",
		"core:1x",
		"core:99999999999999999999",
		".",
		":",
		"core:0..pu:0",
		"core:0,,9",
		"core:0.elephant:0",
		"a-very-long-word-that-cannot-be-the-name-of-any-policy-or-location-at-all-and-goes-on",
	};
	struct machine *m = NULL;
	struct failure f = {""};
	struct binding b;

	(void)state;
	assert_int_equal(machine_create(&m, SMT, &f), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f.text[0] = '\0';
		if (!binding_create(&b, m, bad[i], &f))
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(strstr(f.text, "--bind"));
	}
	machine_destroy(m);
}

static void refuses_bad_topology(void **state)
{
	struct machine *m = NULL;
	struct failure f = {""};

	(void)state;
	assert_true(machine_create(&m, "elephants:3", &f) < 0);
	assert_null(m);
	assert_non_null(strstr(f.text, "elephants"));
}

static void counts_this_machine(void **state)
{
	struct machine *m = NULL;
	struct failure f = {""};

	(void)state;
	assert_int_equal(machine_create(&m, NULL, &f), 0);
	assert_true(machine_pus(m) >= machine_cores(m));
	assert_true(machine_cores(m) >= 1);
	assert_in_range(machine_default_threads(m), 1, machine_cores(m));
	assert_int_equal(machine_cache_bytes(m, 0), 0);
	assert_int_equal(machine_cache_bytes(m, 4), 0);
	machine_destroy(m);
}

struct seen {
	int size, pu[16];
};

static void see(struct team team, void *arg)
{
	struct seen *s = arg;

	s->pu[team.rank] = machine_current_pu();
#pragma omp barrier
	if (team.rank == 0)
		s->size = team.size;
}

static void binds_every_team_size(void **state)
{
	struct machine *m = NULL;
	struct failure f = {""};
	struct binding b;
	cpu_set_t before, after;

	(void)state;
	sched_getaffinity(0, sizeof(before), &before);
	assert_int_equal(machine_create(&m, NULL, &f), 0);
	assert_int_equal(binding_create(&b, m, "core", &f), 0);
	for (int turn = 0; turn < 3; turn++)
		for (int size = 1; size <= 8; size++) {
			struct seen s = {0};
			int unbound = -1;

			if (team_run(&b, size, see, &s, &unbound, &f))
				fail_msg("%s", f.text);
			assert_int_equal(unbound, 0);
			assert_int_equal(s.size, size);
			for (int rank = 0; rank < size; rank++)
				assert_int_equal(s.pu[rank], b.pu[rank % b.n_pus]);
		}
	sched_getaffinity(0, sizeof(after), &after);
	assert_true(CPU_EQUAL(&before, &after));
	machine_destroy(m);
}

/* No machine has a PU of this number, so the system refuses. */
static void tells_when_it_cannot_bind(void **state)
{
	struct machine *m = NULL;
	struct failure f = {""};
	struct binding b;
	struct seen s = {0};
	int unbound = -1;

	(void)state;
	assert_int_equal(machine_create(&m, NULL, &f), 0);
	assert_int_equal(binding_create(&b, m, NULL, &f), 0);
	b.n_pus = 1;
	b.pu[0] = 100000;
	assert_int_equal(team_run(&b, 3, see, &s, &unbound, &f), 0);
	assert_int_equal(unbound, 3);
	assert_int_equal(s.size, 3);
	b.explicit = true;
	s.size = 0;
	assert_true(team_run(&b, 3, see, &s, &unbound, &f) < 0);
	assert_int_equal(s.size, 0);
	assert_non_null(strstr(f.text, "--bind"));
	machine_destroy(m);
}

/* Runs a check in a child, so that masks and environments stay there; the child's exit status is the answer. */
static void expect_child(bool (*check)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(check() ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static size_t last_cpu(void)
{
	cpu_set_t set;
	size_t last = 0;

	sched_getaffinity(0, sizeof(set), &set);
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		last = CPU_ISSET(i, &set) ? i : last;
	return last;
}

/* As `taskset -c <last>` leaves it. */
static bool mask_is_honoured(void)
{
	struct machine *m = NULL;
	struct failure f;
	struct binding b;
	cpu_set_t one;
	size_t cpu = last_cpu();
	bool honoured;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) || machine_create(&m, NULL, &f))
		return false;
	honoured = machine_pus(m) == 1 && !binding_create(&b, m, "compact", &f) && b.pu[0] == (int)cpu;
	honoured = honoured && binding_create(&b, m, "pu:1", &f) < 0 && strstr(f.text, "--bind");
	machine_destroy(m);
	return honoured;
}

static void honours_a_mask(void **state)
{
	(void)state;
	expect_child(mask_is_honoured);
}

/* OMP_* must be set before the runtime starts: so this program calls itself with the name of a check. */
static int run_self(const char *name, const char *variable, const char *value)
{
	char self[512] = "", command[1024];

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(command, sizeof(command), "%s='%s' %s '%s' %s", variable, value, emulator(), self, name);
	return system(command);
}

/* With OMP_PLACES={last}: only that PU is usable. */
static int self_places(void)
{
	struct machine *m = NULL;
	struct failure f;
	struct binding b;
	const char *places = getenv("OMP_PLACES");
	int pus;

	if (machine_create(&m, NULL, &f))
		return 1;
	pus = machine_pus(m);
	if (binding_create(&b, m, NULL, &f))
		b.pu[0] = -1;
	machine_destroy(m);
	if (pus != 1)
		return 3;
	return places && b.pu[0] == atoi(places + 1) ? 0 : 2;
}

static int proc_bind_turns(const struct binding *b, int size)
{
	struct failure f;
	struct seen s = {0};
	int unbound;

	for (int turn = 1; turn <= size; turn++) {
		if (team_run(b, turn, see, &s, &unbound, &f) || unbound)
			return 3;
		for (int rank = 0; rank < turn; rank++)
			if (s.pu[rank] != b->pu[rank])
				return 4;
	}
	return 0;
}

/* With OMP_PROC_BIND=true the main thread's mask is one PU, yet all are usable and each thread gets its own. */
static int self_proc_bind(void)
{
	struct machine *m = NULL;
	struct failure f;
	struct binding b;
	int pus = 0, result = 1;

	for (int p = 0; p < omp_get_num_places(); p++)
		pus += omp_get_place_num_procs(p);
	if (machine_create(&m, NULL, &f))
		return 1;
	if (machine_pus(m) != pus)
		result = 2;
	else if (!binding_create(&b, m, NULL, &f))
		result = proc_bind_turns(&b, b.n_pus < 8 ? b.n_pus : 8);
	machine_destroy(m);
	return result;
}

static void honours_places(void **state)
{
	char places[32];

	(void)state;
	snprintf(places, sizeof(places), "{%zu}", last_cpu());
	assert_int_equal(run_self("places", "OMP_PLACES", places), 0);
	assert_int_equal(run_self("proc_bind", "OMP_PROC_BIND", "true"), 0);
	assert_int_equal(run_self("proc_bind", "OMP_PROC_BIND", "close"), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_by_policy),
		cmocka_unit_test(places_by_location),
		cmocka_unit_test(refuses_bad_locations),
		cmocka_unit_test(refuses_bad_topology),
		cmocka_unit_test(honours_a_mask),
		cmocka_unit_test(honours_places),
		cmocka_unit_test(counts_this_machine),
		cmocka_unit_test(binds_every_team_size),
		cmocka_unit_test(tells_when_it_cannot_bind),
	};

	if (argc == 2)
		return strcmp(argv[1], "places") ? self_proc_bind() : self_places();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
