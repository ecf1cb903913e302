#include "node/keyring/blob.h"

#include <assert.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

static const char ID_DOMAIN[] = "releve blob id 1", KEY_DOMAIN[] = "releve blob key 1",
                  AD_DOMAIN[] = "releve blob 1", CHUNK_DOMAIN[] = "releve blob chunk 1",
                  ADDRESS_DOMAIN[] = "releve blob address 1";

enum { AD_BYTES = sizeof(AD_DOMAIN) - 1 + sizeof(struct blob_id) + 4 };

uint32_t blob_chunk_count(uint64_t size_bytes)
{
	assert(size_bytes <= LIMIT_BLOB_BYTES);
	return (uint32_t)((size_bytes + BLOB_PLAIN_BYTES - 1) / BLOB_PLAIN_BYTES);
}

void blob_identify(struct blob_id *out, const struct dossier_secret *secret, struct span plain)
{
	secret_derive(out->bytes, secret->bytes, ID_DOMAIN, plain.data, plain.size);
}

static bool fits(uint64_t size_bytes, struct span media_type)
{
	if (size_bytes == 0 || size_bytes > LIMIT_BLOB_BYTES)
		return false;
	if (media_type.size == 0 || media_type.size > LIMIT_MEDIA_TYPE_BYTES)
		return false;
	for (size_t i = 0; i < media_type.size; i++)
		if (media_type.data[i] <= ' ' || media_type.data[i] > '~')
			return false;
	return true;
}

int blob_manifest_encode(const struct blob_manifest *manifest, struct buf *out)
{
	if (!fits(manifest->size_bytes, manifest->media_type))
		return ERR_INVALID;
	wire_put_u8(out, BLOB_VERSION);
	buf_add(out, manifest->id.bytes, sizeof(manifest->id.bytes));
	wire_put_blob(out, manifest->media_type);
	wire_put_varint(out, manifest->size_bytes);
	buf_add(out, manifest->chunks, blob_chunk_count(manifest->size_bytes) * sizeof(*manifest->chunks));
	return 0;
}

int blob_manifest_decode(struct blob_manifest *out, struct span bytes, struct arena *arena)
{
	struct blob_manifest manifest;
	struct wire_in in = wire_begin(bytes);
	uint8_t version = wire_u8(&in);
	wire_raw(&in, manifest.id.bytes, sizeof(manifest.id.bytes));
	if (!in.error && version != BLOB_VERSION)
		return ERR_VERSION;
	manifest.media_type = wire_blob(&in, LIMIT_MEDIA_TYPE_BYTES);
	manifest.size_bytes = wire_varint(&in);
	if (in.error)
		return in.error;
	if (manifest.size_bytes > LIMIT_BLOB_BYTES)
		return ERR_TOOBIG;
	if (!fits(manifest.size_bytes, manifest.media_type))
		return ERR_MALFORMED;
	size_t hashes_bytes = blob_chunk_count(manifest.size_bytes) * sizeof(struct blob_hash);
	struct span hashes = wire_span(&in, hashes_bytes);
	int error = wire_end(&in);
	if (error)
		return error;
	manifest.chunks = arena_copy(arena, hashes.data, hashes.size);
	*out = manifest;
	return 0;
}

void blob_address(struct blob_address *out, const struct blob_manifest *manifest)
{
	const uint32_t count = blob_chunk_count(manifest->size_bytes);
	const uint8_t encoded[4] = {
	        (uint8_t)count, (uint8_t)(count >> 8), (uint8_t)(count >> 16), (uint8_t)(count >> 24)};
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(out->bytes));
	crypto_generichash_update(&state, (const uint8_t *)ADDRESS_DOMAIN, sizeof(ADDRESS_DOMAIN) - 1);
	crypto_generichash_update(&state, encoded, sizeof(encoded));
	crypto_generichash_update(
	        &state, (const uint8_t *)manifest->chunks, count * sizeof(*manifest->chunks));
	crypto_generichash_final(&state, out->bytes, sizeof(out->bytes));
}

static void chunk_hash(struct blob_hash *out, struct span sealed)
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(out->bytes));
	crypto_generichash_update(&state, (const uint8_t *)CHUNK_DOMAIN, sizeof(CHUNK_DOMAIN) - 1);
	crypto_generichash_update(&state, sealed.data, sealed.size);
	crypto_generichash_final(&state, out->bytes, sizeof(out->bytes));
}

static void key_and_ad(uint8_t key[SECRET_BYTES], uint8_t ad[AD_BYTES], const struct dossier_secret *secret,
        const struct blob_id *id, uint32_t index)
{
	secret_derive(key, secret->bytes, KEY_DOMAIN, id->bytes, sizeof(id->bytes));
	memcpy(ad, AD_DOMAIN, sizeof(AD_DOMAIN) - 1);
	ad += sizeof(AD_DOMAIN) - 1;
	memcpy(ad, id->bytes, sizeof(id->bytes));
	for (unsigned i = 0; i < 4; i++)
		ad[sizeof(id->bytes) + i] = (uint8_t)(index >> (8 * i));
}

void blob_chunk_seal(const struct env *env, const struct dossier_secret *secret, const struct blob_id *id,
        struct span plain, uint32_t index, struct buf *out, struct blob_hash *hash)
{
	uint8_t key[SECRET_BYTES], ad[AD_BYTES];
	struct span part = span_sub(plain, (size_t)index * BLOB_PLAIN_BYTES, BLOB_PLAIN_BYTES);
	assert(part.size > 0);
	key_and_ad(key, ad, secret, id, index);
	uint8_t *sealed = buf_extend(out, part.size + AEAD_OVERHEAD_BYTES);
	aead_seal(sealed, env, key, span_of(ad, sizeof(ad)), part);
	chunk_hash(hash, span_of(sealed, part.size + AEAD_OVERHEAD_BYTES));
	mem_wipe(key, sizeof(key));
}

bool blob_chunk_is(const struct blob_manifest *manifest, uint32_t index, struct span sealed)
{
	struct blob_hash hash;
	if (index >= blob_chunk_count(manifest->size_bytes))
		return false;
	chunk_hash(&hash, sealed);
	return memcmp(hash.bytes, manifest->chunks[index].bytes, sizeof(hash.bytes)) == 0;
}

int blob_chunk_open(const struct dossier_secret *secret, const struct blob_manifest *manifest, uint32_t index,
        struct span sealed, struct buf *out)
{
	uint8_t key[SECRET_BYTES], ad[AD_BYTES];
	uint32_t count = blob_chunk_count(manifest->size_bytes);
	if (index >= count)
		return ERR_INVALID;
	size_t want = BLOB_CHUNK_BYTES, before = out->size;
	if (index == count - 1)
		want = (size_t)manifest->size_bytes - (size_t)index * BLOB_PLAIN_BYTES + AEAD_OVERHEAD_BYTES;
	if (sealed.size != want)
		return sealed.size < want ? ERR_TRUNCATED : ERR_TOOBIG;
	key_and_ad(key, ad, secret, &manifest->id, index);
	int error = aead_open(
	        buf_extend(out, want - AEAD_OVERHEAD_BYTES), key, span_of(ad, sizeof(ad)), sealed);
	mem_wipe(key, sizeof(key));
	if (error)
		out->size = before;
	return error;
}
