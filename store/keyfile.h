/*
 * store/keyfile.h - the device's database key, wrapped under a passphrase, in its own small file
 * (store/README.md, "Key file").
 *
 *   "RELVKEY1" || kdf u8 (2: Argon2id 1.3) || passes u32 LE || memory KiB u32 LE || salt 16 || nonce 24
 *   || XChaCha20-Poly1305(key 32) 48 || checksum 16
 *
 * The seal's associated data is everything before the ciphertext; the checksum is BLAKE2b-128 over everything before it,
 * so that a damaged file is not taken for a wrong passphrase. It proves nothing against an attacker: the seal does.
 *
 * While the database changes its key (README.md, "Another key") the file is "RELVKEY2" with both, the old one and the next: ciphertext 80.
 *
 * Passphrases are bytes: the caller normalizes text to NFC first. Deriving takes the time and the memory that the cost
 * says: call it from a thread that may wait.
 */
#ifndef STORE_KEYFILE_H
#define STORE_KEYFILE_H

#include "crdt/base/env.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum {
	KEYFILE_KEY_BYTES = 32,
	KEYFILE_BYTES = 8 + 1 + 4 + 4 + 16 + 24 + 48 + 16,
	KEYFILE_BYTES_MAX = KEYFILE_BYTES + KEYFILE_KEY_BYTES, /* with two keys */
};

struct keyfile_cost {
	uint32_t passes; /* 1..LIMIT_KEYFILE_PASSES */
	uint32_t memory_kib; /* 8..LIMIT_KEYFILE_MEMORY_BYTES / 1024 */
};

/* libsodium's MODERATE: 256 MiB, 3 passes. */
extern const struct keyfile_cost KEYFILE_COST_DEFAULT;

/* Worthless as protection: for tests only. */
extern const struct keyfile_cost KEYFILE_COST_TEST;

/* Wrap `key`; KEYFILE_BYTES are appended to `out`. ERR_INVALID: an empty passphrase, or a cost out of bounds. ERR_TOOBIG: a
 * passphrase over LIMIT_PASSPHRASE_BYTES. ERR_FULL: not enough memory for the cost. */
int keyfile_encode(struct buf *out, const uint8_t key[KEYFILE_KEY_BYTES], struct span passphrase,
        struct keyfile_cost cost, const struct env *env);

/* Unwrap into `key`, which should be locked memory; unchanged on error; of two keys, the old one. Hostile bytes are fine.
 * ERR_MALFORMED: not a key file, or cut. ERR_VERSION: of a later program. ERR_CORRUPT: damaged. ERR_TOOBIG: asks for more
 * than the limits. ERR_PASSPHRASE: intact, but not with this passphrase. ERR_FULL: not enough memory. */
int keyfile_decode(struct span bytes, struct span passphrase, uint8_t key[KEYFILE_KEY_BYTES]);

/* The cost that a key file asks for, checked as above but without deriving. */
int keyfile_cost_of(struct span bytes, struct keyfile_cost *out);

/* Make a new random key and its file. ERR_EXISTS: there is one already, and it is untouched. `key` as above. */
int keyfile_create(const char *path, struct span passphrase, struct keyfile_cost cost, const struct env *env,
        uint8_t key[KEYFILE_KEY_BYTES]);

/* Read the file and unwrap. Errors as keyfile_decode() and file_read(). */
int keyfile_open(const char *path, struct span passphrase, uint8_t key[KEYFILE_KEY_BYTES]);

/* An open key file: what wraps its keys, so that another key can be put into it while the program runs. In locked memory. */
struct keyfile {
	struct keyfile_cost cost;
	uint8_t salt[16];
	uint8_t wrapper[32]; /* Argon2id(passphrase, salt) */
	uint8_t key[KEYFILE_KEY_BYTES]; /* of the database */
	uint8_t next[KEYFILE_KEY_BYTES]; /* which it may have already, when has_next */
	bool has_next;
};

/* Read the file and unwrap. Errors as keyfile_open(), *out is then NULL. Owner calls keyfile_free(). */
int keyfile_unlock(const char *path, struct span passphrase, struct keyfile **out);
void keyfile_free(struct keyfile *file); /* wipes; NULL is allowed */

/* Put the file's keys in the place of what stands there, under the same passphrase: durable, old or new after a crash; what stood there is
 * overwritten, as far as the disk writes in place. Errors as file_replace(). */
int keyfile_store(const char *path, const struct keyfile *file, const struct env *env);

/* The same keys under another passphrase. On error the old file stands, apart from a failed sync of the directory. */
int keyfile_change(const char *path, struct span old_passphrase, struct span new_passphrase,
        struct keyfile_cost cost, const struct env *env);

#endif
