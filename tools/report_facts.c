/* SPDX-License-Identifier: MIT */
/*
 * The header block: what a result depends on, from context.json, else from the columns of the records; and how to
 * read the report. Context keys without a name here are shown under their own.
 */
#include "report.h"

#include "report_study.h"

#include <errno.h>
#include <string.h>

static const char *const of_kernels[] = {
	"A speed-up compares with the best dense contender (own kernel or BLAS) at the same number of threads, timed "
	"in the same rounds: 2.00x means half its time. ± is the larger half of the 95 % interval of the median.",
	"Bold or * is the best of its column, red or ! is slower than dense, ~ means that the interval covers 1: not "
	"told apart. n=4 stands where 4 rounds are too few for an interval, – means not measured.",
	"Break-even k* is the k at which the sparse method stops beating dense, between the neighbours measured; "
	"> and < mean beyond what was measured.",
	"Percentages behind GFLOP/s are of the contender's own roofline bound: max(flops / FMA peak, sum of its "
	"operands' compulsory bytes / bandwidth of the nearest level of memory that holds the operand), all measured "
	"in the same rounds.",
	"Absolute times of a shared machine drift; ratios of samples taken in the same rounds do so far less. Trust "
	"the ratios.",
	NULL};

static const char *const of_studies[] = {
	"Every experiment is compared with its base over the same seeds: same initial weights, same order of examples. "
	"Its accuracy is that on the test images at the epoch with the best development accuracy; ± is half of the "
	"95 % t interval of the mean over the seeds.",
	"better * and worse ! mean p <= 0.05 by an exact sign-flip permutation test, Holm-corrected within the table; "
	"no difference seen ~ is no proof of equality: \"could have shown\" is the smallest true difference that so "
	"many seeds find with 80 % power at 0.05 / rows, with the deviation seen: of that test by simulation, above 12 "
	"seeds of Student's, (t(1-α/2) + t(0.8)) s / √n. identical: the same weights to the bit; too few seeds: no "
	"outcome could have "
	"been significant.",
	"Of a claim confirmed * and refuted ! mean that the data decide it at 5 %, ~ that they do not, or not one way; "
	"the reason stands beside each.",
	"In figures each method has its colour and shape, bars and bands are 95 % intervals, hollow points are "
	"published "
	"single figures of others, not measured here.",
	"Times are those of trainings that had the machine to themselves and took turns with dense, epoch by epoch: "
	"2.00x "
	"means half of dense's time. Absolute times of a shared machine drift, these ratios do so far less.",
	NULL};

struct known {
	const char *key, *label;
};

static const struct known known_keys[] = {
	{"host", "host"},
	{"cpu", "CPU"},
	{"pus", "usable PUs"},
	{"cores", "usable cores"},
	{"quota", "CPU quota"},
	{"smt", "SMT"},
	{"governor", "governor"},
	{"turbo", "turbo"},
	{"virt", "virtualised"},
	{"os", "OS"},
	{"bind", "binding"},
	{"isa", "instruction set"},
	{"compiler", "compiler"},
	{"flags", "flags"},
	{"build_type", "build type"},
	{"omp_runtime", "OpenMP"},
	{"wait_policy", "wait policy"},
	{"libraries", "BLAS"},
	{"commit", "commit"},
	{"seed", "seed"},
	{"dataset", "data set"},
	{"dataset_digest", "data digest"},
	{"run_id", "run"},
	{"load1", "load at start"},
};

static void add_fact(struct facts *facts, const char *label, const char *value, bool alarming)
{
	struct fact *fact = &facts->v[facts->count];

	if (facts->count == (int)(sizeof(facts->v) / sizeof(facts->v[0])) || value[0] == '\0')
		return;
	snprintf(fact->label, sizeof(fact->label), "%s", label);
	snprintf(fact->value, sizeof(fact->value), "%s", value);
	fact->alarming = alarming;
	facts->count++;
}

