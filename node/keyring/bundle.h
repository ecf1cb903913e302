/*
 * node/keyring/bundle.h - the file for a stick: frames, sealed in chunks of equal size, each part for those who may read it (README.md, section 8).
 *
 * Bytes only: what the frames say is the owner's (node/node_bundle.h), and so is the file (node/uv_bundle.h). Hostile input is fine.
 */
#ifndef NODE_KEYRING_BUNDLE_H
#define NODE_KEYRING_BUNDLE_H

#include "crdt/base/env.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/keyring/aead.h"
#include "node/keyring/box.h"
#include "node/keyring/secret.h"
#include "node/keyring/sign.h"

enum {
	BUNDLE_VERSION = 3,
	BUNDLE_SLOTS_STEP = 8, /* the number of slots is a multiple: it tells little of the team's size */
	BUNDLE_SLOTS_MAX = 72, /* LIMIT_TEAM_DEVICES_ACTIVE devices, LIMIT_INVITATIONS invitations */
	BUNDLE_PARTS = 7,
	BUNDLE_SLOT_BYTES = BOX_OVERHEAD_BYTES + 1 + (1 + BUNDLE_PARTS) * SECRET_BYTES,
	BUNDLE_HEAD_BYTES_MIN = 8 + 16 + 16 + 1 + BUNDLE_SLOTS_STEP * BUNDLE_SLOT_BYTES,
	BUNDLE_HEAD_BYTES_MAX = 8 + 16 + 16 + 1 + BUNDLE_SLOTS_MAX * BUNDLE_SLOT_BYTES,
	BUNDLE_CONTENT_BYTES = 64 * 1024,
	BUNDLE_STREAM_BYTES = BUNDLE_CONTENT_BYTES - 4, /* of frames in one chunk */
	BUNDLE_CHUNK_BYTES = BUNDLE_CONTENT_BYTES + 2 * AEAD_OVERHEAD_BYTES + 1,
	BUNDLE_CHUNKS_MIN = 4,
};

/* Who may open what. */
enum bundle_part {
	BUNDLE_COMMON = 1, /* every recipient */
	BUNDLE_TEAM = 2, /* the compartments, by their numbers */
	BUNDLE_CLINICAL,
	BUNDLE_BILLING,
	BUNDLE_AGGREGATE,
	BUNDLE_MESSAGE,
	BUNDLE_DOSSIERS, /* rows that name dossiers */
};

/* What seals and opens one file. Owner calls bundle_key_wipe(). */
struct bundle_key {
	struct bundle_secret whole, parts[BUNDLE_PARTS + 1]; /* by enum bundle_part; zero: not for us */
	uint8_t head_hash[32];
};

void bundle_key_wipe(struct bundle_key *key);

/* For whom, and what. */
struct bundle_recipient {
	struct seal_public key;
	uint32_t parts; /* bits by enum bundle_part; 0: an invitation, which is told the team */
	struct team_id team; /* of an invitation */
};

/* Start a file for `count` recipients (1 to BUNDLE_SLOTS_MAX): appends the header. `discovery`: NULL, nobody's. ERR_INVALID: the count, or an unusable
 * public key; ERR_TOOBIG. */
int bundle_begin(struct bundle_key *out, const struct env *env, const struct discovery_secret *discovery,
        const struct bundle_recipient *recipients, size_t count, struct buf *head);

/* The length of the header at the start of `bytes`, at least BUNDLE_HEAD_BYTES_MIN of them or the whole file.
 * ERR_TRUNCATED, ERR_MALFORMED (no bundle), ERR_VERSION (`bundle_is_older()` says which way). */
int bundle_head_bytes(struct span bytes, size_t *out);
bool bundle_is_older(struct span bytes);

/* Is it of the team with this discovery secret? `head` is the whole header. */
bool bundle_is_ours(struct span head, const struct discovery_secret *discovery);

/* ERR_DENIED: not sealed to this key. 0; or BUNDLE_IS_INVITATION: the slot says of which team the invitation is, and opens nothing. */
enum { BUNDLE_IS_INVITATION = 1 };
int bundle_open(struct bundle_key *out, struct span head, const struct seal_public *own_public,
        const struct seal_secret *own_secret, struct team_id *team);

/* The keys of whoever holds an invitation's secret. */
void bundle_invitation_keys(
        const uint8_t psk[SECRET_BYTES], struct seal_public *open, struct seal_secret *secret);

/* Append one chunk of a part; `stream` is at most BUNDLE_STREAM_BYTES of its frames, and `first` where the first of them begins there (SIZE_MAX: none does). */
void bundle_chunk_seal(const struct bundle_key *key, const struct env *env, uint64_t number, bool final,
        enum bundle_part part, struct span stream, size_t first, struct buf *out);

/* Open one. ERR_BADSEAL: altered or misplaced. *part says whose; `stream` borrows from `content`, of BUNDLE_CONTENT_BYTES, and is empty where the part is not for
 * us. ERR_MALFORMED: its maker did not follow the format. *final may be either: the caller knows where the file ends. */
int bundle_chunk_open(const struct bundle_key *key, uint64_t number, struct span sealed, bool *final,
        enum bundle_part *part, uint8_t content[BUNDLE_CONTENT_BYTES], struct span *stream, size_t *first);

/* The maker's signature over the whole: the digest begins as the key's head_hash, each chunk but the last is added as it stands in the file, and then it is signed, with the number of all
 * chunks. */
void bundle_digest_add(uint8_t digest[SIGN_DIGEST_BYTES], struct span sealed);
void bundle_sign(struct entry_signature *out, const struct key_signer *signer,
        const uint8_t digest[SIGN_DIGEST_BYTES], uint64_t chunks);
bool bundle_sign_check(const struct entry_signature *signature, const struct team_id *team,
        const struct device_id *maker, const uint8_t digest[SIGN_DIGEST_BYTES], uint64_t chunks);

/* How many chunks a file has that needs so many: sizes tell little. */
uint64_t bundle_chunks_padded(uint64_t chunks);

#endif
