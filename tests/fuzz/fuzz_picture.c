/* What is kept of any bytes is kept again as it is, and within the limits. */
#include <assert.h>
#include <string.h>

#include "crdt/base/limits.h"
#include "node/picture/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct picture picture, again;
	if (picture_make(span_of(data, size), &picture) == 0) {
		assert(picture.thumbnail.size <= LIMIT_THUMBNAIL_BYTES);
		assert(picture_make(buf_span(&picture.bytes), &again) == 0);
		/* A PDF is written by a library, in an order of its own. */
		if (picture.form != PICTURE_PDF)
			assert(span_eq(buf_span(&again.bytes), buf_span(&picture.bytes)));
		assert(again.width == picture.width && again.height == picture.height);
		picture_close(&again);
	}
	picture_close(&picture);
	return 0;
}
