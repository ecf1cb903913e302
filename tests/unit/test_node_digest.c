/*
 * What lists need of each dossier: from memory, never older than what is shown, on every device the same.
 */
#include "tests/lib/check.h"

#include "crdt/base/err.h"
#include "node/digest/who.h"
#include "node/node_digest.h"
#include "node/node_state.h"
#include "tests/lib/pair.h"

enum { DOSSIER = SCHEMA_DOC_DOSSIER, SECTION = SCHEMA_PATIENT, NAME = 1, TOWN = 19, PATIENTS = 3 };

static const struct record_id PATIENT[PATIENTS] = {{{1, 'p'}}, {{2, 'p'}}, {{3, 'p'}}};

static void save(struct pair *pair, int device, int number, uint32_t field, const char *text)
{
	device_save(&pair->devices[device], DOSSIER, &PATIENT[number], SECTION, field, text);
	devices_run(&pair->loop, pair_saved, pair);
}

static void checkpoint(struct pair *pair, int device)
{
	check_ok(node_checkpoint(pair->devices[device].node, true));
	devices_run(&pair->loop, pair_saved, pair);
}

static void open_team(struct pair *pair)
{
	pair_open(pair, TEAM_ROLE_NURSE);
	save(pair, 0, 0, NAME, "Dùpont");
	save(pair, 0, 1, NAME, "Lœw");
	save(pair, 0, 2, NAME, "Petit");
	pair_meet(pair);
}

/* The folded lines of all, one after the other. */
static bool add_folded(void *context, const struct node_digest *digest)
{
	struct digest_who who;
	assert_true(digest_who_read(digest->part, &who));
	buf_add_span(context, who.folded);
	buf_add(context, ";", 1);
	return true;
}

static void check_list(struct device *device, const char *expected)
{
	struct buf all = {0};
	check_ok(node_digest_each(device->node, DIGEST_WHO, add_folded, &all));
	check_span(buf_span(&all), span_text(expected));
	buf_close(&all);
}

static uint32_t in_memory(struct device *device)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < docs_count(device->node->docs); i++)
		count += docs_kind(device->node->docs, i) == DOSSIER && docs_in_memory(device->node->docs, i);
	return count;
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void a_list_after_a_start_loads_no_document(void **state)
{
	(void)state;
	struct pair pair;
	open_team(&pair);
	struct device *device = &pair.devices[0];
	checkpoint(&pair, 0);
	check_list(device, "dupont;loew;petit;");
	checkpoint(&pair, 0); /* it was made since the last one */
	device_restart(device, &pair.loop);
	assert_int_equal(in_memory(device), 0);
	check_list(device, "dupont;loew;petit;");
	assert_int_equal(in_memory(device), 0);
	save(&pair, 0, 1, TOWN, "L'Haÿ");
	check_list(device, "dupont;loew\nl hay;petit;");
	assert_int_equal(in_memory(device), 1);
	pair_close(&pair);
}

/* What a colleague wrote waits for its document to be asked for (node/behind.h): the list asks for it. */
static void a_change_that_waits_is_in_the_list(void **state)
{
	(void)state;
	struct pair pair;
	open_team(&pair);
	struct device *device = &pair.devices[1];
	check_list(device, "dupont;loew;petit;");
	checkpoint(&pair, 1);
	pair_part(&pair);
	save(&pair, 0, 2, TOWN, "Brest");
	pair_meet(&pair);
	uint32_t number;
	assert_true(docs_find(device->node->docs, DOSSIER, &PATIENT[2], &number));
	assert_false(docs_in_memory(device->node->docs, number));
	check_list(device, "dupont;loew;petit\nbrest;");
	pair_close(&pair);
}

/* The list was asked for, and nothing was saved since; or it was, and the document changed afterwards without a checkpoint. */
static void a_crash_leaves_nothing_stale(void **state)
{
	(void)state;
	struct pair pair;
	open_team(&pair);
	struct device *device = &pair.devices[0];
	check_list(device, "dupont;loew;petit;");
	device_crash(device, &pair.loop);
	check_list(device, "dupont;loew;petit;");
	checkpoint(&pair, 0);
	save(&pair, 0, 0, TOWN, "Brest");
	check_list(device, "dupont\nbrest;loew;petit;");
	device_crash(device, &pair.loop);
	check_list(device, "dupont\nbrest;loew;petit;");
	checkpoint(&pair, 0);
	save(&pair, 0, 0, TOWN, "Crozon");
	checkpoint(&pair, 0); /* nobody asked in between: its row went */
	device_restart(device, &pair.loop);
	check_list(device, "dupont\ncrozon;loew;petit;");
	pair_close(&pair);
}

static void documents_made_afresh_have_digests_made_afresh(void **state)
{
	(void)state;
	struct pair pair;
	open_team(&pair);
	struct device *device = &pair.devices[0];
	check_list(device, "dupont;loew;petit;");
	checkpoint(&pair, 0);
	check_ok(node_rebuild(device->node));
	node_end_read(device->node);
	check_list(device, "dupont;loew;petit;");
	checkpoint(&pair, 0);
	device_restart(device, &pair.loop);
	check_list(device, "dupont;loew;petit;");
	pair_close(&pair);
}

