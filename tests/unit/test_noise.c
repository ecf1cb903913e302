/* What must not work: both production patterns, every byte, every length, every mix-up. */
#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "net/noise.h"

struct pair {
	struct net_noise_handshake side[2]; /* initiator, responder */
};

static const struct net_noise_pattern *const patterns[] = {&net_noise_xxpsk3, &net_noise_ik};
static const struct span none;

/* Secrets by number, so that a run can be repeated exactly. */
static void secret(uint8_t out[NET_NOISE_KEY_BYTES], uint8_t number)
{
	memset(out, number, NET_NOISE_KEY_BYTES);
}

enum { WRONG_NOTHING, WRONG_PROLOGUE, WRONG_PSK, WRONG_STATIC };

static void begin(struct pair *pair, const struct net_noise_pattern *pattern, int wrong)
{
	uint8_t own[2][32], ephemeral[2][32], responder[32], other[32], psk[32];
	for (uint8_t i = 0; i < 2; i++) {
		secret(own[i], (uint8_t)(1 + i));
		secret(ephemeral[i], (uint8_t)(3 + i));
	}
	secret(other, 9);
	net_noise_public(responder, wrong == WRONG_STATIC ? other : own[1]);
	for (int i = 0; i < 2; i++) {
		bool bad = i == 0 && wrong != WRONG_NOTHING;
		check_ok(net_noise_begin(&pair->side[i],
		        &(struct net_noise_config){.pattern = pattern,
		                .hash = &net_noise_sha256,
		                .initiator = i == 0,
		                .prologue = span_text(bad && wrong == WRONG_PROLOGUE ? "team b" : "team a"),
		                .static_secret = own[i],
		                .ephemeral_secret = ephemeral[i],
		                .remote_static = responder}));
		secret(psk, bad && wrong == WRONG_PSK ? 6 : 5);
		net_noise_set_psk(&pair->side[i], psk);
	}
}

/* Carry messages 0 to count - 1, then write message `count` into `wire` (unless the handshake is over). */
static void advance(struct pair *pair, size_t count, struct buf *wire)
{
	struct buf payload = {0};
	for (size_t i = 0;; i++) {
		buf_clear(wire);
		check_ok(net_noise_write(&pair->side[i % 2], none, wire));
		if (i == count)
			break;
		check_ok(net_noise_read(&pair->side[(i + 1) % 2], buf_span(wire), &payload));
	}
	assert_int_equal(payload.size, 0);
	buf_close(&payload);
}

static size_t message_count(const struct net_noise_pattern *pattern)
{
	size_t count = 0;
	while (pattern->messages[count])
		count++;
	return count;
}

/* A finished handshake, split: ciphers[side][0] sends, [1] receives. */
static void finish(
        struct pair *pair, const struct net_noise_pattern *pattern, struct net_noise_cipher ciphers[2][2])
{
	struct buf wire = {0}, payload = {0};
	size_t last = message_count(pattern) - 1;
	begin(pair, pattern, WRONG_NOTHING);
	advance(pair, last, &wire);
	check_ok(net_noise_read(&pair->side[(last + 1) % 2], buf_span(&wire), &payload));
	for (int i = 0; i < 2; i++)
		check_ok(net_noise_split(&pair->side[i], &ciphers[i][0], &ciphers[i][1]));
	buf_close(&wire);
	buf_close(&payload);
}

static void dead(struct net_noise_handshake *handshake, int error)
{
	static const struct net_noise_keypair wiped;
	struct buf buf = {0};
	struct net_noise_cipher a, b;
	check_code(net_noise_write(handshake, none, &buf), error);
	check_code(net_noise_read(handshake, none, &buf), error);
	check_code(net_noise_split(handshake, &a, &b), error);
	assert_false(net_noise_done(handshake));
	assert_null(net_noise_remote_static(handshake));
	assert_memory_equal(&handshake->local_static, &wiped, sizeof(wiped));
	assert_memory_equal(&handshake->local_ephemeral, &wiped, sizeof(wiped));
	assert_int_equal(buf.size, 0);
	buf_close(&buf);
}

static void sizes_and_agreement(void **state)
{
	(void)state;
	static const size_t sizes[2][3] = {{48, 96, 64}, {96, 48, 0}};
	for (int p = 0; p < 2; p++) {
		struct pair pair;
		struct buf wire = {0};
		for (size_t m = 0; m < message_count(patterns[p]); m++) {
			begin(&pair, patterns[p], WRONG_NOTHING);
			advance(&pair, m, &wire);
			assert_int_equal(wire.size, sizes[p][m]);
		}
		struct net_noise_cipher ciphers[2][2];
		finish(&pair, patterns[p], ciphers);
		assert_memory_equal(ciphers[0][0].key, ciphers[1][1].key, NET_NOISE_KEY_BYTES);
		assert_memory_equal(ciphers[0][1].key, ciphers[1][0].key, NET_NOISE_KEY_BYTES);
		assert_memory_not_equal(ciphers[0][0].key, ciphers[0][1].key, NET_NOISE_KEY_BYTES);
		buf_close(&wire);
	}
}

