/* What is said of visits to come: claimed, released, handed over, moved, placed, cancelled, given to a night cabinet. */
#include "node/api_round.h"

#include <string.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/schema/moment.h"

/* ---- Which visit ------------------------------------------------------------------------------------------------- */

/* One visit of a patient, as a request names it. */
struct asked {
	struct api_call *call;
	struct api_round_ask ask;
	struct record_id patient;
	struct round_visits all; /* of the patient, that day */
	struct round_visit *visit; /* of `all` */
	int64_t day;
};

static bool begins_so(const struct record_id *record, const char *id)
{
	char hex[2 * ID_SHORT_BYTES + 1];
	ids_hex(hex, record->bytes, sizeof(record->bytes));
	return strlen(id) >= 4 && strncmp(hex, id, strlen(id)) == 0;
}

/* By any of its records, whichever file each stands in. */
static bool is_named(const struct round_visit *visit, const char *id)
{
	bool named = begins_so(&visit->id, id);
	for (uint32_t i = 0; i < visit->twin_count; i++)
		named |= begins_so(&visit->twins[i].id, id);
	return named;
}

static bool is_meant(const struct round_visit *visit, const char *id, const char *part)
{
	if (id)
		return is_named(visit, id);
	if (visit->state == ROUND_MOVED)
		return false;
	return !part ||
	        (visit->slot != ROUND_NO_SLOT &&
	                strcmp(round_part_name((enum round_part)(visit->slot / ROUND_SLOT_PART)), part) == 0);
}

/* "patient", "day", and where there are several "part" or "id". False: replied. */
static bool find_visit(struct asked *asked)
{
	const char *id, *part;
	enum round_part unused;
	unsigned found = 0;
	if (!api_optional_text(asked->call, "id", &id) || !api_optional_text(asked->call, "part", &part))
		return false;
	if (part && !round_part_named(part, &unused)) {
		api_call_fail(asked->call, ERR_INVALID,
		        "\"part\" is small-hours, morning, midday, afternoon, evening or night. Nothing was "
		        "changed.");
		return false;
	}
	for (uint32_t i = 0; i < asked->all.count; i++)
		if (is_meant(&asked->all.items[i], id, part)) {
			asked->visit = &asked->all.items[i];
			found++;
		}
	if (found != 1)
		api_call_fail(asked->call, found ? ERR_CONFLICT : ERR_NOTFOUND,
		        found ? "Several visits of this patient are planned then: say which part of the day, "
		                "or "
		                "the visit's id. Nothing was changed."
		              : "No such visit of this patient is planned on that day. Nothing was changed.");
	return found == 1;
}

/* False: replied, or *result is an error. */
static bool open_asked(struct api_call *call, struct asked *asked, int *result)
{
	struct api_node *app = api_node_of(call);
	const char *patient, *day;
	*asked = (struct asked){.call = call};
	*result = 0;
	if (!api_optional_text(call, "patient", &patient) || !api_optional_text(call, "day", &day) ||
	        !api_day_or_reply(call, day, api_today(app), &asked->day))
		return false;
	int found = patient ? api_patient_id(app, patient, &asked->patient) : ERR_INVALID;
	if (found) {
		api_call_fail(call, found,
		        found == ERR_INVALID ? "Whose visit? \"patient\" takes the first digits of an id."
		                : found == ERR_CONFLICT ? "Several patients' ids begin so: give more digits."
		                                        : "There is no such patient here.");
		return false;
	}
	*result = api_round_open(app, &asked->ask);
	if (!*result)
		*result = api_round_of_patient(&asked->ask, &asked->patient, asked->day, &asked->all);
	return !*result && find_visit(asked);
}

