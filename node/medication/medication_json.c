#include "node/medication/medication_json.h"

#include "node/medication/items.h"
#include "node/shown.h"

/* ---- Small pieces ------------------------------------------------------------------------------------------------ */

static void put_state(
        json_t *json, enum medication_state state, const struct medication_interval *holds, int64_t day)
{
	json_object_set_new(json, "state", json_string(medication_state_name(state)));
	shown_put_day(json, "from", holds->first);
	shown_put_day(json, "until", holds->last);
	if (state == MEDICATION_ENDS)
		json_object_set_new(json, "endsIn", json_integer((json_int_t)(holds->last - day)));
}

static json_t *settled_json(const struct medication *medication, uint32_t review)
{
	const struct medication_review *root = &medication->reviews[review],
	                               *shown = &medication->reviews[root->version.shown];
	json_t *json = json_pack("{s:o}", "review", shown_record_id(&root->head.id));
	shown_put_text(json, "words", shown->words);
	json_object_set_new(json, "at", shown_moment(shown->at_s));
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
	json_t *json = json_pack("{s:o, s:b, s:b}", "id", shown_record_id(&root->head.id), "understood",
	        shown->schedule.is_understood, "asNeeded", shown->if_needed);
	shown_put_text(json, "drug", shown->drug);
	shown_put_text(json, "cip13", shown->cip13);
	shown_put_text(json, "dose", shown->dose);
	shown_put_text(json, "schedule", shown->words);
	if (shown->max_per_day)
		json_object_set_new(json, "maxPerDay", json_integer(shown->max_per_day));
	put_state(json, medication_line_on(medication, at, day), &root->interval, day);
	medication_put_versions(json, medication->lines, sizeof(*medication->lines), at);
	return json;
}

/* `owner`: the root of a prescription, or prescription_count. */
static json_t *lines_json(const struct medication *medication, uint32_t owner, int64_t day)
{
	const struct grouped *lines = &medication->lines_of;
	json_t *list = json_array();
	for (uint32_t i = lines->starts[owner]; i < lines->starts[owner + 1]; i++)
		json_array_append_new(list, line_json(medication, lines->members[i], day));
	return list;
}

/* ---- Prescriptions ----------------------------------------------------------------------------------------------- */

static json_t *stop_json(const struct medication *medication, uint32_t at)
{
	const struct medication_stop *shown = &medication->stops[medication->stops[at].version.shown];
	const uint32_t line = shorts_first(&medication->line_ids, shown->line);
	json_t *json = json_pack("{s:o}", "id", shown_record_id(&medication->stops[at].head.id));
	if (line != MEDICATION_NONE)
		json_object_set_new(json, "line", shown_record_id(&medication->lines[line].head.id));
	shown_put_day(json, "on", shown->on);
	shown_put_text(json, "by", shown->by);
	shown_put_text(json, "why", shown->why);
	if (shown->is_mistaken)
		json_object_set_new(json, "mistaken", json_true());
	return json;
}

static json_t *stops_json(
        const struct medication *medication, const struct grouped *stops, uint32_t prescription)
{
	json_t *list = json_array();
	for (uint32_t i = stops->starts[prescription]; i < stops->starts[prescription + 1]; i++)
		json_array_append_new(list, stop_json(medication, stops->members[i]));
	return list;
}

/* By the prescription that they name. */
static struct grouped stops_of(const struct medication *medication)
{
	uint32_t *owners = mem_zero((size_t)medication->stop_count + 1, sizeof(*owners));
	struct grouped stops;
	for (uint32_t i = 0; i < medication->stop_count; i++) {
		const struct fact_version *version = &medication->stops[i].version;
		owners[i] = medication_is_root(version, i)
		        ? shorts_first(&medication->prescription_ids,
		                  medication->stops[version->shown].prescription)
		        : SHORTS_NONE;
	}
	grouped_make(&stops, medication->prescription_count, owners, medication->stop_count);
	mem_free(owners);
	return stops;
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
	for (uint32_t i = medication->chain_of.starts[at]; i < medication->chain_of.starts[at + 1]; i++) {
		const struct medication_prescription
		        *one = &medication->prescriptions[medication->chain_of.members[i]];
		last = one->interval.last > last ? one->interval.last : last;
	}
	for (int i = 0; chain->chain == at && chain->line_count && i < MEDICATION_FOLLOW_UPS; i++) {
		int64_t due = chain->interval.first + medication_follow_up_days[i];
		json_t *json = json_pack("{s:i, s:s}", "days", (int)medication_follow_up_days[i], "state",
		        follow_up_state(chain, i, due, last, day));
		shown_put_day(json, "dueOn", due);
		put_settled(json, medication, chain->done[i]);
		json_array_append_new(list, json);
	}
	return list;
}

