/*
 * The B-tree of runs. Nodes are numbers, since the vectors that hold them move as they grow; a pointer to one is good until the next
 * node is added. Runs are only ever added or joined, so a leaf never becomes empty, and the first leaf stays the leftmost.
 */
#include <assert.h>

#include "crdt/seq_state.h"

static struct seq_size add(struct seq_size a, struct seq_size b)
{
	return (struct seq_size){a.elements + b.elements, a.bytes + b.bytes, a.wide + b.wide};
}

/* Sizes count modulo 2^32, so that less is added like more. */
static struct seq_size minus(struct seq_size a)
{
	return (struct seq_size){0u - a.elements, 0u - a.bytes, 0u - a.wide};
}

static struct seq_link *link_of(const struct seq *seq, uint32_t height, uint32_t node)
{
	return height == 0 ? &seq->leaves[node].link : &seq->branches[node].link;
}

static uint32_t new_leaf(struct seq *seq)
{
	seq->leaves = mem_room(seq->leaves, seq->leaf_count, &seq->leaf_capacity, sizeof(*seq->leaves));
	struct seq_leaf *leaf = &seq->leaves[seq->leaf_count];
	leaf->link = (struct seq_link){SEQ_NONE, 0};
	leaf->next = leaf->last = SEQ_NONE;
	leaf->count = 0;
	return seq->leaf_count++;
}

static uint32_t new_branch(struct seq *seq)
{
	seq->branches = mem_room(
	        seq->branches, seq->branch_count, &seq->branch_capacity, sizeof(*seq->branches));
	struct seq_branch *branch = &seq->branches[seq->branch_count];
	branch->link = (struct seq_link){SEQ_NONE, 0};
	branch->count = 0;
	seq->branch_count++;
	if (seq->is_indexed)
		seq_reach_room(seq);
	return seq->branch_count - 1;
}

void seq_tree_init(struct seq *seq)
{
	seq->leaves = mem_alloc(sizeof(*seq->leaves)); /* most are small */
	seq->leaf_capacity = 1;
	seq->root = new_leaf(seq);
	seq->near_leaf = SEQ_NONE;
	seq->walk = SEQ_WALK;
}

/* --- Places --- */

struct seq_place seq_tree_start(const struct seq *seq)
{
	(void)seq;
	return (struct seq_place){0, 0, 0};
}

struct seq_place seq_tree_first(const struct seq *seq, uint32_t height, uint32_t node)
{
	for (; height > 0; height--)
		node = seq->branches[node].children[0];
	return (struct seq_place){node, 0, 0};
}

struct seq_place seq_tree_end(const struct seq *seq)
{
	uint32_t node = seq->root;
	for (uint32_t height = seq->height; height > 0; height--)
		node = seq->branches[node].children[seq->branches[node].count - 1];
	return (struct seq_place){node, seq->leaves[node].count, 0};
}

struct seq_place seq_tree_place(const struct seq *seq, uint32_t number)
{
	uint32_t leaf = seq->elements[number].leaf;
	const struct seq_run *run = seq->leaves[leaf].runs;
	uint32_t i = 0;
	while (number - run[i].first >= run[i].length)
		i++;
	assert(i < seq->leaves[leaf].count);
	return (struct seq_place){leaf, i, number - run[i].first};
}

struct seq_place seq_tree_next_run(const struct seq *seq, struct seq_place place)
{
	const struct seq_leaf *leaf = &seq->leaves[place.leaf];
	if (place.run + 1 < leaf->count || leaf->next == SEQ_NONE)
		return (struct seq_place){place.leaf, place.run + 1, 0};
	return (struct seq_place){leaf->next, 0, 0};
}

bool seq_tree_last_run(const struct seq *seq, struct seq_place *place)
{
	uint32_t leaf = place->leaf;
	if (place->run > 0) {
		*place = (struct seq_place){leaf, place->run - 1, 0};
		return true;
	}
	leaf = seq->leaves[leaf].last;
	if (leaf == SEQ_NONE)
		return false;
	*place = (struct seq_place){leaf, seq->leaves[leaf].count - 1, 0};
	return true;
}

struct seq_place seq_tree_behind(const struct seq *seq, uint32_t number)
{
	if (number == SEQ_NONE)
		return seq_tree_start(seq);
	struct seq_place place = seq_tree_place(seq, number);
	if (place.offset + 1 < seq_run_at(seq, place)->length) {
		place.offset++;
		return place;
	}
	return seq_tree_next_run(seq, place);
}

