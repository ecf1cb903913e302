#include "tests/lib/golden.h"
#include "tests/store/world.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "store/file.h"
#include "store/incarnation.h"
#include "store/keyfile.h"
#include "store/store_mem.h"

static struct rng rng;
static struct env env;

struct place {
	char directory[64];
	char *path;
};

static int open_place(void **state)
{
	struct place *place = mem_zero(1, sizeof(*place));
	world_make_directory(place->directory);
	place->path = file_join(place->directory, "device.key");
	rng = rng_new(1);
	env = world_env(&rng);
	*state = place;
	return 0;
}

static int close_place(void **state)
{
	struct place *place = *state;
	world_remove_directory(place->directory);
	mem_free(place->path);
	mem_free(place);
	return 0;
}

static void key_comes_back(void **state)
{
	struct place *place = *state;
	uint8_t made[KEYFILE_KEY_BYTES], read[KEYFILE_KEY_BYTES] = {0};
	struct stat status;
	check_code(keyfile_open(place->path, span_text("pass"), read), ERR_NOTFOUND);
	check_ok(keyfile_create(place->path, span_text("pass"), KEYFILE_COST_TEST, &env, made));
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_size, KEYFILE_BYTES);
	check_code(keyfile_create(place->path, span_text("x"), KEYFILE_COST_TEST, &env, read), ERR_EXISTS);
	check_code(keyfile_open(place->path, span_text("Pass"), read), ERR_PASSPHRASE);
	assert_int_equal(read[0] | read[31], 0); /* untouched */
	check_ok(keyfile_open(place->path, span_text("pass"), read));
	assert_memory_equal(read, made, sizeof(made));
}

static void passphrase_changes(void **state)
{
	struct place *place = *state;
	uint8_t made[KEYFILE_KEY_BYTES], read[KEYFILE_KEY_BYTES];
	check_ok(keyfile_create(place->path, span_text("old"), KEYFILE_COST_TEST, &env, made));
	check_code(keyfile_change(place->path, span_text("wrong"), span_text("new"), KEYFILE_COST_TEST, &env),
	        ERR_PASSPHRASE);
	check_code(keyfile_change(place->path, span_text("old"), span_text(""), KEYFILE_COST_TEST, &env),
	        ERR_INVALID);
	check_ok(keyfile_open(place->path, span_text("old"), read));
	check_ok(keyfile_change(
	        place->path, span_text("old"), span_text("new"), (struct keyfile_cost){2, 16}, &env));
	check_code(keyfile_open(place->path, span_text("old"), read), ERR_PASSPHRASE);
	check_ok(keyfile_open(place->path, span_text("new"), read));
	assert_memory_equal(read, made, sizeof(made));
	struct buf bytes = {0};
	struct keyfile_cost cost;
	check_ok(file_read(place->path, 1000, &bytes));
	check_ok(keyfile_cost_of(buf_span(&bytes), &cost));
	assert_int_equal(cost.passes, 2);
	assert_int_equal(cost.memory_kib, 16);
	buf_close(&bytes);
}

/* A file whose checksum is right whatever it says, as somebody hostile would make it. */
static int decode_with_sum(struct buf *bytes, struct span passphrase)
{
	uint8_t key[KEYFILE_KEY_BYTES];
	crypto_generichash(bytes->data + KEYFILE_BYTES - 16, 16, bytes->data, KEYFILE_BYTES - 16, NULL, 0);
	return keyfile_decode(buf_span(bytes), passphrase, key);
}