static json_t *renewals_json(const struct medication *medication, uint32_t former)
{
	json_t *list = json_array();
	const struct grouped *renewals = &medication->renewals_of;
	for (uint32_t i = renewals->starts[former]; i < renewals->starts[former + 1]; i++)
		json_array_append_new(
		        list, shown_record_id(&medication->prescriptions[renewals->members[i]].head.id));
	return list;
}

static json_t *prescription_json(
        const struct medication *medication, const struct grouped *stops, uint32_t at, int64_t day)
{
	const struct medication_prescription *root = &medication->prescriptions[at],
	                                     *shown = medication_prescription(medication, at);
	json_t *json = json_pack("{s:o}", "id", shown_record_id(&root->head.id));
	shown_put_text(json, "prescriber", shown->prescriber);
	shown_put_text(json, "care", shown->care);
	if (shown->scan.size)
		json_object_set_new(json, "scan", shown_id(shown->scan));
	shown_put_day(json, "date", shown->date);
	put_state(json, medication_prescription_on(medication, at, day), &root->interval, day);
	if (root->former != MEDICATION_NONE)
		json_object_set_new(
		        json, "renews", shown_record_id(&medication->prescriptions[root->former].head.id));
	shown_put_list(json, "renewedBy", renewals_json(medication, at));
	medication_put_versions(json, medication->prescriptions, sizeof(*medication->prescriptions), at);
	shown_put_list(json, "followUps", follow_ups_json(medication, at, day));
	json_object_set_new(json, "lines", lines_json(medication, at, day));
	shown_put_list(json, "stops", stops_json(medication, stops, at));
	return json;
}

/* ---- Alarms, duplicates ---------------------------------------------------------------------------------------------- */

static json_t *alarm_json(const struct medication *medication, const struct medication_alarm *alarm)
{
	static const char *const KINDS[MEDICATION_ALARMS] = {"double", "over-max", "outside", "unplanned"};
	json_t *doses = json_array();
	for (uint32_t i = 0; i < alarm->count; i++)
		json_array_append_new(doses,
		        shown_record_id(
		                &medication->doses[medication->alarm_doses[alarm->first + i]].head.id));
	json_t *json = json_pack("{s:s, s:o, s:o}", "type", KINDS[alarm->kind], "line",
	        shown_record_id(&medication->lines[alarm->line].head.id), "doses", doses);
	shown_put_text(json, "drug", medication_line(medication, alarm->line)->drug);
	shown_put_day(json, "day", alarm->day);
	shown_put_minute(json, "at", alarm->minute);
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
		        shown_record_id(&medication->lines[pair->a].head.id),
		        shown_record_id(&medication->lines[pair->b].head.id), "same", pair->is_same);
		json_t *drugs = json_array();
		const struct span names[] = {medication_line(medication, pair->a)->drug,
		        medication_line(medication, pair->b)->drug};
		for (int j = 0; j < 2; j++)
			json_array_append_new(
			        drugs, json_stringn((const char *)names[j].data, names[j].size));
		json_object_set_new(json, "drugs", drugs);
		shown_put_day(json, "from", pair->first);
		shown_put_day(json, "until", pair->last);
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
		json_array_append_new(ids, shown_record_id(&item->ids[i]));
	medication_item_words(item, SCHEMA_FR, &fr);
	medication_item_words(item, SCHEMA_EN, &en);
	json_t *json = json_pack("{s:s, s:s, s:o, s:o, s:o}", "type", medication_item_name(item->kind),
	        "urgency", URGENCIES[urgency], "ids", ids, "fr", json_stringn((const char *)fr.data, fr.size),
	        "en", json_stringn((const char *)en.data, en.size));
	shown_put_day(json, "day", item->day);
	buf_close(&fr);
	buf_close(&en);
	return json;
}

/* The most urgent first. */
static json_t *attention_json(const struct medication *medication, int64_t day, uint32_t *left_out)
{
	struct medication_item items[MEDICATION_ITEMS_MAX];
	uint32_t count = medication_items(medication, items, left_out);
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
	struct grouped stops = stops_of(medication);
	uint32_t left_out;
	for (uint32_t i = medication->prescription_count; i-- > 0;)
		if (medication_is_root(&medication->prescriptions[i].version, i))
			json_array_append_new(prescriptions, prescription_json(medication, &stops, i, day));
	grouped_close(&stops);
	shown_put_day(json, "day", day);
	json_object_set_new(json, "prescriptions", prescriptions);
	shown_put_list(
	        json, "withoutPrescription", lines_json(medication, medication->prescription_count, day));
	medication_put_day(json, medication, day, doses_from);
	json_object_set_new(json, "alarms", alarms_json(medication));
	shown_put_list(json, "duplicates", pairs_json(medication, day));
	json_object_set_new(json, "attention", attention_json(medication, day, &left_out));
	if (left_out)
		json_object_set_new(json, "attentionLeft", json_integer(left_out));
	return json;
}
