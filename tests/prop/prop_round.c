/*
 * The round of a day from random facts: in whatever order they stand, the same visits; nothing that the plan gives is left out or there twice; and what nobody has, or
 * two have, is marked.
 */
#include <stdio.h>
#include <string.h>

#include "crdt/base/mem.h"
#include "node/round/round_match.h"
#include "tests/prop/prop.h"

enum { ITEMS = 4, WRITTEN = 5, DAY = 20500, PEOPLE = 3, AWAY = 4 };

static const struct record_id PATIENT = {{7}};

struct world {
	struct round_item items[ITEMS];
	struct round_written written[WRITTEN];
	struct round_absence absences[AWAY], listed[AWAY]; /* listed: as they were drawn */
	struct round_facts facts;
	uint32_t absence_count;
};

static struct round_person draw_person(struct prop *prop)
{
	return (struct round_person){{(uint8_t)(1 + prop_below(prop, PEOPLE))}};
}

static void draw_item(struct prop *prop, uint8_t number, struct round_item *item)
{
	static const char *const rules[] = {"FREQ=DAILY", "FREQ=DAILY;BYHOUR=8,19",
	        "FREQ=DAILY;INTERVAL=2;BYHOUR=6,9,10", "FREQ=WEEKLY;BYDAY=MO,TU", "FREQ=DAILY;BYHOUR=2,22"};
	*item = (struct round_item){.file = PATIENT, .id = {{number}}, .gone = RECURRENCE_FOREVER};
	recurrence_read(span_text(rules[prop_below(prop, 5)]), &item->rule);
	recurrence_begin(&item->rule, DAY - prop_below(prop, 3), RECURRENCE_FOREVER);
	if (prop_chance(prop, 20))
		item->gone = DAY + 1 - prop_below(prop, 2);
	for (uint32_t i = prop_chance(prop, 30) ? 1 + prop_below(prop, 2) : 0; i > 0; i--) {
		struct round_person person = draw_person(prop);
		round_people_add(&item->assignees, &person);
	}
}

static void draw_written(struct prop *prop, uint8_t number, struct round_written *written)
{
	static const uint32_t slots[] = {16, 64, 17, 18, 0, 80};
	*written = (struct round_written){
	        .file = PATIENT, .day = DAY + prop_below(prop, 2), .slot = slots[prop_below(prop, 6)]};
	written->has_origin = !prop_chance(prop, 20);
	/* its name follows from what it is of; one that was made up has another, and none is there twice */
	written->id = round_occurrence_id(&PATIENT, written->day, written->slot);
	if (!written->has_origin || prop_chance(prop, 10))
		memset(written->id.bytes, 100 + number, sizeof(written->id.bytes));
	written->start_day = prop_chance(prop, 20) ? DAY : written->day;
	written->start_s = recurrence_moment(written->start_day, 60 * prop_below(prop, 24));
	for (uint32_t i = prop_below(prop, 3); i > 0; i--) {
		struct round_person person = draw_person(prop);
		round_people_add(&written->owners, &person);
	}
	written->is_open = prop_chance(prop, 20);
	written->states = prop_below(prop, 32) & ~1U;
}

static void draw_world(struct prop *prop, struct world *world)
{
	*world = (struct world){.facts = {world->items, prop_below(prop, ITEMS + 1), world->written, 0}};
	uint32_t written = prop_below(prop, WRITTEN + 1);
	for (uint32_t i = 0; i < world->facts.item_count; i++)
		draw_item(prop, (uint8_t)(1 + i), &world->items[i]);
	for (uint32_t i = 0; i < written; i++) {
		bool is_again = false;
		struct round_written *one = &world->written[world->facts.written_count];
		draw_written(prop, (uint8_t)i, one);
		for (uint32_t j = 0; j < world->facts.written_count; j++)
			is_again |= record_id_eq(&world->written[j].id, &one->id);
		world->facts.written_count += !is_again;
	}
	world->absence_count = prop_below(prop, AWAY + 1);
	for (uint32_t i = 0; i < world->absence_count; i++)
		world->absences[i] = (struct round_absence){.person = draw_person(prop),
		        .from = DAY - prop_below(prop, 2),
		        .until = prop_chance(prop, 50) ? RECURRENCE_FOREVER : DAY - prop_below(prop, 2)};
	memcpy(world->listed, world->absences, sizeof(world->listed));
	round_absences_sort(world->absences, world->absence_count);
}

