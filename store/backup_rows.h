/*
 * store/backup_rows.h - what stands inside a backup file, once it was opened: about it, the rows of all tables, their count
 * (store/README.md, "Backup").
 *
 *   about: format u8 = 1 || made at u64 || device 32 || team 32
 *   row:   table u8 (0 .. 8) || varint, key || varint, value          ascending by (table, key)
 *   end:   255 || row count u64
 *
 * Pure. Hostile bytes are fine, in pieces of any size. Threads: one.
 */
#ifndef STORE_BACKUP_ROWS_H
#define STORE_BACKUP_ROWS_H

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "store/store.h"

/* What is said of a backup to whoever can open it. */
struct backup_about {
	uint64_t made_ms; /* by that device's clock */
	struct device_id device;
	struct team_id team; /* zero: in none */
};

void backup_about_put(struct buf *out, const struct backup_about *about);
void backup_row_put(struct buf *out, enum store_table table, struct span key, struct span value);
void backup_end_put(struct buf *out, uint64_t row_count);

/* A row as it was read; borrowed until return. 0, or an error that ends the reading. */
typedef int (*backup_row)(void *context, enum store_table table, struct span key, struct span value);

/* Zero-initialized is the beginning. Owner calls backup_rows_close(). */
struct backup_rows {
	struct backup_about about; /* once `begun` */
	bool begun, ended;
	uint64_t row_count;
	enum store_table table; /* of the last row */
	struct buf key; /* of the last row; empty: none yet */
	struct buf rest; /* of a piece, too short to be read */
};

void backup_rows_close(struct backup_rows *rows);

/* Read what `piece` completes. ERR_MALFORMED (also after the end), ERR_VERSION, ERR_TOOBIG; errors of `row`. */
int backup_rows_feed(struct backup_rows *rows, struct span piece, backup_row row, void *context);

#endif
