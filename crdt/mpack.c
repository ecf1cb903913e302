#include "crdt/mpack.h"

#include <msgpack.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/nfc.h"

/* The first bytes of a value: its type, and its number (integers), length (str, bin) or count (array, map). */
struct head {
	enum mpack_type type;
	uint64_t number; /* two's complement for MPACK_NEGATIVE */
};

/* `size` is 1, 2, 4 or 8. */
static uint64_t big_endian(const uint8_t *at, size_t size)
{
	uint64_t value = at[0];
	if (size >= 2)
		value = value << 8 | at[1];
	if (size >= 4)
		value = value << 16 | (uint64_t)at[2] << 8 | at[3];
	for (size_t i = 4; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

static int fail(struct mpack_in *in, int error)
{
	mpack_fail(in, error); /* there is no earlier one: no read starts after it */
	return error;
}

/* First bytes 0xc0 to 0xdf: the type, how many bytes of number follow, and the least number that no shorter form
 * holds (for negative integers: the greatest). Type MPACK_NONE: floats, ext, never used. */
static const struct form {
	uint8_t type, size;
	int64_t bound;
} forms[32] = {
        [0x00] = {MPACK_NIL, 0, 0},
        [0x01] = {MPACK_NONE, 0, 0},
        [0x02] = {MPACK_BOOL, 0, 0},
        [0x03] = {MPACK_BOOL, 0, 0},
        [0x04] = {MPACK_BIN, 1, 0},
        [0x05] = {MPACK_BIN, 2, 256},
        [0x06] = {MPACK_BIN, 4, 65536},
        [0x07] = {MPACK_NONE, 0, 0},
        [0x08] = {MPACK_NONE, 0, 0},
        [0x09] = {MPACK_NONE, 0, 0},
        [0x0a] = {MPACK_NONE, 0, 0},
        [0x0b] = {MPACK_NONE, 0, 0},
        [0x0c] = {MPACK_UINT, 1, 128},
        [0x0d] = {MPACK_UINT, 2, 256},
        [0x0e] = {MPACK_UINT, 4, 65536},
        [0x0f] = {MPACK_UINT, 8, INT64_C(1) << 32},
        [0x10] = {MPACK_NEGATIVE, 1, -33},
        [0x11] = {MPACK_NEGATIVE, 2, INT8_MIN - 1},
        [0x12] = {MPACK_NEGATIVE, 4, INT16_MIN - 1},
        [0x13] = {MPACK_NEGATIVE, 8, (int64_t)INT32_MIN - 1},
        [0x14] = {MPACK_NONE, 0, 0},
        [0x15] = {MPACK_NONE, 0, 0},
        [0x16] = {MPACK_NONE, 0, 0},
        [0x17] = {MPACK_NONE, 0, 0},
        [0x18] = {MPACK_NONE, 0, 0},
        [0x19] = {MPACK_STR, 1, 32},
        [0x1a] = {MPACK_STR, 2, 256},
        [0x1b] = {MPACK_STR, 4, 65536},
        [0x1c] = {MPACK_ARRAY, 2, 16},
        [0x1d] = {MPACK_ARRAY, 4, 65536},
        [0x1e] = {MPACK_MAP, 2, 16},
        [0x1f] = {MPACK_MAP, 4, 65536},
};

static inline int head_long(struct mpack_in *in, uint8_t first, struct head *head)
{
	const struct form *form = &forms[first - 0xc0];
	if (form->type == MPACK_NONE)
		return fail(in, ERR_MALFORMED);
	head->type = form->type;
	head->number = first & 1; /* of a bool */
	if (form->size == 0)
		return 0;
	if ((size_t)(in->end - in->at) < form->size)
		return fail(in, ERR_TRUNCATED);
	head->number = big_endian(in->at, form->size);
	in->at += form->size;
	if (form->type != MPACK_NEGATIVE)
		return head->number >= (uint64_t)form->bound ? 0 : fail(in, ERR_MALFORMED);
	unsigned unused_bits = 64u - 8u * form->size;
	int64_t value = (int64_t)(head->number << unused_bits) >> unused_bits;
	head->number = (uint64_t)value;
	return value <= form->bound ? 0 : fail(in, ERR_MALFORMED);
}

static inline int head_short(struct mpack_in *in, struct head *head)
{
	if (in->at == in->end)
		return fail(in, ERR_TRUNCATED);
	uint8_t first = *in->at++;
	if (first < 0x80)
		*head = (struct head){MPACK_UINT, first};
	else if (first < 0x90)
		*head = (struct head){MPACK_MAP, first & 0x0f};
	else if (first < 0xa0)
		*head = (struct head){MPACK_ARRAY, first & 0x0f};
	else if (first < 0xc0)
		*head = (struct head){MPACK_STR, first & 0x1f};
	else if (first >= 0xe0)
		*head = (struct head){MPACK_NEGATIVE, (uint64_t)(int64_t)(int8_t)first};
	else
		return head_long(in, first, head);
	return 0;
}

/* Reads the head and shows that what it announces can be in the bytes left. */
static inline int head_read(struct mpack_in *in, struct head *head)
{
	*head = (struct head){MPACK_NONE, 0};
	if (in->error || head_short(in, head))
		return in->error;
	size_t left = (size_t)(in->end - in->at);
	uint64_t need = head->type == MPACK_MAP ? 2 * head->number
	        : head->type >= MPACK_STR       ? head->number
	                                        : 0;
	return need > left ? fail(in, ERR_TRUNCATED) : 0;
}

/* One array or map that is being checked. */
struct level {
	uint64_t items_left; /* keys and values count one each */
	struct span key; /* the last key of a map, encoded */
	bool map;
};

static int check_key(struct level *level, const struct head *head, struct span encoded)
{
	bool number = head->type == MPACK_UINT && head->number <= UINT32_MAX;
	bool text = head->type == MPACK_STR && head->number <= LIMIT_KEY_BYTES;
	if (!number && !text)
		return ERR_MALFORMED;
	bool both_short = level->key.size == 1 && encoded.size == 1; /* nearly always */
	if (both_short ? level->key.data[0] >= encoded.data[0]
	               : level->key.size && span_cmp(level->key, encoded) >= 0)
		return ERR_MALFORMED;
	level->key = encoded;
	return 0;
}

int mpack_check(struct span bytes)
{
	struct mpack_in in = mpack_begin(bytes);
	struct level levels[LIMIT_MPACK_DEPTH + 1];
	uint32_t depth = 0, node_count = 0;
	levels[0] = (struct level){1, {NULL, 0}, false};
	for (;;) {
		while (levels[depth].items_left == 0) {
			if (depth-- == 0)
				return mpack_end(&in);
		}
		struct level *level = &levels[depth];
		const uint8_t *start = in.at;
		if (!level->map && start < in.end &&
		        *start < 0x80) { /* small numbers in arrays: nearly always */
			in.at++;
			level->items_left--;
			if (++node_count > LIMIT_MPACK_NODES)
				return ERR_TOOBIG;
			continue;
		}
		struct head head;
		if (head_read(&in, &head))
			return in.error;
		if (++node_count > LIMIT_MPACK_NODES)
			return ERR_TOOBIG;
		if (head.type == MPACK_STR || head.type == MPACK_BIN) {
			struct span content = span_of(in.at, (size_t)head.number);
			if (head.type == MPACK_STR && !crdt_utf8_valid(content))
				return ERR_MALFORMED;
			in.at += content.size;
		}
		if (level->map && level->items_left % 2 == 0) {
			int error = check_key(level, &head, span_of(start, (size_t)(in.at - start)));
			if (error)
				return error;
		}
		level->items_left--;
		if (head.type != MPACK_ARRAY && head.type != MPACK_MAP)
			continue;
		if (depth == LIMIT_MPACK_DEPTH)
			return ERR_TOOBIG;
		bool map = head.type == MPACK_MAP;
		levels[++depth] = (struct level){map ? 2 * head.number : head.number, {NULL, 0}, map};
	}
}

struct mpack_in mpack_begin(struct span bytes)
{
	static const uint8_t nothing[1];
	const uint8_t *start = bytes.data ? bytes.data : nothing;
	return (struct mpack_in){start, start + bytes.size, 0};
}

enum mpack_type mpack_peek(const struct mpack_in *in)
{
	struct mpack_in copy = *in;
	struct head head;
	if (!in->error && in->at < in->end && *in->at < 0x80)
		return MPACK_UINT; /* field numbers, positions: nearly always */
	return head_read(&copy, &head) ? MPACK_NONE : head.type;
}

/* The head of a value of one type; zero and an error otherwise. */
static uint64_t expect(struct mpack_in *in, enum mpack_type type)
{
	struct head head;
	if (head_read(in, &head))
		return 0;
	if (head.type == type)
		return head.number;
	mpack_fail(in, ERR_MALFORMED);
	return 0;
}

uint64_t mpack_uint_any(struct mpack_in *in, uint64_t max)
{
	uint64_t value = expect(in, MPACK_UINT);
	if (value <= max)
		return value;
	mpack_fail(in, ERR_TOOBIG);
	return 0;
}

int64_t mpack_int(struct mpack_in *in)
{
	struct head head;
	if (head_read(in, &head))
		return 0;
	if (head.type == MPACK_NEGATIVE || (head.type == MPACK_UINT && head.number <= INT64_MAX))
		return (int64_t)head.number;
	mpack_fail(in, head.type == MPACK_UINT ? ERR_TOOBIG : ERR_MALFORMED);
	return 0;
}

bool mpack_bool(struct mpack_in *in)
{
	return expect(in, MPACK_BOOL) != 0;
}

void mpack_nil(struct mpack_in *in)
{
	expect(in, MPACK_NIL);
}

static struct span content(struct mpack_in *in, enum mpack_type type)
{
	size_t size = (size_t)expect(in, type);
	if (in->error)
		return (struct span){NULL, 0};
	struct span bytes = {in->at, size};
	in->at += size;
	return bytes;
}

struct span mpack_str(struct mpack_in *in)
{
	return content(in, MPACK_STR);
}

struct span mpack_bin(struct mpack_in *in)
{
	return content(in, MPACK_BIN);
}

uint32_t mpack_array_any(struct mpack_in *in)
{
	return (uint32_t)expect(in, MPACK_ARRAY);
}

uint32_t mpack_map(struct mpack_in *in)
{
	return (uint32_t)expect(in, MPACK_MAP);
}

struct span mpack_skip(struct mpack_in *in)
{
	const uint8_t *start = in->at;
	for (uint64_t values_left = 1; values_left; values_left--) {
		struct head head;
		if (head_read(in, &head))
			return (struct span){NULL, 0};
		if (head.type == MPACK_STR || head.type == MPACK_BIN)
			in->at += head.number;
		else if (head.type == MPACK_ARRAY)
			values_left += head.number;
		else if (head.type == MPACK_MAP)
			values_left += 2 * head.number;
	}
	return span_of(start, (size_t)(in->at - start));
}

void mpack_fail(struct mpack_in *in, int error)
{
	if (!in->error)
		in->error = error;
	in->at = in->end;
}

int mpack_end(const struct mpack_in *in)
{
	if (in->error)
		return in->error;
	return in->at == in->end ? 0 : ERR_MALFORMED;
}

static int append(void *context, const char *data, size_t size)
{
	buf_add(context, data, size);
	return 0;
}

static msgpack_packer packer(struct buf *out)
{
	return (msgpack_packer){out, append};
}

void mpack_put_nil(struct buf *out)
{
	msgpack_packer pk = packer(out);
	msgpack_pack_nil(&pk);
}

void mpack_put_bool(struct buf *out, bool value)
{
	msgpack_packer pk = packer(out);
	if (value)
		msgpack_pack_true(&pk);
	else
		msgpack_pack_false(&pk);
}

void mpack_put_uint_any(struct buf *out, uint64_t value)
{
	msgpack_packer pk = packer(out);
	msgpack_pack_uint64(&pk, value);
}

void mpack_put_int(struct buf *out, int64_t value)
{
	msgpack_packer pk = packer(out);
	msgpack_pack_int64(&pk, value);
}

void mpack_put_str(struct buf *out, struct span text)
{
	msgpack_packer pk = packer(out);
	msgpack_pack_str(&pk, text.size);
	buf_add_span(out, text);
}

void mpack_put_bin(struct buf *out, struct span bytes)
{
	msgpack_packer pk = packer(out);
	msgpack_pack_bin(&pk, bytes.size);
	buf_add_span(out, bytes);
}

void mpack_put_array_any(struct buf *out, uint32_t count)
{
	msgpack_packer pk = packer(out);
	msgpack_pack_array(&pk, count);
}

void mpack_put_map(struct buf *out, uint32_t pair_count)
{
	msgpack_packer pk = packer(out);
	msgpack_pack_map(&pk, pair_count);
}
