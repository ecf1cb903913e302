/* Visits of the round as JSON. */
#include "node/api_round.h"

#include <string.h>

#include "node/calendar.h"
#include "node/describe_parts.h"
#include "node/digest/who.h"
#include "node/node_digest.h"
#include "node/references.h"
#include "node/schema/moment.h"

enum { MISSED_AFTER_S = 2 * 3600, URGENT_SEEN = 8, URGENT_SHOWN = 3 };

json_t *api_round_day_json(int64_t day)
{
	char text[MOMENT_DAY_TEXT_BYTES];
	moment_day_text(text, day);
	return json_string(text);
}

static json_t *moment_json(int64_t seconds)
{
	char text[MOMENT_TEXT_BYTES];
	moment_text(text, (struct moment){seconds, calendar_paris_offset_minutes(seconds)});
	return json_string(text);
}

int64_t api_round_missed_s(const struct round_visit *visit)
{
	return visit->state == ROUND_PLANNED
	        ? visit->start_s + visit->minutes * INT64_C(60) + MISSED_AFTER_S + 1
	        : INT64_MAX;
}

bool api_round_is_missed(const struct round_visit *visit, int64_t now_s)
{
	return api_round_missed_s(visit) <= now_s;
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

/* {"id", "name"} */
json_t *api_round_person_json(struct api_round_ask *ask, const struct round_person *person)
{
	char hex[2 * SCHEMA_SHORT_BYTES + 1];
	ids_hex(hex, person->bytes, sizeof(person->bytes));
	json_t *known = json_object_get(ask->people, hex);
	if (!known) {
		struct buf name = {0};
		describe_person(ask->app, span_of(person->bytes, sizeof(person->bytes)), &name);
		known = json_pack("{s:s, s:o}", "id", hex, "name", describe_text(&name));
		json_object_set_new(ask->people, hex, known);
		buf_close(&name);
	}
	return json_incref(known);
}

static json_t *people_json(struct api_round_ask *ask, const struct round_people *people)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < people->count; i++)
		json_array_append_new(list, api_round_person_json(ask, &people->items[i]));
	return list;
}

/* The patient's name, as lists show it, from the digest; owner decrefs. */
static json_t *name_of(struct api_round_ask *ask, const struct record_id *id)
{
	char hex[2 * ID_SHORT_BYTES + 1];
	struct node_digest digest;
	struct digest_who who;
	ids_hex(hex, id->bytes, sizeof(id->bytes));
	json_t *known = json_object_get(ask->patients, hex);
	if (!known && node_digest_of(ask->app->node, id, DIGEST_WHO, &digest) == 0 &&
	        digest_who_read(digest.part, &who)) {
		json_t *shown = json_loadb(
		        (const char *)who.shown.data, who.shown.size, JSON_REJECT_DUPLICATES, NULL);
		known = api_full_name(shown);
		json_object_set_new(ask->patients, hex, known);
		json_decref(shown);
	}
	return known ? json_incref(known) : json_string("");
}

/* ---- One visit --------------------------------------------------------------------------------------------------- */

static json_t *marks_json(const struct round_visit *visit, bool is_missed)
{
	static const struct {
		uint32_t mark;
		const char *name;
	} names[] = {{ROUND_UNCLAIMED, "unclaimed"}, {ROUND_TWICE, "twice"}, {ROUND_DIFFERING, "differing"},
	        {ROUND_UNACCEPTED, "unaccepted"}, {ROUND_UNPLANNED, "unplanned"}, {ROUND_BY_HAND, "byHand"}};
	json_t *list = json_array();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (visit->marks & names[i].mark)
			json_array_append_new(list, json_string(names[i].name));
	if (is_missed)
		json_array_append_new(list, json_string("missed"));
	return list;
}

/* What its record says beside. */
static void put_written(struct api_round_ask *ask, const struct round_visit *visit, json_t *json)
{
	static const char *const names[] = {"why", "note", "concurrent"};
	struct crdt_doc *doc;
	const bool has_something = visit->state != ROUND_PLANNED ||
	        visit->marks & (ROUND_LOUD | ROUND_BY_HAND | ROUND_UNPLANNED);
	if (!(visit->marks & ROUND_WRITTEN) || !has_something ||
	        node_shown(ask->app->node, SCHEMA_DOC_DOSSIER, &visit->dossier, &doc))
		return;
	json_t *record = record_json(doc, schema_kind(SCHEMA_PLANNED_VISIT), &visit->id);
	for (size_t i = 0; record && i < sizeof(names) / sizeof(*names); i++)
		if (json_object_get(record, names[i]))
			json_object_set(json, names[i], json_object_get(record, names[i]));
	json_decref(record);
}

