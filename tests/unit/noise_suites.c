#include "tests/unit/noise_suites.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* Noise revision 34, sections 7.4, 7.5 and 18.1, without modifiers. */
static const struct net_noise_pattern bases[] = {
        {"N", false, true, {"e es"}},
        {"K", true, true, {"e es ss"}},
        {"X", false, true, {"e es s ss"}},
        {"NN", false, false, {"e", "e ee"}},
        {"KN", true, false, {"e", "e ee se"}},
        {"NK", false, true, {"e es", "e ee"}},
        {"KK", true, true, {"e es ss", "e ee se"}},
        {"NX", false, false, {"e", "e ee s es"}},
        {"KX", true, false, {"e", "e ee se s es"}},
        {"XN", false, false, {"e", "e ee", "s se"}},
        {"IN", false, false, {"e s", "e ee se"}},
        {"XK", false, true, {"e es", "e ee", "s se"}},
        {"IK", false, true, {"e es s ss", "e ee se"}},
        {"XX", false, false, {"e", "e ee s es", "s se"}},
        {"IX", false, false, {"e s", "e ee se s es"}},
        {"NK1", false, true, {"e", "e ee es"}},
        {"NX1", false, false, {"e", "e ee s", "es"}},
        {"X1N", false, false, {"e", "e ee", "s", "se"}},
        {"X1K", false, true, {"e es", "e ee", "s", "se"}},
        {"XK1", false, true, {"e", "e ee es", "s se"}},
        {"X1K1", false, true, {"e", "e ee es", "s", "se"}},
        {"X1X", false, false, {"e", "e ee s es", "s", "se"}},
        {"XX1", false, false, {"e", "e ee s", "es s se"}},
        {"X1X1", false, false, {"e", "e ee s", "es s", "se"}},
        {"K1N", true, false, {"e", "e ee", "se"}},
        {"K1K", true, true, {"e es", "e ee", "se"}},
        {"KK1", true, true, {"e", "e ee se es"}},
        {"K1K1", true, true, {"e", "e ee es", "se"}},
        {"K1X", true, false, {"e", "e ee s es", "se"}},
        {"KX1", true, false, {"e", "e ee se s", "es"}},
        {"K1X1", true, false, {"e", "e ee s", "se es"}},
        {"I1N", false, false, {"e s", "e ee", "se"}},
        {"I1K", false, true, {"e es s", "e ee", "se"}},
        {"IK1", false, true, {"e s", "e ee se es"}},
        {"I1K1", false, true, {"e s", "e ee es", "se"}},
        {"I1X", false, false, {"e s", "e ee s es", "se"}},
        {"IX1", false, false, {"e s", "e ee se s", "es"}},
        {"I1X1", false, false, {"e s", "e ee s", "se es"}},
};

/* Each hash comes with the HMAC of RFC 2104 built here, so that nothing is shared with the code under test. */
typedef void hash_function(uint8_t *out, struct span a, struct span b);

static void sha512(uint8_t *out, struct span a, struct span b)
{
	crypto_hash_sha512_state state;
	crypto_hash_sha512_init(&state);
	crypto_hash_sha512_update(&state, a.data, a.size);
	crypto_hash_sha512_update(&state, b.data, b.size);
	crypto_hash_sha512_final(&state, out);
}

static void blake2b(uint8_t *out, struct span a, struct span b)
{
	crypto_generichash_blake2b_state state;
	crypto_generichash_blake2b_init(&state, NULL, 0, 64);
	crypto_generichash_blake2b_update(&state, a.data, a.size);
	crypto_generichash_blake2b_update(&state, b.data, b.size);
	crypto_generichash_blake2b_final(&state, out, 64);
}

enum { BLOCK_BYTES = 128 }; /* of both */

static void hmac(hash_function *hash, uint8_t *out, struct span key, struct span a, struct span b)
{
	uint8_t pad[BLOCK_BYTES], inner[64];
	struct buf text = {0};
	memset(pad, 0x36, sizeof(pad));
	for (size_t i = 0; i < key.size; i++)
		pad[i] ^= key.data[i];
	buf_add_span(&text, a);
	buf_add_span(&text, b);
	hash(inner, span_of(pad, sizeof(pad)), buf_span(&text));
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	hash(out, span_of(pad, sizeof(pad)), span_of(inner, sizeof(inner)));
	buf_close(&text);
}

static void hmac_sha512(uint8_t *out, struct span key, struct span a, struct span b)
{
	hmac(sha512, out, key, a, b);
}

static void hmac_blake2b(uint8_t *out, struct span key, struct span a, struct span b)
{
	hmac(blake2b, out, key, a, b);
}

static const struct net_noise_hash noise_sha512 = {"SHA512", 64, sha512, hmac_sha512};
static const struct net_noise_hash noise_blake2b = {"BLAKE2b", 64, blake2b, hmac_blake2b};

static const struct net_noise_hash *find_hash(const char *name)
{
	const struct net_noise_hash *const hashes[] = {&net_noise_sha256, &noise_sha512, &noise_blake2b};
	for (size_t i = 0; i < 3; i++)
		if (!strcmp(hashes[i]->name, name))
			return hashes[i];
	return NULL;
}

static const struct net_noise_pattern *find_base(const char *name, size_t size)
{
	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++)
		if (strlen(bases[i].name) == size && !memcmp(bases[i].name, name, size))
			return &bases[i];
	return NULL;
}

bool noise_suite_parse(struct noise_suite *suite, const char *protocol_name)
{
	char hash_name[16];
	if (sscanf(protocol_name, "Noise_%15[^_]_25519_ChaChaPoly_%15s", suite->name, hash_name) != 2)
		return false;
	const char *modifier = strstr(suite->name, "psk");
	const struct net_noise_pattern *base = find_base(
	        suite->name, modifier ? (size_t)(modifier - suite->name) : strlen(suite->name));
	suite->hash = find_hash(hash_name);
	if (!base || !suite->hash)
		return false;
	suite->pattern = *base;
	suite->pattern.name = suite->name;
	if (!modifier)
		return true;
	/* psk0 opens the first message; pskN closes message N. */
	size_t place = (size_t)(modifier[3] - '0');
	size_t index = place ? place - 1 : 0;
	if (modifier[4] || index >= NET_NOISE_MESSAGES_MAX || !base->messages[index])
		return false;
	snprintf(suite->messages[index], sizeof(suite->messages[index]), place ? "%s psk" : "psk %s",
	        base->messages[index]);
	suite->pattern.messages[index] = suite->messages[index];
	return true;
}
