/* Writing indicators of a period for others: what may be told of them, and what they were computed from (node/indicators/README.md, sections 5 and 6). */
#include <string.h>

#include "crdt/base/err.h"
#include "node/api_indicators.h"
#include "node/api_statement.h"
#include "node/calendar.h"
#include "node/indicators/suppress.h"
#include "node/node_indicators.h"
#include "node/node_record.h"

enum { AGGREGATE_TABLES = 3, AGGREGATE_TERRITORY = 4 };

/* A month as an earlier version wrote it: what was shown then counts as shown. */
static void add_earlier(
        struct api_node *app, const struct api_period *period, struct published *out, struct arena *arena)
{
	static const struct {
		const char *member;
		enum indicator_number number;
	} counts[] = {{"patients", INDICATOR_PATIENTS}, {"visits", INDICATOR_VISITS}};
	const struct record_id doc_id = api_indicators_document(app);
	struct record_id id = {{0}};
	struct crdt_doc *doc;
	id.bytes[14] = (uint8_t)(period->month >> 8);
	id.bytes[15] = (uint8_t)period->month;
	if (period->months != INDICATOR_MONTH || out->entry_count ||
	        node_doc(app->node, SCHEMA_DOC_INDICATORS, &doc_id, &doc))
		return;
	json_t *json = record_json(doc, schema_kind(SCHEMA_INDICATOR), &id);
	out->sources = arena_zero(arena, 1, sizeof(*out->sources));
	out->source_count = 1;
	out->entries = arena_zero(arena, 2, sizeof(*out->entries));
	for (size_t i = 0; json && i < sizeof(counts) / sizeof(*counts); i++) {
		const json_int_t count = json_integer_value(json_object_get(json, counts[i].member));
		if (count > 0)
			out->entries[out->entry_count++] = (struct published_entry){
			        .number = counts[i].number,
			        .version = 1,
			        .cell_count = 1,
			        .cells = {{count, 0}}};
	}
	json_decref(json);
}

/* The frontier that indicators are computed from now, named, and the record by which nurses find it again. */
static int write_source(struct api_node *app, struct arena *arena, uint8_t hash[PUBLISHED_SOURCE_BYTES])
{
	const struct schema_kind *kind = schema_kind(SCHEMA_INDICATOR_SOURCE);
	const struct record_id doc_id = record_document_id(node_team(app->node), SCHEMA_DOC_SOURCES, NULL);
	const int64_t now_s = (int64_t)(env_wall_ms(app->env) / 1000);
	struct schema_record record = {.kind = kind};
	uint8_t salt[NODE_FRONTIER_SALT_BYTES];
	struct node_frontier frontier;
	struct buf bytes = {0};
	env_random_bytes(app->env, salt, sizeof(salt));
	node_indicators_frontier(app->node, arena, &frontier);
	node_frontier_put(&frontier, &bytes);
	node_frontier_hash(salt, buf_span(&bytes), hash);
	memcpy(record.id.bytes, hash, sizeof(record.id.bytes));
	schema_put(&record, schema_field(kind, 1))->bytes = span_of(hash, PUBLISHED_SOURCE_BYTES);
	schema_put(&record, schema_field(kind, 2))->bytes = span_of(salt, sizeof(salt));
	schema_put(&record, schema_field(kind, 3))->bytes = buf_span(&bytes);
	struct schema_value *at = schema_put(&record, schema_field(kind, 4));
	at->number = now_s;
	at->offset_minutes = calendar_paris_offset_minutes(now_s);
	const int result = bytes.size > (size_t)schema_field(kind, 3)->max
	        ? ERR_TOOBIG
	        : node_write_record(app->node, SCHEMA_DOC_SOURCES, &doc_id, &record, NULL, NULL);
	buf_close(&bytes);
	return result;
}

