/* SPDX-License-Identifier: MIT */
/* How numbers are written for people: the same in every table. */
#ifndef REPORT_FORMAT_H
#define REPORT_FORMAT_H

#include "measure/stats.h"
#include "report/table.h"

#include <stddef.h>

#define NOTHING "–" /* an empty cell: not measured */

struct text {
	char s[64];
};

/* Three significant digits with a unit: 812 ns, 12.3 µs, 4.56 ms, 1.23 s. */
struct text format_ns(double ns);
/* Three significant digits, no exponent: 0.123, 1.23, 12.3, 123, 1234. */
struct text format_3(double v);
/* `3.41x ±1%`: the larger half of the interval in percent, at most `±>99%`; `3.41x n=4`: too few pairs for one. */
struct text format_ratio(struct interval r);
/* Best is left to the caller: LOSS if the whole interval lies below 1, UNSURE if it covers 1. */
enum cell_mark mark_ratio(struct interval r);
/* `134 [120, 150]`, `> 400`, `< 5`: see series_break_even; kmin, kmax: what was measured. */
struct text format_break_even(struct interval k, double kmin, double kmax);

/* A name for files and identifiers from anything: small letters, digits, single dashes between. Cut if it is long. */
void format_slug(char *slug, size_t size, const char *text);

#endif
