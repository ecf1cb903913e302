/*
 * Searches a data directory as somebody would who has it and the passphrase: every row as it stands and opened by the vault; snapshots unpacked;
 * bodies in the log opened with every epoch key and every dossier secret that any row gives, packets to this device included, whatever tombstones say.
 *
 * Usage: search [--keys OTHER_DIRECTORY] DIRECTORY PASSPHRASE_FILE TEXT... Keys of the other one, which opens with the same passphrase, are tried too. A dossier's id in hexadecimal finds its secret. Says "found N"; exit 0 nothing found, 9 something, 1 the directory does not open.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/arena.h"
#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "node/keyring/body.h"
#include "node/keyring/key_row.h"
#include "node/keyring/pack.h"
#include "node/team/identity.h"
#include "node/uv_database.h"
#include "store/file.h"
#include "store/log.h"

enum { KEYS_MAX = 4096, ROW_EPOCH = 1, ROW_OWN = 2, ROW_STATE = 3, STATE_KEY = 1 };

enum { DIGEST_HEAD_BYTES = 9 /* node/digest/README.md, "Rows" */ };

struct search {
	struct uv_database database;
	char **texts;
	int text_count;
	struct epoch_key epochs[KEYS_MAX];
	struct dossier_secret secrets[KEYS_MAX];
	size_t epoch_count, secret_count, found, bodies, opened;
	struct team_identity identity;
	struct team_id team;
	struct body_codec codec;
};

static void look(struct search *search, struct span bytes, const char *where)
{
	for (int i = 0; i < search->text_count; i++)
		if (bytes.size &&
		        memmem(bytes.data, bytes.size, search->texts[i], strlen(search->texts[i]))) {
			printf("%s: %s\n", where, search->texts[i]);
			search->found++;
		}
}

/* Whose secret it is counts as a text, in hexadecimal. */
static void add_secret(
        struct search *search, const struct record_id *dossier, const uint8_t bytes[SECRET_BYTES])
{
	char id[2 * ID_SHORT_BYTES + 1];
	ids_hex(id, dossier->bytes, ID_SHORT_BYTES);
	look(search, span_text(id), "secret");
	for (size_t i = 0; i < search->secret_count; i++)
		if (memcmp(search->secrets[i].bytes, bytes, SECRET_BYTES) == 0)
			return;
	if (search->secret_count < KEYS_MAX)
		memcpy(search->secrets[search->secret_count++].bytes, bytes, SECRET_BYTES);
}

static void take_packet(struct search *search, struct span row)
{
	struct key_packet packet;
	struct packet_key key;
	struct dossier_secret secret;
	uint8_t kind;
	struct device_id issuer;
	if (key_row_peek(row, &kind, &issuer) || kind != KEY_ROW_PACKET ||
	        key_packet_decode(&packet, row, &search->team))
		return;
	if (key_packet_open(&key, &packet, (const struct seal_public *)search->identity.keys.sealing,
	            (const struct seal_secret *)search->identity.secrets->sealing) == 0)
		for (uint32_t i = 0; i < packet.item_count; i++) {
			if (!packet.items[i].held)
				continue;
			key_packet_secret(&secret, &packet, &key, i);
			add_secret(search, &packet.items[i].dossier, secret.bytes);
		}
	key_packet_close(&packet);
}

static void take_key_row(struct search *search, struct span row)
{
	struct wire_in in = wire_begin(row);
	uint8_t kind = wire_u8(&in);
	if (kind == ROW_EPOCH && search->epoch_count < KEYS_MAX) {
		wire_span(&in, 33);
		wire_raw(&in, search->epochs[search->epoch_count].bytes, SECRET_BYTES);
		search->epoch_count += !in.error;
	} else if (kind == ROW_OWN) {
		struct record_id dossier;
		wire_u8(&in);
		wire_raw(&in, dossier.bytes, sizeof(dossier.bytes));
		for (uint64_t count = wire_varint(&in); count && !in.error; count--) {
			uint8_t secret[SECRET_BYTES];
			wire_varint(&in);
			wire_raw(&in, secret, sizeof(secret));
			if (!in.error)
				add_secret(search, &dossier, secret);
		}
	} else if (kind == ROW_STATE && row.size > 2 && row.data[1] == STATE_KEY) {
		take_packet(search, span_sub(row, 2, SIZE_MAX));
	}
}

/* A body under whatever key there is. */
static void look_in_body(struct search *search, const struct run_entry *entry)
{
	const struct entry_header *header = &entry->header;
	const struct body_place place = {header->feed, header->seq, (enum compartment)header->compartment};
	search->bodies++;
	for (size_t e = 0; e < search->epoch_count; e++)
		for (size_t s = 0; s <= search->secret_count; s++) {
			struct body_key key;
			struct span raw;
			body_key_derive(&key, &search->epochs[e], place.compartment,
			        s < search->secret_count ? &search->secrets[s] : NULL);
			if (body_open(&search->codec, &key, &place, entry->body, &raw))
				continue;
			search->opened++;
			look(search, raw, "body");
			return;
		}
}

