/*
 * What each store does when it fails: the memory store's ordered faults, and a real disk that is full, damaged or taken.
 */
#include "tests/store/world.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crdt/base/mem.h"
#include "crdt/base/limits.h"
#include "store/ballast.h"
#include "store/file.h"
#include "store/store_lmdb.h"
#include "store/store_mem.h"

/* --- Memory ------------------------------------------------------------------------------------------------ */

static void crash_keeps_only_what_was_committed(void **state)
{
	struct world *world = *state;
	struct store_txn *txn, *next;
	struct span value;
	world_put(world, STORE_DOC, "k", "v");
	check_ok(store_begin(world->store, true, &txn));
	check_ok(store_put(txn, STORE_DOC, span_text("k"), span_text("lost")));
	store_mem_crash(world->store);
	check_code(store_get(txn, STORE_DOC, span_text("k"), &value), ERR_CLOSED);
	check_code(store_put(txn, STORE_DOC, span_text("k"), span_text("x")), ERR_CLOSED);
	check_ok(store_begin(world->store, true, &next)); /* the dead writer does not stand in the way */
	check_code(store_commit(txn), ERR_CLOSED);
	check_code(store_begin(world->store, true, &txn), ERR_BUSY);
	check_ok(store_commit(next));
	assert_string_equal(world_get(world, STORE_DOC, "k"), "v");
}

static int commit_row(struct world *world, const char *value)
{
	struct store_txn *txn;
	int err = store_begin(world->store, true, &txn);
	if (err)
		return err;
	check_ok(store_put(txn, STORE_DOC, span_text("k"), span_text(value)));
	return store_commit(txn);
}

static void commits_fail_as_ordered(void **state)
{
	struct world *world = *state;
	store_mem_fail_commit(world->store, 2, ERR_NOSPACE, STORE_MEM_LOST);
	check_ok(commit_row(world, "1"));
	check_code(commit_row(world, "2"), ERR_NOSPACE);
	assert_string_equal(world_get(world, STORE_DOC, "k"), "1");
	check_ok(commit_row(world, "3"));
	for (int applied = 0; applied < 2; applied++) {
		store_mem_fail_commit(
		        world->store, 1, ERR_UNCERTAIN, applied ? STORE_MEM_APPLIED : STORE_MEM_LOST);
		check_code(commit_row(world, "4"), ERR_UNCERTAIN);
		check_code(commit_row(world, "5"), ERR_UNCERTAIN); /* nothing begins */
		check_code(store_compact(world->store), ERR_UNCERTAIN);
		check_ok(store_reopen(world->store));
		assert_string_equal(world_get(world, STORE_DOC, "k"), applied ? "4" : "3");
	}
	unsigned seen[2] = {0};
	store_mem_seed(world->store, 7);
	for (int i = 0; i < 40; i++) {
		check_ok(commit_row(world, "before"));
		store_mem_fail_commit(world->store, 1, ERR_UNCERTAIN, STORE_MEM_RANDOM);
		check_code(commit_row(world, "after"), ERR_UNCERTAIN);
		check_ok(store_reopen(world->store));
		seen[strcmp(world_get(world, STORE_DOC, "k"), "after") == 0]++;
	}
	assert_true(seen[0] > 5 && seen[1] > 5);
}

static void reads_fail_as_ordered(void **state)
{
	struct world *world = *state;
	struct store_txn *txn;
	struct span key, value;
	world_put(world, STORE_DOC, "k", "v");
	store_mem_fail_reads(world->store, 1, 2);
	check_ok(store_begin(world->store, false, &txn));
	check_ok(store_get(txn, STORE_DOC, span_text("k"), &value));
	check_code(store_get(txn, STORE_DOC, span_text("k"), &value), ERR_IO);
	check_code(store_seek(txn, STORE_DOC, STORE_FIRST_FROM, span_text("k"), &key, &value), ERR_IO);
	check_ok(store_get(txn, STORE_DOC, span_text("k"), &value));
	store_abort(txn);
}

static void bits_flip_and_backups_return(void **state)
{
	struct world *world = *state;
	world_put(world, STORE_DOC, "k", "AAAA");
	struct store_mem_image *image = store_mem_image_take(world->store);
	check_ok(store_mem_flip_bit(world->store, STORE_DOC, span_text("k"), 9));
	assert_string_equal(world_get(world, STORE_DOC, "k"), "ACAA");
	check_code(store_mem_flip_bit(world->store, STORE_DOC, span_text("k"), 32), ERR_NOTFOUND);
	check_code(store_mem_flip_bit(world->store, STORE_DOC, span_text("no"), 0), ERR_NOTFOUND);
	for (int i = 0; i < 2; i++) {
		world_put(world, STORE_DOC, "later", "v");
		store_mem_image_restore(world->store, image);
		assert_string_equal(world_get(world, STORE_DOC, "k"), "AAAA");
		assert_string_equal(world_get(world, STORE_DOC, "later"), "");
	}
	assert_int_equal(store_mem_commit_count(world->store), 3);
	store_mem_image_free(image);
	store_mem_image_free(NULL);
}

