/*
 * node/plan/plan.h - the care plan of a dossier: items with their rules, and when its problems are to be assessed again (README.md, section 2).
 *
 * Pure; documents are hostile. Days count from 1970-01-01, in Paris.
 */
#ifndef NODE_PLAN_PLAN_H
#define NODE_PLAN_PLAN_H

#include "crdt/doc.h"
#include "node/plan/recurrence.h"
#include "node/record.h"

enum {
	PLAN_ASSIGNEES_MAX = 4, /* more are not named */
	PLAN_REASSESS_DAYS = 90, /* where nothing is said: a quarter */
};

enum plan_rhythm {
	PLAN_NO_RHYTHM,
	PLAN_IN_WORDS, /* no visit is planned from them */
	PLAN_UNREADABLE, /* it looks like a rule and is not one that can be planned by */
	PLAN_RULE,
};

/* An item as one live value of its recurrence has it. */
struct plan_item {
	struct record_id id;
	enum plan_rhythm rhythm;
	struct span text; /* of the recurrence; borrows from the document */
	struct recurrence rule; /* PLAN_RULE: with the item's own first and last day */
	int64_t gone; /* it gives nothing from this day on, since it was suspended or ended; RECURRENCE_FOREVER: active */
	bool differs; /* two recurrences, or two states, live that differ */
	bool is_former; /* `rule` is one that it had before, with the days on which it held; `text` is not its */
	bool is_nursing; /* its action is nursing care, or not said */
	bool is_given; /* a partner does it: no nurse's visit comes of it */
	uint8_t assignees[PLAN_ASSIGNEES_MAX]
	                 [SCHEMA_SHORT_BYTES]; /* each live value: two who confided it apart left two */
	uint32_t assignee_count;
};

/* Each item; one of which several different recurrences live comes once for each, and once for each that it had before. In the order of ids. */
void plan_items_each(
        const struct crdt_doc *doc, void (*seen)(void *context, const struct plan_item *item), void *context);

/* The item of a record, as the first of its recurrences has it. False: there is none. */
bool plan_item_of(const struct crdt_doc *doc, const struct record_id *id, struct plan_item *out);

/* ---- Assessed again ---- */

struct plan_due {
	struct record_id problem;
	int64_t day; /* on which it is due */
	int64_t rated; /* the last rating's; RECURRENCE_NEVER: none */
	int64_t every; /* days */
	bool is_said; /* the day is the problem's own reassessOn */
};

/* When a problem is due that was rated last on day `rated` (RECURRENCE_NEVER: never). False: it is closed, or not there. */
bool plan_due_of(
        const struct crdt_doc *doc, const struct record_id *problem, int64_t rated, struct plan_due *out);

/* The Paris day on which something was written, by its author's clock. */
int64_t plan_day_of_hlc(uint64_t hlc);

#endif
