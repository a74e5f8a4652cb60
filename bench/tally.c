/* SPDX-License-Identifier: MIT */
/* See tally.h. */
#include "tally.h"

#include "base/failure.h"

void tally_add(struct tally *sum, const struct tally *t)
{
	sum->right += t->right;
	sum->wrong += t->wrong;
	sum->wrong_base += t->wrong_base;
}

void tally_print(const struct tally *t, FILE *out)
{
	fprintf(out, "%d contenders right, %d wrong", t->right, t->wrong);
	if (t->wrong_base)
		fprintf(out, ", and %d of --against", t->wrong_base);
	fputc('\n', out);
}

int tally_status(const struct tally *t)
{
	return t->wrong ? EXIT_WRONG_RESULT : EXIT_OK;
}
