/*
 * node/keyring/key_own.h - the dossier secrets that this device can use, out of ordinary memory.
 *
 * Several secrets may stand for one dossier: newer versions, or two devices that made one each while apart. All are kept and
 * tried; the order is the same on every device (newest version first, then by bytes), the first is written under.
 */
#ifndef NODE_KEYRING_KEY_OWN_H
#define NODE_KEYRING_KEY_OWN_H

#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/keyring/key_row.h"

struct key_own_secret;
struct key_own_order;

/* Zero-initialized is empty. Owner calls key_own_close(). */
struct key_own {
	struct key_own_secret *secrets; /* protected; in no order, so that adding one moves none */
	struct key_own_order *order; /* NULL: empty */
	size_t count, room;
};

void key_own_close(struct key_own *own); /* wipes */

/* 1: it was there. ERR_FULL: LIMIT_KEY_SECRETS, or LIMIT_DOSSIER_SECRETS for this dossier. */
int key_own_add(struct key_own *own, const struct record_id *dossier, uint32_t version,
        const struct dossier_secret *secret);

/* Forget, and overwrite, all secrets of a dossier. */
void key_own_erase(struct key_own *own, const struct record_id *dossier);

/* The index-th secret to try for a dossier. NULL past the last. Borrows until the next change. */
const struct dossier_secret *key_own_find(
        const struct key_own *own, const struct record_id *dossier, size_t index, uint32_t *version);

/* The index-th of all secrets, in their order. False past the last. */
bool key_own_at(const struct key_own *own, size_t index, struct record_id *dossier, uint32_t *version);

/* Walk over the dossiers in ascending order: the first one after `after` (NULL: the first of all). False: no more. */
bool key_own_next(const struct key_own *own, const struct record_id *after, struct record_id *dossier);

/* The stored row of one dossier, plaintext for the vault to seal; and taking one in, of a dossier of which there is nothing yet. ERR_NOTFOUND; errors of form; ERR_FULL: LIMIT_KEY_SECRETS. Wipe
 * the buffer. */
int key_own_encode(const struct key_own *own, const struct record_id *dossier, struct buf *out);
int key_own_decode(struct key_own *own, struct span row);

#endif