bool seq_tree_ordered(const struct seq *seq, uint32_t a, uint32_t b)
{
	if (a == b || a == SEQ_NONE || b == SEQ_NONE)
		return a != b && b == SEQ_NONE;
	struct seq_place place_a = seq_tree_place(seq, a), place_b = seq_tree_place(seq, b);
	if (place_a.leaf == place_b.leaf)
		return place_a.run != place_b.run ? place_a.run < place_b.run
		                                  : place_a.offset < place_b.offset;
	uint32_t node_a = place_a.leaf, node_b = place_b.leaf;
	for (uint32_t height = 0;; height++) {
		struct seq_link link_a = *link_of(seq, height, node_a),
		                link_b = *link_of(seq, height, node_b);
		if (link_a.parent == link_b.parent)
			return link_a.place < link_b.place;
		node_a = link_a.parent;
		node_b = link_b.parent;
	}
}

struct seq_size seq_tree_measure(const struct seq *seq, const struct seq_run *run, uint32_t count)
{
	if (seq->kind == SEQ_TEXT && run->bytes == run->length)
		return (struct seq_size){count, count, 0};
	return seq_measure_first(
	        seq->kind, span_sub(buf_span(&seq->content), run->byte_at, run->bytes), count);
}

struct seq_size seq_tree_before(const struct seq *seq, struct seq_place place)
{
	const struct seq_leaf *leaf = &seq->leaves[place.leaf];
	struct seq_size sum = {0, 0, 0};
	for (uint32_t i = 0; i < place.run; i++)
		sum = add(sum, seq_visible(&leaf->runs[i]));
	if (place.offset && !leaf->runs[place.run].is_hidden)
		sum = add(sum, seq_tree_measure(seq, &leaf->runs[place.run], place.offset));
	struct seq_link link = leaf->link;
	while (link.parent != SEQ_NONE) {
		const struct seq_branch *branch = &seq->branches[link.parent];
		for (uint32_t i = 0; i < link.place; i++)
			sum = add(sum, branch->sizes[i]);
		link = branch->link;
	}
	return sum;
}

static uint32_t leaf_elements(const struct seq *seq, uint32_t leaf)
{
	struct seq_link link = seq->leaves[leaf].link;
	return link.parent == SEQ_NONE ? seq->size.elements
	                               : seq->branches[link.parent].sizes[link.place].elements;
}

/* Descend to the leaf that holds a position. */
static void find_leaf(struct seq *seq, uint32_t position)
{
	uint32_t node = seq->root, before = 0;
	for (uint32_t height = seq->height; height > 0; height--) {
		const struct seq_branch *branch = &seq->branches[node];
		uint32_t i = 0;
		for (; position - before >= branch->sizes[i].elements; i++)
			before += branch->sizes[i].elements;
		node = branch->children[i];
	}
	seq->near_leaf = node;
	seq->elements_before_leaf = before;
	seq->near_run = seq->elements_before_run = 0;
}

struct seq_place seq_tree_position(struct seq *seq, uint32_t position)
{
	assert(position < seq->size.elements);
	if (seq->near_leaf == SEQ_NONE ||
	        position - seq->elements_before_leaf >= leaf_elements(seq, seq->near_leaf))
		find_leaf(seq, position);
	const struct seq_run *runs = seq->leaves[seq->near_leaf].runs;
	uint32_t in_leaf = position - seq->elements_before_leaf;
	uint32_t i = seq->near_run, before = seq->elements_before_run;
	if (in_leaf < before)
		i = before = 0;
	for (; runs[i].is_hidden || in_leaf - before >= runs[i].length; i++)
		before += runs[i].is_hidden ? 0 : runs[i].length;
	seq->near_run = i;
	seq->elements_before_run = before;
	return (struct seq_place){seq->near_leaf, i, in_leaf - before};
}

/* --- Sizes --- */

/* The runs of a leaf from `run` on are others now. What is known of the last search stays when it was before them. */
static void forget_near(struct seq *seq, uint32_t leaf, uint32_t run)
{
	if (leaf == seq->near_leaf && run < seq->near_run)
		seq->near_run = seq->elements_before_run = 0;
}

