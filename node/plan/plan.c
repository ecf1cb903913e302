#include "node/plan/plan.h"

#include <string.h>

#include "crdt/clock.h"
#include "node/calendar.h"
#include "node/plan/former.h"
#include "node/shorts.h"

/* Fields of an intervention, and of a problem. */
enum {
	RECURRENCE = 6,
	ASSIGNEE = 7,
	STATE = 8,
	ACTION = 9,
	FROM = 10,
	UNTIL = 11,
	PARTNER = 13,
	FORMER = 14,
	ACTIVE = 1,
	NURSING = 1
};
enum { PROBLEM_STATE = 7, REASSESS_ON = 10, REASSESS_DAYS = 11, PROBLEM_OPEN = 1 };

int64_t plan_day_of_hlc(uint64_t hlc)
{
	return calendar_paris_day((int64_t)(crdt_hlc_ms(hlc) / 1000));
}

/* The live values of a field; the caller's to close. */
static void live_of(const struct crdt_doc *doc, uint32_t kind, const struct record_id *id, uint32_t number,
        struct crdt_values *out)
{
	struct crdt_path path;
	record_path(schema_kind(kind), id, number, &path);
	crdt_doc_values(doc, crdt_path_span(&path), out);
}

/* One decoded; false: not a value of the field. */
static bool decode(uint32_t kind, uint32_t number, struct span encoded, struct schema_value *out)
{
	return schema_value_get(schema_field(schema_kind(kind), number), encoded, NULL, NULL, out);
}

/* The value shown of a field. */
static bool shown(const struct crdt_doc *doc, uint32_t kind, const struct record_id *id, uint32_t number,
        struct schema_value *out)
{
	struct crdt_path path;
	struct crdt_value live;
	record_path(schema_kind(kind), id, number, &path);
	return crdt_doc_get(doc, crdt_path_span(&path), &live) && decode(kind, number, live.value, out);
}

static int64_t number_shown(const struct crdt_doc *doc, uint32_t kind, const struct record_id *id,
        uint32_t number, int64_t otherwise)
{
	struct schema_value value;
	return shown(doc, kind, id, number, &value) ? value.number : otherwise;
}

/* ---- Items ------------------------------------------------------------------------------------------------------- */

/* Active as long as one of the live values says so; else gone from the first day on which another was written. */
static void read_state(const struct crdt_doc *doc, const struct record_id *id, struct plan_item *out)
{
	struct crdt_values values = {0};
	int64_t gone = RECURRENCE_FOREVER, first = ACTIVE;
	bool is_active = true;
	live_of(doc, SCHEMA_INTERVENTION, id, STATE, &values);
	for (uint32_t i = 0; i < values.count; i++) {
		struct schema_value value;
		if (!decode(SCHEMA_INTERVENTION, STATE, values.items[i].value, &value))
			continue;
		is_active = i == 0 ? value.number == ACTIVE : is_active || value.number == ACTIVE;
		first = i == 0 ? value.number : first;
		out->differs |= value.number != first;
		if (plan_day_of_hlc(values.items[i].hlc) < gone)
			gone = plan_day_of_hlc(values.items[i].hlc);
	}
	out->gone = is_active ? RECURRENCE_FOREVER : gone;
	crdt_values_close(&values);
}

static void read_rhythm(struct span encoded, int64_t from, int64_t until, struct plan_item *out)
{
	struct schema_value value;
	out->rhythm = PLAN_UNREADABLE;
	out->text = (struct span){NULL, 0};
	if (!decode(SCHEMA_INTERVENTION, RECURRENCE, encoded, &value))
		return;
	out->text = value.bytes;
	if (!recurrence_is_rule(value.bytes))
		out->rhythm = PLAN_IN_WORDS;
	else if (recurrence_read(value.bytes, &out->rule) == 0 &&
	        recurrence_begin(&out->rule, from, until) == 0)
		out->rhythm = PLAN_RULE;
}

static void read_assignees(const struct crdt_doc *doc, const struct record_id *id, struct plan_item *out)
{
	struct crdt_values values = {0};
	live_of(doc, SCHEMA_INTERVENTION, id, ASSIGNEE, &values);
	bool *is_again = shorts_repeated(&values, NULL);
	for (uint32_t i = 0; i < values.count && out->assignee_count < PLAN_ASSIGNEES_MAX; i++) {
		struct schema_value value;
		if (is_again[i] || !decode(SCHEMA_INTERVENTION, ASSIGNEE, values.items[i].value, &value) ||
		        value.bytes.size != SCHEMA_SHORT_BYTES)
			continue;
		memcpy(out->assignees[out->assignee_count++], value.bytes.data, SCHEMA_SHORT_BYTES);
	}
	mem_free(is_again);
	crdt_values_close(&values);
}

static void read_rest(const struct crdt_doc *doc, const struct record_id *id, struct plan_item *out)
{
	struct schema_value value;
	*out = (struct plan_item){.id = *id, .gone = RECURRENCE_FOREVER};
	read_state(doc, id, out);
	out->is_nursing = number_shown(doc, SCHEMA_INTERVENTION, id, ACTION, NURSING) == NURSING;
	out->is_given = shown(doc, SCHEMA_INTERVENTION, id, PARTNER, &value);
	read_assignees(doc, id, out);
}

