/*
 * net/noise.h - the Noise Protocol Framework, revision 34, over libsodium (X25519, ChaCha20-Poly1305).
 *
 * Source of every rule: noiseprotocol.org/noise.html, sections 4 to 9. A pattern is a table of messages, so the
 * engine runs any pattern; production uses XXpsk3 and IK with SHA-256 (net/README.md, section 2), the tests bring
 * the rest together with SHA-512 and BLAKE2b.
 *
 * Pure: no I/O, clock or randomness; the ephemeral key is an argument. Needs sodium_init() once in the process.
 * Threads: one handshake or cipher, one thread at a time.
 * Secrets: every struct here holds some; its owner calls the matching _wipe. Nothing is allocated.
 */
#ifndef NET_NOISE_H
#define NET_NOISE_H

#include <stdbool.h>

#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum {
	NET_NOISE_KEY_BYTES = 32, /* X25519 keys, PSKs and cipher keys */
	NET_NOISE_TAG_BYTES = 16,
	NET_NOISE_HASH_BYTES_MAX = 64,
};

/* One direction of a finished handshake: a key and the number of the next message. */
struct net_noise_cipher {
	uint8_t key[NET_NOISE_KEY_BYTES];
	uint64_t nonce;
};

/* Seal `plain` into `out` (plain.size + NET_NOISE_TAG_BYTES). `out` may be the same place as `plain`.
 * ERR_FULL: all 2^64 - 1 numbers are used up; nothing was written. */
int net_noise_seal(struct net_noise_cipher *cipher, struct span ad, struct span plain, uint8_t *out);

/* Open `sealed` into `out` (sealed.size - NET_NOISE_TAG_BYTES). `out` may be the same place.
 * ERR_BADSEAL: altered, out of order, replayed or under another key; the number does not advance, `out` is zeroed.
 * ERR_TRUNCATED: shorter than a tag. ERR_FULL: as above. */
int net_noise_open(struct net_noise_cipher *cipher, struct span ad, struct span sealed, uint8_t *out);
void net_noise_cipher_wipe(struct net_noise_cipher *cipher);

/* A hash function as Noise uses it. */
struct net_noise_hash {
	const char *name; /* as in the protocol name */
	size_t bytes; /* HASHLEN: 32 or 64 */
	void (*hash)(uint8_t *out, struct span a, struct span b); /* of a, then b */
	void (*hmac)(uint8_t *out, struct span key, struct span a, struct span b); /* of a, then b */
};
extern const struct net_noise_hash net_noise_sha256;

enum { NET_NOISE_MESSAGES_MAX = 4 };

/* A handshake pattern. Messages alternate, the initiator's first; tokens are e s ee es se ss psk, one space between. */
struct net_noise_pattern {
	const char *name; /* with modifiers: "XXpsk3" */
	bool initiator_known; /* pre-message "-> s" */
	bool responder_known; /* pre-message "<- s" */
	const char *messages[NET_NOISE_MESSAGES_MAX + 1]; /* ends with NULL */
};
extern const struct net_noise_pattern net_noise_xxpsk3;
extern const struct net_noise_pattern net_noise_ik;

/* What one side brings. Keys that the pattern does not use may be NULL; all is copied by net_noise_begin(). */
struct net_noise_config {
	const struct net_noise_pattern *pattern;
	const struct net_noise_hash *hash;
	bool initiator;
	struct span prologue;
	const uint8_t *static_secret;
	const uint8_t *ephemeral_secret; /* fresh random bytes, never used twice */
	const uint8_t *remote_static; /* where the pattern has it known beforehand */
};

struct net_noise_keypair {
	uint8_t secret[NET_NOISE_KEY_BYTES];
	uint8_t public[NET_NOISE_KEY_BYTES];
};

/* Treat as opaque; on the caller's memory, movable by assignment. */
struct net_noise_handshake {
	const struct net_noise_pattern *pattern;
	const struct net_noise_hash *hash;
	bool initiator;
	bool has_psk_token; /* then every e is mixed into the key too (section 9.2) */
	bool has_static, has_ephemeral, has_psk, has_remote_static, has_remote_ephemeral, has_key;
	uint8_t message_index;
	int error; /* 0, or why this handshake is dead */
	struct net_noise_keypair local_static, local_ephemeral;
	uint8_t remote_static[NET_NOISE_KEY_BYTES];
	uint8_t remote_ephemeral[NET_NOISE_KEY_BYTES];
	uint8_t psk[NET_NOISE_KEY_BYTES];
	uint8_t chaining[NET_NOISE_HASH_BYTES_MAX]; /* ck */
	uint8_t transcript[NET_NOISE_HASH_BYTES_MAX]; /* h */
	struct net_noise_cipher cipher;
};

/* Start. ERR_INVALID: a key that the pattern has known beforehand is missing. */
int net_noise_begin(struct net_noise_handshake *handshake, const struct net_noise_config *config);

/* Give the pre-shared key, at the latest before the message with the psk token. */
void net_noise_set_psk(struct net_noise_handshake *handshake, const uint8_t psk[NET_NOISE_KEY_BYTES]);

/* Append the next message, with `payload` in it, to `out`.
 * ERR_INVALID: not our turn, the handshake is over, or a key of ours is missing; ERR_BADSEAL: the other side's key is
 * of low order. On error `out` is as it was; ERR_BADSEAL kills the handshake. */
int net_noise_write(struct net_noise_handshake *handshake, struct span payload, struct buf *out);

/* Take the other side's next message, which is all of `message`, and append its payload to `payload`.
 * ERR_TRUNCATED, ERR_BADSEAL (altered, wrong key, prologue or PSK, low-order key), ERR_TOOBIG (over
 * LIMIT_NOISE_BYTES): `payload` is as it was, the handshake is dead and wiped, and every later call repeats the
 * error. ERR_INVALID: not their turn or a key of ours is missing; nothing changed. */
int net_noise_read(struct net_noise_handshake *handshake, struct span message, struct buf *payload);

bool net_noise_done(const struct net_noise_handshake *handshake);

/* The other side's static public key, NULL while it is not known. Proven only as far as the pattern says. */
const uint8_t *net_noise_remote_static(const struct net_noise_handshake *handshake);

/* The transcript hash, hash->bytes long: unique to this handshake once done. */
struct span net_noise_transcript(const struct net_noise_handshake *handshake);

/* The two transport ciphers of a done handshake; wipes it. ERR_INVALID: not done. */
int net_noise_split(struct net_noise_handshake *handshake, struct net_noise_cipher *sending,
        struct net_noise_cipher *receiving);
void net_noise_wipe(struct net_noise_handshake *handshake);

/* X25519 public key of a secret one. */
void net_noise_public(uint8_t public[NET_NOISE_KEY_BYTES], const uint8_t secret[NET_NOISE_KEY_BYTES]);

#endif
