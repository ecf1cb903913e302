#include "node/photo_row.h"

#include "crdt/base/err.h"
#include "crdt/base/wire.h"

enum { ABOUT_VERSION = 1, CARRIED_VERSION = 2, MANIFEST_BYTES_MAX = 16 * 1024 };

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

void photo_carried_encode(const struct blob_known *blob, struct span note, struct buf *out)
{
	wire_put_u8(out, CARRIED_VERSION);
	buf_add(out, blob->author.bytes, sizeof(blob->author.bytes));
	buf_add_span(out, note);
}

static int decode_about(
        struct wire_in *in, struct arena *arena, struct blob_known *out, struct blob_manifest *manifest)
{
	wire_raw(in, out->dossier.bytes, sizeof(out->dossier.bytes));
	wire_raw(in, out->author.bytes, sizeof(out->author.bytes));
	out->hlc = wire_u64(in);
	const struct span bytes = wire_blob(in, MANIFEST_BYTES_MAX);
	return wire_end(in) || blob_manifest_decode(manifest, bytes, arena) ? ERR_CORRUPT : 0;
}

static int decode_carried(
        struct wire_in *in, struct arena *arena, struct blob_known *out, struct blob_manifest *manifest)
{
	wire_raw(in, out->author.bytes, sizeof(out->author.bytes));
	const struct span note = wire_span(in, wire_left(in));
	out->is_carried = out->is_stored = true;
	return in->error || blob_note_decode(manifest, &out->hlc, note, arena) ? ERR_CORRUPT : 0;
}

int photo_about_decode(
        struct span row, struct arena *arena, struct blob_known *out, struct blob_manifest *manifest)
{
	struct wire_in in = wire_begin(row);
	const uint8_t version = wire_u8(&in);
	*out = (struct blob_known){0};
	if (version != ABOUT_VERSION && version != CARRIED_VERSION)
		return row.size ? ERR_VERSION : ERR_CORRUPT;
	int result = version == ABOUT_VERSION ? decode_about(&in, arena, out, manifest)
	                                      : decode_carried(&in, arena, out, manifest);
	if (result)
		return result;
	out->chunk_count = blob_chunk_count(manifest->size_bytes);
	out->is_named = manifest->version == BLOB_VERSION;
	out->epoch = manifest->epoch;
	out->name = manifest->dossier;
	blob_address(&out->address, manifest);
	return 0;
}
