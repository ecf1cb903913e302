/*
 * node/indicators/compute.h - all indicators of a period, exactly, from a team's facts: for the team's own eyes (suppress.h is for others').
 *
 * A function of the facts and the period: whoever has the same gets the same. Pure.
 */
#ifndef NODE_INDICATORS_COMPUTE_H
#define NODE_INDICATORS_COMPUTE_H

#include "node/indicators/definitions.h"
#include "node/indicators/facts.h"
#include "node/indicators/strata.h"

/* One number. `people`: patients with something in the numerator; `rest_people`: with something of the denominator that is not in the numerator. */
struct indicator_amount {
	int64_t numerator, denominator;
	uint32_t people, rest_people;
	bool is_known; /* false: there is nothing to say, as of days since a sharing that never was */
};

struct indicator_values {
	int32_t month; /* calendar.h: the first of the period */
	uint32_t months;
	bool is_observed; /* what the device sees now is told of it */
	/* By the indicator's place in the table; of those that do not tell of people only STRATA_CELL_ALL. */
	struct indicator_amount (*cells)[STRATA_CELLS];
	struct indicator_amount problems[STRATA_CODES]; /* INDICATOR_PROBLEM by code */
	struct indicator_territory {
		struct span name; /* borrowed from the facts */
		int64_t visits, minutes, cents, amo_cents;
	} territories[FACTS_TERRITORIES_MAX]; /* whose rates were billed by in the period */
	uint32_t territory_count;
};

/* Of many periods at once, patient by patient, so that nobody need hold the files of all: whatever their order, the sums are the same. `values`: of each the period, and whether it
 * is observed, is set; the rest is from the arena, and complete once the sums are ended. `team` is borrowed until then, its `files` are passed over. */
struct indicator_sums;
struct indicator_sums *indicator_sums_new(
        const struct facts_team *team, struct arena *arena, struct indicator_values *values, uint32_t count);
/* All files of one patient, ascending; borrowed during the call. */
void indicator_sums_add(struct indicator_sums *sums, const struct facts_file *files, uint32_t count);
void indicator_sums_end(struct indicator_sums *sums); /* frees them */

/* Of one period, of the team's `files`. */
void indicators_compute(const struct facts_team *team, int32_t month, uint32_t months, struct arena *arena,
        struct indicator_values *out);

#endif
