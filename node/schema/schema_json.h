/*
 * node/schema/schema_json.h - the table as JSON, for the interface: forms, labels and choices come from it.
 */
#ifndef NODE_SCHEMA_SCHEMA_JSON_H
#define NODE_SCHEMA_SCHEMA_JSON_H

#include <jansson.h>

#include "node/schema/schema.h"

/* {"documents":[...],"kinds":[{"number","name","document","shape","label":{"fr","en"},"fields":[{"number","name","type","class",
 * "required", and where they apply "min","max","scale","base","refers","preset","choices"}]}],"vitals":[...]}. Owner decrefs. */
json_t *schema_json(void);

#endif
