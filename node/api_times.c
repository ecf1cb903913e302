/* Working time: visits and other times of a week, per nurse, and what of it overlaps (visit/README.md, section 5). */
#include "node/api_times.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/billing/book.h"
#include "node/calendar.h"
#include "node/describe_parts.h"
#include "node/schema/moment.h"
#include "node/visit/hours.h"

enum {
	DAY_S = 24 * 3600,
	DAYS_OF_WEEK = 7,
	START = 1,
	END = 2,
	ACTIVITY = 3,
	TIME_NURSE = 4,
	VISIT_NURSE = 5
};

/* ---- Gathering --------------------------------------------------------------------------------------------------- */

struct spans {
	struct hours_span *items;
	uint32_t count, capacity;
};

/* What is read of some months. */
struct gathering {
	struct api_node *app;
	struct book *book;
	struct spans spans; /* other times */
	struct record_id *amended; /* dossiers with visits that were corrected */
	uint32_t amended_count, amended_capacity;
	int64_t from_s, until_s; /* moments at which something begins that is looked at */
};

static void add_span(struct spans *spans, struct hours_span span)
{
	if (span.end_s <= span.start_s)
		return;
	spans->items = mem_room(spans->items, spans->count, &spans->capacity, sizeof(*spans->items));
	spans->items[spans->count++] = span;
}

static void add_time(struct spans *spans, const struct schema_record *record)
{
	const struct schema_value *start = schema_value(record, START), *end = schema_value(record, END),
	                          *activity = schema_value(record, ACTIVITY),
	                          *nurse = schema_value(record, TIME_NURSE);
	struct hours_span span = {.id = record->id};
	if (!start || !end || !activity || !nurse)
		return;
	span.start_s = start->number;
	span.end_s = end->number;
	span.activity = (uint32_t)activity->number;
	memcpy(span.nurse, nurse->bytes.data, SCHEMA_SHORT_BYTES);
	add_span(spans, span);
}

/* The event that an operation is, where it counts as it is or as others corrected it. */
static void add_op(
        struct gathering *gathering, const struct record_id *doc_id, const struct op_id *op_id, uint64_t hlc)
{
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_op op;
	struct crdt_meta meta;
	uint32_t unknown;
	if (!api_read_op(gathering->app, op_id, &op, &meta) ||
	        !record_event_read(&op, &measures, &record, &unknown))
		return;
	if (record.kind->number == SCHEMA_TIME_ENTRY)
		add_time(&gathering->spans, &record);
	else
		book_add(gathering->book,
		        &(struct book_event){
		                .record = &record, .patient = *doc_id, .op = *op_id, .hlc = hlc});
}

static bool find_event(
        const struct crdt_doc *doc, uint32_t kind, const struct op_id *op, struct crdt_event *out)
{
	uint32_t cursor = 0;
	while (crdt_doc_event(doc, kind, &cursor, out))
		if (op_id_cmp(&out->op, op) == 0)
			return true;
	return false;
}

static void note_amended(struct gathering *gathering, const struct record_id *doc_id)
{
	for (uint32_t i = 0; i < gathering->amended_count; i++)
		if (record_id_eq(&gathering->amended[i], doc_id))
			return;
	gathering->amended = mem_room(gathering->amended, gathering->amended_count,
	        &gathering->amended_capacity, sizeof(*gathering->amended));
	gathering->amended[gathering->amended_count++] = *doc_id;
}

