#include "node/schema/check.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/omaha/omaha.h"
#include "node/plan/recurrence.h"
#include "node/schema/identifiers.h"
#include "node/schema/moment.h"

enum { HOURS_MAX_S = 24 * 3600, HOURS_LONG_S = 3 * 3600 };

void schema_report_add(
        struct schema_report *report, enum schema_problem_code code, const struct schema_field *field)
{
	if (code < SCHEMA_PROBLEM_WARNINGS)
		report->error_count++;
	if (report->count < SCHEMA_PROBLEMS_MAX)
		report->problems[report->count++] = (struct schema_problem){code, field};
}

/* The problem that a wrong form or a wrong check digit is. */
static void add_wrong(int error, enum schema_problem_code form, enum schema_problem_code key,
        const struct schema_field *field, struct schema_report *report)
{
	if (error)
		schema_report_add(report, error == ERR_CHECKDIGIT ? key : form, field);
}

static void check_code(const struct schema_value *value, enum omaha_kind kind, uint32_t code,
        enum schema_check_mode mode, struct schema_report *report)
{
	const struct omaha_term *term = omaha_find(kind, code);
	if (term && !term->is_retired)
		return;
	schema_report_add(report,
	        mode == SCHEMA_CHECK_TAKEN ? SCHEMA_PROBLEM_OMAHA_FOREIGN
	                : term             ? SCHEMA_PROBLEM_OMAHA_RETIRED
	                                   : SCHEMA_PROBLEM_OMAHA_CODE,
	        value->field);
}

static void check_codes(
        const struct schema_value *value, enum schema_check_mode mode, struct schema_report *report)
{
	uint32_t count = schema_element_count(value);
	if (count == 0 || count > SCHEMA_CODES_MAX)
		schema_report_add(
		        report, count ? SCHEMA_PROBLEM_TOO_MANY : SCHEMA_PROBLEM_EMPTY, value->field);
	for (uint32_t i = 0; i < count && report->error_count == 0; i++) {
		check_code(value, OMAHA_SIGN, schema_code_of(schema_element(value, i)), mode, report);
		for (uint32_t j = 0; j < i && report->error_count == 0; j++)
			if (span_eq(schema_element(value, i), schema_element(value, j)))
				schema_report_add(report, SCHEMA_PROBLEM_DUPLICATE, value->field);
	}
}

/* Words are kept as they are. */
static void check_recurrence(const struct schema_value *value, struct schema_report *report)
{
	struct recurrence rule;
	if (!recurrence_is_rule(value->bytes))
		schema_report_add(report, SCHEMA_PROBLEM_IN_WORDS, value->field);
	else if (recurrence_read(value->bytes, &rule))
		schema_report_add(report, SCHEMA_PROBLEM_RECURRENCE, value->field);
}

/* Of text that has a form of its own. */
static void check_rule(const struct schema_value *value, struct schema_report *report)
{
	const struct schema_field *field = value->field;
	bool luhn_ok;
	int error;
	switch (field->rule) {
	case SCHEMA_RULE_NONE:
	case SCHEMA_RULE_TYPED_STATUS:
	case SCHEMA_RULE_OMAHA_PROBLEM:
	case SCHEMA_RULE_OMAHA_SIGN:
	case SCHEMA_RULE_OMAHA_TARGET:
		break;
	case SCHEMA_RULE_RECURRENCE:
		check_recurrence(value, report);
		break;
	case SCHEMA_RULE_ADELI:
		add_wrong(identifiers_adeli(value->bytes), SCHEMA_PROBLEM_ADELI_FORM,
		        SCHEMA_PROBLEM_ADELI_FORM, field, report);
		break;
	case SCHEMA_RULE_FINESS:
		add_wrong(identifiers_finess(value->bytes), SCHEMA_PROBLEM_FINESS_FORM,
		        SCHEMA_PROBLEM_FINESS_KEY, field, report);
		break;
	case SCHEMA_RULE_CIP13:
		add_wrong(identifiers_cip13(value->bytes), SCHEMA_PROBLEM_CIP13_FORM,
		        SCHEMA_PROBLEM_CIP13_KEY, field, report);
		break;
	case SCHEMA_RULE_MSSANTE:
		add_wrong(identifiers_mssante(value->bytes), SCHEMA_PROBLEM_MSSANTE_FORM,
		        SCHEMA_PROBLEM_MSSANTE_FORM, field, report);
		break;
	case SCHEMA_RULE_NIR:
		error = identifiers_ins(value->bytes);
		add_wrong(error, SCHEMA_PROBLEM_INS_FORM, SCHEMA_PROBLEM_INS_KEY, field, report);
		if (!error && value->bytes.size == 13)
			schema_report_add(report, SCHEMA_PROBLEM_NO_KEY, field);
		break;
	case SCHEMA_RULE_RPPS:
		if (identifiers_rpps(value->bytes, &luhn_ok))
			schema_report_add(report, SCHEMA_PROBLEM_RPPS_FORM, field);
		else if (!luhn_ok)
			schema_report_add(report, SCHEMA_PROBLEM_RPPS_LUHN, field);
		break;
	case SCHEMA_RULE_COMMUNE:
		if (identifiers_commune(value->bytes))
			schema_report_add(report, SCHEMA_PROBLEM_COMMUNE_FORM, field);
		break;
	}
}

