#include "node/medication/medication_json.h"

#include <stdio.h>

#include "node/calendar.h"
#include "node/medication/items.h"
#include "node/schema/moment.h"

enum { HOUR_TEXT = 8, NUMBER_TEXT = 24 };

/* ---- Small pieces ------------------------------------------------------------------------------------------------ */

static json_t *id_json(const struct record_id *id)
{
	char text[2 * ID_SHORT_BYTES + 1];
	ids_hex(text, id->bytes, ID_SHORT_BYTES);
	return json_string(text);
}

static void put_text(json_t *json, const char *name, struct span text)
{
	if (text.size)
		json_object_set_new(json, name, json_stringn((const char *)text.data, text.size));
}

/* Days that mean "always" or "never" are left out. */
static void put_day(json_t *json, const char *name, int64_t day)
{
	char text[MOMENT_DAY_TEXT_BYTES];
	if (day <= INT64_C(-25567) || day >= MEDICATION_NEVER)
		return;
	moment_day_text(text, day);
	json_object_set_new(json, name, json_string(text));
}

static void put_minute(json_t *json, const char *name, uint32_t minute)
{
	char text[HOUR_TEXT];
	if (minute >= 24 * 60)
		return;
	snprintf(text, sizeof(text), "%02u:%02u", minute / 60 % 24, minute % 60);
	json_object_set_new(json, name, json_string(text));
}

static void put_moment(json_t *json, const char *name, int64_t seconds)
{
	char text[MOMENT_TEXT_BYTES];
	moment_text(text, (struct moment){seconds, calendar_paris_offset_minutes(seconds)});
	json_object_set_new(json, name, json_string(text));
}

static void put_list(json_t *json, const char *name, json_t *list)
{
	if (json_array_size(list))
		json_object_set_new(json, name, list);
	else
		json_decref(list);
}

static void put_state(
        json_t *json, enum medication_state state, const struct medication_interval *holds, int64_t day)
{
	json_object_set_new(json, "state", json_string(medication_state_name(state)));
	put_day(json, "from", holds->first);
	put_day(json, "until", holds->last);
	if (state == MEDICATION_ENDS)
		json_object_set_new(json, "endsIn", json_integer((json_int_t)(holds->last - day)));
}

/* Of a thing that was corrected by several people apart: all that stand. */
static void put_versions(json_t *json, const void *items, size_t size, uint32_t count, uint32_t root)
{
	const struct medication_thing *thing = medication_thing(items, size, root);
	json_t *list = json_array();
	for (uint32_t i = 0; i < count && thing->version.live > 1; i++) {
		const struct medication_thing *one = medication_thing(items, size, i);
		if (one->version.root == root && !one->head.is_corrected)
			json_array_append_new(list, id_json(&one->head.id));
	}
	put_list(json, "versions", list);
}

static json_t *settled_json(const struct medication *medication, uint32_t review)
{
	const struct medication_review *root = &medication->reviews[review],
	                               *shown = &medication->reviews[root->version.shown];
	json_t *json = json_pack("{s:o}", "review", id_json(&root->head.id));
	put_text(json, "words", shown->words);
	put_moment(json, "at", shown->at_s);
	return json;
}

static void put_settled(json_t *json, const struct medication *medication, uint32_t review)
{
	if (review != MEDICATION_NONE)
		json_object_set_new(json, "settled", settled_json(medication, review));
}

/* ---- Lines ------------------------------------------------------------------------------------------------------- */

static json_t *line_json(const struct medication *medication, uint32_t at, int64_t day)
{
	const struct medication_line *root = &medication->lines[at], *shown = medication_line(medication, at);
	json_t *json = json_pack("{s:o, s:b, s:b}", "id", id_json(&root->head.id), "understood",
	        shown->schedule.is_understood, "asNeeded", shown->if_needed);
	put_text(json, "drug", shown->drug);
	put_text(json, "cip13", shown->cip13);
	put_text(json, "dose", shown->dose);
	put_text(json, "schedule", shown->words);
	if (shown->max_per_day)
		json_object_set_new(json, "maxPerDay", json_integer(shown->max_per_day));
	put_state(json, medication_line_on(medication, at, day), &root->interval, day);
	put_versions(json, medication->lines, sizeof(*medication->lines), medication->line_count, at);
	return json;
}

