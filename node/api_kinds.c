/* Records of every kind, wherever they stand: the dossiers, the team's documents, one's own, threads and minutes (schema/README.md, section 1). */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/api_receipts.h"

/* A redacted case is shown while its consent holds, which takes a request of its own (api_case.c). */
static const struct schema_kind *kind_named(struct api_call *call)
{
	const struct schema_kind *kind = schema_kind_named(span_text(api_call_param(call, 0)));
	if (kind && kind->doc == SCHEMA_DOC_CASE)
		kind = NULL;
	if (!kind)
		api_call_fail(call, ERR_NOTFOUND, "There is no such kind of record: see GET /api/schema.");
	return kind;
}

/* The document that `in` names, of those that there are several of. */
static int named_document(
        struct api_call *call, const struct schema_doc *doc, const char *in, struct api_place *out)
{
	struct api_node *app = api_node_of(call);
	int result = in ? api_doc_id(app, doc->number, in, &out->doc_id) : ERR_INVALID;
	if (!result)
		result = node_doc(app->node, doc->number, &out->doc_id, &out->doc);
	if (result)
		api_call_fail(call, result,
		        result == ERR_INVALID ? "Say in which one: in=ID, of the patient, thread or minutes."
		                : result == ERR_CONFLICT ? "Several ids begin so: give more digits."
		                : result == ERR_NOTFOUND ? "There is no such patient, thread or minutes here."
		                                         : NULL);
	return result;
}

bool api_find_place(
        struct api_call *call, const struct schema_kind *kind, const char *in, struct api_place *out)
{
	struct api_node *app = api_node_of(call);
	const struct schema_doc *doc = schema_doc(kind->doc);
	*out = (struct api_place){.kind = kind};
	if (doc->per == SCHEMA_PER_PATIENT || doc->per == SCHEMA_PER_ITSELF)
		return named_document(call, doc, in, out) == 0;
	int result = api_own_doc_id(app, doc, &out->doc_id) ? 0 : ERR_DENIED;
	if (!result)
		result = node_doc(app->node, doc->number, &out->doc_id, &out->doc);
	if (result && result != ERR_NOTFOUND) {
		api_call_fail(call, result, NULL);
		return false;
	}
	return true;
}

/* ---- Reading ---- */

/* What stands in minutes or a thread is opened by name, as in a dossier (access/README.md). */
static void note_opened(struct api_node *app, enum schema_doc_kind doc, const struct record_id *id)
{
	if (doc == SCHEMA_DOC_MINUTES)
		api_note(app, ACCESS_MINUTES, id, 0);
	else if (doc == SCHEMA_DOC_THREAD)
		api_note(app, ACCESS_THREAD, id, 0);
}

/* Of a kind that each document has one of: the heads of all of them. */
static json_t *heads_json(struct api_node *app, const struct schema_kind *kind, uint32_t limit)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < node_doc_count(app->node) && json_array_size(list) < limit; i++) {
		uint32_t doc_kind;
		struct record_id id;
		struct crdt_doc *doc;
		json_t *head = NULL;
		if (node_doc_at(app->node, i, &doc_kind, &id) == 0 && doc_kind == (uint32_t)kind->doc &&
		        node_doc_by_number(app->node, i, &doc) == 0)
			head = record_json(doc, kind, &id);
		if (!head)
			continue;
		json_array_append_new(list, head);
		if (kind->doc != SCHEMA_DOC_DOSSIER) /* of patients they tell who they are: a list */
			note_opened(app, kind->doc, &id);
	}
	return list;
}

/* Of a patient what all her files hold, unless alone=1. */
static json_t *place_records(struct api_call *call, const struct api_place *place)
{
	struct api_node *app = api_node_of(call);
	const uint32_t limit = api_list_limit(call);
	struct patient_group group = {.count = 1, .files = {place->doc_id}};
	if (!place->doc)
		return json_array();
	if (place->kind->doc != SCHEMA_DOC_DOSSIER) {
		note_opened(app, place->kind->doc, &place->doc_id);
		return api_parts_json(app, place->doc, place->kind, limit);
	}
	if (!api_call_query(call, "alone"))
		api_group_of(app, &place->doc_id, &group);
	api_note_group(app, &group);
	return api_group_parts(app, &group, place->kind, limit);
}

static int reply_records(struct api_call *call, const struct schema_kind *kind, const char *in)
{
	struct api_node *app = api_node_of(call);
	const bool is_head = kind->shape == SCHEMA_ONE && schema_doc(kind->doc)->per == SCHEMA_PER_ITSELF;
	struct api_place place;
	json_t *list;
	if (is_head && !in) {
		list = heads_json(app, kind, api_list_limit(call));
	} else {
		if (!api_find_place(call, kind, in, &place))
			return 0;
		list = place_records(call, &place);
	}
	json_t *json = json_pack("{s:o}", "records", list);
	api_receipts_put_all(app, json, "records");
	api_call_reply(call, 200, json);
	return 0;
}

