#include "store/vault.h"

#include <assert.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

enum {
	FORMAT = 1, /* of sealed values */
	DATABASE_PLAIN = 1, /* formats of a database: names follow from its key, */
	DATABASE_NAMED = 2, /* or stand in a row */
	NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	NONCE_AT = 1 + 8,
	PREFIX_BYTES = NONCE_AT + NONCE_BYTES,
	POOL_NONCES = 64, /* drawn at once: one system call for 64 rows */
	AD_BYTES_MAX = 12 + VAULT_DATABASE_ID_BYTES + 1 + LIMIT_STORE_KEY_BYTES + 8,
};

/* Row versions are handed out in sessions of this many, so that only the session's number must be durable. */
static const uint64_t SESSION_VERSIONS = (uint64_t)1 << 32;

static const char ROW_DOMAIN[] = "releve row 1", SEAL_DOMAIN[] = "releve vault seal 1",
                  NAME_DOMAIN[] = "releve vault name 1", BACKUP_DOMAIN[] = "releve vault backup 1";
static const char DATABASE_ROW[] = "database", VERSIONS_ROW[] = "versions", NAMES_ROW[] = "names",
                  INCARNATION_ROW[] = "incarnation";

/* In one page of locked memory. */
struct vault {
	uint8_t seal_key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
	uint8_t name_key[crypto_generichash_KEYBYTES];
	uint8_t backup_key[crypto_generichash_KEYBYTES];
	uint8_t database_id[VAULT_DATABASE_ID_BYTES];
	const struct env *env;
	uint64_t next_version, end_version; /* of this session */
	bool reserved; /* end_version is durable */
	bool named; /* the names' key stands in a row */
	uint8_t nonces[POOL_NONCES * NONCE_BYTES];
	unsigned nonces_left;
};

static_assert(VAULT_OVERHEAD_BYTES == PREFIX_BYTES + TAG_BYTES, "the header names the size of the format");
static_assert(sizeof(ROW_DOMAIN) - 1 == 12, "AD_BYTES_MAX counts the domain");

static void derive(uint8_t out[32], const uint8_t key[VAULT_KEY_BYTES], const char *domain, const uint8_t *id)
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, key, VAULT_KEY_BYTES, 32);
	crypto_generichash_update(&state, (const uint8_t *)domain, strlen(domain));
	crypto_generichash_update(&state, id, VAULT_DATABASE_ID_BYTES);
	crypto_generichash_final(&state, out, 32);
	sodium_memzero(&state, sizeof(state));
}

/* --- One row ----------------------------------------------------------------------------------------------- */

static size_t associate(const struct vault *vault, enum store_table table, struct span key,
        const uint8_t version[8], uint8_t out[AD_BYTES_MAX])
{
	uint8_t *at = out;
	memcpy(at, ROW_DOMAIN, sizeof(ROW_DOMAIN) - 1);
	at += sizeof(ROW_DOMAIN) - 1;
	memcpy(at, vault->database_id, VAULT_DATABASE_ID_BYTES);
	at += VAULT_DATABASE_ID_BYTES;
	*at++ = (uint8_t)table;
	memcpy(at, key.data, key.size);
	at += key.size;
	memcpy(at, version, 8);
	return (size_t)(at + 8 - out);
}

static void draw_nonce(struct vault *vault, uint8_t out[NONCE_BYTES])
{
	if (vault->nonces_left == 0) {
		env_random_bytes(vault->env, vault->nonces, sizeof(vault->nonces));
		vault->nonces_left = POOL_NONCES;
	}
	memcpy(out, vault->nonces + --vault->nonces_left * NONCE_BYTES, NONCE_BYTES);
}

/* `out` has room for VAULT_OVERHEAD_BYTES more than the value, and holds the nonce in its place. */
static void seal_with_nonce(const struct vault *vault, uint64_t version, enum store_table table,
        struct span key, struct span value, uint8_t *out)
{
	uint8_t ad[AD_BYTES_MAX];
	*out = FORMAT;
	for (unsigned i = 0; i < 8; i++)
		out[1 + i] = (uint8_t)(version >> (8 * i));
	size_t ad_bytes = associate(vault, table, key, out + 1, ad);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + PREFIX_BYTES, NULL, value.data, value.size, ad,
	        ad_bytes, NULL, out + NONCE_AT, vault->seal_key);
}

