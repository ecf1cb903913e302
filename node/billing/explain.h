/*
 * node/billing/explain.h - a line of a lot, or a visit, explained step by step: minutes, rate, rule, rounding, and why it is late, corrected or credited.
 *
 * From lots alone; the sentences are in French and English. Pure.
 */
#ifndef NODE_BILLING_EXPLAIN_H
#define NODE_BILLING_EXPLAIN_H

#include <jansson.h>

#include "node/billing/billing.h"

/* {"lot", "lotMonth", "line", "kind", "month", "patient", "cents", ..., "stands": bool, "visits": [...], "steps": [{"fr", "en"}]}. `lots`: all that count. Owner
 * decrefs. */
json_t *explain_line(const struct billing_previous *lots, uint32_t count, uint32_t lot, uint32_t line);

/* The same of every line that bills, or takes back, a visit: in the order of month, fence, hash of their lots, then of lines. An empty array: none does. */
json_t *explain_visit(const struct billing_previous *lots, uint32_t count, const struct record_id *visit);

#endif
