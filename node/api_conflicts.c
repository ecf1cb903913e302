/* What waits for a person to look at: fields that have several values, entries that are kept apart, what was noticed. */
#include "node/api_node.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_notices.h"
#include "node/describe_parts.h"

enum { LIST_DEFAULT = 200, LIST_MAX = 1000 };

/* Several values live in one of its fields. Cheaper than its JSON, and false of nearly all. */
static bool has_several(
        const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id)
{
	bool several = false;
	for (uint32_t i = 0; !several && i < kind->field_count; i++) {
		struct crdt_path path;
		struct crdt_values values = {0};
		record_path(kind, id, kind->fields[i].number, &path);
		crdt_doc_values(doc, crdt_path_span(&path), &values);
		several = values.count > 1;
		crdt_values_close(&values);
	}
	return several;
}

static bool all_equal(const json_t *values)
{
	const json_t *first = json_object_get(json_array_get(values, 0), "value");
	for (size_t i = 1; i < json_array_size(values); i++)
		if (!json_equal(first, json_object_get(json_array_get(values, i), "value")))
			return false;
	return true;
}

static void add_record(struct api_node *app, const struct crdt_doc *doc, const struct schema_kind *kind,
        const struct record_id *id, size_t limit, json_t *list)
{
	const uint32_t doc_kind = crdt_doc_kind(doc);
	const struct record_id doc_id = crdt_doc_id(doc);
	const char *name;
	json_t *field;
	json_t *record = has_several(doc, kind, id) ? record_json(doc, kind, id) : NULL;
	json_object_foreach(json_object_get(record, "concurrent"), name, field)
	{
		const struct schema_field *known = schema_field_named(kind, span_text(name));
		const json_t *values = json_object_get(field, "values");
		if (json_array_size(list) >= limit || all_equal(values) || !known)
			continue;
		json_array_append_new(list,
		        json_pack("{s:o, s:s, s:o, s:s, s:{s:s, s:s}, s:O, s:O, s:O}", "document",
		                describe_document(app, doc_kind, &doc_id), "kind", kind->name, "id",
		                api_hex(id->bytes, sizeof(id->bytes)), "field", name, "label", "fr",
		                known->label.fr, "en", known->label.en, "class",
		                json_object_get(field, "class"), "conflict",
		                json_object_get(field, "conflict"), "values", values));
	}
	json_decref(record);
}

static void add_document(struct api_node *app, const struct crdt_doc *doc, size_t limit, json_t *list)
{
	uint32_t count;
	const struct schema_kind *kinds = schema_kinds(&count);
	const size_t before = json_array_size(list);
	const struct record_id doc_id = crdt_doc_id(doc);
	for (uint32_t i = 0; i < count; i++) {
		struct span cursor = {0};
		struct record_id id = doc_id;
		if ((uint32_t)kinds[i].doc != crdt_doc_kind(doc) || kinds[i].shape == SCHEMA_EVENT)
			continue;
		if (kinds[i].shape == SCHEMA_ONE)
			add_record(app, doc, &kinds[i], &id, limit, list);
		while (kinds[i].shape == SCHEMA_MANY && record_next(doc, &kinds[i], &cursor, &id))
			add_record(app, doc, &kinds[i], &id, limit, list);
	}
	if (json_array_size(list) > before && crdt_doc_kind(doc) == SCHEMA_DOC_DOSSIER)
		api_note(app, ACCESS_NEWS, &doc_id, 0);
}

int api_get_conflicts(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *text = api_call_query(call, "limit");
	const unsigned long asked = text ? strtoul(text, NULL, 10) : LIST_DEFAULT;
	const size_t limit = asked == 0 ? LIST_DEFAULT : asked > LIST_MAX ? LIST_MAX : asked;
	json_t *list = json_array();
	for (uint32_t i = 0; i < node_doc_count(app->node) && json_array_size(list) < limit; i++) {
		struct crdt_doc *doc;
		if (node_doc_by_number(app->node, i, &doc) == 0)
			add_document(app, doc, limit, list);
	}
	const bool more = json_array_size(list) >= limit;
	api_call_reply(call, 200,
	        json_pack("{s:o, s:b, s:o, s:o}", "fields", list, "more", more, "quarantine",
	                api_quarantine_count(app), "notices", api_notices(app, API_NOTICES_ALL, 0)));
	return 0;
}