static void seal(struct vault *vault, uint64_t version, enum store_table table, struct span key,
        struct span value, uint8_t *out)
{
	draw_nonce(vault, out + NONCE_AT);
	seal_with_nonce(vault, version, table, key, value, out);
}

int vault_unseal(const struct vault *vault, enum store_table table, struct span key, struct span sealed,
        struct buf *out)
{
	uint8_t ad[AD_BYTES_MAX];
	buf_clear(out);
	if (key.size > LIMIT_STORE_KEY_BYTES || sealed.size > LIMIT_STORE_VALUE_BYTES)
		return ERR_TOOBIG;
	if (key.size == 0 || sealed.size < VAULT_OVERHEAD_BYTES || sealed.data[0] != FORMAT)
		return ERR_BADSEAL;
	size_t ad_bytes = associate(vault, table, key, sealed.data + 1, ad);
	uint8_t *plain = buf_extend(out, sealed.size - VAULT_OVERHEAD_BYTES);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed.data + PREFIX_BYTES,
	            sealed.size - PREFIX_BYTES, ad, ad_bytes, sealed.data + NONCE_AT, vault->seal_key) == 0)
		return 0;
	buf_clear(out);
	return ERR_BADSEAL;
}

uint64_t vault_row_version(struct span sealed)
{
	struct wire_in in = wire_begin(span_sub(sealed, 1, 8));
	return wire_u64(&in);
}

void vault_name(
        const struct vault *vault, uint8_t out[VAULT_NAME_BYTES], enum store_table table, struct span name)
{
	crypto_generichash_state state;
	uint8_t byte = (uint8_t)table;
	crypto_generichash_init(&state, vault->name_key, sizeof(vault->name_key), VAULT_NAME_BYTES);
	crypto_generichash_update(&state, &byte, 1);
	crypto_generichash_update(&state, name.data, name.size);
	crypto_generichash_final(&state, out, VAULT_NAME_BYTES);
}

/* --- Versions ---------------------------------------------------------------------------------------------- */

/* The row that holds the end of the session's versions, sealed under the last version of them. */
enum { VERSIONS_VALUE_BYTES = 8, VERSIONS_SEALED_BYTES = VAULT_OVERHEAD_BYTES + VERSIONS_VALUE_BYTES };

static void seal_versions(struct vault *vault, uint8_t out[VERSIONS_SEALED_BYTES])
{
	uint8_t value[VERSIONS_VALUE_BYTES];
	for (unsigned i = 0; i < 8; i++)
		value[i] = (uint8_t)(vault->end_version >> (8 * i));
	seal(vault, vault->end_version - 1, STORE_META, span_text(VERSIONS_ROW),
	        span_of(value, sizeof(value)), out);
}

static int check_row(struct span key, struct span value)
{
	if (key.size == 0)
		return ERR_INVALID;
	return key.size > LIMIT_STORE_KEY_BYTES || value.size > LIMIT_STORE_VALUE_BYTES - VAULT_OVERHEAD_BYTES
	        ? ERR_TOOBIG
	        : 0;
}

/* The last version of a session is that of the row that reserves them. */
static int take_versions(struct vault *vault, uint32_t count, uint64_t *first)
{
	if (vault->end_version - vault->next_version <= count)
		return ERR_FULL;
	*first = vault->next_version;
	vault->next_version += count;
	return 0;
}

void vault_written(struct vault *vault)
{
	vault->reserved = true;
}

/* --- Many rows --------------------------------------------------------------------------------------------- */

int vault_get(const struct vault *vault, struct store_txn *txn, enum store_table table, struct span key,
        struct buf *out)
{
	struct span sealed;
	buf_clear(out);
	int err = store_get(txn, table, key, &sealed);
	return err ? err : vault_unseal(vault, table, key, sealed, out);
}