static void check_bytes(const struct schema_value *value, struct schema_report *report)
{
	size_t max = (size_t)value->field->max;
	if (value->bytes.size == 0)
		schema_report_add(report, SCHEMA_PROBLEM_EMPTY, value->field);
	else if (value->bytes.size > max)
		schema_report_add(report, SCHEMA_PROBLEM_TOO_LONG, value->field);
	else
		check_rule(value, report);
}

static void check_range(
        const struct schema_value *value, enum schema_check_mode mode, struct schema_report *report)
{
	const struct schema_field *field = value->field;
	if (value->number < field->min || value->number > field->max ||
	        value->offset_minutes < -MOMENT_OFFSET_MAX_MINUTES ||
	        value->offset_minutes > MOMENT_OFFSET_MAX_MINUTES)
		schema_report_add(report, SCHEMA_PROBLEM_RANGE, field);
	else if (field->rule == SCHEMA_RULE_OMAHA_PROBLEM)
		check_code(value, OMAHA_PROBLEM, (uint32_t)value->number, mode, report);
	else if (field->rule == SCHEMA_RULE_OMAHA_TARGET)
		check_code(value, OMAHA_TARGET, (uint32_t)value->number, mode, report);
}

/* What the INS service alone can say is not typed. */
static void check_choice(
        const struct schema_value *value, enum schema_check_mode mode, struct schema_report *report)
{
	enum { VALIDATED = 2 }; /* the last of INS_STATUS that a person can see to */
	const struct schema_field *field = value->field;
	if (value->number < 1 || value->number > UINT32_MAX || !schema_choice(field, (uint32_t)value->number))
		schema_report_add(report, SCHEMA_PROBLEM_CHOICE, field);
	else if (field->rule == SCHEMA_RULE_TYPED_STATUS && value->number > VALIDATED &&
	        mode != SCHEMA_CHECK_TAKEN)
		schema_report_add(report, SCHEMA_PROBLEM_TYPED_STATUS, field);
}

static void check_shorts(const struct schema_value *value, struct schema_report *report)
{
	struct span all = value->bytes;
	size_t count = all.size / SCHEMA_SHORT_BYTES;
	if (all.size == 0 || all.size % SCHEMA_SHORT_BYTES || count > SCHEMA_SHORTS_MAX) {
		schema_report_add(report,
		        all.size == 0                       ? SCHEMA_PROBLEM_EMPTY
		                : count > SCHEMA_SHORTS_MAX ? SCHEMA_PROBLEM_TOO_LONG
		                                            : SCHEMA_PROBLEM_WRONG_TYPE,
		        value->field);
		return;
	}
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (memcmp(all.data + i * SCHEMA_SHORT_BYTES, all.data + j * SCHEMA_SHORT_BYTES,
			            SCHEMA_SHORT_BYTES) == 0) {
				schema_report_add(report, SCHEMA_PROBLEM_DUPLICATE, value->field);
				return;
			}
}

static int32_t measure_of(const struct schema_value *value, uint32_t vital, int32_t otherwise)
{
	for (uint32_t i = 0; i < value->measure_count; i++)
		if (value->measures[i].vital == vital)
			return value->measures[i].value;
	return otherwise;
}

