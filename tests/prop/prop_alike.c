/* Pairs of patients that are alike (node/patient/alike.h): kept while some of them change, come and go, they are those that comparing everybody anew finds. */
#include <string.h>

#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "node/patient/alike.h"
#include "tests/prop/prop.h"

enum { PLACES = 90, STEPS = 12, CHANGES = 5 };

struct world {
	struct patient_who who[PLACES];
	bool is_there[PLACES];
	struct patient_alike kept;
};

static void draw(struct prop *prop, struct patient_who *out)
{
	static const char *const last[] = {"Roux", "Rous", "Martin-Blanc", "Blanc", "Le Goff"},
	                         *const first[] = {"Marie", "Mari", "Jean", "Roux"};
	*out = (struct patient_who){.sex = 1 + prop_below(prop, 2)};
	patient_name_read(span_text(last[prop_below(prop, 5)]), &out->last);
	patient_name_read(span_text(first[prop_below(prop, 4)]), &out->first);
	if (prop_chance(prop, 30))
		out->birth = out->last;
	out->has_birth = prop_chance(prop, 60);
	out->year = 1940 + (int32_t)prop_below(prop, 2);
	out->month = 1 + prop_below(prop, 3);
	out->day = 1 + prop_below(prop, 3);
	if (prop_chance(prop, 70)) /* the team's own, which many have */
		memcpy(out->phones[0], "612345678", 10);
	if (prop_chance(prop, 20))
		memcpy(out->ins, "2400535000001", 14);
}

static bool who_of(void *context, uint32_t place, struct patient_who *out)
{
	const struct world *world = context;
	*out = world->who[place];
	return world->is_there[place];
}

/* Some places, ascending; of each what becomes of it. */
static bool change(struct prop *prop, struct world *world)
{
	struct patient_alike_one changes[CHANGES];
	uint32_t count = 0, place = prop_below(prop, PLACES);
	for (; count < CHANGES && place < PLACES; place += 1 + prop_below(prop, PLACES / CHANGES)) {
		world->is_there[place] = !prop_chance(prop, 20);
		draw(prop, &world->who[place]);
		changes[count++] = (struct patient_alike_one){
		        place, world->is_there[place] ? &world->who[place] : NULL};
		prop_edit(prop);
	}
	return patient_alike_change(&world->kept, changes, count, who_of, world);
}

static void make(const struct world *world, struct patient_alike *out)
{
	struct patient_alike_one all[PLACES];
	uint32_t count = 0;
	for (uint32_t i = 0; i < PLACES; i++)
		if (world->is_there[i])
			all[count++] = (struct patient_alike_one){i, &world->who[i]};
	patient_alike_make(out, all, count);
}

static bool is_same(struct prop *prop, const struct patient_alike *kept, const struct patient_alike *anew)
{
	if (kept->pair_count != anew->pair_count || kept->key_count != anew->key_count)
		return prop_fail(prop, "%u pairs of %u keys, and %u of %u", kept->pair_count, kept->key_count,
		        anew->pair_count, anew->key_count);
	for (uint32_t i = 0; i < kept->pair_count; i++) {
		const struct patient_pair_found *a = &kept->pairs[i], *b = &anew->pairs[i];
		if (a->first != b->first || a->second != b->second || a->match.score != b->match.score ||
		        a->match.reasons != b->match.reasons)
			return prop_fail(
			        prop, "%u and %u, and %u and %u", a->first, a->second, b->first, b->second);
	}
	return true;
}

static uint64_t kept_count, made_count; /* of all cases */

static bool kept_pairs_are_the_pairs(struct prop *prop)
{
	struct world *world = mem_zero(1, sizeof(*world));
	const uint32_t begin = prop_below(prop, PLACES), steps = 1 + prop_below(prop, STEPS);
	bool holds = true;
	for (uint32_t i = 0; i < begin; i++) {
		world->is_there[i] = true;
		draw(prop, &world->who[i]);
	}
	make(world, &world->kept);
	for (uint32_t i = 0; i < steps && holds; i++) {
		struct patient_alike anew = {0};
		const bool is_kept = change(prop, world);
		kept_count += is_kept;
		made_count += !is_kept;
		make(world, &anew);
		holds = !is_kept || is_same(prop, &world->kept, &anew);
		patient_alike_close(&world->kept);
		world->kept = anew;
	}
	patient_alike_close(&world->kept);
	mem_free(world);
	return holds;
}

int main(void)
{
	if (!prop_holds("alike: what is kept is what is found", kept_pairs_are_the_pairs, 400))
		return 1;
	/* most changes are taken in, and some turn a key that many share */
	return kept_count > 4 * made_count && (made_count > 0 || prop_is_sample()) ? 0 : 1;
}
