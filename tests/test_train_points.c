/* SPDX-License-Identifier: MIT */
/* The trainings that a command line asks for: their product, their names, and what is refused. */
#include "commands.h"
#include "train_points.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The points of a command line, one name on a line; or the sentence that refuses it. */
static void points_of(char *const *argv, int argc, char *text, size_t size)
{
	struct failure f = {""};
	struct options o;
	struct session s;
	struct train_points points;
	size_t used = 0;

	text[0] = '\0';
	assert_int_equal(options_parse(&o, command_find("train"), argc, argv, &f), 0);
	assert_int_equal(session_create(&s, &o, &f), 0);
	if (train_points_create(&points, &s, &f))
		snprintf(text, size, "%s", f.text);
	for (int i = 0; i < points.n && used < size; i++) {
		const struct train_point *t = &points.v[i];

		used += (size_t)snprintf(text + used, size - used, "%s seed %d threads %d\n", t->experiment,
					 (int)t->seed, t->threads);
	}
	free(points.v);
	session_destroy(&s);
}

static void points_are_the_product(void **state)
{
	char text[2048];

	(void)state;
	points_of((char *[]){"--method=dense,topk", "--k=20,30/40", "--seeds=7,3", "--threads=1"}, 4, text,
		  sizeof(text));
	assert_string_equal(text, "dense adam seed 7 threads 1\n"
				  "topk k=20 adam seed 7 threads 1\n"
				  "topk k=30/40 adam seed 7 threads 1\n"
				  "dense adam seed 3 threads 1\n"
				  "topk k=20 adam seed 3 threads 1\n"
				  "topk k=30/40 adam seed 3 threads 1\n");
	points_of((char *[]){"--method=norm,topk", "--tau=0.9", "--ratio=0.05", "--seed=4", "--threads=2", "--lazy",
			     "--optimizer=sgd", "--experiment=mine", "--loss=sum"},
		  9, text, sizeof(text));
	assert_string_equal(text, "mine: norm tau=0.9 sgd lazy sum seed 4 threads 2\n"
				  "mine: topk k=25 sgd lazy sum seed 4 threads 2\n");
	points_of((char *[]){"--method=topk", "--experiment=mine", "--threads=1"}, 3, text, sizeof(text));
	assert_string_equal(text, "mine seed 1 threads 1\n");
	points_of((char *[]){"--method=random_k", "--experiment=mine", "--threads=1", "--momentum=0.5", "--floor=0.1",
			     "--rescale", "--spike=0.05", "--lr=0.002", "--optimizer=momentum", "--policy=anneal-k"},
		  10, text, sizeof(text));
	assert_string_equal(text, "mine lr=0.002 momentum=0.5 floor=0.1 rescale seed 1 threads 1\n");
	points_of((char *[]){"--method=dense,relu_skip/dense,norm", "--tau=0.5", "--threads=1", "--output=sparse",
			     "--bias=kept"},
		  5, text, sizeof(text));
	assert_string_equal(text, "dense adam seed 1 threads 1\n"
				  "norm tau=0.5 adam output=sparse bias=kept seed 1 threads 1\n"
				  "relu_skip/dense adam bias=kept seed 1 threads 1\n");
	points_of((char *[]){"--method=tinyprop,error_feedback,topk/tinyprop,tinyprop/norm", "--tau=0.5", "--threads=1",
			     "--memory=1", "--tinyprop-min=0.2", "--tinyprop-damp=0.5", "--k=9"},
		  7, text, sizeof(text));
	assert_string_equal(text, "tinyprop adam tinyprop-min=0.2 seed 1 threads 1\n"
				  "error_feedback k=9 adam memory=1 seed 1 threads 1\n"
				  "topk/tinyprop k=9 adam tinyprop-min=0.2 seed 1 threads 1\n"
				  "tinyprop/norm tau=0.5 adam tinyprop-min=0.2 seed 1 threads 1\n");
	/* What has no effect, or is the default said aloud, makes no other experiment. */
	points_of((char *[]){"--method=topk", "--experiment=mine", "--threads=1", "--momentum=0.5", "--floor=0.1",
			     "--rescale", "--spike=0.5", "--lr=0.001", "--anneal-factor=0.2"},
		  9, text, sizeof(text));
	assert_string_equal(text, "mine seed 1 threads 1\n");
	points_of((char *[]){"--method=topk", "--experiment=mine", "--threads=1", "--policy=step-lr", "--floor=0.1",
			     "--spike=0.5", "--anneal-factor=0.2"},
		  7, text, sizeof(text));
	assert_string_equal(text, "mine anneal-factor=0.2 floor=0.1 seed 1 threads 1\n");
	points_of((char *[]){"--method=dense", "--l2=1e-4", "--l1=0.001", "--threads=1"}, 4, text, sizeof(text));
	assert_string_equal(text, "dense adam l1=0.001 l2=0.0001 seed 1 threads 1\n");
}

