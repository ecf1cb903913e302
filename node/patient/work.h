/*
 * node/patient/work.h - what of a patient's head wants somebody's attention (node/work/README.md): files of which two nurses said different things, an INS
 * number that does not agree with the identity. Pairs that are perhaps one person are of no single document: node/api_duplicates.c.
 */
#ifndef NODE_PATIENT_WORK_H
#define NODE_PATIENT_WORK_H

#include "node/work/work.h"

void patient_work_disputed(const struct digest_source *document, uint32_t source, struct work_facts *out);
void patient_work_identity(const struct digest_source *document, uint32_t source, struct work_facts *out);

#endif
