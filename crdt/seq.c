#include "crdt/seq.h"

#include "crdt/seq_state.h"

struct seq *seq_new(enum seq_kind kind, struct crdt_feeds *feeds)
{
	struct seq *seq = mem_zero(1, sizeof(*seq));
	seq->kind = kind;
	seq->feeds = feeds;
	seq_tree_init(seq);
	return seq;
}

/* A vector without room to grow. */
static void *copied(const void *items, uint32_t count, uint32_t *capacity, size_t item_bytes)
{
	*capacity = count;
	return count ? mem_copy(items, count * item_bytes) : NULL;
}

struct seq *seq_copy(const struct seq *from)
{
	struct seq *seq = mem_copy(from, sizeof(*from));
	seq->leaves = copied(from->leaves, from->leaf_count, &seq->leaf_capacity, sizeof(*seq->leaves));
	seq->branches = copied(
	        from->branches, from->branch_count, &seq->branch_capacity, sizeof(*seq->branches));
	seq->insertions = copied(
	        from->insertions, from->insertion_count, &seq->insertion_capacity, sizeof(*seq->insertions));
	seq->deletions = copied(
	        from->deletions, from->deletion_count, &seq->deletion_capacity, sizeof(*seq->deletions));
	seq->deleted = copied(from->deleted, from->deleted_words, &seq->deleted_words, sizeof(*seq->deleted));
	seq->moves = copied(from->moves, from->move_count, &seq->move_capacity, sizeof(*seq->moves));
	seq->takings = copied(
	        from->takings, from->taking_count, &seq->taking_capacity, sizeof(*seq->takings));
	seq->moved = copied(from->moved, from->moved_count, &seq->moved_capacity, sizeof(*seq->moved));
	if (from->moved_rows)
		seq->moved_rows = mem_copy(from->moved_rows, from->element_count * sizeof(*seq->moved_rows));
	seq->stamps = copied(from->stamps, from->stamp_count, &seq->stamp_capacity, sizeof(*seq->stamps));
	seq->authors = copied(
	        from->authors, from->author_count, &seq->author_capacity, sizeof(*seq->authors));
	seq->elements = copied(
	        from->elements, from->element_count, &seq->element_capacity, sizeof(*seq->elements));
	if (from->is_indexed) {
		seq->tops = copied(from->tops, from->insertion_count, &seq->top_capacity, sizeof(*seq->tops));
		seq->reaches = copied(
		        from->reaches, from->branch_count, &seq->reach_capacity, sizeof(*seq->reaches));
	}
	for (uint32_t i = 0; i < seq->author_count; i++) {
		struct seq_author *author = &seq->authors[i];
		author->insertions = copied(
		        author->insertions, author->count, &author->capacity, sizeof(*author->insertions));
	}
	seq->content = (struct buf){0};
	buf_add_span(&seq->content, buf_span(&from->content));
	return seq;
}

void seq_trim(struct seq *seq)
{
	seq->leaves = mem_fit(seq->leaves, seq->leaf_count, &seq->leaf_capacity, sizeof(*seq->leaves));
	seq->branches = mem_fit(
	        seq->branches, seq->branch_count, &seq->branch_capacity, sizeof(*seq->branches));
	seq->insertions = mem_fit(
	        seq->insertions, seq->insertion_count, &seq->insertion_capacity, sizeof(*seq->insertions));
	seq->deletions = mem_fit(
	        seq->deletions, seq->deletion_count, &seq->deletion_capacity, sizeof(*seq->deletions));
	seq->moves = mem_fit(seq->moves, seq->move_count, &seq->move_capacity, sizeof(*seq->moves));
	seq->takings = mem_fit(seq->takings, seq->taking_count, &seq->taking_capacity, sizeof(*seq->takings));
	seq->moved = mem_fit(seq->moved, seq->moved_count, &seq->moved_capacity, sizeof(*seq->moved));
	seq->stamps = mem_fit(seq->stamps, seq->stamp_count, &seq->stamp_capacity, sizeof(*seq->stamps));
	seq->authors = mem_fit(seq->authors, seq->author_count, &seq->author_capacity, sizeof(*seq->authors));
	if (seq->moved_rows)
		seq->moved_rows = mem_resize(seq->moved_rows, seq->element_count, sizeof(*seq->moved_rows));
	seq->elements = mem_fit(
	        seq->elements, seq->element_count, &seq->element_capacity, sizeof(*seq->elements));
	if (seq->is_indexed) {
		seq->tops = mem_fit(seq->tops, seq->insertion_count, &seq->top_capacity, sizeof(*seq->tops));
		seq->reaches = mem_fit(
		        seq->reaches, seq->branch_count, &seq->reach_capacity, sizeof(*seq->reaches));
	}
	for (uint32_t i = 0; i < seq->author_count; i++) {
		struct seq_author *author = &seq->authors[i];
		author->insertions = mem_fit(
		        author->insertions, author->count, &author->capacity, sizeof(*author->insertions));
	}
	buf_fit(&seq->content);
}

