/*
 * A database gets another key, and the power fails at any of its steps: the directory opens, with every row; and once it has ended, the old key file
 * opens nothing. Linked before libc, fsync(), fdatasync() and rename() count the steps and end the process at the one that was ordered.
 */
#include "tests/lib/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "node/uv_database.h"
#include "store/file.h"

enum { ROWS = 300, STEPS_MAX = 200, DIED = 77 };

static const char PASSPHRASE[] = "correcte agrafe pile";
static long steps, die_at = -1; /* die_at counts halves: before a step, and after it */

static void step(bool is_after)
{
	if (die_at >= 0 && steps * 2 + is_after == die_at)
		_exit(DIED);
	steps += is_after;
}

int fsync(int fd)
{
	step(false);
	int result = (int)syscall(SYS_fsync, fd);
	step(true);
	return result;
}

int fdatasync(int fd)
{
	step(false);
	int result = (int)syscall(SYS_fdatasync, fd);
	step(true);
	return result;
}

int rename(const char *from, const char *to)
{
	step(false);
	int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
	step(true);
	return result;
}

/* ---- The directory ---------------------------------------------------------------------------------------------- */

static void remove_all(const char *path)
{
	DIR *directory = opendir(path);
	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory));) {
		char *file = file_join(path, entry->d_name);
		if (entry->d_type != DT_DIR)
			unlink(file);
		mem_free(file);
	}
	closedir(directory);
	assert_int_equal(rmdir(path), 0);
}

static void remove_directory(const char *directory)
{
	char *db = file_join(directory, "db");
	remove_all(db);
	remove_all(directory);
	mem_free(db);
}

static int open_it(const char *directory, struct uv_database *database)
{
	struct uv_database_problem problem;
	return uv_database_open(directory, span_text(PASSPHRASE), database, &problem);
}

static void fill(struct uv_database *database)
{
	struct store_txn *txn;
	check_ok(store_begin(database->store, true, &txn));
	for (unsigned i = 0; i < ROWS; i++) {
		char key[16], value[600];
		snprintf(key, sizeof(key), "key %u", i);
		memset(value, 'a' + (int)(i % 26), sizeof(value));
		check_ok(vault_put(database->vault, txn, STORE_DOC, span_text(key),
		        span_of(value, 1 + i * 2 % sizeof(value))));
	}
	check_ok(store_commit(txn));
	vault_written(database->vault);
}

static void make(char directory[64])
{
	struct uv_database database;
	struct uv_database_problem problem;
	const char *parent = getenv("TMPDIR");
	snprintf(directory, 64, "%.40s/releve-XXXXXX", parent ? parent : "/tmp");
	assert_non_null(mkdtemp(directory));
	check_ok(uv_database_make(directory, span_text(PASSPHRASE), KEYFILE_COST_TEST, &database, &problem));
	fill(&database);
	uv_database_close(&database);
}

static void check_rows(struct uv_database *database)
{
	struct store_txn *txn;
	struct buf value = {0};
	check_ok(store_begin(database->store, false, &txn));
	for (unsigned i = 0; i < ROWS; i++) {
		char key[16];
		snprintf(key, sizeof(key), "key %u", i);
		check_ok(vault_get(database->vault, txn, STORE_DOC, span_text(key), &value));
		assert_int_equal(value.size, 1 + i * 2 % 600);
		assert_int_equal(value.data[0], 'a' + i % 26);
	}
	store_abort(txn);
	buf_close(&value);
}

/* Opens, holds everything, and the key file has settled on one key. */
static void check_opens(const char *directory)
{
	struct uv_database database;
	struct buf bytes = {0};
	char *path = file_join(directory, "device.key");
	check_ok(open_it(directory, &database));
	check_rows(&database);
	uv_database_close(&database);
	check_ok(file_read(path, KEYFILE_BYTES_MAX, &bytes));
	assert_int_equal(bytes.size, KEYFILE_BYTES);
	mem_free(path);
	buf_close(&bytes);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

/* In a process of its own, which dies at `at`. True: it did, false: it came to its end. */
static bool rekey_and_die(const char *directory, long at)
{
	int status;
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct uv_database database;
		if (open_it(directory, &database))
			_exit(1);
		steps = 0;
		die_at = at;
		int result = uv_database_rekey(directory, &database, &(uint32_t){0});
		die_at = -1;
		_exit(result ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == DIED));
	return WEXITSTATUS(status) == DIED;
}