void seq_tree_resized(struct seq *seq, struct seq_place place, struct seq_size more)
{
	seq->size = add(seq->size, more);
	if (place.leaf != seq->near_leaf)
		seq->near_leaf = SEQ_NONE;
	forget_near(seq, place.leaf, place.run ? place.run - 1 : 0);
	struct seq_link link = seq->leaves[place.leaf].link;
	while (link.parent != SEQ_NONE) {
		struct seq_branch *branch = &seq->branches[link.parent];
		branch->sizes[link.place] = add(branch->sizes[link.place], more);
		link = branch->link;
	}
}

/* --- Adding nodes --- */

/* Put `sibling` right behind `node` under the same parent, which has room; `moved` goes from one to the other. */
static void add_sibling(
        struct seq *seq, uint32_t height, uint32_t node, uint32_t sibling, struct seq_size moved)
{
	struct seq_link link = *link_of(seq, height, node);
	struct seq_branch *parent = &seq->branches[link.parent];
	uint32_t place = link.place + 1, behind = parent->count - place;
	assert(parent->count < SEQ_BRANCH_CHILDREN);
	memmove(parent->children + place + 1, parent->children + place, behind * sizeof(*parent->children));
	memmove(parent->sizes + place + 1, parent->sizes + place, behind * sizeof(*parent->sizes));
	parent->count++;
	parent->children[place] = sibling;
	parent->sizes[place] = moved;
	parent->sizes[link.place] = add(parent->sizes[link.place], minus(moved));
	link_of(seq, height, sibling)->parent = link.parent;
	for (uint32_t i = place; i < parent->count; i++)
		link_of(seq, height, parent->children[i])->place = i;
	if (!seq->is_indexed)
		return;
	seq_reach_shift(seq, link.parent, place);
	seq_reach_refresh(seq, height, node);
	seq_reach_refresh(seq, height, sibling);
}

static void grow_root(struct seq *seq)
{
	uint32_t root = new_branch(seq);
	struct seq_branch *branch = &seq->branches[root];
	branch->count = 1;
	branch->children[0] = seq->root;
	branch->sizes[0] = seq->size;
	*link_of(seq, seq->height, seq->root) = (struct seq_link){root, 0};
	if (seq->is_indexed)
		seq_reach_refresh(seq, seq->height, seq->root);
	seq->root = root;
	seq->height++;
}

/* The upper half of a branch goes to a new one behind it. */
static void split_branch(struct seq *seq, uint32_t height, uint32_t node)
{
	uint32_t sibling = new_branch(seq);
	struct seq_branch *branch = &seq->branches[node], *upper = &seq->branches[sibling];
	struct seq_size moved = {0, 0, 0};
	branch->count = SEQ_BRANCH_CHILDREN / 2;
	for (uint32_t i = branch->count; i < SEQ_BRANCH_CHILDREN; i++) {
		struct seq_link link = {sibling, upper->count};
		*link_of(seq, height - 1, branch->children[i]) = link;
		upper->children[link.place] = branch->children[i];
		upper->sizes[link.place] = branch->sizes[i];
		upper->count++;
		moved = add(moved, branch->sizes[i]);
	}
	if (seq->is_indexed)
		seq_reach_halve(seq, node, sibling);
	add_sibling(seq, height, node, sibling, moved);
}

/* Split the full branches above a leaf, from the top, so that its parent has room. */
static void make_room_above(struct seq *seq, uint32_t leaf)
{
	uint32_t full[SEQ_HEIGHT_MAX], count = 0;
	uint32_t node = seq->leaves[leaf].link.parent;
	while (node != SEQ_NONE && seq->branches[node].count == SEQ_BRANCH_CHILDREN) {
		assert(count < SEQ_HEIGHT_MAX);
		full[count++] = node;
		node = seq->branches[node].link.parent;
	}
	if (node == SEQ_NONE)
		grow_root(seq);
	for (; count > 0; count--)
		split_branch(seq, count, full[count - 1]);
}

static void set_leaf(struct seq *seq, const struct seq_run *run, uint32_t leaf)
{
	for (uint32_t i = 0; i < run->length; i++)
		seq->elements[run->first + i].leaf = leaf & INT32_MAX;
}

