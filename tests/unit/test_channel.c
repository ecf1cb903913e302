#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "tests/lib/net_pair.h"

static const enum net_channel_kind kinds[] = {NET_CHANNEL_KNOWN, NET_CHANNEL_PAIRING};
static const size_t everything = SIZE_MAX / 2;

static void check_established(const struct net_pair *pair, enum net_channel_kind kind)
{
	uint8_t key[32];
	for (int i = 0; i < 2; i++) {
		const struct net_peer *peer = &pair->peers[i];
		assert_int_equal(peer->asked, 1);
		assert_int_equal(peer->established, 1);
		assert_int_equal(peer->closed, 0);
		assert_int_equal(net_channel_version(peer->channel), 1);
		assert_true(net_channel_features(peer->channel) == 0x0103);
		net_pair_public(key, i == 1);
		assert_memory_equal(net_channel_remote_static(peer->channel), key, 32);
	}
	assert_memory_equal(net_channel_transcript(pair->peers[0].channel),
	        net_channel_transcript(pair->peers[1].channel), 32);
	assert_null(net_channel_invitation(pair->peers[0].channel));
	const uint8_t *invitation = net_channel_invitation(pair->peers[1].channel);
	if (kind == NET_CHANNEL_KNOWN)
		assert_null(invitation);
	else
		assert_memory_equal(invitation, net_pair_invitation(1).id, NET_INVITATION_ID_BYTES);
}

static void closed_with(const struct net_peer *peer, int error)
{
	assert_int_equal(peer->closed, 1);
	check_code(net_channel_error(peer->channel), error);
}

static void establish_and_talk(void **state)
{
	(void)state;
	static const size_t chunks[] = {1, 7, 100000};
	for (int k = 0; k < 2; k++)
		for (int c = 0; c < 3; c++) {
			struct net_pair pair;
			net_pair_open(&pair, kinds[k]);
			net_pair_run(&pair, chunks[c]);
			check_established(&pair, kinds[k]);
			for (int i = 0; i < 2; i++) {
				pair.peers[i].keep = true;
				check_ok(net_channel_send(pair.peers[i].channel, 16, span_text("abc")));
				check_ok(net_channel_send(pair.peers[i].channel, 200, span_text("")));
			}
			net_pair_run(&pair, chunks[c]);
			for (int i = 0; i < 2; i++) {
				assert_int_equal(pair.peers[i].frames, 2);
				assert_int_equal(pair.peers[i].last_type, 200);
				check_span(buf_span(&pair.peers[i].received), span_text("abc"));
			}
			net_channel_close(pair.peers[0].channel, 0);
			check_code(net_channel_error(pair.peers[0].channel), ERR_CANCELLED);
			net_pair_run(&pair, chunks[c]);
			closed_with(&pair.peers[1], ERR_CLOSED);
			check_ok(net_channel_peer_reason(pair.peers[1].channel));
			assert_int_equal(net_channel_eof(pair.peers[1].channel), NET_CHANNEL_NOTHING);
			net_pair_close(&pair);
		}
}

static void nothing_before_it_is_established(void **state)
{
	(void)state;
	struct net_pair pair;
	net_pair_open(&pair, NET_CHANNEL_KNOWN);
	check_code(net_channel_send(pair.peers[0].channel, 16, span_text("x")), ERR_INVALID);
	check_code(net_channel_accept(pair.peers[0].channel), ERR_INVALID);
	check_code(net_channel_refuse(pair.peers[0].channel, ERR_DENIED), ERR_INVALID);
	assert_null(net_channel_remote_static(pair.peers[0].channel));
	net_pair_run(&pair, everything);
	check_code(net_channel_send(pair.peers[0].channel, NET_FRAME_OWN_MAX, span_text("x")), ERR_INVALID);
	net_pair_close(&pair);
}

