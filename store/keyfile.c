#include "store/keyfile.h"

#include <assert.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "store/file.h"

enum {
	KDF_ARGON2ID13 = 2,
	MAGIC_BYTES = 8,
	SALT_BYTES = crypto_pwhash_SALTBYTES,
	NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	VERSION_AT = 7,
	ONE_KEY = '1', /* versions of the file */
	TWO_KEYS = '2',
	CHECKSUM_BYTES = 16,
	MEMORY_KIB_MIN = 8, /* libsodium refuses less */
	MEMORY_KIB_MAX = LIMIT_KEYFILE_MEMORY_BYTES / 1024,
};

static const char MAGIC[] = "RELVKEY";

const struct keyfile_cost KEYFILE_COST_DEFAULT = {
        crypto_pwhash_argon2id_OPSLIMIT_MODERATE, crypto_pwhash_argon2id_MEMLIMIT_MODERATE / 1024};
const struct keyfile_cost KEYFILE_COST_TEST = {crypto_pwhash_argon2id_OPSLIMIT_MIN, MEMORY_KIB_MIN};

static_assert(
        sizeof(((struct keyfile *)NULL)->salt) == SALT_BYTES, "the header names the size of the format");

/* A file taken apart; the spans borrow from it. */
struct parts {
	bool has_next;
	struct keyfile_cost cost;
	struct span salt, nonce, public, sealed;
};

static bool cost_is_bounded(struct keyfile_cost cost)
{
	return cost.passes >= 1 && cost.passes <= LIMIT_KEYFILE_PASSES && cost.memory_kib >= MEMORY_KIB_MIN &&
	        cost.memory_kib <= MEMORY_KIB_MAX;
}

static void checksum(uint8_t out[CHECKSUM_BYTES], struct span bytes)
{
	crypto_generichash(out, CHECKSUM_BYTES, bytes.data, bytes.size, NULL, 0);
}

static int split(struct span bytes, struct parts *out)
{
	uint8_t sum[CHECKSUM_BYTES];
	if (bytes.size < MAGIC_BYTES || memcmp(bytes.data, MAGIC, VERSION_AT) != 0)
		return ERR_MALFORMED;
	if (bytes.data[VERSION_AT] != ONE_KEY && bytes.data[VERSION_AT] != TWO_KEYS)
		return ERR_VERSION;
	out->has_next = bytes.data[VERSION_AT] == TWO_KEYS;
	if (bytes.size != (out->has_next ? KEYFILE_BYTES_MAX : KEYFILE_BYTES))
		return ERR_MALFORMED;
	struct span summed = span_sub(bytes, 0, bytes.size - CHECKSUM_BYTES);
	checksum(sum, summed);
	if (memcmp(sum, bytes.data + summed.size, CHECKSUM_BYTES) != 0)
		return ERR_CORRUPT;
	struct wire_in in = wire_begin(summed);
	wire_span(&in, MAGIC_BYTES);
	if (wire_u8(&in) != KDF_ARGON2ID13)
		return ERR_VERSION;
	out->cost.passes = wire_u32(&in);
	out->cost.memory_kib = wire_u32(&in);
	out->salt = wire_span(&in, SALT_BYTES);
	out->nonce = wire_span(&in, NONCE_BYTES);
	out->public = span_sub(bytes, 0, summed.size - wire_left(&in));
	out->sealed = wire_span(&in, wire_left(&in));
	return cost_is_bounded(out->cost) ? 0 : ERR_TOOBIG;
}

int keyfile_cost_of(struct span bytes, struct keyfile_cost *out)
{
	struct parts parts;
	int err = split(bytes, &parts);
	if (!err)
		*out = parts.cost;
	return err;
}

static int check_passphrase(struct span passphrase)
{
	if (passphrase.size == 0)
		return ERR_INVALID;
	return passphrase.size > LIMIT_PASSPHRASE_BYTES ? ERR_TOOBIG : 0;
}

/* Fills in the key that wraps. */
static int derive(struct keyfile *file, struct span passphrase)
{
	int err = check_passphrase(passphrase);
	if (err)
		return err;
	return crypto_pwhash(file->wrapper, sizeof(file->wrapper), (const char *)passphrase.data,
	               passphrase.size, file->salt, file->cost.passes, (size_t)file->cost.memory_kib * 1024,
	               crypto_pwhash_ALG_ARGON2ID13) == 0
	        ? 0
	        : ERR_FULL;
}

static int new_keyfile(struct keyfile **out)
{
	if (sodium_init() < 0)
		return ERR_INTERNAL;
	*out = sodium_malloc(sizeof(**out));
	if (!*out)
		return ERR_FULL;
	memset(*out, 0, sizeof(**out));
	return 0;
}

void keyfile_free(struct keyfile *file)
{
	sodium_free(file);
}

static void encode(const struct keyfile *file, const struct env *env, struct buf *out)
{
	uint8_t nonce[NONCE_BYTES], keys[2 * KEYFILE_KEY_BYTES];
	const size_t keys_bytes = file->has_next ? sizeof(keys) : KEYFILE_KEY_BYTES, start = out->size;
	env_random_bytes(env, nonce, sizeof(nonce));
	memcpy(keys, file->key, KEYFILE_KEY_BYTES);
	memcpy(keys + KEYFILE_KEY_BYTES, file->next, KEYFILE_KEY_BYTES);
	buf_reserve(out, KEYFILE_BYTES_MAX);
	buf_add(out, MAGIC, VERSION_AT);
	wire_put_u8(out, file->has_next ? TWO_KEYS : ONE_KEY);
	wire_put_u8(out, KDF_ARGON2ID13);
	wire_put_u32(out, file->cost.passes);
	wire_put_u32(out, file->cost.memory_kib);
	buf_add(out, file->salt, sizeof(file->salt));
	buf_add(out, nonce, sizeof(nonce));
	const size_t public_bytes = out->size - start;
	uint8_t *sealed = buf_extend(out, keys_bytes + TAG_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
	        sealed, NULL, keys, keys_bytes, out->data + start, public_bytes, NULL, nonce, file->wrapper);
	mem_wipe(keys, sizeof(keys));
	const size_t summed = out->size - start;
	uint8_t *sum = buf_extend(out, CHECKSUM_BYTES);
	checksum(sum, span_of(out->data + start, summed));
}

