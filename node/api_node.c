/* What handlers share: ids, saving, events. */
#include "node/api_node.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/api_work.h"
#include "node/calendar.h"
#include "node/import.h"
#include "node/node_digest.h"
#include "node/node_photo.h"
#include "node/schema/moment.h"

struct api_node *api_node_of(const struct api_call *call)
{
	return api_call_owner(call);
}

void api_node_reopening(struct api_node *app)
{
	import_free(app->import);
	app->import = NULL;
	api_check_free(app->check);
	app->check = NULL;
	api_backup_free(app->backup);
	app->backup = NULL;
	api_photo_stop(app);
	api_bundle_pause(app);
	api_upload_wipe(app);
	api_drafts_forget(&app->drafts);
	api_work_forget(app);
}

void api_node_wipe(struct api_node *app)
{
	api_node_reopening(app);
	api_bundle_wipe(app);
}

bool api_is_refused(const struct api_node *app)
{
	return peers_refused(app->peers) && !peers_any_session(app->peers);
}

static void tell_meeting(struct api_node *app)
{
	const struct peers_meeting_status meeting = peers_meeting(app->peers);
	const uint32_t session_count = peers_session_count(app->peers);
	const bool is_refused = api_is_refused(app);
	if (meeting.number == app->meeting_number && meeting.is_together == app->is_together &&
	        session_count == app->session_count && is_refused == app->is_refused)
		return;
	app->session_count = session_count; /* who is connected stands on every screen */
	app->is_refused = is_refused;
	app->meeting_number = meeting.number;
	app->is_together = meeting.is_together;
	json_t *data = json_pack("{s:I, s:b, s:b}", "number", (json_int_t)meeting.number, "together",
	        meeting.is_together, "signed", meeting.is_current);
	api_publish(app->api, "meeting", data);
	json_decref(data);
}

uint64_t api_node_now_ms(void *context)
{
	return env_monotonic_ms(((const struct api_node *)context)->env);
}

/* What shows, or looks for, patients. */
static bool goes_by_all(const struct api_route *route)
{
	static const char OF_PATIENTS[] = "/api/patients/";
	return route->need == API_NEED_TEAM &&
	        (route->method == API_GET ||
	                strncmp(route->pattern, OF_PATIENTS, sizeof(OF_PATIENTS) - 1) == 0);
}

bool api_node_is_early(void *context, const struct api_route *route, uint64_t waited_ms)
{
	enum { WAITS_MS = 60000, MADE_AT_ONCE = 64 /* in a tenth of a second */ };
	struct api_node *app = context;
	if (!goes_by_all(route) || waited_ms >= WAITS_MS || node_copy(app->node).is_partial)
		return false;
	/* While records come one after the other, whoever looks wants to see what is there now. */
	return (waited_ms > 0 || node_idle(app->node)) && !node_is_stopped(app->node) &&
	        node_digest_missing(app->node) > MADE_AT_ONCE;
}

static void publish_news(struct api_node *app, bool records, bool membership, bool receipts)
{
	json_t *data = json_pack("{s:I, s:b, s:b, s:b}", "number", (json_int_t)++app->news_count, "records",
	        records, "membership", membership, "receipts", receipts);
	api_publish(app->api, "news", data);
	json_decref(data);
}

void api_node_tell(struct api_node *app)
{
	publish_news(app, false, false, false);
}

/* A photo became whole here, or another device said which ones it has. */
static bool photos_moved(struct api_node *app)
{
	const uint64_t mark = node_photo_mark(app->node) + node_photo_whole_mark(app->node);
	const bool has_moved = mark != app->photos_mark;
	app->photos_mark = mark;
	return has_moved;
}

void api_node_turned(struct api_node *app, const struct node_news *news)
{
	const bool has_photos = photos_moved(app);
	api_backup_turned(app);
	tell_meeting(app);
	api_go_on(app->api);
	api_bundle_turned(app);
	api_work_turned(app, news->heads || news->membership || news->state);
	api_running_turned(app);
	if (!news->heads && !news->membership && !news->state && !has_photos)
		return;
	publish_news(app, news->heads, news->membership, news->state);
}

json_t *api_hex(const uint8_t *bytes, size_t size)
{
	char text[2 * ID_LONG_BYTES + 1];
	ids_hex(text, bytes, size);
	return json_string(text);
}

json_t *api_full_name(const json_t *patient)
{
	const char *last = api_text(patient, "lastName"), *first = api_text(patient, "firstName");
	return json_sprintf("%s%s%s", last ? last : "", last && first ? " " : "", first ? first : "");
}

const char *api_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

bool api_optional_text(struct api_call *call, const char *name, const char **out)
{
	char sentence[80];
	const json_t *member = json_object_get(api_call_json(call), name);
	*out = json_string_value(member);
	if (!member || *out)
		return true;
	snprintf(sentence, sizeof(sentence), "\"%s\" has to be a text. Nothing was changed.", name);
	api_call_fail(call, ERR_INVALID, sentence);
	return false;
}

