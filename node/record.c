#include "node/record.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/classes.h"
#include "node/narrative.h"

struct record_id record_document_id(
        const struct team_id *team, enum schema_doc_kind kind, const struct person_id *person)
{
	static const char DOMAIN[] = "releve document 1";
	static const struct person_id nobody;
	uint8_t hash[ID_LONG_BYTES], number = (uint8_t)kind;
	struct record_id id;
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const unsigned char *)DOMAIN, sizeof(DOMAIN) - 1);
	crypto_generichash_update(&state, team->bytes, sizeof(team->bytes));
	crypto_generichash_update(&state, &number, 1);
	crypto_generichash_update(&state, (person ? person : &nobody)->bytes, sizeof(nobody.bytes));
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(id.bytes, hash, sizeof(id.bytes));
	return id;
}

void record_path(const struct schema_kind *kind, const struct record_id *id, uint32_t field_number,
        struct crdt_path *path)
{
	path->size = 0;
	path->depth = 0;
	crdt_path_field(path, kind->number);
	if (kind->shape == SCHEMA_MANY)
		crdt_path_record(path, *id);
	if (field_number)
		crdt_path_field(path, field_number);
}

bool record_place_of(struct span path, const struct record_id *doc_id, struct record_place *out)
{
	struct crdt_key key;
	*out = (struct record_place){.id = *doc_id};
	if (!crdt_path_next(&path, &key) || key.type != CRDT_KEY_FIELD)
		return false;
	out->kind_number = key.field;
	out->kind = schema_kind(key.field);
	bool more = crdt_path_next(&path, &key);
	if (more && key.type == CRDT_KEY_BIN && key.bytes.size == sizeof(out->id.bytes)) {
		memcpy(out->id.bytes, key.bytes.data, sizeof(out->id.bytes));
		more = crdt_path_next(&path, &key);
	}
	if (!more)
		return true;
	if (key.type != CRDT_KEY_FIELD || path.size)
		return false;
	out->field_number = key.field;
	out->field = out->kind ? schema_field(out->kind, key.field) : NULL;
	return true;
}

/* --- Writing --- */

static bool was_seen(const struct record_edit *edit, const struct op_id *op)
{
	for (uint32_t i = 0; i < edit->seen_count; i++)
		if (feed_id_eq(&edit->seen[i].feed, &op->feed))
			return op->seq <= edit->seen[i].seq;
	return !edit->has_seen;
}

/* The live values at `path` that the author had seen. What came since is not theirs to replace. */
static bool any_lives(const struct crdt_doc *doc, struct span path, const struct record_edit *edit,
        struct crdt_values *values)
{
	uint32_t kept = 0;
	values->count = 0;
	if (doc)
		crdt_doc_values(doc, path, values);
	for (uint32_t i = 0; i < values->count; i++)
		if (was_seen(edit, &values->items[i].op))
			values->items[kept++] = values->items[i];
	values->count = kept;
	return kept > 0;
}

/* May this field be written without a reason? Adding and replacing a settled value may. */
static bool needs_reason(const struct schema_field *field, const struct crdt_values *live, bool is_cleared)
{
	return field->class == SCHEMA_SAFETY && (classes_differ(live) || (is_cleared && live->count > 0));
}

static int check_reasons(const struct crdt_doc *doc, const struct record_edit *edit, struct span reason)
{
	const struct schema_record *record = &edit->record;
	struct crdt_values values = {0};
	struct crdt_path path;
	int error = 0;
	for (uint32_t i = 0; reason.size == 0 && i < record->count + edit->cleared_count; i++) {
		bool is_cleared = i >= record->count;
		const struct schema_field *field = is_cleared ? edit->cleared[i - record->count]
		                                              : record->values[i].field;
		record_path(record->kind, &record->id, field->number, &path);
		any_lives(doc, crdt_path_span(&path), edit, &values);
		if (needs_reason(field, &values, is_cleared))
			error = ERR_INVALID;
	}
	crdt_values_close(&values);
	return error;
}

/* Room for the ids of the values that one operation replaces. Over the limit the rest stays uncited, and so stays visible. */
struct cited {
	struct op_id *ops;
	uint32_t count, capacity;
};

