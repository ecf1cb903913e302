#include "node/schema/schema.h"

#include "node/schema/tables.h"

const struct schema_doc *schema_doc(uint32_t number)
{
	for (uint32_t i = 0; i < schema_table_doc_count; i++)
		if (schema_table_docs[i].number == number)
			return &schema_table_docs[i];
	return NULL;
}

const struct schema_kind *schema_kinds(uint32_t *count)
{
	*count = schema_table_kind_count;
	return schema_table_kinds;
}

const struct schema_kind *schema_kind(uint32_t number)
{
	/* The first ones stand at their number; numbers between them and the others are kept for later kinds. */
	if (number >= 1 && number <= schema_table_kind_count &&
	        schema_table_kinds[number - 1].number == number)
		return &schema_table_kinds[number - 1];
	for (uint32_t i = 0; i < schema_table_kind_count; i++)
		if (schema_table_kinds[i].number == number)
			return &schema_table_kinds[i];
	return NULL;
}

const struct schema_kind *schema_kind_named(struct span name)
{
	for (uint32_t i = 0; i < schema_table_kind_count; i++)
		if (span_eq(name, span_text(schema_table_kinds[i].name)))
			return &schema_table_kinds[i];
	return NULL;
}

/* FNV-1a */
static uint64_t mix(uint64_t mark, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		mark = (mark ^ (value >> (8 * i) & 0xff)) * UINT64_C(0x100000001b3);
	return mark;
}

uint64_t schema_mark(void)
{
	uint64_t mark = UINT64_C(0xcbf29ce484222325);
	for (uint32_t i = 0; i < schema_table_doc_count; i++) {
		const struct schema_doc *doc = &schema_table_docs[i];
		mark = mix(mix(mix(mark, doc->number), doc->compartment), doc->has_dossier_key);
	}
	for (uint32_t i = 0; i < schema_table_kind_count; i++) {
		const struct schema_kind *kind = &schema_table_kinds[i];
		mark = mix(mix(mark, kind->number), kind->shape);
		for (uint32_t j = 0; j < kind->field_count; j++)
			if (kind->fields[j].type == SCHEMA_INSTANT)
				mark = mix(mark, kind->fields[j].number);
	}
	return mark ? mark : 1;
}

static uint64_t mix_text(uint64_t mark, const char *text)
{
	for (; *text; text++)
		mark = mix(mark, (uint8_t)*text);
	return mix(mark, 0);
}

static uint64_t mix_field(uint64_t mark, const struct schema_field *field)
{
	mark = mix(mix(mix(mix(mark, field->number), field->type), field->class), field->is_set);
	mark = mix_text(mix(mark, field->rule), field->name);
	for (const struct schema_choice *choice = field->choices; choice && choice->number; choice++)
		mark = mix_text(mix(mark, choice->number), choice->name);
	return mark;
}

uint64_t schema_fields_mark(void)
{
	static uint64_t kept; /* the table does not change */
	uint64_t mark = UINT64_C(0xcbf29ce484222325);
	if (kept)
		return kept;
	for (uint32_t i = 0; i < schema_table_kind_count; i++) {
		const struct schema_kind *kind = &schema_table_kinds[i];
		mark = mix(mix(mark, kind->number), kind->shape);
		for (uint32_t j = 0; j < kind->field_count; j++)
			mark = mix_field(mark, &kind->fields[j]);
	}
	kept = mark ? mark : 1;
	return kept;
}

const struct schema_field *schema_field(const struct schema_kind *kind, uint32_t number)
{
	/* Most tables have no gaps: the row is where its number says. */
	if (number >= 1 && number <= kind->field_count && kind->fields[number - 1].number == number)
		return &kind->fields[number - 1];
	for (uint32_t i = 0; i < kind->field_count; i++)
		if (kind->fields[i].number == number)
			return &kind->fields[i];
	return NULL;
}

const struct schema_field *schema_field_named(const struct schema_kind *kind, struct span name)
{
	for (uint32_t i = 0; i < kind->field_count; i++)
		if (span_eq(name, span_text(kind->fields[i].name)))
			return &kind->fields[i];
	return NULL;
}

const struct schema_choice *schema_choice(const struct schema_field *field, uint32_t number)
{
	for (const struct schema_choice *at = field->choices; at && at->number; at++)
		if (at->number == number)
			return at;
	return NULL;
}

const struct schema_choice *schema_choice_named(const struct schema_field *field, struct span name)
{
	for (const struct schema_choice *at = field->choices; at && at->number; at++)
		if (span_eq(name, span_text(at->name)))
			return at;
	return NULL;
}

const struct schema_vital *schema_vital(uint32_t number)
{
	for (uint32_t i = 0; i < schema_table_vital_count; i++)
		if (schema_table_vitals[i].number == number)
			return &schema_table_vitals[i];
	return NULL;
}

const struct schema_vital *schema_vital_named(struct span name)
{
	for (uint32_t i = 0; i < schema_table_vital_count; i++)
		if (span_eq(name, span_text(schema_table_vitals[i].name)))
			return &schema_table_vitals[i];
	return NULL;
}

const struct schema_value *schema_value(const struct schema_record *record, uint32_t field_number)
{
	for (uint32_t i = 0; i < record->count; i++)
		if (record->values[i].field->number == field_number)
			return &record->values[i];
	return NULL;
}

struct schema_value *schema_put(struct schema_record *record, const struct schema_field *field)
{
	uint32_t at = record->count;
	while (at > 0 && record->values[at - 1].field->number > field->number)
		at--;
	bool replaces = at > 0 && record->values[at - 1].field->number == field->number;
	if (replaces) {
		at--;
	} else {
		if (record->count == SCHEMA_FIELDS_MAX)
			return NULL;
		memmove(&record->values[at + 1], &record->values[at],
		        (record->count - at) * sizeof(*record->values));
		record->count++;
	}
	record->values[at] = (struct schema_value){.field = field};
	return &record->values[at];
}

size_t schema_element_bytes(enum schema_type type)
{
	return type == SCHEMA_CODES ? SCHEMA_CODE_BYTES : SCHEMA_SHORT_BYTES;
}

uint32_t schema_element_count(const struct schema_value *value)
{
	return (uint32_t)(value->bytes.size / schema_element_bytes(value->field->type));
}

struct span schema_element(const struct schema_value *value, uint32_t index)
{
	size_t size = schema_element_bytes(value->field->type);
	return span_sub(value->bytes, index * size, size);
}

uint32_t schema_code_of(struct span element)
{
	return (uint32_t)element.data[0] << 8 | element.data[1];
}

void schema_code_put(uint8_t out[SCHEMA_CODE_BYTES], uint32_t code)
{
	out[0] = (uint8_t)(code >> 8);
	out[1] = (uint8_t)code;
}
