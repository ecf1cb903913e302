#include "crdt/path.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/mpack.h"

static void append(struct crdt_path *path, struct buf *key)
{
	assert(path->depth < LIMIT_PATH_DEPTH && key->size <= CRDT_KEY_BYTES);
	memcpy(path->bytes + path->size, key->data, key->size);
	path->size = (uint16_t)(path->size + key->size);
	path->depth++;
	buf_close(key);
}

void crdt_path_field(struct crdt_path *path, uint32_t field)
{
	if (field < 128) { /* nearly always; a positive fixint */
		assert(path->depth < LIMIT_PATH_DEPTH);
		path->bytes[path->size++] = (uint8_t)field;
		path->depth++;
		return;
	}
	struct buf key = {0};
	mpack_put_uint(&key, field);
	append(path, &key);
}

void crdt_path_text(struct crdt_path *path, struct span text)
{
	assert(text.size > 0 && text.size <= LIMIT_KEY_BYTES);
	struct buf key = {0};
	mpack_put_str(&key, text);
	append(path, &key);
}

void crdt_path_bytes(struct crdt_path *path, struct span bytes)
{
	assert(bytes.size > 0 && bytes.size <= LIMIT_KEY_BYTES);
	struct buf key = {0};
	mpack_put_bin(&key, bytes);
	append(path, &key);
}

void crdt_path_record(struct crdt_path *path, struct record_id id)
{
	crdt_path_bytes(path, span_of(id.bytes, sizeof(id.bytes)));
}

void crdt_path_element(struct crdt_path *path, const struct crdt_element *element)
{
	struct buf key = {0};
	mpack_put_array(&key, 4);
	mpack_put_bin(&key, span_of(element->op.feed.bytes, sizeof(element->op.feed.bytes)));
	mpack_put_uint(&key, element->op.seq);
	mpack_put_uint(&key, element->op.index);
	mpack_put_uint(&key, element->offset);
	append(path, &key);
}

static void read_element(struct mpack_in *in, struct crdt_element *element)
{
	if (mpack_array(in) != 4)
		mpack_fail(in, ERR_MALFORMED);
	struct span feed = mpack_bin(in);
	if (feed.size == sizeof(element->op.feed.bytes))
		memcpy(element->op.feed.bytes, feed.data, feed.size);
	else
		mpack_fail(in, ERR_MALFORMED);
	element->op.seq = mpack_uint(in, UINT32_MAX);
	element->op.index = (uint32_t)mpack_uint(in, LIMIT_CHANGE_OPS - 1);
	element->offset = (uint32_t)mpack_uint(in, UINT32_MAX);
}

static void read_key(struct mpack_in *in, struct crdt_key *key)
{
	const uint8_t *start = in->at;
	enum mpack_type type = mpack_peek(in);
	*key = (struct crdt_key){0};
	if (type == MPACK_UINT) {
		key->field = (uint32_t)mpack_uint(in, UINT32_MAX);
	} else if (type == MPACK_ARRAY) {
		key->type = CRDT_KEY_ELEMENT;
		read_element(in, &key->element);
	} else {
		key->type = type == MPACK_STR ? CRDT_KEY_TEXT : CRDT_KEY_BIN;
		key->bytes = type == MPACK_STR ? mpack_str(in) : mpack_bin(in);
		if (key->bytes.size == 0)
			mpack_fail(in, ERR_MALFORMED);
		if (key->bytes.size > LIMIT_KEY_BYTES)
			mpack_fail(in, ERR_TOOBIG);
	}
	key->encoded = span_of(start, (size_t)(in->at - start));
}

/* The size of a key that is a small field number or short bytes, as nearly all are and as read_key() would take it; 0 for others. */
static size_t plain_key_bytes(const uint8_t *at, const uint8_t *end)
{
	if (*at < 0x80)
		return 1; /* a positive fixint */
	if (*at != 0xc4 || end - at < 2)
		return 0; /* not bin 8 */
	size_t size = at[1];
	return size > 0 && size <= LIMIT_KEY_BYTES && (size_t)(end - at) >= 2 + size ? 2 + size : 0;
}

size_t crdt_path_parent(struct span path)
{
	const uint8_t *at = path.data, *end = path.data + path.size, *last = at;
	while (at < end) {
		size_t plain = plain_key_bytes(at, end);
		struct span rest = span_of(at, (size_t)(end - at));
		struct crdt_key key;
		last = at;
		if (plain)
			at += plain;
		else if (crdt_path_next(&rest, &key))
			at = rest.data;
	}
	return (size_t)(last - path.data);
}

bool crdt_path_next(struct span *path, struct crdt_key *key)
{
	if (path->size == 0)
		return false;
	struct mpack_in in = mpack_begin(*path);
	read_key(&in, key);
	assert(!in.error);
	*path = span_of(in.at, (size_t)(in.end - in.at));
	return true;
}

int crdt_path_check(struct span path)
{
	struct mpack_in in = mpack_begin(path);
	struct crdt_key key;
	uint32_t depth = 0;
	while (in.at < in.end) {
		size_t plain = plain_key_bytes(in.at, in.end);
		in.at += plain;
		if (!plain)
			read_key(&in, &key);
		if (in.error)
			return in.error;
		if (!plain && key.type == CRDT_KEY_TEXT && mpack_check(key.encoded))
			return ERR_MALFORMED; /* not UTF-8 */
		if (++depth > LIMIT_PATH_DEPTH)
			return ERR_TOOBIG;
	}
	return 0;
}
