/* SPDX-License-Identifier: MIT */
/* See interrupt.h. The flag is the one variable of file scope: a signal handler can reach nothing else. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define DEADLINE_US 700000 /* from the first signal to the end, whatever is under way */

static volatile int stop;

/* setitimer is no more than a system call on Linux, so it is safe here. */
static void on_signal(int number)
{
	const struct itimerval deadline = {.it_value = {.tv_usec = DEADLINE_US}};

	(void)number;
	stop = 1;
	setitimer(ITIMER_REAL, &deadline, NULL);
}

static void on_deadline(int number)
{
	static const char sentence[] = "mepbench: ended in the midst of a long step; what it had written is whole\n";
	ssize_t told = write(STDERR_FILENO, sentence, sizeof(sentence) - 1);

	(void)number;
	(void)told;
	_exit(EXIT_INTERRUPTED);
}

static void handle(int number, void (*handler)(int), int flags)
{
	struct sigaction action, before;

	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	action.sa_flags = flags;
	/* What nohup or a shell's & has told the program to ignore stays ignored. */
	if (!sigaction(number, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

void interrupt_install(void)
{
	static const int asks[] = {SIGINT, SIGTERM, SIGHUP};

	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		handle(asks[i], on_signal, (int)SA_RESETHAND | SA_RESTART);
	handle(SIGALRM, on_deadline, 0);
}

const volatile int *interrupt_flag(void)
{
	return &stop;
}
