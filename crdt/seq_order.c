/*
 * Where an insertion goes: crdt/README.md, section 9. Written for any origins, seen by an author or made up.
 *
 * Only the first element of a run can have a left origin outside of it. So a run is looked at by its first element (or the first one behind
 * the left origin, when that stands inside the run), and the rest of it belongs to that element's right subtree.
 *
 * Mostly nothing or little stands between the origins, and the runs there are looked at one after the other. Who meets many too often has
 * the index made (seq_reach.c), and halves.
 */
#include "crdt/seq_state.h"

/* Without the index there is credit for so many more runs than seq->walk, to which each insertion adds. */
enum { WALK_CREDIT = 4096, WALK_EARNED = 8 };

static uint32_t number_at(const struct seq *seq, struct seq_place place)
{
	return seq_run_at(seq, place)->first + place.offset;
}

static bool is_left_child(const struct seq *seq, struct seq_origins origins)
{
	return origins.right != SEQ_NONE && seq_left_origin(seq, origins.right) == origins.left;
}

/* Among right siblings: does `insertion` come before the one with element `number`? */
static bool comes_before(const struct seq *seq, const struct seq_insertion *insertion, uint32_t number,
        struct seq_origins origins)
{
	if (insertion->right != origins.right)
		return seq_tree_ordered(seq, origins.right, insertion->right);
	return seq_op_cmp(seq, insertion->first, number) < 0;
}

/* Is an element at or before this left origin (SEQ_NONE: the start)? */
static bool is_up_to(const struct seq *seq, uint32_t number, uint32_t left)
{
	return left != SEQ_NONE && !seq_tree_ordered(seq, left, number);
}

/* --- Walking: at most so many runs. False: the place was not reached --- */

/* Forwards over the left origin's right subtree. `place` is where the sibling that is being passed begins: with its left subtree. */
static bool walk_on_right(const struct seq *seq, const struct seq_insertion *insertion, uint32_t *steps,
        struct seq_place *place)
{
	struct seq_place at = *place = seq_tree_behind(seq, insertion->left);
	bool in_sibling = false;
	if (!seq_is_end(seq, at) && number_at(seq, at) == insertion->right)
		return true; /* nothing stands between */
	for (; !seq_is_end(seq, at); at = seq_tree_next_run(seq, at)) {
		uint32_t number = number_at(seq, at);
		struct seq_origins origins = seq_origins(seq, number);
		if ((*steps)-- == 0)
			return false;
		if (origins.left != insertion->left) {
			if (insertion->left != SEQ_NONE &&
			        (origins.left == SEQ_NONE ||
			                seq_tree_ordered(seq, origins.left, insertion->left)))
				break;
			continue;
		}
		if (!in_sibling)
			*place = at;
		in_sibling = is_left_child(seq, origins);
		if (!in_sibling && comes_before(seq, insertion, number, origins))
			return true;
	}
	*place = at;
	return true;
}

/* Backwards over the right origin's left subtree, which holds what was inserted between the same two elements. */
static bool walk_on_left(const struct seq *seq, const struct seq_insertion *insertion, uint32_t *steps,
        struct seq_place *place)
{
	struct seq_place at = *place = seq_tree_place(seq, insertion->right);
	if (place->offset > 0)
		return true; /* its left origin stands right before it */
	while (seq_tree_last_run(seq, &at)) {
		const struct seq_run *run = seq_run_at(seq, at);
		if (insertion->left - run->first < run->length)
			break;
		struct seq_origins origins = seq_origins(seq, run->first);
		if ((*steps)-- == 0)
			return false;
		if (origins.left != insertion->left)
			continue; /* in the right subtree of one that comes */
		if (origins.right == insertion->right) {
			if (seq_op_cmp(seq, run->first, insertion->first) < 0)
				break;
		} else if (!is_left_child(seq, origins) ||
		        !seq_tree_ordered(seq, origins.right, insertion->right)) {
			break; /* not under the right origin any more */
		}
		*place = at;
	}
	return true;
}

