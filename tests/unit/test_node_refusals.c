/*
 * What is refused is counted by what it was and why (node/README.md, "What was refused"): one honest device, and one whose program was
 * patched, whose bytes are handed over as if they had come over a session.
 */
#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "node/pairing.h"
#include "node/schema/schema.h"
#include "tests/lib/pair.h"
#include "tests/lib/patched.h"

enum { DOSSIER = SCHEMA_DOC_DOSSIER, SECTION = 2, NAME = 1 };

static const struct record_id patient = {{9, 9, 9}};

/* How often the honest device refused such a thing; and that nothing else moved since `before` when there is one more. */
static uint64_t refused(struct pair *team, enum refused what, enum team_reason reason)
{
	return refusals_of(node_refusals(team->devices[0].node), what, reason);
}

static uint64_t refused_in_all(struct pair *team)
{
	uint64_t count = 0;
	for (unsigned what = 0; what < REFUSED_COUNT; what++)
		for (unsigned reason = 0; reason < TEAM_REASON_COUNT; reason++)
			count += refused(team, (enum refused)what, (enum team_reason)reason);
	return count;
}

/* Hand over a run of the patched device's feed; the honest one counts it once, as this. */
static void hand_over(struct pair *team, enum compartment compartment, const struct buf *run,
        enum refused what, enum team_reason reason)
{
	struct device *victim = &team->devices[0], *rogue = &team->devices[1];
	const uint64_t before = refused(team, what, reason), all = refused_in_all(team);
	node_receive_run(victim->node, patched_feed_at(victim, rogue, compartment), buf_span(run));
	assert_int_equal(refused(team, what, reason), before + 1);
	assert_int_equal(refused_in_all(team), all + 1);
}

static void hand_over_row(struct pair *team, struct span row, enum refused what, enum team_reason reason)
{
	struct node *victim = team->devices[0].node;
	const uint64_t before = refused(team, what, reason), all = refused_in_all(team);
	const uint32_t rows = node_state_count(victim, NODE_STATE_ALL);
	assert_true(node_state_put(victim, row) <= 0);
	assert_int_equal(refused(team, what, reason), before + 1);
	assert_int_equal(refused_in_all(team), all + 1);
	assert_int_equal(node_state_count(victim, NODE_STATE_ALL), rows);
}

/* ---- Runs ------------------------------------------------------------------------------------------------------- */

static void forged_replayed_and_reordered_runs(void **state)
{
	(void)state;
	struct pair team;
	struct buf runs[2] = {{0}}, forged = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *victim = &team.devices[0], *rogue = &team.devices[1];
	assert_int_equal(refused_in_all(&team), 0);
	for (int i = 0; i < 2; i++) {
		device_save(rogue, DOSSIER, &patient, SECTION, NAME, i ? "Martin" : "Morvan");
		devices_run(&team.loop, pair_saved, &team);
		patched_copy_run(rogue, COMPARTMENT_CLINICAL, (uint64_t)i + 1, &runs[i]);
	}
	hand_over(&team, COMPARTMENT_CLINICAL, &runs[1], REFUSED_RUN, TEAM_REASON_UNKNOWN_STATE);
	buf_add_span(&forged, buf_span(&runs[0]));
	forged.data[forged.size - 1] ^= 1; /* of its signature */
	hand_over(&team, COMPARTMENT_CLINICAL, &forged, REFUSED_RUN, TEAM_REASON_BAD_SIGNATURE);
	forged.size /= 2;
	hand_over(&team, COMPARTMENT_CLINICAL, &forged, REFUSED_RUN, TEAM_REASON_MALFORMED);
	for (uint32_t i = 0; i < node_state_count(rogue->node, NODE_STATE_ALL); i++)
		node_state_put(victim->node, node_state_row(rogue->node, NODE_STATE_ALL, i));
	const uint64_t before = refused_in_all(&team);
	uint32_t feed = patched_feed_at(victim, rogue, COMPARTMENT_CLINICAL);
	check_ok(node_receive_run(victim->node, feed, buf_span(&runs[0])));
	assert_int_equal(refused_in_all(&team), before);
	hand_over(&team, COMPARTMENT_CLINICAL, &runs[0], REFUSED_RUN, TEAM_REASON_EXISTS_ALREADY);
	for (int i = 0; i < 2; i++)
		buf_close(&runs[i]);
	buf_close(&forged);
	pair_close(&team);
}

