/*
 * The round of a day, from what two nurses wrote apart: one visit whoever claims it, never one of nobody's or of two in silence; and what each device shows is the
 * same bytes.
 */
#include "tests/lib/check.h"

#include <jansson.h>
#include <stdio.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/round/round_match.h"
#include "node/round/round_people.h"
#include "node/schema/moment.h"
#include "node/team/roles.h"
#include "tests/lib/pair.h"

static const struct record_id PATIENT = {{7, 7, 7}}, ITEM = {{1, 1, 1, 1, 1, 1}},
                              OTHER_ITEM = {{2, 2, 2, 2, 2, 2}}, ABSENCE_ID = {{3}};

enum { DAY = 20500 /* 2026-02-16 */, MORNING = 16, EVENING = 64 };

/* ---- Writing ------------------------------------------------------------------------------------------------------ */

static void write_record(struct device *device, enum schema_kind_number kind, const struct record_id *doc,
        const struct record_id *id, const char *text, const char *reason)
{
	struct arena arena = {0};
	struct record_edit edit = {.record = {.kind = schema_kind(kind), .id = *id}};
	struct schema_report report = {0};
	struct node_change change;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	check_ok(record_from_json(json, SCHEMA_CHECK_EDIT, &arena, &edit, &report));
	check_ok(node_change_begin(device->node, edit.record.kind->doc, doc, &change));
	check_ok(record_write(change.doc, &change.builder, &edit, NULL, span_text(reason)));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
	arena_close(&arena);
	json_decref(json);
}

static struct round_person person_of(struct device *device)
{
	struct device_id id = node_device(device->node);
	struct round_person person;
	memcpy(person.bytes, team_view_device(node_view(device->node), &id)->person.bytes,
	        sizeof(person.bytes));
	return person;
}

static void hex_of(const struct round_person *person, char out[2 * SCHEMA_SHORT_BYTES + 1])
{
	ids_hex(out, person->bytes, sizeof(person->bytes));
}

/* What a request writes of an occurrence: `more` are its fields. */
static void say(struct device *device, uint32_t slot, const char *more, const char *reason)
{
	char text[600], start[MOMENT_TEXT_BYTES];
	const struct record_id id = round_occurrence_id(&PATIENT, DAY, slot);
	const int64_t start_s = recurrence_moment(DAY, slot == MORNING ? 8 * 60 : 19 * 60);
	moment_text(start, (struct moment){start_s, calendar_paris_offset_minutes(start_s)});
	snprintf(text, sizeof(text), "{\"day\":\"2026-02-16\",\"slot\":%u,\"start\":\"%s\",%s}", slot, start,
	        more);
	write_record(device, SCHEMA_PLANNED_VISIT, &PATIENT, &id, text, reason);
}

static void claim(struct device *device, uint32_t slot)
{
	char text[100], hex[2 * SCHEMA_SHORT_BYTES + 1];
	struct round_person self = person_of(device);
	hex_of(&self, hex);
	snprintf(text, sizeof(text), "\"state\":\"planned\",\"assignee\":\"%s\"", hex);
	say(device, slot, text, "");
}

static void write_absence(struct device *device, const struct round_person *person, const char *state)
{
	char text[200], hex[2 * SCHEMA_SHORT_BYTES + 1];
	struct record_id planning = record_document_id(node_team(device->node), SCHEMA_DOC_PLANNING, NULL);
	hex_of(person, hex);
	snprintf(text, sizeof(text),
	        "{\"person\":\"%s\",\"from\":\"2026-02-15\",\"until\":\"2026-02-17\",\"state\":\"%s\"}", hex,
	        state);
	write_record(device, SCHEMA_ABSENCE, &planning, &ABSENCE_ID, text, "");
}

/* A plan that both have: an item morning and evening, from two days before on. */
static void open_with_plan(struct pair *team)
{
	pair_open(team, TEAM_ROLE_NURSE);
	write_record(&team->devices[0], SCHEMA_INTERVENTION, &PATIENT, &ITEM,
	        "{\"recurrence\":\"FREQ=DAILY;BYHOUR=8,19\",\"from\":\"2026-02-14\",\"target\":\"soins\"}",
	        "");
	pair_meet(team);
	pair_part(team);
}

static void meet(struct pair *team)
{
	pair_meet(team);
	pair_part(team);
}

