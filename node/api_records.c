/* Patients and what their dossiers hold: records of the schema. */
#include "node/api_node.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/api_receipts.h"
#include "node/api_transmissions.h"
#include "node/digest/who.h"
#include "node/fold.h"
#include "node/node_digest.h"
#include "node/schema/schema_json.h"
#include "node/team/roles.h"

enum { LIST_DEFAULT = 200, LIST_MAX = 5000 };

uint32_t api_list_limit(const struct api_call *call)
{
	const char *text = api_call_query(call, "limit");
	unsigned long count = text ? strtoul(text, NULL, 10) : LIST_DEFAULT;
	return count == 0 ? LIST_DEFAULT : count > LIST_MAX ? LIST_MAX : (uint32_t)count;
}

/* ---- Patients ---- */

/* One that a list shows. */
struct listed {
	struct record_id id;
	struct digest_who who;
	struct record_id patient; /* whose file it is: itself, unless it is joined with others */
	bool is_found;
};

struct listing {
	struct buf wanted; /* folded; empty: all */
	const char *id; /* what an id is to begin with; NULL */
	bool archived;
	struct listed *items;
	uint32_t count, room;
	struct patient_groups groups;
	struct listed *files; /* of patients with several */
	uint32_t file_count, file_room;
};

static bool has_words(const struct listing *listing, const struct node_digest *digest, struct span folded)
{
	char hex[2 * ID_SHORT_BYTES + 1];
	struct span rest = buf_span(&listing->wanted);
	bool has_all = true;
	while (has_all && rest.size) {
		const uint8_t *end = memchr(rest.data, ' ', rest.size);
		const size_t size = end ? (size_t)(end - rest.data) : rest.size;
		has_all = memmem(folded.data, folded.size, rest.data, size) != NULL;
		rest = span_sub(rest, size + (end != NULL), rest.size);
	}
	if (has_all)
		return true;
	ids_hex(hex, digest->dossier.bytes, ID_SHORT_BYTES);
	return listing->id && strstr(hex, listing->id);
}

static void add_listed(struct listing *listing, const struct listed *item)
{
	listing->items = mem_room(listing->items, listing->count, &listing->room, sizeof(*listing->items));
	listing->items[listing->count++] = *item;
}

static bool list_one(void *context, const struct node_digest *digest)
{
	struct listing *listing = context;
	struct listed item = {
	        .id = digest->dossier, .patient = patient_groups_main(&listing->groups, &digest->dossier)};
	if (!digest_who_read(digest->part, &item.who))
		return true;
	item.is_found = has_words(listing, digest, item.who.folded);
	if (patient_groups_is_joined(&listing->groups, &item.id)) {
		listing->files = mem_room(
		        listing->files, listing->file_count, &listing->file_room, sizeof(*listing->files));
		listing->files[listing->file_count++] = item;
	} else if (item.is_found && item.who.is_archived == listing->archived) {
		add_listed(listing, &item);
	}
	return true;
}

static int by_patient(const void *a, const void *b)
{
	const struct listed *left = a, *right = b;
	const int order = record_id_cmp(&left->patient, &right->patient);
	return order ? order : record_id_cmp(&left->id, &right->id);
}

/* A patient with several files is one row, found by what any of them says, and in the archive when all of them are. The patient's own file has the lowest
 * id. */
static void list_joined(struct listing *listing)
{
	if (listing->file_count)
		qsort(listing->files, listing->file_count, sizeof(*listing->files), by_patient);
	for (uint32_t from = 0, to; from < listing->file_count; from = to) {
		bool is_found = false, is_archived = true;
		const struct listed *first = &listing->files[from];
		for (to = from; to < listing->file_count &&
		        record_id_eq(&listing->files[to].patient, &first->patient);
		        to++) {
			is_found |= listing->files[to].is_found;
			is_archived &= listing->files[to].who.is_archived;
		}
		if (is_found && is_archived == listing->archived)
			add_listed(listing, first);
	}
}