/* Somebody who reads and does not write; and a counter at its end. */
static void entries_without_the_right(void **state)
{
	(void)state;
	struct pair team;
	struct buf run = {0};
	struct epoch_id epoch;
	pair_open(&team, TEAM_ROLE_READER);
	struct device *rogue = &team.devices[1];
	check_ok(team_epoch_to_write(rogue->node->members, COMPARTMENT_CLINICAL, &epoch));
	struct run_entry entry = {
	        .header = {.kind = ENTRY_CHANGE, .epoch = epoch, .lamport = CRDT_LAMPORT_MAX},
	        .body = span_text("sealed")};
	check_ok(node_cite_membership(rogue->node, &entry.header.membership));
	patched_run(rogue, COMPARTMENT_CLINICAL, &entry, 1, &run);
	hand_over(&team, COMPARTMENT_CLINICAL, &run, REFUSED_RUN, TEAM_REASON_CLOCK_AHEAD);
	entry.header.lamport = 0;
	patched_run(rogue, COMPARTMENT_CLINICAL, &entry, 1, &run);
	hand_over(&team, COMPARTMENT_CLINICAL, &run, REFUSED_ENTRY, TEAM_REASON_NOT_ALLOWED);
	buf_close(&run);
	pair_close(&team);
}

/* ---- The membership --------------------------------------------------------------------------------------------- */

/* A membership entry of the patched device with these bytes as its body, on top of `cited`. */
static void membership_run(struct device *rogue, const struct entry_hash *cited, struct span body,
        uint32_t count, const struct entry_hash *cited_next, struct buf *out)
{
	struct run_entry entries[2] = {
	        {.header = {.kind = ENTRY_MEMBERSHIP, .membership = *cited}, .body = body},
	        {.header = {.kind = ENTRY_MEMBERSHIP, .membership = *cited_next}, .body = body}};
	patched_run(rogue, COMPARTMENT_MEMBERSHIP, entries, count, out);
}

static void membership_entries_that_nobody_takes(void **state)
{
	(void)state;
	struct pair team;
	struct buf run = {0}, body = {0};
	struct entry_hash cited, founding;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *rogue = &team.devices[1];
	uint8_t *big = mem_zero(1, LIMIT_MEMBERSHIP_BODY_BYTES + 1);
	const struct team_action leave = {.kind = TEAM_ACTION_LEAVE, .as.leave_until_ms = UINT64_C(1) << 45};
	check_ok(node_cite_membership(rogue->node, &cited));
	memcpy(founding.bytes, rogue->node->team.bytes, sizeof(founding.bytes));
	membership_run(rogue, &cited, span_of(big, LIMIT_MEMBERSHIP_BODY_BYTES + 1), 1, &cited, &run);
	hand_over(&team, COMPARTMENT_MEMBERSHIP, &run, REFUSED_MEMBERSHIP, TEAM_REASON_TOO_BIG);
	mem_free(big);
	pair_close(&team);

	pair_open(&team, TEAM_ROLE_NURSE);
	rogue = &team.devices[1];
	check_ok(node_cite_membership(rogue->node, &cited));
	memcpy(founding.bytes, rogue->node->team.bytes, sizeof(founding.bytes));
	/* The second says that it knows less than the first did; neither is taken, since they come as one. */
	team_action_encode(&leave, &body);
	membership_run(rogue, &cited, buf_span(&body), 2, &founding, &run);
	hand_over(&team, COMPARTMENT_MEMBERSHIP, &run, REFUSED_MEMBERSHIP, TEAM_REASON_BACKDATED);
	buf_close(&body);
	buf_close(&run);
	pair_close(&team);
}

/* What is kept, since others may have built on it, and has no power. */
static uint32_t powerless(struct pair *team, enum team_reason reason)
{
	struct team_tally tally;
	team_membership_tally(team->devices[0].node->members, &tally);
	return tally.powerless[reason];
}

