/*
 * Medication from random facts, hostile ones among them: whatever order they come in gives one state; no dose vanishes; whoever was given something twice is in an
 * alarm; and the state of a line goes one way as days pass.
 */
#include <string.h>

#include "crdt/base/mem.h"
#include "node/medication/items.h"
#include "node/medication/medication_json.h"
#include "tests/prop/prop.h"

enum { FACTS = 24, IDS = 8, DAYS = 60, FIRST_DAY = 20500 };

struct world {
	struct arena arena;
	struct fact facts[FACTS];
	struct schema_record records[FACTS];
	uint32_t count;
};

/* ---- Making facts ------------------------------------------------------------------------------------------------ */

static struct schema_value *put(struct schema_record *record, const char *name)
{
	return schema_put(record, schema_field_named(record->kind, span_text(name)));
}

static void put_text(struct schema_record *record, const char *name, const char *text)
{
	put(record, name)->bytes = span_text(text);
}

static void put_day(struct prop *prop, struct schema_record *record, const char *name)
{
	put(record, name)->number = FIRST_DAY + prop_below(prop, DAYS);
}

/* The short id of one of a few: of anything, or of nothing that is here. */
static struct span some_id(struct prop *prop, struct world *world)
{
	uint8_t *id = arena_alloc(&world->arena, SCHEMA_SHORT_BYTES);
	memset(id, 1 + (int)prop_below(prop, IDS), SCHEMA_SHORT_BYTES);
	return span_of(id, SCHEMA_SHORT_BYTES);
}

static void make_prescription(struct prop *prop, struct world *world, struct schema_record *record)
{
	put_text(record, "prescriber", "Dr X");
	put_day(prop, record, "date");
	if (prop_chance(prop, 70))
		put_day(prop, record, "validUntil");
	if (prop_chance(prop, 40))
		put(record, "renews")->bytes = some_id(prop, world);
}

static void make_line(struct prop *prop, struct world *world, struct schema_record *record)
{
	static const char *const DRUGS[] = {"Lantus", "Lantus 100", "Ramipril 5 mg"};
	static const char *const WORDS[] = {"matin", "1-0-1", "tous les 3 jours le matin",
	        "si besoin, max 2 par jour", "2 fois par jour", "selon protocole"};
	put(record, "prescription")->bytes = some_id(prop, world);
	put_text(record, "drug", DRUGS[prop_below(prop, 3)]);
	put_text(record, "dose", "1");
	put_text(record, "schedule", WORDS[prop_below(prop, 6)]);
	if (prop_chance(prop, 30))
		put_day(prop, record, "until");
}

static void make_stop(struct prop *prop, struct world *world, struct schema_record *record)
{
	put(record, "prescription")->bytes = some_id(prop, world);
	if (prop_chance(prop, 50))
		put(record, "line")->bytes = some_id(prop, world);
	put_day(prop, record, "stoppedOn");
}

static void make_dose(struct prop *prop, struct world *world, struct schema_record *record)
{
	put(record, "line")->bytes = some_id(prop, world);
	put(record, "outcome")->number = prop_chance(prop, 15) ? MEDICATION_REFUSED : MEDICATION_GIVEN;
	put(record, "at")->number = (int64_t)(FIRST_DAY + prop_below(prop, 4)) * 86400 +
	        (int64_t)prop_below(prop, 48) * 1800;
	if (prop_chance(prop, 20))
		put(record, "slot")->number = 1 + prop_below(prop, 4);
}

static void make_review(struct prop *prop, struct world *world, struct schema_record *record)
{
	put(record, "about")->number = 1 + prop_below(prop, 4);
	put_text(record, "words", "vu");
	put(record, "at")->number = (int64_t)FIRST_DAY * 86400;
	put(record, "doses")->bytes = some_id(prop, world);
	put(record, "lines")->bytes = some_id(prop, world);
	put(record, "prescription")->bytes = some_id(prop, world);
}

