/* The doses of a day, and those that were given. */
#include <stdio.h>
#include <stdlib.h>

#include "node/medication/medication_json.h"
#include "node/shown.h"

enum { NUMBER_TEXT = 24 };

/* Of a thing that was corrected by several people apart: all that stand. */
void medication_put_versions(json_t *json, const void *items, size_t size, uint32_t root)
{
	const struct fact_version *version = &medication_thing(items, size, root)->version;
	json_t *list = json_array();
	for (uint32_t i = version->first, is_more = version->live > 1; is_more;) {
		const struct medication_thing *one = medication_thing(items, size, i);
		if (!one->head.is_corrected)
			json_array_append_new(list, shown_record_id(&one->head.id));
		i = one->version.next;
		is_more = i != 0;
	}
	shown_put_list(json, "versions", list);
}

/* ---- A day ------------------------------------------------------------------------------------------------------- */

static const char *const OUTCOMES[] = {"", "given", "refused", "omitted"};
static const char *const SLOTS[] = {NULL, "morning", "noon", "evening", "bedtime"};

enum { DOSES_SHOWN = 16 }; /* of one slot; the rest are in "doses" of the day */

/* What was said of it last; given once, it is given. */
static void put_done(
        json_t *json, const struct medication *medication, uint32_t line, int64_t day, uint32_t minute)
{
	json_t *list = json_array();
	enum medication_outcome said = 0;
	uint32_t count;
	const struct medication_taken *taken = medication_taken(
	        medication, medication->lines[line].group, day, minute, &count);
	for (uint32_t i = 0; i < count && i < DOSES_SHOWN; i++)
		json_array_append_new(list, shown_record_id(&medication->doses[taken[i].dose].head.id));
	for (uint32_t i = 0; i < count && said != MEDICATION_GIVEN; i++)
		said = medication_dose(medication, taken[i].dose)->outcome;
	bool is_said = said >= MEDICATION_GIVEN && said <= MEDICATION_OMITTED;
	json_object_set_new(json, "state", json_string(is_said ? OUTCOMES[said] : "due"));
	shown_put_list(json, "doses", list);
	if (count > DOSES_SHOWN)
		json_object_set_new(json, "moreDoses", json_integer(count - DOSES_SHOWN));
}

static void put_quantity(json_t *json, uint32_t hundredths)
{
	char text[NUMBER_TEXT];
	if (!hundredths)
		return;
	if (hundredths % SCHEDULE_QUANTITY_ONE)
		snprintf(text, sizeof(text), "%u.%02u", hundredths / 100, hundredths % 100);
	else
		snprintf(text, sizeof(text), "%u", hundredths / 100);
	json_object_set_new(json, "quantity", json_string(text));
}

static json_t *slot_json(
        const struct medication *medication, uint32_t line, int64_t day, const struct schedule_slot *slot)
{
	const struct medication_line *shown = medication_line(medication, line);
	json_t *json = json_pack("{s:o}", "line", shown_record_id(&medication->lines[line].head.id));
	shown_put_text(json, "drug", shown->drug);
	shown_put_text(json, "dose", shown->dose);
	if (!slot)
		return json;
	shown_put_minute(json, "at", slot->minute);
	if (slot->name)
		json_object_set_new(json, "slot", json_string(SLOTS[slot->name]));
	put_quantity(json, slot->quantity);
	put_done(json, medication, line, day, slot->minute);
	return json;
}

static bool is_in_force(const struct medication *medication, uint32_t line, int64_t day)
{
	enum medication_state state = medication_line_on(medication, line, day);
	return medication_is_root(&medication->lines[line].version, line) &&
	        (state == MEDICATION_CURRENT || state == MEDICATION_ENDS);
}

struct due {
	uint32_t minute, line, slot;
};

static int by_minute(const void *a, const void *b)
{
	const struct due *x = a, *y = b;
	if (x->minute != y->minute)
		return x->minute < y->minute ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return (x->slot > y->slot) - (x->slot < y->slot);
}

/* A slot of a drug that two lines have is shown of each: the nurse is to see that they double one another. */
static json_t *schedule_json(const struct medication *medication, int64_t day)
{
	json_t *list = json_array();
	struct due *dues = NULL;
	uint32_t count = 0, room = 0;
	for (uint32_t i = 0; i < medication->line_count; i++) {
		if (!is_in_force(medication, i, day))
			continue;
		const struct schedule *schedule = &medication_line(medication, i)->schedule;
		const bool is_on = schedule_is_on(schedule, medication->lines[i].interval.first, day);
		for (uint32_t j = 0; is_on && j < schedule->slot_count; j++) {
			dues = mem_room(dues, count, &room, sizeof(*dues));
			dues[count++] = (struct due){schedule->slots[j].minute, i, j};
		}
	}
	if (count)
		qsort(dues, count, sizeof(*dues), by_minute);
	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(list,
		        slot_json(medication, dues[i].line, day,
		                &medication_line(medication, dues[i].line)->schedule.slots[dues[i].slot]));
	mem_free(dues);
	return list;
}

