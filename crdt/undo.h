/*
 * crdt/undo.h - taking a change back by a new change: what it replaced comes again, as far as nobody else replaced that since.
 *
 * Place by place: of a change's values those that still live go, and the values that it ended come back unless somebody else ended them as
 * well. What others wrote since stays; where it stands in the way, the place is left alone and the plan says who stands there. The result is an
 * ordinary change that names what it replaces, so it merges, shows in the history and can be undone itself. Events stay: they are
 * corrected by another event, where their kind has one.
 *
 * Inside a text or a list (crdt/README.md, "Undo of texts, lists and counters"): of what the change inserted, that which shows is deleted;
 * what it alone deleted is inserted again where it stood, as new elements; what it moved is moved back unless somebody moved it since. All else
 * stays as it is. A counter loses what the change added, and gets back what it alone took away. Pure.
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
	CRDT_UNDO_TEXT, /* `pieces` go or come again; what of it is left alone: `others` */
	CRDT_UNDO_LIST, /* the same; or they are moved back */
	CRDT_UNDO_COUNT, /* the additions `own` go, those of `back` come again: `delta` in all */
	CRDT_UNDO_NOTHING, /* an element was there before as well, or is there again; nothing of it shows: nothing to do */
	CRDT_UNDO_OVERTAKEN, /* left alone: `others` wrote or removed here since */
	CRDT_UNDO_EVENT, /* left alone: an event, `own` */
	CRDT_UNDO_UNKNOWN, /* left alone: an operation of a later version, `own` */
};

/* A part of a text or list. */
struct crdt_undo_piece {
	enum crdt_passage_kind
	        kind; /* DELETED: it goes; INSERTED: it comes again; MOVED: one element of a list, back */
	uint32_t count; /* code points or values */
	struct span content; /* UTF-8, or encoded values one after the other */
	bool has_right;
	struct crdt_element left, right; /* INSERTED, MOVED: between these */
	struct crdt_element element; /* MOVED */
	struct crdt_cites cites; /* MOVED: the moves that it replaces */
	const struct crdt_target *targets; /* DELETED */
	uint32_t target_count;
};

/* A place that the change touched. */
struct crdt_undo_item {
	enum crdt_undo_kind kind;
	bool is_element; /* of the set at `path`; else its register */
	struct span path, element; /* element: as encoded, of a set */
	struct crdt_steps own; /* of this change, living; of EVENT and UNKNOWN: the operation */
	struct crdt_steps back; /* ended by this change alone */
	struct crdt_steps others; /* in the way, or staying beside */
	const struct crdt_undo_piece *pieces; /* in order */
	uint32_t piece_count;
	int64_t delta;
};

struct crdt_undo {
	struct crdt_undo_item *items;
	uint32_t count, capacity;
	bool does_something; /* at least one RESTORE, REMOVE, TEXT, LIST or COUNT */
	struct arena arena;
};

/* Does the plan do something at this place? */
bool crdt_undo_acts(const struct crdt_undo_item *item);

/* Set `*out` (zero-initialized, or used before) to what undoing entry `change` would do now, when all of `history` has happened. It borrows
 * from the history; owner calls crdt_undo_close(). ERR_NOTFOUND: no such change here. */
int crdt_undo_plan(const struct crdt_history *history, const struct entry_ref *change, struct crdt_undo *out);
void crdt_undo_close(struct crdt_undo *undo);

/* Write the operations of a plan into a change whose entry depends on the one taken back, as on all its writer's heads: so it is known later
 * that it was given back. `reason` is not empty; inside texts and lists there is no room for it. Errors of the builder: ERR_TOOBIG when
 * it is more than one change holds. */
int crdt_undo_write(const struct crdt_history *history, const struct crdt_undo *undo,
        struct crdt_builder *builder, struct span reason);

#endif
