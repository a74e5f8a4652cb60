/* SPDX-License-Identifier: MIT */
/*
 * The study: which experiments it asks for, and what their trainings say, compared in pairs of equal seeds.
 * Tables, figures and claims find experiments here by what their records say, never by their names; what was not run
 * is NULL, not an error. Times are not its business, except that it says who has any.
 */
#ifndef REPORT_STUDY_H
#define REPORT_STUDY_H

#include "base/failure.h"
#include "report/runs.h"

#include <stdbool.h>

#define STUDY_COLUMNS 18 /* at most; study_spec.c has the table */
#define STUDY_PAIRS 256	 /* no more seeds than this are compared */
#define STUDY_TESTS 256	 /* comparisons of a curve, at most */
#define STUDY_ALPHA 0.05 /* two-sided, over a whole curve */
#define STUDY_POWER 0.8
#define STUDY_COLLAPSED 0.5 /* a net that ends below this has learned next to nothing */

/* What the study sweeps over; top-k is trained at a few k more, and what keeps as many is looked for among all. */
#define STUDY_K_SWEEP "1,2,5,10,20,40,80,160,320"
#define STUDY_K_TRAINED "1,2,5,10,11,15,17,20,30,40,50,80,160,320"
#define STUDY_TAU_SWEEP "0.1,0.3,0.5,0.7,0.8,0.9,0.95,0.99,0.999"
#define STUDY_DEPTHS "784-500-500-10,784-500-500-500-10,784-500-500-500-500-10,784-500-500-500-500-500-10"

/*
 * A spec says which experiments are meant: "method=topk k=20 policy=anneal-k". A column that it does not name must have
 * the value of the study's base recipe (dense, 784-500-500-10, minibatches of 50, Adam, init port, dropout 0.1, ...);
 * k, tau, isa, fused, threads and the data set are free. `*` frees a column; `k=5,20` asks for two experiments; a value
 * with blanks stands in single quotes: settings='spike=0.1 rescale'. `@`, in the spec of a base, is the member's value.
 * The word `time` asks for experiments run alone for their times, which no other spec finds.
 */
struct study_spec {
	char value[STUDY_COLUMNS][256]; /* may be a list; as in the table of columns */
	bool time;
};

/* 0, or -EINVAL with a sentence: unknown column, bad number, word without `=`. */
int study_parse(struct study_spec *spec, const char *text, struct failure *f);
/* How many experiments the lists of a spec ask for, and the i-th of them; the last column varies fastest. */
int study_count(const struct study_spec *spec);
struct study_spec study_item(const struct study_spec *spec, int i);
/* Whether a record is of an experiment that the spec asks for. */
bool study_matches(const struct study_spec *spec, const struct train_record *r);
/* `topk k=20`: the method and what differs from the base recipe. */
struct study_name {
	char s[96];
} study_name(const struct study_spec *spec);

/* The specs of these are written in the program: one that does not parse is a bug, and asserted. */
/* Of several that match the one with the most seeds, then the first; NULL if there is none. */
const struct experiment *study_find(const struct experiment_list *list, const char *spec);
/*
 * All that match, ascending by study_value(key) and each setting once (of equals as study_find): at most `room` into
 * `found`; returns how many.
 */
int study_find_all(const struct experiment_list *list, const char *spec, const char *key,
		   const struct experiment **found, int room);
/*
 * A column as a number: k, tau, dropout, l1, ... of a text the number that it begins with; "mean_k" over all epochs and
 * seeds; "depth" the hidden layers and "width" the first of them. NaN where it is none.
 */
double study_value(const struct experiment *e, const char *column);
/* Whether its times may be looked at: it ran with nothing beside it. */
bool study_has_times(const struct experiment *e);
/* Whether its accuracies may be: it was not run for its times alone. */
bool study_has_accuracy(const struct experiment *e);
/* Seeds whose loss was not a number in the last epoch. Their accuracy counts as it is. */
int study_diverged(const struct experiment *e);
/* Of the others those whose test accuracy ends below STUDY_COLLAPSED. It counts as it is, too. */
int study_collapsed(const struct experiment *e);

enum study_verdict {
	STUDY_NOT_RUN,	     /* a or b, or no seed that both have */
	STUDY_UNKNOWN,	     /* an accuracy is not a number */
	STUDY_TOO_FEW,	     /* so few pairs that no outcome could have been significant */
	STUDY_IDENTICAL,     /* the same weights, to the bit: what differs never took effect */
	STUDY_NO_DIFFERENCE, /* seen; `detectable` is what could have been */
	STUDY_BETTER,
	STUDY_WORSE
};
const char *study_verdict_words(enum study_verdict v); /* "no difference seen" */

/*
 * Experiment a against its base b: test accuracy at the best dev epoch, in pairs of equal seeds of equally long
 * trainings. Accuracies are fractions, intervals 95 % (Student's t over seeds; level 0 if there is one seed only).
 */
struct study_comparison {
	char name[96], base[96];	/* what was asked for, said even if it was not run */
	const struct experiment *a, *b; /* NULL: not run */
	int pairs;
	struct interval accuracy;	/* of a over all its seeds */
	struct interval mean_a, mean_b; /* over the pairs */
	struct interval difference;	/* a - b over the pairs */
	double deviation;		/* of the differences; NaN below two pairs */
	bool identical;			/* every pair ends with the same weights: no test of anything */
	double p;			/* exact sign-flip permutation test of the mean difference; NaN without pairs */
	double p_holm;			/* adjusted within the curve */
	int tests;			/* how many comparisons of the curve were tested */
	/*
	 * The smallest true difference that so many pairs would have shown with 80 % power, with the deviation seen and
	 * at the level of Holm's first step, 0.05 / tests: see stats_permutation_detectable. NaN where no outcome would
	 * have been significant.
	 */
	double detectable;
	enum study_verdict verdict;
};

/* One comparison that stands alone. A NULL experiment is one that was not run. */
struct study_comparison study_compare(const struct experiment *a, const struct experiment *b);
/* Corrects `c` for their number (Holm) and gives the verdicts; those not run do not count. */
void study_judge(struct study_comparison *c, int n);

/* A family of comparisons that are corrected together. */
struct study_curve {
	const char *words;   /* "top-k against random-k at equal k" */
	const char *members; /* spec */
	const char *base;    /* spec of one base for all, or with as many as there are members: in pairs */
	bool nearest;  /* the base is, of all that `base` finds, the one whose mean k is nearest to the member's */
	double wanted; /* how far at most an accuracy's interval should reach to either side; 0: not said */
};

struct study_family {
	const char *id;	   /* lines of the plan that run it begin with it */
	const char *title; /* "Small k" */
	const char *question;
	const struct study_curve *curves; /* ends with words == NULL */
};

extern const struct study_family study_families[];	      /* ends with id == NULL */
const struct study_family *study_family_find(const char *id); /* NULL if there is none */

/*
 * The comparisons of a curve, one for each member, run or not, judged together: *n of them, to be freed. 0 or -ENOMEM.
 */
int study_curve_compare(const struct experiment_list *list, const struct study_curve *curve,
			struct study_comparison **v, int *n);

#endif
