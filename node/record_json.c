#include "node/record.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/clock.h"
#include "crdt/nfc.h"
#include "node/billing/lot.h"
#include "node/calendar.h"
#include "node/classes.h"
#include "node/narrative.h"
#include "node/omaha/omaha.h"
#include "node/schema/moment.h"
#include "node/vitals/measure.h"

enum { DECIMAL_TEXT_BYTES = 48 };

/* --- Reading JSON --- */

static bool read_decimal_text(struct span text, uint8_t scale, int64_t *out)
{
	size_t i = text.size && text.data[0] == '-' ? 1 : 0, start = i;
	int64_t value = 0;
	int places = -1;
	if (text.size > 15)
		return false;
	for (; i < text.size; i++) {
		if ((text.data[i] == '.' || text.data[i] == ',') && places < 0 && i > start) {
			places = 0;
			continue;
		}
		if (text.data[i] < '0' || text.data[i] > '9' || places == scale)
			return false;
		value = value * 10 + (text.data[i] - '0');
		places += places >= 0;
	}
	if (i == start || places == 0)
		return false;
	for (int at = places < 0 ? 0 : places; at < scale; at++)
		value *= 10;
	*out = start ? -value : value;
	return true;
}

/* A number with at most `scale` decimals, as text or as a JSON number. */
static bool read_decimal(const json_t *json, uint8_t scale, int64_t *out)
{
	if (json_is_string(json))
		return read_decimal_text(
		        span_of(json_string_value(json), json_string_length(json)), scale, out);
	if (!json_is_number(json))
		return false;
	double power = 1, number = json_number_value(json);
	for (int i = 0; i < scale; i++)
		power *= 10;
	double scaled = number * power;
	if (!(scaled > -1e15 && scaled < 1e15))
		return false;
	int64_t whole = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
	double rest = scaled - (double)whole;
	*out = whole;
	return rest < 1e-6 && rest > -1e-6;
}

static bool read_text(const json_t *json, struct arena *arena, struct span *out)
{
	struct buf normal = {0};
	if (!json_is_string(json) ||
	        crdt_text_nfc(span_of(json_string_value(json), json_string_length(json)), &normal))
		return false;
	*out = arena_span(arena, buf_span(&normal));
	buf_close(&normal);
	return true;
}

/* Hexadecimal of a whole id; only `keep` bytes of it are wanted, and may be all that is given. */
static bool read_id(const json_t *json, size_t keep, uint8_t *out)
{
	uint8_t whole[ID_SHORT_BYTES];
	size_t digits = json_is_string(json) ? json_string_length(json) : 0;
	if ((digits != 2 * keep && digits != 2 * sizeof(whole)) ||
	        !ids_from_hex(whole, digits / 2, json_string_value(json)))
		return false;
	memcpy(out, whole, keep);
	return true;
}

static bool read_ids(const json_t *json, struct arena *arena, struct span *out)
{
	size_t count = json_array_size(json);
	if (!json_is_array(json) || count > SCHEMA_SHORTS_MAX)
		return false;
	uint8_t *ids = arena_alloc(arena, count * SCHEMA_SHORT_BYTES);
	for (size_t i = 0; i < count; i++)
		if (!read_id(json_array_get(json, i), SCHEMA_SHORT_BYTES, ids + i * SCHEMA_SHORT_BYTES))
			return false;
	*out = span_of(ids, count * SCHEMA_SHORT_BYTES);
	return true;
}

/* A value of a vital: a number, or a text, which may say the unit. */
static int read_measure(const json_t *json, const struct schema_vital *vital, int32_t *out)
{
	int64_t value;
	if (json_is_string(json))
		return measure_read(vital, span_of(json_string_value(json), json_string_length(json)), out);
	if (!read_decimal(json, vital->scale, &value) || value < INT32_MIN || value > INT32_MAX)
		return ERR_INVALID;
	*out = (int32_t)value;
	return 0;
}

