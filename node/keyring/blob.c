#include "node/keyring/blob.h"

#include <assert.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

static const char ID_DOMAIN[] = "releve blob id 1", KEY_DOMAIN[] = "releve blob key 1",
                  AD_DOMAIN[] = "releve blob 1", AD_DOMAIN_2[] = "releve blob 2",
                  CHUNK_DOMAIN[] = "releve blob chunk 1", ADDRESS_DOMAIN[] = "releve blob address 1",
                  ADDRESS_DOMAIN_2[] = "releve blob address 2";

enum {
	AD_BYTES = sizeof(AD_DOMAIN) - 1 + sizeof(struct blob_id) + 4,
	CHUNKS_MAX = (LIMIT_BLOB_BYTES + BLOB_PLAIN_BYTES - 1) / BLOB_PLAIN_BYTES
};

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

static void put_names(const struct blob_manifest *manifest, struct buf *out)
{
	buf_add(out, manifest->epoch.bytes, sizeof(manifest->epoch.bytes));
	buf_add(out, manifest->dossier.bytes, sizeof(manifest->dossier.bytes));
}

static void read_names(struct wire_in *in, struct blob_manifest *out)
{
	wire_raw(in, out->epoch.bytes, sizeof(out->epoch.bytes));
	wire_raw(in, out->dossier.bytes, sizeof(out->dossier.bytes));
}

int blob_manifest_encode(const struct blob_manifest *manifest, struct buf *out)
{
	if (!fits(manifest->size_bytes, manifest->media_type) ||
	        (manifest->version != BLOB_VERSION_1 && manifest->version != BLOB_VERSION))
		return ERR_INVALID;
	wire_put_u8(out, manifest->version);
	buf_add(out, manifest->id.bytes, sizeof(manifest->id.bytes));
	if (manifest->version == BLOB_VERSION)
		put_names(manifest, out);
	wire_put_blob(out, manifest->media_type);
	wire_put_varint(out, manifest->size_bytes);
	buf_add(out, manifest->chunks, blob_chunk_count(manifest->size_bytes) * sizeof(*manifest->chunks));
	return 0;
}