/* Move the runs of a full leaf from `keep` on to a new one behind it. */
static uint32_t split_leaf(struct seq *seq, uint32_t number, uint32_t keep)
{
	make_room_above(seq, number);
	uint32_t sibling = new_leaf(seq);
	struct seq_leaf *leaf = &seq->leaves[number], *upper = &seq->leaves[sibling];
	struct seq_size moved = {0, 0, 0};
	upper->count = leaf->count - keep;
	forget_near(seq, number, 0);
	memcpy(upper->runs, leaf->runs + keep, upper->count * sizeof(*upper->runs));
	leaf->count = keep;
	for (uint32_t i = 0; i < upper->count; i++) {
		set_leaf(seq, &upper->runs[i], sibling);
		moved = add(moved, seq_visible(&upper->runs[i]));
	}
	upper->next = leaf->next;
	upper->last = number;
	if (upper->next != SEQ_NONE)
		seq->leaves[upper->next].last = sibling;
	leaf->next = sibling;
	add_sibling(seq, 0, number, sibling, moved);
	return sibling;
}

/* Room for one more run in a leaf, at `place` there, which a full leaf gets by keeping its first runs only. Returns where the room is. */
static struct seq_place make_room(struct seq *seq, struct seq_place place, uint32_t keep)
{
	if (seq->leaves[place.leaf].count == SEQ_LEAF_RUNS) {
		uint32_t sibling = split_leaf(seq, place.leaf, keep);
		if (place.run > keep || keep == SEQ_LEAF_RUNS)
			place = (struct seq_place){sibling, place.run - keep, 0};
	}
	struct seq_leaf *leaf = &seq->leaves[place.leaf];
	memmove(leaf->runs + place.run + 1, leaf->runs + place.run,
	        (leaf->count - place.run) * sizeof(*leaf->runs));
	leaf->count++;
	return place;
}

/* Put a run between two others, or at an end. What is written on at the end leaves full leaves behind. */
static void put(struct seq *seq, struct seq_place place, const struct seq_run *run)
{
	assert(place.offset == 0);
	const struct seq_leaf *leaf = &seq->leaves[place.leaf];
	bool at_end = place.run == leaf->count && leaf->next == SEQ_NONE;
	place = make_room(seq, place, at_end ? SEQ_LEAF_RUNS : SEQ_LEAF_RUNS / 2);
	*seq_run_at(seq, place) = *run;
	set_leaf(seq, run, place.leaf);
	seq_tree_resized(seq, (struct seq_place){place.leaf, place.run + 1, 0}, seq_visible(run));
	if (seq->is_indexed)
		seq_reach_add(seq, place.leaf, run);
}

/* Take the first elements off a run; they are returned as one of its own. */
static struct seq_run take_first(const struct seq *seq, struct seq_run *run, uint32_t count)
{
	struct seq_size size = seq_tree_measure(seq, run, count);
	struct seq_run first = *run;
	first.length = (uint16_t)count;
	first.bytes = size.bytes;
	first.wide = size.wide & 0x7fff;
	run->first += count;
	run->byte_at += size.bytes;
	run->bytes -= size.bytes;
	run->length = (uint16_t)(run->length - count);
	run->wide = (run->wide - size.wide) & 0x7fff;
	return first;
}

/* Cut the run at `place` in two there. Returns where the second part stands. */
static struct seq_place cut(struct seq *seq, struct seq_place place)
{
	struct seq_place next = make_room(
	        seq, (struct seq_place){place.leaf, place.run + 1, 0}, SEQ_LEAF_RUNS / 2);
	struct seq_run *rest = seq_run_at(seq, next);
	*rest = rest[-1];
	rest[-1] = take_first(seq, rest, place.offset);
	forget_near(seq, next.leaf, next.run - 1);
	return next;
}

void seq_tree_insert(struct seq *seq, struct seq_place place, const struct seq_run *run)
{
	put(seq, place.offset ? cut(seq, place) : place, run);
}

void seq_tree_extend(struct seq *seq, struct seq_place place, struct seq_size more)
{
	struct seq_run *run = seq_run_at(seq, place);
	uint32_t next = run->first + run->length;
	for (uint32_t i = 0; i < more.elements; i++)
		seq->elements[next + i].leaf = place.leaf & INT32_MAX;
	run->length = (uint16_t)(run->length + more.elements);
	run->bytes += more.bytes;
	run->wide = (run->wide + more.wide) & 0x7fff;
	seq_tree_resized(seq, (struct seq_place){place.leaf, place.run + 1, 0}, more);
}

