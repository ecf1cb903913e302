/*
 * Rules of recurrence, judged by libical: each day of a random rule is one that libical gives, and the other way round, with its hours. Moments of the wall clock
 * are judged by a model that tries every minute.
 */
#include <libical/ical.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node/calendar.h"
#include "node/plan/recurrence.h"
#include "tests/prop/prop.h"

enum { DAYS = 600, FIRST_DAY = 20000 /* 2024-10-04 */ };

/* ---- A random rule ------------------------------------------------------------------------------------------------ */

struct text {
	char bytes[600];
	size_t size;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	text->size += (size_t)vsnprintf(
	        text->bytes + text->size, sizeof(text->bytes) - text->size, format, args);
	va_end(args);
}

static void add_day(struct text *text, const char *before, int64_t day)
{
	struct calendar_date date = calendar_date(day);
	add(text, "%s%04d%02u%02u", before, date.year, date.month, date.day);
}

static void draw_weekdays(struct prop *prop, struct text *text, bool may_have_place)
{
	static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
	uint32_t first = prop_below(prop, 7), count = 1 + prop_below(prop, 3);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t place = may_have_place ? prop_below(prop, 11) : 0;
		add(text, "%s", i ? "," : ";BYDAY=");
		if (place)
			add(text, "%d", place <= 5 ? (int)place : 5 - (int)place);
		add(text, "%s", names[(first + i) % 7]);
	}
}

/* From the end with MONTHLY alone: libical gives nothing for DAILY. */
static void draw_month_days(struct prop *prop, struct text *text, uint32_t of)
{
	uint32_t count = 1 + prop_below(prop, 3), first = prop_below(prop, of);
	for (uint32_t i = 0; i < count; i++) {
		int64_t day = (first + 7 * i) % of;
		add(text, "%s", i ? "," : ";BYMONTHDAY=");
		add(text, "%d", (int)(day < 31 ? day + 1 : 30 - day));
	}
}

/* Ascending: libical counts them in the order given. */
static void draw_hours(struct prop *prop, struct text *text)
{
	uint32_t count = 1 + prop_below(prop, 3), first = prop_below(prop, 14);
	for (uint32_t i = 0; i < count; i++) {
		add(text, "%s", i ? "," : ";BYHOUR=");
		add(text, "%u", first + 5 * i);
	}
}

/* The end, and what is excepted. */
static void draw_end(struct prop *prop, struct text *text)
{
	uint32_t end = prop_below(prop, 3), except = prop_below(prop, 4);
	if (end == 1)
		add(text, ";COUNT=%u", 1 + prop_below(prop, 60));
	if (end == 2)
		add_day(text, ";UNTIL=", FIRST_DAY + prop_below(prop, DAYS));
	for (uint32_t i = 0; i < except; i++)
		add_day(text, i ? "," : " EXDATE:", FIRST_DAY + prop_below(prop, 40));
}

