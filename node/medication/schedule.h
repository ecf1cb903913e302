/*
 * node/medication/schedule.h - when a prescribed line is to be given, read from the prescriber's words (README.md, "Schedules").
 *
 * The words are what counts and are always shown. They are understood whole or not at all: what is not understood gives no slots, and says so.
 * Pure. Outside text: hostile bytes are fine.
 */
#ifndef NODE_MEDICATION_SCHEDULE_H
#define NODE_MEDICATION_SCHEDULE_H

#include "node/schema/schema.h"

enum {
	SCHEDULE_SLOTS_MAX = 12, /* every two hours */
	SCHEDULE_PERIOD_MAX = 366, /* days between two; once a year */
	SCHEDULE_PER_DAY_MAX = 24,
	SCHEDULE_QUANTITY_ONE = 100, /* quantities are hundredths: "1/2" is 50 */
};

/* As in the schema (dose.slot); NONE: an hour. */
enum schedule_name { SCHEDULE_NONE, SCHEDULE_MORNING, SCHEDULE_NOON, SCHEDULE_EVENING, SCHEDULE_BEDTIME };

struct schedule_slot {
	uint32_t minute; /* of the day, as clocks in Paris show it; of a named slot schedule_minute() */
	enum schedule_name name;
	uint32_t quantity; /* hundredths; 0: none is said */
};

struct schedule {
	bool is_understood;
	bool as_needed;
	uint32_t slot_count; /* slots ascend by minute, each minute once */
	struct schedule_slot slots[SCHEDULE_SLOTS_MAX];
	uint32_t times; /* a day, without saying when; 0: not so */
	uint32_t every_days; /* from the line's first day on; 1: daily */
	uint32_t weekdays; /* bit 0 Monday ... bit 6 Sunday; 0: not so */
	uint32_t max_per_day; /* 0: none is said */
};

void schedule_read(struct span words, struct schedule *out);

uint32_t schedule_minute(enum schedule_name name); /* the usual one */

/* Is anything of it due on that day (days since 1970), of a line that began on `first`? Never of one that is as needed, or not understood. */
bool schedule_is_on(const struct schedule *schedule, int64_t first, int64_t day);

#endif
