/* Requests about drafts: listing, opening, a keystroke, discarding and taking that back, saving. */
#include "node/api_drafts.h"

#include "crdt/base/err.h"
#include "node/api_node.h"
#include "node/visit/draft.h"

static json_t *summary(const json_t *draft)
{
	static const char *const members[] = {
	        "key", "version", "kind", "in", "id", "record", "since", "changed", "state", "ended"};
	json_t *out = json_object();
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (json_object_get(draft, members[i]))
			json_object_set(out, members[i], json_object_get(draft, members[i]));
	return out;
}

int api_get_drafts(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const bool all = api_call_query(call, "all") != NULL;
	json_t *list = json_array();
	for (uint32_t i = 0; i < LIMIT_DRAFTS; i++) {
		json_t *draft = api_draft_at(app, i);
		if (draft && (all || draft_is_open(draft)) && !api_draft_is_saved(app, draft))
			json_array_append_new(list, summary(draft));
		json_decref(draft);
	}
	api_call_reply(call, 200, json_pack("{s:o}", "drafts", list));
	return 0;
}

static void no_such_draft(struct api_call *call)
{
	api_call_fail_with(call, ERR_NOTFOUND, "There is no such draft on this device.",
	        json_pack("{s:s}", "fr", "Il n'y a pas de tel brouillon sur cet appareil."));
}

int api_get_draft(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	uint32_t place;
	struct record_id patient;
	json_t *draft = api_draft_open(app, api_call_param(call, 0), &place);
	const struct schema_kind *kind = draft ? schema_kind_named(span_text(api_text(draft, "kind"))) : NULL;
	if (!draft) {
		no_such_draft(call);
		return 0;
	}
	if (kind && kind->doc == SCHEMA_DOC_DOSSIER && api_text(draft, "in") &&
	        ids_from_hex(patient.bytes, ID_SHORT_BYTES, api_text(draft, "in")))
		api_note(app, ACCESS_RECORD, &patient, 0);
	api_call_reply(call, 200, draft);
	return 0;
}

/* Which kind of record, and which document. False: replied. */
static bool begins_well(struct api_call *call, json_t *draft)
{
	struct api_node *app = api_node_of(call);
	const json_t *json = api_call_json(call);
	const char *name = api_text(json, "kind"), *in = api_text(json, "in"),
	           *record = api_text(json, "record");
	const struct schema_kind *kind = name ? schema_kind_named(span_text(name)) : NULL;
	struct record_id id;
	if (!kind || kind->is_made || kind->doc == SCHEMA_DOC_CASE) {
		api_call_fail(call, ERR_INVALID,
		        "\"kind\" is a kind of record that people write: see GET /api/schema.");
		return false;
	}
	if (json_object_get(json, "record") &&
	        (!record || kind->shape == SCHEMA_EVENT || strlen(record) != 2 * ID_SHORT_BYTES ||
	                !ids_from_hex(id.bytes, ID_SHORT_BYTES, record))) {
		api_call_fail(call, ERR_INVALID, "\"record\" is the whole id of a record that is changed.");
		return false;
	}
	if (!record)
		env_random_bytes(app->env, id.bytes, sizeof(id.bytes));
	if (record && kind->shape == SCHEMA_ONE)
		in = record;
	if (kind->shape != SCHEMA_ONE || record) {
		struct api_place place;
		if (!api_find_place(call, kind, in, &place))
			return false;
		const bool is_named = schema_doc(kind->doc)->per >= SCHEMA_PER_PATIENT;
		json_object_set_new(
		        draft, "in", is_named ? api_hex(place.doc_id.bytes, ID_SHORT_BYTES) : NULL);
	}
	json_object_set_new(draft, "kind", json_string(kind->name));
	json_object_set_new(draft, "id", api_hex(id.bytes, ID_SHORT_BYTES));
	if (record)
		json_object_set_new(draft, "record", json_true());
	return true;
}

/* NULL: replied. */
static json_t *begin(struct api_call *call, const char *key, uint32_t *place)
{
	struct api_node *app = api_node_of(call);
	json_t *now = api_now(app);
	json_t *draft = json_pack("{s:s, s:i, s:O, s:o, s:{}}", "key", key, "version", 0, "since", now,
	        "changed", now, "values");
	const char *sentence = NULL;
	if (!draft_key_is_valid(key))
		sentence = "A draft's key is 1 to 64 of A-Z, a-z, 0-9, \".\", \"_\" and \"-\".";
	else if (strcmp(key, DRAFT_VISIT_KEY) == 0)
		sentence = "No visit is running on this device: start one first.";
	else if (json_integer_value(json_object_get(api_call_json(call), "version")) > 0)
		sentence = "This draft was saved or discarded, or is on another device.";
	if (sentence)
		api_call_fail(call, draft_key_is_valid(key) ? ERR_NOTFOUND : ERR_INVALID, sentence);
	else if (!api_draft_place(app, place))
		api_call_fail(
		        call, ERR_FULL, "There are too many drafts on this device: save or discard some.");
	else if (begins_well(call, draft))
		return draft;
	json_decref(draft);
	return NULL;
}

