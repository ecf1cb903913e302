/*
 * node/round/round_people.h - who should take a visit: as few different nurses as possible for a patient (README.md, section 5). Pure; a suggestion.
 */
#ifndef NODE_ROUND_ROUND_PEOPLE_H
#define NODE_ROUND_ROUND_PEOPLE_H

#include "node/round/round_facts.h"

enum { ROUND_CONTINUITY_DAYS = 28 };

struct round_candidate {
	struct round_person person;
	uint32_t visits; /* at this patient in the last ROUND_CONTINUITY_DAYS */
	bool is_referent, is_in_circle;
	uint32_t load; /* visits that she has on that day */
};

/* Whoever was there most; then the référent; then the circle; then who has the fewest visits that day; then by id. */
void round_candidates_sort(struct round_candidate *candidates, uint32_t count);

/* Why: "12 passages en 28 jours, référente, 3 passages ce jour". */
void round_candidate_words(
        const struct round_candidate *candidate, enum schema_language language, struct buf *out);

#endif
