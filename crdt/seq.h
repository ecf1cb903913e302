/*
 * crdt/seq.h - a replicated sequence: the code points of a text, or the values of a list (crdt/README.md, section 9).
 *
 * Elements are named by number, in the order in which they came here; numbers mean nothing on another replica. Positions are those of the
 * visible elements, from 0. The order is a function of the insertions alone, whatever their order of arrival.
 *
 * A cursor that is to survive merges hangs on one number (kept as an op id and offset). *Between* elements it hangs on what stands before
 * it, an element or a place, and is right behind that: it stays there when that is deleted, or moved away. *On* an element it hangs on that
 * element (seq_shown()) and is where seq_stands() says: it goes along with every move; when the element is deleted, it is where that would
 * show.
 *
 * Callers have validated operations: contents are UTF-8 or canonical MessagePack values. What an operation names and is not here is SEQ_NONE,
 * or passed over.
 * Pure; a sequence and the documents that share its feed table belong to one thread. Results borrow until the next change.
 */
#ifndef CRDT_SEQ_H
#define CRDT_SEQ_H

#include "crdt/base/mem.h"
#include "crdt/doc_op.h"

struct seq;

enum seq_kind { SEQ_TEXT, SEQ_LIST };

/* No element: the start as a left origin, the end as a right one. */
#define SEQ_NONE UINT32_MAX

struct seq *seq_new(enum seq_kind kind, struct crdt_feeds *feeds);
struct seq *seq_copy(const struct seq *seq);
void seq_free(struct seq *seq); /* NULL is allowed */
void seq_trim(struct seq *seq); /* give back memory kept for growth */
size_t seq_memory_bytes(const struct seq *seq);

/* What an operation says of itself: the number of its change's stamp, and its position in the change. */
struct seq_by {
	uint32_t stamp, index;
};

/* The number of a change's stamp. Those of one feed come in ascending order of their sequence. */
uint32_t seq_stamp(struct seq *seq, const struct doc_stamp *stamp);

/* The element that an op inserted at `offset`, SEQ_NONE when there is none here. */
uint32_t seq_find(const struct seq *seq, const struct doc_op *op, uint32_t offset);

/* The op that inserted an element, where in it, and its stamp. */
struct seq_origin {
	struct doc_op op;
	uint32_t offset;
	const struct doc_stamp *stamp;
};
struct seq_origin seq_origin(const struct seq *seq, uint32_t number);

/* Insert `content` between two elements. Returns the number of its first element. Ops of one feed come in ascending order. */
uint32_t seq_insert(struct seq *seq, struct seq_by by, uint32_t left, uint32_t right, struct span content);

/* Delete elements from `offset` on of what an op inserted; what is not there is passed over. A place stands for its element. */
void seq_delete(struct seq *seq, struct seq_by by, const struct doc_op *op, uint32_t offset, uint32_t count);

/* Lists: insert a place between two elements that shows `element` (SEQ_NONE: nothing), unless another of its moves wins. */
void seq_move(struct seq *seq, struct seq_by by, uint32_t element, uint32_t left, uint32_t right);

/* The move that inserted `place` does not count any more; with an `element`, only if it moved that one. */
void seq_take_back(struct seq *seq, struct seq_by by, uint32_t place, uint32_t element);

bool seq_is_place(const struct seq *seq, uint32_t number);

/* The element that a place was made for (SEQ_NONE: for none); the element itself when it is no place. */
uint32_t seq_shown(const struct seq *seq, uint32_t number);

/* Where an element stands, or what a place was made for: at the place of its winning move or where it was inserted, deleted or not.
 * SEQ_NONE: the place was made for none. */
uint32_t seq_stands(const struct seq *seq, uint32_t number);

/* The places that moves ever made for an element, in the order in which they came; who made one is in seq_origin(). Start with `*cursor` 0.
 * False at the end. */
bool seq_next_move(const struct seq *seq, uint32_t element, uint32_t *cursor, uint32_t *place);

/* The ops that inserted, in the order in which they came. False past the last. */
uint32_t seq_insertion_count(const struct seq *seq);
bool seq_insertion_op(const struct seq *seq, uint32_t index, struct doc_op *op);

/* Is something that it inserted visible, be it where it was moved to? */
bool seq_insertion_is_seen(const struct seq *seq, uint32_t index);

/* Delete everything that an op inserted; a move is taken back. Nothing when the op is not of this sequence. */
void seq_clear(struct seq *seq, struct seq_by by, const struct doc_op *op);

/* What is visible. */
struct seq_size {
	uint32_t elements, bytes, wide; /* wide: code points of two UTF-16 units */
};
struct seq_size seq_size(const struct seq *seq);
uint32_t seq_element_count(const struct seq *seq); /* hidden ones included */
size_t seq_content_bytes(const struct seq *seq); /* the same */

/* The visible contents of a text, piece by piece: start with `*cursor` 0. False at the end. */
bool seq_next(const struct seq *seq, uint64_t *cursor, struct span *content);

/* The element at a position; SEQ_NONE at or past the end. */
uint32_t seq_at(const struct seq *seq, uint32_t position);

/* The element right behind this one, hidden or not; after SEQ_NONE the first; SEQ_NONE at the end. */
uint32_t seq_after(const struct seq *seq, uint32_t number);

/* How much is visible before an element (SEQ_NONE: before the end). */
struct seq_size seq_before(const struct seq *seq, uint32_t number);

bool seq_is_visible(const struct seq *seq, uint32_t number);
bool seq_is_deleted(const struct seq *seq,
        uint32_t number); /* an element, or what a place shows; no matter where it stands */
struct span seq_content(const struct seq *seq, uint32_t number); /* of one element, or what shows there */

/* The position at which so many bytes or UTF-16 units have passed; one inside an element counts as before it. */
uint32_t seq_position_of_bytes(const struct seq *seq, uint32_t bytes);
uint32_t seq_position_of_utf16(const struct seq *seq, uint32_t units);

/* Append what a text was when only the changes were there that `was_there` says; those that they cite must be among them. */
void seq_read_past(const struct seq *seq, bool (*was_there)(void *context, const struct doc_stamp *stamp),
        void *context, struct buf *out);

/* An element as it was in the past. */
struct seq_past_element {
	uint32_t
	        number; /* where it stood: its own, or that of the place of its winning move; seq_content() is what it showed */
	bool is_deleted;
};

/* The elements that there were, in order, each once, deleted ones included. Zero-initialized is empty and valid; refilled by each
 * reading; owner calls seq_past_close(). */
struct seq_past {
	struct seq_past_element *items;
	uint32_t count, capacity;
};

void seq_past_close(struct seq_past *past);

/* The same of a text or a list, element by element: who wins among the moves that were there, less those taken back by then. */
void seq_past_of(const struct seq *seq, bool (*was_there)(void *context, const struct doc_stamp *stamp),
        void *context, struct seq_past *out);

/* The op that deleted an element, or what a place shows: of several the first by Lamport clock. False: none did. With `was_there` (which may
 * be NULL), of those that were there. */
bool seq_deletion(const struct seq *seq, uint32_t number,
        bool (*was_there)(void *context, const struct doc_stamp *stamp), void *context, struct doc_op *op,
        const struct doc_stamp **stamp);

/* What only our own bugs could break: for tests. False: something does not fit. */
bool seq_is_sound(const struct seq *seq);

#endif