int api_get_records(struct api_call *call)
{
	const struct schema_kind *kind = kind_named(call);
	return kind ? reply_records(call, kind, api_call_query(call, "in")) : 0;
}

int api_get_rates(struct api_call *call)
{
	return reply_records(call, schema_kind(SCHEMA_RATE_TABLE), NULL);
}

int api_get_times(struct api_call *call)
{
	return reply_records(call, schema_kind(SCHEMA_TIME_ENTRY), NULL);
}

/* ---- Writing ---- */

bool api_find_file(struct api_call *call, struct api_place *place, const char *id_text)
{
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	struct record_id id;
	if (place->kind->doc != SCHEMA_DOC_DOSSIER || api_call_query(call, "alone"))
		return true;
	api_group_of(app, &place->doc_id, &group);
	/* an amendment is asked for by its visit */
	const struct schema_kind *kind = schema_kind(
	        place->kind->number == SCHEMA_VISIT_AMENDMENT ? SCHEMA_VISIT : place->kind->number);
	place->doc_id = group.files[0];
	if (id_text && strlen(id_text) == 2 * ID_SHORT_BYTES &&
	        ids_from_hex(id.bytes, ID_SHORT_BYTES, id_text))
		api_group_holder(app, &group, kind, &id, &place->doc_id);
	int result = node_shown(app->node, SCHEMA_DOC_DOSSIER, &place->doc_id, &place->doc);
	if (result)
		api_call_fail(call, result, NULL);
	return result == 0;
}

/* A new document begins with its head: a patient, a thread, minutes. */
static int add_head(struct api_call *call, const struct schema_kind *kind)
{
	struct record_id id;
	if (kind->number == SCHEMA_PATIENT && api_refused_duplicate(call))
		return 0;
	env_random_bytes(api_node_of(call)->env, id.bytes, sizeof(id.bytes));
	return api_write_record(call, kind, &id, &id, SCHEMA_CHECK_NEW, NULL);
}

static int add(struct api_call *call, const struct schema_kind *kind, const char *in)
{
	struct api_place place;
	if (kind->is_former) {
		api_call_fail(call, ERR_INVALID,
		        "Such a record is not written any more, since it told whose answer it was: see "
		        "\"releve "
		        "survey\". What was written stays readable. Nothing was saved.");
		return 0;
	}
	if (kind->is_made || kind->is_correction) {
		api_call_fail(call, ERR_INVALID,
		        "Such a record is made by a request of its own: see GET /api. Nothing was saved.");
		return 0;
	}
	if (kind->shape == SCHEMA_ONE)
		return add_head(call, kind);
	if (!api_find_place(call, kind, in, &place) ||
	        !api_find_file(call, &place, api_text(api_call_json(call), "corrects")))
		return 0;
	return api_add_record(call, kind, &place.doc_id, place.doc);
}

int api_post_record(struct api_call *call)
{
	const struct schema_kind *kind = kind_named(call);
	if (kind && kind->number == SCHEMA_RATE_TABLE)
		return api_post_rate(call);
	return kind ? add(call, kind, api_call_query(call, "in")) : 0;
}

int api_add_rate(struct api_call *call)
{
	return add(call, schema_kind(SCHEMA_RATE_TABLE), NULL);
}

int api_post_time(struct api_call *call)
{
	return add(call, schema_kind(SCHEMA_TIME_ENTRY), NULL);
}

int api_patch_record(struct api_call *call)
{
	const struct schema_kind *kind = kind_named(call);
	const char *id = api_call_param(call, 1), *in = api_call_query(call, "in");
	struct api_place place;
	if (!kind)
		return 0;
	if (kind->shape == SCHEMA_EVENT || kind->is_made) {
		api_call_fail(call, ERR_INVALID,
		        "Such a record is not changed; a correction is added instead. Nothing was saved.");
		return 0;
	}
	if (!api_find_place(call, kind, kind->shape == SCHEMA_ONE ? id : in, &place) ||
	        !api_find_file(call, &place, kind->shape == SCHEMA_ONE ? NULL : id))
		return 0;
	if (kind->shape == SCHEMA_ONE)
		return api_write_record(call, kind, &place.doc_id, &place.doc_id, SCHEMA_CHECK_EDIT, NULL);
	if (place.doc)
		return api_change_record(call, kind, &place.doc_id, place.doc, id);
	api_call_fail(call, ERR_NOTFOUND, "There is no such record here: give its whole id.");
	return 0;
}