static void close_asked(struct asked *asked)
{
	round_visits_close(&asked->all);
	api_round_close(&asked->ask);
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static json_t *short_json(const struct round_person *person)
{
	return api_hex(person->bytes, sizeof(person->bytes));
}

static json_t *moment_json(int64_t seconds)
{
	char text[MOMENT_TEXT_BYTES];
	moment_text(text, (struct moment){seconds, calendar_paris_offset_minutes(seconds)});
	return json_string(text);
}

/* What stands in the record of a visit of which nothing was written yet. */
static void put_origin(const struct round_visit *visit, json_t *fields)
{
	if (visit->marks & ROUND_WRITTEN)
		return;
	json_object_set_new(fields, "day", api_round_day_json(visit->day));
	json_object_set_new(fields, "slot", json_integer(visit->slot));
	if (!json_object_get(fields, "start"))
		json_object_set_new(fields, "start", moment_json(visit->start_s));
	if (!json_object_get(fields, "state"))
		json_object_set_new(fields, "state", json_string("planned"));
}

/* One record of it. `fields` is taken. *refused: what is wrong was replied. */
static int write_record(struct api_call *call, const struct round_visit *visit, json_t *fields,
        const char *reason, bool *refused)
{
	struct api_node *app = api_node_of(call);
	const struct schema_kind *kind = schema_kind(SCHEMA_PLANNED_VISIT);
	struct arena arena = {0};
	struct record_edit edit = {.record = {.kind = kind, .id = visit->id}};
	struct schema_report report = {0};
	struct node_change change;
	*refused = false;
	put_origin(visit, fields);
	int result = record_from_json(fields,
	        visit->marks & ROUND_WRITTEN ? SCHEMA_CHECK_EDIT : SCHEMA_CHECK_NEW, &arena, &edit, &report);
	if (result) {
		*refused = true;
		api_refuse_record(call, &report);
		result = 0;
		goto done;
	}
	result = node_change_begin(app->node, SCHEMA_DOC_DOSSIER, &visit->dossier, &change);
	if (result)
		goto done;
	result = record_write(change.doc, &change.builder, &edit, NULL,
	        reason ? span_text(reason) : (struct span){NULL, 0});
	if (result)
		node_change_drop(&change);
	else
		result = node_change_finish(app->node, &change, NULL, NULL, NULL);
done:
	arena_close(&arena);
	json_decref(fields);
	return result < 0 ? result : 0;
}

/* What is said of a visit is said in every file in which something was said of it; `fields` is taken. *refused: what is wrong was replied, and nothing was written. */
static int write_visit(struct api_call *call, const struct round_visit *visit, json_t *fields,
        const char *reason, bool *refused)
{
	int result = write_record(call, visit, json_deep_copy(fields), reason, refused);
	for (uint32_t i = 0; i < visit->twin_count && !result && !*refused; i++) {
		struct round_visit twin = *visit;
		twin.dossier = visit->twins[i].dossier;
		twin.id = visit->twins[i].id;
		result = write_record(call, &twin, json_deep_copy(fields), reason, refused);
	}
	json_decref(fields);
	return result;
}

static int fail_write(struct api_call *call, int error)
{
	if (error == ERR_UNVERIFIED) {
		api_fail_unverified(call);
		return 0;
	}
	if (error != ERR_INVALID)
		return error;
	api_call_fail(
	        call, error, "Say why (\"reason\"): somebody else's word is replaced. Nothing was changed.");
	return 0;
}

static json_t *written_json(const struct round_visit *visit)
{
	return json_pack("{s:o, s:o, s:o}", "id", api_hex(visit->id.bytes, sizeof(visit->id.bytes)),
	        "patient", api_hex(visit->patient.bytes, sizeof(visit->patient.bytes)), "day",
	        api_round_day_json(visit->day));
}

/* Write what one request says of one visit, and reply; `fields` is taken. */
static int save(struct asked *asked, json_t *fields, const char *reason)
{
	bool refused;
	if (api_refused_record(asked->call)) {
		json_decref(fields);
		return 0;
	}
	int result = write_visit(asked->call, asked->visit, fields, reason, &refused);
	if (result)
		return fail_write(asked->call, result);
	return refused ? 0 : api_reply_durable(asked->call, 200, written_json(asked->visit));
}

/* ---- Whose it is ------------------------------------------------------------------------------------------------- */

/* Somebody who is there has it, and it is not `person`'s. */
static bool has_other(const struct round_visit *visit, const struct round_person *person)
{
	for (uint32_t i = 0; i < visit->owners.count; i++)
		if (!round_person_eq(&visit->owners.items[i], person) &&
		        !round_people_have(&visit->absent, &visit->owners.items[i]))
			return true;
	return false;
}

static bool is_open_or_reply(struct api_call *call, const struct round_visit *visit)
{
	if (visit->state == ROUND_PLANNED)
		return true;
	api_call_fail(call, ERR_CONFLICT,
	        "This visit is cancelled, moved or done: it can be put back with /api/round/restore. Nothing "
	        "was "
	        "changed.");
	return false;
}

static bool self_or_reply(struct asked *asked)
{
	if (!asked->ask.has_self)
		api_call_fail(asked->call, ERR_DENIED, "This device is nobody's: it claims no visits.");
	return asked->ask.has_self;
}

/* Hers now, without anything that was said of another. */
static json_t *claim_fields(const struct round_visit *visit, const struct round_person *person)
{
	json_t *fields = json_pack("{s:o}", "assignee", short_json(person));
	if (visit->marks & ROUND_WRITTEN)
		json_object_set_new(fields, "open", json_false());
	if (visit->has_handed)
		json_object_set_new(fields, "handedBy", json_null());
	return fields;
}

static int claim(struct asked *asked)
{
	const char *reason = api_text(api_call_json(asked->call), "reason");
	const bool takes_over = json_is_true(json_object_get(api_call_json(asked->call), "take"));
	if (!self_or_reply(asked) || !is_open_or_reply(asked->call, asked->visit))
		return 0;
	if (has_other(asked->visit, &asked->ask.self) && !takes_over) {
		api_call_fail(asked->call, ERR_CONFLICT,
		        "A colleague has this visit: she hands it over, or you take it over (\"take\": true, "
		        "with a "
		        "reason). Nothing was changed.");
		return 0;
	}
	if (has_other(asked->visit, &asked->ask.self) && !reason)
		return fail_write(asked->call, ERR_INVALID);
	return save(asked, claim_fields(asked->visit, &asked->ask.self), reason);
}

/* All unclaimed ones of a day; of those that "nurse" had, where it is said. */
static int claim_all(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct asked asked = {.call = call};
	struct api_round round = {0};
	struct person_id person;
	struct round_person absent;
	const char *day, *nurse;
	bool refused = false;
	if (!api_optional_text(call, "day", &day) || !api_optional_text(call, "nurse", &nurse) ||
	        !api_day_or_reply(call, day, api_today(app), &asked.day) ||
	        (nurse && !api_person_or_reply(call, nurse, &person)) || api_refused_record(call))
		return 0;
	if (nurse)
		memcpy(absent.bytes, person.bytes, sizeof(absent.bytes));
	json_t *list = json_array();
	int result = api_round_open(app, &asked.ask);
	if (!result && self_or_reply(&asked)) {
		result = api_round_of_days(&asked.ask, asked.day, asked.day, &round);
		for (uint32_t i = 0; i < round.visits.count && !result && !refused; i++) {
			const struct round_visit *visit = &round.visits.items[i];
			if (!(visit->marks & ROUND_UNCLAIMED) || visit->marks & ROUND_TWICE ||
			        (nurse && !round_people_have(&visit->absent, &absent)))
				continue;
			result = write_visit(
			        call, visit, claim_fields(visit, &asked.ask.self), NULL, &refused);
			if (!result)
				json_array_append_new(list, written_json(visit));
		}
		result = result   ? fail_write(call, result)
		        : refused ? 0
		                  : api_reply_durable(call, 200, json_pack("{s:O}", "visits", list));
	}
	json_decref(list);
	api_round_free(&round);
	close_asked(&asked);
	return result;
}

static int release(struct asked *asked)
{
	const char *reason = api_text(api_call_json(asked->call), "reason");
	if (!self_or_reply(asked) || !is_open_or_reply(asked->call, asked->visit))
		return 0;
	if (!round_is_of(asked->visit, &asked->ask.self)) {
		api_call_fail(asked->call, ERR_CONFLICT, "This visit is not yours. Nothing was changed.");
		return 0;
	}
	if (!reason || !*reason) {
		api_call_fail(asked->call, ERR_INVALID,
		        "Say why (\"reason\"): the team sees it. Nothing was changed.");
		return 0;
	}
	json_t *fields = json_pack("{s:b, s:s}", "open", true, "why", reason);
	if (asked->visit->marks & ROUND_WRITTEN)
		json_object_set_new(fields, "assignee", json_null());
	if (asked->visit->has_handed)
		json_object_set_new(fields, "handedBy", json_null());
	return save(asked, fields, reason);
}

/* To a colleague, who accepts it. */
static int hand_over(struct asked *asked)
{
	const char *to = api_text(api_call_json(asked->call), "to"),
	           *reason = api_text(api_call_json(asked->call), "reason");
	struct person_id person;
	struct round_person other;
	if (!self_or_reply(asked) || !is_open_or_reply(asked->call, asked->visit))
		return 0;
	if (!to) {
		api_call_fail(asked->call, ERR_INVALID,
		        "To whom? \"to\" takes the first digits of an id. Nothing was changed.");
		return 0;
	}
	if (!api_person_or_reply(asked->call, to, &person))
		return 0;
	memcpy(other.bytes, person.bytes, sizeof(other.bytes));
	if (round_is_absent(asked->ask.absences, asked->ask.absence_count, &other, asked->day)) {
		api_call_fail(asked->call, ERR_CONFLICT, "She is away on that day. Nothing was changed.");
		return 0;
	}
	json_t *fields = claim_fields(asked->visit, &other);
	json_object_set_new(fields, "handedBy", short_json(&asked->ask.self));
	return save(asked, fields, reason);
}

static int accept(struct asked *asked)
{
	if (!self_or_reply(asked))
		return 0;
	if (!asked->visit->has_handed || !round_is_of(asked->visit, &asked->ask.self)) {
		api_call_fail(asked->call, ERR_CONFLICT,
		        "Nobody handed this visit over to you. Nothing was changed.");
		return 0;
	}
	return save(asked, json_pack("{s:n}", "handedBy"), NULL);
}

/* ---- When, where, whether ---------------------------------------------------------------------------------------- */

/* To another moment, which "start" says; what the plan gives there now goes along. */
static int move(struct asked *asked)
{
	const char *start = api_text(api_call_json(asked->call), "start");
	if (!is_open_or_reply(asked->call, asked->visit))
		return 0;
	if (!start) {
		api_call_fail(asked->call, ERR_INVALID,
		        "To when? \"start\": \"2026-11-22T08:00:00+01:00\". Nothing was changed.");
		return 0;
	}
	json_t *items = json_array(), *fields = json_pack("{s:s, s:n}", "start", start, "order");
	for (uint32_t i = 0; i < asked->visit->item_count; i++)
		json_array_append_new(items, short_json(&asked->visit->items[i].id));
	if (!(asked->visit->marks & ROUND_WRITTEN))
		json_object_del(fields, "order");
	if (json_array_size(items))
		json_object_set(fields, "items", items);
	json_decref(items);
	return save(asked, fields, NULL);
}

static int cancel(struct asked *asked)
{
	const char *reason = api_text(api_call_json(asked->call), "reason");
	const bool is_away = json_is_true(json_object_get(api_call_json(asked->call), "away"));
	if (!is_open_or_reply(asked->call, asked->visit))
		return 0;
	if (!reason || !*reason) {
		api_call_fail(asked->call, ERR_INVALID,
		        "Say why (\"reason\"): it is shown with the visit. Nothing was changed.");
		return 0;
	}
	return save(asked, json_pack("{s:s, s:s}", "state", is_away ? "absent" : "cancelled", "why", reason),
	        reason);
}

/* Planned again; of two states that live, this one. */
static int restore(struct asked *asked)
{
	const char *reason = api_text(api_call_json(asked->call), "reason");
	json_t *fields = json_pack("{s:s}", "state", "planned");
	if (asked->visit->state == ROUND_MOVED || asked->visit->day != asked->day)
		json_object_set_new(fields, "start", moment_json(round_planned_s(asked->visit)));
	return save(asked, fields, reason);
}

/* Is there such an entry in the directory? */
static bool is_entry(struct api_node *app, const char *text)
{
	const struct record_id directory = record_document_id(
	        node_team(app->node), SCHEMA_DOC_DIRECTORY, NULL);
	struct record_id id;
	struct crdt_doc *doc;
	if (strlen(text) != 2 * ID_SHORT_BYTES || !ids_from_hex(id.bytes, ID_SHORT_BYTES, text) ||
	        node_doc(app->node, SCHEMA_DOC_DIRECTORY, &directory, &doc))
		return false;
	json_t *entry = record_json(doc, schema_kind(SCHEMA_DIRECTORY_ENTRY), &id);
	json_decref(entry);
	return entry != NULL;
}

static int give_cabinet(struct asked *asked)
{
	json_t *cabinet = json_object_get(api_call_json(asked->call), "cabinet");
	if (!is_open_or_reply(asked->call, asked->visit))
		return 0;
	if (!json_is_string(cabinet) && !json_is_null(cabinet)) {
		api_call_fail(asked->call, ERR_INVALID,
		        "To which? \"cabinet\" takes the id of an entry of the directory, null for none any "
		        "more. "
		        "Nothing was changed.");
		return 0;
	}
	if (json_is_string(cabinet) && !is_entry(asked->ask.app, json_string_value(cabinet))) {
		api_call_fail(asked->call, ERR_NOTFOUND,
		        "There is no such entry of the directory: give its whole id. Nothing was changed.");
		return 0;
	}
	return save(
	        asked, json_pack("{s:O, s:b}", "cabinet", cabinet, "night", json_is_string(cabinet)), NULL);
}

/* ---- Order ------------------------------------------------------------------------------------------------------- */

/* Its nurse's visits of that day, in order; `self` is left out. */
static void neighbours(const struct api_round *round, const struct round_visit *self,
        const struct round_person *nurse, const char *behind, int64_t *before, int64_t *after)
{
	bool is_next = !behind;
	*before = *after = 0;
	for (uint32_t i = 0; i < round->visits.count; i++) {
		const struct round_visit *one = &round->visits.items[i];
		char hex[2 * ID_SHORT_BYTES + 1];
		if (record_id_eq(&one->id, &self->id) || !round_is_of(one, nurse))
			continue;
		if (is_next) {
			*after = one->order;
			return;
		}
		ids_hex(hex, one->id.bytes, sizeof(one->id.bytes));
		*before = one->order;
		is_next = strncmp(hex, behind, strlen(behind)) == 0;
	}
	if (!is_next)
		*before = -1; /* there is no such visit */
}

/* Behind the visit that "after" names; without: first. */
static int place(struct asked *asked)
{
	struct api_round round;
	const char *behind;
	int64_t before, after;
	if (!self_or_reply(asked) || !api_optional_text(asked->call, "after", &behind))
		return 0;
	const struct round_person nurse = asked->visit->owners.count ? asked->visit->owners.items[0]
	                                                             : asked->ask.self;
	int result = api_round_of_days(&asked->ask, asked->day, asked->day, &round);
	neighbours(&round, asked->visit, &nurse, behind, &before, &after);
	api_round_free(&round);
	if (result)
		return result;
	const int64_t order = before < 0 ? 0 : round_order_between(before, after);
	if (order < 1) {
		api_call_fail(asked->call, before < 0 ? ERR_NOTFOUND : ERR_FULL,
		        before < 0 ? "There is no such visit in that round. Nothing was changed."
		                   : "There is no room between these two: move one of them first. Nothing "
		                     "was changed.");
		return 0;
	}
	return save(asked, json_pack("{s:I}", "order", (json_int_t)order), NULL);
}

/* ---- POST /api/round/:what --------------------------------------------------------------------------------------- */

static const struct action {
	const char *name;
	int (*run)(struct asked *asked);
} ACTIONS[] = {{"claim", claim}, {"release", release}, {"hand-over", hand_over}, {"accept", accept},
        {"move", move}, {"order", place}, {"cancel", cancel}, {"restore", restore},
        {"cabinet", give_cabinet}};

int api_post_round(struct api_call *call)
{
	const char *name = api_call_param(call, 0);
	const struct action *action = NULL;
	struct asked asked;
	int result;
	for (size_t i = 0; i < sizeof(ACTIONS) / sizeof(*ACTIONS); i++)
		if (strcmp(ACTIONS[i].name, name) == 0)
			action = &ACTIONS[i];
	if (!action) {
		api_call_fail(call, ERR_NOTFOUND,
		        "A visit is claimed, released, handed over (hand-over), accepted (accept), moved, "
		        "ordered, "
		        "cancelled, restored, or given to a cabinet.");
		return 0;
	}
	if (action->run == claim && json_is_true(json_object_get(api_call_json(call), "all")))
		return claim_all(call);
	if (open_asked(call, &asked, &result))
		result = action->run(&asked);
	close_asked(&asked);
	return result;
}
