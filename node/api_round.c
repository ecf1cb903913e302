/* The round: planned visits of days, whose they are, and what took place. */
#include "node/api_round.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/node_digest.h"
#include "node/round/round_facts.h"
#include "node/schema/moment.h"

enum { DAYS_MAX = 31, WEEK = 7, DAY_S = 86400 };

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

int api_round_open(struct api_node *app, struct api_round_ask *ask)
{
	struct record_id id = record_document_id(node_team(app->node), SCHEMA_DOC_PLANNING, NULL);
	struct person_id person;
	struct crdt_doc *doc = NULL;
	*ask = (struct api_round_ask){.app = app};
	int result = node_doc(app->node, SCHEMA_DOC_PLANNING, &id, &doc);
	if (result && result != ERR_NOTFOUND)
		return result;
	ask->absences = round_absences(result ? NULL : doc, &ask->arena, &ask->absence_count);
	ask->has_self = api_own_person(app, &person);
	if (ask->has_self)
		memcpy(ask->self.bytes, person.bytes, sizeof(ask->self.bytes));
	api_groups(app, &ask->groups);
	ask->people = json_object();
	ask->patients = json_object();
	return 0;
}

void api_round_close(struct api_round_ask *ask)
{
	json_decref(ask->people);
	json_decref(ask->patients);
	patient_groups_close(&ask->groups);
	arena_close(&ask->arena);
}

void api_round_note(struct api_node *app, int64_t day)
{
	char text[MOMENT_DAY_TEXT_BYTES];
	moment_day_text(text, day);
	api_note(app, ACCESS_VISITS, NULL, api_note_day(text));
}

void api_round_free(struct api_round *round)
{
	round_visits_close(&round->visits);
	mem_free(round->took);
	*round = (struct api_round){0};
}

/* ---- Planned ----------------------------------------------------------------------------------------------------- */

/* Facts of a dossier for some days, from its document. */
static void facts_of(
        const struct crdt_doc *doc, int64_t first, int64_t last, struct arena *arena, struct round_facts *out)
{
	const struct record_id file = crdt_doc_id(doc);
	struct buf bytes = {0};
	round_facts_put(doc, false, &bytes);
	if (!round_facts_get(buf_span(&bytes), &file, first, last, arena, out))
		*out = (struct round_facts){0};
	buf_close(&bytes);
}

static void add_days(const struct api_round_ask *ask, const struct round_facts *facts,
        const struct record_id *patient, int64_t first, int64_t last, struct api_round *rounds)
{
	if (!facts->item_count && !facts->written_count)
		return;
	for (int64_t day = first; day <= last; day++)
		round_of_day(
		        facts, patient, day, ask->absences, ask->absence_count, &rounds[day - first].visits);
}

struct planning {
	struct api_round_ask *ask;
	int64_t first, last;
	struct api_round *rounds;
	struct arena arena;
};

/* From its digest; from the document where that holds not all of these days. False: nothing is readable. */
static bool digest_facts(struct planning *planning, const struct node_digest *digest, struct round_facts *out)
{
	struct crdt_doc *doc;
	if (!digest->is_cut &&
	        round_facts_get(digest->part, &digest->dossier, planning->first, planning->last,
	                &planning->arena, out))
		return true;
	if (node_shown_by_number(planning->ask->app->node, digest->number, &doc))
		return false;
	facts_of(doc, planning->first, planning->last, &planning->arena, out);
	return true;
}

/* Those of a patient with several files come behind, together. */
static bool plan_dossier(void *context, const struct node_digest *digest)
{
	struct planning *planning = context;
	struct round_facts facts;
	if (!patient_groups_is_joined(&planning->ask->groups, &digest->dossier) &&
	        digest_facts(planning, digest, &facts))
		add_days(planning->ask, &facts, &digest->dossier, planning->first, planning->last,
		        planning->rounds);
	arena_clear(&planning->arena);
	return true;
}

