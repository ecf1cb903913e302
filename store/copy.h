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
 * key"). `old` is the vault of `from`. Errors also of vault_unseal(): one damaged row is enough. */
int store_reseal(struct store *from, const struct vault *old, struct store *to,
        const uint8_t key[VAULT_KEY_BYTES], const struct env *env);

#endif
