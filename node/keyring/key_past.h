/*
 * node/keyring/key_past.h - keys of single dossiers in epochs that this device does not hold (README.md, section 5, "The past of one dossier").
 *
 * Whoever may read chosen dossiers only gets no epoch from before, and of such a dossier the body key of each. Which dossier an entry of
 * such an epoch belongs to cannot be told without trying, since pseudonyms follow from the epoch's key.
 *
 * Pure. Threads: one.
 */
#ifndef NODE_KEYRING_KEY_PAST_H
#define NODE_KEYRING_KEY_PAST_H

#include "crdt/base/mem.h"
#include "node/keyring/key_row.h"

struct key_past_item;

/* Zero-initialized is empty. Owner calls key_past_close(). */
struct key_past {
	struct key_past_item *items; /* protected; ascending by (version, dossier, bytes) */
	size_t count, room;
};

void key_past_close(struct key_past *past); /* wipes */

/* The number under which a packet carries the key of a dossier in `epoch`: KEY_VERSION_PAST and the first bits of its id. Two epochs
 * may share it; both keys are tried then. */
uint32_t key_past_version(const struct epoch_id *epoch);

/* 1: it was there. ERR_FULL: LIMIT_KEY_PAST, or LIMIT_KEY_PAST_EPOCH under this number. */
int key_past_add(struct key_past *past, const struct record_id *dossier, uint32_t version,
        const struct dossier_secret *key);

void key_past_erase(struct key_past *past, const struct record_id *dossier);

/* The index-th key to try for an entry of an epoch with this number, and whose it is. NULL past the last. Borrows until the next change. */
const struct body_key *key_past_find(
        const struct key_past *past, uint32_t version, size_t index, struct record_id *dossier);

#endif
