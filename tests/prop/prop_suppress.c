/*
 * Somebody who knows the rule, the definitions and everything that was ever written of a month, also that something was not, finds out no count of one to ten.
 *
 * Exhaustive, with a threshold of 3 in place of 11: every small team is put through the rule, alone and followed by every other as its later version. What was
 * written goes with all teams that give just that; a count from 1 to the threshold that is the same in all of them is found out. Then large teams at random, with
 * the real threshold: nothing small is written, nor follows from what is, and every receiver finds it in order. Usage: prop-suppress [SEED [COUNT [PATIENTS]]]: of teams by age followed by another, how large they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/rng.h"
#include "node/indicators/suppress.h"

enum { FEW = 3, QUANTITIES = 24, SEATS = 1 << 17, VALUE_ZERO = 30 };

static const uint8_t NOWHERE[PUBLISHED_SOURCE_BYTES];

static void fail(uint64_t seed, const char *what)
{
	printf("seed %llu: %s\n", (unsigned long long)seed, what);
	exit(EXIT_FAILURE);
}

/* ---- Small teams ------------------------------------------------------------------------------------------------- */

/* Patients by whether they have a long-term illness and are new; or by age, none of them new. */
struct small {
	int64_t counts[2][2];
	int64_t ages[STRATA_AGES];
	bool by_age;
};

static uint32_t place_of(enum indicator_number number)
{
	return (uint32_t)(indicator_numbered(number) - indicators_table);
}

static void put(
        struct indicator_values *values, enum indicator_number number, uint32_t cell, int64_t n, int64_t d)
{
	struct indicator_amount *amount = &values->cells[place_of(number)][cell];
	amount->is_known = true;
	amount->numerator += n;
	amount->denominator += d;
	amount->people += (uint32_t)n;
	amount->rest_people += d > n ? (uint32_t)(d - n) : 0;
}

static void put_patients(struct indicator_values *values, uint32_t cell, int64_t count, int64_t fresh)
{
	put(values, INDICATOR_PATIENTS, cell, count, 0);
	put(values, INDICATOR_PATIENTS_NEW, cell, fresh, count);
}

static void values_of(const struct small *small, struct arena *arena, struct indicator_values *out)
{
	*out = (struct indicator_values){.months = INDICATOR_MONTH};
	out->cells = arena_zero(arena, indicators_count, sizeof(*out->cells));
	for (uint32_t ald = 0; ald < 2 && !small->by_age; ald++) {
		const int64_t fresh = small->counts[ald][1], count = small->counts[ald][0] + fresh;
		put_patients(out, STRATA_CELL_ALL, count, fresh);
		put_patients(out, STRATA_CELL_ALD + ald, count, fresh);
		put_patients(out, STRATA_CELL_AGE, count, fresh);
	}
	for (uint32_t age = 0; age < STRATA_AGES && small->by_age; age++) {
		put_patients(out, STRATA_CELL_ALL, small->ages[age], 0);
		put_patients(out, STRATA_CELL_AGE + age, small->ages[age], 0);
		put_patients(out, STRATA_CELL_ALD, small->ages[age], 0);
	}
}

/* All counts that tell of persons. */
static uint32_t quantities_of(const struct small *small, int64_t out[QUANTITIES])
{
	uint32_t count = 0;
	if (small->by_age) {
		for (uint32_t level = 0; level < STRATA_LEVELS_MAX; level++)
			for (uint32_t group = 0; group < strata_groups(STRATA_AGE, level); group++) {
				out[count] = 0;
				for (uint32_t fine = 0; fine < STRATA_AGES; fine++)
					if (strata_group(STRATA_AGE, level, fine) == group)
						out[count] += small->ages[fine];
				count++;
			}
		return count;
	}
	int64_t all = 0;
	for (uint32_t ald = 0; ald < 2; ald++)
		for (uint32_t fresh = 0; fresh < 2; fresh++)
			all += out[count++] = small->counts[ald][fresh];
	for (uint32_t i = 0; i < 2; i++) {
		out[count++] = small->counts[i][0] + small->counts[i][1];
		out[count++] = small->counts[0][i] + small->counts[1][i];
	}
	out[count++] = all;
	return count;
}