/* The one who did not read anything yet, and both of what each wrote apart: whoever knows either name finds her. */
static void what_two_wrote_apart_is_all_there(void **state)
{
	(void)state;
	struct pair pair;
	struct node_digest digest;
	struct digest_who who;
	open_team(&pair);
	save(&pair, 0, 0, TOWN, "Brest");
	save(&pair, 1, 0, TOWN, "Crozon");
	pair_meet(&pair);
	struct buf both[PAIR_DEVICES] = {{0}};
	for (int i = 0; i < PAIR_DEVICES; i++) {
		check_ok(node_digest_of(pair.devices[i].node, &PATIENT[0], DIGEST_WHO, &digest));
		buf_add_span(&both[i], digest.part);
		assert_true(digest_who_read(digest.part, &who));
		assert_non_null(memmem(who.folded.data, who.folded.size, "brest", 5));
		assert_non_null(memmem(who.folded.data, who.folded.size, "crozon", 6));
	}
	check_span(buf_span(&both[0]), buf_span(&both[1]));
	const struct record_id unknown = {{7}};
	check_code(node_digest_of(pair.devices[0].node, &unknown, DIGEST_WHO, &digest), ERR_NOTFOUND);
	for (int i = 0; i < PAIR_DEVICES; i++)
		buf_close(&both[i]);
	pair_close(&pair);
}

static void an_erased_dossier_has_none(void **state)
{
	(void)state;
	struct pair pair;
	struct node_digest digest;
	open_team(&pair);
	struct node *node = pair.devices[0].node;
	check_list(&pair.devices[0], "dupont;loew;petit;");
	const size_t before = digests_bytes(node->digests);
	check_ok(node_erase(node, &PATIENT[1], KEY_REASON_REQUEST, NULL, NULL));
	assert_true(digests_bytes(node->digests) < before); /* at once */
	check_code(node_digest_of(node, &PATIENT[1], DIGEST_WHO, &digest), ERR_NOTFOUND);
	check_list(&pair.devices[0], "dupont;petit;");
	pair_close(&pair);
}

struct keeping {
	uint64_t stamps[PATIENTS + 8];
	uint32_t asked, seen;
};

static bool is_other(void *context, uint32_t number, const struct record_id *dossier, uint64_t stamp)
{
	struct keeping *keeping = context;
	(void)dossier;
	keeping->asked++;
	return !stamp || keeping->stamps[number] != stamp;
}

static bool keep(void *context, const struct node_digest *digest)
{
	struct keeping *keeping = context;
	keeping->stamps[digest->number] = digest->stamp;
	keeping->seen++;
	return true;
}

static uint32_t seen_again(struct device *device, struct keeping *keeping)
{
	keeping->asked = keeping->seen = 0;
	check_ok(node_digest_each_wanted(device->node, DIGEST_LINKS, is_other, keep, keeping));
	assert_int_equal(keeping->asked, PATIENTS);
	return keeping->seen;
}

/* Also of those that have nothing of the part; and after a start everything is another one. */
static void who_keeps_what_it_made_sees_what_changed_alone(void **state)
{
	(void)state;
	struct pair pair;
	struct keeping keeping = {.asked = 0};
	open_team(&pair);
	struct device *device = &pair.devices[0];
	assert_int_equal(seen_again(device, &keeping), PATIENTS);
	assert_int_equal(seen_again(device, &keeping), 0);
	save(&pair, 0, 1, TOWN, "Brest");
	assert_int_equal(seen_again(device, &keeping), 1);
	assert_int_equal(seen_again(device, &keeping), 0);
	const struct record_id unknown = {{7}};
	assert_int_equal(node_digest_stamp(device->node, &unknown), NODE_DIGEST_ABSENT);
	for (int i = 0; i < PATIENTS; i++)
		assert_true(node_digest_stamp(device->node, &PATIENT[i]) > NODE_DIGEST_ABSENT);
	check_ok(node_rebuild(device->node)); /* the same documents, made afresh */
	node_end_read(device->node);
	assert_int_equal(seen_again(device, &keeping), PATIENTS);
	pair_close(&pair);
}

/* Files without a part are passed over unread, and one that comes to have it is not. */
static void what_has_nothing_of_a_part_is_in_no_list(void **state)
{
	(void)state;
	struct pair pair;
	struct node_digest digest;
	open_team(&pair);
	struct node *node = pair.devices[0].node;
	struct buf none = {0};
	check_list(&pair.devices[0], "dupont;loew;petit;");
	check_ok(node_digest_each(node, DIGEST_WORK, add_folded, &none));
	assert_int_equal(none.size, 0);
	check_code(node_digest_of(node, &PATIENT[0], DIGEST_WORK, &digest), ERR_NOTFOUND);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_list_after_a_start_loads_no_document),
	        cmocka_unit_test(a_change_that_waits_is_in_the_list),
	        cmocka_unit_test(a_crash_leaves_nothing_stale),
	        cmocka_unit_test(documents_made_afresh_have_digests_made_afresh),
	        cmocka_unit_test(what_two_wrote_apart_is_all_there),
	        cmocka_unit_test(an_erased_dossier_has_none),
	        cmocka_unit_test(who_keeps_what_it_made_sees_what_changed_alone),
	        cmocka_unit_test(what_has_nothing_of_a_part_is_in_no_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