static int read_vitals(const json_t *json, struct arena *arena, struct schema_value *out)
{
	struct schema_measure *measures = arena_zero(arena, SCHEMA_VITALS_MAX, sizeof(*measures));
	uint32_t count = 0;
	if (!json_is_object(json) || json_object_size(json) > SCHEMA_VITALS_MAX)
		return ERR_INVALID;
	for (uint32_t number = 1; number <= SCHEMA_VITALS_MAX; number++) { /* ascending, as they are stored */
		const struct schema_vital *vital = schema_vital(number);
		const json_t *given = vital ? json_object_get(json, vital->name) : NULL;
		int result = given ? read_measure(given, vital, &measures[count].value) : 0;
		if (result)
			return result;
		if (given)
			measures[count++].vital = number;
	}
	out->measures = measures;
	out->measure_count = count;
	return count == json_object_size(json) ? 0 : ERR_INVALID; /* else a name is not known */
}

static bool read_number(const json_t *json, int64_t *out)
{
	*out = json_integer_value(json);
	return json_is_integer(json);
}

/* A code of the Omaha System: the number, or "PB26", which says of what. */
static bool read_code(const json_t *json, enum omaha_kind expected, int64_t *out)
{
	enum omaha_kind kind;
	uint32_t code;
	if (!json_is_string(json))
		return read_number(json, out);
	bool is_code = omaha_read_code(
	        span_of(json_string_value(json), json_string_length(json)), &expected, &kind, &code);
	*out = is_code ? code : 0;
	return is_code;
}

static bool read_int(const json_t *json, struct schema_value *out)
{
	if (out->field->rule == SCHEMA_RULE_OMAHA_PROBLEM)
		return read_code(json, OMAHA_PROBLEM, &out->number);
	if (out->field->rule == SCHEMA_RULE_OMAHA_TARGET)
		return read_code(json, OMAHA_TARGET, &out->number);
	return read_number(json, &out->number);
}

static bool read_codes(const json_t *json, struct arena *arena, struct span *out)
{
	size_t count = json_array_size(json);
	if (!json_is_array(json) || count > SCHEMA_CODES_MAX)
		return false;
	uint8_t *codes = arena_alloc(arena, count * SCHEMA_CODE_BYTES + 1);
	for (size_t i = 0; i < count; i++) {
		int64_t code;
		if (!read_code(json_array_get(json, i), OMAHA_SIGN, &code) || code < 0 || code > UINT16_MAX)
			return false;
		schema_code_put(codes + i * SCHEMA_CODE_BYTES, (uint32_t)code);
	}
	*out = span_of(codes, count * SCHEMA_CODE_BYTES);
	return true;
}

static bool read_instant(const json_t *json, struct schema_value *out)
{
	struct moment moment;
	if (!json_is_string(json) ||
	        !moment_parse(span_of(json_string_value(json), json_string_length(json)), &moment))
		return false;
	out->number = moment.seconds;
	out->offset_minutes = moment.offset_minutes;
	return true;
}

static bool read_choice(const json_t *json, struct schema_value *out)
{
	const struct schema_choice *choice = json_is_string(json)
	        ? schema_choice_named(out->field, span_of(json_string_value(json), json_string_length(json)))
	        : NULL;
	out->number = choice ? choice->number : 0; /* reported as not one of the choices */
	return json_is_string(json);
}

static bool read_value(const json_t *json, struct arena *arena, struct schema_value *out)
{
	const struct schema_field *field = out->field;
	uint8_t *id;
	switch (field->type) {
	case SCHEMA_TEXT:
		return read_text(json, arena, &out->bytes);
	case SCHEMA_DATE:
		return json_is_string(json) &&
		        moment_day_parse(
		                span_of(json_string_value(json), json_string_length(json)), &out->number);
	case SCHEMA_INSTANT:
	case SCHEMA_AFTER:
		return read_instant(json, out);
	case SCHEMA_INT:
		return read_int(json, out);
	case SCHEMA_CODES:
		return read_codes(json, arena, &out->bytes);
	case SCHEMA_CENTS:
	case SCHEMA_MINUTES:
		return read_number(json, &out->number);
	case SCHEMA_DECIMAL:
		return read_decimal(json, field->scale, &out->number);
	case SCHEMA_ENUM:
		return read_choice(json, out);
	case SCHEMA_REF:
	case SCHEMA_SHORT:
		id = arena_alloc(arena, ID_SHORT_BYTES);
		out->bytes = span_of(id, field->type == SCHEMA_REF ? ID_SHORT_BYTES : SCHEMA_SHORT_BYTES);
		return read_id(json, out->bytes.size, id);
	case SCHEMA_SHORTS:
		return read_ids(json, arena, &out->bytes);
	case SCHEMA_BOOL:
		out->number = json_is_true(json);
		return json_is_boolean(json);
	case SCHEMA_VITALS:
		return read_vitals(json, arena, out) == 0;
	case SCHEMA_BYTES: /* made by the program, never typed */
	case SCHEMA_TYPE_COUNT:
		break;
	}
	return false;
}

