/*
 * store/vault.h - sealed rows over any store: what reaches the disk is ciphertext under opaque keys
 * (store/README.md, "Sealed rows").
 *
 * value = format u8 || row version u64 LE || nonce 24 || XChaCha20-Poly1305 ciphertext || tag 16, with associated data
 * "releve row 1" || database id || table u8 || key || row version u64 LE. An altered, cut or moved value does not open.
 *
 * Threads: one vault, one thread at a time (sealing counts versions). Others may seal with a lease meanwhile, and hold vaults of
 * their own for reading, since vault_unseal() and vault_name() change nothing.
 */
#ifndef STORE_VAULT_H
#define STORE_VAULT_H

#include "crdt/base/env.h"
#include "crdt/base/mem.h"
#include "store/batch.h"
#include "store/store.h"

enum {
	VAULT_KEY_BYTES = 32,
	VAULT_NAME_BYTES = 32,
	VAULT_DATABASE_ID_BYTES = 16,
	VAULT_BACKUP_SALT_BYTES = 32,
	VAULT_OVERHEAD_BYTES = 1 + 8 + 24 + 16, /* a sealed value is this much longer */
};

struct vault;

/* Open the vault of a store, or make one in a store that has none (one durable transaction: a random database id and the
 * first sealed row). `key` is copied into locked memory. The store and `env` are borrowed until vault_free().
 * ERR_BADSEAL: not the key of this database, or its first row is damaged. ERR_VERSION: made by a later program.
 * ERR_CORRUPT: a row that names the database is damaged. Also the errors of the store. */
int vault_new(
        struct store *store, const uint8_t key[VAULT_KEY_BYTES], const struct env *env, struct vault **out);

/* A vault in the empty store `to` that takes over from `old`, the vault of `from`: the same database id and names of rows, versions that go on
 * where those of `old` end, values under `key` (README.md, "Another key"). One durable transaction. Errors as vault_new(). */
int vault_new_after(const struct vault *old, struct store *from, struct store *to,
        const uint8_t key[VAULT_KEY_BYTES], const struct env *env, struct vault **out);

/* Rows that the vault keeps for itself; the two rows that stand unsealed, random numbers (store/README.md, "Tables"). */
bool vault_is_own_row(enum store_table table, struct span key);
bool vault_is_readable_row(enum store_table table, struct span key);

void vault_free(struct vault *vault); /* wipes the keys; NULL is allowed */

/* One without a store, that only opens sealed values and gives the keys of backups. ERR_FULL: no locked memory. */
int vault_new_reading(const uint8_t key[VAULT_KEY_BYTES], const uint8_t database_id[VAULT_DATABASE_ID_BYTES],
        struct vault **out);

/* The key of one backup (backup.h), told apart by its salt. The caller wipes it. */
void vault_backup_key(
        const struct vault *vault, const uint8_t salt[VAULT_BACKUP_SALT_BYTES], uint8_t out[32]);

/* The random id of this database. Borrowed. */
const uint8_t *vault_database_id(const struct vault *vault);

/* An opaque key for a name: BLAKE2b-256 under a key of its own, over the table and the name. */
void vault_name(
        const struct vault *vault, uint8_t out[VAULT_NAME_BYTES], enum store_table table, struct span name);

/* Open one sealed value, read from `table` under `key`, into `out` (replacing its contents; wipe it when it held a
 * secret). ERR_BADSEAL: altered, cut, moved, or not of this database; `out` is then empty. Hostile input is fine. */
int vault_unseal(const struct vault *vault, enum store_table table, struct span key, struct span sealed,
        struct buf *out);

/* The version that a sealed value was written as; 0 when it is too short to have one. */
uint64_t vault_row_version(struct span sealed);

/* The end of the row versions that were taken: each row's is below it. Errors as vault_get(), and ERR_CORRUPT. */
int vault_versions_end(const struct vault *vault, struct store_txn *txn, uint64_t *end);

/* store_get() and vault_unseal(). */
int vault_get(const struct vault *vault, struct store_txn *txn, enum store_table table, struct span key,
        struct buf *out);

/* Seal into an open transaction, or into a batch for the writer. Errors as store_put() and store_batch_put(), and ERR_FULL
 * after 2^32 rows in one session. Values up to LIMIT_STORE_VALUE_BYTES - VAULT_OVERHEAD_BYTES. */
int vault_put(struct vault *vault, struct store_txn *txn, enum store_table table, struct span key,
        struct span value);
int vault_batch_put(struct vault *vault, struct store_batch *batch, enum store_table table, struct span key,
        struct span value);

/* What another thread needs to seal rows in the owner's stead: the keys (borrowed: the vault outlives the lease), row versions taken here, and
 * randomness that grows from 32 random bytes (ChaCha20), so that neither `env` nor the vault's own state is touched there. Stays where it
 * is while in use. One thread at a time. */
struct vault_lease {
	const struct vault *vault;
	uint64_t next_version, end_version;
	struct env env; /* has random_bytes only: for whoever seals other things beside the rows */
	uint8_t seed[32];
	uint64_t draw_count;
};

/* Lend `row_count` row versions, for rows that join this batch. ERR_FULL as above. Owner's thread. */
int vault_lease_begin(
        struct vault *vault, struct store_batch *batch, uint32_t row_count, struct vault_lease *lease);
void vault_lease_end(struct vault_lease *lease); /* wipes */

/* As vault_batch_put(); no more rows than were lent. */
int vault_lease_put(struct vault_lease *lease, struct store_batch *batch, enum store_table table,
        struct span key, struct span value);

/* Removing needs no key; these keep callers to one interface. */
int vault_remove(struct vault *vault, struct store_txn *txn, enum store_table table, struct span key);
int vault_batch_remove(
        struct vault *vault, struct store_batch *batch, enum store_table table, struct span key);

/* Say so when a transaction with a row sealed here, or a batch that `reserves`, was committed. Until then each one carries again the row that reserves
 * this session's row versions; forgetting the call costs room, never safety. */
void vault_written(struct vault *vault);

#endif
