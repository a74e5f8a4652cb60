/* SPDX-License-Identifier: MIT */
/* The map of the study over k of the first and of the second hidden layer (Fig. 5 of the poster). */
#include "report_study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KS 12
#define WIDTH_OF_LAYER 500

struct map {
	int n, k[MAX_KS];
	const struct experiment *cell[MAX_KS][MAX_KS]; /* [second][first] */
	double low, high;			       /* accuracies, % */
};

static int compare_int(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void add_k(struct map *m, int k)
{
	for (int i = 0; i < m->n; i++)
		if (m->k[i] == k)
			return;
	if (m->n < MAX_KS && k > 0)
		m->k[m->n++] = k;
}

/* The k that stand in a pair somewhere; those of the sweep alone make no cell. */
static void collect_ks(struct map *m, const struct experiment_list *list)
{
	const struct experiment *found[128];
	int n = study_find_all(list, "method=topk", "k", found, 128);

	for (int i = 0; i < n; i++) {
		const char *slash = strchr(found[i]->key->k, '/');

		if (!slash || strchr(slash + 1, '/'))
			continue;
		add_k(m, atoi(found[i]->key->k));
		add_k(m, atoi(slash + 1));
	}
	qsort(m->k, (size_t)m->n, sizeof(m->k[0]), compare_int);
}

static const struct experiment *find_cell(const struct experiment_list *list, int first, int second)
{
	char spec[64];

	if (first == second && first == WIDTH_OF_LAYER)
		return study_find(list, "method=dense");
	snprintf(spec, sizeof(spec), first == second ? "method=topk k=%d" : "method=topk k=%d/%d", first, second);
	return study_find(list, spec);
}

static void fill(struct map *m, const struct experiment_list *list)
{
	m->low = INFINITY;
	m->high = -INFINITY;
	for (int i = 0; i < m->n; i++)
		for (int j = 0; j < m->n; j++) {
			double v;

			m->cell[i][j] = find_cell(list, m->k[j], m->k[i]);
			v = m->cell[i][j] ? 100 * experiment_accuracy(m->cell[i][j]).mid : NAN;
			m->low = v < m->low ? v : m->low;
			m->high = v > m->high ? v : m->high;
		}
}

static void put_cell(struct scene *s, const struct map *m, int i, int j)
{
	const struct interval r = experiment_accuracy(m->cell[i][j]);
	const double share = m->high > m->low ? (100 * r.mid - m->low) / (m->high - m->low) : 1;
	const int shade = isfinite(share) ? (int)lround(share * (PLOT_SHADES - 1)) : 0;

	fprintf(s->out,
		"set object rect from first %g, first %g to first %g, first %g behind fc rgb '%s' fs solid noborder\n",
		j - 0.48, i - 0.47, j + 0.48, i + 0.47, plot_shade(shade));
	fprintf(s->out, "set label '%.2f' at first %d, first %g center font ',15' textcolor rgb '%s'\n", 100 * r.mid, j,
		i + 0.1, plot_on_shade(shade));
	if (r.level > 0)
		fprintf(s->out, "set label '±%.2f' at first %d, first %g center font ',11' textcolor rgb '%s'\n",
			100 * (r.high - r.mid), j, i - 0.2, plot_on_shade(shade));
	scene_count_seeds(s, m->cell[i][j]);
	s->points++;
}

static void put_ticks(FILE *out, char axis, const struct map *m)
{
	fprintf(out, "set %crange [-0.55:%g]\nset %ctics scale 0 (", axis, m->n - 0.45, axis);
	for (int i = 0; i < m->n; i++) {
		char k[16];

		snprintf(k, sizeof(k), "%d", m->k[i]);
		fprintf(out, "%s'%s' %d", i ? "," : "", m->k[i] == WIDTH_OF_LAYER ? "all" : k, i);
	}
	fprintf(out, ")\n");
}

int plots_study_map(const struct results *r, struct figure_list *list)
{
	struct map m = {.n = 0};
	struct scene s;

	collect_ks(&m, &r->experiments);
	if (m.n == 0)
		return 0;
	fill(&m, &r->experiments);
	if (scene_open(&s, SCENE_WIDTH, 80 + 70 * m.n))
		return -ENOMEM;
	put_ticks(s.out, 'x', &m);
	put_ticks(s.out, 'y', &m);
	fprintf(s.out, "unset grid\nunset border\nunset key\nset xlabel 'k of the first hidden layer'\n"
		       "set ylabel 'k of the second hidden layer'\n");
	for (int i = 0; i < m.n; i++)
		for (int j = 0; j < m.n; j++)
			if (m.cell[i][j])
				put_cell(&s, &m, i, j);
	scene_begin(&s);
	scene_end(&s);
	scene_curve(&s, NULL, "using 1:2 with points");
	return scene_close(
		&s, list, "study-map",
		"Test accuracy in %% at the best dev epoch over k of each hidden layer, mean over %s with the "
		"half width of its 95%% t interval. All: 500, nothing is left out.",
		scene_seeds(&s).s);
}
