#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "tools/floor_own.h"

enum { TABLES_MAX = 4 };
static const size_t MAP_BYTES = (size_t)16 << 30; /* address space only; the whole country takes 0.4 GB */

int floor_lmdb_error(int code)
{
	if (code == 0)
		return 0;
	fprintf(stderr, "floor: LMDB: %s\n", mdb_strerror(code));
	return code == ENOSPC || code == MDB_MAP_FULL ? ERR_NOSPACE : ERR_IO;
}

static int make_directory(const char *path, bool fresh)
{
	static const char *const files[] = {"data.mdb", "lock.mdb"};
	char file[FLOOR_PATH_CHARS];
	if (mkdir(path, 0700) && errno != EEXIST)
		return floor_io_error(path);
	for (int i = 0; fresh && i < 2; i++) {
		int result = floor_path(file, path, files[i]);
		if (result)
			return result;
		if (unlink(file) && errno != ENOENT)
			return floor_io_error(file);
	}
	return 0;
}

int floor_env_open(MDB_env **out, const char *directory, const char *name, bool fresh)
{
	char path[FLOOR_PATH_CHARS];
	MDB_env *env = NULL;
	int code, result = floor_path(path, directory, name);
	if (result || (result = make_directory(path, fresh)))
		return result;
	if ((code = mdb_env_create(&env)) || (code = mdb_env_set_mapsize(env, MAP_BYTES)) ||
	        (code = mdb_env_set_maxdbs(env, TABLES_MAX)) || (code = mdb_env_open(env, path, 0, 0600))) {
		mdb_env_close(env);
		return floor_lmdb_error(code);
	}
	*out = env;
	return 0;
}

size_t floor_env_bytes(MDB_env *env)
{
	MDB_envinfo info;
	MDB_stat stat;
	mdb_env_info(env, &info);
	mdb_env_stat(env, &stat);
	return (info.me_last_pgno + 1) * stat.ms_psize;
}

int floor_log_open(struct floor_log *log, const char *directory, const char *name, bool fresh,
        uint64_t next_seq, uint32_t per_txn)
{
	*log = (struct floor_log){.next_seq = next_seq, .per_txn = per_txn};
	int code, result = floor_env_open(&log->env, directory, name, fresh);
	if (result)
		return result;
	if ((code = mdb_txn_begin(log->env, NULL, 0, &log->txn)) == 0) {
		code = mdb_dbi_open(log->txn, NULL, 0, &log->table);
		if (code == 0)
			code = mdb_txn_commit(log->txn);
		else
			mdb_txn_abort(log->txn);
	}
	log->txn = NULL;
	if (code)
		floor_log_close(log);
	return floor_lmdb_error(code);
}

int floor_log_append(struct floor_log *log, struct span record)
{
	uint64_t key = __builtin_bswap64(log->next_seq);
	MDB_val k = {sizeof(key), &key}, v = {record.size, (void *)(uintptr_t)record.data};
	int code = log->txn ? 0 : mdb_txn_begin(log->env, NULL, 0, &log->txn);
	if (code == 0)
		code = mdb_put(log->txn, log->table, &k, &v, MDB_APPEND);
	if (code)
		return floor_lmdb_error(code);
	log->next_seq++;
	return ++log->waiting == log->per_txn ? floor_log_commit(log) : 0;
}

int floor_log_commit(struct floor_log *log)
{
	MDB_txn *txn = log->txn;
	log->txn = NULL;
	log->waiting = 0;
	return txn ? floor_lmdb_error(mdb_txn_commit(txn)) : 0;
}

void floor_log_close(struct floor_log *log)
{
	if (log->txn)
		mdb_txn_abort(log->txn);
	if (log->env)
		mdb_env_close(log->env);
	*log = (struct floor_log){0};
}
