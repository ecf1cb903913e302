/* Indicators: what was written for others, and what is computed now for the team itself (node/indicators/README.md). */
#include "node/api_indicators.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/indicators/rows.h"
#include "node/node_indicators.h"

enum { AGGREGATE_TABLES = 3, AGGREGATE_TERRITORY = 4, PERIODS_MAX = 1200, PERIODS_AT_ONCE = 64 };

/* ---- Periods ----------------------------------------------------------------------------------------------------- */

static bool read_period(const char *text, struct api_period *out)
{
	if (strlen(text) == 4) {
		char first[8] = "";
		memcpy(first, text, 4);
		memcpy(first + 4, "-01", 4);
		out->months = INDICATOR_YEAR;
		return api_month(first, &out->month);
	}
	out->months = INDICATOR_MONTH;
	return strlen(text) == 7 && api_month(text, &out->month);
}

bool api_period_or_reply(struct api_call *call, const char *text, struct api_period *out)
{
	if (read_period(text, out) && out->month >= 0)
		return true;
	api_call_fail(call, ERR_INVALID, "A month is needed, as 2026-11, or a year, as 2025.");
	return false;
}

static int32_t this_month(const struct api_node *app)
{
	const int64_t now_s = (int64_t)(env_wall_ms(app->env) / 1000);
	return calendar_month(now_s, calendar_paris_offset_minutes(now_s));
}

bool api_period_is_over(const struct api_node *app, const struct api_period *period)
{
	return period->month + (int32_t)period->months <= this_month(app);
}

/* ---- What was written -------------------------------------------------------------------------------------------- */

struct record_id api_indicators_document(struct api_node *app)
{
	return record_document_id(node_team(app->node), SCHEMA_DOC_INDICATORS, NULL);
}

/* Ends with the first month and the length; apart from the ids that the kind "indicator" has. */
struct record_id api_aggregate_id(const struct api_period *period)
{
	struct record_id id = {{0}};
	id.bytes[0] = 1;
	id.bytes[13] = (uint8_t)period->months;
	id.bytes[14] = (uint8_t)(period->month >> 8);
	id.bytes[15] = (uint8_t)period->month;
	return id;
}

static bool is_same_value(const struct crdt_values *values)
{
	for (uint32_t i = 1; i < values->count; i++)
		if (!span_eq(values->items[0].value, values->items[i].value))
			return false;
	return true;
}

static int read_tables(const struct crdt_values *values, struct arena *arena, struct published *out)
{
	const struct schema_field *field = schema_field(schema_kind(SCHEMA_AGGREGATE), AGGREGATE_TABLES);
	struct schema_measures measures;
	struct schema_value value;
	if (values->count == 0)
		return ERR_NOTFOUND;
	return schema_value_get(field, values->items[0].value, NULL, &measures, &value)
	        ? published_get(value.bytes, arena, out)
	        : ERR_MALFORMED;
}

int api_published(struct api_node *app, const struct api_period *period, struct arena *arena,
        struct published *out, const struct schema_label **why, bool *is_disputed)
{
	static const struct schema_label unreadable = {
	        "Ce qui est écrit n'est pas lisible.", "What was written is not readable."};
	const struct record_id doc_id = api_indicators_document(app), id = api_aggregate_id(period);
	struct crdt_values values = {0};
	struct crdt_path path;
	struct crdt_doc *doc;
	uint32_t entry;
	*out = (struct published){0};
	*why = NULL;
	*is_disputed = false;
	int result = node_doc(app->node, SCHEMA_DOC_INDICATORS, &doc_id, &doc);
	if (result)
		return result;
	record_path(schema_kind(SCHEMA_AGGREGATE), &id, AGGREGATE_TABLES, &path);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	*is_disputed = !is_same_value(&values);
	result = read_tables(&values, arena, out);
	if (result == 0)
		*why = suppress_check(out, period->months, &entry);
	else if (result != ERR_NOTFOUND)
		*why = &unreadable;
	crdt_values_close(&values);
	return result == ERR_NOTFOUND ? result : 0;
}

/* Whose rates all of it was billed by; empty: not known, or several. */
static struct span territory_of(struct api_node *app, const struct api_period *period, struct arena *arena)
{
	const struct record_id doc_id = api_indicators_document(app), id = api_aggregate_id(period);
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_doc *doc;
	if (node_doc(app->node, SCHEMA_DOC_INDICATORS, &doc_id, &doc) ||
	        !record_read(doc, schema_kind(SCHEMA_AGGREGATE), &id, &measures, &record))
		return (struct span){NULL, 0};
	const struct schema_value *territory = schema_value(&record, AGGREGATE_TERRITORY);
	return territory ? arena_span(arena, territory->bytes) : (struct span){NULL, 0};
}

/* ---- The reply ---------------------------------------------------------------------------------------------------- */