static void check_vitals(
        const struct schema_value *value, enum schema_check_mode mode, struct schema_report *report)
{
	enum { SYSTOLIC = 1, DIASTOLIC = 2 };
	bool is_suspect = measure_of(value, SYSTOLIC, INT32_MAX) < measure_of(value, DIASTOLIC, INT32_MIN),
	     is_impossible = false;
	if (value->measure_count == 0 || value->measure_count > SCHEMA_VITALS_MAX)
		schema_report_add(report,
		        value->measure_count ? SCHEMA_PROBLEM_TOO_LONG : SCHEMA_PROBLEM_EMPTY, value->field);
	for (uint32_t i = 0; i < value->measure_count; i++) {
		const struct schema_measure *measure = &value->measures[i];
		const struct schema_vital *vital = schema_vital(measure->vital);
		if (i && measure->vital <= measure[-1].vital)
			schema_report_add(report, SCHEMA_PROBLEM_DUPLICATE, value->field);
		if (vital && (measure->value < vital->min || measure->value > vital->max))
			is_suspect = true;
		if (vital && (measure->value < vital->lowest || measure->value > vital->highest))
			is_impossible = true;
	}
	if (is_impossible && mode != SCHEMA_CHECK_TAKEN)
		schema_report_add(report, SCHEMA_PROBLEM_IMPOSSIBLE, value->field);
	else if (is_suspect)
		schema_report_add(report, SCHEMA_PROBLEM_SUSPECT, value->field);
}

void schema_check_value(
        const struct schema_value *value, enum schema_check_mode mode, struct schema_report *report)
{
	const struct schema_field *field = value->field;
	switch (field->type) {
	case SCHEMA_TEXT:
	case SCHEMA_BYTES:
		check_bytes(value, report);
		break;
	case SCHEMA_REF:
	case SCHEMA_SHORT:
		if (value->bytes.size != (field->type == SCHEMA_REF ? ID_SHORT_BYTES : SCHEMA_SHORT_BYTES))
			schema_report_add(report, SCHEMA_PROBLEM_WRONG_TYPE, field);
		break;
	case SCHEMA_SHORTS:
		check_shorts(value, report);
		break;
	case SCHEMA_VITALS:
		check_vitals(value, mode, report);
		break;
	case SCHEMA_BOOL:
		if (value->number != 0 && value->number != 1)
			schema_report_add(report, SCHEMA_PROBLEM_WRONG_TYPE, field);
		break;
	case SCHEMA_ENUM:
		check_choice(value, mode, report);
		break;
	case SCHEMA_CODES:
		check_codes(value, mode, report);
		break;
	case SCHEMA_DATE:
	case SCHEMA_INSTANT:
	case SCHEMA_AFTER:
	case SCHEMA_INT:
	case SCHEMA_DECIMAL:
	case SCHEMA_CENTS:
	case SCHEMA_MINUTES:
		check_range(value, mode, report);
		break;
	case SCHEMA_TYPE_COUNT:
		break;
	}
}

/* An end needs its start, in the same record, before it and not long ago. */
static void check_after(
        const struct schema_record *record, const struct schema_value *end, struct schema_report *report)
{
	const struct schema_value *start = schema_value(record, end->field->base);
	if (!start) {
		const struct schema_field *base = schema_field(record->kind, end->field->base);
		if (!base->required) /* else it is reported as missing */
			schema_report_add(report, SCHEMA_PROBLEM_REQUIRED, base);
		return;
	}
	int64_t seconds = end->number - start->number;
	if (seconds <= 0)
		schema_report_add(report, SCHEMA_PROBLEM_ORDER, end->field);
	else if (seconds > HOURS_MAX_S)
		schema_report_add(report, SCHEMA_PROBLEM_TOO_LONG_TIME, end->field);
	else if (seconds > HOURS_LONG_S && record->kind->number != SCHEMA_TIME_ENTRY)
		schema_report_add(report, SCHEMA_PROBLEM_LONG_VISIT, end->field);
}

/* A last day is not before the first. */
static void check_days(
        const struct schema_record *record, const struct schema_value *last, struct schema_report *report)
{
	const struct schema_value *first = schema_value(record, last->field->base);
	if (first && last->number < first->number)
		schema_report_add(report, SCHEMA_PROBLEM_BEFORE, last->field);
}

/* What was not given has a reason. */
static void check_dose(const struct schema_record *record, struct schema_report *report)
{
	enum { OUTCOME = 2, WHY = 5, GIVEN = 1 };
	const struct schema_value *outcome = schema_value(record, OUTCOME);
	if (record->kind->number == SCHEMA_DOSE && outcome && outcome->number != GIVEN &&
	        !schema_value(record, WHY))
		schema_report_add(report, SCHEMA_PROBLEM_REQUIRED, schema_field(record->kind, WHY));
}

static void check_nurses(const struct schema_record *record, struct schema_report *report)
{
	enum { NURSE = 5, CO_NURSE = 6 };
	bool is_visit = record->kind->number == SCHEMA_VISIT ||
	        record->kind->number == SCHEMA_VISIT_AMENDMENT;
	const struct schema_value *nurse = is_visit ? schema_value(record, NURSE) : NULL;
	const struct schema_value *second = is_visit ? schema_value(record, CO_NURSE) : NULL;
	if (nurse && second && span_eq(nurse->bytes, second->bytes))
		schema_report_add(report, SCHEMA_PROBLEM_SAME_NURSE, second->field);
}

