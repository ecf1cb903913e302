#include <assert.h>
#include <stdlib.h>

#include "crdt/seq_state.h"

uint32_t seq_stamp(struct seq *seq, const struct doc_stamp *stamp)
{
	const struct doc_stamp *last = seq->stamp_count ? &seq->stamps[seq->stamp_count - 1] : NULL;
	if (last && last->feed == stamp->feed && last->seq == stamp->seq)
		return seq->stamp_count - 1;
	seq->stamps = mem_room(seq->stamps, seq->stamp_count, &seq->stamp_capacity, sizeof(*seq->stamps));
	seq->stamps[seq->stamp_count] = *stamp;
	return seq->stamp_count++;
}

const struct doc_stamp *seq_next_stamp(const struct seq *seq, uint32_t *cursor)
{
	return *cursor < seq->stamp_count ? &seq->stamps[(*cursor)++] : NULL;
}

static struct doc_op op_of(const struct seq *seq, uint32_t insertion)
{
	struct seq_by by = seq->insertions[insertion].by;
	return (struct doc_op){seq->stamps[by.stamp].feed, seq->stamps[by.stamp].seq, by.index};
}

uint32_t seq_insertion_count(const struct seq *seq)
{
	return seq->insertion_count;
}

bool seq_insertion_op(const struct seq *seq, uint32_t index, struct doc_op *op)
{
	if (index >= seq->insertion_count)
		return false;
	*op = op_of(seq, index);
	return true;
}

static uint32_t end_of(const struct seq *seq, uint32_t insertion)
{
	return insertion + 1 < seq->insertion_count ? seq->insertions[insertion + 1].first
	                                            : seq->element_count;
}

/* What is looked for in an ascending vector. */
struct wanted {
	const struct seq *seq;
	const struct seq_author *author;
	const struct doc_op *op;
	uint32_t number;
};

/* The last place of `count` that is not after what is wanted, 0 if all are: around a guess in growing steps, then by halves. Vectors here are
 * nearly even, so a good guess is a place or two away, and a bad one costs twice the halving. */
static inline uint32_t search(uint32_t count, uint32_t guess, const struct wanted *wanted,
        bool (*is_after)(const struct wanted *wanted, uint32_t place))
{
	uint32_t low = guess, high = guess, step = 1;
	if (is_after(wanted, guess)) {
		for (; high > 0 && is_after(wanted, low); step *= 2) {
			high = low;
			low -= step < low ? step : low;
		}
	} else {
		for (high = count; low + step < high; step *= 2) {
			if (is_after(wanted, low + step))
				high = low + step;
			else
				low += step;
		}
	}
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (is_after(wanted, middle))
			high = middle;
		else
			low = middle;
	}
	return low;
}

static inline bool begins_after(const struct wanted *wanted, uint32_t place)
{
	return wanted->seq->insertions[place].first > wanted->number;
}

uint32_t seq_insertion_of(const struct seq *seq, uint32_t number)
{
	assert(number < seq->element_count);
	struct wanted wanted = {.seq = seq, .number = number};
	uint32_t guess = (uint32_t)((uint64_t)number * seq->insertion_count / seq->element_count);
	return search(seq->insertion_count, guess, &wanted, begins_after);
}

uint32_t seq_left_origin(const struct seq *seq, uint32_t number)
{
	return seq->elements[number].begins ? seq->insertions[seq_insertion_of(seq, number)].left
	                                    : number - 1;
}

struct seq_origins seq_origins(const struct seq *seq, uint32_t number)
{
	const struct seq_insertion *it = &seq->insertions[seq_insertion_of(seq, number)];
	return (struct seq_origins){number > it->first ? number - 1 : it->left, it->right};
}

int seq_op_cmp(const struct seq *seq, uint32_t a, uint32_t b)
{
	struct doc_op op_a = op_of(seq, seq_insertion_of(seq, a)),
	              op_b = op_of(seq, seq_insertion_of(seq, b));
	return seq->feeds ? doc_op_cmp(seq->feeds, &op_a, &op_b) : doc_op_number_cmp(&op_a, &op_b);
}