/* Why it could not be read. */
static enum schema_problem_code unread(
        const json_t *json, const struct schema_field *field, struct arena *arena)
{
	struct schema_value value = {.field = field};
	bool is_unit = field->type == SCHEMA_VITALS && read_vitals(json, arena, &value) == ERR_UNSUPPORTED;
	return is_unit ? SCHEMA_PROBLEM_UNIT : SCHEMA_PROBLEM_WRONG_TYPE;
}

static bool is_frame(const char *key)
{
	return strcmp(key, "id") == 0 || strcmp(key, "kind") == 0 || strcmp(key, "reason") == 0 ||
	        strcmp(key, "seen") == 0 || strcmp(key, "corrects") == 0;
}

static void read_field(const char *key, const json_t *json, struct arena *arena, struct record_edit *edit,
        struct schema_report *report)
{
	const struct schema_kind *kind = edit->record.kind;
	const struct schema_field *field = schema_field_named(kind, span_text(key));
	struct schema_value value = {.field = field};
	if (!field) {
		schema_report_add(report, SCHEMA_PROBLEM_UNKNOWN_FIELD, NULL);
	} else if (json_is_null(json)) {
		if (field->required || kind->shape == SCHEMA_EVENT)
			schema_report_add(report, SCHEMA_PROBLEM_REQUIRED, field);
		else
			edit->cleared[edit->cleared_count++] = field;
	} else if (!read_value(json, arena, &value)) {
		schema_report_add(report, unread(json, field, arena), field);
	} else {
		*schema_put(
		        &edit->record, field) = value; /* no kind has more than SCHEMA_FIELDS_MAX fields */
	}
}

/* The state that the author had before them: [{"feed","seq"}], each feed once. */
static bool read_seen(const json_t *json, struct arena *arena, struct record_edit *edit)
{
	size_t count = json_array_size(json), i;
	struct crdt_frontier seen = {0};
	json_t *row;
	edit->has_seen = json != NULL;
	if (!json)
		return true;
	if (!json_is_array(json) || count > LIMIT_FEEDS)
		return false;
	json_array_foreach(json, i, row)
	{
		struct feed_id id;
		const char *feed = json_string_value(json_object_get(row, "feed"));
		json_int_t seq = json_integer_value(json_object_get(row, "seq"));
		if (!feed || !ids_from_hex(id.bytes, ID_LONG_BYTES, feed) || seq < 1)
			break;
		crdt_frontier_raise(&seen, &id, (uint64_t)seq);
	}
	edit->seen = arena_copy(arena, seen.items, seen.count * sizeof(*edit->seen));
	edit->seen_count = seen.count;
	crdt_frontier_close(&seen);
	return edit->seen_count == count; /* else a row is not one, or a feed is there twice */
}

int record_from_json(const json_t *object, enum schema_check_mode mode, struct arena *arena,
        struct record_edit *edit, struct schema_report *report)
{
	edit->record.count = 0;
	edit->cleared_count = 0;
	edit->seen = NULL;
	edit->seen_count = 0;
	if (!json_is_object(object)) {
		schema_report_add(report, SCHEMA_PROBLEM_NOTHING, NULL);
		return ERR_INVALID;
	}
	if (!read_seen(json_object_get(object, "seen"), arena, edit))
		schema_report_add(report, SCHEMA_PROBLEM_SEEN, NULL);
	for (void *at = json_object_iter((json_t *)(uintptr_t)object); at;
	        at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
		const char *key = json_object_iter_key(at);
		if (!is_frame(key))
			read_field(key, json_object_iter_value(at), arena, edit, report);
	}
	if (report->error_count || (edit->record.count == 0 && edit->cleared_count))
		return report->error_count ? ERR_INVALID : 0;
	return schema_check(&edit->record, mode, report);
}

/* --- Writing JSON --- */

static json_t *hex_json(struct span bytes)
{
	char text[2 * 1024 + 1];
	if (bytes.size > 1024)
		bytes.size = 1024; /* what is unknown is shown as far as a screen goes */
	ids_hex(text, bytes.data, bytes.size);
	return json_string(text);
}

