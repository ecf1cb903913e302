#include "node/medication/items.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/schema/moment.h"

enum { YEAR_DAYS = 365, DAY_TEXT = 16 };

struct list {
	struct medication_item *items;
	uint32_t count, room;
};

static void put(struct list *list, struct medication_item item)
{
	if (item.until < item.from)
		return;
	list->items = mem_room(list->items, list->count, &list->room, sizeof(*list->items));
	list->items[list->count++] = item;
}

/* ---- Prescriptions ----------------------------------------------------------------------------------------------- */

/* Does what renews it go on longer? */
static bool goes_on(const struct medication *medication, uint32_t root)
{
	for (uint32_t i = 0; i < medication->prescription_count; i++) {
		const struct medication_prescription *later = &medication->prescriptions[i];
		if (medication_is_root(&later->version, i) && later->former == root &&
		        !medication_prescription(medication, i)->is_mistaken &&
		        later->interval.last > medication->prescriptions[root].interval.last)
			return true;
	}
	return false;
}

static void put_end(
        const struct medication *medication, uint32_t at, struct medication_item item, struct list *list)
{
	const struct medication_interval *holds = &medication->prescriptions[at].interval;
	item.day = holds->last;
	if (holds->last < holds->first || holds->why != MEDICATION_OVER || goes_on(medication, at))
		return;
	if (holds->last >= MEDICATION_NEVER) {
		item.kind = MEDICATION_ITEM_NO_END;
		item.urgency = MEDICATION_SOON;
		item.day = item.from = holds->first + YEAR_DAYS;
		item.until = MEDICATION_NEVER;
		put(list, item);
		return;
	}
	item.kind = MEDICATION_ITEM_ENDS;
	item.from = holds->last - MEDICATION_SOON_DAYS;
	item.from = item.from < holds->first ? holds->first : item.from;
	item.until = holds->last - MEDICATION_NOW_DAYS - 1;
	item.urgency = MEDICATION_SOON;
	put(list, item);
	item.from = item.until + 1 < holds->first ? holds->first : item.until + 1;
	item.until = holds->last;
	item.urgency = MEDICATION_NOW;
	put(list, item);
	item.kind = MEDICATION_ITEM_PAST;
	item.from = holds->last + 1;
	item.until = holds->last + MEDICATION_PAST_DAYS;
	put(list, item);
}

