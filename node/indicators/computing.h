/*
 * node/indicators/computing.h - what compute.c, tally.c and compute_team.c share: one period under way.
 */
#ifndef NODE_INDICATORS_COMPUTING_H
#define NODE_INDICATORS_COMPUTING_H

#include "node/indicators/compute.h"

enum { COMPUTING_NURSES_MAX = 256 };

/* A period, in local days and minutes. */
struct period {
	int32_t first_day, last_day, month, months;
	int64_t from_minute, until_minute; /* until: not within */
};

static inline bool period_has_day(const struct period *period, int32_t day)
{
	return day >= period->first_day && day <= period->last_day;
}

struct computing {
	const struct facts_team *team;
	struct period period;
	struct indicator_values *out;
	uint32_t places[INDICATOR_NUMBER_MAX + 1]; /* of each number in the table, + 1 */
	uint8_t nurses[COMPUTING_NURSES_MAX][SCHEMA_SHORT_BYTES]; /* who were with a patient */
	uint32_t nurse_count;
	int64_t amo;
};

/* All of one patient's files, and her numbers. */
struct tally_patient {
	const struct facts_file *files;
	uint32_t count;
};

struct tally {
	int64_t numerator[INDICATOR_NUMBER_MAX + 1];
	bool problems[STRATA_CODES];
};

/* Notes the nurses, too. */
void tally_of(struct computing *computing, const struct tally_patient *patient, struct tally *out);

/* Once all patients were taken, `conflicts` of their files with one that stands open: what the team's own facts give. */
void compute_team(struct computing *computing, int64_t conflicts);

#endif
