/* Visits: added afterwards, amended, listed by month or day, or all of them page by page. */
#include "node/api_node.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/api_receipts.h"
#include "node/api_times.h"
#include "node/api_transmissions.h"
#include "node/calendar.h"
#include "node/describe.h"
#include "node/schema/moment.h"

int api_post_visit(struct api_call *call)
{
	struct patient_group group;
	if (!api_group_or_reply(call, &group))
		return 0;
	const struct record_id patient = group.files[0];
	api_preset_record(api_node_of(call), schema_kind(SCHEMA_VISIT), api_call_json(call));
	return api_write_record(call, schema_kind(SCHEMA_VISIT), &patient, NULL, SCHEMA_CHECK_NEW, NULL);
}

/* Whoever corrects one of its two times leaves the other as it stands. */
static void complete_times(
        struct api_node *app, struct crdt_doc *doc, const struct record_id *visit, json_t *amendment)
{
	struct moment start, end;
	char text[MOMENT_TEXT_BYTES];
	const bool has_start = json_object_get(amendment, "start"),
	           has_end = json_object_get(amendment, "end");
	if (has_start == has_end || !api_visit_span(app, doc, visit, &start, &end))
		return;
	moment_text(text, has_start ? end : start);
	json_object_set_new(amendment, has_start ? "end" : "start", json_string(text));
}

int api_post_amendment(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient, visit;
	struct crdt_doc *doc;
	struct crdt_event event;
	const char *text = api_call_param(call, 1);
	struct patient_group group;
	if (!api_group_or_reply(call, &group))
		return 0;
	bool is_id = strlen(text) == 2 * ID_SHORT_BYTES && ids_from_hex(visit.bytes, ID_SHORT_BYTES, text);
	patient = group.files[0];
	if (is_id) /* it is corrected where it stands */
		api_group_holder(app, &group, schema_kind(SCHEMA_VISIT), &visit, &patient);
	int result = node_shown(app->node, SCHEMA_DOC_DOSSIER, &patient, &doc);
	if (result)
		return result;
	if (!is_id || !api_find_event(doc, SCHEMA_VISIT, &visit, &event)) {
		api_call_fail(call, ERR_NOTFOUND, "This patient has no such visit here: give its whole id.");
		return 0;
	}
	json_object_set_new(api_call_json(call), "visit", api_hex(visit.bytes, sizeof(visit.bytes)));
	complete_times(app, doc, &visit, api_call_json(call));
	return api_write_record(
	        call, schema_kind(SCHEMA_VISIT_AMENDMENT), &patient, NULL, SCHEMA_CHECK_EDIT, &event.op);
}

/* ---- Listing ---- */

bool api_month(const char *text, int32_t *month)
{
	char first[11];
	int64_t day;
	if (!text || strlen(text) < 7)
		return false;
	snprintf(first, sizeof(first), "%.7s-01", text);
	if (!moment_day_parse(span_text(first), &day))
		return false;
	*month = calendar_month(day * 86400, 0);
	return true;
}

/* It stays readable, struck through. */
static bool is_corrected(const struct crdt_doc *doc, const struct op_id *op)
{
	struct crdt_event event;
	uint32_t cursor = 0;
	while (crdt_doc_event(doc, SCHEMA_VISIT, &cursor, &event))
		if (op_id_cmp(&event.op, op) == 0)
			return event.is_corrected;
	return false;
}

static json_t *visit_json(struct api_node *app, const struct index_event *event)
{
	const struct log_feed *feed = log_feed(node_log(app->node), event->feed);
	struct op_id op = {.feed = feed->id, .seq = event->seq, .index = event->op};
	uint32_t kind;
	struct record_id patient;
	struct crdt_doc *doc;
	json_t *json = api_event_json(app, &op);
	if (!json || node_doc_at(app->node, event->doc, &kind, &patient))
		return json;
	api_put_patient(app, json, &patient);
	if (node_shown_by_number(app->node, event->doc, &doc) == 0 && is_corrected(doc, &op))
		json_object_set_new(json, "corrected", json_true());
	return json;
}

static bool starts_in(const json_t *visit, const char *prefix)
{
	const char *start = visit ? api_text(visit, "start") : NULL;
	return start && strncmp(start, prefix, strlen(prefix)) == 0;
}

/* Moments that may be of a local day, or month: it begins up to 14 hours before that of UTC, and ends up to 12 hours after. */
struct stretch {
	int64_t from_s, upto_s;
};

/* `month` is that of `prefix`, a day or a month. */
static struct stretch stretch_of(const char *prefix, int32_t month)
{
	enum { DAY_S = 86400, EAST_S = 14 * 3600, WEST_S = 12 * 3600 };
	int64_t day = 0;
	if (moment_day_parse(span_text(prefix), &day))
		return (struct stretch){day * DAY_S - EAST_S, (day + 1) * DAY_S + WEST_S};
	return (struct stretch){
	        calendar_month_start(month) - EAST_S, calendar_month_start(month + 1) + WEST_S};
}

/* The index goes by UTC months. Only what may be of that time is opened. */
static int add_month(
        struct api_node *app, int32_t month, struct stretch stretch, const char *prefix, json_t *list)
{
	const struct index_event *events;
	uint32_t count;
	int result = node_month(app->node, month, &events, &count);
	if (result)
		return result;
	struct index_event *copy = mem_copy(events, count * sizeof(*events));
	for (uint32_t i = 0; i < count; i++) {
		if (copy[i].kind != SCHEMA_VISIT || copy[i].when_s < stretch.from_s ||
		        copy[i].when_s >= stretch.upto_s)
			continue;
		json_t *json = visit_json(app, &copy[i]);
		if (starts_in(json, prefix))
			json_array_append_new(list, json);
		else
			json_decref(json);
	}
	mem_free(copy);
	return 0;
}

