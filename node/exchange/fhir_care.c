/* Problems, plan, goals, visits. */
#include <stdio.h>
#include <string.h>

#include "crdt/base/mem.h"
#include "node/exchange/fhir_parts.h"
#include "node/schema/moment.h"

/* ---- Problems ---------------------------------------------------------------------------------------------------- */

static void add_problem(struct fhir *fhir, const json_t *problem)
{
	json_t *condition = fhir_resource(fhir, "Condition", problem), *sign;
	size_t index;
	json_object_set_new(condition, "clinicalStatus",
	        fhir_concept(HL7_TERMS "condition-clinical",
	                fhir_is(problem, "state", "closed") ? "resolved" : "active", NULL));
	fhir_add(condition, "category",
	        fhir_concept(HL7_TERMS "condition-category", "problem-list-item", NULL));
	fhir_add(condition, "category",
	        fhir_concept(OMAHA "-modifier", fhir_text(problem, "severity"),
	                fhir_label(fhir, problem, "severity")));
	fhir_add(condition, "category",
	        fhir_concept(
	                OMAHA "-scope", fhir_text(problem, "scope"), fhir_label(fhir, problem, "scope")));
	json_object_set_new(condition, "code",
	        fhir_omaha(fhir, 'P', fhir_number(problem, "code"), fhir_text(problem, "name")));
	json_object_set_new(condition, "subject", fhir_to_patient(fhir));
	fhir_set(condition, "recordedDate", fhir_string(fhir_saved(problem)));
	fhir_set(condition, "recorder", fhir_to_author(fhir, problem));
	json_array_foreach(json_object_get(problem, "signCodes"), index, sign) fhir_add(condition, "evidence",
	        json_pack("{s:[o]}", "code", fhir_omaha(fhir, 'S', 0, json_string_value(sign))));
	fhir_add(condition, "note", fhir_note(fhir_text(problem, "signs")));
}

static void add_wound(struct fhir *fhir, const json_t *wound)
{
	json_t *condition = fhir_resource(fhir, "Condition", wound);
	json_object_set_new(condition, "clinicalStatus",
	        fhir_concept(HL7_TERMS "condition-clinical",
	                fhir_is(wound, "state", "healed") ? "resolved" : "active", NULL));
	fhir_add(condition, "category",
	        fhir_concept(HL7_TERMS "condition-category", "problem-list-item", NULL));
	json_object_set_new(condition, "code",
	        fhir_concept(FHIR_OWN "wound", fhir_text(wound, "type"), fhir_label(fhir, wound, "type")));
	fhir_add(condition, "bodySite", fhir_words(fhir_text(wound, "site")));
	json_object_set_new(condition, "subject", fhir_to_patient(fhir));
	fhir_set(condition, "onsetDateTime", fhir_string(fhir_text(wound, "since")));
	fhir_set(condition, "recordedDate", fhir_string(fhir_saved(wound)));
	fhir_set(condition, "recorder", fhir_to_author(fhir, wound));
	fhir_add(condition, "note", fhir_note(fhir_text(wound, "note")));
}

/* ---- The plan ---------------------------------------------------------------------------------------------------- */

static void add_intervention(struct fhir *fhir, const json_t *item)
{
	json_t *request = fhir_resource(fhir, "ServiceRequest", item);
	char *recurrence = fhir_rhythm(item, !fhir->is_english);
	json_t *period = fhir_period(fhir_text(item, "from"), fhir_text(item, "until"));
	fhir_add(request, "basedOn", fhir_to(fhir, item, "prescription", "prescription"));
	json_object_set_new(request, "status",
	        json_string(fhir_is(item, "state", "ended")           ? "completed"
	                        : fhir_is(item, "state", "suspended") ? "on-hold"
	                                                              : "active"));
	json_object_set_new(request, "intent", json_string("plan"));
	fhir_add(request, "category",
	        fhir_concept(
	                OMAHA "-category", fhir_text(item, "category"), fhir_label(fhir, item, "category")));
	fhir_set(request, "code",
	        fhir_omaha(fhir, 'T', fhir_number(item, "targetCode"), fhir_text(item, "target")));
	json_object_set_new(request, "subject", fhir_to_patient(fhir));
	if (recurrence) {
		json_t *timing = json_pack("{s:{s:s}}", "code", "text", recurrence);
		if (period)
			json_object_set_new(timing, "repeat", json_pack("{s:o}", "boundsPeriod", period));
		json_object_set_new(request, "occurrenceTiming", timing);
	} else {
		fhir_set(request, "occurrencePeriod", period);
	}
	mem_free(recurrence);
	fhir_set(request, "authoredOn", fhir_string(fhir_saved(item)));
	fhir_set(request, "requester", fhir_to_author(fhir, item));
	fhir_add(request, "performer", fhir_to_person(fhir, fhir_text(item, "assignee")));
	fhir_add(request, "reasonReference", fhir_to(fhir, item, "problem", "problem"));
	fhir_add(request, "note", fhir_note(fhir_text(item, "detail")));
}