static void the_power_fails_at_any_step(void **state)
{
	(void)state;
	char directory[64];
	long at = 0;
	make(directory);
	while (rekey_and_die(directory, at)) {
		check_opens(directory);
		assert_true(++at < 2 * STEPS_MAX);
	}
	check_opens(directory);
	assert_true(at > 10); /* it did pass through the steps */
	print_message("%ld places to die at\n", at);
	remove_directory(directory);
}

static void the_old_key_opens_nothing(void **state)
{
	(void)state;
	char directory[64];
	struct uv_database database;
	struct buf old_key = {0}, old_rows = {0}, now = {0};
	make(directory);
	char *key_path = file_join(directory, "device.key"), *path = file_join(directory, "db/data.mdb");
	check_ok(file_read(key_path, KEYFILE_BYTES, &old_key));
	check_ok(file_read(path, 64 * 1024 * 1024, &old_rows));
	check_ok(open_it(directory, &database));
	check_ok(uv_database_rekey(directory, &database, &(uint32_t){0}));
	check_rows(&database); /* goes on in the same process */
	fill(&database);
	check_ok(uv_database_rekey(directory, &database, &(uint32_t){0}));
	uv_database_close(&database);
	check_opens(directory);
	/* The old key with the new rows, and the new key with the old rows. */
	check_ok(file_read(key_path, KEYFILE_BYTES, &now));
	check_ok(file_replace(key_path, buf_span(&old_key)));
	check_code(open_it(directory, &database), ERR_BADSEAL);
	check_ok(file_replace(key_path, buf_span(&now)));
	check_opens(directory);
	check_ok(file_replace(path, buf_span(&old_rows)));
	check_code(open_it(directory, &database), ERR_BADSEAL);
	mem_free(key_path);
	mem_free(path);
	buf_close(&old_key);
	buf_close(&old_rows);
	buf_close(&now);
	remove_directory(directory);
}

/* The passphrase changes while the database is open: another key comes under the new one, never under the old one again. */
static void another_passphrase_stays(void **state)
{
	(void)state;
	static const char NEXT[] = "pile agrafe correcte";
	char directory[64];
	struct uv_database database;
	struct uv_database_problem problem;
	make(directory);
	check_ok(open_it(directory, &database));
	check_ok(uv_database_change_passphrase(directory, span_text(PASSPHRASE), span_text(NEXT), &problem));
	uv_database_read_keys(directory, span_text(NEXT), &database);
	check_ok(uv_database_rekey(directory, &database, &(uint32_t){0}));
	check_rows(&database);
	uv_database_close(&database);
	check_code(open_it(directory, &database), ERR_PASSPHRASE);
	check_ok(uv_database_open(directory, span_text(NEXT), &database, &problem));
	check_rows(&database);
	uv_database_close(&database);
	remove_directory(directory);
}

/* A row that does not open keeps nobody from getting another key; too many of them do, and the old file goes on. */
static void a_damaged_row_is_taken_as_damaged(void **state)
{
	(void)state;
	char directory[64];
	struct uv_database database;
	struct store_txn *txn;
	uint32_t damaged;
	make(directory);
	check_ok(open_it(directory, &database));
	for (int round = 0; round < 2; round++) {
		check_ok(store_begin(database.store, true, &txn));
		for (int i = 0; i < (round ? LIMIT_RESEAL_DAMAGED + 1 : 1); i++) {
			char name[16];
			snprintf(name, sizeof(name), "x %d", i);
			check_ok(store_put(txn, STORE_LOCAL, span_text(name),
			        span_text("nothing that the vault ever sealed, and long enough to look like "
			                  "it")));
		}
		check_ok(store_commit(txn));
		check_code(uv_database_rekey(directory, &database, &damaged), round ? ERR_BADSEAL : 0);
		assert_true(round || damaged == 1);
		check_rows(&database);
	}
	uv_database_close(&database);
	check_opens(directory);
	remove_directory(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_power_fails_at_any_step),
	        cmocka_unit_test(the_old_key_opens_nothing),
	        cmocka_unit_test(another_passphrase_stays),
	        cmocka_unit_test(a_damaged_row_is_taken_as_damaged),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("another key", tests, NULL, NULL);
}
