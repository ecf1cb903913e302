/*
 * node/billing/care.h - a statement of care for an inspector: which visits, when, how long, by whom, under which prescription, billed where, corrected how (README.md, section 6.4).
 *
 * Made of what api_care.c gathers, of which only the members below are read: nothing clinical can come into it. Pure.
 *
 *   {"from", "to", "made", "by", "device", "unknown": [{"fr", "en"}],
 *    "patients": [{"id", "name", "birthDate", "ins", "unknown": [...], "visits": [VISIT]}]}
 *   VISIT: {"id", "start", "end", "minutes", "state": "done" | "cancelled" | "running" | "absent", "billable", "nurse": PERSON, "coNurse": PERSON,
 *    "prescription": {"date", "prescriber", "rpps"}, "corrections": [{"saved", "what": ["times", ...], "reason": true}],
 *    "billed": [{"lot", "month", "line", "kind"}]}
 *   PERSON: {"id", "name", "rpps"}
 */
#ifndef NODE_BILLING_CARE_H
#define NODE_BILLING_CARE_H

#include <jansson.h>

#include "crdt/base/mem.h"
#include "node/schema/check.h"

/* Append CSV (";", CRLF): a VISIT row per visit, a PATIENT row after those of each, an UNKNOWN row for each thing that it does not know. */
void care_csv(const json_t *care, enum schema_language language, struct buf *out);

/* Append one HTML page for paper. */
void care_page(const json_t *care, enum schema_language language, struct buf *out);

#endif
