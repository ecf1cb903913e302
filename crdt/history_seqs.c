#include "crdt/history_seqs.h"

#include "crdt/doc_state.h"
#include "crdt/seq_state.h"

struct kept_seq {
	struct span path; /* of the history */
	enum seq_kind kind;
	struct seq *seq; /* NULL: there is none */
};

struct history_seqs {
	struct crdt_feeds *feeds;
	struct kept_seq *items;
	uint32_t count, capacity;
};

struct history_seqs *history_seqs_new(void)
{
	struct history_seqs *seqs = mem_zero(1, sizeof(*seqs));
	seqs->feeds = crdt_feeds_new();
	return seqs;
}

void history_seqs_free(struct history_seqs *seqs)
{
	for (uint32_t i = 0; i < seqs->count; i++)
		seq_free(seqs->items[i].seq);
	mem_free(seqs->items);
	crdt_feeds_free(seqs->feeds);
	mem_free(seqs);
}

/* ---- Putting together ------------------------------------------------------------------------------------------- */

/* The steps that do something to the sequence at a path, in order. */
static void collect_steps(
        const struct crdt_history *history, struct span path, enum seq_kind kind, struct buf *out)
{
	struct crdt_steps under = crdt_history_under(history, path);
	for (uint32_t i = 0; i < under.count; i++) {
		const struct crdt_step *step = crdt_history_step(history, under.items[i]);
		struct crdt_steps enders = crdt_history_enders(history, under.items[i]);
		enum seq_kind there;
		if (!span_eq(step->path, path))
			break; /* what is at the path comes before what is under it */
		if (!doc_op_sequence(step->kind, &there) || there != kind)
			continue;
		buf_add(out, &under.items[i], sizeof(*under.items));
		for (uint32_t j = 0; j < enders.count; j++)
			buf_add(out, &enders.items[j], sizeof(*enders.items));
	}
	crdt_steps_order(out, 0);
}

static void apply_op(struct seq *seq, const struct doc_change *change, const struct crdt_op *op)
{
	struct doc_op cited[LIMIT_OP_SUPERSEDES];
	if (op->kind == CRDT_OP_CLEAR)
		doc_seq_clear(seq, change, op, cited, doc_cited_ops(change, op, cited));
	else
		doc_seq_apply_to(seq, change, op);
}

/* Those of the steps that are of one change; they are passed over. */
static void apply_change(const struct crdt_history *history, struct crdt_feeds *feeds, const uint32_t **steps,
        const uint32_t *end, struct seq *seq)
{
	uint32_t number = crdt_history_step(history, **steps)->change,
	         first = crdt_history_first_step(history, number);
	const struct crdt_change *change = crdt_history_change(history, number);
	struct crdt_ops ops = crdt_change_ops(change);
	int feed = crdt_feeds_add(feeds, &change->meta->feed);
	struct doc_change taken = {feeds, change->meta, feed < 0 ? 0 : (uint32_t)feed};
	for (struct crdt_op op; crdt_ops_next(&ops, &op);) {
		if (*steps == end || **steps != first + op.index)
			continue;
		if (feed >= 0)
			apply_op(seq, &taken, &op);
		++*steps;
	}
}

static struct seq *build(const struct crdt_history *history, struct span path, enum seq_kind kind)
{
	struct crdt_feeds *feeds = crdt_history_seqs(history)->feeds;
	struct buf steps = {0};
	struct seq *seq = seq_new(kind, feeds);
	collect_steps(history, path, kind, &steps);
	const uint32_t *at = (const uint32_t *)(const void *)steps.data,
	               *end = steps.size ? at + steps.size / sizeof(*at) : at;
	while (at < end)
		apply_change(history, feeds, &at, end, seq);
	buf_close(&steps);
	return seq;
}

const struct seq *history_seq(const struct crdt_history *history, struct span path, enum seq_kind kind)
{
	struct history_seqs *seqs = crdt_history_seqs(history);
	for (uint32_t i = 0; i < seqs->count; i++)
		if (seqs->items[i].kind == kind && span_eq(seqs->items[i].path, path))
			return seqs->items[i].seq;
	struct crdt_steps under = crdt_history_under(history, path);
	if (under.count == 0 || !span_eq(crdt_history_step(history, under.items[0])->path, path))
		return NULL;
	struct seq *seq = build(history, path, kind);
	if (seq_element_count(seq) == 0) {
		seq_free(seq);
		seq = NULL;
	}
	seqs->items = mem_room(seqs->items, seqs->count, &seqs->capacity, sizeof(*seqs->items));
	seqs->items[seqs->count++] = (struct kept_seq){
	        crdt_history_step(history, under.items[0])->path, kind, seq};
	return seq;
}

const struct seq *crdt_history_text(const struct crdt_history *history, struct span path)
{
	return history_seq(history, path, SEQ_TEXT);
}

const struct seq *crdt_history_list(const struct crdt_history *history, struct span path)
{
	return history_seq(history, path, SEQ_LIST);
}

/* ---- Reading ------------------------------------------------------------------------------------------------------ */

bool history_seq_step(
        const struct crdt_history *history, const struct seq *seq, struct seq_by by, uint32_t *step)
{
	const struct doc_stamp *stamp = &seq->stamps[by.stamp];
	struct op_id op = {*crdt_feeds_id(seq->feeds, stamp->feed), stamp->seq, by.index};
	return crdt_history_find(history, &op, step);
}

void crdt_history_passages(const struct crdt_history *history, struct span path, enum seq_kind kind,
        const struct crdt_frontier *from, const struct crdt_frontier *to, struct crdt_passages *out)
{
	const struct seq *seq = history_seq(history, path, kind);
	out->count = 0;
	if (seq)
		crdt_passages(seq, from, to, out);
}
