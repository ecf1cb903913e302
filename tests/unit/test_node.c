/*
 * Whole devices over sockets on loopback: they join, write, meet, restart, miss keys, lose their host. Long because all of it is told
 * with the same few steps of one small team.
 */
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

/* What progress says of the bytes to come is the mean of what is stored, also after a restart. */
static void the_mean_entry_is_counted(void **state)
{
	(void)state;
	enum { TEXT_BYTES = 9000, USUAL = 232 };
	struct team team;
	char text[TEXT_BYTES + 1];
	team_open(&team, 1);
	struct node *node = team.devices[0].node;
	assert_int_equal(node_entry_bytes(node), USUAL); /* nothing is known yet */
	found(&team);
	for (int i = 0; i < TEXT_BYTES; i++) /* six bits each: two thirds when compressed */
		text[i] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-"[rng_below(
		        &team.devices[0].seeded.rng, 64)];
	text[TEXT_BYTES] = 0;
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, saved, &team);
	uint64_t small = node_entry_bytes(node);
	assert_in_range(small, 64, USUAL);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, text);
	devices_run(&team.loop, saved, &team);
	uint64_t both = node_entry_bytes(node);
	assert_true(both > 2 * small);
	check_ok(node_checkpoint(node, true));
	devices_run(&team.loop, saved, &team);
	device_restart(&team.devices[0], &team.loop);
	assert_int_equal(node_entry_bytes(team.devices[0].node), both);
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

/* A locum reads nothing from before, and writes. */
static void a_locum_joins_and_writes(void **state)
{
	(void)state;
	static const struct record_id other = {{9}};
	struct team team;
	struct crdt_doc *doc;
	team_open(&team, 2);
	found(&team);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, saved, &team);
	check_ok(join(&team, 0, 1, TEAM_ROLE_LOCUM));
	assert_true(node_may_write(team.devices[1].node, COMPARTMENT_CLINICAL));
	check_code(node_doc(team.devices[1].node, DOSSIER, &patient, &doc), ERR_NOTFOUND);
	device_save(&team.devices[1], DOSSIER, &other, SECTION, NAME, "Petit");
	devices_run(&team.loop, saved, &team);
	check_ok(node_doc(team.devices[1].node, DOSSIER, &other, &doc));
	team_close(&team);
}

