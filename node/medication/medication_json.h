/*
 * node/medication/medication_json.h - a dossier's medication as the interface shows it. Pure.
 */
#ifndef NODE_MEDICATION_MEDICATION_JSON_H
#define NODE_MEDICATION_MEDICATION_JSON_H

#include <jansson.h>

#include "node/medication/medication.h"

/* {"day",
 *  "prescriptions": [{"id", "prescriber", "date", "from", "until", "care", "state", "endsIn", "scan", "renews", "renewedBy": [ids], "versions": [ids],
 *    "followUps": [{"days", "dueOn", "state": "coming" | "due" | "done" | "over", "review"}], "lines": [{"id", "drug", "cip13", "dose", "schedule", "understood",
 *    "asNeeded", "maxPerDay", "from", "until", "state", "endsIn", "versions"}], "stops": [{"id", "line", "on", "by", "why"}]}],
 *  "withoutPrescription": [lines],
 *  "schedule": [{"line", "drug", "dose", "at": "08:00", "slot", "quantity", "state": "due" | "given" | "refused" | "omitted", "doses": [ids]}],
 *  "asNeeded", "unread": [lines in force whose slots nobody can say],
 *  "doses": [{"id", "line", "drug", "outcome", "at", "slotDay", "slotAt", "mistaken"}], newest first, from `doses_from` on,
 *  "alarms": [{"type", "line", "drug", "day", "at", "limit", "state", "doses": [ids], "settled": {"review", "words"}}],
 *  "duplicates": [{"lines": [ids], "drugs", "same", "from", "until", "settled"}],
 *  "attention": [{"type", "urgency", "ids", "day", "fr", "en"}], "attentionLeft": how many more}: what holds on `day`. What does not apply is left out. Owner decrefs. */
json_t *medication_json(const struct medication *medication, int64_t day, int64_t doses_from);

/* ---- Its parts, by file ---- */

/* "schedule", "times", "asNeeded", "unread", "doses". */
void medication_put_day(json_t *json, const struct medication *medication, int64_t day, int64_t doses_from);
/* "versions": of a thing that was corrected by several people apart, all that stand. `items`: a list of things (medication_thing()). */
void medication_put_versions(json_t *json, const void *items, size_t size, uint32_t root);

#endif
