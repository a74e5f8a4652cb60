/* SPDX-License-Identifier: MIT */
/*
 * forward, backward_data and backward_weights by a CBLAS library (a->sgemm): the peer every speed-up is measured
 * against. The library runs single-threaded, called by each thread of the team on its range of the result: its own
 * thread pool would be neither pinned nor idle while our team runs. y and dx are cut by columns, dw by rows: the better
 * way for most shapes and libraries, as measured on two threads.
 */
#include "kernels.h"

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 };

#define COLUMN_GRAIN 16
#define ROW_GRAIN 4

void ISA(forward_blas)(const struct kernel_args *a, struct team team)
{
	struct span part = team_span(team, a->n_out, COLUMN_GRAIN);
	int n = part.end - part.begin;

	if (n > 0 && a->batch > 0)
		a->sgemm(ROW_MAJOR, PLAIN, TRANSPOSED, a->batch, n, a->n_in, 1, a->x, max_int(a->n_in, 1),
			 a->w + (ptrdiff_t)part.begin * a->n_in, max_int(a->n_in, 1), 0, a->y + part.begin, a->n_out);
	for (int b = 0; b < a->batch; b++)
		for (int o = part.begin; o < part.end; o++) {
			float *y = a->y + (ptrdiff_t)b * a->n_out + o;

			*y += a->bias ? a->bias[o] : 0;
			*y = a->relu && *y < 0 ? 0 : *y;
		}
}

void ISA(backward_data_blas)(const struct kernel_args *a, struct team team)
{
	struct span part = team_span(team, a->n_in, COLUMN_GRAIN);
	int n = part.end - part.begin;

	if (n > 0 && a->batch > 0)
		a->sgemm(ROW_MAJOR, PLAIN, PLAIN, a->batch, n, a->n_out, 1, a->dy, max_int(a->n_out, 1),
			 a->w + part.begin, a->n_in, 0, a->dx + part.begin, a->n_in);
}

void ISA(backward_weights_blas)(const struct kernel_args *a, struct team team)
{
	struct span part = team_span(team, a->n_out, ROW_GRAIN);
	int m = part.end - part.begin;

	if (m > 0 && a->n_in > 0)
		a->sgemm(ROW_MAJOR, TRANSPOSED, PLAIN, m, a->n_in, a->batch, 1, a->dy + part.begin, a->n_out, a->x,
			 a->n_in, 0, a->dw + (ptrdiff_t)part.begin * a->n_in, a->n_in);
}
