/*
 * store/copy.h - all rows of one store into another: as they are, out of a database whose file is damaged in places that are not needed; or sealed
 * under another key, so that what the old file held is gone with the old key.
 */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/store.h"
#include "store/vault.h"

/* Into an empty store, in several durable transactions. Errors of either store; `to` is then of no use. */
int store_copy(struct store *from, struct store *to);

/* The same, with every value sealed anew: `to` opens with `key`, and with nothing that opened `from`. Names of rows stay (README.md, "Another
 * key"). `old` is the vault of `from`. A row that does not open is there as one that does not open, so that
 * a check names it, and of its bytes nothing: they may be those that are to go, and a stream cipher gives them to whoever keeps the old key.
 * *damaged: how many. ERR_BADSEAL: more than LIMIT_RESEAL_DAMAGED. */
int store_reseal(struct store *from, const struct vault *old, struct store *to,
        const uint8_t key[VAULT_KEY_BYTES], const struct env *env, uint32_t *damaged);

#endif