/* --- Halving --- */

/* The place of a left child, under its right origin, or of a right child; `top` is what that has as its top. */
struct search {
	struct seq *seq;
	const struct seq_insertion *insertion;
	bool is_left;
	uint32_t top;
};

/* What has the same left origin stands in the order in which it is compared with the insertion: first what comes before it. Does the next
 * one of these from `at` on come before? What stands up to the left origin does, too. */
static bool comes_first(const struct search *search, struct seq_place at)
{
	struct seq *seq = search->seq;
	const struct seq_insertion *insertion = search->insertion;
	if (is_up_to(seq, number_at(seq, at), insertion->left))
		return true;
	at = seq_reach_next(seq, at, SEQ_REACH_LOW, insertion->left);
	if (seq_is_end(seq, at) || seq_left_origin(seq, number_at(seq, at)) != insertion->left)
		return false; /* behind the left origin's right subtree */
	/* The sibling in whose left subtree that is, or itself. */
	at = seq_reach_next(seq, at, SEQ_REACH_TOP, search->top);
	if (seq_is_end(seq, at))
		return false;
	uint32_t number = number_at(seq, at);
	struct seq_origins origins = seq_origins(seq, number);
	if (!search->is_left)
		return !comes_before(seq, insertion, number, origins);
	if (origins.right == insertion->right && origins.left == insertion->left)
		return seq_op_cmp(seq, number, insertion->first) < 0;
	return seq_tree_ordered(seq, number, insertion->right); /* it is not in that left subtree */
}

/* The last run that comes first by its first element; the first run of all in any case. */
static struct seq_place last_first(const struct search *search)
{
	const struct seq *seq = search->seq;
	uint32_t node = seq->root;
	for (uint32_t height = seq->height;; height--) {
		const uint32_t *children = height ? seq->branches[node].children : NULL;
		uint32_t low = 0, high = height ? seq->branches[node].count : seq->leaves[node].count;
		while (high - low > 1) {
			uint32_t middle = low + (high - low) / 2;
			struct seq_place at = {node, middle, 0};
			if (height)
				at = seq_tree_first(seq, height - 1, children[middle]);
			if (comes_first(search, at))
				low = middle;
			else
				high = middle;
		}
		if (height == 0)
			return (struct seq_place){node, low, 0};
		node = children[low];
	}
}

static struct seq_place halve(struct seq *seq, const struct seq_insertion *insertion, bool is_left)
{
	struct search search = {
	        seq, insertion, is_left, is_left ? insertion->right : seq_top(seq, insertion->left)};
	struct seq_place start = seq_tree_behind(seq, insertion->left);
	if (seq_is_end(seq, start))
		return start;
	struct seq_place last = last_first(&search);
	if (is_up_to(seq, number_at(seq, last), insertion->left))
		last = start; /* which may stand inside a run */
	if (!comes_first(&search, last))
		return start;
	/* Behind its right subtree. */
	return seq_reach_next(seq, seq_tree_next_run(seq, last), SEQ_REACH_LOW, insertion->left);
}

/* After a walk: what is left of the credit. */
static void pay(struct seq *seq, uint32_t steps)
{
	uint32_t debt = seq->debt + steps;
	debt = debt > WALK_EARNED ? debt - WALK_EARNED : 0;
	seq->debt = debt < WALK_CREDIT ? debt : WALK_CREDIT;
	seq->steps += steps;
}

struct seq_place seq_order_place(struct seq *seq, const struct seq_insertion *insertion)
{
	struct seq_place place;
	bool is_left = is_left_child(seq, (struct seq_origins){insertion->left, insertion->right});
	uint32_t most = seq->is_indexed ? seq->walk : seq->walk + WALK_CREDIT - seq->debt, left = most;
	bool found = is_left ? walk_on_left(seq, insertion, &left, &place)
	                     : walk_on_right(seq, insertion, &left, &place);
	pay(seq, found ? most - left : most);
	if (found)
		return place;
	seq_reach_build(seq);
	return halve(seq, insertion, is_left);
}
