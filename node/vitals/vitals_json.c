#include "node/vitals/vitals_json.h"

#include "node/schema/moment.h"
#include "node/shown.h"
#include "node/vitals/measure.h"

static json_t *measure_json(const struct schema_vital *vital, int64_t value)
{
	char text[MEASURE_TEXT_BYTES];
	measure_write(text, vital, value);
	return json_string(text);
}

static json_t *in_units(const struct schema_vital *vital, int64_t value)
{
	char text[MEASURE_TEXT_BYTES];
	const struct schema_unit *unit;
	json_t *list = json_array();
	for (uint32_t i = 0; (unit = measure_write_in(text, vital, value, i)); i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "value", text, "unit", unit->name));
	return list;
}

static json_t *value_json(const struct vitals *vitals, const struct vitals_value *value)
{
	const struct schema_vital *vital = schema_vital(value->vital);
	json_t *json = json_pack("{s:o, s:o, s:s, s:o}", "at", shown_moment(value->at_s), "value",
	        measure_json(vital, value->value), "from", value->is_visit ? "visit" : "vital", "id",
	        shown_record_id(&value->source));
	if (vital->units)
		json_object_set_new(json, "in", in_units(vital, value->value));
	shown_put_text(json, "context", value->context);
	if (value->is_unusual)
		json_object_set_new(json, "unusual", json_true());
	int beyond = vitals_beyond(&vitals->limits[value->vital], value->value);
	if (beyond)
		json_object_set_new(json, "beyond", json_string(beyond < 0 ? "low" : "high"));
	if (value->opinion)
		json_object_set_new(json, "opinion",
		        json_string(value->opinion == VITALS_SUSPECT ? "suspect" : "confirmed"));
	shown_put_text(json, "why", value->why);
	return json;
}

static json_t *limit_json(const struct schema_vital *vital, const struct vitals_limit *limit)
{
	json_t *json = json_object();
	if (limit->has_low)
		json_object_set_new(json, "low", measure_json(vital, limit->low));
	if (limit->has_high)
		json_object_set_new(json, "high", measure_json(vital, limit->high));
	if (limit->is_disputed)
		json_object_set_new(json, "disputed", json_true());
	return json;
}

static void put_trend(
        json_t *json, const struct vitals *vitals, const struct schema_vital *vital, int64_t from, int64_t to)
{
	uint32_t count;
	const struct vitals_value *values = vitals_of(vitals, vital->number, &count);
	struct vitals_trend trend;
	vitals_trend(vitals, vital->number, from, to, &trend);
	const struct {
		const char *name;
		int32_t at;
	} PLACES[] = {{"first", trend.first}, {"last", trend.last}, {"previous", trend.previous},
	        {"lowest", trend.lowest}, {"highest", trend.highest}};
	json_object_set_new(json, "count", json_integer(trend.count));
	for (size_t i = 0; i < sizeof(PLACES) / sizeof(*PLACES); i++)
		if (PLACES[i].at != VITALS_NONE)
			json_object_set_new(json, PLACES[i].name, value_json(vitals, &values[PLACES[i].at]));
	if (trend.previous != VITALS_NONE)
		json_object_set_new(json, "change",
		        measure_json(
		                vital, (int64_t)values[trend.last].value - values[trend.previous].value));
	if (trend.count > 1)
		json_object_set_new(json, "over",
		        measure_json(vital, (int64_t)values[trend.last].value - values[trend.first].value));
}

static json_t *vital_json(
        const struct vitals *vitals, const struct schema_vital *vital, int64_t from, int64_t to)
{
	uint32_t count;
	const struct vitals_value *values = vitals_of(vitals, vital->number, &count);
	const struct vitals_limit *limit = &vitals->limits[vital->number];
	json_t *list = json_array(),
	       *json = json_pack("{s:s, s:s, s:{s:s, s:s}}", "type", vital->name, "unit", vital->unit,
	               "label", "fr", vital->label.fr, "en", vital->label.en);
	for (uint32_t i = 0; i < count; i++)
		if (values[i].day >= from && values[i].day <= to)
			json_array_append_new(list, value_json(vitals, &values[i]));
	put_trend(json, vitals, vital, from, to);
	if (limit->has_low || limit->has_high)
		json_object_set_new(json, "limits", limit_json(vital, limit));
	json_object_set_new(json, "values", list);
	return json;
}

static json_t *attention_json(const struct vitals *vitals, int64_t day)
{
	struct vitals_item items[VITALS_COUNT];
	const uint32_t count = vitals_items(vitals, items);
	json_t *list = json_array();
	for (uint32_t i = 0; i < count; i++) {
		const struct vitals_value *value = items[i].value;
		char on[MOMENT_DAY_TEXT_BYTES];
		struct buf fr = {0}, en = {0};
		if (day < value->day || day > value->day + VITALS_TOLD_DAYS)
			continue;
		moment_day_text(on, value->day);
		vitals_item_words(&items[i], vitals, true, &fr);
		vitals_item_words(&items[i], vitals, false, &en);
		json_array_append_new(list,
		        json_pack("{s:s, s:s, s:[o], s:s, s:s%, s:s%}", "type",
		                items[i].beyond ? "beyond-limit" : "unusual-measure", "urgency",
		                items[i].beyond ? "now" : "soon", "ids", shown_record_id(&value->source),
		                "day", on, "fr", (const char *)fr.data, fr.size, "en", (const char *)en.data,
		                en.size));
		buf_close(&fr);
		buf_close(&en);
	}
	return list;
}

json_t *vitals_json(const struct vitals *vitals, uint32_t vital, int64_t from, int64_t to)
{
	json_t *list = json_array();
	for (uint32_t number = 1; number < VITALS_COUNT; number++) {
		const struct schema_vital *one = schema_vital(number);
		const struct vitals_limit *limit = &vitals->limits[number];
		uint32_t count;
		vitals_of(vitals, number, &count);
		if (one && (vital ? vital == number : count || limit->has_low || limit->has_high))
			json_array_append_new(list, vital_json(vitals, one, from, to));
	}
	return json_pack("{s:o, s:o}", "vitals", list, "attention", attention_json(vitals, to));
}
