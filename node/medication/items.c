#include "node/medication/items.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/schema/moment.h"

enum { YEAR_DAYS = 365, DAY_TEXT = 16 };

struct list {
	struct medication_item *items;
	uint32_t count, room;
};

static int64_t first_day(const struct medication_item *item)
{
	int64_t first = item->note < item->soon ? item->note : item->soon;
	return first < item->now ? first : item->now;
}

static void put(struct list *list, struct medication_item item)
{
	if (item.until < first_day(&item))
		return;
	list->items = mem_room(list->items, list->count, &list->room, sizeof(*list->items));
	list->items[list->count++] = item;
}

static struct medication_item an_item(const struct record_id *id, struct span words)
{
	return (struct medication_item){.note = MEDICATION_NEVER,
	        .soon = MEDICATION_NEVER,
	        .now = MEDICATION_NEVER,
	        .until = MEDICATION_NEVER,
	        .id_count = 1,
	        .ids = {*id},
	        .words = words};
}

/* ---- Prescriptions ----------------------------------------------------------------------------------------------- */

/* Does what renews it go on longer? */
static bool goes_on(const struct medication *medication, uint32_t root)
{
	const struct grouped *renewals = &medication->renewals_of;
	for (uint32_t i = renewals->starts[root]; i < renewals->starts[root + 1]; i++) {
		const uint32_t later = renewals->members[i];
		if (!medication_prescription(medication, later)->is_mistaken &&
		        medication->prescriptions[later].interval.last >
		                medication->prescriptions[root].interval.last)
			return true;
	}
	return false;
}

/* Told from `soon` days before on, more urgently from `now` days before on, but not before it begins. */
static void put_end(
        const struct medication *medication, uint32_t at, struct medication_item item, struct list *list)
{
	const struct medication_interval *holds = &medication->prescriptions[at].interval;
	if (holds->last < holds->first || holds->why != MEDICATION_OVER || goes_on(medication, at))
		return;
	if (holds->last >= MEDICATION_NEVER) {
		item.kind = MEDICATION_ITEM_NO_END;
		item.day = item.soon = holds->first + YEAR_DAYS;
	} else {
		item.kind = MEDICATION_ITEM_ENDS;
		item.day = holds->last;
		item.soon = holds->last - MEDICATION_SOON_DAYS;
		item.now = holds->last - MEDICATION_NOW_DAYS;
		item.soon = item.soon < holds->first ? holds->first : item.soon;
		item.now = item.now < holds->first ? holds->first : item.now;
		item.until = holds->last + MEDICATION_PAST_DAYS;
	}
	put(list, item);
}

/* Of those that renew one another: the last day of the last one, and whether there is a drug in any. */
static int64_t chain_last(const struct medication *medication, uint32_t chain, bool *has_lines)
{
	int64_t last = INT64_MIN;
	*has_lines = false;
	for (uint32_t i = medication->chain_of.starts[chain]; i < medication->chain_of.starts[chain + 1];
	        i++) {
		const uint32_t at = medication->chain_of.members[i];
		const struct medication_prescription *one = &medication->prescriptions[at];
		if (medication_prescription(medication, at)->is_mistaken)
			continue;
		*has_lines |= one->line_count > 0;
		last = one->interval.last > last ? one->interval.last : last;
	}
	return last;
}

static void put_follow_ups(
        const struct medication *medication, uint32_t at, struct medication_item item, struct list *list)
{
	const struct medication_prescription *first = &medication->prescriptions[at];
	bool has_lines;
	if (first->chain != at)
		return;
	int64_t last = chain_last(medication, at, &has_lines);
	for (int i = 0; has_lines && i < MEDICATION_FOLLOW_UPS; i++) {
		if (first->done[i] != MEDICATION_NONE)
			continue;
		item.kind = MEDICATION_ITEM_FOLLOW_UP;
		item.number = (uint32_t)medication_follow_up_days[i];
		item.day = item.soon = first->interval.first + medication_follow_up_days[i];
		item.until = last;
		if (i + 1 < MEDICATION_FOLLOW_UPS) { /* the next one stands for it */
			int64_t next = first->interval.first + medication_follow_up_days[i + 1] - 1;
			item.until = next < last ? next : last;
		}
		put(list, item);
	}
}

static void put_prescriptions(const struct medication *medication, struct list *list)
{
	for (uint32_t i = 0; i < medication->prescription_count; i++) {
		const struct medication_prescription *root = &medication->prescriptions[i],
		                                     *shown = medication_prescription(medication, i);
		struct medication_item item = an_item(&root->head.id, shown->prescriber);
		if (!medication_is_root(&root->version, i))
			continue;
		if (root->version.live > 1) {
			struct medication_item versions = item;
			versions.kind = MEDICATION_ITEM_VERSIONS;
			versions.day = versions.now = root->interval.first;
			versions.until = root->interval.last;
			put(list, versions);
		}
		if (shown->is_mistaken)
			continue;
		put_end(medication, i, item, list);
		put_follow_ups(medication, i, item, list);
	}
}