static void every_flipped_byte(void **state)
{
	(void)state;
	for (int p = 0; p < 2; p++)
		for (size_t m = 0; m < message_count(patterns[p]); m++) {
			struct pair pair, fresh;
			struct buf wire = {0}, payload = {0};
			begin(&pair, patterns[p], WRONG_NOTHING);
			advance(&pair, m, &wire);
			for (size_t i = 0; i < wire.size; i++)
				for (int bit = 0; bit < 8; bit += 7) {
					fresh = pair;
					/* X25519 ignores the top bit of a key, but the transcript does not. */
					wire.data[i] ^= (uint8_t)(1 << bit);
					check_code(net_noise_read(&fresh.side[(m + 1) % 2], buf_span(&wire),
					                   &payload),
					        ERR_BADSEAL);
					dead(&fresh.side[(m + 1) % 2], ERR_BADSEAL);
					wire.data[i] ^= (uint8_t)(1 << bit);
				}
			check_ok(net_noise_read(&pair.side[(m + 1) % 2], buf_span(&wire), &payload));
			assert_int_equal(payload.size, 0);
			buf_close(&wire);
			buf_close(&payload);
		}
}

static void every_truncation_and_one_more(void **state)
{
	(void)state;
	for (int p = 0; p < 2; p++)
		for (size_t m = 0; m < message_count(patterns[p]); m++) {
			struct pair pair, fresh;
			struct buf wire = {0}, payload = {0};
			begin(&pair, patterns[p], WRONG_NOTHING);
			advance(&pair, m, &wire);
			buf_add(&wire, "", 1);
			for (size_t size = 0; size <= wire.size; size++) {
				if (size == wire.size - 1)
					continue;
				fresh = pair;
				int error = net_noise_read(
				        &fresh.side[(m + 1) % 2], span_of(wire.data, size), &payload);
				assert_true(error == ERR_TRUNCATED || error == ERR_BADSEAL);
				dead(&fresh.side[(m + 1) % 2], error);
			}
			assert_int_equal(payload.size, 0);
			buf_close(&wire);
			buf_close(&payload);
		}
}

static void wrong_secrets(void **state)
{
	(void)state;
	/* The message at which each mismatch must be noticed. */
	static const struct {
		int pattern, wrong;
		size_t message;
	} cases[] = {{0, WRONG_PROLOGUE, 0}, {1, WRONG_PROLOGUE, 0}, {0, WRONG_PSK, 2}, {1, WRONG_STATIC, 0}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pair pair;
		struct buf wire = {0}, payload = {0};
		begin(&pair, patterns[cases[i].pattern], cases[i].wrong);
		advance(&pair, cases[i].message, &wire);
		struct net_noise_handshake *reader = &pair.side[(cases[i].message + 1) % 2];
		check_code(net_noise_read(reader, buf_span(&wire), &payload), ERR_BADSEAL);
		dead(reader, ERR_BADSEAL);
		buf_close(&wire);
		buf_close(&payload);
	}
}

static void out_of_turn(void **state)
{
	(void)state;
	for (int p = 0; p < 2; p++) {
		struct pair pair;
		struct buf wire = {0}, out = {0};
		struct net_noise_cipher a, b;
		begin(&pair, patterns[p], WRONG_NOTHING);
		check_code(net_noise_write(&pair.side[1], none, &out), ERR_INVALID);
		check_code(net_noise_split(&pair.side[0], &a, &b), ERR_INVALID);
		advance(&pair, 0, &wire);
		check_code(net_noise_write(&pair.side[0], none, &out), ERR_INVALID); /* twice */
		struct net_noise_handshake reader = pair.side[1], reflected = pair.side[0];
		check_ok(net_noise_read(&reader, buf_span(&wire), &out));
		check_code(net_noise_read(&reader, buf_span(&wire), &out), ERR_INVALID); /* replayed */
		/* An initiator that gets its own first message back: sizes differ, or its seal does not open. */
		int error = net_noise_read(&reflected, buf_span(&wire), &out);
		assert_true(error == ERR_BADSEAL || error == ERR_TRUNCATED);
		/* A later message where the first is due. */
		begin(&pair, patterns[p], WRONG_NOTHING);
		advance(&pair, 1, &wire);
		begin(&pair, patterns[p], WRONG_NOTHING);
		error = net_noise_read(&pair.side[1], buf_span(&wire), &out);
		assert_true(error == ERR_BADSEAL || error == ERR_TRUNCATED);
		assert_int_equal(out.size, 0);
		buf_close(&wire);
		buf_close(&out);
	}
}

