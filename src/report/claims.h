/* SPDX-License-Identifier: MIT */
/*
 * What others claim about meProp, as data, and the verdict of the study's records on each claim. A claim names the
 * experiments that it is about by specs (study.h), what was published, and the statistic that answers it. Reads
 * nothing, runs nothing; any part of a study will do: what is missing is said, never guessed.
 */
#ifndef REPORT_CLAIMS_H
#define REPORT_CLAIMS_H

#include "report/study.h"
#include "report/summary.h"

enum claim_verdict {
	CLAIM_NOT_RUN,	  /* an experiment it needs is not there, or not yet */
	CLAIM_TOO_FEW,	  /* so few seeds (or times) that no outcome could have decided */
	CLAIM_UNKNOWN,	  /* it ran, and an accuracy is not a number */
	CLAIM_NOT_HERE,	  /* needs what this program does not have */
	CLAIM_NOISE,	  /* no difference seen; `why` says what could have been */
	CLAIM_OTHER,	  /* a number of another recipe than ours: shown, not judged */
	CLAIM_ANSWERED,	  /* a question that nobody claimed to know the answer of */
	CLAIM_COMPATIBLE, /* a number lies within the spread of one training of ours: no test speaks for it */
	CLAIM_MISSED,	  /* a target: the threshold is not reached */
	CLAIM_MET,	  /* a target: it is */
	CLAIM_MIXED,	  /* of several comparisons some speak for it, and not all */
	CLAIM_CONFIRMED,  /* all of them speak for it */
	CLAIM_REFUTED,	  /* none does, and at least one against it */
	N_CLAIM_VERDICTS
};
const char *claim_verdict_words(enum claim_verdict v); /* "no difference seen" */

struct claim_finding {
	enum claim_verdict verdict;
	char ours[256]; /* what was measured, with intervals; "" if nothing */
	char why[256];	/* what the verdict rests on, or what is missing */
};

struct claim;
/* Judges one claim; `out` is zero. 0 or -ENOMEM. */
typedef int claim_fn(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out);
typedef double claim_measure_fn(const struct run *r);
typedef double claim_time_fn(const struct train_record *r);

/* Who claims; the claims of a source stand together. */
enum claim_source { CLAIM_POSTER, CLAIM_PAPER, CLAIM_NUMBER, CLAIM_OPEN, CLAIM_TARGET, N_CLAIM_SOURCES };

struct claim {
	const char *id; /* "poster-1" */
	enum claim_source source;
	const char *place;     /* in the source: "Fig. 2" */
	const char *words;     /* what is claimed */
	const char *published; /* its numbers as they were published; "" if there are none */
	const char *family;    /* lines of the plan that run it begin with it and '-'; or with another behind a |; NULL:
				  none */
	claim_fn *judge;
	/*
	 * The experiments: `members` against `base` as in struct study_curve, corrected together (Holm); of those only
	 * the pick-th, from 1, is looked at; 0: all of them.
	 */
	const char *members, *base;
	bool nearest;
	int pick;
	const char *vary; /* how members are told apart: "k=" is put before their values */
	bool less;	  /* the claim is that members have less than the base (accuracy, epochs, seconds, ...) */
	double value;	  /* published number, or the bound of the claim; accuracies in % */
	double slack;	  /* by how much `value` may be wrong: it was read off a plot */
	claim_measure_fn *measure; /* of a training, where the claim is not about accuracy */
	claim_time_fn *seconds;	   /* of an epoch, where it is about time */
	const char *differs;	   /* how the recipe that we judge by differs from theirs; NULL or "": not known to */
	const char *unit;	   /* of what is measured: " epochs" */
};

extern const struct claim claims[]; /* ends with id == NULL; the claims of a source follow each other */

/* Those, and the numbers of the table `published`, whose source is CLAIM_NUMBER. 0 or -ENOMEM. */
struct claim_list {
	int n;
	struct claim *v;
	struct claim_text *text; /* that they point into */
};
int claim_list_create(struct claim_list *list);
void claim_list_destroy(struct claim_list *list);

int claim_judge(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out);

/*
 * A table per source, a claim per row, with links to `rows` (the file that holds them, relative to the report; NULL:
 * none) and to the chapter of its family; then out->verdicts: one line per claim that was decided, and last how many
 * there are of each verdict. 0 or -ENOMEM.
 */
int summary_claims(const struct experiment_list *list, const char *rows, struct table_list *out);

/* The evaluators. What each asks of the fields above, and what it needs to confirm or to refute: */

/* Members have the better accuracy (less: worse): see claim_weigh. */
claim_fn claim_better;
/* The same of the mean over all comparisons, seed by seed: one sign-flip test. */
claim_fn claim_pooled;
/* A question: at which members is accuracy better, at which worse? */
claim_fn claim_which;
/* Members differ from the base, either way: see claim_weigh; never refuted. */
claim_fn claim_differ;
/*
 * Members are as good as the base, as near as 95 of 100 pairs of its own trainings: 1.96 sqrt(2) standard deviations of
 * its seeds. Confirmed if all intervals lie inside, refuted if one lies outside.
 */
claim_fn claim_same;
/*
 * One training more of `members` would reach `value` +- slack in `measure`: inside the 95 % prediction interval
 * (compatible) or not (refuted); where the recipe differs, neither.
 */
claim_fn claim_value;
/* The mean over ten seeds or more of `members` is at least `value` %. */
claim_fn claim_mean;
/* All intervals of the members' accuracies are at most +-value points. */
claim_fn claim_narrow;
/* `measure` is greater (less: smaller) for members: paired over seeds, exact sign-flip test. */
claim_fn claim_paired;
/*
 * Accuracy neither only rises nor only falls over a row, each of which is compared with the one before it (its base):
 * a significant rise and a significant fall confirm it, one of them alone refutes it.
 */
claim_fn claim_no_trend;
/* Members need 1 / value of dense's `seconds`, or less: the interval of the paired ratios lies above or below. */
claim_fn claim_speed;
/* The best of the members does. */
claim_fn claim_any_speed;
/* `seconds` of dense, absolutely, at most `value`. */
claim_fn claim_seconds;
/*
 * `seconds` of members in units of dense's lie on a straight line over k: confirmed if no point is farther from it than
 * a tenth of itself, refuted if they fall, or one is and the slopes at small k and above differ; see claim_linear.c.
 */
claim_fn claim_linear;
/* What selection costs: select_s of members beside that of top-k of the nearest mean k. */
claim_fn claim_select_cost;
/*
 * Which ingredient of the base recipe, exchanged, costs `members` most beyond what it costs dense: the difference of
 * the two gains seed by seed, of those that are significantly worse (Holm).
 */
claim_fn claim_recipe;
/*
 * What reaches the test accuracy `value` in the fewest seconds, in the median over seeds; dense beside it, and what it
 * is not told apart from.
 */
claim_fn claim_soonest;
/* Nothing here could tell. */
claim_fn claim_not_here;

/* Measures of a training. */
claim_measure_fn claim_test_accuracy; /* %, in the epoch with the best dev accuracy */
claim_measure_fn claim_dev_accuracy;  /* %, the best */
claim_measure_fn claim_best_epoch;    /* with the best dev accuracy */
claim_measure_fn claim_overfitting;   /* dev loss less training loss, last epoch */
claim_measure_fn claim_event_spread;  /* see claim_paired.c */

#endif
