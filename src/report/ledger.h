/* SPDX-License-Identifier: MIT */
/* Where the time of one backward pass goes. */
#ifndef REPORT_LEDGER_H
#define REPORT_LEDGER_H

#include "report/series.h"

/* ns of one call; NaN where a part was not measured, 0 where the method has none. */
struct ledger {
	double select, dx, dw, clear, sum, measured;
};

/* whole: a series of op backward. */
struct ledger ledger_of(const struct series_list *list, const struct series *whole);

#endif
