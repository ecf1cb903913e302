/*
 * Elements of a list that were moved (crdt/README.md, section 9). An element shows where it was inserted or at one of its places: that of
 * its winning move.
 */
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

/* The row of a moved element, NULL when it was not. */
static struct seq_moved *moved_of(const struct seq *seq, uint32_t element)
{
	uint32_t row = seq->moved_rows ? seq->moved_rows[element] : 0;
	return row ? &seq->moved[row - 1] : NULL;
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

/* --- Who wins --- */

static bool beats(const struct seq *seq, uint32_t place, uint32_t other)
{
	uint64_t lamport = seq_origin(seq, place).stamp->lamport,
	         other_lamport = seq_origin(seq, other).stamp->lamport;
	return lamport != other_lamport ? lamport > other_lamport : seq_op_cmp(seq, place, other) > 0;
}

/* Two heaps as one. Skew: the branches change sides, so that a long series takes O(log n) for each (Sleator and Tarjan, 1986). */
static uint32_t meld(struct seq *seq, uint32_t a, uint32_t b)
{
	uint32_t root = SEQ_NONE, *end = &root;
	while (a != SEQ_NONE && b != SEQ_NONE) {
		bool is_b = beats(seq, seq->moves[b].place, seq->moves[a].place);
		uint32_t first = is_b ? b : a;
		struct seq_move *move = &seq->moves[first];
		b = is_b ? a : b;
		a = move->beaten[1];
		move->beaten[1] = move->beaten[0];
		*end = first;
		end = &move->beaten[0];
		seq->steps++;
	}
	*end = a == SEQ_NONE ? b : a;
	return root;
}

/* The winner among those that count. */
static uint32_t without_taken_back(struct seq *seq, uint32_t best)
{
	while (best != SEQ_NONE && seq->moves[best].is_taken_back)
		best = meld(seq, seq->moves[best].beaten[0], seq->moves[best].beaten[1]);
	return best;
}

static uint32_t place_of(const struct seq *seq, uint32_t best)
{
	return best == SEQ_NONE ? SEQ_NONE : seq->moves[best].place;
}

uint32_t seq_moved_to(const struct seq *seq, uint32_t element)
{
	const struct seq_moved *moved = moved_of(seq, element);
	return moved ? place_of(seq, moved->best) : SEQ_NONE;
}

static void show(struct seq *seq, const struct seq_moved *moved, bool is_hidden)
{
	uint32_t place = place_of(seq, moved->best), number = place == SEQ_NONE ? moved->element : place;
	if (!moved->is_deleted)
		seq_tree_hide(seq, seq_tree_place(seq, number), 1, is_hidden);
}

/* Show a moved element where its winning move says. */
static void settle(struct seq *seq, struct seq_moved *moved, uint32_t best)
{
	if (best == moved->best)
		return;
	show(seq, moved, true);
	moved->best = best;
	show(seq, moved, false);
}

/* --- What operations do --- */

static struct seq_moved *moved_add(struct seq *seq, uint32_t element, bool is_deleted)
{
	struct seq_moved *moved = moved_of(seq, element);
	if (moved)
		return moved;
	if (!seq->moved_rows)
		seq->moved_rows = mem_zero(seq->element_capacity, sizeof(*seq->moved_rows));
	seq->moved = mem_room(seq->moved, seq->moved_count, &seq->moved_capacity, sizeof(*seq->moved));
	seq->moved[seq->moved_count++] = (struct seq_moved){element, SEQ_NONE, is_deleted};
	seq->moved_rows[element] = seq->moved_count;
	return &seq->moved[seq->moved_count - 1];
}

void seq_moves_grow(struct seq *seq, uint32_t more)
{
	seq->moved_rows = mem_resize(seq->moved_rows, seq->element_capacity, sizeof(*seq->moved_rows));
	memset(seq->moved_rows + seq->element_count, 0, more * sizeof(*seq->moved_rows));
}

void seq_move_add(struct seq *seq, uint32_t place, uint32_t element)
{
	seq->moves = mem_room(seq->moves, seq->move_count, &seq->move_capacity, sizeof(*seq->moves));
	seq->moves[seq->move_count++] = (struct seq_move){place, element, {SEQ_NONE, SEQ_NONE}, false};
	seq_tree_hide(seq, seq_tree_place(seq, place), 1, true);
	if (element == SEQ_NONE)
		return;
	struct seq_moved *moved = moved_of(seq, element);
	if (!moved)
		moved = moved_add(seq, element, !seq_is_visible(seq, element));
	settle(seq, moved, meld(seq, moved->best, seq->move_count - 1));
}

void seq_move(struct seq *seq, struct seq_by by, uint32_t element, uint32_t left, uint32_t right)
{
	static const uint8_t nil[] = {SEQ_PLACE_CONTENT};
	if (element != SEQ_NONE)
		element = seq_shown(seq, element);
	uint32_t place = seq_insert(seq, by, left, right, span_of(nil, sizeof(nil)));
	seq_move_add(seq, place, element);
}

void seq_take_back(struct seq *seq, uint32_t place, uint32_t element)
{
	struct seq_move *move = move_of(seq, place);
	if (!move || move->element == SEQ_NONE || move->is_taken_back ||
	        (element != SEQ_NONE && move->element != element))
		return;
	move->is_taken_back = true;
	struct seq_moved *moved = moved_of(seq, move->element);
	settle(seq, moved, without_taken_back(seq, moved->best));
}

void seq_moves_deleted(struct seq *seq, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct seq_moved *moved = moved_of(seq, first + i);
		if (!moved)
			continue;
		show(seq, moved, true);
		moved->is_deleted = true;
	}
}

bool seq_moves_show(const struct seq *seq, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct seq_moved *moved = moved_of(seq, first + i);
		if (moved && !moved->is_deleted && moved->best != SEQ_NONE)
			return true;
	}
	return false;
}

/* --- After loading --- */

void seq_moves_fill(struct seq *seq, uint8_t *is_hidden)
{
	for (uint32_t i = 0; i < seq->move_count; i++) {
		struct seq_move *move = &seq->moves[i];
		is_hidden[move->place] = 1;
		move->beaten[0] = move->beaten[1] = SEQ_NONE;
		if (move->element == SEQ_NONE)
			continue;
		struct seq_moved *moved = moved_add(seq, move->element, is_hidden[move->element]);
		if (!move->is_taken_back)
			moved->best = meld(seq, moved->best, i);
	}
	for (uint32_t i = 0; i < seq->moved_count; i++) {
		const struct seq_moved *moved = &seq->moved[i];
		if (moved->best == SEQ_NONE)
			continue;
		is_hidden[moved->element] = 1;
		is_hidden[place_of(seq, moved->best)] = moved->is_deleted;
	}
}