/* ---- Reading ------------------------------------------------------------------------------------------------------ */

static struct round_visits round_on(struct device *device, int64_t day)
{
	struct record_id planning = record_document_id(node_team(device->node), SCHEMA_DOC_PLANNING, NULL);
	struct round_visits visits = {0};
	struct round_facts facts;
	struct arena arena = {0};
	struct buf bytes = {0};
	struct crdt_doc *doc = NULL;
	uint32_t absent_count;
	if (node_doc(device->node, SCHEMA_DOC_PLANNING, &planning, &doc))
		doc = NULL;
	struct round_absence *absences = round_absences(doc, &arena, &absent_count);
	check_ok(node_doc(device->node, SCHEMA_DOC_DOSSIER, &PATIENT, &doc));
	round_facts_put(doc, true, &bytes);
	assert_true(round_facts_get(buf_span(&bytes), &PATIENT, day, day, &arena, &facts));
	round_of_day(&facts, &PATIENT, day, absences, absent_count, &visits);
	round_sort(&visits);
	buf_close(&bytes);
	arena_close(&arena);
	return visits;
}

/* Both devices have the same facts; the round of one. */
static struct round_visits round_of_both(struct pair *team)
{
	struct buf bytes[PAIR_DEVICES] = {{0}};
	for (int i = 0; i < PAIR_DEVICES; i++) {
		struct crdt_doc *doc;
		check_ok(node_doc(team->devices[i].node, SCHEMA_DOC_DOSSIER, &PATIENT, &doc));
		round_facts_put(doc, true, &bytes[i]);
	}
	check_span(buf_span(&bytes[0]), buf_span(&bytes[1]));
	buf_close(&bytes[0]);
	buf_close(&bytes[1]);
	return round_on(&team->devices[1], DAY);
}

static const struct round_visit *visit_in(const struct round_visits *visits, uint32_t slot)
{
	for (uint32_t i = 0; i < visits->count; i++)
		if (visits->items[i].slot == slot)
			return &visits->items[i];
	fail_msg("no visit in slot %u", slot);
	return NULL;
}

/* ---- Whose it is -------------------------------------------------------------------------------------------------- */

static void nobody_claimed_it_and_that_is_said(void **state)
{
	struct pair team;
	(void)state;
	open_with_plan(&team);
	struct round_visits visits = round_of_both(&team);
	assert_int_equal(visits.count, 2);
	assert_int_equal(visits.items[0].slot, MORNING);
	assert_int_equal(visits.items[1].slot, EVENING);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(visits.items[i].marks, ROUND_UNCLAIMED);
		assert_int_equal(visits.items[i].item_count, 1);
		assert_memory_equal(visits.items[i].items[0].id.bytes, ITEM.bytes, SCHEMA_SHORT_BYTES);
	}
	assert_int_equal(visits.items[0].start_s, recurrence_moment(DAY, 8 * 60));
	round_visits_close(&visits);
	visits = round_on(&team.devices[0], DAY - 3); /* before its first day */
	assert_int_equal(visits.count, 0);
	round_visits_close(&visits);
	pair_close(&team);
}

static void two_who_claim_it_apart_are_both_shown_with_one_visit(void **state)
{
	struct pair team;
	(void)state;
	open_with_plan(&team);
	claim(&team.devices[0], MORNING);
	claim(&team.devices[1], MORNING);
	claim(&team.devices[1], EVENING);
	meet(&team);
	struct round_visits visits = round_of_both(&team);
	assert_int_equal(visits.count, 2);
	const struct round_visit *morning = visit_in(&visits, MORNING), *evening = visit_in(&visits, EVENING);
	const struct round_person one = person_of(&team.devices[0]), other = person_of(&team.devices[1]);
	assert_int_equal(morning->marks & ROUND_LOUD, ROUND_TWICE);
	assert_int_equal(morning->owners.count, 2);
	assert_true(round_is_of(morning, &one) && round_is_of(morning, &other));
	assert_int_equal(evening->marks & ROUND_LOUD, 0);
	assert_true(round_is_of(evening, &other) && !round_is_of(evening, &one));
	round_visits_close(&visits);
	/* a person settles it, and says why */
	char text[100], hex[2 * SCHEMA_SHORT_BYTES + 1];
	hex_of(&one, hex);
	snprintf(text, sizeof(text), "\"assignee\":\"%s\"", hex);
	say(&team.devices[1], MORNING, text, "elle y est déjà");
	meet(&team);
	visits = round_of_both(&team);
	morning = visit_in(&visits, MORNING);
	assert_int_equal(morning->marks & ROUND_LOUD, 0);
	assert_true(round_is_of(morning, &one) && !round_is_of(morning, &other));
	round_visits_close(&visits);
	pair_close(&team);
}