/* Under a passphrase of its own: sets cost, salt and wrapper. */
static int encode_under(struct keyfile *file, struct span passphrase, struct keyfile_cost cost,
        const struct env *env, struct buf *out)
{
	if (!cost_is_bounded(cost))
		return ERR_INVALID;
	file->cost = cost;
	env_random_bytes(env, file->salt, sizeof(file->salt));
	int err = derive(file, passphrase);
	if (!err)
		encode(file, env, out);
	return err;
}

int keyfile_encode(struct buf *out, const uint8_t key[KEYFILE_KEY_BYTES], struct span passphrase,
        struct keyfile_cost cost, const struct env *env)
{
	struct keyfile *file;
	int err = new_keyfile(&file);
	if (err)
		return err;
	memcpy(file->key, key, KEYFILE_KEY_BYTES);
	err = encode_under(file, passphrase, cost, env, out);
	keyfile_free(file);
	return err;
}

static int open_parts(const struct parts *parts, struct span passphrase, struct keyfile *file)
{
	uint8_t keys[2 * KEYFILE_KEY_BYTES] = {0};
	file->cost = parts->cost;
	memcpy(file->salt, parts->salt.data, sizeof(file->salt));
	int err = derive(file, passphrase);
	if (err)
		return err;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(keys, NULL, NULL, parts->sealed.data,
	            parts->sealed.size, parts->public.data, parts->public.size, parts->nonce.data,
	            file->wrapper) != 0)
		err = ERR_PASSPHRASE;
	memcpy(file->key, keys, KEYFILE_KEY_BYTES);
	memcpy(file->next, keys + KEYFILE_KEY_BYTES, KEYFILE_KEY_BYTES);
	file->has_next = parts->has_next;
	mem_wipe(keys, sizeof(keys));
	return err;
}

static int decode(struct span bytes, struct span passphrase, struct keyfile **out)
{
	struct parts parts;
	struct keyfile *file = NULL;
	int err = split(bytes, &parts);
	if (!err)
		err = new_keyfile(&file);
	if (!err)
		err = open_parts(&parts, passphrase, file);
	if (err)
		keyfile_free(file);
	else
		*out = file;
	return err;
}

int keyfile_decode(struct span bytes, struct span passphrase, uint8_t key[KEYFILE_KEY_BYTES])
{
	struct keyfile *file;
	int err = decode(bytes, passphrase, &file);
	if (err)
		return err;
	memcpy(key, file->key, KEYFILE_KEY_BYTES);
	keyfile_free(file);
	return 0;
}

/* --- The file ---------------------------------------------------------------------------------------------- */

int keyfile_store(const char *path, const struct keyfile *file, const struct env *env)
{
	struct buf bytes = {0};
	encode(file, env, &bytes);
	int err = file_replace_secret(path, buf_span(&bytes));
	buf_close(&bytes);
	return err;
}

int keyfile_create(const char *path, struct span passphrase, struct keyfile_cost cost, const struct env *env,
        uint8_t key[KEYFILE_KEY_BYTES])
{
	struct buf old = {0};
	uint8_t fresh[KEYFILE_KEY_BYTES];
	int err = file_read(
	        path, KEYFILE_BYTES_MAX, &old); /* deriving takes a second: known before where possible */
	buf_close(&old);
	if (err != ERR_NOTFOUND)
		return err == 0 || err == ERR_TOOBIG ? ERR_EXISTS : err;
	env_random_bytes(env, fresh, sizeof(fresh));
	err = keyfile_encode(&old, fresh, passphrase, cost, env);
	if (!err)
		err = file_create(path, buf_span(&old));
	buf_close(&old);
	if (!err)
		memcpy(key, fresh, sizeof(fresh));
	mem_wipe(fresh, sizeof(fresh));
	return err;
}

int keyfile_unlock(const char *path, struct span passphrase, struct keyfile **out)
{
	struct buf bytes = {0};
	*out = NULL;
	int err = file_read(path, KEYFILE_BYTES_MAX, &bytes);
	if (err == ERR_TOOBIG)
		err = ERR_MALFORMED;
	if (!err)
		err = decode(buf_span(&bytes), passphrase, out);
	buf_close(&bytes);
	return err;
}

int keyfile_open(const char *path, struct span passphrase, uint8_t key[KEYFILE_KEY_BYTES])
{
	struct keyfile *file;
	int err = keyfile_unlock(path, passphrase, &file);
	if (err)
		return err;
	memcpy(key, file->key, KEYFILE_KEY_BYTES);
	keyfile_free(file);
	return 0;
}

int keyfile_change(const char *path, struct span old_passphrase, struct span new_passphrase,
        struct keyfile_cost cost, const struct env *env)
{
	struct keyfile *file;
	struct buf bytes = {0};
	int err = keyfile_unlock(path, old_passphrase, &file);
	if (err)
		return err;
	err = encode_under(file, new_passphrase, cost, env, &bytes);
	if (!err)
		err = file_replace_secret(path, buf_span(&bytes));
	keyfile_free(file);
	buf_close(&bytes);
	return err;
}
