/* SPDX-License-Identifier: MIT */
/* Where the tests are built for another kind of processor, an emulator runs them: Meson names it in the environment. */
#ifndef TESTS_EMULATOR_H
#define TESTS_EMULATOR_H

#include <stdlib.h>

/* The words, ready for a shell, that go before the name of a program of this build; "" where it runs as it is. */
static inline const char *emulator(void)
{
	const char *words = getenv("MESON_EXE_WRAPPER");

	return words ? words : "";
}

#endif
