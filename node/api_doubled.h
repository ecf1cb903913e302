/*
 * node/api_doubled.h - visits that two nurses did together, for the practice's year (practice/README.md, section 1). Threads: one.
 */
#ifndef NODE_API_DOUBLED_H
#define NODE_API_DOUBLED_H

#include "node/api_node.h"

/* {"count", "minutes", "people": [{"id", "name", "count"}]}: visits of the year with a second nurse, as they stand with their amendments; each counts for both. Owner decrefs. */
json_t *api_doubled_json(struct api_node *app, int32_t year);

#endif