static void unanswered_question_holds_the_bytes(void **state)
{
	(void)state;
	struct net_pair pair;
	struct net_frame frame;
	net_pair_open(&pair, NET_CHANNEL_KNOWN);
	net_peer_take(&pair.peers[0], 1000);
	buf_add(&pair.peers[0].outgoing, "later", 5);
	struct span bytes = buf_span(&pair.peers[0].outgoing);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		        net_channel_feed(pair.peers[1].channel, 1000, &bytes, &frame), NET_CHANNEL_ASK);
		check_span(bytes, span_text("later"));
		assert_int_equal(net_channel_unsent_bytes(pair.peers[1].channel),
		        0); /* not a byte before the answer */
	}
	net_pair_close(&pair);
}

/* A removed device gets silence where it calls, and a reason where it was called. */
static void refused(void **state)
{
	(void)state;
	struct net_pair pair;
	net_pair_open(&pair, NET_CHANNEL_KNOWN);
	pair.peers[1].refuse = pair.peers[1].record = true;
	net_pair_run(&pair, everything);
	closed_with(&pair.peers[1], ERR_DENIED);
	assert_int_equal(pair.peers[1].all_sent.size, 0);
	assert_int_equal(net_channel_eof(pair.peers[0].channel), NET_CHANNEL_CLOSED);
	check_code(net_channel_error(pair.peers[0].channel), ERR_TRUNCATED);
	net_pair_close(&pair);
	for (int k = 0; k < 2; k++)
		for (int refuser = k == 0 ? 0 : 1; refuser >= 0; refuser--) {
			net_pair_open(&pair, kinds[k]);
			pair.peers[refuser].refuse = true;
			net_pair_run(&pair, everything);
			closed_with(&pair.peers[refuser], ERR_DENIED);
			closed_with(&pair.peers[1 - refuser], ERR_CLOSED);
			check_code(net_channel_peer_reason(pair.peers[1 - refuser].channel), ERR_DENIED);
			assert_int_equal(pair.peers[0].established + pair.peers[1].established, 0);
			net_pair_close(&pair);
		}
}

/* Every byte of the whole opening conversation, flipped once: never established on the side that got it. */
static void every_flipped_byte(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct net_pair whole;
		net_pair_open(&whole, kinds[k]);
		whole.peers[0].record = whole.peers[1].record = true;
		net_pair_run(&whole, everything);
		for (int from = 0; from < 2; from++)
			for (size_t at = 0; at < whole.peers[from].all_sent.size; at++) {
				struct net_pair pair;
				size_t sent[2] = {0, 0};
				net_pair_open(&pair, kinds[k]);
				for (int turn = 0; turn < 12; turn++) {
					int i = turn % 2;
					net_peer_take(&pair.peers[i], 1000);
					struct buf bytes = pair.peers[i].outgoing;
					pair.peers[i].outgoing = (struct buf){0};
					if (i == from && at >= sent[i] && at < sent[i] + bytes.size)
						bytes.data[at - sent[i]] ^= 0x80;
					sent[i] += bytes.size;
					net_peer_feed(&pair.peers[1 - i], 1000, buf_span(&bytes));
					buf_close(&bytes);
				}
				struct net_peer *victim = &pair.peers[1 - from];
				assert_int_equal(victim->established, 0);
				/* A lengthened HELLO never ends: the deadline tells. */
				if (!victim->closed)
					assert_int_equal(
					        net_channel_tick(victim->channel, 1000 + LIMIT_HANDSHAKE_MS),
					        NET_CHANNEL_CLOSED);
				net_pair_close(&pair);
			}
		net_pair_close(&whole);
	}
}

