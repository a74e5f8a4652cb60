/* SPDX-License-Identifier: MIT */
/* How many contenders --check found right and wrong. */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include <stdio.h>

struct tally {
	int right, wrong;
	int wrong_base; /* of the library --against: told, but no fault of the kernels under test */
};

void tally_add(struct tally *sum, const struct tally *t);
/* "12 contenders right, 1 wrong" */
void tally_print(const struct tally *t, FILE *out);
/* EXIT_OK, or EXIT_WRONG_RESULT if one under test is wrong. */
int tally_status(const struct tally *t);

#endif
