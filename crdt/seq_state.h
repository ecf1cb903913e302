/*
 * crdt/seq_state.h - the inside of a sequence, shared by the seq_*.c files and those that edit and save sequences.
 */
#ifndef CRDT_SEQ_STATE_H
#define CRDT_SEQ_STATE_H

#include "crdt/seq.h"

enum {
	SEQ_LEAF_RUNS = 16,
	SEQ_BRANCH_CHILDREN = 32,
	SEQ_RUN_ELEMENTS = 1024, /* cutting a run measures what is before the cut */
	SEQ_RUN_BYTES = 4 *
	        SEQ_RUN_ELEMENTS, /* the same, where each element of a list may take long; one alone may be larger */
	SEQ_PLACE_CONTENT = 0xc0, /* nil: what the place of a move holds */
	SEQ_WALK = 32, /* about what finding a place by halving costs */
	SEQ_HEIGHT_MAX = 12, /* branches split into halves: 16^12 leaves exceed the element numbers */
};

/* Consecutive in number and content, each the left origin of the next, with one right origin. */
struct seq_run {
	uint32_t first, byte_at, bytes;
	uint16_t length;
	uint16_t wide : 15, is_hidden : 1;
};

/* Where a node hangs. */
struct seq_link {
	uint32_t parent; /* SEQ_NONE: it is the root */
	uint32_t place; /* among the parent's children */
};

struct seq_leaf {
	struct seq_link link;
	uint32_t next, last; /* neighbours, SEQ_NONE at the ends */
	uint32_t count;
	struct seq_run runs[SEQ_LEAF_RUNS];
};

struct seq_branch {
	struct seq_link link;
	uint32_t count;
	uint32_t children[SEQ_BRANCH_CHILDREN];
	struct seq_size sizes[SEQ_BRANCH_CHILDREN]; /* what is visible under each */
};

/* Of the first elements of some runs: the left origin that stands first (SEQ_NONE: the start) and the top that stands last (the end). */
struct seq_ends {
	uint32_t low, top;
};

/* The same under each child of a branch. */
struct seq_reaches {
	struct seq_ends children[SEQ_BRANCH_CHILDREN];
};

/* Where an element stands. */
struct seq_element {
	uint32_t leaf : 31;
	uint32_t begins : 1; /* it is the first of its insertion */
};

/* One operation that inserted; its elements end where the next one's begin. */
struct seq_insertion {
	uint32_t first, left, right;
	struct seq_by by;
};

/* `count` elements from `first` on. */
struct seq_deletion {
	struct seq_by by;
	uint32_t first, count;
};

/* A LIST_MOVE: the element that it inserted to show another one at. */
struct seq_move {
	uint32_t place;
	uint32_t element; /* SEQ_NONE: it named nothing */
	uint32_t beaten
	        [2]; /* two of the same element's moves that it wins over, and these over others: a heap; SEQ_NONE: none */
	bool is_taken_back; /* by a later move, or by a CLEAR */
};

/* What took a move back; of a move that named no element there is none. */
struct seq_taking {
	struct seq_by by;
	uint32_t place;
};

/* An element that was moved at least once. */
struct seq_moved {
	uint32_t element;
	uint32_t
	        best; /* the winning move, the root of the element's heap: its place shows the element; SEQ_NONE: where it was inserted */
	bool is_deleted;
};

/* The insertions of one feed, ascending by sequence and index because they came so. */
struct seq_author {
	uint32_t feed;
	uint32_t *insertions;
	uint32_t count, capacity;
};

struct seq {
	enum seq_kind kind;
	struct crdt_feeds
	        *feeds; /* NULL while it is being loaded: then feeds are numbered in the order of their ids */
	struct seq_size size; /* all that is visible */
	struct seq_leaf *leaves; /* the first one stays the leftmost */
	struct seq_branch *branches;
	struct seq_insertion *insertions; /* ascending by first */
	struct seq_deletion *deletions;
	struct seq_move *moves; /* ascending by place */
	struct seq_taking *takings; /* as they came */
	struct seq_moved *moved;
	uint32_t *
	        moved_rows; /* by element: its row in `moved` and 1 more, 0: never moved. NULL as long as nothing was */
	struct doc_stamp *stamps;
	struct seq_author *authors; /* ascending by feed number */
	struct seq_element *elements;
	struct buf content;
	uint32_t element_count, element_capacity;
	uint32_t leaf_count, leaf_capacity;
	uint32_t branch_count, branch_capacity;
	uint32_t insertion_count, insertion_capacity;
	uint32_t deletion_count, deletion_capacity;
	uint64_t *deleted; /* elements that were hidden as deleted, 64 in a word */
	uint32_t deleted_words; /* what is behind them was not, as far as is known */
	uint32_t move_count, move_capacity;
	uint32_t taking_count, taking_capacity;
	uint32_t moved_count, moved_capacity;
	uint32_t stamp_count, stamp_capacity;
	uint32_t author_count, author_capacity;
	uint32_t root, height; /* height 0: the root is a leaf */
	/* The run of the last search by position, and how many elements are visible before its leaf and, in its leaf, before it. near_leaf is
	 * SEQ_NONE when that is not known any more. */
	uint32_t near_leaf, near_run, elements_before_leaf, elements_before_run;
	/* Made when a place takes long to find (seq_reach.c). */
	bool is_indexed;
	uint32_t *tops; /* by insertion */
	struct seq_reaches *reaches; /* by branch */
	uint32_t top_capacity, reach_capacity;
	uint32_t walk; /* so many runs are looked at in any case */
	uint32_t debt; /* what was looked at before that, of the credit (seq_order.c) */
	uint64_t steps; /* so many runs and nodes were looked at to carry operations out: tests bound it */
};

