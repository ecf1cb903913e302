/*
 * The round of a day from random facts: in whatever order they stand, the same visits; nothing that the plan gives is left out or there twice; and what nobody has, or
 * two have, is marked.
 */
#include <stdio.h>
#include <string.h>

#include "node/round/round.h"
#include "tests/prop/prop.h"

enum { ITEMS = 4, WRITTEN = 5, DAY = 20500, PEOPLE = 3, AWAY = 2 };

static const struct record_id PATIENT = {{7}};

struct world {
	struct round_item items[ITEMS];
	struct round_written written[WRITTEN];
	struct round_absence absences[AWAY];
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
		        .until = prop_chance(prop, 50) ? RECURRENCE_FOREVER : DAY};
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
			there += !round_is_absent(
			        world.absences, world.absence_count, &visit->owners.items[j], DAY);
		prop_edit(prop);
		if ((visit->state == ROUND_PLANNED && there == 0) !=
		                ((visit->marks & ROUND_UNCLAIMED) != 0) ||
		        (visit->owners.count > 1) != ((visit->marks & ROUND_TWICE) != 0))
			good = prop_fail(prop, "a visit of nobody's, or of two, is not marked");
	}
	round_visits_close(&visits);
	return good;
}

int main(void)
{
	bool order = prop_holds("the order of facts is nothing", order_is_nothing, 3000);
	bool silent = prop_holds("nothing is left out or silent", nothing_is_left_out_or_silent, 3000);
	return order && silent ? 0 : 1;
}
