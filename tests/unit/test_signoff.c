/* Sign-offs of a dossier: what was seen, what came since, two apart (node/work/signoff.h). */
#include "tests/lib/check.h"

#include "node/work/conflicts.h"
#include "node/work/signoff.h"
#include "tests/lib/desks.h"

static const struct record_id PATIENT = {{9}}, FIRST = {{61, 1}}, SECOND = {{61, 2}}, THIRD = {{61, 3}};

/* As the request of its own writes it. */
static void sign(struct desks *desks, int who, struct record_id id)
{
	struct crdt_frontier now = {0};
	struct buf state = {0};
	const struct schema_kind *kind = schema_kind(SCHEMA_SIGN_OFF);
	struct record_edit edit = {.record = {.kind = kind, .id = id}};
	crdt_frontier_of(desks->docs[who], &now);
	check_ok(signoff_state_put(&now, &state));
	schema_put(&edit.record, schema_field_named(kind, span_text("at")))->number = 1700000000;
	schema_put(&edit.record, schema_field_named(kind, span_text("state")))->bytes = buf_span(&state);
	desks_write(desks, who, &edit, NULL, NULL);
	crdt_frontier_close(&now);
	buf_close(&state);
}

static void set(struct desks *desks, int who, const char *allergies)
{
	char json[100];
	snprintf(json, sizeof(json), "{\"allergies\":\"%s\"}", allergies);
	desks_save(desks, who, SCHEMA_PATIENT, PATIENT, json, "asked");
}

static const struct signoff *find(const struct signoffs *signoffs, struct record_id id)
{
	for (uint32_t i = 0; i < signoffs->count; i++)
		if (record_id_eq(&signoffs->items[i].id, &id))
			return &signoffs->items[i];
	fail_msg("the sign-off is not there");
	return NULL;
}

/* The same on everybody's device. */
static void check_signoff(struct desks *desks, struct record_id id, bool is_replaced, bool has_changed,
        uint32_t conflicts_since)
{
	for (int who = 0; who < DESKS; who++) {
		const struct digest_source view = desks_view(desks, who);
		struct signoffs signoffs;
		signoffs_of(&view, &signoffs);
		const struct signoff *signoff = find(&signoffs, id);
		assert_int_equal(signoff->is_replaced, is_replaced);
		assert_int_equal(signoff->has_changed, has_changed);
		assert_int_equal(signoff->conflicts_since, conflicts_since);
		signoffs_close(&signoffs);
	}
}

/* Whose work a sign-off is that was overtaken; none: -1. */
static int overtaken_of(struct desks *desks, int who)
{
	const struct digest_source view = desks_view(desks, who);
	struct work_facts facts = {0};
	struct work_items items = {0};
	int found = -1;
	work_facts_of(&view, &facts);
	work_items_add(&items, &facts, SCHEMA_DOC_DOSSIER, &PATIENT, 20000);
	for (uint32_t i = 0; i < items.count; i++)
		for (int reader = 0; items.items[i].fact->source == WORK_SIGNOFF && reader < DESKS;
		        reader++) {
			const struct work_reader one = desks_reader(reader);
			if (work_is_for(&items.items[i], &one))
				found = reader;
		}
	work_items_close(&items);
	work_facts_close(&facts);
	return found;
}

static void what_came_after_it_is_told(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_DOSSIER, PATIENT);
	set(&desks, 0, "latex");
	desks_meet(&desks);
	sign(&desks, 0, FIRST);
	desks_meet(&desks);
	check_signoff(&desks, FIRST, false, false, 0);
	desks_save(&desks, 1, SCHEMA_PATIENT, PATIENT, "{\"phone\":\"0240\"}", NULL);
	desks_meet(&desks);
	check_signoff(&desks, FIRST, false, true, 0);
	assert_int_equal(overtaken_of(&desks, 2), -1); /* a phone number is no reason to sign again */
	sign(&desks, 2, SECOND);
	desks_meet(&desks);
	check_signoff(&desks, FIRST, true, true, 0);
	check_signoff(&desks, SECOND, false, false, 0);
	desks_close(&desks);
}

