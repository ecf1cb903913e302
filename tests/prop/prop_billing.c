/*
 * Teams, months, late and amended visits, changed rates, erased dossiers, two holders at once: whatever happened, what all lots say together
 * is what the visits are worth, each visit is billed once or not at all, and the order of the input does not matter.
 *
 * The worth is computed here in another way: per rounding group, straight from the visits. Usage: prop-billing [SEED [COUNT]].
 */
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/rng.h"
#include "node/calendar.h"
#include "tests/lib/billing.h"

enum { VISITS_MAX = 60, LOTS_MAX = 16, MONTHS = 4, FIRST_YEAR = 2024 };

struct world {
	struct rng rng;
	struct billing_visit visits[VISITS_MAX]; /* all that ever were */
	bool is_here[VISITS_MAX]; /* recorded by now, and not erased */
	bool is_erased[VISITS_MAX];
	uint32_t visit_count;
	struct billing_rate rates[2];
	struct arena arena;
	struct billing_previous lots[LOTS_MAX];
	struct buf bytes[LOTS_MAX];
	uint32_t lot_count;
	uint64_t seed;
};

static void fail(const struct world *world, const char *what)
{
	printf("seed %llu: %s\n", (unsigned long long)world->seed, what);
	exit(EXIT_FAILURE);
}

static void require(const struct world *world, bool holds, const char *what)
{
	if (!holds)
		fail(world, what);
}

static void make_visit(struct world *world)
{
	struct rng *rng = &world->rng;
	uint32_t number = world->visit_count++;
	int64_t start = billing_day(FIRST_YEAR, 1, 1) + (int64_t)rng_below(rng, 31 * MONTHS) * 86400 +
	        (int64_t)rng_below(rng, 86400);
	struct billing_visit visit = billing_visit_of(
	        number, (uint8_t)rng_below(rng, 4), start, (int64_t)rng_below(rng, 4000));
	visit.item.offset_minutes = rng_chance(rng, 500) ? 60 : 120;
	visit.flags |= rng_chance(rng, 200) ? BILLING_ALD : 0;
	if (rng_chance(rng, 100))
		visit.flags &= ~(uint32_t)BILLING_BILLABLE;
	if (rng_chance(rng, 100))
		visit.rate = world->rates[1].id;
	world->visits[number] = visit;
	world->is_here[number] = rng_chance(rng, 800); /* the others come late */
}

static void change_visit(struct world *world)
{
	struct rng *rng = &world->rng;
	uint32_t number = (uint32_t)rng_below(rng, world->visit_count);
	struct billing_visit *visit = &world->visits[number];
	if (world->is_erased[number])
		return;
	visit->item.header.bytes[1]++;
	switch (rng_below(rng, 7)) {
	case 0:
		visit->flags ^= BILLING_CANCELLED;
		break;
	case 1:
		visit->flags ^= BILLING_ALD;
		break;
	case 2:
		visit->item.end_s = visit->item.start_s + (int64_t)rng_below(rng, 4000);
		break;
	case 3: /* to another month */
		visit->item.start_s += 31 * 86400;
		visit->item.end_s += 31 * 86400;
		break;
	case 4:
		visit->rate = rng_chance(rng, 500) ? world->rates[1].id : (struct record_id){{0}};
		break;
	case 5:
		world->is_here[number] = true;
		break;
	default:
		visit->flags ^= BILLING_RUNNING;
	}
}

static struct billing_input input_of(
        struct world *world, uint32_t month, struct billing_visit *here, bool shuffle)
{
	struct billing_input input = billing_input_of(FIRST_YEAR, 1, here, 0, world->rates, 2);
	input.month = month;
	for (uint32_t i = 0; i < world->visit_count; i++)
		if (world->is_here[i] && !world->is_erased[i])
			here[input.visit_count++] = world->visits[i];
	if (shuffle)
		for (uint32_t i = input.visit_count; i > 1; i--) {
			uint32_t other = (uint32_t)rng_below(&world->rng, i);
			struct billing_visit kept = here[i - 1];
			here[i - 1] = here[other];
			here[other] = kept;
		}
	input.previous = world->lots;
	input.previous_count = world->lot_count;
	return input;
}

