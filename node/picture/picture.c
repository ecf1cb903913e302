#include "node/picture/form.h"

#include <assert.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

enum { PDF_TAIL_BYTES = 1024 };

static bool begins(struct span bytes, const char *magic, size_t size)
{
	return bytes.size >= size && memcmp(bytes.data, magic, size) == 0;
}

enum picture_form picture_form(struct span bytes)
{
	if (begins(bytes, "\xff\xd8\xff", 3))
		return PICTURE_JPEG;
	if (begins(bytes, "\x89PNG\r\n\x1a\n", 8))
		return PICTURE_PNG;
	return begins(bytes, "%PDF-", 5) ? PICTURE_PDF : PICTURE_NONE;
}

const char *picture_media_type(enum picture_form form)
{
	static const char *const types[] = {[PICTURE_JPEG] = "image/jpeg",
	        [PICTURE_PNG] = "image/png",
	        [PICTURE_PDF] = "application/pdf"};
	assert(form > PICTURE_NONE && form <= PICTURE_PDF);
	return types[form];
}

static int keep_pdf(struct span bytes, struct picture *out)
{
	const size_t tail = bytes.size < PDF_TAIL_BYTES ? bytes.size : PDF_TAIL_BYTES;
	if (!memmem(bytes.data + bytes.size - tail, tail, "%%EOF", 5))
		return ERR_MALFORMED;
	buf_add_span(&out->bytes, bytes);
	return 0;
}

static bool fits(const struct picture_size *size, uint64_t pixels_max)
{
	return (uint64_t)size->width * size->height <= pixels_max;
}

/* Orientations from 5 on lie on their side. */
static void measure(struct picture *out, const struct picture_size *size)
{
	const bool is_turned = size->orientation >= 5;
	out->width = is_turned ? size->height : size->width;
	out->height = is_turned ? size->width : size->height;
}

static int keep_image(struct span bytes, struct picture *out)
{
	const bool is_png = out->form == PICTURE_PNG;
	struct picture_pixels pixels = {0};
	struct picture_size size = {.orientation = 1};
	int result = is_png ? picture_clean_png(bytes, &out->bytes, &size)
	                    : picture_clean_jpeg(bytes, &out->bytes, &size);
	if (result == 0 && !fits(&size, is_png ? LIMIT_PICTURE_PIXELS / 3 : LIMIT_PICTURE_PIXELS))
		result = ERR_TOOBIG;
	if (result == 0)
		result = is_png ? picture_decode_png(buf_span(&out->bytes), &size, &pixels)
		                : picture_decode_jpeg(buf_span(&out->bytes), &pixels);
	if (result == 0)
		result = picture_thumbnail(&pixels, size.orientation, &out->thumbnail);
	buf_wipe(&pixels.rgb);
	measure(out, &size);
	return result;
}

int picture_make(struct span bytes, struct picture *out)
{
	*out = (struct picture){.form = picture_form(bytes)};
	if (bytes.size > LIMIT_BLOB_BYTES)
		return ERR_TOOBIG;
	switch (out->form) {
	case PICTURE_JPEG:
	case PICTURE_PNG:
		return keep_image(bytes, out);
	case PICTURE_PDF:
		return keep_pdf(bytes, out);
	case PICTURE_NONE:
		break;
	}
	return ERR_UNSUPPORTED;
}

void picture_close(struct picture *picture)
{
	buf_wipe(&picture->bytes);
	buf_wipe(&picture->thumbnail);
}
