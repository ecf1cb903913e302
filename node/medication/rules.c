#include "node/medication/rules.h"

static void need(const struct schema_record *record, uint32_t number, struct schema_report *report)
{
	if (!schema_value(record, number))
		schema_report_add(report, SCHEMA_PROBLEM_REQUIRED, schema_field(record->kind, number));
}

/* A day alone does not say which of its slots. */
static void check_dose(const struct schema_record *record, struct schema_report *report)
{
	enum { SLOT = 8, DAY = 9 };
	if (schema_value(record, DAY))
		need(record, SLOT, report);
}

/* What it looked into is named. */
static void check_review(const struct schema_record *record, struct schema_report *report)
{
	enum { ABOUT = 1, DOSES = 5, LINES = 6, PRESCRIPTION = 7 };
	static const uint32_t NEEDED[] = {0, DOSES, LINES, PRESCRIPTION, PRESCRIPTION};
	const struct schema_value *about = schema_value(record, ABOUT);
	if (about && about->number > 0 && about->number < (int64_t)(sizeof(NEEDED) / sizeof(*NEEDED)))
		need(record, NEEDED[about->number], report);
}

static void check_mistaken(
        const struct schema_record *record, bool is_correction, struct schema_report *report)
{
	const struct schema_field *field = schema_field_named(record->kind, span_text("mistaken"));
	const struct schema_value *value = field ? schema_value(record, field->number) : NULL;
	if (value && value->number && !is_correction)
		schema_report_add(report, SCHEMA_PROBLEM_MISTAKEN, field);
}

void medication_rules_check(const struct record_edit *edit, bool is_correction, struct schema_report *report)
{
	check_mistaken(&edit->record, is_correction, report);
	if (edit->record.kind->number == SCHEMA_DOSE)
		check_dose(&edit->record, report);
	else if (edit->record.kind->number == SCHEMA_MEDICATION_REVIEW)
		check_review(&edit->record, report);
}