/* Close a month and add the lot. `known` lots were seen by its holder. */
static void close_month(struct world *world, uint32_t month, uint32_t known, uint64_t fence)
{
	struct billing_visit here[VISITS_MAX], shuffled[VISITS_MAX];
	struct billing_lot lot, again, *kept = arena_zero(&world->arena, 1, sizeof(*kept));
	struct buf *bytes = &world->bytes[world->lot_count], other = {0};
	struct billing_input input = input_of(world, month, here, false),
	                     mixed = input_of(world, month, shuffled, true);
	struct billing_previous reversed[LOTS_MAX];
	input.fence = mixed.fence = fence;
	input.previous_count = mixed.previous_count = known;
	for (uint32_t i = 0; i < known; i++)
		reversed[i] = world->lots[known - 1 - i];
	mixed.previous = reversed;
	int error = billing_close(&input, &world->arena, &lot, NULL);
	if (error) {
		printf("%s\n", err_name(error));
		fail(world, "cannot close");
	}
	require(world, lot_encode(&lot, bytes) == 0, "cannot encode");
	require(world,
	        billing_close(&mixed, &world->arena, &again, NULL) == 0 && lot_encode(&again, &other) == 0,
	        "cannot close, shuffled");
	require(world, span_eq(buf_span(bytes), buf_span(&other)), "the order of the input matters");
	require(world, lot_decode(kept, buf_span(bytes), &world->arena) == 0, "cannot decode");
	require(world, billing_verify(&mixed, buf_span(bytes), &world->arena, &lot, &again) == 0,
	        "does not verify");
	buf_close(&other);
	world->lots[world->lot_count++] = (struct billing_previous){kept, lot_hash_of(buf_span(bytes))};
}

/* --- The oracle --- */

static bool is_due(const struct billing_visit *visit, uint32_t opening, uint32_t month)
{
	uint32_t own = (uint32_t)calendar_month(visit->item.start_s, visit->item.offset_minutes);
	return (visit->flags & BILLING_BILLABLE) && !(visit->flags & (BILLING_CANCELLED | BILLING_RUNNING)) &&
	        own >= opening && own <= month && money_minutes(visit->item.start_s, visit->item.end_s) > 0;
}

static const struct billing_rate *rate_of(const struct world *world, const struct billing_visit *visit)
{
	return record_id_is_zero(&visit->rate) ? &world->rates[0] : &world->rates[1];
}

static bool is_together(
        const struct world *world, const struct billing_visit *a, const struct billing_visit *b)
{
	return rate_of(world, a) == rate_of(world, b) && record_id_eq(&a->patient, &b->patient) &&
	        (a->flags & BILLING_ALD) == (b->flags & BILLING_ALD) &&
	        calendar_month(a->item.start_s, a->item.offset_minutes) ==
	        calendar_month(b->item.start_s, b->item.offset_minutes);
}

static int64_t worth(const struct world *world, uint32_t opening, uint32_t month, int64_t *amo)
{
	bool is_done[VISITS_MAX] = {false};
	int64_t cents = 0;
	*amo = 0;
	for (uint32_t i = 0; i < world->visit_count; i++) {
		const struct billing_visit *visit = &world->visits[i];
		const struct billing_rate *rate = rate_of(world, visit);
		if (is_done[i] || !world->is_here[i] || !is_due(visit, opening, month))
			continue;
		int64_t minutes = 0;
		for (uint32_t j = i; j < world->visit_count; j++) {
			const struct billing_visit *other = &world->visits[j];
			bool joins = rate->unit == BILLING_PER_PATIENT_MONTH &&
			        is_together(world, visit, other);
			if (is_done[j] || !world->is_here[j] || !is_due(other, opening, month) ||
			        (j != i && !joins))
				continue;
			minutes += money_minutes(other->item.start_s, other->item.end_s);
			is_done[j] = true;
		}
		int64_t amount = money_cents(minutes, rate->cents_per_hour, rate->ties);
		cents += amount;
		*amo += money_share(amount,
		        visit->flags & BILLING_ALD ? rate->amo_ald_per_mille : rate->amo_per_mille,
		        rate->ties);
	}
	return cents;
}

