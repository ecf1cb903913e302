/*
 * node/plan/plan_notes.h - what of a plan wants a person's attention (README.md, section 2). Pure.
 */
#ifndef NODE_PLAN_PLAN_NOTES_H
#define NODE_PLAN_PLAN_NOTES_H

#include "node/plan/plan.h"

enum plan_note_kind {
	PLAN_NOTE_REASSESS = 1, /* a problem, on `day` */
	PLAN_NOTE_GOAL, /* a goal whose day is `day`, and that is still open */
	PLAN_NOTE_WORDS, /* an item that is active, and has words for a rhythm: no visit comes of it */
	PLAN_NOTE_UNREADABLE, /* the same with a rule that cannot be planned by */
	PLAN_NOTE_DIFFERS, /* two rhythms, or states, live */
};

enum { PLAN_NOTE_BYTES = 240 };

struct plan_note {
	enum plan_note_kind kind;
	struct record_id record;
	int64_t day; /* RECURRENCE_NEVER: none */
	char fr[PLAN_NOTE_BYTES], en[PLAN_NOTE_BYTES]; /* a sentence each */
};

/* "reassess", "goal", ... */
const char *plan_note_name(enum plan_note_kind kind);

/* What is noted of a document, whatever the day. `rated` says when a problem was rated last, or RECURRENCE_NEVER. */
void plan_notes_each(const struct crdt_doc *doc,
        int64_t (*rated)(void *context, const struct record_id *problem),
        void (*seen)(void *context, const struct plan_note *note), void *context);

#endif
