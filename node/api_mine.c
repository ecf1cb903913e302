/* Everything that this person wrote of her work, as one table: visits, their amendments, other time, transmissions (node/exchange/README.md, "One's own"). */
#include "node/api_dossier.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/csv.h"
#include "node/exchange/fhir_parts.h"
#include "node/node_history.h"

/* From before the first team to a year ahead: months since January 1970. */
enum { FIRST_MONTH = (2010 - 1970) * 12, MONTHS_AHEAD = 12 };

struct mine {
	struct api_node *app;
	struct person_id person;
	char short_id[2 * SCHEMA_SHORT_BYTES + 1];
	const char *from, *to; /* days; NULL: no bound */
	bool with_names;
	struct patient_groups groups; /* whose the files are */
	struct index_event *events;
	uint32_t count, capacity;
	json_t *rows;
};

static bool is_wanted(uint32_t kind)
{
	return kind == SCHEMA_VISIT || kind == SCHEMA_VISIT_AMENDMENT || kind == SCHEMA_TIME_ENTRY ||
	        kind == SCHEMA_TRANSMISSION;
}

/* What names her as its nurse is hers; what names nobody, when she wrote it. */
static bool is_mine(struct mine *mine, const json_t *record, uint32_t feed)
{
	const char *nurse = api_text(record, "nurse"), *co_nurse = api_text(record, "coNurse");
	struct device_id device;
	struct person_id author;
	if (co_nurse && strcmp(co_nurse, mine->short_id) == 0)
		return true;
	if (nurse)
		return strcmp(nurse, mine->short_id) == 0;
	return node_feed_author(mine->app->node, feed, &device, &author) &&
	        person_id_eq(&author, &mine->person);
}

static int collect_month(struct mine *mine, int32_t month)
{
	const struct index_event *events;
	uint32_t count;
	int result = node_month(mine->app->node, month, &events, &count);
	for (uint32_t i = 0; !result && i < count; i++)
		if (is_wanted(events[i].kind)) {
			mine->events = mem_room(
			        mine->events, mine->count, &mine->capacity, sizeof(*mine->events));
			mine->events[mine->count++] = events[i];
		}
	return result;
}

static const char *moment_of(const json_t *record)
{
	const char *start = api_text(record, "start"), *at = api_text(record, "at");
	return start ? start : at ? at : "";
}

static bool is_within(const struct mine *mine, const json_t *record)
{
	const char *moment = moment_of(record);
	return (!mine->from || strncmp(moment, mine->from, 10) >= 0) &&
	        (!mine->to || strncmp(moment, mine->to, 10) <= 0);
}

static bool is_corrected(struct mine *mine, uint32_t doc_number, uint32_t kind, const struct op_id *op)
{
	struct crdt_doc *doc;
	struct crdt_event event;
	uint32_t cursor = 0;
	if (node_doc_by_number(mine->app->node, doc_number, &doc))
		return false;
	while (crdt_doc_event(doc, kind, &cursor, &event))
		if (op_id_cmp(&event.op, op) == 0)
			return event.is_corrected;
	return false;
}

static void add_row(struct mine *mine, const struct index_event *event)
{
	struct op_id op = {.feed = log_feed(node_log(mine->app->node), event->feed)->id,
	        .seq = event->seq,
	        .index = event->op};
	json_t *record = api_event_json(mine->app, &op);
	uint32_t doc_kind;
	struct record_id doc_id;
	if (!record || !is_mine(mine, record, event->feed) || !is_within(mine, record)) {
		json_decref(record);
		return;
	}
	if (is_corrected(mine, event->doc, event->kind, &op))
		json_object_set_new(record, "corrected", json_true());
	if (node_doc_at(mine->app->node, event->doc, &doc_kind, &doc_id) == 0 &&
	        doc_kind == SCHEMA_DOC_DOSSIER) {
		const struct record_id patient = patient_groups_main(&mine->groups, &doc_id);
		json_object_set_new(record, "patient", api_hex(patient.bytes, sizeof(patient.bytes)));
	}
	json_array_append_new(mine->rows, record);
}