static void who_is_away_has_nothing_whatever_she_claims_meanwhile(void **state)
{
	struct pair team;
	(void)state;
	open_with_plan(&team);
	const struct round_person ill = person_of(&team.devices[1]);
	write_absence(&team.devices[0], &ill, "announced");
	claim(&team.devices[1], MORNING); /* apart, by her own device */
	meet(&team);
	struct round_visits visits = round_of_both(&team);
	const struct round_visit *morning = visit_in(&visits, MORNING);
	assert_int_equal(morning->marks & ROUND_LOUD, ROUND_UNCLAIMED);
	assert_int_equal(morning->absent.count, 1);
	assert_true(round_person_eq(&morning->absent.items[0], &ill));
	round_visits_close(&visits);
	visits = round_on(&team.devices[0], DAY + 2); /* after it */
	assert_int_equal(visit_in(&visits, MORNING)->absent.count, 0);
	round_visits_close(&visits);
	/* a colleague claims it: hers, and no conflict */
	claim(&team.devices[0], MORNING);
	meet(&team);
	visits = round_of_both(&team);
	assert_int_equal(visit_in(&visits, MORNING)->marks & ROUND_LOUD, 0);
	round_visits_close(&visits);
	/* both at once: whoever is away is named, and so is the other */
	write_absence(&team.devices[0], &ill, "withdrawn");
	claim(&team.devices[0], EVENING);
	claim(&team.devices[1], EVENING);
	meet(&team);
	write_absence(&team.devices[1], &ill, "announced");
	meet(&team);
	visits = round_of_both(&team);
	assert_int_equal(visit_in(&visits, EVENING)->marks & ROUND_LOUD, ROUND_TWICE);
	assert_int_equal(visit_in(&visits, EVENING)->absent.count, 1);
	round_visits_close(&visits);
	pair_close(&team);
}

static void released_by_one_and_claimed_by_another_is_claimed(void **state)
{
	struct pair team;
	(void)state;
	open_with_plan(&team);
	const struct round_person other = person_of(&team.devices[1]);
	claim(&team.devices[0], MORNING);
	meet(&team);
	say(&team.devices[0], MORNING, "\"assignee\":null,\"open\":true,\"why\":\"malade\"", "malade");
	struct round_visits visits = round_on(&team.devices[0], DAY);
	assert_int_equal(visit_in(&visits, MORNING)->marks & ROUND_LOUD, ROUND_UNCLAIMED);
	round_visits_close(&visits);
	claim(&team.devices[1], MORNING); /* in place of the first, whose release she has not heard of */
	meet(&team);
	visits = round_of_both(&team);
	assert_int_equal(visit_in(&visits, MORNING)->marks & ROUND_LOUD, 0);
	assert_true(round_is_of(visit_in(&visits, MORNING), &other));
	round_visits_close(&visits);
	pair_close(&team);
}

