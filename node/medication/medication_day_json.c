/* The doses of a day, and those that were given. */
#include <stdio.h>

#include "node/medication/medication_json.h"
#include "node/shown.h"

enum { NUMBER_TEXT = 24 };

/* Of a thing that was corrected by several people apart: all that stand. */
void medication_put_versions(json_t *json, const void *items, size_t size, uint32_t count, uint32_t root)
{
	const struct medication_thing *thing = medication_thing(items, size, root);
	json_t *list = json_array();
	for (uint32_t i = 0; i < count && thing->version.live > 1; i++) {
		const struct medication_thing *one = medication_thing(items, size, i);
		if (one->version.root == root && !one->head.is_corrected)
			json_array_append_new(list, shown_record_id(&one->head.id));
	}
	shown_put_list(json, "versions", list);
}

/* ---- A day ------------------------------------------------------------------------------------------------------- */

static const char *const OUTCOMES[] = {"", "given", "refused", "omitted"};
static const char *const SLOTS[] = {NULL, "morning", "noon", "evening", "bedtime"};

static bool is_of_slot(
        const struct medication *medication, uint32_t dose, uint32_t line, int64_t day, uint32_t minute)
{
	const struct medication_dose *root = &medication->doses[dose];
	return medication_is_root(&root->version, dose) && root->of != MEDICATION_NONE &&
	        medication->lines[root->of].group == medication->lines[line].group && root->slot_day == day &&
	        root->slot_minute == minute && !medication_dose(medication, dose)->is_mistaken;
}

/* What was said of it last; given once, it is given. */
static void put_done(
        json_t *json, const struct medication *medication, uint32_t line, int64_t day, uint32_t minute)
{
	json_t *list = json_array();
	enum medication_outcome said = 0;
	for (uint32_t i = 0; i < medication->dose_count; i++) {
		if (!is_of_slot(medication, i, line, day, minute))
			continue;
		if (said != MEDICATION_GIVEN)
			said = medication_dose(medication, i)->outcome;
		json_array_append_new(list, shown_record_id(&medication->doses[i].head.id));
	}
	bool is_said = said >= MEDICATION_GIVEN && said <= MEDICATION_OMITTED;
	json_object_set_new(json, "state", json_string(is_said ? OUTCOMES[said] : "due"));
	shown_put_list(json, "doses", list);
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

/* A slot of a drug that two lines have is shown of each: the nurse is to see that they double one another. */
static json_t *schedule_json(const struct medication *medication, int64_t day)
{
	json_t *list = json_array();
	for (uint32_t minute = 0; minute < 24 * 60; minute++)
		for (uint32_t i = 0; i < medication->line_count; i++) {
			const struct schedule *schedule = &medication_line(medication, i)->schedule;
			for (uint32_t j = 0; j < schedule->slot_count; j++)
				if (schedule->slots[j].minute == minute && is_in_force(medication, i, day) &&
				        schedule_is_on(schedule, medication->lines[i].interval.first, day))
					json_array_append_new(
					        list, slot_json(medication, i, day, &schedule->slots[j]));
		}
	return list;
}

/* Given on that day, of this drug. */
static uint32_t given_on(const struct medication *medication, uint32_t line, int64_t day)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < medication->dose_count; i++) {
		const struct medication_dose *root = &medication->doses[i],
		                             *shown = medication_dose(medication, i);
		count += medication_is_root(&root->version, i) && root->of != MEDICATION_NONE &&
		        medication->lines[root->of].group == medication->lines[line].group &&
		        shown->day == day && shown->outcome == MEDICATION_GIVEN && !shown->is_mistaken;
	}
	return count;
}

/* In force, and no slot says when. */
static void put_without_slots(json_t *json, const struct medication *medication, int64_t day)
{
	json_t *needed = json_array(), *times = json_array(), *unread = json_array();
	for (uint32_t i = 0; i < medication->line_count; i++) {
		const struct medication_line *shown = medication_line(medication, i);
		if (!is_in_force(medication, i, day) || (shown->schedule.slot_count && !shown->if_needed))
			continue;
		bool is_on = schedule_is_on(&shown->schedule, medication->lines[i].interval.first, day);
		if (!shown->if_needed && shown->schedule.is_understood && !is_on)
			continue;
		json_t *one = slot_json(medication, i, day, NULL);
		json_object_set_new(one, "given", json_integer(given_on(medication, i, day)));
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
		medication_put_versions(
		        json, medication->doses, sizeof(*medication->doses), medication->dose_count, i);
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
