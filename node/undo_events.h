/*
 * node/undo_events.h - taking an event back by the correction that its kind has (node/README.md, "The past").
 *
 * An event never goes. A kind that the schema lets correct (a visit, by its amendment) gets a correction: one that says that it did not take
 * place; for a correction, one that gives again what stood before it, unless somebody corrected the same since. Kinds that have a field "mistaken" (a dose, a stop
 * of a prescription) are corrected by whole events of their own: one that says so, or what stood before. Pure.
 */
#ifndef NODE_UNDO_EVENTS_H
#define NODE_UNDO_EVENTS_H

#include "crdt/builder.h"
#include "crdt/history.h"
#include "node/schema/value.h"

enum undo_event_kind {
	UNDO_EVENT_STAYS = 0, /* its kind has no correction */
	UNDO_EVENT_CANCEL, /* the correction says that it did not take place */
	UNDO_EVENT_RESTORE, /* the correction gives again what stood before */
	UNDO_EVENT_OVERTAKEN, /* somebody corrected the same event since */
};

struct undo_event {
	enum undo_event_kind kind;
	struct op_id corrects;
	struct schema_record
	        record; /* of the correction, without an id; values borrow from the history and `measures` */
	struct schema_measures measures;
	bool incomplete; /* RESTORE: something that was added cannot be taken out again by a correction */
};

/* What can be done about the EVENT step `number` of the history. */
void undo_event_plan(const struct crdt_history *history, uint32_t number, struct undo_event *out);

/* Write the correction under the new id. Nothing for STAYS and OVERTAKEN. */
void undo_event_write(const struct undo_event *event, struct record_id id, struct crdt_builder *builder,
        struct span reason);

#endif