void seq_free(struct seq *seq)
{
	if (!seq)
		return;
	for (uint32_t i = 0; i < seq->author_count; i++)
		mem_free(seq->authors[i].insertions);
	mem_free(seq->authors);
	mem_free(seq->leaves);
	mem_free(seq->branches);
	mem_free(seq->insertions);
	mem_free(seq->deletions);
	mem_free(seq->deleted);
	mem_free(seq->moves);
	mem_free(seq->takings);
	mem_free(seq->moved);
	mem_free(seq->moved_rows);
	mem_free(seq->stamps);
	mem_free(seq->elements);
	mem_free(seq->tops);
	mem_free(seq->reaches);
	buf_close(&seq->content);
	mem_free(seq);
}

size_t seq_memory_bytes(const struct seq *seq)
{
	size_t bytes = sizeof(*seq) + seq->content.capacity + seq->leaf_capacity * sizeof(*seq->leaves) +
	        seq->branch_capacity * sizeof(*seq->branches) +
	        seq->insertion_capacity * sizeof(*seq->insertions) +
	        seq->deletion_capacity * sizeof(*seq->deletions) +
	        seq->deleted_words * sizeof(*seq->deleted) + seq->move_capacity * sizeof(*seq->moves) +
	        seq->taking_capacity * sizeof(*seq->takings) + seq->moved_capacity * sizeof(*seq->moved) +
	        seq->stamp_capacity * sizeof(*seq->stamps) + seq->author_capacity * sizeof(*seq->authors) +
	        seq->element_capacity * sizeof(*seq->elements) + seq->top_capacity * sizeof(*seq->tops) +
	        seq->reach_capacity * sizeof(*seq->reaches);
	if (seq->moved_rows)
		bytes += seq->element_capacity * sizeof(*seq->moved_rows);
	for (uint32_t i = 0; i < seq->author_count; i++)
		bytes += seq->authors[i].capacity * sizeof(*seq->authors[i].insertions);
	return bytes;
}

/* --- Inserting --- */

static void grow_elements(struct seq *seq, uint32_t more)
{
	uint32_t count = seq->element_count + more;
	if (count > seq->element_capacity) {
		seq->element_capacity = count + count / 4 + 16;
		seq->elements = mem_resize(seq->elements, seq->element_capacity, sizeof(*seq->elements));
	}
	memset(seq->elements + seq->element_count, 0, more * sizeof(*seq->elements));
	if (seq->moved_rows)
		seq_moves_grow(seq, more);
	seq->element_count = count;
}

/* What is typed behind a visible run goes on in it. */
static bool extend(struct seq *seq, struct seq_place place, const struct seq_run *more)
{
	if (place.offset || !seq_tree_last_run(seq, &place))
		return false;
	const struct seq_run *run = seq_run_at(seq, place);
	if (run->is_hidden || !seq_run_fits(run->length + more->length, run->bytes + more->bytes) ||
	        !seq_joins(seq, run, more))
		return false;
	seq_tree_extend(seq, place, seq_visible(more));
	return true;
}

/* Put the elements from `first` on, whose content is `content`, at a place, in runs of bounded length. */
static void put_runs(struct seq *seq, struct seq_place place, uint32_t first, struct span content)
{
	uint32_t byte_at = (uint32_t)(seq->content.size - content.size);
	for (struct seq_size size; content.size; content = span_sub(content, size.bytes, content.size)) {
		size = seq_measure_run(seq->kind, content);
		struct seq_run run = {.first = first,
		        .byte_at = byte_at,
		        .bytes = size.bytes,
		        .length = (uint16_t)size.elements,
		        .wide = size.wide & 0x7fff};
		if (!extend(seq, place, &run))
			seq_tree_insert(seq, place, &run);
		first += size.elements;
		byte_at += size.bytes;
		if (content.size > size.bytes)
			place = seq_tree_behind(seq, first - 1);
	}
}

static void add_insertion(struct seq *seq, const struct seq_insertion *insertion, struct span content)
{
	seq->insertions = mem_room(
	        seq->insertions, seq->insertion_count, &seq->insertion_capacity, sizeof(*seq->insertions));
	seq->insertions[seq->insertion_count++] = *insertion;
	grow_elements(seq, seq_measure(seq->kind, content).elements);
	seq->elements[insertion->first].begins = 1;
	buf_add_span(&seq->content, content);
	if (seq->is_indexed)
		seq_reach_note(seq);
}

void seq_insert_at(
        struct seq *seq, struct seq_place place, const struct seq_insertion *insertion, struct span content)
{
	add_insertion(seq, insertion, content);
	put_runs(seq, place, insertion->first, content);
}

