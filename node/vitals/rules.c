#include "node/vitals/rules.h"

enum { LOW = 1, HIGH = 2, DOUBT_VITAL = 1, DOUBT_VISIT = 2 };

/* A side as it will be: what the edit says, else what stands in the dossier. */
struct side {
	struct schema_measures measures;
	struct schema_value value;
	const struct schema_value *is; /* NULL: there is none */
};

static void read_side(
        const struct crdt_doc *doc, const struct record_edit *edit, uint32_t number, struct side *out)
{
	const struct schema_field *field = schema_field(edit->record.kind, number);
	struct crdt_path path;
	struct crdt_value live;
	out->is = schema_value(&edit->record, number);
	for (uint32_t i = 0; i < edit->cleared_count; i++)
		if (edit->cleared[i]->number == number)
			return;
	record_path(edit->record.kind, &edit->record.id, number, &path);
	if (!out->is && crdt_doc_get(doc, crdt_path_span(&path), &live) &&
	        schema_value_get(field, live.value, NULL, &out->measures, &out->value))
		out->is = &out->value;
}

static bool is_below(const struct schema_value *high, const struct schema_value *low)
{
	for (uint32_t i = 0; i < high->measure_count; i++)
		for (uint32_t j = 0; j < low->measure_count; j++)
			if (high->measures[i].vital == low->measures[j].vital &&
			        high->measures[i].value < low->measures[j].value)
				return true;
	return false;
}

static void check_limit(
        const struct crdt_doc *doc, const struct record_edit *edit, struct schema_report *report)
{
	const struct schema_kind *kind = edit->record.kind;
	struct side low, high;
	read_side(doc, edit, LOW, &low);
	read_side(doc, edit, HIGH, &high);
	if (!low.is && !high.is)
		schema_report_add(report, SCHEMA_PROBLEM_REQUIRED, schema_field(kind, LOW));
	if (low.is && high.is && is_below(high.is, low.is))
		schema_report_add(report, SCHEMA_PROBLEM_LIMITS, schema_field(kind, HIGH));
}

void vitals_rules_check(
        const struct crdt_doc *doc, const struct record_edit *edit, struct schema_report *report)
{
	const struct schema_record *record = &edit->record;
	if (record->kind->number == SCHEMA_VITAL_LIMIT)
		check_limit(doc, edit, report);
	else if (record->kind->number == SCHEMA_VITAL_DOUBT && !schema_value(record, DOUBT_VITAL) &&
	        !schema_value(record, DOUBT_VISIT))
		schema_report_add(report, SCHEMA_PROBLEM_REQUIRED, schema_field(record->kind, DOUBT_VITAL));
}
