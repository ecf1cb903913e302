#include "node/picture/form.h"

#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

bool picture_fits(const struct picture_size *size, uint64_t pixels_max)
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
	if (result == 0 && !picture_fits(&size, is_png ? LIMIT_PICTURE_PIXELS / 3 : LIMIT_PICTURE_PIXELS))
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
	int result = ERR_UNSUPPORTED;
	switch (out->form) {
	case PICTURE_JPEG:
	case PICTURE_PNG:
		result = keep_image(bytes, out);
		break;
	case PICTURE_PDF:
		result = picture_clean_pdf(bytes, &out->bytes, &out->thumbnail);
		break;
	case PICTURE_NONE:
		break;
	}
	return result == 0 && out->bytes.size > LIMIT_BLOB_BYTES ? ERR_TOOBIG : result;
}
