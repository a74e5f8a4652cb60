/* SPDX-License-Identifier: MIT */
/* Topology, placement on synthetic machines, binding on this one, quota files, BLAS peers, conditions. */
#define _GNU_SOURCE
#include "machine/machine_private.h"

#include <math.h>
#include <omp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) || machine_create(&m, NULL, &f))
		return false;
	if (machine_pus(m) != 1 || binding_create(&b, m, "compact", &f) || b.pu[0] != (int)cpu)
		return false;
	return binding_create(&b, m, "pu:1", &f) < 0 && strstr(f.text, "--bind");
}

static void honours_a_mask(void **state)
{
	(void)state;
	expect_child(mask_is_honoured);
}

/* OMP_* must be set before the runtime starts: so this program calls itself with the name of a check. */
static int run_self(const char *name, const char *variable, const char *value)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		setenv(variable, value, 1);
		execl("/proc/self/exe", "test_machine", name, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status;
}

/* With OMP_PLACES={last}: only that PU is usable. */
static int self_places(void)
{
	struct machine *m = NULL;
	struct failure f;
	struct binding b;
	const char *places = getenv("OMP_PLACES");

	if (machine_create(&m, NULL, &f) || machine_pus(m) != 1 || binding_create(&b, m, NULL, &f))
		return 1;
	return places && b.pu[0] == atoi(places + 1) ? 0 : 2;
}

/* With OMP_PROC_BIND=true the main thread's mask is one PU, yet all are usable and each thread gets its own. */
static int self_proc_bind(void)
{
	struct machine *m = NULL;
	struct failure f;
	struct binding b;
	struct seen s = {0};
	int size, unbound;

	if (machine_create(&m, NULL, &f) || binding_create(&b, m, NULL, &f))
		return 1;
	if (machine_pus(m) != omp_get_num_procs() && machine_pus(m) < 2)
		return 2;
	size = b.n_pus < 8 ? b.n_pus : 8;
	for (int turn = 1; turn <= size; turn++) {
		if (team_run(&b, turn, see, &s, &unbound, &f) || unbound)
			return 3;
		for (int rank = 0; rank < turn; rank++)
			if (s.pu[rank] != b.pu[rank])
				return 4;
	}
	return 0;
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

static void write_file(const char *root, const char *name, const char *text)
{
	char path[512];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(path, 0700);
	}
	out = fopen(path, "w");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static void remove_tree(const char *root)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	assert_int_equal(system(command), 0);
}

static void reads_quota_v2(void **state)
{
	char root[] = "/tmp/mepbench-cgroup-XXXXXX";
	struct cgroup g;

	(void)state;
	assert_non_null(mkdtemp(root));
	write_file(root, "proc/self/cgroup", "0::/user.slice/job\n");
	write_file(root, "sys/fs/cgroup/user.slice/job/cpu.max", "max 100000\n");
	cgroup_read(&g, root);
	assert_true(g.quota == 0 && g.n == 0);
	write_file(root, "sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n");
	write_file(root, "sys/fs/cgroup/user.slice/cpu.stat", "usage_usec 5\nnr_periods 9\nnr_throttled 7\n");
	write_file(root, "sys/fs/cgroup/user.slice/job/cpu.max", "400000 100000\n");
	cgroup_read(&g, root);
	assert_true(fabs(g.quota - 1.5) < 1e-12);
	assert_int_equal(g.n, 2);
	assert_int_equal(cgroup_throttled(&g), 7);
	write_file(root, "sys/fs/cgroup/user.slice/cpu.max", "rubbish\n");
	write_file(root, "sys/fs/cgroup/user.slice/job/cpu.max", "");
	cgroup_read(&g, root);
	assert_true(g.quota == 0);
	remove_tree(root);
}