static void reserve_in_batch(struct vault *vault, struct store_batch *batch)
{
	uint8_t *sealed;
	if (vault->reserved || batch->reserves)
		return;
	int err = store_batch_put_room(
	        batch, STORE_META, span_text(VERSIONS_ROW), VERSIONS_SEALED_BYTES, &sealed);
	assert(!err);
	seal_versions(vault, sealed);
	batch->reserves = true;
}

int vault_batch_put(struct vault *vault, struct store_batch *batch, enum store_table table, struct span key,
        struct span value)
{
	uint64_t version;
	uint8_t *sealed;
	int err = check_row(key, value);
	if (!err)
		err = take_versions(vault, 1, &version);
	if (!err)
		reserve_in_batch(vault, batch);
	if (!err)
		err = store_batch_put_room(batch, table, key, value.size + VAULT_OVERHEAD_BYTES, &sealed);
	if (!err)
		seal(vault, version, table, key, value, sealed);
	return err;
}

int vault_put(struct vault *vault, struct store_txn *txn, enum store_table table, struct span key,
        struct span value)
{
	uint64_t version;
	int err = check_row(key, value);
	if (!err)
		err = take_versions(vault, 1, &version);
	if (!err && !vault->reserved) {
		uint8_t sealed[VERSIONS_SEALED_BYTES];
		seal_versions(vault, sealed);
		err = store_put(txn, STORE_META, span_text(VERSIONS_ROW), span_of(sealed, sizeof(sealed)));
	}
	if (err)
		return err;
	uint8_t *sealed = mem_alloc(value.size + VAULT_OVERHEAD_BYTES);
	seal(vault, version, table, key, value, sealed);
	err = store_put(txn, table, key, span_of(sealed, value.size + VAULT_OVERHEAD_BYTES));
	mem_free(sealed);
	return err;
}

int vault_remove(struct vault *vault, struct store_txn *txn, enum store_table table, struct span key)
{
	(void)vault;
	return store_remove(txn, table, key);
}

int vault_batch_remove(
        struct vault *vault, struct store_batch *batch, enum store_table table, struct span key)
{
	(void)vault;
	return store_batch_remove(batch, table, key);
}

/* --- Rows sealed by another thread ------------------------------------------------------------------------- */

/* Each draw is a stream of its own under the lease's key. */
static void lease_random(void *context, void *out, size_t size)
{
	struct vault_lease *lease = context;
	uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
	_Static_assert(sizeof(nonce) == sizeof(lease->draw_count), "a draw is named by its number");
	for (unsigned i = 0; i < sizeof(nonce); i++)
		nonce[i] = (uint8_t)(lease->draw_count >> (8 * i));
	lease->draw_count++;
	crypto_stream_chacha20(out, size, nonce, lease->seed);
}

int vault_lease_begin(
        struct vault *vault, struct store_batch *batch, uint32_t row_count, struct vault_lease *lease)
{
	_Static_assert(
	        sizeof(lease->seed) == crypto_stream_chacha20_KEYBYTES, "the seed is the stream's key");
	*lease = (struct vault_lease){
	        .vault = vault, .env = {.random_bytes = lease_random, .context = lease}};
	int err = take_versions(vault, row_count, &lease->next_version);
	if (err)
		return err;
	lease->end_version = lease->next_version + row_count;
	env_random_bytes(vault->env, lease->seed, sizeof(lease->seed));
	reserve_in_batch(vault, batch);
	return 0;
}

void vault_lease_end(struct vault_lease *lease)
{
	mem_wipe(lease, sizeof(*lease));
}

int vault_lease_put(struct vault_lease *lease, struct store_batch *batch, enum store_table table,
        struct span key, struct span value)
{
	uint8_t *sealed;
	assert(lease->next_version < lease->end_version);
	int err = check_row(key, value);
	if (!err)
		err = store_batch_put_room(batch, table, key, value.size + VAULT_OVERHEAD_BYTES, &sealed);
	if (err)
		return err;
	env_random_bytes(&lease->env, sealed + NONCE_AT, NONCE_BYTES);
	seal_with_nonce(lease->vault, lease->next_version++, table, key, value, sealed);
	return 0;
}

