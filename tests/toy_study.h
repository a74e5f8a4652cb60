/* SPDX-License-Identifier: MIT */
/* Training records of a study whose truth is known: what the statistics of the report are tested on. */
#ifndef TESTS_TOY_STUDY_H
#define TESTS_TOY_STUDY_H

#include "report/record.h"

#include <stdbool.h>

struct toy_study {
	size_t n, size;
	struct train_record *v;
};

/*
 * One experiment of the base recipe, unless it says otherwise. The accuracy of seed s in the last epoch is `accuracy`
 * + luck(s) + noise x own(s): luck is shared by all experiments, own comes from `method`, `k`, `layers` and tau alone.
 * Each epoch before has `climb` less; dev is equal to test.
 */
struct toy {
	const char *experiment; /* NULL: made of the columns */
	const char *method, *k, *layers, *policy, *optimizer, *init, *lazy, *fused, *run_id;
	double tau, dropout, mean_k;
	int64_t batch;
	int seeds, epochs; /* 0: 10 and 20 */
	double accuracy, noise, climb;
	double overfits;     /* dev loss less training loss */
	const char *strikes; /* the epochs after which the policy halves the rate: "..x.x"; NULL: none */
	double epoch_s;	     /* the last tenth of it is update, half of the rest forward, then dW, dX and select */
	bool parallel;
};

void toy_study_add(struct toy_study *study, const struct toy *toy);
void toy_study_free(struct toy_study *study);

#endif
