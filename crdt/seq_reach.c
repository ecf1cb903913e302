/*
 * How far the runs under a node reach: an index for places that would take long to find by looking at one run after the other
 * (crdt/README.md, section 9). It is made when that happens for the first time, and kept from then on.
 *
 * An element's right subtree ends before the first element behind it with a left origin before it. Its left subtree begins behind the last
 * element before it with a *top* behind it, where a top is the nearest element in whose left subtree something stands. Both are asked of the
 * first element of a run only: the others have their left origin right before them, and the same top. Elements never change places among
 * each other, so what was least or greatest stays so.
 */
#include <assert.h>

#include "crdt/seq_state.h"

/* As left origins: SEQ_NONE is the start. */
static bool is_lower(const struct seq *seq, uint32_t a, uint32_t b)
{
	if (a == SEQ_NONE || b == SEQ_NONE)
		return a == SEQ_NONE && b != SEQ_NONE;
	return seq_tree_ordered(seq, a, b);
}

uint32_t seq_top(const struct seq *seq, uint32_t number)
{
	return number == SEQ_NONE ? SEQ_NONE : seq->tops[seq_insertion_of(seq, number)];
}

/* --- Keeping it --- */

/* A node's low and top are more than this. */
static void widen(const struct seq *seq, struct seq_ends *ends, struct seq_ends more)
{
	if (is_lower(seq, more.low, ends->low))
		ends->low = more.low;
	if (seq_tree_ordered(seq, ends->top, more.top))
		ends->top = more.top;
}

static struct seq_ends ends_of_run(const struct seq *seq, const struct seq_run *run)
{
	return (struct seq_ends){seq_left_origin(seq, run->first), seq_top(seq, run->first)};
}

static struct seq_ends ends_of_leaf(const struct seq *seq, uint32_t number)
{
	const struct seq_leaf *leaf = &seq->leaves[number];
	struct seq_ends ends = ends_of_run(seq, &leaf->runs[0]);
	for (uint32_t i = 1; i < leaf->count; i++)
		widen(seq, &ends, ends_of_run(seq, &leaf->runs[i]));
	return ends;
}

static struct seq_ends ends_of_branch(const struct seq *seq, uint32_t number)
{
	struct seq_ends ends = seq->reaches[number].children[0];
	for (uint32_t i = 1; i < seq->branches[number].count; i++)
		widen(seq, &ends, seq->reaches[number].children[i]);
	return ends;
}

void seq_reach_refresh(struct seq *seq, uint32_t height, uint32_t node)
{
	struct seq_link link = height ? seq->branches[node].link : seq->leaves[node].link;
	if (link.parent == SEQ_NONE || (height == 0 && seq->leaves[node].count == 0))
		return;
	seq->reaches[link.parent].children[link.place] = height ? ends_of_branch(seq, node)
	                                                        : ends_of_leaf(seq, node);
}

void seq_reach_add(struct seq *seq, uint32_t leaf, const struct seq_run *run)
{
	struct seq_link link = seq->leaves[leaf].link;
	struct seq_ends more = ends_of_run(seq, run);
	if (link.parent != SEQ_NONE && seq->leaves[leaf].count == 1)
		seq->reaches[link.parent].children[link.place] = more;
	for (; link.parent != SEQ_NONE; link = seq->branches[link.parent].link)
		widen(seq, &seq->reaches[link.parent].children[link.place], more);
}

void seq_reach_room(struct seq *seq)
{
	seq->reaches = mem_room(seq->reaches, seq->branch_count, &seq->reach_capacity, sizeof(*seq->reaches));
}

void seq_reach_shift(struct seq *seq, uint32_t branch, uint32_t place)
{
	struct seq_ends *at = seq->reaches[branch].children + place;
	memmove(at + 1, at, (SEQ_BRANCH_CHILDREN - place - 1) * sizeof(*at));
}

void seq_reach_halve(struct seq *seq, uint32_t branch, uint32_t sibling)
{
	memcpy(seq->reaches[sibling].children, seq->reaches[branch].children + SEQ_BRANCH_CHILDREN / 2,
	        SEQ_BRANCH_CHILDREN / 2 * sizeof(struct seq_ends));
}

/* --- Tops --- */

static bool is_left_child(const struct seq *seq, const struct seq_insertion *it)
{
	return it->right != SEQ_NONE && seq_left_origin(seq, it->right) == it->left;
}

void seq_reach_note(struct seq *seq)
{
	uint32_t last = seq->insertion_count - 1;
	const struct seq_insertion *it = &seq->insertions[last];
	seq->tops = mem_room(seq->tops, last, &seq->top_capacity, sizeof(*seq->tops));
	seq->tops[last] = is_left_child(seq, it) ? it->right : seq_top(seq, it->left);
}

/* Up from right child to right child, to one whose top is known, to a left child, or to the start; they all have the same. What a snapshot
 * made up may name insertions behind it, and go round. */
