#include "tests/lib/golden.h"
#include "tests/store/world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/mem.h"
#include "store/backup.h"
#include "store/file.h"
#include "store/store_mem.h"

enum { HEADER_BYTES = 8 + 121 + 16 + 32 + 24, SEALED_BYTES = 65536 + 17 };

static struct rng rng;
static struct env env;

struct place {
	char directory[64];
	char *path;
	struct store *store;
	struct vault *vault;
	struct buf keyfile;
};

static void put(struct place *place, unsigned number, const char *text)
{
	struct store_txn *txn;
	uint8_t key[4] = {
	        (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
	check_ok(store_begin(place->store, true, &txn));
	check_ok(vault_put(place->vault, txn, number % 2 ? STORE_LOG : STORE_DOC, span_of(key, sizeof(key)),
	        span_text(text)));
	check_ok(store_commit(txn));
}

static int open_place(void **state)
{
	struct place *place = mem_zero(1, sizeof(*place));
	uint8_t key[VAULT_KEY_BYTES];
	world_make_directory(place->directory);
	place->path = file_join(place->directory, "backup");
	rng = rng_new(1);
	env = world_env(&rng);
	env_random_bytes(&env, key, sizeof(key));
	check_ok(keyfile_encode(&place->keyfile, key, span_text("pass"), KEYFILE_COST_TEST, &env));
	place->store = store_mem_new();
	check_ok(vault_new(place->store, key, &env, &place->vault));
	*state = place;
	return 0;
}

static int close_place(void **state)
{
	struct place *place = *state;
	vault_free(place->vault);
	store_close(place->store);
	world_remove_directory(place->directory);
	buf_close(&place->keyfile);
	mem_free(place->path);
	mem_free(place);
	return 0;
}

static const struct backup_about ABOUT = {.made_ms = 1764180000000, .device = {{7}}, .team = {{8}}};

static int begin(struct place *place, struct backup_writer **out)
{
	return backup_writer_new(
	        place->path, place->store, place->vault, buf_span(&place->keyfile), &ABOUT, &env, out);
}

static void make(struct place *place)
{
	struct backup_writer *writer;
	int result;
	check_ok(begin(place, &writer));
	while ((result = backup_writer_step(writer)) == 1)
		;
	check_ok(result);
	backup_writer_free(writer);
}

/* What a reader hands out, put into a store. */
static int put_row(void *context, enum store_table table, struct span key, struct span value)
{
	struct store_txn *txn;
	check_ok(store_begin(context, true, &txn));
	check_ok(store_put(txn, table, key, value));
	return store_commit(txn);
}

static int read_all(
        const char *path, const char *passphrase, struct store *into, struct backup_counts *counts)
{
	struct backup_reader *reader;
	int result = backup_reader_open(path, span_text(passphrase), &reader);
	if (result)
		return result;
	do
		result = backup_reader_step(reader, put_row, into);
	while (result == 1);
	*counts = backup_reader_counts(reader);
	if (!result) {
		assert_true(backup_reader_about(reader)->made_ms == ABOUT.made_ms);
		assert_memory_equal(backup_reader_about(reader)->team.bytes, ABOUT.team.bytes, 32);
	}
	backup_reader_free(reader);
	return result;
}

static int read_only(const char *path, const char *passphrase)
{
	struct backup_counts counts;
	struct store *into = store_mem_new();
	int result = read_all(path, passphrase, into, &counts);
	store_close(into);
	return result;
}

/* Every row of `b` is one of `a` and the other way round. */
static void check_equal(struct store *a, struct store *b)
{
	struct store_txn *one, *two;
	check_ok(store_begin(a, false, &one));
	check_ok(store_begin(b, false, &two));
	for (unsigned table = 0; table < STORE_TABLE_COUNT; table++) {
		uint8_t from[72] = {0};
		size_t size = 1;
		for (int first = 0, second = 0; !first && !second;) {
			struct span key_a, value_a, key_b, value_b;
			first = store_seek(
			        one, table, STORE_FIRST_FROM, span_of(from, size), &key_a, &value_a);
			second = store_seek(
			        two, table, STORE_FIRST_FROM, span_of(from, size), &key_b, &value_b);
			assert_int_equal(first, second);
			if (first)
				continue;
			assert_true(span_eq(key_a, key_b) && span_eq(value_a, value_b));
			memcpy(from, key_a.data, key_a.size);
			from[key_a.size] = 0;
			size = key_a.size + 1;
		}
	}
	store_abort(one);
	store_abort(two);
}

static unsigned files_in(const char *directory)
{
	unsigned count = 0;
	DIR *dir = opendir(directory);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void comes_back_as_it_was(void **state)
{
	struct place *place = *state;
	static char text[30000];
	struct store *as_it_was, *back = store_mem_new();
	struct backup_writer *writer;
	struct backup_counts counts;
	struct stat status;
	memset(text, 'x', sizeof(text) - 1);
	for (unsigned i = 0; i < 100; i++) /* several steps and chunks */
		put(place, i, i % 7 ? text : "");
	as_it_was = store_mem_new();
	check_ok(begin(place, &writer));
	check_code(backup_writer_step(writer), 1);
	assert_int_equal(access(place->path, F_OK), -1); /* not before it is whole */
	struct store_txn *txn;
	check_ok(store_begin(place->store, false, &txn));
	for (unsigned table = 0; table < STORE_TABLE_COUNT; table++) {
		struct span key, value, from = span_of("", 1);
		uint8_t next[72];
		while (store_seek(txn, table, STORE_FIRST_FROM, from, &key, &value) == 0) {
			put_row(as_it_was, table, key, value);
			memcpy(next, key.data, key.size);
			next[key.size] = 0;
			from = span_of(next, key.size + 1);
		}
	}
	store_abort(txn);
	put(place, 99, "changed meanwhile");
	put(place, 1000, "new meanwhile");
	int result;
	while ((result = backup_writer_step(writer)) == 1)
		;
	check_ok(result);
	counts = backup_writer_counts(writer);
	assert_int_equal(counts.rows, 102);
	assert_int_equal(counts.damaged, 0);
	backup_writer_free(writer);
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_size, counts.bytes);
	assert_int_equal(files_in(place->directory), 1);
	check_ok(read_all(place->path, "pass", back, &counts));
	assert_int_equal(counts.rows, 102);
	assert_int_equal(counts.damaged, 0);
	check_equal(as_it_was, back);
	store_close(as_it_was);
	store_close(back);
}

static void nothing_is_written_over(void **state)
{
	struct place *place = *state;
	struct backup_writer *writer, *second;
	struct buf content = {0};
	check_ok(file_replace(place->path, span_text("mine")));
	check_code(begin(place, &writer), ERR_EXISTS);
	check_ok(file_remove(place->path));
	/* one that appears meanwhile stays as well */
	check_ok(begin(place, &writer));
	check_ok(file_replace(place->path, span_text("mine")));
	check_code(begin(place, &second), ERR_EXISTS);
	check_code(backup_writer_step(writer), ERR_EXISTS);
	backup_writer_free(writer);
	check_ok(file_read(place->path, 100, &content));
	assert_true(span_eq(buf_span(&content), span_text("mine")));
	assert_int_equal(files_in(place->directory), 1);
	check_ok(file_remove(place->path));
	/* given up: nothing is left */
	check_ok(begin(place, &writer));
	backup_writer_free(writer);
	assert_int_equal(files_in(place->directory), 0);
	/* a key file that opens nothing is not copied */
	place->keyfile.data[50] ^= 1;
	check_code(begin(place, &writer), ERR_CORRUPT);
	assert_int_equal(files_in(place->directory), 0);
	buf_close(&content);
}

static void damage_is_counted(void **state)
{
	struct place *place = *state;
	struct store_txn *txn;
	struct span value;
	struct buf bent = {0};
	struct backup_counts counts;
	struct store *back = store_mem_new();
	put(place, 1, "one");
	put(place, 3, "three");
	check_ok(store_begin(place->store, true, &txn));
	check_ok(store_get(txn, STORE_LOG, span_of("\0\0\0\3", 4), &value));
	buf_add_span(&bent, value);
	bent.data[40] ^= 1;
	check_ok(store_put(txn, STORE_LOG, span_of("\0\0\0\3", 4), buf_span(&bent)));
	check_ok(store_commit(txn));
	make(place);
	check_ok(read_all(place->path, "pass", back, &counts));
	assert_int_equal(counts.damaged, 1);
	check_equal(place->store, back);
	store_close(back);
	buf_close(&bent);
}

static void hostile_files(void **state)
{
	struct place *place = *state;
	static char text[3000];
	struct buf whole = {0}, bent = {0};
	memset(text, 'x', sizeof(text) - 1);
	for (unsigned i = 0; i < 50; i++)
		put(place, i, text);
	check_code(read_only(place->path, "pass"), ERR_NOTFOUND);
	check_code(read_only(place->directory, "pass"), ERR_INVALID);
	make(place);
	check_ok(read_only(place->path, "pass"));
	check_code(read_only(place->path, "Pass"), ERR_PASSPHRASE);
	check_ok(file_read(place->path, 1000000, &whole));
	assert_true(whole.size > HEADER_BYTES + 2 * SEALED_BYTES);
	for (size_t at = 0; at < whole.size; at += at < HEADER_BYTES + 100 ? 1 : 4999) {
		buf_clear(&bent);
		buf_add_span(&bent, buf_span(&whole));
		bent.data[at] ^= 1;
		check_ok(file_replace(place->path, buf_span(&bent)));
		check_code(read_only(place->path, "pass"),
		        at < 7                 ? ERR_MALFORMED
		                : at < 8       ? ERR_VERSION
		                : at < 15      ? ERR_MALFORMED /* the key file's own */
		                : at < 16      ? ERR_VERSION
		                : at < 8 + 121 ? ERR_CORRUPT
		                               : ERR_BADSEAL);
	}
	for (size_t size = 0; size < whole.size; size += size < HEADER_BYTES + 100 ? 1 : 4999) {
		check_ok(file_replace(place->path, span_of(whole.data, size)));
		check_code(read_only(place->path, "pass"),
		        size < 8                       ? ERR_MALFORMED
		                : size <= HEADER_BYTES ? ERR_TRUNCATED
		                                       : ERR_BADSEAL);
	}
	check_ok(file_replace(place->path, span_of(whole.data, HEADER_BYTES + SEALED_BYTES)));
	check_code(read_only(place->path, "pass"), ERR_TRUNCATED);
	/* a chunk left out, two in another order, one byte more */
	buf_clear(&bent);
	buf_add(&bent, whole.data, HEADER_BYTES);
	buf_add_span(&bent, span_sub(buf_span(&whole), HEADER_BYTES + SEALED_BYTES, SIZE_MAX));
	check_ok(file_replace(place->path, buf_span(&bent)));
	check_code(read_only(place->path, "pass"), ERR_BADSEAL);
	buf_clear(&bent);
	buf_add(&bent, whole.data, HEADER_BYTES + SEALED_BYTES);
	buf_add_span(&bent, span_sub(buf_span(&whole), HEADER_BYTES + 2 * SEALED_BYTES, SIZE_MAX));
	check_ok(file_replace(place->path, buf_span(&bent)));
	check_code(read_only(place->path, "pass"), ERR_BADSEAL);
	buf_add_span(&whole, span_text("+"));
	check_ok(file_replace(place->path, buf_span(&whole)));
	check_code(read_only(place->path, "pass"), ERR_BADSEAL);
	buf_close(&whole);
	buf_close(&bent);
}

/* ---- What stands inside, as somebody who holds the key could write it ---- */

static int count_row(void *context, enum store_table table, struct span key, struct span value)
{
	(void)table;
	(void)key;
	(void)value;
	++*(unsigned *)context;
	return 0;
}

static int feed(struct buf *bytes, size_t piece, bool *ended)
{
	struct backup_rows rows = {0};
	unsigned count = 0;
	int result = 0;
	for (size_t at = 0; !result && at < bytes->size; at += piece)
		result = backup_rows_feed(&rows, span_sub(buf_span(bytes), at, piece), count_row, &count);
	*ended = rows.ended;
	backup_rows_close(&rows);
	buf_clear(bytes);
	return result;
}

static void rows_in_their_order(void **state)
{
	(void)state;
	struct buf bytes = {0};
	bool ended;
	for (size_t piece = 1; piece < 200; piece += 13) {
		backup_about_put(&bytes, &ABOUT);
		backup_row_put(&bytes, STORE_META, span_text("a"), span_text(""));
		backup_row_put(&bytes, STORE_META, span_text("ab"), span_text("value"));
		backup_row_put(&bytes, STORE_LOCAL, span_text("a"), span_text("value"));
		backup_end_put(&bytes, 3);
		check_ok(feed(&bytes, piece, &ended));
		assert_true(ended);
	}
	backup_about_put(&bytes, &ABOUT);
	backup_row_put(&bytes, STORE_LOG, span_text("b"), span_text(""));
	backup_row_put(&bytes, STORE_LOG, span_text("b"), span_text(""));
	check_code(feed(&bytes, 64, &ended), ERR_MALFORMED); /* twice the same */
	backup_about_put(&bytes, &ABOUT);
	backup_row_put(&bytes, STORE_LOG, span_text("b"), span_text(""));
	backup_row_put(&bytes, STORE_FEED, span_text("c"), span_text(""));
	check_code(feed(&bytes, 64, &ended), ERR_MALFORMED); /* an earlier table */
	backup_about_put(&bytes, &ABOUT);
	backup_row_put(&bytes, STORE_TABLE_COUNT, span_text("c"), span_text(""));
	check_code(feed(&bytes, 64, &ended), ERR_MALFORMED);
	backup_about_put(&bytes, &ABOUT);
	backup_row_put(&bytes, STORE_LOG, span_text(""), span_text(""));
	check_code(feed(&bytes, 64, &ended), ERR_MALFORMED);
	backup_about_put(&bytes, &ABOUT);
	backup_end_put(&bytes, 1);
	check_code(feed(&bytes, 64, &ended), ERR_MALFORMED); /* a row is missing */
	backup_about_put(&bytes, &ABOUT);
	backup_end_put(&bytes, 0);
	backup_end_put(&bytes, 0);
	check_code(feed(&bytes, 64, &ended), ERR_MALFORMED); /* after the end */
	backup_about_put(&bytes, &ABOUT);
	buf_add(&bytes, "\0\x01k\xff\xff\xff\xff\x0f", 8); /* a value of 4 GiB */
	check_code(feed(&bytes, 64, &ended), ERR_TOOBIG);
	buf_add(&bytes, "\x02", 1);
	check_code(feed(&bytes, 64, &ended), ERR_VERSION);
	backup_about_put(&bytes, &ABOUT);
	check_ok(feed(&bytes, 64, &ended));
	assert_false(ended);
	buf_close(&bytes);
}

/* The stream's own randomness is libsodium's: the committed file is read, not made again. */
static void golden(void **state)
{
	struct place *place = *state;
	struct backup_counts counts;
	struct store *back = store_mem_new();
	struct buf bytes = {0};
	put(place, 1, "one");
	put(place, 2, "two");
	if (getenv("RELEVE_GOLDEN")) {
		make(place);
		check_ok(file_read(place->path, 100000, &bytes));
		golden_check("store/backup.hex", buf_span(&bytes));
	} else {
		bytes = golden_read("store/backup.hex");
		check_ok(file_replace(place->path, buf_span(&bytes)));
	}
	check_ok(read_all(place->path, "pass", back, &counts));
	assert_int_equal(counts.rows, 4);
	assert_int_equal(counts.damaged, 0);
	check_equal(place->store, back);
	store_close(back);
	buf_close(&bytes);
}

#define PLACE(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        PLACE(comes_back_as_it_was),
	        PLACE(nothing_is_written_over),
	        PLACE(damage_is_counted),
	        PLACE(hostile_files),
	        cmocka_unit_test(rows_in_their_order),
	        PLACE(golden),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
