/* One patient, whatever number of files she has: finding them, and reading all of them. */
#include "node/api_patients.h"

#include <stdlib.h>

#include "node/node_digest.h"
#include "node/node_links.h"
#include "node/patient/fields.h"
#include "node/references.h"
#include "node/work/work.h"

/* ---- Decisions --------------------------------------------------------------------------------------------------- */

static void look(void *links, const struct digest_source *source)
{
	patient_links_read(source, links);
}

static void add_part(struct api_node *app, const struct node_digest *digest, struct patient_links *out)
{
	const struct record_id file = digest->dossier;
	if (digest->is_cut)
		node_digest_look(app->node, &file, look, out);
	else
		patient_links_get(digest->part, &file, out);
}

/* Files that were looked at, or are to be: those in `known` are ascending, `files` as they were reached. */
struct reached {
	struct record_id *files, *known;
	uint32_t count, room;
};

static int by_id(const void *a, const void *b)
{
	return record_id_cmp(a, b);
}

/* The others of these decisions, however many, that were not reached before. */
static void reach(struct reached *reached, const struct patient_link *links, uint32_t count)
{
	const uint32_t before = reached->count;
	struct record_id *others = mem_zero((size_t)count + 1, sizeof(*others));
	for (uint32_t i = 0; i < count; i++)
		others[i] = links[i].other;
	if (count)
		qsort(others, count, sizeof(*others), by_id);
	for (uint32_t i = 0; i < count; i++) {
		if ((i && record_id_eq(&others[i], &others[i - 1])) ||
		        (before && bsearch(&others[i], reached->known, before, sizeof(*others), by_id)))
			continue;
		reached->files = mem_room(
		        reached->files, reached->count, &reached->room, sizeof(*reached->files));
		reached->files[reached->count++] = others[i];
	}
	mem_free(others);
	mem_free(reached->known);
	reached->known = mem_copy(reached->files, reached->count * sizeof(*reached->files));
	qsort(reached->known, reached->count, sizeof(*reached->known), by_id);
}

void api_links_around(struct api_node *app, const struct record_id *file, struct patient_links *out)
{
	struct reached reached = {0};
	uint32_t from = 0, before = 0;
	const struct patient_link first = {.other = *file};
	*out = (struct patient_links){0};
	for (reach(&reached, &first, 1); from < reached.count;
	        reach(&reached, out->items + before, out->count - before)) {
		before = out->count;
		for (const uint32_t to = reached.count; from < to; from++) {
			const struct record_id one = reached.files[from];
			struct node_digest digest;
			if (node_digest_of(app->node, &one, DIGEST_LINKS, &digest) == 0)
				add_part(app, &digest, out);
		}
	}
	node_links_judge(app->node, out);
	mem_free(reached.files);
	mem_free(reached.known);
}

struct gathering {
	struct api_node *app;
	struct patient_links *links;
};

static bool gather(void *context, const struct node_digest *digest)
{
	const struct gathering *gathering = context;
	add_part(gathering->app, digest, gathering->links);
	return true;
}

void api_links_all(struct api_node *app, struct patient_links *out)
{
	struct gathering gathering = {app, out};
	*out = (struct patient_links){0};
	node_digest_each(app->node, DIGEST_LINKS, gather, &gathering);
	node_links_judge(app->node, out);
}

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

void api_group_of(struct api_node *app, const struct record_id *file, struct patient_group *out)
{
	struct patient_links links;
	struct patient_groups groups;
	api_links_around(app, file, &links);
	if (links.count == 0) {
		*out = (struct patient_group){.count = 1, .files = {*file}};
		return;
	}
	patient_groups_make(links.items, links.count, &groups);
	patient_groups_of(&groups, file, out);
	patient_groups_close(&groups);
	patient_links_close(&links);
}

void api_groups(struct api_node *app, struct patient_groups *out)
{
	struct patient_links links;
	api_links_all(app, &links);
	patient_groups_make(links.items, links.count, out);
	patient_links_close(&links);
}

bool api_group_or_reply(struct api_call *call, struct patient_group *out)
{
	return api_group_named_or_reply(call, api_call_param(call, 0), out);
}

bool api_group_named_or_reply(struct api_call *call, const char *text, struct patient_group *out)
{
	struct record_id id;
	if (!api_patient_named_or_reply(call, text, &id))
		return false;
	if (api_call_query(call, "alone"))
		*out = (struct patient_group){.count = 1, .files = {id}};
	else
		api_group_of(api_node_of(call), &id, out);
	return true;
}