static void add_indexed(struct gathering *gathering, const struct index_event *indexed)
{
	struct api_node *app = gathering->app;
	const struct op_id op = {.feed = log_feed(node_log(app->node), indexed->feed)->id,
	        .seq = indexed->seq,
	        .index = indexed->op};
	struct record_id doc_id;
	struct crdt_doc *doc;
	struct crdt_event event;
	uint32_t doc_kind;
	const bool is_looked_at = indexed->when_s >= gathering->from_s &&
	        indexed->when_s < gathering->until_s &&
	        (indexed->kind == SCHEMA_VISIT || indexed->kind == SCHEMA_TIME_ENTRY);
	if (!is_looked_at || node_doc_at(app->node, indexed->doc, &doc_kind, &doc_id) ||
	        node_doc_by_number(app->node, indexed->doc, &doc) ||
	        !find_event(doc, indexed->kind, &op, &event))
		return;
	if (event.is_corrected && indexed->kind == SCHEMA_TIME_ENTRY)
		return;
	if (event.is_corrected)
		note_amended(gathering, &doc_id);
	add_op(gathering, &doc_id, &op, event.hlc);
}

static int add_month(struct gathering *gathering, int32_t month)
{
	const struct index_event *events;
	uint32_t count;
	int result = node_month(gathering->app->node, month, &events, &count);
	if (result || !count)
		return result;
	struct index_event *copy = mem_copy(events, count * sizeof(*events));
	for (uint32_t i = 0; i < count; i++)
		add_indexed(gathering, &copy[i]);
	mem_free(copy);
	return 0;
}

/* Every correction of a dossier's visits; those of visits that are not looked at change nothing. */
static void add_amendments(struct gathering *gathering)
{
	for (uint32_t i = 0; i < gathering->amended_count; i++) {
		struct crdt_doc *doc;
		struct crdt_event event;
		uint32_t cursor = 0;
		if (node_doc(gathering->app->node, SCHEMA_DOC_DOSSIER, &gathering->amended[i], &doc))
			continue;
		while (crdt_doc_event(doc, SCHEMA_VISIT_AMENDMENT, &cursor, &event))
			add_op(gathering, &gathering->amended[i], &event.op, event.hlc);
	}
}

static void add_visits(struct gathering *gathering, struct arena *arena)
{
	struct billing_visit *visits;
	uint32_t count;
	book_finish(gathering->book, NULL, NULL, arena, &visits, &count);
	for (uint32_t i = 0; i < count; i++) {
		const struct billing_visit *visit = &visits[i];
		struct hours_span span = {.id = visit->item.visit,
		        .activity = HOURS_PATIENT,
		        .start_s = visit->item.start_s,
		        .end_s = visit->item.end_s};
		if (visit->flags & (BILLING_CANCELLED | BILLING_RUNNING))
			continue;
		memcpy(span.nurse, visit->item.nurse.bytes, SCHEMA_SHORT_BYTES);
		add_span(&gathering->spans, span);
		memcpy(span.nurse, visit->co_nurse.bytes, SCHEMA_SHORT_BYTES);
		if (!person_id_is_zero(&visit->co_nurse))
			add_span(&gathering->spans, span);
	}
}

/* What began in [from, until), as it was recorded first. Owner frees *out with mem_free(). */
static int gather(struct api_node *app, int64_t from_s, int64_t until_s, struct spans *out)
{
	struct gathering gathering = {.app = app, .book = book_new(), .from_s = from_s, .until_s = until_s};
	struct arena arena = {0};
	int result = 0;
	for (int32_t month = calendar_month(from_s, 0); !result && month <= calendar_month(until_s, 0);
	        month++)
		result = add_month(&gathering, month);
	add_amendments(&gathering);
	add_visits(&gathering, &arena);
	book_free(gathering.book);
	mem_free(gathering.amended);
	arena_close(&arena);
	*out = gathering.spans;
	return result;
}

bool api_time_overlaps(struct api_node *app, const struct schema_record *record)
{
	const bool is_visit = record->kind->number == SCHEMA_VISIT;
	const struct schema_value *start = schema_value(record, START), *end = schema_value(record, END),
	                          *nurse = schema_value(record, is_visit ? VISIT_NURSE : TIME_NURSE);
	struct spans spans = {0};
	bool found = false;
	if ((!is_visit && record->kind->number != SCHEMA_TIME_ENTRY) || !start || !end || !nurse)
		return false;
	struct hours_span own = {.start_s = start->number, .end_s = end->number};
	memcpy(own.nurse, nurse->bytes.data, SCHEMA_SHORT_BYTES);
	if (gather(app, own.start_s - DAY_S / 2, own.end_s, &spans) == 0)
		for (uint32_t i = 0; !found && i < spans.count; i++)
			found = hours_overlap(&own, &spans.items[i]) &&
			        !record_id_eq(&spans.items[i].id, &record->id);
	mem_free(spans.items);
	return found;
}

