/*
 * store/store_lmdb.h - the store on a disk: one LMDB environment in its own directory.
 *
 * Files in the directory, all 0600: data.mdb, lock.mdb (LMDB's), open.lock (ours: one open per database, in this process or
 * another), data.mdb.new while compacting. Every commit is durable before it returns (flags 0 and MDB_NOTLS).
 *
 * Threads: as store.h says; begin and end of a writing transaction on one thread. A child of fork() must not touch it.
 */
#ifndef STORE_STORE_LMDB_H
#define STORE_STORE_LMDB_H

#include <stdint.h>

#include "store/store.h"

/* Reserved in the address space, not on the disk. A team of 12 fills under 100 MB in four years, the whole experiment 500. */
#define STORE_LMDB_MAP_BYTES ((uint64_t)16 << 30)

/* Open the database in `directory`, made (0700) when missing, its parent not. `map_bytes` is rounded up to whole pages and
 * may be raised from one opening to the next. The owner calls store_close().
 * ERR_BUSY: it is open already. ERR_CORRUPT: not a database, or cut short. ERR_VERSION, ERR_NOSPACE, ERR_DENIED, ERR_IO. */
int store_lmdb_open(const char *directory, uint64_t map_bytes, struct store **out);

/* Keep others from opening it, without opening it: a descriptor to close, or ERR_BUSY and as above. */
int store_lmdb_hold(const char *directory);

/* Wait until nobody has the database open, in this process or another; at once when there is none. */
void store_lmdb_wait_closed(const char *directory);

/* What LMDB or the system said at the last failure, for the log. Static text or one of strerror()'s; never data. */
const char *store_lmdb_reason(const struct store *store);

/* Whoever reads nothing for a while needs none of the file's pages in its memory: they are given back, and come again when somebody looks (store/mapped.h). */
void store_lmdb_rest(struct store *store);

#endif