static json_t *ids_json(struct span ids)
{
	json_t *array = json_array();
	for (size_t i = 0; i + SCHEMA_SHORT_BYTES <= ids.size; i += SCHEMA_SHORT_BYTES)
		json_array_append_new(array, hex_json(span_sub(ids, i, SCHEMA_SHORT_BYTES)));
	return array;
}

static json_t *codes_json(struct span codes)
{
	json_t *array = json_array();
	for (size_t i = 0; i + SCHEMA_CODE_BYTES <= codes.size; i += SCHEMA_CODE_BYTES) {
		char text[OMAHA_CODE_BYTES];
		omaha_write_code(text, OMAHA_SIGN, schema_code_of(span_sub(codes, i, SCHEMA_CODE_BYTES)));
		json_array_append_new(array, json_string(text));
	}
	return array;
}

static json_t *decimal_json(int64_t value, uint8_t scale)
{
	char text[DECIMAL_TEXT_BYTES];
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value, power = 1;
	for (uint8_t i = 0; i < scale; i++)
		power *= 10;
	if (scale)
		snprintf(text, sizeof(text), "%s%llu.%0*llu", value < 0 ? "-" : "",
		        (unsigned long long)(size / power), scale % 19, (unsigned long long)(size % power));
	else
		snprintf(text, sizeof(text), "%s%llu", value < 0 ? "-" : "", (unsigned long long)size);
	return json_string(text);
}

static json_t *vitals_json(const struct schema_value *value)
{
	json_t *object = json_object();
	for (uint32_t i = 0; i < value->measure_count; i++) {
		const struct schema_measure *measure = &value->measures[i];
		const struct schema_vital *vital = schema_vital(measure->vital);
		char number[16];
		snprintf(number, sizeof(number), "%u", measure->vital);
		json_object_set_new(object, vital ? vital->name : number,
		        decimal_json(measure->value, vital ? vital->scale : 0));
	}
	return object;
}

static json_t *moment_json(struct moment moment)
{
	char text[MOMENT_TEXT_BYTES];
	moment_text(text, moment);
	return json_string(text);
}

static json_t *value_json(const struct schema_value *value)
{
	const struct schema_choice *choice;
	char day[MOMENT_DAY_TEXT_BYTES];
	switch (value->field->type) {
	case SCHEMA_TEXT:
		return json_stringn((const char *)value->bytes.data, value->bytes.size);
	case SCHEMA_DATE:
		moment_day_text(day, value->number);
		return json_string(day);
	case SCHEMA_INSTANT:
	case SCHEMA_AFTER:
		return moment_json((struct moment){value->number, value->offset_minutes});
	case SCHEMA_DECIMAL:
		return decimal_json(value->number, value->field->scale);
	case SCHEMA_ENUM:
		choice = schema_choice(value->field, (uint32_t)value->number);
		return choice ? json_string(choice->name) : json_integer(value->number);
	case SCHEMA_REF:
	case SCHEMA_SHORT:
	case SCHEMA_BYTES:
		return hex_json(value->bytes);
	case SCHEMA_SHORTS:
		return ids_json(value->bytes);
	case SCHEMA_CODES:
		return codes_json(value->bytes);
	case SCHEMA_BOOL:
		return json_boolean(value->number != 0);
	case SCHEMA_VITALS:
		return vitals_json(value);
	case SCHEMA_INT:
	case SCHEMA_CENTS:
	case SCHEMA_MINUTES:
	case SCHEMA_TYPE_COUNT:
		break;
	}
	return json_integer(value->number);
}

/* A value as stored; what is not of its field's type is shown in hexadecimal. */
json_t *record_value_json(const struct schema_field *field, struct span encoded)
{
	struct schema_measures measures;
	struct schema_value value;
	if (!field || !schema_value_get(field, encoded, NULL, &measures, &value))
		return json_pack("{s:o}", "unknown", hex_json(encoded));
	return value_json(&value);
}

static json_t *author_json(const struct op_id *op)
{
	return json_pack("{s:o, s:I, s:I}", "feed", hex_json(span_of(op->feed.bytes, sizeof(op->feed.bytes))),
	        "seq", (json_int_t)op->seq, "index", (json_int_t)op->index);
}