/* Before the element `offset` of a run. Behind everything: the last leaf, run = its count, offset 0. */
struct seq_place {
	uint32_t leaf, run, offset;
};

/* --- seq_content.c: what the bytes of elements are --- */

/* UTF-8, or canonical values one after the other? For bytes from outside; the measures need it. */
bool seq_content_is_valid(enum seq_kind kind, struct span bytes);

/* The elements in `bytes`, all of it. */
struct seq_size seq_measure(enum seq_kind kind, struct span bytes);

/* The first `count` elements at `at`. */
struct seq_size seq_measure_first(enum seq_kind kind, struct span bytes, uint32_t count);

/* The first elements at `at` that one run takes. */
struct seq_size seq_measure_run(enum seq_kind kind, struct span bytes);

/* --- seq_tree.c: the B-tree of runs --- */

void seq_tree_init(struct seq *seq);

static inline struct seq_run *seq_run_at(const struct seq *seq, struct seq_place place)
{
	return &seq->leaves[place.leaf].runs[place.run];
}

/* The first `count` elements of a run. */
struct seq_size seq_tree_measure(const struct seq *seq, const struct seq_run *run, uint32_t count);

static inline bool seq_is_end(const struct seq *seq, struct seq_place place)
{
	return place.run == seq->leaves[place.leaf].count;
}

static inline struct seq_size seq_visible(const struct seq_run *run)
{
	return run->is_hidden ? (struct seq_size){0, 0, 0}
	                      : (struct seq_size){run->length, run->bytes, run->wide};
}

/* May so much be one run? */
static inline bool seq_run_fits(uint32_t length, size_t bytes)
{
	return length <= SEQ_RUN_ELEMENTS && bytes <= SEQ_RUN_BYTES;
}

struct seq_place seq_tree_place(const struct seq *seq, uint32_t number); /* of an element */
struct seq_place seq_tree_start(const struct seq *seq);
struct seq_place seq_tree_end(const struct seq *seq);
struct seq_place seq_tree_first(const struct seq *seq, uint32_t height, uint32_t node); /* under a node */

/* The start of the run behind the one at `place`, or the end. */
struct seq_place seq_tree_next_run(const struct seq *seq, struct seq_place place);

/* The start of the run before the one at `place`. False: there is none. */
bool seq_tree_last_run(const struct seq *seq, struct seq_place *place);

/* Right behind an element (SEQ_NONE: the start). */
struct seq_place seq_tree_behind(const struct seq *seq, uint32_t number);

/* The visible element at a position below the size. */
struct seq_place seq_tree_position(struct seq *seq, uint32_t position);

/* How much is visible before a place. */
struct seq_size seq_tree_before(const struct seq *seq, struct seq_place place);

/* Does element `a` stand before element `b`? SEQ_NONE is the end. */
bool seq_tree_ordered(const struct seq *seq, uint32_t a, uint32_t b);

/* Put a run at a place. Its elements have no leaf yet. */
void seq_tree_insert(struct seq *seq, struct seq_place place, const struct seq_run *run);

/* The same behind everything. */
void seq_tree_append(struct seq *seq, const struct seq_run *run);

/* What is visible of a run, or of the one before or behind it, has grown by `more` (counted modulo 2^32). */
void seq_tree_resized(struct seq *seq, struct seq_place place, struct seq_size more);

/* Elements that were just added, with their content, are more of a visible run and follow its last one; they fit. */
void seq_tree_extend(struct seq *seq, struct seq_place place, struct seq_size more);

/* Show or hide the elements of one run from `place` on, at most `count`. Returns how many it was. */
uint32_t seq_tree_hide(struct seq *seq, struct seq_place place, uint32_t count, bool is_hidden);

/* --- seq_ops.c: operations and elements --- */

/* The clocks of a change that inserted something here, until now later than every other. False: none did. */
bool seq_restamp(struct seq *seq, const struct doc_stamp *stamp);

/* The insertion that brought an element. */
uint32_t seq_insertion_of(const struct seq *seq, uint32_t number);

/* The origins of an element. */
struct seq_origins {
	uint32_t left, right;
};
struct seq_origins seq_origins(const struct seq *seq, uint32_t number);
uint32_t seq_left_origin(const struct seq *seq, uint32_t number);

