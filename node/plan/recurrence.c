#include "node/plan/recurrence.h"

#include <string.h>

#include "crdt/base/err.h"
#include "node/calendar.h"

enum { DAYS_OF_WEEK = 7, MONDAY_ANCHOR = 4 /* 5 January 1970 */, HOURS = 24 };
enum { INTERVAL_DAYS = 366, INTERVAL_WEEKS = 53, INTERVAL_MONTHS = 24, INTERVAL_YEARS = 10 };

static const char *const WEEKDAYS[DAYS_OF_WEEK] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static char upper(uint8_t c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

static bool begins(struct span text, const char *word)
{
	size_t size = strlen(word);
	for (size_t i = 0; i < size; i++)
		if (i >= text.size || upper(text.data[i]) != word[i])
			return false;
	return true;
}

static struct span after(struct span text, size_t size)
{
	return span_sub(text, size, text.size - size);
}

/* Cut off what stands before `mark`; without one, all of it. */
static struct span cut(struct span *text, const char *marks)
{
	size_t size = 0;
	while (size < text->size && !memchr(marks, text->data[size], strlen(marks)))
		size++;
	struct span part = span_sub(*text, 0, size);
	*text = size < text->size ? after(*text, size + 1) : (struct span){NULL, 0};
	return part;
}

/* Digits alone, at most five, so that nothing overflows. */
static bool read_number(struct span text, int64_t low, int64_t high, int64_t *out)
{
	*out = 0;
	if (text.size == 0 || text.size > 5)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*out = *out * 10 + (text.data[i] - '0');
	}
	return *out >= low && *out <= high;
}

/* "20270312" */
static bool read_day(struct span text, int64_t *day)
{
	int64_t year, month, date;
	if (text.size != 8 || !read_number(span_sub(text, 0, 4), 1900, 2199, &year) ||
	        !read_number(span_sub(text, 4, 2), 1, 12, &month) ||
	        !read_number(span_sub(text, 6, 2), 1, 31, &date))
		return false;
	struct calendar_date read = {(int32_t)year, (uint32_t)month, (uint32_t)date};
	*day = calendar_day(read);
	return calendar_valid(read);
}

/* "-1" and "+1" before what follows; *is_back: it counts from the end. */
static struct span read_sign(struct span text, bool *is_back)
{
	*is_back = text.size > 0 && text.data[0] == '-';
	return text.size > 0 && (*is_back || text.data[0] == '+') ? after(text, 1) : text;
}

