/*
 * Merging key tables is commutative, associative and idempotent: replicas that saw the same rows, in any order, any number of times,
 * whole or stripped, hold equal rows and equal secrets; also where who may erase changes on the way, once all has been offered again. A failure prints its seed; PROP_SEED repeats it alone, PROP_ROUNDS sets
 * how many are tried. It shrinks by leaving out rows as long as two orders still differ.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/key_people.h"

enum { PEOPLE = 4, DOSSIERS = 5, ROWS_MAX = 96 };

struct world {
	struct seeded seeded;
	struct key_person people[PEOPLE];
	struct buf rows[ROWS_MAX];
	size_t row_count;
	uint64_t may_erase; /* at the end: a bit for each of them */
};

/* Who may erase, as one table has heard. */
struct standing {
	const struct world *world;
	uint64_t may_erase;
};

static bool may_erase(const void *context, const struct device_id *issuer)
{
	const struct standing *standing = context;
	for (unsigned i = 0; i < PEOPLE; i++)
		if (device_id_eq(&standing->world->people[i].signer.device, issuer))
			return standing->may_erase >> i & 1;
	return false;
}

static void collect(struct world *world, const struct key_table *table)
{
	for (size_t i = 0; i < key_table_row_count(table) && world->row_count < ROWS_MAX; i++)
		key_table_row(table, i, &world->rows[world->row_count++]);
}

/* A copy that a carrier stripped of some items. */
static void collect_stripped(struct world *world, const struct key_table *table, size_t index)
{
	struct key_packet packet;
	struct buf row = {0};
	key_table_row(table, index, &row);
	if (world->row_count < ROWS_MAX &&
	        key_packet_decode(&packet, buf_span(&row), &world->people[0].signer.team) == 0) {
		for (uint32_t i = 0; i < packet.item_count; i++)
			if (rng_chance(&world->seeded.rng, 500))
				key_item_erase(&packet.items[i]);
		key_packet_encode(&packet, &world->rows[world->row_count++]);
		key_packet_close(&packet);
	}
	buf_close(&row);
}

static void step(struct world *world)
{
	struct rng *rng = &world->seeded.rng;
	struct key_person *who = &world->people[rng_below(rng, PEOPLE)],
	                  *to = &world->people[rng_below(rng, PEOPLE)];
	struct record_id dossiers[DOSSIERS];
	size_t count = 0;
	for (uint8_t d = 0; d < DOSSIERS; d++) {
		struct record_id id = {{d}};
		if (rng_chance(rng, 100))
			key_table_create(who->table, &world->seeded.env, &id);
		if (rng_chance(rng, 500) && key_table_secret(who->table, &id, 0))
			dossiers[count++] = id;
	}
	if (rng_chance(rng, 120))
		key_table_erase(who->table, &who->signer,
		        &(struct key_order){.dossier = {{(uint8_t)rng_below(rng, DOSSIERS)}},
		                .membership = {{7}},
		                .upheld = {{(uint8_t)rng_below(rng, 2)}},
		                .reason = (uint8_t)rng_below(rng, 3),
		                .time_ms = rng_below(rng, 3)});
	if (count)
		key_table_issue(who->table, &world->seeded.env, &who->signer, &to->signer.device, &to->open,
		        dossiers, count);
	if (rng_chance(rng, 300))
		collect(world, who->table);
	if (key_table_row_count(who->table) && rng_chance(rng, 200))
		collect_stripped(world, who->table, rng_below(rng, key_table_row_count(who->table)));
	if (world->row_count && rng_chance(rng, 300))
		key_table_add(who->table, buf_span(&world->rows[rng_below(rng, world->row_count)]));
}

/* The state of person 0's device after the rows of `mask`, in an order drawn from `order_seed`, some of them twice, in two tables
 * that are then merged. */
