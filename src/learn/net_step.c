/* SPDX-License-Identifier: MIT */
/*
 * One training step of a net, run by every thread of the team: gather | forward | loss | backward | update, with a
 * barrier between parts that read what another thread wrote. All matrix work is in the kernels; what is left here is
 * split by rows or columns so that no sum crosses threads.
 */
#include "learn/net_private.h"

#include "base/rng.h"
#include "measure/measure.h"

#include <math.h>
#include <string.h>

void net_end_phase(struct net *net, enum phase phase, struct team team)
{
	team_barrier(team);
	if (team.rank == 0) {
		uint64_t now = clock_ns();

		net->ledger.ns[phase] += now - net->ledger.last_ns;
		net->ledger.last_ns = now;
	}
}

/* Asks for a row before it is read: rows are drawn, so no processor guesses which comes next. */
static void fetch(const float *row, size_t n)
{
	for (size_t i = 0; i < n; i += GRAIN)
		__builtin_prefetch(row + i);
}

void net_gather(struct net *net, const struct minibatch *m, struct team team)
{
	size_t n_in = (size_t)net->p.width[0];
	struct range rows = net_share(team, m->count, 1);

	for (int i = rows.begin; i < rows.end; i++) {
		if (i + 1 < rows.end)
			fetch(m->images + m->order[i + 1] * n_in, n_in);
		memcpy(net->x + (size_t)i * n_in, m->images + m->order[i] * n_in, n_in * sizeof(float));
		net->label[i] = m->labels[m->order[i]];
	}
	net_end_phase(net, PHASE_OTHER, team);
}

struct kernel_args net_layer_args(struct net *net, int i, const struct minibatch *m)
{
	struct layer *l = &net->layer[i];

	return (struct kernel_args){
		.batch = m->count,
		.n_in = l->n_in,
		.n_out = l->n_out,
		.caches = net->p.caches,
		.k = l->k,
		.tau = l->tau,
		.tinyprop = {net->p.tinyprop.least, net->p.tinyprop.most, l->l1_seen * net_dy_unit(&net->p, m->count),
			     l->l1},
		.rescale = net->p.rescale && l->k > 0 ? (float)l->n_out / (float)l->k : 1,
		.x = i ? net->layer[i - 1].y : net->x,
		.w = l->w,
		.bias = l->bias,
		.relu = i < net->p.n_layers - 1,
		.dy = l->dy,
		.kept = &l->kept,
		.y = l->y,
		.dx = i ? net->layer[i - 1].dy : NULL,
		.dw = l->dw,
		.dw_rows = l->select ? &l->rows : NULL,
		.sgemm = net->p.sgemm,
		.scratch = net->scratch,
	};
}

static void layer_dropout(struct net *net, int i, const struct minibatch *m, struct team team)
{
	struct kernel_args args = net_layer_args(net, i, m);
	struct rng r = rng_create(net->p.seed, net_stream(STREAM_DROPOUT, i, m->step));

	args.seed = rng_next(&r);
	args.dropout = net->p.dropout;
	net->dropout->run(&args, team);
	net_end_phase(net, PHASE_OTHER, team);
}

void net_forward(struct net *net, const struct minibatch *m, bool training, struct team team)
{
	for (int i = 0; i < net->p.n_layers; i++) {
		struct kernel_args args = net_layer_args(net, i, m);

		net->forward->run(&args, team);
		net_end_phase(net, PHASE_FORWARD, team);
		if (training && net->p.dropout > 0 && args.relu)
			layer_dropout(net, i, m, team);
	}
}

static int largest(const float *z, int n)
{
	int best = 0;

	for (int c = 1; c < n; c++)
		if (z[c] > z[best])
			best = c;
	return best;
}

/* loss = log(sum exp z) - z[label]; dy = (softmax(z) - one-hot) * scale; dy NULL: the loss alone. */
static double softmax_loss(const float *z, int n, int label, float scale, float *dy)
{
	float max = z[largest(z, n)], e, sum = 0;

	for (int c = 0; c < n; c++) {
		e = expf(z[c] - max);
		sum += e;
		if (dy)
			dy[c] = e;
	}
	for (int c = 0; dy && c < n; c++)
		dy[c] = (dy[c] / sum - (float)(c == label)) * scale;
	return log((double)sum) + (double)(max - z[label]);
}

static void loss_rows(struct net *net, const struct minibatch *m, float *dy, struct team team)
{
	const struct layer *last = &net->layer[net->p.n_layers - 1];
	struct range rows = net_share(team, m->count, 1);
	float scale = net->p.loss_sum ? 1 : 1 / (float)m->count;

	for (int b = rows.begin; b < rows.end; b++) {
		size_t at = (size_t)b * (size_t)last->n_out;

		net->correct[b] = largest(last->y + at, last->n_out) == net->label[b];
		net->loss[b] = softmax_loss(last->y + at, last->n_out, net->label[b], scale, dy ? dy + at : NULL);
	}
	net_end_phase(net, PHASE_OTHER, team);
}

/* By one thread and in order: the sum is the same for every team. */
static void add_up(struct net *net, int count)
{
	for (int b = 0; b < count; b++) {
		net->loss_total += net->loss[b];
		net->n_correct += net->correct[b];
	}
}

void net_loss(struct net *net, const struct minibatch *m, struct team team)
{
	loss_rows(net, m, net->layer[net->p.n_layers - 1].dy, team);
}

