/*
 * node/visit/hours.h - a week of working time: with patients, and otherwise (README.md, section 5).
 *
 * Moments are seconds since 1970, days are counted from 1970-01-01. Pure.
 */
#ifndef NODE_VISIT_HOURS_H
#define NODE_VISIT_HOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/arena.h"
#include "crdt/base/ids.h"
#include "node/schema/schema.h"

enum {
	HOURS_PATIENT = 0, /* a visit; other activities as the schema numbers them (timeEntry) */
	HOURS_ACTIVITIES = 16,
	HOURS_AIM_PER_MILLE = 625, /* of all time with patients: DOMAIN.md, R12 */
	HOURS_SPANS_MAX = 1000, /* of one nurse in a week that are looked at: 140 a day */
	HOURS_OVERLAPS_MAX = 50, /* of one nurse that are named */
	HOURS_WEEK_TEXT_BYTES = 9, /* "2026-W48" and its terminator */
};

/* A visit or another time of one nurse. */
struct hours_span {
	uint8_t nurse[SCHEMA_SHORT_BYTES];
	struct record_id id;
	uint32_t activity; /* HOURS_PATIENT, or the schema's number */
	int64_t start_s, end_s;
};

struct hours_overlap {
	const struct hours_span *one, *other; /* in the order of their starts */
};

/* Each moment counts once: with the patient where a visit covers it, else for what began last. */
struct hours {
	uint8_t nurse[SCHEMA_SHORT_BYTES];
	int64_t seconds[HOURS_ACTIVITIES]; /* by activity; unknown ones in the last */
	int64_t total_s;
	int64_t overlap_s; /* covered by more than one */
	uint32_t visits;
	struct hours_overlap *overlaps;
	uint32_t overlap_count; /* of those named */
	bool is_cut; /* more than HOURS_SPANS_MAX */
};

/* Per nurse, ascending by nurse, in the arena. `spans` is sorted, and borrowed by the result. */
void hours_of(
        struct hours_span *spans, uint32_t count, struct arena *arena, struct hours **out, uint32_t *nurses);

/* Do two of one nurse overlap? */
bool hours_overlap(const struct hours_span *one, const struct hours_span *other);

/* Patient time over all time, in tenths of a percent; 0 where there is none. */
uint32_t hours_per_mille(const struct hours *hours);

/* Weeks of ISO 8601: the Monday of a day's week, how that is called, and back. False: not such a week. */
int64_t hours_monday(int64_t day);
void hours_week_text(char out[HOURS_WEEK_TEXT_BYTES], int64_t monday);
bool hours_week_parse(struct span text, int64_t *monday);

#endif