static bool is_asked(const struct api_call *call, const char *name, const json_t *row)
{
	const char *text = api_call_query(call, name);
	return !text || strcmp(text, api_text(row, name)) == 0;
}

/* Of one indicator, or one stratum, alone. */
static json_t *rows_asked(const struct api_call *call, json_t *rows)
{
	if (!api_call_query(call, "indicator") && !api_call_query(call, "stratum"))
		return rows;
	json_t *kept = json_array(), *row;
	size_t index;
	json_array_foreach(rows, index, row)
	{
		if (is_asked(call, "indicator", row) && is_asked(call, "stratum", row))
			json_array_append(kept, row);
	}
	json_decref(rows);
	return kept;
}

/* The rows, also as a file's text where a format is asked for. */
static void reply_rows(struct api_call *call, json_t *rows, json_t *missing, json_t *broken, bool exact)
{
	const char *format = api_call_query(call, "format");
	struct buf file = {0};
	rows = rows_asked(call, rows);
	if (format && strcmp(format, "csv") == 0)
		rows_csv(rows, exact, &file);
	else if (format)
		rows_ndjson(rows, exact, &file);
	json_t *reply = json_pack(
	        "{s:o, s:o, s:o, s:b}", "rows", rows, "missing", missing, "broken", broken, "exact", exact);
	if (format)
		json_object_set_new(
		        reply, "file", json_stringn(file.size ? (const char *)file.data : "", file.size));
	buf_wipe(&file);
	api_call_reply(call, 200, reply);
}

static bool format_or_reply(struct api_call *call)
{
	const char *format = api_call_query(call, "format");
	if (!format || strcmp(format, "csv") == 0 || strcmp(format, "ndjson") == 0)
		return true;
	api_call_fail(call, ERR_INVALID, "The format is csv or ndjson.");
	return false;
}

/* ---- Listing ----------------------------------------------------------------------------------------------------- */

struct range {
	int32_t from, to; /* months, both within */
	uint32_t months;
	bool is_exact;
};

static bool read_bound(struct api_call *call, const char *name, int32_t *out, bool is_end)
{
	const char *text = api_call_query(call, name);
	struct api_period period;
	if (!text)
		return true;
	if (!api_period_or_reply(call, text, &period))
		return false;
	*out = period.month + (is_end ? (int32_t)period.months - 1 : 0);
	return true;
}

static bool may_see_exact(const struct api_node *app)
{
	return node_may_read(app->node, COMPARTMENT_CLINICAL) &&
	        node_may_read(app->node, COMPARTMENT_BILLING);
}

/* 1: or refused; auto: where this device may. */
static bool wants_exact(const struct api_call *call)
{
	const char *exact = api_call_query(call, "exact");
	return exact &&
	        (strcmp(exact, "1") == 0 || (strcmp(exact, "auto") == 0 && may_see_exact(api_node_of(call))));
}

static bool read_range(struct api_call *call, struct range *out)
{
	const char *period = api_call_query(call, "period");
	const int32_t now = this_month(api_node_of(call));
	*out = (struct range){.to = -1, .months = INDICATOR_MONTH, .is_exact = wants_exact(call)};
	out->from = -1;
	if (!read_bound(call, "from", &out->from, false) || !read_bound(call, "to", &out->to, true))
		return false;
	out->to = out->to < 0 ? (out->from < 0 || out->is_exact ? now : out->from) : out->to;
	if (period && (out->months = rows_period_named(period)) == 0) {
		api_call_fail(call, ERR_INVALID, "The period is month, quarter or year.");
		return false;
	}
	if (out->from > now) {
		api_call_fail(call, ERR_INVALID, "That month is in the future: nothing is known of it yet.");
		return false;
	}
	out->to = out->to > now ? now : out->to;
	if (out->from > out->to) {
		api_call_fail(call, ERR_INVALID, "The first month comes after the last one.");
		return false;
	}
	return true;
}

static const char *team_text(struct api_node *app, char out[2 * ID_LONG_BYTES + 1])
{
	ids_hex(out, node_team(app->node)->bytes, ID_LONG_BYTES);
	return out;
}

static json_t *label_json(const struct schema_label *label)
{
	return json_pack("{s:s, s:s}", "fr", label->fr, "en", label->en);
}

static void list_period(
        struct api_node *app, const struct api_period *period, json_t *rows, json_t *missing, json_t *broken)
{
	char team[2 * ID_LONG_BYTES + 1], month[8];
	struct arena arena = {0};
	struct published published;
	const struct schema_label *why;
	bool is_disputed;
	rows_month_text(month, period->month);
	const int result = api_published(app, period, &arena, &published, &why, &is_disputed);
	if (result)
		json_array_append_new(missing, json_string(month));
	else if (why) {
		json_t *json = label_json(why);
		json_object_set_new(json, "month", json_string(month));
		json_object_set_new(json, "period", json_string(rows_period_name(period->months)));
		json_array_append_new(broken, json);
	} else
		rows_add_published(rows, team_text(app, team), period->month, period->months, &published,
		        territory_of(app, period, &arena));
	arena_close(&arena);
}

