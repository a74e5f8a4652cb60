/* SPDX-License-Identifier: MIT */
/* See traffic.h. */
#include "measure/traffic.h"

#include <math.h>

struct kernel_cost cost_join(const struct kernel_cost *a, const struct kernel_cost *b)
{
	struct kernel_cost sum = {.flops = a->flops + b->flops};

	for (int i = 0; i < N_OPERANDS; i++) {
		sum.bytes[i].read = fmax(a->bytes[i].read, b->bytes[i].read);
		sum.bytes[i].written = fmax(a->bytes[i].written, b->bytes[i].written);
	}
	return sum;
}

double cost_bytes(const struct kernel_cost *cost)
{
	double sum = 0;

	for (int i = 0; i < N_OPERANDS; i++)
		sum += cost->bytes[i].read + cost->bytes[i].written;
	return sum;
}

struct level_traffic traffic_by_level(const struct kernel_cost *cost, const struct machine *machine, int threads,
				      int copies, bool cold)
{
	struct level_traffic t = {{0}, {0}};

	for (int i = 0; i < N_OPERANDS; i++) {
		const struct traffic *operand = &cost->bytes[i];
		bool rotates = i == OPERAND_DY || i == OPERAND_KEPT;
		double size = fmax(operand->read, operand->written) * (rotates ? copies : 1);
		enum memory_level level = cold ? MEMORY_MAIN : machine_level_of(machine, size, threads);

		t.read[level] += operand->read;
		t.written[level] += operand->written;
	}
	return t;
}
