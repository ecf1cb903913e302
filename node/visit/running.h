/*
 * node/visit/running.h - a visit that runs: for how long, and when that is to be told (README.md, section 3).
 *
 * Moments are seconds since 1970; days are those of Paris. Pure.
 */
#ifndef NODE_VISIT_RUNNING_H
#define NODE_VISIT_RUNNING_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/mem.h"
#include "node/schema/check.h"
#include "node/schema/moment.h"

enum { VISIT_LONG_S = 3 * 3600, VISIT_AGAIN_S = 3600 };

struct visit_running {
	int64_t minutes; /* 0 where the clock went back */
	bool is_long; /* for more than three hours */
	bool is_over_midnight; /* it began on another day */
	/* How many times it should have been told so far: at three hours, at midnight, and each hour after the first of these. 0: nothing to tell. */
	uint32_t stage;
};

struct visit_running visit_running(int64_t start_s, int64_t now_s);

/* Append "The visit that began at 22:10 has been running for 3 h 05: ...", or that one runs where there is nothing to tell. Nothing of a patient. */
void visit_running_sentence(int64_t start_s, int64_t now_s, enum schema_language language, struct buf *out);

/* "10:55" as the first such moment in Paris after the start. False: not a time of day. */
bool visit_end_at(int64_t start_s, struct span time_of_day, struct moment *out);

#endif
