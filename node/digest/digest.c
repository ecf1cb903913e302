#include "node/digest/digest.h"

#include <sodium.h>
#include <string.h>

#include "crdt/base/wire.h"

enum { PARTS_MAX = 64 };

/* ---- Events ------------------------------------------------------------------------------------------------------ */

bool digest_event(const struct digest_source *source, const struct crdt_event *event,
        struct schema_measures *measures, struct schema_record *out)
{
	struct crdt_op op;
	struct crdt_meta meta;
	uint32_t unknown_count;
	return source->read(source->context, &event->op, &op, &meta) &&
	        record_event_read(&op, measures, out, &unknown_count);
}

json_t *digest_event_json(const struct digest_source *source, const struct crdt_event *event)
{
	struct crdt_op op;
	struct crdt_meta meta;
	if (!source->read(source->context, &event->op, &op, &meta))
		return NULL;
	json_t *json = record_event_json(&op, &meta);
	if (json && event->is_corrected)
		json_object_set_new(json, "corrected", json_true());
	return json;
}

static json_t *events_json(const struct digest_source *source, uint32_t kind)
{
	json_t *list = json_array();
	struct crdt_event event;
	uint32_t cursor = 0;
	while (crdt_doc_event(source->doc, kind, &cursor, &event)) {
		json_t *json = digest_event_json(source, &event);
		if (json)
			json_array_insert_new(list, 0, json);
	}
	return list;
}

static json_t *registers_json(const struct crdt_doc *doc, const struct schema_kind *kind)
{
	json_t *list = json_array(), *json;
	struct span cursor = {0};
	struct record_id id = crdt_doc_id(doc);
	if (kind->shape == SCHEMA_ONE && (json = record_json(doc, kind, &id)))
		json_array_append_new(list, json);
	while (kind->shape == SCHEMA_MANY && record_next(doc, kind, &cursor, &id))
		if ((json = record_json(doc, kind, &id)))
			json_array_append_new(list, json);
	return list;
}

json_t *digest_records_json(const struct digest_source *source, const struct schema_kind *kind)
{
	return kind->shape == SCHEMA_EVENT ? events_json(source, kind->number)
	                                   : registers_json(source->doc, kind);
}

void digest_values(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        const struct schema_field *field, digest_value seen, void *context)
{
	if (!kind || !field) /* an earlier table may not have it */
		return;
	struct crdt_values values = {0};
	struct crdt_path path;
	record_path(kind, id, field->number, &path);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	for (uint32_t i = 0; i < values.count; i++) {
		struct schema_measures measures;
		struct schema_value value;
		if (schema_value_get(field, values.items[i].value, NULL, &measures, &value))
			seen(context, &value);
	}
	crdt_values_close(&values);
}

/* ---- Digests ----------------------------------------------------------------------------------------------------- */

void digest_make(const struct digest_source *source, struct buf *out)
{
	uint32_t count;
	const struct digest_part *parts = digest_parts(&count);
	struct buf bytes = {0};
	wire_put_varint(out, count);
	for (uint32_t i = 0; i < count; i++) {
		buf_clear(&bytes);
		parts[i].make(source, &bytes);
		const bool is_cut = bytes.size > DIGEST_PART_BYTES;
		wire_put_varint(out, parts[i].number);
		wire_put_u8(out, is_cut);
		wire_put_blob(out, is_cut ? (struct span){NULL, 0} : buf_span(&bytes));
	}
	buf_wipe(&bytes);
}

struct span digest_part_of(struct span digest, uint32_t number, bool *is_cut)
{
	struct wire_in in = wire_begin(digest);
	const uint32_t count = wire_count(&in, PARTS_MAX, 3);
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t found = wire_varint(&in);
		*is_cut = wire_u8(&in) != 0;
		const struct span bytes = wire_blob(&in, DIGEST_PART_BYTES);
		if (!in.error && found == number)
			return bytes;
	}
	*is_cut = false;
	return (struct span){NULL, 0};
}

static uint64_t make_mark(void)
{
	uint32_t count;
	const struct digest_part *parts = digest_parts(&count);
	struct buf all = {0};
	uint8_t hash[crypto_generichash_BYTES];
	uint64_t mark;
	for (uint32_t i = 0; i < count; i++) {
		wire_put_varint(&all, parts[i].number);
		wire_put_varint(&all, parts[i].version);
	}
	wire_put_u64(&all, schema_fields_mark());
	crypto_generichash(hash, sizeof(hash), all.data, all.size, NULL, 0);
	memcpy(&mark, hash, sizeof(mark));
	buf_close(&all);
	return mark ? mark : 1;
}

uint64_t digest_mark(void)
{
	static uint64_t mark;
	if (!mark)
		mark = make_mark();
	return mark;
}
