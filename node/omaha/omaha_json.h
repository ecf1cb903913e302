/*
 * node/omaha/omaha_json.h - the Omaha System as JSON, for the interface. Owner decrefs what is returned.
 */
#ifndef NODE_OMAHA_OMAHA_JSON_H
#define NODE_OMAHA_OMAHA_JSON_H

#include <jansson.h>

#include "node/omaha/omaha.h"

/* {"version", "codeSystem", "oid", "notice": {"fr","en"}, "domains", "problems": [term + "signs": [term]], "targets", "categories", "scopes",
 * "severities", "scales", "retired": [term]}. */
json_t *omaha_json(void);

/* {"code": "PB26", "number": 26, "what": "problem", "label": {"fr","en"}, "definition": {...}, "domain", "other", "retired"}; what does not apply is
 * left out, also a French label where there is none. A problem's has "signs" too when `is_whole`. */
json_t *omaha_term_json(const struct omaha_term *term, bool is_whole);

#endif