/* dx becomes the dY of the layer below: times the derivative of its ReLU, and of its dropout. */
static void mask_dy(const struct layer *below, int count, float scale, struct team team)
{
	struct range all = net_share(team, count * below->n_out, GRAIN);
	const float *restrict y = below->y;
	float *restrict dy = below->dy;

	for (int e = all.begin; e < all.end; e++)
		dy[e] *= y[e] > 0 ? scale : 0; /* a product, not a branch: vectorised */
}

static void layer_backward_data(struct net *net, int i, const struct minibatch *m, struct team team)
{
	struct kernel_args args = net_layer_args(net, i, m);

	net->layer[i].backward_data->run(&args, team);
	team_barrier(team);
	mask_dy(&net->layer[i - 1], m->count, 1 / (1 - net->p.dropout), team);
	net_end_phase(net, PHASE_DX, team);
}

/* The numbers of a step of the optimiser. */
static struct update_args step_args(const struct net *net, const struct minibatch *m)
{
	return (struct update_args){
		.lazy = net->p.lazy,
		.lr = m->lr,
		.beta1 = net->p.beta1,
		.beta2 = net->p.beta2,
		.eps = net->p.eps,
		.step = m->step,
	};
}

/* The step on the weights of layer i. */
static struct update_args weights_step(const struct net *net, int i, const struct minibatch *m)
{
	const struct layer *l = &net->layer[i];
	struct update_args u = step_args(net, m);

	u.param = l->w;
	u.grad = l->dw;
	u.state1 = l->w_state[0];
	u.state2 = l->w_state[1];
	u.touched = l->select ? &l->rows : NULL;
	u.rows = l->n_out;
	u.cols = l->n_in;
	u.l1 = net->p.l1;
	u.l2 = net->p.l2;
	return u;
}

/* Fused, it changes w: nothing of this step may read the layer's w after it. */
static void layer_backward_weights(struct net *net, int i, const struct minibatch *m, struct team team)
{
	const struct layer *l = &net->layer[i];
	struct kernel_args args = net_layer_args(net, i, m);

	args.update = weights_step(net, i, m);
	(l->backward_update ? l->backward_update : l->backward_weights)->run(&args, team);
	net_end_phase(net, PHASE_DW, team);
}

/* Adds the entries of a row of what was kept that lie in the columns, which ascend. */
static void add_kept(float *db, const struct sparse_dy *kept, int b, struct range columns)
{
	const int32_t *index = kept->index + (size_t)b * (size_t)kept->stride;
	const float *value = kept->value + (size_t)b * (size_t)kept->stride;
	int e = 0, n = kept->count[b];

	while (e < n && index[e] < columns.begin)
		e++;
	for (; e < n && index[e] < columns.end; e++)
		db[index[e]] += value[e];
}

static void add_all(float *restrict db, const float *restrict dy, struct range columns)
{
	for (int c = columns.begin; c < columns.end; c++)
		db[c] += dy[c];
}

/* db = column sums of dY, or of what was kept: a thread has whole columns, and adds the rows in order. */
static void layer_backward_bias(const struct net_params *p, struct layer *l, int count, struct team team)
{
	struct range columns = net_share(team, l->n_out, GRAIN);
	bool kept = p->kept_bias && l->select;

	for (int c = columns.begin; c < columns.end; c++)
		l->db[c] = 0;
	for (int b = 0; b < count; b++) {
		if (kept)
			add_kept(l->db, &l->kept, b, columns);
		else
			add_all(l->db, l->dy + (size_t)b * (size_t)l->n_out, columns);
	}
}

void net_backward(struct net *net, const struct minibatch *m, struct team team)
{
	int last = net->p.n_layers - 1;

	for (int i = last; i >= 0; i--) {
		if (net->layer[i].select)
			net_layer_select(net, i, m, team);
		if (i > 0)
			layer_backward_data(net, i, m, team);
		layer_backward_weights(net, i, m, team);
	}
	for (int i = 0; i <= last; i++)
		layer_backward_bias(&net->p, &net->layer[i], m->count, team);
	if (team.rank == 0) {
		net_end_selections(net, m->count);
		add_up(net, m->count);
	}
	net_end_phase(net, PHASE_OTHER, team);
}

static void layer_update(struct net *net, int i, const struct minibatch *m, struct team team)
{
	struct layer *l = &net->layer[i];
	struct kernel_args args = {.update = step_args(net, m)};

	args.update.param = l->bias;
	args.update.grad = l->db;
	args.update.state1 = l->bias_state[0];
	args.update.state2 = l->bias_state[1];
	args.update.rows = 1;
	args.update.cols = l->n_out;
	net->update->run(&args, team);
	if (l->backward_update)
		return;
	args.update = weights_step(net, i, m);
	net->update->run(&args, team);
}

void net_update(struct net *net, const struct minibatch *m, struct team team)
{
	for (int i = 0; i < net->p.n_layers; i++)
		layer_update(net, i, m, team);
	net_end_phase(net, PHASE_UPDATE, team);
}

void net_step(struct net *net, const struct minibatch *m, struct team team)
{
	net_gather(net, m, team);
	net_forward(net, m, true, team);
	net_loss(net, m, team);
	net_backward(net, m, team);
	net_update(net, m, team);
}

void net_evaluate(struct net *net, const struct minibatch *m, struct team team)
{
	net_gather(net, m, team);
	net_forward(net, m, false, team);
	loss_rows(net, m, NULL, team);
	if (team.rank == 0)
		add_up(net, m->count);
	net_end_phase(net, PHASE_OTHER, team);
}