static void a_plan_confided_to_somebody_is_hers_until_released(void **state)
{
	struct pair team;
	char text[100], hex[2 * SCHEMA_SHORT_BYTES + 1];
	(void)state;
	open_with_plan(&team);
	const struct round_person one = person_of(&team.devices[0]), other = person_of(&team.devices[1]);
	hex_of(&one, hex);
	snprintf(text, sizeof(text), "{\"assignee\":\"%s\"}", hex);
	write_record(&team.devices[0], SCHEMA_INTERVENTION, &PATIENT, &ITEM, text, "");
	struct round_visits visits = round_on(&team.devices[0], DAY);
	assert_true(round_is_of(visit_in(&visits, MORNING), &one));
	assert_int_equal(visit_in(&visits, MORNING)->marks, 0);
	round_visits_close(&visits);
	say(&team.devices[0], MORNING, "\"open\":true", "");
	visits = round_on(&team.devices[0], DAY);
	assert_int_equal(visit_in(&visits, MORNING)->marks & ROUND_LOUD, ROUND_UNCLAIMED);
	assert_int_equal(visit_in(&visits, EVENING)->marks & ROUND_LOUD, 0);
	round_visits_close(&visits);
	/* confided by two apart to two: both have it, and both are named */
	hex_of(&other, hex);
	meet(&team);
	snprintf(text, sizeof(text), "{\"assignee\":\"%s\"}", hex);
	write_record(&team.devices[0], SCHEMA_INTERVENTION, &PATIENT, &ITEM, "{\"assignee\":null}", "");
	write_record(&team.devices[1], SCHEMA_INTERVENTION, &PATIENT, &ITEM, text, "");
	hex_of(&one, hex);
	snprintf(text, sizeof(text), "{\"assignee\":\"%s\"}", hex);
	write_record(&team.devices[0], SCHEMA_INTERVENTION, &PATIENT, &ITEM, text, "");
	meet(&team);
	visits = round_of_both(&team);
	assert_int_equal(visit_in(&visits, EVENING)->marks & ROUND_LOUD, ROUND_TWICE);
	assert_int_equal(
	        visit_in(&visits, MORNING)->marks & ROUND_LOUD, ROUND_UNCLAIMED); /* released that day */
	round_visits_close(&visits);
	write_record(&team.devices[0], SCHEMA_INTERVENTION, &PATIENT, &ITEM, text, "");
	/* a second item, confided to another, in the same part of the day: two have it */
	hex_of(&other, hex);
	snprintf(text, sizeof(text), "{\"recurrence\":\"FREQ=DAILY;BYHOUR=18\",\"assignee\":\"%s\"}", hex);
	write_record(&team.devices[0], SCHEMA_INTERVENTION, &PATIENT, &OTHER_ITEM, text, "");
	visits = round_on(&team.devices[0], DAY);
	assert_int_equal(visits.count, 2);
	assert_int_equal(visit_in(&visits, EVENING)->marks & ROUND_LOUD, ROUND_TWICE);
	assert_int_equal(visit_in(&visits, EVENING)->start_s, recurrence_moment(DAY, 18 * 60));
	round_visits_close(&visits);
	pair_close(&team);
}

/* ---- What is said of it ------------------------------------------------------------------------------------------- */

static void cancelled_and_planned_apart_asks_somebody(void **state)
{
	struct pair team;
	(void)state;
	open_with_plan(&team);
	say(&team.devices[0], MORNING, "\"state\":\"cancelled\",\"why\":\"hospitalisé\"", "");
	claim(&team.devices[1], MORNING);
	struct round_visits visits = round_on(&team.devices[0], DAY);
	assert_int_equal(visit_in(&visits, MORNING)->state, ROUND_CANCELLED);
	round_visits_close(&visits);
	meet(&team);
	visits = round_of_both(&team);
	assert_int_equal(visit_in(&visits, MORNING)->state, ROUND_PLANNED);
	assert_int_equal(visit_in(&visits, MORNING)->marks & ROUND_LOUD, ROUND_DIFFERING);
	round_visits_close(&visits);
	pair_close(&team);
}

static void a_moved_visit_is_shown_on_both_days(void **state)
{
	struct pair team;
	(void)state;
	open_with_plan(&team);
	say(&team.devices[0], MORNING, "\"state\":\"planned\"", "");
	const struct record_id moved = round_occurrence_id(&PATIENT, DAY, MORNING);
	write_record(&team.devices[0], SCHEMA_PLANNED_VISIT, &PATIENT, &moved,
	        "{\"start\":\"2026-02-17T10:00:00+01:00\"}", "");
	struct round_visits visits = round_on(&team.devices[0], DAY);
	assert_int_equal(visit_in(&visits, MORNING)->state, ROUND_MOVED);
	assert_int_equal(visit_in(&visits, MORNING)->moved_to, DAY + 1);
	assert_int_equal(visit_in(&visits, MORNING)->marks & ROUND_LOUD, 0);
	round_visits_close(&visits);
	visits = round_on(&team.devices[0], DAY + 1);
	assert_int_equal(visits.count, 3); /* that day's own two beside it */
	assert_int_equal(visits.items[1].day, DAY);
	assert_int_equal(visits.items[1].marks & ROUND_LOUD, ROUND_UNCLAIMED);
	assert_int_equal(visits.items[1].item_count, 1);
	round_visits_close(&visits);
	pair_close(&team);
}

