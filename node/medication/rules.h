/*
 * node/medication/rules.h - what a record of medication must say as a whole, beyond its single fields (README.md, "Rules"). For what is typed on this
 * device. Pure.
 */
#ifndef NODE_MEDICATION_RULES_H
#define NODE_MEDICATION_RULES_H

#include "node/record.h"

/* Reported by the field. Of every kind: `mistaken` is said in a correction alone. */
void medication_rules_check(const struct record_edit *edit, bool is_correction, struct schema_report *report);

#endif