void seq_insert_more(struct seq *seq, struct seq_place left, struct seq_place place, struct span content)
{
	struct seq_size size = seq_measure(seq->kind, content);
	const struct seq_run *run = seq_run_at(seq, left);
	uint32_t first = seq->element_count;
	bool fits = !run->is_hidden && run->byte_at + run->bytes == seq->content.size &&
	        seq_run_fits(run->length + size.elements, run->bytes + size.bytes);
	grow_elements(seq, size.elements);
	buf_add_span(&seq->content, content);
	if (fits)
		seq_tree_extend(seq, left, size);
	else
		put_runs(seq, place, first, content);
}

uint32_t seq_insert(struct seq *seq, struct seq_by by, uint32_t left, uint32_t right, struct span content)
{
	struct seq_insertion insertion = {seq->element_count, left, right, by};
	add_insertion(seq, &insertion, content);
	seq_author_add(seq, seq->insertion_count - 1);
	put_runs(seq, seq_order_place(seq, &insertion), insertion.first, content);
	return insertion.first;
}

/* --- Deleting --- */

/* Letters deleted one after the other, forward or backward, are one deletion. */
static bool extend_deletion(struct seq *seq, struct seq_by by, uint32_t first, uint32_t count)
{
	if (seq->deletion_count == 0)
		return false;
	struct seq_deletion *last = &seq->deletions[seq->deletion_count - 1];
	if (last->by.stamp != by.stamp || last->by.index != by.index)
		return false;
	if (first + count == last->first)
		last->first = first;
	else if (last->first + last->count != first)
		return false;
	last->count += count;
	return true;
}

static void add_deletion(struct seq *seq, struct seq_by by, uint32_t first, uint32_t count)
{
	if (extend_deletion(seq, by, first, count))
		return;
	seq->deletions = mem_room(
	        seq->deletions, seq->deletion_count, &seq->deletion_capacity, sizeof(*seq->deletions));
	seq->deletions[seq->deletion_count++] = (struct seq_deletion){by, first, count};
}

enum { WORD_BITS = 64 };

/* Whoever deletes what is deleted passes over it, 64 elements at a time. From `at` on: the first one that was not, or one behind `end`. */
static uint32_t first_kept(const struct seq *seq, uint32_t at, uint32_t end)
{
	while (at < end) {
		uint64_t kept = ~seq->deleted[at / WORD_BITS] >> at % WORD_BITS;
		if (kept)
			return at + (uint32_t)__builtin_ctzll(kept);
		at = (at / WORD_BITS + 1) * WORD_BITS;
	}
	return at;
}

static void mark_deleted(struct seq *seq, uint32_t first, uint32_t end)
{
	for (uint32_t next; first < end; first = next) {
		next = (first / WORD_BITS + 1) * WORD_BITS;
		uint64_t bits = UINT64_MAX << first % WORD_BITS;
		if (next > end)
			bits &= UINT64_MAX >> (next - end);
		seq->deleted[first / WORD_BITS] |= bits;
	}
}

static void grow_deleted(struct seq *seq, uint32_t end)
{
	uint32_t words = (end - 1) / WORD_BITS + 1, more = seq->element_count / WORD_BITS + 1;
	if (words <= seq->deleted_words)
		return;
	seq->deleted = mem_resize(seq->deleted, more, sizeof(*seq->deleted));
	memset(seq->deleted + seq->deleted_words, 0, (more - seq->deleted_words) * sizeof(*seq->deleted));
	seq->deleted_words = more;
}

void seq_hide_elements(struct seq *seq, uint32_t first, uint32_t count)
{
	uint32_t end = first + count;
	grow_deleted(seq, end);
	for (uint32_t at = first_kept(seq, first, end), done; at < end; at = first_kept(seq, at, end)) {
		done = seq_tree_hide(seq, seq_tree_place(seq, at), end - at, true);
		if (seq->moved_count)
			seq_moves_deleted(seq, at, done);
		mark_deleted(seq, at, at + done);
		seq->steps++;
	}
}

static void delete_elements(struct seq *seq, struct seq_by by, uint32_t first, uint32_t count)
{
	add_deletion(seq, by, first, count);
	seq_hide_elements(seq, first, count);
}

void seq_delete(struct seq *seq, struct seq_by by, const struct doc_op *op, uint32_t offset, uint32_t count)
{
	uint32_t first = seq_find(seq, op, offset),
	         element = first == SEQ_NONE ? first : seq_shown(seq, first);
	if (element == SEQ_NONE)
		return;
	uint32_t insertion = seq_insertion_of(seq, first);
	uint32_t left = seq->insertions[insertion].first + seq_inserted_count(seq, insertion) - first;
	delete_elements(seq, by, element, count < left ? count : left);
}

void seq_clear(struct seq *seq, struct seq_by by, const struct doc_op *op)
{
	uint32_t first = seq_find(seq, op, 0);
	if (first == SEQ_NONE)
		return;
	if (seq_is_place(seq, first))
		seq_take_back(seq, by, first, SEQ_NONE);
	else
		delete_elements(seq, by, first, seq_inserted_count(seq, seq_insertion_of(seq, first)));
}
