#include "node/bundle_volume.h"

#include "crdt/base/wire.h"
#include "node/bundle_frames.h"

/* The last chunk holds the signature, and nothing else. */
enum { SIGNATURE_CHUNKS = 1 };

int bundle_volume_begin(struct bundle_volume *volume, const struct env *env, const struct key_signer *signer,
        const struct discovery_secret *discovery, const struct bundle_recipient *recipients, size_t count,
        uint64_t bytes_max, struct buf *out)
{
	const size_t before = out->size;
	int result = bundle_begin(&volume->key, env, discovery, recipients, count, out);
	if (result)
		return result;
	for (unsigned part = 1; part <= BUNDLE_PARTS; part++)
		volume->streams[part].first = SIZE_MAX;
	volume->is_open = true;
	volume->env = env;
	volume->signer = *signer;
	memcpy(volume->digest, volume->key.head_hash, sizeof(volume->digest));
	volume->bytes_max = bytes_max;
	volume->head_bytes = out->size - before;
	volume->chunks = 0;
	return 0;
}

static void seal_chunk(struct bundle_volume *volume, enum bundle_part part, bool final, struct buf *out)
{
	struct bundle_stream *stream = &volume->streams[part];
	const struct span piece = span_sub(buf_span(&stream->bytes), 0, BUNDLE_STREAM_BYTES);
	const size_t before = out->size;
	bundle_chunk_seal(&volume->key, volume->env, volume->chunks++, final, part, piece,
	        stream->first < piece.size ? stream->first : SIZE_MAX, out);
	bundle_digest_add(volume->digest, span_of(out->data + before, out->size - before));
	buf_drop_front(&stream->bytes, piece.size);
	stream->first = SIZE_MAX; /* what is left belongs to the frame that was added last */
}

static void flush_part(struct bundle_volume *volume, enum bundle_part part, struct buf *out)
{
	while (volume->streams[part].bytes.size)
		seal_chunk(volume, part, false, out);
}

/* Membership comes before what is judged by it, and keys and tombstones before what they are about. */
static void flush_before(struct bundle_volume *volume, enum bundle_part part, struct buf *out)
{
	if (part != BUNDLE_COMMON)
		flush_part(volume, BUNDLE_COMMON, out);
	if (part != BUNDLE_COMMON && part != BUNDLE_DOSSIERS)
		flush_part(volume, BUNDLE_DOSSIERS, out);
}

/* Chunks that this volume would have with so many bytes more in a part. */
static uint64_t chunks_with(const struct bundle_volume *volume, enum bundle_part part, size_t more)
{
	uint64_t chunks = volume->chunks + SIGNATURE_CHUNKS;
	for (unsigned i = 1; i <= BUNDLE_PARTS; i++) {
		const size_t bytes = volume->streams[i].bytes.size + (i == (unsigned)part ? more : 0);
		chunks += (bytes + BUNDLE_STREAM_BYTES - 1) / BUNDLE_STREAM_BYTES;
	}
	return chunks;
}

static uint64_t chunks_max(const struct bundle_volume *volume)
{
	return volume->bytes_max ? (volume->bytes_max - volume->head_bytes) / BUNDLE_CHUNK_BYTES : UINT64_MAX;
}

bool bundle_volume_fits(const struct bundle_volume *volume, enum bundle_part part, size_t payload_bytes)
{
	return chunks_with(volume, part, payload_bytes + 1 + WIRE_VARINT_BYTES_MAX) <= chunks_max(volume);
}

void bundle_volume_put(struct bundle_volume *volume, enum bundle_part part, uint8_t type, struct span payload,
        struct buf *out)
{
	struct bundle_stream *stream = &volume->streams[part];
	if (stream->first == SIZE_MAX)
		stream->first = stream->bytes.size;
	wire_put_u8(&stream->bytes, type);
	wire_put_blob(&stream->bytes, payload);
	if (stream->bytes.size >= BUNDLE_STREAM_BYTES)
		flush_before(volume, part, out);
	while (stream->bytes.size >= BUNDLE_STREAM_BYTES)
		seal_chunk(volume, part, false, out);
}

static void put_signature(struct bundle_volume *volume)
{
	struct bundle_stream *stream = &volume->streams[BUNDLE_COMMON];
	struct entry_signature signature;
	bundle_sign(&signature, &volume->signer, volume->digest, volume->chunks + SIGNATURE_CHUNKS);
	stream->first = 0;
	wire_put_u8(&stream->bytes, BUNDLE_FRAME_SIGNED);
	wire_put_blob(&stream->bytes, span_of(signature.bytes, sizeof(signature.bytes)));
}

void bundle_volume_end(struct bundle_volume *volume, struct buf *out)
{
	static const enum bundle_part order[] = {BUNDLE_COMMON, BUNDLE_DOSSIERS, BUNDLE_TEAM, BUNDLE_CLINICAL,
	        BUNDLE_BILLING, BUNDLE_AGGREGATE, BUNDLE_MESSAGE};
	const uint64_t most = chunks_max(volume);
	uint64_t chunks = bundle_chunks_padded(chunks_with(volume, BUNDLE_COMMON, 0));
	if (chunks > most)
		chunks = most;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		flush_part(volume, order[i], out);
	while (volume->chunks + SIGNATURE_CHUNKS < chunks) /* empty ones */
		seal_chunk(volume, BUNDLE_COMMON, false, out);
	put_signature(volume);
	seal_chunk(volume, BUNDLE_COMMON, true, out);
	volume->is_open = false;
	bundle_key_wipe(&volume->key);
}

void bundle_volume_close(struct bundle_volume *volume)
{
	for (unsigned part = 1; part <= BUNDLE_PARTS; part++)
		buf_wipe(&volume->streams[part].bytes);
	bundle_key_wipe(&volume->key);
	volume->is_open = false;
}
