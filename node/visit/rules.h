/*
 * node/visit/rules.h - the rules of a visit that take more than one field to check (README.md, section 3): for what is typed on this device. Pure.
 */
#ifndef NODE_VISIT_RULES_H
#define NODE_VISIT_RULES_H

#include "node/record.h"

/* What goes without saying: a visit that was not done is not billable. Other kinds are left alone. */
void visit_rules_preset(const struct schema_kind *kind, json_t *record);

/* The contrary is reported by the field. */
void visit_rules_check(const struct record_edit *edit, struct schema_report *report);

#endif