int schema_check(
        const struct schema_record *record, enum schema_check_mode mode, struct schema_report *report)
{
	const struct schema_kind *kind = record->kind;
	bool needs_all = mode != SCHEMA_CHECK_EDIT || kind->shape == SCHEMA_EVENT;
	for (uint32_t i = 0; needs_all && i < kind->field_count; i++)
		if (kind->fields[i].required && !schema_value(record, kind->fields[i].number))
			schema_report_add(report, SCHEMA_PROBLEM_REQUIRED, &kind->fields[i]);
	for (uint32_t i = 0; i < record->count; i++) {
		const struct schema_value *value = &record->values[i];
		schema_check_value(value, mode, report);
		if (value->field->type == SCHEMA_AFTER)
			check_after(record, value, report);
		else if (value->field->type == SCHEMA_DATE && value->field->base)
			check_days(record, value, report);
	}
	check_nurses(record, report);
	check_dose(record, report);
	if (record->count == 0)
		schema_report_add(report, SCHEMA_PROBLEM_NOTHING, NULL);
	return report->error_count ? ERR_INVALID : 0;
}

static const char *pattern_of(enum schema_problem_code code, enum schema_language language)
{
	switch (code) {
#define SCHEMA_PROBLEM_CASE(number, name, fr, en) \
	case SCHEMA_PROBLEM_##name: \
		return language == SCHEMA_FR ? fr : en;
		SCHEMA_PROBLEM_TABLE(SCHEMA_PROBLEM_CASE)
#undef SCHEMA_PROBLEM_CASE
	default:
		return "%";
	}
}

const char *schema_example(const struct schema_field *field)
{
	switch (field->type) {
	case SCHEMA_DATE:
		return "1950-12-31";
	case SCHEMA_INSTANT:
	case SCHEMA_AFTER:
		return "2026-03-05T08:00:00+01:00";
	case SCHEMA_INT:
		if (field->rule == SCHEMA_RULE_OMAHA_PROBLEM || field->rule == SCHEMA_RULE_OMAHA_TARGET)
			return field->rule == SCHEMA_RULE_OMAHA_PROBLEM ? "PB26" : "TG14";
		return "12";
	case SCHEMA_CENTS:
	case SCHEMA_MINUTES:
		return "12";
	case SCHEMA_DECIMAL:
		return "1.5";
	case SCHEMA_BOOL:
		return "true, false";
	case SCHEMA_VITALS:
		return "temp:36.8,pulse:70";
	case SCHEMA_CODES:
		return "SS2601,SS2602";
	case SCHEMA_TEXT:
	case SCHEMA_ENUM:
	case SCHEMA_REF:
	case SCHEMA_SHORT:
	case SCHEMA_SHORTS:
	case SCHEMA_BYTES:
	case SCHEMA_TYPE_COUNT:
		break;
	}
	return NULL;
}

static void add_text(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text));
}

/* What would have been right: " (as 1950-12-31)", " (m, f)", " (1 - 6)". */
static void add_hint(const struct schema_problem *problem, enum schema_language language, struct buf *out)
{
	char range[64];
	const struct schema_field *field = problem->field;
	const char *one = field && problem->code == SCHEMA_PROBLEM_WRONG_TYPE ? schema_example(field) : NULL;
	if (one) {
		add_text(out, language == SCHEMA_FR ? " (comme " : " (as ");
		add_text(out, one);
		add_text(out, ")");
	}
	if (!field)
		return;
	if (problem->code == SCHEMA_PROBLEM_CHOICE && field->choices) {
		for (const struct schema_choice *choice = field->choices; choice->number; choice++) {
			add_text(out, choice == field->choices ? " (" : ", ");
			add_text(out, choice->name);
		}
		add_text(out, ")");
	}
	if (problem->code == SCHEMA_PROBLEM_RANGE && field->type == SCHEMA_INT) {
		snprintf(
		        range, sizeof(range), " (%lld - %lld)", (long long)field->min, (long long)field->max);
		add_text(out, range);
	}
}

void schema_problem_sentence(
        const struct schema_problem *problem, enum schema_language language, struct buf *out)
{
	const char *label = "";
	if (problem->field)
		label = language == SCHEMA_FR ? problem->field->label.fr : problem->field->label.en;
	for (const char *at = pattern_of(problem->code, language); *at; at++) {
		if (*at == '.' && !at[1])
			add_hint(problem, language, out);
		if (*at == '%')
			buf_add(out, label, strlen(label));
		else
			buf_add(out, at, 1);
	}
}
