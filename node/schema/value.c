#include "node/schema/value.h"

#include <assert.h>

#include "crdt/mpack.h"
#include "node/calendar.h"
#include "node/schema/moment.h"

/* The offset that is left out. */
static int32_t usual_offset(const struct schema_value *value, const struct schema_value *base)
{
	int32_t paris = calendar_paris_offset_minutes(value->number);
	return base ? base->offset_minutes + paris - calendar_paris_offset_minutes(base->number) : paris;
}

static void put_with_offset(
        const struct schema_value *value, const struct schema_value *base, int64_t number, struct buf *out)
{
	bool is_usual = value->offset_minutes == usual_offset(value, base);
	if (!is_usual)
		mpack_put_array(out, 2);
	mpack_put_int(out, number);
	if (!is_usual)
		mpack_put_int(out, value->offset_minutes);
}

static void put_after(const struct schema_record *record, const struct schema_value *value, struct buf *out)
{
	const struct schema_value *base = schema_value(record, value->field->base);
	assert(base && value->number > base->number);
	int64_t seconds = value->number - base->number;
	put_with_offset(value, base, seconds % 60 == 0 ? seconds / 60 : -seconds, out);
}

static void put_vitals(const struct schema_value *value, struct buf *out)
{
	mpack_put_map(out, value->measure_count);
	for (uint32_t i = 0; i < value->measure_count; i++) {
		mpack_put_uint(out, value->measures[i].vital);
		mpack_put_int(out, value->measures[i].value);
	}
}

void schema_value_put(const struct schema_record *record, const struct schema_value *value, struct buf *out)
{
	switch (value->field->type) {
	case SCHEMA_TEXT:
		mpack_put_str(out, value->bytes);
		break;
	case SCHEMA_REF:
	case SCHEMA_SHORT:
	case SCHEMA_SHORTS:
	case SCHEMA_BYTES:
		mpack_put_bin(out, value->bytes);
		break;
	case SCHEMA_INSTANT:
		put_with_offset(value, NULL, value->number, out);
		break;
	case SCHEMA_AFTER:
		put_after(record, value, out);
		break;
	case SCHEMA_BOOL:
		mpack_put_bool(out, value->number != 0);
		break;
	case SCHEMA_VITALS:
		put_vitals(value, out);
		break;
	case SCHEMA_DATE:
	case SCHEMA_INT:
	case SCHEMA_DECIMAL:
	case SCHEMA_ENUM:
	case SCHEMA_CENTS:
	case SCHEMA_MINUTES:
		mpack_put_int(out, value->number);
		break;
	case SCHEMA_CODES: /* a set: its elements stand for themselves */
	case SCHEMA_TYPE_COUNT:
		break;
	}
}

void schema_element_put(const struct schema_field *field, struct span element, struct buf *out)
{
	if (field->type == SCHEMA_CODES)
		mpack_put_uint(out, schema_code_of(element));
	else
		mpack_put_bin(out, element);
}

static bool is_preset(const struct schema_value *value)
{
	return value->field->preset && value->number == value->field->preset;
}

void schema_event_put(const struct schema_record *record, struct buf *out)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < record->count; i++)
		count += !is_preset(&record->values[i]);
	mpack_put_map(out, count);
	for (uint32_t i = 0; i < record->count; i++) {
		if (is_preset(&record->values[i]))
			continue;
		mpack_put_uint(out, record->values[i].field->number);
		schema_value_put(record, &record->values[i], out);
	}
}

/* --- Reading --- */

static bool get_with_offset(struct mpack_in *in, int64_t *number, int32_t *offset_minutes, bool *has_offset)
{
	*has_offset = mpack_peek(in) == MPACK_ARRAY;
	if (*has_offset && mpack_array(in) != 2)
		return false;
	*number = mpack_int(in);
	if (!*has_offset)
		return true;
	int64_t offset = mpack_int(in);
	*offset_minutes = (int32_t)offset;
	return offset >= -MOMENT_OFFSET_MAX_MINUTES && offset <= MOMENT_OFFSET_MAX_MINUTES;
}

static bool get_instant(struct mpack_in *in, const struct schema_value *base, struct schema_value *out)
{
	int64_t number;
	bool has_offset;
	if (!get_with_offset(in, &number, &out->offset_minutes, &has_offset))
		return false;
	if (out->field->type == SCHEMA_AFTER) {
		int64_t seconds;
		if (!base || __builtin_mul_overflow(number, number < 0 ? -1 : 60, &seconds) ||
		        __builtin_add_overflow(base->number, seconds, &number))
			return false;
	}
	if (number < out->field->min || number > out->field->max)
		return false;
	out->number = number;
	if (!has_offset)
		out->offset_minutes = usual_offset(out, out->field->type == SCHEMA_AFTER ? base : NULL);
	return true;
}

