/* What the process that looks at a file answers, should the file have taken it over. */
#include <assert.h>

#include "crdt/base/limits.h"
#include "node/picture/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct picture picture;
	struct buf again = {0};
	int result = picture_reply_decode(span_of(data, size), &picture);
	if (result == 0) {
		assert(picture.bytes.size > 0 && picture.bytes.size <= LIMIT_BLOB_BYTES);
		assert(picture.thumbnail.size <= LIMIT_THUMBNAIL_BYTES);
		assert(picture_media_type(picture.form));
		picture_reply_encode(0, &picture, &again);
		assert(span_eq(buf_span(&again), span_of(data, size)));
	}
	picture_close(&picture);
	buf_close(&again);
	return 0;
}
