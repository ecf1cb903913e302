/* The merge laws of documents (crdt/README.md, section 1), on random histories. */
#include <stdio.h>

#include "crdt/clock.h"
#include "tests/prop/crdt_world.h"

/* Everybody gets everything, each in another order: the same bytes, and what the definition says. */
static bool converge(struct prop *prop, enum world_authors authors)
{
	struct world *world = world_new(prop, authors, WORLD_REPLICAS, 24);
	if (!world)
		return false;
	bool good = true;
	for (uint32_t i = 0; i < world->replica_count && good; i++)
		good = world_meet(prop, world, &world->replicas[i], NULL);
	struct span first = world_save(world, &world->replicas[0]);
	for (uint32_t i = 1; i < world->replica_count && good; i++)
		if (!span_eq(first, world_save(world, &world->replicas[i])))
			good = prop_fail(prop, "replica %u differs from replica 0", i);
	good = good && world_is_right(prop, world, &world->replicas[0]) &&
	        world_reload(prop, &world->replicas[0]) && world_is_right(prop, world, &world->replicas[0]);
	world_free(world);
	return good;
}

static bool replicas_converge(struct prop *prop)
{
	return converge(prop, WORLD_HONEST);
}

static bool hostile_authors_divide_nobody(struct prop *prop)
{
	return converge(prop, WORLD_HOSTILE);
}

/* What was applied changes nothing when it comes again, in any number and order. */
static bool repetition_changes_nothing(struct prop *prop)
{
	struct world *world = world_new(prop, WORLD_HOSTILE, 3, 10);
	if (!world)
		return false;
	struct world_replica *replica = &world->replicas[0];
	bool good = world_meet(prop, world, replica, NULL);
	struct span before = world_save(world, replica);
	for (uint32_t i = 0; i < 2 * world->change_count && good; i++)
		if (world_deliver(world, replica, prop_below(prop, world->change_count)) !=
		        CRDT_DOC_DUPLICATE)
			good = prop_fail(prop, "a repeated change is not a duplicate");
	if (good && !span_eq(before, world_save(world, replica)))
		good = prop_fail(prop, "repetition changed the document");
	world_free(world);
	return good;
}

static void withhold_some(struct prop *prop, struct world *world)
{
	for (uint32_t i = 0; i < world->change_count; i++)
		world->changes[i].is_withheld = prop_chance(prop, 25);
}

/* Late replicas, which do not get some changes, know other feeds, and hold all documents or only some: what changes cite and is not there has no
 * effect on any of them. */
static bool what_is_not_there_has_no_effect(struct prop *prop)
{
	struct world *world = world_new(prop, WORLD_HOSTILE, WORLD_REPLICAS, 20);
	if (!world)
		return false;
	struct world_replica all, some;
	world_replica_open(&all, prop);
	world_replica_open(&some, prop);
	withhold_some(prop, world);
	bool good = world_meet(prop, world, &all, NULL) && world_is_right(prop, world, &all);
	for (uint32_t i = 0; i < 3 && good; i++) {
		world_replica_close(&some);
		world_replica_open(&some, prop);
		for (uint32_t j = 0; j < world->doc_count; j++)
			all.lacks[j] = some.lacks[j] = prop_chance(prop, 40);
		good = world_meet(prop, world, &some, NULL);
		if (good && !span_eq(world_save(world, &all), world_save(world, &some)))
			good = prop_fail(prop, "the late replica %u differs", i);
	}
	world_replica_close(&all);
	world_replica_close(&some);
	world_free(world);
	return good;
}

/* Next permutation in lexicographic order; false after the last. */
static bool next_order(uint32_t *order, uint32_t count)
{
	uint32_t i = count, j = count;
	while (i > 1 && order[i - 2] >= order[i - 1])
		i--;
	if (i <= 1)
		return false;
	while (order[j - 1] <= order[i - 2])
		j--;
	uint32_t swap = order[i - 2];
	order[i - 2] = order[j - 1];
	order[j - 1] = swap;
	for (uint32_t a = i - 1, b = count - 1; a < b; a++, b--) {
		swap = order[a];
		order[a] = order[b];
		order[b] = swap;
	}
	return true;
}

/* Deliver in this order if it is causal. */
static bool order_gives(struct prop *prop, struct world *world, const uint32_t *order, struct span want)
{
	struct world_replica fresh;
	bool good = true, causal = true;
	world_replica_open(&fresh, prop);
	for (uint32_t i = 0; i < world->change_count && causal && good; i++) {
		causal = world_is_ready(world, &fresh, order[i]);
		if (causal && world_deliver(world, &fresh, order[i]) != 0)
			good = prop_fail(prop, "change %u is refused", order[i]);
	}
	if (good && causal && !span_eq(want, world_save(world, &fresh)))
		good = prop_fail(prop, "an order of delivery gives another document");
	world_replica_close(&fresh);
	return good;
}

enum { ORDERED = 6 };

