/* What wants a person's attention: facts of documents, items of a day, their names and order; open conflicts among them (node/work). */
#include "tests/lib/check.h"

#include "crdt/base/err.h"
#include "crdt/mpack.h"
#include "node/work/conflicts.h"
#include "node/work/work_later.h"
#include "tests/lib/desks.h"

static const struct record_id PATIENT = {{9}}, ITEM = {{4, 1}}, OTHER_ITEM = {{4, 2}};
enum { TODAY = 20000 };

static struct work_facts facts_of(struct desks *desks, int who)
{
	struct work_facts facts = {0};
	const struct digest_source view = desks_view(desks, who);
	work_facts_of(&view, &facts);
	return facts;
}

static struct work_items items_of(const struct work_facts *facts, int32_t today)
{
	struct work_items items = {0};
	work_items_add(&items, facts, SCHEMA_DOC_DOSSIER, &PATIENT, today);
	work_items_sort(&items);
	return items;
}

static void check_words(struct span words, const char *want)
{
	if (words.size != strlen(want) || memcmp(words.data, want, words.size) != 0)
		fail_msg("\"%.*s\" should be \"%s\"", (int)words.size, (const char *)words.data, want);
}

/* ---- Conflicts ---- */

/* A referent whom everybody knows, and a care-plan item whose state two change apart. */
static void part_about_state(struct desks *desks)
{
	desks_open(desks, SCHEMA_DOC_DOSSIER, PATIENT);
	desks_save(desks, 0, SCHEMA_PATIENT, PATIENT,
	        "{\"lastName\":\"Le Goff\",\"referent\":\"010000000000\"}", NULL);
	desks_save(desks, 0, SCHEMA_INTERVENTION, ITEM, "{\"state\":\"active\"}", NULL);
	desks_meet(desks);
	desks_save(desks, 0, SCHEMA_INTERVENTION, ITEM, "{\"state\":\"ended\"}", "healed");
	desks_save(desks, 1, SCHEMA_INTERVENTION, ITEM, "{\"state\":\"suspended\"}", "hospital");
}

static void what_two_wrote_apart_is_work_at_both(void **state)
{
	struct desks desks;
	uint8_t ids[2][WORK_ID_BYTES];
	(void)state;
	part_about_state(&desks);
	for (int who = 0; who < 2; who++) {
		struct work_facts before = facts_of(&desks, who);
		assert_int_equal(before.count, 0); /* nobody knows of the other's yet */
		work_facts_close(&before);
	}
	desks_meet(&desks);
	for (int who = 0; who < 2; who++) {
		struct work_facts facts = facts_of(&desks, who);
		struct work_items items = items_of(&facts, TODAY);
		assert_int_equal(items.count, 1);
		assert_int_equal(items.items[0].urgency, WORK_NOW);
		check_words(items.items[0].fact->en,
		        "Care-plan item: State has 2 different values, to be settled");
		const struct work_reader referent = desks_reader(0), other = desks_reader(1);
		assert_true(work_is_for(&items.items[0], &referent));
		assert_false(work_is_for(&items.items[0], &other));
		memcpy(ids[who], items.items[0].id, WORK_ID_BYTES);
		work_items_close(&items);
		work_facts_close(&facts);
	}
	assert_memory_equal(ids[0], ids[1], WORK_ID_BYTES);
	assert_true(conflicts_any_safety(desks.docs[0]));
	desks_save(&desks, 1, SCHEMA_INTERVENTION, ITEM, "{\"state\":\"suspended\"}", "asked the hospital");
	desks_meet(&desks);
	struct work_facts settled = facts_of(&desks, 0);
	assert_int_equal(settled.count, 0);
	assert_false(conflicts_any_safety(desks.docs[0]));
	work_facts_close(&settled);
	desks_close(&desks);
}