static void plan_patient(struct planning *planning, const struct record_id *patient)
{
	struct patient_group group;
	struct round_facts all = {0}, facts;
	patient_groups_of(&planning->ask->groups, patient, &group);
	for (uint32_t i = 0; i < group.count; i++) {
		struct node_digest digest;
		if (node_digest_of(planning->ask->app->node, &group.files[i], DIGEST_ROUND, &digest) == 0 &&
		        digest_facts(planning, &digest, &facts))
			round_facts_join(&all, &facts, &planning->arena);
	}
	add_days(planning->ask, &all, patient, planning->first, planning->last, planning->rounds);
	arena_clear(&planning->arena);
}

static void plan_joined(struct planning *planning)
{
	const struct patient_groups *groups = &planning->ask->groups;
	for (uint32_t i = 0; i < groups->count; i++)
		if (record_id_eq(&groups->files[i], &groups->main[i]) &&
		        patient_groups_is_joined(groups, &groups->files[i]))
			plan_patient(planning, &groups->files[i]);
}

int api_round_of_patient(
        struct api_round_ask *ask, const struct record_id *patient, int64_t day, struct round_visits *out)
{
	struct patient_group group;
	struct round_facts all = {0}, facts;
	patient_groups_of(&ask->groups, patient, &group);
	for (uint32_t i = 0; i < group.count; i++) {
		struct crdt_doc *doc;
		int result = node_shown(ask->app->node, SCHEMA_DOC_DOSSIER, &group.files[i], &doc);
		if (result)
			return result;
		facts_of(doc, day, day, &ask->arena, &facts);
		round_facts_join(&all, &facts, &ask->arena);
	}
	round_of_day(&all, &group.files[0], day, ask->absences, ask->absence_count, out);
	round_sort(out);
	return 0;
}

/* ---- Taken place ------------------------------------------------------------------------------------------------- */

/* What a visit or its amendment says; false: it did not take place. */
static bool take_fields(const struct schema_record *record, struct round_took *out)
{
	enum { START = 1, END = 2, NURSE = 5, CANCELLED = 15, PLANNED = 16 };
	const struct schema_value *start = schema_value(record, START), *end = schema_value(record, END),
	                          *nurse = schema_value(record, NURSE),
	                          *planned = schema_value(record, PLANNED),
	                          *cancelled = schema_value(record, CANCELLED);
	if (start && start->number >= 0 && start->number <= start->field->max)
		out->start_s = start->number;
	if (end && end->number >= 0)
		out->end_s = end->number;
	if (nurse && nurse->bytes.size == sizeof(out->nurse.bytes))
		memcpy(out->nurse.bytes, nurse->bytes.data, sizeof(out->nurse.bytes));
	out->has_planned |= planned && planned->bytes.size == sizeof(out->planned.bytes);
	if (out->has_planned && planned)
		memcpy(out->planned.bytes, planned->bytes.data, sizeof(out->planned.bytes));
	return !(record->kind->number == SCHEMA_VISIT_AMENDMENT && cancelled && cancelled->number);
}

static bool read_event(struct api_node *app, const struct op_id *op_id, struct round_took *out)
{
	struct node_entry entry;
	struct crdt_op op;
	struct schema_measures measures;
	struct schema_record record;
	uint32_t unknown_count;
	if (node_read_op(app->node, op_id, &entry))
		return false;
	struct crdt_ops ops = crdt_change_ops(&entry.change);
	while (crdt_ops_next(&ops, &op))
		if (op.index == op_id->index && record_event_read(&op, &measures, &record, &unknown_count)) {
			out->id = record.kind->number == SCHEMA_VISIT ? record.id : out->id;
			return take_fields(&record, out);
		}
	return false;
}

/* The amendments of a visit, the earliest first. */
static uint32_t amendments_of(
        const struct crdt_doc *doc, const struct op_id *visit, struct op_id *out, uint32_t max)
{
	struct crdt_event event;
	uint32_t cursor = 0, count = 0;
	while (count < max && crdt_doc_event(doc, SCHEMA_VISIT_AMENDMENT, &cursor, &event))
		if (event.is_correction && op_id_cmp(&event.corrects, visit) == 0)
			out[count++] = event.op;
	return count;
}