static bool read_freq(struct span value, struct recurrence *rule)
{
	static const char *const names[] = {"", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
	for (uint32_t i = RECURRENCE_DAILY; i <= RECURRENCE_YEARLY; i++)
		if (value.size == strlen(names[i]) && begins(value, names[i]))
			rule->freq = (enum recurrence_freq)i;
	return rule->freq != 0;
}

static bool read_weekday(struct span one, struct recurrence *rule)
{
	bool is_back;
	int64_t nth = 0;
	if (one.size < 2)
		return false;
	struct span name = after(one, one.size - 2),
	            place = read_sign(span_sub(one, 0, one.size - 2), &is_back);
	if (one.size > 2 && (!read_number(place, 1, 5, &nth) || rule->freq != RECURRENCE_MONTHLY))
		return false;
	for (int i = 0; i < DAYS_OF_WEEK; i++) {
		if (!begins(name, WEEKDAYS[i]))
			continue;
		rule->weekdays[i] |= (uint16_t)(1U << (nth + (is_back ? 8 : 0)));
		rule->has_weekdays = true;
		return true;
	}
	return false;
}

static bool read_month_day(struct span one, struct recurrence *rule)
{
	bool is_back;
	int64_t day;
	struct span digits = read_sign(one, &is_back);
	if (!read_number(digits, 1, 31, &day))
		return false;
	*(is_back ? &rule->month_days_back : &rule->month_days) |= 1U << day;
	return true;
}

static bool read_hour(struct span one, struct recurrence *rule)
{
	int64_t hour;
	if (!read_number(one, 0, HOURS - 1, &hour))
		return false;
	rule->hours |= 1U << hour;
	return true;
}

static bool read_except(struct span one, struct recurrence *rule)
{
	return rule->except_count < RECURRENCE_EXCEPT_MAX &&
	        read_day(one, &rule->except[rule->except_count++]);
}

static bool read_list(
        struct span value, bool (*read)(struct span one, struct recurrence *rule), struct recurrence *rule)
{
	bool is_good = value.size > 0 && value.data[value.size - 1] != ',';
	while (is_good && value.size)
		is_good = read(cut(&value, ","), rule);
	return is_good;
}

static int64_t interval_max(enum recurrence_freq freq)
{
	return freq == RECURRENCE_DAILY      ? INTERVAL_DAYS
	        : freq == RECURRENCE_WEEKLY  ? INTERVAL_WEEKS
	        : freq == RECURRENCE_MONTHLY ? INTERVAL_MONTHS
	                                     : INTERVAL_YEARS;
}

/* The parts of a rule, in the order in which `seen` has their bits. */
enum part { FREQ, INTERVAL, BYDAY, BYMONTHDAY, BYHOUR, UNTIL, COUNT, WKST, PARTS };
static const char *const PART_NAMES[PARTS] = {
        "FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYHOUR", "UNTIL", "COUNT", "WKST"};

static enum part part_named(struct span name)
{
	enum part part = FREQ;
	while (part < PARTS && !(name.size == strlen(PART_NAMES[part]) && begins(name, PART_NAMES[part])))
		part++;
	return part;
}

static bool read_part(enum part part, struct span value, struct recurrence *rule)
{
	int64_t number = 0;
	bool is_good = false;
	switch (part) {
	case FREQ:
		return read_freq(value, rule);
	case INTERVAL:
		is_good = read_number(value, 1, interval_max(rule->freq), &number);
		rule->interval = (uint32_t)number;
		return is_good;
	case BYDAY:
		return rule->freq != RECURRENCE_YEARLY && read_list(value, read_weekday, rule);
	case BYMONTHDAY:
		return (rule->freq == RECURRENCE_DAILY || rule->freq == RECURRENCE_MONTHLY) &&
		        read_list(value, read_month_day, rule);
	case BYHOUR:
		return read_list(value, read_hour, rule);
	case UNTIL:
		return read_day(value, &rule->last);
	case COUNT:
		is_good = read_number(value, 1, RECURRENCE_COUNT_MAX, &number);
		rule->count = (uint32_t)number;
		return is_good;
	case WKST:
		return value.size == 2 && begins(value, "MO");
	case PARTS:
		break;
	}
	return false;
}

/* FREQ=...;...: each part once, FREQ first. */
static bool read_rule(struct span text, struct recurrence *rule)
{
	uint32_t seen = 0;
	if (text.size && text.data[text.size - 1] == ';')
		return false;
	while (text.size) {
		struct span value = cut(&text, ";"), name = cut(&value, "=");
		enum part part = part_named(name);
		if (part == PARTS || seen & 1U << part || (seen == 0) != (part == FREQ) ||
		        !read_part(part, value, rule))
			return false;
		seen |= 1U << part;
	}
	return seen != 0 && !(seen & 1U << UNTIL && seen & 1U << COUNT);
}

bool recurrence_is_rule(struct span text)
{
	return begins(text, "FREQ=") || begins(text, "RRULE:") || begins(text, "EXDATE");
}

int recurrence_read(struct span text, struct recurrence *out)
{
	bool has_rule = false, has_except = false, is_good = text.size <= RECURRENCE_BYTES_MAX;
	*out = (struct recurrence){.interval = 1, .begin = RECURRENCE_NEVER, .last = RECURRENCE_FOREVER};
	while (is_good && text.size) {
		struct span line = cut(&text, " \n\r");
		if (line.size == 0)
			continue;
		if (begins(line, "EXDATE:")) {
			is_good = !has_except && read_list(after(line, strlen("EXDATE:")), read_except, out);
			has_except = true;
			continue;
		}
		is_good = !has_rule &&
		        read_rule(begins(line, "RRULE:") ? after(line, strlen("RRULE:")) : line, out);
		has_rule = true;
	}
	if (!is_good || !has_rule)
		return ERR_INVALID;
	if (out->hours == 0)
		out->hours = 1U << RECURRENCE_HOUR;
	out->last_hours = out->hours;
	return 0;
}

/* ---- Days -------------------------------------------------------------------------------------------------------- */

static int64_t floor_mod(int64_t number, int64_t by)
{
	return (number % by + by) % by;
}

static int64_t floor_div(int64_t number, int64_t by)
{
	return (number - floor_mod(number, by)) / by;
}

static uint32_t weekday_of(int64_t day)
{
	return (uint32_t)floor_mod(day - MONDAY_ANCHOR, DAYS_OF_WEEK);
}

static uint32_t month_length(struct calendar_date date)
{
	struct calendar_date next = {date.year + (date.month == 12), date.month % 12 + 1, 1};
	date.day = 1;
	return (uint32_t)(calendar_day(next) - calendar_day(date));
}

static bool is_on_weekday(const struct recurrence *rule, int64_t day, struct calendar_date date)
{
	const uint16_t places = rule->weekdays[weekday_of(day)];
	const uint32_t nth = (date.day - 1) / DAYS_OF_WEEK + 1,
	               back = (month_length(date) - date.day) / DAYS_OF_WEEK + 1;
	return places & 1U || places & 1U << nth || places & 1U << (8 + back);
}

static bool is_on_month_day(const struct recurrence *rule, struct calendar_date date)
{
	return rule->month_days & 1U << date.day ||
	        rule->month_days_back & 1U << (month_length(date) - date.day + 1);
}

/* Periods since the one that the rule begins in. */
static int64_t period_of(enum recurrence_freq freq, int64_t day)
{
	struct calendar_date date = calendar_date(day);
	switch (freq) {
	case RECURRENCE_DAILY:
		return day;
	case RECURRENCE_WEEKLY:
		return floor_div(day - MONDAY_ANCHOR, DAYS_OF_WEEK);
	case RECURRENCE_MONTHLY:
		return date.year * INT64_C(12) + date.month;
	case RECURRENCE_YEARLY:
		break;
	}
	return date.year;
}

/* By what is said of days within the period; where nothing is, the first day's own place in it. */
static bool is_in_period(const struct recurrence *rule, int64_t day)
{
	const struct calendar_date date = calendar_date(day),
	                           first = calendar_date(
	                                   rule->begin == RECURRENCE_NEVER ? MONDAY_ANCHOR : rule->begin);
	const bool has_month_days = rule->month_days || rule->month_days_back;
	if (rule->has_weekdays && !is_on_weekday(rule, day, date))
		return false;
	if (has_month_days && !is_on_month_day(rule, date))
		return false;
	if (rule->has_weekdays || has_month_days || rule->freq == RECURRENCE_DAILY)
		return true;
	if (rule->freq == RECURRENCE_WEEKLY)
		return weekday_of(day) == weekday_of(calendar_day(first));
	return date.day == first.day && (rule->freq == RECURRENCE_MONTHLY || date.month == first.month);
}

static bool gives(const struct recurrence *rule, int64_t day)
{
	const int64_t anchor = rule->begin == RECURRENCE_NEVER ? MONDAY_ANCHOR : rule->begin;
	return (rule->begin == RECURRENCE_NEVER || day >= rule->begin) &&
	        floor_mod(period_of(rule->freq, day) - period_of(rule->freq, anchor), rule->interval) == 0 &&
	        is_in_period(rule, day);
}

uint32_t recurrence_hours(const struct recurrence *rule, int64_t day)
{
	if (day > rule->last || !gives(rule, day))
		return 0;
	for (uint32_t i = 0; i < rule->except_count; i++)
		if (rule->except[i] == day)
			return 0;
	return day == rule->last ? rule->last_hours : rule->hours;
}

bool recurrence_next(const struct recurrence *rule, int64_t day, int64_t *out)
{
	if (rule->begin != RECURRENCE_NEVER && day < rule->begin)
		day = rule->begin;
	for (int64_t i = 0; i < RECURRENCE_COUNT_DAYS && day + i <= rule->last; i++)
		if (recurrence_hours(rule, day + i)) {
			*out = day + i;
			return true;
		}
	return false;
}

/* What is left of the hours of a day when `count` more are wanted: the first ones. */
static uint32_t first_hours(uint32_t hours, uint32_t count)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < HOURS && count; i++)
		if (hours & 1U << i) {
			kept |= 1U << i;
			count--;
		}
	return kept;
}