json_t *api_moment_ms(uint64_t ms)
{
	char text[MOMENT_TEXT_BYTES];
	struct moment moment = {.seconds = (int64_t)(ms / 1000)};
	moment.offset_minutes = calendar_paris_offset_minutes(moment.seconds);
	moment_text(text, moment);
	return json_string(text);
}

json_t *api_now(const struct api_node *app)
{
	return api_moment_ms(env_wall_ms(app->env));
}

bool api_short_id(const char *text, uint8_t out[SCHEMA_SHORT_BYTES])
{
	uint8_t whole[ID_SHORT_BYTES];
	const size_t digits = text ? strlen(text) : 0;
	if ((digits != 2 * SCHEMA_SHORT_BYTES && digits != 2 * sizeof(whole)) ||
	        !ids_from_hex(whole, digits / 2, text))
		return false;
	memcpy(out, whole, SCHEMA_SHORT_BYTES);
	return true;
}

int64_t api_today(const struct api_node *app)
{
	return calendar_paris_day((int64_t)(env_wall_ms(app->env) / 1000));
}

bool api_day_or_reply(struct api_call *call, const char *text, int64_t otherwise, int64_t *out)
{
	*out = otherwise;
	if (!text || moment_day_parse(span_text(text), out))
		return true;
	api_call_fail_with(call, ERR_INVALID, "A day is written 2026-11-22.",
	        json_pack("{s:s}", "fr", "Un jour s'écrit 2026-11-22."));
	return false;
}

bool api_own_person(struct api_node *app, struct person_id *out)
{
	struct device_id self = node_device(app->node);
	const struct team_view *view = node_view(app->node);
	const struct team_device *device = view ? team_view_device(view, &self) : NULL;
	if (!device || person_id_is_zero(&device->person))
		return false;
	*out = device->person;
	return true;
}

int api_patient_id(struct api_node *app, const char *text, struct record_id *out)
{
	return api_doc_id(app, SCHEMA_DOC_DOSSIER, text, out);
}

bool api_own_doc_id(struct api_node *app, const struct schema_doc *doc, struct record_id *out)
{
	struct person_id person;
	bool is_own = doc->per == SCHEMA_PER_PERSON;
	if ((doc->per != SCHEMA_PER_TEAM && !is_own) || (is_own && !api_own_person(app, &person)))
		return false;
	*out = record_document_id(node_team(app->node), doc->number, is_own ? &person : NULL);
	return true;
}

int api_doc_id(struct api_node *app, enum schema_doc_kind doc_kind, const char *text, struct record_id *out)
{
	size_t digits = strlen(text);
	unsigned found = 0;
	if (digits < 4 || digits > 2 * ID_SHORT_BYTES)
		return ERR_NOTFOUND;
	const uint32_t count = node_shown_count(app->node);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t kind;
		struct record_id id;
		char hex[2 * ID_SHORT_BYTES + 1];
		if (node_shown_at(app->node, i, &kind, &id) || kind != (uint32_t)doc_kind)
			continue;
		ids_hex(hex, id.bytes, sizeof(id.bytes));
		if (strncmp(hex, text, digits) != 0)
			continue;
		*out = id;
		found++;
	}
	return found == 1 ? 0 : found ? ERR_CONFLICT : ERR_NOTFOUND;
}

int api_device_or_reply(struct api_call *call, const char *text, struct device_id *out)
{
	const struct team_view *view = node_view(api_node_of(call)->node);
	size_t digits = strlen(text);
	unsigned found = 0;
	for (uint32_t i = 0; view && digits >= 4 && i < view->device_count; i++) {
		char hex[2 * ID_LONG_BYTES + 1];
		ids_hex(hex, view->devices[i].id.bytes, ID_LONG_BYTES);
		if (strncmp(hex, text, digits) != 0)
			continue;
		*out = view->devices[i].id;
		found++;
	}
	if (found == 1)
		return 0;
	int result = found ? ERR_CONFLICT : ERR_NOTFOUND;
	api_call_fail(call, result,
	        found ? "Several devices begin so: give more digits."
	              : "There is no such device in the team: see \"releve members\".");
	return result;
}

bool api_read_op(void *context, const struct op_id *op_id, struct crdt_op *out, struct crdt_meta *meta)
{
	struct api_node *app = context;
	struct node_entry entry;
	if (node_read_op(app->node, op_id, &entry))
		return false;
	*meta = entry.meta;
	for (struct crdt_ops ops = crdt_change_ops(&entry.change); crdt_ops_next(&ops, out);)
		if (out->index == op_id->index)
			return true;
	return false;
}

json_t *api_event_json(struct api_node *app, const struct op_id *op_id)
{
	struct crdt_op op;
	struct crdt_meta meta;
	const struct early_body *early = node_early_body(app->node, op_id);
	if (early)
		return api_early_body_json(app, early);
	return api_read_op(app, op_id, &op, &meta) ? record_event_json(&op, &meta) : NULL;
}