/* The same value written twice, what one wrote after she saw the other's, a text, a set. */
static void what_asks_nobody_is_no_work(void **state)
{
	struct desks desks;
	(void)state;
	part_about_state(&desks);
	desks_save(&desks, 2, SCHEMA_PATIENT, PATIENT, "{\"phone\":\"0240\",\"circle\":[\"010000000000\"]}",
	        NULL);
	desks_save(&desks, 1, SCHEMA_PATIENT, PATIENT, "{\"phone\":\"0240\",\"circle\":[\"020000000000\"]}",
	        NULL);
	desks_save(&desks, 2, SCHEMA_INTERVENTION, OTHER_ITEM,
	        "{\"action\":\"carers\",\"detail\":\"Every day\"}", NULL);
	desks_give(&desks, 2, 0);
	desks_save(&desks, 0, SCHEMA_INTERVENTION, OTHER_ITEM, "{\"detail\":\"Every other day\"}", NULL);
	desks_meet(&desks);
	struct work_facts facts = facts_of(&desks, 2);
	assert_int_equal(facts.count, 1); /* the state */
	work_facts_close(&facts);
	desks_close(&desks);
}

static void an_ordinary_field_is_a_note(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_DOSSIER, PATIENT);
	desks_save(&desks, 0, SCHEMA_PATIENT, PATIENT, "{\"phone\":\"0240\"}", NULL);
	desks_save(&desks, 1, SCHEMA_PATIENT, PATIENT, "{\"phone\":\"0250\"}", NULL);
	desks_save(&desks, 2, SCHEMA_PATIENT, PATIENT, "{\"phone\":\"0240\"}", NULL);
	desks_meet(&desks);
	struct work_facts facts = facts_of(&desks, 1);
	struct work_items items = items_of(&facts, TODAY);
	assert_int_equal(items.count, 1);
	assert_int_equal(items.items[0].urgency, WORK_NOTE);
	check_words(items.items[0].fact->fr, "Patient : Téléphone a 2 valeurs différentes, à départager");
	assert_false(conflicts_any_safety(desks.docs[1]));
	const struct work_reader anybody = desks_reader(2);
	assert_true(work_is_for(&items.items[0], &anybody)); /* there is no referent */
	work_items_close(&items);
	work_facts_close(&facts);
	desks_close(&desks);
}

/* ---- Days, order, names ---- */

static struct work_fact *fact_with(struct work_facts *facts, const char *key, int32_t day)
{
	struct work_fact *fact = work_add(facts, 1);
	fact->key = work_keep(facts, span_text(key));
	fact->day = day;
	return fact;
}

static void a_fact_is_more_urgent_as_its_day_comes(void **state)
{
	struct work_facts facts = {0};
	struct work_fact *fact = fact_with(&facts, "a", TODAY + 10);
	static const struct {
		int32_t today;
		uint32_t count;
		enum work_urgency urgency;
	} days[] = {{TODAY - 1, 0, 0}, {TODAY, 1, WORK_NOTE}, {TODAY + 5, 1, WORK_SOON},
	        {TODAY + 9, 1, WORK_NOW}, {TODAY + 12, 1, WORK_NOW}, {TODAY + 13, 0, 0}};
	(void)state;
	fact->note = TODAY;
	fact->soon = TODAY + 5;
	fact->now = TODAY + 9;
	fact->until = TODAY + 12;
	for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++) {
		struct work_items items = items_of(&facts, days[i].today);
		assert_int_equal(items.count, days[i].count);
		if (items.count)
			assert_int_equal(items.items[0].urgency, days[i].urgency);
		work_items_close(&items);
	}
	work_facts_close(&facts);
}

static void items_stand_by_urgency_and_day(void **state)
{
	struct work_facts facts = {0};
	(void)state;
	fact_with(&facts, "no day", WORK_NO_DAY);
	fact_with(&facts, "late", TODAY + 9);
	fact_with(&facts, "early", TODAY + 2);
	fact_with(&facts, "urgent", WORK_NO_DAY);
	facts.items[3].now = TODAY;
	struct work_items items = items_of(&facts, TODAY);
	static const char *const order[] = {"urgent", "early", "late", "no day"};
	assert_int_equal(items.count, 4);
	for (uint32_t i = 0; i < 4; i++)
		check_words(items.items[i].fact->key, order[i]);
	work_items_close(&items);
	work_facts_close(&facts);
}