/* ---- Without slots ----------------------------------------------------------------------------------------------- */

/* What was given on a day, by drug. */
struct given_drugs {
	uint32_t *groups;
	uint32_t count;
};

static int by_number(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static struct given_drugs given_on(const struct medication *medication, int64_t day)
{
	struct given_drugs given = {mem_zero((size_t)medication->dose_count + 1, sizeof(*given.groups)), 0};
	for (uint32_t i = 0; i < medication->dose_count; i++) {
		const struct medication_dose *root = &medication->doses[i],
		                             *shown = medication_dose(medication, i);
		if (medication_is_root(&root->version, i) && root->of != MEDICATION_NONE &&
		        shown->day == day && shown->outcome == MEDICATION_GIVEN && !shown->is_mistaken)
			given.groups[given.count++] = medication->lines[root->of].group;
	}
	if (given.count)
		qsort(given.groups, given.count, sizeof(*given.groups), by_number);
	return given;
}

/* How many are below the number. */
static uint32_t below(const struct given_drugs *given, uint32_t number)
{
	uint32_t low = 0, high = given->count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (given->groups[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* In force, and no slot says when. */
static void put_without_slots(json_t *json, const struct medication *medication, int64_t day)
{
	json_t *needed = json_array(), *times = json_array(), *unread = json_array();
	const struct given_drugs given = given_on(medication, day);
	for (uint32_t i = 0; i < medication->line_count; i++) {
		const struct medication_line *shown = medication_line(medication, i);
		if (!is_in_force(medication, i, day) || (shown->schedule.slot_count && !shown->if_needed))
			continue;
		bool is_on = schedule_is_on(&shown->schedule, medication->lines[i].interval.first, day);
		if (!shown->if_needed && shown->schedule.is_understood && !is_on)
			continue;
		json_t *one = slot_json(medication, i, day, NULL);
		const uint32_t group = medication->lines[i].group;
		json_object_set_new(
		        one, "given", json_integer(below(&given, group + 1) - below(&given, group)));
		shown_put_text(one, "schedule", shown->words);
		if (shown->max_per_day)
			json_object_set_new(one, "maxPerDay", json_integer(shown->max_per_day));
		if (shown->schedule.times)
			json_object_set_new(one, "times", json_integer(shown->schedule.times));
		json_array_append_new(shown->if_needed ? needed : is_on ? times : unread, one);
	}
	shown_put_list(json, "asNeeded", needed);
	shown_put_list(json, "times", times);
	shown_put_list(json, "unread", unread);
	mem_free(given.groups);
}

/* ---- What was given ----------------------------------------------------------------------------------- */

static json_t *doses_json(const struct medication *medication, int64_t from)
{
	json_t *list = json_array();
	for (uint32_t i = medication->dose_count; i-- > 0;) {
		const struct medication_dose *root = &medication->doses[i],
		                             *shown = medication_dose(medication, i);
		if (!medication_is_root(&root->version, i) || shown->day < from)
			continue;
		bool is_known = shown->outcome >= MEDICATION_GIVEN && shown->outcome <= MEDICATION_OMITTED;
		json_t *json = json_pack("{s:o, s:s}", "id", shown_record_id(&root->head.id), "outcome",
		        is_known ? OUTCOMES[shown->outcome] : "unknown");
		json_object_set_new(json, "at", shown_moment(shown->at_s));
		if (root->of != MEDICATION_NONE) {
			json_object_set_new(
			        json, "line", shown_record_id(&medication->lines[root->of].head.id));
			shown_put_text(json, "drug", medication_line(medication, root->of)->drug);
		}
		if (root->slot_minute != MEDICATION_NONE) {
			shown_put_day(json, "slotDay", root->slot_day);
			shown_put_minute(json, "slotAt", root->slot_minute);
		}
		if (shown->is_mistaken)
			json_object_set_new(json, "mistaken", json_true());
		medication_put_versions(json, medication->doses, sizeof(*medication->doses), i);
		json_array_append_new(list, json);
	}
	return list;
}

void medication_put_day(json_t *json, const struct medication *medication, int64_t day, int64_t doses_from)
{
	json_object_set_new(json, "schedule", schedule_json(medication, day));
	put_without_slots(json, medication, day);
	json_object_set_new(json, "doses", doses_json(medication, doses_from));
}
