#include "node/visit/rules.h"

#include <string.h>

enum { BILLABLE = 11, OUTCOME = 18, DONE = 1 };

static bool is_about_visits(const struct schema_kind *kind)
{
	return kind->number == SCHEMA_VISIT || kind->number == SCHEMA_VISIT_AMENDMENT;
}

void visit_rules_preset(const struct schema_kind *kind, json_t *record)
{
	const char *outcome = json_string_value(json_object_get(record, "outcome"));
	if (is_about_visits(kind) && outcome && strcmp(outcome, "done") != 0 &&
	        !json_object_get(record, "billable"))
		json_object_set_new(record, "billable", json_false());
}

void visit_rules_check(const struct record_edit *edit, struct schema_report *report)
{
	const struct schema_kind *kind = edit->record.kind;
	const struct schema_value *outcome = is_about_visits(kind) ? schema_value(&edit->record, OUTCOME)
	                                                           : NULL;
	const struct schema_value *billable = outcome ? schema_value(&edit->record, BILLABLE) : NULL;
	if (outcome && outcome->number != DONE && (!billable || billable->number))
		schema_report_add(report, SCHEMA_PROBLEM_NOT_DONE_BILLED, schema_field(kind, BILLABLE));
}
