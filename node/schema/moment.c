#include "node/schema/moment.h"

#include <stdio.h>

#include "node/calendar.h"

enum { DAY_SECONDS = 86400 };

static int64_t floor_div(int64_t value, int64_t by)
{
	return value / by - (value % by < 0);
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
	if (text.size != 10 || text.data[4] != '-' || text.data[7] != '-' || !digits(text.data, 4, &year) ||
	        !digits(text.data + 5, 2, &month) || !digits(text.data + 8, 2, &day))
		return false;
	struct calendar_date date = {(int32_t)year, month, day};
	if (!calendar_valid(date))
		return false;
	*days = calendar_day(date);
	return true;
}

void moment_day_text(char out[MOMENT_DAY_TEXT_BYTES], int64_t days)
{
	struct calendar_date date = calendar_date(days);
	snprintf(out, MOMENT_DAY_TEXT_BYTES, "%04u-%02u-%02u", (uint32_t)date.year % 10000, date.month % 100,
	        date.day % 100);
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
