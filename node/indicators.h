/*
 * node/indicators.h - which monthly counts of a team may be shown to somebody who gives no care.
 *
 * A count under 11 tells of persons; so does the difference between two versions of a count that a late visit has moved. Both are
 * suppressed before anything is written, so that no device of a facilitator ever holds them.
 *
 * Pure. Threads: any.
 */
#ifndef NODE_INDICATORS_H
#define NODE_INDICATORS_H

#include <stdbool.h>
#include <stdint.h>

enum { INDICATORS_COUNT_MIN = 11 };

/* Counts of one month. In what may be shown, 0 stands for a count that is not. */
struct indicators {
	uint32_t patients, visits, hours;
};

/* What may be shown of `counted`. Of few patients nothing is: how often they are seen, and how long, is theirs as well. */
struct indicators indicators_shown(const struct indicators *counted);

/* May `now`, already what may be shown, replace what was shown before? Not when patients or visits rose by less than 11, when they fell
 * (of all that was ever shown no two may differ by less), or when hours alone moved, which is a correction of few visits: what was shown stays. */
bool indicators_replace(const struct indicators *before, const struct indicators *now);

#endif
