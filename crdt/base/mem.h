/*
 * crdt/base/mem.h - memory that never comes back NULL, and growing buffers.
 *
 * Out of memory aborts: the store survives a crash, half-done work does not. Anything whose size comes from outside
 * passes a limit (limits.h) before it gets here.
 */
#ifndef CRDT_BASE_MEM_H
#define CRDT_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "crdt/base/span.h"

void *mem_alloc(size_t size); /* uninitialized; size 0 gives a pointer that may be freed */
void *mem_zero(size_t count, size_t size); /* zeroed array; aborts on overflow of the product */
void *mem_resize(void *old, size_t count, size_t size); /* like realloc; old may be NULL */
void *mem_copy(const void *data, size_t size);
char *mem_text(struct span text); /* terminated copy */
void mem_free(void *memory); /* NULL is allowed */

/* Room for one more item of a vector: grows by a quarter, because documents are many and small. */
void *mem_room(void *items, uint32_t count, uint32_t *capacity, size_t item_bytes);

/* A vector without room to grow. */
void *mem_fit(void *items, uint32_t count, uint32_t *capacity, size_t item_bytes);

/* Like mem_room(), with the items from `place` on moved up by one. */
void *mem_gap(void *items, uint32_t count, uint32_t *capacity, size_t item_bytes, uint32_t place);

/* An owned buffer that grows by doubling. Zero-initialized is empty and valid. Owner calls buf_close(). */
struct buf {
	uint8_t *data;
	size_t size;
	size_t capacity;
};

void buf_close(struct buf *buf); /* frees and empties; may be reused */
void buf_wipe(struct buf *buf); /* overwrites the contents, then frees */
void buf_clear(struct buf *buf); /* size 0, memory kept */
void buf_fit(struct buf *buf); /* gives back memory kept for growth */
void buf_grow(struct buf *buf, size_t more); /* what buf_reserve() does when the room is too small */
void buf_drop_front(struct buf *buf, size_t count); /* removes the first `count` bytes; count <= size */

/* Room for `more` bytes after the end. These few are inline: everything that encodes goes through them, a byte or two at a time. */
static inline void buf_reserve(struct buf *buf, size_t more)
{
	if (more > buf->capacity - buf->size || !buf->data)
		buf_grow(buf, more);
}

/* Grows by `more` uninitialized bytes, returns their start. */
static inline uint8_t *buf_extend(struct buf *buf, size_t more)
{
	buf_reserve(buf, more);
	uint8_t *start = buf->data + buf->size;
	buf->size += more;
	return start;
}

/* Appends a copy; data must not lie inside the buffer. */
static inline void buf_add(struct buf *buf, const void *data, size_t size)
{
	if (size)
		memcpy(buf_extend(buf, size), data, size);
}

static inline void buf_add_span(struct buf *buf, struct span bytes)
{
	buf_add(buf, bytes.data, bytes.size);
}

static inline struct span buf_span(const struct buf *buf)
{
	return (struct span){buf->data, buf->size};
}

/* Overwrite in a way that the compiler does not remove. */
void mem_wipe(void *memory, size_t size);

#endif