static void what_the_plan_gives_no_more_stays_when_claimed(void **state)
{
	struct pair team;
	(void)state;
	open_with_plan(&team);
	claim(&team.devices[0], MORNING);
	write_record(&team.devices[1], SCHEMA_INTERVENTION, &PATIENT, &ITEM,
	        "{\"recurrence\":\"FREQ=DAILY;BYHOUR=19\"}", "");
	meet(&team);
	struct round_visits visits = round_of_both(&team);
	assert_int_equal(visits.count, 2);
	assert_int_equal(visit_in(&visits, MORNING)->marks & ~(uint32_t)ROUND_WRITTEN, ROUND_UNPLANNED);
	round_visits_close(&visits);
	/* two rules apart: by both of them, and marked */
	write_record(&team.devices[0], SCHEMA_INTERVENTION, &PATIENT, &ITEM,
	        "{\"recurrence\":\"FREQ=DAILY;BYHOUR=12\"}", "");
	write_record(&team.devices[1], SCHEMA_INTERVENTION, &PATIENT, &ITEM,
	        "{\"recurrence\":\"FREQ=DAILY;BYHOUR=8\"}", "");
	meet(&team);
	visits = round_of_both(&team);
	assert_int_equal(visits.count, 2);
	assert_true(visit_in(&visits, MORNING)->marks & ROUND_DIFFERING);
	assert_true(visit_in(&visits, 32)->marks & ROUND_DIFFERING);
	round_visits_close(&visits);
	pair_close(&team);
}

static void twice_in_one_part_of_the_day_are_two_visits(void **state)
{
	struct pair team;
	(void)state;
	open_with_plan(&team);
	write_record(&team.devices[0], SCHEMA_INTERVENTION, &PATIENT, &OTHER_ITEM,
	        "{\"recurrence\":\"FREQ=DAILY;BYHOUR=6,10\"}", "");
	struct round_visits visits = round_on(&team.devices[0], DAY);
	assert_int_equal(visits.count, 3);
	assert_int_equal(visit_in(&visits, MORNING)->item_count, 2);
	assert_int_equal(visit_in(&visits, MORNING)->start_s, recurrence_moment(DAY, 6 * 60));
	assert_int_equal(visit_in(&visits, MORNING + 1)->start_s, recurrence_moment(DAY, 10 * 60));
	round_visits_close(&visits);
	/* suspended: nothing from the day on which that was written, by the clock of the test in November 2023 */
	write_record(&team.devices[0], SCHEMA_INTERVENTION, &PATIENT, &OTHER_ITEM,
	        "{\"state\":\"suspended\"}", "");
	visits = round_on(&team.devices[0], DAY);
	assert_int_equal(visits.count, 2);
	round_visits_close(&visits);
	visits = round_on(&team.devices[0], 19000);
	assert_int_equal(visits.count, 2); /* as it was then */
	round_visits_close(&visits);
	pair_close(&team);
}

static void a_made_up_record_takes_no_occurrence_away(void **state)
{
	struct pair team;
	(void)state;
	open_with_plan(&team);
	write_record(&team.devices[1], SCHEMA_PLANNED_VISIT, &PATIENT, &(struct record_id){{9}},
	        "{\"day\":\"2026-02-16\",\"slot\":16,\"start\":\"2026-02-16T08:00:00+01:00\",\"state\":"
	        "\"cancelled\"}",
	        "");
	struct round_visits visits = round_on(&team.devices[1], DAY);
	assert_int_equal(visits.count, 3);
	assert_int_equal(visit_in(&visits, MORNING)->marks, ROUND_UNCLAIMED);
	assert_true(visit_in(&visits, ROUND_NO_SLOT)->marks & ROUND_BY_HAND);
	round_visits_close(&visits);
	pair_close(&team);
}

/* ---- Planned and done --------------------------------------------------------------------------------------------- */

