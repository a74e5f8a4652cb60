/* SPDX-License-Identifier: MIT */
/* What code_rows.c calls in another file. */
#ifndef TESTS_CODE_HELPER_H
#define TESTS_CODE_HELPER_H

#include "isa.h"

float ISA(code_helper)(int k);

#endif