/* --- Opening ----------------------------------------------------------------------------------------------- */

/* The one readable row: format u8, database id. */
enum { DATABASE_ROW_BYTES = 1 + VAULT_DATABASE_ID_BYTES };

static int read_database_row(struct vault *vault, struct store_txn *txn)
{
	struct span value;
	int err = store_get(txn, STORE_META, span_text(DATABASE_ROW), &value);
	if (err)
		return err;
	if (value.size == 0)
		return ERR_CORRUPT;
	if (value.data[0] != DATABASE_PLAIN && value.data[0] != DATABASE_NAMED)
		return ERR_VERSION;
	if (value.size != DATABASE_ROW_BYTES)
		return ERR_CORRUPT;
	vault->named = value.data[0] == DATABASE_NAMED;
	memcpy(vault->database_id, value.data + 1, VAULT_DATABASE_ID_BYTES);
	return 0;
}

static void start_session(struct vault *vault, uint64_t first_version)
{
	vault->next_version = first_version;
	vault->end_version = first_version + SESSION_VERSIONS;
}

int vault_versions_end(const struct vault *vault, struct store_txn *txn, uint64_t *end)
{
	struct buf value = {0};
	int err = vault_get(vault, txn, STORE_META, span_text(VERSIONS_ROW), &value);
	if (err == ERR_NOTFOUND)
		err = ERR_CORRUPT;
	if (!err) {
		struct wire_in in = wire_begin(buf_span(&value));
		*end = wire_u64(&in);
		err = wire_end(&in) || *end > UINT64_MAX - 2 * SESSION_VERSIONS ? ERR_CORRUPT : 0;
	}
	buf_close(&value);
	return err;
}

static int read_versions(struct vault *vault, struct store_txn *txn)
{
	uint64_t first;
	int err = vault_versions_end(vault, txn, &first);
	if (!err)
		start_session(vault, first);
	return err;
}

/* After another key only; it replaces the key that derive_all() made. */
static int read_names(struct vault *vault, struct store_txn *txn)
{
	struct buf value = {0};
	int err = vault_get(vault, txn, STORE_META, span_text(NAMES_ROW), &value);
	if (!err && value.size == sizeof(vault->name_key))
		memcpy(vault->name_key, value.data, sizeof(vault->name_key));
	else if (!err || err == ERR_NOTFOUND)
		err = ERR_CORRUPT;
	buf_wipe(&value);
	return err;
}

static int put_names(struct vault *vault, struct store_txn *txn)
{
	return vault_put(vault, txn, STORE_META, span_text(NAMES_ROW),
	        span_of(vault->name_key, sizeof(vault->name_key)));
}

/* The rows of a new database. */
static int create(struct vault *vault, struct store *store, uint64_t first_version)
{
	struct store_txn *txn;
	uint8_t row[DATABASE_ROW_BYTES] = {vault->named ? DATABASE_NAMED : DATABASE_PLAIN},
	        sealed[VERSIONS_SEALED_BYTES];
	int err = store_begin(store, true, &txn);
	if (err)
		return err;
	memcpy(row + 1, vault->database_id, VAULT_DATABASE_ID_BYTES);
	start_session(vault, first_version);
	seal_versions(vault, sealed);
	err = store_put(txn, STORE_META, span_text(DATABASE_ROW), span_of(row, sizeof(row)));
	if (!err)
		err = store_put(txn, STORE_META, span_text(VERSIONS_ROW), span_of(sealed, sizeof(sealed)));
	if (!err && vault->named)
		err = put_names(vault, txn);
	if (!err)
		err = store_commit(txn);
	else
		store_abort(txn);
	vault->reserved = !err;
	return err;
}

static void derive_all(struct vault *vault, const uint8_t key[VAULT_KEY_BYTES])
{
	derive(vault->seal_key, key, SEAL_DOMAIN, vault->database_id);
	derive(vault->name_key, key, NAME_DOMAIN, vault->database_id);
	derive(vault->backup_key, key, BACKUP_DOMAIN, vault->database_id);
}