static void draw_rule(struct prop *prop, struct text *text)
{
	static const char *const names[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
	static const uint32_t intervals[] = {40, 10, 7, 2};
	uint32_t freq = prop_below(prop, 4);
	text->size = 0;
	add(text, "FREQ=%s", names[freq]);
	if (prop_chance(prop, 50))
		add(text, ";INTERVAL=%u", 1 + prop_below(prop, intervals[freq]));
	if (freq != 3 && prop_chance(prop, 40))
		draw_weekdays(prop, text, freq == 2);
	if ((freq == 0 || freq == 2) && prop_chance(prop, 40))
		draw_month_days(prop, text, freq == 2 ? 62 : 31);
	if (prop_chance(prop, 50))
		draw_hours(prop, text);
	draw_end(prop, text);
}

/* ---- What libical says -------------------------------------------------------------------------------------------- */

static void ask_libical(const char *text, int64_t begin, uint32_t given[DAYS])
{
	char rule[600];
	const struct calendar_date first = calendar_date(begin);
	/* UNTIL comes last, and is a moment for libical: the end of that day */
	snprintf(rule, sizeof(rule), "%.*s%s%s", (int)strcspn(text, " "), text,
	        strstr(text, "UNTIL") ? "T235959" : "", strstr(text, "BYHOUR") ? "" : ";BYHOUR=8");
	struct icaltimetype start = icaltime_null_time(), next;
	start.year = first.year;
	start.month = (int)first.month;
	start.day = (int)first.day;
	icalrecur_iterator *iterator = icalrecur_iterator_new(icalrecurrencetype_from_string(rule), start);
	memset(given, 0, DAYS * sizeof(*given));
	while (iterator && !icaltime_is_null_time(next = icalrecur_iterator_next(iterator))) {
		struct calendar_date date = {next.year, (uint32_t)next.month, (uint32_t)next.day};
		int64_t place = calendar_day(date) - FIRST_DAY;
		if (place >= DAYS)
			break;
		char day[16];
		snprintf(day, sizeof(day), "%04d%02u%02u", date.year, date.month, date.day);
		const char *except = strstr(text, "EXDATE:");
		if (place >= 0 && !(except && strstr(except, day)))
			given[place] |= 1U << next.hour;
	}
	if (iterator)
		icalrecur_iterator_free(iterator);
}

/* The RFC leaves open what a rule gives that does not give its first day; libical passes over that week (every second Sunday, from a Friday). */
static int64_t first_of_its_week(const char *text, int64_t day)
{
	static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
	const char *weekdays = strstr(text, "WEEKLY") ? strstr(text, "BYDAY=") : NULL;
	while (weekdays) {
		const char *found = strstr(weekdays, names[(day + 3) % 7]);
		if (found && found < weekdays + strcspn(weekdays + 1, ";") + 1)
			break;
		day++;
	}
	return day;
}

static bool days_are_those_of_libical(struct prop *prop)
{
	struct text text;
	struct recurrence rule;
	uint32_t given[DAYS];
	int64_t begin = FIRST_DAY + prop_below(prop, 150), next, expected = -1;
	draw_rule(prop, &text);
	begin = first_of_its_week(text.bytes, begin);
	prop_say(prop, "%s from day %lld\n", text.bytes, (long long)begin);
	if (recurrence_read(span_text(text.bytes), &rule) ||
	        recurrence_begin(&rule, begin, RECURRENCE_FOREVER))
		return prop_fail(prop, "it is not read: %s", text.bytes);
	ask_libical(text.bytes, begin, given);
	for (int64_t i = DAYS - 1; i >= 0; i--) {
		prop_edit(prop);
		if (given[i])
			expected = i;
		if (recurrence_hours(&rule, FIRST_DAY + i) != given[i])
			return prop_fail(prop, "%s from %lld, day %lld: %x, not %x", text.bytes,
			        (long long)begin, (long long)(FIRST_DAY + i),
			        recurrence_hours(&rule, FIRST_DAY + i), given[i]);
		if (expected >= 0 &&
		        (!recurrence_next(&rule, FIRST_DAY + i, &next) || next != FIRST_DAY + expected))
			return prop_fail(
			        prop, "%s: the next from day %lld", text.bytes, (long long)(FIRST_DAY + i));
	}
	return true;
}

/* ---- The wall clock ----------------------------------------------------------------------------------------------- */

/* The first minute that the clocks show so; none: what they show an hour later. */
static int64_t first_shown(int64_t wall_minute)
{
	for (int64_t minute = wall_minute - 180; minute <= wall_minute; minute++)
		if (minute + calendar_paris_offset_minutes(minute * 60) == wall_minute)
			return minute * 60;
	return first_shown(wall_minute + 60);
}

static bool hours_are_the_wall_clocks(struct prop *prop)
{
	/* the last Sundays of March and October, and days anywhere */
	static const uint32_t years[] = {2024, 2025, 2026, 2027, 2028};
	uint32_t which = prop_below(prop, 3), minute = prop_below(prop, 24 * 60);
	struct calendar_date date = {(int32_t)years[prop_below(prop, 5)], which == 1 ? 3 : 10, 31};
	int64_t day = which ? calendar_day(date) : FIRST_DAY + prop_below(prop, DAYS);
	while (which && (day + 3) % 7 != 6)
		day--;
	prop_edit(prop);
	int64_t got = recurrence_moment(day, minute), want = first_shown(day * 24 * 60 + minute);
	return got == want ? true
	                   : prop_fail(prop, "day %lld minute %u: %lld, not %lld", (long long)day, minute,
	                             (long long)got, (long long)want);
}

int main(void)
{
	bool days = prop_holds("days are those of libical", days_are_those_of_libical, 200);
	bool hours = prop_holds("hours are the wall clock's", hours_are_the_wall_clocks, 4000);
	return days && hours ? 0 : 1;
}
