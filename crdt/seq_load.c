/*
 * Loading reads the columns, checks that they are the ones that saving would write, and lays the runs out in one pass: nothing is
 * integrated. Any origins are safe: nothing that walks along them relies on their order.
 */
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/seq_snapshot.h"
#include "crdt/seq_state.h"

struct loading {
	struct wire_in *in;
	struct seq *seq;
	const uint32_t *seqs; /* applied, by feed */
	uint32_t feed_count;
	uint8_t *stamp_used;
	uint32_t *firsts; /* by insertion */
	struct seq_fragment *fragments;
	struct seq_standing *standings; /* the same by number */
	uint32_t fragment_count;
	uint8_t *is_hidden; /* by element: first what is deleted */
	uint32_t *bytes_at; /* by element, and the end; NULL: each is one byte */
	struct span content;
};

static void bad(struct loading *l)
{
	wire_fail(l->in, ERR_MALFORMED);
}

static bool going(const struct loading *l)
{
	return l->in->error == 0;
}

/* A varint of at most `max`. */
static uint32_t bounded(struct loading *l, uint64_t max)
{
	uint64_t value = wire_varint(l->in);
	if (value <= max)
		return (uint32_t)value;
	bad(l);
	return 0;
}

/* A number, given as its distance from `base`; from `min` to `max`. */
static uint32_t distant(struct loading *l, uint64_t base, uint64_t min, uint64_t max)
{
	uint64_t value = base + (uint64_t)wire_zigzag(l->in);
	if (value >= min && value <= max)
		return (uint32_t)value;
	bad(l);
	return (uint32_t)min;
}

/* --- Stamps --- */

static int stamp_cmp(const struct loading *l, uint32_t a, uint32_t b)
{
	const struct doc_stamp *first = &l->seq->stamps[a], *second = &l->seq->stamps[b];
	if (first->lamport != second->lamport)
		return first->lamport < second->lamport ? -1 : 1;
	if (first->feed != second->feed)
		return first->feed < second->feed ? -1 : 1;
	return (first->seq > second->seq) - (first->seq < second->seq);
}

static void load_stamps(struct loading *l)
{
	struct seq *seq = l->seq;
	uint32_t count = wire_count(l->in, UINT32_MAX, 4);
	uint32_t *last_seqs = mem_zero(l->feed_count, sizeof(*last_seqs));
	uint64_t last = 0;
	if (count && l->feed_count == 0)
		bad(l);
	seq->stamps = mem_zero(count, sizeof(*seq->stamps));
	seq->stamp_capacity = count;
	l->stamp_used = mem_zero(count, 1);
	for (uint32_t i = 0; i < count && going(l); i++)
		seq->stamps[i].feed = bounded(l, l->feed_count - 1);
	for (uint32_t i = 0; i < count && going(l); i++) {
		uint32_t feed = seq->stamps[i].feed;
		last_seqs[feed] = seq->stamps[i].seq = distant(
		        l, last_seqs[feed], (uint64_t)last_seqs[feed] + 1, l->seqs[feed]);
	}
	for (uint32_t i = 0; i < count && going(l); i++) {
		if (__builtin_add_overflow(last, wire_varint(l->in), &last))
			bad(l);
		seq->stamps[i].lamport = last;
	}
	last = 0;
	for (uint32_t i = 0; i < count && going(l); i++)
		last = seq->stamps[i].hlc = last + (uint64_t)wire_zigzag(l->in);
	for (uint32_t i = 1; i < count && going(l); i++)
		if (stamp_cmp(l, i - 1, i) >= 0)
			bad(l);
	if (going(l))
		seq->stamp_count = count;
	mem_free(last_seqs);
}

/* Two columns of operations: the stamp, then the index in its change. The first op's `struct seq_by` is at `by`, the others `stride` bytes
 * apart. `step`: how much the index grows at least from one to the next within a change. */
static void load_by(struct loading *l, struct seq_by *by, size_t stride, uint32_t count, uint32_t step)
{
	uint8_t *at = (uint8_t *)by;
	uint32_t last = 0, next_index = 0;
	if (count && l->seq->stamp_count == 0)
		bad(l);
	for (uint32_t i = 0; i < count && going(l); i++) {
		last += bounded(l, l->seq->stamp_count - 1 - last);
		((struct seq_by *)(void *)(at + i * stride))->stamp = last;
		l->stamp_used[last] = 1;
	}
	last = 0;
	for (uint32_t i = 0; i < count && going(l); i++) {
		by = (struct seq_by *)(void *)(at + i * stride);
		if (by->stamp != last)
			next_index = 0;
		last = by->stamp;
		uint64_t index = next_index + wire_varint(l->in);
		if (index >= LIMIT_CHANGE_OPS)
			bad(l);
		by->index = (uint32_t)index;
		next_index = by->index + step;
	}
}

