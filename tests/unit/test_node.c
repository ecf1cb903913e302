#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/pairing.h"
#include "node/schema/schema.h"
#include "tests/lib/device.h"

enum { DOSSIER = SCHEMA_DOC_DOSSIER, SECTION = 2, NAME = 1 };

static const struct record_id patient = {{9, 9, 9}};

struct team {
	uv_loop_t loop;
	struct device devices[5];
	int count;
};

static void team_open(struct team *team, int count)
{
	memset(team, 0, sizeof(*team));
	uv_loop_init(&team->loop);
	team->count = count;
	for (int i = 0; i < count; i++)
		device_open(&team->devices[i], &team->loop, (uint8_t)(i + 1));
}

static void team_close(struct team *team)
{
	for (int i = 0; i < team->count; i++)
		device_close(&team->devices[i], &team->loop);
	check_ok(uv_loop_close(&team->loop));
}

/* ---- Conditions ---- */

static bool saved(void *context)
{
	struct team *team = context;
	for (int i = 0; i < team->count; i++)
		if (!node_idle(team->devices[i].node))
			return false;
	return true;
}

static bool same_heads(struct device *a, struct device *b)
{
	struct log *left = node_log(a->node), *right = node_log(b->node);
	for (uint32_t i = 0; i < log_feed_count(left); i++) {
		const struct log_feed *feed = log_feed(left, i);
		uint32_t number;
		uint64_t there = log_feed_number(right, &feed->id, &number)
		        ? log_feed(right, number)->committed_seq
		        : 0;
		if (there != feed->committed_seq)
			return false;
	}
	return true;
}

/* Everything saved anywhere is everywhere. */
static bool equal(void *context)
{
	struct team *team = context;
	for (int i = 0; i < team->count; i++) {
		if (!node_idle(team->devices[i].node))
			return false;
		if (!same_heads(&team->devices[i], &team->devices[0]) ||
		        !same_heads(&team->devices[0], &team->devices[i]))
			return false;
	}
	return true;
}

/* ---- Steps ---- */

static void found(struct team *team)
{
	struct person_id person;
	check_ok(node_found_team(team->devices[0].node, &person, NULL, NULL));
	check_ok(node_name_person(team->devices[0].node, &person, span_text("Anna")));
	devices_run(&team->loop, saved, team);
}

static void joined(void *context, int result)
{
	*(int *)context = result;
}

static bool has_result(void *context)
{
	return *(int *)context != 1;
}

static int join(struct team *team, int host, int guest, uint8_t role)
{
	struct team_invitation invitation;
	int result = 1;
	check_ok(node_invite(team->devices[host].node, role, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&team->loop, saved, team);
	check_ok(pairing_start(team->devices[guest].peers, &team->devices[host].address, &invitation,
	        span_text("Guest"), joined, &result));
	devices_run(&team->loop, has_result, &result);
	team_invitation_wipe(&invitation);
	return result;
}

static void meet(struct team *team, int from, int to)
{
	struct device_id device = node_device(team->devices[to].node);
	check_ok(peers_dial(team->devices[from].peers, &team->devices[to].address, &device));
}

static void check_name(struct device *device, uint32_t count, const char *name)
{
	char text[64];
	assert_int_equal(device_values(device, DOSSIER, &patient, SECTION, NAME, text, sizeof(text)), count);
	if (name)
		assert_string_equal(text, name);
}

/* ---- Tests ---- */

static void a_team_of_one_saves_and_restarts(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, 1);
	assert_false(node_in_team(team.devices[0].node));
	found(&team);
	assert_true(node_may_write(team.devices[0].node, COMPARTMENT_CLINICAL));
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Bernard");
	check_name(&team.devices[0], 1, "Bernard");
	devices_run(&team.loop, saved, &team);
	for (int i = 0; i < 2; i++) {
		device_restart(&team.devices[0], &team.loop);
		assert_true(node_in_team(team.devices[0].node));
		check_name(&team.devices[0], 1, "Bernard");
		check_ok(node_checkpoint(team.devices[0].node, true)); /* the second time from a checkpoint */
		devices_run(&team.loop, saved, &team);
	}
	team_close(&team);
}

