/*
 * crdt/seq_sides.h - what of a sequence shows when only some of its changes are there: the two sides of a comparison. For passages.c and
 * undo_seq.c. Pure.
 */
#ifndef CRDT_SEQ_SIDES_H
#define CRDT_SEQ_SIDES_H

#include "crdt/seq_state.h"

/* Which changes are there. What they cite need not be. */
struct seq_part {
	bool (*holds)(void *context, const struct doc_stamp *stamp);
	void *context;
};

/* An element that shows, and where: at the place of a move, or where it was inserted. */
struct seq_shown {
	uint32_t element, place;
	uint32_t byte_at, bytes; /* its content */
};

struct seq_side {
	uint8_t *has; /* by stamp: its change is there */
	uint32_t *
	        deletion; /* by element: which of `seq->deletions` took it, of several the first by Lamport clock; SEQ_NONE: none */
	uint32_t *row_of; /* by element: its row; SEQ_NONE: it does not show */
	struct seq_shown *rows; /* in order */
	uint32_t count;
};

/* Owner calls seq_side_close(). */
void seq_side_open(const struct seq *seq, struct seq_part part, struct seq_side *out);
void seq_side_close(struct seq_side *side);

/* Does the part hold the change that inserted an element, or the place of a move? */
bool seq_side_has(const struct seq *seq, const struct seq_side *side, uint32_t number);

/* The content of a row. */
struct span seq_shown_content(const struct seq *seq, const struct seq_shown *row);

/* Elements that show on both sides in the same order among each other: by row of `from`, 1 when the element stays where it is. As many as do
 * not show at another place, and of the others those that fit in between. Owner calls mem_free(). */
uint8_t *seq_sides_kept(const struct seq_side *from, const struct seq_side *to);

#endif
