/*
 * node/keyring/snapshot.h - the documents of one dossier at a named frontier, sealed (README.md, section 7).
 *
 * Not signed: what it holds is unverified until the log's replay gives the same. Hostile input is fine.
 */
#ifndef NODE_KEYRING_SNAPSHOT_H
#define NODE_KEYRING_SNAPSHOT_H

#include "crdt/base/arena.h"
#include "crdt/base/env.h"
#include "crdt/base/ids.h"
#include "node/keyring/pack.h"
#include "node/keyring/secret.h"

enum { SNAPSHOT_VERSION = 1 };

/* What can be read without the dossier's secret. */
struct snapshot {
	struct record_id dossier;
	uint16_t part, part_count;
	const struct entry_ref
	        *frontier; /* entries covered: up to seq of each feed; strictly ascending by feed */
	uint32_t frontier_count;
};

/* Append the snapshot of `docs` (saved states, one or more). ERR_INVALID: part, frontier or number of documents; ERR_TOOBIG: split it. */
int snapshot_seal(struct body_codec *codec, const struct env *env, const struct dossier_secret *secret,
        const struct snapshot *head, const struct span *docs, size_t doc_count, struct buf *out);

/* The readable part. The frontier is read into `arena`. *head_bytes: where the sealed part begins. */
int snapshot_read(struct snapshot *out, struct span bytes, struct arena *arena, size_t *head_bytes);

/* Open the documents, which borrow from the codec until its next use; walk over them with snapshot_next(). ERR_BADSEAL; errors of form. */
int snapshot_open(
        struct body_codec *codec, const struct dossier_secret *secret, struct span bytes, struct span *docs);

/* Takes one document off the front of what snapshot_open() gave. False: no more. */
bool snapshot_next(struct span *docs, struct span *doc);

#endif
