/*
 * crdt/undo.h - taking a change back by a new change: what it replaced comes again, as far as nobody else replaced that since.
 *
 * Place by place: of a change's values those that still live go, and the values that it ended come back unless somebody else ended them as
 * well. What others wrote since stays; where it stands in the way, the place is left alone and the plan says who stands there. The result is an
 * ordinary change that names what it replaces, so it merges, shows in the history and can be undone itself. Events stay: they are
 * corrected by another event, where their kind has one. Counters, lists and texts are not taken back here. Pure.
 */
#ifndef CRDT_UNDO_H
#define CRDT_UNDO_H

#include "crdt/base/arena.h"
#include "crdt/builder.h"
#include "crdt/history.h"

enum crdt_undo_kind {
	CRDT_UNDO_RESTORE =
	        1, /* the values of `back` come again, instead of those of `own` (none: it only removed) */
	CRDT_UNDO_REMOVE, /* those of `own` go; nothing stood there before, or it was ended by others too: `others` */
	CRDT_UNDO_NOTHING, /* an element was there before as well, or is there again: nothing to do */
	CRDT_UNDO_OVERTAKEN, /* left alone: `others` wrote or removed here since */
	CRDT_UNDO_EVENT, /* left alone: an event, `own` */
	CRDT_UNDO_CONTENT, /* left alone: operations of counters, lists, texts, or of a later version: `own` */
};

/* A place that the change touched. */
struct crdt_undo_item {
	enum crdt_undo_kind kind;
	bool is_element; /* of the set at `path`; else its register */
	struct span path, element; /* element: as encoded, of a set */
	struct crdt_steps own; /* of this change, living; of EVENT and CONTENT: the operations */
	struct crdt_steps back; /* ended by this change alone */
	struct crdt_steps others; /* in the way, or staying beside */
};

struct crdt_undo {
	struct crdt_undo_item *items;
	uint32_t count, capacity;
	bool does_something; /* at least one RESTORE or REMOVE */
	struct arena arena;
};

/* Set `*out` (zero-initialized, or used before) to what undoing entry `change` would do now, when all of `history` has happened. It borrows
 * from the history; owner calls crdt_undo_close(). ERR_NOTFOUND: no such change here. */
int crdt_undo_plan(const struct crdt_history *history, const struct entry_ref *change, struct crdt_undo *out);
void crdt_undo_close(struct crdt_undo *undo);

/* Write the operations of a plan. `reason` is not empty. Errors of the builder. */
int crdt_undo_write(const struct crdt_history *history, const struct crdt_undo *undo,
        struct crdt_builder *builder, struct span reason);

#endif
