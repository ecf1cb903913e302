/* Where a patient is named in words outside of her dossier: in minutes, notes and rules of the team, messages. For whoever is about to erase it. */
#include "node/api_mentions.h"

#include "node/api_work.h"
#include "node/describe_parts.h"
#include "node/mentions.h"
#include "node/narrative.h"

enum { FOUND_MAX = 200 };

struct looking {
	struct api_node *app;
	struct mentions names;
	json_t *list, *near; /* near: perhaps, misspelt */
	json_int_t left; /* that neither has room for */
};

/* What was found in a record. */
struct finding {
	uint32_t count, near;
	struct buf as; /* the first near one */
};

static void look_text(const struct looking *looking, struct span text, struct finding *finding)
{
	finding->count += mentions_count(&looking->names, text);
	finding->near += mentions_near(&looking->names, text, &finding->as);
}

/* Every value that lives: also the ones beside. */
static void add_names(const struct crdt_doc *dossier, struct mentions *names)
{
	static const char *const fields[] = {"lastName", "birthName"};
	const struct schema_kind *kind = schema_kind(SCHEMA_PATIENT);
	const struct record_id id = crdt_doc_id(dossier);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct schema_field *field = schema_field_named(kind, span_text(fields[i]));
		struct crdt_values values = {0};
		struct crdt_path path;
		record_path(kind, &id, field->number, &path);
		crdt_doc_values(dossier, crdt_path_span(&path), &values);
		for (uint32_t j = 0; j < values.count; j++) {
			struct schema_value value;
			if (schema_value_get(field, values.items[j].value, NULL, NULL, &value))
				mentions_add(names, value.bytes);
		}
		crdt_values_close(&values);
	}
}

static void found(struct looking *looking, const struct crdt_doc *doc, const struct schema_kind *kind,
        const struct record_id *id, struct finding *finding)
{
	const struct record_id doc_id = crdt_doc_id(doc);
	struct buf title = {0};
	json_t *list = finding->count ? looking->list : looking->near;
	const uint32_t count = finding->count ? finding->count : finding->near;
	if (count == 0 || json_array_size(list) >= FOUND_MAX) {
		looking->left += count > 0;
		buf_wipe(&finding->as);
		return;
	}
	json_t *json = json_pack("{s:s, s:o, s:s, s:o, s:{s:s, s:s}, s:i}", "document",
	        schema_doc(crdt_doc_kind(doc))->name, "documentId",
	        api_hex(doc_id.bytes, sizeof(doc_id.bytes)), "kind", kind->name, "id",
	        api_hex(id->bytes, sizeof(id->bytes)), "label", "fr", kind->label.fr, "en", kind->label.en,
	        "count", (int)count);
	if (describe_title(doc, kind, id, &title))
		json_object_set_new(json, "title", describe_text(&title));
	buf_close(&title);
	if (!finding->count)
		json_object_set_new(json, "as", describe_text(&finding->as));
	buf_wipe(&finding->as);
	json_array_append_new(list, json);
}

/* The texts of a record of registers: titles, and running text. */
static void look_record(struct looking *looking, const struct crdt_doc *doc, const struct schema_kind *kind,
        const struct record_id *id)
{
	struct finding finding = {0};
	for (uint32_t i = 0; i < kind->field_count; i++) {
		struct crdt_values values = {0};
		struct crdt_path path;
		struct buf text = {0};
		if (kind->fields[i].type != SCHEMA_TEXT)
			continue;
		record_path(kind, id, kind->fields[i].number, &path);
		if (kind->fields[i].class == SCHEMA_NARRATIVE)
			narrative_read(doc, crdt_path_span(&path), &text);
		else
			crdt_doc_values(doc, crdt_path_span(&path), &values);
		for (uint32_t j = 0; j < values.count; j++) {
			struct schema_value value;
			if (schema_value_get(&kind->fields[i], values.items[j].value, NULL, NULL, &value))
				look_text(looking, value.bytes, &finding);
		}
		look_text(looking, buf_span(&text), &finding);
		buf_wipe(&text);
		crdt_values_close(&values);
	}
	found(looking, doc, kind, id, &finding);
}

static void look_events(struct looking *looking, const struct crdt_doc *doc, const struct schema_kind *kind)
{
	const struct digest_source source = api_digest_source(looking->app, doc);
	struct crdt_event event;
	for (uint32_t cursor = 0; crdt_doc_event(doc, kind->number, &cursor, &event);) {
		struct schema_measures measures;
		struct schema_record record;
		struct finding finding = {0};
		if (!digest_event(&source, &event, &measures, &record))
			continue;
		for (uint32_t i = 0; i < record.count; i++)
			if (record.values[i].field->type == SCHEMA_TEXT)
				look_text(looking, record.values[i].bytes, &finding);
		found(looking, doc, kind, &event.id, &finding);
	}
}

static void look_document(struct looking *looking, const struct crdt_doc *doc)
{
	uint32_t count;
	const struct schema_kind *kinds = schema_kinds(&count);
	for (uint32_t i = 0; i < count; i++) {
		struct span cursor = {NULL, 0};
		struct record_id id = crdt_doc_id(doc);
		if ((uint32_t)kinds[i].doc != crdt_doc_kind(doc))
			continue;
		if (kinds[i].shape == SCHEMA_EVENT)
			look_events(looking, doc, &kinds[i]);
		if (kinds[i].shape == SCHEMA_ONE)
			look_record(looking, doc, &kinds[i], &id);
		while (kinds[i].shape == SCHEMA_MANY && record_next(doc, &kinds[i], &cursor, &id))
			look_record(looking, doc, &kinds[i], &id);
	}
}

void api_put_mentions(struct api_node *app, const struct crdt_doc *dossier, json_t *json)
{
	struct looking looking = {.app = app, .list = json_array(), .near = json_array()};
	add_names(dossier, &looking.names);
	for (uint32_t i = 0; i < node_doc_count(app->node); i++) {
		uint32_t kind;
		struct record_id id;
		struct crdt_doc *doc;
		if (node_doc_at(app->node, i, &kind, &id) == 0 &&
		        (kind == SCHEMA_DOC_MINUTES || kind == SCHEMA_DOC_PRACTICE ||
		                kind == SCHEMA_DOC_SURVEY || kind == SCHEMA_DOC_THREAD ||
		                kind == SCHEMA_DOC_TIME) &&
		        node_doc_by_number(app->node, i, &doc) == 0)
			look_document(&looking, doc);
	}
	mentions_close(&looking.names);
	json_object_set_new(json, "namedIn", looking.list);
	json_object_set_new(json, "perhapsIn", looking.near);
	json_object_set_new(json, "namedLeft", json_integer(looking.left));
}
