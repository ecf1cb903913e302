/*
 * What closing months costs, in processor time of one core and on the wall, beside a floor of the same run: hashing the bytes of the visits and of the lots (BLAKE2b), which
 * nobody who computes lots from entries can leave out. A team of four years: 48 months of 750 visits, 36,000 in all. Medians of rounds. The node's reading
 * of its log is not in it: tests/bench/team.sh.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/rng.h"
#include "tests/bench/cpu.h"
#include "tests/lib/billing.h"

enum { MONTHS = 48, PER_MONTH = 750, VISITS = MONTHS * PER_MONTH, PATIENTS = 840, ROUNDS = 5 };

struct team {
	struct billing_visit visits[VISITS];
	struct billing_rate rate;
	struct billing_lot lots[MONTHS];
	struct billing_previous previous[MONTHS];
	struct buf bytes[MONTHS];
};

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	printf("bench-billing: %s\n", what);
	exit(EXIT_FAILURE);
}

static double wall_ms(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void make_visits(struct team *team)
{
	struct rng rng = rng_new(1);
	for (uint32_t i = 0; i < VISITS; i++) {
		struct billing_visit *visit = &team->visits[i];
		const int64_t month_s = calendar_month_start(54 * 12 + (int32_t)(i / PER_MONTH)) + 7200;
		*visit = (struct billing_visit){.flags = BILLING_BILLABLE};
		rng_bytes(&rng, visit->item.visit.bytes, sizeof(visit->item.visit.bytes));
		rng_bytes(&rng, visit->item.header.bytes, sizeof(visit->item.header.bytes));
		visit->item.nurse.bytes[0] = (uint8_t)rng_below(&rng, 8);
		visit->patient.bytes[0] = (uint8_t)rng_below(&rng, PATIENTS / 256 + 1);
		visit->patient.bytes[1] = (uint8_t)rng_below(&rng, 256);
		visit->item.start_s = month_s + (int64_t)rng_below(&rng, 27 * 86400);
		visit->item.end_s = visit->item.start_s + 60 * (int64_t)rng_between(&rng, 5, 90);
	}
}

static struct billing_input input_of(struct team *team, uint32_t month)
{
	struct billing_input input = billing_input_of(2024, 1, team->visits, VISITS, &team->rate, 1);
	input.month = 54 * 12 + month;
	input.previous = team->previous;
	input.previous_count = month;
	input.previous_hash = month ? team->previous[month - 1].hash : input.previous_hash;
	return input;
}

static void close_one(struct team *team, uint32_t month, struct arena *arena, struct buf *bytes)
{
	struct billing_lot lot;
	struct billing_input input = input_of(team, month);
	must(billing_close(&input, arena, &lot, NULL) == 0 && lot_encode(&lot, bytes) == 0,
	        "a month is not closed");
	must(lot.line_count == PER_MONTH, "a month has another number of lines");
}

static void close_all(struct team *team, struct arena *arena)
{
	for (uint32_t month = 0; month < MONTHS; month++) {
		close_one(team, month, arena, &team->bytes[month]);
		must(lot_decode(&team->lots[month], buf_span(&team->bytes[month]), arena) == 0,
		        "a lot is not one");
		team->previous[month] = (struct billing_previous){
		        &team->lots[month], lot_hash_of(buf_span(&team->bytes[month]))};
	}
}

static void verify_all(struct team *team)
{
	for (uint32_t month = 0; month < MONTHS; month++) {
		struct arena arena = {0};
		struct billing_lot theirs, mine;
		struct billing_input input = input_of(team, MONTHS);
		must(billing_verify(&input, buf_span(&team->bytes[month]), &arena, &theirs, &mine) == 0,
		        "a lot does not verify");
		arena_close(&arena);
	}
}

static void hash_all(const struct team *team)
{
	uint8_t hash[32];
	crypto_generichash(hash, sizeof(hash), (const uint8_t *)team->visits, sizeof(team->visits), NULL, 0);
	for (uint32_t month = 0; month < MONTHS; month++)
		lot_hash_of(buf_span(&team->bytes[month]));
}

int main(void)
{
	struct team *team = mem_zero(1, sizeof(*team));
	struct arena arena = {0};
	double floor[ROUNDS], one[ROUNDS], one_wall[ROUNDS], four[ROUNDS], four_wall[ROUNDS];
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	team->rate = billing_rate_of(1, BILLING_PER_VISIT, BILLING_HALF_UP);
	make_visits(team);
	close_all(team, &arena);
	for (int round = 0; round < ROUNDS; round++) {
		struct arena scratch = {0};
		struct buf bytes = {0};
		double cpu = cpu_ms(), wall;
		hash_all(team);
		floor[round] = cpu_ms() - cpu;
		cpu = cpu_ms();
		wall = wall_ms();
		close_one(team, MONTHS - 1, &scratch, &bytes);
		one[round] = cpu_ms() - cpu;
		one_wall[round] = wall_ms() - wall;
		must(span_eq(buf_span(&bytes), buf_span(&team->bytes[MONTHS - 1])),
		        "the same month is another lot");
		buf_close(&bytes);
		arena_close(&scratch);
		cpu = cpu_ms();
		wall = wall_ms();
		verify_all(team);
		four[round] = cpu_ms() - cpu;
		four_wall[round] = wall_ms() - wall;
	}
	const double base = cpu_median(floor, ROUNDS), month = cpu_median(one, ROUNDS),
	             years = cpu_median(four, ROUNDS);
	printf("closing a month of %d visits, %d known, %d earlier lots: %.1f ms of processor time, %.1f ms "
	       "on the wall, %.1f x hashing\n",
	        PER_MONTH, VISITS, MONTHS - 1, month, cpu_median(one_wall, ROUNDS), month / base);
	printf("recomputing four years (%d lots, %d visits): %.0f ms of processor time, %.0f ms on the wall, "
	       "%.1f x hashing\n",
	        MONTHS, VISITS, years, cpu_median(four_wall, ROUNDS), years / base);
	printf("a lot: %zu bytes, %.1f a line\n", team->bytes[MONTHS - 1].size,
	        (double)team->bytes[MONTHS - 1].size / PER_MONTH);
	for (uint32_t m = 0; m < MONTHS; m++)
		buf_close(&team->bytes[m]);
	arena_close(&arena);
	mem_free(team);
	return EXIT_SUCCESS;
}
