/*
 * Saving numbers everything anew, the same on every replica: stamps by (Lamport, feed id, sequence), and the insertions with their elements
 * in the order of their stamps. The insertions of one change came together, so each stamp's are consecutive here too.
 */
#include <stdlib.h>

#include "crdt/seq_snapshot.h"
#include "crdt/seq_state.h"

struct saving {
	const struct seq *seq;
	const uint32_t *feed_numbers;
	struct buf *out;
	uint32_t *stamps; /* those in use, in the order saved */
	uint32_t *ranks; /* place in `stamps`, by stamp */
	uint32_t stamp_count;
	uint32_t *insertions; /* in the order saved */
	uint32_t *firsts; /* the new number of each one's first element, by place in `insertions` */
	uint32_t *new_firsts; /* the same, by insertion */
	bool is_same; /* the numbers are the old ones, as when changes came in the order saved */
	struct seq_fragment *fragments;
	uint32_t fragment_count, fragment_capacity;
	struct seq_deletion *deletions; /* in new numbers */
	uint32_t deletion_count, deletion_capacity;
};

/* --- Numbering --- */

struct ranked {
	uint64_t lamport;
	const struct feed_id *feed;
	uint32_t seq, stamp;
};

static int ranked_cmp(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	if (a->lamport != b->lamport)
		return a->lamport < b->lamport ? -1 : 1;
	int order = feed_id_cmp(a->feed, b->feed);
	return order ? order : (a->seq > b->seq) - (a->seq < b->seq);
}

/* Those that an insertion, a deletion, or what took a move back has. */
static void rank_stamps(struct saving *s)
{
	const struct seq *seq = s->seq;
	struct ranked *rows = mem_alloc(seq->stamp_count * sizeof(*rows));
	bool *used = mem_zero(seq->stamp_count, sizeof(*used));
	for (uint32_t i = 0; i < seq->insertion_count; i++)
		used[seq->insertions[i].by.stamp] = true;
	for (uint32_t i = 0; i < seq->deletion_count; i++)
		used[seq->deletions[i].by.stamp] = true;
	for (uint32_t i = 0; i < seq->taking_count; i++)
		used[seq->takings[i].by.stamp] = true;
	bool sorted = true;
	for (uint32_t i = 0; i < seq->stamp_count; i++) {
		const struct doc_stamp *stamp = &seq->stamps[i];
		struct ranked row = {stamp->lamport, crdt_feeds_id(seq->feeds, stamp->feed), stamp->seq, i};
		if (!used[i])
			continue;
		sorted &= s->stamp_count == 0 || ranked_cmp(&rows[s->stamp_count - 1], &row) < 0;
		rows[s->stamp_count++] = row;
	}
	if (!sorted)
		qsort(rows, s->stamp_count, sizeof(*rows), ranked_cmp);
	s->stamps = mem_alloc(s->stamp_count * sizeof(*s->stamps));
	s->ranks = mem_alloc(seq->stamp_count * sizeof(*s->ranks));
	for (uint32_t i = 0; i < s->stamp_count; i++) {
		s->stamps[i] = rows[i].stamp;
		s->ranks[rows[i].stamp] = i;
	}
	mem_free(used);
	mem_free(rows);
}

static void number_elements(struct saving *s)
{
	const struct seq *seq = s->seq;
	uint32_t *starts = mem_alloc(seq->stamp_count * sizeof(*starts));
	uint32_t place = 0, next = 0;
	s->insertions = mem_alloc(seq->insertion_count * sizeof(*s->insertions));
	s->firsts = mem_alloc(seq->insertion_count * sizeof(*s->firsts));
	s->new_firsts = mem_alloc(seq->insertion_count * sizeof(*s->new_firsts));
	s->is_same = true;
	for (uint32_t i = 0; i < s->seq->stamp_count; i++)
		starts[i] = seq->insertion_count;
	for (uint32_t i = seq->insertion_count; i > 0; i--)
		starts[seq->insertions[i - 1].by.stamp] = i - 1;
	for (uint32_t i = 0; i < s->stamp_count; i++) {
		uint32_t at = starts[s->stamps[i]];
		for (; at < seq->insertion_count && seq->insertions[at].by.stamp == s->stamps[i]; at++) {
			s->insertions[place] = at;
			s->firsts[place++] = s->new_firsts[at] = next;
			s->is_same &= next == seq->insertions[at].first;
			next += seq_inserted_count(seq, at);
		}
	}
	mem_free(starts);
}

