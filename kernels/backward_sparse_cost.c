/* SPDX-License-Identifier: MIT */
/* The work of the sparse backward kernels: what the entries that were kept make necessary, however it is done. */
#include "kernels.h"
#include "row_lists.h"

static double entries_kept(const struct kernel_args *a)
{
	double sum = 0;

	for (int b = 0; b < a->batch; b++)
		sum += a->kept->count[b];
	return sum;
}

/* Rows of w (of dw) that some example kept. */
static double rows_touched(const struct kernel_args *a)
{
	double rows = 0;

	for (int o = 0; o < a->n_out; o++) {
		bool touched = false;

		for (int b = 0; b < a->batch && !touched; b++) {
			const int32_t *index = a->kept->index + (ptrdiff_t)b * a->kept->stride;
			int e = row_lists_from(index, a->kept->count[b], o);

			touched = e < a->kept->count[b] && index[e] == o;
		}
		rows += touched;
	}
	return rows;
}

/* Compulsory: the entries, the rows of w that some example kept, and dx. */
struct kernel_cost ISA(backward_data_sparse_cost)(const struct kernel_args *a)
{
	double entries = entries_kept(a), n_in = a->n_in;

	return (struct kernel_cost){
		.flops = 2 * entries * n_in,
		.bytes = {[OPERAND_KEPT] = {.read = 8 * entries},
			  [OPERAND_W] = {.read = 4 * rows_touched(a) * n_in},
			  [OPERAND_DX] = {.written = 4 * a->batch * n_in}},
	};
}

/* Compulsory: the entries, x, and the rows of dw that are written. */
struct kernel_cost ISA(backward_weights_sparse_cost)(const struct kernel_args *a)
{
	double entries = entries_kept(a), n_in = a->n_in, rows = a->dw_rows ? rows_touched(a) : a->n_out;

	return (struct kernel_cost){
		.flops = 2 * entries * n_in,
		.bytes = {[OPERAND_KEPT] = {.read = 8 * entries},
			  [OPERAND_X] = {.read = 4 * a->batch * n_in},
			  [OPERAND_DW] = {.written = 4 * rows * n_in}},
	};
}
