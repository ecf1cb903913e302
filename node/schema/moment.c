#include "node/schema/moment.h"

#include <stdio.h>

enum { DAY_SECONDS = 86400, YEAR_MIN = 1850, YEAR_MAX = 2199 };

static bool is_leap(int32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t month_days(int32_t year, uint32_t month)
{
	static const uint8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && is_leap(year) ? 29 : DAYS[month - 1];
}

static int64_t floor_div(int64_t value, int64_t by)
{
	return value / by - (value % by < 0);
}

/* H. Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so that the leap day comes last. */
static int64_t days_from_civil(int32_t year, uint32_t month, uint32_t day)
{
	int64_t y = year - (month <= 2);
	int64_t era = floor_div(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

void moment_day_split(int64_t days, int32_t *year, uint32_t *month, uint32_t *day)
{
	int64_t z = days + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) /
	        365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * day_of_year + 2) / 153;
	*day = (uint32_t)(day_of_year - (153 * shifted + 2) / 5 + 1);
	*month = (uint32_t)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = (int32_t)(year_of_era + era * 400 + (*month <= 2));
}

bool moment_day_of(int32_t year, uint32_t month, uint32_t day, int64_t *days)
{
	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
	        day > month_days(year, month))
		return false;
	*days = days_from_civil(year, month, day);
	return true;
}

static bool digits(const uint8_t *at, size_t count, uint32_t *out)
{
	uint32_t value = 0;
	for (size_t i = 0; i < count; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(at[i] - '0');
	}
	*out = value;
	return true;
}

bool moment_day_parse(struct span text, int64_t *days)
{
	uint32_t year, month, day;
	return text.size == 10 && text.data[4] == '-' && text.data[7] == '-' && digits(text.data, 4, &year) &&
	        digits(text.data + 5, 2, &month) && digits(text.data + 8, 2, &day) &&
	        moment_day_of((int32_t)year, month, day, days);
}

void moment_day_text(char out[MOMENT_DAY_TEXT_BYTES], int64_t days)
{
	int32_t year;
	uint32_t month, day;
	moment_day_split(days, &year, &month, &day);
	snprintf(
	        out, MOMENT_DAY_TEXT_BYTES, "%04u-%02u-%02u", (uint32_t)year % 10000, month % 100, day % 100);
}

/* "Z", "+hh:mm" or "-hh:mm", and nothing after. */
static bool parse_offset(struct span text, int32_t *minutes)
{
	uint32_t hour, minute;
	if (text.size == 1 && (text.data[0] == 'Z' || text.data[0] == 'z')) {
		*minutes = 0;
		return true;
	}
	if (text.size != 6 || (text.data[0] != '+' && text.data[0] != '-') || text.data[3] != ':' ||
	        !digits(text.data + 1, 2, &hour) || !digits(text.data + 4, 2, &minute) || minute > 59)
		return false;
	int32_t size = (int32_t)(hour * 60 + minute);
	*minutes = text.data[0] == '-' ? -size : size;
	return size <= MOMENT_OFFSET_MAX_MINUTES;
}

bool moment_parse(struct span text, struct moment *out)
{
	int64_t days;
	int32_t offset;
	uint32_t hour, minute, second = 0;
	size_t at = 16;
	if (text.size < 17 || !moment_day_parse(span_sub(text, 0, 10), &days) ||
	        (text.data[10] != 'T' && text.data[10] != ' ') || !digits(text.data + 11, 2, &hour) ||
	        text.data[13] != ':' || !digits(text.data + 14, 2, &minute))
		return false;
	if (text.data[at] == ':') {
		if (text.size < 20 || !digits(text.data + 17, 2, &second))
			return false;
		at = 19;
	}
	if (hour > 23 || minute > 59 || second > 59 || !parse_offset(span_sub(text, at, text.size), &offset))
		return false;
	int64_t seconds = days * DAY_SECONDS + (int64_t)(hour * 3600 + minute * 60 + second) -
	        (int64_t)offset * 60;
	if (seconds < 0)
		return false;
	*out = (struct moment){seconds, offset};
	return true;
}

void moment_text(char out[MOMENT_TEXT_BYTES], struct moment moment)
{
	int64_t local = moment.seconds + (int64_t)moment.offset_minutes * 60;
	int64_t days = floor_div(local, DAY_SECONDS);
	uint32_t second = (uint32_t)(local - days * DAY_SECONDS);
	uint32_t offset = (uint32_t)(moment.offset_minutes < 0 ? -moment.offset_minutes
	                                                       : moment.offset_minutes);
	char day[MOMENT_DAY_TEXT_BYTES];
	moment_day_text(day, days);
	snprintf(out, MOMENT_TEXT_BYTES, "%sT%02u:%02u:%02u%c%02u:%02u", day, second / 3600 % 24,
	        second / 60 % 60, second % 60, moment.offset_minutes < 0 ? '-' : '+', offset / 60 % 24,
	        offset % 60);
}

int64_t moment_local_day(struct moment moment)
{
	return floor_div(moment.seconds + (int64_t)moment.offset_minutes * 60, DAY_SECONDS);
}

uint32_t moment_local_month(struct moment moment)
{
	int32_t year;
	uint32_t month, day;
	moment_day_split(moment_local_day(moment), &year, &month, &day);
	return (uint32_t)year * 12 + month - 1;
}

/* 01:00 UTC of the last Sunday of a month with 31 days. */
static int64_t last_sunday(int32_t year, uint32_t month)
{
	int64_t last = days_from_civil(year, month, 31);
	int64_t weekday = (last + 4) % 7; /* 1970-01-01 was a Thursday; 0 is Sunday */
	return (last - weekday) * DAY_SECONDS + 3600;
}

int32_t moment_paris_offset(int64_t seconds)
{
	int32_t year;
	uint32_t month, day;
	moment_day_split(floor_div(seconds, DAY_SECONDS), &year, &month, &day);
	if (month < 3 || month > 10)
		return 60;
	if (month > 3 && month < 10)
		return 120;
	bool is_after = seconds >= last_sunday(year, month);
	return is_after == (month == 3) ? 120 : 60;
}
