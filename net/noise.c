#include "net/noise.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

const struct net_noise_pattern net_noise_xxpsk3 = {
        .name = "XXpsk3", .messages = {"e", "e ee s es", "s se psk"}};
const struct net_noise_pattern net_noise_ik = {
        .name = "IK", .responder_known = true, .messages = {"e es s ss", "e ee se"}};

/* --- SHA-256 ---------------------------------------------------------------------------------------------- */

static void sha256(uint8_t *out, struct span a, struct span b)
{
	crypto_hash_sha256_state state;
	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, a.data, a.size);
	crypto_hash_sha256_update(&state, b.data, b.size);
	crypto_hash_sha256_final(&state, out);
	mem_wipe(&state, sizeof(state));
}

static void hmac_sha256(uint8_t *out, struct span key, struct span a, struct span b)
{
	crypto_auth_hmacsha256_state state;
	crypto_auth_hmacsha256_init(&state, key.data, key.size);
	crypto_auth_hmacsha256_update(&state, a.data, a.size);
	crypto_auth_hmacsha256_update(&state, b.data, b.size);
	crypto_auth_hmacsha256_final(&state, out);
	mem_wipe(&state, sizeof(state));
}

const struct net_noise_hash net_noise_sha256 = {"SHA256", 32, sha256, hmac_sha256};

/* --- CipherState ------------------------------------------------------------------------------------------ */

enum { NONCE_BYTES = crypto_aead_chacha20poly1305_ietf_NPUBBYTES };

/* Section 12.3: 32 bits of zeros, then the number in little-endian. */
static void nonce_bytes(uint8_t out[NONCE_BYTES], uint64_t number)
{
	memset(out, 0, NONCE_BYTES);
	for (size_t i = 0; i < 8; i++)
		out[4 + i] = (uint8_t)(number >> (8 * i));
}

int net_noise_seal(struct net_noise_cipher *cipher, struct span ad, struct span plain, uint8_t *out)
{
	uint8_t nonce[NONCE_BYTES];
	/* Section 5.1: the last number is reserved. */
	if (cipher->nonce == UINT64_MAX)
		return ERR_FULL;
	nonce_bytes(nonce, cipher->nonce++);
	crypto_aead_chacha20poly1305_ietf_encrypt(
	        out, NULL, plain.data, plain.size, ad.data, ad.size, NULL, nonce, cipher->key);
	return 0;
}

int net_noise_open(struct net_noise_cipher *cipher, struct span ad, struct span sealed, uint8_t *out)
{
	uint8_t nonce[NONCE_BYTES];
	if (sealed.size < NET_NOISE_TAG_BYTES)
		return ERR_TRUNCATED;
	if (cipher->nonce == UINT64_MAX)
		return ERR_FULL;
	nonce_bytes(nonce, cipher->nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(
	            out, NULL, NULL, sealed.data, sealed.size, ad.data, ad.size, nonce, cipher->key) != 0)
		return ERR_BADSEAL;
	cipher->nonce++;
	return 0;
}

void net_noise_cipher_wipe(struct net_noise_cipher *cipher)
{
	mem_wipe(cipher, sizeof(*cipher));
}

/* --- SymmetricState --------------------------------------------------------------------------------------- */

static struct span chaining(const struct net_noise_handshake *hs)
{
	return span_of(hs->chaining, hs->hash->bytes);
}

struct span net_noise_transcript(const struct net_noise_handshake *hs)
{
	return span_of(hs->transcript, hs->hash->bytes);
}

static void mix_hash(struct net_noise_handshake *hs, struct span data)
{
	uint8_t next[NET_NOISE_HASH_BYTES_MAX];
	hs->hash->hash(next, net_noise_transcript(hs), data);
	memcpy(hs->transcript, next, hs->hash->bytes);
}

/* HKDF of section 4.3 with the chaining key as salt; `count` outputs, each hash->bytes long. */
static void hkdf(const struct net_noise_handshake *hs, struct span input,
        uint8_t (*out)[NET_NOISE_HASH_BYTES_MAX], size_t count)
{
	uint8_t secret[NET_NOISE_HASH_BYTES_MAX];
	size_t size = hs->hash->bytes;
	hs->hash->hmac(secret, chaining(hs), input, span_of(NULL, 0));
	for (uint8_t i = 0; i < count; i++) {
		uint8_t number = (uint8_t)(i + 1);
		struct span before = i ? span_of(out[i - 1], size) : span_of(NULL, 0);
		hs->hash->hmac(out[i], span_of(secret, size), before, span_of(&number, 1));
	}
	mem_wipe(secret, sizeof(secret));
}

