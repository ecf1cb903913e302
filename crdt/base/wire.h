/*
 * crdt/base/wire.h - the one binary encoding outside ciphertexts: little-endian fixed integers, LEB128 varints, raw bytes.
 *
 * Reading never passes the end and never allocates. Errors stick: after the first bad read every further read gives
 * zeros, and wire_end() reports the error once, so that a parser reads straight through and checks at the end. A count
 * that sizes a loop or an allocation must go through wire_count(), which refuses counts that the rest cannot hold.
 * Encodings are canonical: a varint with needless bytes is refused, so that equal values have equal bytes.
 */
#ifndef CRDT_BASE_WIRE_H
#define CRDT_BASE_WIRE_H

#include <stdint.h>

#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum { WIRE_VARINT_BYTES_MAX = 10 };

struct wire_in {
	const uint8_t *at, *end;
	int error; /* 0, ERR_TRUNCATED, ERR_MALFORMED or ERR_TOOBIG; the first one stays */
};

struct wire_in wire_begin(struct span bytes);
uint8_t wire_u8(struct wire_in *in);
uint16_t wire_u16(struct wire_in *in);
uint32_t wire_u32(struct wire_in *in);
uint64_t wire_u64(struct wire_in *in);
uint64_t wire_varint(struct wire_in *in);
int64_t wire_zigzag(struct wire_in *in);
void wire_raw(struct wire_in *in, void *out, size_t size); /* copies; zeros on error */
struct span wire_span(struct wire_in *in, size_t size); /* borrows from the input; empty on error */
struct span wire_blob(
        struct wire_in *in, size_t size_max); /* varint length, then the bytes; ERR_TOOBIG over the limit */
uint32_t wire_count(
        struct wire_in *in, uint32_t max, size_t item_bytes_min); /* varint; ERR_TOOBIG, ERR_TRUNCATED */
void wire_fail(struct wire_in *in, int error); /* sets the error unless one is set */
int wire_end(
        const struct wire_in *in); /* 0 when all was read and good; ERR_MALFORMED when bytes are left over */

static inline size_t wire_left(const struct wire_in *in)
{
	return (size_t)(in->end - in->at);
}

void wire_put_u8(struct buf *out, uint8_t value);
void wire_put_u16(struct buf *out, uint16_t value);
void wire_put_u32(struct buf *out, uint32_t value);
void wire_put_u64(struct buf *out, uint64_t value);
void wire_put_varint(struct buf *out, uint64_t value);
void wire_put_zigzag(struct buf *out, int64_t value);
void wire_put_blob(struct buf *out, struct span bytes); /* varint length, then the bytes */

#endif