static const struct {
	const char *kind;
	void (*make)(struct prop *prop, struct world *world, struct schema_record *record);
	uint32_t first; /* of ten */
} MAKERS[] = {{"prescription", make_prescription, 0}, {"prescriptionLine", make_line, 2},
        {"dose", make_dose, 4}, {"prescriptionStop", make_stop, 8}, {"medicationReview", make_review, 9}};

/* A correction cites an earlier fact of its kind. */
static void correct(struct prop *prop, struct world *world, struct fact *fact)
{
	struct fact *cited = &world->facts[prop_below(prop, world->count + 1)];
	if (cited == fact || cited->record->kind != fact->record->kind)
		return;
	cited->head.is_corrected = true;
	fact->head.is_correction = true;
	fact->head.corrects = cited->head.op;
	if (prop_chance(prop, 30))
		put((struct schema_record *)&world->records[fact - world->facts], "mistaken")->number = 1;
}

static void make_fact(struct prop *prop, struct world *world)
{
	struct fact *fact = &world->facts[world->count];
	struct schema_record *record = &world->records[world->count];
	const uint32_t which = prop_below(prop, 10);
	uint32_t row = 0;
	while (row + 1 < sizeof(MAKERS) / sizeof(*MAKERS) && MAKERS[row + 1].first <= which)
		row++;
	*record = (struct schema_record){.kind = schema_kind_named(span_text(MAKERS[row].kind))};
	*fact = (struct fact){.record = record};
	MAKERS[row].make(prop, world, record);
	/* the first bytes are those of one of a few, so that references lead somewhere, several at times */
	memset(fact->head.id.bytes, 1 + (int)prop_below(prop, IDS), sizeof(fact->head.id.bytes));
	fact->head.id.bytes[ID_SHORT_BYTES - 1] = (uint8_t)world->count;
	fact->head.op.feed.bytes[0] = (uint8_t)(1 + prop_below(prop, 3));
	fact->head.op.seq = world->count + 1u;
	fact->head.hlc = prop_below(prop, FACTS); /* clocks may be wrong, or the same */
	if (prop_chance(prop, 30))
		correct(prop, world, fact);
	prop_say(prop, "%s\n", MAKERS[row].kind);
	world->count++;
	prop_edit(prop);
}

/* ---- Laws -------------------------------------------------------------------------------------------------------- */

static void derive(const struct world *world, const uint32_t *order, struct medication *out)
{
	*out = (struct medication){0};
	for (uint32_t i = 0; i < world->count; i++)
		medication_add(out, &world->facts[order[i]]);
	medication_derive(out);
}

static bool same_in_another_order(struct prop *prop, const struct world *world, const uint32_t *order)
{
	uint32_t shuffled[FACTS];
	struct medication one, other;
	bool same = true;
	memcpy(shuffled, order, sizeof(shuffled));
	for (uint32_t i = 0; i < world->count; i++) {
		const uint32_t j = i + prop_below(prop, world->count - i), kept = shuffled[i];
		shuffled[i] = shuffled[j];
		shuffled[j] = kept;
	}
	derive(world, order, &one);
	derive(world, shuffled, &other);
	for (int64_t day = FIRST_DAY - 1; same && day < FIRST_DAY + 2 * DAYS; day += 13) {
		json_t *a = medication_json(&one, day, 0), *b = medication_json(&other, day, 0);
		same = json_equal(a, b);
		json_decref(a);
		json_decref(b);
	}
	medication_close(&one);
	medication_close(&other);
	return same || prop_fail(prop, "another order gives another state");
}

static bool nothing_vanishes(
        struct prop *prop, const struct world *world, const struct medication *medication)
{
	uint32_t doses = 0, things = 0;
	json_t *json = medication_json(medication, FIRST_DAY, 0);
	for (uint32_t i = 0; i < world->count; i++)
		things += world->facts[i].record->kind->number == SCHEMA_DOSE &&
		        !world->facts[i].head.is_correction;
	doses = (uint32_t)json_array_size(json_object_get(json, "doses"));
	json_decref(json);
	return doses == things || prop_fail(prop, "%u doses are listed of %u", doses, things);
}

