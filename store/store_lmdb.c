#include "store/store_lmdb.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "store/file.h"
#include "store/mapped.h"

enum {
	MODE = 0600,
	PROBE_BYTES = 1024 * 1024,
	READERS_BYTES = 8192, /* what LMDB makes for its 126 readers */
};

struct lmdb {
	struct store store;
	char *directory, *data_path, *compact_path;
	uint64_t map_bytes;
	MDB_env *env; /* NULL when a reopen failed */
	MDB_dbi tables[STORE_TABLE_COUNT];
	int lock_fd, data_fd; /* of LMDB's file, borrowed */
	struct mapped mapped;
	/* Shared by the writing and the reading threads. */
	atomic_bool uncertain, writing;
	atomic_uint open_count; /* transactions */
	atomic_int reason; /* LMDB's or the system's last failure */
};

struct lmdb_txn {
	struct store_txn txn;
	MDB_txn *mdb;
	bool writing;
	int failed; /* the first error of a write: nothing but abort is possible */
	MDB_cursor *cursors[STORE_TABLE_COUNT]; /* opened when first needed */
};

static struct lmdb *lmdb_of(struct store *store)
{
	return (struct lmdb *)(void *)store;
}

static struct lmdb_txn *txn_of(struct store_txn *txn)
{
	return (struct lmdb_txn *)(void *)txn;
}

/* LMDB takes pointers without const, and does not write through them. */
static MDB_val val_of(struct span span)
{
	return (MDB_val){span.size, (void *)(uintptr_t)span.data};
}

static struct span span_of_val(MDB_val val)
{
	return span_of(val.mv_data, val.mv_size);
}

static int translate(struct lmdb *lmdb, int code)
{
	if (code == 0)
		return 0;
	if (code == MDB_NOTFOUND)
		return ERR_NOTFOUND;
	atomic_store(&lmdb->reason, code);
	switch (code) {
	case MDB_MAP_FULL:
		return ERR_NOSPACE;
	case MDB_TXN_FULL:
	case MDB_READERS_FULL:
		return ERR_FULL;
	case MDB_BAD_VALSIZE:
		return ERR_TOOBIG;
	case MDB_PANIC:
		return ERR_UNCERTAIN;
	case MDB_VERSION_MISMATCH:
		return ERR_VERSION;
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_PAGE_FULL:
	case MDB_CURSOR_FULL:
	case MDB_BAD_TXN: /* after one of the others */
	case MDB_INCOMPATIBLE:
		return ERR_CORRUPT;
	default:
		return code > 0 ? file_error(code) : ERR_IO;
	}
}

/* --- Opening and closing ----------------------------------------------------------------------------------- */

/* In a reading transaction first, so that a database on a full disk opens. */
static int open_tables(struct lmdb *lmdb, unsigned flags)
{
	MDB_txn *mdb;
	int code = mdb_txn_begin(lmdb->env, NULL, flags ? 0 : MDB_RDONLY, &mdb);
	if (code)
		return code;
	for (unsigned table = 0; table < STORE_TABLE_COUNT && !code; table++)
		code = mdb_dbi_open(
		        mdb, store_table_name((enum store_table)table), flags, &lmdb->tables[table]);
	if (!code)
		return mdb_txn_commit(mdb);
	mdb_txn_abort(mdb);
	return code;
}

/* A file that is shorter than its last page would end the process with SIGBUS when that page is read. */
static int check_length(struct lmdb *lmdb)
{
	MDB_envinfo info;
	MDB_stat stat_main;
	struct stat status;
	if (mdb_env_info(lmdb->env, &info) || mdb_env_stat(lmdb->env, &stat_main))
		return ERR_CORRUPT;
	if (stat(lmdb->data_path, &status) != 0)
		return file_error(errno);
	uint64_t pages = (uint64_t)status.st_size / stat_main.ms_psize;
	return info.me_last_pgno < pages ? 0 : ERR_CORRUPT;
}

/* LMDB maps its file of readers and writes into it: without blocks on a full disk that would end the process with SIGBUS. One that has blocks
 * from before is good enough. */
