/*
 * Orders to erase a dossier by somebody who is removed meanwhile: whatever the order of arrival, all devices come to the same. What a colleague carried
 * out before she knew of the removal is erased everywhere; what reaches only those who know of it has no power.
 */
#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "node/keyring/key_row.h"
#include "node/node_state.h"
#include "tests/lib/carry.h"

static const struct record_id other = {{8, 8, 8}};

/* ---- Doing ------------------------------------------------------------------------------------------------------ */

static bool is_quiet(void *context)
{
	struct team *team = context;
	for (int i = 0; i < team->count; i++)
		if (node_erasing(team->devices[i].node))
			return false;
	return team_saved(team);
}

static void settle(struct team *team)
{
	devices_run(&team->loop, is_quiet, team);
}

static void order(struct team *team, int who)
{
	check_ok(node_erase(team->devices[who].node, &team_patient, KEY_REASON_REQUEST, NULL, NULL));
	settle(team);
}

static void remove_lea(struct team *team, int who)
{
	struct device_id lost = carry_device(team, LEA);
	check_ok(node_remove_device(team->devices[who].node, &lost, 1, NULL, NULL));
	settle(team);
}

static void tell_keys(struct team *team, int from, int to)
{
	carry_keys(&team->devices[from], &team->devices[to]);
	settle(team);
}

static void tell_membership(struct team *team, int from, int to)
{
	carry(team, &team->devices[from], &team->devices[to], NULL, COMPARTMENT_MEMBERSHIP);
	settle(team);
}

static void tell(struct team *team, int from, int to)
{
	carry_all(team, &team->devices[from], &team->devices[to]);
	settle(team);
}

/* Anna and Zoé, both ways, until both hold the same. */
static void meet(struct team *team)
{
	for (int i = 0; i < 2; i++) {
		tell(team, ZOE, ANNA);
		tell(team, ANNA, ZOE);
	}
}

/* ---- Looking ---------------------------------------------------------------------------------------------------- */

static bool is_erased(const struct team *team, int who)
{
	return node_is_erased(team->devices[who].node, &team_patient);
}

static uint32_t names(struct team *team, int who)
{
	char text[64];
	struct crdt_doc *doc;
	if (node_doc(team->devices[who].node, TEAM_DOSSIER, &team_patient, &doc) == ERR_NOTFOUND)
		return 0;
	return device_values(&team->devices[who], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, text,
	        sizeof(text));
}

static void check_erased(struct team *team, int who)
{
	assert_true(is_erased(team, who));
	assert_null(key_table_secret(team->devices[who].node->keys, &team_patient, 0));
	assert_int_equal(names(team, who), 0);
}

static void check_lives(struct team *team, int who)
{
	assert_false(is_erased(team, who));
	assert_non_null(key_table_secret(team->devices[who].node->keys, &team_patient, 0));
	assert_int_equal(names(team, who), 1);
}

/* The rows about keys and tombstones; how many tombstones that count, of how many. */
static void check_same_rows(struct team *team, uint32_t counting, uint32_t all)
{
	uint8_t digests[2][32];
	for (int i = 0; i < 2; i++) {
		const struct key_table *keys = team->devices[i ? ZOE : ANNA].node->keys;
		const struct key_tombstone *at;
		uint32_t count = 0, seen = 0;
		for (; (at = key_table_tombstone(keys, seen)); seen++)
			count += at->counts;
		assert_int_equal(count, counting);
		assert_int_equal(seen, all);
		key_table_digest(keys, digests[i]);
	}
	assert_memory_equal(digests[0], digests[1], sizeof(digests[0]));
}

static void check_restart(struct team *team)
{
	for (int i = 0; i < team->count; i++)
		device_restart(&team->devices[i], &team->loop);
	settle(team);
}

/* Whose order stands at `who`, and by whose word. */
static void check_upheld(struct team *team, int who, int by, int upheld)
{
	struct node_erasure erasure;
	struct device_id issuer = carry_device(team, by), first = carry_device(team, upheld);
	for (uint32_t i = 0; node_erasure_at(team->devices[who].node, i, &erasure); i++)
		if (erasure.counts && device_id_eq(&erasure.by, &issuer) &&
		        device_id_eq(&erasure.upheld, &first)) {
			assert_int_equal(erasure.reason, KEY_REASON_REQUEST);
			return;
		}
	fail_msg("nobody upholds it");
}

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

/* Zoé did what Léa ordered; Anna, apart, removed Léa. Keys or membership come first, this way or that. */
static void what_was_carried_out_spreads(void **state)
{
	(void)state;
	for (int way = 0; way < 4; way++) {
		struct team team;
		carry_open_team(&team);
		order(&team, LEA);
		tell(&team, LEA, ZOE);
		check_erased(&team, ZOE);
		remove_lea(&team, ANNA);
		check_lives(&team, ANNA);
		const int from = way & 1 ? ZOE : ANNA, to = way & 1 ? ANNA : ZOE;
		if (way & 2)
			tell_keys(&team, from, to);
		tell_membership(&team, from, to);
		tell_keys(&team, from, to);
		meet(&team);
		check_erased(&team, ANNA);
		check_erased(&team, ZOE);
		check_upheld(&team, ANNA, ZOE, LEA);
		check_same_rows(&team, 1, 2);
		check_restart(&team);
		check_erased(&team, ANNA);
		check_same_rows(&team, 1, 2);
		team_close(&team);
	}
}