bool api_round_took_of(struct api_round_ask *ask, const struct index_event *event, struct round_took *out)
{
	struct api_node *app = ask->app;
	enum { AMENDMENTS_MAX = 16 }; /* of one visit: a person corrects twice at most */
	struct op_id op = {.seq = event->seq, .index = event->op}, amendments[AMENDMENTS_MAX];
	uint32_t kind, count = 0;
	struct crdt_doc *doc;
	op.feed = log_feed(node_log(app->node), event->feed)->id;
	*out = (struct round_took){0};
	if (node_doc_at(app->node, event->doc, &kind, &out->dossier) || !read_event(app, &op, out))
		return false;
	out->patient = patient_groups_main(&ask->groups, &out->dossier);
	if (node_shown_by_number(app->node, event->doc, &doc) == 0)
		count = amendments_of(doc, &op, amendments, AMENDMENTS_MAX);
	bool took_place = true;
	for (uint32_t i = 0; i < count; i++)
		took_place = read_event(app, &amendments[i], out);
	return took_place;
}

static int take_month(struct api_round_ask *ask, int32_t month, struct api_round *round)
{
	const struct index_event *events;
	uint32_t count;
	int result = node_month(ask->app->node, month, &events, &count);
	if (result)
		return result;
	struct index_event *copy = mem_zero(count + 1, sizeof(*copy));
	uint32_t kept = 0;
	for (uint32_t i = 0; i < count; i++)
		if (events[i].kind == SCHEMA_VISIT && calendar_paris_day(events[i].when_s) == round->day)
			copy[kept++] = events[i];
	round->took = mem_resize(round->took, round->took_count + kept + 1, sizeof(*round->took));
	for (uint32_t i = 0; i < kept; i++)
		round->took_count += api_round_took_of(ask, &copy[i], &round->took[round->took_count]);
	mem_free(copy);
	return 0;
}

static int take_day(struct api_round_ask *ask, struct api_round *round)
{
	const int32_t first = calendar_month(round->day * DAY_S - 2 * 3600, 0),
	              last = calendar_month((round->day + 1) * DAY_S, 0);
	int result = 0;
	for (int32_t month = first; !result && month <= last; month++)
		result = take_month(ask, month, round);
	if (!result)
		round_match(&round->visits, round->took, round->took_count);
	return result;
}

int api_round_of_days(struct api_round_ask *ask, int64_t first, int64_t last, struct api_round *rounds)
{
	int result = 0;
	for (int64_t day = first; day <= last; day++)
		rounds[day - first] = (struct api_round){.day = day};
	struct planning planning = {.ask = ask, .first = first, .last = last, .rounds = rounds};
	result = node_digest_each(ask->app->node, DIGEST_ROUND, plan_dossier, &planning);
	plan_joined(&planning);
	arena_close(&planning.arena);
	for (int64_t day = first; day <= last && !result; day++) {
		round_sort(&rounds[day - first].visits);
		result = take_day(ask, &rounds[day - first]);
	}
	return result;
}

/* ---- GET /api/round ---------------------------------------------------------------------------------------------- */

/* Whose round: "nurse" of the query, else one's own. False: replied. */
static bool nurse_or_reply(struct api_call *call, struct api_round_ask *ask, struct round_person *out)
{
	const char *text = api_call_query(call, "nurse");
	struct person_id person;
	*out = ask->self;
	if (!text && ask->has_self)
		return true;
	if (!text) {
		api_call_fail(call, ERR_INVALID, "Whose round? nurse=ID.");
		return false;
	}
	if (!api_person_or_reply(call, text, &person))
		return false;
	memcpy(out->bytes, person.bytes, sizeof(out->bytes));
	return true;
}

/* Hers to see: she has it, or did it. */
static bool is_hers(
        const struct round_visit *visit, const struct api_round *round, const struct round_person *nurse)
{
	return round_is_of(visit, nurse) ||
	        (visit->is_taken && round_person_eq(&round->took[visit->taken].nurse, nurse));
}