/* It was seen as it is now. False: replied, with the draft. */
static bool was_seen(struct api_call *call, const json_t *draft)
{
	const json_t *given = json_object_get(api_call_json(call), "version");
	const json_t *version = json_object_get(draft, "version");
	if (json_is_integer(given) && json_equal(given, version))
		return true;
	api_call_fail_with(call, ERR_CONFLICT,
	        "This draft was changed in another window: it is in this answer. Nothing was changed.",
	        json_pack("{s:s, s:O, s:O}", "fr",
	                "Ce brouillon a été modifié dans une autre fenêtre : il est dans cette réponse. Rien "
	                "n'a "
	                "été modifié.",
	                "version", version, "draft", draft));
	return false;
}

/* Its dossier may have been erased meanwhile. */
static bool may_stay(struct api_call *call, const json_t *draft)
{
	const char *in = api_text(draft, "in");
	struct record_id id;
	if (!in || !ids_from_hex(id.bytes, ID_SHORT_BYTES, in) ||
	        !node_is_erased(api_node_of(call)->node, &id))
		return true;
	api_call_fail(call, ERR_NOTFOUND, "There is no such patient here.");
	return false;
}

int api_put_draft(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *key = api_call_param(call, 0), *why;
	uint32_t place;
	json_t *draft = api_draft_open(app, key, &place);
	const bool is_new = !draft;
	if (draft && (!was_seen(call, draft) || !may_stay(call, draft))) {
		json_decref(draft);
		return 0;
	}
	json_t *next = is_new ? begin(call, key, &place) : json_copy(draft);
	json_decref(draft);
	if (!next)
		return 0;
	int result = draft_apply(next, api_call_json(call), &why);
	if (result)
		api_call_fail(call, result, why);
	json_object_set_new(next, "changed", api_now(app));
	if (!result) {
		app->drafts.moved += is_new;
		json_t *reply = json_pack("{s:s, s:O, s:O, s:O, s:O}", "key", key, "version",
		        json_object_get(next, "version"), "id", json_object_get(next, "id"), "since",
		        json_object_get(next, "since"), "changed", json_object_get(next, "changed"));
		result = api_draft_write(call, place, next, is_new ? 201 : 200, reply);
	} else {
		result = 0;
	}
	json_decref(next);
	return result;
}

int api_delete_draft(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	uint32_t place;
	json_t *draft = api_draft_open(app, api_call_param(call, 0), &place);
	int result = 0;
	if (draft)
		result = api_draft_discard(call, place, draft);
	else
		no_such_draft(call);
	json_decref(draft);
	return result;
}

int api_post_draft_restore(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *key = api_call_param(call, 0);
	uint32_t place, other;
	json_t *open = api_draft_open(app, key, &other),
	       *draft = open ? NULL : api_draft_find(app, key, "discarded", &place);
	int result = 0;
	if (open)
		api_call_fail(call, ERR_EXISTS, "Another draft stands there now: save or discard it first.");
	else if (!draft)
		no_such_draft(call);
	if (draft && may_stay(call, draft)) {
		json_t *again = json_copy(draft);
		json_object_del(again, "state");
		json_object_del(again, "ended");
		app->drafts.moved++;
		result = api_draft_write(call, place, again, 200, summary(again));
		json_decref(again);
	}
	json_decref(open);
	json_decref(draft);
	return result;
}

int api_post_draft_save(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *key = api_call_param(call, 0);
	uint32_t place;
	json_t *draft = api_draft_open(app, key, &place);
	const bool is_open = draft && !api_draft_is_saved(app, draft);
	int result = 0;
	if (!draft)
		draft = api_draft_find(app, key, "saved", &place);
	if (is_open)
		result = api_draft_save(call, place, draft, api_call_json(call));
	else if (draft)
		api_call_reply(call, 200,
		        json_pack("{s:O, s:O, s:b, s:[], s:[]}", "id", json_object_get(draft, "id"), "kind",
		                json_object_get(draft, "kind"), "changed", 0, "warnings", "records"));
	else
		no_such_draft(call);
	json_decref(draft);
	return result;
}
