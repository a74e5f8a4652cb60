/* SPDX-License-Identifier: MIT */
/* The three standard streams: there from the start, and told of in the end if what was printed did not arrive. */
#ifndef BASE_STREAMS_H
#define BASE_STREAMS_H

#define EXIT_BROKEN_PIPE 141 /* 128 + SIGPIPE, as shells say it: `mepbench list | head -1` */

/*
 * Fills those of 0, 1 and 2 that are closed (`>&-`), lest a file of results get their number and their words. A reader
 * that leaves and a limit of file sizes are errors of the write, and no signal that ends the process, from then on.
 */
void streams_open(void);

/*
 * The exit status of the process `program`, given that of its command: if standard output could not be written,
 * EXIT_HARNESS with a sentence, or EXIT_BROKEN_PIPE without one where its reader has left; a status that tells of worse
 * stays.
 */
int streams_status(const char *program, int status);

#endif
