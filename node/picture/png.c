/* Chunks of a PNG file (ISO/IEC 15948, clause 5). Checksums and what is inside are libpng's affair (pixels.c). */
#include "node/picture/form.h"

#include <string.h>

#include "crdt/base/err.h"

enum { MAGIC_BYTES = 8, HEAD_BYTES = 8, CHECKSUM_BYTES = 4, IHDR_BYTES = 13 };

struct kept {
	char type[5];
	uint32_t size_max;
};

/* What pictures are shown by, at sizes with which nothing else is carried along. */
static const struct kept KEPT[] = {{"IHDR", IHDR_BYTES}, {"PLTE", 768}, {"IDAT", UINT32_MAX}, {"IEND", 0},
        {"tRNS", 256}, {"gAMA", 4}, {"cHRM", 32}, {"sRGB", 1}, {"sBIT", 4}, {"pHYs", 9}};

static uint32_t u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static const struct kept *kept(const uint8_t *type)
{
	for (size_t i = 0; i < sizeof(KEPT) / sizeof(*KEPT); i++)
		if (memcmp(KEPT[i].type, type, 4) == 0)
			return &KEPT[i];
	return NULL;
}

static int measure(const uint8_t *content, uint32_t size, struct picture_size *out)
{
	if (size != IHDR_BYTES)
		return ERR_MALFORMED;
	out->width = u32(content);
	out->height = u32(content + 4);
	return out->width && out->height && out->width <= INT32_MAX && out->height <= INT32_MAX
	        ? 0
	        : ERR_MALFORMED;
}

int picture_clean_png(struct span bytes, struct buf *out, struct picture_size *size)
{
	struct span in = span_sub(bytes, MAGIC_BYTES, bytes.size - MAGIC_BYTES);
	size->orientation = 1;
	buf_add(out, bytes.data, MAGIC_BYTES);
	for (bool is_first = true;; is_first = false) {
		if (in.size < HEAD_BYTES + CHECKSUM_BYTES)
			return ERR_TRUNCATED;
		const uint32_t content = u32(in.data);
		const uint8_t *type = in.data + 4;
		if (content > in.size - HEAD_BYTES - CHECKSUM_BYTES)
			return ERR_TRUNCATED;
		const struct kept *row = kept(type);
		const bool is_header = row == &KEPT[0];
		if (is_header != is_first)
			return ERR_MALFORMED;
		if (is_header && measure(in.data + HEAD_BYTES, content, size))
			return ERR_MALFORMED;
		if (row && content > row->size_max)
			return ERR_MALFORMED;
		if (!row && !(type[0] & 0x20)) /* critical: without it the picture is another one */
			return ERR_UNSUPPORTED;
		const size_t whole = HEAD_BYTES + (size_t)content + CHECKSUM_BYTES;
		if (row)
			buf_add(out, in.data, whole);
		if (memcmp(type, "IEND", 4) == 0)
			return 0;
		in = span_sub(in, whole, in.size - whole);
	}
}
