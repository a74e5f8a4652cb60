/* SPDX-License-Identifier: MIT */
/* mepbench list: everything that can be chosen, a line each; or the dictionary of the CSV columns. */
#include "commands.h"
#include "filter.h"
#include "options_table.h"

#include "data/dist.h"
#include "kernel.h"
#include "learn/init.h"
#include "learn/optimizer.h"
#include "learn/policy.h"
#include "report/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct listing {
	const regex_t *filter; /* NULL: everything */
	const char *heading;   /* not yet printed: nothing under it has passed the filter */
};

static void print_line(struct listing *list, const char *name, const char *text)
{
	char line[512];

	snprintf(line, sizeof(line), "  %-28s %s", name, text);
	if (list->filter && regexec(list->filter, line, 0, NULL, 0))
		return;
	if (list->heading)
		printf("%s\n", list->heading);
	list->heading = NULL;
	printf("%s\n", line);
}

/* Kernels that differ in instruction set only share a line, which names the sets. */
static bool is_first_set(const struct kernel_set *set, const struct kernel *k)
{
	for (const struct kernel_set *s = kernel_sets; s != set; s++)
		if (kernel_find(s, k->op, k->method, k->variant))
			return false;
	return true;
}

static void print_kernel(struct listing *list, const struct kernel *k)
{
	char name[64], text[256];
	size_t used;

	snprintf(name, sizeof(name), "%s%s%s", k->method, *k->variant ? " " : "", k->variant);
	snprintf(text, sizeof(text), "%s [", k->summary);
	for (const struct kernel_set *s = kernel_sets; s->isa; s++) {
		if (!kernel_find(s, k->op, k->method, k->variant))
			continue;
		used = strlen(text);
		snprintf(text + used, sizeof(text) - used, "%s%s", text[used - 1] == '[' ? "" : " ", s->isa);
	}
	used = strlen(text);
	snprintf(text + used, sizeof(text) - used, "]");
	print_line(list, name, text);
}

static void list_operations(struct listing *list)
{
	static const char *const summaries[N_KERNEL_OPS] = {
		[OP_TOPK_SELECT] = "which entries of dY are kept",
		[OP_FORWARD] = "y = relu(x W^T + bias)",
		[OP_BACKWARD_DATA] = "dX = dY W",
		[OP_BACKWARD_WEIGHTS] = "dW = dY^T x",
		[OP_BACKWARD] = "selection, dW and dX together",
		[OP_UPDATE] = "the optimiser's step on the weights",
		[OP_BACKWARD_UPDATE] = "dW and the optimiser's step in one",
		[OP_DROPOUT] = "a share of y set to zero, the rest scaled up",
		[OP_FMA_PEAK] = "ceiling: multiply-adds from registers",
		[OP_BANDWIDTH] = "ceiling: bytes from caches and memory",
		[OP_YARDSTICK] = "work that never changes, for --yardstick",
	};

	list->heading = "operations:";
	for (int op = 0; op < N_KERNEL_OPS; op++)
		print_line(list, kernel_op_name((enum kernel_op)op), summaries[op]);
}

static void list_kernels(struct listing *list)
{
	for (int op = 0; op < N_KERNEL_OPS; op++) {
		char heading[64];

		snprintf(heading, sizeof(heading), "kernels of %s:", kernel_op_name((enum kernel_op)op));
		list->heading = heading;
		for (const struct kernel_set *s = kernel_sets; s->isa; s++)
			for (const struct kernel *k = s->kernels; k->method; k++)
				if (k->op == (enum kernel_op)op && is_first_set(s, k))
					print_kernel(list, k);
	}
}

static void list_isas(struct listing *list)
{
	list->heading = "instruction sets (--isa):";
	for (const struct kernel_set *s = kernel_sets; s->isa; s++)
		print_line(list, s->isa, s->supported() ? "this CPU runs it" : "not on this CPU");
}

static void list_methods(struct listing *list)
{
	list->heading = "methods of back-propagation (--method):";
	for (const struct method *m = methods; m->name; m++)
		print_line(list, m->name, m->summary);
}

static void list_dists(struct listing *list)
{
	list->heading = "distributions of synthetic gradients (--dist):";
	for (const struct dist *d = dists; d->name; d++)
		print_line(list, d->name, d->summary);
}

static void list_training(struct listing *list)
{
	list->heading = "optimisers (--optimizer):";
	for (const struct optimizer *o = optimizers; o->name; o++)
		print_line(list, o->name, o->summary);
	list->heading = "initial weights (--init):";
	for (const struct init *i = inits; i->name; i++)
		print_line(list, i->name, i->summary);
	list->heading = "k policies (--policy):";
	for (const struct policy *p = policies; p->name; p++)
		print_line(list, p->name, p->summary);
}

/* Options that make variants of methods. */
static void list_variants(struct listing *list)
{
	static const char *const names[] = {"k",
					    "ratio",
					    "tau",
					    "rescale",
					    "memory",
					    "tinyprop-min",
					    "tinyprop-max",
					    "tinyprop-damp",
					    "output",
					    "bias",
					    "lazy",
					    "fused",
					    "dropout",
					    "l1",
					    "l2"};

	list->heading = "variants of methods (train --OPTION):";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (const struct option *row = option_table; row->name; row++)
			if (row->commands & COMMAND_TRAIN && !strcmp(row->name, names[i]))
				print_line(list, row->name, row->help);
}

static void list_columns(struct listing *list)
{
	static const char *const types[] = {"text", "integer", "unsigned integer", "real"};

	for (int kind = 0; record_kinds[kind]; kind++) {
		char heading[64], text[256];

		snprintf(heading, sizeof(heading), "columns of %s records:", record_kinds[kind]->name);
		list->heading = heading;
		for (int i = 0; i < record_kinds[kind]->n_columns; i++) {
			const struct column *c = &record_kinds[kind]->columns[i];

			snprintf(text, sizeof(text), "%s; %s%s%s%s", c->meaning, types[c->type], *c->unit ? " [" : "",
				 c->unit, *c->unit ? "]" : "");
			print_line(list, c->name, text);
		}
	}
}

int cmd_list(const struct options *o, struct failure *f)
{
	struct listing list = {NULL, NULL};
	regex_t filter;

	if (*o->filter) {
		int rc = filter_compile(&filter, "--filter", o->filter, f);

		if (rc)
			return rc;
		list.filter = &filter;
	}
	if (o->columns) {
		list_columns(&list);
	} else {
		list_operations(&list);
		list_kernels(&list);
		list_methods(&list);
		list_variants(&list);
		list_training(&list);
		list_dists(&list);
		list_isas(&list);
	}
	if (list.filter)
		regfree(&filter);
	return EXIT_OK;
}
