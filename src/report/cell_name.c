/* SPDX-License-Identifier: MIT */
/* See cell_name.h. */
#include "report/cell_name.h"

#include "report/series.h"

#include <stdio.h>
#include <string.h>

struct cell_name cell_name_make(const struct cell_parts *p)
{
	struct cell_name name;

	snprintf(name.s, sizeof(name.s), "%s/%s/%s/%lldx%lldx%lld/%s/%lld%s%s%s%s", p->op, p->method, p->select,
		 (long long)p->batch, (long long)p->n_in, (long long)p->n_out, p->k, (long long)p->threads,
		 p->optimizer[0] ? "/" : "", p->optimizer, p->isa[0] ? "/" : "", p->isa);
	return name;
}

static bool takes_tau(const struct kernel_record *r)
{
	return !series_is_dense(r) && series_takes_tau(r);
}

struct cell_name cell_name_of(const struct kernel_record *r, bool with_isa)
{
	char k[32] = "";

	if (takes_tau(r))
		snprintf(k, sizeof(k), "tau%g", r->tau);
	else if (!series_is_dense(r) && series_takes_k(r))
		snprintf(k, sizeof(k), "%lld", (long long)r->k);
	return cell_name_make(&(struct cell_parts){.op = r->op,
						   .method = r->method,
						   .select = r->select,
						   .batch = r->batch,
						   .n_in = r->n_in,
						   .n_out = r->n_out,
						   .k = k,
						   .threads = r->threads,
						   .optimizer = r->optimizer,
						   .isa = with_isa ? r->isa : ""});
}

/* Copies the text with what is special in a regular expression escaped; the field of k as any. */
static void put_pattern(struct cell_pattern *to, const char *name, bool any_k)
{
	size_t used = 0;
	int field = 0;

	for (; *name && used + 8 < sizeof(to->s); name++) {
		bool in_k = any_k && field == 4;

		field += *name == '/';
		if (in_k && *name != '/')
			continue;
		if (in_k)
			used += (size_t)snprintf(to->s + used, sizeof(to->s) - used, "[^/]*");
		if (strchr("\\.[](){}*+?^$|", *name))
			to->s[used++] = '\\';
		to->s[used++] = *name;
	}
	to->s[used] = 0;
}

struct cell_pattern cell_pattern_of(const struct kernel_record *r)
{
	struct cell_pattern pattern;
	size_t used;

	put_pattern(&pattern, cell_name_of(r, false).s, takes_tau(r));
	used = strlen(pattern.s);
	if (r->isa[0])
		snprintf(pattern.s + used, sizeof(pattern.s) - used, "(/%s)?", r->isa);
	return pattern;
}