bool api_group_has(const struct patient_group *group, const struct record_id *file)
{
	for (uint32_t i = 0; i < group->count; i++)
		if (record_id_eq(&group->files[i], file))
			return true;
	return false;
}

static bool holds(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id)
{
	struct crdt_event event;
	if (kind->shape == SCHEMA_EVENT)
		return api_find_event(doc, kind->number, id, &event);
	json_t *record = record_json(doc, kind, id);
	json_decref(record);
	return record != NULL;
}

bool api_group_holder(struct api_node *app, const struct patient_group *group, const struct schema_kind *kind,
        const struct record_id *id, struct record_id *file)
{
	for (uint32_t i = 0; i < group->count; i++) {
		struct crdt_doc *doc;
		if (node_shown(app->node, SCHEMA_DOC_DOSSIER, &group->files[i], &doc) ||
		        !holds(doc, kind, id))
			continue;
		*file = group->files[i];
		return true;
	}
	return false;
}

uint32_t api_group_docs(struct api_node *app, const struct patient_group *group,
        const struct crdt_doc *docs[LIMIT_JOINED_FILES])
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < group->count; i++) {
		struct crdt_doc *doc;
		if (node_shown(app->node, SCHEMA_DOC_DOSSIER, &group->files[i], &doc) == 0)
			docs[count++] = doc;
	}
	return count;
}

struct record_id api_group_home(struct api_node *app, const struct patient_group *group,
        const struct schema_record *const *records, uint32_t record_count)
{
	const struct crdt_doc *docs[LIMIT_JOINED_FILES];
	const uint32_t count = group->count > 1 ? api_group_docs(app, group, docs) : 0;
	for (uint32_t i = 0; i < count; i++) {
		bool holds_all = true;
		for (uint32_t j = 0; holds_all && j < record_count; j++)
			holds_all = references_are_in(docs, count, docs[i], records[j]);
		if (holds_all)
			return crdt_doc_id(docs[i]);
	}
	return group->files[0];
}

void api_put_patient(struct api_node *app, json_t *json, const struct record_id *file)
{
	struct patient_group group;
	api_group_of(app, file, &group);
	json_object_set_new(json, "patient", api_hex(group.files[0].bytes, sizeof(group.files[0].bytes)));
	if (group.count > 1)
		json_object_set_new(json, "dossier", api_hex(file->bytes, sizeof(file->bytes)));
}

/* In one file. */
static void circle_in(const struct crdt_doc *doc, struct span person, bool *is_referent, bool *is_in_circle)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PATIENT);
	const struct record_id file = crdt_doc_id(doc);
	struct arena arena = {0};
	struct span ids = work_referents(doc, &arena);
	for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= ids.size; at += SCHEMA_SHORT_BYTES)
		*is_referent |= span_eq(span_sub(ids, at, SCHEMA_SHORT_BYTES), person);
	ids = record_set(doc, kind, &file, schema_field(kind, PATIENT_CIRCLE), &arena);
	for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= ids.size; at += SCHEMA_SHORT_BYTES)
		*is_in_circle |= span_eq(span_sub(ids, at, SCHEMA_SHORT_BYTES), person);
	arena_close(&arena);
}

void api_circle_of(struct api_node *app, const struct patient_group *group, struct span person,
        bool *is_referent, bool *is_in_circle)
{
	const struct crdt_doc *docs[LIMIT_JOINED_FILES];
	const uint32_t count = api_group_docs(app, group, docs);
	*is_referent = *is_in_circle = false;
	for (uint32_t i = 0; i < count; i++)
		circle_in(docs[i], person, is_referent, is_in_circle);
}

void api_note_group(struct api_node *app, const struct patient_group *group)
{
	for (uint32_t i = 0; i < group->count; i++)
		api_note(app, ACCESS_RECORD, &group->files[i], 0);
}

json_t *api_file_names(struct api_node *app, const struct record_id *file)
{
	static const char *const names[] = {"lastName", "firstName", "birthName", "birthDate"};
	struct crdt_doc *doc;
	json_t *record = node_shown(app->node, SCHEMA_DOC_DOSSIER, file, &doc)
	        ? NULL
	        : record_json(doc, schema_kind(SCHEMA_PATIENT), file);
	json_t *out = json_pack("{s:o}", "id", api_hex(file->bytes, sizeof(file->bytes)));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_object_get(record, names[i]))
			json_object_set(out, names[i], json_object_get(record, names[i]));
	json_decref(record);
	return out;
}

