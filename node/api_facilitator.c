/* A team at a glance, by what was written for others alone: what a facilitator sees of each of hers (node/indicators/README.md, section 7). */
#include "node/api_indicators.h"

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/indicators/rows.h"
#include "node/practice/practice.h"

/* The last month about which something was written, not after `last`. False: none. */
static bool last_written(struct api_node *app, int32_t last, struct api_period *out)
{
	const struct record_id doc_id = api_indicators_document(app);
	struct span cursor = {0};
	struct record_id id;
	struct crdt_doc *doc;
	*out = (struct api_period){-1, INDICATOR_MONTH};
	if (node_doc(app->node, SCHEMA_DOC_INDICATORS, &doc_id, &doc))
		return false;
	while (record_next(doc, schema_kind(SCHEMA_AGGREGATE), &cursor, &id)) {
		const int32_t month = id.bytes[14] << 8 | id.bytes[15];
		if (id.bytes[13] == INDICATOR_MONTH && month <= last && month > out->month)
			out->month = month;
	}
	return out->month >= 0;
}

/* {numerator, denominator, value}, or null where it is not shown. */
static json_t *figure(const struct published *published, enum indicator_number number)
{
	const struct indicator *indicator = indicator_numbered(number);
	const struct published_entry *entry = published_find(published, number, STRATA_ALL, 0);
	int64_t value;
	if (!entry || entry->version != indicator->version || entry->cell_count != 1)
		return json_null();
	const struct published_cell *cell = &entry->cells[0];
	json_t *json = json_pack("{s:I}", "numerator", (json_int_t)cell->numerator);
	if (indicator->form == INDICATOR_COUNT) {
		json_object_set_new(json, "value", json_integer(cell->numerator));
		return json;
	}
	json_object_set_new(json, "denominator", json_integer(cell->denominator));
	if (rows_value(cell->numerator, cell->denominator, &value))
		json_object_set_new(json, "value", json_real((double)value / 10000));
	return json;
}

static void put(
        json_t *json, const char *name, const struct published *published, enum indicator_number number)
{
	json_object_set_new(json, name, figure(published, number));
}

/* Hours with patients for each nurse at work, a week, in tenths. Null where one of the two is not shown. */
static json_t *workload(const struct published *published, const struct api_period *period)
{
	const struct published_entry *minutes = published_find(published, INDICATOR_MINUTES, STRATA_ALL, 0),
	                             *nurses = published_find(published, INDICATOR_NURSES, STRATA_ALL, 0);
	const int64_t days = (calendar_month_start(period->month + (int32_t)period->months) -
	                             calendar_month_start(period->month)) /
	        86400;
	if (!minutes || !nurses || nurses->cells[0].numerator <= 0)
		return json_null();
	const double weeks = (double)days / 7;
	return json_real((double)(int64_t)((double)minutes->cells[0].numerator / 6 / weeks /
	                                 (double)nurses->cells[0].numerator +
	                         0.5) /
	        10);
}

/* Sharing at least every two weeks, facilitation two hours a week. Null: not known. */
static void put_rhythm(json_t *json, const struct published *published)
{
	const struct published_entry *days = published_find(published, INDICATOR_SHARING_DAYS, STRATA_ALL, 0),
	                             *facilitation = published_find(
	                                     published, INDICATOR_FACILITATION, STRATA_ALL, 0);
	json_object_set_new(json, "sharingKept",
	        days ? json_boolean(days->cells[0].numerator <= PRACTICE_SHARING_DAYS) : json_null());
	json_object_set_new(json, "facilitationKept",
	        facilitation ? json_boolean(facilitation->cells[0].numerator >=
	                               PRACTICE_FACILITATION_MINUTES * facilitation->cells[0].denominator)
	                     : json_null());
}

static json_t *glance(const struct published *published, const struct api_period *period)
{
	static const struct {
		const char *name;
		enum indicator_number number;
	} figures[] = {{"patients", INDICATOR_PATIENTS}, {"visits", INDICATOR_VISITS},
	        {"minutes", INDICATOR_MINUTES}, {"patientTime", INDICATOR_PATIENT_TIME},
	        {"nurses", INDICATOR_NURSES}, {"nursesPerPatient", INDICATOR_NURSES_PER_PATIENT},
	        {"referent", INDICATOR_WITH_REFERENT}, {"sharings", INDICATOR_SHARINGS},
	        {"daysSinceSharing", INDICATOR_SHARING_DAYS}, {"facilitation", INDICATOR_FACILITATION},
	        {"training", INDICATOR_TRAINING}, {"conflicts", INDICATOR_CONFLICTS},
	        {"oldestData", INDICATOR_OLDEST_DATA}, {"onlyHere", INDICATOR_ONLY_HERE},
	        {"devices", INDICATOR_DEVICES}};
	json_t *json = json_object();
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		put(json, figures[i].name, published, figures[i].number);
	json_object_set_new(json, "hoursPerNurseWeek", workload(published, period));
	put_rhythm(json, published);
	return json;
}

static json_t *sources_json(const struct published *published)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < published->source_count; i++)
		json_array_append_new(list, api_hex(published->sources[i], PUBLISHED_SOURCE_BYTES));
	return list;
}

int api_get_facilitator(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *text = api_call_query(call, "month");
	const int64_t now_s = (int64_t)(env_wall_ms(app->env) / 1000);
	const int32_t now = calendar_month(now_s, calendar_paris_offset_minutes(now_s));
	struct api_period period = {-1, INDICATOR_MONTH};
	struct arena arena = {0};
	struct published published = {0};
	const struct schema_label *why = NULL;
	bool is_disputed = false;
	char month[8];
	if (text && !api_period_or_reply(call, text, &period))
		return 0;
	if (period.month > now) {
		api_call_fail(call, ERR_INVALID, "That month is in the future: nothing is known of it yet.");
		return 0;
	}
	const bool is_any = text || last_written(app, now, &period);
	const int result = is_any ? api_published(app, &period, &arena, &published, &why, &is_disputed)
	                          : ERR_NOTFOUND;
	json_t *json = json_pack("{s:o}", "team", api_hex(node_team(app->node)->bytes, ID_LONG_BYTES));
	if (period.month >= 0) {
		rows_month_text(month, period.month);
		json_object_set_new(json, "month", json_string(month));
	}
	json_object_set_new(json, "written", json_boolean(result == 0));
	if (result == 0 && !why) {
		json_object_set_new(json, "figures", glance(&published, &period));
		json_object_set_new(json, "sources", sources_json(&published));
		json_object_set_new(json, "disputed", json_boolean(is_disputed));
	}
	if (why)
		json_object_set_new(json, "broken", json_pack("{s:s, s:s}", "fr", why->fr, "en", why->en));
	api_call_reply(call, 200, json);
	arena_close(&arena);
	return 0;
}