static void replay(
        struct world *world, const bool *mask, uint64_t order_seed, uint8_t digest[32], struct buf *own)
{
	struct rng rng = rng_new(order_seed);
	struct key_person *self = &world->people[0];
	size_t order[ROWS_MAX];
	struct key_table *part[2];
	struct standing standing[2];
	size_t moment[2]; /* when it hears */
	for (size_t i = 0; i < 2; i++) {
		part[i] = key_table_new(&self->signer.team, &self->signer.device, &self->open, &self->secret);
		standing[i] = (struct standing){world, rng_below(&rng, 1u << PEOPLE)};
		moment[i] = rng_below(&rng, world->row_count + 1);
		key_table_judge_by(part[i], may_erase, &standing[i]);
	}
	for (size_t i = 0; i < world->row_count; i++)
		order[i] = i;
	rng_shuffle(&rng, order, world->row_count, sizeof(*order));
	for (size_t i = 0; i <= world->row_count; i++) {
		for (unsigned p = 0; p < 2; p++)
			if (moment[p] == i) {
				standing[p].may_erase = world->may_erase;
				key_table_judge(part[p]);
			}
		if (i == world->row_count || !mask[order[i]])
			continue;
		uint64_t where = rng_below(&rng, 3); /* one, the other, both */
		for (unsigned p = 0; p < 2; p++)
			for (uint64_t times = where == 2 || where == p ? rng_between(&rng, 1, 2) : 0; times;
			        times--)
				key_table_add(part[p], buf_span(&world->rows[order[i]]));
	}
	for (size_t i = 0; i < key_table_row_count(part[1]); i++) {
		struct buf row = {0};
		key_table_row(part[1], i, &row);
		key_table_add(part[0], buf_span(&row));
		buf_close(&row);
	}
	for (size_t i = 0; i < world->row_count; i++)
		if (mask[i])
			key_table_add(part[0], buf_span(&world->rows[i]));
	key_table_digest(part[0], digest);
	struct record_id dossier;
	for (bool more = key_own_next(key_table_own(part[0]), NULL, &dossier); more;
	        more = key_own_next(key_table_own(part[0]), &dossier, &dossier))
		key_own_encode(key_table_own(part[0]), &dossier, own);
	key_table_free(part[0]);
	key_table_free(part[1]);
}

static bool agree(struct world *world, const bool *mask, uint64_t a, uint64_t b)
{
	uint8_t digest[2][32];
	struct buf own[2] = {{0}, {0}};
	replay(world, mask, a, digest[0], &own[0]);
	replay(world, mask, b, digest[1], &own[1]);
	bool same = memcmp(digest[0], digest[1], 32) == 0 && span_eq(buf_span(&own[0]), buf_span(&own[1]));
	buf_wipe(&own[0]);
	buf_wipe(&own[1]);
	return same;
}

static void shrink_and_print(struct world *world, bool *mask, uint64_t seed)
{
	size_t left = 0;
	for (size_t i = 0; i < world->row_count; i++) {
		mask[i] = false;
		if (agree(world, mask, seed * 2, seed * 2 + 1))
			mask[i] = true;
		left += mask[i];
	}
	printf("PROP_SEED=%llu: two orders of %zu rows differ:", (unsigned long long)seed, left);
	for (size_t i = 0; i < world->row_count; i++)
		if (mask[i])
			printf(" %zu", i);
	printf("\n");
}

static bool one(uint64_t seed, size_t *rows)
{
	static struct world world;
	bool mask[ROWS_MAX], good = true;
	struct team_id team = {{1}};
	memset(&world, 0, sizeof(world));
	seeded_init(&world.seeded, seed);
	for (size_t i = 0; i < PEOPLE; i++)
		key_person_init(&world.people[i], &world.seeded, &team);
	for (int i = 0; i < 24; i++)
		step(&world);
	for (size_t i = 0; i < PEOPLE; i++)
		collect(&world, world.people[i].table);
	for (size_t i = 0; i < world.row_count; i++)
		mask[i] = true;
	world.may_erase = rng_below(&world.seeded.rng, 1u << PEOPLE);
	for (uint64_t k = 0; k < 3 && good; k++)
		good = agree(&world, mask, seed * 2, seed * 2 + 1 + k);
	if (!good)
		shrink_and_print(&world, mask, seed);
	*rows += world.row_count;
	for (size_t i = 0; i < world.row_count; i++)
		buf_close(&world.rows[i]);
	for (size_t i = 0; i < PEOPLE; i++)
		key_table_free(world.people[i].table);
	return good;
}

int main(void)
{
	const char *only = getenv("PROP_SEED"), *rounds_text = getenv("PROP_ROUNDS");
	uint64_t first = only ? strtoull(only, NULL, 10) : 1,
	         rounds = rounds_text ? strtoull(rounds_text, NULL, 10) : 25;
	size_t rows = 0;
	if (sodium_init() < 0)
		return 1;
	if (only)
		rounds = 1;
	for (uint64_t seed = first; seed < first + rounds; seed++)
		if (!one(seed, &rows))
			return 1;
	printf("%llu teams, %zu rows, seeds from %llu\n", (unsigned long long)rounds, rows,
	        (unsigned long long)first);
	return rows == 0;
}