/* Days that are excepted count: the rule gave them (RFC 5545, section 3.8.5.1). */
static void end_after_count(struct recurrence *rule)
{
	const uint32_t each = (uint32_t)__builtin_popcount(rule->hours);
	uint32_t left = rule->count;
	rule->last = rule->begin + RECURRENCE_COUNT_DAYS;
	for (int64_t day = rule->begin; day < rule->begin + RECURRENCE_COUNT_DAYS; day++) {
		if (!gives(rule, day))
			continue;
		if (left <= each) {
			rule->last = day;
			rule->last_hours = first_hours(rule->hours, left);
			return;
		}
		left -= each;
	}
}

int recurrence_begin(struct recurrence *rule, int64_t first, int64_t last)
{
	rule->begin = recurrence_is_day(first) ? first : RECURRENCE_NEVER;
	first = rule->begin;
	last = recurrence_is_day(last) ? last : RECURRENCE_FOREVER;
	if (rule->count && first == RECURRENCE_NEVER)
		return ERR_INVALID;
	if (rule->count)
		end_after_count(rule);
	if (last < rule->last) {
		rule->last = last;
		rule->last_hours = rule->hours;
	}
	return 0;
}

int64_t recurrence_moment(int64_t day, uint32_t minute)
{
	enum { WINTER_MINUTES = 60, SUMMER_MINUTES = 120 };
	const int64_t wall_s = day * 86400 + minute * INT64_C(60);
	const int64_t summer_s = wall_s - SUMMER_MINUTES * 60, winter_s = wall_s - WINTER_MINUTES * 60;
	/* The earlier moment is the summer's: it is meant where the clocks show it then. One that they skip is read with the offset before, winter's. */
	return calendar_paris_offset_minutes(summer_s) == SUMMER_MINUTES ? summer_s : winter_s;
}