/* --- Insertions --- */

static void load_insertions(struct loading *l)
{
	struct seq *seq = l->seq;
	uint32_t count = wire_count(l->in, UINT32_MAX, 3);
	uint64_t next = 0;
	seq->insertions = mem_zero(count, sizeof(*seq->insertions));
	seq->insertion_capacity = count;
	l->firsts = mem_zero(count, sizeof(*l->firsts));
	load_by(l, count ? &seq->insertions->by : NULL, sizeof(*seq->insertions), count, 1);
	for (uint32_t i = 0; i < count && going(l); i++) {
		l->firsts[i] = seq->insertions[i].first = (uint32_t)next;
		uint32_t elements = bounded(l, LIMIT_VALUE_BYTES);
		next += elements;
		if (elements == 0 || next > wire_left(l->in)) /* each takes a byte of content */
			bad(l);
	}
	if (!going(l))
		return;
	seq->insertion_count = count;
	seq->element_count = seq->element_capacity = (uint32_t)next;
	seq->elements = mem_zero(seq->element_count, sizeof(*seq->elements));
	for (uint32_t i = 0; i < count; i++)
		seq->elements[l->firsts[i]].begins = 1;
}

/* --- The order --- */

static void load_fragments(struct loading *l)
{
	uint32_t total = l->seq->element_count, sum = 0, end = 0;
	uint32_t count = wire_count(l->in, total, 2);
	l->fragments = mem_zero(count, sizeof(*l->fragments));
	for (uint32_t i = 0; i < count && going(l); i++) {
		l->fragments[i].count = bounded(l, total - sum);
		sum += l->fragments[i].count;
		if (l->fragments[i].count == 0)
			bad(l);
	}
	for (uint32_t i = 0; i < count && going(l); i++) {
		struct seq_fragment *it = &l->fragments[i];
		it->first = distant(l, end, 0, total - it->count);
		if (i > 0 && it->first == end)
			bad(l);
		end = it->first + it->count;
	}
	if (sum != total)
		bad(l);
	l->fragment_count = count;
}

static int standing_cmp(const void *left, const void *right)
{
	const struct seq_standing *a = left, *b = right;
	return (a->first > b->first) - (a->first < b->first);
}

/* Each element stands once in the order. */
static void check_fragments(struct loading *l)
{
	struct seq_standing *standings = mem_alloc(l->fragment_count * sizeof(*standings));
	uint32_t end = 0;
	for (uint32_t i = 0; i < l->fragment_count; i++)
		standings[i] = (struct seq_standing){l->fragments[i].first, i};
	if (l->fragment_count > 1)
		qsort(standings, l->fragment_count, sizeof(*standings), standing_cmp);
	for (uint32_t i = 0; i < l->fragment_count; i++) {
		if (standings[i].first != end)
			bad(l);
		end = standings[i].first + l->fragments[standings[i].place].count;
	}
	l->standings = standings;
}

static uint32_t load_number(struct loading *l)
{
	uint32_t number = bounded(l, l->seq->element_count);
	return number == 0 ? SEQ_NONE : number - 1;
}

/* What somebody saw was there before. */
static bool is_before(const struct seq *seq, uint32_t insertion, uint32_t number)
{
	return number == SEQ_NONE || number < seq->insertions[insertion].first;
}

static void load_origins(struct loading *l)
{
	struct seq *seq = l->seq;
	struct seq_origins *predicted = mem_alloc(seq->insertion_count * sizeof(*predicted));
	uint32_t count = wire_count(l->in, seq->insertion_count, 3), at = 0;
	seq_predict(l->fragments, l->fragment_count, l->firsts, seq->insertion_count, predicted);
	for (uint32_t i = 0; i < seq->insertion_count; i++) {
		seq->insertions[i].left = predicted[i].left;
		seq->insertions[i].right = predicted[i].right;
	}
	for (uint32_t i = 0; i < count && going(l); i++) {
		uint32_t more = bounded(l, seq->insertion_count - 1 - at);
		if (i > 0 && more == 0)
			bad(l);
		at += more;
		uint32_t left = load_number(l), right = load_number(l);
		if ((left == predicted[at].left && right == predicted[at].right) ||
		        !is_before(seq, at, left) || !is_before(seq, at, right))
			bad(l);
		seq->insertions[at].left = left;
		seq->insertions[at].right = right;
	}
	mem_free(predicted);
	/* What is predicted is always right. */
	if (count && going(l) && !seq_order_is_right(seq, l->fragments, l->standings, l->fragment_count))
		bad(l);
}