/* A checkpoint by an earlier version of the program, whose documents this one does not read: they come from the log. */
static void documents_of_an_older_version_are_built_anew(void **state)
{
	(void)state;
	struct team team;
	struct buf row = {0};
	struct store_txn *txn;
	const struct span name = span_text("checkpoint");
	team_open(&team, 1);
	found(&team);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	check_ok(node_checkpoint(team.devices[0].node, true));
	devices_run(&team.loop, saved, &team);
	check_ok(store_begin(team.devices[0].store, true, &txn));
	check_ok(vault_get(team.devices[0].vault, txn, STORE_META, name, &row));
	row.data[0]--;
	check_ok(vault_put(team.devices[0].vault, txn, STORE_META, name, buf_span(&row)));
	check_ok(store_commit(txn));
	for (int i = 0; i < 2; i++) { /* the second time from a checkpoint of its own */
		device_restart(&team.devices[0], &team.loop);
		check_name(&team.devices[0], 1, "Martin");
		check_ok(node_checkpoint(team.devices[0].node, true));
		devices_run(&team.loop, saved, &team);
	}
	buf_close(&row);
	team_close(&team);
}

static void a_nurse_joins_and_both_write(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, 2);
	found(&team);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, saved, &team);
	check_ok(join(&team, 0, 1, TEAM_ROLE_NURSE));
	devices_run(&team.loop, equal, &team);
	check_name(&team.devices[1], 1, "Martin");
	device_save(&team.devices[1], DOSSIER, &patient, SECTION, NAME, "Morvan");
	devices_run(&team.loop, equal, &team);
	check_name(&team.devices[0], 1, "Morvan");
	/* Each knows the other by its beacon, and nobody else does. */
	uint8_t own[32], seen[32];
	check_ok(node_publish_beacon(team.devices[1].node));
	devices_run(&team.loop, equal, &team);
	struct device_id second = node_device(team.devices[1].node),
	                 first = node_device(team.devices[0].node);
	node_own_beacon(team.devices[1].node, own);
	assert_true(node_beacon_of(team.devices[0].node, &second, seen));
	assert_memory_equal(own, seen, sizeof(own));
	assert_false(node_beacon_of(team.devices[1].node, &first, seen));
	check_ok(node_publish_beacon(team.devices[1].node)); /* once is enough */
	assert_true(node_idle(team.devices[1].node));
	/* Apart: both change the same field, and neither change is lost. */
	for (int i = 0; i < 2; i++)
		device_restart(&team.devices[i], &team.loop);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Le Goff");
	device_save(&team.devices[1], DOSSIER, &patient, SECTION, NAME, "Le Gall");
	devices_run(&team.loop, saved, &team);
	meet(&team, 1, 0);
	devices_run(&team.loop, equal, &team);
	check_name(&team.devices[0], 2, NULL);
	check_name(&team.devices[1], 2, NULL);
	/* A choice cites both. */
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Le Goff");
	devices_run(&team.loop, equal, &team);
	check_name(&team.devices[1], 1, "Le Goff");
	team_close(&team);
}

static bool facilitator_has_team(void *context)
{
	struct team *team = context;
	struct node *node = team->devices[1].node;
	for (uint32_t i = 0; i < node_doc_count(node); i++) {
		uint32_t kind;
		struct record_id id;
		check_ok(node_doc_at(node, i, &kind, &id));
		if (kind == SCHEMA_DOC_DIRECTORY)
			return node_idle(node);
	}
	return false;
}

static void a_facilitator_reads_little_and_writes_nothing(void **state)
{
	(void)state;
	struct team team;
	struct node_change change;
	struct crdt_doc *doc;
	team_open(&team, 2);
	found(&team);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, saved, &team);
	check_ok(join(&team, 0, 1, TEAM_ROLE_FACILITATOR));
	devices_run(&team.loop, facilitator_has_team, &team);
	check_code(node_doc(team.devices[1].node, DOSSIER, &patient, &doc), ERR_NOTFOUND);
	for (uint32_t i = 0; i < log_feed_count(node_log(team.devices[1].node)); i++)
		assert_int_not_equal(
		        log_feed(node_log(team.devices[1].node), i)->compartment, COMPARTMENT_CLINICAL);
	check_code(node_change_begin(team.devices[1].node, DOSSIER, &patient, &change), ERR_DENIED);
	team_close(&team);
}