/* What it was planned by before: a line that two wrote apart comes once for each of them, and gives the same. */
static void former_each(const struct crdt_doc *doc, const struct record_id *id, struct plan_item item,
        void (*seen)(void *context, const struct plan_item *item), void *context)
{
	struct crdt_values values = {0};
	live_of(doc, SCHEMA_INTERVENTION, id, FORMER, &values);
	bool *is_again = shorts_repeated(&values, NULL);
	item.differs = false;
	item.is_former = true;
	item.rhythm = PLAN_RULE;
	for (uint32_t i = 0; i < values.count; i++) {
		struct schema_value value;
		if (is_again[i] || !decode(SCHEMA_INTERVENTION, FORMER, values.items[i].value, &value))
			continue;
		for (struct span rest = value.bytes; former_next(&rest, &item.rule);)
			seen(context, &item);
	}
	mem_free(is_again);
	crdt_values_close(&values);
}

/* The item, once for each of its recurrences, or the first alone; how many different ones. */
static void item_each(const struct crdt_doc *doc, const struct record_id *id, bool only_first,
        void (*seen)(void *context, const struct plan_item *item), void *context)
{
	struct crdt_values values = {0};
	struct plan_item item;
	const int64_t from = number_shown(doc, SCHEMA_INTERVENTION, id, FROM, RECURRENCE_NEVER),
	              until = number_shown(doc, SCHEMA_INTERVENTION, id, UNTIL, RECURRENCE_FOREVER);
	read_rest(doc, id, &item);
	live_of(doc, SCHEMA_INTERVENTION, id, RECURRENCE, &values);
	uint32_t different;
	bool *is_again = shorts_repeated(&values, &different);
	item.differs |= different > 1;
	if (values.count == 0)
		seen(context, &item);
	for (uint32_t i = 0; i < values.count && !(only_first && i); i++) {
		if (is_again[i])
			continue;
		read_rhythm(values.items[i].value, from, until, &item);
		seen(context, &item);
	}
	mem_free(is_again);
	crdt_values_close(&values);
	if (!only_first)
		former_each(doc, id, item, seen, context);
}

void plan_items_each(
        const struct crdt_doc *doc, void (*seen)(void *context, const struct plan_item *item), void *context)
{
	struct span cursor = {0};
	struct record_id id;
	while (record_next(doc, schema_kind(SCHEMA_INTERVENTION), &cursor, &id))
		item_each(doc, &id, false, seen, context);
}

static void keep_item(void *context, const struct plan_item *item)
{
	*(struct plan_item *)context = *item;
}

bool plan_item_of(const struct crdt_doc *doc, const struct record_id *id, struct plan_item *out)
{
	struct crdt_path path;
	struct span first = {NULL, 0};
	record_path(schema_kind(SCHEMA_INTERVENTION), id, 0, &path);
	if (!crdt_doc_child(doc, crdt_path_span(&path), &first))
		return false;
	item_each(doc, id, true, keep_item, out);
	return true;
}

/* ---- Assessed again ---------------------------------------------------------------------------------------------- */

/* The day on which it was noted, as far as its state or severity tells: the first of its live values. */
static int64_t noted_on(const struct crdt_doc *doc, const struct record_id *id)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PROBLEM);
	int64_t day = RECURRENCE_FOREVER;
	for (uint32_t i = 0; i < kind->field_count; i++) {
		struct crdt_values values = {0};
		live_of(doc, SCHEMA_PROBLEM, id, kind->fields[i].number, &values);
		for (uint32_t j = 0; j < values.count; j++)
			if (plan_day_of_hlc(values.items[j].hlc) < day)
				day = plan_day_of_hlc(values.items[j].hlc);
		crdt_values_close(&values);
	}
	return day;
}

/* A day of the calendar. */
static int64_t day_shown(const struct crdt_doc *doc, uint32_t kind, const struct record_id *id,
        uint32_t number, int64_t otherwise)
{
	const int64_t day = number_shown(doc, kind, id, number, otherwise);
	return recurrence_is_day(day) ? day : otherwise;
}

bool plan_due_of(
        const struct crdt_doc *doc, const struct record_id *problem, int64_t rated, struct plan_due *out)
{
	const int64_t said = day_shown(doc, SCHEMA_PROBLEM, problem, REASSESS_ON, RECURRENCE_NEVER),
	              noted = noted_on(doc, problem);
	if (noted == RECURRENCE_FOREVER ||
	        number_shown(doc, SCHEMA_PROBLEM, problem, PROBLEM_STATE, PROBLEM_OPEN) != PROBLEM_OPEN)
		return false;
	*out = (struct plan_due){.problem = *problem, .rated = rated};
	out->every = number_shown(doc, SCHEMA_PROBLEM, problem, REASSESS_DAYS, PLAN_REASSESS_DAYS);
	if (out->every < 1 || out->every > 730)
		out->every = PLAN_REASSESS_DAYS;
	out->is_said = said != RECURRENCE_NEVER && rated < said;
	out->day = out->is_said ? said : rated == RECURRENCE_NEVER ? noted : rated + out->every;
	return true;
}
