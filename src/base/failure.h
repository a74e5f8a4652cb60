/* SPDX-License-Identifier: MIT */
/*
 * How the harness reports what went wrong.
 * Functions that can fail return 0 or a negative errno. Those that meet input of the user's also take a
 * `struct failure *` and leave in it one sentence that names the file, flag or line and says what would be right;
 * `main` prints it and exits 2. Bugs of ours are asserted instead.
 */
#ifndef BASE_FAILURE_H
#define BASE_FAILURE_H

struct failure {
	char text[512];
};

/* Exit statuses of all programs (77 is Meson's "skipped"). */
enum exit_status {
	EXIT_OK = 0,
	EXIT_REGRESSION = 1,
	EXIT_USAGE = 2, /* usage or bad input */
	EXIT_INCONCLUSIVE = 3,
	EXIT_WRONG_RESULT = 4, /* a kernel does not match its reference */
	EXIT_SKIPPED = 77,
	EXIT_HARNESS = 99
};

/* Writes the sentence, control characters replaced, and returns `code` (a negative errno), so that `return fail(f,
 * -EINVAL, ...)` reads well. */
int fail(struct failure *f, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * The code for a file that cannot be opened or made, from errno: -EIO where the machine has run out of something (disk,
 * memory, handles), else -EINVAL, as another name or permission would do.
 */
int failure_code(int error);

#endif