json_t *record_saved_json(uint64_t hlc)
{
	int64_t seconds = (int64_t)(crdt_hlc_ms(hlc) / 1000);
	if (seconds > LOT_SECONDS_MAX)
		seconds = LOT_SECONDS_MAX; /* a clock beyond the calendar */
	return moment_json((struct moment){seconds, calendar_paris_offset_minutes(seconds)});
}

const char *record_class_name(enum schema_class class)
{
	static const char *const NAMES[] = {"safety", "ordinary", "narrative", "fact"};
	return NAMES[class];
}

static json_t *concurrent_json(const struct schema_field *field, const struct crdt_values *values)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < values->count; i++) {
		const struct crdt_value *live = &values->items[i];
		json_t *item = json_pack("{s:o, s:o, s:o}", "value", record_value_json(field, live->value),
		        "author", author_json(&live->op), "saved", record_saved_json(live->hlc));
		if (live->reason.size)
			json_object_set_new(item, "reason",
			        json_stringn((const char *)live->reason.data, live->reason.size));
		json_array_append_new(list, item);
	}
	return json_pack("{s:s, s:b, s:o}", "class", record_class_name(field->class), "conflict",
	        field->class == SCHEMA_SAFETY && classes_differ(values), "values", list);
}

/* The elements of a set that is not in the schema, each as encoded. NULL: there is none. */
static json_t *unknown_set_json(const struct crdt_doc *doc, struct span path)
{
	struct crdt_values members = {0};
	json_t *list = NULL;
	crdt_doc_members(doc, path, &members);
	for (uint32_t i = 0; i < members.count; i++) {
		list = list ? list : json_array();
		json_array_append_new(list, hex_json(members.items[i].value));
	}
	crdt_values_close(&members);
	return list;
}

/* A value of a field that is not in the schema, as encoded: a register's, the elements of a set, or the text of a narrative. Owner decrefs.
 * NULL: another kind. */
static json_t *unknown_value_json(const struct crdt_doc *doc, struct span path)
{
	struct crdt_value live;
	struct buf text = {0}, value = {0};
	if (crdt_doc_get(doc, path, &live))
		return hex_json(live.value);
	json_t *json = unknown_set_json(doc, path);
	if (json)
		return json;
	narrative_read(doc, path, &text);
	if (text.size) {
		mpack_put_str(&value, buf_span(&text));
		json = hex_json(buf_span(&value));
	}
	buf_close(&text);
	buf_close(&value);
	return json;
}

/* Fields that live under the record and are not in the schema. */
static json_t *unknown_json(
        const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id)
{
	struct crdt_path path;
	struct span cursor = {NULL, 0};
	json_t *unknown = json_object();
	record_path(kind, id, 0, &path);
	while (crdt_doc_child(doc, crdt_path_span(&path), &cursor)) {
		struct span at = cursor;
		struct crdt_key key;
		struct crdt_path field_path;
		char number[16];
		if (!crdt_path_next(&at, &key) || key.type != CRDT_KEY_FIELD || schema_field(kind, key.field))
			continue;
		record_path(kind, id, key.field, &field_path);
		snprintf(number, sizeof(number), "%u", key.field);
		json_t *value = unknown_value_json(doc, crdt_path_span(&field_path));
		if (value)
			json_object_set_new(unknown, number, value);
	}
	return unknown;
}

static void set_unless_empty(json_t *object, const char *key, json_t *part)
{
	if (json_object_size(part))
		json_object_set_new(object, key, part);
	else
		json_decref(part);
}

/* What stood in a record: of each author the latest entry. */
static json_t *seen_json(const struct crdt_frontier *seen)
{
	json_t *rows = json_array();
	for (uint32_t i = 0; i < seen->count; i++)
		json_array_append_new(rows,
		        json_pack("{s:o, s:I}", "feed",
		                hex_json(span_of(seen->items[i].feed.bytes, ID_LONG_BYTES)), "seq",
		                (json_int_t)seen->items[i].seq));
	return rows;
}

/* False: no text stands there. */
static bool narrative_json(const struct crdt_doc *doc, const struct schema_field *field, struct span path,
        struct crdt_frontier *seen, json_t *object)
{
	struct buf text = {0};
	narrative_read(doc, path, &text);
	narrative_note_seen(doc, path, seen);
	bool found = text.size > 0;
	if (found)
		json_object_set_new(object, field->name, json_stringn((const char *)text.data, text.size));
	buf_close(&text);
	return found;
}