static int by_name(const void *a, const void *b)
{
	const struct listed *left = a, *right = b;
	const int order = span_cmp(left->who.sorted, right->who.sorted);
	return order ? order : record_id_cmp(&left->id, &right->id);
}

/* A list is one row of the access log: it tells who the patients are, and nothing of what stands in their dossiers. */
static json_t *listed_json(struct api_node *app, const struct listing *listing, const struct listed *item)
{
	json_t *json = json_loadb((const char *)item->who.shown.data, item->who.shown.size, 0, NULL);
	struct patient_group group;
	api_mark_early(app, json, &item->id);
	patient_groups_of(&listing->groups, &item->id, &group);
	json_t *joined = api_group_json(app, &group);
	if (json && joined)
		json_object_set(json, "joined", joined);
	json_decref(joined);
	return json;
}

int api_get_patients(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *search = api_call_query(call, "search");
	struct listing listing = {.id = search, .archived = api_call_query(call, "archived") != NULL};
	if (search)
		fold_text(span_text(search), &listing.wanted);
	api_groups(app, &listing.groups);
	int result = node_digest_each(app->node, DIGEST_WHO, list_one, &listing);
	list_joined(&listing);
	json_t *list = json_array();
	const uint32_t limit = api_list_limit(call);
	if (listing.count)
		qsort(listing.items, listing.count, sizeof(*listing.items), by_name);
	for (uint32_t i = 0; i < listing.count && i < limit; i++)
		json_array_append_new(list, listed_json(app, &listing, &listing.items[i]));
	patient_groups_close(&listing.groups);
	mem_free(listing.files);
	mem_free(listing.items);
	buf_wipe(&listing.wanted);
	api_note(app, ACCESS_PATIENTS, NULL, 0);
	json_t *json = json_pack("{s:o, s:i}", "patients", list, "total", (int)listing.count);
	if (result == 0)
		api_call_reply(call, 200, json);
	else
		json_decref(json);
	return result;
}

int api_post_patient(struct api_call *call)
{
	struct record_id id;
	if (api_refused_duplicate(call))
		return 0;
	env_random_bytes(api_node_of(call)->env, id.bytes, sizeof(id.bytes));
	return api_write_record(call, schema_kind(SCHEMA_PATIENT), &id, &id, SCHEMA_CHECK_NEW, NULL);
}

static bool found_patient(struct api_call *call, int result)
{
	if (!result)
		return true;
	api_call_fail(call, result,
	        result == ERR_NOTFOUND           ? "There is no such patient here."
	                : result == ERR_CONFLICT ? "Several patients' ids begin so: give more digits."
	                                         : NULL);
	return false;
}

bool api_patient_named_or_reply(struct api_call *call, const char *text, struct record_id *id)
{
	return found_patient(call, api_patient_id(api_node_of(call), text, id));
}

bool api_patient_or_reply(struct api_call *call, struct record_id *id, struct crdt_doc **doc)
{
	struct api_node *app = api_node_of(call);
	int result = api_patient_id(app, api_call_param(call, 0), id);
	if (!result && doc)
		result = node_shown(app->node, SCHEMA_DOC_DOSSIER, id, doc);
	return found_patient(call, result);
}

int api_get_patient(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	struct crdt_doc *doc;
	if (!api_group_or_reply(call, &group))
		return 0;
	const struct record_id *id = &group.files[0];
	int result = node_shown(app->node, SCHEMA_DOC_DOSSIER, id, &doc);
	if (result)
		return result;
	json_t *json = record_json(doc, schema_kind(SCHEMA_PATIENT), id);
	if (!json)
		return ERR_NOTFOUND;
	api_mark_early(app, json, id);
	struct api_receipts *receipts = api_receipts_new(app);
	api_receipts_put(receipts, json);
	json_object_set_new(json, "holders", api_receipts_holders(receipts));
	json_object_set_new(json, "age", api_age(app));
	api_receipts_free(receipts);
	json_t *joined = api_group_json(app, &group);
	if (joined)
		json_object_set_new(json, "joined", joined);
	api_note_group(app, &group);
	api_call_reply(call, 200, json);
	return 0;
}