/* Anna did it before she removed Léa; Zoé hears of the removal, of the order and of Anna's standing by it in any order. */
static void the_order_of_arrival_does_not_matter(void **state)
{
	(void)state;
	enum { REMOVAL, ORDER, UPHELD, STEPS };
	static const int orders[][STEPS] = {{REMOVAL, ORDER, UPHELD}, {REMOVAL, UPHELD, ORDER},
	        {ORDER, REMOVAL, UPHELD}, {ORDER, UPHELD, REMOVAL}, {UPHELD, ORDER, REMOVAL},
	        {UPHELD, REMOVAL, ORDER}};
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		struct team team;
		carry_open_team(&team);
		order(&team, LEA);
		tell_keys(&team, LEA, ANNA);
		remove_lea(&team, ANNA);
		for (int step = 0; step < STEPS; step++) {
			if (orders[i][step] == REMOVAL)
				tell_membership(&team, ANNA, ZOE);
			else
				tell_keys(&team, orders[i][step] == ORDER ? LEA : ANNA, ZOE);
		}
		meet(&team);
		check_erased(&team, ANNA);
		check_erased(&team, ZOE);
		check_same_rows(&team, 1, 2);
		team_close(&team);
	}
}

/* Everybody knows of the removal when the thief's order comes; it is kept, as one that was signed, and does nothing. */
static void a_removed_thief_erases_nothing(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	remove_lea(&team, ANNA);
	tell(&team, ANNA, ZOE);
	order(&team, LEA);
	for (int i = 0; i < 2; i++) {
		tell(&team, LEA, i ? ZOE : ANNA);
		check_lives(&team, i ? ZOE : ANNA);
	}
	meet(&team);
	check_same_rows(&team, 0, 1);
	check_restart(&team);
	check_lives(&team, ANNA);
	check_lives(&team, ZOE);
	device_save(
	        &team.devices[ANNA], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Martin-Le Goff");
	settle(&team);
	meet(&team);
	check_lives(&team, ZOE);
	/* The suspension is taken back: her word counts again. */
	struct person_id lea = carry_person(&team, LEA);
	check_ok(node_undo_suspension(team.devices[ZOE].node, &lea, NULL, NULL));
	settle(&team);
	check_erased(&team, ZOE);
	meet(&team);
	check_erased(&team, ANNA);
	check_same_rows(&team, 1, 1);
	team_close(&team);
}

/* Those who stood by it leave too: whoever did it after them stands by it. */
static void one_after_another_stands_by_it(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	order(&team, LEA);
	tell(&team, LEA, ZOE);
	tell(&team, LEA, ANNA);
	remove_lea(&team, ANNA);
	remove_lea(&team, ZOE); /* apart: both uphold */
	meet(&team);
	check_same_rows(&team, 1, 2);
	struct device_id zoe = carry_device(&team, ZOE), anna = carry_device(&team, ANNA);
	const bool is_anna = device_id_cmp(&anna, &zoe) < 0; /* the first of them is kept */
	check_upheld(&team, ANNA, is_anna ? ANNA : ZOE, LEA);
	const int stays = is_anna ? ZOE : ANNA;
	check_ok(node_remove_device(team.devices[stays].node, is_anna ? &anna : &zoe, 1, NULL, NULL));
	settle(&team);
	check_erased(&team, stays);
	check_upheld(&team, stays, stays, LEA);
	team_close(&team);
}

/* A locum did it, and nobody else: the team keeps the dossier until a nurse orders it, and the locum's work comes to the others all the same. */
static void what_a_locum_did_alone_binds_nobody(void **state)
{
	(void)state;
	struct team team;
	carry_open_with(&team, TEAM_ROLE_LOCUM);
	struct device *locum = &team.devices[ZOE];
	struct person_id person = carry_person(&team, ZOE);
	check_ok(node_share(team.devices[ANNA].node, &person, &team_patient, true));
	settle(&team);
	meet(&team);
	tell(&team, ANNA, LEA);
	assert_int_equal(names(&team, ZOE), 1);
	device_save(locum, TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Martin chez elle");
	settle(&team);
	order(&team, LEA);
	tell_keys(&team, LEA, ZOE);
	check_erased(&team, ZOE);
	device_save(locum, TEAM_DOSSIER, &other, TEAM_SECTION, TEAM_NAME, "Morvan");
	settle(&team);
	remove_lea(&team, ANNA);
	meet(&team);
	check_lives(&team, ANNA);
	assert_false(is_erased(&team, ZOE));
	assert_non_null(
	        key_table_secret(locum->node->keys, &team_patient, 0)); /* what is written from now on */
	uint32_t own, there;
	check_ok(node_own_feed(locum->node, COMPARTMENT_CLINICAL, &own));
	const struct log_feed *feed = log_feed(node_log(locum->node), own);
	check_ok(node_feed_number(
	        team.devices[ANNA].node, &feed->device, COMPARTMENT_CLINICAL, &feed->incarnation, &there));
	assert_true(feed->committed_seq >= 2);
	assert_int_equal(
	        log_feed(node_log(team.devices[ANNA].node), there)->committed_seq, feed->committed_seq);
	check_restart(&team);
	assert_false(is_erased(&team, ZOE));
	order(&team, ANNA);
	meet(&team);
	check_erased(&team, ANNA);
	check_erased(&team, ZOE);
	team_close(&team);
}

/* Her feed about dossiers, at another device. */
static uint32_t feed_of_lea(struct team *team, int who)
{
	struct device *lea = &team->devices[LEA];
	uint32_t own, there;
	check_ok(node_own_feed(lea->node, COMPARTMENT_CLINICAL, &own));
	const struct log_feed *feed = log_feed(node_log(lea->node), own);
	check_ok(node_feed_number(
	        team->devices[who].node, &feed->device, COMPARTMENT_CLINICAL, &feed->incarnation, &there));
	assert_int_equal(log_feed(node_log(team->devices[who].node), there)->committed_seq, 2);
	return there;
}

/* What Léa alone had she destroyed; her removal gives it back to nobody. The order is told of, what follows comes through, and nobody waits for more. */
static void check_gone(struct team *team, int who)
{
	struct node *node = team->devices[who].node;
	const struct device_id lea = carry_device(team, LEA);
	const uint32_t feed = feed_of_lea(team, who);
	struct node_quarantined apart = {0};
	struct node_erasure erasure;
	struct node_entry entry;
	uint32_t doc;
	assert_true(node_erasure_at(node, 0, &erasure));
	assert_true(record_id_eq(&erasure.dossier, &other) && device_id_eq(&erasure.by, &lea));
	assert_false(erasure.counts);
	assert_false(node_is_erased(node, &other));
	assert_false(docs_find(node->docs, TEAM_DOSSIER, &other, &doc));
	assert_true(node_read(node, feed, 1, &entry) != 0);
	assert_true(node_quarantine_next(node, &apart));
	assert_true(apart.feed == feed && apart.seq == 2);
	assert_false(node_quarantine_next(node, &apart));
	assert_true(node_idle(node));
}

static void what_nobody_else_had_is_gone(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	struct device *lea = &team.devices[LEA];
	device_save(lea, TEAM_DOSSIER, &other, TEAM_SECTION, TEAM_NAME, "Morvan");
	settle(&team);
	check_ok(node_erase(lea->node, &other, KEY_REASON_CASE, NULL, NULL));
	settle(&team);
	device_save(lea, TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Martin-Le Goff");
	settle(&team);
	remove_lea(&team, ANNA);
	tell_membership(&team, ANNA, ZOE);
	tell(&team, LEA, ANNA);
	check_gone(&team, ANNA);
	meet(&team);
	check_gone(&team, ZOE);
	check_same_rows(&team, 0, 1);
	check_restart(&team);
	check_gone(&team, ANNA);
	check_gone(&team, ZOE);
	team_close(&team);
}

/* An order names a state of the team at which its author managed; without one it stands only while she does. */
static void an_order_cites_a_state(void **state)
{
	(void)state;
	struct team team;
	struct buf row = {0};
	struct key_tombstone tombstone;
	carry_open_team(&team);
	struct device *lea = &team.devices[LEA], *anna = &team.devices[ANNA];
	const struct key_signer signer = {
	        lea->node->team, node_device(lea->node), lea->node->identity.secrets->sign};
	const struct entry_hash states[] = {{{7}}, {{0}}, {{0}}};
	struct entry_hash founding; /* Léa was nobody then */
	memcpy(founding.bytes, lea->node->team.bytes, sizeof(founding.bytes));
	for (int i = 0; i < 3; i++) {
		struct key_order cited = {.dossier = team_patient, .membership = i ? founding : states[0]};
		if (i == 2) {
			cited.membership = states[2];
			remove_lea(&team, ANNA);
		}
		key_tombstone_make(&tombstone, &signer, &cited);
		buf_clear(&row);
		wire_put_u8(&row, 1);
		key_tombstone_encode(&tombstone, &row);
		check_code(node_state_put(anna->node, buf_span(&row)), 0);
		assert_null(key_table_tombstone(anna->node->keys, 0));
	}
	check_lives(&team, ANNA);
	buf_close(&row);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_carried_out_spreads),
	        cmocka_unit_test(the_order_of_arrival_does_not_matter),
	        cmocka_unit_test(a_removed_thief_erases_nothing),
	        cmocka_unit_test(one_after_another_stands_by_it),
	        cmocka_unit_test(what_a_locum_did_alone_binds_nobody),
	        cmocka_unit_test(what_nobody_else_had_is_gone),
	        cmocka_unit_test(an_order_cites_a_state),
	};
	return cmocka_run_group_tests_name("node orders", tests, NULL, NULL);
}