/* ---- Lines and doses --------------------------------------------------------------------------------------------- */

/* A line that is meant to go on when its prescription does not any more, or that has none. */
static void put_without(
        const struct medication *medication, uint32_t at, struct medication_item item, struct list *list)
{
	const struct medication_line *root = &medication->lines[at], *shown = medication_line(medication, at);
	item.kind = MEDICATION_ITEM_WITHOUT;
	if (root->of == MEDICATION_NONE) {
		item.day = item.now = shown->from == MEDICATION_ALWAYS ? 0 : shown->from;
		item.until = root->interval.last;
		put(list, item);
	} else if (root->interval.why == MEDICATION_OVER && shown->until < MEDICATION_NEVER &&
	        shown->until > root->interval.last) {
		item.day = item.now = root->interval.last + 1;
		item.until = shown->until;
		put(list, item);
	}
}

static void put_lines(const struct medication *medication, struct list *list)
{
	for (uint32_t i = 0; i < medication->line_count; i++) {
		const struct medication_line *root = &medication->lines[i],
		                             *shown = medication_line(medication, i);
		struct medication_item item = an_item(&root->head.id, shown->drug), told = item;
		const bool is_orphan = root->of == MEDICATION_NONE;
		told.day = !is_orphan                      ? root->interval.first
		        : shown->from == MEDICATION_ALWAYS ? 0
		                                           : shown->from;
		told.until = root->interval.last;
		if (!medication_is_root(&root->version, i))
			continue;
		if (root->version.live > 1) {
			told.kind = MEDICATION_ITEM_VERSIONS;
			told.now = told.day;
			put(list, told);
			told.now = MEDICATION_NEVER;
		}
		if (shown->is_mistaken)
			continue;
		if (!shown->schedule.is_understood && !shown->if_needed) {
			told.kind = MEDICATION_ITEM_UNREAD;
			told.note = told.day;
			put(list, told);
		}
		put_without(medication, i, item, list);
	}
}

static void put_pairs(const struct medication *medication, struct list *list)
{
	for (uint32_t i = 0; i < medication->pair_count; i++) {
		const struct medication_pair *pair = &medication->pairs[i];
		if (pair->settled != MEDICATION_NONE)
			continue;
		struct medication_item item = an_item(
		        &medication->lines[pair->a].head.id, medication_line(medication, pair->b)->drug);
		item.kind = MEDICATION_ITEM_PAIR;
		item.ids[item.id_count++] = medication->lines[pair->b].head.id;
		item.day = item.soon = pair->first;
		item.now = pair->is_same ? pair->first : MEDICATION_NEVER;
		item.until = pair->last;
		item.number = pair->is_same;
		put(list, item);
	}
}

static void put_alarms(const struct medication *medication, struct list *list)
{
	for (uint32_t i = 0; i < medication->alarm_count; i++) {
		const struct medication_alarm *alarm = &medication->alarms[i];
		const uint32_t *doses = &medication->alarm_doses[alarm->first];
		struct medication_item item = an_item(
		        &medication->doses[doses[0]].head.id, medication_line(medication, alarm->line)->drug);
		if (alarm->settled != MEDICATION_NONE)
			continue;
		item.kind = MEDICATION_ITEM_DOSES;
		item.number = alarm->kind;
		item.day = item.soon = alarm->day;
		item.now = alarm->kind == MEDICATION_UNPLANNED ? MEDICATION_NEVER : alarm->day;
		if (alarm->count > 1)
			item.ids[item.id_count++] = medication->doses[doses[1]].head.id;
		put(list, item);
	}
}

/* Alarms come first, then what is due now for some time. */
static int by_kind(const void *a, const void *b)
{
	const struct medication_item *x = a, *y = b;
	bool x_doses = x->kind == MEDICATION_ITEM_DOSES, y_doses = y->kind == MEDICATION_ITEM_DOSES;
	if (x_doses != y_doses)
		return x_doses ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->day != y->day)
		return x->day > y->day ? -1 : 1;
	return memcmp(x->ids, y->ids, sizeof(x->ids));
}

/* Which of its kind it is, in the order of by_kind(). */
struct ranked {
	struct medication_item item;
	uint32_t rank;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return by_kind(&x->item, &y->item);
}

/* Those that are said come first. */
static void choose(struct list *list)
{
	struct ranked *ranked = mem_zero((size_t)list->count + 1, sizeof(*ranked));
	uint32_t ranks[MEDICATION_ITEM_KINDS] = {0};
	for (uint32_t i = 0; i < list->count; i++)
		ranked[i] = (struct ranked){list->items[i], ranks[list->items[i].kind]++};
	qsort(ranked, list->count, sizeof(*ranked), by_rank);
	for (uint32_t i = 0; i < list->count; i++)
		list->items[i] = ranked[i].item;
	qsort(list->items, MEDICATION_ITEMS_MAX, sizeof(*list->items), by_kind);
	mem_free(ranked);
}