/* Of those that renew one another: the last day of the last one, and whether there is a drug in any. */
static int64_t chain_last(const struct medication *medication, uint32_t chain, bool *has_lines)
{
	int64_t last = INT64_MIN;
	*has_lines = false;
	for (uint32_t i = 0; i < medication->prescription_count; i++) {
		const struct medication_prescription *one = &medication->prescriptions[i];
		if (!medication_is_root(&one->version, i) || one->chain != chain ||
		        medication_prescription(medication, i)->is_mistaken)
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
	int64_t last = chain_last(medication, at, &has_lines);
	for (int i = 0; has_lines && first->chain == at && i < MEDICATION_FOLLOW_UPS; i++) {
		if (first->done[i] != MEDICATION_NONE)
			continue;
		item.kind = MEDICATION_ITEM_FOLLOW_UP;
		item.urgency = MEDICATION_SOON;
		item.number = (uint32_t)medication_follow_up_days[i];
		item.day = item.from = first->interval.first + medication_follow_up_days[i];
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
		struct medication_item item = {
		        .id_count = 1, .ids = {root->head.id}, .words = shown->prescriber};
		if (!medication_is_root(&root->version, i))
			continue;
		if (root->version.live > 1) {
			struct medication_item versions = item;
			versions.kind = MEDICATION_ITEM_VERSIONS;
			versions.urgency = MEDICATION_NOW;
			versions.from = root->interval.first;
			versions.until = root->interval.last;
			versions.day = versions.from;
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
	item.urgency = MEDICATION_NOW;
	if (root->of == MEDICATION_NONE) {
		item.day = item.from = shown->from == INT64_MIN ? 0 : shown->from;
		item.until = root->interval.last;
		put(list, item);
	} else if (root->interval.why == MEDICATION_OVER && shown->until < MEDICATION_NEVER &&
	        shown->until > root->interval.last) {
		item.day = item.from = root->interval.last + 1;
		item.until = shown->until;
		put(list, item);
	}
}

static void put_lines(const struct medication *medication, struct list *list)
{
	for (uint32_t i = 0; i < medication->line_count; i++) {
		const struct medication_line *root = &medication->lines[i],
		                             *shown = medication_line(medication, i);
		struct medication_item item = {.id_count = 1, .ids = {root->head.id}, .words = shown->drug};
		item.from = item.day = root->interval.first;
		item.until = root->interval.last;
		if (!medication_is_root(&root->version, i))
			continue;
		if (root->version.live > 1) {
			item.kind = MEDICATION_ITEM_VERSIONS;
			item.urgency = MEDICATION_NOW;
			put(list, item);
		}
		if (shown->is_mistaken)
			continue;
		if (!shown->schedule.is_understood && !shown->if_needed) {
			item.kind = MEDICATION_ITEM_UNREAD;
			item.urgency = MEDICATION_NOTE;
			put(list, item);
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
		put(list,
		        (struct medication_item){.kind = MEDICATION_ITEM_PAIR,
		                .urgency = pair->is_same ? MEDICATION_NOW : MEDICATION_SOON,
		                .from = pair->first,
		                .until = pair->last,
		                .day = pair->first,
		                .number = pair->is_same,
		                .id_count = 2,
		                .ids = {medication->lines[pair->a].head.id,
		                        medication->lines[pair->b].head.id},
		                .words = medication_line(medication, pair->b)->drug});
	}
}

static void put_alarms(const struct medication *medication, struct list *list)
{
	for (uint32_t i = 0; i < medication->alarm_count; i++) {
		const struct medication_alarm *alarm = &medication->alarms[i];
		struct medication_item item = {.kind = MEDICATION_ITEM_DOSES,
		        .urgency = alarm->kind == MEDICATION_UNPLANNED ? MEDICATION_SOON : MEDICATION_NOW,
		        .from = alarm->day,
		        .until = MEDICATION_NEVER,
		        .day = alarm->day,
		        .number = alarm->kind,
		        .words = medication_line(medication, alarm->line)->drug};
		if (alarm->settled != MEDICATION_NONE)
			continue;
		for (; item.id_count < 2 && item.id_count < alarm->count; item.id_count++)
			item.ids[item.id_count] =
			        medication->doses[medication->alarm_doses[alarm->first + item.id_count]]
			                .head.id;
		put(list, item);
	}
}

static int by_urgency(const void *a, const void *b)
{
	const struct medication_item *x = a, *y = b;
	if (x->urgency != y->urgency)
		return x->urgency > y->urgency ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	int order = memcmp(x->ids, y->ids, sizeof(x->ids));
	return order ? order : (x->from > y->from) - (x->from < y->from);
}

uint32_t medication_items(
        const struct medication *medication, struct medication_item out[MEDICATION_ITEMS_MAX])
{
	struct list list = {0};
	put_prescriptions(medication, &list);
	put_lines(medication, &list);
	put_pairs(medication, &list);
	put_alarms(medication, &list);
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_urgency);
	uint32_t count = list.count < MEDICATION_ITEMS_MAX ? list.count : MEDICATION_ITEMS_MAX;
	if (count)
		memcpy(out, list.items, count * sizeof(*out));
	mem_free(list.items);
	return count;
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

static const struct schema_label SENTENCES[] = {
        [MEDICATION_ITEM_ENDS] = {"La prescription de %s se termine le %s ; rien ne la renouvelle.",
                "The prescription by %s ends on %s; nothing renews it."},
        [MEDICATION_ITEM_PAST] = {"La prescription de %s s'est terminée le %s sans être renouvelée.",
                "The prescription by %s ended on %s and was not renewed."},
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