static void add_events(struct gathering *gathering, struct crdt_doc *doc, uint32_t kind)
{
	struct crdt_event event;
	const struct record_id doc_id = crdt_doc_id(doc);
	uint32_t cursor = 0;
	while (crdt_doc_event(doc, kind, &cursor, &event))
		add_op(gathering, &doc_id, &event.op, event.hlc);
}

bool api_visit_span(struct api_node *app, struct crdt_doc *doc, const struct record_id *visit,
        struct moment *start, struct moment *end)
{
	struct gathering gathering = {.app = app, .book = book_new()};
	struct arena arena = {0};
	struct billing_visit *visits;
	uint32_t count;
	bool found = false;
	add_events(&gathering, doc, SCHEMA_VISIT);
	add_events(&gathering, doc, SCHEMA_VISIT_AMENDMENT);
	book_finish(gathering.book, NULL, NULL, &arena, &visits, &count);
	for (uint32_t i = 0; !found && i < count; i++) {
		const struct billing_item *item = &visits[i].item;
		if (!record_id_eq(&item->visit, visit) || (visits[i].flags & BILLING_RUNNING))
			continue;
		*start = (struct moment){item->start_s, item->offset_minutes};
		*end = (struct moment){item->end_s, item->offset_minutes};
		found = true;
	}
	book_free(gathering.book);
	arena_close(&arena);
	return found;
}

/* ---- A week ------------------------------------------------------------------------------------------------------ */

static json_t *activity_json(uint32_t number, int64_t seconds)
{
	const struct schema_field *field = schema_field(schema_kind(SCHEMA_TIME_ENTRY), ACTIVITY);
	const struct schema_choice *choice = schema_choice(field, number);
	return json_pack("{s:s, s:{s:s, s:s}, s:I}", "activity", choice ? choice->name : "other", "label",
	        "fr", choice ? choice->label.fr : "Autre", "en", choice ? choice->label.en : "Other",
	        "minutes", (json_int_t)(seconds / 60));
}

static const char *kind_of(const struct hours_span *span)
{
	return span->activity == HOURS_PATIENT ? "visit" : "timeEntry";
}

static json_t *overlap_json(const struct hours_overlap *overlap)
{
	const int64_t end_s = overlap->one->end_s < overlap->other->end_s ? overlap->one->end_s
	                                                                  : overlap->other->end_s;
	return json_pack("{s:o, s:o, s:s, s:o, s:s, s:o}", "from",
	        api_moment_ms((uint64_t)overlap->other->start_s * 1000), "until",
	        api_moment_ms((uint64_t)end_s * 1000), "kind", kind_of(overlap->one), "id",
	        api_hex(overlap->one->id.bytes, ID_SHORT_BYTES), "otherKind", kind_of(overlap->other),
	        "other", api_hex(overlap->other->id.bytes, ID_SHORT_BYTES));
}

