#include "node/api_doubled.h"

#include <stdlib.h>

#include "node/calendar.h"
#include "node/describe_parts.h"
#include "node/record.h"

enum { START = 1, END = 2, NURSE = 5, CO_NURSE = 6, CANCELLED = 15 };

/* Who was there, once for each visit. */
struct person {
	uint8_t id[SCHEMA_SHORT_BYTES];
	uint32_t count;
};

struct doubled {
	struct api_node *app;
	int64_t count, minutes;
	struct person *people;
	uint32_t person_count, person_room;
};

static void add_person(struct doubled *doubled, const struct schema_value *person)
{
	uint32_t at = 0;
	if (!person || person->bytes.size != SCHEMA_SHORT_BYTES)
		return;
	while (at < doubled->person_count &&
	        memcmp(doubled->people[at].id, person->bytes.data, SCHEMA_SHORT_BYTES) != 0)
		at++; /* people of a team: dozens */
	if (at == doubled->person_count) {
		doubled->people = mem_room(doubled->people, doubled->person_count++, &doubled->person_room,
		        sizeof(*doubled->people));
		doubled->people[at] = (struct person){.count = 0};
		memcpy(doubled->people[at].id, person->bytes.data, SCHEMA_SHORT_BYTES);
	}
	doubled->people[at].count++;
}

/* A visit with what amendments changed of it. */
struct visit {
	struct schema_value fields[CANCELLED + 1];
	bool has[CANCELLED + 1];
};

static void lay_over(struct visit *visit, const struct schema_record *record, struct arena *arena)
{
	static const uint32_t LOOKED_AT[] = {START, END, NURSE, CO_NURSE, CANCELLED};
	for (size_t i = 0; i < sizeof(LOOKED_AT) / sizeof(*LOOKED_AT); i++) {
		const struct schema_value *value = schema_value(record, LOOKED_AT[i]);
		if (!value)
			continue;
		visit->fields[LOOKED_AT[i]] = *value;
		visit->fields[LOOKED_AT[i]].bytes = arena_span(arena, value->bytes);
		visit->has[LOOKED_AT[i]] = true;
	}
}

static bool read_op(struct api_node *app, const struct op_id *id, struct schema_measures *measures,
        struct schema_record *record)
{
	struct crdt_op op;
	struct crdt_meta meta;
	uint32_t unknown;
	return api_read_op(app, id, &op, &meta) && record_event_read(&op, measures, record, &unknown);
}

/* Amendments stand behind it, in the order in which they hold. */
static void amend(struct doubled *doubled, const struct crdt_doc *doc, const struct op_id *id,
        struct visit *visit, struct arena *arena)
{
	struct crdt_event event;
	for (uint32_t cursor = 0; crdt_doc_event(doc, SCHEMA_VISIT_AMENDMENT, &cursor, &event);) {
		struct schema_measures measures;
		struct schema_record record;
		if (event.is_correction && op_id_cmp(&event.corrects, id) == 0 &&
		        read_op(doubled->app, &event.op, &measures, &record))
			lay_over(visit, &record, arena);
	}
}

static void add_visit(struct doubled *doubled, const struct index_event *indexed)
{
	const struct op_id id = {.feed = log_feed(node_log(doubled->app->node), indexed->feed)->id,
	        .seq = indexed->seq,
	        .index = indexed->op};
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_doc *doc;
	struct visit visit = {0};
	struct arena arena = {0};
	if (!read_op(doubled->app, &id, &measures, &record) || !schema_value(&record, CO_NURSE))
		return;
	lay_over(&visit, &record, &arena);
	if (node_doc_by_number(doubled->app->node, indexed->doc, &doc) == 0)
		amend(doubled, doc, &id, &visit, &arena);
	if (visit.has[START] && visit.has[END] && !(visit.has[CANCELLED] && visit.fields[CANCELLED].number)) {
		doubled->count++;
		doubled->minutes += (visit.fields[END].number - visit.fields[START].number) / 60;
		add_person(doubled, &visit.fields[NURSE]);
		add_person(doubled, &visit.fields[CO_NURSE]);
	}
	arena_close(&arena);
}

static void add_month(struct doubled *doubled, int32_t month, int32_t year)
{
	const struct index_event *events;
	uint32_t count;
	if (node_month(doubled->app->node, month, &events, &count) || !count)
		return;
	struct index_event *copy = mem_copy(events, count * sizeof(*events));
	for (uint32_t i = 0; i < count; i++)
		if (copy[i].kind == SCHEMA_VISIT &&
		        calendar_date(calendar_paris_day(copy[i].when_s)).year == year)
			add_visit(doubled, &copy[i]);
	mem_free(copy);
}

static json_t *person_json(struct api_node *app, const struct person *person)
{
	const struct span id = span_of(person->id, sizeof(person->id));
	struct buf name = {0};
	json_t *json = json_pack("{s:o, s:i}", "id", api_hex(id.data, id.size), "count", (int)person->count);
	if (describe_person(app, id, &name))
		json_object_set_new(json, "name", describe_text(&name));
	buf_close(&name);
	return json;
}

json_t *api_doubled_json(struct api_node *app, int32_t year)
{
	struct doubled doubled = {.app = app};
	const int64_t first = calendar_day((struct calendar_date){year, 1, 1}),
	              last = calendar_day((struct calendar_date){year, 12, 31});
	const int32_t end = calendar_month((last + 1) * INT64_C(86400), 0);
	for (int32_t month = calendar_month((first - 1) * INT64_C(86400), 0); month <= end; month++)
		add_month(&doubled, month, year);
	json_t *people = json_array();
	for (uint32_t i = 0; i < doubled.person_count; i++)
		json_array_append_new(people, person_json(app, &doubled.people[i]));
	mem_free(doubled.people);
	return json_pack("{s:I, s:I, s:o}", "count", (json_int_t)doubled.count, "minutes",
	        (json_int_t)doubled.minutes, "people", people);
}
