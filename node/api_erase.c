/* Erasing a patient's dossier: what it would take away, the order, and who has carried it out (README.md, "Erasing a dossier"). */
#include "node/api_node.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/api_mentions.h"
#include "node/keyring/erased.h"
#include "node/keyring/key_row.h"
#include "node/team/roles.h"

static const char *const REASONS[] = {[KEY_REASON_OTHER] = "other",
        [KEY_REASON_RETENTION] = "retention",
        [KEY_REASON_REQUEST] = "request",
        [KEY_REASON_MISTAKE] = "mistake",
        [KEY_REASON_CASE] = "case"};
enum { REASON_COUNT = sizeof(REASONS) / sizeof(*REASONS), ORDER_REASON_COUNT = KEY_REASON_CASE };

static const char *reason_name(uint8_t reason)
{
	return REASONS[reason < REASON_COUNT ? reason : KEY_REASON_OTHER];
}

/* ---- Before ---- */

/* Owner decrefs. NULL: the dossier shows no patient. */
static json_t *would_erase(struct api_node *app, struct crdt_doc *doc, const struct record_id *id)
{
	json_t *patient = record_json(doc, schema_kind(SCHEMA_PATIENT), id);
	json_t *records = api_doc_records(app, doc);
	json_t *out = json_pack("{s:o, s:o, s:i, s:b}", "patient", api_hex(id->bytes, ID_SHORT_BYTES), "name",
	        api_full_name(patient), "records", (int)json_array_size(records), "final", true);
	json_decref(patient);
	json_decref(records);
	if (out)
		json_object_set_new(out, "joined", api_group_others(app, id));
	return out;
}

int api_get_erasure(struct api_call *call)
{
	struct record_id id;
	struct crdt_doc *doc;
	if (!api_patient_or_reply(call, &id, &doc))
		return 0;
	struct api_node *app = api_node_of(call);
	api_note(app, ACCESS_RECORD, &id, 0);
	json_t *would = would_erase(app, doc, &id);
	if (node_shown(app->node, SCHEMA_DOC_DOSSIER, &id, &doc) == 0)
		api_put_mentions(app, doc, would);
	api_call_reply(call, 200, would);
	return 0;
}

/* ---- The order ---- */

/* False: replied. */
static bool reason_of(struct api_call *call, uint8_t *reason)
{
	const char *name = api_text(api_call_json(call), "reason");
	for (*reason = 0; name && *reason < ORDER_REASON_COUNT; ++*reason)
		if (strcmp(name, REASONS[*reason]) == 0)
			return true;
	api_call_fail(call, ERR_INVALID,
	        "The reason is one of request, retention, mistake, other. Nothing was erased.");
	return false;
}

/* Whoever orders it has seen whose dossier it is and how much stands in it. */
static bool is_confirmed(struct api_call *call, const json_t *would)
{
	const json_t *json = api_call_json(call), *records = json_object_get(json, "records");
	const char *name = api_text(json, "name");
	if (name && strcmp(name, api_text(would, "name")) == 0 && json_is_integer(records) &&
	        json_integer_value(records) == json_integer_value(json_object_get(would, "records")))
		return true;
	api_call_fail(call, ERR_CONFLICT,
	        "The patient's name and the number of records have to be repeated as they stand now. Nothing "
	        "was erased.");
	return false;
}

int api_post_erasure(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id id;
	struct crdt_doc *doc;
	uint8_t reason;
	if (!api_patient_or_reply(call, &id, &doc) || !reason_of(call, &reason))
		return 0;
	json_t *would = would_erase(app, doc, &id);
	bool confirmed = is_confirmed(call, would);
	json_decref(would);
	if (!confirmed)
		return 0;
	int result = node_erase(app->node, &id, reason, NULL, NULL);
	if (result == ERR_DENIED) {
		api_call_fail(
		        call, result, "Only nurses who manage the team erase a dossier. Nothing was erased.");
		return 0;
	}
	if (result)
		return result;
	return api_reply_durable(call, 200, json_pack("{s:o}", "patient", api_hex(id.bytes, ID_SHORT_BYTES)));
}

/* ---- Who has done so ---- */

/* Does it hold what was erased? A relay holds bodies that it cannot read or tell apart; a facilitator holds cases. */
static bool holds(const struct team_view *view, const struct team_device *device, uint8_t reason)
{
	const uint8_t compartment = reason == KEY_REASON_CASE ? COMPARTMENT_AGGREGATE : COMPARTMENT_CLINICAL;
	return team_view_level(view, &device->id, compartment) >= TEAM_LEVEL_RELAY ||
	        device->state != TEAM_DEVICE_ACTIVE;
}

