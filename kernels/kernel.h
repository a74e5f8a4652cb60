/* SPDX-License-Identifier: MIT */
/*
 * The contract between the arithmetic (kernels/) and the harness (src/, bench/).
 *
 * A kernel is a function that every thread of an OpenMP team calls with the same
 * arguments and its own rank. It does no I/O, allocates nothing, reads no clock and
 * has no globals; it splits the work itself so that no two threads write the same
 * element, and so that each element's arithmetic does not depend on the team's size:
 * results are bit-identical for any number of threads on one instruction set.
 * A kernel may contain `omp barrier`; it does not end with one: the caller puts a
 * barrier between a kernel and whatever reads its results or reuses its scratch.
 *
 * Matrices are row-major and contiguous, float32, aligned to KERNEL_ALIGN bytes at the base
 * only (rows need not be aligned): for speed, as another base changes no bit. Sizes are >= 0; a
 * size of 0 is valid and does nothing. A kernel reads not one byte outside its operands and writes
 * not one outside its outputs and scratch; of these it writes every entry, whatever they held.
 *
 * Selections compare magnitudes as the bits of a float without the sign: -0 equals 0, denormal
 * numbers are not 0, and NaN is larger than infinity, a NaN of more bits larger than one of fewer:
 * it is kept first, and its bits go on unchanged. Ties go to the lowest column.
 */
#ifndef KERNELS_KERNEL_H
#define KERNELS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_ALIGN 64
/* Of a row of kept entries a selection may write the first n_out + SPARSE_PAD, however many it keeps. */
#define SPARSE_PAD 16

enum kernel_op {
	OP_TOPK_SELECT,	     /* dy -> kept: which entries of dY survive */
	OP_FORWARD,	     /* y = relu(x w^T + bias) */
	OP_BACKWARD_DATA,    /* dx = dy w */
	OP_BACKWARD_WEIGHTS, /* dw = dy^T x */
	OP_BACKWARD,	     /* selection + dw + dx, composed by the harness: no kernel has this op */
	OP_UPDATE,	     /* the optimiser's step on w */
	OP_BACKWARD_UPDATE,  /* dw = dy^T x and the step on w, in one */
	OP_DROPOUT,	     /* y times 1 / (1 - dropout), or 0 for the share that is dropped */
	OP_FMA_PEAK,	     /* ceiling: multiply-adds from registers */
	OP_BANDWIDTH,	     /* ceiling: bytes read, written or copied */
	OP_YARDSTICK,	     /* work that never changes, see yardstick.h */
	N_KERNEL_OPS
};

/* One thread's place in the team that runs a kernel: 0 <= rank < size. */
struct team {
	int rank, size;
};

/* A team of one needs no barrier, and libgomp's would make a system call. */
static inline void team_barrier(struct team team)
{
	if (team.size > 1) {
#pragma omp barrier
	}
}

/*
 * Sparsified dY: for each example the kept entries, by ascending column.
 * Unified selection fills the same form: every row then holds the same k columns, so that
 * `value` is the packed (batch, k) matrix with leading dimension `stride`.
 */
struct sparse_dy {
	int stride;	/* entries reserved per row, >= n_out + SPARSE_PAD */
	int32_t *count; /* (batch) kept entries of each row, 0..n_out */
	int32_t *index; /* (batch, stride) column of each kept entry, ascending */
	float *value;	/* (batch, stride) dY at that column (random_k: times rescale) */
};

/* The rows of dW that hold a gradient; the others were not written and count as zero. */
struct row_list {
	int32_t count; /* 0..n_out */
	int32_t *row;  /* (n_out) ascending */
};

/*
 * Operands of OP_UPDATE. One step of the optimiser on a (rows, cols) parameter.
 *
 * OP_BACKWARD_UPDATE is OP_BACKWARD_WEIGHTS and OP_UPDATE on its result, to the bit (denormal numbers excepted, which
 * count as zero in its sums too), but dw is never stored: grad and touched are not read, (rows, cols) is (n_out, n_in),
 * the rows that some example kept are those with a gradient. It changes w in place, so whatever reads the old w
 * (OP_BACKWARD_DATA of the same layer) must have come before it, with a barrier between.
 */