static void give_action(struct pair *team, const struct team_action *action)
{
	struct device *victim = &team->devices[0], *rogue = &team->devices[1];
	struct buf run = {0}, body = {0};
	struct entry_hash cited;
	struct run_entry entry = {.header = {.kind = ENTRY_MEMBERSHIP}};
	team_action_encode(action, &body);
	entry.body = buf_span(&body);
	check_ok(node_cite_membership(rogue->node, &cited));
	entry.header.membership = cited;
	patched_run(rogue, COMPARTMENT_MEMBERSHIP, &entry, 1, &run);
	check_ok(node_receive_run(
	        victim->node, patched_feed_at(victim, rogue, COMPARTMENT_MEMBERSHIP), buf_span(&run)));
	buf_close(&run);
	buf_close(&body);
}

static void membership_entries_that_have_no_power(void **state)
{
	(void)state;
	static const struct span newer = {(const uint8_t *)"\2\1later", 7};
	struct pair team;
	struct buf run = {0};
	struct entry_hash cited;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *victim = &team.devices[0], *rogue = &team.devices[1];
	check_ok(node_cite_membership(rogue->node, &cited));
	assert_int_equal(powerless(&team, TEAM_REASON_UNKNOWN_ACTION), 0);
	membership_run(rogue, &cited, newer, 1, &cited, &run);
	check_ok(node_receive_run(
	        victim->node, patched_feed_at(victim, rogue, COMPARTMENT_MEMBERSHIP), buf_span(&run)));
	assert_int_equal(powerless(&team, TEAM_REASON_UNKNOWN_ACTION), 1);
	buf_close(&run);
	pair_close(&team);
}

/* The invitation by which the patched device came itself: an admission of another device by it has no power, nor has one by an invitation that was
 * taken back. */