/* A scalar, or an array of scalars joined by "; ". */
static void value_text(const json_t *value, char *text, size_t size)
{
	size_t used = strlen(text), i;
	const json_t *item;

	if (json_is_string(value))
		snprintf(text + used, size - used, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(text + used, size - used, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(text + used, size - used, "%.4g", json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(text + used, size - used, "%s", json_is_true(value) ? "yes" : "no");
	json_array_foreach(value, i, item)
	{
		used = strlen(text);
		if (i)
			snprintf(text + used, size - used, "; ");
		if (!json_is_array(item))
			value_text(item, text, size);
	}
}

/* The value of a key, at the top or in an object there (one level down); "" if absent. */
static void context_text(const json_t *context, const char *name, char *text, size_t size)
{
	const json_t *value = json_object_get(context, name), *inner;
	const char *key;

	text[0] = '\0';
	if (value) {
		value_text(value, text, size);
		return;
	}
	json_object_foreach((json_t *)context, key, inner)
	{
		if (json_is_object(inner) && json_object_get(inner, name)) {
			value_text(json_object_get(inner, name), text, size);
			return;
		}
	}
}

/* What the records themselves say, where the context is silent. */
static const char *from_records(const struct results *r, const char *key)
{
	const struct kernel_record *k = r->n_kernel ? &r->kernel[0] : NULL;
	const struct train_record *t = r->n_train ? &r->train[0] : NULL;
	const struct {
		const char *key, *kernel, *train;
	} columns[] = {
		{"cpu", k ? k->cpu : "", t ? t->cpu : ""},
		{"bind", k ? k->bind : "", t ? t->bind : ""},
		{"isa", k ? k->isa : "", t ? t->isa : ""},
		{"compiler", k ? k->compiler : "", t ? t->compiler : ""},
		{"commit", k ? k->commit : "", t ? t->commit : ""},
		{"dataset", k ? k->dataset : "", t ? t->dataset : ""},
		{"run_id", k ? k->run_id : "", t ? t->run_id : ""},
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		if (strcmp(columns[i].key, key) == 0)
			return columns[i].train[0] ? columns[i].train : columns[i].kernel;
	}
	return "";
}

static void add_seed(const struct results *r, char *text, size_t size)
{
	uint64_t seed = r->n_kernel ? r->kernel[0].seed : r->n_train ? r->train[0].seed : 0;

	if (text[0] == '\0')
		snprintf(text, size, "%llu", (unsigned long long)seed);
}

/* Another data set than MNIST is said in words that cannot be overlooked. */
static void add_dataset_warning(struct facts *facts, const struct results *r)
{
	for (size_t i = 0; i < r->n_train; i++) {
		char text[256];

		if (strncmp(r->train[i].dataset, "mnist", 5) == 0)
			continue;
		snprintf(text, sizeof(text),
			 "the training data are %s, a stand-in: NOT MNIST. Accuracies do not compare with those of "
			 "MNIST.",
			 r->train[i].dataset);
		add_fact(facts, "STAND-IN DATA", text, true);
		return;
	}
}

/* Every distinct set of degraded conditions among the records; what a study trains side by side is not timed. */
static void add_degraded(struct facts *facts, const struct results *r)
{
	char seen[512] = "";

	for (size_t i = 0; i < r->n_kernel + r->n_train; i++) {
		const char *d = i < r->n_kernel ? r->kernel[i].degraded : r->train[i - r->n_kernel].degraded;
		size_t used = strlen(seen);

		if (results_are_study(r) && i >= r->n_kernel && !train_is_timed(&r->train[i - r->n_kernel]))
			continue;
		if (d[0] && !strstr(seen, d))
			snprintf(seen + used, sizeof(seen) - used, "%s%s", used ? "; " : "", d);
	}
	/* A study loads the machine itself until its timed part begins. */
	add_fact(facts, "degraded conditions", seen, !results_are_study(r) || strcmp(seen, "loaded") != 0);
}

static void add_failures(struct facts *facts, const struct results *r)
{
	char text[96];

	if (r->series.n_failed == 0)
		return;
	snprintf(text, sizeof(text), "%d contender%s did not match the reference", r->series.n_failed,
		 r->series.n_failed == 1 ? "" : "s");
	add_fact(facts, "WRONG RESULTS", text, true);
}

static const char *commit_of(const struct train_record *r)
{
	return r->commit;
}

static const char *run_of(const struct train_record *r)
{
	return r->run_id;
}

/* `3 commits: a, b, c`, as far as they fit, where trainings have more than one; else text stays. */
static void list_distinct(const struct results *r, const char *(*value)(const struct train_record *r),
			  const char *words, char *text, size_t size)
{
	const char *seen[64];
	size_t n = 0, told = 0, used;

	for (size_t i = 0; i < r->n_train && n < sizeof(seen) / sizeof(seen[0]); i++) {
		size_t at = n; /* most rows are like the one before */

		while (at > 0 && strcmp(seen[at - 1], value(&r->train[i])) != 0)
			at--;
		if (at == 0 && value(&r->train[i])[0])
			seen[n++] = value(&r->train[i]);
	}
	if (n < 2)
		return;
	snprintf(text, size, "%zu %s: ", n, words);
	for (; told < n && (used = strlen(text)) + 80 < size; told++)
		snprintf(text + used, size - used, "%s%s", told ? ", " : "", seen[told]);
	used = strlen(text);
	if (told < n)
		snprintf(text + used, size - used, " and %zu more", n - told);
}

/* What a key says: the context, else the records; of what differs between the runs of a study all of it. */
static void known_text(const struct results *r, const char *key, char *text, size_t size)
{
	context_text(r->context, key, text, size);
	if (text[0] == '\0')
		snprintf(text, size, "%s", from_records(r, key));
	if (strcmp(key, "quota") == 0 && strcmp(text, "0") == 0)
		text[0] = '\0'; /* none */
	if (strcmp(key, "commit") == 0)
		list_distinct(r, commit_of, "commits", text, size);
	if (strcmp(key, "run_id") == 0)
		list_distinct(r, run_of, "runs", text, size);
	if (strcmp(key, "seed") != 0)
		return;
	if (results_are_study(r))
		text[0] = '\0'; /* many, and each table says how many */
	else
		add_seed(r, text, size);
}

/* A command as it could be typed into a shell: what follows the = of an option in quotes where it has to be. */
static void quote_command(const char *command, char *text, size_t size)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./,:+@%";
	size_t used = 0;

	text[0] = '\0';
	while (*command && used + 8 < size) {
		const size_t n = strcspn(command, " ");
		const size_t head = strcspn(command, "=") < n ? strcspn(command, "=") + 1 : 0;
		const bool plain = strspn(command, safe) >= n || memchr(command, '\'', n);

		used += (size_t)snprintf(text + used, size - used, plain ? "%.*s%.*s" : "%.*s'%.*s'", (int)head,
					 command, (int)(n - head), command + head);
		command += n;
		if (*command == ' ' && used + 1 < size)
			text[used++] = *command++;
		text[used < size ? used : size - 1] = '\0';
	}
}

static void add_call(struct facts *facts, const json_t *run)
{
	const char *command = json_string_value(json_object_get(run, "command"));

	if (command && facts->n_calls < (int)(sizeof(facts->calls) / sizeof(facts->calls[0])))
		quote_command(command, facts->calls[facts->n_calls++], sizeof(facts->calls[0]));
}

/* Of a study the plan as a whole, then the calls that it was made of; else the call itself. */
static void collect_commands(struct facts *facts, const struct results *r)
{
	const char *plan = json_string_value(json_object_get(json_object_get(r->context, "plan"), "file"));
	const json_t *run;
	size_t i;

	add_call(facts, r->context);
	if (!results_are_study(r)) {
		snprintf(facts->command, sizeof(facts->command), "%s", facts->calls[0]);
		facts->n_calls = 0;
		return;
	}
	json_array_foreach(json_object_get(r->context, "resumed"), i, run) add_call(facts, run);
	snprintf(facts->command, sizeof(facts->command), "mepbench study %s --out=DIR",
		 plan && !strpbrk(plan, " '\"$`\\") ? plan : "bench/study.plan");
}

int facts_collect(struct facts *facts, const struct results *r)
{
	char text[512];

	*facts = (struct facts){.count = 0};
	add_failures(facts, r);
	add_dataset_warning(facts, r);
	add_degraded(facts, r);
	context_text(r->context, "warnings", text, sizeof(text));
	add_fact(facts, "warnings", text, true);
	for (size_t i = 0; i < sizeof(known_keys) / sizeof(known_keys[0]); i++) {
		known_text(r, known_keys[i].key, text, sizeof(text));
		add_fact(facts, known_keys[i].label, text, false);
	}
	collect_commands(facts, r);
	facts->how = results_are_study(r) ? of_studies : of_kernels;
	facts->subtitle = results_are_study(r)
				  ? "A study of meprop-bench: every variant over paired seeds, against dense "
				    "and what was published."
				  : "A run of meprop-bench: meProp and its relatives against the best dense "
				    "kernels.";
	context_text(r->context, "title", facts->title, sizeof(facts->title));
	if (facts->title[0] == '\0')
		snprintf(facts->title, sizeof(facts->title), "%s",
			 results_are_study(r) ? "Sparse back-propagation, measured again"
					      : "Sparse against dense back-propagation");
	if (verdict_kernel(&r->series, &facts->verdicts) ||
	    (results_are_study(r) ? study_lessons(r, &facts->verdicts)
				  : verdict_train(&r->experiments, &facts->verdicts))) {
		facts_release(facts);
		return -ENOMEM;
	}
	return 0;
}

void facts_release(struct facts *facts)
{
	verdict_list_destroy(&facts->verdicts);
}
