/* SPDX-License-Identifier: MIT */
/* From synthetic records, whose ratios are known, to exact cells. */
#include "report/format.h"
#include "report/summary_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 12
#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

struct kernels {
	size_t n;
	struct kernel_record v[4096];
};

struct trains {
	size_t n;
	struct train_record v[512];
};

/* One contender of op `backward` or its parts on one thread. */
struct point {
	const char *op, *method, *select, *dw;
	int64_t k;
	double tau, ns, wobble; /* rounds alternate between ns * (1 - wobble) and ns * (1 + wobble) */
	const char *check;
	int64_t threads;
	const char *isa; /* NULL: avx2 */
};

/* The machine drifts by up to 2x between rounds: ratios within rounds must not see it. */
static void add_rounds(struct kernels *k, const struct point *p, int rounds)
{
	for (int round = 0; round < rounds; round++) {
		struct kernel_record *r = &k->v[k->n++];
		double drift = 1 + (round * 7 % 12) / 12.0, wobble = round % 2 ? 1 + p->wobble : 1 - p->wobble;

		assert_true(k->n <= sizeof(k->v) / sizeof(k->v[0]));
		*r = (struct kernel_record){
			.batch = 64, .n_in = 784, .n_out = 500, .k = p->k, .tau = p->tau, .seed = 1};
		SET(r->run_id, "run");
		SET(r->command, "backward");
		SET(r->op, p->op);
		SET(r->method, p->method);
		SET(r->select, p->select ? p->select : "");
		SET(r->dw, p->dw ? p->dw : "");
		SET(r->isa, p->isa ? p->isa : "avx2");
		SET(r->dist, "gaussian");
		SET(r->dataset, "synthetic");
		SET(r->cache, "warm");
		SET(r->check, p->check ? p->check : "ok");
		r->threads = p->threads ? p->threads : 1;
		r->round = round;
		r->calls = 100;
		r->elapsed_ns = (int64_t)(p->ns * 100 * drift * wobble);
		r->flops = 1e6;
		r->bytes = r->read[MEMORY_MAIN] = 1e5;
	}
}

static void add(struct kernels *k, const struct point *p)
{
	add_rounds(k, p, ROUNDS);
}

static struct kernels *kernels_create(void)
{
	struct kernels *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	return k;
}

