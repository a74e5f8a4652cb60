/* SPDX-License-Identifier: MIT */
/*
 * Kernel records of two builds, cell by cell: what became slower, faster or wrong, and which tier of evidence says so.
 * The rule for times is judge.h; here stand the tiers, in the order of trust:
 *
 *   code    the machine code is equal on both sides: unchanged, whatever the times.
 *   count   instructions of one call, counted under valgrind, are more by more than the threshold: regressed, if the
 *           time is more, too, or was not taken. Where what was counted is another instruction set's code (its counts
 *           serve where those of the cell's own are missing, as valgrind has no AVX-512), the time must be beyond the
 *           threshold in every process, two at least, with a p as judge.h wants it; the MDE is not asked for, since
 *           the bias of a place of code does not count instructions. Else the cell is inconclusive and suspect, unless
 *           the time proves that it is slower or faster, or disproves the count (its interval, stretched by the bias,
 *           lies wholly below 1 + threshold). Fewer or as many prove nothing about the time.
 *   time    as judge.h says.
 *
 * Cells whose code is equal are no tests, but their times join the control: they are what identical code shows.
 * Ceilings, yardsticks and kernels of a BLAS are not compared: no code of ours can regress them.
 */
#ifndef TOOLS_COMPARE_H
#define TOOLS_COMPARE_H

#include "base/failure.h"
#include "judge.h"
#include "report/cell_name.h"
#include "report/series.h"
#include "report/table.h"

/* By severity, the worst first. */
enum verdict {
	VERDICT_WRONG,		/* the new result does not match its reference */
	VERDICT_REGRESSED,	/* slower by more than the threshold */
	VERDICT_MISSING,	/* on the old side only */
	VERDICT_INCONCLUSIVE,	/* cannot be told today; `why` says what is in the way */
	VERDICT_NOT_COMPARABLE, /* another CPU, compiler or instruction set, or the old result was wrong */
	VERDICT_IMPROVED,	/* faster by more than the threshold */
	VERDICT_NOT_SLOWER,	/* the same or faster, which of them cannot be told */
	VERDICT_ADDED,		/* on the new side only */
	VERDICT_UNCHANGED,	/* the same code, or within the threshold */
	N_VERDICTS
};

enum tier { TIER_NONE, TIER_CODE, TIER_COUNT, TIER_TIME, N_TIERS };

/* How the two sides meet. */
enum meeting {
	MEET_ROUNDS,	/* builds "" and base of the same processes and rounds */
	MEET_YARDSTICK, /* two runs, each in times of its own yardstick */
	MEET_APART	/* two runs; the drift of the machine is in the ratios */
};

struct comparison_cell {
	enum verdict verdict;
	enum tier tier; /* that proved it; TIER_NONE where nothing is proved */
	const char *why;
	const struct kernel_record *key;
	double old_ns, new_ns;	      /* medians of one call, NaN if absent */
	int64_t old_count, new_count; /* instructions of one call, 0 if not counted */
	bool other_isa;		      /* they are of another instruction set's code */
	bool same_code, suspect;      /* suspect: another process may settle it */
	struct evidence time;	      /* ratio.mid is NaN without */
};

struct comparison {
	struct rule rule;
	enum meeting meeting;
	int n, counts[N_VERDICTS], tiers[N_TIERS]; /* tiers: of the regressed */
	struct comparison_cell *cells;		   /* sorted by severity, then by ratio */
	int processes;				   /* the most that any cell has */
	int control;				   /* medians of identical code that the bias was taken from */
	double bias;
	double detectable, worst_detectable; /* median and largest of the cells, NaN if none was timed */
	const struct comparison_cell *worst;
	bool several_isas; /* names of cells then end with theirs */
};

struct record_list {
	struct kernel_record *v;
	size_t n;
};

/*
 * old NULL: the builds of `new` meet each other, else the two runs do. The records must outlive the comparison.
 * 0 or -ENOMEM.
 */
int comparison_create(struct comparison *c, const struct record_list *old, const struct record_list *new,
		      const struct rule *rule);
void comparison_destroy(struct comparison *c);

const char *verdict_name(enum verdict v);
const char *tier_name(enum tier t); /* "" for none */
bool comparison_is_suspect(const struct comparison_cell *cell);
/* new / old instructions, NaN if not counted on both sides. */
double comparison_count_ratio(const struct comparison_cell *cell);
struct cell_name comparison_name(const struct comparison *c, const struct comparison_cell *cell);

enum exit_status comparison_exit_status(const struct comparison *c);

/* The cells that deserve attention (all: every one), by severity. 0 or -ENOMEM. */
int comparison_table(const struct comparison *c, bool all, struct table *t);
/* One line: verdict, counts, threshold, what is detectable, processes. */
void comparison_print_summary(const struct comparison *c, FILE *out);

/* What other programs read. Files are replaced as a whole; "-" is standard output. 0 or a negative errno. */
int comparison_write_recheck(const struct comparison *c, const char *path, struct failure *f);
int comparison_write_csv(const struct comparison *c, const char *path, struct failure *f);
int comparison_write_json(const struct comparison *c, const char *path, struct failure *f);
/* append: behind what is there, as $GITHUB_STEP_SUMMARY wants it. */
int comparison_write_markdown(const struct comparison *c, const char *path, bool append, struct failure *f);
/* GitHub's annotations: ::error for what fails, ::warning for what is suspect. */
void comparison_print_annotations(const struct comparison *c, FILE *out);

#endif