/* The first author whose feed is not below this one. */
static uint32_t author_bound(const struct seq *seq, uint32_t feed)
{
	uint32_t low = 0, high = seq->author_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (seq->authors[middle].feed < feed)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct seq_author *author_of(const struct seq *seq, uint32_t feed)
{
	uint32_t place = author_bound(seq, feed);
	return place < seq->author_count && seq->authors[place].feed == feed ? &seq->authors[place] : NULL;
}

static uint32_t seq_of(const struct seq *seq, const struct seq_author *author, uint32_t place)
{
	return seq->stamps[seq->insertions[author->insertions[place]].by.stamp].seq;
}

/* Does the author's insertion at `place` of the list come after the op of the same author? */
static inline bool op_is_after(const struct wanted *wanted, uint32_t place)
{
	const struct seq_insertion *it = &wanted->seq->insertions[wanted->author->insertions[place]];
	uint32_t op_seq = wanted->seq->stamps[it->by.stamp].seq;
	return op_seq != wanted->op->seq ? op_seq > wanted->op->seq : it->by.index > wanted->op->index;
}

/* The place in an author's list of the last insertion that is not after an op; the first one when all are. */
static uint32_t last_until(const struct seq *seq, const struct seq_author *author, const struct doc_op *op)
{
	struct wanted wanted = {.seq = seq, .author = author, .op = op};
	uint32_t last = author->count - 1, first_seq = seq_of(seq, author, 0),
	         last_seq = seq_of(seq, author, last);
	uint32_t guess = op->seq <= first_seq ? 0 : last;
	if (op->seq > first_seq && op->seq < last_seq)
		guess = (uint32_t)((uint64_t)last * (op->seq - first_seq) / (last_seq - first_seq));
	return search(author->count, guess, &wanted, op_is_after);
}

/* The insertion of an op, SEQ_NONE when there is none. */
static uint32_t insertion_by(const struct seq *seq, const struct doc_op *op)
{
	const struct seq_author *author = author_of(seq, op->feed);
	if (!author)
		return SEQ_NONE;
	uint32_t insertion = author->insertions[last_until(seq, author, op)];
	struct doc_op there = op_of(seq, insertion);
	return there.seq == op->seq && there.index == op->index ? insertion : SEQ_NONE;
}

bool seq_restamp(struct seq *seq, const struct doc_stamp *stamp)
{
	const struct seq_author *author = author_of(seq, stamp->feed);
	struct doc_op last = {stamp->feed, stamp->seq, UINT32_MAX};
	bool is_here = false;
	for (uint32_t i = author ? last_until(seq, author, &last) + 1 : 0; i > 0; i--, is_here = true) {
		const struct seq_insertion *it = &seq->insertions[author->insertions[i - 1]];
		if (seq->stamps[it->by.stamp].seq != stamp->seq)
			break;
		seq->stamps[it->by.stamp] = *stamp;
		if (seq->move_count)
			seq_move_restamped(seq, it->first);
	}
	return is_here;
}

uint32_t seq_find(const struct seq *seq, const struct doc_op *op, uint32_t offset)
{
	uint32_t insertion = insertion_by(seq, op);
	if (insertion == SEQ_NONE)
		return SEQ_NONE;
	uint32_t first = seq->insertions[insertion].first;
	return offset < end_of(seq, insertion) - first ? first + offset : SEQ_NONE;
}

struct seq_origin seq_origin(const struct seq *seq, uint32_t number)
{
	uint32_t insertion = seq_insertion_of(seq, number);
	const struct seq_insertion *it = &seq->insertions[insertion];
	return (struct seq_origin){op_of(seq, insertion), number - it->first, &seq->stamps[it->by.stamp]};
}

uint32_t seq_inserted_count(const struct seq *seq, uint32_t insertion)
{
	return end_of(seq, insertion) - seq->insertions[insertion].first;
}

static size_t content_start(const struct seq *seq, uint32_t insertion)
{
	if (insertion == seq->insertion_count)
		return seq->content.size;
	struct seq_place place = seq_tree_place(seq, seq->insertions[insertion].first);
	const struct seq_run *run = seq_run_at(seq, place);
	return run->byte_at + seq_tree_measure(seq, run, place.offset).bytes;
}

struct span seq_insertion_content(const struct seq *seq, uint32_t insertion)
{
	size_t start = content_start(seq, insertion);
	return span_sub(buf_span(&seq->content), start, content_start(seq, insertion + 1) - start);
}

bool seq_insertion_is_seen(const struct seq *seq, uint32_t index)
{
	uint32_t end = end_of(seq, index);
	for (uint32_t at = seq->insertions[index].first; at < end;) {
		const struct seq_run *run = seq_run_at(seq, seq_tree_place(seq, at));
		if (!run->is_hidden)
			return !seq_is_place(seq, at);
		at = run->first + run->length;
	}
	return seq_moves_show(seq, seq->insertions[index].first, seq_inserted_count(seq, index));
}

void seq_author_add(struct seq *seq, uint32_t insertion)
{
	struct doc_op op = op_of(seq, insertion);
	struct seq_author *author = author_of(seq, op.feed);
	if (!author) {
		uint32_t place = author_bound(seq, op.feed);
		seq->authors = mem_gap(
		        seq->authors, seq->author_count, &seq->author_capacity, sizeof(*seq->authors), place);
		author = &seq->authors[place];
		*author = (struct seq_author){.feed = op.feed};
		seq->author_count++;
	}
	author->insertions = mem_room(
	        author->insertions, author->count, &author->capacity, sizeof(*author->insertions));
	author->insertions[author->count++] = insertion;
}

/* Deletions may lie over one another as often as there are some: so their edges are counted, not their elements. */
void seq_mark_deleted(const struct seq *seq, const uint8_t *has, uint8_t *is_deleted)
{
	if (seq->deletion_count == 0)
		return;
	uint32_t *edges = mem_zero((size_t)seq->element_count + 1, sizeof(*edges)), depth = 0;
	for (uint32_t i = 0; i < seq->deletion_count; i++) {
		const struct seq_deletion *it = &seq->deletions[i];
		if (has && !has[it->by.stamp])
			continue;
		edges[it->first]++;
		edges[it->first + it->count]--;
	}
	for (uint32_t i = 0; i < seq->element_count; i++) {
		depth += edges[i];
		is_deleted[i] = depth > 0;
	}
	mem_free(edges);
}

struct insertion_key {
	struct doc_op op;
	uint32_t insertion;
};

static int insertion_key_cmp(const void *left, const void *right)
{
	const struct insertion_key *a = left, *b = right;
	return doc_op_number_cmp(&a->op, &b->op);
}

/* Put an author's list in order. It is, unless the author's Lamport clock went back. False: two are of one op. */
static bool sort_insertions(const struct seq *seq, struct seq_author *author)
{
	struct insertion_key *keys = mem_alloc(author->count * sizeof(*keys));
	bool sorted = true, unique = true;
	for (uint32_t i = 0; i < author->count; i++) {
		keys[i] = (struct insertion_key){op_of(seq, author->insertions[i]), author->insertions[i]};
		sorted &= i == 0 || insertion_key_cmp(&keys[i - 1], &keys[i]) < 0;
	}
	if (!sorted)
		qsort(keys, author->count, sizeof(*keys), insertion_key_cmp);
	for (uint32_t i = 0; i < author->count; i++) {
		author->insertions[i] = keys[i].insertion;
		unique &= i == 0 || insertion_key_cmp(&keys[i - 1], &keys[i]) != 0;
	}
	mem_free(keys);
	return unique;
}

bool seq_authors_fill(struct seq *seq)
{
	for (uint32_t i = 0; i < seq->insertion_count; i++)
		seq_author_add(seq, i);
	bool unique = true;
	for (uint32_t i = 0; i < seq->author_count; i++)
		unique &= sort_insertions(seq, &seq->authors[i]);
	return unique;
}

bool seq_joins(const struct seq *seq, const struct seq_run *a, const struct seq_run *b)
{
	if (a->first + a->length != b->first || a->byte_at + a->bytes != b->byte_at)
		return false;
	if (!seq->elements[b->first].begins)
		return true;
	const struct seq_insertion *it = &seq->insertions[seq_insertion_of(seq, b->first)];
	return it->left == b->first - 1 && it->right == it[-1].right;
}