static bool refused(void *context)
{
	return ((struct node *)context)->refused_count > 0;
}

/* A device whose program was patched: it signs a clinical entry although its role gives it none, or names a key that does not exist. */
static void write_anyway(struct device *device, const struct epoch_id *epoch)
{
	struct entry_header header = {.kind = ENTRY_CHANGE, .epoch = *epoch, .dossier = {{5}}};
	struct entry_hash hash;
	uint32_t feed;
	check_ok(node_own_feed(device->node, COMPARTMENT_CLINICAL, &feed));
	check_ok(node_cite_membership(device->node, &header.membership));
	check_ok(node_append(device->node, feed, &header,
	        span_text("sixty-four bytes of something that looks like a sealed body ..."), &hash));
}

static void a_patched_facilitator_is_refused(void **state)
{
	(void)state;
	struct team team;
	struct epoch_id epoch;
	team_open(&team, 2);
	found(&team);
	check_ok(join(&team, 0, 1, TEAM_ROLE_FACILITATOR));
	devices_run(&team.loop, facilitator_has_team, &team);
	check_ok(team_epoch_to_write(team.devices[0].node->members, COMPARTMENT_CLINICAL, &epoch));
	uint64_t before = team.devices[0].node->refused_count;
	assert_int_equal(before, 0);
	write_anyway(&team.devices[1], &epoch);
	devices_run(&team.loop, refused, team.devices[0].node);
	struct device_id facilitator = node_device(team.devices[1].node);
	for (uint32_t i = 0; i < log_feed_count(node_log(team.devices[0].node)); i++) {
		const struct log_feed *feed = log_feed(node_log(team.devices[0].node), i);
		if (feed->compartment != COMPARTMENT_CLINICAL || !device_id_eq(&feed->device, &facilitator))
			continue;
		assert_int_equal(feed->seq, 0);
		assert_int_equal(feed->state, LOG_FEED_ENDED);
	}
	assert_int_equal(team.devices[0].node->last_reason, TEAM_REASON_NOT_ALLOWED);
	team_close(&team);
}

