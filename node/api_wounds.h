/*
 * node/api_wounds.h - what other handlers ask about wounds.
 */
#ifndef NODE_API_WOUNDS_H
#define NODE_API_WOUNDS_H

#include "node/api_node.h"

/* A record of `kind` with these fields is to be saved in a dossier. Where it is a photo of a wound, or a check that names one, a consent has to be in force
 * (node/wounds/README.md): its id is filled in, or its lack is reported. Reads: borrowed documents are not valid any more. */
void api_consent_preset(struct api_node *app, const struct record_id *dossier, const struct schema_kind *kind,
        json_t *json, struct schema_report *report);

#endif