static json_t *lines_json(const struct medication *medication, uint32_t prescription, int64_t day)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < medication->line_count; i++)
		if (medication_is_root(&medication->lines[i].version, i) &&
		        medication->lines[i].of == prescription)
			json_array_append_new(list, line_json(medication, i, day));
	return list;
}

/* ---- Prescriptions ----------------------------------------------------------------------------------------------- */

static json_t *stops_json(const struct medication *medication, uint32_t prescription)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < medication->stop_count; i++) {
		const struct medication_stop *shown = &medication->stops[medication->stops[i].version.shown];
		bool is_ours = false;
		for (uint32_t j = 0; j < medication->prescription_count && !is_ours; j++)
			is_ours = medication->prescriptions[j].version.root == prescription &&
			        medication_names(&medication->prescriptions[j].head, shown->prescription);
		if (!medication_is_root(&medication->stops[i].version, i) || !is_ours)
			continue;
		json_t *json = json_pack("{s:o}", "id", id_json(&medication->stops[i].head.id));
		for (uint32_t j = 0; j < medication->line_count; j++)
			if (medication_names(&medication->lines[j].head, shown->line))
				json_object_set_new(json, "line",
				        id_json(&medication->lines[medication->lines[j].version.root]
				                         .head.id));
		put_day(json, "on", shown->on);
		put_text(json, "by", shown->by);
		put_text(json, "why", shown->why);
		if (shown->is_mistaken)
			json_object_set_new(json, "mistaken", json_true());
		json_array_append_new(list, json);
	}
	return list;
}

static const char *follow_up_state(
        const struct medication_prescription *chain, int which, int64_t due, int64_t last, int64_t day)
{
	if (chain->done[which] != MEDICATION_NONE)
		return "done";
	if (due > last)
		return "not-due"; /* it ends before */
	return day < due ? "coming" : day > last ? "over" : "due";
}

/* They stand with the first of those that renew one another. */
static json_t *follow_ups_json(const struct medication *medication, uint32_t at, int64_t day)
{
	const struct medication_prescription *chain = &medication->prescriptions[at];
	json_t *list = json_array();
	int64_t last = INT64_MIN;
	for (uint32_t i = 0; i < medication->prescription_count; i++)
		if (medication->prescriptions[i].chain == at &&
		        medication->prescriptions[i].interval.last > last)
			last = medication->prescriptions[i].interval.last;
	for (int i = 0; chain->chain == at && chain->line_count && i < MEDICATION_FOLLOW_UPS; i++) {
		int64_t due = chain->interval.first + medication_follow_up_days[i];
		json_t *json = json_pack("{s:i, s:s}", "days", (int)medication_follow_up_days[i], "state",
		        follow_up_state(chain, i, due, last, day));
		put_day(json, "dueOn", due);
		put_settled(json, medication, chain->done[i]);
		json_array_append_new(list, json);
	}
	return list;
}

static json_t *renewals_json(const struct medication *medication, uint32_t former)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < medication->prescription_count; i++)
		if (medication_is_root(&medication->prescriptions[i].version, i) &&
		        medication->prescriptions[i].former == former)
			json_array_append_new(list, id_json(&medication->prescriptions[i].head.id));
	return list;
}

