#include <assert.h>

#include "crdt/base/err.h"
#include "tools/floor_own.h"
#include "tools/train.h"

enum { HASH_BYTES = 32 };

void floor_sealer_init(struct floor_sealer *sealer, struct buf dictionary)
{
	*sealer = (struct floor_sealer){.dictionary = dictionary};
	sealer->compress_with = ZSTD_createCDict(dictionary.data, dictionary.size, TRAIN_LEVEL);
	sealer->inflate_with = ZSTD_createDDict(dictionary.data, dictionary.size);
	sealer->compress = ZSTD_createCCtx();
	sealer->inflate = ZSTD_createDCtx();
	/* They fail for want of memory only. */
	assert(sealer->compress_with && sealer->inflate_with && sealer->compress && sealer->inflate);
}

void floor_sealer_close(struct floor_sealer *sealer)
{
	ZSTD_freeCDict(sealer->compress_with);
	ZSTD_freeDDict(sealer->inflate_with);
	ZSTD_freeCCtx(sealer->compress);
	ZSTD_freeDCtx(sealer->inflate);
	buf_close(&sealer->dictionary);
	mem_wipe(sealer, sizeof(*sealer));
}

size_t floor_seal(
        struct floor_sealer *sealer, uint8_t *out, struct span record, enum floor_signature signature)
{
	uint8_t body[FLOOR_BODY_BYTES_MAX], hash[HASH_BYTES];
	unsigned long long sealed_bytes;
	assert(record.size <= FLOOR_RECORD_BYTES_MAX);
	size_t body_bytes = ZSTD_compress_usingCDict(
	        sealer->compress, body, sizeof(body), record.data, record.size, sealer->compress_with);
	assert(!ZSTD_isError(body_bytes));
	randombytes_buf(out, FLOOR_NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
	        out + FLOOR_NONCE_BYTES, &sealed_bytes, body, body_bytes, NULL, 0, NULL, out, sealer->key);
	size_t size = FLOOR_NONCE_BYTES + (size_t)sealed_bytes;
	crypto_generichash(hash, sizeof(hash), out, size, NULL, 0);
	if (signature == FLOOR_UNSIGNED)
		return size;
	crypto_sign_detached(out + size, NULL, hash, sizeof(hash), sealer->secret_key);
	return size + crypto_sign_BYTES;
}

int floor_unseal(struct floor_sealer *sealer, uint8_t *out, size_t *out_bytes, struct span sealed,
        enum floor_signature signature)
{
	uint8_t body[FLOOR_BODY_BYTES_MAX], hash[HASH_BYTES];
	size_t signature_bytes = signature == FLOOR_UNSIGNED ? 0 : crypto_sign_BYTES;
	unsigned long long body_bytes;
	if (sealed.size < FLOOR_NONCE_BYTES + FLOOR_TAG_BYTES + signature_bytes)
		return ERR_TRUNCATED;
	size_t size = sealed.size - signature_bytes;
	if (size - FLOOR_NONCE_BYTES - FLOOR_TAG_BYTES > sizeof(body))
		return ERR_TOOBIG;
	crypto_generichash(hash, sizeof(hash), sealed.data, size, NULL, 0);
	if (signature == FLOOR_SIGNED &&
	        crypto_sign_verify_detached(sealed.data + size, hash, sizeof(hash), sealer->public_key))
		return ERR_BADSIG;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(body, &body_bytes, NULL,
	            sealed.data + FLOOR_NONCE_BYTES, size - FLOOR_NONCE_BYTES, NULL, 0, sealed.data,
	            sealer->key))
		return ERR_BADSEAL;
	size_t inflated = ZSTD_decompress_usingDDict(
	        sealer->inflate, out, FLOOR_RECORD_BYTES_MAX, body, (size_t)body_bytes, sealer->inflate_with);
	if (ZSTD_isError(inflated))
		return ERR_MALFORMED;
	*out_bytes = inflated;
	return 0;
}
