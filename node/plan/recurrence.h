/*
 * node/plan/recurrence.h - how often something is done: a subset of RFC 5545's recurrence rules (README.md, section 1).
 *
 * Days count from 1970-01-01; hours are those of the clock on the wall in Paris. Whether a rule gives a day is arithmetic on that day: nothing is
 * expanded. Pure; hostile text is fine.
 */
#ifndef NODE_PLAN_RECURRENCE_H
#define NODE_PLAN_RECURRENCE_H

#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/schema/check.h"

enum {
	RECURRENCE_BYTES_MAX = 512, /* 32 exceptions and the longest rule */
	RECURRENCE_EXCEPT_MAX = 32, /* a month of holidays; for more, the item is suspended */
	RECURRENCE_COUNT_MAX =
	        1000, /* more than a year of visits, morning, midday and evening, is no count */
	RECURRENCE_COUNT_DAYS = 7306, /* 20 years: a counted rule ends then */
	RECURRENCE_HOUR = 8, /* where no hour is said */
};

/* No day: before, and after, all of them. */
#define RECURRENCE_NEVER INT64_MIN
#define RECURRENCE_FOREVER INT64_MAX

enum recurrence_freq {
	RECURRENCE_DAILY = 1,
	RECURRENCE_WEEKLY,
	RECURRENCE_MONTHLY,
	RECURRENCE_YEARLY,
};

struct recurrence {
	enum recurrence_freq freq;
	uint32_t interval;
	uint32_t count; /* 0: without end */
	uint16_t weekdays
	        [7]; /* from Monday: bit 0: each; bit n: the n-th of the month; bit 8 + n: the n-th from its end */
	bool has_weekdays;
	uint32_t month_days; /* bit n: day n */
	uint32_t month_days_back; /* bit n: the n-th day from the end */
	uint32_t hours; /* bit n: hour n; never 0 */
	int64_t begin; /* RECURRENCE_NEVER: not said */
	int64_t last; /* the last day, included; from UNTIL, COUNT and recurrence_begin() */
	uint32_t last_hours; /* hours of that day, where COUNT ends within it */
	int64_t except[RECURRENCE_EXCEPT_MAX];
	uint32_t except_count;
};

/* Does this look like a rule, rather than words? */
bool recurrence_is_rule(struct span text);

/* Read a rule. ERR_INVALID: it is not one, or not of the subset; *out is then undefined. */
int recurrence_read(struct span text, struct recurrence *out);

/* Its first and last day (both included; RECURRENCE_NEVER, RECURRENCE_FOREVER: not said). Once, after reading. Counts what COUNT says. ERR_INVALID: COUNT without a first day. */
int recurrence_begin(struct recurrence *rule, int64_t first, int64_t last);

/* The hours of a day, bit n: hour n; 0: none. */
uint32_t recurrence_hours(const struct recurrence *rule, int64_t day);

/* The first day from `day` on that has some, within RECURRENCE_COUNT_DAYS. False: none. */
bool recurrence_next(const struct recurrence *rule, int64_t day, int64_t *out);

/* The moment at which the clocks in Paris show a minute of a day: of one that they skip the moment after as much time; of one that they show twice the first
 * (RFC 5545, section 3.3.5). */
int64_t recurrence_moment(int64_t day, uint32_t minute);

/* --- Words (recurrence_words.c) --- */

/* "tous les 2 jours, matin et soir, jusqu'au 12 mars 2027"; "every 2 days, morning and evening, until 12 March 2027". */
void recurrence_words(const struct recurrence *rule, enum schema_language language, struct buf *out);

/* "12 mars 2027", "12 March 2027". */
void recurrence_day_words(int64_t day, enum schema_language language, struct buf *out);

/* What the usual words of prescriptions mean mostly ("2x/j", "matin et soir"), as a rule to be proposed. NULL: they say no rhythm. Static text. */
const char *recurrence_usual(struct span words);

#endif