/* ---- What goes with what was written ----------------------------------------------------------------------------- */

/* Of each different thing that was written: which values each count has among the teams that give it. */
struct seat {
	uint64_t hash;
	uint64_t values[2 * QUANTITIES]; /* bit VALUE_ZERO + n */
	uint32_t count;
};

static uint64_t hash_of(struct span bytes)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < bytes.size; i++)
		hash = (hash ^ bytes.data[i]) * UINT64_C(1099511628211);
	return hash ? hash : 1;
}

static struct seat *seat_of(struct seat *seats, uint64_t hash)
{
	uint32_t at = (uint32_t)(hash >> 7) % SEATS;
	while (seats[at].hash && seats[at].hash != hash)
		at = (at + 1) % SEATS;
	seats[at].hash = hash;
	return &seats[at];
}

static void note(struct seat *seat, const int64_t *quantities, uint32_t count)
{
	seat->count = count;
	for (uint32_t i = 0; i < count; i++)
		seat->values[i] |= UINT64_C(1) << (VALUE_ZERO + quantities[i]);
}

static void find_out(const struct seat *seats, const char *what)
{
	uint32_t written = 0;
	for (uint32_t at = 0; at < SEATS; at++) {
		written += seats[at].hash != 0;
		for (uint32_t i = 0; seats[at].hash && i < seats[at].count; i++)
			for (int value = 1; value < FEW; value++)
				if (seats[at].values[i] == UINT64_C(1) << (VALUE_ZERO + value)) {
					printf("%s: count %u is found out: %d\n", what, (unsigned)i, value);
					exit(EXIT_FAILURE);
				}
	}
	printf("%s: %u different outcomes\n", what, (unsigned)written);
}

/* Write `small` after `before`; appends to `bytes` what is written, or that nothing is. */
static void write_one(const struct small *small, const struct published *before, struct arena *arena,
        struct published *now, struct buf *bytes)
{
	struct indicator_values values;
	values_of(small, arena, &values);
	if (suppress(&values, before, NOWHERE, FEW, arena, now) == 0)
		published_put(now, bytes);
	else
		*now = *before;
	buf_add(bytes, "|", 1);
}

/* Of all teams of at most `most` patients, the next one: so no count is bounded by anything but what the whole leaves. False: there are no more. */
static bool next_small(struct small *small, int64_t most)
{
	int64_t *counts = small->by_age ? small->ages : &small->counts[0][0], sum = 0;
	const uint32_t count = small->by_age ? STRATA_AGES - 1 : 4;
	for (uint32_t i = 0; i < count; i++)
		sum += counts[i];
	for (uint32_t i = 0; i < count; i++) {
		if (sum < most) {
			counts[i]++;
			return true;
		}
		sum -= counts[i];
		counts[i] = 0;
	}
	return false;
}

static void each_alone(struct seat *seats, int64_t most, bool by_age, const char *what)
{
	static const struct published none;
	struct small small = {.by_age = by_age};
	memset(seats, 0, SEATS * sizeof(*seats));
	do {
		struct arena arena = {0};
		struct published now;
		struct buf bytes = {0};
		int64_t quantities[2 * QUANTITIES];
		write_one(&small, &none, &arena, &now, &bytes);
		const uint32_t count = quantities_of(&small, quantities);
		note(seat_of(seats, hash_of(buf_span(&bytes))), quantities, count);
		buf_close(&bytes);
		arena_close(&arena);
	} while (next_small(&small, most));
	find_out(seats, what);
}