static void add_goal(struct fhir *fhir, const json_t *goal)
{
	static const struct {
		const char *outcome, *status, *achievement;
	} outcomes[] = {{"open", "active", "in-progress"}, {"reached", "completed", "achieved"},
	        {"partly", "completed", "improving"}, {"not-reached", "completed", "not-achieved"},
	        {"given-up", "cancelled", "not-attainable"}};
	size_t row = 0;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++)
		if (fhir_is(goal, "outcome", outcomes[i].outcome))
			row = i;
	json_t *out = fhir_resource(fhir, "Goal", goal);
	json_object_set_new(out, "lifecycleStatus", json_string(outcomes[row].status));
	json_object_set_new(out, "achievementStatus",
	        fhir_concept(HL7_TERMS "goal-achievement", outcomes[row].achievement, NULL));
	json_object_set_new(out, "description",
	        json_pack("{s:s}", "text", fhir_text(goal, "words") ? fhir_text(goal, "words") : "?"));
	json_object_set_new(out, "subject", fhir_to_patient(fhir));
	if (fhir_text(goal, "targetDate"))
		fhir_add(out, "target", json_pack("{s:s}", "dueDate", fhir_text(goal, "targetDate")));
	fhir_set(out, "expressedBy", fhir_to_patient(fhir));
	fhir_add(out, "addresses", fhir_to(fhir, goal, "problem", "problem"));
	fhir_add(out, "note", fhir_note(fhir_text(goal, "note")));
}

/* One plan, of all that is planned; nothing where there is nothing. */
void fhir_care_plan(struct fhir *fhir)
{
	char id[FHIR_ID_BYTES], team[FHIR_ID_BYTES];
	json_t *record, *plan = NULL;
	size_t index;
	fhir_derived_id(id, fhir->patient, "care plan");
	fhir_derived_id(team, fhir->patient, "care team");
	json_array_foreach(json_object_get(fhir->file, "records"), index, record)
	{
		const bool is_item = fhir_is(record, "kind", "intervention"),
		           is_goal = fhir_is(record, "kind", "goal");
		if (!is_item && !is_goal)
			continue;
		if (!plan) {
			plan = fhir_derived(fhir, "CarePlan", id);
			json_object_set_new(plan, "status", json_string("active"));
			json_object_set_new(plan, "intent", json_string("plan"));
			json_object_set_new(plan, "title", json_string("Plan de soins infirmiers"));
			json_object_set_new(plan, "subject", fhir_to_patient(fhir));
			fhir_add(plan, "careTeam", fhir_to_id(team));
		}
		if (is_goal)
			fhir_add(plan, "goal", fhir_to_record(fhir, record));
		else
			fhir_add(plan, "activity",
			        json_pack("{s:o}", "reference", fhir_to_record(fhir, record)));
	}
}

/* ---- Visits ------------------------------------------------------------------------------------------------------ */

static json_t *length_of(const json_t *visit)
{
	struct moment start, end;
	const char *from = fhir_text(visit, "start"), *to = fhir_text(visit, "end");
	if (!from || !to || !moment_parse(span_text(from), &start) || !moment_parse(span_text(to), &end) ||
	        end.seconds < start.seconds)
		return NULL;
	return json_pack("{s:I, s:s, s:s, s:s}", "value", (json_int_t)((end.seconds - start.seconds) / 60),
	        "unit", "min", "system", UCUM, "code", "min");
}

static json_t *class_of(const json_t *visit)
{
	const char *code = fhir_is(visit, "place", "remote") ? "VR"
	        : fhir_is(visit, "place", "practice")        ? "AMB"
	                                                     : "HH";
	return fhir_coding(HL7_TERMS "v3-ActCode", code,
	        strcmp(code, "HH") == 0           ? "home health"
	                : strcmp(code, "VR") == 0 ? "virtual"
	                                          : "ambulatory");
}

static void add_participant(struct fhir *fhir, json_t *encounter, const char *person)
{
	json_t *individual = fhir_to_person(fhir, person);
	if (individual)
		fhir_add(encounter, "participant", json_pack("{s:o}", "individual", individual));
}

/* What a visit was, by what `visit` says of it. */
static void put_visit(struct fhir *fhir, json_t *encounter, const char *status, const json_t *visit)
{
	json_t *done;
	size_t index;
	json_object_set_new(encounter, "status", json_string(status));
	json_object_set_new(encounter, "class", class_of(visit));
	if (fhir_text(visit, "activity"))
		fhir_add(encounter, "type",
		        fhir_concept(FHIR_OWN "activity", fhir_text(visit, "activity"),
		                fhir_label(fhir, visit, "activity")));
	json_object_set_new(encounter, "subject", fhir_to_patient(fhir));
	json_array_foreach(json_object_get(visit, "done"), index, done)
	{
		const json_t *one = json_pack("{s:O}", "item", done);
		fhir_add(encounter, "basedOn", fhir_to(fhir, one, "item", "intervention"));
		json_decref((json_t *)(uintptr_t)one);
	}
	add_participant(fhir, encounter, fhir_text(visit, "nurse"));
	add_participant(fhir, encounter, fhir_text(visit, "coNurse"));
	fhir_set(encounter, "period", fhir_period(fhir_text(visit, "start"), fhir_text(visit, "end")));
	fhir_set(encounter, "length", length_of(visit));
}

