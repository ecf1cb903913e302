/*
 * What a device keeps in memory and what it says that it has: documents that nobody looks at, bounds, receipts, keys that come late.
 */
#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/pairing.h"
#include "tests/lib/team.h"

enum { DOSSIER = TEAM_DOSSIER, SECTION = TEAM_SECTION, NAME = TEAM_NAME };

static bool patient_in_memory(const struct device *device)
{
	uint32_t number;
	assert_true(docs_find(device->node->docs, DOSSIER, &team_patient, &number));
	return docs_in_memory(device->node->docs, number);
}

/* Its checkpoint holds the patient's document, and its memory does not. */
static void put_away(struct team *team, int index)
{
	check_ok(node_checkpoint(team->devices[index].node, true));
	devices_run(&team->loop, team_saved, team);
	device_restart(&team->devices[index], &team->loop);
	assert_false(patient_in_memory(&team->devices[index]));
}

static void changes_wait_for_documents_that_nobody_looks_at(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, 2);
	team_found(&team);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_equal, &team);
	/* Two changes came, the second of which replaces the first; then somebody looks. */
	put_away(&team, 1);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Le Gall");
	team_meet(&team, 1, 0);
	devices_run(&team.loop, team_equal, &team);
	assert_false(patient_in_memory(&team.devices[1]));
	team_check_name(&team.devices[1], 1, "Le Gall");
	assert_true(patient_in_memory(&team.devices[1]));
	/* One that waits goes into the next checkpoint, and one without a checkpoint comes back from the log. */
	for (int with_checkpoint = 0; with_checkpoint < 2; with_checkpoint++) {
		const char *name = with_checkpoint ? "Le Goff" : "Le Bihan";
		put_away(&team, 1);
		device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, name);
		team_meet(&team, 1, 0);
		devices_run(&team.loop, team_equal, &team);
		assert_false(patient_in_memory(&team.devices[1]));
		if (with_checkpoint)
			put_away(&team, 1);
		else
			device_restart(&team.devices[1], &team.loop);
		team_check_name(&team.devices[1], 1, name);
	}
	/* Its own change there builds on what waits. */
	put_away(&team, 1);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Kerouac");
	team_meet(&team, 1, 0);
	devices_run(&team.loop, team_equal, &team);
	device_save(&team.devices[1], DOSSIER, &team_patient, SECTION, NAME, "Kermadec");
	devices_run(&team.loop, team_equal, &team);
	team_check_name(&team.devices[0], 1, "Kermadec");
	team_close(&team);
}

/* What waits is bounded: after that, documents are loaded at once. */
static void not_too_much_waits(void **state)
{
	(void)state;
	enum { BYTES = 200 * 1024 };
	struct team team;
	uint32_t sent = 0;
	char *text = mem_alloc(BYTES + 1);
	team_open(&team, 2);
	team_found(&team);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_equal, &team);
	put_away(&team, 1);
	team_meet(&team, 1, 0);
	memset(text, 'a', BYTES);
	text[BYTES] = '\0';
	while (!patient_in_memory(&team.devices[1]) && sent <= LIMIT_BEHIND_BYTES / BYTES + 2) {
		text[0] = (char)('a' + sent++ % 26);
		device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, text);
		devices_run(&team.loop, team_equal, &team);
	}
	assert_true(patient_in_memory(&team.devices[1]));
	assert_true(sent >= LIMIT_BEHIND_BYTES / BYTES);
	team_check_name(&team.devices[1], 1, NULL);
	mem_free(text);
	team_close(&team);
}

static uint64_t acknowledged(struct device *at, struct device *by, const struct feed_id *feed)
{
	struct device_id device = node_device(by->node);
	uint64_t seq = 0;
	return node_acknowledged(at->node, &device, feed, &seq) ? seq : 0;
}

struct receipt {
	struct team *team;
	struct feed_id feed;
	uint64_t seq;
};