static void whose_it_is_and_who_did_it(void **state)
{
	struct work_facts facts = {0};
	const struct work_reader reader = desks_reader(0), other = desks_reader(1);
	struct work_fact *fact = fact_with(&facts, "read", WORK_NO_DAY);
	(void)state;
	fact->done_by = work_feed(&facts, reader.feeds);
	fact->whose = WORK_PERSON;
	fact->person = work_keep(&facts, span_of(other.person.bytes, SCHEMA_SHORT_BYTES));
	struct work_items items = items_of(&facts, TODAY);
	assert_true(work_is_done_by(&items.items[0], &reader));
	assert_false(work_is_done_by(&items.items[0], &other));
	assert_true(work_is_for(&items.items[0], &other));
	assert_false(work_is_for(&items.items[0], &reader));
	fact->whose = WORK_AUTHOR;
	fact->person = work_feed(&facts, reader.feeds);
	assert_true(work_is_for(&items.items[0], &reader));
	assert_false(work_is_for(&items.items[0], &other));
	work_items_close(&items);
	work_facts_close(&facts);
}

static void facts_and_words_are_bounded(void **state)
{
	struct work_facts facts = {0};
	char letters[1000] = "";
	(void)state;
	for (uint32_t i = 0; i < WORK_FACTS_MAX + 3; i++)
		work_add(&facts, 1);
	assert_int_equal(facts.count, WORK_FACTS_MAX);
	assert_int_equal(facts.left_out, 3);
	assert_non_null(work_add(&facts, 2)); /* another source's */
	for (int i = 0; i < 400; i++)
		memcpy(letters + 1 + 2 * i, "é", 3);
	letters[0] = 'a';
	struct span words = work_words(&facts, "%s", letters);
	assert_int_equal(
	        words.size, WORK_WORDS_BYTES_MAX - 1); /* the letter that did not fit is left out whole */
	work_facts_close(&facts);
}

/* ---- Not before ---- */

static void what_is_put_off_comes_back(void **state)
{
	struct work_facts facts = {0};
	struct work_later later = {0}, again;
	struct buf row = {0};
	(void)state;
	fact_with(&facts, "a", WORK_NO_DAY)->now = TODAY + 5;
	struct work_items items = items_of(&facts, TODAY);
	assert_int_equal(
	        work_later_put(&later, &items.items[0], TODAY + WORK_LATER_DAYS_MAX + 1, TODAY), ERR_INVALID);
	check_ok(work_later_put(&later, &items.items[0], TODAY + 9, TODAY));
	check_ok(work_later_put(&later, &items.items[0], TODAY + 10, TODAY)); /* once */
	assert_int_equal(later.count, 1);
	work_later_write(&later, &row);
	work_later_read(buf_span(&row), &again);
	assert_int_equal(work_later_until(&again, &items.items[0], TODAY), TODAY + 10);
	assert_int_equal(work_later_until(&again, &items.items[0], TODAY + 10), WORK_NO_DAY);
	work_items_close(&items);
	items = items_of(&facts, TODAY + 5); /* urgent now, which it was not */
	assert_int_equal(work_later_until(&again, &items.items[0], TODAY + 5), WORK_NO_DAY);
	assert_int_equal(work_later_put(&again, &items.items[0], TODAY + 7, TODAY + 5), ERR_INVALID);
	check_ok(work_later_put(&again, &items.items[0], TODAY + 6, TODAY + 5));
	assert_int_equal(work_later_until(&again, &items.items[0], TODAY + 5), TODAY + 6);
	check_ok(work_later_put(&again, &items.items[0], TODAY + 5, TODAY + 5)); /* to be seen at once */
	assert_int_equal(again.count, 0);
	work_later_close(&again);
	for (size_t size = 0; size < row.size; size++) {
		work_later_read(span_of(row.data, size), &again);
		assert_int_equal(again.count, 0);
	}
	work_items_close(&items);
	work_facts_close(&facts);
	work_later_close(&later);
	buf_close(&row);
}

static void as_many_are_put_off_as_a_row_holds(void **state)
{
	struct work_facts facts = {0};
	struct work_later later = {0};
	(void)state;
	fact_with(&facts, "a", WORK_NO_DAY);
	struct work_items items = items_of(&facts, TODAY);
	for (uint32_t i = 0; i < WORK_LATER_MAX + 1; i++) {
		memcpy(items.items[0].id, &i, sizeof(i));
		check_ok(work_later_put(&later, &items.items[0], TODAY + (i == 3 ? 1 : 2), TODAY));
	}
	assert_int_equal(later.count, WORK_LATER_MAX);
	for (uint32_t i = 0; i < later.count; i++)
		assert_int_equal(later.rows[i].until, TODAY + 2); /* the one whose day comes first gave way */
	work_items_close(&items);
	work_facts_close(&facts);
	work_later_close(&later);
}