static uint32_t renumbered(const struct saving *s, uint32_t number)
{
	if (number == SEQ_NONE || s->is_same)
		return number;
	uint32_t insertion = seq_insertion_of(s->seq, number);
	return s->new_firsts[insertion] + (number - s->seq->insertions[insertion].first);
}

/* --- The order --- */

static void add_fragment(struct saving *s, uint32_t first, uint32_t count)
{
	if (s->fragment_count) {
		struct seq_fragment *last = &s->fragments[s->fragment_count - 1];
		if (last->first + last->count == first) {
			last->count += count;
			return;
		}
	}
	s->fragments = mem_room(
	        s->fragments, s->fragment_count, &s->fragment_capacity, sizeof(*s->fragments));
	s->fragments[s->fragment_count++] = (struct seq_fragment){first, count};
}

/* A stretch of elements in new numbers, insertion by insertion. */
static void each_stretch(struct saving *s, uint32_t first, uint32_t count,
        void (*visit)(struct saving *s, uint32_t first, uint32_t count))
{
	if (s->is_same) {
		visit(s, first, count);
		return;
	}
	uint32_t insertion = seq_insertion_of(s->seq, first);
	for (uint32_t part; count > 0; first += part, count -= part, insertion++) {
		uint32_t offset = first - s->seq->insertions[insertion].first;
		part = seq_inserted_count(s->seq, insertion) - offset;
		part = part < count ? part : count;
		visit(s, s->new_firsts[insertion] + offset, part);
	}
}

static void find_fragments(struct saving *s)
{
	const struct seq *seq = s->seq;
	for (uint32_t number = 0; number != SEQ_NONE; number = seq->leaves[number].next) {
		const struct seq_leaf *leaf = &seq->leaves[number];
		for (uint32_t i = 0; i < leaf->count; i++)
			each_stretch(s, leaf->runs[i].first, leaf->runs[i].length, add_fragment);
	}
}

/* --- Deletions --- */

static int deletion_cmp(const void *left, const void *right)
{
	const struct seq_deletion *a = left, *b = right;
	if (a->by.stamp != b->by.stamp)
		return a->by.stamp < b->by.stamp ? -1 : 1;
	if (a->by.index != b->by.index)
		return a->by.index < b->by.index ? -1 : 1;
	return (a->first > b->first) - (a->first < b->first);
}

static void add_deletion(struct saving *s, uint32_t first, uint32_t count)
{
	s->deletions = mem_room(
	        s->deletions, s->deletion_count, &s->deletion_capacity, sizeof(*s->deletions));
	s->deletions[s->deletion_count++] = (struct seq_deletion){{0, 0}, first, count};
}

/* What one operation deletes, sorted, as runs that do not touch. They may overlap before: it can name an element also by its places. */
static void join_deletions(struct saving *s)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < s->deletion_count; i++) {
		const struct seq_deletion *it = &s->deletions[i];
		struct seq_deletion *last = &s->deletions[kept ? kept - 1 : 0];
		uint32_t end = it->first + it->count;
		bool same = kept && last->by.stamp == it->by.stamp && last->by.index == it->by.index;
		if (!same || it->first > last->first + last->count)
			s->deletions[kept++] = *it;
		else if (end > last->first + last->count)
			last->count = end - last->first;
	}
	s->deletion_count = kept;
}

static void find_deletions(struct saving *s)
{
	const struct seq *seq = s->seq;
	bool sorted = true;
	for (uint32_t i = 0; i < seq->deletion_count; i++) {
		const struct seq_deletion *it = &seq->deletions[i];
		uint32_t from = s->deletion_count;
		each_stretch(s, it->first, it->count, add_deletion);
		for (; from < s->deletion_count; from++) {
			s->deletions[from].by = (struct seq_by){s->ranks[it->by.stamp], it->by.index};
			sorted &= from == 0 || deletion_cmp(&s->deletions[from - 1], &s->deletions[from]) < 0;
		}
	}
	if (!sorted)
		qsort(s->deletions, s->deletion_count, sizeof(*s->deletions), deletion_cmp);
	join_deletions(s);
}

/* --- Writing --- */