/* Also what a later version adds to an earlier one is a count of persons. */
static void each_later(struct seat *seats, const struct small *earlier, int64_t most)
{
	static const struct published none;
	struct small later = {.by_age = earlier->by_age};
	struct arena arena = {0}, work = {0};
	struct published before, now;
	struct buf bytes = {0};
	int64_t was[QUANTITIES], quantities[2 * QUANTITIES];
	quantities_of(earlier, was);
	write_one(earlier, &none, &arena, &before, &bytes);
	const size_t size = bytes.size;
	do {
		const uint32_t count = quantities_of(&later, quantities);
		bytes.size = size;
		write_one(&later, &before, &work, &now, &bytes);
		for (uint32_t i = 0; i < count; i++)
			quantities[count + i] = quantities[i] - was[i];
		note(seat_of(seats, hash_of(buf_span(&bytes))), quantities, 2 * count);
		arena_clear(&work);
	} while (next_small(&later, most));
	buf_close(&bytes);
	arena_close(&work);
	arena_close(&arena);
}

static void each_pair(struct seat *seats, int64_t most, bool by_age, const char *what)
{
	struct small earlier = {.by_age = by_age};
	memset(seats, 0, SEATS * sizeof(*seats));
	do
		each_later(seats, &earlier, most);
	while (next_small(&earlier, most));
	find_out(seats, what);
}

/* ---- Large teams ------------------------------------------------------------------------------------------------- */

/* A patient's part of a month. */
static void put_person(struct indicator_values *values, struct rng *rng)
{
	const uint32_t age = (uint32_t)rng_below(rng, STRATA_AGES - (rng_below(rng, 20) != 0)),
	               ald = (uint32_t)rng_below(rng, 2);
	const uint32_t cells[] = {STRATA_CELL_ALL, STRATA_CELL_AGE + age, STRATA_CELL_ALD + ald};
	int64_t n[INDICATOR_NUMBER_MAX + 1] = {[INDICATOR_PATIENTS] = 1};
	n[INDICATOR_PATIENTS_NEW] = rng_below(rng, 5) == 0;
	n[INDICATOR_ASSESSED_FIRST] = n[INDICATOR_PATIENTS_NEW] && rng_below(rng, 3);
	n[INDICATOR_VISITS] = 1 + (int64_t)rng_below(rng, 12);
	n[INDICATOR_MINUTES] = n[INDICATOR_VISITS] * 25;
	n[INDICATOR_VISITS_HOME] = (int64_t)rng_below(rng, (uint64_t)n[INDICATOR_VISITS] + 1);
	n[INDICATOR_VISITS_AWAY] = n[INDICATOR_VISITS] - n[INDICATOR_VISITS_HOME];
	n[INDICATOR_VISITS_NIGHT] = (int64_t)rng_below(rng, (uint64_t)n[INDICATOR_VISITS] + 1) / 3;
	for (uint32_t i = 0; i < indicators_count; i++) {
		const struct indicator *indicator = &indicators_table[i];
		for (size_t j = 0; j < 3 && indicator->class == INDICATOR_PEOPLE; j++) {
			struct indicator_amount *amount = &values->cells[i][cells[j]];
			const int64_t d = indicator->base ? n[indicator->base] : 0;
			amount->numerator += n[indicator->number];
			amount->denominator += d;
			amount->people += n[indicator->number] > 0;
			amount->rest_people += d > n[indicator->number];
		}
	}
	values->cells[place_of(INDICATOR_PATIENT_TIME)][STRATA_CELL_ALL] = (struct indicator_amount){
	        .numerator = values->cells[place_of(INDICATOR_MINUTES)][STRATA_CELL_ALL].numerator,
	        .denominator = values->cells[place_of(INDICATOR_MINUTES)][STRATA_CELL_ALL].numerator};
}

static bool is_few(int64_t count)
{
	return count > 0 && count < INDICATORS_COUNT_MIN;
}