static void visits_lie_over_the_nearest_planned_ones(void **state)
{
	struct round_visits visits = {0};
	struct round_took took[5];
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct round_visit *visit = round_visits_add(&visits);
		visit->patient = PATIENT;
		visit->id.bytes[0] = (uint8_t)(i + 1);
		visit->start_s = 1000000 + i * 4 * 3600;
		visit->marks = ROUND_UNCLAIMED;
	}
	visits.items[1].state = ROUND_CANCELLED;
	for (int i = 0; i < 5; i++)
		took[i] = (struct round_took){.patient = PATIENT, .id = {{(uint8_t)(10 - i)}}};
	took[0].start_s = 1000000 + 9 * 3600; /* near the third, which another names */
	took[1].start_s = 1000000 + 600;
	took[2].start_s = 1000000 + 7 * 3600;
	took[2].has_planned = true;
	took[2].planned.bytes[0] = 3;
	took[3].start_s = 1000000 + 4 * 3600;
	took[3].has_planned = true; /* it took place although it was cancelled */
	took[3].planned.bytes[0] = 2;
	took[4].start_s = 1000000;
	took[4].patient.bytes[0] = 1; /* of somebody else */
	round_match(&visits, took, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(took[i].is_laid, took[i].id.bytes[0] != 10 && took[i].id.bytes[0] != 6);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(visits.items[i].state, ROUND_DONE);
		assert_int_equal(visits.items[i].marks, 0);
	}
	assert_int_equal(took[visits.items[0].taken].id.bytes[0], 9);
	assert_int_equal(took[visits.items[1].taken].id.bytes[0], 7);
	assert_int_equal(took[visits.items[2].taken].id.bytes[0], 8);
	round_visits_close(&visits);
}

static void write_raw(struct device *device, const struct schema_record *record)
{
	const struct record_edit edit = {.record = *record};
	struct node_change change;
	check_ok(node_change_begin(device->node, SCHEMA_DOC_DOSSIER, &PATIENT, &change));
	check_ok(record_write(change.doc, &change.builder, &edit, NULL, span_text("x")));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
}

static void put_number(struct schema_record *record, const char *name, int64_t number)
{
	schema_put(record, schema_field_named(record->kind, span_text(name)))->number = number;
}

/* A peer signs whatever it likes: what the plan gives all others is there all the same. */
static void numbers_beyond_the_calendar_hide_nothing(void **state)
{
	static const int64_t wild[] = {
	        INT64_MAX, INT64_MAX - 1, INT64_MIN, INT64_MIN + 1, 84006, -25568, 84005, 1};
	struct pair team;
	(void)state;
	open_with_plan(&team);
	for (size_t i = 0; i < sizeof(wild) / sizeof(*wild); i++) {
		struct schema_record visit = {.kind = schema_kind(SCHEMA_PLANNED_VISIT),
		                             .id = {{0xe0, (uint8_t)i}}},
		                     item = {.kind = schema_kind(SCHEMA_INTERVENTION),
		                             .id = {{0xe1, (uint8_t)i}}};
		put_number(&visit, "start", wild[i] < 0 ? INT64_C(7258118399) : wild[i]);
		put_number(&visit, "order", wild[i]);
		put_number(&visit, "minutes", wild[i]);
		put_number(&visit, "day", wild[i]);
		put_number(&visit, "slot", wild[i]);
		write_raw(&team.devices[0], &visit);
		put_number(&item, "from", wild[i]);
		put_number(&item, "until", wild[(i + 3) % 8]);
		schema_put(&item, schema_field_named(item.kind, span_text("recurrence")))->bytes = span_text(
		        i % 2 ? "FREQ=MONTHLY;INTERVAL=24;COUNT=1000" : "FREQ=WEEKLY");
		write_raw(&team.devices[0], &item);
		const struct record_id named = round_occurrence_id(&PATIENT, wild[i], MORNING);
		visit.id = named; /* the right name of a day that there is not */
		put_number(&visit, "start", recurrence_moment(DAY, 600));
		put_number(&visit, "slot", MORNING);
		write_raw(&team.devices[0], &visit);
	}
	struct round_visits visits = round_on(&team.devices[0], DAY);
	assert_true(visit_in(&visits, MORNING)->marks & ROUND_UNCLAIMED);
	assert_true(visit_in(&visits, EVENING)->marks & ROUND_UNCLAIMED);
	for (uint32_t i = 0; i < visits.count; i++)
		assert_true(visits.items[i].day == DAY || recurrence_is_day(visits.items[i].day));
	round_visits_close(&visits);
	pair_close(&team);
}

