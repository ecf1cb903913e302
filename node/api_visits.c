/* Visits: started and stopped here, added afterwards, amended, listed by month or day. */
#include "node/api_node.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_receipts.h"
#include "node/calendar.h"
#include "node/schema/moment.h"

/* A visit that runs is a sealed draft of this device: nobody else's concern until it ends, and there again after a crash.
 * {"id", "patient", "start", fields of the visit...} */
static const char DRAFT[] = NODE_DRAFT_ROW;

/* NULL when no visit runs. Owner decrefs. */
static json_t *draft_read(struct api_node *app)
{
	struct buf row = {0};
	json_t *draft = NULL;
	if (api_local(app, DRAFT, &row) == 0)
		draft = json_loadb((const char *)row.data, row.size, JSON_REJECT_DUPLICATES, NULL);
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

/* ---- Writing the draft ---- */

static void release_draft(void *state)
{
	json_decref(state);
}

static void on_draft(void *context, int result)
{
	struct api_call *call = context;
	api_node_of(call)->draft_pending = false;
	if (result)
		api_call_fail(call, result, NULL);
	else
		api_call_reply(call, 201, json_incref(api_call_state(call)));
	api_call_release(call);
}

/* Save the draft, which is taken; it is the reply once it is durable. */
static int draft_write(struct api_call *call, json_t *draft)
{
	struct api_node *app = api_node_of(call);
	char *text = json_dumps(draft, JSON_COMPACT);
	api_call_set_state(call, draft, release_draft);
	api_call_hold(call);
	int result = node_put_local(app->node, DRAFT, span_text(text), on_draft, call);
	mem_wipe(text, strlen(text));
	free(text);
	app->draft_pending = result == 0;
	if (result)
		api_call_release(call);
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

static void preset_nurse(struct api_node *app, json_t *visit)
{
	struct person_id person;
	if (!json_object_get(visit, "nurse") && api_own_person(app, &person))
		json_object_set_new(visit, "nurse", api_hex(person.bytes, ID_SHORT_BYTES));
}

/* The end, unless it is given. A visit of less than a minute lasts one. */
static void preset_end(json_t *visit, int64_t now_s)
{
	struct moment start, end = {.seconds = now_s};
	const char *text = api_text(visit, "start");
	char out[MOMENT_TEXT_BYTES];
	if (json_object_get(visit, "end"))
		return;
	if (text && moment_parse(span_text(text), &start) && end.seconds < start.seconds + 60)
		end.seconds = start.seconds + 60;
	end.offset_minutes = calendar_paris_offset_minutes(end.seconds);
	moment_text(out, end);
	json_object_set_new(visit, "end", json_string(out));
}

/* Could the draft be stopped a minute later? Otherwise nothing could ever end it. False: replied. */
static bool can_be_stopped(struct api_call *call, const json_t *draft, const struct crdt_doc *doc)
{
	json_t *visit = json_copy((json_t *)(uintptr_t)draft);
	json_object_del(visit, "patient");
	preset_nurse(api_node_of(call), visit);
	preset_end(visit, 0);
	bool fits = api_check_record(call, schema_kind(SCHEMA_VISIT), visit, doc);
	json_decref(visit);
	return fits;
}

int api_post_visit_start(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient, id;
	json_t *running = draft_read(app);
	bool is_running = app->draft_pending || (running && !draft_is_saved(app, running));
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
	struct crdt_doc *doc;
	int result = node_doc(app->node, SCHEMA_DOC_DOSSIER, &patient, &doc);
	if (!result && can_be_stopped(call, draft, doc))
		return draft_write(call, draft);
	json_decref(draft);
	return result;
}

int api_post_visit(struct api_call *call)
{
	struct record_id patient;
	if (patient_or_reply(call, &patient))
		return 0;
	preset_nurse(api_node_of(call), api_call_json(call));
	return api_write_record(call, schema_kind(SCHEMA_VISIT), &patient, NULL, SCHEMA_CHECK_NEW, NULL);
}

/* Whether the request says another `name` than the running visit has. */
static bool names_another(const json_t *request, const json_t *draft, const char *name)
{
	const json_t *given = json_object_get(request, name);
	return given && !json_equal(given, json_object_get(draft, name));
}

/* What was given at the start, what is given at the end, and the end itself. */
static int stop_visit(struct api_call *call, const json_t *draft)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient, id;
	json_t *json = api_call_json(call);
	const char *patient_text = api_text(draft, "patient"), *id_text = api_text(draft, "id");
	if (!patient_text || !id_text || !ids_from_hex(patient.bytes, ID_SHORT_BYTES, patient_text) ||
	        !ids_from_hex(id.bytes, ID_SHORT_BYTES, id_text))
		return ERR_CORRUPT;
	if (names_another(json, draft, "patient") || names_another(json, draft, "id")) {
		api_call_fail(call, ERR_CONFLICT, "Another visit is running on this device.");
		return 0;
	}
	json_object_update_missing(json, (json_t *)(uintptr_t)draft);
	json_object_del(json, "patient");
	preset_end(json, (int64_t)(env_wall_ms(app->env) / 1000));
	preset_nurse(app, json);
	/* The draft stays until the visit is durable; one that was saved is recognized by its id (draft_is_saved). */
	return api_write_record(call, schema_kind(SCHEMA_VISIT), &patient, &id, SCHEMA_CHECK_NEW, NULL);
}

int api_post_visit_stop(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	json_t *draft = draft_read(app);
	int result = 0;
	if (!draft || draft_is_saved(app, draft))
		api_call_fail(call, ERR_NOTFOUND, "No visit is running on this device.");
	else
		result = stop_visit(call, draft);
	json_decref(draft);
	return result;
}

int api_post_amendment(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient, visit;
	struct crdt_doc *doc;
	struct crdt_event event;
	const char *text = api_call_param(call, 1);
	if (patient_or_reply(call, &patient))
		return 0;
	int result = node_shown(app->node, SCHEMA_DOC_DOSSIER, &patient, &doc);
	if (result)
		return result;
	bool is_id = strlen(text) == 2 * ID_SHORT_BYTES && ids_from_hex(visit.bytes, ID_SHORT_BYTES, text);
	if (!is_id || !api_find_event(doc, SCHEMA_VISIT, &visit, &event)) {
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

/* It stays readable, struck through. */
static bool is_corrected(const struct crdt_doc *doc, const struct op_id *op)
{
	struct crdt_event event;
	uint32_t cursor = 0;
	while (crdt_doc_event(doc, SCHEMA_VISIT, &cursor, &event))
		if (op_id_cmp(&event.op, op) == 0)
			return event.is_corrected;
	return false;
}

static json_t *visit_json(struct api_node *app, const struct index_event *event)
{
	const struct log_feed *feed = log_feed(node_log(app->node), event->feed);
	struct op_id op = {.feed = feed->id, .seq = event->seq, .index = event->op};
	uint32_t kind;
	struct record_id patient;
	struct crdt_doc *doc;
	json_t *json = api_event_json(app, &op);
	if (!json || node_doc_at(app->node, event->doc, &kind, &patient))
		return json;
	json_object_set_new(json, "patient", api_hex(patient.bytes, sizeof(patient.bytes)));
	if (node_shown_by_number(app->node, event->doc, &doc) == 0 && is_corrected(doc, &op))
		json_object_set_new(json, "corrected", json_true());
	return json;
}

static bool starts_in(const json_t *visit, const char *prefix)
{
	const char *start = visit ? api_text(visit, "start") : NULL;
	return start && strncmp(start, prefix, strlen(prefix)) == 0;
}

/* Moments that may be of a local day, or month: it begins up to 14 hours before that of UTC, and ends up to 12 hours after. */
struct stretch {
	int64_t from_s, upto_s;
};

/* `month` is that of `prefix`, a day or a month. */
static struct stretch stretch_of(const char *prefix, int32_t month)
{
	enum { DAY_S = 86400, EAST_S = 14 * 3600, WEST_S = 12 * 3600 };
	int64_t day = 0;
	if (moment_day_parse(span_text(prefix), &day))
		return (struct stretch){day * DAY_S - EAST_S, (day + 1) * DAY_S + WEST_S};
	return (struct stretch){
	        calendar_month_start(month) - EAST_S, calendar_month_start(month + 1) + WEST_S};
}

/* The index goes by UTC months. Only what may be of that time is opened. */
static int add_month(
        struct api_node *app, int32_t month, struct stretch stretch, const char *prefix, json_t *list)
{
	const struct index_event *events;
	uint32_t count;
	int result = node_month(app->node, month, &events, &count);
	if (result)
		return result;
	struct index_event *copy = mem_copy(events, count * sizeof(*events));
	for (uint32_t i = 0; i < count; i++) {
		if (copy[i].kind != SCHEMA_VISIT || copy[i].when_s < stretch.from_s ||
		        copy[i].when_s >= stretch.upto_s)
			continue;
		json_t *json = visit_json(app, &copy[i]);
		if (starts_in(json, prefix))
			json_array_append_new(list, json);
		else
			json_decref(json);
	}
	mem_free(copy);
	return 0;
}

/* Those of early copies whose entries have not come. */
static void add_early(struct api_node *app, const char *prefix, json_t *list)
{
	const struct early_copy *copy;
	for (uint32_t i = 0; (copy = node_early_at(app->node, i)); i++) {
		for (uint32_t j = 0; j < copy->body_count; j++) {
			const struct early_body *body = &copy->bodies[j];
			json_t *json = body->kind == SCHEMA_VISIT && node_early_ahead(app->node, &body->op)
			        ? api_early_body_json(app, body)
			        : NULL;
			if (!starts_in(json, prefix)) {
				json_decref(json);
				continue;
			}
			json_object_set_new(
			        json, "patient", api_hex(copy->dossier.bytes, sizeof(copy->dossier.bytes)));
			if (is_corrected(copy->doc, &body->op))
				json_object_set_new(json, "corrected", json_true());
			api_mark_early(app, json, &copy->dossier);
			json_array_append_new(list, json);
		}
	}
}

int api_get_visits(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *day = api_call_query(call, "day"), *text = day ? day : api_call_query(call, "month");
	json_t *now = text ? NULL : api_now(app);
	size_t size = text && !day ? 7 : 10;
	char prefix[11];
	int32_t month;
	int64_t unused;
	/* Without either: today. */
	snprintf(prefix, sizeof(prefix), "%.*s", (int)size, text ? text : json_string_value(now));
	json_decref(now);
	if ((text && strlen(text) != size) || (day && !moment_day_parse(span_text(day), &unused)) ||
	        !api_month(prefix, &month)) {
		api_call_fail(call, ERR_INVALID, "A month is written 2026-11, a day 2026-11-22.");
		return 0;
	}
	json_t *list = json_array();
	int result = 0;
	for (int32_t i = month - 1; !result && i <= month + 1; i++)
		result = add_month(app, i, stretch_of(prefix, month), prefix, list);
	if (result) {
		json_decref(list);
		return result;
	}
	add_early(app, prefix, list);
	api_note(app, ACCESS_VISITS, NULL, api_note_day(prefix));
	json_t *json = json_pack("{s:o}", "visits", list);
	api_receipts_put_all(app, json, "visits");
	api_call_reply(call, 200, json);
	return 0;
}