static void damaged_and_hostile_files(void **state)
{
	(void)state;
	struct buf bytes = {0};
	uint8_t key[KEYFILE_KEY_BYTES] = {9};
	const struct span pass = span_text("pass");
	check_ok(keyfile_encode(&bytes, key, pass, KEYFILE_COST_TEST, &env));
	for (size_t size = 0; size < bytes.size; size++)
		check_code(keyfile_decode(span_of(bytes.data, size), pass, key), ERR_MALFORMED);
	for (size_t bit = 0; bit < bytes.size * 8; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		check_code(keyfile_decode(buf_span(&bytes), pass, key),
		        bit < 7 * 8        ? ERR_MALFORMED
		                : bit < 64 ? ERR_VERSION
		                           : ERR_CORRUPT);
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	bytes.data[8] = 1;
	check_code(decode_with_sum(&bytes, pass), ERR_VERSION); /* another derivation */
	bytes.data[8] = 2;
	memset(bytes.data + 13, 0xff, 4); /* 4 TiB */
	check_code(decode_with_sum(&bytes, pass), ERR_TOOBIG);
	memset(bytes.data + 13, 0, 4);
	check_code(decode_with_sum(&bytes, pass), ERR_TOOBIG);
	bytes.data[13] = 8;
	bytes.data[9] = LIMIT_KEYFILE_PASSES + 1;
	check_code(decode_with_sum(&bytes, pass), ERR_TOOBIG);
	bytes.data[9] = 0;
	check_code(decode_with_sum(&bytes, pass), ERR_TOOBIG);
	bytes.data[9] = 2; /* the cost is sealed in, too */
	check_code(decode_with_sum(&bytes, pass), ERR_PASSPHRASE);
	bytes.data[9] = 1;
	check_ok(decode_with_sum(&bytes, pass));
	buf_add(&bytes, "", 1);
	check_code(keyfile_decode(buf_span(&bytes), pass, key), ERR_MALFORMED);
	buf_close(&bytes);
}

static void passphrases_have_limits(void **state)
{
	(void)state;
	struct buf bytes = {0};
	uint8_t key[KEYFILE_KEY_BYTES] = {9};
	char *text = mem_zero(1, LIMIT_PASSPHRASE_BYTES + 1);
	const struct span longest = span_of(text, LIMIT_PASSPHRASE_BYTES);
	check_code(keyfile_encode(&bytes, key, span_text(""), KEYFILE_COST_TEST, &env), ERR_INVALID);
	check_code(keyfile_encode(&bytes, key, span_of(text, longest.size + 1), KEYFILE_COST_TEST, &env),
	        ERR_TOOBIG);
	check_code(keyfile_encode(&bytes, key, longest, (struct keyfile_cost){0, 8}, &env), ERR_INVALID);
	check_code(keyfile_encode(&bytes, key, longest, (struct keyfile_cost){1, UINT32_MAX}, &env),
	        ERR_INVALID);
	assert_int_equal(bytes.size, 0);
	check_ok(keyfile_encode(&bytes, key, longest, KEYFILE_COST_TEST, &env));
	check_ok(keyfile_decode(buf_span(&bytes), longest, key));
	buf_close(&bytes);
	mem_free(text);
}

static void golden_key_file(void **state)
{
	(void)state;
	struct buf bytes = {0};
	uint8_t key[KEYFILE_KEY_BYTES], read[KEYFILE_KEY_BYTES];
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	check_ok(keyfile_encode(&bytes, key, span_text("la relève"), KEYFILE_COST_TEST, &env));
	golden_check("store/device-key.hex", buf_span(&bytes));
	check_ok(keyfile_decode(buf_span(&bytes), span_text("la relève"), read));
	assert_memory_equal(read, key, sizeof(key));
	buf_close(&bytes);
}

/* While the database changes its key the file holds both, under whatever passphrase. */
static void two_keys(void **state)
{
	struct place *place = *state;
	struct keyfile *file;
	struct buf bytes = {0};
	uint8_t key[KEYFILE_KEY_BYTES], read[KEYFILE_KEY_BYTES];
	check_ok(keyfile_create(place->path, span_text("old"), KEYFILE_COST_TEST, &env, key));
	check_code(keyfile_unlock(place->path, span_text("new"), &file), ERR_PASSPHRASE);
	assert_null(file);
	check_ok(keyfile_unlock(place->path, span_text("old"), &file));
	assert_false(file->has_next);
	assert_memory_equal(file->key, key, sizeof(key));
	memset(file->next, 5, sizeof(file->next));
	file->has_next = true;
	check_ok(keyfile_store(place->path, file, &env));
	keyfile_free(file);
	check_ok(file_read(place->path, 1000, &bytes));
	assert_int_equal(bytes.size, KEYFILE_BYTES_MAX);
	for (size_t size = 0; size < bytes.size; size++)
		check_code(keyfile_decode(span_of(bytes.data, size), span_text("old"), read), ERR_MALFORMED);
	check_ok(keyfile_change(place->path, span_text("old"), span_text("new"), KEYFILE_COST_TEST, &env));
	check_ok(keyfile_open(place->path, span_text("new"), read));
	assert_memory_equal(read, key, sizeof(key));
	check_ok(keyfile_unlock(place->path, span_text("new"), &file));
	assert_true(file->has_next);
	assert_memory_equal(file->key, key, sizeof(key));
	assert_int_equal(file->next[31], 5);
	memcpy(file->key, file->next, sizeof(file->key));
	file->has_next = false;
	check_ok(keyfile_store(place->path, file, &env));
	keyfile_free(file);
	check_ok(keyfile_open(place->path, span_text("new"), read));
	assert_int_equal(read[0], 5);
	check_ok(file_remove(place->path));
	buf_close(&bytes);
}

/* The key that a file held opens what was erased since, wherever a copy of the database is found: no block of the disk keeps it. */
static void old_key_is_overwritten(void **state)
{
	struct place *place = *state;
	struct keyfile *file;
	uint8_t key[KEYFILE_KEY_BYTES], old[KEYFILE_BYTES], zeros[KEYFILE_BYTES] = {0};
	check_ok(keyfile_create(place->path, span_text("correct horse"), KEYFILE_COST_TEST, &env, key));
	check_ok(keyfile_unlock(place->path, span_text("correct horse"), &file));
	int fd = open(place->path, O_RDONLY);
	assert_true(fd >= 0);
	memset(file->key, 7, sizeof(file->key));
	check_ok(keyfile_store(place->path, file, &env));
	assert_int_equal(pread(fd, old, sizeof(old), 0), sizeof(old));
	assert_memory_equal(old, zeros, sizeof(old));
	close(fd);
	check_ok(keyfile_open(place->path, span_text("correct horse"), key));
	assert_memory_equal(key, file->key, sizeof(key));
	check_ok(file_remove(place->path));
	keyfile_free(file);
}

static void golden_two_keys(void **state)
{
	struct place *place = *state;
	struct keyfile *file;
	struct buf bytes = {0};
	uint8_t key[KEYFILE_KEY_BYTES];
	check_ok(keyfile_create(place->path, span_text("la relève"), KEYFILE_COST_TEST, &env, key));
	check_ok(keyfile_unlock(place->path, span_text("la relève"), &file));
	for (unsigned i = 0; i < sizeof(file->next); i++)
		file->next[i] = (uint8_t)i;
	file->has_next = true;
	check_ok(keyfile_store(place->path, file, &env));
	check_ok(file_read(place->path, 1000, &bytes));
	golden_check("store/device-key-two.hex", buf_span(&bytes));
	check_ok(file_remove(place->path));
	keyfile_free(file);
	buf_close(&bytes);
}

/* A write that fails leaves the old file and nothing else. */
static void replacing_is_whole_or_not(void **state)
{
	struct place *place = *state;
	struct buf bytes = {0};
	char *blocker = file_join(place->directory, "device.key.new");
	check_ok(file_replace(place->path, span_text("old")));
	assert_int_equal(mkdir(blocker, 0700), 0); /* stands where the temporary file should be */
	assert_true(file_replace(place->path, span_text("new")) < 0);
	assert_int_equal(rmdir(blocker), 0);
	check_ok(file_read(place->path, 3, &bytes));
	check_span(buf_span(&bytes), span_text("old"));
	check_code(file_read(place->path, 2, &bytes), ERR_TOOBIG);
	assert_int_equal(bytes.size, 0);
	check_ok(file_replace(place->path, span_text("new")));
	assert_int_equal(access(blocker, F_OK), -1);
	check_ok(file_read(place->path, 3, &bytes));
	check_span(buf_span(&bytes), span_text("new"));
	check_ok(file_remove(place->path));
	check_ok(file_remove(place->path));
	check_code(file_read(place->path, 3, &bytes), ERR_NOTFOUND);
	buf_close(&bytes);
	mem_free(blocker);
}

static void incarnations_are_compared(void **state)
{
	struct place *place = *state;
	struct store *store = store_mem_new();
	struct incarnation_id id, first = {{1, 2, 3}}, second = {{1, 2, 4}};
	assert_int_equal(incarnation_check(store, place->path, &id), INCARNATION_ABSENT);
	assert_true(incarnation_id_is_zero(&id));
	check_ok(incarnation_begin(store, place->path, &first));
	assert_int_equal(incarnation_check(store, place->path, &id), 0);
	assert_true(incarnation_id_eq(&id, &first));
	struct store_mem_image *backup = store_mem_image_take(store);
	check_ok(incarnation_begin(store, place->path, &second));
	assert_int_equal(incarnation_check(store, place->path, &id), 0);
	store_mem_image_restore(store, backup); /* the database comes back from a backup */
	assert_int_equal(incarnation_check(store, place->path, &id), INCARNATION_MISMATCH);
	assert_true(incarnation_id_eq(&id, &first));
	check_ok(file_remove(place->path));
	assert_int_equal(incarnation_check(store, place->path, &id), INCARNATION_MISMATCH);
	static const char *const nonsense[] = {"", "releve incarnation 1 zz", "releve incarnation 2 0102",
	        "releve incarnation 1 0102030000000000000000000000000g\n",
	        "releve incarnation 1 00000000000000000000000000000000\n",
	        "releve incarnation 1 01020300000000000000000000000000\nand much more than there should be"};
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(*nonsense); i++) {
		check_ok(file_replace(place->path, span_text(nonsense[i])));
		assert_int_equal(incarnation_check(store, place->path, &id), INCARNATION_MISMATCH);
	}
	store_mem_fail_commit(store, 1, ERR_UNCERTAIN, STORE_MEM_LOST);
	check_code(incarnation_begin(store, place->path, &second), ERR_UNCERTAIN);
	check_ok(store_reopen(store));
	assert_int_equal(incarnation_check(store, place->path, &id), INCARNATION_MISMATCH);
	check_ok(incarnation_begin(store, place->path, &second));
	assert_int_equal(incarnation_check(store, place->path, &id), 0);
	store_mem_image_free(backup);
	store_close(store);
}

static void golden_incarnation(void **state)
{
	struct place *place = *state;
	struct store *store = store_mem_new();
	struct incarnation_id id = {{0xab, 2, 3}};
	struct buf bytes = {0};
	check_ok(incarnation_begin(store, place->path, &id));
	check_ok(file_read(place->path, 100, &bytes));
	check_span(buf_span(&bytes), span_text("releve incarnation 1 ab020300000000000000000000000000\n"));
	buf_close(&bytes);
	store_close(store);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_PLACE(key_comes_back),
	        IN_PLACE(passphrase_changes),
	        IN_PLACE(damaged_and_hostile_files),
	        IN_PLACE(passphrases_have_limits),
	        IN_PLACE(golden_key_file),
	        IN_PLACE(two_keys),
	        IN_PLACE(old_key_is_overwritten),
	        IN_PLACE(golden_two_keys),
	        IN_PLACE(replacing_is_whole_or_not),
	        IN_PLACE(incarnations_are_compared),
	        IN_PLACE(golden_incarnation),
	};
	return cmocka_run_group_tests_name("store key file", tests, NULL, NULL);
}
