/* SPDX-License-Identifier: MIT */
/* Judging claims on toy studies: the words of the tests about claims. */
#ifndef TESTS_CLAIM_JUDGE_H
#define TESTS_CLAIM_JUDGE_H

#include "report/claims.h"
#include "toy_study.h"

/* Both free the study; the claim may be given by its id. */
struct claim_finding judge_claim(const struct claim *claim, struct toy_study *study);
struct claim_finding judge(const char *id, struct toy_study *study);
void expect_verdict(enum claim_verdict wanted, struct claim_finding out);

/* The paper's AdaGrad, dense and k = 10, the latter by `gain` better. */
struct toy_study adagrad(double gain, double noise, int seeds);

#endif