static struct crdt_cites cite(struct cited *cited, const struct crdt_values *live)
{
	cited->count = live->count < LIMIT_OP_SUPERSEDES ? live->count : LIMIT_OP_SUPERSEDES;
	if (cited->count > cited->capacity) {
		cited->capacity = cited->count;
		cited->ops = mem_resize(cited->ops, cited->count, sizeof(*cited->ops));
	}
	for (uint32_t i = 0; i < cited->count; i++)
		cited->ops[i] = live->items[i].op;
	return (struct crdt_cites){cited->ops, cited->count};
}

static bool is_narrative(const struct schema_field *field)
{
	return field->class == SCHEMA_NARRATIVE;
}

static bool is_register(const struct schema_field *field)
{
	return !is_narrative(field) && !field->is_set;
}

/* `text` is empty to take the field away. */
static int write_narrative(const struct crdt_doc *doc, struct crdt_builder *builder,
        const struct record_edit *edit, const struct schema_field *field, struct span text)
{
	struct crdt_path path;
	struct narrative_seen seen = {edit->has_seen ? edit->seen : NULL, edit->seen_count};
	record_path(edit->record.kind, &edit->record.id, field->number, &path);
	return narrative_write(doc, builder, crdt_path_span(&path), seen, text);
}

static int write_narratives(
        const struct crdt_doc *doc, struct crdt_builder *builder, const struct record_edit *edit)
{
	int result = 0;
	for (uint32_t i = 0; i < edit->record.count && result >= 0; i++)
		if (is_narrative(edit->record.values[i].field))
			result = write_narrative(doc, builder, edit, edit->record.values[i].field,
			        edit->record.values[i].bytes);
	for (uint32_t i = 0; i < edit->cleared_count && result >= 0; i++)
		if (is_narrative(edit->cleared[i]))
			result = write_narrative(
			        doc, builder, edit, edit->cleared[i], (struct span){NULL, 0});
	return result < 0 ? result : 0;
}

/* ---- Sets ---- */

static bool has_element(const struct schema_value *wanted, struct span encoded)
{
	struct buf one = {0};
	bool found = false;
	for (uint32_t i = 0; wanted && !found && i < schema_element_count(wanted); i++) {
		buf_clear(&one);
		schema_element_put(wanted->field, schema_element(wanted, i), &one);
		found = span_eq(buf_span(&one), encoded);
	}
	buf_close(&one);
	return found;
}

static bool lives_in(const struct crdt_values *adds, struct span encoded)
{
	for (uint32_t i = 0; i < adds->count; i++)
		if (span_eq(adds->items[i].value, encoded))
			return true;
	return false;
}

/* Each element comes and goes by itself: what others put there since stays. `wanted` NULL: nothing is left of what was seen. */
static void write_set(const struct crdt_doc *doc, struct crdt_builder *builder,
        const struct record_edit *edit, const struct schema_field *field, const struct schema_value *wanted,
        struct span reason)
{
	struct crdt_values adds = {0};
	struct cited cited = {0};
	struct crdt_path path;
	struct buf element = {0};
	record_path(edit->record.kind, &edit->record.id, field->number, &path);
	if (doc)
		crdt_doc_adds(doc, crdt_path_span(&path), &adds);
	for (uint32_t i = 0; wanted && i < schema_element_count(wanted); i++) {
		buf_clear(&element);
		schema_element_put(field, schema_element(wanted, i), &element);
		if (!lives_in(&adds, buf_span(&element)))
			crdt_builder_add(builder, crdt_path_span(&path), buf_span(&element),
			        (struct crdt_cites){NULL, 0});
	}
	uint32_t gone = 0;
	for (uint32_t i = 0; i < adds.count; i++)
		if (was_seen(edit, &adds.items[i].op) && !has_element(wanted, adds.items[i].value))
			adds.items[gone++] = adds.items[i];
	adds.count = gone;
	if (gone)
		crdt_builder_remove(builder, crdt_path_span(&path), cite(&cited, &adds), reason);
	mem_free(cited.ops);
	buf_close(&element);
	crdt_values_close(&adds);
}