static void invitations_used_twice_or_after_revocation(void **state)
{
	(void)state;
	for (int revoked = 0; revoked < 2; revoked++) {
		struct pair team;
		struct team_invitation invitation;
		struct team_action action = {.kind = TEAM_ACTION_ADMIT};
		const struct team_invitation_row *row;
		uint8_t key[TEAM_KEY_BYTES], secret[64];
		pair_open(&team, TEAM_ROLE_NURSE);
		struct device *victim = &team.devices[0], *rogue = &team.devices[1];
		struct entry_hash hash, admit;
		/* The rogue manages once another nurse has endorsed it. */
		const struct device_id self = node_device(rogue->node);
		assert_true(node_admitted(victim->node, &self, rogue->node->identity.keys.handshake, &admit));
		row = &node_view(victim->node)->invitations[0];
		action.as.admit.invite = row->hash;
		if (revoked) {
			check_ok(
			        node_invite(victim->node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
			team_invitation_keys(&invitation, key, secret);
			uint8_t role;
			check_ok(node_invitation_terms(victim->node, key, &action.as.admit.invite, &role));
			const struct team_action revoke = {
			        .kind = TEAM_ACTION_REVOKE, .as.invitation = action.as.admit.invite};
			check_ok(node_act(victim->node, &revoke, &hash, NULL, NULL));
			devices_run(&team.loop, pair_saved, &team);
			pair_meet(&team);
		}
		action.as.admit.device = (struct device_id){{55}};
		action.as.admit.person = (struct person_id){{56}};
		action.as.admit.role = TEAM_ROLE_NURSE;
		assert_int_equal(powerless(&team, TEAM_REASON_INVITATION_CLOSED), 0);
		give_action(&team, &action);
		assert_int_equal(powerless(&team, TEAM_REASON_INVITATION_CLOSED), 1);
		assert_null(team_view_device(node_view(victim->node), &action.as.admit.device));
		pair_close(&team);
	}
}

/* ---- Replicated state ------------------------------------------------------------------------------------------- */

/* A reader hands out no keys and erases nothing; a locum hands out keys, to people who are here, and erases nothing. */
static void rows_that_nobody_may_write(void **state)
{
	(void)state;
	static const uint8_t roles[] = {TEAM_ROLE_READER, TEAM_ROLE_LOCUM};
	for (int i = 0; i < 2; i++) {
		struct pair team;
		struct buf row = {0};
		pair_open(&team, roles[i]);
		struct device *victim = &team.devices[0], *rogue = &team.devices[1];
		const struct device_id self = node_device(victim->node), stranger = {{77}};
		patched_packet(
		        rogue, victim, &patient, roles[i] == TEAM_ROLE_READER ? &self : &stranger, &row);
		hand_over_row(&team, buf_span(&row), REFUSED_KEYS,
		        roles[i] == TEAM_ROLE_READER ? TEAM_REASON_NOT_ALLOWED
		                                     : TEAM_REASON_WRONG_RECIPIENTS);
		patched_tombstone(rogue, &patient, &row);
		hand_over_row(&team, buf_span(&row), REFUSED_TOMBSTONE, TEAM_REASON_NOT_ALLOWED);
		buf_close(&row);
		pair_close(&team);
	}
}

static void rows_that_are_not_what_they_say(void **state)
{
	(void)state;
	struct pair team;
	struct buf row = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *victim = &team.devices[0], *rogue = &team.devices[1];
	const struct device_id self = node_device(victim->node);
	patched_packet(rogue, victim, &patient, &self, &row);
	row.data[row.size - 1] ^= 1;
	hand_over_row(&team, buf_span(&row), REFUSED_KEYS, TEAM_REASON_BAD_SIGNATURE);
	row.data[1] = 9; /* of another version */
	hand_over_row(&team, buf_span(&row), REFUSED_KEYS, TEAM_REASON_NEWER_VERSION);
	patched_packet(rogue, victim, &patient, &self, &row);
	hand_over_row(&team, span_sub(buf_span(&row), 0, 40), REFUSED_KEYS, TEAM_REASON_MALFORMED);
	static const struct {
		uint8_t kind;
		enum refused what;
		enum team_reason reason;
	} nonsense[] = {{2, REFUSED_RECEIPT, TEAM_REASON_NEWER_VERSION},
	        {3, REFUSED_PROOF, TEAM_REASON_NEWER_VERSION}, {4, REFUSED_ERASED, TEAM_REASON_NEWER_VERSION},
	        {9, REFUSED_ROW, TEAM_REASON_NEWER_VERSION}};
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		buf_clear(&row);
		wire_put_u8(&row, nonsense[i].kind);
		for (int byte = 0; byte < 200; byte++)
			wire_put_u8(&row, 200); /* no version of anything */
		hand_over_row(&team, buf_span(&row), nonsense[i].what, nonsense[i].reason);
	}
	hand_over_row(&team, span_text("?"), REFUSED_ROW, TEAM_REASON_MALFORMED);
	buf_close(&row);
	pair_close(&team);
}

/* ---- Words ------------------------------------------------------------------------------------------------------ */

/* Each count can be told, in both languages. */
static void everything_has_words(void **state)
{
	(void)state;
	for (unsigned what = 0; what < REFUSED_COUNT; what++) {
		struct schema_label label = refused_label((enum refused)what);
		assert_true(*refused_name((enum refused)what) && *label.fr && *label.en);
	}
	for (unsigned reason = 0; reason < TEAM_REASON_COUNT; reason++) {
		struct schema_label why = refusals_why((enum team_reason)reason);
		assert_non_null(why.fr);
		assert_non_null(why.en);
	}
	assert_int_equal(refusals_reason_of(-99), TEAM_REASON_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(forged_replayed_and_reordered_runs),
	        cmocka_unit_test(entries_without_the_right),
	        cmocka_unit_test(membership_entries_that_nobody_takes),
	        cmocka_unit_test(membership_entries_that_have_no_power),
	        cmocka_unit_test(invitations_used_twice_or_after_revocation),
	        cmocka_unit_test(rows_that_nobody_may_write),
	        cmocka_unit_test(rows_that_are_not_what_they_say),
	        cmocka_unit_test(everything_has_words),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-refusals", tests, NULL, NULL);
}
