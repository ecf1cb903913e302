#include "crdt/base/wire.h"

#include "crdt/base/err.h"

struct wire_in wire_begin(struct span bytes)
{
	static const uint8_t nothing[1];
	const uint8_t *start = bytes.data ? bytes.data : nothing;
	return (struct wire_in){start, start + bytes.size, 0};
}

void wire_fail(struct wire_in *in, int error)
{
	if (!in->error)
		in->error = error;
	in->at = in->end;
}

static const uint8_t *take(struct wire_in *in, size_t size)
{
	if (in->error || wire_left(in) < size) {
		wire_fail(in, ERR_TRUNCATED);
		return NULL;
	}
	const uint8_t *start = in->at;
	in->at += size;
	return start;
}

static uint64_t fixed(struct wire_in *in, size_t size)
{
	const uint8_t *bytes = take(in, size);
	uint64_t value = 0;
	for (size_t i = 0; bytes && i < size; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

uint8_t wire_u8(struct wire_in *in)
{
	return (uint8_t)fixed(in, 1);
}

uint16_t wire_u16(struct wire_in *in)
{
	return (uint16_t)fixed(in, 2);
}

uint32_t wire_u32(struct wire_in *in)
{
	return (uint32_t)fixed(in, 4);
}

uint64_t wire_u64(struct wire_in *in)
{
	return fixed(in, 8);
}

uint64_t wire_varint(struct wire_in *in)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		const uint8_t *byte = take(in, 1);
		if (!byte)
			return 0;
		uint64_t bits = *byte & 127;
		if (shift == 63 && bits > 1)
			break;
		value |= bits << shift;
		if (*byte & 128)
			continue;
		if (*byte == 0 && shift > 0)
			break;
		return value;
	}
	wire_fail(in, ERR_MALFORMED);
	return 0;
}

int64_t wire_zigzag(struct wire_in *in)
{
	uint64_t value = wire_varint(in);
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

void wire_raw(struct wire_in *in, void *out, size_t size)
{
	const uint8_t *bytes = take(in, size);
	if (bytes && size)
		memcpy(out, bytes, size);
	else if (size)
		memset(out, 0, size);
}

struct span wire_span(struct wire_in *in, size_t size)
{
	const uint8_t *bytes = take(in, size);
	return bytes ? (struct span){bytes, size} : (struct span){NULL, 0};
}

struct span wire_blob(struct wire_in *in, size_t size_max)
{
	uint64_t size = wire_varint(in);
	if (size > size_max) {
		wire_fail(in, ERR_TOOBIG);
		return (struct span){NULL, 0};
	}
	return wire_span(in, (size_t)size);
}

uint32_t wire_count(struct wire_in *in, uint32_t max, size_t item_bytes_min)
{
	uint64_t count = wire_varint(in);
	if (count > max)
		wire_fail(in, ERR_TOOBIG);
	else if (item_bytes_min && count > wire_left(in) / item_bytes_min)
		wire_fail(in, ERR_TRUNCATED);
	return in->error ? 0 : (uint32_t)count;
}

int wire_end(const struct wire_in *in)
{
	if (in->error)
		return in->error;
	return in->at == in->end ? 0 : ERR_MALFORMED;
}

static void put_fixed(struct buf *out, uint64_t value, size_t size)
{
	uint8_t *bytes = buf_extend(out, size);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
}

void wire_put_u8(struct buf *out, uint8_t value)
{
	put_fixed(out, value, 1);
}

void wire_put_u16(struct buf *out, uint16_t value)
{
	put_fixed(out, value, 2);
}

void wire_put_u32(struct buf *out, uint32_t value)
{
	put_fixed(out, value, 4);
}

void wire_put_u64(struct buf *out, uint64_t value)
{
	put_fixed(out, value, 8);
}

void wire_put_varint(struct buf *out, uint64_t value)
{
	uint8_t bytes[WIRE_VARINT_BYTES_MAX];
	size_t size = 0;
	while (value > 127) {
		bytes[size++] = (uint8_t)(value | 128);
		value >>= 7;
	}
	bytes[size++] = (uint8_t)value;
	buf_add(out, bytes, size);
}

void wire_put_zigzag(struct buf *out, int64_t value)
{
	wire_put_varint(out, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

void wire_put_blob(struct buf *out, struct span bytes)
{
	wire_put_varint(out, bytes.size);
	buf_add_span(out, bytes);
}