static void set_key(struct net_noise_handshake *hs, const uint8_t *key)
{
	memcpy(hs->cipher.key, key, NET_NOISE_KEY_BYTES);
	hs->cipher.nonce = 0;
	hs->has_key = true;
}

static void mix_key(struct net_noise_handshake *hs, struct span input)
{
	uint8_t out[2][NET_NOISE_HASH_BYTES_MAX];
	hkdf(hs, input, out, 2);
	memcpy(hs->chaining, out[0], hs->hash->bytes);
	set_key(hs, out[1]);
	mem_wipe(out, sizeof(out));
}

static void mix_key_and_hash(struct net_noise_handshake *hs, struct span input)
{
	uint8_t out[3][NET_NOISE_HASH_BYTES_MAX];
	hkdf(hs, input, out, 3);
	memcpy(hs->chaining, out[0], hs->hash->bytes);
	mix_hash(hs, span_of(out[1], hs->hash->bytes));
	set_key(hs, out[2]);
	mem_wipe(out, sizeof(out));
}

static void encrypt_and_hash(struct net_noise_handshake *hs, struct span plain, struct buf *out)
{
	uint8_t *at = buf_extend(out, plain.size + (hs->has_key ? NET_NOISE_TAG_BYTES : 0));
	size_t size = plain.size;
	if (hs->has_key) {
		/* A handshake key seals at most two pieces: the numbers cannot run out. */
		int error = net_noise_seal(&hs->cipher, net_noise_transcript(hs), plain, at);
		assert(!error);
		size += NET_NOISE_TAG_BYTES;
	} else if (size) {
		memcpy(at, plain.data, size);
	}
	mix_hash(hs, span_of(at, size));
}

/* `out` holds the plaintext: sealed.size, less the tag once there is a key. */
static int decrypt_and_hash(struct net_noise_handshake *hs, struct span sealed, uint8_t *out)
{
	int error = 0;
	if (hs->has_key)
		error = net_noise_open(&hs->cipher, net_noise_transcript(hs), sealed, out);
	else if (sealed.size)
		memcpy(out, sealed.data, sealed.size);
	if (!error)
		mix_hash(hs, sealed);
	return error;
}

/* --- HandshakeState --------------------------------------------------------------------------------------- */

void net_noise_public(uint8_t public[NET_NOISE_KEY_BYTES], const uint8_t secret[NET_NOISE_KEY_BYTES])
{
	crypto_scalarmult_base(public, secret);
}

static struct span key_span(const uint8_t *key)
{
	return span_of(key, NET_NOISE_KEY_BYTES);
}

static void keypair_set(struct net_noise_keypair *pair, const uint8_t *secret)
{
	memcpy(pair->secret, secret, NET_NOISE_KEY_BYTES);
	net_noise_public(pair->public, secret);
}

/* Section 5.2: the protocol name, padded with zeros or hashed to HASHLEN. */
static void mix_name(struct net_noise_handshake *hs)
{
	const char *parts[] = {"Noise_", hs->pattern->name, "_25519_ChaChaPoly_", hs->hash->name};
	uint8_t name[128];
	size_t size = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		size_t part = strlen(parts[i]);
		assert(size + part <= sizeof(name));
		memcpy(name + size, parts[i], part);
		size += part;
	}
	if (size > hs->hash->bytes)
		hs->hash->hash(hs->transcript, span_of(name, size), span_of(NULL, 0));
	else
		memcpy(hs->transcript, name, size); /* the rest is zero already */
	memcpy(hs->chaining, hs->transcript, hs->hash->bytes);
}

static bool pattern_has_psk(const struct net_noise_pattern *pattern)
{
	for (size_t i = 0; pattern->messages[i]; i++)
		if (strstr(pattern->messages[i], "psk"))
			return true;
	return false;
}

