/* SPDX-License-Identifier: MIT */
/* What compare.c and compare_cells.c share: cells and their evidence are gathered in one, judged in the other. */
#ifndef TOOLS_COMPARE_PRIVATE_H
#define TOOLS_COMPARE_PRIVATE_H

#include "compare.h"

/* What the comparison is made from. */
struct sides {
	const struct record_list *old_records, *new_records;
	const char *old_build;
	struct series_list old, new, twin;
};

/*
 * All cells of both sides, in no order: the verdict of those that need no evidence, and the evidence of the others,
 * which stand as VERDICT_INCONCLUSIVE. `cells` and the control's values must have room. 0 or -ENOMEM.
 */
int comparison_gather(struct comparison *c, const struct sides *s, struct control *control);

#endif
