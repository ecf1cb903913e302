#include "crdt/passages.h"

#include <assert.h>
#include <stdlib.h>

#include "crdt/clock.h"
#include "crdt/seq_sides.h"

#define SITTING_HLC ((uint64_t)CRDT_SITTING_MINUTES * 60 * 1000 << CRDT_HLC_COUNTER_BITS)

struct maker {
	const struct seq *seq;
	const struct seq_side *from, *to;
	struct crdt_passages *out;
	struct buf content; /* of the passage being made */
	struct crdt_passage open; /* count 0: none */
	struct crdt_passage_at at_from, at_to;
	struct seq_taking *takings; /* by place; NULL: nothing was moved so far */
};

/* The op that brought something about. */
struct cause {
	struct op_id op;
	uint64_t hlc;
	bool is_apart; /* it is at the earlier frontier only */
};

/* ---- Who -------------------------------------------------------------------------------------------------------- */

static struct cause cause_of(const struct seq *seq, struct seq_by by)
{
	const struct doc_stamp *stamp = &seq->stamps[by.stamp];
	return (struct cause){
	        {*crdt_feeds_id(seq->feeds, stamp->feed), stamp->seq, by.index}, stamp->hlc, false};
}

static struct cause inserter(const struct seq *seq, uint32_t number)
{
	return cause_of(seq, seq->insertions[seq_insertion_of(seq, number)].by);
}

/* Why does an element not show on this side, while it does on the other? It was deleted here, or was never inserted. */
static struct cause cause_of_absence(const struct maker *m, const struct seq_side *side, uint32_t element)
{
	const struct seq *seq = m->seq;
	uint32_t deletion = side->deletion[element];
	bool is_deleted = deletion != SEQ_NONE && seq_side_has(seq, side, element);
	struct cause cause = is_deleted ? cause_of(seq, seq->deletions[deletion].by) : inserter(seq, element);
	cause.is_apart = is_deleted == (side == m->from);
	return cause;
}

static int taking_cmp(const void *left, const void *right)
{
	const struct seq_taking *a = left, *b = right;
	return (a->place > b->place) - (a->place < b->place);
}

static void order_takings(struct maker *m)
{
	const struct seq *seq = m->seq;
	m->takings = mem_alloc(seq->taking_count * sizeof(*m->takings));
	if (seq->taking_count == 0)
		return;
	memcpy(m->takings, seq->takings, seq->taking_count * sizeof(*m->takings));
	qsort(m->takings, seq->taking_count, sizeof(*m->takings), taking_cmp);
}

