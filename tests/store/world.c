#include "tests/store/world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crdt/base/mem.h"
#include "store/file.h"
#include "store/store_lmdb.h"
#include "store/store_mem.h"

void world_make_directory(char path[64])
{
	const char *parent = getenv("TMPDIR");
	snprintf(path, 64, "%.40s/releve-XXXXXX", parent ? parent : "/tmp");
	assert_non_null(mkdtemp(path));
}

void world_remove_directory(const char *path)
{
	DIR *directory = opendir(path);
	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory));) {
		char *file = file_join(path, entry->d_name);
		unlink(file);
		mem_free(file);
	}
	closedir(directory);
	assert_int_equal(rmdir(path), 0);
}

static int open_world(void **state, bool on_disk)
{
	struct world *world = mem_zero(1, sizeof(*world));
	world->on_disk = on_disk;
	if (on_disk) {
		world_make_directory(world->directory);
		check_ok(store_lmdb_open(world->directory, STORE_LMDB_MAP_BYTES, &world->store));
	} else {
		world->store = store_mem_new();
	}
	*state = world;
	return 0;
}

int world_open_disk(void **state)
{
	return open_world(state, true);
}

int world_open_memory(void **state)
{
	return open_world(state, false);
}

int world_close(void **state)
{
	struct world *world = *state;
	store_close(world->store);
	if (world->on_disk)
		world_remove_directory(world->directory);
	mem_free(world);
	return 0;
}

void world_restart(struct world *world)
{
	if (!world->on_disk) {
		store_mem_crash(world->store);
		return;
	}
	store_close(world->store);
	check_ok(store_lmdb_open(world->directory, STORE_LMDB_MAP_BYTES, &world->store));
}

void world_put(struct world *world, enum store_table table, const char *key, const char *value)
{
	struct store_txn *txn;
	check_ok(store_begin(world->store, true, &txn));
	check_ok(store_put(txn, table, span_text(key), span_text(value)));
	check_ok(store_commit(txn));
}

const char *world_get(struct world *world, enum store_table table, const char *key)
{
	static char text[256];
	struct store_txn *txn;
	struct span value = {0};
	check_ok(store_begin(world->store, false, &txn));
	int err = store_get(txn, table, span_text(key), &value);
	assert_true(err == 0 || err == ERR_NOTFOUND);
	assert_true(value.size < sizeof(text));
	if (value.size)
		memcpy(text, value.data, value.size);
	text[value.size] = '\0';
	store_abort(txn);
	return text;
}

static uint64_t no_time(void *context)
{
	(void)context;
	return 0;
}

static void seeded_bytes(void *context, void *out, size_t size)
{
	rng_bytes(context, out, size);
}

struct env world_env(struct rng *rng)
{
	return (struct env){no_time, no_time, seeded_bytes, rng};
}
