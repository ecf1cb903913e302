/*
 * node/bodies.h - opening and sealing entry bodies with the keys that this device holds.
 *
 * Finds the right key for an entry: the epoch named in its header, and the dossier behind the pseudonym. Derived keys are kept,
 * since a day's entries use few of them. Threads: one.
 */
#ifndef NODE_BODIES_H
#define NODE_BODIES_H

#include "node/keyring/body.h"
#include "node/keyring/epochs.h"
#include "node/keyring/key_table.h"

struct bodies;

/* All borrowed until bodies_free(). `keys` may be NULL (a device without a team). */
struct bodies *bodies_new(struct epochs *epochs, struct key_table *keys, struct body_codec *codec);
void bodies_free(struct bodies *bodies); /* wipes; NULL is allowed */

/* Keys came or went: forget what was derived. */
void bodies_keys_changed(struct bodies *bodies);

/* Open the body of an entry. *raw borrows from the codec until its next use. *dossier is set when there is one, else zeroed.
 * ERR_LOCKED: this device does not hold the key, or holds other secrets of that dossier only. Errors of body_open(): its author wrote nonsense. */
int bodies_open(struct bodies *bodies, const struct entry_header *header, struct span body, struct span *raw,
        struct record_id *dossier);

/* How many keys there are to try for what is sealed under `epoch` and the dossier that has this pseudonym (*dossier), or none when the
 * pseudonym is zero. 0: the epoch or the dossier is not known here. Of an epoch that is not held: how many keys of single dossiers there are to
 * try; *dossier is zero until one opened something. */
uint32_t bodies_secrets(struct bodies *bodies, const struct epoch_id *epoch,
        const struct pseudonym *pseudonym, struct record_id *dossier);

/* The same as a mark of what was tried in vain: whatever comes that may open more, it grows. One secret under the epoch's own key is more than any number of
 * keys of single dossiers: BODIES_EPOCH is added for it. */
enum { BODIES_EPOCH = 1 << 20 };
uint32_t bodies_mark(struct bodies *bodies, const struct epoch_id *epoch, const struct pseudonym *pseudonym);

/* The key that bodies of this compartment are sealed with, under `epoch` and, unless `dossier` is NULL, that dossier's secret; *pseudonym is
 * what the header says. The key borrows until the next call. ERR_LOCKED: a key is not held. */
int bodies_key(struct bodies *bodies, const struct epoch_id *epoch, const struct record_id *dossier,
        enum compartment compartment, const struct body_key **key, struct pseudonym *pseudonym);

#endif