void seq_tree_append(struct seq *seq, const struct seq_run *run)
{
	put(seq, seq_tree_end(seq), run);
}

/* --- Hiding --- */

/* Join a run of a leaf to the one before it when they may be one. */
static bool join(struct seq *seq, uint32_t number, uint32_t place)
{
	struct seq_leaf *leaf = &seq->leaves[number];
	if (place == 0 || place >= leaf->count)
		return false;
	struct seq_run *run = &leaf->runs[place - 1], *next = run + 1;
	if (run->is_hidden != next->is_hidden ||
	        !seq_run_fits(run->length + next->length, run->bytes + next->bytes) ||
	        !seq_joins(seq, run, next))
		return false;
	run->length = (uint16_t)(run->length + next->length);
	run->bytes += next->bytes;
	run->wide = (run->wide + next->wide) & 0x7fff;
	memmove(next, next + 1, (leaf->count - place - 1) * sizeof(*next));
	leaf->count--;
	forget_near(seq, number, place - 1);
	return true;
}

static void hide_run(struct seq *seq, struct seq_place place, bool is_hidden)
{
	struct seq_run *run = seq_run_at(seq, place);
	struct seq_size size = {run->length, run->bytes, run->wide};
	run->is_hidden = is_hidden;
	seq_tree_resized(seq, place, is_hidden ? minus(size) : size);
	join(seq, place.leaf, place.run + 1);
	join(seq, place.leaf, place.run);
}

/* Deleting forward: the first elements of a run go over to the run before it. */
static bool give_to_last(struct seq *seq, struct seq_place place, uint32_t count, bool is_hidden)
{
	struct seq_run *run = seq_run_at(seq, place), *last = run - 1;
	if (place.offset || place.run == 0 || last->is_hidden != is_hidden ||
	        !seq_run_fits(last->length + count, last->bytes + run->bytes) || !seq_joins(seq, last, run))
		return false;
	struct seq_run first = take_first(seq, run, count);
	last->length = (uint16_t)(last->length + count);
	last->bytes += first.bytes;
	last->wide = (last->wide + first.wide) & 0x7fff;
	struct seq_size size = {count, first.bytes, first.wide};
	seq_tree_resized(seq, place, is_hidden ? minus(size) : size);
	return true;
}

/* Deleting backward: the last elements of a run go over to the run behind it. */
static bool give_to_next(struct seq *seq, struct seq_place place, bool is_hidden)
{
	struct seq_run *run = seq_run_at(seq, place), *next = run + 1;
	uint32_t count = run->length - place.offset;
	if (place.run + 1 >= seq->leaves[place.leaf].count || next->is_hidden != is_hidden ||
	        !seq_run_fits(next->length + count, next->bytes + run->bytes) || !seq_joins(seq, run, next))
		return false;
	struct seq_run rest = *run;
	*run = take_first(seq, &rest, place.offset);
	next->first = rest.first;
	next->byte_at = rest.byte_at;
	next->bytes += rest.bytes;
	next->length = (uint16_t)(next->length + count);
	next->wide = (next->wide + rest.wide) & 0x7fff;
	struct seq_size size = {count, rest.bytes, rest.wide};
	seq_tree_resized(seq, place, is_hidden ? minus(size) : size);
	return true;
}

uint32_t seq_tree_hide(struct seq *seq, struct seq_place place, uint32_t count, bool is_hidden)
{
	const struct seq_run *run = seq_run_at(seq, place);
	uint32_t left = run->length - place.offset;
	if (count > left)
		count = left;
	if (run->is_hidden == is_hidden)
		return count;
	bool is_first = place.offset == 0, is_last = count == left;
	if (is_first && !is_last && give_to_last(seq, place, count, is_hidden))
		return count;
	if (is_last && !is_first && give_to_next(seq, place, is_hidden))
		return count;
	if (!is_first)
		place = cut(seq, place);
	if (!is_last) {
		uint32_t number = seq_run_at(seq, place)->first;
		cut(seq, (struct seq_place){place.leaf, place.run, count});
		place = seq_tree_place(seq, number); /* the cut may have moved it to another leaf */
	}
	hide_run(seq, place, is_hidden);
	return count;
}