int api_patch_patient(struct api_call *call)
{
	struct patient_group group;
	if (!api_group_or_reply(call, &group))
		return 0;
	return api_write_record(
	        call, schema_kind(SCHEMA_PATIENT), &group.files[0], &group.files[0], SCHEMA_CHECK_EDIT, NULL);
}

/* ---- Parts of a dossier ---- */

static const struct schema_kind *part_kind(struct api_call *call)
{
	const struct schema_kind *kind = schema_kind_named(span_text(api_call_param(call, 1)));
	return kind && kind->doc == SCHEMA_DOC_DOSSIER && kind->number != SCHEMA_PATIENT ? kind : NULL;
}

/* The events of a kind in a document, newest first, at most `limit`. */
static json_t *events_json(struct api_node *app, struct crdt_doc *doc, uint32_t kind, uint32_t limit)
{
	json_t *list = json_array();
	struct crdt_event event;
	uint32_t cursor = 0, count = 0;
	while (crdt_doc_event(doc, kind, &cursor, &event))
		count++;
	struct op_id *ops = mem_zero(count + 1, sizeof(*ops));
	bool *corrected = mem_zero(count + 1, sizeof(*corrected));
	cursor = 0;
	for (uint32_t i = 0; i < count && crdt_doc_event(doc, kind, &cursor, &event); i++) {
		ops[i] = event.op;
		corrected[i] = event.is_corrected;
	}
	for (uint32_t i = count; i-- > 0 && json_array_size(list) < limit;) {
		json_t *json = api_event_json(app, &ops[i]); /* `doc` is not valid any more */
		if (!json)
			continue;
		if (corrected[i])
			json_object_set_new(json, "corrected", json_true());
		json_array_append_new(list, json);
	}
	mem_free(ops);
	mem_free(corrected);
	return list;
}

static json_t *registers_json(const struct crdt_doc *doc, const struct schema_kind *kind, uint32_t limit)
{
	json_t *list = json_array();
	struct span cursor = {0};
	struct record_id id = crdt_doc_id(doc);
	json_t *head = kind->shape == SCHEMA_ONE ? record_json(doc, kind, &id) : NULL;
	if (head)
		json_array_append_new(list, head);
	while (kind->shape == SCHEMA_MANY && json_array_size(list) < limit &&
	        record_next(doc, kind, &cursor, &id)) {
		json_t *json = record_json(doc, kind, &id);
		if (json)
			json_array_append_new(list, json);
	}
	return list;
}

json_t *api_parts_json(
        struct api_node *app, struct crdt_doc *doc, const struct schema_kind *kind, uint32_t limit)
{
	return kind->shape == SCHEMA_EVENT ? events_json(app, doc, kind->number, limit)
	                                   : registers_json(doc, kind, limit);
}

static uint32_t event_count(const struct crdt_doc *doc, const struct schema_kind *kind)
{
	struct crdt_event event;
	uint32_t cursor = 0, count = 0;
	while (kind->shape == SCHEMA_EVENT && crdt_doc_event(doc, kind->number, &cursor, &event))
		count++;
	return count;
}

/* Of early copies' older events nothing is known but that they are. */
static uint32_t unseen_events(
        struct api_node *app, const struct patient_group *group, const struct schema_kind *kind)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < group->count; i++) {
		const struct early_copy *copy = node_early_of(app->node, &group->files[i]);
		if (copy)
			count += event_count(copy->doc, kind);
	}
	return count;
}

int api_get_parts(struct api_call *call)
{
	const struct schema_kind *kind = part_kind(call);
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	if (!kind) {
		api_call_fail(call, ERR_NOTFOUND, "There is no such kind of record in a dossier.");
		return 0;
	}
	if (!api_group_or_reply(call, &group))
		return 0;
	const uint32_t limit = api_list_limit(call), count = unseen_events(app, &group, kind);
	api_note_group(app, &group);
	json_t *records = api_group_parts(app, &group, kind, limit),
	       *json = json_pack("{s:O}", "records", records);
	for (uint32_t i = 0; i < group.count; i++)
		api_mark_early(app, json, &group.files[i]);
	const size_t shown = json_array_size(records);
	if (count > shown && shown < limit)
		json_object_set_new(json, "notHere", json_integer((json_int_t)(count - shown)));
	json_decref(records);
	api_receipts_put_all(app, json, "records");
	api_call_reply(call, 200, json);
	return 0;
}