static bool get_vitals(struct mpack_in *in, struct schema_measures *measures, struct schema_value *out)
{
	uint32_t count = mpack_map(in);
	if (count > SCHEMA_VITALS_MAX)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		measures->items[i].vital = (uint32_t)mpack_uint(in, UINT32_MAX);
		int64_t value = mpack_int(in);
		if (value < INT32_MIN || value > INT32_MAX)
			return false;
		measures->items[i].value = (int32_t)value;
	}
	out->measures = measures->items;
	out->measure_count = count;
	return true;
}

static bool get_number(struct mpack_in *in, struct schema_value *out)
{
	const struct schema_field *field = out->field;
	out->number = mpack_int(in);
	if (field->type == SCHEMA_ENUM)
		return out->number >= 1 && out->number <= UINT32_MAX;
	return out->number >= field->min && out->number <= field->max;
}

static bool get_code(struct mpack_in *in, struct schema_measures *measures, struct schema_value *out)
{
	uint64_t code = mpack_uint(in, UINT16_MAX);
	if (!measures)
		return false;
	schema_code_put(measures->code, (uint32_t)code);
	out->bytes = span_of(measures->code, sizeof(measures->code));
	return true;
}

static bool get_any(struct mpack_in *in, const struct schema_value *base, struct schema_measures *measures,
        struct schema_value *out)
{
	switch (out->field->type) {
	case SCHEMA_TEXT:
		out->bytes = mpack_str(in);
		return true;
	case SCHEMA_REF:
		out->bytes = mpack_bin(in);
		return out->bytes.size == ID_SHORT_BYTES;
	case SCHEMA_SHORT:
		out->bytes = mpack_bin(in);
		return out->bytes.size == SCHEMA_SHORT_BYTES;
	case SCHEMA_SHORTS:
		out->bytes = mpack_bin(in);
		return out->bytes.size && out->bytes.size % SCHEMA_SHORT_BYTES == 0 &&
		        out->bytes.size / SCHEMA_SHORT_BYTES <= SCHEMA_SHORTS_MAX;
	case SCHEMA_CODES:
		return get_code(in, measures, out);
	case SCHEMA_BYTES:
		out->bytes = mpack_bin(in);
		return true;
	case SCHEMA_INSTANT:
	case SCHEMA_AFTER:
		return get_instant(in, base, out);
	case SCHEMA_BOOL:
		out->number = mpack_bool(in);
		return true;
	case SCHEMA_VITALS:
		return get_vitals(in, measures, out);
	case SCHEMA_DATE:
	case SCHEMA_INT:
	case SCHEMA_DECIMAL:
	case SCHEMA_ENUM:
	case SCHEMA_CENTS:
	case SCHEMA_MINUTES:
		return get_number(in, out);
	case SCHEMA_TYPE_COUNT:
		break;
	}
	return false;
}

bool schema_value_get(const struct schema_field *field, struct span encoded, const struct schema_value *base,
        struct schema_measures *measures, struct schema_value *out)
{
	struct mpack_in in = mpack_begin(encoded);
	*out = (struct schema_value){.field = field};
	return get_any(&in, base, measures, out) && mpack_end(&in) == 0;
}

static void fill_presets(struct schema_record *record)
{
	const struct schema_kind *kind = record->kind;
	for (uint32_t i = 0; i < kind->field_count; i++) {
		const struct schema_field *field = &kind->fields[i];
		struct schema_value *value = field->preset && !schema_value(record, field->number)
		        ? schema_put(record, field)
		        : NULL;
		if (value)
			value->number = field->preset;
	}
}

void schema_event_get(struct schema_record *record, struct span fields, struct schema_measures *measures,
        uint32_t *unknown_count)
{
	struct mpack_in in = mpack_begin(fields);
	uint32_t count = mpack_map(&in);
	record->count = 0;
	*unknown_count = 0;
	for (uint32_t i = 0; i < count && !in.error; i++) {
		uint32_t number = (uint32_t)mpack_uint(&in, UINT32_MAX);
		struct span encoded = mpack_skip(&in);
		const struct schema_field *field = in.error ? NULL : schema_field(record->kind, number);
		struct schema_value value;
		const struct schema_value *base = field && field->base ? schema_value(record, field->base)
		                                                       : NULL;
		struct schema_value *place = NULL;
		if (field && schema_value_get(field, encoded, base, measures, &value))
			place = schema_put(record, field);
		if (place)
			*place = value;
		else
			++*unknown_count;
	}
	fill_presets(record);
}
