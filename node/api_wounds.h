/*
 * node/api_wounds.h - what other handlers ask about wounds.
 */
#ifndef NODE_API_WOUNDS_H
#define NODE_API_WOUNDS_H

#include "node/api_patients.h"
#include "node/wounds/consents.h"

/* Is a consent in force on that day, by the last word in any of the patient's files? *out is its id. A file that cannot be read: none. Reads, as below. */
bool api_consent_in_force(struct api_node *app, const struct patient_group *group, enum consents_scope scope,
        int64_t day, struct record_id *out);

/* A record of `kind` with these fields is to be saved in a dossier. Where it is a photo of a wound, or a check that names one, a consent has to be in force
 * (node/wounds/README.md): its id is filled in, or its lack is reported. Reads: borrowed documents are not valid any more. */
void api_consent_preset(struct api_node *app, const struct record_id *dossier, const struct schema_kind *kind,
        json_t *json, struct schema_report *report);

#endif
