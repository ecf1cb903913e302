/*
 * node/medication/items.h - what of a dossier's medication wants somebody's attention, and when (README.md, "Attention").
 *
 * An item says from which days on it is how urgent; so a list for any day is made from items that were worked out once. Pure.
 */
#ifndef NODE_MEDICATION_ITEMS_H
#define NODE_MEDICATION_ITEMS_H

#include "node/medication/medication.h"
#include "node/schema/check.h"

enum medication_item_kind {
	MEDICATION_ITEM_ENDS = 1, /* `day` is a prescription's last, and nothing renews it */
	MEDICATION_ITEM_NO_END = 2, /* it is a year old on `day` and has no end */
	MEDICATION_ITEM_FOLLOW_UP = 3, /* was due on `day`; `number`: 45 or 90 */
	MEDICATION_ITEM_DOSES = 4, /* an alarm that nobody settled: `number` is enum medication_alarm_kind */
	MEDICATION_ITEM_PAIR = 5, /* two lines may be of one drug; `number` 1: they are */
	MEDICATION_ITEM_WITHOUT = 6, /* a line has no valid prescription since `day` */
	MEDICATION_ITEM_VERSIONS = 7, /* corrected twice, by people apart */
	MEDICATION_ITEM_UNREAD = 8, /* a line's schedule is not understood: nothing is expected of it */
	MEDICATION_ITEM_KINDS,
};

/* QUIET: nothing is to be told of it on that day. */
enum medication_urgency { MEDICATION_QUIET, MEDICATION_NOTE, MEDICATION_SOON, MEDICATION_NOW };

struct medication_item {
	enum medication_item_kind kind;
	/* from which day it is a note, is due soon, is due now (NEVER: it does not become that); `until` is its last day */
	int64_t note, soon, now, until;
	int64_t day;
	uint32_t number;
	uint32_t id_count;
	struct record_id ids[2]; /* prescription; line, or the two; the first two doses */
	struct span words; /* the drug or the prescriber. Borrows from the medication */
};

enum { MEDICATION_ITEMS_MAX = 64 }; /* of one dossier */

/* Alarms first, then ascending by (kind, latest day first, ids). How many. Where there are more than
 * MEDICATION_ITEMS_MAX, of each kind the first, then of each the next, so that no kind is pushed out by another; *left_out: how many are not said. */
uint32_t medication_items(const struct medication *medication,
        struct medication_item out[MEDICATION_ITEMS_MAX], uint32_t *left_out);

enum medication_urgency medication_item_on(const struct medication_item *item, int64_t day);
const char *medication_item_name(enum medication_item_kind kind); /* "prescription-ends" */

/* One sentence. Appends. */
void medication_item_words(
        const struct medication_item *item, enum schema_language language, struct buf *out);

#endif