/* ---- As bytes ---- */

static void a_part_there_and_back(void **state)
{
	struct desks desks;
	struct buf bytes = {0}, again = {0};
	struct work_facts back;
	(void)state;
	part_about_state(&desks);
	desks_meet(&desks);
	struct work_facts facts = facts_of(&desks, 0);
	facts.left_out = 7;
	facts.seen = TODAY - 1;
	facts.items[0].day = TODAY;
	facts.items[0].whose = WORK_AUTHOR;
	facts.items[0].person = work_feed(&facts, desks_reader(1).feeds);
	work_part_put(&facts, &bytes);
	check_ok(work_part_get(buf_span(&bytes), &back));
	work_part_put(&back, &again);
	assert_true(span_eq(buf_span(&bytes), buf_span(&again)));
	assert_int_equal(back.left_out, 7);
	assert_int_equal(back.seen, TODAY - 1);
	assert_int_equal(back.items[0].now, WORK_ALWAYS);
	assert_int_equal(back.items[0].until, WORK_NEVER);
	assert_true(span_eq(back.items[0].fr, facts.items[0].fr));
	work_facts_close(&back);
	for (size_t size = 0; size < bytes.size; size++) /* cut anywhere: nothing, and no harm */
		assert_true(work_part_get(span_of(bytes.data, size), &back) < 0 && back.count == 0);
	for (size_t at = 0; at < bytes.size; at++) { /* damaged anywhere */
		bytes.data[at] ^= 0x55;
		if (work_part_get(buf_span(&bytes), &back) == 0)
			work_facts_close(&back);
		bytes.data[at] ^= 0x55;
	}
	bytes.data[1] = 9; /* another format */
	assert_int_equal(work_part_get(buf_span(&bytes), &back), ERR_VERSION);
	work_facts_close(&facts);
	buf_close(&bytes);
	buf_close(&again);
	desks_close(&desks);
}

/* ---- At rest ---- */

static void routine_rests_with_a_patient_whom_nobody_sees(void **state)
{
	(void)state;
	assert_true(work_rests(WORK_REASSESS, TODAY - WORK_REST_DAYS - 1, TODAY));
	assert_false(work_rests(WORK_REASSESS, TODAY - WORK_REST_DAYS, TODAY));
	assert_false(work_rests(
	        WORK_REASSESS, WORK_NEVER_SEEN, TODAY)); /* she was admitted, and nobody went yet */
	assert_false(work_rests(WORK_REASSESS, TODAY + 400, TODAY)); /* by a clock that was wrong */
	static const uint32_t never[] = {WORK_CONFLICT, WORK_TRANSMISSION, WORK_DOSES, WORK_MEASURE,
	        WORK_SIGNOFF, WORK_ANSWER_DUE, WORK_JOINED_DISPUTED};
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		assert_false(work_rests(never[i], 1, TODAY));
}

static void every_source_has_its_own_number_and_name(void **state)
{
	(void)state;
	for (const struct work_source *source = work_sources; source->number; source++) {
		assert_ptr_equal(work_source(source->number), source);
		assert_true(source->label.fr && source->label.en);
		for (const struct work_source *other = source + 1; other->number; other++)
			assert_string_not_equal(source->name, other->name);
	}
	assert_null(work_source(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_two_wrote_apart_is_work_at_both),
	        cmocka_unit_test(what_asks_nobody_is_no_work),
	        cmocka_unit_test(an_ordinary_field_is_a_note),
	        cmocka_unit_test(a_fact_is_more_urgent_as_its_day_comes),
	        cmocka_unit_test(items_stand_by_urgency_and_day),
	        cmocka_unit_test(whose_it_is_and_who_did_it),
	        cmocka_unit_test(facts_and_words_are_bounded),
	        cmocka_unit_test(what_is_put_off_comes_back),
	        cmocka_unit_test(as_many_are_put_off_as_a_row_holds),
	        cmocka_unit_test(a_part_there_and_back),
	        cmocka_unit_test(routine_rests_with_a_patient_whom_nobody_sees),
	        cmocka_unit_test(every_source_has_its_own_number_and_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
