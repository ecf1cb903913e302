/*
 * node/wounds/consents.h - is a consent in force? The last one about a scope holds (node/schema/README.md). Pure.
 */
#ifndef NODE_WOUNDS_CONSENTS_H
#define NODE_WOUNDS_CONSENTS_H

#include "node/facts.h"

enum consents_scope { CONSENTS_RECORD = 1, CONSENTS_PHOTO = 2 }; /* as in the schema */

/* The consent that is in force on `day`; false: none is. *out is its id. */
bool consents_in_force(
        const struct digest_source *source, enum consents_scope scope, int64_t day, struct record_id *out);

#endif