int blob_manifest_decode(struct blob_manifest *out, struct span bytes, struct arena *arena)
{
	struct blob_manifest manifest = {0};
	struct wire_in in = wire_begin(bytes);
	manifest.version = wire_u8(&in);
	if (!in.error && manifest.version != BLOB_VERSION_1 && manifest.version != BLOB_VERSION)
		return ERR_VERSION;
	wire_raw(&in, manifest.id.bytes, sizeof(manifest.id.bytes));
	if (manifest.version == BLOB_VERSION)
		read_names(&in, &manifest);
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

void blob_note_encode(const struct blob_manifest *manifest, uint64_t hlc, struct buf *out)
{
	const uint32_t count = blob_chunk_count(manifest->size_bytes);
	assert(manifest->version == BLOB_VERSION);
	wire_put_u8(out, BLOB_NOTE_VERSION);
	wire_put_u64(out, hlc);
	put_names(manifest, out);
	wire_put_varint(out, count);
	buf_add(out, manifest->chunks, count * sizeof(*manifest->chunks));
}

int blob_note_decode(struct blob_manifest *out, uint64_t *hlc, struct span bytes, struct arena *arena)
{
	struct blob_manifest manifest = {.version = BLOB_VERSION};
	struct wire_in in = wire_begin(bytes);
	const uint8_t version = wire_u8(&in);
	if (!in.error && version != BLOB_NOTE_VERSION)
		return ERR_VERSION;
	*hlc = wire_u64(&in);
	read_names(&in, &manifest);
	const uint32_t count = wire_count(&in, CHUNKS_MAX, sizeof(struct blob_hash));
	const struct span hashes = wire_span(&in, count * sizeof(struct blob_hash));
	int error = wire_end(&in);
	if (error || count == 0)
		return error ? error : ERR_MALFORMED;
	manifest.size_bytes = (uint64_t)count * BLOB_PLAIN_BYTES;
	manifest.chunks = arena_copy(arena, hashes.data, hashes.size);
	*out = manifest;
	return 0;
}

void blob_address(struct blob_address *out, const struct blob_manifest *manifest)
{
	const uint32_t count = blob_chunk_count(manifest->size_bytes);
	const bool is_named = manifest->version == BLOB_VERSION;
	struct buf head = {0};
	crypto_generichash_state state;
	buf_add_span(&head, is_named ? span_text(ADDRESS_DOMAIN_2) : span_text(ADDRESS_DOMAIN));
	if (is_named)
		put_names(manifest, &head);
	wire_put_u32(&head, count);
	crypto_generichash_init(&state, NULL, 0, sizeof(out->bytes));
	crypto_generichash_update(&state, head.data, head.size);
	crypto_generichash_update(
	        &state, (const uint8_t *)manifest->chunks, count * sizeof(*manifest->chunks));
	crypto_generichash_final(&state, out->bytes, sizeof(out->bytes));
	buf_close(&head);
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
        const struct blob_manifest *manifest, uint32_t index)
{
	const struct blob_id *id = &manifest->id;
	const size_t domain_bytes = sizeof(AD_DOMAIN) - 1;
	secret_derive(key, secret->bytes, KEY_DOMAIN, id->bytes, sizeof(id->bytes));
	memcpy(ad, manifest->version == BLOB_VERSION ? AD_DOMAIN_2 : AD_DOMAIN, domain_bytes);
	ad += domain_bytes;
	memcpy(ad, id->bytes, sizeof(id->bytes));
	for (unsigned i = 0; i < 4; i++)
		ad[sizeof(id->bytes) + i] = (uint8_t)(index >> (8 * i));
}

/* Of a chunk's plaintext: what belongs to the picture, and all of it. */
static size_t part_bytes(uint64_t size_bytes, uint32_t index)
{
	const uint64_t left = size_bytes - (uint64_t)index * BLOB_PLAIN_BYTES;
	return left < BLOB_PLAIN_BYTES ? (size_t)left : BLOB_PLAIN_BYTES;
}

static size_t plain_bytes(const struct blob_manifest *manifest, uint32_t index)
{
	return manifest->version == BLOB_VERSION ? BLOB_PLAIN_BYTES : part_bytes(manifest->size_bytes, index);
}

void blob_chunk_seal(const struct env *env, const struct dossier_secret *secret,
        const struct blob_manifest *manifest, struct span plain, uint32_t index, struct buf *out,
        struct blob_hash *hash)
{
	uint8_t key[SECRET_BYTES], ad[AD_BYTES];
	struct span part = span_sub(plain, (size_t)index * BLOB_PLAIN_BYTES, BLOB_PLAIN_BYTES);
	struct buf padded = {0};
	assert(part.size > 0 && plain.size == manifest->size_bytes);
	buf_add_span(&padded, part);
	const size_t pad = plain_bytes(manifest, index) - part.size;
	if (pad)
		memset(buf_extend(&padded, pad), 0, pad);
	key_and_ad(key, ad, secret, manifest, index);
	uint8_t *sealed = buf_extend(out, padded.size + AEAD_OVERHEAD_BYTES);
	aead_seal(sealed, env, key, span_of(ad, sizeof(ad)), buf_span(&padded));
	chunk_hash(hash, span_of(sealed, padded.size + AEAD_OVERHEAD_BYTES));
	mem_wipe(key, sizeof(key));
	buf_wipe(&padded);
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
	const size_t before = out->size;
	if (index >= blob_chunk_count(manifest->size_bytes))
		return ERR_INVALID;
	const size_t plain = plain_bytes(manifest, index), part = part_bytes(manifest->size_bytes, index);
	if (sealed.size != plain + AEAD_OVERHEAD_BYTES)
		return sealed.size < plain + AEAD_OVERHEAD_BYTES ? ERR_TRUNCATED : ERR_TOOBIG;
	key_and_ad(key, ad, secret, manifest, index);
	int error = aead_open(buf_extend(out, plain), key, span_of(ad, sizeof(ad)), sealed);
	mem_wipe(key, sizeof(key));
	if (error == 0 && !sodium_is_zero(out->data + before + part, plain - part))
		error = ERR_MALFORMED;
	out->size = error ? before : before + part;
	return error;
}