/* The first months of all periods that begin within the range. */
static bool next_period(const struct range *range, int32_t *month)
{
	for (; *month <= range->to; ++*month)
		if (*month % (int32_t)range->months == 0)
			return true;
	return false;
}

/* Months about which something was written: where no first one was given, all of them. */
static int32_t first_written(struct api_node *app, const struct range *range)
{
	const struct record_id doc_id = api_indicators_document(app);
	struct span cursor = {0};
	struct record_id id;
	struct crdt_doc *doc;
	int32_t first = range->to;
	if (node_doc(app->node, SCHEMA_DOC_INDICATORS, &doc_id, &doc))
		return first;
	while (record_next(doc, schema_kind(SCHEMA_AGGREGATE), &cursor, &id)) {
		const int32_t month = id.bytes[14] << 8 | id.bytes[15];
		first = month < first ? month : first;
	}
	return first;
}

static void list_written(struct api_call *call, const struct range *range)
{
	struct api_node *app = api_node_of(call);
	if (range->months == INDICATOR_QUARTER) {
		api_call_fail(call, ERR_INVALID,
		        "Months and years are written for others; a quarter is computed for the team itself "
		        "(exact).");
		return;
	}
	json_t *rows = json_array(), *missing = json_array(), *broken = json_array();
	int32_t month = range->from < 0 ? first_written(app, range) : range->from;
	month = month < range->to - PERIODS_MAX ? range->to - PERIODS_MAX : month;
	for (; next_period(range, &month); month++) {
		const struct api_period period = {month, range->months};
		if (api_period_is_over(app, &period))
			list_period(app, &period, rows, missing, broken);
	}
	reply_rows(call, rows, missing, broken, false);
}

/* Periods from *month on, as many as are computed in one pass; *month is behind them. */
static uint32_t next_periods(struct api_node *app, const struct range *range, int32_t *month,
        struct indicator_values values[PERIODS_AT_ONCE])
{
	uint32_t count = 0;
	for (; count < PERIODS_AT_ONCE && next_period(range, month); ++*month) {
		const struct api_period period = {*month, range->months};
		values[count++] = (struct indicator_values){.month = *month,
		        .months = range->months,
		        .is_observed = !api_period_is_over(
		                app, &period)}; /* what the device sees is of now */
	}
	return count;
}

static int list_exact(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	char team[2 * ID_LONG_BYTES + 1];
	struct range range;
	uint32_t count;
	int result = 0;
	if (!read_range(call, &range))
		return 0;
	/* Too much for the stack. */
	struct indicator_values *values = mem_zero(PERIODS_AT_ONCE, sizeof(*values));
	int32_t month = range.from < 0 ? range.to : range.from;
	if (range.from < 0) {
		result = node_indicators_first_month(app->node, &month);
		month -= month % (int32_t)range.months;
	}
	json_t *rows = json_array();
	while (result == 0 && (count = next_periods(app, &range, &month, values))) {
		struct arena arena = {0};
		result = node_indicators_compute(app->node, &arena, values, count);
		for (uint32_t i = 0; result == 0 && i < count; i++)
			rows_add_exact(rows, team_text(app, team), &values[i], &arena);
		arena_close(&arena);
	}
	mem_free(values);
	if (result)
		json_decref(rows);
	else
		reply_rows(call, rows, json_array(), json_array(), true);
	return result;
}

int api_get_indicators(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct range range;
	if (!format_or_reply(call) || !read_range(call, &range))
		return 0;
	if (!range.is_exact) {
		list_written(call, &range);
		return 0;
	}
	if (!may_see_exact(app))
		return ERR_DENIED;
	return api_refused_partial(call) ? 0 : api_when_quiet(call, list_exact);
}

/* ---- Definitions ------------------------------------------------------------------------------------------------- */

int api_get_indicator_definitions(struct api_call *call)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < indicators_count; i++)
		json_array_append_new(list, rows_definition(&indicators_table[i]));
	api_call_keep(call, 3600);
	api_call_reply(call, 200, json_pack("{s:o}", "definitions", list));
	return 0;
}

int api_get_indicator_definition(struct api_call *call)
{
	const struct indicator *indicator = indicator_named(api_call_param(call, 0));
	if (!indicator)
		api_call_fail(call, ERR_NOTFOUND,
		        "There is no indicator of that name; GET /api/indicators/definitions lists all.");
	else
		api_call_reply(call, 200, rows_definition(indicator));
	return 0;
}
