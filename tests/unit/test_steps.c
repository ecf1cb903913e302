/*
 * What one member writes into a dossier costs every other device as many steps as there are facts, times a logarithm: never their square. Steps are counted, not
 * timed: the files that put a dossier together are compiled here with a call at each basic block.
 */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/mem.h"
#include "node/medication/items.h"
#include "node/medication/medication_json.h"
#include "node/round/round_match.h"
#include "node/visit/threads_choose.h"
#include "node/vitals/vitals_json.h"
#include "node/wounds/wounds_json.h"
#include "node/work/conflicts.h"

static uint64_t steps;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
	steps++;
}

enum { FEW = 250, TIMES = 8, MEASURES = 4 };

/* ---- Facts ------------------------------------------------------------------------------------------------------- */

struct many {
	struct arena arena;
	fact_taker take;
	void *context;
	uint32_t written;
};

static struct record_id id_of(enum schema_kind_number kind, uint32_t number)
{
	return (struct record_id){
	        {(uint8_t)kind, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
}

static struct span short_of(struct many *many, enum schema_kind_number kind, uint32_t number)
{
	const struct record_id id = id_of(kind, number);
	return arena_span(&many->arena, span_of(id.bytes, SCHEMA_SHORT_BYTES));
}

static struct fact a_fact(
        struct many *many, struct schema_record *record, enum schema_kind_number kind, uint32_t number)
{
	*record = (struct schema_record){.kind = schema_kind(kind)};
	many->written++;
	return (struct fact){{.id = id_of(kind, number),
	                             .op = {{{1}}, many->written, 0},
	                             .hlc = (uint64_t)many->written << 16},
	        record};
}

static struct schema_value *put(struct schema_record *record, uint32_t field)
{
	return schema_put(record, schema_field(record->kind, field));
}

static void put_bytes(struct schema_record *record, uint32_t field, struct span bytes)
{
	put(record, field)->bytes = bytes;
}

static void put_number(struct schema_record *record, uint32_t field, int64_t number)
{
	put(record, field)->number = number;
}

/* ---- Medication: each prescription renews the one before it, has a line of the same drug, a stop and a dose; reviews cite doses -------- */

static void add_medication(struct many *many, uint32_t number)
{
	struct schema_record record;
	struct fact fact = a_fact(many, &record, SCHEMA_PRESCRIPTION, number);
	put_bytes(&record, 1, span_text("Dr Haddad"));
	put_number(&record, 3, 20000 + number % 7);
	if (number)
		put_bytes(&record, 11, short_of(many, SCHEMA_PRESCRIPTION, number - 1));
	many->take(many->context, &fact);
	fact = a_fact(many, &record, SCHEMA_PRESCRIPTION_LINE, number);
	put_bytes(&record, 1, short_of(many, SCHEMA_PRESCRIPTION, number));
	put_bytes(&record, 2, span_text(number % 2 ? "Bisoprolol" : "Ramipril"));
	put_bytes(&record, 5, span_text("1 matin"));
	many->take(many->context, &fact);
	fact = a_fact(many, &record, SCHEMA_PRESCRIPTION_STOP, number);
	put_bytes(&record, 1, short_of(many, SCHEMA_PRESCRIPTION, number / 2));
	put_number(&record, 3, 20100);
	many->take(many->context, &fact);
	fact = a_fact(many, &record, SCHEMA_DOSE, number);
	put_bytes(&record, 1, short_of(many, SCHEMA_PRESCRIPTION_LINE, number));
	put_number(&record, 2, MEDICATION_GIVEN);
	put_number(&record, 3, (20000 + number / 2) * INT64_C(86400) + 8 * 3600);
	many->take(many->context, &fact);
	fact = a_fact(many, &record, SCHEMA_MEDICATION_REVIEW, number);
	put_number(&record, 1, 1);
	put_number(&record, 3, 0);
	uint8_t cited[2 * SCHEMA_SHORT_BYTES];
	memcpy(cited, id_of(SCHEMA_DOSE, 0).bytes,
	        SCHEMA_SHORT_BYTES); /* all of them the first, and one more */
	memcpy(cited + SCHEMA_SHORT_BYTES, id_of(SCHEMA_DOSE, number).bytes, SCHEMA_SHORT_BYTES);
	put_bytes(&record, 5, arena_span(&many->arena, span_of(cited, sizeof(cited))));
	many->take(many->context, &fact);
}

static void medication_of(struct many *many, uint32_t count)
{
	struct medication medication = {0};
	many->take = medication_add;
	many->context = &medication;
	for (uint32_t i = 0; i < count; i++)
		add_medication(many, i);
	medication_derive(&medication);
	json_t *json = medication_json(&medication, 20010, 0);
	assert_int_equal(json_array_size(json_object_get(json, "prescriptions")), count);
	json_decref(json);
	medication_close(&medication);
}

/* ---- A line that is corrected again and again -------------------------------------------------------------------- */

static void corrections_of(struct many *many, uint32_t count)
{
	struct medication medication = {0};
	struct schema_record record;
	many->take = medication_add;
	many->context = &medication;
	for (uint32_t i = 0; i < count; i++) {
		struct fact fact = a_fact(many, &record, SCHEMA_PRESCRIPTION_LINE, i);
		put_bytes(&record, 2, span_text("Bisoprolol"));
		put_bytes(&record, 5, span_text("1 matin"));
		fact.head.is_correction = i > 0;
		fact.head.corrects = (struct op_id){{{1}}, i % 2 ? 1 : i, 0};
		many->take(many->context, &fact);
	}
	medication_derive(&medication);
	json_t *json = medication_json(&medication, 20010, 0);
	assert_int_equal(json_array_size(json_object_get(json, "withoutPrescription")), 1);
	json_decref(json);
	medication_close(&medication);
}

/* ---- Vitals: measures, and an opinion about each ----------------------------------------------------------------- */

static void vitals_of_many(struct many *many, uint32_t count)
{
	static const struct schema_measure pulse = {.vital = 1, .value = 70};
	struct vitals vitals = {0};
	struct schema_record record;
	for (uint32_t i = 0; i < count; i++) {
		struct fact fact = a_fact(many, &record, SCHEMA_VITAL, i);
		struct schema_value *value = put(&record, 1);
		value->measures = &pulse;
		value->measure_count = 1;
		put_number(&record, 2, 20000 * INT64_C(86400) + i);
		vitals_add(&vitals, &fact);
		fact = a_fact(many, &record, SCHEMA_VITAL_DOUBT, i);
		put_bytes(&record, 1, short_of(many, SCHEMA_VITAL, i));
		value = put(&record, 3);
		value->measures = &pulse;
		value->measure_count = 1;
		vitals_add(&vitals, &fact);
	}
	vitals_derive(&vitals);
	json_t *json = vitals_json(&vitals, 0, 0, 30000);
	for (uint32_t i = 0; i < vitals.value_count; i++)
		assert_int_equal(vitals.values[i].opinion, VITALS_SUSPECT);
	assert_int_equal(vitals.value_count, count);
	json_decref(json);
	vitals_close(&vitals);
}

/* ---- Wounds: checks of one, the latest first ---------------------------------------------------------------------- */

static void wounds_of_many(struct many *many, uint32_t count)
{
	struct wounds wounds = {0};
	struct schema_record record;
	int64_t found = 0;
	wounds.wounds = mem_room(NULL, 0, &wounds.wound_room, sizeof(*wounds.wounds));
	wounds.wounds[wounds.wound_count++] = (struct wounds_wound){
	        .id = id_of(SCHEMA_WOUND, 1), .is_open = true};
	for (uint32_t i = 0; i < count; i++) {
		struct fact fact = a_fact(many, &record, SCHEMA_WOUND_CHECK, i);
		put_bytes(&record, 1, short_of(many, SCHEMA_WOUND, 1));
		put_number(&record, 2, (20000 + (int64_t)(count - i)) * 86400 / MEASURES);
		wounds_add(&wounds, &fact);
	}
	wounds_derive(&wounds);
	assert_int_equal(wounds.wounds[0].count, count);
	for (uint32_t i = 0; i < count; i++)
		found += wounds_week_before(&wounds, &wounds.wounds[0], i) != WOUNDS_NONE;
	assert_true(found > count / 2);
	wounds_close(&wounds);
}

/* ---- Transmissions, of many authors and readers ------------------------------------------------------------------- */

static void transmissions_of_many(struct many *many, uint32_t count)
{
	struct transmission *items = mem_zero(count, sizeof(*items));
	struct threads threads = {0};
	(void)many;
	for (uint32_t i = 0; i < count; i++)
		items[i] = (struct transmission){.id = id_of(SCHEMA_TRANSMISSION, i),
		        .saved_ms = i,
		        .urgency = 1 + i % 3,
		        .author = (uint16_t)(i % 16)};
	threads_choose(&threads, items, count);
	assert_int_equal(threads.count, THREADS_MAX);
	threads_close(&threads);
	mem_free(items);
}

/* ---- A day of one patient: visits by hand, others that were moved there, and as many that took place ----------------- */

static void rounds_of_many(struct many *many, uint32_t count)
{
	static const struct round_person nobody = {{1}};
	const struct record_id patient = {{7}};
	enum { DAY = 20500 };
	struct round_written *written = mem_zero(count, sizeof(*written));
	struct round_took *took = mem_zero(count, sizeof(*took));
	struct round_absence *absences = mem_zero(count, sizeof(*absences));
	struct round_visits visits = {0};
	(void)many;
	for (uint32_t i = 0; i < count; i++) {
		written[i] = (struct round_written){.id = id_of(SCHEMA_PLANNED_VISIT, i),
		        .day = DAY,
		        .start_day = DAY,
		        .start_s = DAY * INT64_C(86400) + 30000 + i % 3600,
		        .owners = {.items = {nobody}, .count = 1}};
		took[i] = (struct round_took){.patient = patient,
		        .id = id_of(SCHEMA_VISIT, i),
		        .start_s = DAY * INT64_C(86400) + 30000 + i % 1800};
		absences[i] = (struct round_absence){
		        .id = id_of(SCHEMA_ABSENCE, i), .person = {{2}}, .from = DAY, .until = DAY + i};
	}
	const struct round_facts facts = {.written = written, .written_count = count};
	round_absences_sort(absences, count);
	round_of_day(&facts, &patient, DAY, absences, count, &visits);
	round_match(&visits, took, count);
	assert_int_equal(visits.count, count);
	for (uint32_t i = 0; i < count; i++)
		assert_true(took[i].is_laid);
	round_visits_close(&visits);
	mem_free(written);
	mem_free(took);
	mem_free(absences);
}

/* ------------------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	void (*run)(struct many *many, uint32_t count);
} DOSSIERS[] = {{"prescriptions", medication_of}, {"corrections", corrections_of},
        {"measures", vitals_of_many}, {"wound checks", wounds_of_many},
        {"transmissions", transmissions_of_many}, {"planned visits", rounds_of_many}};

static uint64_t steps_of(size_t which, uint32_t count)
{
	struct many many = {0};
	steps = 0;
	DOSSIERS[which].run(&many, count);
	arena_close(&many.arena);
	return steps;
}

/* Pairs of lines are compared up to MEDICATION_PAIRS_LINES of them, which both counts are above. */
static void eight_times_as_many_facts_cost_little_more_than_eight_times_the_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(DOSSIERS) / sizeof(*DOSSIERS); i++) {
		const uint32_t few = 4 * FEW;
		const uint64_t less = steps_of(i, few), more = steps_of(i, TIMES * few);
		print_message("%s: %llu steps for %u, %llu for %u\n", DOSSIERS[i].name,
		        (unsigned long long)less, few, (unsigned long long)more, TIMES * few);
		assert_true(less > few); /* the counting works */
		assert_true(more < less * TIMES * 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(eight_times_as_many_facts_cost_little_more_than_eight_times_the_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
