/*
 * store/entry.h - the signed header of one log entry (store/README.md, "Entry").
 *
 * An entry is a header and a body. The header is hashed and signed; the body is a ciphertext (readable bytes in the
 * compartment `membership`) of which the header holds only length and hash, so that it can be erased and the chain still
 * verifies. The canonical bytes below are what is hashed; runs (run.h) carry less and let the receiver recompute the rest.
 *
 * Pure: no I/O. Hashes are BLAKE2b-256, signatures Ed25519 (libsodium).
 */
#ifndef STORE_ENTRY_H
#define STORE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum compartment {
	COMPARTMENT_MEMBERSHIP = 1,
	COMPARTMENT_TEAM = 2,
	COMPARTMENT_CLINICAL = 3,
	COMPARTMENT_BILLING = 4,
	COMPARTMENT_AGGREGATE = 5,
	COMPARTMENT_MESSAGE = 6,
	COMPARTMENT_LAST = COMPARTMENT_MESSAGE,
};

enum entry_kind {
	ENTRY_CHANGE = 1, /* a change of one document (crdt/README.md), sealed */
	ENTRY_MEMBERSHIP =
	        2, /* a membership action (node/team/README.md), readable; only in that compartment */
	ENTRY_COUNTERSIGN = 3, /* vouches for entries in quarantine (node/README.md), sealed; in `clinical` */
};

/* How far the author's own clock could be trusted when it wrote (shown, compared at meetings, never decisive). */
enum clock_grade {
	CLOCK_UNKNOWN = 0, /* never compared */
	CLOCK_SYNCED = 1, /* the system says it follows a time server */
	CLOCK_COMPARED =
	        2, /* within 2 minutes of another device of the team at the last meeting, under 15 days ago */
	CLOCK_DOUBTFUL = 3, /* off by more than 2 minutes at the last meeting, or seen to jump */
};

enum { ENTRY_VERSION = 1, ENTRY_SIGNATURE_BYTES = 64, ENTRY_HEADER_BYTES_MIN = 212, ENTRY_DEP_BYTES = 40 };

struct entry_signature {
	uint8_t bytes[ENTRY_SIGNATURE_BYTES];
};

struct entry_header {
	uint8_t version;
	uint8_t kind; /* enum entry_kind; others are kept and forwarded, without power */
	uint8_t compartment;
	uint8_t clock_grade;
	uint32_t body_bytes; /* of the ciphertext, at most LIMIT_ENTRY_BODY_BYTES */
	struct feed_id feed;
	uint64_t seq; /* from 1, without gaps */
	uint64_t lamport; /* greater than that of every entry this one depends on */
	uint64_t hlc; /* milliseconds since 1970 << 16 | counter */
	struct entry_hash previous; /* header before this one in the feed; zero for seq 1 */
	struct entry_hash
	        membership; /* membership entry that the author knew; zero in a founding entry only */
	struct epoch_id epoch; /* key epoch of the body; zero when the body is readable */
	struct pseudonym dossier; /* dossier key of the body under that epoch; zero when there is none */
	struct body_hash body;
	uint32_t dep_count; /* at most LIMIT_ENTRY_DEPS */
	const struct entry_ref
	        *deps; /* borrowed; strictly ascending by feed, one per feed, never the entry's own feed */
};

/* feed = BLAKE2b-256("releve feed 1" || device || compartment || incarnation). */
struct feed_id entry_feed_id(const struct device_id *device, enum compartment compartment,
        const struct incarnation_id *incarnation);

/* The canonical bytes, appended to `out`. The header must be valid (entry_check). */
void entry_encode(const struct entry_header *header, struct buf *out);

/* The hash of the canonical bytes: an entry's identity. */
struct entry_hash entry_hash(const struct entry_header *header);

/* The hash of a body as the header holds it. */
struct body_hash entry_body_hash(struct span body);

/* 0 when the fields are within their limits and canonical; ERR_VERSION, ERR_TOOBIG, ERR_MALFORMED. Hostile input is fine. */
int entry_check(const struct entry_header *header);

/* Sign or check the statement "this header is in my feed". `secret_key` is libsodium's 64-byte Ed25519 secret key. */
void entry_sign(struct entry_signature *out, const struct entry_hash *hash, const uint8_t secret_key[64]);
bool entry_signed_by(const struct entry_signature *signature, const struct entry_hash *hash,
        const struct device_id *device);

#endif