static bool acknowledged_exactly(void *context)
{
	const struct receipt *receipt = context;
	return team_saved(receipt->team) &&
	        acknowledged(&receipt->team->devices[0], &receipt->team->devices[1], &receipt->feed) ==
	        receipt->seq;
}

/* A device that was put back from a copy said that it had more. It hears so from a colleague who lacks that too, and takes it back at
 * once: nobody's receipts say what is on no disk. */
static void a_receipt_for_what_was_lost_is_taken_back(void **state)
{
	(void)state;
	struct team team;
	uint32_t feed;
	team_open(&team, 3);
	team_found(&team);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_NURSE));
	check_ok(team_join(&team, 0, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_equal, &team);
	/* The third one's save comes to the second by way of the first; the second says that it has it. */
	struct store_mem_image *image = store_mem_image_take(team.devices[1].store);
	device_save(&team.devices[2], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	devices_run(&team.loop, team_equal, &team);
	check_ok(node_own_feed(team.devices[2].node, COMPARTMENT_CLINICAL, &feed));
	struct receipt receipt = {&team, log_feed(node_log(team.devices[2].node), feed)->id, 1};
	check_ok(node_acknowledge(team.devices[1].node));
	devices_run(&team.loop, acknowledged_exactly, &receipt);
	/* Put back, and the save's author out of reach: the first one has it and gives it again. Until then the truth is told. */
	device_close(&team.devices[2], &team.loop);
	team.count = 2;
	device_put_back(&team.devices[1], &team.loop, image);
	store_mem_image_free(image);
	struct node *node = team.devices[1].node;
	for (uint32_t i = 0; i < node_state_count(team.devices[0].node, NODE_STATE_WITHOUT_KEYS); i++)
		assert_true(node_state_put(node,
		                    node_state_row(team.devices[0].node, NODE_STATE_WITHOUT_KEYS, i)) >= 0);
	check_ok(node_flush(node));
	assert_int_equal(acknowledged(&team.devices[1], &team.devices[1], &receipt.feed), 0);
	team_meet(&team, 1, 0);
	devices_run(&team.loop, team_equal, &team);
	check_ok(node_acknowledge(node));
	devices_run(&team.loop, acknowledged_exactly, &receipt);
	team_close(&team);
}

static void give_state(struct device *from, struct device *to)
{
	for (uint32_t i = 0; i < node_state_count(from->node, NODE_STATE_WITHOUT_KEYS); i++)
		assert_true(node_state_put(
		                    to->node, node_state_row(from->node, NODE_STATE_WITHOUT_KEYS, i)) >= 0);
}

static uint64_t only_here(struct device *at, const struct feed_id *feed)
{
	uint32_t number;
	assert_true(log_feed_number(node_log(at->node), feed, &number));
	return node_only_here(at->node, number);
}

struct heard {
	struct device *at, *by;
	const struct feed_id *feed;
};

static bool is_heard(void *context)
{
	const struct heard *heard = context;
	return acknowledged(heard->at, heard->by, heard->feed) == 1;
}

/* What is on one device only, as far as receipts say; and what a device said that it had and nobody else has shown. */
static void what_is_in_one_place_only(void **state)
{
	(void)state;
	struct team team;
	uint32_t number;
	team_open(&team, 2);
	team_found(&team);
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_NURSE));
	struct device *here = &team.devices[0], *there = &team.devices[1];
	struct device_id device = node_device(there->node);
	device_save(there, DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, team_equal, &team);
	check_ok(node_own_feed(there->node, COMPARTMENT_CLINICAL, &number));
	const struct feed_id feed = log_feed(node_log(there->node), number)->id;
	assert_int_equal(only_here(there, &feed), 1); /* it is there, but nobody said so */
	check_ok(node_acknowledge(here->node));
	struct heard heard = {there, here, &feed};
	devices_run(&team.loop, is_heard, &heard);
	assert_int_equal(only_here(there, &feed), 0);
	assert_int_equal(only_here(here, &feed), 0); /* its author has it */
	assert_int_equal(node_claimed(here->node, &device, &feed), 0);
	/* Apart: one writes on, and only what it says about itself comes across. */
	device_restart(here, &team.loop);
	device_restart(there, &team.loop);
	device_save(there, DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	device_save(there, DOSSIER, &team_patient, SECTION, NAME, "Morin");
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(only_here(there, &feed), 2);
	check_ok(node_acknowledge(there->node));
	give_state(there, here);
	assert_int_equal(node_claimed(here->node, &device, &feed), 3);
	assert_true(log_feed_number(node_log(here->node), &feed, &number));
	assert_int_equal(log_feed(node_log(here->node), number)->committed_seq, 1);
	team_close(&team);
}

