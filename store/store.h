/*
 * store/store.h - transactions over a few ordered tables of small rows: the seam between the log and the disk.
 *
 * Two implementations behave alike under one contract suite (tests/store): store_lmdb.c for the disk, store_mem.c for tests,
 * which can crash, fill up and fail. Rows are opaque here; sealing them is vault.h's work.
 *
 * One writing transaction at a time; any number of reading ones, each seeing the state of its begin. A reading transaction
 * may live on another thread than the writing one; a transaction is used and ended by the thread that began it. Spans
 * returned borrow from the transaction: until its next write or end. Spans passed to a write must not borrow from that
 * same transaction: copy first.
 *
 * A commit that fails leaves the store in one of two states:
 *   ERR_NOSPACE    nothing was changed; free room and try again.
 *   ERR_UNCERTAIN  it may or may not have happened. Every later begin fails with ERR_UNCERTAIN until store_reopen().
 * Reads and writes may also fail with ERR_IO or ERR_CORRUPT, where the disk gives nothing or nonsense.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/span.h"

enum store_table {
	STORE_META, /* singletons by name: format version, incarnation, identity ... */
	STORE_FEED, /* feed number (u32 BE) -> descriptor and head */
	STORE_LOG, /* feed number (u32 BE), first seq (u64 BE) -> one stored run */
	STORE_KEY, /* key table, epoch keys: keyed hash -> row */
	STORE_ACK, /* device number (u32 BE) -> latest acknowledgement */
	STORE_DOC, /* keyed hash of the document id -> saved state */
	STORE_INDEX, /* keyed hash of the index's name and bucket -> rows of the derived indexes */
	STORE_BLOB, /* blob id, chunk number -> sealed chunk */
	STORE_LOCAL, /* what never leaves this device: peers met, addresses, access log, drafts */
	STORE_TABLE_COUNT,
};

/* "meta"; the names of the tables in LMDB, part of the format. Static text. */
const char *store_table_name(enum store_table table);

struct store;
struct store_txn;

struct store_usage {
	uint64_t map_bytes; /* reserved; writing fails when it is reached */
	uint64_t used_bytes; /* pages in use, without free ones */
	uint64_t file_bytes; /* on disk */
};

enum store_seek {
	STORE_FIRST_FROM, /* the smallest key >= the given one */
	STORE_LAST_UPTO, /* the greatest key <= the given one */
};

struct store_ops {
	int (*begin)(struct store *store, bool writing, struct store_txn **out);
	int (*commit)(struct store_txn *txn); /* ends the transaction, whatever it returns */
	void (*abort)(struct store_txn *txn); /* NULL is allowed */
	int (*get)(struct store_txn *txn, enum store_table table, struct span key, struct span *value);
	int (*put)(struct store_txn *txn, enum store_table table, struct span key, struct span value);
	int (*remove)(struct store_txn *txn, enum store_table table, struct span key);
	int (*seek)(struct store_txn *txn, enum store_table table, enum store_seek how, struct span key,
	        struct span *key_found, struct span *value);
	int (*usage)(struct store *store, struct store_usage *out);
	int (*reopen)(struct store *store);
	int (*compact)(struct store *store);
	void (*close)(struct store *store);
};

struct store {
	const struct store_ops *ops;
};

struct store_txn {
	struct store *store;
};

/* The calls below only dispatch; keys are 1..LIMIT_STORE_KEY_BYTES (ERR_INVALID when empty, ERR_TOOBIG), values 0 to
 * LIMIT_STORE_VALUE_BYTES (ERR_TOOBIG). */

/* ERR_BUSY: another writing transaction is open. ERR_FULL: too many readers. ERR_UNCERTAIN: see above. */
int store_begin(struct store *store, bool writing, struct store_txn **out);
int store_commit(struct store_txn *txn);
void store_abort(struct store_txn *txn);

/* ERR_NOTFOUND when there is no such row. */
int store_get(struct store_txn *txn, enum store_table table, struct span key, struct span *value);

/* Inserts or replaces. After an error other than ERR_TOOBIG the transaction can only be aborted: committing it then does
 * just that and gives the same error. Writing in a reading transaction: ERR_DENIED. */
int store_put(struct store_txn *txn, enum store_table table, struct span key, struct span value);

/* ERR_NOTFOUND when there is no such row. */
int store_remove(struct store_txn *txn, enum store_table table, struct span key);

/* Finds the nearest row in the given direction; ERR_NOTFOUND past the end. To walk a table, seek again from the key
 * found with a zero byte appended (upwards); `key` may therefore be one byte longer than the keys themselves. */
int store_seek(struct store_txn *txn, enum store_table table, enum store_seek how, struct span key,
        struct span *key_found, struct span *value);

int store_usage(struct store *store, struct store_usage *out);

/* After ERR_UNCERTAIN: closes and opens again; the caller then reads what is there. ERR_BUSY: a transaction is open. */
int store_reopen(struct store *store);

/* Rewrites the file without free pages and without what was deleted. ERR_BUSY: a transaction is open. ERR_NOSPACE, ERR_IO:
 * nothing was changed. ERR_UNCERTAIN: the new or the old file is in place, with equal rows; store_reopen(). */
int store_compact(struct store *store);

/* NULL is allowed. No transaction may be open. */
void store_close(struct store *store);

/* How full the map is. Past STORE_ROOM_REFUSE new records are refused; reading, revoking and erasing go on in the rest. */
enum store_room { STORE_ROOM_OK, STORE_ROOM_WARN, STORE_ROOM_REFUSE };
enum { STORE_WARN_PERCENT = 60, STORE_REFUSE_PERCENT = 70 };
enum store_room store_room(const struct store_usage *usage);

#endif
