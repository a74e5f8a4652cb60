/* SPDX-License-Identifier: MIT */
/* The trainings of a study: all that the lines of its plan ask for, each once, in the order they are done. */
#ifndef BENCH_STUDY_LIST_H
#define BENCH_STUDY_LIST_H

#include "data/dataset.h"
#include "plan.h"
#include "train_points.h"

struct study_job {
	const struct plan_line *line; /* the first that asks for it */
	struct train_point point;
	double weight; /* expected time, in any unit */
	int order;     /* in the plan */
};

struct study_list {
	int n;
	struct study_job *v;
};

/*
 * Seeds are the outer loop, so that a study that is cut short has all its experiments, with fewer seeds. Lines with
 * --alone are left out, skipped ones too. 0, -EINVAL with a sentence that names the line, or -ENOMEM.
 */
int study_list_create(struct study_list *list, const struct plan *plan, const struct session *s,
		      const struct dataset *data, struct failure *f);
void study_list_destroy(struct study_list *list);

/* The session as the line of a plan wants it: on one thread, with that line's options. */
struct session study_session(const struct session *s, const struct plan_line *line);

/* The columns that are the same for all epochs of a job. */
struct train_record study_record(const struct study_job *job, const struct session *s, const struct dataset *data);

/* Drops the jobs whose last epoch is among the records. */
void study_list_drop_done(struct study_list *list, const struct session *s, const struct dataset *data,
			  const struct train_record *records, size_t n);

#endif