/* `onto` as an amendment leaves it. */
static void amend(json_t *onto, const json_t *amendment)
{
	static const char *const own[] = {
	        "kind", "id", "authors", "corrected", "corrects", "reason", "conflicts", "visit"};
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)amendment, name, value)
	{
		bool is_field = true;
		for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
			is_field &= strcmp(name, own[i]) != 0;
		if (is_field)
			json_object_set(onto, name, value);
	}
}

const json_t *fhir_amendments(const struct fhir *fhir, const char *visit)
{
	char key[64];
	snprintf(key, sizeof(key), "amended:%.32s", visit);
	return json_object_get(fhir->known, key);
}

json_t *fhir_visit_now(const struct fhir *fhir, const json_t *visit)
{
	json_t *now = json_copy((json_t *)(uintptr_t)visit), *record;
	size_t index;
	json_array_foreach(fhir_amendments(fhir, fhir_text(visit, "id")), index,
	        record) if (!json_is_true(json_object_get(record, "corrected"))) amend(now, record);
	if (!json_is_true(json_object_get(now, "cancelled")))
		return now;
	json_decref(now);
	return NULL;
}

static void add_visit_note(struct fhir *fhir, const json_t *visit, const json_t *now, bool is_error)
{
	char own[FHIR_ID_BYTES], id[FHIR_ID_BYTES];
	const char *note = fhir_text(now, "note");
	if (!note)
		return;
	fhir_id_of(fhir, visit, own);
	fhir_derived_id(id, own, "note");
	json_t *out = fhir_derived(fhir, "Communication", id);
	json_object_set_new(out, "status", json_string(is_error ? "entered-in-error" : "completed"));
	fhir_add(out, "category",
	        fhir_concept(FHIR_OWN "communication", "visit-note", "Observations de la visite"));
	json_object_set_new(out, "subject", fhir_to_patient(fhir));
	json_object_set_new(out, "encounter", fhir_to_record(fhir, visit));
	fhir_set(out, "sent", fhir_string(fhir_text(now, "end")));
	fhir_set(out, "sender", fhir_to_nurse(fhir, now));
	fhir_add(out, "payload", json_pack("{s:s}", "contentString", note));
}

/* The patient was away, refused, is in hospital: nobody was cared for. */
static bool took_place(const json_t *visit)
{
	return !fhir_text(visit, "outcome") || fhir_is(visit, "outcome", "done");
}

/* The visit's Encounter says what holds; each amendment's says what held before it, entered in error. They come in the order in which they were saved. */
static void add_visit(struct fhir *fhir, const json_t *visit)
{
	json_t *now = json_copy((json_t *)(uintptr_t)visit),
	       *encounter = fhir_resource(fhir, "Encounter", visit), *record;
	char id[FHIR_ID_BYTES];
	size_t index;
	fhir_id_of(fhir, visit, id);
	json_array_foreach(fhir_amendments(fhir, fhir_text(visit, "id")), index, record)
	{
		put_visit(fhir, fhir_resource(fhir, "Encounter", record), "entered-in-error", now);
		if (!json_is_true(json_object_get(record, "corrected")))
			amend(now, record);
	}
	const bool is_cancelled = json_is_true(json_object_get(now, "cancelled"));
	put_visit(fhir, encounter,
	        is_cancelled              ? "entered-in-error"
	                : took_place(now) ? "finished"
	                                  : "cancelled",
	        now);
	if (is_cancelled)
		json_object_set_new(now, "corrected", json_true());
	else
		json_object_del(now, "corrected");
	fhir_measures(fhir, now, "vitals", id, NULL);
	add_visit_note(fhir, visit, now, is_cancelled);
	json_decref(now);
}

bool fhir_of_care(struct fhir *fhir, const json_t *record)
{
	static const struct {
		const char *kind;
		void (*add)(struct fhir *fhir, const json_t *record);
	} rows[] = {{"problem", add_problem}, {"wound", add_wound}, {"intervention", add_intervention},
	        {"goal", add_goal}, {"visit", add_visit}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (fhir_is(record, "kind", rows[i].kind)) {
			rows[i].add(fhir, record);
			return true;
		}
	/* With its visit; alone only where that is not in the file, which fhir.c then sees. */
	char id[FHIR_ID_BYTES];
	fhir_id_of(fhir, record, id);
	return fhir_is(record, "kind", "visitAmendment") && fhir_has(fhir, id);
}