static void write_sets(const struct crdt_doc *doc, struct crdt_builder *builder,
        const struct record_edit *edit, struct span reason)
{
	for (uint32_t i = 0; i < edit->record.count; i++)
		if (edit->record.values[i].field->is_set)
			write_set(doc, builder, edit, edit->record.values[i].field, &edit->record.values[i],
			        reason);
	for (uint32_t i = 0; i < edit->cleared_count; i++)
		if (edit->cleared[i]->is_set)
			write_set(doc, builder, edit, edit->cleared[i], NULL, reason);
}

/* ---- Registers ---- */

static void write_registers(const struct crdt_doc *doc, struct crdt_builder *builder,
        const struct record_edit *edit, struct span reason)
{
	const struct schema_record *record = &edit->record;
	const struct span no_reason = {NULL, 0};
	struct crdt_values live = {0};
	struct cited cited = {0};
	struct buf value = {0};
	struct crdt_path path;
	for (uint32_t i = 0; i < record->count; i++) {
		if (!is_register(record->values[i].field))
			continue;
		record_path(record->kind, &record->id, record->values[i].field->number, &path);
		buf_clear(&value);
		schema_value_put(record, &record->values[i], &value);
		bool lives = any_lives(doc, crdt_path_span(&path), edit, &live);
		if (live.count == 1 && span_eq(live.items[0].value, buf_span(&value)))
			continue;
		crdt_builder_set(builder, crdt_path_span(&path), buf_span(&value), cite(&cited, &live),
		        lives ? reason : no_reason);
	}
	for (uint32_t i = 0; i < edit->cleared_count; i++) {
		record_path(record->kind, &record->id, edit->cleared[i]->number, &path);
		if (is_register(edit->cleared[i]) && any_lives(doc, crdt_path_span(&path), edit, &live))
			crdt_builder_clear(builder, crdt_path_span(&path), cite(&cited, &live), reason);
	}
	mem_free(cited.ops);
	buf_close(&value);
	crdt_values_close(&live);
}

/* Does anything of the record live? If not, none of its fields need be looked for. */
static bool is_there(const struct crdt_doc *doc, const struct schema_record *record)
{
	struct crdt_path path;
	struct span first = {NULL, 0};
	record_path(record->kind, &record->id, 0, &path);
	return crdt_doc_child(doc, crdt_path_span(&path), &first);
}

/* An event's fields, in bytes: a visit with its note and vitals. One allocation then. */
enum { EVENT_BYTES_USUAL = 1024 };

static void write_event(struct crdt_builder *builder, const struct schema_record *record,
        const struct op_id *corrects, struct span reason)
{
	struct buf fields = {0};
	buf_reserve(&fields, EVENT_BYTES_USUAL);
	schema_event_put(record, &fields);
	crdt_builder_event(builder, record->kind->number, record->id, buf_span(&fields), corrects, reason);
	buf_close(&fields);
}

int record_write(const struct crdt_doc *doc, struct crdt_builder *builder, const struct record_edit *edit,
        const struct op_id *corrects, struct span reason)
{
	const struct schema_kind *kind = edit->record.kind;
	if (kind->shape == SCHEMA_EVENT) {
		if ((corrects != NULL) != (reason.size > 0) || (kind->is_correction && !corrects) ||
		        edit->cleared_count)
			return ERR_INVALID;
		write_event(builder, &edit->record, corrects, reason);
		return builder->error;
	}
	if (doc && !is_there(doc, &edit->record))
		doc = NULL;
	uint32_t before = builder->op_count;
	int error = corrects ? ERR_INVALID : check_reasons(doc, edit, reason);
	if (error)
		return error;
	write_registers(doc, builder, edit, reason);
	write_sets(doc, builder, edit, reason);
	error = write_narratives(doc, builder, edit);
	if (builder->error || error)
		return builder->error ? builder->error : error;
	return builder->op_count == before ? RECORD_UNCHANGED : 0;
}

