/*
 * Elements of a list that were moved (crdt/README.md, section 9). An element shows where it was inserted or at one of its places: that of
 * its winning move.
 */
#include <stdlib.h>

#include "crdt/seq_state.h"

/* --- Finding --- */

/* The move that made this place; NULL when the element is no place. */
static struct seq_move *move_of(const struct seq *seq, uint32_t place)
{
	uint32_t low = 0, high = seq->move_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (seq->moves[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low < seq->move_count && seq->moves[low].place == place ? &seq->moves[low] : NULL;
}

/* The first moved element that is not before `element`. */
static uint32_t moved_bound(const struct seq *seq, uint32_t element)
{
	uint32_t low = 0, high = seq->moved_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (seq->moved[middle].element < element)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The row of an element; NULL when it was never moved. */
static const struct seq_moved *moved_of(const struct seq *seq, uint32_t element)
{
	uint32_t i = moved_bound(seq, element);
	return i < seq->moved_count && seq->moved[i].element == element ? &seq->moved[i] : NULL;
}

bool seq_is_place(const struct seq *seq, uint32_t number)
{
	return move_of(seq, number) != NULL;
}

uint32_t seq_shown(const struct seq *seq, uint32_t number)
{
	const struct seq_move *move = seq->move_count ? move_of(seq, number) : NULL;
	return move ? move->element : number;
}

uint32_t seq_stands(const struct seq *seq, uint32_t number)
{
	uint32_t element = seq_shown(seq, number);
	const struct seq_moved *moved = moved_of(seq, element);
	return moved && moved->at != SEQ_NONE ? moved->at : element;
}

bool seq_is_deleted(const struct seq *seq, uint32_t number)
{
	uint32_t element = seq_shown(seq, number);
	const struct seq_moved *moved = moved_of(seq, element);
	return moved ? moved->is_deleted : element != SEQ_NONE && !seq_is_visible(seq, element);
}

bool seq_next_move(const struct seq *seq, uint32_t element, uint32_t *cursor, uint32_t *place)
{
	while (*cursor < seq->move_count) {
		const struct seq_move *move = &seq->moves[(*cursor)++];
		*place = move->place;
		if (move->element == element)
			return true;
	}
	return false;
}

/* --- Who wins --- */

static bool beats(const struct seq *seq, uint32_t place, uint32_t other)
{
	uint64_t lamport = seq_origin(seq, place).stamp->lamport,
	         other_lamport = seq_origin(seq, other).stamp->lamport;
	return lamport != other_lamport ? lamport > other_lamport : seq_op_cmp(seq, place, other) > 0;
}

/* The moves of one element are a pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986), by numbers in seq->moves: however many there are, and
 * however many are taken back, the one that wins is found in about the logarithm of their number. Those that were taken back leave when
 * they are on top. */
static uint32_t meld(const struct seq *seq, uint32_t a, uint32_t b)
{
	if (a == SEQ_NONE || b == SEQ_NONE)
		return a == SEQ_NONE ? b : a;
	bool is_a = beats(seq, seq->moves[a].place, seq->moves[b].place);
	uint32_t top = is_a ? a : b, other = is_a ? b : a;
	seq->moves[other].sibling = seq->moves[top].child;
	seq->moves[top].child = other;
	return top;
}

/* Cut the first off a list of siblings. */
static uint32_t cut(const struct seq *seq, uint32_t *list)
{
	uint32_t first = *list;
	if (first == SEQ_NONE)
		return SEQ_NONE;
	*list = seq->moves[first].sibling;
	seq->moves[first].sibling = SEQ_NONE;
	return first;
}

/* What is left of a heap without its top: its children in pairs, and these from the last one on. */
static uint32_t without_top(const struct seq *seq, uint32_t top)
{
	uint32_t children = seq->moves[top].child, pairs = SEQ_NONE, heap = SEQ_NONE;
	seq->moves[top].child = SEQ_NONE;
	while (children != SEQ_NONE) {
		uint32_t a = cut(seq, &children), b = cut(seq, &children), pair = meld(seq, a, b);
		seq->moves[pair].sibling = pairs;
		pairs = pair;
	}
	while (pairs != SEQ_NONE)
		heap = meld(seq, heap, cut(seq, &pairs));
	return heap;
}

/* The place where an element shows by its moves; SEQ_NONE: none counts. */
static uint32_t winner(const struct seq *seq, struct seq_moved *moved)
{
	while (moved->top != SEQ_NONE && seq->moves[moved->top].is_taken_back)
		moved->top = without_top(seq, moved->top);
	return moved->top == SEQ_NONE ? SEQ_NONE : seq->moves[moved->top].place;
}

/* Put all moves in order anew. */
static void order_moves(struct seq *seq)
{
	for (uint32_t i = 0; i < seq->moved_count; i++)
		seq->moved[i].top = SEQ_NONE;
	for (uint32_t i = 0; i < seq->move_count; i++) {
		struct seq_move *move = &seq->moves[i];
		move->child = move->sibling = SEQ_NONE;
		if (move->element == SEQ_NONE || move->is_taken_back)
			continue;
		struct seq_moved *moved = &seq->moved[moved_bound(seq, move->element)];
		moved->top = meld(seq, moved->top, i);
	}
}

static void show(struct seq *seq, uint32_t number, bool is_hidden)
{
	seq_tree_hide(seq, seq_tree_place(seq, number), 1, is_hidden);
}

/* Show a moved element at `at` (SEQ_NONE: where it was inserted). */
static void settle(struct seq *seq, struct seq_moved *moved, uint32_t at)
{
	uint32_t before = moved->at == SEQ_NONE ? moved->element : moved->at;
	moved->at = at;
	if (moved->is_deleted)
		return;
	show(seq, before, true);
	show(seq, at == SEQ_NONE ? moved->element : at, false);
}

/* --- What operations do --- */

static struct seq_moved *moved_add(struct seq *seq, uint32_t element)
{
	uint32_t place = moved_bound(seq, element);
	if (place < seq->moved_count && seq->moved[place].element == element)
		return &seq->moved[place];
	seq->moved = mem_gap(seq->moved, seq->moved_count, &seq->moved_capacity, sizeof(*seq->moved), place);
	seq->moved[place] = (struct seq_moved){.element = element,
	        .at = SEQ_NONE,
	        .top = SEQ_NONE,
	        .is_deleted = !seq_is_visible(seq, element)};
	seq->moved_count++;
	return &seq->moved[place];
}

void seq_move_add(struct seq *seq, uint32_t place, uint32_t element)
{
	seq->moves = mem_room(seq->moves, seq->move_count, &seq->move_capacity, sizeof(*seq->moves));
	seq->moves[seq->move_count++] = (struct seq_move){
	        .place = place, .element = element, .child = SEQ_NONE, .sibling = SEQ_NONE};
	show(seq, place, true);
	if (element == SEQ_NONE)
		return;
	struct seq_moved *moved = moved_add(seq, element);
	moved->top = meld(seq, moved->top, seq->move_count - 1);
	if (moved->at == SEQ_NONE || beats(seq, place, moved->at))
		settle(seq, moved, place);
}

void seq_move(struct seq *seq, struct seq_by by, uint32_t element, uint32_t left, uint32_t right)
{
	static const uint8_t nil[] = {0xc0};
	if (element != SEQ_NONE)
		element = seq_shown(seq, element);
	uint32_t place = seq_insert(seq, by, left, right, span_of(nil, sizeof(nil)));
	seq_move_add(seq, place, element);
}

/* The move that made this place, if it moved something, and then `element` unless that is SEQ_NONE. */
static struct seq_move *move_to_take_back(const struct seq *seq, uint32_t place, uint32_t element)
{
	struct seq_move *move = move_of(seq, place);
	bool is_meant = move && move->element != SEQ_NONE &&
	        (element == SEQ_NONE || move->element == element);
	return is_meant ? move : NULL;
}

void seq_take_back(struct seq *seq, struct seq_by by, uint32_t place, uint32_t element)
{
	if (!move_to_take_back(seq, place, element))
		return;
	seq->takings = mem_room(
	        seq->takings, seq->taking_count, &seq->taking_capacity, sizeof(*seq->takings));
	seq->takings[seq->taking_count++] = (struct seq_taking){by, place};
	seq_move_revoke(seq, place, element);
}

void seq_move_revoke(struct seq *seq, uint32_t place, uint32_t element)
{
	struct seq_move *move = move_to_take_back(seq, place, element);
	if (!move || move->is_taken_back)
		return;
	move->is_taken_back = true;
	struct seq_moved *moved = &seq->moved[moved_bound(seq, move->element)];
	if (moved->at == place)
		settle(seq, moved, winner(seq, moved));
}

void seq_moves_restamped(struct seq *seq, uint32_t stamp)
{
	order_moves(seq);
	for (uint32_t i = 0; i < seq->move_count; i++) {
		const struct seq_move *move = &seq->moves[i];
		if (move->element == SEQ_NONE ||
		        seq->insertions[seq_insertion_of(seq, move->place)].by.stamp != stamp)
			continue;
		struct seq_moved *moved = &seq->moved[moved_bound(seq, move->element)];
		uint32_t best = winner(seq, moved);
		if (best != moved->at)
			settle(seq, moved, best);
	}
}

void seq_moves_deleted(struct seq *seq, uint32_t first, uint32_t count)
{
	uint32_t i = moved_bound(seq, first);
	for (; i < seq->moved_count && seq->moved[i].element - first < count; i++) {
		struct seq_moved *moved = &seq->moved[i];
		if (!moved->is_deleted && moved->at != SEQ_NONE)
			show(seq, moved->at, true);
		moved->is_deleted = true;
	}
}

bool seq_moves_show(const struct seq *seq, uint32_t first, uint32_t count)
{
	uint32_t i = moved_bound(seq, first);
	for (; i < seq->moved_count && seq->moved[i].element - first < count; i++)
		if (!seq->moved[i].is_deleted && seq->moved[i].at != SEQ_NONE)
			return true;
	return false;
}

/* --- The past --- */

/* By place in seq->moves: it was there, and not taken back. */
static uint8_t *moves_that_counted(const struct seq *seq, const uint8_t *has)
{
	uint8_t *counted = mem_zero(seq->move_count, 1);
	for (uint32_t i = 0; i < seq->move_count; i++)
		counted[i] = has[seq->insertions[seq_insertion_of(seq, seq->moves[i].place)].by.stamp];
	for (uint32_t i = 0; i < seq->taking_count; i++)
		if (has[seq->takings[i].by.stamp])
			counted[move_of(seq, seq->takings[i].place) - seq->moves] = 0;
	return counted;
}

void seq_moves_past(const struct seq *seq, const uint8_t *has, uint32_t *at)
{
	uint8_t *counted = moves_that_counted(seq, has);
	for (uint32_t i = 0; i < seq->moved_count; i++)
		at[i] = SEQ_NONE;
	for (uint32_t i = 0; i < seq->move_count; i++) {
		const struct seq_move *move = &seq->moves[i];
		if (!counted[i] || move->element == SEQ_NONE)
			continue;
		uint32_t *best = &at[moved_bound(seq, move->element)];
		if (*best == SEQ_NONE || beats(seq, move->place, *best))
			*best = move->place;
	}
	mem_free(counted);
}

/* --- After loading --- */

static int moved_cmp(const void *left, const void *right)
{
	const struct seq_moved *a = left, *b = right;
	return (a->element > b->element) - (a->element < b->element);
}

/* Of the rows of one element make one. */
static void keep_one_each(struct seq *seq)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < seq->moved_count; i++)
		if (kept == 0 || seq->moved[kept - 1].element != seq->moved[i].element)
			seq->moved[kept++] = seq->moved[i];
	seq->moved_count = kept;
}

void seq_moves_fill(struct seq *seq, uint8_t *is_hidden)
{
	seq->moved = mem_zero(seq->move_count, sizeof(*seq->moved));
	seq->moved_capacity = seq->move_count;
	for (uint32_t i = 0; i < seq->move_count; i++) {
		const struct seq_move *move = &seq->moves[i];
		is_hidden[move->place] = 1;
		if (move->element != SEQ_NONE)
			seq->moved[seq->moved_count++] = (struct seq_moved){
			        .element = move->element, .is_deleted = is_hidden[move->element] != 0};
	}
	if (seq->moved_count > 1)
		qsort(seq->moved, seq->moved_count, sizeof(*seq->moved), moved_cmp);
	keep_one_each(seq);
	order_moves(seq);
	for (uint32_t i = 0; i < seq->moved_count; i++) {
		struct seq_moved *moved = &seq->moved[i];
		moved->at = winner(seq, moved);
		if (moved->at == SEQ_NONE)
			continue;
		is_hidden[moved->element] = 1;
		is_hidden[moved->at] = moved->is_deleted;
	}
}
