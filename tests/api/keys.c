/*
 * Prints what must not be found in a locked program's memory, in hexadecimal, a line each: the database key and the device's three secrets.
 * Usage: keys DIRECTORY PASSPHRASE; keys --epochs DIRECTORY PASSPHRASE: every epoch key that the device holds, behind the number of its compartment.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "crdt/base/limits.h"
#include "node/team/identity.h"
#include "node/uv_database.h"
#include "store/file.h"

static int fail(const char *what)
{
	fprintf(stderr, "keys: %s\n", what);
	return 1;
}

static void print(const uint8_t *bytes)
{
	for (int i = 0; i < 32; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

/* A row of an epoch: kind 1, id 32, compartment, key 32 (node/README.md). */
static int print_epochs(struct uv_database *database)
{
	enum { ROW_EPOCH = 1, COMPARTMENT_AT = 33, KEY_AT = 34, ROW_BYTES = 66 };
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
	size_t size = 1;
	struct span key, value;
	struct store_txn *txn;
	struct buf row = {0};
	if (store_begin(database->store, false, &txn))
		return fail("no transaction");
	while (store_seek(txn, STORE_KEY, STORE_FIRST_FROM, span_of(from, size), &key, &value) == 0) {
		if (vault_unseal(database->vault, STORE_KEY, key, value, &row) == 0 &&
		        row.size == ROW_BYTES && row.data[0] == ROW_EPOCH) {
			printf("%d ", row.data[COMPARTMENT_AT]);
			print(row.data + KEY_AT);
		}
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		size = key.size + 1;
	}
	store_abort(txn);
	buf_wipe(&row);
	return 0;
}

static int epochs(const char *directory, const char *passphrase)
{
	struct uv_database database;
	struct uv_database_problem problem = {{0}};
	if (uv_database_open(directory, span_text(passphrase), &database, &problem))
		return fail(problem.sentence);
	const int result = print_epochs(&database);
	uv_database_close(&database);
	return result;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--epochs") == 0 && sodium_init() >= 0)
		return epochs(argv[2], argv[3]);
	struct uv_database database;
	struct uv_database_problem problem = {{0}};
	struct team_identity identity;
	struct store_txn *txn;
	struct buf row = {0};
	uint8_t key[KEYFILE_KEY_BYTES];
	if (argc != 3 || sodium_init() < 0)
		return fail("DIRECTORY PASSPHRASE");
	char *path = file_join(argv[1], "device.key");
	if (keyfile_open(path, span_text(argv[2]), key) ||
	        uv_database_open(argv[1], span_text(argv[2]), &database, &problem))
		return fail(problem.sentence);
	if (store_begin(database.store, false, &txn) ||
	        vault_get(database.vault, txn, STORE_META, span_text("identity"), &row) ||
	        team_identity_decode(buf_span(&row), &identity))
		return fail("no identity");
	store_abort(txn);
	print(key);
	print(identity.secrets->sign);
	print(identity.secrets->handshake);
	print(identity.secrets->sealing);
	team_identity_wipe(&identity);
	buf_wipe(&row);
	uv_database_close(&database);
	mem_free(path);
	return 0;
}
