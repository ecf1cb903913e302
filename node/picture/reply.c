#include "node/picture/reply.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

enum { REPLY_VERSION = 1 };

/* What picture_make() says no for; a number of anything else is an answer from nobody. */
static const int refusals[] = {0, ERR_TOOBIG, ERR_UNSUPPORTED, ERR_MALFORMED, ERR_DENIED};
enum { REFUSALS = sizeof(refusals) / sizeof(*refusals) };

void picture_reply_encode(int result, const struct picture *picture, struct buf *out)
{
	uint8_t which = 0;
	while (which < REFUSALS && refusals[which] != result)
		which++;
	wire_put_u8(out, REPLY_VERSION);
	wire_put_u8(out, which);
	if (result)
		return;
	wire_put_u8(out, (uint8_t)picture->form);
	wire_put_varint(out, picture->width);
	wire_put_varint(out, picture->height);
	wire_put_blob(out, buf_span(&picture->thumbnail));
	wire_put_blob(out, buf_span(&picture->bytes));
}

static bool is_sound(const struct picture *picture, uint64_t width, uint64_t height, struct span bytes)
{
	return picture->form != PICTURE_NONE && picture_form(bytes) == picture->form && bytes.size > 0 &&
	        width <= INT32_MAX && height <= INT32_MAX;
}

int picture_reply_decode(struct span bytes, struct picture *out)
{
	struct wire_in in = wire_begin(bytes);
	*out = (struct picture){0};
	const uint8_t version = wire_u8(&in), which = wire_u8(&in);
	if (in.error || version != REPLY_VERSION || which >= REFUSALS)
		return ERR_MALFORMED;
	if (which)
		return wire_end(&in) ? ERR_MALFORMED : refusals[which];
	const uint8_t form = wire_u8(&in);
	const uint64_t width = wire_varint(&in), height = wire_varint(&in);
	const struct span thumbnail = wire_blob(&in, LIMIT_THUMBNAIL_BYTES);
	const struct span kept = wire_blob(&in, LIMIT_BLOB_BYTES);
	out->form = form <= PICTURE_PDF ? (enum picture_form)form : PICTURE_NONE;
	if (wire_end(&in) || !is_sound(out, width, height, kept))
		return ERR_MALFORMED;
	out->width = (uint32_t)width;
	out->height = (uint32_t)height;
	buf_add_span(&out->thumbnail, thumbnail);
	buf_add_span(&out->bytes, kept);
	return 0;
}