/* What a listener heard, played to the same responder again: it is never established, no frame comes through. */
static void replayed_conversation(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct net_pair pair, again;
		net_pair_open(&pair, kinds[k]);
		pair.peers[0].record = true;
		net_pair_run(&pair, everything);
		check_ok(net_channel_send(pair.peers[0].channel, 16, span_text("visit")));
		net_pair_run(&pair, everything);
		assert_int_equal(pair.peers[1].frames, 1);
		struct net_channel_config initiator = net_pair_config(true, kinds[k], 0);
		struct net_channel_config responder = net_pair_config(
		        false, kinds[k], 1); /* new ephemeral key */
		net_pair_start(&again, &initiator, &responder);
		net_peer_feed(&again.peers[1], 1000, buf_span(&pair.peers[0].all_sent));
		assert_int_equal(again.peers[1].established, 0);
		assert_int_equal(again.peers[1].frames, 0);
		closed_with(&again.peers[1], ERR_BADSEAL);
		net_pair_close(&pair);
		net_pair_close(&again);
	}
}

static void strangers_get_no_byte(void **state)
{
	(void)state;
	static const uint8_t openings[] = {0x00, 0x01, 0x04, 'G', 0xff};
	struct net_pair pair;
	for (size_t i = 0; i < sizeof(openings); i++) {
		net_pair_open(&pair, NET_CHANNEL_KNOWN);
		pair.peers[1].record = true;
		net_peer_feed(&pair.peers[1], 1000, span_of(&openings[i], 1));
		closed_with(&pair.peers[1], ERR_MALFORMED);
		assert_int_equal(pair.peers[1].all_sent.size, 0);
		net_pair_close(&pair);
	}
	uint8_t noise[300];
	randombytes_buf_deterministic(noise, sizeof(noise), (const uint8_t[32]){1});
	for (int k = 0; k < 2; k++) {
		net_pair_open(&pair, kinds[k]);
		pair.peers[1].record = true;
		noise[0] = (uint8_t)kinds[k];
		net_peer_feed(&pair.peers[1], 1000, span_of(noise, sizeof(noise)));
		closed_with(&pair.peers[1], k == 0 ? ERR_BADSEAL : ERR_DENIED);
		assert_int_equal(pair.peers[1].all_sent.size, 0);
		net_pair_close(&pair);
	}
}

static void mismatches(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct net_pair pair;
		struct net_channel_config initiator = net_pair_config(true, kinds[k], 0);
		struct net_channel_config responder = net_pair_config(false, kinds[k], 0);
		if (kinds[k] == NET_CHANNEL_KNOWN) { /* a newcomer does not know the team yet */
			initiator.team.bytes[31] ^= 1;
			net_pair_start(&pair, &initiator, &responder);
			net_pair_run(&pair, everything);
			closed_with(&pair.peers[1], ERR_BADSEAL);
			net_pair_close(&pair);
		}

		initiator = net_pair_config(true, kinds[k], 0);
		uint8_t other[32] = {99};
		if (k == 0)
			initiator.remote_static = other;
		else
			initiator.psk = other;
		net_pair_start(&pair, &initiator, &responder);
		net_pair_run(&pair, everything);
		closed_with(&pair.peers[1], k == 0 ? ERR_BADSEAL : ERR_DENIED);
		assert_int_equal(pair.peers[0].asked, 0);
		net_pair_close(&pair);

		if (k == 1) {
			responder.invitation = NULL;
			initiator = net_pair_config(true, kinds[k], 0);
			net_pair_start(&pair, &initiator, &responder);
			net_pair_run(&pair, everything);
			closed_with(&pair.peers[1], ERR_DENIED);
			net_pair_close(&pair);
		}
	}
}