static int reserve_readers(struct lmdb *lmdb)
{
	struct stat status = {0};
	char *path = file_join(lmdb->directory, "lock.mdb");
	int err = 0, fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, MODE);
	if (fd < 0) {
		err = file_error(errno);
	} else {
		err = file_error(posix_fallocate(fd, 0, READERS_BYTES));
		if (err && fstat(fd, &status) == 0 && status.st_blocks > 0)
			err = 0;
		close(fd);
	}
	mem_free(path);
	return err;
}

static void env_close(struct lmdb *lmdb)
{
	if (lmdb->env)
		mdb_env_close(lmdb->env);
	lmdb->env = NULL;
}

static int env_open(struct lmdb *lmdb)
{
	int err, code = mdb_env_create(&lmdb->env);
	if (code)
		return translate(lmdb, code);
	code = mdb_env_set_maxdbs(lmdb->env, STORE_TABLE_COUNT);
	if (!code)
		code = mdb_env_set_mapsize(lmdb->env, (size_t)lmdb->map_bytes);
	err = code == EINVAL ? ERR_INVALID : translate(lmdb, code);
	if (!err)
		err = reserve_readers(lmdb);
	if (!err)
		err = translate(lmdb, mdb_env_open(lmdb->env, lmdb->directory, MDB_NOTLS, MODE));
	if (!err)
		err = check_length(lmdb);
	if (!err)
		err = translate(lmdb, mdb_env_get_fd(lmdb->env, &lmdb->data_fd));
	if (!err) {
		code = open_tables(lmdb, 0);
		if (code == MDB_NOTFOUND)
			code = open_tables(lmdb, MDB_CREATE);
		err = translate(lmdb, code);
	}
	if (!err)
		err = file_sync_directory(lmdb->directory);
	if (err)
		env_close(lmdb);
	return err;
}

/* Our own lock: LMDB allows several processes, and does not notice a second opening in the same one. */
int store_lmdb_hold(const char *directory)
{
	char *path = file_join(directory, "open.lock");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, MODE);
	int err = fd < 0 ? file_error(errno) : 0;
	if (!err && flock(fd, LOCK_EX | LOCK_NB) != 0)
		err = errno == EWOULDBLOCK ? ERR_BUSY : file_error(errno);
	if (err && fd >= 0)
		close(fd);
	mem_free(path);
	return err ? err : fd;
}

void store_lmdb_wait_closed(const char *directory)
{
	char *path = file_join(directory, "open.lock");
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	while (fd >= 0 && flock(fd, LOCK_SH) != 0 && errno == EINTR)
		;
	if (fd >= 0)
		close(fd);
	mem_free(path);
}

static void lmdb_close(struct store *store)
{
	struct lmdb *lmdb = lmdb_of(store);
	assert(atomic_load(&lmdb->open_count) == 0);
	env_close(lmdb);
	if (lmdb->lock_fd >= 0)
		close(lmdb->lock_fd);
	mem_free(lmdb->directory);
	mem_free(lmdb->data_path);
	mem_free(lmdb->compact_path);
	mem_free(lmdb);
}

static int lmdb_reopen(struct store *store)
{
	struct lmdb *lmdb = lmdb_of(store);
	if (atomic_load(&lmdb->open_count) > 0)
		return ERR_BUSY;
	env_close(lmdb);
	int err = env_open(lmdb);
	atomic_store(&lmdb->uncertain, err != 0);
	return err;
}

/* --- Transactions ------------------------------------------------------------------------------------------ */

static int lmdb_begin(struct store *store, bool writing, struct store_txn **out)
{
	struct lmdb *lmdb = lmdb_of(store);
	MDB_txn *mdb;
	if (atomic_load(&lmdb->uncertain))
		return ERR_UNCERTAIN;
	/* LMDB would wait on its mutex, for ever when the same thread holds it. */
	if (writing && atomic_exchange(&lmdb->writing, true))
		return ERR_BUSY;
	int code = mdb_txn_begin(lmdb->env, NULL, writing ? 0 : MDB_RDONLY, &mdb);
	if (code) {
		if (writing)
			atomic_store(&lmdb->writing, false);
		if (code == MDB_PANIC)
			atomic_store(&lmdb->uncertain, true);
		return translate(lmdb, code);
	}
	atomic_fetch_add(&lmdb->open_count, 1);
	struct lmdb_txn *txn = mem_zero(1, sizeof(*txn));
	*txn = (struct lmdb_txn){.txn.store = store, .mdb = mdb, .writing = writing};
	*out = &txn->txn;
	return 0;
}

