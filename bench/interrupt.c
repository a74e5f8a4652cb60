/* SPDX-License-Identifier: MIT */
/* See interrupt.h. The flag is the one variable of file scope: a signal handler can reach nothing else. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

static volatile int stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

void interrupt_install(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	action.sa_flags = (int)SA_RESETHAND | SA_RESTART;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

const volatile int *interrupt_flag(void)
{
	return &stop;
}
