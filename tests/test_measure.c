/* SPDX-License-Identifier: MIT */
/* Rounds: every contender once a round, in an order that the seed fixes; calls fixed; stop honoured. No time is judged.
 */
#include "measure/measure_private.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N 3
#define ROUNDS 12

struct work {
	int64_t ran[8]; /* calls made by each rank */
	int length;
	volatile float sink[8 * 16];
};

static void spin(void *arg, int64_t call, struct team team)
{
	struct work *w = arg;

	w->ran[team.rank]++;
	for (int i = 0; i < w->length; i++)
		w->sink[team.rank * 16] += (float)call;
}

struct job {
	struct contender contenders[N];
	struct work work[N];
	struct measure_params params;
	const struct binding *binding;
	struct sample samples[N * ROUNDS];
	int rejected, rounds[8];
};

static void body(struct team team, void *arg)
{
	struct job *j = arg;

	j->rounds[team.rank] = measure_rounds(j->contenders, N, &j->params, j->binding, team, j->samples, &j->rejected);
}

static void run_job(struct job *j, int size, struct measure_params params)
{
	struct machine *m = NULL;
	struct failure f = {""};
	struct binding b;

	memset(j, 0, sizeof(*j));
	j->params = params;
	for (int i = 0; i < N; i++) {
		j->work[i].length = 100 << i;
		j->contenders[i] = (struct contender){.name = "spin", .run = spin, .arg = &j->work[i]};
	}
	assert_int_equal(machine_create(&m, NULL, &f), 0);
	assert_int_equal(binding_create(&b, m, NULL, &f), 0);
	j->binding = &b;
	assert_int_equal(team_run(&b, size, body, j, NULL, &f), 0);
	machine_destroy(m);
}

static void check_samples(const struct job *j, int rounds)
{
	for (int r = 0; r < rounds; r++) {
		int places = 0;

		for (int i = 0; i < N; i++) {
			const struct sample *s = &j->samples[r * N + i];

			assert_int_equal(s->contender, i);
			assert_int_equal(s->round, r);
			assert_int_equal(s->calls, j->contenders[i].calls);
			assert_true(s->elapsed_ns > 0);
			assert_true(s->evidence.fastest_ns <= s->evidence.slowest_ns);
			places |= 1 << s->position;
		}
		assert_int_equal(places, (1 << N) - 1);
	}
}

static void samples_every_contender_each_round(void **state)
{
	static struct job j;

	(void)state;
	for (int size = 1; size <= 4; size++) {
		run_job(&j, size, (struct measure_params){.min_time_s = 2e-4, .rounds = ROUNDS, .seed = 1});
		for (int rank = 0; rank < size; rank++)
			assert_int_equal(j.rounds[rank], ROUNDS);
		check_samples(&j, ROUNDS);
		for (int i = 0; i < N; i++)
			for (int rank = 1; rank < size; rank++)
				assert_int_equal(j.work[i].ran[0], j.work[i].ran[rank]);
	}
}

static void order_follows_the_seed(void **state)
{
	static struct job a, b, c;
	struct measure_params p = {.fixed_calls = 3, .rounds = ROUNDS, .seed = 7};
	int count[N][N] = {{0}}, differ = 0;

	(void)state;
	run_job(&a, 2, p);
	run_job(&b, 1, p);
	p.seed = 8;
	run_job(&c, 1, p);
	for (int s = 0; s < N * ROUNDS; s++) {
		assert_int_equal(a.samples[s].calls, 3);
		assert_int_equal(a.samples[s].position, b.samples[s].position);
		differ += a.samples[s].position != c.samples[s].position;
		count[a.samples[s].contender][a.samples[s].position]++;
	}
	assert_true(differ > 0);
	/* ROUNDS is a multiple of 2 N: every contender stood at every place equally often. */
	for (int i = 0; i < N; i++)
		for (int place = 0; place < N; place++)
			assert_int_equal(count[i][place], ROUNDS / N);
	/* A round and its reverse. */
	for (int r = 0; r < ROUNDS; r += 2)
		for (int i = 0; i < N; i++)
			assert_int_equal(a.samples[r * N + i].position + a.samples[(r + 1) * N + i].position, N - 1);
}

static void cold_samples_have_one_call(void **state)
{
	static struct job j;

	(void)state;
	run_job(&j, 2, (struct measure_params){.rounds = 2, .seed = 1, .cold_cache = true, .fixed_calls = 50});
	check_samples(&j, 2);
	for (int i = 0; i < N; i++)
		assert_int_equal(j.contenders[i].calls, 1);
}

static void stops_between_rounds(void **state)
{
	static struct job j;
	int stop = 1;

	(void)state;
	run_job(&j, 2, (struct measure_params){.rounds = ROUNDS, .fixed_calls = 1, .stop = &stop});
	assert_int_equal(j.rounds[0], 0);
	assert_int_equal(j.rounds[1], 0);
	assert_int_equal(j.samples[0].calls, 0);
}

static void clock_moves_on(void **state)
{
	uint64_t start = clock_ns();
	char now[32];

	(void)state;
	assert_true(clock_resolution_ns() >= 1);
	assert_true(clock_ns() > start);
	assert_true(clock_s() >= (double)start * 1e-9);
	clock_utc_text(now, sizeof(now), "%Y-%m-%d");
	assert_int_equal(strlen(now), 10);
}

/* What runs before leaves its mark on the caches: nobody stands behind the same neighbour more often than others. */
static void neighbours_are_balanced(void **state)
{
	enum { MOST = 12 };

	(void)state;
	for (int n = 1; n <= MOST; n++) {
		int behind[MOST][MOST] = {{0}};

		for (int round = 0; round < 2 * n; round++) {
			uint32_t order[MOST], scratch[MOST], seen = 0;

			round_order(7, round, n, order, scratch);
			for (int i = 0; i < n; i++) {
				seen |= 1u << order[i];
				if (i)
					behind[order[i - 1]][order[i]]++;
			}
			assert_int_equal(seen, (1u << n) - 1);
		}
		for (int i = 0; i < n; i++)
			for (int j = 0; j < n; j++)
				assert_int_equal(behind[i][j], i == j ? 0 : 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_every_contender_each_round),
		cmocka_unit_test(order_follows_the_seed),
		cmocka_unit_test(neighbours_are_balanced),
		cmocka_unit_test(cold_samples_have_one_call),
		cmocka_unit_test(stops_between_rounds),
		cmocka_unit_test(clock_moves_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
