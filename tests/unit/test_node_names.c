/*
 * Erased dossiers at a relay, which has no key to tell by: it purges what a row names (node/keyring/README.md, section 11), says so, takes nothing bare that
 * nobody named, and asks again for what false names made it drop. Whole devices over sockets on loopback.
 */
#include "tests/lib/check.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "tests/lib/patched.h"
#include "tests/lib/team.h"

enum { NURSE, RELAY, LEA, DOSSIER = TEAM_DOSSIER, SECTION = TEAM_SECTION, NAME = TEAM_NAME };

static const struct record_id other = {{7, 7, 7}}, nobody = {{6, 6, 6}};

/* ---- Looking ---------------------------------------------------------------------------------------------------- */

struct count {
	uint32_t whole, bare;
};

/* Bodies of one dossier in a device's log, told by the nurse's keys. */
static struct count bodies_of(struct team *team, int who, const struct record_id *dossier)
{
	struct node *node = team->devices[who].node;
	const struct epochs *keys = team->devices[NURSE].node->epochs;
	struct log_reader reader = {0};
	struct count count = {0};
	struct store_txn *txn;
	check_ok(store_begin(team->devices[who].store, false, &txn));
	for (uint32_t feed = 0; feed < log_feed_count(node->log); feed++) {
		for (uint64_t seq = 1; seq <= log_feed(node->log, feed)->committed_seq; seq++) {
			const struct run_entry *entry;
			check_ok(log_read_entry(node->log, txn, &reader, feed, seq, &entry));
			const struct epoch_key *epoch = epochs_find(keys, &entry->header.epoch);
			if (!epoch)
				continue;
			const struct pseudonym name = secret_pseudonym(epoch, dossier);
			if (!pseudonym_eq(&name, &entry->header.dossier))
				continue;
			count.whole += !entry->purged;
			count.bare += entry->purged;
		}
	}
	log_reader_close(&reader);
	store_abort(txn);
	return count;
}

static void check_bodies(
        struct team *team, int who, const struct record_id *dossier, uint32_t whole, uint32_t bare)
{
	const struct count count = bodies_of(team, who, dossier);
	assert_int_equal(count.whole, whole);
	assert_int_equal(count.bare, bare);
}

/* How far the relay says, signed, that it has the nurse's clinical feed. */
static uint64_t receipt(struct team *team)
{
	struct node *relay = team->devices[RELAY].node;
	const uint32_t feed = patched_own_feed(&team->devices[NURSE], COMPARTMENT_CLINICAL);
	const struct device_id self = node_device(relay);
	uint64_t seq = 0;
	check_ok(node_acknowledge(relay));
	assert_true(
	        node_acknowledged(relay, &self, &log_feed(team->devices[NURSE].node->log, feed)->id, &seq));
	return seq;
}

static uint64_t nurse_head(struct team *team)
{
	return log_feed(
	        team->devices[NURSE].node->log, patched_own_feed(&team->devices[NURSE], COMPARTMENT_CLINICAL))
	        ->committed_seq;
}

/* ---- Conditions ------------------------------------------------------------------------------------------------- */

static bool is_quiet(void *context)
{
	struct team *team = context;
	for (int i = 0; i < team->count; i++)
		if (node_erasing(team->devices[i].node))
			return false;
	return team_saved(team);
}

static bool relay_has_purged(void *context)
{
	struct team *team = context;
	return is_quiet(team) && bodies_of(team, RELAY, &team_patient).bare > 0;
}

static bool relay_is_whole(void *context)
{
	struct team *team = context;
	return is_quiet(team) && bodies_of(team, RELAY, &team_patient).bare == 0;
}

/* The nurse heard the word of the relay. */
static bool word_is_here(void *context)
{
	struct team *team = context;
	const struct device_id relay = node_device(team->devices[RELAY].node);
	struct node_word word;
	return node_erasure_word(team->devices[NURSE].node, &team_patient, &relay, &word) && word.names;
}

static bool lea_is_out(void *context)
{
	struct team *team = context;
	const struct device_id lea = node_device(team->devices[LEA].node);
	return team_saved(team) &&
	        team_view_device(node_view(team->devices[RELAY].node), &lea)->state != TEAM_DEVICE_ACTIVE;
}

/* ---- Doing ------------------------------------------------------------------------------------------------------ */

/* Two nurses and a relay, two dossiers under two epochs, everything everywhere. */
static void begin(struct team *team)
{
	team_open(team, 3);
	team_found(team);
	check_ok(team_join(team, NURSE, LEA, TEAM_ROLE_NURSE));
	for (int i = 0; i < 2; i++) {
		device_save(
		        &team->devices[NURSE], DOSSIER, &team_patient, SECTION, NAME, i ? "Petit" : "Martin");
		device_save(&team->devices[NURSE], DOSSIER, &other, SECTION, NAME, i ? "Leroy" : "Bernard");
		devices_run(&team->loop, team_saved, team);
		if (i == 0)
			check_ok(node_rotate(team->devices[NURSE].node, COMPARTMENT_CLINICAL));
		devices_run(&team->loop, team_saved, team);
	}
	team_admit_relay(team, NURSE, RELAY);
	devices_run(&team->loop, team_equal, team);
}