/* Small histories, every causal order. */
static bool every_order_gives(struct prop *prop, enum world_authors authors)
{
	struct world *world = world_new(prop, authors, 4, ORDERED);
	struct world_replica first;
	if (!world)
		return false;
	uint32_t order[ORDERED] = {0, 1, 2, 3, 4, 5};
	if (authors == WORLD_HOSTILE && prop_chance(prop, 50))
		withhold_some(prop, world);
	world_replica_open(&first, prop);
	bool good = world_meet(prop, world, &first, NULL) && world_is_right(prop, world, &first);
	struct span want = world_save(world, &first);
	do {
		good = good && order_gives(prop, world, order, want);
	} while (good && next_order(order, world->change_count));
	world_replica_close(&first);
	world_free(world);
	return good;
}

static bool every_order_gives_the_same(struct prop *prop)
{
	return every_order_gives(prop, WORLD_HONEST);
}

static bool every_order_of_hostile_changes_gives_the_same(struct prop *prop)
{
	return every_order_gives(prop, WORLD_HOSTILE);
}

/* --- Clocks --- */

static uint64_t some_ms(struct prop *prop)
{
	uint64_t ms = UINT64_C(1700000000000) + prop_below(prop, 5);
	uint32_t jump = prop_below(prop, 6);
	if (jump == 1)
		ms += (uint64_t)prop_below(prop, 100) * 3600000u;
	if (jump == 2)
		ms = prop_below(prop, 1000);
	return ms;
}

/* HLCs and Lamports given out only go up, exceed what was seen up to the cut, and no peer takes us over 10 minutes ahead. */
static bool clocks_go_forward(struct prop *prop)
{
	struct crdt_clock clock = {0};
	uint64_t wall_most = 0, ticks = 0;
	for (uint32_t i = 0, steps = prop_below(prop, 60); i < steps; i++) {
		uint64_t wall = some_ms(prop);
		struct crdt_clock before = clock;
		struct crdt_moment moment = {
		        prop_below(prop, 1000), some_ms(prop) << 16 | prop_below(prop, 65536)};
		wall_most = wall > wall_most ? wall : wall_most;
		if (prop_chance(prop, 50)) {
			int result = crdt_clock_observe(&clock, &moment, wall);
			uint64_t limit = (wall + CRDT_CLOCK_AHEAD_MS) << 16;
			uint64_t cut = moment.hlc < limit ? moment.hlc : limit;
			uint64_t want = cut > before.hlc ? cut : before.hlc;
			if (clock.hlc != want || clock.lamport < moment.lamport ||
			        clock.lamport < before.lamport)
				return prop_fail(prop, "step %u: a remote clock is taken over wrongly", i);
			if ((result == CRDT_CLOCK_CUT) != (moment.hlc > limit))
				return prop_fail(prop, "step %u: a clock far ahead is not told", i);
			continue;
		}
		if (crdt_clock_tick(&clock, wall, &moment))
			return prop_fail(prop, "step %u: no tick", i);
		ticks++;
		if (moment.hlc <= before.hlc || moment.lamport != before.lamport + 1 ||
		        moment.hlc < wall << 16)
			return prop_fail(prop, "step %u: a tick does not go forward", i);
		if (moment.hlc > ((wall_most + CRDT_CLOCK_AHEAD_MS) << 16) + ticks)
			return prop_fail(prop, "step %u: over 10 minutes ahead of the wall clock", i);
	}
	return true;
}

static bool full_counters_run_over(struct prop *prop)
{
	uint64_t ms = some_ms(prop);
	struct crdt_clock clock = {.hlc = ms << 16 | (65530 + prop_below(prop, 6))};
	struct crdt_moment last = {0, clock.hlc}, moment;
	for (int i = 0; i < 10; i++, last = moment)
		if (crdt_clock_tick(&clock, ms, &moment) || moment.hlc != last.hlc + 1)
			return prop_fail(prop, "a full counter is not carried");
	if (crdt_hlc_ms(moment.hlc) != ms + 1)
		return prop_fail(prop, "a full counter does not reach the next millisecond");
	clock.hlc = UINT64_MAX;
	struct crdt_clock end = clock;
	if (crdt_clock_tick(&clock, ms, &moment) == 0 || clock.hlc != end.hlc || clock.lamport != end.lamport)
		return prop_fail(prop, "the end of time is passed");
	clock = (struct crdt_clock){0};
	moment = (struct crdt_moment){CRDT_LAMPORT_MAX + 1, 1};
	if (crdt_clock_observe(&clock, &moment, UINT64_MAX) == 0 || clock.lamport || clock.hlc)
		return prop_fail(prop, "an impossible Lamport clock is taken over");
	return true;
}

int main(void)
{
	bool good = true;
	good &= prop_holds("replicas converge", replicas_converge, 500);
	good &= prop_holds("hostile authors divide nobody", hostile_authors_divide_nobody, 1500);
	good &= prop_holds("repetition changes nothing", repetition_changes_nothing, 500);
	good &= prop_holds("what is not there has no effect", what_is_not_there_has_no_effect, 1500);
	good &= prop_holds("every order gives the same", every_order_gives_the_same, 200);
	good &= prop_holds("every order of hostile changes gives the same",
	        every_order_of_hostile_changes_gives_the_same, 400);
	good &= prop_holds("clocks go forward", clocks_go_forward, 2000);
	good &= prop_holds("full counters run over", full_counters_run_over, 100);
	return good ? 0 : 1;
}