static void two_initiators_and_two_responders(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct net_pair pair;
		struct net_channel_config initiator = net_pair_config(true, kinds[k], 0);
		net_pair_start(&pair, &initiator, &initiator);
		net_pair_run(&pair, everything);
		for (int i = 0; i < 2; i++)
			assert_int_equal(pair.peers[i].established + pair.peers[i].asked, 0);
		/* A pairing's first message is shorter than the second that is due: it waits for the rest. */
		if (kinds[k] == NET_CHANNEL_KNOWN)
			closed_with(&pair.peers[0], ERR_BADSEAL);
		else
			assert_int_equal(net_channel_tick(pair.peers[0].channel, 1000 + LIMIT_HANDSHAKE_MS),
			        NET_CHANNEL_CLOSED);
		net_pair_close(&pair);
	}
	struct net_pair pair;
	struct net_channel_config responder = net_pair_config(false, NET_CHANNEL_KNOWN, 0);
	net_pair_start(&pair, &responder, &responder);
	net_pair_run(&pair, everything); /* silence */
	assert_int_equal(
	        net_channel_tick(pair.peers[0].channel, 1000 + LIMIT_HANDSHAKE_MS), NET_CHANNEL_CLOSED);
	net_pair_close(&pair);
}

static void a_device_does_not_meet_itself(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct net_pair pair;
		struct net_channel_config initiator = net_pair_config(true, kinds[k], 0);
		struct net_channel_config responder = net_pair_config(false, kinds[k], 0);
		initiator.static_secret = responder.static_secret;
		net_pair_start(&pair, &initiator, &responder);
		net_pair_run(&pair, everything);
		assert_int_equal(pair.peers[0].asked + pair.peers[1].asked, 0);
		closed_with(&pair.peers[k == 0 ? 1 : 0], ERR_DENIED);
		net_pair_close(&pair);
	}
}

static void versions_and_features(void **state)
{
	(void)state;
	static const struct {
		uint32_t min[2], max[2], agreed; /* 0: none */
	} cases[] = {{{1, 1}, {1, 1}, 1}, {{1, 1}, {3, 2}, 2}, {{2, 1}, {3, 2}, 2}, {{1, 3}, {2, 4}, 0},
	        {{5, 1}, {9, 4}, 0}, {{1, 1}, {UINT32_MAX, 7}, 7}};
	for (int k = 0; k < 2; k++)
		for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
			struct net_pair pair;
			struct net_channel_config configs[2];
			for (int i = 0; i < 2; i++) {
				configs[i] = net_pair_config(i == 0, kinds[k], 0);
				configs[i].version_min = cases[c].min[i];
				configs[i].version_max = cases[c].max[i];
				configs[i].features = i ? 0x6 : 0xc;
			}
			net_pair_start(&pair, &configs[0], &configs[1]);
			net_pair_run(&pair, everything);
			if (cases[c].agreed) {
				for (int i = 0; i < 2; i++) {
					assert_int_equal(
					        net_channel_version(pair.peers[i].channel), cases[c].agreed);
					assert_true(net_channel_features(pair.peers[i].channel) == 0x4);
				}
			} else {
				bool told = net_channel_error(pair.peers[1].channel) == ERR_CLOSED &&
				        net_channel_peer_reason(pair.peers[1].channel) == ERR_VERSION;
				closed_with(&pair.peers[1], told ? ERR_CLOSED : ERR_VERSION);
				assert_int_equal(pair.peers[0].established + pair.peers[1].established, 0);
				assert_int_equal(pair.peers[0].closed, 1);
			}
			net_pair_close(&pair);
		}
}

