/*
 * tests/store/world.h - a store to test in a directory of its own, on the disk or in memory.
 */
#ifndef TESTS_STORE_WORLD_H
#define TESTS_STORE_WORLD_H

#include "tests/lib/check.h"

#include "crdt/base/env.h"
#include "crdt/base/rng.h"
#include "store/store.h"

struct world {
	bool on_disk;
	char directory[64]; /* exists; the database is in it */
	struct store *store;
};

int world_open_disk(void **state); /* cmocka setups and teardown */
int world_open_memory(void **state);
int world_close(void **state);

/* Make or remove (with its plain files) a directory under $TMPDIR or /tmp. */
void world_make_directory(char path[64]);
void world_remove_directory(const char *path);

/* The process ends and starts again: closed and opened on the disk, a crash in memory. No transaction may be open on disk. */
void world_restart(struct world *world);

/* One write transaction with one row. */
void world_put(struct world *world, enum store_table table, const char *key, const char *value);

/* The row as one reading transaction sees it; "" when there is none. Static memory. */
const char *world_get(struct world *world, enum store_table table, const char *key);

/* An environment whose randomness comes from `rng`, which it borrows; its clocks stand still. */
struct env world_env(struct rng *rng);

#endif
