/* Monthly counts of the team, for facilitators (node/indicators.h). */
#include "node/api_node.h"

#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/indicators.h"
#include "node/node_billing.h"

static const char DEFINITION[] = "Visites qui ont eu lieu, corrections comprises, au jour de leur début sur "
                                 "place ; patients vus au moins une fois ; heures "
                                 "entières. Un nombre inférieur à 11 n'est pas écrit, ni une hausse de "
                                 "moins de 11, ni une baisse. / Visits that took place, corrections "
                                 "included, by the day of their start at the place; patients seen at least "
                                 "once; whole hours. A count under 11 is not "
                                 "written, nor a rise by less than 11, nor a fall.";

static int id_cmp(const void *a, const void *b)
{
	return record_id_cmp(a, b);
}

static struct indicators count(const struct billing_input *input, int32_t month)
{
	struct indicators out = {0};
	struct record_id *patients = mem_zero(input->visit_count + 1, sizeof(*patients));
	int64_t seconds = 0;
	for (uint32_t i = 0; i < input->visit_count; i++) {
		const struct billing_visit *visit = &input->visits[i];
		if ((visit->flags & (BILLING_CANCELLED | BILLING_RUNNING)) ||
		        calendar_month(visit->item.start_s, visit->item.offset_minutes) != month)
			continue;
		patients[out.visits++] = visit->patient;
		seconds += visit->item.end_s - visit->item.start_s;
	}
	if (out.visits)
		qsort(patients, out.visits, sizeof(*patients), id_cmp);
	for (uint32_t i = 0; i < out.visits; i++)
		out.patients += i == 0 || !record_id_eq(&patients[i], &patients[i - 1]);
	out.hours = (uint32_t)(seconds / 3600);
	mem_free(patients);
	return out;
}

/* What the counts were made from: one hash of how far each feed was here. */
static json_t *source_json(const struct billing_input *input)
{
	crypto_generichash_state state;
	uint8_t hash[16];
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	for (uint32_t i = 0; i < input->frontier_count; i++) {
		uint8_t seq[8];
		for (unsigned b = 0; b < sizeof(seq); b++)
			seq[b] = (uint8_t)(input->frontier[i].seq >> 8 * b);
		crypto_generichash_update(&state, input->frontier[i].feed.bytes, ID_LONG_BYTES);
		crypto_generichash_update(&state, seq, sizeof(seq));
	}
	crypto_generichash_final(&state, hash, sizeof(hash));
	return api_hex(hash, sizeof(hash));
}

static struct record_id document(struct api_node *app)
{
	return record_document_id(node_team(app->node), SCHEMA_DOC_INDICATORS, NULL);
}

/* One record a month. */
static struct record_id month_id(int32_t month)
{
	struct record_id id = {{0}};
	id.bytes[14] = (uint8_t)(month >> 8);
	id.bytes[15] = (uint8_t)month;
	return id;
}

static uint32_t number(const json_t *json, const char *name)
{
	return (uint32_t)json_integer_value(json_object_get(json, name));
}

static struct indicators shown_before(struct api_node *app, int32_t month)
{
	struct record_id doc_id = document(app), id = month_id(month);
	struct indicators out = {0};
	struct crdt_doc *doc;
	if (node_doc(app->node, SCHEMA_DOC_INDICATORS, &doc_id, &doc))
		return out;
	json_t *json = record_json(doc, schema_kind(SCHEMA_INDICATOR), &id);
	if (json)
		out = (struct indicators){
		        number(json, "patients"), number(json, "visits"), number(json, "hours")};
	json_decref(json);
	return out;
}

static void put_count(json_t *json, const char *name, uint32_t value)
{
	json_object_set_new(json, name, value ? json_integer(value) : json_null());
}

static int write_month(struct api_call *call, int32_t month, const struct indicators *shown, json_t *source)
{
	struct api_node *app = api_node_of(call);
	struct calendar_date first = calendar_date(calendar_month_start(month) / 86400);
	struct record_id doc_id = document(app), id = month_id(month);
	json_t *json = api_call_json(call);
	json_object_clear(json);
	json_object_set_new(json, "month", json_integer(first.year * 100 + (json_int_t)first.month));
	put_count(json, "patients", shown->patients);
	put_count(json, "visits", shown->visits);
	put_count(json, "hours", shown->hours);
	json_object_set_new(json, "definition", json_string(DEFINITION));
	json_object_set_new(json, "source", source);
	return api_write_record(call, schema_kind(SCHEMA_INDICATOR), &doc_id, &id, SCHEMA_CHECK_EDIT, NULL);
}

static int write_counted(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct node_billing billing;
	int32_t month = 0;
	api_month(api_call_param(call, 0), &month);
	int result = node_billing_gather(app->node, (uint32_t)month, span_text(""), &billing);
	if (result)
		return result;
	const struct indicators counted = count(&billing.input, month), shown = indicators_shown(&counted),
	                        before = shown_before(app, month);
	if (indicators_replace(&before, &shown))
		result = write_month(call, month, &shown, source_json(&billing.input));
	else
		api_call_reply(call, 200, json_pack("{s:b}", "unchanged", 1));
	node_billing_wipe(&billing);
	return result;
}

int api_post_indicators(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *text = api_call_param(call, 0);
	const int64_t now_s = (int64_t)(env_wall_ms(app->env) / 1000);
	int32_t month;
	if (api_refused_partial(call))
		return 0;
	if (!api_month(text, &month)) {
		api_call_fail(call, ERR_INVALID, "A month is needed, as 2026-11.");
		return 0;
	}
	if (month >= calendar_month(now_s, calendar_paris_offset_minutes(now_s))) {
		api_call_fail(call, ERR_INVALID, "Only a month that is over is counted.");
		return 0;
	}
	if (!node_may_write(app->node, COMPARTMENT_AGGREGATE))
		return ERR_DENIED;
	return api_when_quiet(call, write_counted);
}

int api_get_indicators(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id doc_id = document(app);
	struct crdt_doc *doc;
	int result = node_doc(app->node, SCHEMA_DOC_INDICATORS, &doc_id, &doc);
	json_t *list = result ? json_array() : api_parts_json(app, doc, schema_kind(SCHEMA_INDICATOR), 1200);
	api_call_reply(call, 200, json_pack("{s:o}", "months", list));
	return 0;
}
