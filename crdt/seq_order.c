/*
 * Where an insertion goes: crdt/README.md, section 9. Written for any origins, seen by an author or made up.
 *
 * Only the first element of a run can have a left origin outside of it. So a run is looked at by its first element (or the first one behind
 * the left origin, when that stands inside the run), and the rest of it belongs to that element's right subtree.
 */
#include "crdt/seq_state.h"

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

/* Forwards over the left origin's right subtree, from a sibling on that comes before, when one is known. `start` is where the sibling that is
 * being passed begins: with its left subtree. */
static struct seq_place place_on_right(
        const struct seq *seq, const struct seq_insertion *insertion, uint32_t sibling)
{
	struct seq_place at = seq_tree_behind(seq, sibling != SEQ_NONE ? sibling : insertion->left),
	                 start = at;
	bool in_sibling = false;
	if (!seq_is_end(seq, at) && number_at(seq, at) == insertion->right)
		return at; /* nothing stands between */
	for (; !seq_is_end(seq, at); at = seq_tree_next_run(seq, at)) {
		uint32_t number = number_at(seq, at);
		struct seq_origins origins = seq_origins(seq, number);
		if (origins.left != insertion->left) {
			if (insertion->left != SEQ_NONE &&
			        (origins.left == SEQ_NONE ||
			                seq_tree_ordered(seq, origins.left, insertion->left)))
				break;
			continue;
		}
		if (!in_sibling)
			start = at;
		in_sibling = is_left_child(seq, origins);
		if (!in_sibling && comes_before(seq, insertion, number, origins))
			return start;
	}
	return at;
}

/* Backwards over the right origin's left subtree, which holds what was inserted between the same two elements. */
static struct seq_place place_on_left(const struct seq *seq, const struct seq_insertion *insertion)
{
	struct seq_place place = seq_tree_place(seq, insertion->right), at = place;
	if (place.offset > 0)
		return place; /* its left origin stands right before it */
	while (seq_tree_last_run(seq, &at)) {
		const struct seq_run *run = seq_run_at(seq, at);
		if (insertion->left - run->first < run->length)
			break;
		struct seq_origins origins = seq_origins(seq, run->first);
		if (origins.left != insertion->left)
			continue; /* in the right subtree of one that comes */
		if (origins.right == insertion->right) {
			if (seq_op_cmp(seq, run->first, insertion->first) < 0)
				break;
		} else if (!is_left_child(seq, origins) ||
		        !seq_tree_ordered(seq, origins.right, insertion->right)) {
			break; /* not under the right origin any more */
		}
		place = at;
	}
	return place;
}

/* Behind a left sibling that comes right before: its right subtree ends where something has their left origin again. */
static struct seq_place place_behind(
        const struct seq *seq, const struct seq_insertion *insertion, uint32_t sibling)
{
	struct seq_place at = seq_tree_behind(seq, sibling);
	/* The right origin has that left origin too; but a snapshot from anybody may have put it elsewhere. */
	while (!seq_is_end(seq, at) && seq_left_origin(seq, number_at(seq, at)) != insertion->left)
		at = seq_tree_next_run(seq, at);
	return at;
}

struct seq_place seq_order_place(const struct seq *seq, const struct seq_insertion *insertion)
{
	struct seq_origins origins = {insertion->left, insertion->right};
	/* One author's siblings stand together, as long as the origins are the same. */
	uint32_t sibling = seq_last_sibling(seq, insertion);
	if (!is_left_child(seq, origins))
		return place_on_right(seq, insertion, sibling);
	return sibling != SEQ_NONE ? place_behind(seq, insertion, sibling) : place_on_left(seq, insertion);
}