static void check_ledger(const struct world *world, uint32_t opening, uint32_t month)
{
	int64_t cents = 0, amo = 0, due_amo, times[VISITS_MAX] = {0};
	for (uint32_t i = 0; i < world->lot_count; i++) {
		const struct billing_lot *lot = world->lots[i].lot;
		int64_t lot_cents = 0;
		for (uint32_t j = 0; j < lot->line_count; j++) {
			const struct billing_line *line = &lot->lines[j];
			lot_cents += line->cents;
			for (uint32_t k = 0; k < line->item_count; k++) {
				const uint8_t *id = line->items[k].visit.bytes;
				times[id[1] | id[2] << 8] += line->kind == BILLING_CREDIT ? -1 : 1;
			}
		}
		require(world, lot_cents == lot->totals.cents, "the lines are not the total");
		cents += lot->totals.cents;
		amo += lot->totals.amo_cents;
	}
	int64_t due = worth(world, opening, month, &due_amo);
	if (cents != due)
		printf("billed %lld, due %lld\n", (long long)cents, (long long)due);
	require(world, cents == due, "the lots are not what the visits are worth");
	require(world, amo == due_amo, "the AMO share of the lots is not that of the visits");
	for (uint32_t i = 0; i < world->visit_count; i++)
		require(world, times[i] == (world->is_here[i] && is_due(&world->visits[i], opening, month)),
		        "a visit is billed twice, or not though it is due, or though it is not");
}

static void run(uint64_t seed)
{
	static struct world world; /* large */
	world = (struct world){.rng = rng_new(seed), .seed = seed};
	struct rng *rng = &world.rng;
	for (uint8_t i = 0; i < 2; i++)
		world.rates[i] = billing_rate_of((uint8_t)(i + 1),
		        rng_chance(rng, 500) ? BILLING_PER_VISIT : BILLING_PER_PATIENT_MONTH,
		        rng_chance(rng, 500) ? BILLING_HALF_UP : BILLING_HALF_EVEN);
	world.rates[1].territory = span_text("Ailleurs");
	world.rates[1].cents_per_hour = 6001;
	uint32_t count = (uint32_t)rng_between(rng, 1, VISITS_MAX),
	         opening = (FIRST_YEAR - 1970) * 12 + (uint32_t)rng_below(rng, 2);
	while (world.visit_count < count)
		make_visit(&world);
	for (uint32_t month = opening; month < (FIRST_YEAR - 1970) * 12 + MONTHS + 1; month++) {
		uint32_t known = world.lot_count;
		close_month(&world, month, known, 1);
		check_ledger(&world, opening, month);
		for (uint64_t i = rng_below(rng, 6); i > 0; i--)
			change_visit(&world);
		if (rng_chance(rng, 300) &&
		        world.lot_count < LOTS_MAX - 6) { /* another holder, who has not seen it */
			close_month(&world, month, known, 2);
			close_month(&world, month, world.lot_count, 3);
			check_ledger(&world, opening, month);
		}
		if (rng_chance(rng, 300)) { /* what is billed as it is may be erased */
			uint32_t at = (uint32_t)rng_below(rng, world.visit_count);
			close_month(&world, month, world.lot_count, 4);
			world.is_erased[at] = world.is_here[at] && is_due(&world.visits[at], opening, month);
			check_ledger(&world, opening, month);
		}
	}
	arena_close(&world.arena);
	for (uint32_t i = 0; i < world.lot_count; i++)
		buf_close(&world.bytes[i]);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1,
	         count = argc > 2 ? strtoull(argv[2], NULL, 10)
	        : argc > 1        ? 1
	                          : 300;
	for (uint64_t i = 0; i < count; i++)
		run(seed + i);
	printf("%llu ledgers from seed %llu\n", (unsigned long long)count, (unsigned long long)seed);
	return EXIT_SUCCESS;
}