/* Those of early copies whose entries have not come. */
static void add_early(struct api_node *app, const char *prefix, json_t *list)
{
	const struct early_copy *copy;
	for (uint32_t i = 0; (copy = node_early_at(app->node, i)); i++) {
		for (uint32_t j = 0; j < copy->body_count; j++) {
			const struct early_body *body = &copy->bodies[j];
			json_t *json = body->kind == SCHEMA_VISIT && node_early_ahead(app->node, &body->op)
			        ? api_early_body_json(app, body)
			        : NULL;
			if (!starts_in(json, prefix)) {
				json_decref(json);
				continue;
			}
			api_put_patient(app, json, &copy->dossier);
			if (is_corrected(copy->doc, &body->op))
				json_object_set_new(json, "corrected", json_true());
			api_mark_early(app, json, &copy->dossier);
			json_array_append_new(list, json);
		}
	}
}

/* ---- All of them, newest first ---- */

/* A stretch of the list: `skip` are left to pass by before it. */
struct page {
	struct api_node *app;
	uint64_t skip, total;
	uint32_t room;
	json_t *list, *months; /* months: how many of each, by UTC's, newest first */
};

/* What cannot be read here keeps its place in the list: places do not depend on what one may read. */
static json_t *page_row(struct api_node *app, const struct index_event *event)
{
	uint32_t kind;
	struct record_id file;
	struct patient_group group;
	json_t *json = visit_json(app, event);
	if (!json || node_doc_at(app->node, event->doc, &kind, &file)) {
		json_decref(json);
		return json_null();
	}
	api_group_of(app, &file, &group);
	json_t *document = describe_document(app, SCHEMA_DOC_DOSSIER, &group.files[0]);
	json_object_set(json, "patientName", json_object_get(document, "title"));
	json_decref(document);
	api_put_author(app, json);
	return json;
}

static void put_month(struct page *page, int32_t month, uint64_t count)
{
	enum { DAY_S = 86400 };
	const struct calendar_date date = calendar_date(calendar_month_start(month) / DAY_S);
	char text[16];
	if (!count)
		return;
	snprintf(text, sizeof(text), "%04d-%02u", (int)date.year, (unsigned)date.month);
	json_array_append_new(
	        page->months, json_pack("{s:s, s:I}", "month", text, "count", (json_int_t)count));
}

static int add_to_page(struct page *page, int32_t month)
{
	const struct index_event *events;
	uint32_t count;
	int result = node_month(page->app->node, month, &events, &count);
	if (result || !count)
		return result;
	struct index_event *copy = mem_copy(events, count * sizeof(*events));
	const uint64_t before = page->total;
	for (uint32_t i = count; i-- > 0;) {
		if (copy[i].kind != SCHEMA_VISIT)
			continue;
		if (page->total++ < page->skip || page->room == 0)
			continue;
		page->room--;
		json_array_append_new(page->list, page_row(page->app, &copy[i]));
	}
	mem_free(copy);
	put_month(page, month, page->total - before);
	return 0;
}

/* As many years as a dossier is kept, and some to spare. */
static int get_page(struct api_call *call, const char *from)
{
	enum { YEARS_BACK = 60, MONTHS = 12 };
	struct api_node *app = api_node_of(call);
	struct page page = {.app = app, .skip = strtoull(from, NULL, 10), .room = api_list_limit(call)};
	const int32_t now = calendar_month((int64_t)(env_wall_ms(app->env) / 1000), 0);
	int result = 0;
	page.list = json_array();
	page.months = json_array();
	for (int32_t month = now + MONTHS; !result && month > now - YEARS_BACK * MONTHS; month--)
		result = add_to_page(&page, month);
	if (result) {
		json_decref(page.list);
		json_decref(page.months);
		return result;
	}
	api_note(app, ACCESS_VISITS, NULL, 0);
	json_t *json = json_pack("{s:o, s:I, s:o}", "visits", page.list, "total", (json_int_t)page.total,
	        "months", page.months);
	api_receipts_put_all(app, json, "visits");
	api_call_reply(call, 200, json);
	return 0;
}

/* ---- By month or day ---- */

int api_get_visits(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *from = api_call_query(call, "from");
	if (from)
		return get_page(call, from);
	const char *day = api_call_query(call, "day"), *text = day ? day : api_call_query(call, "month");
	json_t *now = text ? NULL : api_now(app);
	size_t size = text && !day ? 7 : 10;
	char prefix[11];
	int32_t month;
	int64_t unused;
	/* Without either: today. */
	snprintf(prefix, sizeof(prefix), "%.*s", (int)size, text ? text : json_string_value(now));
	json_decref(now);
	if ((text && strlen(text) != size) || (day && !moment_day_parse(span_text(day), &unused)) ||
	        !api_month(prefix, &month)) {
		api_call_fail(call, ERR_INVALID, "A month is written 2026-11, a day 2026-11-22.");
		return 0;
	}
	json_t *list = json_array();
	int result = 0;
	for (int32_t i = month - 1; !result && i <= month + 1; i++)
		result = add_month(app, i, stretch_of(prefix, month), prefix, list);
	if (result) {
		json_decref(list);
		return result;
	}
	add_early(app, prefix, list);
	api_note(app, ACCESS_VISITS, NULL, api_note_day(prefix));
	json_t *json = json_pack("{s:o}", "visits", list);
	api_receipts_put_all(app, json, "visits");
	api_call_reply(call, 200, json);
	return 0;
}
