/*
 * No plaintext on the disk: planted names go through vault and writer into LMDB, are replaced, deleted, compacted; then
 * every byte of every file in the directory is searched for them, in the encodings in which they could have leaked. The
 * same search finds each of them when it was written unsealed, so that finding nothing means something.
 */
#include "tests/store/world.h"

#include <dirent.h>
#include <sodium.h>
#include <stdio.h>

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "store/file.h"
#include "store/incarnation.h"
#include "store/keyfile.h"
#include "store/store_lmdb.h"
#include "store/vault.h"
#include "store/writer.h"

enum { ENCODINGS = 5, FILE_BYTES_MAX = 64 * 1024 * 1024 };

static const char *const NAMES[] = {
        "Quenneville-Aubert", "Zéphirine", "1 47 02 2A 123 456", "codeporte8842B"};
static const char PASSPHRASE[] = "correcte agrafe pile";
static const char *const ENCODING_NAMES[ENCODINGS] = {"bytes", "UTF-16", "hexadecimal", "base64", "reversed"};

/* `text` as it might stand in a file. */
static struct span encode(const char *text, unsigned encoding, uint8_t out[256])
{
	size_t size = strlen(text);
	switch (encoding) {
	case 0:
		memcpy(out, text, size);
		return span_of(out, size);
	case 1: /* of Latin-1 names; others as pairs of bytes */
		for (size_t i = 0; i < size; i++) {
			out[2 * i] = (uint8_t)text[i];
			out[2 * i + 1] = 0;
		}
		return span_of(out, 2 * size);
	case 2:
		ids_hex((char *)out, (const uint8_t *)text, size);
		return span_of(out, 2 * size);
	case 3: /* whole triples, so that what comes after does not matter */
		sodium_bin2base64((char *)out, 256, (const uint8_t *)text, size / 3 * 3,
		        sodium_base64_VARIANT_ORIGINAL);
		return span_text((char *)out);
	default:
		for (size_t i = 0; i < size; i++)
			out[i] = (uint8_t)text[size - 1 - i];
		return span_of(out, size);
	}
}

static bool directory_holds(const char *path, struct span needle)
{
	bool found = false;
	DIR *directory = opendir(path);
	struct buf bytes = {0};
	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory)) && !found;) {
		char *file = file_join(path, entry->d_name);
		found = memmem(entry->d_name, strlen(entry->d_name), needle.data, needle.size) != NULL;
		if (entry->d_type == DT_REG) {
			check_ok(file_read(file, FILE_BYTES_MAX, &bytes));
			found = found ||
			        (bytes.size && memmem(bytes.data, bytes.size, needle.data, needle.size));
		}
		mem_free(file);
	}
	closedir(directory);
	buf_close(&bytes);
	return found;
}

static unsigned count_found(const char *path, bool print)
{
	uint8_t bytes[256];
	unsigned found = 0;
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++)
		for (unsigned encoding = 0; encoding < ENCODINGS; encoding++)
			if (directory_holds(path, encode(NAMES[i], encoding, bytes))) {
				found++;
				if (print)
					print_message("%s in %s\n", NAMES[i], ENCODING_NAMES[encoding]);
			}
	return found;
}

static void must_work(void *context, int result, struct store_batch *batch)
{
	(void)context;
	(void)batch;
	check_ok(result);
}

static void nothing(void *context)
{
	(void)context;
}

/* Rows that hold all names in all encodings; then shorter ones in their place; then none for every second. */
static void write_rounds(struct vault *vault, struct store_writer *writer)
{
	uint8_t key[VAULT_NAME_BYTES], encoded[256];
	struct buf value = {0};
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned row = 0; row < 200; row++) {
			struct store_batch batch = {0};
			char name[64];
			snprintf(name, sizeof(name), "%s %u", NAMES[row % 4], row);
			vault_name(vault, key, STORE_INDEX, span_text(name));
			buf_clear(&value);
			for (unsigned i = 0; i < (round == 0 ? 4u * ENCODINGS : 4u); i++)
				buf_add_span(&value, encode(NAMES[i % 4], i / 4, encoded));
			if (round == 2 && row % 2)
				check_ok(vault_batch_remove(
				        vault, &batch, STORE_INDEX, span_of(key, sizeof(key))));
			else
				check_ok(vault_batch_put(vault, &batch, STORE_INDEX,
				        span_of(key, sizeof(key)), buf_span(&value)));
			check_ok(store_writer_submit(writer, &batch, must_work, NULL));
		}
	}
	buf_close(&value);
}

static void planted_names_are_nowhere(void **state)
{
	struct world *world = *state;
	struct rng rng = rng_new(3);
	struct env env = world_env(&rng);
	struct vault *vault;
	struct store_writer *writer;
	uint8_t key[KEYFILE_KEY_BYTES];
	char *key_path = file_join(world->directory, "device.key"),
	     *id_path = file_join(world->directory, "incarnation");
	check_ok(keyfile_create(key_path, span_text(PASSPHRASE), KEYFILE_COST_TEST, &env, key));
	check_ok(keyfile_change(
	        key_path, span_text(PASSPHRASE), span_text(NAMES[0]), KEYFILE_COST_TEST, &env));
	check_ok(incarnation_begin(world->store, id_path, &(struct incarnation_id){{1}}));
	check_ok(vault_new(world->store, key, &env, &vault));
	for (int compacted = 0; compacted < 2; compacted++) {
		check_ok(store_writer_new(world->store, STORE_WRITER_THREADED, nothing, NULL, &writer));
		write_rounds(vault, writer);
		store_writer_free(writer);
		assert_int_equal(count_found(world->directory, true), 0);
		assert_false(directory_holds(world->directory, span_text(PASSPHRASE)));
		assert_false(directory_holds(world->directory, span_of(key, sizeof(key))));
		check_ok(store_compact(world->store));
		assert_int_equal(count_found(world->directory, true), 0);
	}
	vault_free(vault);
	world_restart(world);
	assert_int_equal(count_found(world->directory, true), 0);
	mem_free(key_path);
	mem_free(id_path);
}

static void the_search_would_find_them(void **state)
{
	struct world *world = *state;
	struct store_txn *txn;
	struct buf value = {0};
	uint8_t encoded[256];
	for (unsigned i = 0; i < 4 * ENCODINGS; i++)
		buf_add_span(&value, encode(NAMES[i % 4], i / 4, encoded));
	check_ok(store_begin(world->store, true, &txn));
	check_ok(store_put(txn, STORE_INDEX, span_text("row"), buf_span(&value)));
	check_ok(store_commit(txn));
	assert_int_equal(count_found(world->directory, false), 4 * ENCODINGS);
	check_ok(store_begin(world->store, true, &txn));
	check_ok(store_remove(txn, STORE_INDEX, span_text("row")));
	check_ok(store_commit(txn));
	assert_true(count_found(world->directory, false) >
	        0); /* deleted rows stay in the file: why rows are sealed */
	check_ok(store_begin(world->store, true, &txn));
	check_ok(store_put(txn, STORE_INDEX, span_text(NAMES[0]), span_text("")));
	check_ok(store_commit(txn));
	check_ok(store_compact(world->store));
	assert_int_equal(count_found(world->directory, false), 1); /* a name as a key: why keys are opaque */
	buf_close(&value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(planted_names_are_nowhere, world_open_disk, world_close),
	        cmocka_unit_test_setup_teardown(the_search_would_find_them, world_open_disk, world_close),
	};
	return cmocka_run_group_tests_name("store plaintext", tests, NULL, NULL);
}