uint32_t medication_items(const struct medication *medication,
        struct medication_item out[MEDICATION_ITEMS_MAX], uint32_t *left_out)
{
	struct list list = {0};
	put_prescriptions(medication, &list);
	put_lines(medication, &list);
	put_pairs(medication, &list);
	put_alarms(medication, &list);
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_kind);
	if (list.count > MEDICATION_ITEMS_MAX)
		choose(&list);
	uint32_t count = list.count < MEDICATION_ITEMS_MAX ? list.count : MEDICATION_ITEMS_MAX;
	if (count)
		memcpy(out, list.items, count * sizeof(*out));
	*left_out = list.count - count;
	mem_free(list.items);
	return count;
}

enum medication_urgency medication_item_on(const struct medication_item *item, int64_t day)
{
	if (day > item->until)
		return MEDICATION_QUIET;
	return day >= item->now     ? MEDICATION_NOW
	        : day >= item->soon ? MEDICATION_SOON
	        : day >= item->note ? MEDICATION_NOTE
	                            : MEDICATION_QUIET;
}

const char *medication_item_name(enum medication_item_kind kind)
{
	static const char *const NAMES[MEDICATION_ITEM_KINDS] = {"", "prescription-ends",
	        "prescription-without-end", "follow-up", "dose-alarm", "duplicate", "without-prescription",
	        "corrected-twice", "schedule-unread"};
	return NAMES[kind];
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

static const struct schema_label SENTENCES[] = {
        [MEDICATION_ITEM_ENDS] = {"Prescription de %s : dernier jour le %s, sans renouvellement.",
                "Prescription by %s: last day %s, not renewed."},
        [MEDICATION_ITEM_NO_END] = {"La prescription de %s est sans date de fin ; elle aura un an le %s.",
                "The prescription by %s has no end; it is a year old on %s."},
        [MEDICATION_ITEM_FOLLOW_UP] =
                {"Suivi du traitement prescrit par %s, à faire depuis le %s (%u jours).",
                        "Follow-up of the treatment prescribed by %s, due since %s (%u days)."},
        [MEDICATION_ITEM_PAIR] =
                {"%s : deux lignes de même nom ou de nom proche en même temps, depuis le %s.",
                        "%s: two lines of the same or a like name at one time, since %s."},
        [MEDICATION_ITEM_WITHOUT] = {"%s : pas de prescription valable depuis le %s.",
                "%s: no valid prescription since %s."},
        [MEDICATION_ITEM_VERSIONS] =
                {"%s : corrigé deux fois séparément ; les versions sont à comparer (depuis le %s).",
                        "%s: corrected twice by people apart; compare the versions (since %s)."},
        [MEDICATION_ITEM_UNREAD] = {"%s : les prises ne sont pas comprises, rien n'est attendu (depuis le "
                                    "%s) ; lisez "
                                    "la prescription.",
                "%s: the schedule is not understood, nothing is expected (since %s); read the prescription."},
};

static const struct schema_label ALARMS[MEDICATION_ALARMS] = {
        [MEDICATION_DOUBLE] = {"%s : administré deux fois ou plus pour une même prise, le %s.",
                "%s: given twice or more for one slot, on %s."},
        [MEDICATION_OVER_MAX] = {"%s : plus que le maximum par jour, le %s.",
                "%s: more than the maximum per day, on %s."},
        [MEDICATION_OUTSIDE] = {"%s : administré alors que la ligne n'avait pas cours, le %s.",
                "%s: given when the line was not in force, on %s."},
        [MEDICATION_UNPLANNED] = {"%s : administré un jour où rien n'était prévu, le %s.",
                "%s: given on a day when none was due, on %s."},
};

void medication_item_words(const struct medication_item *item, enum schema_language language, struct buf *out)
{
	const struct schema_label *label = item->kind == MEDICATION_ITEM_DOSES &&
	                item->number < MEDICATION_ALARMS
	        ? &ALARMS[item->number]
	        : &SENTENCES[item->kind];
	const char *at = language == SCHEMA_FR ? label->fr : label->en;
	char day[MOMENT_DAY_TEXT_BYTES], french[DAY_TEXT], number[DAY_TEXT];
	unsigned argument = 0;
	moment_day_text(day, item->day);
	snprintf(french, sizeof(french), "%.2s/%.2s/%.4s", day + 8, day + 5, day);
	snprintf(number, sizeof(number), "%u", item->number);
	const struct span arguments[] = {
	        item->words, span_text(language == SCHEMA_FR ? french : day), span_text(number)};
	for (; *at; at++) {
		if (*at != '%') {
			buf_add(out, at, 1);
			continue;
		}
		buf_add_span(out, arguments[argument++]);
		at++; /* the letter */
	}
}
