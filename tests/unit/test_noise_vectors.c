/* Every public vector (tests/data/noise-vectors.json, given as the argument), both roles, message by message. */
#include "tests/lib/check.h"

#include <jansson.h>
#include <sodium.h>

#include "crdt/base/ids.h"
#include "tests/unit/noise_suites.h"

static json_t *file;

struct side {
	struct net_noise_handshake handshake;
	struct net_noise_cipher sending, receiving;
	bool split;
};

static struct buf from_hex(const json_t *hex)
{
	struct buf out = {0};
	const char *text = json_string_value(hex);
	if (!text)
		return out;
	size_t size = strlen(text) / 2;
	if (size)
		assert_true(ids_from_hex(buf_extend(&out, size), size, text));
	return out;
}

static const json_t *field(const json_t *vector, const char *side, const char *name)
{
	char key[40];
	snprintf(key, sizeof(key), "%s_%s", side, name);
	return json_object_get(vector, key);
}

static void begin(struct side *side, const struct noise_suite *suite, const json_t *vector, bool initiator)
{
	const char *who = initiator ? "init" : "resp";
	struct buf prologue = from_hex(field(vector, who, "prologue"));
	struct buf own = from_hex(field(vector, who, "static"));
	struct buf ephemeral = from_hex(field(vector, who, "ephemeral"));
	struct buf remote = from_hex(field(vector, who, "remote_static"));
	*side = (struct side){0};
	check_ok(net_noise_begin(&side->handshake,
	        &(struct net_noise_config){.pattern = &suite->pattern,
	                .hash = suite->hash,
	                .initiator = initiator,
	                .prologue = buf_span(&prologue),
	                .static_secret = own.data,
	                .ephemeral_secret = ephemeral.data,
	                .remote_static = remote.data}));
	const json_t *psks = field(vector, who, "psks");
	if (psks) {
		assert_int_equal(json_array_size(psks), 1);
		struct buf psk = from_hex(json_array_get(psks, 0));
		assert_int_equal(psk.size, NET_NOISE_KEY_BYTES);
		net_noise_set_psk(&side->handshake, psk.data);
		buf_close(&psk);
	}
	buf_close(&prologue);
	buf_close(&own);
	buf_close(&ephemeral);
	buf_close(&remote);
}

static void transport(
        struct side *from, struct side *to, struct span plain, struct buf *wire, struct buf *got)
{
	check_ok(net_noise_seal(
	        &from->sending, span_of(NULL, 0), plain, buf_extend(wire, plain.size + NET_NOISE_TAG_BYTES)));
	check_ok(net_noise_open(
	        &to->receiving, span_of(NULL, 0), buf_span(wire), buf_extend(got, plain.size)));
}

static void finish(struct side sides[2], const json_t *vector)
{
	struct buf hash = from_hex(json_object_get(vector, "handshake_hash"));
	for (int i = 0; i < 2; i++) {
		check_span(net_noise_transcript(&sides[i].handshake), buf_span(&hash));
		check_ok(net_noise_split(&sides[i].handshake, &sides[i].sending, &sides[i].receiving));
		sides[i].split = true;
	}
	buf_close(&hash);
}

static void run(const json_t *vector)
{
	struct noise_suite suite;
	struct side sides[2]; /* initiator, responder */
	const char *name = json_string_value(json_object_get(vector, "protocol_name"));
	if (!noise_suite_parse(&suite, name))
		fail_msg("%s: unknown suite", name);
	begin(&sides[0], &suite, vector, true);
	begin(&sides[1], &suite, vector, false);
	const json_t *messages = json_object_get(vector, "messages");
	bool one_way = !suite.pattern.messages[1];
	assert_true(json_array_size(messages) > 2);
	for (size_t i = 0; i < json_array_size(messages); i++) {
		const json_t *message = json_array_get(messages, i);
		struct buf payload = from_hex(json_object_get(message, "payload"));
		struct buf want = from_hex(json_object_get(message, "ciphertext"));
		struct buf wire = {0}, got = {0};
		struct side *from = &sides[one_way ? 0 : i % 2], *to = &sides[one_way ? 1 : (i + 1) % 2];
		if (from->split) {
			transport(from, to, buf_span(&payload), &wire, &got);
		} else {
			check_ok(net_noise_write(&from->handshake, buf_span(&payload), &wire));
			check_ok(net_noise_read(&to->handshake, buf_span(&wire), &got));
			assert_int_equal(net_noise_done(&from->handshake), net_noise_done(&to->handshake));
		}
		if (!span_eq(buf_span(&wire), buf_span(&want)))
			fail_msg("%s: message %zu differs", name, i);
		check_span(buf_span(&got), buf_span(&payload));
		if (!from->split && net_noise_done(&from->handshake))
			finish(sides, vector);
		buf_close(&payload);
		buf_close(&want);
		buf_close(&wire);
		buf_close(&got);
	}
	assert_true(sides[0].split);
}

static void all_vectors(void **state)
{
	(void)state;
	const json_t *vectors = json_object_get(file, "vectors");
	assert_int_equal(json_array_size(vectors), 177);
	for (size_t i = 0; i < json_array_size(vectors); i++)
		run(json_array_get(vectors, i));
}

int main(int argc, char **argv)
{
	json_error_t error;
	file = argc > 1 ? json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error) : NULL;
	if (!file || sodium_init() < 0)
		return 1;
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_vectors)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(file);
	return failed;
}