static json_t *nurse_json(struct api_node *app, const struct hours *hours)
{
	json_t *activities = json_array(), *overlaps = json_array();
	struct buf name = {0};
	for (uint32_t i = 1; i < HOURS_ACTIVITIES; i++)
		if (hours->seconds[i])
			json_array_append_new(activities, activity_json(i, hours->seconds[i]));
	for (uint32_t i = 0; i < hours->overlap_count; i++)
		json_array_append_new(overlaps, overlap_json(&hours->overlaps[i]));
	describe_person(app, span_of(hours->nurse, sizeof(hours->nurse)), &name);
	json_t *json = json_pack("{s:o, s:s%, s:I, s:I, s:I, s:o, s:i, s:I, s:o, s:b}", "nurse",
	        api_hex(hours->nurse, sizeof(hours->nurse)), "name", name.data ? (const char *)name.data : "",
	        name.size, "visits", (json_int_t)hours->visits, "patientMinutes",
	        (json_int_t)(hours->seconds[HOURS_PATIENT] / 60), "totalMinutes",
	        (json_int_t)(hours->total_s / 60), "activities", activities, "patientPerMille",
	        (int)hours_per_mille(hours), "overlapMinutes", (json_int_t)(hours->overlap_s / 60),
	        "overlaps", overlaps, "cut", hours->is_cut);
	buf_close(&name);
	return json;
}

/* Monday 00:00 in Paris. */
static int64_t begins_s(int64_t monday)
{
	const int64_t utc = monday * DAY_S;
	return utc - (int64_t)calendar_paris_offset_minutes(utc - 3600) * 60;
}

static json_t *week_json(struct api_node *app, int64_t monday, struct spans *spans)
{
	struct arena arena = {0};
	struct hours *hours, all = {0};
	uint32_t nurses;
	char week[HOURS_WEEK_TEXT_BYTES], from[MOMENT_DAY_TEXT_BYTES], until[MOMENT_DAY_TEXT_BYTES];
	json_t *list = json_array();
	hours_of(spans->items, spans->count, &arena, &hours, &nurses);
	for (uint32_t i = 0; i < nurses; i++) {
		json_array_append_new(list, nurse_json(app, &hours[i]));
		all.seconds[HOURS_PATIENT] += hours[i].seconds[HOURS_PATIENT];
		all.total_s += hours[i].total_s;
	}
	arena_close(&arena);
	hours_week_text(week, monday);
	moment_day_text(from, monday);
	moment_day_text(until, monday + DAYS_OF_WEEK - 1);
	return json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:i, s:i}", "week", week, "from", from, "until",
	        until, "nurses", list, "patientMinutes", (json_int_t)(all.seconds[HOURS_PATIENT] / 60),
	        "totalMinutes", (json_int_t)(all.total_s / 60), "patientPerMille", (int)hours_per_mille(&all),
	        "aimPerMille", HOURS_AIM_PER_MILLE);
}

/* False: replied. */
static bool week_asked(struct api_call *call, int64_t *monday)
{
	const char *week = api_call_query(call, "week"), *day_text = api_call_query(call, "day");
	int64_t day = calendar_paris_day((int64_t)(env_wall_ms(api_node_of(call)->env) / 1000));
	bool is_fine = !day_text || moment_day_parse(span_text(day_text), &day);
	*monday = hours_monday(day);
	if (week)
		is_fine = hours_week_parse(span_text(week), monday);
	if (!is_fine)
		api_call_fail(call, ERR_INVALID, "A week is written 2026-W48, a day 2026-11-22.");
	return is_fine;
}

static void keep_between(struct spans *spans, int64_t from_s, int64_t until_s)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < spans->count; i++)
		if (spans->items[i].start_s >= from_s && spans->items[i].start_s < until_s)
			spans->items[kept++] = spans->items[i];
	spans->count = kept;
}

static int get_summary(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct spans spans = {0};
	int64_t monday;
	if (!week_asked(call, &monday))
		return 0;
	/* A correction may have moved a visit into the week, or out of it. */
	int result = gather(
	        app, begins_s(monday - DAYS_OF_WEEK), begins_s(monday + 2 * DAYS_OF_WEEK), &spans);
	if (result == 0) {
		keep_between(&spans, begins_s(monday), begins_s(monday + DAYS_OF_WEEK));
		api_note(app, ACCESS_VISITS, NULL, 0);
		api_call_reply(call, 200, week_json(app, monday, &spans));
	}
	mem_free(spans.items);
	return result;
}

int api_get_time_summary(struct api_call *call)
{
	return api_when_durable(call, get_summary);
}
