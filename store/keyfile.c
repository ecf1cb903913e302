#include "store/keyfile.h"

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
	SEALED_BYTES = KEYFILE_KEY_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
	CHECKSUM_BYTES = 16,
	MEMORY_KIB_MIN = 8, /* libsodium refuses less */
	MEMORY_KIB_MAX = LIMIT_KEYFILE_MEMORY_BYTES / 1024,
};

static const char MAGIC[] = "RELVKEY1", MAGIC_ANY_VERSION[] = "RELVKEY";

const struct keyfile_cost KEYFILE_COST_DEFAULT = {
        crypto_pwhash_argon2id_OPSLIMIT_MODERATE, crypto_pwhash_argon2id_MEMLIMIT_MODERATE / 1024};
const struct keyfile_cost KEYFILE_COST_TEST = {crypto_pwhash_argon2id_OPSLIMIT_MIN, MEMORY_KIB_MIN};

/* A file taken apart; the spans borrow from it. */
struct parts {
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
	if (bytes.size < MAGIC_BYTES || memcmp(bytes.data, MAGIC_ANY_VERSION, MAGIC_BYTES - 1) != 0)
		return ERR_MALFORMED;
	if (memcmp(bytes.data, MAGIC, MAGIC_BYTES) != 0)
		return ERR_VERSION;
	if (bytes.size != KEYFILE_BYTES)
		return ERR_MALFORMED;
	struct span summed = span_sub(bytes, 0, KEYFILE_BYTES - CHECKSUM_BYTES);
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
	out->sealed = wire_span(&in, SEALED_BYTES);
	int err = wire_end(&in);
	return err ? err : cost_is_bounded(out->cost) ? 0 : ERR_TOOBIG;
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

/* The key that wraps the key, in locked memory that the caller frees with sodium_free(). */
static int derive(struct span passphrase, struct keyfile_cost cost, struct span salt, uint8_t **out)
{
	int err = check_passphrase(passphrase);
	if (err)
		return err;
	if (sodium_init() < 0)
		return ERR_INTERNAL;
	uint8_t *wrapper = sodium_malloc(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
	if (wrapper &&
	        crypto_pwhash(wrapper, crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	                (const char *)passphrase.data, passphrase.size, salt.data, cost.passes,
	                (size_t)cost.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0) {
		*out = wrapper;
		return 0;
	}
	sodium_free(wrapper);
	return ERR_FULL;
}

int keyfile_encode(struct buf *out, const uint8_t key[KEYFILE_KEY_BYTES], struct span passphrase,
        struct keyfile_cost cost, const struct env *env)
{
	uint8_t salt[SALT_BYTES], nonce[NONCE_BYTES], *wrapper = NULL;
	if (!cost_is_bounded(cost))
		return ERR_INVALID;
	env_random_bytes(env, salt, sizeof(salt));
	env_random_bytes(env, nonce, sizeof(nonce));
	int err = derive(passphrase, cost, span_of(salt, sizeof(salt)), &wrapper);
	if (err)
		return err;
	buf_reserve(out, KEYFILE_BYTES);
	const size_t start = out->size;
	buf_add(out, MAGIC, MAGIC_BYTES);
	wire_put_u8(out, KDF_ARGON2ID13);
	wire_put_u32(out, cost.passes);
	wire_put_u32(out, cost.memory_kib);
	buf_add(out, salt, sizeof(salt));
	buf_add(out, nonce, sizeof(nonce));
	const size_t public_bytes = out->size - start;
	uint8_t *sealed = buf_extend(out, SEALED_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
	        sealed, NULL, key, KEYFILE_KEY_BYTES, out->data + start, public_bytes, NULL, nonce, wrapper);
	uint8_t *sum = buf_extend(out, CHECKSUM_BYTES);
	checksum(sum, span_of(out->data + start, KEYFILE_BYTES - CHECKSUM_BYTES));
	sodium_free(wrapper);
	return 0;
}

int keyfile_decode(struct span bytes, struct span passphrase, uint8_t key[KEYFILE_KEY_BYTES])
{
	struct parts parts;
	uint8_t *wrapper = NULL, opened[KEYFILE_KEY_BYTES];
	int err = split(bytes, &parts);
	if (!err)
		err = derive(passphrase, parts.cost, parts.salt, &wrapper);
	if (err)
		return err;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(opened, NULL, NULL, parts.sealed.data,
	            parts.sealed.size, parts.public.data, parts.public.size, parts.nonce.data, wrapper) == 0)
		memcpy(key, opened, sizeof(opened));
	else
		err = ERR_PASSPHRASE;
	mem_wipe(opened, sizeof(opened));
	sodium_free(wrapper);
	return err;
}

/* --- The file ---------------------------------------------------------------------------------------------- */

static int save(const char *path, int (*write)(const char *path, struct span content),
        const uint8_t key[KEYFILE_KEY_BYTES], struct span passphrase, struct keyfile_cost cost,
        const struct env *env)
{
	struct buf bytes = {0};
	int err = keyfile_encode(&bytes, key, passphrase, cost, env);
	if (!err)
		err = write(path, buf_span(&bytes));
	buf_close(&bytes);
	return err;
}

int keyfile_create(const char *path, struct span passphrase, struct keyfile_cost cost, const struct env *env,
        uint8_t key[KEYFILE_KEY_BYTES])
{
	struct buf old = {0};
	uint8_t fresh[KEYFILE_KEY_BYTES];
	int err = file_read(
	        path, KEYFILE_BYTES, &old); /* deriving takes a second: known before where possible */
	buf_close(&old);
	if (err != ERR_NOTFOUND)
		return err == 0 || err == ERR_TOOBIG ? ERR_EXISTS : err;
	env_random_bytes(env, fresh, sizeof(fresh));
	err = save(path, file_create, fresh, passphrase, cost, env);
	if (!err)
		memcpy(key, fresh, sizeof(fresh));
	mem_wipe(fresh, sizeof(fresh));
	return err;
}

int keyfile_open(const char *path, struct span passphrase, uint8_t key[KEYFILE_KEY_BYTES])
{
	struct buf bytes = {0};
	int err = file_read(path, KEYFILE_BYTES, &bytes);
	if (err == ERR_TOOBIG)
		err = ERR_MALFORMED;
	if (!err)
		err = keyfile_decode(buf_span(&bytes), passphrase, key);
	buf_close(&bytes);
	return err;
}

int keyfile_change(const char *path, struct span old_passphrase, struct span new_passphrase,
        struct keyfile_cost cost, const struct env *env)
{
	uint8_t key[KEYFILE_KEY_BYTES];
	int err = keyfile_open(path, old_passphrase, key);
	if (!err)
		err = save(path, file_replace_secret, key, new_passphrase, cost, env);
	mem_wipe(key, sizeof(key));
	return err;
}
