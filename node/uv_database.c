#include "node/uv_database.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "node/uv_env.h"
#include "node/uv_restore.h"
#include "store/copy.h"
#include "store/file.h"
#include "store/store_lmdb.h"

/* ---- What was wrong ---- */

static int problem_is(struct uv_database_problem *problem, int error, const char *format, const char *what)
{
	/* The formats stand in the program. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(problem->sentence, sizeof(problem->sentence), format, what);
#pragma GCC diagnostic pop
	return error;
}

int uv_database_problem_is(
        struct uv_database_problem *problem, int error, const char *format, const char *what)
{
	return problem_is(problem, error, format, what);
}

static int key_problem(struct uv_database_problem *problem, int error, const char *path)
{
	switch (error) {
	case ERR_NOTFOUND:
		return problem_is(
		        problem, error, "There is no device in %s yet: run \"releve init\" first.", path);
	case ERR_PASSPHRASE:
		return problem_is(problem, error,
		        "The passphrase is not the right one for %s. Nothing was changed.", path);
	case ERR_MALFORMED:
	case ERR_TRUNCATED:
		return problem_is(problem, error,
		        "The key file %s is cut short or is not a key file. Restore it from a copy; nothing "
		        "was changed.",
		        path);
	case ERR_CORRUPT:
		return problem_is(problem, error,
		        "The key file %s is damaged. Restore it from a copy; nothing was changed.", path);
	case ERR_VERSION:
		return problem_is(problem, error,
		        "The key file %s was written by a later version of this program.", path);
	case ERR_EXISTS:
		return problem_is(
		        problem, error, "There is a device in %s already. Nothing was changed.", path);
	case ERR_NOSPACE:
		return problem_is(problem, error, "There is no room left on the disk for %s.", path);
	case ERR_DENIED:
		return problem_is(problem, error,
		        "This user may not use %s: it is another's, or others may write to it.", path);
	default:
		return problem_is(problem, error, "The key file %s cannot be used.", path);
	}
}

static int store_problem(struct uv_database_problem *problem, int error, const char *path)
{
	switch (error) {
	case ERR_BUSY:
		return problem_is(
		        problem, error, "The database %s is open in another program already.", path);
	case ERR_NOSPACE:
		return problem_is(problem, error, "There is no room left on the disk for %s.", path);
	case ERR_CORRUPT:
		return problem_is(problem, error,
		        "The database %s is damaged or cut short. Nothing was changed.", path);
	case ERR_BADSEAL:
		return problem_is(problem, error, "The device key does not belong to the database %s.", path);
	case ERR_VERSION:
		return problem_is(problem, error,
		        "The database %s was written by a later version of this program.", path);
	case ERR_DENIED:
		return problem_is(problem, error, "This user may not open %s.", path);
	default:
		return problem_is(problem, error, "The database %s cannot be opened.", path);
	}
}

/* The database opened, and the node in it does not. */
int uv_database_node_problem(struct uv_database_problem *problem, int error, const char *directory)
{
	char *path = file_join(directory, "db");
	if (error == ERR_BADSEAL || error == ERR_CORRUPT)
		problem_is(problem, error,
		        "The database %s holds damaged rows: \"releve fsck\" lists them. Nothing was "
		        "changed.",
		        path);
	else
		store_problem(problem, error, path);
	mem_free(path);
	return error;
}

/* ---- Opening ---- */

/* $RELEVE_MAP_MB: where reserving 16 GiB of addresses is forbidden, and for tests of a database that is full. */
uint64_t uv_database_map_bytes(void)
{
	const char *text = getenv("RELEVE_MAP_MB");
	uint64_t megabytes = text ? strtoull(text, NULL, 10) : 0;
	return megabytes && megabytes < STORE_LMDB_MAP_BYTES >> 20 ? megabytes << 20 : STORE_LMDB_MAP_BYTES;
}

static void close_store(struct uv_database *database)
{
	vault_free(database->vault);
	store_close(database->store);
	database->vault = NULL;
	database->store = NULL;
}

static int open_vault(
        const char *path, const uint8_t *key, struct uv_database *out, struct uv_database_problem *problem)
{
	int result = store_lmdb_open(path, uv_database_map_bytes(), &out->store);
	if (!result)
		result = vault_new(out->store, key, uv_env(), &out->vault);
	if (result) {
		store_problem(problem, result, path);
		close_store(out);
	}
	return result;
}

/* Opening a store makes one where there is none: not where a device has been. */
static bool database_is_there(const char *db_path)
{
	struct stat file;
	char *path = file_join(db_path, "data.mdb");
	bool is_there = stat(path, &file) != 0 ? errno != ENOENT : file.st_size > 0;
	mem_free(path);
	return is_there;
}

static uint8_t *key_memory(void)
{
	uint8_t *key = sodium_malloc(VAULT_KEY_BYTES);
	if (!key)
		abort();
	return key;
}

/* The key file holds two keys where a change of the key was broken off: the database says which of them it has. */
static int open_with_either(
        const char *key_path, const char *path, struct uv_database *out, struct uv_database_problem *problem)
{
	struct keyfile *keys = out->keys;
	if (!keys->has_next)
		return open_vault(path, keys->key, out, problem);
	int result = open_vault(path, keys->next, out, problem);
	if (result == 0)
		memcpy(keys->key, keys->next, sizeof(keys->key));
	else if (result == ERR_BADSEAL)
		result = open_vault(path, keys->key, out, problem);
	if (result)
		return result;
	keys->has_next = false;
	mem_wipe(keys->next, sizeof(keys->next));
	/* On a full disk both stay in it, which does no harm. */
	(void)keyfile_store(key_path, keys, uv_env());
	return 0;
}

int uv_database_open(const char *directory, struct span passphrase, struct uv_database *out,
        struct uv_database_problem *problem)
{
	char *key_path = file_join(directory, "device.key"), *path = file_join(directory, "db");
	*out = (struct uv_database){0};
	int result = file_check_private(directory);
	if (!result)
		result = uv_restore_finish(directory);
	if (!result)
		result = keyfile_unlock(key_path, passphrase, &out->keys);
	if (result)
		key_problem(problem, result,
		        result == ERR_NOTFOUND || result == ERR_DENIED ? directory : key_path);
	else if (!database_is_there(path))
		result = problem_is(problem, ERR_NOTFOUND,
		        "The database %s is gone or empty: put it back from a copy. Nothing was changed.",
		        path);
	else
		result = open_with_either(key_path, path, out, problem);
	if (result)
		uv_database_close(out);
	mem_free(key_path);
	mem_free(path);
	return result;
}

/* Only where neither a key nor a database is. What fails after the key is there is taken away again, and nothing else. */
static int make_both(const char *key_path, const char *path, const char *directory, struct span passphrase,
        struct keyfile_cost cost, struct uv_database *out, struct uv_database_problem *problem)
{
	int result = file_check_private(directory);
	if (!result)
		result = uv_restore_finish(directory);
	if (result)
		return key_problem(problem, result, directory);
	if (database_is_there(path))
		return problem_is(problem, ERR_EXISTS,
		        "There is a database in %s already: put the key file that belongs to it back from a "
		        "copy. Nothing was changed.",
		        directory);
	uint8_t *key = key_memory();
	result = keyfile_create(key_path, passphrase, cost, uv_env(), key);
	if (result == ERR_INVALID)
		problem_is(problem, result, "A passphrase of at least one character is needed.%s", "");
	else if (result)
		key_problem(problem, result, result == ERR_EXISTS ? directory : key_path);
	else if ((result = open_vault(path, key, out, problem)) != 0)
		uv_database_unmake(directory);
	sodium_free(key);
	return result;
}

int uv_database_make(const char *directory, struct span passphrase, struct keyfile_cost cost,
        struct uv_database *out, struct uv_database_problem *problem)
{
	char *key_path = file_join(directory, "device.key"), *path = file_join(directory, "db");
	*out = (struct uv_database){0};
	int result = file_make_directory(directory);
	if (result)
		problem_is(problem, result, "The directory %s cannot be made.", directory);
	else
		result = make_both(key_path, path, directory, passphrase, cost, out, problem);
	mem_free(key_path);
	mem_free(path);
	return result;
}

void uv_database_unmake(const char *directory)
{
	static const char *const names[] = {"device.key", "incarnation", "db/data.mdb", "db/lock.mdb"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = file_join(directory, names[i]);
		file_remove(path);
		mem_free(path);
	}
}

/* As strong as a new device's; a trial's stays what it is. */
static struct keyfile_cost next_cost(const char *key_path)
{
	struct keyfile_cost cost = KEYFILE_COST_DEFAULT;
	struct buf bytes = {0};
	bool is_trial = file_read(key_path, KEYFILE_BYTES, &bytes) == 0 &&
	        keyfile_cost_of(buf_span(&bytes), &cost) == 0 && cost.passes == KEYFILE_COST_TEST.passes &&
	        cost.memory_kib == KEYFILE_COST_TEST.memory_kib;
	buf_close(&bytes);
	return is_trial ? KEYFILE_COST_TEST : KEYFILE_COST_DEFAULT;
}

static int change_problem(struct uv_database_problem *problem, int error, const char *path)
{
	if (error == ERR_INVALID)
		return problem_is(problem, error,
		        "A new passphrase of at least one character is needed. Nothing was changed.%s", "");
	if (error == ERR_TOOBIG)
		return problem_is(
		        problem, error, "The new passphrase is too long. Nothing was changed.%s", "");
	return key_problem(problem, error, path);
}

int uv_database_change_passphrase(const char *directory, struct span old_passphrase,
        struct span new_passphrase, struct uv_database_problem *problem)
{
	if (span_eq(old_passphrase, new_passphrase))
		return problem_is(problem, ERR_INVALID,
		        "The new passphrase is the old one again. Nothing was changed.%s", "");
	char *key_path = file_join(directory, "device.key");
	int result = file_check_private(directory);
	if (!result)
		result = uv_restore_finish(directory);
	if (!result)
		result = keyfile_change(
		        key_path, old_passphrase, new_passphrase, next_cost(key_path), uv_env());
	if (result)
		change_problem(problem, result,
		        result == ERR_NOTFOUND || result == ERR_DENIED ? directory : key_path);
	mem_free(key_path);
	return result;
}

void uv_database_close(struct uv_database *database)
{
	close_store(database);
	keyfile_free(database->keys);
	*database = (struct uv_database){0};
}

static void remove_rebuilt(const char *rebuilt)
{
	static const char *const names[] = {"data.mdb", "lock.mdb", "open.lock"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = file_join(rebuilt, names[i]);
		file_remove(path);
		mem_free(path);
	}
	rmdir(rebuilt);
}

/* What a new file is filled with. */
struct filling {
	struct store *rows; /* as they are; NULL: */
	const struct uv_database *old; /* sealed under `key` */
	const uint8_t *key;
	uint32_t damaged; /* rows that do not open */
};

static int fill(struct filling *filling, struct store *out)
{
	return filling->rows ? store_copy(filling->rows, out)
	                     : store_reseal(filling->old->store, filling->old->vault, out, filling->key,
	                               uv_env(), &filling->damaged);
}

/* A new file beside the database's, then in its place: the old one is there until then. *moved: the name is that of the new one. */
static int put_new_file(const char *directory, struct filling *filling, bool *moved)
{
	struct store *new_store = NULL;
	char *db = file_join(directory, "db"), *rebuilt = file_join(db, "rebuilt");
	char *from = file_join(rebuilt, "data.mdb"), *to = file_join(db, "data.mdb");
	remove_rebuilt(rebuilt); /* of an attempt that was broken off */
	int result = store_lmdb_open(rebuilt, uv_database_map_bytes(), &new_store);
	if (!result)
		result = fill(filling, new_store);
	store_close(new_store);
	if (!result && rename(from, to) != 0)
		result = file_error(errno);
	*moved = result == 0;
	if (!result)
		result = file_sync_directory(db);
	remove_rebuilt(rebuilt);
	mem_free(db);
	mem_free(rebuilt);
	mem_free(from);
	mem_free(to);
	return result;
}

int uv_database_replace(const char *directory, struct uv_database *database, struct store *rows)
{
	bool moved;
	/* The lock of the old one is held until the new one stands there. */
	int result = put_new_file(directory, &(struct filling){.rows = rows}, &moved);
	uv_database_close(database);
	return result;
}

/* The key file as it is to be now. */
static int store_keys(const char *directory, struct keyfile *keys)
{
	char *path = file_join(directory, "device.key");
	int result = keyfile_store(path, keys, uv_env());
	mem_free(path);
	return result;
}

void uv_database_read_keys(const char *directory, struct span passphrase, struct uv_database *database)
{
	char *path = file_join(directory, "device.key");
	keyfile_free(database->keys);
	(void)keyfile_unlock(path, passphrase, &database->keys); /* NULL on error */
	mem_free(path);
}

int uv_database_rekey(const char *directory, struct uv_database *database, uint32_t *damaged)
{
	struct keyfile *keys = database->keys;
	*damaged = 0;
	if (!keys)
		return ERR_LOCKED;
	struct filling filling = {.old = database, .key = keys->next};
	struct uv_database_problem problem;
	bool moved = false;
	env_random_bytes(uv_env(), keys->next, sizeof(keys->next));
	keys->has_next = true;
	int result = store_keys(directory, keys);
	if (!result)
		result = put_new_file(directory, &filling, &moved);
	*damaged = filling.damaged;
	if (moved) { /* the old file has no name any more */
		char *path = file_join(directory, "db");
		memcpy(keys->key, keys->next, sizeof(keys->key));
		close_store(database);
		int opened = open_vault(path, keys->key, database, &problem);
		result = result ? result : opened;
		mem_free(path);
	}
	/* Both keys stay in the file where it is not sure which one the disk keeps. */
	if (!result || !moved) {
		keys->has_next = false;
		mem_wipe(keys->next, sizeof(keys->next));
		int stored = store_keys(directory, keys);
		result = result ? result : stored;
	}
	return result;
}

int uv_database_hold(const char *directory)
{
	char *path = file_join(directory, "db");
	int fd = store_lmdb_hold(path);
	mem_free(path);
	return fd;
}

void uv_database_wait_closed(const char *directory)
{
	char *path = file_join(directory, "db");
	store_lmdb_wait_closed(path);
	mem_free(path);
}