static char *render(const struct table_list *list)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; i < list->count; i++)
		assert_int_equal(table_print(&list->tables[i], TABLE_TEXT, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	return text;
}

/* The tables of k, which is released; nothing like a NaN may be printed. */
static struct table_list tables_of(struct kernels *k)
{
	struct table_list list;

	assert_int_equal(summary_kernel(k->v, k->n, &list), 0);
	free(k);
	free(render(&list));
	return list;
}

static const struct table *find_table(const struct table_list *list, const char *title)
{
	for (int i = 0; i < list->count; i++) {
		if (strncmp(list->tables[i].title, title, strlen(title)) == 0)
			return &list->tables[i];
	}
	fail_msg("no table '%s'", title);
	return NULL;
}

static bool has_table(const struct table_list *list, const char *title)
{
	for (int i = 0; i < list->count; i++) {
		if (strncmp(list->tables[i].title, title, strlen(title)) == 0)
			return true;
	}
	return false;
}

/* The cell in the row and the column of these names. */
static const struct cell *find_cell(const struct table *t, const char *row, const char *col)
{
	for (int r = 1; r < t->n_rows; r++) {
		for (int c = 1; c < t->n_cols; c++) {
			if (strcmp(table_cell(t, r, 0)->text, row) == 0 && strcmp(table_cell(t, 0, c)->text, col) == 0)
				return table_cell(t, r, c);
		}
	}
	fail_msg("no cell '%s' x '%s' in '%s'", row, col, t->title);
	return NULL;
}

static void expect(const struct table *t, const char *row, const char *col, const char *text, enum cell_mark mark)
{
	const struct cell *cell = find_cell(t, row, col);

	assert_string_equal(cell->text, text);
	assert_int_equal(cell->mark, mark);
}

#define DENSE(time)                                                                                                    \
	&(struct point)                                                                                                \
	{                                                                                                              \
		.op = "backward", .method = "dense", .dw = "full", .k = 500, .ns = time                                \
	}
#define TOPK(kept, time)                                                                                               \
	&(struct point)                                                                                                \
	{                                                                                                              \
		.op = "backward", .method = "topk", .select = "radix", .dw = "full", .k = kept, .ns = time             \
	}

static void test_speedup_and_break_even(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	add(k, DENSE(80000));
	add(k, &(struct point){.op = "backward", .method = "dense_blas", .dw = "full", .k = 500, .ns = 40000});
	add(k, TOPK(10, 20000));
	add(k, TOPK(40, 80000));
	add(k, &(struct point){.op = "backward", .method = "relu_skip", .dw = "full", .k = 250, .ns = 32000});
	add(k, &(struct point){.op = "backward",
			       .method = "norm",
			       .select = "quickselect",
			       .dw = "full",
			       .k = 44,
			       .tau = 0.5,
			       .ns = 50000});
	list = tables_of(k);
	t = find_table(&list, "Speed-up over the best dense");
	expect(t, "topk radix, full dW", "k=10", "2.00x ±0%", CELL_BEST);
	expect(t, "topk radix, full dW", "k=40", "0.50x ±0%", CELL_LOSS);
	expect(t, "topk radix, full dW", "break-even k*", "20 [20, 20]", CELL_PLAIN);
	expect(t, "relu_skip, full dW (mean k 250)", "all", "1.25x ±0%", CELL_BEST);
	expect(t, "relu_skip, full dW (mean k 250)", "break-even k*", "–", CELL_PLAIN);
	expect(t, "norm quickselect, full dW (tau)", "k=40", "0.80x ±0%", CELL_LOSS);
	expect(t, "norm quickselect, full dW (tau)", "break-even k*", "< 44", CELL_PLAIN);
	assert_non_null(strstr(t->note, "tau chosen"));
	assert_non_null(strstr(t->note, "dense_blas"));
	t = find_table(&list, "Dense");
	assert_int_equal(find_cell(t, "1", "dense_blas")->mark, CELL_BEST);
	assert_int_equal(find_cell(t, "1", "dense (ours)")->mark, CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_break_even_outside_what_was_measured(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	add(k, DENSE(40000));
	add(k, TOPK(5, 10000));
	add(k, TOPK(80, 30000));
	add(k, &(struct point){.op = "backward", .method = "random_k", .dw = "full", .k = 5, .ns = 50000});
	list = tables_of(k);
	t = find_table(&list, "Speed-up");
	expect(t, "topk radix, full dW", "break-even k*", "> 80", CELL_PLAIN);
	expect(t, "random_k, full dW", "break-even k*", "< 5", CELL_PLAIN);
	expect(t, "random_k, full dW", "k=80", "–", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_interval_that_covers_one_is_unsure(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, DENSE(40000));
	add(k, &(struct point){.op = "backward", .method = "topk", .dw = "full", .k = 5, .ns = 40000, .wobble = 0.1});
	add(k, &(struct point){.op = "backward", .method = "topk", .dw = "full", .k = 9, .ns = 20000, .wobble = 0.1});
	list = tables_of(k);
	expect(find_table(&list, "Speed-up"), "topk, full dW", "k=5", "1.01x ±10%", CELL_UNSURE);
	expect(find_table(&list, "Speed-up"), "topk, full dW", "k=9", "2.02x ±10%", CELL_BEST);
	expect(find_table(&list, "Speed-up"), "topk, full dW", "break-even k*", "> 9 [< 5, > 9]", CELL_PLAIN);
	table_list_destroy(&list);
}

/* Against the best of what it may choose from: not against other methods, nor top-k with another k. */
static void test_auto_is_held_against_the_best_fixed_choice(void **state)
{
	static const struct point points[] = {
		{.op = "backward", .method = "dense", .dw = "full", .k = 500, .ns = 40000},
		{.op = "backward", .method = "relu_skip", .select = "mask", .dw = "rows", .k = 250, .ns = 50000},
		{.op = "backward", .method = "unified_topk", .dw = "rows", .k = 20, .ns = 1000},
		{.op = "backward", .method = "topk", .select = "heap", .dw = "rows", .k = 20, .ns = 20000},
		{.op = "backward", .method = "topk", .select = "radix", .dw = "rows", .k = 20, .ns = 10000},
		{.op = "backward", .method = "topk", .select = "radix", .dw = "rows", .k = 80, .ns = 44000},
		{.op = "backward", .method = "auto", .dw = "rows", .k = 20, .ns = 12500},
		{.op = "backward", .method = "auto", .dw = "rows", .k = 80, .ns = 40000},
	};
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		add(k, &points[i]);
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->v[i].method, "auto"))
			SET(k->v[i].chosen, k->v[i].k == 20 ? "topk heap" : "dense");
	list = tables_of(k);
	t = find_table(&list, "What auto chose");
	expect(t, "1", "k=20", "topk heap 0.80x ±0%", CELL_LOSS);
	expect(t, "1", "k=80", "dense 1.00x ±0%", CELL_UNSURE);
	expect(find_table(&list, "Speed-up over"), "auto", "k=20", "3.20x ±0%", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_too_few_rounds_have_no_interval(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add_rounds(k, DENSE(40000), 3);
	add_rounds(k, TOPK(5, 10000), 3);
	add_rounds(k, TOPK(80, 80000), 1);
	list = tables_of(k);
	expect(find_table(&list, "Speed-up"), "topk radix, full dW", "k=5", "4.00x n=3", CELL_PLAIN);
	expect(find_table(&list, "Speed-up"), "topk radix, full dW", "k=80", "0.50x n=1", CELL_PLAIN);
	expect(find_table(&list, "Speed-up"), "topk radix, full dW", "break-even k*", "32 ±?", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_mean_k_far_from_any_column_has_its_own(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	add(k, DENSE(40000));
	add(k, TOPK(10, 10000));
	add(k, &(struct point){.op = "backward", .method = "norm", .dw = "rows", .k = 9, .tau = 0.1, .ns = 20000});
	add(k, &(struct point){.op = "backward", .method = "norm", .dw = "rows", .k = 11, .tau = 0.2, .ns = 10000});
	add(k, &(struct point){.op = "backward", .method = "norm", .dw = "rows", .k = 30, .tau = 0.5, .ns = 80000});
	add(k, &(struct point){.op = "backward", .method = "norm", .dw = "full", .k = 30, .tau = 0.5, .ns = 160000});
	list = tables_of(k);
	t = find_table(&list, "Speed-up");
	assert_int_equal(t->n_cols, 5);
	expect(t, "norm (tau)", "k=30", "0.50x ±0%", CELL_LOSS);
	expect(t, "└ full dW", "k=30", "0.25x ±0%", CELL_LOSS);
	expect(t, "topk radix, full dW", "k=30", "–", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_wide_intervals_are_capped(void **state)
{
	struct interval r = {.mid = 1, .low = 0.1, .high = 48, .level = 0.95, .n = 6};

	(void)state;
	assert_string_equal(format_ratio(r).s, "1.00x ±>99%");
	r.high = 1.99;
	assert_string_equal(format_ratio(r).s, "1.00x ±99%");
	r = (struct interval){.mid = 1, .low = 1, .high = 1};
	assert_string_equal(format_ratio(r).s, "1.00x ±?");
}

static void test_missing_dense(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, TOPK(5, 10000));
	add(k, &(struct point){.op = "backward", .method = "dense", .dw = "full", .ns = 1000, .threads = 2});
	list = tables_of(k);
	expect(find_table(&list, "Speed-up"), "topk radix, full dW", "k=5", "–", CELL_PLAIN);
	assert_non_null(strstr(find_table(&list, "Speed-up")->note, "none measured"));
	table_list_destroy(&list);
}

static void test_wrong_results_are_told_and_not_used(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, DENSE(40000));
	add(k, TOPK(5, 10000));
	add_rounds(k,
		   &(struct point){.op = "backward",
				   .method = "topk",
				   .select = "heap",
				   .dw = "full",
				   .k = 5,
				   .ns = 10,
				   .check = "fail"},
		   1);
	list = tables_of(k);
	expect(find_table(&list, "WRONG"), "backward", "method", "topk heap, full dW", CELL_PLAIN);
	assert_int_equal(find_table(&list, "Speed-up")->n_rows, 2);
	table_list_destroy(&list);
}

static void test_dense_timed_again_pairs_with_its_neighbour(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, DENSE(40000));
	add(k, TOPK(5, 10000));
	add(k, DENSE(80000)); /* the machine has slowed down for good */
	add(k, TOPK(10, 40000));
	list = tables_of(k);
	expect(find_table(&list, "Speed-up"), "topk radix, full dW", "k=10", "2.00x ±0%", CELL_BEST);
	table_list_destroy(&list);
}

static void test_ledger(void **state)
{
	static const struct point parts[] = {
		{.op = "backward", .method = "topk", .select = "radix", .dw = "full", .k = 5, .ns = 10000},
		{.op = "backward", .method = "topk", .select = "heap", .dw = "rows", .k = 5, .ns = 9000},
		{.op = "topk_select", .method = "topk", .select = "radix", .k = 5, .ns = 1000},
		{.op = "topk_select", .method = "topk", .select = "heap", .k = 5, .ns = 3000},
		{.op = "backward_data", .method = "topk", .k = 5, .ns = 2000},
		{.op = "backward_weights", .method = "topk", .dw = "rows", .k = 5, .ns = 2500},
		{.op = "backward_weights", .method = "topk", .dw = "full", .k = 5, .ns = 6000},
		{.op = "backward", .method = "relu_skip", .dw = "full", .k = 250, .ns = 20000},
	};
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		add_rounds(k, &parts[i], 1);
	list = tables_of(k);
	t = find_table(&list, "Ledger");
	expect(t, "topk radix, full dW k=5", "select", "1.00 µs", CELL_PLAIN);
	expect(t, "topk radix, full dW k=5", "dX", "2.00 µs", CELL_PLAIN);
	expect(t, "topk radix, full dW k=5", "dW", "2.50 µs", CELL_PLAIN);
	expect(t, "topk radix, full dW k=5", "clear", "3.50 µs", CELL_PLAIN);
	expect(t, "topk radix, full dW k=5", "sum", "9.00 µs", CELL_PLAIN);
	expect(t, "topk radix, full dW k=5", "sum/measured", "90%", CELL_PLAIN);
	expect(t, "topk heap k=5", "clear", "–", CELL_PLAIN);
	expect(t, "topk heap k=5", "sum", "7.50 µs", CELL_PLAIN);
	expect(t, "relu_skip, full dW", "dX", "–", CELL_PLAIN);
	expect(t, "relu_skip, full dW", "sum/measured", "–", CELL_PLAIN);
	assert_false(has_table(&list, "Selection"));
	table_list_destroy(&list);
}

static void test_selection(void **state)
{
	static const struct point rows[] = {
		{.op = "topk_select", .method = "topk", .select = "radix", .k = 5, .ns = 64 * 250},
		{.op = "topk_select", .method = "topk", .select = "sort", .k = 5, .ns = 64 * 1000},
		{.op = "topk_select", .method = "topk", .select = "heap", .k = 5, .ns = 64 * 260, .wobble = 0.2},
		{.op = "topk_select", .method = "random_k", .select = "", .k = 5, .ns = 64 * 20},
		{.op = "topk_select", .method = "norm", .select = "", .k = 33, .tau = 0.5, .ns = 64 * 500},
	};
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		add(k, &rows[i]);
	for (size_t i = 0; i < k->n; i++) {
		k->v[i].n_in = 0;
		k->v[i].elapsed_ns = k->v[i].elapsed_ns / (12 + (int64_t)(k->v[i].round * 7 % 12)) * 12; /* no drift */
	}
	list = tables_of(k);
	t = find_table(&list, "Selection · n=500, batch 64, gaussian · avx2, 1 thread");
	expect(t, "topk radix", "k=5", "250 (0.500) 1.00x", CELL_BEST);
	expect(t, "topk sort", "k=5", "1000 (2.00) 4.00x", CELL_PLAIN);
	expect(t, "topk heap", "k=5", "260 (0.520) 1.04x", CELL_UNSURE);
	expect(t, "random_k", "k=5", "20.0 (0.040)", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_ceilings_bound_the_rates(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add_rounds(k, &(struct point){.op = "fma_peak", .method = "fma", .ns = 10000, .check = "none"}, 1);
	add_rounds(k, &(struct point){.op = "bandwidth", .method = "read", .ns = 10000, .check = "none"}, 1);
	SET(k->v[0].dist, "registers");
	SET(k->v[1].dist, "memory");
	add_rounds(k, &(struct point){.op = "bandwidth", .method = "read", .ns = 10, .check = "none"}, 1);
	SET(k->v[2].dist, "L1");
	for (int i = 0; i < 3; i++)
		k->v[i].batch = k->v[i].n_out = 0;
	add_rounds(k, TOPK(5, 20000), 1);
	list = tables_of(k);
	expect(find_table(&list, "Ceilings"), "1 avx2", "FMA peak", "100", CELL_PLAIN);
	expect(find_table(&list, "Ceilings"), "1 avx2", "memory", "10.0 – –", CELL_PLAIN);
	expect(find_table(&list, "GFLOP/s"), "topk radix, full dW", "k=5", "50.0 (50%)", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_updates_share_the_bandwidth(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	add(k, &(struct point){.op = "update", .method = "dense", .k = 500, .ns = 1000});
	add(k, &(struct point){
		       .op = "bandwidth", .method = "axpy", .select = "dense", .k = 500, .ns = 800, .check = "none"});
	add(k, &(struct point){.op = "update", .method = "topk", .k = 20, .ns = 100});
	/* Of another k: not its ceiling. */
	add(k, &(struct point){
		       .op = "bandwidth", .method = "axpy", .select = "topk", .k = 40, .ns = 50, .check = "none"});
	for (size_t i = 0; i < k->n; i++)
		SET(k->v[i].optimizer, i < 2 * ROUNDS ? "adam" : "sgd");
	list = tables_of(k);
	t = find_table(&list, "Optimiser's step · 64x784x500 gaussian, avx2");
	expect(t, "adam", "rows", "all", CELL_PLAIN);
	expect(t, "adam", "GB/s", "68.6", CELL_PLAIN);
	expect(t, "adam", "axpy GB/s", "85.7", CELL_PLAIN);
	expect(t, "adam", "share", "80% [80, 80]", CELL_PLAIN);
	expect(t, "sgd", "rows", "topk k=20", CELL_PLAIN);
	expect(t, "sgd", "share", "–", CELL_PLAIN);
	table_list_destroy(&list);
}

/* The tables of one chapter of the report; k is released. */
static struct table_list chapter_of(struct kernels *k, summary_part *part)
{
	struct table_list list = {0};
	struct series_list series;

	assert_int_equal(series_list_create(&series, k->v, k->n), 0);
	assert_int_equal(part(&series, &list), 0);
	free(render(&list));
	series_list_destroy(&series);
	free(k);
	return list;
}

#define SPARSE(name, algorithm, kept, time)                                                                            \
	&(struct point)                                                                                                \
	{                                                                                                              \
		.op = "backward", .method = name, .select = algorithm, .dw = "rows", .k = kept, .ns = time             \
	}

/* Speed-ups of 4, 2, 0.5 at k = 5, 10, 40; at 10 by the faster of two algorithms. */
static void test_break_even_of_all_methods(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, DENSE(40000));
	add(k, SPARSE("topk", "radix", 5, 10000));
	add(k, SPARSE("topk", "heap", 10, 30000));
	add(k, SPARSE("topk", "radix", 10, 20000));
	add(k, SPARSE("topk", "radix", 40, 80000));
	add(k, SPARSE("unified_topk", "columns", 5, 1000));
	add(k, SPARSE("unified_topk", "columns", 40, 8000));
	add(k, SPARSE("random_k", "floyd", 5, 1000));
	add(k, TOPK(40, 1));
	list = chapter_of(k, summary_break_even);
	assert_int_equal(list.count, 1);
	expect(&list.tables[0], "64x784x500 gaussian, avx2, 1 thread", "topk", "20 [20, 20]", CELL_PLAIN);
	expect(&list.tables[0], "64x784x500 gaussian, avx2, 1 thread", "unified_topk", "> 40", CELL_PLAIN);
	expect(&list.tables[0], "64x784x500 gaussian, avx2, 1 thread", "random_k", "–", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_no_break_even_of_one_k(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, DENSE(40000));
	add(k, SPARSE("topk", "radix", 5, 10000));
	list = chapter_of(k, summary_break_even);
	assert_int_equal(list.count, 0);
	table_list_destroy(&list);
}

/* 1.6 times as fast on two threads, where peak and bandwidth double: 0.8 of the ideal. */
static void test_threads_against_their_ideal(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	for (int threads = 1; threads <= 2; threads++) {
		struct kernel_record *memory;

		add(k, &(struct point){.op = "backward",
				       .method = "dense",
				       .dw = "full",
				       .k = 500,
				       .ns = threads == 1 ? 400000 : 250000,
				       .threads = threads});
		add(k,
		    &(struct point){
			    .op = "backward", .method = "topk", .dw = "rows", .k = 5, .ns = 5000, .threads = threads});
		add(k, &(struct point){.op = "fma_peak",
				       .method = "fma_peak",
				       .check = "none",
				       .ns = 10000.0 / threads,
				       .threads = threads});
		memory = &k->v[k->n];
		add(k, &(struct point){.op = "bandwidth",
				       .method = "read",
				       .check = "none",
				       .ns = 10.0 / threads,
				       .threads = threads});
		for (; memory < &k->v[k->n]; memory++) {
			SET(memory->dist, "memory");
			memory->batch = memory->n_out = 0;
		}
	}
	list = chapter_of(k, summary_threads);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.tables[0].n_rows, 2); /* top-k is too short */
	expect(&list.tables[0], "64x784x500 gaussian, avx2", "1 thread", "583 µs", CELL_PLAIN);
	assert_non_null(strstr(find_cell(&list.tables[0], "64x784x500 gaussian, avx2", "2 threads")->text, "(80%)"));
	table_list_destroy(&list);
}

static void test_verdict_names_peers_and_the_papers_k(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, DENSE(80000));
	add(k, &(struct point){.op = "backward", .method = "dense_blis", .dw = "full", .k = 500, .ns = 40000});
	for (size_t i = ROUNDS; i < k->n; i++)
		SET(k->v[i].library, "BLIS 0.9.0");
	add(k, TOPK(5, 5000));
	add(k, TOPK(16, 20000));
	add(k, TOPK(64, 80000));
	list = tables_of(k);
	assert_int_equal(list.verdicts.count, 1);
	assert_string_equal(list.verdicts.v[0], "64x784x500 gaussian, avx2, 1 thread: best dense BLIS 17.1 GFLOP/s "
						"(ours 8.57); top-k 2.00x ±0% at k=16, break-even k* 32 [32, 32]");
	table_list_destroy(&list);
}

static void test_instruction_sets(void **state)
{
	static const struct point points[] = {
		{"backward_data", "dense", "", "", 500, 0, 4000, 0, NULL, 1, "portable"},
		{"backward_data", "dense", "", "", 500, 0, 1000, 0.01, NULL, 1, "avx512"},
		{"backward_data", "dense", "", "", 500, 0, 2000, 0, NULL, 1, "avx2"},
		{"backward_data", "topk", "", "", 20, 0, 300, 0, NULL, 1, "portable"},
		{"backward_data", "topk", "", "", 20, 0, 300, 0, NULL, 1, "avx512"},
		{"backward_data", "norm", "", "", 19, 0.5, 300, 0, NULL, 1, "avx512"},
		{"backward_data", "norm", "", "", 20, 0.5, 600, 0, NULL, 1, "avx2"},
	};
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		add(k, &points[i]);
	list = tables_of(k);
	t = find_table(&list, "Instruction sets · backward_data · 64x784x500 gaussian");
	assert_string_equal(table_cell(t, 0, 3)->text, "portable");
	assert_string_equal(table_cell(t, 0, 5)->text, "avx512");
	expect(t, "dense", "avx512", "1.46 µs", CELL_BEST);
	assert_int_equal(strncmp(find_cell(t, "dense", "portable")->text, "5.83 µs 4.00x ±1%", 17), 0);
	expect(t, "topk", "avx2", "–", CELL_PLAIN);
	assert_true(find_cell(t, "topk", "portable")->mark != find_cell(t, "topk", "avx512")->mark);
	expect(t, "norm", "k", "tau=0.5", CELL_PLAIN);
	assert_int_equal(strncmp(find_cell(t, "norm", "avx2")->text, "875 ns 2.00x", 12), 0);
	table_list_destroy(&list);
}

static void test_one_instruction_set_has_no_rivals(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, &(struct point){"backward_data", "dense", "", "", 500, 0, 4000, 0, NULL, 1, NULL});
	list = tables_of(k);
	assert_false(has_table(&list, "Instruction sets"));
	table_list_destroy(&list);
}

static void test_no_records(void **state)
{
	struct table_list list;

	(void)state;
	assert_int_equal(summary_kernel(NULL, 0, &list), 0);
	assert_int_equal(list.count, 0);
	table_list_destroy(&list);
	assert_int_equal(summary_train(NULL, 0, &list), 0);
	assert_int_equal(list.count, 0);
	table_list_destroy(&list);
}

/* Two epochs, the first the better by dev accuracy; test accuracy is that plus 0.001. */
static void add_training(struct trains *t, const char *method, const char *k, uint64_t seed, double dev, double epoch_s)
{
	for (int64_t epoch = 1; epoch <= 2; epoch++) {
		struct train_record *r = &t->v[t->n++];

		*r = (struct train_record){.batch = 50, .seed = seed, .threads = 1, .epoch = epoch, .mean_k = 20};
		SET(r->run_id, "run");
		SET(r->experiment, method);
		SET(r->method, method);
		SET(r->k, k);
		SET(r->layers, "784-500-500-10");
		SET(r->policy, "constant");
		SET(r->optimizer, "adam");
		SET(r->dataset, "mnist");
		SET(r->isa, "avx2");
		r->dev_acc = epoch == 1 ? dev : dev - 0.01;
		r->test_acc = r->dev_acc + 0.001;
		r->forward_s = epoch_s / 4;
		r->dx_s = epoch_s / 8;
		r->dw_s = epoch_s / 8;
		r->update_s = epoch_s / 2;
		r->epoch_s = epoch_s;
	}
}

static void test_training_of_one_seed(void **state)
{
	struct trains t = {.n = 0};
	struct table_list list;
	const struct table *a, *s;

	(void)state;
	add_training(&t, "dense", "0", 1, 0.98, 4);
	add_training(&t, "topk", "20", 1, 0.97, 2);
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	free(render(&list));
	a = find_table(&list, "Training · mnist, 784-500-500-10, batch 50, adam, 1 thread");
	expect(a, "topk", "test accuracy %", "97.10 (n=1)", CELL_PLAIN);
	expect(a, "topk", "difference to dense", "-1.00 (n=1)", CELL_PLAIN);
	expect(a, "dense", "difference to dense", "base", CELL_PLAIN);
	s = find_table(&list, "Seconds per epoch");
	expect(s, "topk", "epoch", "2.00", CELL_PLAIN);
	expect(s, "topk", "update", "1.00", CELL_PLAIN);
	expect(s, "topk", "best epoch", "1.00", CELL_PLAIN);
	expect(a, "topk", "s/epoch", "2.00", CELL_PLAIN);
	expect(a, "topk", "end to end", "2.00x n=2", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_training_of_many_seeds(void **state)
{
	struct trains t = {.n = 0};
	struct table_list list;
	const struct table *a;

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		double luck = 0.001 * (double)(seed % 3);

		add_training(&t, "dense", "0", seed, 0.97 + luck, 4);
		add_training(&t, "topk", "20", seed, 0.96 + luck + 0.0002 * (double)(seed % 2), 2);
		add_training(&t, "random_k", "20", seed, seed % 2 ? 0.972 : 0.969, 8);
	}
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	free(render(&list));
	a = find_table(&list, "Training");
	assert_int_equal(find_cell(a, "topk", "difference to dense")->mark, CELL_LOSS);
	assert_int_equal(strncmp(find_cell(a, "topk", "difference to dense")->text, "-0.99 ±0.0", 11), 0);
	assert_int_equal(find_cell(a, "random_k", "difference to dense")->mark, CELL_UNSURE);
	expect(a, "topk", "seeds", "10", CELL_PLAIN);
	expect(a, "topk", "end to end", "2.00x ±0%", CELL_BEST);
	expect(a, "topk", "backward only", "2.00x ±0%", CELL_BEST);
	expect(a, "random_k", "end to end", "0.50x ±0%", CELL_LOSS);
	table_list_destroy(&list);
}

static void test_training_without_dense_on_a_stand_in(void **state)
{
	struct trains t = {.n = 0};
	struct table_list list;
	const struct table *a;

	(void)state;
	add_training(&t, "topk", "20", 1, 0.9, 2);
	for (size_t i = 0; i < t.n; i++)
		SET(t.v[i].dataset, "fashion-mnist");
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	free(render(&list));
	a = find_table(&list, "Training · NOT MNIST: fashion-mnist");
	expect(a, "topk", "difference to dense", "–", CELL_PLAIN);
	assert_non_null(strstr(a->note, "No dense training"));
	expect(a, "topk", "end to end", "–", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_equal_names_of_other_recipes_stay_apart(void **state)
{
	struct trains t = {.n = 0};
	struct table_list list;
	const struct table *a;

	(void)state;
	for (int i = 0; i < 4; i++)
		add_training(&t, i % 2 ? "topk" : "dense", i % 2 ? "20" : "0", 1, 0.9 + 0.01 * i,
			     i % 2 ? 2 : 4 + 4 * i);
	for (size_t i = 0; i < t.n; i++)
		t.v[i].lr = i < 4 ? 0.1 : 0.001;
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	a = find_table(&list, "Training");
	assert_int_equal(a->n_rows, 5);
	assert_string_equal(table_cell(a, 3, 5)->text, "2.00x n=2");
	assert_string_equal(table_cell(a, 4, 5)->text, "6.00x n=2");
	assert_int_equal(list.verdicts.count, 2);
	table_list_destroy(&list);
	for (size_t i = 0; i < t.n; i++)
		SET(t.v[i].init, i < 4 ? "glorot" : "he");
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	assert_int_equal(list.count, 4);
	table_list_destroy(&list);
}

static void test_mixed_net_is_no_base(void **state)
{
	struct trains t = {.n = 0};
	struct table_list list;

	(void)state;
	add_training(&t, "dense", "0", 1, 0.98, 4);
	add_training(&t, "dense/topk", "20", 1, 0.98, 2);
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	assert_string_equal(table_cell(find_table(&list, "Training"), 1, 5)->text, "base");
	assert_non_null(strstr(table_cell(find_table(&list, "Training"), 2, 5)->text, "2.00x"));
	table_list_destroy(&list);
}

static void test_epoch_recorded_twice_counts_once(void **state)
{
	struct trains t = {.n = 0};
	struct table_list list;

	(void)state;
	add_training(&t, "dense", "0", 1, 0.98, 4);
	add_training(&t, "dense", "0", 1, 0.96, 2);
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	expect(find_table(&list, "Training"), "dense", "test accuracy %", "96.10 (n=1)", CELL_PLAIN);
	expect(find_table(&list, "Seconds"), "dense", "epoch", "2.00", CELL_PLAIN);
	table_list_destroy(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_speedup_and_break_even),
		cmocka_unit_test(test_break_even_outside_what_was_measured),
		cmocka_unit_test(test_interval_that_covers_one_is_unsure),
		cmocka_unit_test(test_auto_is_held_against_the_best_fixed_choice),
		cmocka_unit_test(test_too_few_rounds_have_no_interval),
		cmocka_unit_test(test_mean_k_far_from_any_column_has_its_own),
		cmocka_unit_test(test_wide_intervals_are_capped),
		cmocka_unit_test(test_missing_dense),
		cmocka_unit_test(test_wrong_results_are_told_and_not_used),
		cmocka_unit_test(test_dense_timed_again_pairs_with_its_neighbour),
		cmocka_unit_test(test_ledger),
		cmocka_unit_test(test_selection),
		cmocka_unit_test(test_ceilings_bound_the_rates),
		cmocka_unit_test(test_updates_share_the_bandwidth),
		cmocka_unit_test(test_break_even_of_all_methods),
		cmocka_unit_test(test_no_break_even_of_one_k),
		cmocka_unit_test(test_threads_against_their_ideal),
		cmocka_unit_test(test_verdict_names_peers_and_the_papers_k),
		cmocka_unit_test(test_instruction_sets),
		cmocka_unit_test(test_one_instruction_set_has_no_rivals),
		cmocka_unit_test(test_no_records),
		cmocka_unit_test(test_training_of_one_seed),
		cmocka_unit_test(test_training_of_many_seeds),
		cmocka_unit_test(test_training_without_dense_on_a_stand_in),
		cmocka_unit_test(test_equal_names_of_other_recipes_stay_apart),
		cmocka_unit_test(test_mixed_net_is_no_base),
		cmocka_unit_test(test_epoch_recorded_twice_counts_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
