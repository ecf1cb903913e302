#include "node/keyring/pack.h"

#include <assert.h>
#include <string.h>
#include <zstd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "node/keyring/body_dict.h"

enum {
	LEVEL_ENTRIES = 3,
	CLASS_STEP_MIN = 16,
	CLASS_FLAT_BYTES = 512, /* up to here the step stays CLASS_STEP_MIN */
	CLASS_PARTS = 16,
	FRAME_START_BYTES = 5,
	HEADER_BYTES_MAX = 5, /* codec and the varint of at most LIMIT_PACK_RAW_BYTES */
};

/* Magic number and the frame header descriptor that our parameters give. */
static const uint8_t FRAME_START[FRAME_START_BYTES] = {0x28, 0xb5, 0x2f, 0xfd, 0x00};

/* Our own parameters and our own dictionary: zstd refuses only when memory is out. */
static void must(size_t result)
{
	assert(!ZSTD_isError(result));
	(void)result;
}

void body_codec_init(struct body_codec *codec)
{
	*codec = (struct body_codec){0};
}

/* Each half is made when it is first needed: a start only inflates, and the thread that commits only compresses. */
static void need_compressor(struct body_codec *codec)
{
	struct span dict = body_dict_v1();
	if (codec->compress)
		return;
	codec->compress = ZSTD_createCCtx();
	codec->compress_dict = ZSTD_createCDict(
	        dict.data, dict.size, codec->level ? codec->level : LEVEL_ENTRIES);
	assert(codec->compress && codec->compress_dict);
	must(ZSTD_CCtx_setParameter(codec->compress, ZSTD_c_contentSizeFlag, 0));
	must(ZSTD_CCtx_setParameter(codec->compress, ZSTD_c_checksumFlag, 0));
	must(ZSTD_CCtx_setParameter(codec->compress, ZSTD_c_dictIDFlag, 0));
	must(ZSTD_CCtx_refCDict(codec->compress, codec->compress_dict));
}

static void need_inflater(struct body_codec *codec)
{
	struct span dict = body_dict_v1();
	if (codec->inflate)
		return;
	codec->inflate = ZSTD_createDCtx();
	codec->inflate_dict = ZSTD_createDDict(dict.data, dict.size);
	assert(codec->inflate && codec->inflate_dict);
	must(ZSTD_DCtx_refDDict(codec->inflate, codec->inflate_dict));
}

void body_codec_close(struct body_codec *codec)
{
	ZSTD_freeCCtx(codec->compress);
	ZSTD_freeDCtx(codec->inflate);
	ZSTD_freeCDict(codec->compress_dict);
	ZSTD_freeDDict(codec->inflate_dict);
	buf_wipe(&codec->packed);
	buf_wipe(&codec->raw);
	*codec = (struct body_codec){0};
}

size_t pack_class(size_t size)
{
	size_t step = CLASS_STEP_MIN;
	/* the power of two below `size` is CLASS_PARTS steps */
	if (size > CLASS_FLAT_BYTES)
		step = ((size_t)1 << (63 - __builtin_clzll((unsigned long long)size - 1))) / CLASS_PARTS;
	return (size + step - 1) / step * step;
}

static size_t put_header(uint8_t out[HEADER_BYTES_MAX], enum pack_codec kind, size_t raw_bytes)
{
	size_t size = 0;
	out[size++] = (uint8_t)kind;
	for (; raw_bytes > 127; raw_bytes >>= 7)
		out[size++] = (uint8_t)(raw_bytes | 128);
	out[size++] = (uint8_t)raw_bytes;
	return size;
}

