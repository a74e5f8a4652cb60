/* SPDX-License-Identifier: MIT */
/* See roofline.h. A bound is worked out sample by sample, so that slow phases of the machine hit both sides alike. */
#include "report/roofline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where in the roofline this ceiling stands; NULL if it is none. */
static const struct series **roofline_place(struct roofline *roof, const struct kernel_record *key)
{
	const bool reads = strcmp(key->method, "read") == 0;

	if (strcmp(key->op, "fma_peak") == 0)
		return &roof->peak;
	if (strcmp(key->op, "bandwidth") != 0 || key->batch > 0 || (!reads && strcmp(key->method, "write") != 0))
		return NULL;
	for (int level = 0; level < N_MEMORY_LEVELS; level++)
		if (strcmp(key->dist, memory_level_names[level]) == 0)
			return reads ? &roof->read[level] : &roof->write[level];
	return NULL;
}

struct roofline series_roofline(const struct series_list *list, const struct kernel_record *key)
{
	struct roofline roof = {.peak = NULL};

	for (int i = 0; i < list->n; i++) {
		const struct series *s = &list->v[i], **place;

		if (s->key->threads != key->threads || strcmp(s->key->isa, key->isa) != 0)
			continue;
		place = roofline_place(&roof, s->key);
		if (place && (!*place || (*place)->n < s->n))
			*place = s;
	}
	return roof;
}

double series_flop_rate(const struct series *s)
{
	return s ? s->key->flops / s->ns : NAN;
}

double series_byte_rate(const struct series *s)
{
	return s ? s->key->bytes / s->ns : NAN;
}

/* ns for `work` (flops or bytes) at the rate of a ceiling whose call has `unit`, as it was when r was taken. */
static double ceiling_ns(const struct series *ceiling, double unit, double work, const struct kernel_record *r)
{
	const struct kernel_record *p = ceiling && work > 0 ? series_partner(ceiling, r) : NULL;

	if (!(work > 0))
		return 0;
	if (!ceiling)
		return NAN;
	return work / unit * (p ? series_sample_ns(p) : ceiling->ns);
}

static double peak_ns(const struct roofline *roof, const struct kernel_record *r)
{
	return ceiling_ns(roof->peak, roof->peak ? roof->peak->key->flops : 1, r->flops, r);
}

static double traffic_ns(const struct roofline *roof, const struct kernel_record *r)
{
	double ns = 0;

	for (int i = 0; i < N_MEMORY_LEVELS; i++) {
		const struct series *read = roof->read[i], *write = roof->write[i];

		ns += ceiling_ns(read, read ? read->key->bytes : 1, r->read[i], r);
		ns += ceiling_ns(write, write ? write->key->bytes : 1, r->written[i], r);
	}
	return ns;
}

static double bound_ns(const struct roofline *roof, const struct kernel_record *r)
{
	double compute = peak_ns(roof, r), memory = traffic_ns(roof, r);

	return isnan(compute) || isnan(memory) ? NAN : fmax(compute, memory);
}

typedef double bound_fn(const struct roofline *roof, const struct kernel_record *r);

static struct interval share_of(const struct series *s, const struct roofline *roof, bound_fn *bound)
{
	struct interval none = {.mid = NAN, .low = NAN, .high = NAN}, result = none;
	double *share = malloc(sizeof(*share) * (size_t)(s->n + 1));
	int n = 0;

	for (int i = 0; share && i < s->n; i++) {
		double ns = bound(roof, s->samples[i]);

		if (ns > 0)
			share[n++] = ns / series_sample_ns(s->samples[i]);
	}
	if (n > 0)
		result = stats_median_interval(share, n, SERIES_LEVEL);
	free(share);
	return result;
}

/* Records that don't say where their bytes live have no bound. */
static bool knows_traffic(const struct kernel_record *r)
{
	double sum = 0;

	for (int i = 0; i < N_MEMORY_LEVELS; i++)
		sum += r->read[i] + r->written[i];
	return sum > 0;
}

struct interval series_bound_share(const struct series *s, const struct roofline *roof)
{
	if (!knows_traffic(s->key))
		return (struct interval){.mid = NAN, .low = NAN, .high = NAN};
	return share_of(s, roof, bound_ns);
}

struct interval series_peak_share(const struct series *s, const struct roofline *roof)
{
	return share_of(s, roof, peak_ns);
}

/* A unit of time that shrinks with the team. */
static double linear_ns(const struct roofline *roof, const struct kernel_record *r)
{
	(void)roof;
	return 1 / (double)r->threads;
}

const struct series *series_on_one_thread(const struct series_list *list, const struct series *s)
{
	struct kernel_record key = *s->key;

	key.threads = 1;
	for (int i = 0; i < list->n && s->key->threads > 1; i++)
		if (series_compare(list->v[i].key, &key) == 0)
			return &list->v[i];
	return NULL;
}

/* a / b of independent measurements: relative errors add in quadrature. */
static struct interval quotient(struct interval a, struct interval b)
{
	double below = hypot(log(a.mid / a.low), log(b.high / b.mid));
	double above = hypot(log(a.high / a.mid), log(b.mid / b.low));

	return (struct interval){
		.mid = a.mid / b.mid,
		.low = a.mid / b.mid * exp(-below),
		.high = a.mid / b.mid * exp(above),
		.level = fmin(a.level, b.level),
		.n = a.n < b.n ? a.n : b.n,
	};
}

/* An optimiser's step has axpy as its ceiling. */
static struct interval ceiling_share(const struct series_list *list, const struct series *s)
{
	const struct roofline roof = series_roofline(list, s->key);
	struct interval share = series_bound_share(s, &roof);
	double stream;

	return isfinite(share.mid) ? share : series_step_share(list, s, &stream);
}

struct interval series_thread_share(const struct series_list *list, const struct series *s, const struct series *one)
{
	struct interval team = ceiling_share(list, s), alone = ceiling_share(list, one);

	if (!(alone.mid < ROOFLINE_NEAR) || isnan(team.mid))
		return quotient(team, alone);
	return quotient(share_of(s, NULL, linear_ns), share_of(one, NULL, linear_ns));
}