static void missing_keys(void **state)
{
	(void)state;
	struct net_noise_handshake handshake;
	struct net_noise_config config = {
	        .pattern = &net_noise_ik, .hash = &net_noise_sha256, .initiator = true};
	struct buf out = {0};
	uint8_t key[32];
	check_code(net_noise_begin(&handshake, &config), ERR_INVALID); /* the responder is not known */
	secret(key, 7);
	config.remote_static = key;
	check_ok(net_noise_begin(&handshake, &config));
	check_code(net_noise_write(&handshake, none, &out), ERR_INVALID); /* no ephemeral key */
	config.ephemeral_secret = key;
	check_ok(net_noise_begin(&handshake, &config));
	check_code(net_noise_write(&handshake, none, &out), ERR_INVALID); /* no static key */
	config.static_secret = key;
	check_ok(net_noise_begin(&handshake, &config));
	check_ok(net_noise_write(&handshake, none, &out));
	struct pair pair;
	begin(&pair, &net_noise_xxpsk3, WRONG_NOTHING);
	advance(&pair, 2, &out);
	pair.side[1].has_psk = false;
	check_code(net_noise_read(&pair.side[1], buf_span(&out), &out), ERR_INVALID);
	buf_close(&out);
}

static void low_order_keys(void **state)
{
	(void)state;
	static const uint8_t points[][32] = {{0}, {1}};
	for (size_t i = 0; i < 2; i++) {
		struct pair pair;
		struct buf wire = {0}, payload = {0};
		begin(&pair, &net_noise_ik, WRONG_NOTHING);
		advance(&pair, 0, &wire);
		memcpy(wire.data, points[i], 32);
		check_code(net_noise_read(&pair.side[1], buf_span(&wire), &payload), ERR_BADSEAL);
		dead(&pair.side[1], ERR_BADSEAL);
		/* As a known responder it fails while writing. */
		uint8_t own[32];
		secret(own, 1);
		check_ok(net_noise_begin(&pair.side[0],
		        &(struct net_noise_config){.pattern = &net_noise_ik,
		                .hash = &net_noise_sha256,
		                .initiator = true,
		                .static_secret = own,
		                .ephemeral_secret = own,
		                .remote_static = points[i]}));
		check_code(net_noise_write(&pair.side[0], none, &payload), ERR_BADSEAL);
		assert_int_equal(payload.size, 0);
		buf_close(&wire);
		buf_close(&payload);
	}
}

static void oversized_message(void **state)
{
	(void)state;
	struct pair pair;
	struct buf payload = {0}, wire = {0};
	begin(&pair, &net_noise_xxpsk3, WRONG_NOTHING);
	memset(buf_extend(&wire, LIMIT_NOISE_BYTES + 1), 0, LIMIT_NOISE_BYTES + 1);
	check_code(net_noise_read(&pair.side[1], buf_span(&wire), &payload), ERR_TOOBIG);
	buf_close(&wire);
	buf_close(&payload);
}

static void transport_order(void **state)
{
	(void)state;
	for (int p = 0; p < 2; p++) {
		struct pair pair;
		struct net_noise_cipher ciphers[2][2];
		uint8_t sealed[2][20], plain[4];
		finish(&pair, patterns[p], ciphers);
		check_ok(net_noise_seal(&ciphers[0][0], none, span_text("one "), sealed[0]));
		check_ok(net_noise_seal(&ciphers[0][0], none, span_text("two "), sealed[1]));
		struct net_noise_cipher *receiver = &ciphers[1][1];
		check_code(net_noise_open(receiver, none, span_of(sealed[1], 20), plain),
		        ERR_BADSEAL); /* reordered */
		check_ok(net_noise_open(receiver, none, span_of(sealed[0], 20), plain));
		check_span(span_of(plain, 4), span_text("one "));
		check_code(net_noise_open(receiver, none, span_of(sealed[0], 20), plain),
		        ERR_BADSEAL); /* replayed */
		check_code(net_noise_open(&ciphers[0][1], none, span_of(sealed[0], 20), plain),
		        ERR_BADSEAL); /* reflected */
		check_code(
		        net_noise_open(receiver, span_text("x"), span_of(sealed[1], 20), plain), ERR_BADSEAL);
		for (size_t size = 0; size < 20; size++)
			check_code(net_noise_open(receiver, none, span_of(sealed[1], size), plain),
			        size < NET_NOISE_TAG_BYTES ? ERR_TRUNCATED : ERR_BADSEAL);
		check_ok(net_noise_open(receiver, none, span_of(sealed[1], 20), plain));
		check_span(span_of(plain, 4), span_text("two "));
	}
}

static void numbers_run_out(void **state)
{
	(void)state;
	struct net_noise_cipher sender = {.nonce = UINT64_MAX - 1}, receiver = sender;
	uint8_t sealed[16];
	check_ok(net_noise_seal(&sender, none, none, sealed));
	check_ok(net_noise_open(&receiver, none, span_of(sealed, 16), sealed));
	check_code(net_noise_seal(&sender, none, none, sealed), ERR_FULL);
	check_code(net_noise_open(&receiver, none, span_of(sealed, 16), sealed), ERR_FULL);
}

int main(void)
{
	if (sodium_init() < 0)
		return 1;
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sizes_and_agreement),
	        cmocka_unit_test(every_flipped_byte),
	        cmocka_unit_test(every_truncation_and_one_more),
	        cmocka_unit_test(wrong_secrets),
	        cmocka_unit_test(out_of_turn),
	        cmocka_unit_test(missing_keys),
	        cmocka_unit_test(low_order_keys),
	        cmocka_unit_test(oversized_message),
	        cmocka_unit_test(transport_order),
	        cmocka_unit_test(numbers_run_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