/* --- Deletions --- */

static void load_deletions(struct loading *l)
{
	struct seq *seq = l->seq;
	uint32_t count = wire_count(l->in, UINT32_MAX, 4), end = 0;
	seq->deletions = mem_zero(count, sizeof(*seq->deletions));
	seq->deletion_capacity = count;
	l->is_hidden = mem_zero(seq->element_count, 1);
	load_by(l, count ? &seq->deletions->by : NULL, sizeof(*seq->deletions), count, 0);
	for (uint32_t i = 0; i < count && going(l); i++) {
		seq->deletions[i].count = bounded(l, seq->element_count);
		if (seq->deletions[i].count == 0)
			bad(l);
	}
	for (uint32_t i = 0; i < count && going(l); i++) {
		struct seq_deletion *it = &seq->deletions[i];
		bool is_same_op = i > 0 && it[-1].by.stamp == it->by.stamp && it[-1].by.index == it->by.index;
		uint64_t min = is_same_op ? (uint64_t)end + 1 : 0;
		it->first = distant(l, end, min, seq->element_count - it->count);
		if (!going(l))
			return;
		end = it->first + it->count;
	}
	if (!going(l))
		return;
	seq->deletion_count = count;
	seq_mark_deleted(seq, NULL, l->is_hidden);
}

/* --- Moves --- */

/* The place of the next move: one element, never deleted itself. */
static uint32_t load_place(struct loading *l, uint32_t i)
{
	const struct seq *seq = l->seq;
	uint32_t last = i ? seq->moves[i - 1].place : 0,
	         place = last + bounded(l, seq->element_count - 1 - last);
	if (!going(l))
		return 0;
	uint32_t insertion = seq_insertion_of(seq, place);
	if ((i && place == last) || seq_inserted_count(seq, insertion) != 1 || l->is_hidden[place])
		bad(l);
	return place;
}

/* What took the move back that made `place`: ascending, each once. */
static void load_takings(struct loading *l, uint32_t place)
{
	struct seq *seq = l->seq;
	uint32_t count = wire_count(l->in, UINT32_MAX, 2);
	struct seq_by by = {0, 0};
	for (uint32_t i = 0; i < count && going(l); i++) {
		uint32_t more = bounded(l, seq->stamp_count - 1 - by.stamp);
		uint64_t index = (more ? 0 : by.index) + wire_varint(l->in);
		if (index >= LIMIT_CHANGE_OPS || (i > 0 && more == 0 && index <= by.index))
			bad(l);
		by = (struct seq_by){by.stamp + more, (uint32_t)index};
		l->stamp_used[by.stamp] = 1;
		seq->takings = mem_room(
		        seq->takings, seq->taking_count, &seq->taking_capacity, sizeof(*seq->takings));
		seq->takings[seq->taking_count++] = (struct seq_taking){by, place};
	}
}

static void load_moves(struct loading *l)
{
	struct seq *seq = l->seq;
	uint32_t count = seq->kind == SEQ_LIST ? wire_count(l->in, seq->element_count, 3) : 0;
	seq->moves = mem_zero(count, sizeof(*seq->moves));
	seq->move_capacity = count;
	for (uint32_t i = 0; i < count && going(l); i++) {
		struct seq_move *move = &seq->moves[i];
		move->place = load_place(l, i);
		move->element = load_number(l);
		uint32_t taking_count = seq->taking_count;
		load_takings(l, move->place);
		move->is_taken_back = seq->taking_count > taking_count;
		if (move->is_taken_back && move->element == SEQ_NONE)
			bad(l);
	}
	if (!going(l))
		return;
	seq->move_count = count;
	for (uint32_t i = 0; i < count; i++)
		if (seq->moves[i].element != SEQ_NONE && seq_is_place(seq, seq->moves[i].element))
			bad(l);
	if (going(l))
		seq_moves_fill(seq, l->is_hidden);
}

/* --- Content --- */

/* Where an element's content begins. */
static uint32_t byte_at(const struct loading *l, uint32_t number)
{
	return l->bytes_at ? l->bytes_at[number] : number;
}

/* Not each element is one byte. */
static void find_bytes(struct loading *l)
{
	const struct seq *seq = l->seq;
	uint32_t at = 0;
	l->bytes_at = mem_alloc((seq->element_count + 1) * sizeof(*l->bytes_at));
	for (uint32_t i = 0; i < seq->element_count; i++) {
		l->bytes_at[i] = at;
		at += seq_measure_first(seq->kind, span_sub(l->content, at, l->content.size), 1).bytes;
	}
	l->bytes_at[seq->element_count] = at;
}

