/* SPDX-License-Identifier: MIT */
/*
 * The ceiling of memory traffic: batch * n_in floats read, written, copied or added to others in place (axpy: two
 * streams read, one of them written back, the nearest to an optimiser's step), in lines of 64 bytes, split over the
 * team in contiguous parts. Ordinary vector loads and stores, as the other kernels use them, so that every level of the
 * hierarchy shows its rate; no streaming stores. A step handles BLOCK vectors, enough requests in flight for one core.
 *
 * args: k: passes over the operands in one call, at least one, so that a small working set is not timed with the
 * team's barrier; x: (batch * n_in) source; y: (batch * n_in) target; read stores one float at the start of each
 * thread's part of y; write stores tau everywhere; axpy adds tau x to y. Bytes are counted as the program asks for
 * them: write-allocate traffic is not added.
 */
#include "kernels.h"

#define LINE 16	 /* floats */
#define BLOCK 12 /* vectors per step: all sums of read stay in the 16 registers of AVX2 and SSE */
#define STEP ((size_t)VF * BLOCK)

/* The part of the caller's thread, whole lines except at the end. */
struct part {
	size_t begin, end;
};

static struct part part_of(const struct kernel_args *args, struct team team)
{
	size_t n = (size_t)args->batch * (size_t)args->n_in, lines = (n + LINE - 1) / LINE;
	size_t begin = lines * (size_t)team.rank / (size_t)team.size * LINE;
	size_t end = lines * (size_t)(team.rank + 1) / (size_t)team.size * LINE;

	return (struct part){begin < n ? begin : n, end < n ? end : n};
}

static void read_part(const struct kernel_args *args, struct part p)
{
	const float *x = args->x;
	vf acc[BLOCK] = {{0}};
	float total = 0;
	size_t i = p.begin;

	for (; i + STEP <= p.end; i += STEP)
#pragma GCC unroll 12
		for (int j = 0; j < BLOCK; j++)
			acc[j] += vf_load(x + i + VF * j);
	for (; i + VF <= p.end; i += VF)
		acc[0] += vf_load(x + i);
	for (; i < p.end; i++)
		total += x[i];
	for (int j = 1; j < BLOCK; j++)
		acc[0] += acc[j];
	for (int lane = 0; lane < VF; lane++)
		total += acc[0][lane];
	if (p.begin < p.end)
		args->y[p.begin] = total;
}

static void write_part(const struct kernel_args *args, struct part p)
{
	const vf v = vf_set(args->tau);
	float *y = args->y;
	size_t i = p.begin;

	for (; i + STEP <= p.end; i += STEP)
#pragma GCC unroll 12
		for (int j = 0; j < BLOCK; j++)
			vf_store(y + i + VF * j, v);
	for (; i + VF <= p.end; i += VF)
		vf_store(y + i, v);
	for (; i < p.end; i++)
		y[i] = args->tau;
}

static void copy_part(const struct kernel_args *args, struct part p)
{
	const float *restrict x = args->x;
	float *restrict y = args->y;
	size_t i = p.begin;

	for (; i + STEP <= p.end; i += STEP) {
#pragma GCC unroll 12
		for (int j = 0; j < BLOCK; j++)
			vf_store(y + i + VF * j, vf_load(x + i + VF * j));
		/* Keeps the compiler from calling memcpy, whose choices are libc's and not ours. */
		__asm__ volatile("" ::: "memory");
	}
	for (; i + VF <= p.end; i += VF)
		vf_store(y + i, vf_load(x + i));
	for (; i < p.end; i++)
		y[i] = x[i];
}

static void axpy_part(const struct kernel_args *args, struct part p)
{
	const float *restrict x = args->x;
	const vf scale = vf_set(args->tau);
	float *restrict y = args->y;
	size_t i = p.begin;

	for (; i + STEP <= p.end; i += STEP)
#pragma GCC unroll 12
		for (int j = 0; j < BLOCK; j++)
			vf_store(y + i + VF * j, vf_load(y + i + VF * j) + scale * vf_load(x + i + VF * j));
	for (; i + VF <= p.end; i += VF)
		vf_store(y + i, vf_load(y + i) + scale * vf_load(x + i));
	for (; i < p.end; i++)
		y[i] += args->tau * x[i];
}

typedef void part_fn(const struct kernel_args *args, struct part p);

static void run_passes(const struct kernel_args *args, struct team team, part_fn *one)
{
	struct part p = part_of(args, team);

	for (int pass = 0; pass < max_int(args->k, 1); pass++) {
		one(args, p);
		/* The next pass may not be left out for having the same result. */
		__asm__ volatile("" ::: "memory");
	}
}

void ISA(bandwidth_read)(const struct kernel_args *args, struct team team)
{
	run_passes(args, team, read_part);
}

void ISA(bandwidth_write)(const struct kernel_args *args, struct team team)
{
	run_passes(args, team, write_part);
}

void ISA(bandwidth_copy)(const struct kernel_args *args, struct team team)
{
	run_passes(args, team, copy_part);
}

void ISA(bandwidth_axpy)(const struct kernel_args *args, struct team team)
{
	run_passes(args, team, axpy_part);
}

static double bytes_of(const struct kernel_args *args)
{
	return 4.0 * args->batch * args->n_in * max_int(args->k, 1);
}

struct kernel_cost ISA(bandwidth_read_cost)(const struct kernel_args *args)
{
	return (struct kernel_cost){.bytes = {[OPERAND_X] = {.read = bytes_of(args)}}};
}

struct kernel_cost ISA(bandwidth_write_cost)(const struct kernel_args *args)
{
	return (struct kernel_cost){.bytes = {[OPERAND_Y] = {.written = bytes_of(args)}}};
}

struct kernel_cost ISA(bandwidth_copy_cost)(const struct kernel_args *args)
{
	return (struct kernel_cost){
		.bytes = {[OPERAND_X] = {.read = bytes_of(args)}, [OPERAND_Y] = {.written = bytes_of(args)}},
	};
}

struct kernel_cost ISA(bandwidth_axpy_cost)(const struct kernel_args *args)
{
	double bytes = bytes_of(args);

	return (struct kernel_cost){.bytes = {[OPERAND_X] = {.read = bytes}, [OPERAND_Y] = {bytes, bytes}}};
}
