/*
 * node/keyring/blob.h - a photo or scan: its manifest and its sealed chunks (README.md, section 9).
 *
 * Bytes only. Hostile input is fine.
 */
#ifndef NODE_KEYRING_BLOB_H
#define NODE_KEYRING_BLOB_H

#include <string.h>

#include "crdt/base/arena.h"
#include "crdt/base/env.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/keyring/aead.h"
#include "node/keyring/secret.h"

enum {
	BLOB_VERSION_1 = 1, /* the last chunk as long as what is left; read, not made any more */
	BLOB_VERSION = 2,
	BLOB_NOTE_VERSION = 1,
	BLOB_PLAIN_BYTES = 64 * 1024,
	BLOB_CHUNK_BYTES = BLOB_PLAIN_BYTES + AEAD_OVERHEAD_BYTES,
};

struct blob_id {
	uint8_t bytes[32];
};

struct blob_hash {
	uint8_t bytes[32];
};

/* Names a blob by its ciphertext (README.md, section 9). */
struct blob_address {
	uint8_t bytes[32];
};

struct blob_manifest {
	uint8_t version;
	struct blob_id id;
	struct epoch_id epoch; /* version 2: under which names of the dossier its entry stands in the log */
	struct pseudonym dossier;
	struct span media_type; /* printable ASCII without space */
	uint64_t size_bytes;
	const struct blob_hash *chunks; /* blob_chunk_count(size_bytes) of them */
};

uint32_t blob_chunk_count(uint64_t size_bytes); /* of at most LIMIT_BLOB_BYTES */
void blob_identify(struct blob_id *out, const struct dossier_secret *secret, struct span plain);

/* Append the manifest. ERR_INVALID: size or media type out of range. */
int blob_manifest_encode(const struct blob_manifest *manifest, struct buf *out);

/* `media_type` borrows from `bytes`, the hashes are read into `arena`. */
int blob_manifest_decode(struct blob_manifest *out, struct span bytes, struct arena *arena);

void blob_address(struct blob_address *out, const struct blob_manifest *manifest);

static inline int blob_address_cmp(const struct blob_address *a, const struct blob_address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* Append sealed chunk `index` of the whole `plain` and give its hash for the manifest, of which version and id are set. index < blob_chunk_count(plain.size). */
void blob_chunk_seal(const struct env *env, const struct dossier_secret *secret,
        const struct blob_manifest *manifest, struct span plain, uint32_t index, struct buf *out,
        struct blob_hash *hash);

/* Is this the chunk that the manifest names? Needs no key. */
bool blob_chunk_is(const struct blob_manifest *manifest, uint32_t index, struct span sealed);

/* What a carrier without keys is told of a manifest of version 2: names and hashes. `hlc`: of its entry. */
void blob_note_encode(const struct blob_manifest *manifest, uint64_t hlc, struct buf *out);
/* Into a manifest without id, media type and true size, good for blob_address() and blob_chunk_is(); the hashes are read into `arena`. */
int blob_note_decode(struct blob_manifest *out, uint64_t *hlc, struct span bytes, struct arena *arena);

/* Append opened chunk `index`. ERR_INVALID: no such chunk. ERR_TRUNCATED, ERR_TOOBIG, ERR_BADSEAL. ERR_MALFORMED: something stands behind its end. */
int blob_chunk_open(const struct dossier_secret *secret, const struct blob_manifest *manifest, uint32_t index,
        struct span sealed, struct buf *out);

#endif