static void close_cursors(struct lmdb_txn *txn)
{
	for (unsigned table = 0; table < STORE_TABLE_COUNT; table++)
		if (txn->cursors[table])
			mdb_cursor_close(txn->cursors[table]);
}

static void txn_free(struct lmdb_txn *txn)
{
	struct lmdb *lmdb = lmdb_of(txn->txn.store);
	if (txn->writing)
		atomic_store(&lmdb->writing, false);
	atomic_fetch_sub(&lmdb->open_count, 1);
	mem_free(txn);
}

static void lmdb_abort(struct store_txn *base)
{
	struct lmdb_txn *txn = txn_of(base);
	close_cursors(txn);
	mdb_txn_abort(txn->mdb);
	txn_free(txn);
}

/* LMDB marks its environment when it failed on a meta page, and only then may the commit have happened. */
static bool panicked(struct lmdb *lmdb)
{
	MDB_txn *mdb;
	if (mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &mdb) != 0)
		return true;
	mdb_txn_abort(mdb);
	return false;
}

/* LMDB reports a write that the full disk cut short as EIO; whether there is room tells the two apart. */
static bool disk_is_full(struct lmdb *lmdb)
{
	struct stat status;
	mdb_filehandle_t fd;
	if (mdb_env_get_fd(lmdb->env, &fd) != 0 || fstat(fd, &status) != 0)
		return false;
	int code = posix_fallocate(fd, status.st_size, PROBE_BYTES);
	if (ftruncate(fd, status.st_size) != 0)
		return false;
	return file_error(code) == ERR_NOSPACE;
}

static int commit_error(struct lmdb *lmdb, int code)
{
	int err = translate(lmdb, code);
	if (!panicked(lmdb) && (err == ERR_NOSPACE || (code == EIO && disk_is_full(lmdb))))
		return ERR_NOSPACE;
	atomic_store(&lmdb->uncertain, true);
	return ERR_UNCERTAIN;
}

static int lmdb_commit(struct store_txn *base)
{
	struct lmdb_txn *txn = txn_of(base);
	struct lmdb *lmdb = lmdb_of(base->store);
	int failed = txn->failed;
	if (failed || !txn->writing) {
		lmdb_abort(base);
		return failed;
	}
	close_cursors(txn);
	int code = mdb_txn_commit(txn->mdb);
	/* Judged before the place is free for the next writer, whose pages the probe of the file would cut off. */
	int err = code ? commit_error(lmdb, code) : 0;
	txn_free(txn);
	return err;
}

/* --- Rows -------------------------------------------------------------------------------------------------- */

static int cursor_for(struct lmdb_txn *txn, enum store_table table, MDB_cursor **out)
{
	struct lmdb *lmdb = lmdb_of(txn->txn.store);
	int code = 0;
	if (!txn->cursors[table])
		code = mdb_cursor_open(txn->mdb, lmdb->tables[table], &txn->cursors[table]);
	*out = txn->cursors[table];
	return code;
}

static int lmdb_get(struct store_txn *base, enum store_table table, struct span key, struct span *value)
{
	struct lmdb_txn *txn = txn_of(base);
	struct lmdb *lmdb = lmdb_of(base->store);
	MDB_val k = val_of(key), v;
	int code = mdb_get(txn->mdb, lmdb->tables[table], &k, &v);
	if (code)
		return translate(lmdb, code);
	*value = span_of_val(v);
	if (value->size > LIMIT_STORE_VALUE_BYTES)
		return ERR_CORRUPT;
	mapped_touch(&lmdb->mapped, lmdb->data_fd, value->data, value->size);
	return 0;
}

