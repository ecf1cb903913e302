#include "node/shown.h"

#include "node/calendar.h"
#include "node/schema/moment.h"

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