static void deadline_and_idleness(void **state)
{
	(void)state;
	struct net_pair pair;
	net_pair_open(&pair, NET_CHANNEL_KNOWN);
	assert_int_equal(net_channel_due_ms(pair.peers[1].channel), 1000 + LIMIT_HANDSHAKE_MS);
	net_peer_feed(&pair.peers[1], 5000, span_of("\x02", 1)); /* a slow byte does not move the deadline */
	assert_int_equal(
	        net_channel_tick(pair.peers[1].channel, 999 + LIMIT_HANDSHAKE_MS), NET_CHANNEL_NOTHING);
	assert_int_equal(
	        net_channel_tick(pair.peers[1].channel, 1000 + LIMIT_HANDSHAKE_MS), NET_CHANNEL_CLOSED);
	check_code(net_channel_error(pair.peers[1].channel), ERR_TIMEOUT);
	assert_true(net_channel_due_ms(pair.peers[1].channel) == UINT64_MAX);
	net_pair_close(&pair);

	net_pair_open(&pair, NET_CHANNEL_KNOWN);
	net_pair_run(&pair, everything);
	/* Keep-alives hold an idle pair open for ten times the limit. */
	for (uint64_t now = 1000; now < 1000 + 10 * LIMIT_SESSION_IDLE_MS;
	        now = net_channel_due_ms(pair.peers[0].channel)) {
		pair.now_ms = now;
		for (int i = 0; i < 2; i++)
			assert_int_equal(net_channel_tick(pair.peers[i].channel, now), NET_CHANNEL_NOTHING);
		net_pair_run(&pair, everything);
	}
	assert_int_equal(pair.peers[0].frames + pair.peers[1].frames, 0);
	/* Then one falls silent. */
	uint64_t last = pair.now_ms;
	assert_int_equal(net_channel_tick(pair.peers[0].channel, last + LIMIT_SESSION_IDLE_MS - 1),
	        NET_CHANNEL_NOTHING);
	assert_int_equal(
	        net_channel_tick(pair.peers[0].channel, last + LIMIT_SESSION_IDLE_MS), NET_CHANNEL_CLOSED);
	check_code(net_channel_error(pair.peers[0].channel), ERR_TIMEOUT);
	net_pair_close(&pair);
}

/* An authenticated peer that breaks the rules: what it writes, and what the other side makes of it. */
static void rule_breakers(void **state)
{
	(void)state;
	static const struct {
		const char *plain;
		size_t size;
		int error;
	} cases[] = {
	        {"\x00\x0a\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00", 12, ERR_MALFORMED}, /* a second HELLO */
	        {"\x01\x02\x00\x00", 4, ERR_MALFORMED}, /* CLOSE with something after its reason */
	        {"\x01\x00", 2, ERR_MALFORMED}, /* CLOSE without one */
	        {"\x01\x03\x80\x80\x04", 5, ERR_MALFORMED}, /* a reason beyond any table */
	        {"\x01\x01\x00\x14\x81\x00", 6, ERR_CLOSED}, /* nothing is read after CLOSE */
	        {"\x03\x01x\x0f\x00\x02\x00", 7, 0}, /* reserved types and a keep-alive are skipped */
	        {"\x14\x81\x00", 3, ERR_MALFORMED},
	};
	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		struct net_pair pair;
		struct net_rogue rogue;
		net_pair_open(&pair, NET_CHANNEL_KNOWN);
		struct net_peer *victim = &pair.peers[1];
		net_rogue_meet(&rogue, victim);
		assert_int_equal(victim->established, 1);
		net_rogue_say(&rogue, victim, span_of(cases[c].plain, cases[c].size));
		check_code(net_channel_error(victim->channel), cases[c].error);
		assert_int_equal(victim->closed, cases[c].error != 0);
		assert_int_equal(victim->frames, 0);
		net_rogue_close(&rogue);
		net_pair_close(&pair);
	}
}

