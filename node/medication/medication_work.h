/*
 * node/medication/medication_work.h - what a dossier's medication adds to the list of work (node/work/README.md): sources 20 to 24.
 */
#ifndef NODE_MEDICATION_MEDICATION_WORK_H
#define NODE_MEDICATION_MEDICATION_WORK_H

#include "node/medication/medication.h"
#include "node/work/work.h"

/* Called once, for WORK_PRESCRIPTION; gives the facts of all five. */
void medication_work(const struct digest_source *document, uint32_t source, struct work_facts *out);

/* The same of what was looked at and derived, as of several files of one patient. */
void medication_work_of(const struct medication *medication, struct work_facts *out);

/* Is it one of the five? */
bool medication_is_work(uint32_t source);

#endif
