/* Before a month is closed: completeness, and what to look at, each with the visit that is to be corrected. */
#include "node/api_billing.h"

#include "node/calendar.h"
#include "node/schema/moment.h"

/* Anomalies are of these: what is looked for is found among a month's, not among all that there ever were. */
struct of_month {
	const struct billing_visit **visits;
	uint32_t count;
};

static void take_month(struct node_billing *billing, struct of_month *out)
{
	const struct billing_input *input = &billing->input;
	*out = (struct of_month){
	        arena_zero(&billing->arena, (size_t)input->visit_count + 1, sizeof(*out->visits)), 0};
	for (uint32_t i = 0; i < input->visit_count; i++) {
		const struct billing_item *item = &input->visits[i].item;
		if (item->start_s >= 0 && item->start_s <= LOT_SECONDS_MAX &&
		        calendar_month(item->start_s, item->offset_minutes) == (int32_t)input->month)
			out->visits[out->count++] = &input->visits[i];
	}
}

static const struct billing_visit *visit_of(const struct of_month *month, const struct record_id *id)
{
	for (uint32_t i = 0; i < month->count; i++)
		if (record_id_eq(&month->visits[i]->item.visit, id))
			return month->visits[i];
	return NULL;
}

/* Whose it is and when, as it stands: where it is to be corrected. */
static void put_visit(const struct of_month *month, const struct record_id *id, json_t *json)
{
	char start[MOMENT_TEXT_BYTES], end[MOMENT_TEXT_BYTES];
	const struct billing_visit *visit = visit_of(month, id);
	json_object_set_new(json, "visit", api_hex(id->bytes, ID_SHORT_BYTES));
	if (!visit)
		return;
	json_object_set_new(json, "patient", api_hex(visit->file.bytes, ID_SHORT_BYTES));
	json_object_set_new(json, "nurse", api_hex(visit->item.nurse.bytes, ID_SHORT_BYTES));
	moment_text(start, (struct moment){visit->item.start_s, visit->item.offset_minutes});
	json_object_set_new(json, "start", json_string(start));
	if (visit->flags & BILLING_RUNNING)
		return;
	moment_text(end, (struct moment){visit->item.end_s, visit->item.offset_minutes});
	json_object_set_new(json, "end", json_string(end));
}

/* The other one of an overlap. */
static void put_other(const struct of_month *month, const struct record_id *id, json_t *json)
{
	char start[MOMENT_TEXT_BYTES];
	const struct billing_visit *visit = visit_of(month, id);
	json_object_set_new(json, "other", api_hex(id->bytes, ID_SHORT_BYTES));
	if (!visit)
		return;
	json_object_set_new(json, "otherPatient", api_hex(visit->file.bytes, ID_SHORT_BYTES));
	moment_text(start, (struct moment){visit->item.start_s, visit->item.offset_minutes});
	json_object_set_new(json, "otherStart", json_string(start));
}

static json_t *anomaly_json(const struct of_month *month, const struct billing_anomaly *anomaly)
{
	json_t *json = json_pack("{s:i, s:s, s:s, s:b}", "number", (int)anomaly->kind, "fr",
	        billing_anomaly_sentence(anomaly->kind, true), "en",
	        billing_anomaly_sentence(anomaly->kind, false), "stops",
	        billing_anomaly_stops(anomaly->kind));
	if (!record_id_is_zero(&anomaly->visit))
		put_visit(month, &anomaly->visit, json);
	if (!record_id_is_zero(&anomaly->other))
		put_other(month, &anomaly->other, json);
	if (!device_id_is_zero(&anomaly->device))
		json_object_set_new(json, "device", api_hex(anomaly->device.bytes, ID_LONG_BYTES));
	return json;
}

/* Which devices were heard, and up to when. */
static json_t *heard_json(struct api_node *app, const struct billing_input *input, bool *is_complete)
{
	const uint64_t end_ms = (uint64_t)calendar_month_start((int32_t)input->month + 1) * 1000;
	json_t *list = json_array();
	*is_complete = true;
	for (uint32_t i = 0; i < input->heard_count; i++) {
		const struct billing_heard *heard = &input->heard[i];
		const struct team_device *device = team_view_device(node_view(app->node), &heard->device);
		const bool is_enough = heard->until_ms >= end_ms;
		json_t *row = json_pack("{s:o, s:b}", "device", api_hex(heard->device.bytes, ID_LONG_BYTES),
		        "afterTheMonth", is_enough);
		if (heard->until_ms)
			json_object_set_new(row, "until", api_moment_ms(heard->until_ms));
		if (device) {
			json_object_set_new(row, "person", api_hex(device->person.bytes, ID_SHORT_BYTES));
			json_object_set_new(row, "name", api_person(app, &device->person));
			json_object_set_new(row, "who", api_device_name(app, &device->id));
		}
		*is_complete = *is_complete && is_enough;
		json_array_append_new(list, row);
	}
	return list;
}

static int check(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	uint32_t month, count;
	struct node_billing billing = {0};
	struct billing_anomaly *found;
	struct of_month of_month;
	bool is_complete;
	if (billing_month_or_reply(call, &month))
		return 0;
	int result = node_billing_check(app->node, month,
	        billing_territory_of(api_call_query(call, "territory")), &billing, &found, &count);
	if (!result) {
		json_t *list = json_array(), *heard = heard_json(app, &billing.input, &is_complete);
		int stops = 0;
		take_month(&billing, &of_month);
		for (uint32_t i = 0; i < count; i++) {
			json_array_append_new(list, anomaly_json(&of_month, &found[i]));
			stops += billing_anomaly_stops(found[i].kind);
		}
		json_t *json = json_pack("{s:o, s:b, s:o, s:o, s:i}", "month", billing_month_json(month),
		        "complete", is_complete, "heard", heard, "anomalies", list, "stops", stops);
		billing_put_names(call, json);
		billing_note(call);
		api_call_reply(call, 200, json);
	}
	node_billing_wipe(&billing);
	return result;
}

int api_get_billing_check(struct api_call *call)
{
	return api_when_quiet(call, check);
}
