/* SPDX-License-Identifier: MIT */
/* What a contender's call costs by definition: flops, and compulsory bytes by level of memory. */
#ifndef BENCH_PRICE_H
#define BENCH_PRICE_H

#include "lineup.h"

/* Fills cost and traffic of a trial of this lineup whose selection has run. */
void trial_price(const struct lineup *l, struct trial *t);

#endif