/* The first of `takings` that took this place or a later one. */
static uint32_t takings_of(const struct maker *m, uint32_t place)
{
	uint32_t low = 0, high = m->seq->taking_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (m->takings[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What took back the move that made a place, on one side only: of several the first. False: nothing did. */
static bool cause_of_taking(const struct maker *m, uint32_t place, const struct seq_side *on,
        const struct seq_side *off, struct cause *out)
{
	const struct seq *seq = m->seq;
	const struct seq_taking *first = NULL;
	for (uint32_t i = takings_of(m, place); i < seq->taking_count && m->takings[i].place == place; i++) {
		const struct seq_taking *it = &m->takings[i];
		if (on->has[it->by.stamp] && !off->has[it->by.stamp] &&
		        (!first || seq_by_cmp(seq, it->by, first->by) < 0))
			first = it;
	}
	if (first)
		*out = cause_of(seq, first->by);
	return first != NULL;
}

/* An element shows at two places. A move came that made the later one, or went that made the earlier one; or a move was taken back, on one side
 * only: had both counted on both, one of them would have won there. */
static struct cause cause_of_move(const struct maker *m, uint32_t from_place, uint32_t to_place)
{
	struct cause cause = inserter(m->seq, to_place);
	if (!seq_side_has(m->seq, m->from, to_place))
		return cause;
	if (cause_of_taking(m, from_place, m->to, m->from, &cause))
		return cause;
	if (!seq_side_has(m->seq, m->to, from_place))
		cause = inserter(m->seq, from_place);
	else
		cause_of_taking(m, to_place, m->from, m->to, &cause);
	cause.is_apart = true;
	return cause;
}

/* ---- Passages --------------------------------------------------------------------------------------------------- */

/* Is the open passage what the one before it deleted at the same place? Then nothing changed there. */
static bool is_again(const struct maker *m)
{
	const struct crdt_passages *out = m->out;
	const struct crdt_passage *last = out->count ? &out->items[out->count - 1] : NULL;
	return last && last->kind == CRDT_PASSAGE_DELETED && m->open.kind == CRDT_PASSAGE_INSERTED &&
	        last->to.position == m->open.to.position &&
	        last->from.position + last->count == m->open.from.position &&
	        span_eq(last->content, buf_span(&m->content));
}

static void close_passage(struct maker *m)
{
	struct crdt_passages *out = m->out;
	if (m->open.count == 0)
		return;
	if (is_again(m)) {
		out->count--;
		m->open.count = 0;
		buf_clear(&m->content);
		return;
	}
	m->open.content = arena_span(&out->arena, buf_span(&m->content));
	out->items = mem_room(out->items, out->count, &out->capacity, sizeof(*out->items));
	out->items[out->count++] = m->open;
	m->open.count = 0;
	buf_clear(&m->content);
}

static bool is_one_sitting(const struct crdt_passage *passage, uint64_t hlc)
{
	uint64_t apart = hlc < passage->first_hlc ? passage->first_hlc - hlc
	        : hlc > passage->last_hlc         ? hlc - passage->last_hlc
	                                          : 0;
	return apart <= SITTING_HLC;
}

static bool goes_on(const struct maker *m, enum crdt_passage_kind kind, const struct cause *cause)
{
	const struct crdt_passage *open = &m->open;
	return open->count && kind != CRDT_PASSAGE_MOVED && open->kind == kind &&
	        open->is_apart == cause->is_apart && feed_id_eq(&open->by.feed, &cause->op.feed) &&
	        is_one_sitting(open, cause->hlc);
}

static void add(
        struct maker *m, enum crdt_passage_kind kind, const struct seq_shown *row, const struct cause *cause)
{
	struct crdt_passage *open = &m->open;
	if (!goes_on(m, kind, cause)) {
		close_passage(m);
		*open = (struct crdt_passage){.kind = kind,
		        .is_apart = cause->is_apart,
		        .from = m->at_from,
		        .to = m->at_to,
		        .by = cause->op,
		        .first_hlc = cause->hlc,
		        .last_hlc = cause->hlc};
	}
	open->count++;
	if (op_id_cmp(&cause->op, &open->by) < 0)
		open->by = cause->op;
	open->first_hlc = cause->hlc < open->first_hlc ? cause->hlc : open->first_hlc;
	open->last_hlc = cause->hlc > open->last_hlc ? cause->hlc : open->last_hlc;
	buf_add_span(&m->content, seq_shown_content(m->seq, row));
}

static void pass(const struct maker *m, struct crdt_passage_at *at, const struct seq_shown *row)
{
	at->position++;
	at->utf16 += m->seq->kind == SEQ_TEXT && m->seq->content.data[row->byte_at] >= 0xf0 ? 2 : 1;
}

static void add_absent(struct maker *m, const struct seq_shown *row, enum crdt_passage_kind kind)
{
	bool goes = kind == CRDT_PASSAGE_DELETED;
	struct cause cause = cause_of_absence(m, goes ? m->to : m->from, row->element);
	add(m, kind, row, &cause);
	pass(m, goes ? &m->at_from : &m->at_to, row);
}

static void add_moved(struct maker *m, const struct seq_shown *row)
{
	uint32_t before = m->from->row_of[row->element];
	if (!m->takings)
		order_takings(m);
	struct cause cause = cause_of_move(m, m->from->rows[before].place, row->place);
	add(m, CRDT_PASSAGE_MOVED, row, &cause);
	m->open.from = (struct crdt_passage_at){before, before};
	close_passage(m);
	pass(m, &m->at_to, row);
}

/* Both sides in step: what goes, what is moved, what comes, then the next element that stays. */
static void compare(struct maker *m)
{
	const struct seq_side *from = m->from, *to = m->to;
	uint8_t *kept = seq_sides_kept(from, to);
	uint32_t i = 0, j = 0;
	while (i < from->count || j < to->count) {
		uint32_t there = i < from->count ? to->row_of[from->rows[i].element] : SEQ_NONE,
		         here = j < to->count ? from->row_of[to->rows[j].element] : SEQ_NONE;
		if (i < from->count && there == SEQ_NONE) {
			add_absent(m, &from->rows[i++], CRDT_PASSAGE_DELETED);
		} else if (i < from->count && !kept[i]) {
			close_passage(m);
			pass(m, &m->at_from, &from->rows[i++]);
		} else if (j < to->count && here == SEQ_NONE) {
			add_absent(m, &to->rows[j++], CRDT_PASSAGE_INSERTED);
		} else if (j < to->count && !kept[here]) {
			add_moved(m, &to->rows[j++]);
		} else {
			assert(i < from->count && there == j);
			close_passage(m);
			pass(m, &m->at_from, &from->rows[i++]);
			pass(m, &m->at_to, &to->rows[j++]);
		}
	}
	close_passage(m);
	mem_free(kept);
}

void crdt_passages_close(struct crdt_passages *passages)
{
	mem_free(passages->items);
	arena_close(&passages->arena);
	*passages = (struct crdt_passages){0};
}

/* ---- Between frontiers ------------------------------------------------------------------------------------------ */

struct upto {
	struct crdt_feeds *feeds;
	const struct crdt_frontier *frontier;
};

static bool is_upto(void *context, const struct doc_stamp *stamp)
{
	const struct upto *upto = context;
	return crdt_frontier_holds(upto->frontier, crdt_feeds_id(upto->feeds, stamp->feed), stamp->seq);
}

void crdt_passages(const struct seq *seq, const struct crdt_frontier *from, const struct crdt_frontier *to,
        struct crdt_passages *out)
{
	struct upto upto_from = {seq->feeds, from}, upto_to = {seq->feeds, to};
	struct seq_side before, after;
	struct maker maker = {.seq = seq, .from = &before, .to = &after, .out = out};
	out->count = 0;
	arena_clear(&out->arena);
	seq_side_open(seq, (struct seq_part){is_upto, &upto_from}, &before);
	seq_side_open(seq, (struct seq_part){is_upto, &upto_to}, &after);
	compare(&maker);
	seq_side_close(&before);
	seq_side_close(&after);
	buf_close(&maker.content);
	mem_free(maker.takings);
}
