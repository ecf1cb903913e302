/*
 * node/medication/items.h - what of a dossier's medication wants somebody's attention, and from which day to which (README.md, "Attention").
 *
 * An item holds on the days from `from` to `until`; so a list for any day is made from items that were worked out once. Pure.
 */
#ifndef NODE_MEDICATION_ITEMS_H
#define NODE_MEDICATION_ITEMS_H

#include "node/medication/medication.h"
#include "node/schema/check.h"

enum medication_item_kind {
	MEDICATION_ITEM_ENDS = 1, /* a prescription ends on `day`, and nothing renews it */
	MEDICATION_ITEM_PAST = 2, /* it ended on `day` */
	MEDICATION_ITEM_NO_END = 3, /* it is a year old on `day` and has no end */
	MEDICATION_ITEM_FOLLOW_UP = 4, /* was due on `day`; `number`: 45 or 90 */
	MEDICATION_ITEM_DOSES = 5, /* an alarm that nobody settled: `number` is enum medication_alarm_kind */
	MEDICATION_ITEM_PAIR = 6, /* two lines may be of one drug; `number` 1: they are */
	MEDICATION_ITEM_WITHOUT = 7, /* a line has no valid prescription since `day` */
	MEDICATION_ITEM_VERSIONS = 8, /* corrected twice, by people apart */
	MEDICATION_ITEM_UNREAD = 9, /* a line's schedule is not understood: nothing is expected of it */
};

enum medication_urgency { MEDICATION_NOTE, MEDICATION_SOON, MEDICATION_NOW };

struct medication_item {
	enum medication_item_kind kind;
	enum medication_urgency urgency;
	int64_t from, until;
	int64_t day;
	uint32_t number;
	uint32_t id_count;
	struct record_id ids[2]; /* prescription; line, or the two; the first two doses */
	struct span words; /* the drug or the prescriber. Borrows from the medication */
};

enum { MEDICATION_ITEMS_MAX = 64 }; /* of one dossier; the most urgent come first */

/* Ascending by (urgency from NOW, kind, day, ids). How many; more than MEDICATION_ITEMS_MAX are left out. */
uint32_t medication_items(
        const struct medication *medication, struct medication_item out[MEDICATION_ITEMS_MAX]);

/* One sentence. Appends. */
void medication_item_words(
        const struct medication_item *item, enum schema_language language, struct buf *out);

#endif