static void put_cabinet(struct api_round_ask *ask, const struct round_visit *visit, json_t *json)
{
	struct record_id directory = record_document_id(
	        node_team(ask->app->node), SCHEMA_DOC_DIRECTORY, NULL);
	struct crdt_doc *doc;
	json_t *entry = NULL;
	if (!visit->has_cabinet)
		return;
	if (node_doc(ask->app->node, SCHEMA_DOC_DIRECTORY, &directory, &doc) == 0)
		entry = record_json(doc, schema_kind(SCHEMA_DIRECTORY_ENTRY), &visit->cabinet);
	const char *name = api_text(entry, "name"), *phone = api_text(entry, "phone");
	json_object_set_new(json, "cabinet",
	        json_pack("{s:o, s:s, s:s}", "id",
	                api_hex(visit->cabinet.bytes, sizeof(visit->cabinet.bytes)), "name", name ? name : "",
	                "phone", phone ? phone : ""));
	json_decref(entry);
}

static void put_part(const struct round_visit *visit, json_t *json)
{
	if (visit->slot == ROUND_NO_SLOT)
		return;
	const enum round_part part = (enum round_part)(visit->slot / ROUND_SLOT_PART);
	json_object_set_new(json, "part",
	        json_pack("{s:s, s:s, s:s, s:I}", "name", round_part_name(part), "fr",
	                round_part_label(part).fr, "en", round_part_label(part).en, "slot",
	                (json_int_t)visit->slot));
}

/* The file that it stands in, where the patient has several. */
static void put_file(const struct api_round_ask *ask, const struct record_id *file, json_t *json)
{
	if (patient_groups_is_joined(&ask->groups, file))
		json_object_set_new(json, "dossier", api_hex(file->bytes, sizeof(file->bytes)));
}

json_t *api_round_visit_json(
        struct api_round_ask *ask, const struct round_visit *visit, const struct api_round *round)
{
	static const char *const states[] = {"planned", "moved", "cancelled", "away", "done"};
	const int64_t now_s = (int64_t)(env_wall_ms(ask->app->env) / 1000);
	json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:I, s:o, s:o}", "id",
	        api_hex(visit->id.bytes, sizeof(visit->id.bytes)), "patient",
	        api_hex(visit->patient.bytes, sizeof(visit->patient.bytes)), "name",
	        name_of(ask, &visit->patient), "day", api_round_day_json(visit->day), "at",
	        moment_json(visit->start_s), "state", states[visit->state], "order", (json_int_t)visit->order,
	        "marks", marks_json(visit, api_round_is_missed(visit, now_s)), "owners",
	        people_json(ask, &visit->owners));
	put_part(visit, json);
	if (visit->minutes)
		json_object_set_new(json, "minutes", json_integer(visit->minutes));
	if (visit->absent.count)
		json_object_set_new(json, "absent", people_json(ask, &visit->absent));
	if (visit->has_handed)
		json_object_set_new(json, "handedBy", api_round_person_json(ask, &visit->handed_by));
	if (visit->state == ROUND_MOVED)
		json_object_set_new(json, "movedTo", api_round_day_json(visit->moved_to));
	if (visit->is_taken)
		json_object_set_new(json, "took", api_round_took_json(ask, &round->took[visit->taken]));
	put_cabinet(ask, visit, json);
	put_written(ask, visit, json);
	put_file(ask, &visit->dossier, json);
	for (uint32_t i = 0; i < visit->twin_count; i++)
		api_mark_early(ask->app, json, &visit->twins[i].dossier);
	api_mark_early(ask->app, json, &visit->dossier);
	return json;
}

json_t *api_round_took_json(struct api_round_ask *ask, const struct round_took *took)
{
	json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "visit",
	        api_hex(took->id.bytes, sizeof(took->id.bytes)), "patient",
	        api_hex(took->patient.bytes, sizeof(took->patient.bytes)), "name",
	        name_of(ask, &took->patient), "start", moment_json(took->start_s), "end",
	        moment_json(took->end_s), "nurse", api_round_person_json(ask, &took->nurse));
	put_file(ask, &took->dossier, json);
	return json;
}

/* ---- What whoever goes there needs ------------------------------------------------------------------------------- */