json_t *api_group_others(struct api_node *app, const struct record_id *file)
{
	struct patient_group group;
	json_t *list = json_array();
	api_group_of(app, file, &group);
	for (uint32_t i = 0; i < group.count; i++)
		if (!record_id_eq(&group.files[i], file))
			json_array_append_new(list, api_file_names(app, &group.files[i]));
	return list;
}

json_t *api_group_json(struct api_node *app, const struct patient_group *group)
{
	if (group->count == 1 && !group->is_contradicted)
		return NULL;
	json_t *files = json_array();
	for (uint32_t i = 0; i < group->count; i++)
		json_array_append_new(files, api_file_names(app, &group->files[i]));
	return json_pack("{s:o, s:b}", "files", files, "contradicted", group->is_contradicted);
}

/* ---- Records of all files ---------------------------------------------------------------------------------------- */

/* The order of one document's events, of several, newest first. */
static int newest_first(const void *left, const void *right)
{
	const struct api_group_event *a = left, *b = right;
	if (a->event.hlc != b->event.hlc)
		return a->event.hlc > b->event.hlc ? -1 : 1;
	return op_id_cmp(&b->event.op, &a->event.op);
}

struct api_group_event *api_group_events(
        struct api_node *app, const struct patient_group *group, uint32_t kind, uint32_t *count)
{
	struct api_group_event *events = NULL;
	uint32_t capacity = 0;
	*count = 0;
	for (uint32_t i = 0; i < group->count; i++) {
		struct crdt_doc *doc;
		struct crdt_event event;
		uint32_t cursor = 0;
		if (node_shown(app->node, SCHEMA_DOC_DOSSIER, &group->files[i], &doc))
			continue;
		struct crdt_event *all = NULL;
		uint32_t all_count = 0, room = 0;
		while (crdt_doc_event(doc, kind, &cursor, &event)) {
			all = mem_room(all, all_count, &room, sizeof(*all));
			all[all_count++] = event;
		}
		const struct digest_source source = {doc, api_read_op, app};
		bool *is_repeated = digest_repeated(&source, all, all_count);
		for (uint32_t j = 0; j < all_count; j++) {
			if (is_repeated[j])
				continue;
			events = mem_room(events, *count, &capacity, sizeof(*events));
			events[(*count)++] = (struct api_group_event){all[j], group->files[i]};
		}
		mem_free(is_repeated);
		mem_free(all);
	}
	if (*count)
		qsort(events, *count, sizeof(*events), newest_first);
	return events;
}

static json_t *group_events(
        struct api_node *app, const struct patient_group *group, uint32_t kind, uint32_t limit)
{
	uint32_t count;
	json_t *list = json_array();
	struct api_group_event *events = api_group_events(app, group, kind, &count);
	for (uint32_t i = 0; i < count && json_array_size(list) < limit; i++) {
		json_t *json = api_event_json(app, &events[i].event.op);
		if (!json)
			continue;
		if (events[i].event.is_corrected)
			json_object_set_new(json, "corrected", json_true());
		json_object_set_new(json, "dossier", api_hex(events[i].file.bytes, ID_SHORT_BYTES));
		json_array_append_new(list, json);
	}
	mem_free(events);
	return list;
}

static json_t *group_registers(struct api_node *app, const struct patient_group *group,
        const struct schema_kind *kind, uint32_t limit)
{
	json_t *list = json_array(), *record;
	for (uint32_t i = 0; i < group->count; i++) {
		struct crdt_doc *doc;
		size_t index;
		if (node_shown(app->node, SCHEMA_DOC_DOSSIER, &group->files[i], &doc))
			continue;
		json_t *parts = api_parts_json(app, doc, kind, limit - (uint32_t)json_array_size(list));
		json_array_foreach(parts, index, record) json_object_set_new(
		        record, "dossier", api_hex(group->files[i].bytes, ID_SHORT_BYTES));
		json_array_extend(list, parts);
		json_decref(parts);
	}
	return list;
}

json_t *api_group_parts(struct api_node *app, const struct patient_group *group,
        const struct schema_kind *kind, uint32_t limit)
{
	struct crdt_doc *doc;
	if (!kind)
		return json_array();
	if (group->count > 1)
		return kind->shape == SCHEMA_EVENT ? group_events(app, group, kind->number, limit)
		                                   : group_registers(app, group, kind, limit);
	return node_shown(app->node, SCHEMA_DOC_DOSSIER, &group->files[0], &doc)
	        ? json_array()
	        : api_parts_json(app, doc, kind, limit);
}
