/*
 * node/survey/number.h - the number on a paper form: eight digits at random, and two that check them together with the campaign, so that a wrong digit and
 * a form of another campaign are noticed. It is tied to nobody. Pure; threads: any.
 */
#ifndef NODE_SURVEY_NUMBER_H
#define NODE_SURVEY_NUMBER_H

#include "crdt/base/ids.h"
#include "crdt/base/span.h"

enum { SURVEY_NUMBER_BYTES = 12 }; /* "12345 67890" and a zero */

/* From any random number; never 0. */
uint64_t survey_number(const struct record_id *campaign, uint32_t random);
void survey_number_text(char out[SURVEY_NUMBER_BYTES], uint64_t number);

/* Ten digits, with or without blanks between. 0: it is not a number of a form of this campaign. */
uint64_t survey_number_read(const struct record_id *campaign, struct span text);

#endif