/* ---- As a table ---- */

static const char *const COLUMNS[] = {"kind", "id", "start", "end", "minutes", "patient", "name", "activity",
        "place", "billable", "corrected", "urgency", "focus", "note", "data", "actions", "results", "reason",
        "saved"};
enum { COLUMN_COUNT = sizeof(COLUMNS) / sizeof(*COLUMNS) };

static void put_name(struct mine *mine, const json_t *record, struct buf *out)
{
	struct record_id id;
	struct crdt_doc *doc;
	const char *patient = api_text(record, "patient");
	json_t *head = mine->with_names && patient && ids_from_hex(id.bytes, sizeof(id.bytes), patient) &&
	                node_doc(mine->app->node, SCHEMA_DOC_DOSSIER, &id, &doc) == 0
	        ? record_json(doc, schema_kind(SCHEMA_PATIENT), &id)
	        : NULL;
	if (head) {
		json_t *name = api_full_name(head);
		csv_quoted(out, span_text(json_string_value(name)));
		json_decref(name);
	}
	json_decref(head);
}

static void put_cell(struct mine *mine, const json_t *record, const char *column, struct buf *out)
{
	const json_t *value = json_object_get(record, column);
	const int64_t start = fhir_seconds(api_text(record, "start")),
	              end = fhir_seconds(api_text(record, "end"));
	if (strcmp(column, "name") == 0)
		put_name(mine, record, out);
	else if (strcmp(column, "minutes") == 0 && start && end > start)
		csv_number(out, (end - start) / 60);
	else if (strcmp(column, "start") == 0)
		csv_quoted(out, span_text(moment_of(record)));
	else if (json_is_boolean(value))
		csv_text(out, json_is_true(value) ? "1" : "0");
	else if (json_is_string(value))
		csv_quoted(out, span_of(json_string_value(value), json_string_length(value)));
}

static void put_line(struct mine *mine, const json_t *record, struct buf *out)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		csv_text(out, i ? ";" : "");
		if (record)
			put_cell(mine, record, COLUMNS[i], out);
		else
			csv_text(out, COLUMNS[i]);
	}
	csv_text(out, "\r\n");
}

static int get_mine(struct api_call *call)
{
	struct mine mine = {.app = api_node_of(call),
	        .rows = json_array(),
	        .with_names = api_call_query(call, "names") != NULL};
	struct buf csv = {0};
	size_t index;
	json_t *record;
	const int32_t now = calendar_month((int64_t)(env_wall_ms(mine.app->env) / 1000), 0);
	int result = api_own_person(mine.app, &mine.person) ? 0 : ERR_DENIED;
	mine.from = api_call_query(call, "from");
	mine.to = api_call_query(call, "to");
	ids_hex(mine.short_id, mine.person.bytes, SCHEMA_SHORT_BYTES);
	api_groups(mine.app, &mine.groups);
	for (int32_t month = FIRST_MONTH; !result && month <= now + MONTHS_AHEAD; month++)
		result = collect_month(&mine, month);
	for (uint32_t i = 0; !result && i < mine.count; i++)
		add_row(&mine, &mine.events[i]);
	if (!result) {
		put_line(&mine, NULL, &csv);
		json_array_foreach(mine.rows, index, record) put_line(&mine, record, &csv);
		api_call_reply(call, 200,
		        json_pack("{s:s%, s:I}", "csv", (const char *)csv.data, csv.size, "rows",
		                (json_int_t)json_array_size(mine.rows)));
	}
	buf_wipe(&csv);
	patient_groups_close(&mine.groups);
	mem_free(mine.events);
	json_decref(mine.rows);
	return result;
}

int api_get_mine(struct api_call *call)
{
	int64_t from, to;
	if (!api_in_clear_or_reply(call) || !api_day_or_reply(call, api_call_query(call, "from"), 0, &from) ||
	        !api_day_or_reply(call, api_call_query(call, "to"), 0, &to))
		return 0;
	api_note(api_node_of(call), ACCESS_OWN, NULL, 0);
	return api_when_noted(call, get_mine);
}
