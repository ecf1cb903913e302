/*
 * node/vitals/rules.h - what limits and opinions must say as a whole (README.md). For what is typed on this device. Pure.
 */
#ifndef NODE_VITALS_RULES_H
#define NODE_VITALS_RULES_H

#include "node/record.h"

/* A limit is on one side at least, and the low one not above the high one; an opinion names what it is about. Reported by the field. */
void vitals_rules_check(
        const struct crdt_doc *doc, const struct record_edit *edit, struct schema_report *report);

#endif
