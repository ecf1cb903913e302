#include "node/search/texts.h"

#include <string.h>

#include "crdt/clock.h"
#include "node/narrative.h"
#include "node/omaha/omaha.h"

/* ---- Which fields ------------------------------------------------------------------------------------------------ */

static bool is_named(const struct schema_field *field, const char *name)
{
	return strcmp(field->name, name) == 0;
}

static bool is_code(const struct schema_field *field, enum omaha_kind *kind)
{
	switch (field->rule) {
	case SCHEMA_RULE_OMAHA_PROBLEM:
		*kind = OMAHA_PROBLEM;
		return true;
	case SCHEMA_RULE_OMAHA_SIGN:
		*kind = OMAHA_SIGN;
		return true;
	case SCHEMA_RULE_OMAHA_TARGET:
		*kind = OMAHA_TARGET;
		return true;
	case SCHEMA_RULE_NONE:
	case SCHEMA_RULE_NIR:
	case SCHEMA_RULE_RPPS:
	case SCHEMA_RULE_COMMUNE:
	case SCHEMA_RULE_ADELI:
	case SCHEMA_RULE_FINESS:
	case SCHEMA_RULE_CIP13:
	case SCHEMA_RULE_MSSANTE:
	case SCHEMA_RULE_TYPED_STATUS:
	case SCHEMA_RULE_RECURRENCE:
		return false;
	}
	return false;
}

static bool is_searched(const struct schema_field *field)
{
	enum omaha_kind kind;
	if (field->type == SCHEMA_TEXT)
		return !is_named(field, "doorCode");
	if (field->type == SCHEMA_ENUM)
		return is_named(field, "type") || is_named(field, "role");
	return is_code(field, &kind);
}

bool search_has_texts(const struct schema_kind *kind)
{
	for (uint32_t i = 0; i < kind->field_count; i++)
		if (is_searched(&kind->fields[i]))
			return true;
	return false;
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

struct told {
	search_text text;
	void *context;
};

static void tell_labels(const struct told *told, const struct schema_field *field, const char *before,
        const char *fr, const char *en)
{
	struct buf text = {0};
	const char *const parts[] = {before, before && fr ? " " : NULL, fr, fr && en ? " · " : NULL, en};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		buf_add_span(&text, span_text(parts[i] ? parts[i] : ""));
	told->text(told->context, field, buf_span(&text));
	buf_close(&text);
}

static void tell_code(const struct told *told, const struct schema_field *field, int64_t number)
{
	enum omaha_kind kind = OMAHA_PROBLEM;
	char code[OMAHA_CODE_BYTES];
	if (!is_code(field, &kind) || number < 0 || number > UINT16_MAX)
		return;
	const struct omaha_term *term = omaha_find(kind, (uint32_t)number);
	omaha_write_code(code, kind, (uint32_t)number);
	tell_labels(told, field, code, term ? term->label.fr : NULL, term ? term->label.en : NULL);
}

static void tell_value(const struct told *told, const struct schema_value *value)
{
	const struct schema_field *field = value->field;
	const struct schema_choice *choice = NULL;
	if (!is_searched(field))
		return;
	switch (field->type) {
	case SCHEMA_TEXT:
		told->text(told->context, field, value->bytes);
		return;
	case SCHEMA_ENUM:
		choice = schema_choice(field, (uint32_t)value->number);
		if (choice)
			tell_labels(told, field, NULL, choice->label.fr, choice->label.en);
		return;
	case SCHEMA_CODES:
		for (uint32_t i = 0; i < schema_element_count(value); i++)
			tell_code(told, field, schema_code_of(schema_element(value, i)));
		return;
	case SCHEMA_INT:
		tell_code(told, field, value->number);
		return;
	case SCHEMA_DATE:
	case SCHEMA_INSTANT:
	case SCHEMA_AFTER:
	case SCHEMA_DECIMAL:
	case SCHEMA_REF:
	case SCHEMA_SHORT:
	case SCHEMA_SHORTS:
	case SCHEMA_BOOL:
	case SCHEMA_CENTS:
	case SCHEMA_MINUTES:
	case SCHEMA_VITALS:
	case SCHEMA_BYTES:
	case SCHEMA_TYPE_COUNT:
		return;
	}
}

void search_event_texts(const struct schema_record *record, search_text text, void *context)
{
	const struct told told = {text, context};
	for (uint32_t i = 0; i < record->count; i++)
		tell_value(&told, &record->values[i]);
}

/* ---- Registers --------------------------------------------------------------------------------------------------- */

/* Each live value of a register, or element of a set. The latest clock. */
static uint64_t tell_values(const struct told *told, const struct crdt_doc *doc,
        const struct schema_field *field, struct span path)
{
	struct crdt_values values = {0};
	uint64_t latest = 0;
	if (field->is_set)
		crdt_doc_members(doc, path, &values);
	else
		crdt_doc_values(doc, path, &values);
	for (uint32_t i = 0; i < values.count; i++) {
		struct schema_measures measures;
		struct schema_value value;
		if (!schema_value_get(field, values.items[i].value, NULL, &measures, &value))
			continue;
		tell_value(told, &value);
		latest = values.items[i].hlc > latest ? values.items[i].hlc : latest;
	}
	crdt_values_close(&values);
	return latest;
}

static bool tell_narrative(const struct told *told, const struct crdt_doc *doc,
        const struct schema_field *field, struct span path)
{
	struct buf text = {0};
	if (field->class == SCHEMA_NARRATIVE)
		narrative_read(doc, path, &text);
	const bool any = text.size > 0;
	if (any)
		told->text(told->context, field, buf_span(&text));
	buf_close(&text);
	return any;
}

int64_t search_register_texts(const struct crdt_doc *doc, const struct schema_kind *kind,
        const struct record_id *id, search_text text, void *context)
{
	const struct told told = {text, context};
	uint64_t latest = 0;
	for (uint32_t i = 0; i < kind->field_count; i++) {
		const struct schema_field *field = &kind->fields[i];
		struct crdt_path path;
		record_path(kind, id, field->number, &path);
		if (!is_searched(field) || tell_narrative(&told, doc, field, crdt_path_span(&path)))
			continue;
		const uint64_t written = tell_values(&told, doc, field, crdt_path_span(&path));
		latest = written > latest ? written : latest;
	}
	return (int64_t)(crdt_hlc_ms(latest) / 1000);
}
