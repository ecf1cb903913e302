/* Closing a month, showing it, checking it. Computing waits until everything written is durable. */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/billing/statement.h"
#include "node/node_billing.h"

static const struct statement_part whole;

static int month_or_reply(struct api_call *call, uint32_t *out)
{
	int32_t month;
	const char *text = api_call_param(call, 0);
	if (strlen(text) == 7 && api_month(text, &month) && month >= 0) {
		*out = (uint32_t)month;
		return 0;
	}
	api_call_fail(call, ERR_INVALID, "A month is written 2026-11.");
	return ERR_INVALID;
}

static struct span territory_of(const char *text)
{
	return text ? span_text(text) : (struct span){(const uint8_t *)"", 0};
}

int api_post_designate(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct device_id holder = node_device(app->node);
	const char *text;
	if (!api_optional_text(call, "device", &text))
		return 0;
	if (text && api_device_or_reply(call, text, &holder))
		return 0;
	const struct team_view *view = node_view(app->node);
	if (view && team_view_device(view, &holder) && !team_view_manages(view, &holder)) {
		api_call_fail(call, ERR_DENIED,
		        "The month is closed by a nurse's device that manages; this one waits for a second "
		        "colleague's signature "
		        "(releve endorse).");
		return 0;
	}
	int result = node_billing_designate(app->node, &holder, NULL, NULL);
	return result ? result
	              : api_reply_durable(call, 200,
	                        json_pack("{s:o}", "holder", api_hex(holder.bytes, ID_LONG_BYTES)));
}

/* The statement of a lot's bytes; NULL when they are none. */
static json_t *lot_json(struct span bytes)
{
	struct arena arena = {0};
	struct billing_lot lot;
	struct buf csv = {0};
	json_t *json = NULL;
	if (lot_decode(&lot, bytes, &arena) == 0) {
		struct lot_hash hash = lot_hash_of(bytes);
		statement_csv(&lot, &hash, &whole, &csv);
		json = statement_json(&lot, &hash, &whole);
		json_object_set_new(json, "csv", json_stringn((const char *)csv.data, csv.size));
	}
	buf_close(&csv);
	arena_close(&arena);
	return json;
}

static void note(struct api_call *call)
{
	api_note(api_node_of(call), ACCESS_BILLING, NULL, api_note_day(api_call_param(call, 0)));
}

static int reply_lot(struct api_call *call, int status, struct span bytes)
{
	json_t *json = lot_json(bytes);
	if (!json)
		return ERR_CORRUPT;
	note(call);
	return api_reply_durable(call, status, json);
}

static int get_billing(struct api_call *call)
{
	uint32_t month;
	struct buf bytes = {0};
	if (month_or_reply(call, &month))
		return 0;
	int result = node_billing_lot(api_node_of(call)->node, month, &bytes);
	if (result == ERR_NOTFOUND) {
		api_call_fail(call, result, "This month has not been closed, as far as this device knows.");
		result = 0;
	} else if (!result) {
		result = reply_lot(call, 200, buf_span(&bytes));
	}
	buf_close(&bytes);
	return result;
}

int api_get_billing(struct api_call *call)
{
	return api_when_quiet(call, get_billing);
}

static const char *close_sentence(int error)
{
	switch (error) {
	case ERR_DENIED:
		return "Only the designated device closes a month: see \"billing designate\".";
	case ERR_EXISTS:
		return "This month was closed already, and nothing has changed since.";
	case ERR_NOTFOUND:
		return "A billable visit has no rate: add a rate table that is valid on its day.";
	case ERR_INVALID:
		return "A later month was closed already: late visits are billed with the next month.";
	case ERR_CONFLICT:
		return "A visit or a rate stands in two versions: settle that first.";
	case ERR_GAP:
		return "An earlier lot has not arrived on this device yet.";
	default:
		return NULL;
	}
}