static int write_aggregate(struct api_node *app, const struct api_period *period,
        const struct published *published, struct span territory)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_AGGREGATE);
	const struct calendar_date first = calendar_date(calendar_month_start(period->month) / 86400);
	const struct record_id doc_id = api_indicators_document(app);
	struct record_edit edit = {.record = {.kind = kind, .id = api_aggregate_id(period)}};
	struct node_change change;
	struct buf bytes = {0};
	published_put(published, &bytes);
	schema_put(&edit.record, schema_field(kind, 1))->number = first.year * 100 + (int64_t)first.month;
	schema_put(&edit.record, schema_field(kind, 2))->number = period->months;
	const struct schema_field *tables = schema_field(kind, AGGREGATE_TABLES);
	schema_put(&edit.record, tables)->bytes = buf_span(&bytes);
	if (territory.size)
		schema_put(&edit.record, schema_field(kind, AGGREGATE_TERRITORY))->bytes = territory;
	int result = bytes.size > (size_t)tables->max
	        ? ERR_TOOBIG
	        : node_change_begin(app->node, SCHEMA_DOC_INDICATORS, &doc_id, &change);
	if (result == 0) {
		result = record_write(change.doc, &change.builder, &edit, NULL, (struct span){NULL, 0});
		if (result)
			node_change_drop(&change);
		else
			result = node_change_finish(app->node, &change, NULL, NULL, NULL);
	}
	buf_close(&bytes);
	return result;
}

static int write_counted(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct arena arena = {0};
	struct api_period period;
	struct published before, now;
	const struct schema_label *why;
	bool is_disputed;
	uint8_t source[PUBLISHED_SOURCE_BYTES];
	if (!api_period_or_reply(call, api_call_param(call, 0), &period))
		return 0;
	int result = api_published(app, &period, &arena, &before, &why, &is_disputed);
	if (result && result != ERR_NOTFOUND)
		goto out;
	if (why ||
	        is_disputed) { /* nothing is added to what was counted apart, or by somebody who did not hold to the rule */
		api_fail_words(call, ERR_CONFLICT,
		        "Ce qui est écrit de cette période ne respecte pas la règle, ou a été compté sur "
		        "deux "
		        "appareils à la fois : cela reste tel quel.",
		        "What was written of this period breaks the rule, or was counted on two devices at "
		        "once: it stays as it "
		        "is.");
		result = 0;
		goto out;
	}
	add_earlier(app, &period, &before, &arena);
	struct indicator_values values = {
	        .month = period.month, .months = period.months, .is_observed = true};
	result = node_indicators_compute(app->node, &arena, &values, 1);
	if (result)
		goto out;
	memset(source, 0, sizeof(source));
	result = suppress(&values, &before, source, INDICATORS_COUNT_MIN, &arena, &now);
	if (result == SUPPRESS_UNCHANGED) {
		api_call_reply(call, 200, json_pack("{s:b}", "unchanged", 1));
		result = 0;
		goto out;
	}
	if (result == 0)
		result = write_source(app, &arena, source);
	if (result == 0)
		result = suppress(&values, &before, source, INDICATORS_COUNT_MIN, &arena, &now);
	if (result == 0)
		result = write_aggregate(app, &period, &now,
		        values.territory_count == 1 ? values.territories[0].name : (struct span){NULL, 0});
	if (result == 0)
		result = api_reply_durable(
		        call, 201, json_pack("{s:I}", "tables", (json_int_t)now.entry_count));
out:
	arena_close(&arena);
	return result;
}

/* Two devices that count a period at once from different records would leave both counts side by side. */
static bool is_another_to_count(struct api_node *app)
{
	const struct team_view *view = node_view(app->node);
	const struct device_id self = node_device(app->node);
	return view && view->lease.held && !device_id_eq(&view->lease.holder, &self);
}

int api_post_indicators(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct api_period period;
	if (api_refused_partial(call) || !api_period_or_reply(call, api_call_param(call, 0), &period))
		return 0;
	if (!api_period_is_over(app, &period)) {
		api_fail_words(call, ERR_INVALID, "Seul un mois terminé est compté, ou une année.",
		        "Only a month that is over is counted, or a year.");
		return 0;
	}
	if (!node_may_write(app->node, COMPARTMENT_AGGREGATE) ||
	        !node_may_write(app->node, COMPARTMENT_CLINICAL))
		return ERR_DENIED;
	if (is_another_to_count(app)) {
		api_fail_words(call, ERR_DENIED,
		        "L'appareil qui clôt les mois écrit les indicateurs, pour qu'aucun mois ne soit "
		        "compté deux "
		        "fois à la fois.",
		        "The device that closes the months writes the indicators, so that no month is "
		        "counted twice at once.");
		return 0;
	}
	return api_when_quiet(call, write_counted);
}
