/*
 * node/vitals/vitals_json.h - a patient's measures as the interface shows them. Pure.
 */
#ifndef NODE_VITALS_VITALS_JSON_H
#define NODE_VITALS_VITALS_JSON_H

#include <jansson.h>

#include "node/vitals/vitals.h"

/* {"vitals": [{"type", "unit", "label", "count", "last", "previous", "first", "lowest", "highest", "change", "over", "limits": {"low", "high", "disputed"}, "values": [V]}],
 *  "attention": [{"type", "urgency", "ids", "day", "fr", "en"}]}, V = {"at", "value", "in": [{"value", "unit"}], "from": "visit" | "vital", "id", "context",
 *  "unusual", "beyond": "low" | "high", "opinion": "suspect" | "confirmed", "why"}, oldest first. "change" is the last less the previous, "over" the last less the first of the
 * window. `vital` 0: all that were measured. What does not apply is left out. Owner decrefs. */
json_t *vitals_json(const struct vitals *vitals, uint32_t vital, int64_t from, int64_t to);

#endif
