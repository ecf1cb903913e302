#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "store/file.h"

enum {
	MAGIC_BYTES = 8,
	SALT_BYTES = VAULT_BACKUP_SALT_BYTES,
	STREAM_BYTES = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
	ID_AT = MAGIC_BYTES + KEYFILE_BYTES,
	SALT_AT = ID_AT + VAULT_DATABASE_ID_BYTES,
	STREAM_AT = SALT_AT + SALT_BYTES,
	HEADER_BYTES = STREAM_AT + STREAM_BYTES,
	CHUNK_BYTES = 64 * 1024, /* of what stands in it */
	SEALED_BYTES = CHUNK_BYTES + crypto_secretstream_xchacha20poly1305_ABYTES,
	STEP_BYTES = 1024 * 1024,
};

static const char MAGIC[] = "RELVBAK1", MAGIC_ANY_VERSION[] = "RELVBAK";

/* What must not be swapped out. */
struct secrets {
	uint8_t database_key[VAULT_KEY_BYTES]; /* of a reader */
	uint8_t key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
	crypto_secretstream_xchacha20poly1305_state stream;
};

static struct secrets *secrets_new(void)
{
	if (sodium_init() < 0)
		return NULL;
	struct secrets *secrets = sodium_malloc(sizeof(*secrets));
	if (secrets)
		memset(secrets, 0, sizeof(*secrets));
	return secrets;
}

/* Only what the vault sealed can be found damaged here. */
static bool is_damaged(const struct vault *vault, enum store_table table, struct span key, struct span value,
        struct buf *scratch)
{
	if (vault_is_readable_row(table, key))
		return false;
	bool damaged = vault_unseal(vault, table, key, value, scratch) != 0;
	mem_wipe(scratch->data, scratch->size);
	return damaged;
}

/* --- Writing ----------------------------------------------------------------------------------------------- */

struct backup_writer {
	struct secrets *secrets;
	char *path, *temporary;
	int fd;
	bool published;
	struct store_txn *txn;
	const struct vault *vault;
	uint8_t header[HEADER_BYTES]; /* bound to the first chunk */
	bool header_bound;
	enum store_table table; /* the next row: the first from `from` on */
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1];
	size_t from_bytes;
	struct buf plain, scratch;
	struct backup_counts counts;
};

/* The row after the last one; ERR_NOTFOUND past the last table. */
static int next_row(struct backup_writer *writer, struct span *key, struct span *value)
{
	for (;;) {
		int result = store_seek(writer->txn, writer->table, STORE_FIRST_FROM,
		        span_of(writer->from, writer->from_bytes), key, value);
		if (result != ERR_NOTFOUND || writer->table + 1 == STORE_TABLE_COUNT)
			return result;
		writer->table++;
		writer->from[0] = 0;
		writer->from_bytes = 1;
	}
}

static int write_bytes(struct backup_writer *writer, struct span bytes)
{
	writer->counts.bytes += bytes.size;
	return file_write_all(writer->fd, bytes);
}

static int write_chunk(struct backup_writer *writer, size_t size, uint8_t tag)
{
	uint8_t sealed[SEALED_BYTES];
	unsigned long long sealed_bytes;
	crypto_secretstream_xchacha20poly1305_push(&writer->secrets->stream, sealed, &sealed_bytes,
	        writer->plain.data, size, writer->header, writer->header_bound ? 0 : HEADER_BYTES, tag);
	writer->header_bound = true;
	mem_wipe(writer->plain.data, size);
	buf_drop_front(&writer->plain, size);
	return write_bytes(writer, span_of(sealed, (size_t)sealed_bytes));
}