/* No count that is written is small, nor what is left of its whole, nor what it has more than in an earlier version. */
static void check_written(uint64_t seed, const struct published *before, const struct published *now)
{
	uint32_t entry;
	const struct schema_label *why = suppress_check(now, INDICATOR_MONTH, &entry);
	if (why) {
		printf("%s: %s by scheme %d, level %u\n", why->en,
		        indicator_numbered(now->entries[entry].number)->id, (int)now->entries[entry].scheme,
		        (unsigned)now->entries[entry].level);
		fail(seed, "a receiver refuses what was written by the rule");
	}
	for (uint32_t i = 0; i < now->entry_count; i++) {
		const struct published_entry *one = &now->entries[i];
		const struct indicator *indicator = indicator_numbered(one->number);
		const struct published_entry *was = published_find(
		        before, one->number, one->scheme, one->key);
		if (indicator->class != INDICATOR_PEOPLE)
			continue;
		for (uint32_t j = 0; j < one->cell_count; j++) {
			const struct published_cell *cell = &one->cells[j];
			if (indicator->form == INDICATOR_COUNT ? is_few(cell->numerator)
			                                       : is_few(cell->denominator))
				fail(seed, "a small count is written");
			if (indicator->form == INDICATOR_SHARE &&
			        (is_few(cell->numerator) || is_few(cell->denominator - cell->numerator)))
				fail(seed, "a small count follows from a share");
			if (!was || was->level != one->level)
				continue;
			const int64_t rise = cell->numerator - was->cells[j].numerator;
			if (indicator->form != INDICATOR_MEAN && rise != 0 && rise < INDICATORS_COUNT_MIN)
				fail(seed, "a version tells of the few that were added");
		}
	}
}

/* A cell is changed as a hostile program would: it is found. */
static void check_found(uint64_t seed, const struct published *now, struct rng *rng)
{
	if (now->entry_count == 0)
		return;
	struct published_entry *entry = &now->entries[rng_below(rng, now->entry_count)];
	const struct indicator *indicator = indicator_numbered(entry->number);
	const struct published_cell kept = entry->cells[0];
	uint32_t at;
	if (indicator->class != INDICATOR_PEOPLE || indicator->form == INDICATOR_MEAN)
		return;
	entry->cells[0].numerator = 1 + (int64_t)rng_below(rng, INDICATORS_COUNT_MIN - 1);
	if (!suppress_check(now, INDICATOR_MONTH, &at))
		fail(seed, "a receiver takes a small count");
	entry->cells[0] = kept;
}

static void large(uint64_t seed)
{
	struct rng rng = rng_new(seed);
	struct arena arena = {0};
	struct published before = {0}, now;
	struct indicator_values values = {.months = INDICATOR_MONTH};
	values.cells = arena_zero(&arena, indicators_count, sizeof(*values.cells));
	for (uint32_t version = 0; version < 8; version++) {
		const uint64_t more = rng_below(&rng, version % 2 ? 8 : 250);
		for (uint64_t i = 0; i < more; i++)
			put_person(&values, &rng);
		if (suppress(&values, &before, NOWHERE, INDICATORS_COUNT_MIN, &arena, &now) != 0)
			continue;
		check_written(seed, &before, &now);
		check_found(seed, &now, &rng);
		before = now;
	}
	arena_close(&arena);
}

int main(int argc, char **argv)
{
	const uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1,
	               count = argc > 2 ? strtoull(argv[2], NULL, 0) : 300,
	               most = argc > 3 ? strtoull(argv[3], NULL, 0) : 6;
	struct seat *seats = mem_zero(SEATS, sizeof(*seats));
	each_alone(seats, 20, false, "by illness and newness");
	each_alone(seats, 16, true, "by age");
	each_pair(seats, 9, false, "two versions by illness and newness");
	each_pair(seats, (int64_t)most, true, "two versions by age");
	mem_free(seats);
	for (uint64_t seed = first; seed < first + count; seed++)
		large(seed);
	printf("%llu large teams\n", (unsigned long long)count);
	return 0;
}