static void an_invitation_works_once(void **state)
{
	(void)state;
	struct team team;
	struct team_invitation invitation;
	int first = 1, second = 1;
	team_open(&team, 3);
	found(&team);
	check_ok(node_invite(team.devices[0].node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&team.loop, saved, &team);
	check_ok(pairing_start(team.devices[1].peers, &team.devices[0].address, &invitation, span_text("Léa"),
	        joined, &first));
	devices_run(&team.loop, has_result, &first);
	check_ok(first);
	check_ok(pairing_start(team.devices[2].peers, &team.devices[0].address, &invitation, span_text("Eve"),
	        joined, &second));
	devices_run(&team.loop, has_result, &second);
	assert_true(second < 0);
	assert_false(node_in_team(team.devices[2].node));
	team_invitation_wipe(&invitation);
	team_close(&team);
}

/* What one brings, all get, through the one that they are connected to. */
static void news_travel_through_others(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, 3);
	found(&team);
	check_ok(join(&team, 0, 1, TEAM_ROLE_NURSE));
	check_ok(join(&team, 0, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, equal, &team);
	for (int round = 0; round < 20; round++) {
		struct record_id id = {{(uint8_t)round, 1}};
		device_save(&team.devices[1 + round % 2], DOSSIER, &id, SECTION, NAME, "Martin");
		if (round % 3 == 0)
			devices_run(&team.loop, equal, &team);
	}
	devices_run(&team.loop, equal, &team);
	for (int round = 0; round < 20; round++) {
		struct record_id id = {{(uint8_t)round, 1}};
		char text[32];
		for (int i = 0; i < 3; i++)
			assert_int_equal(device_values(&team.devices[i], DOSSIER, &id, SECTION, NAME, text,
			                         sizeof(text)),
			        1);
	}
	team_close(&team);
}

static bool patient_in_memory(const struct device *device)
{
	uint32_t number;
	assert_true(docs_find(device->node->docs, DOSSIER, &patient, &number));
	return docs_in_memory(device->node->docs, number);
}

/* Its checkpoint holds the patient's document, and its memory does not. */
static void put_away(struct team *team, int index)
{
	check_ok(node_checkpoint(team->devices[index].node, true));
	devices_run(&team->loop, saved, team);
	device_restart(&team->devices[index], &team->loop);
	assert_false(patient_in_memory(&team->devices[index]));
}

static void changes_wait_for_documents_that_nobody_looks_at(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, 2);
	found(&team);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	check_ok(join(&team, 0, 1, TEAM_ROLE_NURSE));
	devices_run(&team.loop, equal, &team);
	/* Two changes came, the second of which replaces the first; then somebody looks. */
	put_away(&team, 1);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Morvan");
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Le Gall");
	meet(&team, 1, 0);
	devices_run(&team.loop, equal, &team);
	assert_false(patient_in_memory(&team.devices[1]));
	check_name(&team.devices[1], 1, "Le Gall");
	assert_true(patient_in_memory(&team.devices[1]));
	/* One that waits goes into the next checkpoint, and one without a checkpoint comes back from the log. */
	for (int with_checkpoint = 0; with_checkpoint < 2; with_checkpoint++) {
		const char *name = with_checkpoint ? "Le Goff" : "Le Bihan";
		put_away(&team, 1);
		device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, name);
		meet(&team, 1, 0);
		devices_run(&team.loop, equal, &team);
		assert_false(patient_in_memory(&team.devices[1]));
		if (with_checkpoint)
			put_away(&team, 1);
		else
			device_restart(&team.devices[1], &team.loop);
		check_name(&team.devices[1], 1, name);
	}
	/* Its own change there builds on what waits. */
	put_away(&team, 1);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Kerouac");
	meet(&team, 1, 0);
	devices_run(&team.loop, equal, &team);
	device_save(&team.devices[1], DOSSIER, &patient, SECTION, NAME, "Kermadec");
	devices_run(&team.loop, equal, &team);
	check_name(&team.devices[0], 1, "Kermadec");
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
	found(&team);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	check_ok(join(&team, 0, 1, TEAM_ROLE_NURSE));
	devices_run(&team.loop, equal, &team);
	put_away(&team, 1);
	meet(&team, 1, 0);
	memset(text, 'a', BYTES);
	text[BYTES] = '\0';
	while (!patient_in_memory(&team.devices[1]) && sent <= LIMIT_BEHIND_BYTES / BYTES + 2) {
		text[0] = (char)('a' + sent++ % 26);
		device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, text);
		devices_run(&team.loop, equal, &team);
	}
	assert_true(patient_in_memory(&team.devices[1]));
	assert_true(sent >= LIMIT_BEHIND_BYTES / BYTES);
	check_name(&team.devices[1], 1, NULL);
	mem_free(text);
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
	found(&team);
	struct node *node = team.devices[0].node;
	for (uint32_t i = 0; i < DOCS; i++) {
		struct record_id id = {{(uint8_t)i, 7}};
		snprintf(text, BYTES, "%03u", i);
		text[3] = 'a';
		device_save(&team.devices[0], DOSSIER, &id, SECTION, NAME, text);
	}
	devices_run(&team.loop, saved, &team);
	node_tidy(node);
	for (uint32_t i = 0; i < node_doc_count(node); i++)
		assert_true(docs_in_memory(node->docs, i)); /* no checkpoint holds them yet */
	check_ok(node_checkpoint(node, true));
	devices_run(&team.loop, saved, &team);
	node_tidy(node);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_team_of_one_saves_and_restarts),
	        cmocka_unit_test(documents_of_an_older_version_are_built_anew),
	        cmocka_unit_test(a_nurse_joins_and_both_write),
	        cmocka_unit_test(a_facilitator_reads_little_and_writes_nothing),
	        cmocka_unit_test(a_patched_facilitator_is_refused),
	        cmocka_unit_test(an_invitation_works_once),
	        cmocka_unit_test(news_travel_through_others),
	        cmocka_unit_test(changes_wait_for_documents_that_nobody_looks_at),
	        cmocka_unit_test(not_too_much_waits),
	        cmocka_unit_test(memory_is_bounded),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
