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

uint32_t seq_stands(const struct seq *seq, uint32_t number)
{
	uint32_t element = seq_shown(seq, number),
	         place = element == SEQ_NONE ? SEQ_NONE : seq_moved_to(seq, element);
	return place != SEQ_NONE ? place : element;
}

bool seq_is_deleted(const struct seq *seq, uint32_t number)
{
	uint32_t element = seq_shown(seq, number);
	if (element == SEQ_NONE)
		return false;
	const struct seq_moved *moved = moved_of(seq, element);
	return moved ? moved->is_deleted : !seq_is_visible(seq, element);
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
	struct seq_moved *moved = moved_of(seq, move->element);
	settle(seq, moved, without_taken_back(seq, moved->best));
}

void seq_move_restamped(struct seq *seq, uint32_t place)
{
	struct seq_move *move = move_of(seq, place);
	struct seq_moved *moved = move && move->element != SEQ_NONE ? moved_of(seq, move->element) : NULL;
	if (!moved || moved->best != (uint32_t)(move - seq->moves))
		return;
	uint32_t beaten = meld(seq, move->beaten[0], move->beaten[1]);
	move->beaten[0] = move->beaten[1] = SEQ_NONE;
	settle(seq, moved, without_taken_back(seq, meld(seq, beaten, moved->best)));
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
		uint32_t *best = &at[moved_of(seq, move->element) - seq->moved];
		if (*best == SEQ_NONE || beats(seq, move->place, *best))
			*best = move->place;
	}
	mem_free(counted);
}

/* --- For tests --- */

/* A move that counts is in its element's heap: above those that it wins over, and not above the root. */
static bool is_sound(const struct seq *seq, const struct seq_move *move)
{
	uint32_t best = moved_of(seq, move->element)->best;
	bool good = best != SEQ_NONE && !beats(seq, move->place, place_of(seq, best));
	for (int i = 0; i < 2 && good; i++)
		good = move->beaten[i] == SEQ_NONE || beats(seq, move->place, place_of(seq, move->beaten[i]));
	return good;
}

bool seq_moves_are_sound(const struct seq *seq)
{
	for (uint32_t i = 0; i < seq->move_count; i++) {
		const struct seq_move *move = &seq->moves[i];
		if (move->element != SEQ_NONE && !move->is_taken_back && !is_sound(seq, move))
			return false;
	}
	for (uint32_t i = 0; i < seq->moved_count; i++)
		if (seq->moved[i].best != SEQ_NONE && seq->moves[seq->moved[i].best].is_taken_back)
			return false;
	return true;
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