/* Who goes by names has done what it says as far as it says that names were given; a relay tells nothing apart without them. Who is out of the
 * team by now held the keys when it gave its word. */
static const char *device_state(struct api_node *app, const struct team_device *device,
        const struct record_id *dossier, const struct node_word *word, bool confirmed)
{
	const bool is_relay = device->relay ||
	        team_view_role(node_view(app->node), &device->id) == TEAM_ROLE_RELAY;
	const bool by_names = is_relay ||
	        (device->state == TEAM_DEVICE_ACTIVE && node_told_by_names(app->node, &device->id));
	const uint32_t names = node_names_known(app->node, dossier);
	if (is_relay && names == 0)
		return "cannot-tell";
	if (confirmed && (!by_names || word->names >= names))
		return "confirmed";
	return device->state == TEAM_DEVICE_REMOVED ? "departed" : "waiting";
}

json_t *api_file_wait(const struct node_word *word)
{
	return word->wait == ERASED_WAITS_ROOM
	        ? json_pack("{s:s, s:I}", "what", "room", "neededMb", (json_int_t)word->need_mib)
	        : json_pack("{s:s}", "what", "file");
}

static json_t *device_json(
        struct api_node *app, const struct team_device *device, const struct record_id *dossier)
{
	struct node_word word = {0};
	const struct device_id self = node_device(app->node);
	const bool spoke = node_erasure_word(app->node, dossier, &device->id, &word),
	           confirmed = spoke && !word.wait;
	json_t *json = json_pack("{s:o, s:o, s:s, s:b}", "device", api_hex(device->id.bytes, ID_LONG_BYTES),
	        "name", api_person(app, &device->person), "state",
	        device_state(app, device, dossier, &word, confirmed), "self",
	        device_id_eq(&device->id, &self));
	if (confirmed && strcmp(api_text(json, "state"), "confirmed") == 0)
		json_object_set_new(json, "confirmedMs", json_integer((json_int_t)word.time_ms));
	else if (spoke && word.wait && device->state != TEAM_DEVICE_REMOVED)
		json_object_set_new(json, "waitsFor", api_file_wait(&word));
	return json;
}

static json_t *erasure_json(struct api_node *app, const struct node_erasure *erasure)
{
	const struct team_view *view = node_view(app->node);
	const struct team_device *by = team_view_device(view, &erasure->by);
	json_t *devices = json_array();
	bool all = true;
	for (uint32_t i = 0; i < view->device_count; i++) {
		if (!holds(view, &view->devices[i], erasure->reason))
			continue;
		json_t *device = device_json(app, &view->devices[i], &erasure->dossier);
		all &= strcmp(api_text(device, "state"), "confirmed") == 0;
		json_array_append_new(devices, device);
	}
	json_t *json = json_pack("{s:o, s:s, s:o, s:o, s:I, s:b, s:b, s:o}", "patient",
	        api_hex(erasure->dossier.bytes, ID_SHORT_BYTES), "reason", reason_name(erasure->reason), "by",
	        api_hex(erasure->by.bytes, ID_LONG_BYTES), "byName",
	        by ? api_person(app, &by->person) : json_object(), "orderedMs", (json_int_t)erasure->time_ms,
	        "complete", all, "counts", erasure->counts, "devices", devices);
	if (device_id_is_zero(&erasure->upheld))
		return json;
	const struct team_device *first = team_view_device(view, &erasure->upheld);
	json_object_set_new(json, "upholds", api_hex(erasure->upheld.bytes, ID_LONG_BYTES));
	json_object_set_new(json, "upholdsName", first ? api_person(app, &first->person) : json_object());
	return json;
}

int api_get_erasures(struct api_call *call)
{
	/* What no device can speak for. */
	static const char *const elsewhere[] = {"backups", "sticks", "paper", "departed", "other-systems"};
	struct api_node *app = api_node_of(call);
	struct node_erasure erasure;
	json_t *list = json_array(), *unreachable = json_array();
	for (uint32_t i = 0; node_erasure_at(app->node, i, &erasure); i++)
		json_array_append_new(list, erasure_json(app, &erasure));
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
		json_array_append_new(unreachable, json_string(elsewhere[i]));
	api_call_reply(call, 200, json_pack("{s:o, s:o}", "erasures", list, "unreachable", unreachable));
	return 0;
}
