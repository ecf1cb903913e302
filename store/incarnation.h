/*
 * store/incarnation.h - whether this database is the one that this device wrote last (store/README.md, "Incarnation").
 *
 * The same random id stands in the database and in a small file outside it. Where they differ, one of the two came back
 * from a backup, and writing on would give two histories one name: a new incarnation must begin first.
 *
 *   file: "releve incarnation 1 " || 32 hexadecimal digits || "\n"
 */
#ifndef STORE_INCARNATION_H
#define STORE_INCARNATION_H

#include "crdt/base/ids.h"
#include "store/store.h"

/* Outcomes of incarnation_check(); 0: both are there and equal. */
enum {
	INCARNATION_MISMATCH = 1, /* they differ, one of them is missing, or one cannot be understood */
	INCARNATION_ABSENT = 2, /* neither is there: a new database */
};

/* Compare. *id is the database's; zero when it has none. Errors of the store and ERR_IO, ERR_DENIED of the file. */
int incarnation_check(struct store *store, const char *path, struct incarnation_id *id);

/* Begin the incarnation `id`: the file first, then the database, each durably. After an error the two may differ, which the
 * next check reports: another one then begins. No writing transaction may be open. */
int incarnation_begin(struct store *store, const char *path, const struct incarnation_id *id);

#endif
