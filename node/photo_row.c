#include "node/photo_row.h"

#include "crdt/base/err.h"
#include "crdt/base/wire.h"

enum { ABOUT_VERSION = 1, MANIFEST_BYTES_MAX = 16 * 1024 };

void photo_key(const struct vault *vault, const struct blob_address *address, uint32_t number,
        uint8_t out[PHOTO_KEY_BYTES])
{
	vault_name(vault, out, STORE_BLOB, span_of(address->bytes, sizeof(address->bytes)));
	for (unsigned i = 0; i < 4; i++)
		out[VAULT_NAME_BYTES + i] = (uint8_t)(number >> (24 - 8 * i));
}

void photo_about_encode(const struct blob_known *blob, struct span manifest, struct buf *out)
{
	wire_put_u8(out, ABOUT_VERSION);
	buf_add(out, blob->dossier.bytes, sizeof(blob->dossier.bytes));
	buf_add(out, blob->author.bytes, sizeof(blob->author.bytes));
	wire_put_u64(out, blob->hlc);
	wire_put_blob(out, manifest);
}

int photo_about_decode(
        struct span row, struct arena *arena, struct blob_known *out, struct blob_manifest *manifest)
{
	struct wire_in in = wire_begin(row);
	*out = (struct blob_known){0};
	if (wire_u8(&in) != ABOUT_VERSION)
		return row.size ? ERR_VERSION : ERR_CORRUPT;
	wire_raw(&in, out->dossier.bytes, sizeof(out->dossier.bytes));
	wire_raw(&in, out->author.bytes, sizeof(out->author.bytes));
	out->hlc = wire_u64(&in);
	const struct span bytes = wire_blob(&in, MANIFEST_BYTES_MAX);
	if (wire_end(&in) || blob_manifest_decode(manifest, bytes, arena))
		return ERR_CORRUPT;
	out->chunk_count = blob_chunk_count(manifest->size_bytes);
	blob_address(&out->address, manifest);
	return 0;
}
