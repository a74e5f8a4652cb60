/* SPDX-License-Identifier: MIT */
/* See streams.h. */
#include "streams.h"

#include "base/failure.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

void streams_open(void)
{
	/* The wrong way round: using them stays an error. open() takes the lowest number. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			return;
}

static bool reader_has_left(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP));
}

int streams_status(int status)
{
	bool broken = fflush(stdout) != 0;

	broken |= ferror(stdout) != 0;
	if (!broken)
		return status;
	if (reader_has_left())
		return status ? status : EXIT_BROKEN_PIPE;
	fprintf(stderr, "mepbench: standard output could not be written whole\n");
	return status ? status : EXIT_HARNESS;
}