static void save_stamps(struct saving *s)
{
	const struct doc_stamp *stamps = s->seq->stamps;
	uint32_t *last_seqs = mem_zero(crdt_feeds_count(s->seq->feeds), sizeof(*last_seqs));
	uint64_t last = 0;
	wire_put_varint(s->out, s->stamp_count);
	for (uint32_t i = 0; i < s->stamp_count; i++)
		wire_put_varint(s->out, s->feed_numbers[stamps[s->stamps[i]].feed]);
	for (uint32_t i = 0; i < s->stamp_count; i++) {
		const struct doc_stamp *stamp = &stamps[s->stamps[i]];
		wire_put_zigzag(s->out, (int64_t)stamp->seq - last_seqs[stamp->feed]);
		last_seqs[stamp->feed] = stamp->seq;
	}
	for (uint32_t i = 0; i < s->stamp_count; i++) {
		wire_put_varint(s->out, stamps[s->stamps[i]].lamport - last);
		last = stamps[s->stamps[i]].lamport;
	}
	last = 0;
	for (uint32_t i = 0; i < s->stamp_count; i++) {
		wire_put_zigzag(s->out, (int64_t)(stamps[s->stamps[i]].hlc - last));
		last = stamps[s->stamps[i]].hlc;
	}
	mem_free(last_seqs);
}

static void save_insertions(struct saving *s)
{
	const struct seq *seq = s->seq;
	uint32_t last = 0, next_index = 0;
	wire_put_varint(s->out, seq->insertion_count);
	for (uint32_t i = 0; i < seq->insertion_count; i++) {
		uint32_t rank = s->ranks[seq->insertions[s->insertions[i]].by.stamp];
		wire_put_varint(s->out, rank - last);
		last = rank;
	}
	for (uint32_t i = 0; i < seq->insertion_count; i++) {
		struct seq_by by = seq->insertions[s->insertions[i]].by;
		if (i == 0 || by.stamp != seq->insertions[s->insertions[i - 1]].by.stamp)
			next_index = 0;
		wire_put_varint(s->out, by.index - next_index);
		next_index = by.index + 1;
	}
	for (uint32_t i = 0; i < seq->insertion_count; i++)
		wire_put_varint(s->out, seq_inserted_count(seq, s->insertions[i]));
}

static void save_order(struct saving *s)
{
	uint32_t end = 0;
	wire_put_varint(s->out, s->fragment_count);
	for (uint32_t i = 0; i < s->fragment_count; i++)
		wire_put_varint(s->out, s->fragments[i].count);
	for (uint32_t i = 0; i < s->fragment_count; i++) {
		wire_put_zigzag(s->out, (int64_t)s->fragments[i].first - end);
		end = s->fragments[i].first + s->fragments[i].count;
	}
}

/* 0 for none; else 1 and the number. */
static void put_number(struct buf *out, uint32_t number)
{
	wire_put_varint(out, number == SEQ_NONE ? 0 : (uint64_t)number + 1);
}

static void save_origins(struct saving *s)
{
	const struct seq *seq = s->seq;
	struct seq_origins *predicted = mem_alloc(seq->insertion_count * sizeof(*predicted));
	struct buf rows = {0};
	uint32_t count = 0, last = 0;
	seq_predict(s->fragments, s->fragment_count, s->firsts, seq->insertion_count, predicted);
	for (uint32_t i = 0; i < seq->insertion_count; i++) {
		const struct seq_insertion *it = &seq->insertions[s->insertions[i]];
		uint32_t left = renumbered(s, it->left), right = renumbered(s, it->right);
		if (left == predicted[i].left && right == predicted[i].right)
			continue;
		wire_put_varint(&rows, i - last);
		put_number(&rows, left);
		put_number(&rows, right);
		last = i;
		count++;
	}
	wire_put_varint(s->out, count);
	buf_add_span(s->out, buf_span(&rows));
	buf_close(&rows);
	mem_free(predicted);
}

