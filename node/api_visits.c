/* Visits: started and stopped here, added afterwards, amended, listed by month or day. */
#include "node/api_node.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/schema/moment.h"

/* A visit that runs is a sealed draft of this device: nobody else's concern until it ends, and there again after a crash.
 * {"id", "patient", "start", fields of the visit...} */
static const char DRAFT[] = "running visit";

/* NULL when no visit runs. Owner decrefs. */
static json_t *draft_read(struct api_node *app)
{
	uint8_t key[VAULT_NAME_BYTES];
	struct store_txn *txn;
	struct buf row = {0};
	json_t *draft = NULL;
	vault_name(app->vault, key, STORE_LOCAL, span_text(DRAFT));
	if (store_begin(app->store, false, &txn))
		return NULL;
	if (vault_get(app->vault, txn, STORE_LOCAL, span_of(key, sizeof(key)), &row) == 0)
		draft = json_loadb((const char *)row.data, row.size, JSON_REJECT_DUPLICATES, NULL);
	store_abort(txn);
	buf_wipe(&row);
	return draft;
}

/* Was the draft's visit saved already? (The program ended between the save and the draft's removal.) */
static bool draft_is_saved(struct api_node *app, const json_t *draft)
{
	struct record_id patient, id;
	struct crdt_doc *doc;
	const char *patient_text = api_text(draft, "patient"), *id_text = api_text(draft, "id");
	return patient_text && id_text && ids_from_hex(patient.bytes, ID_SHORT_BYTES, patient_text) &&
	        ids_from_hex(id.bytes, ID_SHORT_BYTES, id_text) &&
	        node_doc(app->node, SCHEMA_DOC_DOSSIER, &patient, &doc) == 0 && crdt_doc_has_event(doc, &id);
}

/* Save the draft; replies with it when it is durable. */
static int draft_write(struct api_call *call, struct api_node *app, json_t *draft)
{
	char *text = json_dumps(draft, JSON_COMPACT);
	int result = node_put_local(app->node, DRAFT, span_text(text), NULL, NULL);
	mem_wipe(text, strlen(text));
	free(text);
	if (!result)
		return api_reply_durable(call, 201, draft);
	json_decref(draft);
	return result;
}

int api_get_running(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	json_t *draft = draft_read(app);
	if (draft && draft_is_saved(app, draft)) {
		json_decref(draft);
		draft = NULL;
	}
	api_call_reply(call, 200, json_pack("{s:o}", "visit", draft ? draft : json_null()));
	return 0;
}

int api_delete_running(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	json_t *draft = draft_read(app);
	bool is_running = draft && !draft_is_saved(app, draft);
	json_decref(draft);
	if (!is_running) {
		api_call_fail(call, ERR_NOTFOUND, "No visit is running on this device.");
		return 0;
	}
	int result = node_put_local(app->node, DRAFT, (struct span){NULL, 0}, NULL, NULL);
	return result ? result : api_reply_durable(call, 200, json_object());
}

static int patient_or_reply(struct api_call *call, struct record_id *id)
{
	int result = api_patient_id(api_node_of(call), api_call_param(call, 0), id);
	if (result)
		api_call_fail(call, result,
		        result == ERR_NOTFOUND ? "There is no such patient here."
		                               : "Several patients' ids begin so: give more digits.");
	return result;
}

int api_post_visit_start(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient, id;
	json_t *running = draft_read(app);
	bool is_running = running && !draft_is_saved(app, running);
	json_decref(running);
	if (is_running) {
		api_call_fail(call, ERR_BUSY, "A visit is running already: stop it first.");
		return 0;
	}
	if (patient_or_reply(call, &patient))
		return 0;
	if (!node_may_write(app->node, COMPARTMENT_CLINICAL))
		return ERR_DENIED;
	json_t *draft = json_copy(api_call_json(call));
	env_random_bytes(app->env, id.bytes, sizeof(id.bytes));
	json_object_set_new(draft, "id", api_hex(id.bytes, sizeof(id.bytes)));
	json_object_set_new(draft, "patient", api_hex(patient.bytes, sizeof(patient.bytes)));
	if (!json_object_get(draft, "start"))
		json_object_set_new(draft, "start", api_now(app));
	return draft_write(call, app, draft);
}

static void preset_visit(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	json_t *json = api_call_json(call);
	struct person_id person;
	if (!json_object_get(json, "nurse") && api_own_person(app, &person))
		json_object_set_new(json, "nurse", api_hex(person.bytes, ID_SHORT_BYTES));
}

int api_post_visit(struct api_call *call)
{
	struct record_id patient;
	if (patient_or_reply(call, &patient))
		return 0;
	preset_visit(call);
	return api_write_record(call, schema_kind(SCHEMA_VISIT), &patient, NULL, SCHEMA_CHECK_NEW, NULL);
}

