/*
 * crdt/mpack.h - canonical MessagePack: a bounded reader of our own, and writing through msgpack-c's packer.
 *
 * The subset: nil, bool, integers, UTF-8 strings, bin, arrays, maps. No floats, no ext. Every value has one encoding:
 * the shortest form, and map keys (unsigned integers up to 32 bits, or strings of at most LIMIT_KEY_BYTES) strictly
 * ascending by their encoded bytes. Equal values therefore have equal bytes, and replicas may compare bytes.
 * Specification: github.com/msgpack/msgpack/blob/master/spec.md.
 *
 * Reading: mpack_check() first, over the whole text; then typed reads. The reads never pass the end even on unchecked
 * bytes; errors stick, later reads give zeros, and mpack_end() reports the first one. Nothing allocates or recurses.
 * Writing: appends to a struct buf. The writer puts map keys in order; crdt_builder_finish() checks the whole.
 */
#ifndef CRDT_MPACK_H
#define CRDT_MPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum mpack_type {
	MPACK_NIL,
	MPACK_BOOL,
	MPACK_UINT, /* zero and above */
	MPACK_NEGATIVE, /* below zero */
	MPACK_STR,
	MPACK_BIN,
	MPACK_ARRAY,
	MPACK_MAP,
	MPACK_NONE, /* nothing left, or not MessagePack of the subset */
};

/* `bytes` is exactly one canonical value within LIMIT_MPACK_DEPTH and LIMIT_MPACK_NODES, strings are UTF-8.
 * 0, ERR_TRUNCATED, ERR_MALFORMED, or ERR_TOOBIG over a limit. */
int mpack_check(struct span bytes);

struct mpack_in {
	const uint8_t *at, *end;
	int error; /* 0, ERR_TRUNCATED, ERR_MALFORMED or ERR_TOOBIG; the first one stays */
};

struct mpack_in mpack_begin(struct span bytes);
enum mpack_type mpack_peek(const struct mpack_in *in);
uint64_t mpack_uint_any(struct mpack_in *in, uint64_t max);

/* ERR_TOOBIG over max. Small numbers and short arrays are nearly all there is in a change: they are read and written in place. */
static inline uint64_t mpack_uint(struct mpack_in *in, uint64_t max)
{
	if (!in->error && in->at < in->end && *in->at < 0x80 && *in->at <= max)
		return *in->at++;
	return mpack_uint_any(in, max);
}

int64_t mpack_int(struct mpack_in *in); /* ERR_TOOBIG over INT64_MAX */
bool mpack_bool(struct mpack_in *in);
void mpack_nil(struct mpack_in *in);
struct span mpack_str(struct mpack_in *in); /* borrows from the input */
struct span mpack_bin(struct mpack_in *in); /* borrows from the input */
uint32_t mpack_array_any(struct mpack_in *in);

/* The number of items that follow; at most the bytes left. */
static inline uint32_t mpack_array(struct mpack_in *in)
{
	bool is_short = !in->error && in->at < in->end && (*in->at & 0xf0) == 0x90;
	if (is_short && (*in->at & 0x0f) < in->end - in->at)
		return *in->at++ & 0x0f;
	return mpack_array_any(in);
}

uint32_t mpack_map(struct mpack_in *in); /* number of pairs that follow; at most half the bytes left */
struct span mpack_skip(struct mpack_in *in); /* one whole value, its encoded bytes */
void mpack_fail(struct mpack_in *in, int error); /* sets the error unless one is set */
int mpack_end(
        const struct mpack_in *in); /* 0 when all was read and good; ERR_MALFORMED when bytes are left */

void mpack_put_nil(struct buf *out);
void mpack_put_bool(struct buf *out, bool value);
void mpack_put_uint_any(struct buf *out, uint64_t value);
static inline void mpack_put_uint(struct buf *out, uint64_t value)
{
	if (value < 0x80)
		*buf_extend(out, 1) = (uint8_t)value;
	else
		mpack_put_uint_any(out, value);
}

void mpack_put_int(struct buf *out, int64_t value);
void mpack_put_str(struct buf *out, struct span text); /* UTF-8, at most LIMIT_VALUE_BYTES */
void mpack_put_bin(struct buf *out, struct span bytes);
void mpack_put_array_any(struct buf *out, uint32_t count);
static inline void mpack_put_array(struct buf *out, uint32_t count)
{
	if (count < 16)
		*buf_extend(out, 1) = (uint8_t)(0x90 | count);
	else
		mpack_put_array_any(out, count);
}

void mpack_put_map(struct buf *out, uint32_t pair_count);

#endif