/* A colleague's device that hands out secret after secret for the same dossiers keeps nobody from joining and saving. */
static void many_secrets_stop_nobody(void **state)
{
	(void)state;
	enum { DOSSIERS = 1500, SECRETS = 3 };
	static struct record_id dossiers[DOSSIERS];
	struct team team;
	struct crdt_doc *doc;
	team_open(&team, 3);
	found(&team);
	check_ok(join(&team, 0, 1, TEAM_ROLE_NURSE));
	struct node *flooder = team.devices[1].node, *host = team.devices[0].node;
	struct key_signer signer = {flooder->team, node_device(flooder), flooder->identity.secrets->sign};
	struct device_id to = node_device(host);
	for (uint32_t i = 0; i < DOSSIERS; i++) {
		dossiers[i] = (struct record_id){{(uint8_t)(i >> 8), (uint8_t)i, 1}};
		for (unsigned j = 0; j < SECRETS; j++)
			check_ok(key_table_create(flooder->keys, flooder->config.env, &dossiers[i]));
	}
	for (uint32_t i = 0; i < DOSSIERS; i += DOSSIERS / 3)
		check_ok(key_table_issue(flooder->keys, flooder->config.env, &signer, &to,
		        node_sealing_key(team_view_device(node_view(flooder), &to)), dossiers + i,
		        DOSSIERS / 3));
	for (uint32_t i = 0; i < key_table_row_count(flooder->keys); i++) {
		struct buf row = {0};
		wire_put_u8(&row, 1);
		key_table_row(flooder->keys, i, &row);
		assert_true(node_state_put(host, buf_span(&row)) >= 0);
		buf_close(&row);
	}
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, saved, &team);
	check_ok(join(&team, 0, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, equal, &team);
	check_ok(node_doc(team.devices[2].node, DOSSIER, &patient, &doc));
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

/* A patched program writes entries whose Lamport clock goes back, so that replicas would apply them in different orders. */
static void a_clock_that_goes_back_is_refused(void **state)
{
	(void)state;
	struct team team;
	uint32_t feed, number;
	team_open(&team, 2);
	found(&team);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	check_ok(join(&team, 0, 1, TEAM_ROLE_NURSE));
	devices_run(&team.loop, equal, &team);
	device_save(&team.devices[1], DOSSIER, &patient, SECTION, NAME, "Morvan");
	devices_run(&team.loop, equal, &team);
	assert_int_equal(team.devices[0].node->refused_count, 0);
	check_ok(node_own_feed(team.devices[1].node, COMPARTMENT_CLINICAL, &feed));
	struct log_feed *own = (struct log_feed *)(uintptr_t)log_feed(node_log(team.devices[1].node), feed);
	const uint64_t seq = own->seq;
	own->lamport = team.devices[1].node->clock.lamport = 0;
	device_save(&team.devices[1], DOSSIER, &patient, SECTION, NAME, "Le Goff");
	devices_run(&team.loop, refused, team.devices[0].node);
	assert_true(log_feed_number(node_log(team.devices[0].node), &own->id, &number));
	assert_int_equal(log_feed(node_log(team.devices[0].node), number)->seq, seq);
	assert_int_equal(log_feed(node_log(team.devices[0].node), number)->state, LOG_FEED_ENDED);
	check_name(&team.devices[0], 1, "Morvan");
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

/* Whatever invitation was written can be redeemed. */
static void as_many_invitations_as_work(void **state)
{
	(void)state;
	struct team team;
	struct team_invitation invitation, one_more;
	int written = 0, result = 1;
	team_open(&team, 2);
	found(&team);
	while (node_invite(team.devices[0].node, TEAM_ROLE_NURSE, 0, 0, 0, &one_more, NULL, NULL) == 0) {
		invitation = one_more;
		written++;
	}
	check_code(
	        node_invite(team.devices[0].node, TEAM_ROLE_NURSE, 0, 0, 0, &one_more, NULL, NULL), ERR_FULL);
	assert_int_equal(written, LIMIT_INVITATIONS);
	devices_run(&team.loop, saved, &team);
	check_ok(pairing_start(team.devices[1].peers, &team.devices[0].address, &invitation, span_text("Léa"),
	        joined, &result));
	devices_run(&team.loop, has_result, &result);
	check_ok(result);
	team_invitation_wipe(&invitation);
	team_close(&team);
}

/* The random bytes of a program that was patched: its own identifier is a colleague's. */
static struct person_id claimed;

static void claim(void *context, void *out, size_t size)
{
	(void)context;
	randombytes_buf(out, size);
	if (size == sizeof(claimed.bytes))
		memcpy(out, claimed.bytes, size);
}

static void a_newcomer_is_nobody_else(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, 2);
	found(&team);
	struct node *guest = team.devices[1].node, *host = team.devices[0].node;
	const struct env *honest = guest->config.env;
	struct env lying = *honest;
	lying.random_bytes = claim;
	claimed = node_view(host)->devices[0].person;
	guest->config.env = &lying;
	assert_true(join(&team, 0, 1, TEAM_ROLE_NURSE) < 0);
	assert_false(node_in_team(guest));
	assert_int_equal(node_view(host)->device_count, 1);
	guest->config.env = honest;
	check_ok(join(&team, 0, 1, TEAM_ROLE_NURSE));
	assert_int_equal(node_view(host)->person_count, 2);
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
	return saved(receipt->team) &&
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
	found(&team);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	check_ok(join(&team, 0, 1, TEAM_ROLE_NURSE));
	check_ok(join(&team, 0, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, equal, &team);
	/* The third one's save comes to the second by way of the first; the second says that it has it. */
	struct store_mem_image *image = store_mem_image_take(team.devices[1].store);
	device_save(&team.devices[2], DOSSIER, &patient, SECTION, NAME, "Morvan");
	devices_run(&team.loop, equal, &team);
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
	meet(&team, 1, 0);
	devices_run(&team.loop, equal, &team);
	check_ok(node_acknowledge(node));
	devices_run(&team.loop, acknowledged_exactly, &receipt);
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

/* ---- A newcomer whom nobody knows ---- */

static bool first_two_equal(void *context)
{
	struct team *team = context;
	return saved(team) && same_heads(&team->devices[0], &team->devices[1]) &&
	        same_heads(&team->devices[1], &team->devices[0]);
}

/* Two nurses of a team who met, exchanged everything and parted; the other devices are in no team yet. */
static void open_two_apart(struct team *team, int count)
{
	team_open(team, count);
	found(team);
	check_ok(join(team, 0, 1, TEAM_ROLE_NURSE));
	devices_run(&team->loop, first_two_equal, team);
	for (int i = 0; i < 2; i++)
		device_restart(&team->devices[i], &team->loop);
}

static bool refused_attempt(void *context)
{
	return peers_refused(((struct device *)context)->peers) > 0;
}

static bool last_two_equal(void *context)
{
	struct team *team = context;
	return saved(team) && same_heads(&team->devices[1], &team->devices[2]) &&
	        same_heads(&team->devices[2], &team->devices[1]);
}

/* The device where she joined is lost before it met anybody. What she wrote meanwhile comes to the others when she joins again. */
static void a_newcomer_whose_host_is_lost_joins_again(void **state)
{
	(void)state;
	struct team team;
	char text[32];
	open_two_apart(&team, 3);
	check_ok(join(&team, 0, 2, TEAM_ROLE_NURSE));
	device_restart(&team.devices[0], &team.loop); /* and is not heard of again */
	device_save(&team.devices[2], DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, saved, &team);
	meet(&team, 2, 1);
	devices_run(&team.loop, refused_attempt, &team.devices[2]);
	check_ok(join(&team, 1, 2, TEAM_ROLE_NURSE));
	assert_int_equal(peers_refused(team.devices[2].peers), 0);
	devices_run(&team.loop, last_two_equal, &team);
	check_name(&team.devices[1], 1, "Martin");
	device_save(&team.devices[2], DOSSIER, &patient, SECTION, NAME, "Morvan");
	devices_run(&team.loop, last_two_equal, &team);
	check_name(&team.devices[1], 1, "Morvan");
	struct device_id newcomer = node_device(team.devices[2].node);
	const struct team_device *row = team_view_device(node_view(team.devices[1].node), &newcomer);
	assert_int_equal(row->state, TEAM_DEVICE_ACTIVE);
	/* From then on they meet as colleagues. */
	for (int i = 1; i < 3; i++)
		device_restart(&team.devices[i], &team.loop);
	device_save(&team.devices[2], DOSSIER, &patient, SECTION, NAME, "Le Gall");
	meet(&team, 1, 2);
	devices_run(&team.loop, last_two_equal, &team);
	assert_int_equal(
	        device_values(&team.devices[1], DOSSIER, &patient, SECTION, NAME, text, sizeof(text)), 1);
	assert_string_equal(text, "Le Gall");
	/* An invitation of another team is not for a device that has one. */
	struct team_invitation invitation;
	int result = 1;
	check_ok(node_invite(team.devices[1].node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	invitation.team_hint[0] ^= 1;
	check_code(pairing_start(team.devices[2].peers, &team.devices[1].address, &invitation,
	                   span_text("Guest"), joined, &result),
	        ERR_EXISTS);
	team_invitation_wipe(&invitation);
	team_close(&team);
}

/* Also when the lost device was removed before: then her first admission is void, and the second one counts. */
static void she_joins_again_after_its_removal(void **state)
{
	(void)state;
	struct team team;
	struct team_action action = {.kind = TEAM_ACTION_REMOVE_PERSON};
	struct entry_hash hash;
	open_two_apart(&team, 3);
	check_ok(join(&team, 0, 2, TEAM_ROLE_NURSE));
	struct device_id lost = node_device(team.devices[0].node),
	                 newcomer = node_device(team.devices[2].node);
	device_restart(&team.devices[0], &team.loop);
	device_save(&team.devices[2], DOSSIER, &patient, SECTION, NAME, "Martin");
	action.as.remove_person.person = team_view_device(node_view(team.devices[1].node), &lost)->person;
	action.as.remove_person.reason = 4;
	check_ok(node_act(team.devices[1].node, &action, &hash, NULL, NULL));
	devices_run(&team.loop, saved, &team);
	check_ok(join(&team, 1, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, last_two_equal, &team);
	const struct team_device *row = team_view_device(node_view(team.devices[1].node), &newcomer);
	assert_int_equal(row->state, TEAM_DEVICE_ACTIVE);
	device_save(&team.devices[2], DOSSIER, &patient, SECTION, NAME, "Morvan");
	devices_run(&team.loop, last_two_equal, &team);
	check_name(&team.devices[1], 1, "Morvan");
	check_name(&team.devices[2], 1, "Morvan");
	team_close(&team);
}

/* ---- Pushing ---- */

/* Sums over a device's sessions: entries that answers were to bring, and bytes that were pushed in vain. */
static void add_progress(struct device *device, uint64_t *asked, uint64_t *again)
{
	struct peer_status status;
	for (uint32_t i = 0; peers_status(device->peers, i, &status); i++) {
		*asked += status.progress.entries_expected;
		*again += status.progress.bytes_again;
	}
}

static void check_pushed(struct team *team, int author, bool asks)
{
	uint64_t before = 0, after = 0, again_before = 0, again_after = 0;
	for (int i = 0; i < team->count; i++)
		add_progress(&team->devices[i], &before, &again_before);
	device_save(&team->devices[author], DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team->loop, equal, team);
	for (int i = 0; i < team->count; i++)
		add_progress(&team->devices[i], &after, &again_after);
	assert_int_equal(before != after, asks);
	assert_int_equal(again_before, again_after);
}

/* A save reaches everybody without having been asked for, also through a third device, and never twice. */
static void new_entries_are_pushed(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, 3);
	found(&team);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Le Goff");
	check_ok(join(&team, 0, 1, TEAM_ROLE_NURSE));
	check_ok(join(&team, 0, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, equal, &team);
	for (int round = 0; round < 4; round++)
		check_pushed(&team, 0, false);
	/* Who lives behind the first device asks it once, and is pushed to from then on. */
	check_pushed(&team, 1, true);
	for (int round = 0; round < 4; round++)
		check_pushed(&team, 1, false);
	/* The author itself meets her: at most one entry comes twice. */
	meet(&team, 1, 2);
	devices_run(&team.loop, equal, &team);
	uint64_t asked = 0, again = 0;
	uint32_t twice = 0;
	for (int round = 0; round < 10; round++) {
		uint64_t before = again;
		device_save(&team.devices[1], DOSSIER, &patient, SECTION, NAME, "Morvan");
		devices_run(&team.loop, equal, &team);
		again = 0;
		add_progress(&team.devices[2], &asked, &again);
		twice += again != before;
	}
	assert_true(twice <= 1);
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
	open_two_apart(&team, 2);
	device_save(&team.devices[1], DOSSIER, &patient, SECTION, NAME, "Martin");
	device_save(&team.devices[0], DOSSIER, &other_patient, SECTION, NAME, "Morvan");
	device_save(&team.devices[0], DOSSIER, &other_patient, SECTION, NAME, "Le Goff");
	devices_run(&team.loop, saved, &team);
	carry_entries(&team.devices[0], &team.devices[1]);
	devices_run(&team.loop, saved, &team);
	struct node *node = team.devices[1].node;
	check_code(node_doc(node, DOSSIER, &other_patient, &before), ERR_NOTFOUND);
	assert_int_equal(node->unread.count, 2);
	check_ok(node_checkpoint(node, true));
	devices_run(&team.loop, saved, &team);
	if (restarts) {
		device_restart(&team.devices[1], &team.loop);
		node = team.devices[1].node;
		assert_true(node->unread_listed);
		assert_int_equal(node->unread.count, 2);
	}
	check_ok(node_doc(node, DOSSIER, &patient, &before));
	carry_rows(&team.devices[0], &team.devices[1]);
	devices_run(&team.loop, saved, &team);
	/* The other dossier was left alone. */
	check_ok(node_doc(node, DOSSIER, &patient, &after));
	assert_ptr_equal(before, after);
	assert_int_equal(node->unread.count, 0);
	assert_int_equal(
	        device_values(&team.devices[1], DOSSIER, &other_patient, SECTION, NAME, text, sizeof(text)),
	        1);
	assert_string_equal(text, "Le Goff");
	check_name(&team.devices[1], 1, "Martin");
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

/* Two devices begin the same dossier apart, each with a secret of its own: what the other one wrote is read when its secret comes. */
static void a_second_secret_may_come_late(void **state)
{
	(void)state;
	struct team team;
	open_two_apart(&team, 2);
	for (int i = 0; i < 2; i++)
		device_save(&team.devices[i], DOSSIER, &patient, SECTION, NAME, i ? "Morvan" : "Martin");
	devices_run(&team.loop, saved, &team);
	carry_entries(&team.devices[0], &team.devices[1]);
	devices_run(&team.loop, saved, &team);
	check_name(&team.devices[1], 1, "Morvan");
	assert_int_equal(team.devices[1].node->unread.count, 1);
	carry_rows(&team.devices[0], &team.devices[1]);
	devices_run(&team.loop, saved, &team);
	check_name(&team.devices[1], 2, NULL);
	assert_int_equal(team.devices[1].node->unread.count, 0);
	team_close(&team);
}

static bool newcomer_reads(void *context)
{
	struct team *team = context;
	struct crdt_doc *doc;
	return node_doc(team->devices[2].node, DOSSIER, &patient, &doc) == 0;
}

/* She heard of a newcomer, and restarted before she met her: the dossier that only she can share is shared when they meet. */
static void keys_are_shared_after_a_restart(void **state)
{
	(void)state;
	struct team team;
	open_two_apart(&team, 3);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	check_ok(join(&team, 1, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, saved, &team);
	for (int i = 1; i < 3; i++)
		device_restart(&team.devices[i], &team.loop);
	carry_entries(&team.devices[1], &team.devices[0]);
	devices_run(&team.loop, saved, &team);
	device_restart(&team.devices[0], &team.loop);
	meet(&team, 0, 2);
	devices_run(&team.loop, newcomer_reads, &team);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_team_of_one_saves_and_restarts),
	        cmocka_unit_test(documents_of_an_older_version_are_built_anew),
	        cmocka_unit_test(the_mean_entry_is_counted),
	        cmocka_unit_test(a_nurse_joins_and_both_write),
	        cmocka_unit_test(a_facilitator_reads_little_and_writes_nothing),
	        cmocka_unit_test(a_locum_joins_and_writes),
	        cmocka_unit_test(many_secrets_stop_nobody),
	        cmocka_unit_test(a_patched_facilitator_is_refused),
	        cmocka_unit_test(a_clock_that_goes_back_is_refused),
	        cmocka_unit_test(an_invitation_works_once),
	        cmocka_unit_test(as_many_invitations_as_work),
	        cmocka_unit_test(a_newcomer_is_nobody_else),
	        cmocka_unit_test(news_travel_through_others),
	        cmocka_unit_test(changes_wait_for_documents_that_nobody_looks_at),
	        cmocka_unit_test(not_too_much_waits),
	        cmocka_unit_test(a_receipt_for_what_was_lost_is_taken_back),
	        cmocka_unit_test(memory_is_bounded),
	        cmocka_unit_test(a_newcomer_whose_host_is_lost_joins_again),
	        cmocka_unit_test(she_joins_again_after_its_removal),
	        cmocka_unit_test(new_entries_are_pushed),
	        cmocka_unit_test(late_keys_open_their_dossiers_only),
	        cmocka_unit_test(late_keys_outlive_a_restart),
	        cmocka_unit_test(a_second_secret_may_come_late),
	        cmocka_unit_test(keys_are_shared_after_a_restart),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