/* NULL: the limit of locked memory. */
static struct vault *empty(const struct env *env)
{
	struct vault *vault = sodium_malloc(sizeof(*vault));
	if (!vault)
		return NULL;
	memset(vault, 0, sizeof(*vault));
	vault->env = env;
	return vault;
}

int vault_new_reading(const uint8_t key[VAULT_KEY_BYTES], const uint8_t database_id[VAULT_DATABASE_ID_BYTES],
        struct vault **out)
{
	if (sodium_init() < 0)
		return ERR_INTERNAL;
	struct vault *vault = empty(NULL);
	if (!vault)
		return ERR_FULL;
	memcpy(vault->database_id, database_id, sizeof(vault->database_id));
	derive_all(vault, key);
	*out = vault;
	return 0;
}

void vault_backup_key(const struct vault *vault, const uint8_t salt[VAULT_BACKUP_SALT_BYTES], uint8_t out[32])
{
	crypto_generichash(
	        out, 32, salt, VAULT_BACKUP_SALT_BYTES, vault->backup_key, sizeof(vault->backup_key));
}

int vault_new(
        struct store *store, const uint8_t key[VAULT_KEY_BYTES], const struct env *env, struct vault **out)
{
	struct store_txn *txn;
	struct span versions;
	*out = NULL;
	if (sodium_init() < 0)
		return ERR_INTERNAL;
	int err = store_begin(store, false, &txn);
	if (err)
		return err;
	struct vault *vault = empty(env);
	if (!vault) {
		store_abort(txn);
		return ERR_FULL;
	}
	err = read_database_row(vault, txn);
	bool fresh = err == ERR_NOTFOUND;
	if (fresh && store_get(txn, STORE_META, span_text(VERSIONS_ROW), &versions) != ERR_NOTFOUND) {
		fresh = false; /* its rows could never be opened again under another id */
		err = ERR_CORRUPT;
	}
	if (fresh)
		env_random_bytes(env, vault->database_id, sizeof(vault->database_id));
	if (!err || fresh)
		derive_all(vault, key);
	if (!err)
		err = read_versions(vault, txn);
	if (!err && vault->named)
		err = read_names(vault, txn);
	store_abort(txn);
	if (fresh)
		err = create(vault, store, 1);
	if (err) {
		vault_free(vault);
		return err;
	}
	*out = vault;
	return 0;
}

int vault_new_after(const struct vault *old, struct store *from, struct store *to,
        const uint8_t key[VAULT_KEY_BYTES], const struct env *env, struct vault **out)
{
	struct store_txn *txn;
	uint64_t first;
	*out = NULL;
	int err = store_begin(from, false, &txn);
	if (err)
		return err;
	err = vault_versions_end(old, txn, &first);
	store_abort(txn);
	if (err)
		return err;
	struct vault *vault = empty(env);
	if (!vault)
		return ERR_FULL;
	memcpy(vault->database_id, old->database_id, sizeof(vault->database_id));
	derive_all(vault, key);
	memcpy(vault->name_key, old->name_key, sizeof(vault->name_key));
	vault->named = true;
	err = create(vault, to, first);
	if (err)
		vault_free(vault);
	else
		*out = vault;
	return err;
}

static bool is_row(enum store_table table, struct span key, const char *name)
{
	return table == STORE_META && span_eq(key, span_text(name));
}

bool vault_is_own_row(enum store_table table, struct span key)
{
	return is_row(table, key, DATABASE_ROW) || is_row(table, key, VERSIONS_ROW) ||
	        is_row(table, key, NAMES_ROW);
}

bool vault_is_readable_row(enum store_table table, struct span key)
{
	return is_row(table, key, DATABASE_ROW) || is_row(table, key, INCARNATION_ROW);
}

void vault_free(struct vault *vault)
{
	sodium_free(vault);
}

const uint8_t *vault_database_id(const struct vault *vault)
{
	return vault->database_id;
}