/* --- Full ---------------------------------------------------------------------------------------------------- */

/* Fills the store in transactions of 8 rows; the number of rows committed. */
static unsigned fill(struct store *store, unsigned rows_max)
{
	static const uint8_t block[1500];
	struct store_txn *txn;
	unsigned row = 0;
	for (int err = 0; !err && row < rows_max;) {
		check_ok(store_begin(store, true, &txn));
		unsigned part = 0;
		for (; !err && part < 8; part++) {
			uint8_t key[4] = {0, 0, (uint8_t)((row + part) >> 8), (uint8_t)(row + part)};
			err = store_put(txn, STORE_BLOB, span_of(key, 4), span_of(block, sizeof(block)));
		}
		if (err) {
			check_code(err, ERR_NOSPACE);
			check_code(store_commit(txn), ERR_NOSPACE); /* no more than an abort */
			break;
		}
		err = store_commit(txn);
		if (err)
			check_code(err, ERR_NOSPACE);
		else
			row += part;
	}
	return row;
}

static unsigned count_rows(struct store *store)
{
	struct store_txn *txn;
	struct span found, value;
	uint8_t key[5] = {0};
	size_t key_bytes = 4;
	unsigned rows = 0;
	check_ok(store_begin(store, false, &txn));
	while (store_seek(txn, STORE_BLOB, STORE_FIRST_FROM, span_of(key, key_bytes), &found, &value) == 0) {
		assert_int_equal(value.size, 1500);
		memcpy(key, found.data, 4);
		key_bytes = 5; /* just after */
		rows++;
	}
	store_abort(txn);
	return rows;
}

static void remove_rows(struct store *store, unsigned rows)
{
	struct store_txn *txn;
	check_ok(store_begin(store, true, &txn));
	for (unsigned row = 0; row < rows; row++) {
		uint8_t key[4] = {0, 0, (uint8_t)(row >> 8), (uint8_t)row};
		check_ok(store_remove(txn, STORE_BLOB, span_of(key, 4)));
	}
	check_ok(store_commit(txn));
}

static void full_memory_refuses_and_recovers(void **state)
{
	struct world *world = *state;
	store_mem_set_capacity(world->store, 200000);
	unsigned rows = fill(world->store, 1000);
	assert_true(rows >= 100 && rows < 135);
	assert_int_equal(count_rows(world->store), rows);
	remove_rows(world->store, 8);
	assert_int_equal(fill(world->store, 8), 8);
}

static void full_map_refuses_and_recovers(void **state)
{
	(void)state;
	char directory[64];
	struct store *store;
	struct store_usage usage;
	world_make_directory(directory);
	check_ok(store_lmdb_open(directory, 1024 * 1024, &store));
	unsigned rows = fill(store, 100000);
	assert_true(rows > 300 && rows < 700);
	assert_int_equal(count_rows(store), rows);
	check_ok(store_usage(store, &usage));
	assert_int_equal(usage.map_bytes, 1024 * 1024);
	assert_int_equal(store_room(&usage), STORE_ROOM_REFUSE);
	store_close(store);
	check_ok(
	        store_lmdb_open(directory, 4 * 1024 * 1024, &store)); /* raised, as a user would be told to */
	assert_int_equal(count_rows(store), rows);
	assert_true(fill(store, rows + 80) >= rows + 80);
	store_close(store);
	world_remove_directory(directory);
}

/* At the thresholds there is still room to erase: that is what they are for. */
static void erasing_works_past_the_refusal(void **state)
{
	(void)state;
	char directory[64];
	struct store *store;
	struct store_usage usage;
	world_make_directory(directory);
	check_ok(store_lmdb_open(directory, 2 * 1024 * 1024, &store));
	unsigned rows = 0;
	do {
		rows += 8;
		assert_int_equal(fill(store, rows), rows);
		check_ok(store_usage(store, &usage));
	} while (store_room(&usage) != STORE_ROOM_REFUSE);
	remove_rows(store, rows);
	check_ok(store_usage(store, &usage));
	assert_int_equal(store_room(&usage), STORE_ROOM_OK);
	store_close(store);
	world_remove_directory(directory);
}