static json_t *prescription_json(const struct medication *medication, uint32_t at, int64_t day)
{
	const struct medication_prescription *root = &medication->prescriptions[at],
	                                     *shown = medication_prescription(medication, at);
	json_t *json = json_pack("{s:o}", "id", id_json(&root->head.id));
	put_text(json, "prescriber", shown->prescriber);
	put_text(json, "care", shown->care);
	put_day(json, "date", shown->date);
	put_state(json, medication_prescription_on(medication, at, day), &root->interval, day);
	if (root->former != MEDICATION_NONE)
		json_object_set_new(
		        json, "renews", id_json(&medication->prescriptions[root->former].head.id));
	put_list(json, "renewedBy", renewals_json(medication, at));
	put_versions(json, medication->prescriptions, sizeof(*medication->prescriptions),
	        medication->prescription_count, at);
	put_list(json, "followUps", follow_ups_json(medication, at, day));
	json_object_set_new(json, "lines", lines_json(medication, at, day));
	put_list(json, "stops", stops_json(medication, at));
	return json;
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
		json_array_append_new(list, id_json(&medication->doses[i].head.id));
	}
	bool is_said = said >= MEDICATION_GIVEN && said <= MEDICATION_OMITTED;
	json_object_set_new(json, "state", json_string(is_said ? OUTCOMES[said] : "due"));
	put_list(json, "doses", list);
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
	json_t *json = json_pack("{s:o}", "line", id_json(&medication->lines[line].head.id));
	put_text(json, "drug", shown->drug);
	put_text(json, "dose", shown->dose);
	if (!slot)
		return json;
	put_minute(json, "at", slot->minute);
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
		put_text(one, "schedule", shown->words);
		if (shown->max_per_day)
			json_object_set_new(one, "maxPerDay", json_integer(shown->max_per_day));
		if (shown->schedule.times)
			json_object_set_new(one, "times", json_integer(shown->schedule.times));
		json_array_append_new(shown->if_needed ? needed : is_on ? times : unread, one);
	}
	put_list(json, "asNeeded", needed);
	put_list(json, "times", times);
	put_list(json, "unread", unread);
}

/* ---- Doses, alarms, duplicates ----------------------------------------------------------------------------------- */

static json_t *doses_json(const struct medication *medication, int64_t from)
{
	json_t *list = json_array();
	for (uint32_t i = medication->dose_count; i-- > 0;) {
		const struct medication_dose *root = &medication->doses[i],
		                             *shown = medication_dose(medication, i);
		if (!medication_is_root(&root->version, i) || shown->day < from)
			continue;
		bool is_known = shown->outcome >= MEDICATION_GIVEN && shown->outcome <= MEDICATION_OMITTED;
		json_t *json = json_pack("{s:o, s:s}", "id", id_json(&root->head.id), "outcome",
		        is_known ? OUTCOMES[shown->outcome] : "unknown");
		put_moment(json, "at", shown->at_s);
		if (root->of != MEDICATION_NONE) {
			json_object_set_new(json, "line", id_json(&medication->lines[root->of].head.id));
			put_text(json, "drug", medication_line(medication, root->of)->drug);
		}
		if (root->slot_minute != MEDICATION_NONE) {
			put_day(json, "slotDay", root->slot_day);
			put_minute(json, "slotAt", root->slot_minute);
		}
		if (shown->is_mistaken)
			json_object_set_new(json, "mistaken", json_true());
		put_versions(json, medication->doses, sizeof(*medication->doses), medication->dose_count, i);
		json_array_append_new(list, json);
	}
	return list;
}

static json_t *alarm_json(const struct medication *medication, const struct medication_alarm *alarm)
{
	static const char *const KINDS[MEDICATION_ALARMS] = {"double", "over-max", "outside", "unplanned"};
	json_t *doses = json_array();
	for (uint32_t i = 0; i < alarm->count; i++)
		json_array_append_new(doses,
		        id_json(&medication->doses[medication->alarm_doses[alarm->first + i]].head.id));
	json_t *json = json_pack("{s:s, s:o, s:o}", "type", KINDS[alarm->kind], "line",
	        id_json(&medication->lines[alarm->line].head.id), "doses", doses);
	put_text(json, "drug", medication_line(medication, alarm->line)->drug);
	put_day(json, "day", alarm->day);
	put_minute(json, "at", alarm->minute);
	if (alarm->kind == MEDICATION_OVER_MAX)
		json_object_set_new(json, "limit", json_integer(alarm->limit));
	if (alarm->kind == MEDICATION_OUTSIDE)
		json_object_set_new(json, "state", json_string(medication_state_name(alarm->why)));
	put_settled(json, medication, alarm->settled);
	return json;
}

