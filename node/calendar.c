#include "node/calendar.h"

enum { DAYS_PER_ERA = 146097, DAY_SECONDS = 86400 };

int64_t calendar_day(struct calendar_date date)
{
	int64_t year = date.month <= 2 ? date.year - 1 : date.year;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t month_from_march = (date.month + 9) % 12;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * DAYS_PER_ERA + day_of_era - 719468;
}

struct calendar_date calendar_date(int64_t day)
{
	int64_t shifted = day + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - DAYS_PER_ERA + 1) / DAYS_PER_ERA;
	int64_t day_of_era = shifted - era * DAYS_PER_ERA;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) /
	        365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;
	struct calendar_date date;
	date.day = (uint32_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
	date.month = (uint32_t)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
	date.year = (int32_t)(year_of_era + era * 400 + (date.month <= 2));
	return date;
}

bool calendar_valid(struct calendar_date date)
{
	if (date.year < 1900 || date.year > 2199 || date.month < 1 || date.month > 12 || date.day < 1 ||
	        date.day > 31)
		return false;
	struct calendar_date back = calendar_date(calendar_day(date));
	return back.month == date.month && back.day == date.day;
}

static int64_t floor_days(int64_t seconds)
{
	return (seconds >= 0 ? seconds : seconds - DAY_SECONDS + 1) / DAY_SECONDS;
}

int32_t calendar_month(int64_t seconds, int32_t offset_minutes)
{
	struct calendar_date date = calendar_date(floor_days(seconds + 60 * (int64_t)offset_minutes));
	return (date.year - 1970) * 12 + (int32_t)date.month - 1;
}

int64_t calendar_month_start(int32_t month)
{
	int32_t year = (month >= 0 ? month : month - 11) / 12;
	struct calendar_date first = {1970 + year, (uint32_t)(month - 12 * year) + 1, 1};
	return calendar_day(first) * DAY_SECONDS;
}

/* 01:00 UTC of the last Sunday of a month with 31 days. 1970-01-01 was a Thursday. */
static int64_t last_sunday(int32_t year, uint32_t month)
{
	int64_t last = calendar_day((struct calendar_date){year, month, 31});
	int64_t weekday = ((last + 4) % 7 + 7) % 7;
	return (last - weekday) * DAY_SECONDS + 3600;
}

int32_t calendar_paris_offset_minutes(int64_t seconds)
{
	enum { WINTER = 60, SUMMER = 120 };
	struct calendar_date date = calendar_date(floor_days(seconds));
	if (date.month == 3)
		return seconds < last_sunday(date.year, 3) ? WINTER : SUMMER;
	if (date.month == 10)
		return seconds < last_sunday(date.year, 10) ? SUMMER : WINTER;
	return date.month > 3 && date.month < 10 ? SUMMER : WINTER;
}

int64_t calendar_paris_day(int64_t seconds)
{
	return floor_days(seconds + calendar_paris_offset_minutes(seconds) * 60);
}