/* In a child, because the limit and the ignored signal belong to the process. */
static int run_in_child(void (*body)(const char *directory), const char *directory)
{
	int status;
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		body(directory);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define child_needs(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1); \
		} \
	} while (0)

static int put_block(struct store *store, uint32_t number)
{
	static const uint8_t block[30000];
	struct store_txn *txn;
	int err = store_begin(store, true, &txn);
	if (err)
		return err;
	err = store_put(txn, STORE_BLOB, span_of(&number, 4), span_of(block, sizeof(block)));
	if (err)
		store_abort(txn);
	return err ? err : store_commit(txn);
}

static int remove_block(struct store *store, uint32_t number)
{
	struct store_txn *txn;
	int err = store_begin(store, true, &txn);
	if (err)
		return err;
	err = store_remove(txn, STORE_BLOB, span_of(&number, 4));
	if (err)
		store_abort(txn);
	return err ? err : store_commit(txn);
}

/* Fills until refused: it must be ERR_NOSPACE, again and again, with every committed row still readable. */
static uint32_t fill_the_disk(struct store *store)
{
	uint32_t blocks = 0;
	int err = 0;
	while (!err && blocks < 4000)
		if ((err = put_block(store, blocks)) == 0)
			blocks++;
	child_needs(err == ERR_NOSPACE);
	child_needs(put_block(store, blocks) == ERR_NOSPACE);
	struct store_txn *txn;
	struct span value;
	child_needs(store_begin(store, false, &txn) == 0);
	for (uint32_t i = 0; i < blocks; i++)
		child_needs(store_get(txn, STORE_BLOB, span_of(&i, 4), &value) == 0 && value.size == 30000);
	child_needs(store_get(txn, STORE_BLOB, span_of(&blocks, 4), &value) == ERR_NOTFOUND);
	store_abort(txn);
	return blocks;
}

static void file_size_limit_body(const char *directory)
{
	/* 5,000 bytes past a page: the last write is cut short, which LMDB reports as EIO. */
	const struct rlimit limit = {2 * 1024 * 1024 + 5000, 64 * 1024 * 1024};
	struct store *store;
	signal(SIGXFSZ, SIG_IGN);
	child_needs(store_lmdb_open(directory, STORE_LMDB_MAP_BYTES, &store) == 0);
	child_needs(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	uint32_t blocks = fill_the_disk(store);
	child_needs(blocks > 40 && blocks < 80);
	child_needs(setrlimit(RLIMIT_FSIZE, &(struct rlimit){64 * 1024 * 1024, 64 * 1024 * 1024}) == 0);
	child_needs(put_block(store, blocks) == 0); /* no reopening needed */
	store_close(store);
}

static void full_file_refuses_and_recovers(void **state)
{
	struct world *world = *state;
	store_close(world->store);
	world->store = NULL;
	assert_int_equal(run_in_child(file_size_limit_body, world->directory), 0);
	check_ok(store_lmdb_open(world->directory, STORE_LMDB_MAP_BYTES, &world->store));
}

enum { NO_TMPFS = 77, DISK_BYTES = 32 * 1024 * 1024 };

/* A real full disk: a small tmpfs in a mount namespace of the child's own. */
static void tiny_disk_body(const char *directory)
{
	struct store *store;
	char options[32], *path = file_join(directory, "store");
	snprintf(options, sizeof(options), "size=%d", DISK_BYTES);
	if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		_exit(NO_TMPFS);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	        mount("none", directory, "tmpfs", 0, options) != 0)
		_exit(NO_TMPFS);
	child_needs(store_lmdb_open(path, STORE_LMDB_MAP_BYTES, &store) == 0);
	child_needs(!store_ballast_held(path));
	child_needs(store_ballast_make(path) == 0 && store_ballast_make(path) == 0);
	child_needs(store_ballast_held(path));
	uint32_t blocks = fill_the_disk(store);
	child_needs(blocks > 100);
	child_needs(store_compact(store) == ERR_NOSPACE); /* and the old file stays in use */
	child_needs(store_ballast_free(path) == 0 && store_ballast_free(path) == 0);
	for (uint32_t i = 0; i < blocks; i++)
		child_needs(remove_block(store, i) == 0);
	child_needs(put_block(store, 0) == 0);
	child_needs(store_compact(store) == 0);
	child_needs(store_ballast_make(path) == 0);
	store_close(store);
	child_needs(store_lmdb_open(path, STORE_LMDB_MAP_BYTES, &store) == 0);
	child_needs(remove_block(store, 0) == 0);
	store_close(store);
}

