/*
 * tools/floor_own.h - what the floor's files share: sealing, the LMDB log, time.
 */
#ifndef TOOLS_FLOOR_OWN_H
#define TOOLS_FLOOR_OWN_H

#include <lmdb.h>
#include <sodium.h>
#include <zstd.h>

#include "crdt/base/mem.h"
#include "tools/floor.h"

enum {
	FLOOR_PATH_CHARS = 4096,
	FLOOR_PER_TXN = 1000, /* records in one durable transaction of a bulk load */
	FLOOR_NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	FLOOR_TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	FLOOR_KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	/* A record that does not compress grows a little. */
	FLOOR_BODY_BYTES_MAX = FLOOR_RECORD_BYTES_MAX + 256,
	FLOOR_SEALED_BYTES_MAX = FLOOR_BODY_BYTES_MAX + FLOOR_NONCE_BYTES + FLOOR_TAG_BYTES +
	        crypto_sign_BYTES,
};

/* Sealed record: nonce, ciphertext, tag, and the signature of their hash where there is one. */
struct floor_sealer {
	struct buf dictionary;
	ZSTD_CDict *compress_with;
	ZSTD_DDict *inflate_with;
	ZSTD_CCtx *compress;
	ZSTD_DCtx *inflate;
	uint8_t key[FLOOR_KEY_BYTES];
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
};

enum floor_signature {
	FLOOR_UNSIGNED,
	FLOOR_SIGNED, /* made when sealing, checked when opening */
	FLOOR_SIGNATURE_KNOWN, /* there, and checked when it came */
};

struct floor {
	const struct floor_records *history, *day; /* borrowed */
	char *directory;
	struct floor_sealer sealer;
};

/* Takes `dictionary`; the keys are left zero. */
void floor_sealer_init(struct floor_sealer *sealer, struct buf dictionary);
void floor_sealer_close(struct floor_sealer *sealer);

/* `out` has FLOOR_SEALED_BYTES_MAX bytes; the result is what was used. `record` is within its limit. */
size_t floor_seal(
        struct floor_sealer *sealer, uint8_t *out, struct span record, enum floor_signature signature);

/* `out` has FLOOR_RECORD_BYTES_MAX bytes. ERR_BADSEAL, ERR_BADSIG, ERR_TRUNCATED, ERR_MALFORMED. */
int floor_unseal(struct floor_sealer *sealer, uint8_t *out, size_t *out_bytes, struct span sealed,
        enum floor_signature signature);

/* One LMDB environment whose main table is a log by sequence number. */
struct floor_log {
	MDB_env *env;
	MDB_txn *txn; /* open while records wait */
	MDB_dbi table;
	uint64_t next_seq;
	uint32_t waiting, per_txn;
};

/* Flags 0: every commit is on the disk when it returns. `fresh`: removes what was there. */
int floor_env_open(MDB_env **out, const char *directory, const char *name, bool fresh);
size_t floor_env_bytes(MDB_env *env);
int floor_lmdb_error(int code); /* translated; prints the original */

int floor_log_open(struct floor_log *log, const char *directory, const char *name, bool fresh,
        uint64_t next_seq, uint32_t per_txn);
int floor_log_append(struct floor_log *log, struct span record); /* commits each `per_txn` */
int floor_log_commit(struct floor_log *log); /* what waits, if anything */
void floor_log_close(struct floor_log *log); /* gives up what waits; zeroed is allowed */

/* directory/name; ERR_TOOBIG when it does not fit into FLOOR_PATH_CHARS. */
int floor_path(char *out, const char *directory, const char *name);
int floor_io_error(const char *what); /* ERR_NOSPACE or ERR_IO; prints errno */

double floor_now_ms(void);

/* Sorts; the value below which `share` of them lie. count > 0. */
double floor_percentile(double *values, size_t count, double share);

/* The bytes after the first `marker` of a record, `size` of them at most; size 0 when it is not there. */
struct span floor_field(struct span record, const char *marker, size_t size);

/* The decimal number after `marker`; ERR_MALFORMED when there is none. */
int floor_number(struct span record, const char *marker, uint64_t *out);

bool floor_is(struct span record, const char *kind); /* {"t":"kind" */

#endif
