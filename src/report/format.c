/* SPDX-License-Identifier: MIT */
/* See format.h. No NaN or infinity is ever printed: what is not known is NOTHING. */
#include "report/format.h"

#include <ctype.h>
#include <math.h>

struct text format_3(double v)
{
	struct text t = {NOTHING};
	double size = fabs(v);
	int digits = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;

	if (isfinite(v))
		snprintf(t.s, sizeof(t.s), "%.*f", digits, v);
	return t;
}

struct text format_ns(double ns)
{
	static const struct {
		double below, scale;
		const char *unit;
	} units[] = {{999.5, 1, "ns"}, {999.5e3, 1e3, "µs"}, {999.5e6, 1e6, "ms"}, {INFINITY, 1e9, "s"}};
	struct text t = {NOTHING};
	int u = 0;

	if (!isfinite(ns) || ns < 0)
		return t;
	while (ns >= units[u].below)
		u++;
	snprintf(t.s, sizeof(t.s), "%.50s %s", format_3(ns / units[u].scale).s, units[u].unit);
	return t;
}

/* Two digits behind the point as in 3.41x, fewer where the number is long. */
static struct text format_times(double v)
{
	struct text t;

	snprintf(t.s, sizeof(t.s), "%.*fx", v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2, v);
	return t;
}

struct text format_ratio(struct interval r)
{
	struct text t = {NOTHING};
	double percent = 100 * fmax(r.high - r.mid, r.mid - r.low) / r.mid;

	if (!isfinite(r.mid) || r.mid <= 0)
		return t;
	if (!(r.level > 0) && r.n > 0)
		snprintf(t.s, sizeof(t.s), "%.30s n=%d", format_times(r.mid).s, r.n);
	else if (!(r.level > 0))
		snprintf(t.s, sizeof(t.s), "%.30s ±?", format_times(r.mid).s);
	else if (percent > 99)
		snprintf(t.s, sizeof(t.s), "%.30s ±>99%%", format_times(r.mid).s);
	else
		snprintf(t.s, sizeof(t.s), "%.30s ±%.*f%%", format_times(r.mid).s, percent >= 0.05 && percent < 0.95,
			 percent);
	return t;
}

enum cell_mark mark_ratio(struct interval r)
{
	if (!isfinite(r.mid) || !(r.level > 0))
		return CELL_PLAIN;
	if (r.low <= 1 && r.high >= 1)
		return CELL_UNSURE;
	return r.high < 1 ? CELL_LOSS : CELL_PLAIN;
}

static struct text format_k(double k, double kmin, double kmax)
{
	struct text t;

	if (isinf(k))
		snprintf(t.s, sizeof(t.s), "%s %.0f", k > 0 ? ">" : "<", k > 0 ? kmax : kmin);
	else
		snprintf(t.s, sizeof(t.s), "%.*f", k < 9.95, k);
	return t;
}

struct text format_break_even(struct interval k, double kmin, double kmax)
{
	struct text t = {NOTHING};
	struct text mid = format_k(k.mid, kmin, kmax);

	if (isnan(k.mid))
		return t;
	if (!(k.level > 0))
		snprintf(t.s, sizeof(t.s), "%.20s ±?", mid.s);
	else if (isinf(k.mid) && k.low == k.mid && k.high == k.mid)
		return mid;
	else
		snprintf(t.s, sizeof(t.s), "%.15s [%.15s, %.15s]", mid.s, format_k(k.low, kmin, kmax).s,
			 format_k(k.high, kmin, kmax).s);
	return t;
}

void format_slug(char *slug, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++) {
		if (isascii(*text) && isalnum(*text))
			slug[n++] = (char)tolower(*text);
		else if (n && slug[n - 1] != '-')
			slug[n++] = '-';
	}
	slug[n && slug[n - 1] == '-' ? n - 1 : n] = '\0';
}