static void load_content(struct loading *l)
{
	struct seq *seq = l->seq;
	l->content = wire_blob(l->in, SIZE_MAX);
	if (!going(l))
		return;
	if (!seq_content_is_valid(seq->kind, l->content) ||
	        seq_measure(seq->kind, l->content).elements != seq->element_count) {
		bad(l);
		return;
	}
	buf_add_span(&seq->content, l->content);
	if (l->content.size != seq->element_count)
		find_bytes(l);
	for (uint32_t i = 0; i < seq->move_count; i++)
		if (l->content.data[byte_at(l, seq->moves[i].place)] != SEQ_PLACE_CONTENT)
			bad(l);
}

/* --- Laying it out --- */

/* The insertion behind this one goes on where it ends, so that their elements may be one run. */
static bool goes_on(const struct seq *seq, uint32_t insertion)
{
	const struct seq_insertion *it = &seq->insertions[insertion];
	return it[1].left == it[1].first - 1 && it[1].right == it->right;
}

/* How many of the elements from `first` to `end` are one run. */
static uint32_t run_length(const struct loading *l, uint32_t first, uint32_t end)
{
	const struct seq *seq = l->seq;
	uint32_t at = first + 1;
	if (end - first > SEQ_RUN_ELEMENTS)
		end = first + SEQ_RUN_ELEMENTS;
	for (; at < end && l->is_hidden[at] == l->is_hidden[first]; at++)
		if (seq->elements[at].begins && !goes_on(seq, seq_insertion_of(seq, at) - 1))
			break;
	while (at - first > 1 && byte_at(l, at) - byte_at(l, first) > SEQ_RUN_BYTES)
		at--;
	return at - first;
}

static void lay_out(struct loading *l)
{
	struct seq *seq = l->seq;
	seq_tree_init(seq);
	for (uint32_t i = 0; i < l->fragment_count; i++) {
		uint32_t first = l->fragments[i].first, end = first + l->fragments[i].count, length;
		for (; first < end; first += length) {
			length = run_length(l, first, end);
			struct seq_run run = {.first = first, .byte_at = byte_at(l, first)};
			run.length = (uint16_t)length;
			run.bytes = byte_at(l, first + length) - run.byte_at;
			run.is_hidden = l->is_hidden[first] != 0;
			if (seq->kind == SEQ_TEXT && run.bytes != length)
				run.wide = seq_measure(SEQ_TEXT, span_sub(l->content, run.byte_at, run.bytes))
				                   .wide &
				        0x7fff;
			seq_tree_append(seq, &run);
		}
	}
}

/* Each author's operations ascend and are there once. */
static void load_authors(struct loading *l)
{
	for (uint32_t i = 0; i < l->seq->stamp_count; i++)
		if (!l->stamp_used[i])
			bad(l);
	if (going(l) && !seq_authors_fill(l->seq))
		bad(l);
}

struct seq *seq_load(struct wire_in *in, enum seq_kind kind, const uint32_t *seqs, uint32_t feed_count)
{
	struct loading l = {.in = in, .seqs = seqs, .feed_count = feed_count};
	l.seq = mem_zero(1, sizeof(*l.seq));
	l.seq->kind = kind;
	void (*const steps[])(struct loading *) = {load_stamps, load_insertions, load_fragments,
	        check_fragments, load_origins, load_deletions, load_moves, load_authors, load_content,
	        lay_out};
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && going(&l); i++)
		steps[i](&l);
	mem_free(l.stamp_used);
	mem_free(l.firsts);
	mem_free(l.fragments);
	mem_free(l.standings);
	mem_free(l.is_hidden);
	mem_free(l.bytes_at);
	if (going(&l))
		return l.seq;
	seq_free(l.seq);
	return NULL;
}

static int author_cmp(const void *left, const void *right)
{
	const struct seq_author *a = left, *b = right;
	return (a->feed > b->feed) - (a->feed < b->feed);
}

void seq_adopt(struct seq *seq, struct crdt_feeds *feeds, const uint32_t *numbers)
{
	seq->feeds = feeds;
	for (uint32_t i = 0; i < seq->stamp_count; i++)
		seq->stamps[i].feed = numbers[seq->stamps[i].feed];
	for (uint32_t i = 0; i < seq->author_count; i++)
		seq->authors[i].feed = numbers[seq->authors[i].feed];
	if (seq->author_count > 1)
		qsort(seq->authors, seq->author_count, sizeof(*seq->authors), author_cmp);
}
