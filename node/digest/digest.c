#include "node/digest/digest.h"

#include <stdlib.h>

#include <sodium.h>
#include <string.h>

#include "crdt/base/wire.h"

enum { PARTS_MAX = 32 /* a bit each */ };

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

struct named_event {
	const struct crdt_event *event;
	uint32_t place;
};

/* By kind and id, then those that were corrected, then in the order in which they stand. */
static int by_name(const void *a, const void *b)
{
	const struct named_event *x = a, *y = b;
	int order = (x->event->kind > y->event->kind) - (x->event->kind < y->event->kind);
	if (!order)
		order = record_id_cmp(&x->event->id, &y->event->id);
	if (!order)
		order = y->event->is_corrected - x->event->is_corrected;
	return order ? order : (x->place > y->place) - (x->place < y->place);
}

static bool read_value(const struct digest_source *source, const struct crdt_event *event, struct buf *out)
{
	struct crdt_op op;
	struct crdt_meta meta;
	buf_clear(out);
	if (!source->read(source->context, &event->op, &op, &meta))
		return false;
	buf_add_span(out, op.value);
	return true;
}

bool *digest_repeated(const struct digest_source *source, const struct crdt_event *events, uint32_t count)
{
	struct named_event *sorted = mem_zero((size_t)count + 1, sizeof(*sorted));
	bool *is_repeated = mem_zero((size_t)count + 1, sizeof(*is_repeated));
	struct buf first = {0}, other = {0};
	for (uint32_t i = 0; i < count; i++)
		sorted[i] = (struct named_event){&events[i], i};
	if (count)
		qsort(sorted, count, sizeof(*sorted), by_name);
	for (uint32_t i = 1, head = 0; i < count; i++) {
		const struct crdt_event *one = sorted[head].event, *next = sorted[i].event;
		if (one->kind != next->kind || !record_id_eq(&one->id, &next->id)) {
			head = i;
			continue;
		}
		if (head + 1 == i && !read_value(source, one, &first))
			buf_clear(&first);
		/* each that was corrected has a correction of its own */
		is_repeated[sorted[i].place] = !next->is_corrected && first.size &&
		        read_value(source, next, &other) && span_eq(buf_span(&first), buf_span(&other));
	}
	buf_wipe(&first);
	buf_wipe(&other);
	mem_free(sorted);
	return is_repeated;
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
	struct crdt_event event, *events = NULL;
	uint32_t cursor = 0, count = 0, room = 0;
	while (crdt_doc_event(source->doc, kind, &cursor, &event)) {
		events = mem_room(events, count, &room, sizeof(*events));
		events[count++] = event;
	}
	bool *is_repeated = digest_repeated(source, events, count);
	for (uint32_t i = 0; i < count; i++) {
		json_t *json = is_repeated[i] ? NULL : digest_event_json(source, &events[i]);
		if (json)
			json_array_insert_new(list, 0, json);
	}
	mem_free(events);
	mem_free(is_repeated);
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

uint32_t digest_part_bit(uint32_t number)
{
	uint32_t count;
	const struct digest_part *parts = digest_parts(&count);
	for (uint32_t i = 0; i < count; i++)
		if (parts[i].number == number)
			return UINT32_C(1) << i;
	return 0;
}

uint32_t digest_has(struct span digest)
{
	struct wire_in in = wire_begin(digest);
	const uint32_t count = wire_count(&in, PARTS_MAX, 3);
	uint32_t bits = 0;
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t number = wire_varint(&in);
		const bool is_cut = wire_u8(&in) != 0;
		const struct span bytes = wire_blob(&in, DIGEST_PART_BYTES);
		if (!in.error && number <= UINT32_MAX && (is_cut || bytes.size))
			bits |= digest_part_bit((uint32_t)number);
	}
	return bits;
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
