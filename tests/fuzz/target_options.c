/* SPDX-License-Identifier: MIT */
/*
 * The command line: each line of the input is a word, the first one the command. What is taken is laid over the options
 * of another command too, as a plan does, and its filter is compiled.
 */
#include "commands.h"
#include "filter.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 64

static int split(char *text, char *words[MAX_WORDS])
{
	char *rest = NULL;
	int n = 0;

	for (char *word = strtok_r(text, "\n", &rest); word && n < MAX_WORDS; word = strtok_r(NULL, "\n", &rest))
		words[n++] = word;
	return n;
}

static void parse(char *const *words, int n)
{
	const struct command *command = command_find(words[0]), *other = command_find("train");
	struct failure f = {""};
	struct options o, line;
	regex_t filter;
	int rc;

	if (!command)
		return;
	rc = options_parse(&o, command, n - 1, words + 1, &f);
	fuzz_expect_sentence(rc, &f);
	if (rc)
		return;
	if (o.filter[0] && !filter_compile(&filter, "--filter", o.filter, &f)) {
		regexec(&filter, "backward/topk/64x784x500/k:20/threads:1", 0, NULL, 0);
		regfree(&filter);
	}
	if (options_parse(&line, other, 0, words, &f))
		fuzz_broken(f.text);
	rc = options_override(&line, other, &o, command, &f);
	fuzz_expect_sentence(rc, &f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *words[MAX_WORDS];
	int n;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	n = split(text, words);
	if (n) {
		options_nearest(words[0], command_name);
		parse(words, n);
	}
	free(text);
	return 0;
}