void api_preset_record(struct api_node *app, const struct schema_kind *kind, json_t *record)
{
	const struct schema_field *at = schema_field_named(kind, span_text("at"));
	struct person_id person;
	if (schema_field_named(kind, span_text("nurse")) && !json_object_get(record, "nurse") &&
	        api_own_person(app, &person))
		json_object_set_new(record, "nurse", api_hex(person.bytes, ID_SHORT_BYTES));
	if (at && at->required && !json_object_get(record, "at"))
		json_object_set_new(record, "at", api_now(app));
	/* Only what ran on this device was measured (api_running.c). */
	const struct schema_field *timed = schema_field_named(kind, span_text("timed"));
	const char *said = api_text(record, "timed");
	if (timed &&
	        (!json_object_get(record, "timed") || (said && schema_choice_named(timed, span_text(said)))))
		json_object_set_new(record, "timed", json_string("given"));
}

int api_add_record(struct api_call *call, const struct schema_kind *kind, const struct record_id *doc_id,
        struct crdt_doc *doc)
{
	struct op_id op;
	const struct op_id *corrects;
	if (!api_corrected(call, doc, kind, &op, &corrects))
		return 0;
	api_preset_record(api_node_of(call), kind, api_call_json(call));
	if (kind->number == SCHEMA_REPLY)
		api_preset_reply(api_node_of(call), doc, api_call_json(call));
	return api_write_record(call, kind, doc_id, NULL, SCHEMA_CHECK_NEW, corrects);
}

/* A correction goes where what it corrects stands, what is new to the patient's file (api_write_record() looks at what it refers to). False: replied. */
static bool place_of_new(struct api_call *call, const struct schema_kind *kind, struct record_id *file)
{
	struct patient_group group;
	struct record_id id;
	const char *text = api_text(api_call_json(call), "corrects");
	if (!api_group_or_reply(call, &group))
		return false;
	*file = group.files[0];
	if (text && strlen(text) == 2 * ID_SHORT_BYTES && ids_from_hex(id.bytes, ID_SHORT_BYTES, text))
		api_group_holder(api_node_of(call), &group, kind, &id, file);
	return true;
}

int api_post_part(struct api_call *call)
{
	const struct schema_kind *kind = part_kind(call);
	struct record_id id;
	struct crdt_doc *doc;
	if (!kind || kind->is_correction || kind->is_made) {
		api_call_fail(call, ERR_NOTFOUND, "Such a record cannot be added to a dossier.");
		return 0;
	}
	if (!place_of_new(call, kind, &id))
		return 0;
	int result = node_shown(api_node_of(call)->node, SCHEMA_DOC_DOSSIER, &id, &doc);
	return result ? result : api_add_record(call, kind, &id, doc);
}

int api_change_record(struct api_call *call, const struct schema_kind *kind, const struct record_id *doc_id,
        const struct crdt_doc *doc, const char *id)
{
	struct record_id part;
	json_t *known = NULL;
	if (strlen(id) == 2 * ID_SHORT_BYTES && ids_from_hex(part.bytes, ID_SHORT_BYTES, id))
		known = record_json(doc, kind, &part);
	json_decref(known);
	if (known)
		return api_write_record(call, kind, doc_id, &part, SCHEMA_CHECK_EDIT, NULL);
	api_call_fail(call, ERR_NOTFOUND, "There is no such record here: give its whole id.");
	return 0;
}

