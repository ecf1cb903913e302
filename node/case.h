/*
 * node/case.h - the redacted copy of a dossier that a facilitator may be given with the patient's consent.
 *
 * What is kept is a list of fields (node/schema/tables.c, CASE), not what is left after taking names out: a band of ages, sex, long-term illness
 * and dependency group; problems by their Omaha code with first and last rating; interventions by category and codes; how many visits in how
 * many months. Nothing that somebody wrote in words, no day, no place, no nurse, no id of the dossier.
 *
 * Pure: JSON in, JSON out. Hostile JSON is fine.
 */
#ifndef NODE_CASE_H
#define NODE_CASE_H

#include <jansson.h>
#include <stdint.h>

/* A dossier as the interface shows it (record_json(), record_event_json()). Borrowed; NULL is an empty one. */
struct case_source {
	const json_t *patient;
	const json_t *problems, *interventions; /* arrays */
	const json_t *ratings, *visits, *amendments; /* arrays of events; corrected ones are passed over */
};

/* {"case": {...}, "problems": [...], "cares": [...]}: fields of the kinds case, caseProblem, caseCare, without the facilitator's and the
 * consent's. `today` in days since 1970. Owner decrefs. */
json_t *case_redact(const struct case_source *source, int64_t today);

#endif
