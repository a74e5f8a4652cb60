/* SPDX-License-Identifier: MIT */
/* Feeds files to a fuzzing target, without a fuzzer: replay FILE-OR-FOLDER... A folder that is not there has no files.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MOST_BYTES ((size_t)1 << 20)

static int replay_file(const char *path)
{
	uint8_t *bytes = malloc(MOST_BYTES), *exact;
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file || !bytes)
		fuzz_broken(path);
	n = fread(bytes, 1, MOST_BYTES, file);
	fclose(file);
	/* A block of just this size, so that a sanitizer sees what is read beyond. */
	exact = realloc(bytes, n ? n : 1);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	return 1;
}

static int replay(const char *path)
{
	struct dirent **entries;
	char inner[4096];
	struct stat st;
	int n, done = 0;

	if (stat(path, &st))
		return 0;
	if (!S_ISDIR(st.st_mode))
		return replay_file(path);
	n = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(inner, sizeof(inner), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			done += replay(inner);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return done;
}

int main(int argc, char **argv)
{
	int done = 0;

	for (int i = 1; i < argc; i++)
		done += replay(argv[i]);
	printf("%d inputs\n", done);
	return done ? 0 : 1;
}
