/*
 * releve-picture: looks at one file and makes it fit to be kept (README.md, "The helper"). It gets the bytes on its standard input and answers on its standard output; it is told
 * nothing else, holds no key, and confines itself before it reads the first byte.
 */
#include <sodium.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/picture/reply.h"
#include "node/picture/sandbox.h"

static int read_all(struct buf *out)
{
	enum { PIECE_BYTES = 256 * 1024 };
	ssize_t got = 1;
	while (got > 0 && out->size <= LIMIT_BLOB_BYTES) {
		const size_t before = out->size;
		got = read(STDIN_FILENO, buf_extend(out, PIECE_BYTES), PIECE_BYTES);
		out->size = before + (got > 0 ? (size_t)got : 0);
	}
	if (got < 0)
		return ERR_IO;
	return got > 0 ? ERR_TOOBIG : 0;
}

static int write_all(struct span bytes)
{
	while (bytes.size) {
		const ssize_t done = write(STDOUT_FILENO, bytes.data, bytes.size);
		if (done <= 0)
			return ERR_IO;
		bytes = span_sub(bytes, (size_t)done, SIZE_MAX);
	}
	return 0;
}

int main(void)
{
	struct buf bytes = {0}, reply = {0};
	struct picture picture = {0};
	if (sodium_init() < 0 || picture_confine())
		_exit(1);
	int result = read_all(&bytes);
	if (result == 0)
		result = picture_make(buf_span(&bytes), &picture);
	picture_reply_encode(result, &picture, &reply);
	_exit(write_all(buf_span(&reply)) ? 1 : 0);
}
