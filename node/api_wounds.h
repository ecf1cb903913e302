/*
 * node/api_wounds.h - what other handlers ask about wounds.
 */
#ifndef NODE_API_WOUNDS_H
#define NODE_API_WOUNDS_H

#include "node/api_node.h"

/* The call's JSON is a photo, or a check of a wound, to be saved in this dossier. Where it is a photo of a wound, a consent has to be in force
 * (node/wounds/README.md): its id is filled in. False: none is; replied. */
bool api_consent_or_refuse(
        struct api_call *call, const struct schema_kind *kind, const struct record_id *patient);

#endif