static int write_allowed(const struct lmdb_txn *txn)
{
	return txn->writing ? txn->failed : ERR_DENIED;
}

static int write_result(struct lmdb_txn *txn, int code)
{
	int err = translate(lmdb_of(txn->txn.store), code);
	if (err && err != ERR_NOTFOUND)
		txn->failed = err;
	return err;
}

/* Rows that come in order fill their pages whole (MDB_APPEND) instead of splitting them in halves. */
static int lmdb_put(struct store_txn *base, enum store_table table, struct span key, struct span value)
{
	struct lmdb_txn *txn = txn_of(base);
	MDB_cursor *cursor;
	MDB_val k = val_of(key), v = val_of(value), last, unused;
	int code, err = write_allowed(txn);
	if (err)
		return err;
	code = cursor_for(txn, table, &cursor);
	if (code)
		return write_result(txn, code);
	unsigned flags = 0;
	mapped_touch(&lmdb_of(base->store)->mapped, lmdb_of(base->store)->data_fd, NULL, value.size);
	code = mdb_cursor_get(cursor, &last, &unused, MDB_LAST);
	if (code == MDB_NOTFOUND || (!code && span_cmp(key, span_of_val(last)) > 0))
		flags = MDB_APPEND;
	else if (code)
		return write_result(txn, code);
	return write_result(txn, mdb_cursor_put(cursor, &k, &v, flags));
}

static int lmdb_remove(struct store_txn *base, enum store_table table, struct span key)
{
	struct lmdb_txn *txn = txn_of(base);
	MDB_val k = val_of(key);
	int err = write_allowed(txn);
	if (err)
		return err;
	return write_result(txn, mdb_del(txn->mdb, lmdb_of(base->store)->tables[table], &k, NULL));
}

/* What a damaged page gives may have any size, and stand anywhere: a walk over such keys would write past its buffer, or never end. */
static bool is_sound(enum store_seek how, struct span key, struct span found, struct span value)
{
	if (!found.size || found.size > LIMIT_STORE_KEY_BYTES || value.size > LIMIT_STORE_VALUE_BYTES)
		return false;
	int order = span_cmp(found, key);
	return how == STORE_FIRST_FROM ? order >= 0 : order <= 0;
}

static int lmdb_seek(struct store_txn *base, enum store_table table, enum store_seek how, struct span key,
        struct span *key_found, struct span *value)
{
	struct lmdb_txn *txn = txn_of(base);
	MDB_cursor *cursor;
	MDB_val k = val_of(key), v;
	int code = cursor_for(txn, table, &cursor);
	if (!code)
		code = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
	if (how == STORE_LAST_UPTO) {
		if (code == MDB_NOTFOUND)
			code = mdb_cursor_get(cursor, &k, &v, MDB_LAST);
		else if (!code && !span_eq(span_of_val(k), key))
			code = mdb_cursor_get(cursor, &k, &v, MDB_PREV);
	}
	if (code)
		return translate(lmdb_of(base->store), code);
	*key_found = span_of_val(k);
	*value = span_of_val(v);
	if (!is_sound(how, key, *key_found, *value))
		return ERR_CORRUPT;
	mapped_touch(&lmdb_of(base->store)->mapped, lmdb_of(base->store)->data_fd, value->data, value->size);
	return 0;
}

/* --- The file ---------------------------------------------------------------------------------------------- */

/* The free list is LMDB's table 0: transaction -> a count, then that many page numbers. */
static int count_free(MDB_txn *mdb, uint64_t *pages)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int code = mdb_cursor_open(mdb, 0, &cursor);
	if (code)
		return code;
	*pages = 0;
	while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		size_t count;
		if (value.mv_size < sizeof(count))
			break;
		memcpy(&count, value.mv_data, sizeof(count));
		*pages += count;
	}
	mdb_cursor_close(cursor);
	return code == 0 ? MDB_CORRUPTED : code == MDB_NOTFOUND ? 0 : code;
}

