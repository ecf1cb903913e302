#include "crdt/seq_state.h"

/* What is left out of a sequence's past. */
struct past {
	const struct seq *seq;
	const uint8_t *has; /* by stamp: its change is part of that past */
	uint8_t *is_deleted; /* by element: some change of that past deleted it */
};

static void read_run(const struct past *past, const struct seq_run *run, struct buf *out)
{
	const struct seq *seq = past->seq;
	uint32_t insertion = seq_insertion_of(seq, run->first);
	struct span rest = span_sub(buf_span(&seq->content), run->byte_at, run->bytes);
	for (uint32_t i = 0; i < run->length; i++) {
		uint32_t bytes = seq_measure_first(seq->kind, rest, 1).bytes;
		insertion += i > 0 && seq->elements[run->first + i].begins;
		if (past->has[seq->insertions[insertion].by.stamp] && !past->is_deleted[run->first + i])
			buf_add(out, rest.data, bytes);
		rest = span_sub(rest, bytes, rest.size);
	}
}

void seq_read_past(const struct seq *seq, bool (*was_there)(void *context, const struct doc_stamp *stamp),
        void *context, struct buf *out)
{
	uint8_t *has = mem_zero(seq->stamp_count, 1);
	struct past past = {seq, has, mem_zero(seq->element_count, 1)};
	for (uint32_t i = 0; i < seq->stamp_count; i++)
		has[i] = was_there(context, &seq->stamps[i]);
	seq_mark_deleted(seq, has, past.is_deleted);
	for (uint32_t number = 0; number != SEQ_NONE; number = seq->leaves[number].next)
		for (uint32_t i = 0; i < seq->leaves[number].count; i++)
			read_run(&past, &seq->leaves[number].runs[i], out);
	mem_free(has);
	mem_free(past.is_deleted);
}

/* Is stamp `a` before `b`, by Lamport clock, then by who and when? */
static bool is_earlier(const struct seq *seq, struct seq_by a, struct seq_by b)
{
	const struct doc_stamp *first = &seq->stamps[a.stamp], *second = &seq->stamps[b.stamp];
	struct doc_op op_a = {first->feed, first->seq, a.index}, op_b = {second->feed, second->seq, b.index};
	if (first->lamport != second->lamport)
		return first->lamport < second->lamport;
	return doc_op_cmp(seq->feeds, &op_a, &op_b) < 0;
}

bool seq_deletion(const struct seq *seq, uint32_t number, struct doc_op *op, const struct doc_stamp **stamp)
{
	const struct seq_deletion *best = NULL;
	for (uint32_t i = 0; i < seq->deletion_count; i++) {
		const struct seq_deletion *it = &seq->deletions[i];
		if (number - it->first < it->count && (!best || is_earlier(seq, it->by, best->by)))
			best = it;
	}
	if (!best)
		return false;
	*stamp = &seq->stamps[best->by.stamp];
	*op = (struct doc_op){(*stamp)->feed, (*stamp)->seq, best->by.index};
	return true;
}
