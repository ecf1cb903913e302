/*
 * node/calendar.h - days and months as numbers, without time zones: the proleptic Gregorian calendar.
 *
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". Days count from 1970-01-01, months from January 1970.
 */
#ifndef NODE_CALENDAR_H
#define NODE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

struct calendar_date {
	int32_t year;
	uint32_t month, day; /* from 1 */
};

int64_t calendar_day(struct calendar_date date);
struct calendar_date calendar_date(int64_t day);
bool calendar_valid(struct calendar_date date); /* years 1900 to 2199 */

/* The month of a moment in seconds since 1970, seen with an offset from UTC. */
int32_t calendar_month(int64_t seconds, int32_t offset_minutes);
int64_t calendar_month_start(int32_t month); /* in seconds, UTC */

/* Seconds since 1970 and minutes from UTC of the offset that French law gives that moment: summer time from the last Sunday of March 01:00 UTC
 * to the last Sunday of October 01:00 UTC (directive 2000/84/EC). */
int32_t calendar_paris_offset_minutes(int64_t seconds);
int64_t calendar_paris_day(int64_t seconds); /* the day there then */

#endif
