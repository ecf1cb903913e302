/*
 * store/backup.h - a whole database in one file, encrypted and authenticated (store/README.md, "Backup").
 *
 *   "RELVBAK1" || key file 121 || database id 16 || salt 32 || stream header 24 || chunks
 *
 * It opens with the passphrase that the device had when it was made: the key file stands in it, and its key gives the backup's. So
 * a backup needs no passphrase to be made. Rows keep the seals that they have in the database. The stream is libsodium's
 * secretstream: chunks cannot be altered, moved or left out, and the last one says so.
 *
 * Writing: backup_writer_new(); backup_writer_step() until it is done; backup_writer_free(). It sees the database as it was at the
 * beginning, by one read transaction, while others write. The file appears under its name when it is whole and on the disk.
 * Reading: backup_reader_open(), backup_reader_step() until the end.
 *
 * Threads: one. Errors leave no file behind.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/backup_rows.h"
#include "store/keyfile.h"
#include "store/vault.h"

/* A larger file is no backup of ours: the map of a database reserves 16 GiB. */
#define BACKUP_BYTES_MAX ((uint64_t)17 << 30)

struct backup_counts {
	uint64_t rows;
	uint64_t damaged; /* rows whose seal does not open: the database is damaged there */
	uint64_t bytes; /* of the file, so far */
	uint64_t bytes_expected; /* about; of the whole file */
};

/* ---- Writing ---- */

struct backup_writer;

/* Begin a backup at `path`. `keyfile`: the bytes of the device's key file. Store and vault are borrowed until backup_writer_free().
 * ERR_EXISTS: there is a file already. ERR_NOTFOUND, ERR_DENIED, ERR_NOSPACE, ERR_IO: the place. Errors of keyfile_cost_of(), and of
 * the store. */
int backup_writer_new(const char *path, struct store *store, const struct vault *vault, struct span keyfile,
        const struct backup_about *about, const struct env *env, struct backup_writer **out);

/* Write about a megabyte. 1: there is more. 0: done, durably. Errors as above. After anything but 1: backup_writer_free(). */
int backup_writer_step(struct backup_writer *writer);
struct backup_counts backup_writer_counts(const struct backup_writer *writer);
void backup_writer_free(struct backup_writer *writer); /* what is not done leaves no file; NULL is allowed */

/* ---- Reading ---- */

struct backup_reader;

/* Read the header and derive the key, which takes the time and the memory that the key file in it says.
 * ERR_NOTFOUND, ERR_DENIED, ERR_IO: the file. ERR_INVALID: not a plain file. ERR_MALFORMED: not a backup. ERR_VERSION: of a later
 * program. ERR_TRUNCATED: cut inside its header. ERR_TOOBIG: over BACKUP_BYTES_MAX, or its key file asks for more than the limits.
 * ERR_CORRUPT: its key file is damaged. ERR_PASSPHRASE, ERR_FULL as keyfile_decode(). */
int backup_reader_open(const char *path, struct span passphrase, struct backup_reader **out);

/* One chunk. 1: there is more. 0: the file was read to its end, and is whole. ERR_BADSEAL: altered, or cut inside a chunk.
 * ERR_TRUNCATED: ends between two chunks. ERR_MALFORMED, ERR_VERSION: authentic, but not what a writer of this version writes; also
 * bytes after the end. Errors of `row`. Rows that were handed out before an error are authentic. */
int backup_reader_step(struct backup_reader *reader, backup_row row, void *context);

struct backup_counts backup_reader_counts(const struct backup_reader *reader);
const struct backup_about *backup_reader_about(
        const struct backup_reader *reader); /* NULL until it was read */
struct span backup_reader_keyfile(const struct backup_reader *reader); /* borrowed */
const uint8_t *backup_reader_key(
        const struct backup_reader *reader); /* of the database; borrowed, locked memory */
void backup_reader_free(struct backup_reader *reader); /* wipes; NULL is allowed */

#endif
