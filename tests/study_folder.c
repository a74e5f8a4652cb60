/* SPDX-License-Identifier: MIT */
/* See study_folder.h. */
#include "study_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_TRAIN 5300
#define N_TEST 40
#define SIDE 3

static void put_idx(const struct study *s, const char *name, const unsigned char *header, size_t n_header, int n,
		    int bytes_each)
{
	size_t size = n_header + (size_t)n * (size_t)bytes_each;
	unsigned char *b = malloc(size);
	char path[SCRATCH_PATH + 64];

	assert_non_null(b);
	memcpy(b, header, n_header);
	for (size_t i = n_header; i < size; i++)
		b[i] = bytes_each == 1 ? (unsigned char)((i - n_header) % 10) : (unsigned char)(i * 7919 % 251);
	snprintf(path, sizeof(path), "%s/%s", s->data, name);
	scratch_put(path, b, size);
	free(b);
}

static void put_part(const struct study *s, const char *images, const char *labels, int n)
{
	const unsigned char high = (unsigned char)(n >> 8), low = (unsigned char)n;
	const unsigned char of_images[] = {0, 0, 8, 3, 0, 0, high, low, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
	const unsigned char of_labels[] = {0, 0, 8, 1, 0, 0, high, low};

	put_idx(s, images, of_images, sizeof(of_images), n, SIDE * SIDE);
	put_idx(s, labels, of_labels, sizeof(of_labels), n, 1);
}

int study_setup(void **state)
{
	struct study *s = calloc(1, sizeof(*s));
	char word[SCRATCH_PATH + 32];

	scratch_create(s->dir);
	snprintf(s->plan, sizeof(s->plan), "%s/x.plan", s->dir);
	snprintf(s->out, sizeof(s->out), "%s/out", s->dir);
	snprintf(s->data, sizeof(s->data), "%s/data", s->dir);
	snprintf(word, sizeof(word), "mkdir %s", s->data);
	assert_int_equal(system(word), 0);
	put_part(s, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", N_TRAIN);
	put_part(s, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", N_TEST);
	*state = s;
	return 0;
}

int study_teardown(void **state)
{
	struct study *s = *state;

	scratch_destroy(s->dir);
	free(s->records);
	free(s);
	return 0;
}

/* The status of `mepbench study PLAN --out=OUT --data=DATA words`. */
int run_study(struct study *s, const char *text, const char *out, const char *const *words)
{
	char fixed[6][SCRATCH_PATH + 32], *argv[16];
	struct options *o = calloc(1, sizeof(*o));
	int n = 0, rc;

	if (text)
		scratch_put_text(s->plan, text);
	snprintf(s->out, sizeof(s->out), "%s/%s", s->dir, out);
	snprintf(fixed[n++], sizeof(fixed[0]), "%s", s->plan);
	snprintf(fixed[n++], sizeof(fixed[0]), "--out=%s", s->out);
	snprintf(fixed[n++], sizeof(fixed[0]), "--data=%s", s->data);
	snprintf(fixed[n++], sizeof(fixed[0]), "--no-progress");
	for (int i = 0; i < n; i++)
		argv[i] = fixed[i];
	for (int i = 0; words[i]; i++)
		argv[n++] = (char *)(uintptr_t)words[i];
	s->f.text[0] = '\0';
	rc = options_parse(o, command_find("study"), n, argv, &s->f);
	rc = rc ? rc : command_find("study")->run(o, &s->f);
	free(o);
	return rc;
}

static int is_rows(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "rows-", 5);
}

int by_job(const void *pa, const void *pb)
{
	const struct train_record *a = pa, *b = pb;
	int d = strcmp(a->experiment, b->experiment);

	d = d ? d : (a->seed > b->seed) - (a->seed < b->seed);
	return d ? d : (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

/* All rows of the folder, by experiment, seed and epoch. */
void read_rows(struct study *s)
{
	struct dirent **entries;
	int n = scandir(s->out, &entries, is_rows, alphasort);

	free(s->records);
	s->records = NULL;
	s->n = 0;
	for (int i = 0; i < n; i++) {
		char path[SCRATCH_PATH + 300];
		void *records;
		size_t count;

		snprintf(path, sizeof(path), "%s/%s", s->out, entries[i]->d_name);
		if (record_read(path, &train_records, &records, &count, &s->f))
			fail_msg("%s", s->f.text);
		s->records = realloc(s->records, (s->n + count + 1) * sizeof(*s->records));
		memcpy(s->records + s->n, records, count * sizeof(*s->records));
		s->n += count;
		free(records);
		free(entries[i]);
	}
	free(entries);
	if (s->n)
		qsort(s->records, s->n, sizeof(*s->records), by_job);
}

void assert_same_rows(const struct study *s, const struct train_record *other, size_t n)
{
	assert_int_equal(s->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(by_job(&s->records[i], &other[i]), 0);
		assert_string_equal(s->records[i].weights_digest, other[i].weights_digest);
		assert_true(s->records[i].test_acc == other[i].test_acc);
	}
}

const char plan_text[] = "k-dense: " TOY "--method=dense --epochs=2 --seeds=1-3\n"
			 "k-topk: " TOY "--method=topk --k=2,3 --epochs=2 --seeds=1-3\n"
			 "ratio-topk: " TOY "--method=topk --ratio=0.25 --epochs=2 --seeds=1-3\n";
