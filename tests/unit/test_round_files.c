/* The round of a patient with several files: one visit for what two of them plan, and for what was said of it in each before they were joined. */
#include "tests/lib/check.h"

#include "node/round/round_match.h"

static const struct record_id ITEM = {{1, 1, 1, 1, 1, 1}}, OTHER_ITEM = {{2, 2, 2, 2, 2, 2}};

enum { DAY = 20500, MORNING = 16 };

static const struct record_id FIRST = {{4}}, SECOND = {{5}};

/* An item every day at eight, of one of her files. */
static struct round_item item_of(const struct record_id *file, const struct record_id *id)
{
	struct round_item item = {.file = *file, .id = *id, .gone = RECURRENCE_FOREVER};
	check_ok(recurrence_read(span_text("FREQ=DAILY;BYHOUR=8"), &item.rule));
	item.rule.begin = DAY - 2;
	return item;
}

static struct round_written written_of(const struct record_id *file, uint8_t owner, uint32_t states)
{
	struct round_written written = {.file = *file,
	        .id = round_occurrence_id(file, DAY, MORNING),
	        .has_origin = true,
	        .day = DAY,
	        .slot = MORNING,
	        .start_day = DAY,
	        .start_s = recurrence_moment(DAY, 8 * 60),
	        .states = states};
	const struct round_person person = {{owner}};
	if (owner)
		round_people_add(&written.owners, &person);
	return written;
}

static struct round_visits of_files(const struct round_item *items, uint32_t item_count,
        const struct round_written *written, uint32_t written_count)
{
	struct round_visits visits = {0};
	struct arena arena = {0};
	struct round_facts all = {0};
	for (uint32_t i = 0; i < item_count; i++)
		round_facts_join(&all, &(struct round_facts){.items = &items[i], .item_count = 1}, &arena);
	for (uint32_t i = 0; i < written_count; i++)
		round_facts_join(
		        &all, &(struct round_facts){.written = &written[i], .written_count = 1}, &arena);
	round_of_day(&all, &FIRST, DAY, NULL, 0, &visits);
	arena_close(&arena);
	return visits;
}

/* What both files plan for the morning is one visit, under one name; what is said of it stands beside the plan that it is of. */
static void what_two_files_plan_is_one_visit(void **state)
{
	const struct round_item both[] = {item_of(&FIRST, &ITEM), item_of(&SECOND, &OTHER_ITEM)};
	(void)state;
	struct round_visits visits = of_files(both, 2, NULL, 0);
	assert_int_equal(visits.count, 1);
	assert_int_equal(visits.items[0].item_count, 2);
	assert_memory_equal(&visits.items[0].dossier, &FIRST, sizeof(FIRST));
	round_visits_close(&visits);
	visits = of_files(&both[1], 1, NULL, 0);
	const struct record_id id = round_occurrence_id(&SECOND, DAY, MORNING);
	assert_memory_equal(&visits.items[0].patient, &FIRST, sizeof(FIRST));
	assert_memory_equal(&visits.items[0].dossier, &SECOND, sizeof(SECOND));
	assert_memory_equal(&visits.items[0].id, &id, sizeof(id));
	round_visits_close(&visits);
}

/* Two nurses who claimed it before the files were joined, each in the file that she knew: claimed twice, loudly; and nobody's word is lost. */
static void what_was_said_in_two_files_is_of_one_visit(void **state)
{
	const struct round_item both[] = {item_of(&FIRST, &ITEM), item_of(&SECOND, &OTHER_ITEM)};
	const struct round_written claims[] = {written_of(&FIRST, 1, 2), written_of(&SECOND, 2, 2)},
	                           cancelled[] = {written_of(&FIRST, 1, 2), written_of(&SECOND, 0, 8)},
	                           same[] = {written_of(&FIRST, 0, 2), written_of(&SECOND, 2, 2)};
	(void)state;
	struct round_visits visits = of_files(both, 2, claims, 2);
	assert_int_equal(visits.count, 1);
	assert_int_equal(visits.items[0].owners.count, 2);
	assert_true(visits.items[0].marks & ROUND_TWICE);
	assert_int_equal(visits.items[0].twin_count, 1);
	assert_memory_equal(&visits.items[0].twins[0].dossier, &SECOND, sizeof(SECOND));
	round_visits_close(&visits);
	visits = of_files(both, 2, cancelled, 2);
	assert_int_equal(visits.count, 1);
	assert_int_equal(visits.items[0].state, ROUND_PLANNED);
	assert_true(visits.items[0].marks & ROUND_DIFFERING);
	round_visits_close(&visits);
	visits = of_files(both, 2, same, 2);
	assert_int_equal(visits.items[0].owners.count, 1);
	assert_false(visits.items[0].marks & (ROUND_TWICE | ROUND_DIFFERING | ROUND_UNCLAIMED));
	/* done under either name */
	struct round_took took = {.patient = FIRST, .dossier = SECOND, .has_planned = true, .start_s = 1};
	memcpy(took.planned.bytes, same[1].id.bytes, sizeof(took.planned.bytes));
	round_match(&visits, &took, 1);
	assert_int_equal(visits.items[0].state, ROUND_DONE);
	round_visits_close(&visits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_two_files_plan_is_one_visit),
	        cmocka_unit_test(what_was_said_in_two_files_is_of_one_visit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