/* A facilitator's patched program says that it has a nurse's clinical entries, which nobody gives it. */
static void a_receipt_of_who_is_not_given_it_counts_for_nothing(void **state)
{
	(void)state;
	struct team team;
	struct buf bytes = {0};
	uint32_t number;
	team_open(&team, 2);
	team_found(&team);
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_FACILITATOR));
	struct device *nurse = &team.devices[0], *liar = &team.devices[1];
	device_save(nurse, DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, team_saved, &team);
	check_ok(node_own_feed(nurse->node, COMPARTMENT_CLINICAL, &number));
	const struct log_feed *feed = log_feed(node_log(nurse->node), number);
	const struct device_id device = node_device(liar->node);
	const struct key_signer signer = {liar->node->team, device, liar->node->identity.secrets->sign};
	struct ack_head head = {.feed = feed->id, .seq = feed->committed_seq};
	struct ack ack = {.device = device, .counter = 1000, .heads = &head, .head_count = 1};
	memcpy(head.hash, feed->committed_hash.bytes, sizeof(head.hash));
	check_ok(node_cite_membership(liar->node, &ack.membership));
	check_ok(ack_encode(&ack, &signer, &bytes));
	assert_int_equal(node_put_ack(nurse->node, buf_span(&bytes)), 1);
	assert_int_equal(acknowledged(nurse, liar, &feed->id), 1);
	assert_int_equal(only_here(nurse, &feed->id), 1);
	buf_close(&bytes);
	team_close(&team);
}

/* An idle node keeps a bounded part of its documents in memory, never one that is not on the disk. */
static void memory_is_bounded(void **state)
{
	(void)state;
	enum { BYTES = 200 * 1024, DOCS = LIMIT_DOCS_BYTES / BYTES + 20 };
	struct team team;
	uint32_t in_memory = 0;
	char first[8], *text = mem_alloc(BYTES + 1);
	memset(text, 'a', BYTES);
	text[BYTES] = '\0';
	team_open(&team, 1);
	team_found(&team);
	struct node *node = team.devices[0].node;
	for (uint32_t i = 0; i < DOCS; i++) {
		struct record_id id = {{(uint8_t)i, 7}};
		snprintf(text, BYTES, "%03u", i);
		text[3] = 'a';
		device_save(&team.devices[0], DOSSIER, &id, SECTION, NAME, text);
	}
	devices_run(&team.loop, team_saved, &team);
	assert_false(node_tidy(node));
	for (uint32_t i = 0; i < node_doc_count(node); i++)
		assert_true(docs_in_memory(node->docs, i)); /* no checkpoint holds them yet */
	check_ok(node_checkpoint(node, true));
	devices_run(&team.loop, team_saved, &team);
	assert_true(node_tidy(node));
	for (uint32_t i = 0; i < node_doc_count(node); i++)
		in_memory += docs_in_memory(node->docs, i);
	assert_true(in_memory > 0 && in_memory <= LIMIT_DOCS_BYTES / BYTES);
	for (uint32_t i = 0; i < DOCS; i++) {
		struct record_id id = {{(uint8_t)i, 7}};
		char wanted[8];
		snprintf(wanted, sizeof(wanted), "%03ua", i);
		assert_int_equal(device_values(&team.devices[0], DOSSIER, &id, SECTION, NAME, first, 5), 1);
		assert_string_equal(first, wanted);
	}
	mem_free(text);
	team_close(&team);
}

