/* SPDX-License-Identifier: MIT */
/* See session.h. Opens the rooms in the order that later ones need; nothing is measured here. */
#include "session.h"

#include "interrupt.h"
#include "measure/measure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An empty list names the best of all. */
static bool names_isa(const struct word_list *list, const struct kernel_set *all, const struct kernel_set *set)
{
	bool best = set == kernel_set_find_in(all, NULL);

	for (int i = 0; i < list->n; i++)
		if (!strcmp(list->v[i], "all") || !strcmp(list->v[i], set->isa) ||
		    (best && !strcmp(list->v[i], "auto")))
			return true;
	return best && !list->n;
}

const struct kernel_set *session_best_isa(const struct word_list *isa)
{
	const struct kernel_set *best = NULL;

	for (const struct kernel_set *k = kernel_sets; k->isa; k++)
		if (k->supported() && names_isa(isa, kernel_sets, k))
			best = k;
	return best;
}

static int refuse_isa(const char *name, const struct kernel_set *sets, struct failure *f)
{
	char names[96] = "auto";

	for (const struct kernel_set *k = sets; k->isa; k++)
		if (k->supported())
			snprintf(names + strlen(names), sizeof(names) - strlen(names), ", %s", k->isa);
	return fail(f, -EINVAL, "invalid value '%s' for --isa; should be of those that this CPU runs: %s", name, names);
}

static int open_build(struct build *b, const char *flag, const char *path, struct failure *f)
{
	int rc = library_open(&b->library, flag, path, f);

	if (rc)
		return rc;
	b->sets = b->library.kernels->sets;
	if (kernel_set_find_in(b->sets, NULL))
		return 0;
	return fail(f, -EINVAL, "--%s=%.200s: it has no kernels that this CPU runs; should be built for this machine",
		    flag, path);
}

static int open_builds(struct session *s, struct failure *f)
{
	static const char *const names[N_BUILDS] = {[BUILD_BASE] = "base", [BUILD_TWIN] = "twin"};
	const struct options *o = s->options;
	int rc = 0;

	for (int i = 0; i < N_BUILDS; i++)
		s->builds[i].name = names[i] ? names[i] : "";
	if (o->twin && !o->kernels[0])
		return fail(f, -EINVAL, "--twin copies a library; should stand with --kernels=FILE");
	if (o->inject > 0 && !o->twin)
		return fail(f, -EINVAL, "--inject adds work to the twins; should stand with --twin");
	s->builds[BUILD_TESTED].sets = kernel_sets;
	if (o->against[0] && o->against_first)
		rc = open_build(&s->builds[BUILD_BASE], "against", o->against, f);
	if (!rc && o->kernels[0])
		rc = open_build(&s->builds[BUILD_TESTED], "kernels", o->kernels, f);
	if (!rc && o->against[0] && !o->against_first)
		rc = open_build(&s->builds[BUILD_BASE], "against", o->against, f);
	if (!rc && o->twin)
		rc = open_build(&s->builds[BUILD_TWIN], "kernels", o->kernels, f);
	return rc;
}

static int choose_kernels(struct session *s, struct failure *f)
{
	const struct word_list *isa = &s->options->isa;
	const struct kernel_set *sets = s->builds[BUILD_TESTED].sets;

	for (int i = 0; i < isa->n; i++)
		if (strcmp(isa->v[i], "all") && !kernel_set_find_in(sets, isa->v[i]))
			return refuse_isa(isa->v[i], sets, f);
	for (const struct kernel_set *k = sets; k->isa && s->n_isas < SESSION_MAX_ISAS; k++)
		if (k->supported() && names_isa(isa, sets, k))
			s->isas[s->n_isas++] = k;
	s->kernels = s->isas[s->n_isas - 1];
	return 0;
}

const struct kernel_set *session_kernels(const struct session *s, int build, int isa)
{
	const struct kernel_set *sets = s->builds[build].sets;

	return sets ? kernel_set_find_in(sets, s->isas[isa]->isa) : NULL;
}

bool session_compares_builds(const struct session *s)
{
	return s->options->kernels[0] || s->options->against[0];
}

void session_name_isas(const struct session *s, char *text, size_t size)
{
	snprintf(text, size, "%s", s->isas[0]->isa);
	for (int i = 1; i < s->n_isas; i++)
		snprintf(text + strlen(text), size - strlen(text), " %s", s->isas[i]->isa);
}

/* 1, 2, 4, ... and the largest. */
static void default_sweep(struct session *s)
{
	int most = machine_default_threads(s->machine), n = 0;

	for (int threads = 1; threads < most && n < OPTIONS_MAX_LIST - 1; threads *= 2)
		s->threads.v[n++] = threads;
	s->threads.v[n++] = most;
	s->threads.n = n;
}