static int close_month(struct api_call *call)
{
	uint32_t month;
	struct buf bytes = {0};
	struct lot_hash hash;
	struct billing_obstacle obstacle = {0};
	const char *territory;
	if (month_or_reply(call, &month) || !api_optional_text(call, "territory", &territory))
		return 0;
	int result = node_billing_close_month(api_node_of(call)->node, month, territory_of(territory), &bytes,
	        &hash, &obstacle, NULL, NULL);
	if (result) {
		json_t *more = obstacle.has_visit
		        ? json_pack("{s:o}", "visit",
		                  api_hex(obstacle.visit.bytes, sizeof(obstacle.visit.bytes)))
		        : NULL;
		api_call_fail_with(call, result, close_sentence(result), more);
		result = 0;
	} else {
		result = reply_lot(call, 201, buf_span(&bytes));
	}
	buf_close(&bytes);
	return result;
}

int api_post_close(struct api_call *call)
{
	if (api_refused_record(call) || api_refused_partial(call))
		return 0;
	return api_when_quiet(call, close_month);
}

static int verify(struct api_call *call)
{
	uint32_t month;
	struct node *node = api_node_of(call)->node;
	struct buf bytes = {0};
	struct node_billing billing = {0};
	struct billing_lot theirs, mine;
	if (month_or_reply(call, &month))
		return 0;
	int result = node_billing_lot(node, month, &bytes);
	if (result) {
		buf_close(&bytes);
		api_call_fail(call, result,
		        result == ERR_NOTFOUND
		                ? "This month has not been closed, as far as this device knows."
		                : NULL);
		return 0;
	}
	result = node_billing_verify(node, buf_span(&bytes), &billing, &theirs, &mine);
	if (result >= 0) {
		struct lot_hash hash = lot_hash_of(buf_span(&bytes));
		json_t *json = statement_json(&theirs, &hash, &whole);
		json_object_set_new(json, "same", json_boolean(result == 0));
		note(call);
		api_call_reply(call, 200, json);
		result = 0;
	} else if (result == ERR_GAP) {
		api_call_fail(call, result,
		        "This device has not yet received everything that the month was closed from.");
		result = 0;
	}
	node_billing_wipe(&billing);
	buf_close(&bytes);
	return result;
}

int api_get_verify(struct api_call *call)
{
	return api_when_quiet(call, verify);
}

static json_t *anomaly_json(const struct billing_anomaly *anomaly)
{
	json_t *json = json_pack("{s:i, s:s, s:s}", "number", (int)anomaly->kind, "fr",
	        billing_anomaly_sentence(anomaly->kind, true), "en",
	        billing_anomaly_sentence(anomaly->kind, false));
	if (!record_id_is_zero(&anomaly->visit))
		json_object_set_new(json, "visit", api_hex(anomaly->visit.bytes, ID_SHORT_BYTES));
	if (!record_id_is_zero(&anomaly->other))
		json_object_set_new(json, "other", api_hex(anomaly->other.bytes, ID_SHORT_BYTES));
	if (!device_id_is_zero(&anomaly->device))
		json_object_set_new(json, "device", api_hex(anomaly->device.bytes, ID_LONG_BYTES));
	return json;
}

static int anomalies(struct api_call *call)
{
	uint32_t month, count;
	struct node_billing billing = {0};
	struct billing_anomaly *found;
	if (month_or_reply(call, &month))
		return 0;
	int result = node_billing_gather(
	        api_node_of(call)->node, month, territory_of(api_call_query(call, "territory")), &billing);
	if (!result)
		result = billing_anomalies(&billing.input, &billing.arena, &found, &count);
	if (!result) {
		json_t *list = json_array();
		for (uint32_t i = 0; i < count; i++)
			json_array_append_new(list, anomaly_json(&found[i]));
		api_call_reply(call, 200, json_pack("{s:o}", "anomalies", list));
	}
	node_billing_wipe(&billing);
	return result;
}

int api_get_anomalies(struct api_call *call)
{
	return api_when_quiet(call, anomalies);
}
