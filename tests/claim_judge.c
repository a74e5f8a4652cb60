/* SPDX-License-Identifier: MIT */
/* See claim_judge.h. */
#include "claim_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

struct claim_finding judge_claim(const struct claim *claim, struct toy_study *study)
{
	struct experiment_list list;
	struct claim_finding out;

	assert_int_equal(experiment_list_create(&list, study->v, study->n), 0);
	assert_int_equal(claim_judge(claim, &list, &out), 0);
	experiment_list_destroy(&list);
	toy_study_free(study);
	assert_null(strstr(out.ours, "nan"));
	assert_null(strstr(out.why, "nan"));
	return out;
}

struct claim_finding judge(const char *id, struct toy_study *study)
{
	struct claim_list all;
	struct claim_finding out;
	int i = 0;

	assert_int_equal(claim_list_create(&all), 0);
	while (i < all.n && strcmp(all.v[i].id, id) != 0)
		i++;
	if (i == all.n)
		fail_msg("no claim '%s'", id);
	out = judge_claim(&all.v[i], study);
	claim_list_destroy(&all);
	return out;
}

void expect_verdict(enum claim_verdict wanted, struct claim_finding out)
{
	if (out.verdict != wanted)
		fail_msg("%s, not %s: %s (%s)", claim_verdict_words(out.verdict), claim_verdict_words(wanted), out.ours,
			 out.why);
}

#define PLAIN .batch = 10, .init = "glorot"

struct toy_study adagrad(double gain, double noise, int seeds)
{
	struct toy_study s = {0};

	toy_study_add(&s, &(struct toy){.method = "dense",
					.optimizer = "adagrad",
					PLAIN,
					.accuracy = 0.975,
					.seeds = seeds,
					.noise = noise});
	toy_study_add(&s, &(struct toy){.method = "topk",
					.k = "10",
					.optimizer = "adagrad",
					PLAIN,
					.accuracy = 0.975 + gain,
					.seeds = seeds,
					.noise = noise});
	return s;
}
