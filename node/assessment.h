/*
 * node/assessment.h - how each problem of a patient went: its ratings one after the other, and the differences between them.
 *
 * Works on records as the interface shows them (node/record.h). Pure; owner decrefs what is returned.
 */
#ifndef NODE_ASSESSMENT_H
#define NODE_ASSESSMENT_H

#include <jansson.h>

/* Of each problem, the open ones first: {"id", "code": "PB26", "label": {"fr","en"}, "name", "retired", "foreign", "severity", "state", "scope",
 * "signCodes", "signs", "ratings": [rating, the first one first], "first", "previous", "current", "expected": {"knowledge","behaviour","status"},
 * "sinceFirst", "sincePrevious", "toExpected": {the three differences}, "trend": "better", "same", "worse" or "mixed", "rules": [{"fr","en"}], "fr", "en"}. Ratings that were
 * corrected are not among them; what does not apply is left out. "foreign": the name is not what the code is called. "rules": what concurrent changes made
 * of it that nobody could type. "fr", "en": one sentence that says it all. */
json_t *assessment_of(const json_t *problems, const json_t *ratings);

#endif
