/* SPDX-License-Identifier: MIT */
/* What a run depends on: quota files of both cgroup versions, BLAS peers, the conditions themselves. */
#define _GNU_SOURCE
#include "machine/machine_private.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

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

static void reads_quota_v2(void **state)
{
	char root[SCRATCH_PATH];
	struct cgroup g;

	(void)state;
	scratch_create(root);
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
	scratch_destroy(root);
}

static void reads_quota_v1(void **state)
{
	char root[SCRATCH_PATH];
	struct cgroup g;

	(void)state;
	scratch_create(root);
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
	scratch_destroy(root);
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

static void put_fact(struct machine *m, const char *name, const char *text)
{
	hwloc_obj_t package = hwloc_get_obj_by_type(m->topology, HWLOC_OBJ_PACKAGE, 0);

	if (text)
		assert_int_equal(hwloc_obj_add_info(package, name, text), 0);
}

/* Machines of several generations must not pass for one where a hypervisor names none. */
static void names_the_model_behind_a_bare_name(void **state)
{
	static const struct {
		const char *name, *family, *model, *cpu;
	} cases[] = {
		{"AMD EPYC", "25", "17", "AMD EPYC family 25 model 17"},
		{"AMD EPYC 9354", "25", "17", "AMD EPYC 9354"},
		{"Neoverse-N1", NULL, NULL, "Neoverse-N1"},
		{"Power", NULL, NULL, "Power"},
		{NULL, "6", "143", "family 6 model 143"},
		{NULL, NULL, NULL, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct failure f = {""};
		struct conditions c;
		struct machine *m;

		assert_int_equal(machine_create(&m, "pack:1 core:2 pu:1", &f), 0);
		put_fact(m, "CPUModel", cases[i].name);
		put_fact(m, "CPUFamilyNumber", cases[i].family);
		put_fact(m, "CPUModelNumber", cases[i].model);
		conditions_read(&c, m);
		assert_string_equal(c.cpu, cases[i].cpu);
		machine_destroy(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_quota_v2),
		cmocka_unit_test(reads_quota_v1),
		cmocka_unit_test(peers_multiply_concurrently),
		cmocka_unit_test(conditions_are_filled),
		cmocka_unit_test(names_the_model_behind_a_bare_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