/* The frame is written where its constant start is then overwritten by the end of the header: nothing is moved. */
int pack_make(struct body_codec *codec, struct span raw, size_t packed_max, struct span *out)
{
	_Static_assert((int)HEADER_BYTES_MAX <= (int)FRAME_START_BYTES,
	        "the header takes the place of the frame's start");
	uint8_t header[HEADER_BYTES_MAX];
	if (raw.size > LIMIT_PACK_RAW_BYTES)
		return ERR_TOOBIG;
	size_t bound = ZSTD_compressBound(raw.size) + FRAME_START_BYTES;
	need_compressor(codec);
	buf_clear(&codec->packed);
	uint8_t *frame = buf_extend(&codec->packed, pack_class(bound));
	size_t frame_bytes = ZSTD_compress2(codec->compress, frame, bound, raw.data, raw.size);
	must(frame_bytes);
	size_t payload_bytes = frame_bytes - FRAME_START_BYTES;
	enum pack_codec kind = payload_bytes < raw.size ? PACK_ZSTD_1 : PACK_RAW;
	if (kind == PACK_ZSTD_1) {
		assert(memcmp(frame, FRAME_START, FRAME_START_BYTES) == 0);
	} else {
		payload_bytes = raw.size;
		if (raw.size)
			memcpy(frame + FRAME_START_BYTES, raw.data, raw.size);
	}
	size_t header_bytes = put_header(header, kind, raw.size), used = header_bytes + payload_bytes;
	uint8_t *start = frame + FRAME_START_BYTES - header_bytes;
	memcpy(start, header, header_bytes);
	size_t packed_bytes = pack_class(used);
	if (packed_bytes > packed_max)
		return ERR_TOOBIG;
	memset(start + used, 0, packed_bytes - used);
	*out = span_of(start, packed_bytes);
	return 0;
}

uint8_t *pack_room(struct body_codec *codec, size_t size)
{
	buf_clear(&codec->packed);
	return buf_extend(&codec->packed, FRAME_START_BYTES + size) + FRAME_START_BYTES;
}

static bool all_zero(struct span bytes)
{
	uint8_t seen = 0;
	for (size_t i = 0; i < bytes.size; i++)
		seen |= bytes.data[i];
	return seen == 0;
}

/* Inflates the frame whose start is put back over what came before it. *payload_bytes: where the frame ends. */
static int inflate(
        struct body_codec *codec, uint8_t *payload, size_t left, size_t raw_bytes, size_t *payload_bytes)
{
	uint8_t *frame = payload - FRAME_START_BYTES;
	memcpy(frame, FRAME_START, FRAME_START_BYTES);
	size_t frame_bytes = ZSTD_findFrameCompressedSize(frame, left + FRAME_START_BYTES);
	if (ZSTD_isError(frame_bytes) || frame_bytes - FRAME_START_BYTES >= raw_bytes)
		return ERR_MALFORMED;
	need_inflater(codec);
	buf_clear(&codec->raw);
	uint8_t *raw = buf_extend(&codec->raw, raw_bytes);
	size_t got = ZSTD_decompressDCtx(codec->inflate, raw, raw_bytes, frame, frame_bytes);
	if (ZSTD_isError(got) || got != raw_bytes)
		return ERR_MALFORMED;
	*payload_bytes = frame_bytes - FRAME_START_BYTES;
	return 0;
}

int pack_open(struct body_codec *codec, size_t size, struct span *raw)
{
	uint8_t *packed = codec->packed.data + FRAME_START_BYTES;
	struct wire_in in = wire_begin(span_of(packed, size));
	uint8_t kind = wire_u8(&in);
	uint64_t raw_bytes = wire_varint(&in);
	if (in.error)
		return in.error;
	if (kind != PACK_RAW && kind != PACK_ZSTD_1)
		return ERR_VERSION;
	if (raw_bytes > LIMIT_PACK_RAW_BYTES)
		return ERR_TOOBIG;
	size_t header_bytes = size - wire_left(&in), payload_bytes = (size_t)raw_bytes;
	if (kind == PACK_ZSTD_1) {
		int error = inflate(
		        codec, packed + header_bytes, wire_left(&in), (size_t)raw_bytes, &payload_bytes);
		if (error)
			return error;
	} else if (payload_bytes > wire_left(&in)) {
		return ERR_TRUNCATED;
	}
	size_t used = header_bytes + payload_bytes;
	if (pack_class(used) != size || !all_zero(span_of(packed + used, size - used)))
		return ERR_MALFORMED;
	*raw = kind == PACK_ZSTD_1 ? buf_span(&codec->raw) : span_of(packed + header_bytes, payload_bytes);
	return 0;
}
