/* SPDX-License-Identifier: MIT */
/*
 * The rule of the gate: when is a kernel slower than it was? Numbers in, findings out: knows no files and no records.
 *
 * A process measures a cell as ratios new / base, one per round; above 1 is slower. The interval of their median (order
 * statistics, no distribution assumed) covers the noise of the rounds, and not what the process itself brings along:
 * where its pages lie, who its neighbours are. Identical code has shown +11.6 % [10.4, 11.9] in one process and +0.9 %
 * in the next. So there is a control, a copy of the same code timed in the same rounds, and processes must agree:
 *
 *   ratio       mid: the median of the processes' medians; low, high: the lowest and the highest end of an interval
 *               of theirs, so that it covers the spread between processes.
 *   bias        what identical code shows: of the control's medians, one per cell and process, as distances from 1, the
 *               larger of this cell's largest and the quantile `bias_share` of all cells'. RULE_NO_CONTROL without any.
 *   detectable  (1 + threshold) (1 + half) (1 + bias) - 1, half being the widest relative half-width of a process's
 *               interval: the slow-down that this rule finds today. The bias is taken as at least RULE_NO_CONTROL here
 *               where the control has fewer than RULE_LEAST_CONTROL medians: so few seldom show the rare large ones,
 *               and nothing shall be flagged for that. Infinite where the rounds are so few that no
 *               outcome could be significant.
 *   slower      in at least `processes` processes, and in every one that measured it, the whole interval is above
 *               1 + threshold; p, the exact sign test of all their rounds against 1 + threshold, is below alpha after
 *               Holm's correction over all cells; and mid >= 1 + detectable.
 *   faster      the same, with the ratio upside down.
 *   same        the interval, stretched by the bias at both ends, is within 1 / (1 + threshold) .. 1 + threshold.
 *   not slower  the stretched interval is below 1 + threshold; whether it is the same or faster is open.
 *   open        anything else, with the reason. It is `suspect` where another process may settle it.
 *
 * Where the two sides were not measured in the same rounds, a process gives the median of its times, or of its times
 * over a yardstick's. Every process of the new side is then held against every one of the old side: low is the lowest
 * new end over the highest old one, p that of the new rounds against (1 + threshold) times the highest old end, and the
 * control is how far processes are from each other: of the same side, or, in cells whose code is the same on both,
 * across them, so that the machine's change from day to day is in it.
 *
 * Processes are only worth counting if they differ: give each its own --seed, which draws the order of the rounds.
 *
 * The defaults were chosen by simulation (tests/test_judge_simulated.c, which prints these figures: 60 cells of which 4
 * are slower, 20 rounds of heavy-tailed noise with drift and bursts, a bias of 1 % per process and cell that is 3 to
 * 12 % in 3 of 100 of them; a process for all, and up to two more for the suspects). Of 100 such gates each, and of
 * their 400 slower cells, found on a quiet machine / where the noise is three times that:
 *
 *                              two processes agree                    three agree
 *               gates        cells           another flagged   gates        cells
 *   +0 %         0 / 0        0 / 0            1 / 1             0 / 0        0 / 0
 *   +5 %        67 / 7       96 / 7            1 / 1            50 / 3       62 / 3
 *   +10 %      100 / 100    374 / 244          1 / 0           100 / 95     365 / 208
 *   +20 %      100 / 100    400 / 373          1 / 1           100 / 100    400 / 360
 *
 * With three, none flagged another. At most 2 of the 400 cells were called the same at +5 %, 1 at +10 %, none at +20 %.
 * Gates of 1 to 4 cells of identical code, 2000 each: none was flagged; were so small a control trusted, 1 of 2000 with
 * 4 cells on a quiet machine and 1 of 2000 with 1 cell on a loaded one, the rest none.
 */
#ifndef TOOLS_JUDGE_H
#define TOOLS_JUDGE_H

#include "measure/stats.h"

#include <stdbool.h>

#define RULE_NO_CONTROL 0.05  /* the bias assumed where nothing tells it */
#define RULE_LEAST_CONTROL 10 /* medians that do */

struct rule {
	double threshold;  /* a fraction: changes up to this are nobody's concern */
	double level;	   /* of each process's interval */
	double alpha;	   /* over all cells */
	double bias_share; /* quantile of the control */
	int processes;	   /* that must agree */
};

extern const struct rule rule_default;

/* What one process measured of one cell: ratios, or times, of its rounds. Not owned. */
struct rounds {
	const double *v;
	int n;
};

enum finding { FOUND_OPEN, FOUND_SLOWER, FOUND_FASTER, FOUND_NOT_SLOWER, FOUND_SAME };

enum reason {
	WHY_NONE,
	WHY_FEW_ROUNDS,	   /* no interval, or none could be significant */
	WHY_FEW_PROCESSES, /* slower or faster, but not in enough processes yet */
	WHY_NOT_AGAIN,	   /* in some processes only */
	WHY_CHANCE,	   /* p */
	WHY_SMALL,	   /* below what is detectable */
	WHY_WIDE,	   /* the interval reaches across the threshold */
	N_REASONS
};
const char *reason_words(enum reason r); /* short: "one process" */

/* One cell. Fill it with evidence_paired or evidence_apart, then judge all cells together. */
struct evidence {
	int processes, rounds; /* that could be used: a process needs rounds enough for an interval */
	struct interval ratio; /* level 0: none could */
	double half;
	int above, below;	       /* rounds beyond and not beyond the threshold on the side of mid */
	bool once_slower, once_faster; /* in some process the whole interval is beyond the threshold */
	double own_bias;	       /* this cell's part of the control, NaN without */
	/* by judge */
	double p, bias, detectable;
	enum finding found;
	enum reason why;
	bool suspect;
};

/* Ratios new / base of the same rounds. */
struct evidence evidence_paired(const struct rounds *v, int n, const struct rule *rule);
/* The sides measured apart. */
struct evidence evidence_apart(const struct rounds *old, int n_old, const struct rounds *new, int n_new,
			       const struct rule *rule);

/* The control's medians as distances from 1, at least 0: of all cells and processes. */
struct control {
	double *v;
	int n;
};
/* Adds the median of each process that has an interval; returns the largest, NaN if there is none. v must have room. */
double control_add(struct control *c, const struct rounds *v, int n, const struct rule *rule);
/* Adds how far each process of one side is from the next; v must have room for n - 1. */
void control_add_side(struct control *c, const struct rounds *v, int n, const struct rule *rule);
/* Of identical code on both sides: adds how far processes are apart across them; v must have room for the more. */
void control_add_apart(struct control *c, const struct rounds *old, int n_old, const struct rounds *new, int n_new,
		       const struct rule *rule);
double control_bias(const struct control *c, const struct rule *rule);

/* Judges n cells, of which those without an interval are no tests. 0 or -ENOMEM. */
int judge(struct evidence *v, int n, const struct control *c, const struct rule *rule);

#endif