/* ---- Keys that come late ---- */

static const struct record_id other_patient = {{8, 8, 8}};

/* Everything that `from` has of the others' and its own feeds, handed over without the keys. */
static void carry_entries(struct device *from, struct device *to)
{
	struct log *log = node_log(from->node);
	struct store_txn *txn;
	uint32_t feed, there, count = log_feed_count(log);
	struct span run;
	struct log_range *ranges = mem_zero(count, sizeof(*ranges));
	for (uint32_t i = 0; i < count; i++)
		ranges[i] = (struct log_range){i, 1, log_feed(log, i)->committed_seq};
	struct log_stream *stream = log_stream_new(log, ranges, count);
	check_ok(node_begin_read(from->node, &txn));
	while (log_stream_next(stream, txn, &feed, &run) == 1) {
		const struct log_feed *known = log_feed(log, feed);
		check_ok(node_feed_number(
		        to->node, &known->device, known->compartment, &known->incarnation, &there));
		assert_true(node_receive_run(to->node, there, run) >= 0);
	}
	store_abort(txn);
	log_stream_free(stream);
	mem_free(ranges);
}

static void carry_rows(struct device *from, struct device *to)
{
	for (uint32_t i = 0; i < node_state_count(from->node, NODE_STATE_ALL); i++)
		assert_true(node_state_put(to->node, node_state_row(from->node, NODE_STATE_ALL, i)) >= 0);
}