/* The k of the output layer is part of the name, whatever it came from: else different trainings would be one. */
static void outputs_are_told_apart(void **state)
{
	char text[1024];

	(void)state;
	points_of((char *[]){"--method=topk", "--output=sparse", "--k=20,20/250,20/20/5,25/25/10,5/5/5", "--threads=1"},
		  4, text, sizeof(text));
	assert_string_equal(text, "topk k=20/20/1 adam output=sparse seed 1 threads 1\n"
				  "topk k=20/250/5 adam output=sparse seed 1 threads 1\n"
				  "topk k=20/20/5 adam output=sparse seed 1 threads 1\n"
				  "topk k=25/25/10 adam output=sparse seed 1 threads 1\n"
				  "topk k=5/5/5 adam output=sparse seed 1 threads 1\n");
	points_of((char *[]){"--method=topk", "--output=sparse", "--ratio=0.05,0.3,1", "--threads=1"}, 4, text,
		  sizeof(text));
	assert_string_equal(text, "topk k=25/25/1 adam output=sparse seed 1 threads 1\n"
				  "topk k=150/150/3 adam output=sparse seed 1 threads 1\n"
				  "topk k=500/500/10 adam output=sparse seed 1 threads 1\n");
	points_of((char *[]){"--method=topk", "--ratio=0.05", "--threads=1"}, 3, text, sizeof(text));
	assert_string_equal(text, "topk k=25 adam seed 1 threads 1\n");
}

/* Of two methods the one that takes k is swept, whichever stands first, and tau is said beside it. */
static void mixed_methods_have_k_and_tau(void **state)
{
	static char *const orders[] = {"--method=norm/topk", "--method=topk/norm"};
	char text[1024], want[1024];

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *name = orders[i] + strlen("--method=");

		points_of((char *[]){orders[i], "--tau=0.9", "--k=20,5", "--threads=1"}, 4, text, sizeof(text));
		snprintf(want, sizeof(want),
			 "%s k=20 tau=0.9 adam seed 1 threads 1\n%s k=5 tau=0.9 adam seed 1 threads 1\n", name, name);
		assert_string_equal(text, want);
		points_of((char *[]){orders[i], "--k=20"}, 2, text, sizeof(text));
		assert_non_null(strstr(text, "should be one number beside k"));
		points_of((char *[]){orders[i], "--k=20", "--tau=1.5"}, 3, text, sizeof(text));
		assert_non_null(strstr(text, "invalid value '1.5' for --tau"));
	}
}

/* However much differs from the defaults, however many layers: nothing is cut off. */
static void long_names_are_whole(void **state)
{
	char text[2048];

	(void)state;
	points_of((char *[]){"--method=tinyprop/error_feedback/random_k", "--layers=784,65536,65536,65536,10",
			     "--k=12345/12346/12347", "--tinyprop-min=0.123456", "--tinyprop-max=0.923456",
			     "--tinyprop-damp=0.423456", "--memory=0.723456", "--rescale", "--lr=0.00123456",
			     "--optimizer=momentum", "--momentum=0.823456", "--spike=0.0612345", "--floor=0.0712345",
			     "--anneal-factor=0.612345", "--policy=anneal-both", "--threads=1"},
		  16, text, sizeof(text));
	assert_string_equal(text, "tinyprop/error_feedback/random_k k=12345/12346/12347 momentum lr=0.00123456 "
				  "momentum=0.823456 spike=0.0612345 anneal-factor=0.612345 floor=0.0712345 rescale "
				  "tinyprop-min=0.123456 tinyprop-max=0.923456 tinyprop-damp=0.423456 memory=0.723456 "
				  "anneal-both seed 1 threads 1\n");
	points_of((char *[]){"--method=topk", "--layers=9,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9", "--threads=1",
			     "--k=1/2/3/4/5/6/7/8/9/1/2/3/4/5/6"},
		  4, text, sizeof(text));
	assert_string_equal(text, "topk k=1/2/3/4/5/6/7/8/9/1/2/3/4/5/6 adam seed 1 threads 1\n");
	points_of((char *[]){"--method=topk/topk/topk/topk/dense", "--layers=9,9,9,9,9,9,9", "--k=5",
			     "--experiment=mine", "--threads=1"},
		  5, text, sizeof(text));
	assert_string_equal(text, "mine: topk/topk/topk/topk/dense seed 1 threads 1\n");
}

static void bad_points_are_refused(void **state)
{
	static const struct {
		char *flag;
		const char *says;
	} bad[] = {
		{"--k=20/30/40", "'20/30/40' for --k"}, {"--k=501", "'501' for --k"}, {"--method=norm", "needs --tau"},
		{"--layers=784", "--layers has 1"},	{"--batch=65536", NULL},
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		points_of(&bad[i].flag, 1, text, sizeof(text));
		if (bad[i].says)
			assert_non_null(strstr(text, bad[i].says));
		else
			assert_non_null(strstr(text, "dense adam"));
	}
	points_of((char *[]){"--method=topk", "--output=sparse", "--k=20/20/11"}, 3, text, sizeof(text));
	assert_non_null(strstr(text, "output layer 3 has 10 outputs"));
	points_of((char *[]){"--method=topk", "--output=sparse", "--k=20/20/5/5"}, 3, text, sizeof(text));
	assert_non_null(strstr(text, "and perhaps one for the output layer"));
	points_of((char *[]){"--output=sparse", "--layers=784,10"}, 2, text, sizeof(text));
	assert_non_null(strstr(text, "--output=sparse needs a hidden layer"));
	points_of((char *[]){"--batch=65536", "--layers=784,65536,10"}, 2, text, sizeof(text));
	assert_non_null(strstr(text, "--batch times"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_are_the_product),	cmocka_unit_test(outputs_are_told_apart),
		cmocka_unit_test(mixed_methods_have_k_and_tau), cmocka_unit_test(long_names_are_whole),
		cmocka_unit_test(bad_points_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