static void look_in_log(struct search *search, struct store_txn *txn)
{
	struct log *log = log_new(search->database.vault);
	struct log_reader reader = {0};
	if (log_load(log, txn))
		exit(1);
	for (uint32_t feed = 0; feed < log_feed_count(log); feed++)
		for (uint64_t seq = 1; seq <= log_feed(log, feed)->committed_seq; seq++) {
			const struct run_entry *entry;
			if (log_read_entry(log, txn, &reader, feed, seq, &entry))
				exit(1);
			if (!entry->purged && entry->header.compartment != COMPARTMENT_MEMBERSHIP)
				look_in_body(search, entry);
		}
	log_reader_close(&reader);
	log_free(log);
}

static void look_in_row(struct search *search, enum store_table table, struct span key, struct span value)
{
	struct buf plain = {0};
	struct span raw;
	look(search, value, "raw row");
	look(search, key, "key");
	if (vault_unseal(search->database.vault, table, key, value, &plain) == 0) {
		look(search, buf_span(&plain), store_table_name(table));
		if (table == STORE_KEY)
			take_key_row(search, buf_span(&plain));
		/* packed from its beginning, or, a dossier's digest, behind a head */
		for (size_t head = 0; head <= DIGEST_HEAD_BYTES && head <= plain.size;
		        head += DIGEST_HEAD_BYTES) {
			const size_t size = plain.size - head;
			memcpy(pack_room(&search->codec, size), plain.data + head, size);
			if (pack_open(&search->codec, size, &raw) == 0)
				look(search, raw, head ? "digest" : "snapshot");
		}
	}
	buf_wipe(&plain);
}

static void look_in_tables(struct search *search, struct store_txn *txn)
{
	for (unsigned table = 0; table < STORE_TABLE_COUNT; table++) {
		uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
		size_t size = 1;
		struct span key, value;
		while (store_seek(txn, (enum store_table)table, STORE_FIRST_FROM, span_of(from, size), &key,
		               &value) == 0) {
			look_in_row(search, (enum store_table)table, key, value);
			memcpy(from, key.data, key.size);
			from[key.size] = 0;
			size = key.size + 1;
		}
	}
}

static int read_own(struct search *search, struct store_txn *txn)
{
	struct buf row = {0};
	int result = vault_get(search->database.vault, txn, STORE_META, span_text("identity"), &row);
	if (!result)
		result = team_identity_decode(buf_span(&row), &search->identity);
	if (!result)
		result = vault_get(search->database.vault, txn, STORE_META, span_text("team"), &row);
	if (!result && row.size == sizeof(search->team.bytes))
		memcpy(search->team.bytes, row.data, row.size);
	buf_wipe(&row);
	return result;
}

static bool begin(
        struct search *search, const char *directory, struct span passphrase, struct store_txn **txn)
{
	struct uv_database_problem problem;
	if (uv_database_open(directory, passphrase, &search->database, &problem)) {
		fprintf(stderr, "opens nothing: %s\n", problem.sentence);
		return false;
	}
	if (store_begin(search->database.store, false, txn) == 0 && read_own(search, *txn) == 0)
		return true;
	fprintf(stderr, "opens nothing\n");
	return false;
}

static void end(struct search *search, struct store_txn *txn)
{
	store_abort(txn);
	uv_database_close(&search->database);
	team_identity_wipe(&search->identity);
}

int main(int argc, char **argv)
{
	static struct search search;
	struct buf passphrase = {0};
	struct store_txn *txn;
	const char *keys_of = argc > 2 && strcmp(argv[1], "--keys") == 0 ? argv[2] : NULL;
	argc -= keys_of ? 2 : 0;
	argv += keys_of ? 2 : 0;
	if (argc < 4 || file_read(argv[2], 4096, &passphrase))
		return 2;
	while (passphrase.size && passphrase.data[passphrase.size - 1] == '\n')
		passphrase.size--;
	body_codec_init(&search.codec);
	if (keys_of) {
		if (!begin(&search, keys_of, buf_span(&passphrase), &txn))
			return 1;
		look_in_tables(&search, txn);
		end(&search, txn);
	}
	search.texts = argv + 3;
	search.text_count = argc - 3;
	if (!begin(&search, argv[1], buf_span(&passphrase), &txn))
		return 1;
	look_in_tables(&search, txn);
	look_in_log(&search, txn);
	end(&search, txn);
	body_codec_close(&search.codec);
	buf_close(&passphrase);
	printf("%zu epochs, %zu secrets, %zu of %zu bodies opened; found %zu\n", search.epoch_count,
	        search.secret_count, search.opened, search.bodies, search.found);
	return search.found ? 9 : 0;
}
