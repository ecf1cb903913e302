/*
 * Prints what must not be found in a locked program's memory, in hexadecimal, a line each: the database key and the device's three secrets.
 * Usage: keys DIRECTORY PASSPHRASE
 */
#include <sodium.h>
#include <stdio.h>

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

int main(int argc, char **argv)
{
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
