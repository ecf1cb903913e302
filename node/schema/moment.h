/*
 * node/schema/moment.h - days, instants with the offset of the place, and their texts (RFC 3339).
 *
 * Proleptic Gregorian calendar, years 1850 to 2199. Pure; no time zone of the machine is ever read.
 */
#ifndef NODE_SCHEMA_MOMENT_H
#define NODE_SCHEMA_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/span.h"

enum {
	MOMENT_DAY_TEXT_BYTES = 11, /* "2024-02-29" and its terminator */
	MOMENT_TEXT_BYTES = 26, /* "2024-02-29T08:15:00+01:00" and its terminator */
	MOMENT_OFFSET_MAX_MINUTES = 14 * 60,
};

struct moment {
	int64_t seconds; /* since 1970-01-01T00:00:00Z */
	int32_t offset_minutes; /* east of Greenwich, what the clock on the wall showed */
};

/* Days since 1970-01-01. False: not a day of the calendar, or outside 1850..2199. */
bool moment_day_of(int32_t year, uint32_t month, uint32_t day, int64_t *days);
void moment_day_split(int64_t days, int32_t *year, uint32_t *month, uint32_t *day);

/* "YYYY-MM-DD", nothing else. */
bool moment_day_parse(struct span text, int64_t *days);
void moment_day_text(char out[MOMENT_DAY_TEXT_BYTES], int64_t days);

/* "YYYY-MM-DDThh:mm[:ss](Z|+hh:mm|-hh:mm)"; 'T' may be a space. No fractions, no leap second. From 1970 to 2199. */
bool moment_parse(struct span text, struct moment *out);
void moment_text(char out[MOMENT_TEXT_BYTES], struct moment moment);

/* The local day and month (12 * year + month - 1) of an instant. */
int64_t moment_local_day(struct moment moment);
uint32_t moment_local_month(struct moment moment);

/* Minutes that the clocks of Paris were (or will be) ahead of UTC: rule 1, the directive 2000/84/EC, 120 from the last Sunday of
 * March 01:00 UTC to that of October, else 60. A fixed rule of the format: an instant with this offset is stored without it, any
 * other offset is stored. Should the law change, offsets are stored again. */
int32_t moment_paris_offset(int64_t seconds);

#endif
