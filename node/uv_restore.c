/* The course of a restore and of its failures: uv_restore.h. */
#include "node/uv_restore.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/uv_env.h"
#include "store/file.h"
#include "store/incarnation.h"
#include "store/store_lmdb.h"

/* ---- What was wrong ---- */

static const char *sentence_of(int error)
{
	switch (error) {
	case ERR_NOTFOUND:
		return "There is no file %s.";
	case ERR_EXISTS:
		return "There is a file %s already: give another name. Nothing was changed.";
	case ERR_DENIED:
		return "This user may not use %s.";
	case ERR_INVALID:
		return "%s is not a plain file. Nothing was changed.";
	case ERR_MALFORMED:
		return "%s is not a backup of this program, or is damaged. Nothing was changed.";
	case ERR_VERSION:
		return "The backup %s was made by a later version of this program. Nothing was changed.";
	case ERR_TRUNCATED:
		return "The backup %s is cut short: its end is missing. Nothing was changed.";
	case ERR_BADSEAL:
		return "The backup %s was altered or is cut short. Nothing was changed.";
	case ERR_CORRUPT:
		return "The backup %s is damaged where its key stands. Nothing was changed.";
	case ERR_TOOBIG:
		return "%s is larger than any backup of this program, or asks for more memory than it may. "
		       "Nothing "
		       "was changed.";
	case ERR_PASSPHRASE:
		return "The passphrase is not the one that the device had when %s was made. Nothing was "
		       "changed.";
	case ERR_FULL:
		return "There is not enough memory to open %s. Nothing was changed.";
	case ERR_BUSY:
		return "%s was not written: the key of this device is being changed. Start the program "
		       "again, and try "
		       "once more.";
	case ERR_NOSPACE:
		return "There is no room left on the disk for %s. Nothing was changed.";
	default:
		return "The disk reported an error with %s.";
	}
}

int uv_restore_problem(struct uv_database_problem *problem, int error, const char *file)
{
	return uv_database_problem_is(problem, error, sentence_of(error), file);
}

/* ---- Reading ---- */

static int no_row(void *context, enum store_table table, struct span key, struct span value)
{
	(void)context;
	(void)table;
	(void)key;
	(void)value;
	return 0;
}

/* The whole file, row by row. */
static int read_whole(struct backup_reader *reader, const struct uv_restore_config *config, backup_row row,
        void *context, struct uv_restore_report *report)
{
	int result;
	do {
		result = backup_reader_step(reader, row, context);
		report->counts = backup_reader_counts(reader);
		if (config->progress)
			config->progress(
			        config->context, report->counts.bytes, report->counts.bytes_expected);
	} while (result == 1);
	if (!result)
		report->about = *backup_reader_about(reader);
	return result;
}

int uv_restore_check(const struct uv_restore_config *config, struct uv_restore_report *report,
        struct uv_database_problem *problem)
{
	struct backup_reader *reader = NULL;
	*report = (struct uv_restore_report){0};
	int result = backup_reader_open(config->file, config->passphrase, &reader);
	if (!result)
		result = read_whole(reader, config, no_row, NULL, report);
	backup_reader_free(reader);
	return result ? uv_restore_problem(problem, result, config->file) : 0;
}

/* ---- Places ---- */

/* Of a name in the directory; the caller frees with mem_free(). */
struct places {
	char *restoring, *restored, *key, *database;
};

static struct places places_in(const char *directory)
{
	return (struct places){.restoring = file_join(directory, "restoring"),
	        .restored = file_join(directory, "restored"),
	        .key = file_join(directory, "device.key"),
	        .database = file_join(directory, "db/data.mdb")};
}

static void places_free(struct places *places)
{
	mem_free(places->restoring);
	mem_free(places->restored);
	mem_free(places->key);
	mem_free(places->database);
}

static bool is_there(const char *path)
{
	struct stat file;
	return lstat(path, &file) == 0 || errno != ENOENT;
}

static void remove_made(const char *made)
{
	static const char *const names[] = {"db/data.mdb", "db/lock.mdb", "db/open.lock", "db/data.mdb.new",
	        "incarnation", "incarnation.new", "device.key"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = file_join(made, names[i]);
		unlink(path);
		mem_free(path);
	}
	char *database = file_join(made, "db");
	rmdir(database);
	rmdir(made);
	mem_free(database);
}

void uv_restore_forget(const char *directory)
{
	struct places places = places_in(directory);
	remove_made(places.restoring);
	places_free(&places);
}

/* ---- Putting in place ---- */

/* What is not there any more was moved before a crash. */
static int move_in(const char *made, const char *directory, const char *name)
{
	char *from = file_join(made, name), *to = file_join(directory, name);
	int result = file_publish(from, to);
	if (result == ERR_NOTFOUND)
		result = file_sync_parent(to);
	mem_free(from);
	mem_free(to);
	return result;
}

/* An incarnation without its database says nothing: one that was left over gives way. */
static int move_incarnation(const char *made, const char *directory)
{
	char *from = file_join(made, "incarnation"), *to = file_join(directory, "incarnation");
	int result = is_there(from) ? file_remove(to) : 0;
	mem_free(from);
	mem_free(to);
	return result ? result : move_in(made, directory, "incarnation");
}