bool api_find_event(
        const struct crdt_doc *doc, uint32_t kind, const struct record_id *id, struct crdt_event *out)
{
	uint32_t cursor = 0;
	while (crdt_doc_event(doc, kind, &cursor, out))
		if (record_id_eq(&out->id, id))
			return true;
	return false;
}

bool api_corrected(struct api_call *call, const struct crdt_doc *doc, const struct schema_kind *kind,
        struct op_id *op, const struct op_id **corrects)
{
	return api_corrected_by(call, api_call_json(call), doc, kind, op, corrects);
}

bool api_corrected_by(struct api_call *call, const json_t *json, const struct crdt_doc *doc,
        const struct schema_kind *kind, struct op_id *op, const struct op_id **corrects)
{
	const char *text = api_text(json, "corrects");
	struct record_id id;
	struct crdt_event event;
	*corrects = NULL;
	if (!json_object_get(json, "corrects"))
		return true;
	if (!text || strlen(text) != 2 * ID_SHORT_BYTES || !ids_from_hex(id.bytes, ID_SHORT_BYTES, text) ||
	        !doc || !api_find_event(doc, kind->number, &id, &event)) {
		api_call_fail(call, ERR_NOTFOUND, "What this corrects is not here.");
		return false;
	}
	*op = event.op;
	*corrects = op;
	return true;
}

int api_local(struct api_node *app, const char *name, struct buf *out)
{
	uint8_t key[VAULT_NAME_BYTES];
	struct store_txn *txn;
	int result = store_begin(app->store, false, &txn);
	if (result)
		return result;
	vault_name(app->vault, key, STORE_LOCAL, span_text(name));
	result = vault_get(app->vault, txn, STORE_LOCAL, span_of(key, sizeof(key)), out);
	store_abort(txn);
	return result;
}

/* ---- Saving ---- */

struct pending {
	int status;
	json_t *body;
};

static void release_pending(void *state)
{
	struct pending *pending = state;
	json_decref(pending->body);
	mem_free(pending);
}

static void on_durable(void *context, int result)
{
	struct api_call *call = context;
	struct pending *pending = api_call_state(call);
	if (result)
		api_call_fail(call, result, NULL);
	else
		api_call_reply(call, pending->status, json_incref(pending->body));
	api_call_release(call);
}

int api_reply_durable(struct api_call *call, int status, json_t *body)
{
	struct pending *pending = mem_zero(1, sizeof(*pending));
	pending->status = status;
	pending->body = body;
	api_call_set_state(call, pending, release_pending);
	api_call_hold(call);
	int result = node_when_durable(api_node_of(call)->node, on_durable, call);
	if (result)
		api_call_release(call);
	return result;
}

/* ---- Reading what is durable ---- */

struct task {
	struct api_call *call;
	int (*work)(struct api_call *call);
	bool until_quiet;
};

static void on_written(void *context, int result)
{
	struct task *task = context;
	struct api_call *call = task->call;
	struct node *node = api_node_of(call)->node;
	if (!result && task->until_quiet && api_call_open(call) &&
	        !node_idle(node)) { /* others wrote meanwhile */
		result = node_when_durable(node, on_written, task);
		if (!result)
			return;
	}
	const char *sentence = NULL;
	if (!result && api_call_open(call)) {
		result = api_call_ready(
		        call, &sentence); /* meanwhile it may have been locked or handed over */
		if (!result)
			result = task->work(call);
	}
	if (result)
		api_call_fail(call, result, sentence);
	api_call_release(call);
	mem_free(task);
}

static int wait_to_work(struct api_call *call, int (*work)(struct api_call *call), bool until_quiet)
{
	struct node *node = api_node_of(call)->node;
	if (node_idle(node))
		return work(call);
	struct task *task = mem_zero(1, sizeof(*task));
	*task = (struct task){call, work, until_quiet};
	api_call_hold(call);
	int result = node_when_durable(node, on_written, task);
	if (!result)
		return 0;
	api_call_release(call);
	mem_free(task);
	return result;
}

int api_when_durable(struct api_call *call, int (*work)(struct api_call *call))
{
	return wait_to_work(call, work, false);
}

int api_when_quiet(struct api_call *call, int (*work)(struct api_call *call))
{
	return wait_to_work(call, work, true);
}

enum store_room api_room(const struct api_node *app)
{
	struct store_usage usage;
	if (app->disk_full || store_usage(app->store, &usage))
		return STORE_ROOM_REFUSE;
	return store_room(&usage);
}

bool api_refused_record(struct api_call *call)
{
	const struct api_node *app = api_node_of(call);
	if (api_room(app) != STORE_ROOM_REFUSE)
		return false;
	api_call_fail(call, ERR_NOSPACE,
	        app->disk_full ? NULL
	                       : "The database is so full that it takes no new records. Nothing was saved.");
	return true;
}
