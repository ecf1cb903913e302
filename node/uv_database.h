/*
 * node/uv_database.h - the key file and the database of a data directory: made, opened, and what to say when they do not open.
 *
 * Threads: one.
 */
#ifndef NODE_UV_DATABASE_H
#define NODE_UV_DATABASE_H

#include "store/keyfile.h"
#include "store/vault.h"

struct uv_database {
	struct store *store;
	struct vault *vault;
	struct keyfile *keys; /* open, so that the database can be given another key (uv_database_rekey()) */
};

/* What was wrong, for people. */
struct uv_database_problem {
	char sentence[512];
};

/* Make the directory (its parent must be there), a device key and an empty database. ERR_EXISTS: there is a device already. ERR_INVALID: no
 * passphrase. Owner calls uv_database_close(), also on a zeroed one. */
int uv_database_make(const char *directory, struct span passphrase, struct keyfile_cost cost,
        struct uv_database *out, struct uv_database_problem *problem);

/* Making a device failed later on: its key goes, so that it can be tried again; nothing was sealed with it that anybody misses. */
void uv_database_unmake(const char *directory);

/* ERR_NOTFOUND: no device there yet, or its database is gone. ERR_PASSPHRASE, ERR_BUSY (open already), ERR_CORRUPT, ERR_MALFORMED (key file
 * cut), the errors of the store. */
int uv_database_open(const char *directory, struct span passphrase, struct uv_database *out,
        struct uv_database_problem *problem);
void uv_database_close(struct uv_database *database);

/* The same device key under another passphrase (store/keyfile.h). The program may be running. ERR_INVALID: none, or the same again. ERR_TOOBIG,
 * ERR_PASSPHRASE, and the errors of the file: nothing was changed then. */
int uv_database_change_passphrase(const char *directory, struct span old_passphrase,
        struct span new_passphrase, struct uv_database_problem *problem);

/* Put a new database file, with the rows of `rows` (a view of this database), in the place of the one that is open, and close it. Only reads from
 * the old file, whose tree may be damaged; a crash leaves the old one or the new one. Errors of the stores: the old one stays. */
int uv_database_replace(const char *directory, struct uv_database *database, struct store *rows);

/* After the passphrase changed while the database is open: read its keys again, for the next uv_database_rekey(), which fails with ERR_LOCKED when
 * that was not possible. */
void uv_database_read_keys(const char *directory, struct span passphrase, struct uv_database *database);

/* Seal every row under another key into another file, and put both in the place of the old ones (store/README.md, "Another key"). Store and
 * vault are other ones then. Errors of the stores and of the key file: the old ones go on. A negative result with `database->store` NULL: what
 * stands on the disk is whole and could not be opened; uv_database_open() sorts it out. A crash at any moment leaves a database that opens. */
int uv_database_rekey(const char *directory, struct uv_database *database, uint32_t *damaged);
/* Keep other programs from opening it meanwhile: a descriptor to close, or an error. */
int uv_database_hold(const char *directory);

/* Until no program has it open. */
void uv_database_wait_closed(const char *directory);

/* A sentence of the caller's, in which %s stands for `what`; returns `error`. */
int uv_database_problem_is(
        struct uv_database_problem *problem, int error, const char *format, const char *what);

/* Addresses that the database may take: STORE_LMDB_MAP_BYTES, or less by $RELEVE_MAP_MB. */
uint64_t uv_database_map_bytes(void);

/* The sentence for a database that opened while the node in it does not; returns `error`. */
int uv_database_node_problem(struct uv_database_problem *problem, int error, const char *directory);

#endif