/* Order of the ops that inserted two elements. */
int seq_op_cmp(const struct seq *seq, uint32_t a, uint32_t b);

/* List an insertion by its author. */
void seq_author_add(struct seq *seq, uint32_t insertion);

/* List all insertions by author. False: two are of one op. */
bool seq_authors_fill(struct seq *seq);

/* May these two runs be one, the second standing right behind the first? */
bool seq_joins(const struct seq *seq, const struct seq_run *a, const struct seq_run *b);

/* The number of elements that an insertion brought. */
uint32_t seq_inserted_count(const struct seq *seq, uint32_t insertion);

/* By element: whether a deletion covers it whose stamp `has` (NULL: any). Zeroed before. */
void seq_mark_deleted(const struct seq *seq, const uint8_t *has, uint8_t *is_deleted);

/* The content that an insertion brought: it came in one piece. */
struct span seq_insertion_content(const struct seq *seq, uint32_t insertion);

/* --- seq_moves.c --- */

/* An inserted element is the place of a move of `element`, which is no place itself. */
void seq_move_add(struct seq *seq, uint32_t place, uint32_t element);

/* There is room for more elements, which come behind the others: none of them was moved. Only once something was. */
void seq_moves_grow(struct seq *seq, uint32_t more);

/* A move does not count any more, as seq_take_back() says; by whom is not noted. */
void seq_move_revoke(struct seq *seq, uint32_t place, uint32_t element);

/* If this is the place of a move: it won over every other of its element as long as it counted, and got a lesser stamp. */
void seq_move_restamped(struct seq *seq, uint32_t place);

/* Where moved elements stood when only the changes were there that `has` lists by stamp: by place in seq->moved, SEQ_NONE for where it was
 * inserted. */
void seq_moves_past(const struct seq *seq, const uint8_t *has, uint32_t *at);

/* Elements were deleted: those moved no longer show where they are. */
void seq_moves_deleted(struct seq *seq, uint32_t first, uint32_t count);

/* The place that shows a moved element; SEQ_NONE: it shows where it was inserted. */
uint32_t seq_moved_to(const struct seq *seq, uint32_t element);

/* Does one of these elements show at a place? */
bool seq_moves_show(const struct seq *seq, uint32_t first, uint32_t count);

/* After the moves were loaded: find the winners. `is_hidden` says by element what is deleted, and then also what is moved away. No
 * move's element is a place. */
void seq_moves_fill(struct seq *seq, uint8_t *is_hidden);

bool seq_moves_are_sound(const struct seq *seq);

/* --- seq_reach.c: an index for places that take long to find --- */

/* Make it, if it is not there. */
void seq_reach_build(struct seq *seq);

/* Where it is there, the tree keeps it: a node's runs or children are others now; a run was added; there is room for the new branches; the
 * children of a branch move up by one from `place` on, or its upper half is now a sibling's. */
void seq_reach_refresh(struct seq *seq, uint32_t height, uint32_t node);
void seq_reach_add(struct seq *seq, uint32_t leaf, const struct seq_run *run);
void seq_reach_room(struct seq *seq);
void seq_reach_shift(struct seq *seq, uint32_t branch, uint32_t place);
void seq_reach_halve(struct seq *seq, uint32_t branch, uint32_t sibling);

/* There is a new insertion. */
void seq_reach_note(struct seq *seq);

/* The nearest element in whose left subtree this one (SEQ_NONE: the start) stands; SEQ_NONE: in nobody's. */
uint32_t seq_top(const struct seq *seq, uint32_t number);

/* From `at` on, the first place of an element whose left origin is `bound` or before that (SEQ_NONE: the start), or whose top is `bound` or
 * behind that (SEQ_NONE: the end). The end when there is none. */
enum seq_reach { SEQ_REACH_LOW, SEQ_REACH_TOP };
struct seq_place seq_reach_next(struct seq *seq, struct seq_place at, enum seq_reach by, uint32_t bound);

bool seq_reach_is_sound(const struct seq *seq);

/* --- seq_past.c --- */

/* Order of two operations by Lamport clock, then by who and where in the change. */
int seq_by_cmp(const struct seq *seq, struct seq_by a, struct seq_by b);

/* --- seq_order.c --- */

/* Where the newest insertion goes, whose elements are not in the tree yet. */
struct seq_place seq_order_place(struct seq *seq, const struct seq_insertion *insertion);

/* --- seq.c --- */

/* Insert at a place that is known to be the right one. It is not listed by its author. */
void seq_insert_at(
        struct seq *seq, struct seq_place place, const struct seq_insertion *insertion, struct span content);

/* The last insertion, which is not listed by its author, goes on: its last element stands at `left`, and `place` is right behind that. */
void seq_insert_more(struct seq *seq, struct seq_place left, struct seq_place place, struct span content);

/* Hide deleted elements, wherever they show. The deletion itself is not noted. */
void seq_hide_elements(struct seq *seq, uint32_t first, uint32_t count);

#endif