static json_t *round_json(
        struct api_round_ask *ask, const struct api_round *round, const struct round_person *nurse)
{
	json_t *visits = json_array(), *loud = json_array(), *extra = json_array();
	for (uint32_t i = 0; i < round->visits.count; i++) {
		const struct round_visit *visit = &round->visits.items[i];
		const bool is_own = is_hers(visit, round, nurse);
		if (!is_own && !(visit->marks & ROUND_LOUD))
			continue;
		json_t *json = api_round_visit_json(ask, visit, round);
		if (is_own)
			api_round_put_details(ask, visit, json);
		if (is_own)
			json_array_append(visits, json);
		if (visit->marks & ROUND_LOUD)
			json_array_append(loud, json);
		json_decref(json);
	}
	for (uint32_t i = 0; i < round->took_count; i++)
		if (!round->took[i].is_laid && round_person_eq(&round->took[i].nurse, nurse))
			json_array_append_new(extra, api_round_took_json(ask, &round->took[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "day", api_round_day_json(round->day), "nurse",
	        api_round_person_json(ask, nurse), "visits", visits, "unclaimed", loud, "notPlanned", extra,
	        "age", api_age(ask->app));
}

int api_get_round(struct api_call *call)
{
	struct api_round_ask ask;
	struct api_round round;
	struct round_person nurse;
	int64_t day;
	if (!api_day_or_reply(call, api_call_query(call, "day"), api_today(api_node_of(call)), &day))
		return 0;
	int result = api_round_open(api_node_of(call), &ask);
	if (!result && nurse_or_reply(call, &ask, &nurse)) {
		result = api_round_of_days(&ask, day, day, &round);
		if (!result)
			api_call_reply(call, 200, round_json(&ask, &round, &nurse));
		api_round_note(ask.app, day);
		api_round_free(&round);
	}
	api_round_close(&ask);
	return result;
}

/* ---- GET /api/planning ------------------------------------------------------------------------------------------- */

static json_t *absences_json(struct api_round_ask *ask, int64_t day)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < ask->absence_count; i++)
		if (ask->absences[i].from <= day && day <= ask->absences[i].until)
			json_array_append_new(list, api_round_person_json(ask, &ask->absences[i].person));
	return list;
}

static json_t *day_json(struct api_round_ask *ask, const struct api_round *round)
{
	const int64_t now_s = (int64_t)(env_wall_ms(ask->app->env) / 1000);
	json_t *visits = json_array(), *extra = json_array();
	json_int_t unclaimed = 0, twice = 0, done = 0, missed = 0;
	for (uint32_t i = 0; i < round->visits.count; i++) {
		const struct round_visit *visit = &round->visits.items[i];
		json_array_append_new(visits, api_round_visit_json(ask, visit, round));
		unclaimed += (visit->marks & ROUND_UNCLAIMED) != 0;
		twice += (visit->marks & ROUND_TWICE) != 0;
		done += visit->state == ROUND_DONE;
		missed += api_round_is_missed(visit, now_s);
	}
	for (uint32_t i = 0; i < round->took_count; i++)
		if (!round->took[i].is_laid)
			json_array_append_new(extra, api_round_took_json(ask, &round->took[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "day", api_round_day_json(round->day),
	        "visits", visits, "notPlanned", extra, "absent", absences_json(ask, round->day), "unclaimed",
	        unclaimed, "twice", twice, "done", done, "missed", missed);
}

int api_get_planning(struct api_call *call)
{
	struct api_round_ask ask;
	struct api_round rounds[DAYS_MAX];
	const char *text = api_call_query(call, "days");
	char *end = NULL;
	const unsigned long asked = text ? strtoul(text, &end, 10) : WEEK;
	const int64_t days = (int64_t)asked;
	int64_t first;
	if (asked < 1 || asked > DAYS_MAX || (end && *end)) {
		api_call_fail(call, ERR_INVALID, "\"days\" is a number from 1 to 31.");
		return 0;
	}
	if (!api_day_or_reply(call, api_call_query(call, "from"), api_today(api_node_of(call)), &first))
		return 0;
	int result = api_round_open(api_node_of(call), &ask);
	if (!result) {
		result = api_round_of_days(&ask, first, first + days - 1, rounds);
		json_t *list = json_array();
		for (int64_t i = 0; i < days; i++) {
			json_array_append_new(list, day_json(&ask, &rounds[i]));
			api_round_note(ask.app, first + i);
			api_round_free(&rounds[i]);
		}
		if (!result)
			api_call_reply(
			        call, 200, json_pack("{s:o, s:o}", "days", list, "age", api_age(ask.app)));
		else
			json_decref(list);
	}
	api_round_close(&ask);
	return result;
}