static int largest_team(const struct session *s)
{
	int most = 1;

	for (int i = 0; i < s->threads.n; i++)
		most = s->threads.v[i] > most ? (int)s->threads.v[i] : most;
	return most;
}

static void nothing(struct team team, void *arg)
{
	(void)team;
	(void)arg;
}

/* A binding that can't be honoured is found out here, before hours of measuring. */
static int try_binding(struct session *s, struct failure *f)
{
	int team = largest_team(s), unbound = 0, rc;

	rc = team_run(&s->binding, team, nothing, NULL, &unbound, f);
	if (rc)
		return rc;
	if (unbound || !s->binding.n_pus || !machine_is_here(s->machine))
		conditions_degrade(&s->conditions, "unbound");
	if (team > (s->binding.n_pus ? s->binding.n_pus : machine_pus(s->machine)))
		conditions_degrade(&s->conditions, "oversubscribed");
	return 0;
}

static int create_tuner(struct session *s, struct failure *f)
{
	const struct tuner_params p = {.binding = &s->binding,
				       .conditions = &s->conditions,
				       .file = s->options->tuning,
				       .afresh = s->options->retune,
				       .stop = interrupt_flag()};

	return tuner_create(&s->tuner, &p, f);
}

static void name_run(struct session *s)
{
	char now[24];

	/* Commands of one plan may follow each other within a second. */
	int ms = (int)(clock_ns() / 1000000 % 1000);

	clock_utc_text(now, sizeof(now), "%Y%m%dT%H%M%S");
	snprintf(s->run_id, sizeof(s->run_id), "%s.%03dZ-%.14s-%d", now, ms, s->conditions.host, (int)getpid());
}

int session_create(struct session *s, const struct options *o, struct failure *f)
{
	int rc;

	memset(s, 0, sizeof(*s));
	s->options = o;
	rc = open_builds(s, f);
	rc = rc ? rc : choose_kernels(s, f);
	rc = rc ? rc : dists_create(&s->dists, &o->dist, f);
	rc = rc ? rc : machine_create(&s->machine, NULL, f);
	if (rc) {
		session_destroy(s);
		return rc;
	}
	conditions_read(&s->conditions, s->machine);
	s->n_peers = blas_load(s->peers, SESSION_MAX_PEERS);
	s->threads = o->threads;
	if (!s->threads.n)
		default_sweep(s);
	rc = binding_create(&s->binding, s->machine, o->bind[0] ? o->bind : NULL, f);
	if (!rc)
		rc = try_binding(s, f);
	if (!rc)
		rc = create_tuner(s, f);
	if (rc) {
		session_destroy(s);
		return rc;
	}
	name_run(s);
	return 0;
}

void session_destroy(struct session *s)
{
	tuner_destroy(s->tuner);
	s->tuner = NULL;
	dists_destroy(&s->dists);
	machine_destroy(s->machine);
	s->machine = NULL;
	for (int i = 0; i < N_BUILDS; i++)
		library_close(&s->builds[i].library);
}

static const struct {
	const char *word, *sentence;
} warnings[] = {
	{"debug", "this is a debug build; configure with --buildtype=release for figures that count"},
	{"sanitizer", "built with sanitizers; times are not comparable"},
	{"loaded", "the machine is busy with other work; intervals will be wide"},
	{"quota", "the control group's CPU quota is below the number of cores; larger teams are throttled"},
	{"unbound", "threads are not bound to processors; they may move while they are timed"},
	{"oversubscribed", "there are more threads than processors; they take turns"},
};

const char *session_warning(const struct session *s, size_t *next)
{
	while (*next < sizeof(warnings) / sizeof(warnings[0])) {
		size_t i = (*next)++;

		if (strstr(s->conditions.degraded, warnings[i].word))
			return warnings[i].sentence;
	}
	return NULL;
}

void session_warn(const struct session *s)
{
	size_t next = 0;

	for (const char *text; (text = session_warning(s, &next));)
		fprintf(stderr, "warning: %s\n", text);
}

/* Kinds of record share these columns by name, not by layout. */
void session_fill(const struct session *s, const struct record_kind *kind, void *record)
{
	const struct {
		const char *column, *text;
	} shared[] = {
		{"run_id", s->run_id},
		{"isa", s->kernels->isa},
		{"bind", s->binding.policy},
		{"cpu", s->conditions.cpu},
		{"compiler", s->conditions.compiler},
		{"commit", s->conditions.commit},
		{"degraded", s->conditions.degraded},
	};

	for (int i = 0; i < kind->n_columns; i++) {
		const struct column *c = &kind->columns[i];

		for (size_t j = 0; j < sizeof(shared) / sizeof(shared[0]); j++)
			if (!strcmp(c->name, shared[j].column))
				snprintf((char *)record + c->offset, c->size, "%.*s", (int)c->size - 1, shared[j].text);
	}
}
