/*
 * node/keyring/epochs.h - the epoch keys that this device holds, and the cryptographic parts of distributions and grants
 * (README.md, section 4).
 *
 * Who may distribute, and to whom, is judged elsewhere (node/team): call the opening functions only for entries found valid.
 * Errors: 0 or a negative ERR_*, with nothing changed. Threads: one at a time.
 */
#ifndef NODE_KEYRING_EPOCHS_H
#define NODE_KEYRING_EPOCHS_H

#include "crdt/base/env.h"
#include "crdt/base/ids.h"
#include "node/keyring/aead.h"
#include "node/keyring/box.h"
#include "node/keyring/secret.h"
#include "store/entry.h"

enum { EPOCH_PARENT_BYTES = SECRET_BYTES + AEAD_OVERHEAD_BYTES };

struct epoch_commitment {
	uint8_t bytes[32];
};

/* A parent's key as a distribution carries it. */
struct epoch_parent {
	struct epoch_id id;
	uint8_t sealed[EPOCH_PARENT_BYTES];
};

/* What the distribution that introduced an epoch says of it. */
struct epoch_about {
	struct epoch_id id;
	struct epoch_commitment commitment;
	enum compartment compartment;
};

/* A new key whose distribution is being written. Owner calls epoch_key_wipe(&draft.key). */
struct epoch_draft {
	struct epoch_key key;
	struct epoch_commitment commitment;
	enum compartment compartment;
};

/* Positive results of epochs_open_*() and epochs_adopt(): fine, and nothing new. */
enum { EPOCHS_HELD = 1 };

void epoch_commit(struct epoch_commitment *out, const struct epoch_key *key, enum compartment compartment);

struct epochs;
struct epochs *epochs_new(void);
void epochs_free(struct epochs *epochs); /* wipes; NULL is allowed */

size_t epochs_count(const struct epochs *epochs);

/* The index-th epoch held, ascending by id; for saving. False past the end. *key borrows until the next change. */
bool epochs_at(const struct epochs *epochs, size_t index, struct epoch_id *id, enum compartment *compartment,
        const struct epoch_key **key);

/* NULL when this device does not hold the key. Borrows until the next change. */
const struct epoch_key *epochs_find(const struct epochs *epochs, const struct epoch_id *id);

/* Take over a key from the box of a distribution or of a grant, sealed to this device; from a parent's ciphertext in the distribution
 * of an epoch held; from our own draft or our own storage.
 * EPOCHS_HELD. ERR_BADSEAL: not for us, altered, or not the key committed to. ERR_NOTFOUND: `child` is not held.
 * ERR_INVALID: parent and child are of different compartments. ERR_FULL: LIMIT_EPOCHS. */
int epochs_open_box(struct epochs *epochs, const struct epoch_about *about, const struct box_key *box,
        const struct seal_public *own_public, const struct seal_secret *own_secret);
int epochs_open_parent(struct epochs *epochs, const struct epoch_id *child, const struct epoch_parent *parent,
        const struct epoch_about *about);
int epochs_adopt(struct epochs *epochs, const struct epoch_about *about, const struct epoch_key *key);

/* Start a new epoch of `compartment`: a random key and its commitment. */
void epoch_draft_make(struct epoch_draft *out, const struct env *env, enum compartment compartment);

/* The draft's key for one recipient. A key of small order gets a box that nobody opens. */
int epoch_draft_box(struct box_key *out, const struct epoch_draft *draft, const struct env *env,
        const struct seal_public *recipient);

/* Parent `id`'s key under the draft's. ERR_NOTFOUND: not held. ERR_INVALID: of another compartment. */
int epochs_draft_parent(struct epoch_parent *out, const struct epochs *epochs,
        const struct epoch_draft *draft, const struct env *env, const struct epoch_id *id);

/* A grant: the key of epoch `id` for one recipient. ERR_NOTFOUND: not held. A key of small order gets a box that nobody opens. */
int epochs_box(struct box_key *out, const struct epochs *epochs, const struct env *env,
        const struct epoch_id *id, const struct seal_public *recipient);

#endif