/* Names as a patched program signs them: of a living dossier, under the name of one that was erased. */
static void false_names(struct team *team, struct buf *row)
{
	struct node *lea = team->devices[LEA].node;
	const struct key_signer signer = {lea->team, node_device(lea), lea->identity.secrets->sign};
	struct epoch_id id;
	enum compartment compartment;
	const struct epoch_key *key;
	struct erased_names names = {.dossier = nobody};
	names.items = mem_zero(16, sizeof(*names.items));
	for (size_t i = 0; epochs_at(lea->epochs, i, &id, &compartment, &key); i++)
		if (compartment == COMPARTMENT_CLINICAL && names.count < 16)
			names.items[names.count++] = (struct erased_name){
			        id, secret_pseudonym(key, &team_patient)};
	qsort(names.items, names.count, sizeof(*names.items), erased_name_cmp);
	assert_true(node_state_to_cite(lea, &names.membership));
	erased_names_sign(&names, &signer);
	buf_clear(row);
	wire_put_u8(row, 5);
	erased_names_encode(&names, row);
	erased_names_close(&names);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

static void a_relay_purges_what_is_named(void **state)
{
	(void)state;
	struct team team;
	begin(&team);
	check_bodies(&team, RELAY, &team_patient, 2, 0);
	check_ok(node_erase(team.devices[NURSE].node, &team_patient, KEY_REASON_REQUEST, NULL, NULL));
	devices_run(&team.loop, is_quiet, &team);
	team_meet(&team, NURSE, RELAY); /* who passed through the log ended its sessions */
	devices_run(&team.loop, relay_has_purged, &team);
	check_bodies(&team, RELAY, &team_patient, 0, 2);
	check_bodies(&team, RELAY, &other, 2, 0);
	assert_int_equal(receipt(&team), nurse_head(&team));
	assert_false(word_is_here(&team));
	devices_run(&team.loop, is_quiet, &team);
	assert_true(node_wants_new_file(team.devices[RELAY].node));
	device_new_file(&team.devices[RELAY], &team.loop);
	team_meet(&team, NURSE, RELAY);
	devices_run(&team.loop, word_is_here, &team);
	const struct device_id relay = node_device(team.devices[RELAY].node);
	struct node_word word = {0};
	assert_true(node_erasure_word(team.devices[NURSE].node, &team_patient, &relay, &word));
	assert_int_equal(word.names, 2);
	assert_int_equal(node_names_known(team.devices[NURSE].node, &team_patient), 2);
	/* the restart passed through the log again, and found nothing to do or to ask for */
	devices_run(&team.loop, is_quiet, &team);
	assert_false(node_wants_new_file(team.devices[RELAY].node));
	assert_int_equal(receipt(&team), nurse_head(&team));
	for (int i = 0; i < team.count; i++)
		assert_int_equal(refusals_of(&team.devices[i].node->refusals, REFUSED_NAMES,
		                         TEAM_REASON_CONTRADICTION),
		        0);
	team_close(&team);
}

static void strip(struct team *team, uint64_t seq, struct buf *whole, struct buf *bare)
{
	struct device *nurse = &team->devices[NURSE];
	const struct log_feed *feed = log_feed(
	        nurse->node->log, patched_own_feed(nurse, COMPARTMENT_CLINICAL));
	struct arena arena = {0};
	struct run run;
	patched_copy_run(nurse, COMPARTMENT_CLINICAL, seq, whole);
	check_ok(run_decode(&run, &feed->id, COMPARTMENT_CLINICAL, buf_span(whole), &arena));
	run_hash(&run);
	for (uint32_t i = 0; i < run.count; i++) {
		run.entries[i].purged = true;
		run.entries[i].body = (struct span){NULL, 0};
	}
	buf_clear(bare);
	run_encode(&run, bare);
	arena_close(&arena);
}

static void a_carrier_cannot_strip_for_a_relay(void **state)
{
	(void)state;
	struct team team;
	struct buf whole = {0}, bare = {0};
	begin(&team);
	struct node *relay = team.devices[RELAY].node;
	const uint32_t feed = patched_feed_at(
	        &team.devices[RELAY], &team.devices[NURSE], COMPARTMENT_CLINICAL);
	const uint64_t before = log_feed(relay->log, feed)->committed_seq;
	device_restart(&team.devices[RELAY], &team.loop); /* they are apart */
	relay = team.devices[RELAY].node;
	device_save(&team.devices[NURSE], DOSSIER, &team_patient, SECTION, NAME, "Durand");
	devices_run(&team.loop, team_saved, &team);
	strip(&team, before + 1, &whole, &bare);
	assert_int_equal(node_receive_run(relay, feed, buf_span(&bare)), NODE_RUN_IGNORED);
	assert_int_equal(node_received(relay, feed), before);
	assert_int_equal(receipt(&team), before);
	check_ok(node_receive_run(relay, feed, buf_span(&whole)));
	devices_run(&team.loop, team_saved, &team);
	check_bodies(&team, RELAY, &team_patient, 3, 0);
	assert_int_equal(receipt(&team), before + 1);
	buf_close(&whole);
	buf_close(&bare);
	team_close(&team);
}

static void what_false_names_took_comes_back(void **state)
{
	(void)state;
	struct team team;
	struct buf row = {0};
	begin(&team);
	patched_tombstone(&team.devices[LEA], &nobody, &row);
	for (int i = 0; i < 2; i++)
		assert_int_equal(node_state_put(team.devices[i].node, buf_span(&row)), 1);
	false_names(&team, &row);
	assert_int_equal(node_state_put(team.devices[RELAY].node, buf_span(&row)), 1);
	assert_int_equal(node_state_put(team.devices[NURSE].node, buf_span(&row)), 0);
	assert_true(refusals_of(&team.devices[NURSE].node->refusals, REFUSED_NAMES,
	                    TEAM_REASON_CONTRADICTION) > 0);
	devices_run(&team.loop, relay_has_purged, &team);
	check_bodies(&team, RELAY, &team_patient, 0, 2);
	check_bodies(&team, NURSE, &team_patient, 2, 0);
	team_check_name(&team.devices[NURSE], 1, "Petit");
	/* the rogue goes: what it named is missing, until the nurse gives it again */
	const struct device_id lea = node_device(team.devices[LEA].node);
	const uint32_t feed = patched_feed_at(
	        &team.devices[RELAY], &team.devices[NURSE], COMPARTMENT_CLINICAL);
	struct node_progress *progress = node_progress(team.devices[RELAY].node, feed);
	check_ok(node_remove_device(team.devices[NURSE].node, &lea, 2, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	team_meet(&team, NURSE, RELAY);
	devices_run(&team.loop, lea_is_out, &team);
	devices_run(&team.loop, relay_is_whole, &team);
	check_bodies(&team, RELAY, &team_patient, 2, 0);
	assert_int_equal(progress->missing, 0);
	assert_int_equal(receipt(&team), nurse_head(&team));
	buf_close(&row);
	team_close(&team);
}

/* The receipt ends before the first body that is missing, also after a restart, for as long as nobody gives it. */
static void a_receipt_says_what_is_here(void **state)
{
	(void)state;
	struct team team;
	struct buf row = {0}, tombstone = {0}, whole = {0};
	begin(&team);
	struct device *relay = &team.devices[RELAY], *nurse = &team.devices[NURSE];
	patched_tombstone(&team.devices[LEA], &nobody, &tombstone);
	false_names(&team, &row);
	const uint32_t feed = patched_feed_at(relay, nurse, COMPARTMENT_CLINICAL);
	const uint64_t all = receipt(&team);
	/* alone from here on */
	device_restart(relay, &team.loop);
	assert_int_equal(node_state_put(relay->node, buf_span(&tombstone)), 1);
	assert_int_equal(node_state_put(relay->node, buf_span(&row)), 1);
	devices_run(&team.loop, relay_has_purged, &team);
	struct buf bytes = {0};
	const struct device_id lea = node_device(team.devices[LEA].node);
	const uint32_t membership = patched_own_feed(nurse, COMPARTMENT_MEMBERSHIP),
	               there = patched_feed_at(relay, nurse, COMPARTMENT_MEMBERSHIP);
	check_ok(node_remove_device(nurse->node, &lea, 2, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	while (node_received(relay->node, there) < log_feed(nurse->node->log, membership)->committed_seq) {
		patched_copy_run(
		        nurse, COMPARTMENT_MEMBERSHIP, node_received(relay->node, there) + 1, &bytes);
		check_ok(node_receive_run(relay->node, there, buf_span(&bytes)));
	}
	devices_run(&team.loop, is_quiet, &team);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(node_progress(relay->node, feed)->missing, 1);
		assert_int_equal(receipt(&team), 0);
		assert_int_equal(node_ask_from(relay->node, feed, true), 0);
		device_restart(relay, &team.loop);
		devices_run(&team.loop, is_quiet, &team);
	}
	/* one run after the other, each before the one before it is on the disk */
	for (uint64_t seq = 1; seq <= all; seq++) {
		patched_copy_run(nurse, COMPARTMENT_CLINICAL, seq, &whole);
		assert_int_equal(node_receive_run(relay->node, feed, buf_span(&whole)), NODE_RUN_KNOWN);
		assert_int_equal(receipt(&team), 0);
	}
	check_ok(node_flush(relay->node));
	devices_run(&team.loop, is_quiet, &team);
	check_bodies(&team, RELAY, &team_patient, 2, 0);
	assert_int_equal(receipt(&team), all);
	buf_close(&row);
	buf_close(&tombstone);
	buf_close(&whole);
	buf_close(&bytes);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_relay_purges_what_is_named),
	        cmocka_unit_test(a_carrier_cannot_strip_for_a_relay),
	        cmocka_unit_test(what_false_names_took_comes_back),
	        cmocka_unit_test(a_receipt_says_what_is_here),
	};
	return cmocka_run_group_tests_name("node names", tests, NULL, NULL);
}