int uv_restore_finish(const char *directory)
{
	struct places places = places_in(directory);
	char *database = file_join(directory, "db");
	int result = 0;
	if (is_there(places.restored)) {
		result = file_make_directory(database);
		if (!result)
			result = move_in(places.restored, directory, "db/data.mdb");
		if (!result)
			result = move_incarnation(places.restored, directory);
		if (!result)
			result = move_in(places.restored, directory, "device.key");
		if (!result) {
			remove_made(places.restored);
			result = file_sync_directory(directory);
		}
	}
	mem_free(database);
	places_free(&places);
	return result;
}

/* ---- Making ---- */

struct copying {
	struct store *store;
	struct store_txn *txn;
	size_t bytes; /* in the transaction */
};

static int copy_row(void *context, enum store_table table, struct span key, struct span value)
{
	struct copying *copying = context;
	int result = 0;
	if (copying->txn && copying->bytes > LIMIT_WRITER_COMMIT_BYTES) {
		result = store_commit(copying->txn);
		copying->txn = NULL;
	}
	if (!result && !copying->txn) {
		copying->bytes = 0;
		result = store_begin(copying->store, true, &copying->txn);
	}
	if (result)
		return result;
	copying->bytes += key.size + value.size;
	return store_put(copying->txn, table, key, value);
}

static int copy_rows(struct backup_reader *reader, const struct uv_restore_config *config,
        struct store *store, struct uv_restore_report *report)
{
	struct copying copying = {.store = store};
	int result = read_whole(reader, config, copy_row, &copying, report);
	if (copying.txn && !result)
		return store_commit(copying.txn);
	if (copying.txn)
		store_abort(copying.txn);
	return result;
}

/* Its rows open under the key, and from here on it is another incarnation than the one that was copied. */
static int begin_incarnation(struct store *store, const uint8_t *key, const char *path)
{
	struct vault *vault = NULL;
	struct incarnation_id id;
	int result = vault_new(store, key, uv_env(), &vault);
	vault_free(vault);
	randombytes_buf(id.bytes, sizeof(id.bytes));
	return result ? result : incarnation_begin(store, path, &id);
}

static int make_database(struct backup_reader *reader, const struct uv_restore_config *config,
        const char *made, struct uv_restore_report *report)
{
	struct store *store = NULL;
	char *database = file_join(made, "db"), *incarnation = file_join(made, "incarnation");
	int result = store_lmdb_open(database, uv_database_map_bytes(), &store);
	if (!result)
		result = copy_rows(reader, config, store, report);
	if (!result)
		result = begin_incarnation(store, backup_reader_key(reader), incarnation);
	store_close(store);
	mem_free(database);
	mem_free(incarnation);
	return result;
}

static int make_whole(struct backup_reader *reader, const struct uv_restore_config *config,
        const struct places *places, const char *directory, struct uv_restore_report *report)
{
	char *key = file_join(places->restoring, "device.key");
	int result = file_make_directory(places->restoring);
	if (!result)
		result = make_database(reader, config, places->restoring, report);
	if (!result)
		result = file_replace(key, backup_reader_keyfile(reader));
	if (!result && rename(places->restoring, places->restored) != 0)
		result = file_error(errno);
	if (!result)
		result = file_sync_directory(directory);
	if (result)
		remove_made(places->restoring);
	mem_free(key);
	return result;
}

static int restore_into(const char *directory, const struct places *places,
        const struct uv_restore_config *config, struct uv_restore_report *report,
        struct uv_database_problem *problem)
{
	struct backup_reader *reader = NULL;
	int result = uv_restore_check(config, report, problem);
	if (result)
		return result;
	if (file_room(directory) < report->counts.bytes + LIMIT_BALLAST_BESIDE_BYTES)
		return uv_restore_problem(problem, ERR_NOSPACE, directory);
	remove_made(places->restoring);
	result = backup_reader_open(config->file, config->passphrase, &reader);
	if (!result)
		result = make_whole(reader, config, places, directory, report);
	backup_reader_free(reader);
	if (!result)
		result = uv_restore_finish(directory);
	return result ? uv_restore_problem(problem, result, result == ERR_NOSPACE ? directory : config->file)
	              : 0;
}

static int restore_locked(const char *directory, const struct uv_restore_config *config,
        struct uv_restore_report *report, struct uv_database_problem *problem)
{
	struct places places = places_in(directory);
	int result = uv_restore_finish(directory);
	if (result)
		uv_restore_problem(problem, result, directory);
	else if (is_there(places.key) || is_there(places.database))
		result = uv_database_problem_is(problem, ERR_EXISTS,
		        "There is a device in %s already: a backup is restored into an empty directory. "
		        "Nothing "
		        "was changed.",
		        directory);
	else
		result = restore_into(directory, &places, config, report, problem);
	places_free(&places);
	return result;
}

int uv_restore(const char *directory, const struct uv_restore_config *config,
        struct uv_restore_report *report, struct uv_database_problem *problem)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = fd < 0 ? file_error(errno) : file_check_private(directory);
	*report = (struct uv_restore_report){0};
	if (result)
		uv_database_problem_is(problem, result,
		        "The directory %s cannot be used: it is not there, is another's, or others may write "
		        "to "
		        "it. Nothing was changed.",
		        directory);
	else if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		result = uv_database_problem_is(problem, ERR_BUSY,
		        "Another program restores into %s. Nothing was changed.", directory);
	else
		result = restore_locked(directory, config, report, problem);
	if (fd >= 0)
		close(fd);
	return result;
}
