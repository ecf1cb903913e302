#include "node/picture/picture.h"

#include <assert.h>
#include <string.h>

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

void picture_close(struct picture *picture)
{
	buf_wipe(&picture->bytes);
	buf_wipe(&picture->thumbnail);
}
