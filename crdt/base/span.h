/*
 * crdt/base/span.h - a borrowed run of bytes: pointer and length, never owned, never terminated.
 */
#ifndef CRDT_BASE_SPAN_H
#define CRDT_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *data; /* may be NULL when size is 0 */
	size_t size;
};

static inline struct span span_of(const void *data, size_t size)
{
	return (struct span){(const uint8_t *)data, size};
}

/* The bytes of a C string without its terminator. */
static inline struct span span_text(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

static inline bool span_eq(struct span a, struct span b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Byte order, a prefix before the longer one: the one total order used wherever replicas must agree. */
static inline int span_cmp(struct span a, struct span b)
{
	size_t shorter = a.size < b.size ? a.size : b.size;
	int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
	return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* The part of `whole` from `from` on, at most `size` bytes; empty when `from` is past the end. */
static inline struct span span_sub(struct span whole, size_t from, size_t size)
{
	if (from >= whole.size)
		return (struct span){NULL, 0};
	size_t rest = whole.size - from;
	return (struct span){whole.data + from, size < rest ? size : rest};
}

#endif
