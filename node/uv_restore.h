/*
 * node/uv_restore.h - a data directory from a backup file, and what to say when it does not come to that.
 *
 * The file is read twice: first it is checked whole, while nothing is changed. Then a database, the key file and a new incarnation
 * are made in DIR/restoring; when all of that is on the disk, it is named DIR/restored, and its parts are moved to their places,
 * the key file last. A crash before the new name leaves what the next restore removes; after it, what the next
 * restore or opening puts in place (uv_restore_finish()). So no device is ever half there, and none writes under an incarnation that
 * another copy of it has.
 *
 * Threads: one.
 */
#ifndef NODE_UV_RESTORE_H
#define NODE_UV_RESTORE_H

#include "node/uv_database.h"
#include "store/backup.h"

struct uv_restore_config {
	const char *file;
	struct span passphrase; /* in NFC */
	/* How far it is, several times a second; may be NULL. */
	void (*progress)(void *context, uint64_t bytes, uint64_t bytes_expected);
	void *context;
};

/* What was found in the file. */
struct uv_restore_report {
	struct backup_about about;
	struct backup_counts counts;
};

/* Read the whole file. Errors of backup_reader_open() and backup_reader_step(), with their sentence. */
int uv_restore_check(const struct uv_restore_config *config, struct uv_restore_report *report,
        struct uv_database_problem *problem);

/* Make the device of the backup in `directory`, whose parent must be there. ERR_EXISTS: there is a device or a database already. ERR_BUSY:
 * another restore is at it. ERR_NOSPACE. Errors as above; nothing is then there that was not before. */
int uv_restore(const char *directory, const struct uv_restore_config *config,
        struct uv_restore_report *report, struct uv_database_problem *problem);

/* Put in place what a restore had made whole when it was broken off. 0 also when there is nothing of the kind. */
int uv_restore_finish(const char *directory);

/* Remove what a restore left that was broken off before that. */
void uv_restore_forget(const char *directory);

/* The sentence for an error of a backup file, into *problem; returns `error`. */
int uv_restore_problem(struct uv_database_problem *problem, int error, const char *file);

#endif
