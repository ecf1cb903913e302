/*
 * node/keyring/body.h - an entry's sealed body (README.md, section 2).
 *
 * Sealed for one place in one feed under a key made from the epoch key and the dossier's secret; opening checks place, key,
 * padding and length. Errors: 0 or a negative ERR_*, with `out` unchanged.
 */
#ifndef NODE_KEYRING_BODY_H
#define NODE_KEYRING_BODY_H

#include <stdint.h>

#include "crdt/base/env.h"
#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/keyring/aead.h"
#include "node/keyring/pack.h"
#include "node/keyring/secret.h"
#include "store/entry.h"

enum {
	BODY_OVERHEAD_BYTES = AEAD_OVERHEAD_BYTES,
	BODY_BYTES_MIN = BODY_OVERHEAD_BYTES + 16, /* the smallest size class */
};

/* Where a body stands; bound to the ciphertext. */
struct body_place {
	struct feed_id feed;
	uint64_t seq;
	enum compartment compartment;
};

/* The key of all bodies of one dossier (NULL: of none) under one epoch of one compartment; may be kept and reused. */
void body_key_derive(struct body_key *out, const struct epoch_key *epoch, enum compartment compartment,
        const struct dossier_secret *dossier);

/* Append the sealed `raw` to `out`. ERR_TOOBIG: sealed it would be over LIMIT_ENTRY_BODY_BYTES. */
int body_seal(struct body_codec *codec, const struct env *env, const struct body_key *key,
        const struct body_place *place, struct span raw, struct buf *out);

/* Open `sealed`. *raw borrows from the codec until its next use. Hostile input is fine. ERR_BADSEAL: another key, another place, or
 * altered. ERR_TRUNCATED, ERR_TOOBIG, ERR_VERSION, ERR_MALFORMED: its author wrote something that is not a body. */
int body_open(struct body_codec *codec, const struct body_key *key, const struct body_place *place,
        struct span sealed, struct span *raw);

#endif
