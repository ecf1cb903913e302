/* Digests of many dossiers, made ahead: in bounded steps, from bodies gathered in the order of the log, on the disk as they come. */
#include "tests/lib/check.h"

#include "node/node_digest.h"
#include "node/node_state.h"
#include "tests/lib/imported.h"

enum { PATIENTS = 80, VISITS = 400 };
static const int64_t JANUARY_S = INT64_C(1767258000);

/* Visits of all, a day apart: the events of one dossier stand in many runs. */
static void import_all(struct imported *imported)
{
	imported_open(imported);
	for (unsigned i = 0; i < PATIENTS; i++)
		imported_patient(imported, i, JANUARY_S);
	for (unsigned i = 0; i < VISITS; i++)
		imported_visit(imported, i, i * 7 % PATIENTS, JANUARY_S + (int64_t)i * 86400);
	imported_settle(imported);
	check_ok(node_checkpoint(imported->device.node, true));
	imported_settle(imported);
}

static uint32_t reads(struct node *node)
{
	return node->digest_plan.events.count;
}

static void they_are_as_if_each_were_made_alone(void **state)
{
	(void)state;
	struct imported imported;
	struct buf alone = {0};
	import_all(&imported);
	struct node *node = imported.device.node;
	uint32_t gathered = 0, compared = 0;
	assert_int_equal(node_digest_missing(node), PATIENTS);
	for (uint32_t left = PATIENTS; left > 0;) { /* a step at a time */
		left = node_digest_ahead(node, 1, 0);
		gathered = reads(node) > gathered ? reads(node) : gathered;
	}
	assert_true(gathered >= VISITS); /* they were made of what was gathered */
	assert_int_equal(reads(node), 0); /* which stays no longer than it has to */
	for (uint32_t i = 0; i < docs_count(node->docs); i++) {
		struct span digest = {NULL, 0};
		bool is_final;
		if (docs_kind(node->docs, i) != SCHEMA_DOC_DOSSIER)
			continue;
		buf_clear(&alone);
		assert_true(node_digest_make(node, i, &alone, &is_final));
		assert_true(is_final && digests_get(node->digests, node->docs, i, &digest));
		check_span(digest, buf_span(&alone));
		compared++;
	}
	assert_int_equal(compared, PATIENTS);
	buf_close(&alone);
	imported_close(&imported);
}

static void what_was_made_before_a_crash_is_there_after_it(void **state)
{
	(void)state;
	struct imported imported;
	import_all(&imported);
	while (node_digest_ahead(imported.device.node, 10, 0) > PATIENTS / 2)
		;
	check_ok(node_checkpoint(imported.device.node, true));
	imported_settle(&imported);
	const uint32_t left = node_digest_missing(imported.device.node);
	assert_true(left > 0 && left <= PATIENTS / 2);
	device_crash(&imported.device, &imported.loop);
	assert_int_equal(node_digest_missing(imported.device.node), left);
	imported_close(&imported);
}

/* A change in between: its digest is made again, the others are not. */
static void what_changes_meanwhile_is_made_again(void **state)
{
	(void)state;
	struct imported imported;
	import_all(&imported);
	struct node *node = imported.device.node;
	while (node_digest_ahead(node, 10, 0) > PATIENTS / 2)
		;
	imported_visit(&imported, VISITS, 0, JANUARY_S);
	imported_settle(&imported);
	while (node_digest_ahead(node, 10, 0) > 0)
		;
	assert_int_equal(node_digest_missing(node), 0);
	imported_visit(&imported, VISITS + 1, 0, JANUARY_S);
	imported_settle(&imported);
	assert_int_equal(node_digest_missing(node), 1);
	imported_close(&imported);
}

static void an_order_to_erase_leaves_nothing_of_what_was_gathered(void **state)
{
	(void)state;
	struct imported imported;
	import_all(&imported);
	struct node *node = imported.device.node;
	while (node->digest_plan.stage != NODE_DIGEST_MAKING)
		node_digest_ahead(node, 1, 0);
	assert_true(reads(node) > 0);
	const struct record_id erased = docs_id(node->docs, docs_count(node->docs) - 1);
	check_ok(node_erase(node, &erased, KEY_REASON_REQUEST, NULL, NULL));
	assert_int_equal(reads(node), 0);
	imported_close(&imported);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(they_are_as_if_each_were_made_alone),
	        cmocka_unit_test(what_was_made_before_a_crash_is_there_after_it),
	        cmocka_unit_test(what_changes_meanwhile_is_made_again),
	        cmocka_unit_test(an_order_to_erase_leaves_nothing_of_what_was_gathered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