struct update_args {
	float *param;	   /* (rows, cols) in and out */
	const float *grad; /* (rows, cols); only the rows in `touched` are read */
	float *state1;	   /* (rows, cols) momentum / AdaGrad's sum / Adam's m; NULL if unused */
	float *state2;	   /* (rows, cols) Adam's v; NULL if unused */
	const struct row_list *touched; /* NULL: every row has a gradient */
	int rows, cols;
	bool lazy;   /* true: rows not in `touched` stay as they are, moments included; they do not decay */
	float lr;    /* learning rate */
	float beta1; /* momentum, or Adam's beta1 */
	float beta2; /* Adam's beta2 */
	float eps;
	int64_t step; /* 1, 2, ...: Adam's bias correction */
	/*
	 * Weight decay, >= 0: the gradient of l2/2 w^2 + l1 |w| is added to that of each stepped element, which is 0 in rows
	 * not in `touched`: l2 w + l1 sign(w), where the sign of zeros and denormal numbers is 0.
	 */
	float l1, l2;
};

/*
 * What tinyprop keeps (Rueb, Maier, Mueller-Gritschneder, Sikora, arXiv 2308.09201): of a row of L1 norm l the
 * round(n_out * share * tau) largest magnitudes, 1..n_out, where share = least + (most - least) * min(1, l / l1_seen)
 * and tau is the damping. A norm that is NaN counts as l1_seen.
 */
struct tinyprop {
	double least, most; /* shares, in [0, 1] */
	float l1_seen;	    /* the largest norm of a row so far; 0: none yet, every row keeps `most` */
	float *l1;	    /* (batch) out: the rows' norms; NULL: not wanted */
};

/* A row-major single-precision GEMM of a CBLAS library: the arguments of cblas_sgemm. */
typedef void blas_sgemm_fn(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a,
			   int lda, const float *b, int ldb, float beta, float *c, int ldc);

/*
 * The caches that a core sees: what fits them decides the order in which a kernel walks through its operands, never the
 * order of a sum. 0: not known, a usual size is meant (see caches.h).
 */
struct caches {
	size_t l1_bytes, l2_bytes, l3_bytes;
};

/* All operands of all operations; a kernel reads those its operation needs. Owned by the caller. */
struct kernel_args {
	int batch, n_in, n_out;
	struct caches caches;
	int k;		/* entries kept per row (unified_topk: columns kept); 0..n_out; OP_FMA_PEAK: steps */
	float tau;	/* norm: share of the L1 mass, in (0, 1); threshold: magnitude >= 0; tinyprop: damping >= 0 */
	struct tinyprop tinyprop;
	float rescale;	/* random_k: factor on the kept values (1, or n_out/k) */
	uint64_t seed;	/* random_k: the draw is a function of (seed, row) alone; OP_DROPOUT: of (seed, entry of y) */
	float dropout;	/* OP_DROPOUT: share of the entries that become 0, in [0, 1) */
	const float *x; /* (batch, n_in); OP_BANDWIDTH: (batch * n_in) floats; OP_FMA_PEAK: (2) */
	const float *w; /* (n_out, n_in) */
	const float *bias;	  /* (n_out) or NULL; OP_FORWARD */
	bool relu;		  /* OP_FORWARD: apply max(0, .) */
	const float *dy;	  /* (batch, n_out) */
	struct sparse_dy *kept;	  /* written by OP_TOPK_SELECT, read by the sparse backward kernels */
	float *y;		  /* (batch, n_out) out, OP_DROPOUT: in and out; OP_FMA_PEAK: (batch) sink; OP_BANDWIDTH: (batch * n_in) target */
	float *dx;		  /* (batch, n_in) out */
	float *dw;		  /* (n_out, n_in) out */
	struct row_list *dw_rows; /* sparse dw: NULL: write all of dw, zeros included; else write touched rows, list them */
	struct update_args update;
	blas_sgemm_fn *sgemm; /* the "blas" kernels: the library to call, single-threaded, by each thread on its part */
	void *scratch;	      /* kernel->scratch_bytes(args, team size) bytes, aligned, content undefined */
};