static json_t *alarms_json(const struct medication *medication)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < medication->alarm_count; i++)
		json_array_append_new(list, alarm_json(medication, &medication->alarms[i]));
	return list;
}

static json_t *pairs_json(const struct medication *medication, int64_t day)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < medication->pair_count; i++) {
		const struct medication_pair *pair = &medication->pairs[i];
		if (pair->last < day)
			continue;
		json_t *json = json_pack("{s:[o, o], s:b}", "lines",
		        id_json(&medication->lines[pair->a].head.id),
		        id_json(&medication->lines[pair->b].head.id), "same", pair->is_same);
		json_t *drugs = json_array();
		const struct span names[] = {medication_line(medication, pair->a)->drug,
		        medication_line(medication, pair->b)->drug};
		for (int j = 0; j < 2; j++)
			json_array_append_new(
			        drugs, json_stringn((const char *)names[j].data, names[j].size));
		json_object_set_new(json, "drugs", drugs);
		put_day(json, "from", pair->first);
		put_day(json, "until", pair->last);
		put_settled(json, medication, pair->settled);
		json_array_append_new(list, json);
	}
	return list;
}

static json_t *item_json(const struct medication_item *item, enum medication_urgency urgency)
{
	static const char *const URGENCIES[] = {"", "note", "soon", "now"};
	struct buf fr = {0}, en = {0};
	json_t *ids = json_array();
	for (uint32_t i = 0; i < item->id_count; i++)
		json_array_append_new(ids, id_json(&item->ids[i]));
	medication_item_words(item, SCHEMA_FR, &fr);
	medication_item_words(item, SCHEMA_EN, &en);
	json_t *json = json_pack("{s:s, s:s, s:o, s:o, s:o}", "type", medication_item_name(item->kind),
	        "urgency", URGENCIES[urgency], "ids", ids, "fr", json_stringn((const char *)fr.data, fr.size),
	        "en", json_stringn((const char *)en.data, en.size));
	put_day(json, "day", item->day);
	buf_close(&fr);
	buf_close(&en);
	return json;
}

/* The most urgent first. */
static json_t *attention_json(const struct medication *medication, int64_t day)
{
	struct medication_item items[MEDICATION_ITEMS_MAX];
	uint32_t count = medication_items(medication, items);
	json_t *list = json_array();
	for (int urgency = MEDICATION_NOW; urgency > MEDICATION_QUIET; urgency--)
		for (uint32_t i = 0; i < count; i++)
			if ((int)medication_item_on(&items[i], day) == urgency)
				json_array_append_new(
				        list, item_json(&items[i], (enum medication_urgency)urgency));
	return list;
}

json_t *medication_json(const struct medication *medication, int64_t day, int64_t doses_from)
{
	json_t *prescriptions = json_array(), *json = json_object();
	for (uint32_t i = medication->prescription_count; i-- > 0;)
		if (medication_is_root(&medication->prescriptions[i].version, i))
			json_array_append_new(prescriptions, prescription_json(medication, i, day));
	put_day(json, "day", day);
	json_object_set_new(json, "prescriptions", prescriptions);
	put_list(json, "withoutPrescription", lines_json(medication, MEDICATION_NONE, day));
	json_object_set_new(json, "schedule", schedule_json(medication, day));
	put_without_slots(json, medication, day);
	json_object_set_new(json, "doses", doses_json(medication, doses_from));
	json_object_set_new(json, "alarms", alarms_json(medication));
	put_list(json, "duplicates", pairs_json(medication, day));
	json_object_set_new(json, "attention", attention_json(medication, day));
	return json;
}