static int write_full_chunks(struct backup_writer *writer)
{
	int result = 0;
	while (!result && writer->plain.size > CHUNK_BYTES) /* the last one is never empty */
		result = write_chunk(writer, CHUNK_BYTES, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
	return result;
}

static int finish(struct backup_writer *writer)
{
	backup_end_put(&writer->plain, writer->counts.rows);
	int result = write_full_chunks(writer);
	if (!result)
		result = write_chunk(
		        writer, writer->plain.size, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
	if (!result && fsync(writer->fd) != 0)
		result = file_error(errno);
	if (!result)
		result = file_publish(writer->temporary, writer->path);
	writer->published = !result;
	return result;
}

static int write_row(struct backup_writer *writer, struct span key, struct span value)
{
	backup_row_put(&writer->plain, writer->table, key, value);
	writer->counts.rows++;
	writer->counts.damaged += is_damaged(writer->vault, writer->table, key, value, &writer->scratch);
	memcpy(writer->from, key.data, key.size);
	writer->from[key.size] = 0;
	writer->from_bytes = key.size + 1;
	return write_full_chunks(writer);
}

int backup_writer_step(struct backup_writer *writer)
{
	const uint64_t until = writer->counts.bytes + STEP_BYTES;
	while (writer->counts.bytes < until) {
		struct span key, value;
		int result = next_row(writer, &key, &value);
		if (result == ERR_NOTFOUND)
			return finish(writer);
		if (!result)
			result = write_row(writer, key, value);
		if (result)
			return result;
	}
	return 1;
}

static int write_header(struct backup_writer *writer, struct span keyfile, const struct env *env)
{
	uint8_t *header = writer->header;
	memcpy(header, MAGIC, MAGIC_BYTES);
	memcpy(header + MAGIC_BYTES, keyfile.data, KEYFILE_BYTES);
	memcpy(header + ID_AT, vault_database_id(writer->vault), VAULT_DATABASE_ID_BYTES);
	env_random_bytes(env, header + SALT_AT, SALT_BYTES);
	vault_backup_key(writer->vault, header + SALT_AT, writer->secrets->key);
	crypto_secretstream_xchacha20poly1305_init_push(
	        &writer->secrets->stream, header + STREAM_AT, writer->secrets->key);
	return write_bytes(writer, span_of(header, HEADER_BYTES));
}

static int begin_file(struct backup_writer *writer)
{
	struct stat there;
	if (lstat(writer->path, &there) == 0)
		return ERR_EXISTS;
	/* What has this name was left by a program that was killed; or others may write in this folder, and one of them waits for what comes. */
	unlink(writer->temporary);
	writer->fd = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return writer->fd >= 0 ? 0 : errno == EEXIST ? ERR_DENIED : file_error(errno);
}

static int begin(struct backup_writer *writer, struct store *store, struct span keyfile,
        const struct backup_about *about, const struct env *env)
{
	struct store_usage usage;
	struct keyfile_cost cost;
	int result = keyfile_cost_of(keyfile, &cost); /* one that nobody could open again is not copied */
	if (!result)
		result = store_usage(store, &usage);
	if (!result)
		result = begin_file(writer);
	if (!result)
		result = store_begin(store, false, &writer->txn);
	if (!result)
		result = write_header(writer, keyfile, env);
	if (result)
		return result;
	writer->counts.bytes_expected = usage.used_bytes;
	backup_about_put(&writer->plain, about);
	return 0;
}

int backup_writer_new(const char *path, struct store *store, const struct vault *vault, struct span keyfile,
        const struct backup_about *about, const struct env *env, struct backup_writer **out)
{
	struct secrets *secrets = secrets_new();
	if (!secrets)
		return ERR_FULL;
	struct backup_writer *writer = mem_zero(1, sizeof(*writer));
	writer->secrets = secrets;
	writer->fd = -1;
	writer->vault = vault;
	writer->path = mem_text(span_text(path));
	writer->temporary = file_beside(path);
	writer->from_bytes = 1;
	int result = begin(writer, store, keyfile, about, env);
	if (result)
		backup_writer_free(writer);
	else
		*out = writer;
	return result;
}

struct backup_counts backup_writer_counts(const struct backup_writer *writer)
{
	return writer->counts;
}

void backup_writer_free(struct backup_writer *writer)
{
	if (!writer)
		return;
	if (writer->txn)
		store_abort(writer->txn);
	if (writer->fd >= 0)
		close(writer->fd);
	if (writer->fd >= 0 && !writer->published)
		unlink(writer->temporary);
	sodium_free(writer->secrets);
	buf_wipe(&writer->plain);
	buf_wipe(&writer->scratch);
	mem_free(writer->path);
	mem_free(writer->temporary);
	mem_free(writer);
}

/* --- Reading ----------------------------------------------------------------------------------------------- */

struct backup_reader {
	struct secrets *secrets;
	struct vault *vault; /* opens rows to see whether they are good */
	int fd;
	uint8_t header[HEADER_BYTES];
	bool header_bound;
	struct backup_rows rows;
	struct backup_counts counts;
	struct buf scratch;
	uint8_t *sealed, *plain; /* a chunk each */
	backup_row row; /* of the step under way */
	void *context;
};

/* As many bytes as there are, up to `size`. */
static int read_bytes(struct backup_reader *reader, uint8_t *out, size_t size, size_t *got)
{
	int result = file_read_some(reader->fd, out, size, got);
	reader->counts.bytes += *got;
	return result;
}

static int open_file(struct backup_reader *reader, const char *path)
{
	struct stat file;
	reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (reader->fd < 0 || fstat(reader->fd, &file) != 0)
		return file_error(errno);
	if (!S_ISREG(file.st_mode))
		return ERR_INVALID;
	reader->counts.bytes_expected = (uint64_t)file.st_size;
	return reader->counts.bytes_expected > BACKUP_BYTES_MAX ? ERR_TOOBIG : 0;
}

static int read_header(struct backup_reader *reader)
{
	size_t got;
	int result = read_bytes(reader, reader->header, HEADER_BYTES, &got);
	if (result)
		return result;
	if (got < MAGIC_BYTES || memcmp(reader->header, MAGIC_ANY_VERSION, MAGIC_BYTES - 1) != 0)
		return ERR_MALFORMED;
	if (memcmp(reader->header, MAGIC, MAGIC_BYTES) != 0)
		return ERR_VERSION;
	return got < HEADER_BYTES ? ERR_TRUNCATED : 0;
}

static int open_keys(struct backup_reader *reader, struct span passphrase)
{
	struct secrets *secrets = reader->secrets;
	int result = keyfile_decode(backup_reader_keyfile(reader), passphrase, secrets->database_key);
	if (!result)
		result = vault_new_reading(secrets->database_key, reader->header + ID_AT, &reader->vault);
	if (result)
		return result;
	vault_backup_key(reader->vault, reader->header + SALT_AT, secrets->key);
	int refused = crypto_secretstream_xchacha20poly1305_init_pull(
	        &secrets->stream, reader->header + STREAM_AT, secrets->key);
	return refused ? ERR_BADSEAL : 0;
}

int backup_reader_open(const char *path, struct span passphrase, struct backup_reader **out)
{
	struct secrets *secrets = secrets_new();
	if (!secrets)
		return ERR_FULL;
	struct backup_reader *reader = mem_zero(1, sizeof(*reader));
	reader->secrets = secrets;
	reader->sealed = mem_alloc(SEALED_BYTES);
	reader->plain = mem_alloc(CHUNK_BYTES);
	int result = open_file(reader, path);
	if (!result)
		result = read_header(reader);
	if (!result)
		result = open_keys(reader, passphrase);
	if (result)
		backup_reader_free(reader);
	else
		*out = reader;
	return result;
}

static int on_row(void *context, enum store_table table, struct span key, struct span value)
{
	struct backup_reader *reader = context;
	reader->counts.rows++;
	reader->counts.damaged += is_damaged(reader->vault, table, key, value, &reader->scratch);
	return reader->row(reader->context, table, key, value);
}

static int at_end(struct backup_reader *reader)
{
	uint8_t more;
	size_t got;
	int result = read_bytes(reader, &more, 1, &got);
	return result ? result : got || !reader->rows.ended ? ERR_MALFORMED : 0;
}

int backup_reader_step(struct backup_reader *reader, backup_row row, void *context)
{
	size_t got;
	uint8_t tag = 0;
	unsigned long long plain_bytes;
	int result = read_bytes(reader, reader->sealed, SEALED_BYTES, &got);
	if (result)
		return result;
	if (got == 0)
		return ERR_TRUNCATED;
	if (crypto_secretstream_xchacha20poly1305_pull(&reader->secrets->stream, reader->plain, &plain_bytes,
	            &tag, reader->sealed, got, reader->header, reader->header_bound ? 0 : HEADER_BYTES) != 0)
		return ERR_BADSEAL;
	reader->header_bound = true;
	reader->row = row;
	reader->context = context;
	result = backup_rows_feed(&reader->rows, span_of(reader->plain, (size_t)plain_bytes), on_row, reader);
	mem_wipe(reader->plain, (size_t)plain_bytes);
	if (result)
		return result;
	return tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL ? at_end(reader) : 1;
}

struct backup_counts backup_reader_counts(const struct backup_reader *reader)
{
	return reader->counts;
}

const struct backup_about *backup_reader_about(const struct backup_reader *reader)
{
	return reader->rows.begun ? &reader->rows.about : NULL;
}

struct span backup_reader_keyfile(const struct backup_reader *reader)
{
	return span_of(reader->header + MAGIC_BYTES, KEYFILE_BYTES);
}

const uint8_t *backup_reader_key(const struct backup_reader *reader)
{
	return reader->secrets->database_key;
}

void backup_reader_free(struct backup_reader *reader)
{
	if (!reader)
		return;
	if (reader->fd >= 0)
		close(reader->fd);
	vault_free(reader->vault);
	sodium_free(reader->secrets);
	backup_rows_close(&reader->rows);
	buf_wipe(&reader->scratch);
	mem_free(reader->sealed);
	mem_free(reader->plain);
	mem_free(reader);
}
