#include "node/omaha_rules.h"

#include "node/narrative.h"
#include "node/omaha/omaha.h"
#include "node/references.h"

enum { CODE = 1, SEVERITY = 4, SIGNS = 5, STATE = 7, SIGN_CODES = 9, ACTUAL = 1, CLOSED = 2 };
enum { RATED_PROBLEM = 1 };

void omaha_rules_preset(const struct schema_kind *kind, json_t *record)
{
	const enum omaha_kind expected = OMAHA_TARGET;
	const json_t *given = json_object_get(record, "targetCode");
	const char *text = json_string_value(given);
	uint32_t code = (uint32_t)json_integer_value(given);
	enum omaha_kind found;
	if (kind->number != SCHEMA_INTERVENTION || !given || json_object_get(record, "target") ||
	        (text && !omaha_read_code(span_text(text), &expected, &found, &code)))
		return;
	const struct omaha_term *term = omaha_find(OMAHA_TARGET, code);
	if (term)
		json_object_set_new(record, "target", json_string(omaha_text(&term->label, true)));
}

/* ---- A problem as it will be ---- */

struct problem {
	const struct crdt_doc *doc;
	const struct record_edit *edit;
	struct arena *arena;
};

static bool is_cleared(const struct record_edit *edit, uint32_t number)
{
	for (uint32_t i = 0; i < edit->cleared_count; i++)
		if (edit->cleared[i]->number == number)
			return true;
	return false;
}

static bool touches(const struct record_edit *edit, uint32_t number)
{
	return schema_value(&edit->record, number) || is_cleared(edit, number);
}

/* Does `number` have this value, also if only one of several that live has? */
static bool may_be(const struct problem *problem, uint32_t number, int64_t wanted)
{
	const struct schema_record *record = &problem->edit->record;
	const struct schema_value *given = schema_value(record, number);
	struct crdt_values values = {0};
	struct crdt_path path;
	bool found = false;
	if (given || is_cleared(problem->edit, number))
		return given && given->number == wanted;
	record_path(record->kind, &record->id, number, &path);
	crdt_doc_values(problem->doc, crdt_path_span(&path), &values);
	for (uint32_t i = 0; i < values.count && !found; i++) {
		struct schema_value value;
		found = schema_value_get(schema_field(record->kind, number), values.items[i].value, NULL,
		                NULL, &value) &&
		        value.number == wanted;
	}
	crdt_values_close(&values);
	return found;
}

static bool has_signs(const struct problem *problem)
{
	const struct schema_record *record = &problem->edit->record;
	struct crdt_path path;
	struct buf text = {0};
	if (touches(problem->edit, SIGNS))
		return schema_value(record, SIGNS) != NULL;
	record_path(record->kind, &record->id, SIGNS, &path);
	narrative_read(problem->doc, crdt_path_span(&path), &text);
	bool found = text.size > 0;
	buf_close(&text);
	return found;
}

static struct span sign_codes(const struct problem *problem)
{
	const struct schema_record *record = &problem->edit->record;
	const struct schema_value *given = schema_value(record, SIGN_CODES);
	const struct schema_field *field = schema_field(record->kind, SIGN_CODES);
	if (given || !field || is_cleared(problem->edit, SIGN_CODES))
		return given ? given->bytes : (struct span){NULL, 0};
	return record_set(problem->doc, record->kind, &record->id, field, problem->arena);
}

static void check_problem(const struct problem *problem, struct schema_report *report)
{
	const struct record_edit *edit = problem->edit;
	const struct schema_kind *kind = edit->record.kind;
	if (!touches(edit, CODE) && !touches(edit, SEVERITY) && !touches(edit, SIGNS) &&
	        !touches(edit, SIGN_CODES))
		return;
	struct span codes = sign_codes(problem);
	bool is_actual = may_be(problem, SEVERITY, ACTUAL), is_other = false;
	if (!is_actual && has_signs(problem))
		schema_report_add(report, SCHEMA_PROBLEM_SIGNS, schema_field(kind, SIGNS));
	if (!is_actual && codes.size)
		schema_report_add(report, SCHEMA_PROBLEM_SIGNS, schema_field(kind, SIGN_CODES));
	for (size_t at = 0; at + SCHEMA_CODE_BYTES <= codes.size; at += SCHEMA_CODE_BYTES)
		is_other |= !may_be(
		        problem, CODE, schema_code_of(span_sub(codes, at, SCHEMA_CODE_BYTES)) / 100);
	if (is_other)
		schema_report_add(report, SCHEMA_PROBLEM_SIGN_OF_OTHER, schema_field(kind, SIGN_CODES));
}

/* Whether it was closed is not settled where somebody else has it open: then it is rated. */
static void check_rating(const struct problem *problem, struct schema_report *report)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PROBLEM);
	const struct schema_value *given = schema_value(&problem->edit->record, RATED_PROBLEM);
	struct record_edit none = {.record = {.kind = kind}};
	struct problem rated = {problem->doc, &none, problem->arena};
	if (!given || !references_find(problem->doc, kind, given->bytes, &none.record.id))
		return;
	if (may_be(&rated, STATE, CLOSED) && !may_be(&rated, STATE, 1))
		schema_report_add(report, SCHEMA_PROBLEM_CLOSED, given->field);
}

void omaha_rules_check(const struct crdt_doc *doc, const struct record_edit *edit, struct arena *arena,
        struct schema_report *report)
{
	struct problem problem = {doc, edit, arena};
	if (edit->record.kind->number == SCHEMA_PROBLEM)
		check_problem(&problem, report);
	else if (edit->record.kind->number == SCHEMA_RATING)
		check_rating(&problem, report);
}