static void save_deletions(struct saving *s)
{
	struct seq_by last = {0, 0};
	uint32_t end = 0;
	wire_put_varint(s->out, s->deletion_count);
	for (uint32_t i = 0; i < s->deletion_count; i++) {
		wire_put_varint(s->out, s->deletions[i].by.stamp - last.stamp);
		last.stamp = s->deletions[i].by.stamp;
	}
	last.stamp = 0;
	for (uint32_t i = 0; i < s->deletion_count; i++) {
		struct seq_by by = s->deletions[i].by;
		if (by.stamp != last.stamp)
			last.index = 0;
		wire_put_varint(s->out, by.index - last.index);
		last = by;
	}
	for (uint32_t i = 0; i < s->deletion_count; i++)
		wire_put_varint(s->out, s->deletions[i].count);
	for (uint32_t i = 0; i < s->deletion_count; i++) {
		wire_put_zigzag(s->out, (int64_t)s->deletions[i].first - end);
		end = s->deletions[i].first + s->deletions[i].count;
	}
}

static int move_cmp(const void *left, const void *right)
{
	const struct seq_move *a = left, *b = right;
	return (a->place > b->place) - (a->place < b->place);
}

static int taking_cmp(const void *left, const void *right)
{
	const struct seq_taking *a = left, *b = right;
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	if (a->by.stamp != b->by.stamp)
		return a->by.stamp < b->by.stamp ? -1 : 1;
	return (a->by.index > b->by.index) - (a->by.index < b->by.index);
}

/* In new numbers, by place. Owner calls mem_free(). */
static struct seq_taking *find_takings(const struct saving *s)
{
	const struct seq *seq = s->seq;
	struct seq_taking *takings = mem_alloc(seq->taking_count * sizeof(*takings));
	for (uint32_t i = 0; i < seq->taking_count; i++) {
		struct seq_by by = seq->takings[i].by;
		takings[i] = (struct seq_taking){
		        {s->ranks[by.stamp], by.index}, renumbered(s, seq->takings[i].place)};
	}
	if (seq->taking_count > 1)
		qsort(takings, seq->taking_count, sizeof(*takings), taking_cmp);
	return takings;
}

/* What took one move back. */
static void save_takings(struct saving *s, const struct seq_taking *takings, uint32_t count)
{
	struct seq_by last = {0, 0};
	wire_put_varint(s->out, count);
	for (uint32_t i = 0; i < count; i++) {
		struct seq_by by = takings[i].by;
		wire_put_varint(s->out, by.stamp - last.stamp);
		wire_put_varint(s->out, by.index - (by.stamp == last.stamp ? last.index : 0));
		last = by;
	}
}

static void save_moves(struct saving *s)
{
	const struct seq *seq = s->seq;
	struct seq_move *moves = mem_alloc(seq->move_count * sizeof(*moves));
	uint32_t last = 0;
	for (uint32_t i = 0; i < seq->move_count; i++) {
		moves[i] = seq->moves[i];
		moves[i].place = renumbered(s, moves[i].place);
		moves[i].element = renumbered(s, moves[i].element);
	}
	if (seq->move_count > 1)
		qsort(moves, seq->move_count, sizeof(*moves), move_cmp);
	struct seq_taking *takings = find_takings(s);
	wire_put_varint(s->out, seq->move_count);
	for (uint32_t i = 0, from = 0, to = 0; i < seq->move_count; i++, from = to) {
		while (to < seq->taking_count && takings[to].place == moves[i].place)
			to++;
		wire_put_varint(s->out, moves[i].place - last);
		put_number(s->out, moves[i].element);
		save_takings(s, takings + from, to - from);
		last = moves[i].place;
	}
	mem_free(moves);
	mem_free(takings);
}

bool seq_has_takings(const struct seq *seq)
{
	return seq->taking_count > 0;
}

static void save_content(struct saving *s)
{
	wire_put_varint(s->out, s->seq->content.size);
	for (uint32_t i = 0; i < s->seq->insertion_count; i++)
		buf_add_span(s->out, seq_insertion_content(s->seq, s->insertions[i]));
}

void seq_save(const struct seq *seq, const uint32_t *feed_numbers, struct buf *out)
{
	struct saving s = {.seq = seq, .feed_numbers = feed_numbers, .out = out};
	rank_stamps(&s);
	number_elements(&s);
	find_fragments(&s);
	find_deletions(&s);
	save_stamps(&s);
	save_insertions(&s);
	save_order(&s);
	save_origins(&s);
	save_deletions(&s);
	if (seq->kind == SEQ_LIST)
		save_moves(&s);
	save_content(&s);
	mem_free(s.stamps);
	mem_free(s.ranks);
	mem_free(s.insertions);
	mem_free(s.firsts);
	mem_free(s.new_firsts);
	mem_free(s.fragments);
	mem_free(s.deletions);
}
