/*
 * node/omaha_rules.h - the rules of the Omaha System that take more than one value to check (omaha/README.md): for what is typed on this
 * device. Pure.
 */
#ifndef NODE_OMAHA_RULES_H
#define NODE_OMAHA_RULES_H

#include "node/record.h"

/* What goes without saying: of an intervention whose target has a code, the target's label where no words are given. */
void omaha_rules_preset(const struct schema_kind *kind, json_t *record);

/* What `edit` makes of a problem in `doc`: signs and symptoms only where it is actual, and only its own codes; of a rating: only of a problem that is open.
 * Reported by the field. Other kinds are not looked at, nor a problem of which the edit touches none of that. */
void omaha_rules_check(const struct crdt_doc *doc, const struct record_edit *edit, struct arena *arena,
        struct schema_report *report);

#endif
