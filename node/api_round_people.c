/* Who should take the visits that nobody has: a suggestion with its reason, never done by itself. */
#include "node/api_round.h"

#include <string.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/round/round_people.h"
#include "node/team/roles.h"

enum { SHOWN_MAX = 3, DAY_S = 86400 };

/* The visits of the last weeks at one patient. */
struct past {
	struct record_id patient;
	struct round_person *nurses; /* of each */
	uint32_t count, capacity;
};

struct pasts {
	struct past *items;
	uint32_t count;
};

static struct past *past_of(const struct pasts *pasts, const struct record_id *patient)
{
	for (uint32_t i = 0; i < pasts->count; i++)
		if (record_id_eq(&pasts->items[i].patient, patient))
			return &pasts->items[i];
	return NULL;
}

static void add_past(struct api_round_ask *ask, const struct index_event *event, const struct pasts *pasts)
{
	struct record_id file, patient;
	uint32_t kind;
	struct round_took took;
	if (node_doc_at(ask->app->node, event->doc, &kind, &file))
		return;
	patient = patient_groups_main(&ask->groups, &file); /* whichever of her files she was seen under */
	struct past *past = past_of(pasts, &patient);
	if (!past || !api_round_took_of(ask, event, &took))
		return;
	past->nurses = mem_room(past->nurses, past->count, &past->capacity, sizeof(*past->nurses));
	past->nurses[past->count++] = took.nurse;
}

static int read_pasts(struct api_round_ask *ask, int64_t day, const struct pasts *pasts)
{
	const int64_t first = day - ROUND_CONTINUITY_DAYS;
	const int32_t last_month = calendar_month(day * DAY_S, 0);
	int result = 0;
	for (int32_t month = calendar_month((first - 1) * DAY_S, 0); !result && month <= last_month;
	        month++) {
		const struct index_event *events;
		uint32_t count;
		result = node_month(ask->app->node, month, &events, &count);
		if (result || !count)
			continue;
		struct index_event *copy = mem_copy(events, count * sizeof(*events));
		for (uint32_t i = 0; i < count; i++) {
			const int64_t on = calendar_paris_day(copy[i].when_s);
			if (copy[i].kind == SCHEMA_VISIT && on >= first && on < day)
				add_past(ask, &copy[i], pasts);
		}
		mem_free(copy);
	}
	return result;
}

/* ---- Who could ---------------------------------------------------------------------------------------------------- */

/* Référent, each live value; circle of nurses: of any of the patient's files. */
static void read_circle(
        struct api_round_ask *ask, const struct record_id *patient, struct round_candidate *candidate)
{
	struct patient_group group;
	patient_groups_of(&ask->groups, patient, &group);
	api_circle_of(ask->app, &group, span_of(candidate->person.bytes, sizeof(candidate->person.bytes)),
	        &candidate->is_referent, &candidate->is_in_circle);
}

/* She is given all files of the patient. */
static bool is_given(
        struct api_round_ask *ask, const struct person_id *person, const struct record_id *patient)
{
	struct patient_group group;
	patient_groups_of(&ask->groups, patient, &group);
	for (uint32_t i = 0; i < group.count; i++)
		if (!node_shared(ask->app->node, person, &group.files[i]))
			return false;
	return true;
}

/* A nurse of the team, or a locum who is given this patient, who is there that day. */
static bool could_go(struct api_round_ask *ask, const struct team_person *person,
        const struct round_visit *visit, int64_t day, struct round_candidate *out)
{
	*out = (struct round_candidate){0};
	memcpy(out->person.bytes, person->id.bytes, sizeof(out->person.bytes));
	const bool is_locum = person->role == TEAM_ROLE_LOCUM;
	return (person->role == TEAM_ROLE_NURSE || is_locum) &&
	        !round_is_absent(ask->absences, ask->absence_count, &out->person, day) &&
	        (!is_locum || is_given(ask, &person->id, &visit->patient));
}