/* What was given at the start, what is given at the end, and the end itself. A visit of less than a minute lasts one. */
int api_post_visit_stop(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient, id;
	json_t *json = api_call_json(call), *draft = draft_read(app);
	if (!draft || draft_is_saved(app, draft)) {
		json_decref(draft);
		api_call_fail(call, ERR_NOTFOUND, "No visit is running on this device.");
		return 0;
	}
	json_object_update_missing(json, draft);
	json_decref(draft);
	const char *patient_text = api_text(json, "patient"), *id_text = api_text(json, "id");
	if (!patient_text || !id_text || !ids_from_hex(patient.bytes, ID_SHORT_BYTES, patient_text) ||
	        !ids_from_hex(id.bytes, ID_SHORT_BYTES, id_text))
		return ERR_CORRUPT;
	json_object_del(json, "patient");
	if (!json_object_get(json, "end")) {
		struct moment start, end = {.seconds = (int64_t)(env_wall_ms(app->env) / 1000)};
		const char *text = api_text(json, "start");
		if (text && moment_parse(span_text(text), &start) && end.seconds < start.seconds + 60)
			end.seconds = start.seconds + 60;
		char out[MOMENT_TEXT_BYTES];
		end.offset_minutes = calendar_paris_offset_minutes(end.seconds);
		moment_text(out, end);
		json_object_set_new(json, "end", json_string(out));
	}
	preset_visit(call);
	/* The draft stays until the visit is durable; one that was saved is recognized by its id (draft_is_saved). */
	return api_write_record(call, schema_kind(SCHEMA_VISIT), &patient, &id, SCHEMA_CHECK_NEW, NULL);
}

int api_post_amendment(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient, visit;
	struct crdt_doc *doc;
	struct crdt_event event;
	uint32_t cursor = 0;
	const char *text = api_call_param(call, 1);
	if (patient_or_reply(call, &patient))
		return 0;
	int result = node_doc(app->node, SCHEMA_DOC_DOSSIER, &patient, &doc);
	if (result)
		return result;
	bool found = false,
	     is_id = strlen(text) == 2 * ID_SHORT_BYTES && ids_from_hex(visit.bytes, ID_SHORT_BYTES, text);
	while (is_id && !found && crdt_doc_event(doc, SCHEMA_VISIT, &cursor, &event))
		found = record_id_eq(&event.id, &visit);
	if (!found) {
		api_call_fail(call, ERR_NOTFOUND, "This patient has no such visit here: give its whole id.");
		return 0;
	}
	json_object_set_new(api_call_json(call), "visit", api_hex(visit.bytes, sizeof(visit.bytes)));
	return api_write_record(
	        call, schema_kind(SCHEMA_VISIT_AMENDMENT), &patient, NULL, SCHEMA_CHECK_EDIT, &event.op);
}

/* ---- Listing ---- */

bool api_month(const char *text, int32_t *month)
{
	char first[11];
	int64_t day;
	if (!text || strlen(text) < 7)
		return false;
	snprintf(first, sizeof(first), "%.7s-01", text);
	if (!moment_day_parse(span_text(first), &day))
		return false;
	*month = calendar_month(day * 86400, 0);
	return true;
}

static json_t *visit_json(struct api_node *app, const struct index_event *event)
{
	const struct log_feed *feed = log_feed(node_log(app->node), event->feed);
	struct op_id op = {.feed = feed->id, .seq = event->seq, .index = event->op};
	uint32_t kind;
	struct record_id patient;
	json_t *json = api_event_json(app, &op);
	if (json && node_doc_at(app->node, event->doc, &kind, &patient) == 0)
		json_object_set_new(json, "patient", api_hex(patient.bytes, sizeof(patient.bytes)));
	return json;
}

/* The index goes by UTC months; a local day may begin up to 14 hours before and end as much after. */
static int add_month(struct api_node *app, int32_t month, const char *prefix, json_t *list)
{
	const struct index_event *events;
	uint32_t count;
	int result = node_month(app->node, month, &events, &count);
	if (result)
		return result;
	struct index_event *copy = mem_copy(events, count * sizeof(*events));
	for (uint32_t i = 0; i < count; i++) {
		if (copy[i].kind != SCHEMA_VISIT)
			continue;
		json_t *json = visit_json(app, &copy[i]);
		const char *start = json ? api_text(json, "start") : NULL;
		if (start && strncmp(start, prefix, strlen(prefix)) == 0)
			json_array_append_new(list, json);
		else
			json_decref(json);
	}
	mem_free(copy);
	return 0;
}

int api_get_visits(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *day = api_call_query(call, "day"), *text = day ? day : api_call_query(call, "month");
	json_t *now = text ? NULL : api_now(app);
	char prefix[11];
	int32_t month;
	/* Without either: today. */
	snprintf(prefix, sizeof(prefix), "%.*s", text && !day ? 7 : 10, text ? text : json_string_value(now));
	json_decref(now);
	if (!api_month(prefix, &month)) {
		api_call_fail(call, ERR_INVALID, "A month is written 2026-11, a day 2026-11-22.");
		return 0;
	}
	json_t *list = json_array();
	int result = 0;
	for (int32_t i = month - 1; !result && i <= month + 1; i++)
		result = add_month(app, i, prefix, list);
	if (result) {
		json_decref(list);
		return result;
	}
	api_call_reply(call, 200, json_pack("{s:o}", "visits", list));
	return 0;
}