/* What a call reads and writes, for the account of its traffic. */
enum operand {
	OPERAND_X,
	OPERAND_W, /* weights: also what an update steps */
	OPERAND_DY,
	OPERAND_KEPT, /* the kept entries: value and index */
	OPERAND_Y,
	OPERAND_DX,
	OPERAND_DW,
	OPERAND_STATE, /* an optimiser's moments */
	N_OPERANDS
};

struct traffic {
	double read, written; /* bytes */
};

/* Work of one call, by definition of the operation (not of the implementation). */
struct kernel_cost {
	double flops; /* a multiply-add counts 2 */
	struct traffic bytes[N_OPERANDS]; /* compulsory: each element that the operation needs, touched once */
};

typedef void kernel_fn(const struct kernel_args *args, struct team team);
typedef struct kernel_cost kernel_cost_fn(const struct kernel_args *args);
typedef size_t kernel_scratch_fn(const struct kernel_args *args, int team_size);

struct kernel {
	enum kernel_op op;
	const char *method;  /* select: topk, unified_topk, norm, ...; backward: dense, blas, sparse, unified; update: sgd, ... */
	const char *variant; /* the algorithm where an operation has several (quickselect, ...; backward_update: the optimiser), else "" */
	const char *isa;     /* portable, avx2, avx512, neon */
	const char *summary; /* one line for `mepbench list` */
	kernel_fn *run;
	kernel_cost_fn *cost;
	kernel_scratch_fn *scratch_bytes; /* NULL: none */
};

/* All kernels of one instruction set, built from the same sources with different flags. */
struct kernel_set {
	const char *isa;
	const struct kernel *kernels; /* ends with method == NULL */
	bool (*supported)(void); /* can this CPU run them? */
	const uint64_t *code; /* how many follow; for each of `kernels` a hash, see kernel_code; NULL: not known */
};

/* The sets built into this program, weakest first; ends with isa == NULL. */
extern const struct kernel_set kernel_sets[];

/* The strongest set this CPU can run (isa == NULL or "auto"), or the named one; NULL if unknown or not supported. */
const struct kernel_set *kernel_set_find(const char *isa);
/* The same among other sets, such as those of a library (kernel_library.h). */
const struct kernel_set *kernel_set_find_in(const struct kernel_set *sets, const char *isa);

/* The row of `set` with this operation, method and variant (variant NULL: the first, which is the best); NULL if there is none. */
const struct kernel *kernel_find(const struct kernel_set *set, enum kernel_op op, const char *method,
				 const char *variant);

/*
 * Hash of all machine code and constants that this kernel of the set can reach (code_hash.c): where it is the same, the
 * kernel is. 0: not known.
 */
uint64_t kernel_code(const struct kernel_set *set, const struct kernel *kernel);

/* The yardsticks: compute, stream. */
extern const struct kernel_set yardsticks;

/* Whether the operation has a result that can be checked: ceilings and yardsticks have none. */
bool kernel_op_has_result(enum kernel_op op);

/* The operation's name in records: "topk_select", "backward_weights", ... */
const char *kernel_op_name(enum kernel_op op);

/*
 * A method of back-propagation is a selection plus a backward kernel (science: Sun et al. 2017 and relatives).
 * `backward` names both the backward_data and the backward_weights kernel.
 */
struct method {
	const char *name;
	const char *select;   /* method of the OP_TOPK_SELECT kernel; NULL: dY is used whole */
	const char *backward; /* method of the OP_BACKWARD_DATA and OP_BACKWARD_WEIGHTS kernels */
	bool takes_k, takes_tau;
	bool adaptive;	/* training sets its tau itself; elsewhere it is found from k */
	bool remembers; /* what is dropped comes back at the next step: in training only */
	bool tuned; /* its kernels are chosen per layer, see src/tune; without a choice they are those named above */
	const char *summary;
};

/* Every method; ends with name == NULL. */
extern const struct method methods[];

const struct method *method_find(const char *name); /* NULL if unknown */

#endif