static void reads_quota_v1(void **state)
{
	char root[] = "/tmp/mepbench-cgroup-XXXXXX";
	struct cgroup g;

	(void)state;
	assert_non_null(mkdtemp(root));
	write_file(root, "proc/self/cgroup", "9:memory:/\n4:cpu,cpuacct:/box\n1:cpuset:/box\nrubbish\n0::/\n");
	write_file(root, "sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "-1\n");
	write_file(root, "sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
	cgroup_read(&g, root);
	assert_true(g.quota == 0);
	write_file(root, "sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "250000\n");
	write_file(root, "sys/fs/cgroup/cpu/box/cpu.stat", "nr_periods 9\nnr_throttled 3\nthrottled_time 1\n");
	cgroup_read(&g, root);
	assert_true(fabs(g.quota - 2.5) < 1e-12);
	assert_int_equal(cgroup_throttled(&g), 3);
	remove_tree(root);
	cgroup_read(&g, root);
	assert_true(g.quota == 0);
}

#define SIDE 67

struct products {
	blas_sgemm_fn *sgemm;
	float a[SIDE * SIDE], b[SIDE * SIDE], c[2][SIDE * SIDE];
	int wrong;
};

/* Both threads multiply at once, many times; each result must be exact: the operands are small whole numbers. */
static void multiply(struct team team, void *arg)
{
	struct products *p = arg;
	float *c = p->c[team.rank];
	int wrong = 0;

	for (int turn = 0; turn < 50; turn++) {
		memset(c, 0xff, sizeof(p->c[0]));
		p->sgemm(101, 111, 111, SIDE, SIDE, SIDE, 1, p->a, SIDE, p->b, SIDE, 0, c, SIDE);
		for (int i = 0; i < SIDE; i++)
			for (int j = 0; j < SIDE; j++) {
				float sum = 0;

				for (int k = 0; k < SIDE; k++)
					sum += p->a[i * SIDE + k] * p->b[k * SIDE + j];
				wrong += c[i * SIDE + j] != sum;
			}
	}
#pragma omp atomic
	p->wrong += wrong;
}

static void peers_multiply_concurrently(void **state)
{
	static struct products p;
	struct blas_peer peers[8];
	struct machine *m = NULL;
	struct failure f = {""};
	struct binding b;
	int n = blas_load(peers, 8);

	(void)state;
	assert_int_equal(machine_create(&m, NULL, &f), 0);
	assert_int_equal(binding_create(&b, m, NULL, &f), 0);
	for (int i = 0; i < SIDE * SIDE; i++) {
		p.a[i] = (float)(i * 7 % 11 - 5);
		p.b[i] = (float)(i * 5 % 13 - 6);
	}
	for (int i = 0; i < n; i++) {
		print_message("%s: %s (%s)\n", peers[i].method, peers[i].library, peers[i].path);
		for (int j = 0; j < i; j++)
			assert_true(peers[i].sgemm != peers[j].sgemm);
		p.sgemm = peers[i].sgemm;
		p.wrong = 0;
		assert_int_equal(team_run(&b, 2, multiply, &p, NULL, &f), 0);
		assert_int_equal(p.wrong, 0);
	}
	machine_destroy(m);
}

static void conditions_are_filled(void **state)
{
	struct machine *m = NULL;
	struct conditions c;
	struct failure f = {""};

	(void)state;
	assert_int_equal(machine_create(&m, NULL, &f), 0);
	conditions_read(&c, m);
	assert_true(c.pus >= 1 && c.compiler[0] && c.commit[0] && c.omp_runtime[0] && c.build_type[0]);
	c.degraded[0] = '\0';
	conditions_degrade(&c, "unbound");
	conditions_degrade(&c, "quota");
	conditions_degrade(&c, "unbound");
	assert_string_equal(c.degraded, "unbound,quota");
	machine_destroy(m);
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
		cmocka_unit_test(reads_quota_v2),
		cmocka_unit_test(reads_quota_v1),
		cmocka_unit_test(peers_multiply_concurrently),
		cmocka_unit_test(conditions_are_filled),
	};

	if (argc == 2)
		return strcmp(argv[1], "places") ? self_proc_bind() : self_places();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
