/* SPDX-License-Identifier: MIT */
/* The table of gradients: what drawn and recorded rows look like to a selection. */
#include "report/format.h"
#include "report/summary_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void put_row(struct table *t, int row, const struct dist_record *r)
{
	const double share[] = {r->zeros, r->tiny}, k[] = {r->k50, r->k90, r->k99};

	table_set(t, row, 0, CELL_PLAIN, "%s", r->dist);
	table_set(t, row, 1, CELL_PLAIN, "%lldx%lld", (long long)r->rows, (long long)r->n);
	for (int i = 0; i < 2; i++)
		table_set(t, row, 2 + i, CELL_PLAIN, "%.1f", 100 * share[i]);
	for (int i = 0; i < 3; i++)
		table_set(t, row, 4 + i, CELL_PLAIN, "%s", format_3(k[i]).s);
	if (r->step)
		table_set(t, row, 7, CELL_PLAIN, "layer %lld, step %lld of %s", (long long)r->layer, (long long)r->step,
			  r->training);
	else
		table_set(t, row, 7, CELL_PLAIN, "drawn");
}

int summary_dist(const struct dist_record *records, size_t n, struct table_list *out)
{
	static const char *const header[] = {"gradients",  "rows", "zeros %", "denormal %",
					     "k for 50 %", "90 %", "99 %",    "from"};
	struct table *t;

	*out = (struct table_list){0};
	if (!n)
		return 0;
	t = table_list_add(out, (int)n + 1, 8, "Gradients · what rows of dY look like to a selection");
	if (!t)
		return -ENOMEM;
	for (int col = 0; col < 8; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
	for (size_t i = 0; i < n; i++)
		put_row(t, (int)i + 1, &records[i]);
	table_note(t, "Exact zeros and denormal numbers as shares of all entries; k: the fewest entries of a row whose "
		      "magnitudes add up to this share of the row's L1 norm, mean over the rows.");
	return 0;
}
