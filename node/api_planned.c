#include "node/api_planned.h"

#include <stdio.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/api_round.h"
#include "node/calendar.h"
#include "node/schema/moment.h"

/* What is to be said, and of which. */
struct saying {
	const char *planned, *start; /* of the visit */
	const char *state, *why;
};

/* What an outcome makes of the planned visit. */
static const struct {
	const char *outcome, *state;
} STATES[] = {{"done", "done"}, {"absent", "absent"}, {"hospitalized", "absent"}, {"refused", "cancelled"},
        {"not-done", "cancelled"}};

static const char *state_of(const char *outcome)
{
	for (size_t i = 0; i < sizeof(STATES) / sizeof(*STATES); i++)
		if (strcmp(STATES[i].outcome, outcome) == 0)
			return STATES[i].state;
	return NULL; /* refused with the visit */
}

/* What was noted, else what the outcome is called. */
static const char *why_of(const json_t *visit, const char *outcome)
{
	const char *note = api_text(visit, "note");
	const struct schema_field *field = schema_field_named(
	        schema_kind(SCHEMA_VISIT), span_text("outcome"));
	if (note && *note)
		return note;
	for (const struct schema_choice *choice = field->choices; choice->number; choice++)
		if (strcmp(choice->name, outcome) == 0)
			return choice->label.fr;
	return NULL;
}

static struct saying saying_of(const json_t *visit, const char *outcome, const json_t *noted)
{
	struct saying saying = {.planned = api_text(visit, "planned"),
	        .start = api_text(visit, "start"),
	        .state = state_of(outcome)};
	if (saying.state && strcmp(saying.state, "done") != 0)
		saying.why = why_of(noted, outcome);
	return saying;
}

/* The patient's planned visit that begins so, on the visit's day or one beside it. False: there is none. */
static bool find_planned(struct api_round_ask *ask, const struct record_id *patient,
        const struct saying *saying, struct round_visit *out)
{
	struct moment start;
	uint8_t begins[SCHEMA_SHORT_BYTES];
	bool is_found = false;
	if (!api_short_id(saying->planned, begins) || !saying->start ||
	        !moment_parse(span_text(saying->start), &start))
		return false;
	const int64_t day = calendar_paris_day(start.seconds);
	for (int64_t near = day - 1; near <= day + 1 && !is_found; near++) {
		struct round_visits visits = {0};
		if (api_round_of_patient(ask, patient, near, &visits) == 0)
			for (uint32_t i = 0; i < visits.count && !is_found; i++)
				if (memcmp(visits.items[i].id.bytes, begins, sizeof(begins)) == 0) {
					*out = visits.items[i];
					is_found = true;
				}
		round_visits_close(&visits);
	}
	return is_found;
}

static bool says_so(const struct round_visit *visit, const char *state)
{
	const enum round_state now = visit->state;
	return !(visit->marks & ROUND_DIFFERING) && visit->marks & ROUND_WRITTEN &&
	        ((strcmp(state, "done") == 0 && now == ROUND_DONE) ||
	                (strcmp(state, "planned") == 0 && now == ROUND_PLANNED) ||
	                (strcmp(state, "absent") == 0 && now == ROUND_AWAY) ||
	                (strcmp(state, "cancelled") == 0 && now == ROUND_CANCELLED));
}

static json_t *fields_of(const struct round_visit *visit, const struct saying *saying)
{
	char start[MOMENT_TEXT_BYTES];
	json_t *fields = json_pack("{s:s, s:s*, s:s}", "state", saying->state, "why", saying->why, "reason",
	        saying->why ? saying->why : "Dit avec la visite. / Said with the visit.");
	if (visit->marks & ROUND_WRITTEN)
		return fields;
	moment_text(start, (struct moment){visit->start_s, calendar_paris_offset_minutes(visit->start_s)});
	json_object_set_new(fields, "day", api_round_day_json(visit->day));
	json_object_set_new(fields, "slot", json_integer(visit->slot));
	json_object_set_new(fields, "start", json_string(start));
	return fields;
}

static json_t *add_part(struct api_call *call, struct api_form *form, const struct saying *saying)
{
	struct api_round_ask ask;
	struct round_visit visit;
	json_t *fields = NULL;
	struct api_form_part *part;
	const bool is_open = api_round_open(api_node_of(call), &ask) == 0;
	if (is_open && find_planned(&ask, &form->doc_id, saying, &visit) && !says_so(&visit, saying->state) &&
	        (part = api_form_add(form)) != NULL) {
		fields = fields_of(&visit, saying);
		part->kind = schema_kind(SCHEMA_PLANNED_VISIT);
		part->id = visit.id;
		part->mode = visit.marks & ROUND_WRITTEN ? SCHEMA_CHECK_EDIT : SCHEMA_CHECK_NEW;
		part->json = fields;
		snprintf(part->path, sizeof(part->path), "/planned");
	}
	api_round_close(&ask);
	return fields;
}

/* An amendment may say that the visit did not take place, or what else came of it. */
static bool read_amendment(const json_t *amendment, const json_t *visit, struct saying *out)
{
	const json_t *cancelled = json_object_get(amendment, "cancelled");
	const char *outcome = api_text(amendment, "outcome"), *was = api_text(visit, "outcome");
	if (!json_is_boolean(cancelled) && !outcome)
		return false;
	*out = saying_of(visit, outcome ? outcome : was ? was : "done", amendment);
	if (json_is_true(cancelled))
		out->state = "planned";
	if (!out->why || json_is_true(cancelled))
		out->why = api_text(amendment, "reason");
	return true;
}

/* "For another reason": which one is said. */
static bool is_explained(
        struct api_call *call, const char *outcome, const struct saying *saying, const json_t *visit)
{
	const char *note = api_text(visit, "note");
	if (!saying->planned || strcmp(outcome, "not-done") != 0 || (note && *note))
		return true;
	api_call_fail_with(call, ERR_INVALID,
	        "Say in the note why the planned visit was not done. Nothing was saved.",
	        json_pack("{s:s}", "fr",
	                "Dites dans les observations pourquoi le passage prévu n'a pas été fait. Rien n'a "
	                "été "
	                "enregistré."));
	return false;
}

bool api_planned_add(struct api_call *call, struct api_form *form, json_t **made)
{
	const struct api_form_part *main = &form->parts[0];
	const bool is_visit = main->kind->number == SCHEMA_VISIT && !main->corrects,
	           is_amendment = main->kind->number == SCHEMA_VISIT_AMENDMENT && main->corrects;
	json_t *visit = is_amendment ? api_event_json(api_node_of(call), main->corrects) : NULL;
	const char *outcome = api_text(main->json, "outcome");
	struct saying saying = {0};
	bool is_fine = true;
	*made = NULL;
	if (visit && !read_amendment(main->json, visit, &saying))
		saying.planned = NULL;
	if (is_visit) {
		outcome = outcome ? outcome : "done";
		saying = saying_of(main->json, outcome, main->json);
		is_fine = is_explained(call, outcome, &saying, main->json);
	}
	if (is_fine && saying.planned && saying.state)
		*made = add_part(call, form, &saying);
	json_decref(visit);
	return is_fine;
}