int net_noise_begin(struct net_noise_handshake *hs, const struct net_noise_config *config)
{
	const struct net_noise_pattern *pattern = config->pattern;
	bool own_known = config->initiator ? pattern->initiator_known : pattern->responder_known;
	bool remote_known = config->initiator ? pattern->responder_known : pattern->initiator_known;
	if ((own_known && !config->static_secret) || (remote_known && !config->remote_static))
		return ERR_INVALID;
	*hs = (struct net_noise_handshake){.pattern = pattern,
	        .hash = config->hash,
	        .initiator = config->initiator,
	        .has_psk_token = pattern_has_psk(pattern),
	        .has_static = config->static_secret != NULL,
	        .has_ephemeral = config->ephemeral_secret != NULL,
	        .has_remote_static = remote_known};
	mix_name(hs);
	mix_hash(hs, config->prologue);
	if (hs->has_static)
		keypair_set(&hs->local_static, config->static_secret);
	if (hs->has_ephemeral)
		keypair_set(&hs->local_ephemeral, config->ephemeral_secret);
	if (remote_known)
		memcpy(hs->remote_static, config->remote_static, NET_NOISE_KEY_BYTES);
	const uint8_t *initiator = hs->initiator ? hs->local_static.public : hs->remote_static;
	const uint8_t *responder = hs->initiator ? hs->remote_static : hs->local_static.public;
	if (pattern->initiator_known)
		mix_hash(hs, key_span(initiator));
	if (pattern->responder_known)
		mix_hash(hs, key_span(responder));
	return 0;
}

void net_noise_set_psk(struct net_noise_handshake *hs, const uint8_t psk[NET_NOISE_KEY_BYTES])
{
	memcpy(hs->psk, psk, NET_NOISE_KEY_BYTES);
	hs->has_psk = true;
}

/* The next token of a message, or an empty span at its end. */
static struct span next_token(const char **at)
{
	*at += strspn(*at, " ");
	struct span token = span_of(*at, strcspn(*at, " "));
	*at += token.size;
	return token;
}

static bool token_is(struct span token, const char *name)
{
	return span_eq(token, span_text(name));
}

/* ee, es, se or ss: the first letter is the initiator's key, the second the responder's. */
static int mix_dh(struct net_noise_handshake *hs, struct span token)
{
	uint8_t own = hs->initiator ? token.data[0] : token.data[1];
	uint8_t other = hs->initiator ? token.data[1] : token.data[0];
	const struct net_noise_keypair *local = own == 'e' ? &hs->local_ephemeral : &hs->local_static;
	const uint8_t *remote = other == 'e' ? hs->remote_ephemeral : hs->remote_static;
	uint8_t shared[crypto_scalarmult_BYTES];
	assert(own == 'e' ? hs->has_ephemeral : hs->has_static);
	assert(other == 'e' ? hs->has_remote_ephemeral : hs->has_remote_static);
	/* libsodium refuses points of low order, which would make the secret all zeros. */
	if (crypto_scalarmult(shared, local->secret, remote) != 0)
		return ERR_BADSEAL;
	mix_key(hs, span_of(shared, sizeof(shared)));
	mem_wipe(shared, sizeof(shared));
	return 0;
}

static int mix_token(struct net_noise_handshake *hs, struct span token)
{
	if (!token_is(token, "psk"))
		return mix_dh(hs, token);
	mix_key_and_hash(hs, key_span(hs->psk));
	return 0;
}

static void mix_ephemeral(struct net_noise_handshake *hs, const uint8_t *public)
{
	mix_hash(hs, key_span(public));
	if (hs->has_psk_token)
		mix_key(hs, key_span(public));
}

/* Whether all that we must bring to this message is here. The other side's keys come in pattern order. */
static bool have_keys(const struct net_noise_handshake *hs, const char *message, bool writing)
{
	for (;;) {
		struct span token = next_token(&message);
		if (token.size == 0)
			return true;
		char own = (char)token.data[0];
		if (token.size == 2)
			own = (char)(hs->initiator ? token.data[0] : token.data[1]);
		else if (token.size == 1 && !writing)
			continue;
		if ((own == 'e' && !hs->has_ephemeral) || (own == 's' && !hs->has_static) ||
		        (own == 'p' && !hs->has_psk))
			return false;
	}
}

/* The message to be written or read now. */
static int current(const struct net_noise_handshake *hs, bool writing, const char **message)
{
	if (hs->error)
		return hs->error;
	*message = hs->pattern->messages[hs->message_index];
	bool initiators = hs->message_index % 2 == 0;
	if (!*message || (hs->initiator == initiators) != writing || !have_keys(hs, *message, writing))
		return ERR_INVALID;
	return 0;
}

/* A handshake that failed must not go on (section 5.3): its secrets go at once. */
static int die(struct net_noise_handshake *hs, int error)
{
	const struct net_noise_pattern *pattern = hs->pattern;
	const struct net_noise_hash *hash = hs->hash;
	net_noise_wipe(hs);
	hs->pattern = pattern;
	hs->hash = hash;
	return hs->error = error;
}

