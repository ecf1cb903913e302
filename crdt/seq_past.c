#include "crdt/seq_state.h"

/* What an element was in a past; several at once. */
enum {
	IS_DELETED = 1, /* some change of that past deleted it, or what this place shows */
	IS_PLACE = 2,
	STANDS_ELSEWHERE = 4, /* it was moved */
	IS_WINNER = 8, /* a place: its element stands here */
};

struct past {
	const struct seq *seq;
	uint8_t *has; /* by stamp: its change is part of that past */
	uint8_t *flags; /* by element */
};

static void find_moved(struct past *past)
{
	const struct seq *seq = past->seq;
	uint32_t *at = mem_alloc(seq->moved_count * sizeof(*at));
	seq_moves_past(seq, past->has, at);
	for (uint32_t i = 0; i < seq->move_count; i++)
		past->flags[seq->moves[i].place] = IS_PLACE;
	for (uint32_t i = 0; i < seq->moved_count; i++) {
		uint8_t *element = &past->flags[seq->moved[i].element];
		if (at[i] == SEQ_NONE)
			continue;
		past->flags[at[i]] = (uint8_t)(IS_PLACE | IS_WINNER | (*element & IS_DELETED));
		*element |= STANDS_ELSEWHERE;
	}
	mem_free(at);
}

static struct past past_begin(
        const struct seq *seq, bool (*was_there)(void *context, const struct doc_stamp *stamp), void *context)
{
	struct past past = {seq, mem_zero(seq->stamp_count, 1), mem_zero(seq->element_count, 1)};
	for (uint32_t i = 0; i < seq->stamp_count; i++)
		past.has[i] = was_there(context, &seq->stamps[i]);
	seq_mark_deleted(seq, past.has, past.flags);
	find_moved(&past);
	return past;
}

static void past_end(struct past *past)
{
	mem_free(past->has);
	mem_free(past->flags);
}

static void read_run(const struct past *past, const struct seq_run *run, struct buf *out)
{
	const struct seq *seq = past->seq;
	uint32_t insertion = seq_insertion_of(seq, run->first);
	struct span rest = span_sub(buf_span(&seq->content), run->byte_at, run->bytes);
	for (uint32_t i = 0; i < run->length; i++) {
		uint32_t bytes = seq_measure_first(seq->kind, rest, 1).bytes;
		insertion += i > 0 && seq->elements[run->first + i].begins;
		if (past->has[seq->insertions[insertion].by.stamp] && !past->flags[run->first + i])
			buf_add(out, rest.data, bytes);
		rest = span_sub(rest, bytes, rest.size);
	}
}

void seq_read_past(const struct seq *seq, bool (*was_there)(void *context, const struct doc_stamp *stamp),
        void *context, struct buf *out)
{
	struct past past = past_begin(seq, was_there, context);
	for (uint32_t number = 0; number != SEQ_NONE; number = seq->leaves[number].next)
		for (uint32_t i = 0; i < seq->leaves[number].count; i++)
			read_run(&past, &seq->leaves[number].runs[i], out);
	past_end(&past);
}

/* --- Element by element --- */

static void list_run(const struct past *past, const struct seq_run *run, struct seq_past *out)
{
	const struct seq *seq = past->seq;
	uint32_t insertion = seq_insertion_of(seq, run->first);
	for (uint32_t number = run->first; number - run->first < run->length; number++) {
		uint8_t flags = past->flags[number];
		insertion += number > run->first && seq->elements[number].begins;
		bool stands_here = flags & IS_PLACE ? flags & IS_WINNER : !(flags & STANDS_ELSEWHERE);
		if (!past->has[seq->insertions[insertion].by.stamp] || !stands_here)
			continue;
		out->items = mem_room(out->items, out->count, &out->capacity, sizeof(*out->items));
		out->items[out->count++] = (struct seq_past_element){number, flags & IS_DELETED};
	}
}

void seq_past_of(const struct seq *seq, bool (*was_there)(void *context, const struct doc_stamp *stamp),
        void *context, struct seq_past *out)
{
	struct past past = past_begin(seq, was_there, context);
	out->count = 0;
	for (uint32_t number = 0; number != SEQ_NONE; number = seq->leaves[number].next)
		for (uint32_t i = 0; i < seq->leaves[number].count; i++)
			list_run(&past, &seq->leaves[number].runs[i], out);
	past_end(&past);
}

void seq_past_close(struct seq_past *past)
{
	mem_free(past->items);
	*past = (struct seq_past){0};
}

/* --- Who deleted it --- */

int seq_by_cmp(const struct seq *seq, struct seq_by a, struct seq_by b)
{
	const struct doc_stamp *first = &seq->stamps[a.stamp], *second = &seq->stamps[b.stamp];
	struct doc_op op_a = {first->feed, first->seq, a.index}, op_b = {second->feed, second->seq, b.index};
	if (first->lamport != second->lamport)
		return first->lamport < second->lamport ? -1 : 1;
	return doc_op_cmp(seq->feeds, &op_a, &op_b);
}

bool seq_deletion(const struct seq *seq, uint32_t number,
        bool (*was_there)(void *context, const struct doc_stamp *stamp), void *context, struct doc_op *op,
        const struct doc_stamp **stamp)
{
	const struct seq_deletion *best = NULL;
	number = seq_shown(seq, number);
	for (uint32_t i = 0; i < seq->deletion_count; i++) {
		const struct seq_deletion *it = &seq->deletions[i];
		if (number - it->first < it->count && (!best || seq_by_cmp(seq, it->by, best->by) < 0) &&
		        (!was_there || was_there(context, &seq->stamps[it->by.stamp])))
			best = it;
	}
	if (!best)
		return false;
	*stamp = &seq->stamps[best->by.stamp];
	*op = (struct doc_op){(*stamp)->feed, (*stamp)->seq, best->by.index};
	return true;
}