/* Bea wrote before Anna signed, on a device that was apart: Anna did not see it. */
static void a_conflict_that_was_on_its_way_marks_it(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_DOSSIER, PATIENT);
	set(&desks, 0, "latex");
	desks_meet(&desks);
	set(&desks, 1, "pollen");
	set(&desks, 0, "latex, iode");
	assert_false(conflicts_any_safety(desks.docs[0]));
	sign(&desks, 0, FIRST);
	desks_meet(&desks);
	check_signoff(&desks, FIRST, false, true, 1);
	for (int who = 0; who < DESKS; who++)
		assert_int_equal(overtaken_of(&desks, who), 0); /* Anna's */
	set(&desks, 2, "latex, iode, pollen");
	desks_meet(&desks);
	check_signoff(&desks, FIRST, false, true, 0); /* settled since: changed, and nothing is open */
	assert_int_equal(overtaken_of(&desks, 0), -1);
	sign(&desks, 0, SECOND);
	desks_meet(&desks);
	check_signoff(&desks, SECOND, false, false, 0);
	desks_close(&desks);
}

static void two_who_sign_apart_both_stand(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_DOSSIER, PATIENT);
	set(&desks, 0, "latex");
	desks_meet(&desks);
	sign(&desks, 0, FIRST);
	sign(&desks, 1, SECOND);
	desks_meet(&desks);
	check_signoff(&desks, FIRST, false, false, 0);
	check_signoff(&desks, SECOND, false, false, 0);
	sign(&desks, 2, THIRD); /* she saw both */
	desks_meet(&desks);
	check_signoff(&desks, FIRST, true, false, 0);
	check_signoff(&desks, SECOND, true, false, 0);
	check_signoff(&desks, THIRD, false, false, 0);
	desks_close(&desks);
}

/* A patched program does not refuse: it is seen for what it is. */
static void one_given_in_spite_of_a_conflict_is_counted_apart(void **state)
{
	struct desks desks;
	struct signoffs signoffs;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_DOSSIER, PATIENT);
	set(&desks, 0, "latex");
	set(&desks, 1, "pollen");
	desks_meet(&desks);
	sign(&desks, 1, FIRST);
	desks_meet(&desks);
	const struct digest_source view = desks_view(&desks, 0);
	signoffs_of(&view, &signoffs);
	assert_int_equal(find(&signoffs, FIRST)->conflicts_seen, 1);
	assert_int_equal(find(&signoffs, FIRST)->conflicts_since, 0);
	signoffs_close(&signoffs);
	desks_close(&desks);
}

static void a_state_that_makes_no_sense_is_none(void **state)
{
	struct crdt_frontier frontier = {0}, back;
	struct buf bytes = {0}, again = {0};
	const struct feed_id feeds[] = {{{3}}, {{1}}, {{2, 7}}};
	(void)state;
	for (uint64_t i = 0; i < 3; i++)
		crdt_frontier_raise(&frontier, &feeds[i], 300 * i + 1);
	check_ok(signoff_state_put(&frontier, &bytes));
	assert_true(signoff_state_get(buf_span(&bytes), &back));
	check_ok(signoff_state_put(&back, &again));
	assert_true(span_eq(buf_span(&bytes), buf_span(&again)));
	crdt_frontier_close(&back);
	for (size_t size = 0; size < bytes.size; size++)
		assert_false(signoff_state_get(span_of(bytes.data, size), &back));
	bytes.data[1] = 9; /* not ascending any more */
	assert_false(signoff_state_get(buf_span(&bytes), &back));
	crdt_frontier_close(&frontier);
	buf_close(&bytes);
	buf_close(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_came_after_it_is_told),
	        cmocka_unit_test(a_conflict_that_was_on_its_way_marks_it),
	        cmocka_unit_test(two_who_sign_apart_both_stand),
	        cmocka_unit_test(one_given_in_spite_of_a_conflict_is_counted_apart),
	        cmocka_unit_test(a_state_that_makes_no_sense_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
