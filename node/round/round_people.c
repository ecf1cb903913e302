#include "node/round/round_people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_continuity(const void *a, const void *b)
{
	const struct round_candidate *left = a, *right = b;
	if (left->visits != right->visits)
		return left->visits > right->visits ? -1 : 1;
	if (left->is_referent != right->is_referent)
		return left->is_referent ? -1 : 1;
	if (left->is_in_circle != right->is_in_circle)
		return left->is_in_circle ? -1 : 1;
	if (left->load != right->load)
		return left->load < right->load ? -1 : 1;
	return memcmp(left->person.bytes, right->person.bytes, sizeof(left->person.bytes));
}

void round_candidates_sort(struct round_candidate *candidates, uint32_t count)
{
	if (count)
		qsort(candidates, count, sizeof(*candidates), by_continuity);
}

/* In French none is singular. */
static void add_count(struct buf *out, uint32_t count, bool fr, const char *one, const char *many)
{
	char text[80];
	snprintf(text, sizeof(text), "%u %s", count, count == 1 || (fr && count == 0) ? one : many);
	buf_add_span(out, span_text(text));
}

void round_candidate_words(
        const struct round_candidate *candidate, enum schema_language language, struct buf *out)
{
	const bool fr = language == SCHEMA_FR;
	add_count(out, candidate->visits, fr, fr ? "passage en 28 jours" : "visit in 28 days",
	        fr ? "passages en 28 jours" : "visits in 28 days");
	if (candidate->is_referent)
		buf_add_span(out, span_text(fr ? ", référente" : ", référent"));
	if (candidate->is_in_circle)
		buf_add_span(out, span_text(fr ? ", dans le cercle" : ", in the circle"));
	buf_add_span(out, span_text(", "));
	add_count(out, candidate->load, fr, fr ? "passage ce jour" : "visit that day",
	        fr ? "passages ce jour" : "visits that day");
}