/* Of the first of the patient's files that has it, each. */
static void put_address(const json_t *patient, json_t *concurrent, json_t *json)
{
	static const char *const names[] = {"street", "complement", "postcode", "town", "doorCode", "keys",
	        "phone", "mobile", "contactName", "contactPhone", "allergies"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		json_t *value = json_object_get(patient, names[i]),
		       *other = json_object_get(json_object_get(patient, "concurrent"), names[i]);
		if (!value || json_object_get(json, names[i]))
			continue;
		json_object_set(json, names[i], value);
		if (other)
			json_object_set(concurrent, names[i], other);
	}
}

static void add_alerts(const struct crdt_doc *doc, json_t *list)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_ALERT);
	struct span cursor = {0};
	struct record_id id;
	while (record_next(doc, kind, &cursor, &id)) {
		json_t *alert = record_json(doc, kind, &id);
		const char *state = api_text(alert, "state");
		const bool is_over = state &&
		        (strcmp(state, "ended") == 0 || strcmp(state, "refuted") == 0) &&
		        !json_object_get(json_object_get(alert, "concurrent"), "state");
		if (alert && !is_over)
			json_array_append(list, alert);
		json_decref(alert);
	}
}

/* An item stands in one of the files. */
static json_t *item_json(const struct crdt_doc *const *docs, uint32_t doc_count, const struct round_due *due)
{
	static const char *const names[] = {
	        "target", "category", "detail", "recurrence", "action", "problem"};
	const struct schema_kind *kind = schema_kind(SCHEMA_INTERVENTION);
	struct record_id id;
	uint32_t at = 0;
	while (at < doc_count &&
	        !references_find(docs[at], kind, span_of(due->id.bytes, SCHEMA_SHORT_BYTES), &id))
		at++;
	if (at == doc_count)
		return NULL;
	json_t *record = record_json(docs[at], kind, &id);
	json_t *json = json_pack("{s:o}", "id", api_hex(id.bytes, sizeof(id.bytes)));
	for (size_t j = 0; record && j < sizeof(names) / sizeof(*names); j++)
		if (json_object_get(record, names[j]))
			json_object_set(json, names[j], json_object_get(record, names[j]));
	if (due->hour < 24)
		json_object_set_new(json, "hour", json_integer(due->hour));
	json_decref(record);
	return json;
}

static json_t *items_json(
        const struct crdt_doc *const *docs, uint32_t doc_count, const struct round_visit *visit)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < visit->item_count; i++) {
		json_t *item = item_json(docs, doc_count, &visit->items[i]);
		if (item)
			json_array_append_new(list, item);
	}
	return list;
}

/* Of the last transmissions those that are not usual, the newest first. */
static json_t *urgent_json(struct api_node *app, const struct patient_group *group)
{
	uint32_t count, seen = 0;
	struct api_group_event *events = api_group_events(app, group, SCHEMA_TRANSMISSION, &count);
	json_t *list = json_array();
	for (uint32_t i = 0; i < count && seen < URGENT_SEEN && json_array_size(list) < URGENT_SHOWN; i++) {
		if (events[i].event.is_corrected)
			continue;
		seen++;
		json_t *json = api_event_json(app, &events[i].event.op);
		const char *urgency = api_text(json, "urgency");
		if (urgency && strcmp(urgency, "usual") != 0)
			json_array_append(list, json);
		json_decref(json);
	}
	mem_free(events);
	return list;
}

void api_round_put_details(struct api_round_ask *ask, const struct round_visit *visit, json_t *json)
{
	const struct crdt_doc *docs[LIMIT_JOINED_FILES];
	struct patient_group group;
	patient_groups_of(&ask->groups, &visit->patient, &group);
	const uint32_t count = api_group_docs(ask->app, &group, docs);
	json_t *alerts = json_array(), *concurrent = json_object();
	for (uint32_t i = 0; i < count; i++) {
		const struct record_id file = crdt_doc_id(docs[i]);
		json_t *patient = record_json(docs[i], schema_kind(SCHEMA_PATIENT), &file);
		put_address(patient, concurrent, json);
		json_decref(patient);
		add_alerts(docs[i], alerts);
	}
	if (json_object_size(concurrent))
		json_object_set(json, "patientConcurrent", concurrent);
	json_decref(concurrent);
	json_object_set_new(json, "alerts", alerts);
	json_object_set_new(json, "items", items_json(docs, count, visit));
	json_object_set_new(json, "urgent", urgent_json(ask->app, &group)); /* it may let the documents go */
	api_note_group(ask->app, &group);
}