/* More was written than a digest's part keeps: of its days nothing is left out, of earlier ones the document is asked. */
static void what_a_digest_leaves_out_is_said(void **state)
{
	enum { WRITTEN = ROUND_VISITS_MAX + 10 };
	struct pair team;
	struct round_facts facts;
	struct arena arena = {0};
	struct buf bounded = {0}, whole = {0};
	struct crdt_doc *doc;
	(void)state;
	open_with_plan(&team);
	for (int i = 0; i < WRITTEN; i++) {
		char day[MOMENT_DAY_TEXT_BYTES], text[160];
		const struct record_id id = round_occurrence_id(&PATIENT, DAY + i, MORNING);
		moment_day_text(day, DAY + i);
		snprintf(text, sizeof(text),
		        "{\"day\":\"%s\",\"slot\":16,\"start\":\"%sT09:00:00+01:00\",\"open\":true}", day,
		        day);
		write_record(&team.devices[0], SCHEMA_PLANNED_VISIT, &PATIENT, &id, text, "");
	}
	check_ok(node_doc(team.devices[0].node, SCHEMA_DOC_DOSSIER, &PATIENT, &doc));
	round_facts_put(doc, true, &bounded);
	round_facts_put(doc, false, &whole);
	assert_true(bounded.size < DIGEST_PART_BYTES && bounded.size < whole.size);
	assert_true(round_facts_get(
	        buf_span(&bounded), &PATIENT, DAY + WRITTEN - 1, DAY + WRITTEN, &arena, &facts));
	assert_int_equal(facts.written_count, 1);
	assert_false(round_facts_get(buf_span(&bounded), &PATIENT, DAY, DAY, &arena, &facts));
	assert_true(round_facts_get(buf_span(&whole), &PATIENT, DAY, DAY + 1, &arena, &facts));
	assert_int_equal(facts.written_count, 2);
	buf_close(&bounded);
	buf_close(&whole);
	arena_close(&arena);
	pair_close(&team);
}

static void who_was_there_most_is_proposed_first(void **state)
{
	struct round_candidate list[] = {{.person = {{1}}, .visits = 2, .load = 1},
	        {.person = {{2}}, .visits = 9, .load = 8},
	        {.person = {{3}}, .visits = 2, .is_in_circle = true, .load = 5},
	        {.person = {{4}}, .visits = 2, .load = 0},
	        {.person = {{5}}, .visits = 2, .is_referent = true, .load = 9}};
	static const uint8_t want[] = {2, 5, 3, 4, 1};
	struct buf said = {0};
	(void)state;
	round_candidates_sort(list, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(list[i].person.bytes[0], want[i]);
	round_candidate_words(&list[1], SCHEMA_FR, &said);
	buf_add(&said, "|", 1);
	round_candidate_words(&list[4], SCHEMA_EN, &said);
	check_span(buf_span(&said),
	        span_text("2 passages en 28 jours, référente, 9 passages ce jour|2 visits in 28 days, 1 "
	                  "visit that day"));
	buf_close(&said);
}

static void places_lie_between_their_neighbours(void **state)
{
	(void)state;
	assert_int_equal(round_order_between(10, 20), 15);
	assert_int_equal(round_order_between(10, 11), 0);
	assert_true(round_order_between(48000001, 0) > 48000001);
	assert_int_equal(round_order_between(0, 2), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nobody_claimed_it_and_that_is_said),
	        cmocka_unit_test(two_who_claim_it_apart_are_both_shown_with_one_visit),
	        cmocka_unit_test(who_is_away_has_nothing_whatever_she_claims_meanwhile),
	        cmocka_unit_test(released_by_one_and_claimed_by_another_is_claimed),
	        cmocka_unit_test(a_plan_confided_to_somebody_is_hers_until_released),
	        cmocka_unit_test(cancelled_and_planned_apart_asks_somebody),
	        cmocka_unit_test(a_moved_visit_is_shown_on_both_days),
	        cmocka_unit_test(what_the_plan_gives_no_more_stays_when_claimed),
	        cmocka_unit_test(twice_in_one_part_of_the_day_are_two_visits),
	        cmocka_unit_test(a_made_up_record_takes_no_occurrence_away),
	        cmocka_unit_test(visits_lie_over_the_nearest_planned_ones),
	        cmocka_unit_test(numbers_beyond_the_calendar_hide_nothing),
	        cmocka_unit_test(what_a_digest_leaves_out_is_said),
	        cmocka_unit_test(who_was_there_most_is_proposed_first),
	        cmocka_unit_test(places_lie_between_their_neighbours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
