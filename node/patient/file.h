/*
 * node/patient/file.h - the parts of a patient's file, from records as the interface shows them (node/record.h).
 *
 * Of a patient with several files each record bears its "dossier". Pure: what day or moment it is, the caller says. Owner decrefs what is returned.
 */
#ifndef NODE_PATIENT_FILE_H
#define NODE_PATIENT_FILE_H

#include <jansson.h>
#include <stdbool.h>

/* Who it is: {"status", "statusLabel", "ins": {"number", "kind", "oid"}, "warnings": [{"field", "fr", "en"}], "differs": [{"field", "label", "values": [{"value",
 * "dossier"}]}]}. `heads`: the patient's records of all files, the patient's own first. "differs": identity fields that are not the same in all; what is
 * not given in one differs from nothing. */
json_t *file_identity(const json_t *heads);

/* Alerts that hold, the gravest first; one of whose states somebody says that it holds does. `held` false: the others. */
json_t *file_alerts(const json_t *alerts, bool held);

/* Of each scope the last consent: {"scope", "decision", "until", "holds", "record", "earlier": [the ones before, newest first]}. `consents` newest first;
 * `today` "2026-11-27": the last day of one counts. */
json_t *file_consents(const json_t *consents, const char *today);

/* {"values": [{"person", "from", "dossier"}], "conflict"}: several where values live together, or the files differ. */
json_t *file_referent(const json_t *heads);

/* {"ald", "from", "until", "ended"}. */
json_t *file_ald(const json_t *heads, const char *today);

/* Of a set of people in several heads each once: ["id", ...]. */
json_t *file_circle(const json_t *heads);

/* Planned visits that are to come from the moment `from_s` on, the next first, at most `limit`: no cancelled or made ones. */
json_t *file_planned(const json_t *planned, int64_t from_s, size_t limit);

/* The fields named, of the first head that has one, each: how the house is entered, who is the doctor. `names` ends with NULL. */
json_t *file_fields(const json_t *heads, const char *const *names);

#endif
