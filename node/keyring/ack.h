/*
 * node/keyring/ack.h - an acknowledgement: what one device has, signed and counted (README.md, section 6).
 *
 * Pure. Hostile input is fine for every function that takes bytes.
 */
#ifndef NODE_KEYRING_ACK_H
#define NODE_KEYRING_ACK_H

#include "crdt/base/arena.h"
#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/keyring/sign.h"

enum { ACK_VERSION = 1, ACK_HASH_BYTES = 16 };

/* Positive results of ack_merge(). */
enum {
	ACK_KNOWN = 1, /* nothing newer in it */
	ACK_CLONED = 2, /* a second one with the same counter: the device's key is in use twice */
};

struct ack_head {
	struct feed_id feed;
	uint64_t seq;
	uint8_t hash[ACK_HASH_BYTES]; /* the beginning of the header hash */
};

struct ack {
	struct device_id device;
	uint64_t counter;
	struct entry_hash membership;
	const struct ack_head *heads; /* strictly ascending by feed */
	uint32_t head_count;
};

/* The counter of the acknowledgement after the one with `counter`, made when its device's clock says `wall_ms`: greater whatever the clock says. */
uint64_t ack_counter_next(uint64_t counter, uint64_t wall_ms);

/* When it was made, by its device's clock, whole seconds; 0: by an earlier version, which does not say. */
uint64_t ack_moment_ms(uint64_t counter);

/* Append the signed bytes. ERR_INVALID: counter 0, a head with seq 0, or heads not ascending; ERR_TOOBIG: more than LIMIT_FEEDS. `ack->device`
 * is the signer's. */
int ack_encode(const struct ack *ack, const struct key_signer *signer, struct buf *out);

/* The parts of the signed bytes, of which the signature is not checked, and the bytes of such parts. Heads are read into `arena`; errors are of
 * form. */
int ack_parse(struct ack *out, struct entry_signature *signature, struct span bytes, struct arena *arena);
void ack_put(const struct ack *ack, const struct entry_signature *signature, struct buf *out);

/* Heads are read into `arena`. ERR_BADSIG, or an error of form; *out is unchanged. */
int ack_decode(struct ack *out, struct span bytes, const struct team_id *team, struct arena *arena);

/* The fields at the start, of bytes that were decoded before. */
void ack_peek(struct span bytes, struct device_id *device, uint64_t *counter);

/* The head of `feed`; NULL when the device has nothing of it. */
const struct ack_head *ack_find(const struct ack *ack, const struct feed_id *feed);

/* Merge `candidate` into `current`, the bytes kept for its device (empty at first; they passed this function before).
 * 0: `current` is now the candidate. ACK_KNOWN: unchanged. ACK_CLONED: `current` is the greater of the two, and the two are a proof: keep
 * both. ERR_INVALID: of another device. ERR_BADSIG and errors of form: unchanged. */
int ack_merge(struct buf *current, struct span candidate, const struct team_id *team);

/* Were both signed by one device with one counter and different content? */
bool ack_proves_clone(struct span a, struct span b, const struct team_id *team);

#endif