static void shuffle(struct prop *prop, struct world *world)
{
	for (uint32_t i = 1; i < world->facts.item_count; i++) {
		uint32_t j = prop_below(prop, i + 1);
		struct round_item item = world->items[i];
		world->items[i] = world->items[j];
		world->items[j] = item;
	}
	for (uint32_t i = 1; i < world->facts.written_count; i++) {
		uint32_t j = prop_below(prop, i + 1);
		struct round_written one = world->written[i];
		world->written[i] = world->written[j];
		world->written[j] = one;
	}
}

static struct round_visits round_of(const struct world *world)
{
	struct round_visits visits = {0};
	round_of_day(&world->facts, &PATIENT, DAY, world->absences, world->absence_count, &visits);
	round_sort(&visits);
	return visits;
}

static bool same_people(const struct round_people *a, const struct round_people *b)
{
	for (uint32_t i = 0; i < a->count; i++)
		if (!round_people_have(b, &a->items[i]))
			return false;
	return a->count == b->count;
}

static bool same_items(const struct round_visit *a, const struct round_visit *b)
{
	for (uint32_t i = 0; i < a->item_count; i++) {
		uint32_t j = 0;
		while (j < b->item_count &&
		        !(round_person_eq(&a->items[i].id, &b->items[j].id) &&
		                a->items[i].hour == b->items[j].hour))
			j++;
		if (j == b->item_count)
			return false;
	}
	return a->item_count == b->item_count;
}

static bool same_visit(const struct round_visit *a, const struct round_visit *b)
{
	return record_id_eq(&a->id, &b->id) && a->day == b->day && a->slot == b->slot &&
	        a->start_s == b->start_s && a->order == b->order && a->state == b->state &&
	        a->marks == b->marks && a->moved_to == b->moved_to && same_people(&a->owners, &b->owners) &&
	        same_people(&a->absent, &b->absent) && same_items(a, b);
}

static bool order_is_nothing(struct prop *prop)
{
	struct world world;
	draw_world(prop, &world);
	struct round_visits one = round_of(&world);
	shuffle(prop, &world);
	struct round_visits other = round_of(&world);
	bool same = one.count == other.count;
	for (uint32_t i = 0; same && i < one.count; i++)
		same = same_visit(&one.items[i], &other.items[i]);
	prop_edit(prop);
	round_visits_close(&one);
	round_visits_close(&other);
	return same || prop_fail(prop, "another order of the facts gives another round");
}

/* How many visits of a slot the plan gives: counted hour by hour, apart from the code under test. */
static uint32_t given(const struct world *world, enum round_part part, uint32_t number)
{
	for (uint32_t i = 0; i < world->facts.item_count; i++) {
		uint32_t seen = 0, hours = recurrence_hours(&world->items[i].rule, DAY);
		if (DAY >= world->items[i].gone)
			continue;
		for (uint32_t hour = 0; hour < 24; hour++)
			if (hours & 1U << hour && round_part_of_hour(hour) == part && seen++ == number)
				return 1;
	}
	return 0;
}

static bool is_away(const struct world *world, const struct round_person *person)
{
	bool is_away = false;
	for (uint32_t i = 0; i < world->absence_count; i++)
		is_away |= round_person_eq(&world->listed[i].person, person) &&
		        world->listed[i].from <= DAY && DAY <= world->listed[i].until;
	return is_away;
}

static bool nothing_is_left_out_or_silent(struct prop *prop)
{
	struct world world;
	draw_world(prop, &world);
	struct round_visits visits = round_of(&world);
	bool good = true;
	for (uint32_t part = 0; part < ROUND_PARTS; part++)
		for (uint32_t number = 0; number < 4; number++) {
			uint32_t count = 0;
			for (uint32_t i = 0; i < visits.count; i++)
				count += visits.items[i].day == DAY &&
				        visits.items[i].slot == ROUND_SLOT_PART * part + number &&
				        !(visits.items[i].marks & ROUND_UNPLANNED);
			if (count != given(&world, (enum round_part)part, number))
				good = prop_fail(prop, "part %u number %u: %u visits", part, number, count);
		}
	for (uint32_t i = 0; i < visits.count; i++) {
		const struct round_visit *visit = &visits.items[i];
		uint32_t there = 0;
		for (uint32_t j = 0; j < visit->owners.count; j++)
			there += !is_away(&world, &visit->owners.items[j]);
		prop_edit(prop);
		if ((visit->state == ROUND_PLANNED && there == 0) !=
		                ((visit->marks & ROUND_UNCLAIMED) != 0) ||
		        (visit->owners.count > 1) != ((visit->marks & ROUND_TWICE) != 0))
			good = prop_fail(prop, "a visit of nobody's, or of two, is not marked");
	}
	round_visits_close(&visits);
	return good;
}

