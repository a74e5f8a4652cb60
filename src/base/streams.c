/* SPDX-License-Identifier: MIT */
/* See streams.h. */
#include "base/streams.h"

#include "base/failure.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

void streams_open(void)
{
	/* The wrong way round: using them stays an error. open() takes the lowest number. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			break;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static bool reader_has_left(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP));
}

int streams_status(const char *program, int status)
{
	bool broken = fflush(stdout) != 0;

	broken |= ferror(stdout) != 0;
	if (!broken)
		return status;
	if (reader_has_left())
		return status ? status : EXIT_BROKEN_PIPE;
	fprintf(stderr, "%s: standard output could not be written whole\n", program);
	return status ? status : EXIT_HARNESS;
}