static uint32_t load_of(const struct api_round *round, const struct round_person *person)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < round->visits.count; i++)
		count += round->visits.items[i].state == ROUND_PLANNED &&
		        round_is_of(&round->visits.items[i], person);
	return count;
}

static json_t *candidate_json(struct api_round_ask *ask, const struct round_candidate *candidate)
{
	struct buf fr = {0}, en = {0};
	round_candidate_words(candidate, SCHEMA_FR, &fr);
	round_candidate_words(candidate, SCHEMA_EN, &en);
	json_t *json = json_pack("{s:o, s:I, s:b, s:b, s:I, s:s%, s:s%}", "nurse",
	        api_round_person_json(ask, &candidate->person), "visits", (json_int_t)candidate->visits,
	        "referent", candidate->is_referent, "circle", candidate->is_in_circle, "load",
	        (json_int_t)candidate->load, "fr", (const char *)fr.data, fr.size, "en",
	        (const char *)en.data, en.size);
	buf_close(&fr);
	buf_close(&en);
	return json;
}

static json_t *proposals_json(struct api_round_ask *ask, const struct api_round *round,
        const struct round_visit *visit, const struct past *past)
{
	const struct team_view *view = node_view(ask->app->node);
	struct round_candidate *list = mem_zero(view->person_count + 1, sizeof(*list));
	uint32_t count = 0;
	for (uint32_t i = 0; i < view->person_count; i++) {
		struct round_candidate *one = &list[count];
		if (!could_go(ask, &view->people[i], visit, round->day, one))
			continue;
		one->load = load_of(round, &one->person);
		for (uint32_t j = 0; past && j < past->count; j++)
			one->visits += round_person_eq(&past->nurses[j], &one->person);
		read_circle(ask, &visit->patient, one);
		count++;
	}
	round_candidates_sort(list, count);
	json_t *json = json_array();
	for (uint32_t i = 0; i < count && i < SHOWN_MAX; i++)
		json_array_append_new(json, candidate_json(ask, &list[i]));
	mem_free(list);
	return json;
}

/* ---- GET /api/round/proposals ------------------------------------------------------------------------------------- */

static int propose(struct api_round_ask *ask, const struct api_round *round, json_t *list)
{
	struct pasts pasts = {.items = mem_zero(round->visits.count + 1, sizeof(struct past))};
	for (uint32_t i = 0; i < round->visits.count; i++) {
		const struct round_visit *visit = &round->visits.items[i];
		if (visit->marks & ROUND_UNCLAIMED && !past_of(&pasts, &visit->patient))
			pasts.items[pasts.count++].patient = visit->patient;
	}
	int result = pasts.count ? read_pasts(ask, round->day, &pasts) : 0;
	for (uint32_t i = 0; i < round->visits.count && !result; i++) {
		const struct round_visit *visit = &round->visits.items[i];
		if (!(visit->marks & ROUND_UNCLAIMED))
			continue;
		json_t *json = api_round_visit_json(ask, visit, round);
		json_object_set_new(json, "proposals",
		        proposals_json(ask, round, visit, past_of(&pasts, &visit->patient)));
		json_array_append_new(list, json);
	}
	for (uint32_t i = 0; i < pasts.count; i++)
		mem_free(pasts.items[i].nurses);
	mem_free(pasts.items);
	return result;
}

int api_get_proposals(struct api_call *call)
{
	struct api_round_ask ask;
	struct api_round round = {0};
	int64_t day;
	if (!api_day_or_reply(call, api_call_query(call, "day"), api_today(api_node_of(call)), &day))
		return 0;
	json_t *list = json_array();
	int result = api_round_open(api_node_of(call), &ask);
	if (!result)
		result = api_round_of_days(&ask, day, day, &round);
	if (!result)
		result = propose(&ask, &round, list);
	if (!result) {
		api_round_note(ask.app, day);
		api_call_reply(
		        call, 200, json_pack("{s:o, s:O}", "day", api_round_day_json(day), "visits", list));
	}
	json_decref(list);
	api_round_free(&round);
	api_round_close(&ask);
	return result;
}