/* ---- Visits that took place, laid over them: as by looking at every one for each ---- */

enum { DAY_VISITS = 8, DAY_TAKES = 8, PATIENTS = 2 };

struct day {
	struct round_visit visits[DAY_VISITS];
	struct round_took took[DAY_TAKES];
	uint32_t visit_count, took_count;
};

static void draw_day(struct prop *prop, struct day *day)
{
	static const enum round_state states[] = {ROUND_PLANNED, ROUND_DONE, ROUND_CANCELLED, ROUND_AWAY};
	*day = (struct day){.visit_count = prop_below(prop, DAY_VISITS + 1),
	        .took_count = prop_below(prop, DAY_TAKES + 1)};
	for (uint32_t i = 0; i < day->visit_count; i++)
		day->visits[i] = (struct round_visit){.patient = {{(uint8_t)prop_below(prop, PATIENTS)}},
		        .id = {{(uint8_t)prop_below(prop, DAY_VISITS)}},
		        .start_s = 3600 * prop_below(prop, 12),
		        .state = states[prop_below(prop, 4)]};
	for (uint32_t i = 0; i < day->took_count; i++)
		day->took[i] = (struct round_took){.patient = {{(uint8_t)prop_below(prop, PATIENTS)}},
		        .id = {{(uint8_t)i}},
		        .start_s = 3600 * prop_below(prop, 20),
		        .has_planned = prop_chance(prop, 30),
		        .planned = {{(uint8_t)prop_below(prop, DAY_VISITS)}}};
}

static int64_t between(const struct round_visit *visit, const struct round_took *took)
{
	const int64_t by = visit->start_s - took->start_s;
	return by < 0 ? -by : by;
}

static void lay_over(struct round_visit *visit, struct round_took *took, uint32_t place)
{
	took->is_laid = true;
	if (visit->is_taken)
		return;
	visit->is_taken = true;
	visit->taken = place;
}

static void match_plainly(struct day *day)
{
	for (uint32_t i = 0; i < day->took_count; i++)
		for (uint32_t j = 0; j < day->visit_count && !day->took[i].is_laid; j++)
			if (day->took[i].has_planned &&
			        record_id_eq(&day->visits[j].patient, &day->took[i].patient) &&
			        day->visits[j].id.bytes[0] == day->took[i].planned.bytes[0])
				lay_over(&day->visits[j], &day->took[i], i);
	for (uint32_t i = 0; i < day->took_count; i++) {
		struct round_visit *found = NULL;
		for (uint32_t j = 0; j < day->visit_count && !day->took[i].is_laid; j++) {
			struct round_visit *visit = &day->visits[j];
			if (record_id_eq(&visit->patient, &day->took[i].patient) && !visit->is_taken &&
			        (visit->state == ROUND_PLANNED || visit->state == ROUND_DONE) &&
			        between(visit, &day->took[i]) <= ROUND_MATCH_WITHIN_S &&
			        (!found || between(visit, &day->took[i]) < between(found, &day->took[i])))
				found = visit;
		}
		if (found)
			lay_over(found, &day->took[i], i);
	}
}

static bool each_lies_over_the_nearest(struct prop *prop)
{
	struct day day, plain;
	draw_day(prop, &day);
	struct round_visits visits = {mem_copy(day.visits, sizeof(day.visits)), day.visit_count, DAY_VISITS};
	round_match(&visits, day.took, day.took_count);
	plain = day; /* what took place is in its order now */
	for (uint32_t i = 0; i < day.took_count; i++)
		plain.took[i].is_laid = false;
	match_plainly(&plain);
	bool good = true;
	for (uint32_t i = 0; i < day.visit_count; i++) {
		prop_edit(prop);
		if (visits.items[i].is_taken != plain.visits[i].is_taken ||
		        visits.items[i].taken != plain.visits[i].taken)
			good = prop_fail(prop, "visit %u has another", i);
	}
	round_visits_close(&visits);
	return good;
}

int main(void)
{
	bool order = prop_holds("the order of facts is nothing", order_is_nothing, 3000);
	bool silent = prop_holds("nothing is left out or silent", nothing_is_left_out_or_silent, 3000);
	bool nearest = prop_holds("each lies over the nearest", each_lies_over_the_nearest, 20000);
	return order && silent && nearest ? 0 : 1;
}