int net_noise_write(struct net_noise_handshake *hs, struct span payload, struct buf *out)
{
	const char *message;
	size_t before = out->size;
	int error = current(hs, true, &message);
	if (error)
		return error;
	for (;;) {
		struct span token = next_token(&message);
		if (token.size == 0)
			break;
		if (token_is(token, "e")) {
			buf_add(out, hs->local_ephemeral.public, NET_NOISE_KEY_BYTES);
			mix_ephemeral(hs, hs->local_ephemeral.public);
		} else if (token_is(token, "s")) {
			encrypt_and_hash(hs, key_span(hs->local_static.public), out);
		} else {
			error = mix_token(hs, token);
		}
		if (error) {
			out->size = before;
			return die(hs, error);
		}
	}
	encrypt_and_hash(hs, payload, out);
	hs->message_index++;
	return 0;
}

static int read_ephemeral(struct net_noise_handshake *hs, struct span *rest)
{
	if (rest->size < NET_NOISE_KEY_BYTES)
		return ERR_TRUNCATED;
	memcpy(hs->remote_ephemeral, rest->data, NET_NOISE_KEY_BYTES);
	hs->has_remote_ephemeral = true;
	*rest = span_sub(*rest, NET_NOISE_KEY_BYTES, rest->size);
	mix_ephemeral(hs, hs->remote_ephemeral);
	return 0;
}

static int read_static(struct net_noise_handshake *hs, struct span *rest)
{
	size_t size = NET_NOISE_KEY_BYTES + (hs->has_key ? NET_NOISE_TAG_BYTES : 0);
	if (rest->size < size)
		return ERR_TRUNCATED;
	int error = decrypt_and_hash(hs, span_sub(*rest, 0, size), hs->remote_static);
	hs->has_remote_static = !error;
	*rest = span_sub(*rest, size, rest->size);
	return error;
}

static int read_payload(struct net_noise_handshake *hs, struct span sealed, struct buf *payload)
{
	size_t tag = hs->has_key ? NET_NOISE_TAG_BYTES : 0, before = payload->size;
	if (sealed.size < tag)
		return ERR_TRUNCATED;
	int error = decrypt_and_hash(hs, sealed, buf_extend(payload, sealed.size - tag));
	if (error)
		payload->size = before;
	return error;
}

int net_noise_read(struct net_noise_handshake *hs, struct span message, struct buf *payload)
{
	const char *tokens;
	int error = current(hs, false, &tokens);
	if (error)
		return error;
	if (message.size > LIMIT_NOISE_BYTES)
		return die(hs, ERR_TOOBIG);
	for (;;) {
		struct span token = next_token(&tokens);
		if (token.size == 0)
			break;
		if (token_is(token, "e"))
			error = read_ephemeral(hs, &message);
		else if (token_is(token, "s"))
			error = read_static(hs, &message);
		else
			error = mix_token(hs, token);
		if (error)
			return die(hs, error);
	}
	error = read_payload(hs, message, payload);
	if (error)
		return die(hs, error);
	hs->message_index++;
	return 0;
}

bool net_noise_done(const struct net_noise_handshake *hs)
{
	return !hs->error && !hs->pattern->messages[hs->message_index];
}

const uint8_t *net_noise_remote_static(const struct net_noise_handshake *hs)
{
	return hs->has_remote_static ? hs->remote_static : NULL;
}

int net_noise_split(
        struct net_noise_handshake *hs, struct net_noise_cipher *sending, struct net_noise_cipher *receiving)
{
	if (hs->error)
		return hs->error;
	if (!net_noise_done(hs))
		return ERR_INVALID;
	uint8_t out[2][NET_NOISE_HASH_BYTES_MAX];
	hkdf(hs, span_of(NULL, 0), out, 2);
	*sending = *receiving = (struct net_noise_cipher){0};
	memcpy(sending->key, out[hs->initiator ? 0 : 1], NET_NOISE_KEY_BYTES);
	memcpy(receiving->key, out[hs->initiator ? 1 : 0], NET_NOISE_KEY_BYTES);
	mem_wipe(out, sizeof(out));
	die(hs, ERR_INVALID);
	return 0;
}

void net_noise_wipe(struct net_noise_handshake *hs)
{
	mem_wipe(hs, sizeof(*hs));
}