/* `restarts`: the device goes down, with a checkpoint, between the entries and their keys. */
static void check_late_keys(bool restarts)
{
	struct team team;
	struct crdt_doc *before, *after;
	char text[32];
	team_open_two_apart(&team, 2);
	device_save(&team.devices[1], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	device_save(&team.devices[0], DOSSIER, &other_patient, SECTION, NAME, "Morvan");
	device_save(&team.devices[0], DOSSIER, &other_patient, SECTION, NAME, "Le Goff");
	devices_run(&team.loop, team_saved, &team);
	carry_entries(&team.devices[0], &team.devices[1]);
	devices_run(&team.loop, team_saved, &team);
	struct node *node = team.devices[1].node;
	check_code(node_doc(node, DOSSIER, &other_patient, &before), ERR_NOTFOUND);
	assert_int_equal(node->unread.count, 2);
	check_ok(node_checkpoint(node, true));
	devices_run(&team.loop, team_saved, &team);
	if (restarts) {
		device_restart(&team.devices[1], &team.loop);
		node = team.devices[1].node;
		assert_true(node->unread_listed);
		assert_int_equal(node->unread.count, 2);
	}
	check_ok(node_doc(node, DOSSIER, &team_patient, &before));
	carry_rows(&team.devices[0], &team.devices[1]);
	devices_run(&team.loop, team_saved, &team);
	/* The other dossier was left alone. */
	check_ok(node_doc(node, DOSSIER, &team_patient, &after));
	assert_ptr_equal(before, after);
	assert_int_equal(node->unread.count, 0);
	assert_int_equal(
	        device_values(&team.devices[1], DOSSIER, &other_patient, SECTION, NAME, text, sizeof(text)),
	        1);
	assert_string_equal(text, "Le Goff");
	team_check_name(&team.devices[1], 1, "Martin");
	team_close(&team);
}

static void late_keys_open_their_dossiers_only(void **state)
{
	(void)state;
	check_late_keys(false);
}

static void late_keys_outlive_a_restart(void **state)
{
	(void)state;
	check_late_keys(true);
}

/* There were too many groups for a row, and it goes down after the keys came and before another checkpoint: they are on the disk, and so
 * will be no news. */
static void late_keys_outlive_a_crash_without_the_set(void **state)
{
	(void)state;
	static const uint8_t not_written[] = {1};
	struct team team;
	char text[32];
	team_open_two_apart(&team, 2);
	device_save(&team.devices[0], DOSSIER, &other_patient, SECTION, NAME, "Le Goff");
	devices_run(&team.loop, team_saved, &team);
	carry_entries(&team.devices[0], &team.devices[1]);
	devices_run(&team.loop, team_saved, &team);
	struct node *node = team.devices[1].node;
	assert_int_equal(node->unread.count, 1);
	check_ok(node_checkpoint(node, true));
	check_ok(vault_batch_put(team.devices[1].vault, &node->batch, STORE_META, span_text("unread"),
	        span_of(not_written, sizeof(not_written))));
	devices_run(&team.loop, team_saved, &team);
	carry_rows(&team.devices[0], &team.devices[1]);
	devices_run(&team.loop, team_saved, &team);
	device_restart(&team.devices[1], &team.loop);
	peers_turn(team.devices[1].peers);
	assert_int_equal(team.devices[1].node->unread.count, 0);
	assert_int_equal(
	        device_values(&team.devices[1], DOSSIER, &other_patient, SECTION, NAME, text, sizeof(text)),
	        1);
	assert_string_equal(text, "Le Goff");
	team_close(&team);
}

/* Two devices begin the same dossier apart, each with a secret of its own: what the other one wrote is read when its secret comes. */
static void a_second_secret_may_come_late(void **state)
{
	(void)state;
	struct team team;
	team_open_two_apart(&team, 2);
	for (int i = 0; i < 2; i++)
		device_save(&team.devices[i], DOSSIER, &team_patient, SECTION, NAME, i ? "Morvan" : "Martin");
	devices_run(&team.loop, team_saved, &team);
	carry_entries(&team.devices[0], &team.devices[1]);
	devices_run(&team.loop, team_saved, &team);
	team_check_name(&team.devices[1], 1, "Morvan");
	assert_int_equal(team.devices[1].node->unread.count, 1);
	carry_rows(&team.devices[0], &team.devices[1]);
	devices_run(&team.loop, team_saved, &team);
	team_check_name(&team.devices[1], 2, NULL);
	assert_int_equal(team.devices[1].node->unread.count, 0);
	team_close(&team);
}

static bool newcomer_reads(void *context)
{
	struct team *team = context;
	struct crdt_doc *doc;
	return node_doc(team->devices[2].node, DOSSIER, &team_patient, &doc) == 0;
}

/* She heard of a newcomer, and restarted before she met her: the dossier that only she can share is shared when they meet. */
static void keys_are_shared_after_a_restart(void **state)
{
	(void)state;
	struct team team;
	team_open_two_apart(&team, 3);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	check_ok(team_join(&team, 1, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_saved, &team);
	for (int i = 1; i < 3; i++)
		device_restart(&team.devices[i], &team.loop);
	carry_entries(&team.devices[1], &team.devices[0]);
	devices_run(&team.loop, team_saved, &team);
	device_restart(&team.devices[0], &team.loop);
	team_meet(&team, 0, 2);
	devices_run(&team.loop, newcomer_reads, &team);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(changes_wait_for_documents_that_nobody_looks_at),
	        cmocka_unit_test(not_too_much_waits),
	        cmocka_unit_test(a_receipt_for_what_was_lost_is_taken_back),
	        cmocka_unit_test(what_is_in_one_place_only),
	        cmocka_unit_test(a_receipt_of_who_is_not_given_it_counts_for_nothing),
	        cmocka_unit_test(memory_is_bounded),
	        cmocka_unit_test(late_keys_open_their_dossiers_only),
	        cmocka_unit_test(late_keys_outlive_a_restart),
	        cmocka_unit_test(late_keys_outlive_a_crash_without_the_set),
	        cmocka_unit_test(a_second_secret_may_come_late),
	        cmocka_unit_test(keys_are_shared_after_a_restart),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node docs", tests, NULL, NULL);
}
