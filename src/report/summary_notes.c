/* SPDX-License-Identifier: MIT */
/* Names trainings that went wrong. See summary_notes.h. */
#include "report/summary_notes.h"

#include "report/study.h"

#include <errno.h>
#include <stdio.h>

#define NAMED 4 /* experiments that are told by name */

static const struct {
	const char *words;
	int (*count)(const struct experiment *e);
} wrongs[] = {
	{"NOT REPRODUCIBLE, other weights when trained again", experiment_unreproduced},
	{"Diverged", study_diverged},
	{"Collapsed, below 50 % at the end", study_collapsed},
	{"Left out, shorter than the others of the experiment", experiment_short},
};

void note_trainings(struct table *t, const struct named_experiment *v, int n)
{
	for (size_t w = 0; w < sizeof(wrongs) / sizeof(wrongs[0]); w++) {
		int told = 0;

		for (int i = 0; i < n; i++) {
			int wrong = wrongs[w].count(v[i].e);

			if (wrong && told++ < NAMED)
				table_note(t, "%s%s%s%.60s (%d of %d seeds)", told > 1 ? ", " : " ",
					   told > 1 ? "" : wrongs[w].words, told > 1 ? "" : ": ", v[i].name, wrong,
					   v[i].e->n);
		}
		if (told > NAMED)
			table_note(t, " and %d more", told - NAMED);
		table_note(t, told ? "." : "");
	}
}

int verdict_unreproduced(const struct experiment_list *list, struct verdict_list *out)
{
	const struct experiment *first = NULL;
	int n = 0;
	char *line;

	for (int i = 0; i < list->n; i++) {
		n += experiment_unreproduced(&list->v[i]);
		first = n && !first ? &list->v[i] : first;
	}
	line = n ? verdict_list_add(out) : NULL;
	if (!line)
		return n ? -ENOMEM : 0;
	snprintf(line, sizeof(*out->v),
		 "NOT REPRODUCIBLE: %d training%s recorded twice, with other weights each time; first of experiment "
		 "%.90s",
		 n, n == 1 ? " was" : "s were", first->key->experiment);
	return 0;
}