/* A set is shown whole, with nothing beside it: what two added at once is all there. */
static void set_json(const struct crdt_doc *doc, const struct schema_field *field, struct span path,
        struct crdt_frontier *seen, json_t *object)
{
	struct crdt_values adds = {0};
	json_t *elements = json_array();
	crdt_doc_adds(doc, path, &adds);
	for (uint32_t i = 0; i < adds.count; i++) {
		crdt_frontier_raise(seen, &adds.items[i].op.feed, adds.items[i].op.seq);
		if (i && span_eq(adds.items[i].value, adds.items[i - 1].value))
			continue;
		json_t *one = record_value_json(field, adds.items[i].value);
		if (json_is_array(one))
			json_array_extend(elements, one);
		json_decref(one);
	}
	if (json_array_size(elements))
		json_object_set(object, field->name, elements);
	json_decref(elements);
	crdt_values_close(&adds);
}

static void registers_json(const struct crdt_doc *doc, const struct schema_field *field, struct span path,
        struct crdt_frontier *seen, json_t *object, json_t *concurrent)
{
	struct crdt_values values = {0};
	crdt_doc_values(doc, path, &values);
	for (uint32_t i = 0; i < values.count; i++)
		crdt_frontier_raise(seen, &values.items[i].op.feed, values.items[i].op.seq);
	if (values.count > 0)
		json_object_set_new(object, field->name, record_value_json(field, values.items[0].value));
	if (values.count > 1)
		json_object_set_new(concurrent, field->name, concurrent_json(field, &values));
	crdt_values_close(&values);
}

json_t *record_json(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id)
{
	json_t *object = json_pack(
	        "{s:s, s:o}", "kind", kind->name, "id", hex_json(span_of(id->bytes, sizeof(id->bytes))));
	json_t *concurrent = json_object();
	struct crdt_frontier seen = {0};
	for (uint32_t i = 0; i < kind->field_count; i++) {
		const struct schema_field *field = &kind->fields[i];
		struct crdt_path path;
		record_path(kind, id, field->number, &path);
		if (field->is_set)
			set_json(doc, field, crdt_path_span(&path), &seen, object);
		else if (field->class != SCHEMA_NARRATIVE ||
		        !narrative_json(doc, field, crdt_path_span(&path), &seen, object))
			registers_json(doc, field, crdt_path_span(&path), &seen, object, concurrent);
	}
	set_unless_empty(object, "concurrent", concurrent);
	set_unless_empty(object, "unknown", unknown_json(doc, kind, id));
	bool lives = json_object_size(object) > 2;
	json_object_set_new(object, "seen", seen_json(&seen));
	crdt_frontier_close(&seen);
	if (lives)
		return object;
	json_decref(object);
	return NULL;
}

static void event_fields_json(const struct crdt_op *op, json_t *object)
{
	struct schema_record record;
	struct schema_measures measures;
	uint32_t unknown_count;
	if (!record_event_read(op, &measures, &record, &unknown_count)) {
		json_object_set_new(object, "fields", hex_json(op->value));
		return;
	}
	for (uint32_t i = 0; i < record.count; i++)
		json_object_set_new(object, record.values[i].field->name, value_json(&record.values[i]));
	if (unknown_count)
		json_object_set_new(object, "unknownFields", json_integer(unknown_count));
}

json_t *record_event_json(const struct crdt_op *op, const struct crdt_meta *meta)
{
	if (op->kind != CRDT_OP_EVENT)
		return NULL;
	const struct schema_kind *kind = schema_kind(op->event_kind);
	bool is_known = kind && kind->shape == SCHEMA_EVENT;
	struct op_id self = {meta->feed, meta->seq, op->index};
	json_t *object = json_pack("{s:o, s:o}", "kind",
	        is_known ? json_string(kind->name) : json_integer(op->event_kind), "id",
	        hex_json(span_of(op->event_id.bytes, sizeof(op->event_id.bytes))));
	event_fields_json(op, object);
	json_object_set_new(object, "author", author_json(&self));
	json_object_set_new(object, "saved", record_saved_json(meta->hlc));
	if (op->corrects.present) {
		struct op_id cited = crdt_ref_op(meta, &op->corrects.ref);
		json_object_set_new(object, "corrects", author_json(&cited));
		json_object_set_new(
		        object, "reason", json_stringn((const char *)op->reason.data, op->reason.size));
	}
	return object;
}