int record_write_new(struct crdt_builder *builder, const struct schema_record *record)
{
	const struct span none = {NULL, 0};
	struct crdt_path path;
	if (record->kind->shape == SCHEMA_EVENT) {
		write_event(builder, record, NULL, none);
		return builder->error;
	}
	const struct record_edit edit = {.record = *record};
	struct buf value = {0};
	write_sets(NULL, builder, &edit, none);
	for (uint32_t i = 0; i < record->count; i++) {
		record_path(record->kind, &record->id, record->values[i].field->number, &path);
		if (record->values[i].field->is_set)
			continue;
		if (is_narrative(record->values[i].field)) {
			narrative_write(NULL, builder, crdt_path_span(&path),
			        (struct narrative_seen){NULL, 0}, record->values[i].bytes);
			continue;
		}
		buf_clear(&value);
		schema_value_put(record, &record->values[i], &value);
		crdt_builder_set(
		        builder, crdt_path_span(&path), buf_span(&value), (struct crdt_cites){NULL, 0}, none);
	}
	buf_close(&value);
	return builder->error;
}

/* --- Reading --- */

bool record_next(
        const struct crdt_doc *doc, const struct schema_kind *kind, struct span *cursor, struct record_id *id)
{
	struct crdt_path path = {0};
	crdt_path_field(&path, kind->number);
	while (crdt_doc_child(doc, crdt_path_span(&path), cursor)) {
		struct span at = *cursor;
		struct crdt_key key;
		if (!crdt_path_next(&at, &key) || key.type != CRDT_KEY_BIN ||
		        key.bytes.size != sizeof(id->bytes))
			continue; /* not a record of ours */
		memcpy(id->bytes, key.bytes.data, sizeof(id->bytes));
		return true;
	}
	return false;
}

bool record_read(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        struct schema_measures *measures, struct schema_record *out)
{
	out->kind = kind;
	out->id = *id;
	out->count = 0;
	for (uint32_t i = 0; i < kind->field_count; i++) {
		struct crdt_path path;
		struct crdt_value live;
		struct schema_value value;
		record_path(kind, id, kind->fields[i].number, &path);
		if (!is_register(&kind->fields[i]) || !crdt_doc_get(doc, crdt_path_span(&path), &live) ||
		        !schema_value_get(&kind->fields[i], live.value, NULL, measures, &value))
			continue;
		struct schema_value *place = schema_put(out, &kind->fields[i]);
		if (place)
			*place = value;
	}
	return out->count > 0;
}

struct span record_set(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        const struct schema_field *field, struct arena *arena)
{
	size_t size = schema_element_bytes(field->type);
	struct schema_measures measures;
	struct schema_value value;
	struct crdt_values members = {0};
	struct crdt_path path;
	struct buf elements = {0};
	record_path(kind, id, field->number, &path);
	crdt_doc_members(doc, crdt_path_span(&path), &members);
	for (uint32_t i = 0; i < members.count; i++)
		if (schema_value_get(field, members.items[i].value, NULL, &measures, &value) &&
		        value.bytes.size == size)
			buf_add_span(&elements, value.bytes);
	struct span out = arena_span(arena, buf_span(&elements));
	buf_close(&elements);
	crdt_values_close(&members);
	return out;
}

/* --- Events --- */

bool record_event_read(const struct crdt_op *op, struct schema_measures *measures, struct schema_record *out,
        uint32_t *unknown_count)
{
	const struct schema_kind *kind = op->kind == CRDT_OP_EVENT ? schema_kind(op->event_kind) : NULL;
	if (!kind || kind->shape != SCHEMA_EVENT)
		return false;
	out->kind = kind;
	out->id = op->event_id;
	schema_event_get(out, op->value, measures, unknown_count);
	return true;
}

bool record_event_when(uint32_t kind_number, struct span fields, int64_t *when_s)
{
	const struct schema_kind *kind = schema_kind(kind_number);
	if (!kind || kind->shape != SCHEMA_EVENT || kind_number == SCHEMA_IMPORT_MARK)
		return false;
	struct mpack_in in = mpack_begin(fields);
	uint32_t count = mpack_map(&in);
	for (uint32_t i = 0; i < count && !in.error; i++) {
		uint32_t number = (uint32_t)mpack_uint(&in, UINT32_MAX);
		struct span encoded = mpack_skip(&in);
		const struct schema_field *field = schema_field(kind, number);
		struct schema_value value;
		if (in.error || !field || field->type != SCHEMA_INSTANT)
			continue;
		if (!schema_value_get(field, encoded, NULL, NULL, &value))
			return false;
		*when_s = value.number;
		return true;
	}
	return false;
}