/* Before its HELLO, an authenticated peer may say nothing else. */
static void hello_comes_first(void **state)
{
	(void)state;
	static const struct {
		const char *plain;
		size_t size;
		int error;
	} cases[] = {
	        {"\x14\x01x", 3, ERR_MALFORMED}, {"\x02\x00", 2, ERR_MALFORMED},
	        {"\x01\x01\x07", 3, ERR_CLOSED}, {"\x00\x00", 2, ERR_MALFORMED},
	        {"\x00\x0a\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", 12, ERR_MALFORMED}, /* version 0 */
	        {"\x00\x0a\x02\x01\x00\x00\x00\x00\x00\x00\x00\x00", 12, ERR_MALFORMED}, /* min over max */
	        {"\x00\x0a\x02\x02\x00\x00\x00\x00\x00\x00\x00\x00", 12, ERR_VERSION},
	        {"\x00\x0b\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00x", 13,
	                0}, /* something from a later version */
	};
	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		struct net_pair pair;
		struct net_rogue rogue;
		net_pair_open(&pair, NET_CHANNEL_KNOWN);
		struct net_peer *victim = &pair.peers[1];
		net_rogue_shake(&rogue, victim);
		net_rogue_say(&rogue, victim, span_of(cases[c].plain, cases[c].size));
		check_code(net_channel_error(victim->channel), cases[c].error);
		assert_int_equal(victim->established, cases[c].error == 0);
		assert_int_equal(victim->frames, 0);
		net_rogue_close(&rogue);
		net_pair_close(&pair);
	}
	struct net_pair pair;
	struct net_rogue rogue;
	net_pair_open(&pair, NET_CHANNEL_KNOWN);
	net_rogue_shake(&rogue, &pair.peers[1]);
	uint8_t hello[3 + 10 + LIMIT_HELLO_EXTRA_BYTES + 1] = {0, 0x8b, 0x02, 1, 1}; /* one byte too many */
	net_rogue_say(&rogue, &pair.peers[1], span_of(hello, sizeof(hello)));
	closed_with(&pair.peers[1], ERR_MALFORMED);
	net_rogue_close(&rogue);
	net_pair_close(&pair);
}

static void cut_connection(void **state)
{
	(void)state;
	struct net_pair pair;
	net_pair_open(&pair, NET_CHANNEL_PAIRING);
	net_pair_run(&pair, everything);
	assert_int_equal(net_channel_eof(pair.peers[0].channel), NET_CHANNEL_CLOSED);
	check_code(net_channel_error(pair.peers[0].channel), ERR_TRUNCATED);
	assert_int_equal(net_channel_eof(pair.peers[0].channel), NET_CHANNEL_NOTHING);
	check_code(net_channel_send(pair.peers[0].channel, 16, span_text("x")), ERR_INVALID);
	net_pair_close(&pair);
}

static void bad_configurations(void **state)
{
	(void)state;
	struct net_channel *channel;
	struct net_channel_config good = net_pair_config(true, NET_CHANNEL_KNOWN, 0), config = good;
	uint8_t key[32] = {0};
	config.psk = key; /* both */
	check_code(net_channel_new(&channel, &config), ERR_INVALID);
	config.psk = config.remote_static = NULL; /* neither */
	check_code(net_channel_new(&channel, &config), ERR_INVALID);
	config.remote_static = key; /* of low order, from a damaged membership */
	check_code(net_channel_new(&channel, &config), ERR_INVALID);
	config = good;
	config.version_min = 2;
	check_code(net_channel_new(&channel, &config), ERR_INVALID);
	config = good;
	config.ephemeral_secret = NULL;
	check_code(net_channel_new(&channel, &config), ERR_INVALID);
	net_channel_free(NULL);
}

int main(void)
{
	if (sodium_init() < 0)
		return 1;
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(establish_and_talk),
	        cmocka_unit_test(nothing_before_it_is_established),
	        cmocka_unit_test(unanswered_question_holds_the_bytes),
	        cmocka_unit_test(refused),
	        cmocka_unit_test(every_flipped_byte),
	        cmocka_unit_test(replayed_conversation),
	        cmocka_unit_test(strangers_get_no_byte),
	        cmocka_unit_test(mismatches),
	        cmocka_unit_test(two_initiators_and_two_responders),
	        cmocka_unit_test(a_device_does_not_meet_itself),
	        cmocka_unit_test(versions_and_features),
	        cmocka_unit_test(deadline_and_idleness),
	        cmocka_unit_test(rule_breakers),
	        cmocka_unit_test(hello_comes_first),
	        cmocka_unit_test(cut_connection),
	        cmocka_unit_test(bad_configurations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
