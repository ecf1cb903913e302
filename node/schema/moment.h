/*
 * node/schema/moment.h - texts of days and of instants with the offset of the place (RFC 3339), over node/calendar.h.
 *
 * Years 1900 to 2199. Pure; no time zone of the machine is ever read.
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

/* "YYYY-MM-DD", nothing else; in days since 1970-01-01. */
bool moment_day_parse(struct span text, int64_t *days);
void moment_day_text(char out[MOMENT_DAY_TEXT_BYTES], int64_t days);

/* "YYYY-MM-DDThh:mm[:ss](Z|+hh:mm|-hh:mm)"; 'T' may be a space. No fractions, no leap second. From 1970 to 2199. */
bool moment_parse(struct span text, struct moment *out);
void moment_text(char out[MOMENT_TEXT_BYTES], struct moment moment);

/* The local day of an instant, in days since 1970-01-01. */
int64_t moment_local_day(struct moment moment);

#endif