static void full_disk_leaves_room_to_erase(void **state)
{
	(void)state;
	char directory[64];
	world_make_directory(directory);
	int code = run_in_child(tiny_disk_body, directory);
	world_remove_directory(directory);
	if (code == NO_TMPFS)
		skip();
	assert_int_equal(code, 0);
}

/* --- Taken, damaged ------------------------------------------------------------------------------------------ */

static void opened_once(void **state)
{
	struct world *world = *state;
	struct store *second;
	check_code(store_lmdb_open(world->directory, STORE_LMDB_MAP_BYTES, &second), ERR_BUSY);
	assert_null(second);
	world_put(world, STORE_DOC, "k", "still works");
	world_restart(world);
	assert_string_equal(world_get(world, STORE_DOC, "k"), "still works");
}

static void second_process_body(const char *directory)
{
	struct store *store;
	child_needs(store_lmdb_open(directory, STORE_LMDB_MAP_BYTES, &store) == ERR_BUSY);
}

static void opened_once_across_processes(void **state)
{
	struct world *world = *state;
	assert_int_equal(run_in_child(second_process_body, world->directory), 0);
}

static void files_are_private(void **state)
{
	struct world *world = *state;
	static const char *const names[] = {"data.mdb", "lock.mdb", "open.lock"};
	struct stat status;
	check_ok(store_compact(world->store));
	for (size_t i = 0; i < 3; i++) {
		char *path = file_join(world->directory, names[i]);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 07777, 0600);
		mem_free(path);
	}
}

static void damaged_files_are_refused(void **state)
{
	struct world *world = *state;
	static const uint8_t noise[8192] = {1, 2, 3};
	char *path = file_join(world->directory, "data.mdb");
	for (uint32_t i = 0; i < 10; i++)
		check_ok(put_block(world->store, i));
	store_close(world->store);
	world->store = NULL;
	assert_int_equal(truncate(path, 5 * 4096), 0);
	check_code(store_lmdb_open(world->directory, STORE_LMDB_MAP_BYTES, &world->store), ERR_CORRUPT);
	check_ok(file_replace(path, span_of(noise, sizeof(noise))));
	check_code(store_lmdb_open(world->directory, STORE_LMDB_MAP_BYTES, &world->store), ERR_CORRUPT);
	assert_null(world->store);
	mem_free(path);
	check_code(store_lmdb_open("/nonexistent/here", STORE_LMDB_MAP_BYTES, &world->store), ERR_NOTFOUND);
}

/* A compaction that the machine's end interrupted leaves its copy behind. */
static void leftovers_are_removed(void **state)
{
	struct world *world = *state;
	char *path = file_join(world->directory, "data.mdb.new");
	check_ok(file_replace(path, span_text("half a copy")));
	world_put(world, STORE_DOC, "k", "v");
	world_restart(world);
	assert_int_equal(access(path, F_OK), -1);
	assert_string_equal(world_get(world, STORE_DOC, "k"), "v");
	mem_free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                crash_keeps_only_what_was_committed, world_open_memory, world_close),
	        cmocka_unit_test_setup_teardown(commits_fail_as_ordered, world_open_memory, world_close),
	        cmocka_unit_test_setup_teardown(reads_fail_as_ordered, world_open_memory, world_close),
	        cmocka_unit_test_setup_teardown(bits_flip_and_backups_return, world_open_memory, world_close),
	        cmocka_unit_test_setup_teardown(
	                full_memory_refuses_and_recovers, world_open_memory, world_close),
	        cmocka_unit_test(full_map_refuses_and_recovers),
	        cmocka_unit_test(erasing_works_past_the_refusal),
	        cmocka_unit_test_setup_teardown(full_file_refuses_and_recovers, world_open_disk, world_close),
	        cmocka_unit_test(full_disk_leaves_room_to_erase),
	        cmocka_unit_test_setup_teardown(opened_once, world_open_disk, world_close),
	        cmocka_unit_test_setup_teardown(opened_once_across_processes, world_open_disk, world_close),
	        cmocka_unit_test_setup_teardown(files_are_private, world_open_disk, world_close),
	        cmocka_unit_test_setup_teardown(damaged_files_are_refused, world_open_disk, world_close),
	        cmocka_unit_test_setup_teardown(leftovers_are_removed, world_open_disk, world_close),
	};
	return cmocka_run_group_tests_name("store faults", tests, NULL, NULL);
}