int api_patch_part(struct api_call *call)
{
	const struct schema_kind *kind = part_kind(call);
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	struct record_id file, id;
	struct crdt_doc *doc;
	const char *text = api_call_param(call, 2);
	if (!kind || kind->shape != SCHEMA_MANY) {
		api_call_fail(
		        call, ERR_NOTFOUND, "Such a record is not changed; a correction is added instead.");
		return 0;
	}
	if (!api_group_or_reply(call, &group))
		return 0;
	file = group.files[0];
	if (strlen(text) == 2 * ID_SHORT_BYTES && ids_from_hex(id.bytes, ID_SHORT_BYTES, text))
		api_group_holder(app, &group, kind, &id, &file);
	int result = node_shown(app->node, SCHEMA_DOC_DOSSIER, &file, &doc);
	return result ? result : api_change_record(call, kind, &file, doc, text);
}

/* ---- Everything ---- */

enum { DUMP_DOCS = 50 }; /* per request, so that none grows past some MB */

json_t *api_doc_records(struct api_node *app, struct crdt_doc *doc)
{
	uint32_t kind_count, doc_kind = crdt_doc_kind(doc);
	const struct schema_kind *kinds = schema_kinds(&kind_count);
	json_t *records = json_array();
	for (uint32_t i = 0; i < kind_count; i++) {
		if ((uint32_t)kinds[i].doc != doc_kind)
			continue;
		json_t *list = api_parts_json(app, doc, &kinds[i], UINT32_MAX);
		json_array_extend(records, list);
		json_decref(list);
	}
	return records;
}

static json_t *document_json(struct api_node *app, uint32_t number)
{
	uint32_t doc_kind;
	struct record_id id;
	struct crdt_doc *doc;
	if (node_doc_at(app->node, number, &doc_kind, &id) || node_doc_by_number(app->node, number, &doc))
		return NULL;
	const struct schema_doc *named = schema_doc(doc_kind);
	return json_pack("{s:s, s:o, s:o}", "document", named ? named->name : "unknown", "id",
	        api_hex(id.bytes, sizeof(id.bytes)), "records", api_doc_records(app, doc));
}

static int get_dump(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *text = api_call_query(call, "after");
	uint32_t at = text ? (uint32_t)strtoul(text, NULL, 10) : 0, count = node_doc_count(app->node),
	         taken = 0;
	json_t *list = json_array();
	for (; at < count && taken < DUMP_DOCS; at++, taken++) {
		json_t *document = document_json(app, at);
		if (document)
			json_array_append_new(list, document);
	}
	api_call_reply(call, 200,
	        json_pack("{s:o, s:I, s:b, s:b}", "documents", list, "next", (json_int_t)at, "more",
	                at < count, "partial", node_copy(app->node).is_partial));
	return 0;
}

int api_get_dump(struct api_call *call)
{
	api_note(api_node_of(call), ACCESS_DUMP, NULL, api_dossier_count(api_node_of(call)));
	return api_when_noted(call, get_dump);
}

/* The roles that have a level in a compartment. */
static json_t *roles_json(uint8_t compartment, enum team_level level)
{
	json_t *list = json_array();
	for (uint8_t role = TEAM_ROLE_NURSE; role <= TEAM_ROLE_LAST; role++)
		if (team_role_level(role, compartment) >= level)
			json_array_append_new(list, json_string(team_role_name(role)));
	return list;
}

int api_get_schema(struct api_call *call)
{
	json_t *schema = schema_json(), *kind;
	size_t index;
	json_array_foreach(json_object_get(schema, "kinds"), index, kind)
	{
		const struct schema_doc *doc = schema_doc(
		        (uint32_t)json_integer_value(json_object_get(kind, "document")));
		json_object_set_new(kind, "documentName", json_string(doc->name));
		json_object_set_new(kind, "compartment", json_string(api_compartment_name(doc->compartment)));
		json_object_set_new(kind, "readers", roles_json((uint8_t)doc->compartment, TEAM_LEVEL_READ));
		json_object_set_new(kind, "writers", roles_json((uint8_t)doc->compartment, TEAM_LEVEL_WRITE));
	}
	api_call_reply(call, 200, schema);
	return 0;
}