static bool alarm_holds(const struct medication *medication, uint32_t a, uint32_t b)
{
	for (uint32_t i = 0; i < medication->alarm_count; i++) {
		const struct medication_alarm *alarm = &medication->alarms[i];
		bool has_a = false, has_b = false;
		for (uint32_t j = 0; j < alarm->count; j++) {
			has_a |= medication->alarm_doses[alarm->first + j] == a;
			has_b |= medication->alarm_doses[alarm->first + j] == b;
		}
		if (alarm->kind == MEDICATION_DOUBLE && has_a && has_b)
			return true;
	}
	return false;
}

static bool counts(const struct medication *medication, uint32_t dose)
{
	const struct medication_dose *root = &medication->doses[dose],
	                             *shown = medication_dose(medication, dose);
	return medication_is_root(&root->version, dose) && root->of != MEDICATION_NONE &&
	        !shown->is_mistaken && shown->outcome == MEDICATION_GIVEN &&
	        root->slot_minute != MEDICATION_NONE;
}

/* Each pair, one by one, against the alarms. */
static bool doubles_are_told(struct prop *prop, const struct medication *medication)
{
	for (uint32_t i = 0; i < medication->dose_count; i++)
		for (uint32_t j = 0; j < i; j++) {
			const struct medication_dose *a = &medication->doses[i], *b = &medication->doses[j];
			if (!counts(medication, i) || !counts(medication, j))
				continue;
			bool is_double = medication->lines[a->of].group == medication->lines[b->of].group &&
			        a->slot_day == b->slot_day && a->slot_minute == b->slot_minute;
			if (is_double != alarm_holds(medication, i, j))
				return prop_fail(prop, "doses %u and %u: %s", i, j,
				        is_double ? "given twice, and no alarm" : "an alarm for nothing");
		}
	return true;
}

/* To come, in force, over: never back. */
static int stage(enum medication_state state)
{
	return state == MEDICATION_FUTURE     ? 0
	        : state == MEDICATION_CURRENT ? 1
	        : state == MEDICATION_ENDS    ? 2
	                                      : 3;
}

static bool lines_go_one_way(struct prop *prop, const struct medication *medication)
{
	for (uint32_t i = 0; i < medication->line_count; i++) {
		int before = 0;
		for (int64_t day = FIRST_DAY - 20; day < FIRST_DAY + 2 * DAYS; day++) {
			const enum medication_state state = medication_line_on(medication, i, day);
			if (!medication_is_root(&medication->lines[i].version, i) || state >= MEDICATION_VOID)
				break;
			if (stage(state) < before)
				return prop_fail(
				        prop, "line %u goes back to %s", i, medication_state_name(state));
			before = stage(state);
		}
	}
	return true;
}

static bool medication_is_a_function_of_its_facts(struct prop *prop)
{
	struct world world = {0};
	struct medication medication;
	struct medication_item items[MEDICATION_ITEMS_MAX];
	uint32_t left_out;
	uint32_t order[FACTS];
	const uint32_t wanted = prop_below(prop, FACTS + 1);
	while (world.count < wanted)
		make_fact(prop, &world);
	for (uint32_t i = 0; i < FACTS; i++)
		order[i] = i;
	derive(&world, order, &medication);
	bool holds = nothing_vanishes(prop, &world, &medication) && doubles_are_told(prop, &medication) &&
	        lines_go_one_way(prop, &medication) &&
	        medication_items(&medication, items, &left_out) <= MEDICATION_ITEMS_MAX;
	medication_close(&medication);
	holds = holds && same_in_another_order(prop, &world, order);
	arena_close(&world.arena);
	return holds;
}

int main(void)
{
	return prop_holds("medication", medication_is_a_function_of_its_facts, 1000) ? 0 : 1;
}