static void find_top(struct seq *seq, uint8_t *is_known, uint32_t insertion)
{
	uint32_t end = insertion, top = SEQ_NONE;
	for (const struct seq_insertion *it; !is_known[end]; end = seq_insertion_of(seq, it->left)) {
		it = &seq->insertions[end];
		is_known[end] = 1;
		if (is_left_child(seq, it))
			seq->tops[end] = it->right;
		if (it->left == SEQ_NONE || seq->tops[end] != SEQ_NONE)
			break;
	}
	top = seq->tops[end];
	for (; insertion != end; insertion = seq_insertion_of(seq, seq->insertions[insertion].left))
		seq->tops[insertion] = top;
}

static void find_tops(struct seq *seq)
{
	uint8_t *is_known = mem_zero(seq->insertion_count, 1);
	seq->tops = mem_alloc(seq->insertion_count * sizeof(*seq->tops));
	seq->top_capacity = seq->insertion_count;
	memset(seq->tops, 0xff, seq->insertion_count * sizeof(*seq->tops));
	for (uint32_t i = 0; i < seq->insertion_count; i++)
		find_top(seq, is_known, i);
	mem_free(is_known);
}

void seq_reach_build(struct seq *seq)
{
	if (seq->is_indexed)
		return;
	find_tops(seq);
	seq->reaches = mem_alloc(seq->branch_count * sizeof(*seq->reaches));
	seq->reach_capacity = seq->branch_count;
	seq->is_indexed = true;
	for (uint32_t leaf = 0; leaf != SEQ_NONE; leaf = seq->leaves[leaf].next) {
		struct seq_link link = seq->leaves[leaf].link;
		seq_reach_refresh(seq, 0, leaf);
		/* With its last child a branch is complete. */
		for (uint32_t height = 1; link.parent != SEQ_NONE; height++) {
			const struct seq_branch *branch = &seq->branches[link.parent];
			if (link.place + 1 < branch->count)
				break;
			seq_reach_refresh(seq, height, link.parent);
			link = branch->link;
		}
	}
}

/* --- Searching --- */

/* What is looked for. */
struct search {
	struct seq *seq;
	enum seq_reach by;
	uint32_t bound;
};

static bool is_hit(const struct search *search, uint32_t end)
{
	search->seq->steps++;
	return search->by == SEQ_REACH_LOW ? !is_lower(search->seq, search->bound, end)
	                                   : !seq_tree_ordered(search->seq, end, search->bound);
}

/* Something under one of a branch's children from `from` on; the number of children when there is nothing. */
static uint32_t child_hit(const struct search *search, uint32_t branch, uint32_t from)
{
	const struct seq_ends *children = search->seq->reaches[branch].children;
	uint32_t count = search->seq->branches[branch].count;
	while (from < count &&
	        !is_hit(search, search->by == SEQ_REACH_LOW ? children[from].low : children[from].top))
		from++;
	return from;
}

/* The first leaf behind this one under which something is hit. */
static uint32_t next_leaf(const struct search *search, uint32_t leaf)
{
	const struct seq *seq = search->seq;
	struct seq_link link = seq->leaves[leaf].link;
	uint32_t height = 0, child;
	for (;; height++, link = seq->branches[link.parent].link) {
		if (link.parent == SEQ_NONE)
			return SEQ_NONE;
		child = child_hit(search, link.parent, link.place + 1);
		if (child < seq->branches[link.parent].count)
			break;
	}
	uint32_t node = seq->branches[link.parent].children[child];
	for (; height > 0; height--) {
		child = child_hit(search, node, 0);
		assert(child < seq->branches[node].count);
		node = seq->branches[node].children[child];
	}
	return node;
}

struct seq_place seq_reach_next(struct seq *seq, struct seq_place at, enum seq_reach by, uint32_t bound)
{
	struct search search = {seq, by, bound};
	for (; at.leaf != SEQ_NONE; at = (struct seq_place){next_leaf(&search, at.leaf), 0, 0}) {
		for (; at.run < seq->leaves[at.leaf].count; at.run++, at.offset = 0) {
			uint32_t number = seq_run_at(seq, at)->first + at.offset;
			if (is_hit(&search,
			            by == SEQ_REACH_LOW ? seq_left_origin(seq, number)
			                                : seq_top(seq, number)))
				return at;
		}
	}
	return seq_tree_end(seq);
}

/* --- Soundness --- */

static bool is_same(struct seq_ends a, struct seq_ends b)
{
	return a.low == b.low && a.top == b.top;
}

bool seq_reach_is_sound(const struct seq *seq)
{
	for (uint32_t i = 0; seq->is_indexed && i < seq->leaf_count; i++) {
		struct seq_link link = seq->leaves[i].link;
		if (link.parent != SEQ_NONE &&
		        !is_same(seq->reaches[link.parent].children[link.place], ends_of_leaf(seq, i)))
			return false;
	}
	for (uint32_t i = 0; seq->is_indexed && i < seq->branch_count; i++) {
		struct seq_link link = seq->branches[i].link;
		if (link.parent != SEQ_NONE &&
		        !is_same(seq->reaches[link.parent].children[link.place], ends_of_branch(seq, i)))
			return false;
	}
	return true;
}