static int lmdb_usage(struct store *store, struct store_usage *out)
{
	struct lmdb *lmdb = lmdb_of(store);
	MDB_envinfo info;
	MDB_stat main_stat;
	struct stat status;
	struct store_txn *txn;
	uint64_t free_pages = 0;
	int err = lmdb_begin(store, false, &txn);
	if (err)
		return err;
	int code = count_free(txn_of(txn)->mdb, &free_pages);
	if (!code)
		code = mdb_env_info(lmdb->env, &info);
	if (!code)
		code = mdb_env_stat(lmdb->env, &main_stat);
	if (!code && stat(lmdb->data_path, &status) != 0)
		code = errno;
	lmdb_abort(txn);
	if (code)
		return translate(lmdb, code);
	uint64_t pages = info.me_last_pgno + 1;
	out->map_bytes = info.me_mapsize;
	out->used_bytes = (pages > free_pages ? pages - free_pages : 0) * main_stat.ms_psize;
	out->file_bytes = (uint64_t)status.st_size;
	return 0;
}

static int copy_compacted(struct lmdb *lmdb)
{
	int fd = open(lmdb->compact_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, MODE);
	if (fd < 0)
		return file_error(errno);
	int err = translate(lmdb, mdb_env_copyfd2(lmdb->env, fd, MDB_CP_COMPACT));
	if (!err && fsync(fd) != 0)
		err = file_error(errno);
	if (close(fd) != 0 && !err)
		err = file_error(errno);
	if (err)
		unlink(lmdb->compact_path);
	return err;
}

static int lmdb_compact(struct store *store)
{
	struct lmdb *lmdb = lmdb_of(store);
	if (atomic_load(&lmdb->uncertain))
		return ERR_UNCERTAIN;
	if (atomic_load(&lmdb->open_count) > 0)
		return ERR_BUSY;
	int err = copy_compacted(lmdb);
	if (err)
		return err;
	env_close(lmdb);
	if (rename(lmdb->compact_path, lmdb->data_path) != 0) {
		err = file_error(errno);
		unlink(lmdb->compact_path);
	} else if (file_sync_directory(lmdb->directory) != 0) {
		err = ERR_UNCERTAIN;
	}
	if (env_open(lmdb) != 0)
		err = ERR_UNCERTAIN;
	if (err == ERR_UNCERTAIN)
		atomic_store(&lmdb->uncertain, true);
	return err;
}

static const struct store_ops OPS = {
        .begin = lmdb_begin,
        .commit = lmdb_commit,
        .abort = lmdb_abort,
        .get = lmdb_get,
        .put = lmdb_put,
        .remove = lmdb_remove,
        .seek = lmdb_seek,
        .usage = lmdb_usage,
        .reopen = lmdb_reopen,
        .compact = lmdb_compact,
        .close = lmdb_close,
};

int store_lmdb_open(const char *directory, uint64_t map_bytes, struct store **out)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	*out = NULL;
	int err = file_make_directory(directory);
	if (err)
		return err;
	struct lmdb *lmdb = mem_zero(1, sizeof(*lmdb));
	lmdb->store.ops = &OPS;
	lmdb->map_bytes = (map_bytes + page - 1) / page * page;
	lmdb->directory = mem_text(span_text(directory));
	lmdb->data_path = file_join(directory, "data.mdb");
	lmdb->compact_path = file_join(directory, "data.mdb.new");
	lmdb->lock_fd = store_lmdb_hold(directory);
	err = lmdb->lock_fd < 0 ? lmdb->lock_fd : 0;
	if (!err && unlink(lmdb->compact_path) != 0 && errno != ENOENT) /* left by a crash */
		err = file_error(errno);
	if (!err)
		err = env_open(lmdb);
	if (err) {
		lmdb_close(&lmdb->store);
		return err;
	}
	*out = &lmdb->store;
	return 0;
}

void store_lmdb_rest(struct store *store)
{
	if (lmdb_of(store)->env)
		mapped_give_back(lmdb_of(store)->data_fd);
}

const char *store_lmdb_reason(const struct store *store)
{
	const struct lmdb *lmdb = (const struct lmdb *)(const void *)store;
	return mdb_strerror(atomic_load(&lmdb->reason));
}
