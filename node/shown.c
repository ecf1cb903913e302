#include "node/shown.h"

#include <stdio.h>

#include "node/calendar.h"
#include "node/schema/moment.h"

enum { FIRST_DAY = -25567, LAST_DAY = 84005, HOUR_TEXT = 8 }; /* 1900-01-01, 2199-12-31 */

json_t *shown_id(struct span id)
{
	char text[2 * ID_SHORT_BYTES + 1];
	ids_hex(text, id.data, id.size < ID_SHORT_BYTES ? id.size : ID_SHORT_BYTES);
	return json_string(text);
}

json_t *shown_record_id(const struct record_id *id)
{
	return shown_id(span_of(id->bytes, sizeof(id->bytes)));
}

json_t *shown_moment(int64_t seconds)
{
	char text[MOMENT_TEXT_BYTES];
	moment_text(text, (struct moment){seconds, calendar_paris_offset_minutes(seconds)});
	return json_string(text);
}

void shown_put_text(json_t *json, const char *name, struct span text)
{
	if (text.size)
		json_object_set_new(json, name, json_stringn((const char *)text.data, text.size));
}

void shown_put_list(json_t *json, const char *name, json_t *list)
{
	if (json_array_size(list))
		json_object_set_new(json, name, list);
	else
		json_decref(list);
}

void shown_put_day(json_t *json, const char *name, int64_t day)
{
	char text[MOMENT_DAY_TEXT_BYTES];
	if (day < FIRST_DAY || day > LAST_DAY)
		return;
	moment_day_text(text, day);
	json_object_set_new(json, name, json_string(text));
}

void shown_put_minute(json_t *json, const char *name, uint32_t minute)
{
	char text[HOUR_TEXT];
	if (minute >= 24 * 60)
		return;
	snprintf(text, sizeof(text), "%02u:%02u", minute / 60 % 24, minute % 60);
	json_object_set_new(json, name, json_string(text));
}
