/*
 * A disk that reports errors to LMDB: the calls below stand before libc's, for the whole program, and fail when told to.
 */
#include "tests/store/world.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store/store_lmdb.h"

int fdatasync(int fd);
/* Under the name that LMDB asks for, which <unistd.h> redirects. */
ssize_t stand_in_pwrite(int fd, const void *data, size_t size, off_t offset) __asm__("pwrite");

static bool fail_sync, fail_meta;

int fdatasync(int fd)
{
	if (fail_sync) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

/* The two meta pages are the first of the file; LMDB writes part of one, after everything else. */
ssize_t stand_in_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	if (fail_meta && offset < 2 * 4096) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, data, size, offset);
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

static void check_recovery(struct world *world, bool *fault)
{
	struct store_txn *txn;
	struct store_usage usage;
	check_ok(commit_row(world, "before"));
	*fault = true;
	check_code(commit_row(world, "lost"), ERR_UNCERTAIN);
	*fault = false;
	check_code(commit_row(world, "not begun"), ERR_UNCERTAIN);
	check_code(store_begin(world->store, false, &txn), ERR_UNCERTAIN);
	check_code(store_usage(world->store, &usage), ERR_UNCERTAIN);
	check_code(store_compact(world->store), ERR_UNCERTAIN);
	assert_string_equal(store_lmdb_reason(world->store), "Input/output error");
	check_ok(store_reopen(world->store));
	assert_string_equal(world_get(world, STORE_DOC, "k"), "before");
	check_ok(commit_row(world, "after"));
	world_restart(world);
	assert_string_equal(world_get(world, STORE_DOC, "k"), "after");
}

static void failed_sync_is_uncertain(void **state)
{
	check_recovery(*state, &fail_sync);
}

static void failed_meta_page_is_uncertain(void **state)
{
	check_recovery(*state, &fail_meta);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(failed_sync_is_uncertain, world_open_disk, world_close),
	        cmocka_unit_test_setup_teardown(failed_meta_page_is_uncertain, world_open_disk, world_close),
	};
	return cmocka_run_group_tests_name("store I/O errors", tests, NULL, NULL);
}
