#include "node/wounds/wounds_json.h"

#include <stdio.h>

#include "node/record.h"
#include "node/schema/moment.h"
#include "node/shown.h"

enum { NUMBER_TEXT = 32, STAGE = 6, TISSUE = 7, EXUDATE = 8 };

static void put_tenths(json_t *json, const char *name, int32_t value)
{
	char text[NUMBER_TEXT];
	if (value == WOUNDS_NONE)
		return;
	snprintf(text, sizeof(text), "%d.%d", value / 10, value % 10);
	json_object_set_new(json, name, json_string(text));
}

static void put_hundredths(json_t *json, const char *name, int64_t value)
{
	char text[NUMBER_TEXT];
	const long long size = value < 0 ? -value : value;
	snprintf(text, sizeof(text), "%s%lld.%02lld", value < 0 ? "-" : "", size / 100, size % 100);
	json_object_set_new(json, name, json_string(text));
}

static void put_choice(json_t *json, uint32_t field, int32_t value)
{
	const struct schema_field *of = schema_field(schema_kind(SCHEMA_WOUND_CHECK), field);
	const struct schema_choice *choice = value > 0 ? schema_choice(of, (uint32_t)value) : NULL;
	if (choice)
		json_object_set_new(json, of->name, json_string(choice->name));
}

static json_t *difference_json(const struct wounds_check *earlier, const struct wounds_check *later)
{
	struct wounds_difference difference;
	wounds_compare(earlier, later, &difference);
	json_t *json = json_pack("{s:o, s:I, s:s}", "check", shown_record_id(&earlier->head.id), "days",
	        (json_int_t)(later->day - earlier->day), "trend", wounds_trend_name(difference.trend));
	if (earlier->photo.size)
		json_object_set_new(json, "photo", shown_id(earlier->photo));
	if (difference.has_surface) {
		put_hundredths(json, "surface", difference.surface);
		if (difference.percent != INT32_MAX)
			json_object_set_new(json, "percent", json_integer(difference.percent));
	}
	if (difference.has_pain)
		json_object_set_new(json, "pain", json_integer(difference.pain));
	return json;
}

static json_t *check_json(const struct wounds *wounds, const struct wounds_wound *wound, uint32_t index)
{
	const struct wounds_check *check = wounds_check(wounds, wound, index);
	const struct wounds_check *root = &wounds->checks[check->version.root];
	const int32_t week = wounds_week_before(wounds, wound, index);
	json_t *json = json_pack(
	        "{s:o, s:o}", "id", shown_record_id(&root->head.id), "at", shown_moment(check->at_s));
	put_tenths(json, "length", check->length);
	put_tenths(json, "width", check->width);
	put_tenths(json, "depth", check->depth);
	if (wounds_surface(check) != WOUNDS_NONE)
		put_hundredths(json, "surface", wounds_surface(check));
	put_choice(json, STAGE, check->stage);
	put_choice(json, TISSUE, check->tissue);
	put_choice(json, EXUDATE, check->exudate);
	if (check->pain != WOUNDS_NONE)
		json_object_set_new(json, "pain", json_integer(check->pain));
	if (check->photo.size)
		json_object_set_new(json, "photo", shown_id(check->photo));
	shown_put_text(json, "note", check->note);
	if (root->version.live > 1)
		json_object_set_new(json, "versions", json_integer(root->version.live));
	if (index)
		json_object_set_new(json, "sincePrevious",
		        difference_json(wounds_check(wounds, wound, index - 1), check));
	if (week != WOUNDS_NONE)
		json_object_set_new(json, "sinceWeek",
		        difference_json(wounds_check(wounds, wound, (uint32_t)week), check));
	return json;
}

void wounds_words(const struct wounds_wound *wound, enum wounds_attention attention, int64_t last_day,
        bool is_french, struct buf *out)
{
	char day[MOMENT_DAY_TEXT_BYTES], french[MOMENT_DAY_TEXT_BYTES + 1];
	moment_day_text(day, last_day);
	snprintf(french, sizeof(french), "%.2s/%.2s/%.4s", day + 8, day + 5, day);
	const struct span parts[] = {span_text(is_french ? "Plaie, " : "Wound, "), wound->site,
	        span_text(attention == WOUNDS_WORSENING
	                        ? (is_french ? " : moins bien le " : ": worse on ")
	                        : (is_french ? " : pas revue depuis le " : ": not checked since ")),
	        span_text(is_french ? french : day), span_text(".")};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		buf_add_span(out, parts[i]);
}

static void put_attention(
        json_t *json, const struct wounds *wounds, const struct wounds_wound *wound, int64_t today)
{
	int64_t from;
	struct buf fr = {0}, en = {0};
	const enum wounds_attention attention = wounds_attention(wounds, wound, &from);
	if (attention == WOUNDS_QUIET || today < from)
		return;
	const int64_t last_day = wounds_check(wounds, wound, wound->count - 1)->day;
	wounds_words(wound, attention, last_day, true, &fr);
	wounds_words(wound, attention, last_day, false, &en);
	json_object_set_new(json, "attention",
	        json_pack("{s:s, s:s, s:s%, s:s%}", "type",
	                attention == WOUNDS_WORSENING ? "worse" : "unchecked", "urgency",
	                attention == WOUNDS_WORSENING ? "now" : "soon", "fr", (const char *)fr.data, fr.size,
	                "en", (const char *)en.data, en.size));
	buf_close(&fr);
	buf_close(&en);
}

static json_t *wound_json(const struct wounds *wounds, const struct crdt_doc *doc,
        const struct wounds_wound *wound, int64_t today)
{
	json_t *json = record_json(doc, schema_kind(SCHEMA_WOUND), &wound->id), *checks = json_array();
	struct wounds_difference difference;
	if (!json) /* of a later version: nothing of it is known here */
		json = json_pack("{s:o}", "id", shown_record_id(&wound->id));
	for (uint32_t i = wound->count; i-- > 0;)
		json_array_append_new(checks, check_json(wounds, wound, i));
	if (wound->count > 1) {
		wounds_compare(wounds_check(wounds, wound, wound->count - 2),
		        wounds_check(wounds, wound, wound->count - 1), &difference);
		json_object_set_new(json, "trend", json_string(wounds_trend_name(difference.trend)));
	}
	put_attention(json, wounds, wound, today);
	json_object_set_new(json, "checks", checks);
	return json;
}

json_t *wounds_json(const struct wounds *wounds, const struct crdt_doc *doc, int64_t today)
{
	json_t *list = json_array();
	for (int open = 1; open >= 0; open--)
		for (uint32_t i = 0; i < wounds->wound_count; i++)
			if (wounds->wounds[i].is_open == (open == 1))
				json_array_append_new(
				        list, wound_json(wounds, doc, &wounds->wounds[i], today));
	return list;
}
