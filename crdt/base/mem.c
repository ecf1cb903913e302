#include "crdt/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
	if (!memory) {
		fputs("releve: out of memory\n", stderr);
		abort();
	}
	return memory;
}

static size_t product(size_t count, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(count, size, &total))
		checked(NULL);
	return total ? total : 1;
}

void *mem_alloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *mem_zero(size_t count, size_t size)
{
	return checked(calloc(1, product(count, size)));
}

void *mem_resize(void *old, size_t count, size_t size)
{
	return checked(realloc(old, product(count, size)));
}

void *mem_copy(const void *data, size_t size)
{
	void *copy = mem_alloc(size);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

char *mem_text(struct span text)
{
	char *copy = mem_alloc(text.size + 1);
	if (text.size)
		memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	return copy;
}

void mem_free(void *memory)
{
	free(memory);
}

void *mem_room(void *items, uint32_t count, uint32_t *capacity, size_t item_bytes)
{
	if (count < *capacity)
		return items;
	*capacity = count + count / 4 + 4;
	return mem_resize(items, *capacity, item_bytes);
}

void *mem_fit(void *items, uint32_t count, uint32_t *capacity, size_t item_bytes)
{
	if (*capacity == count)
		return items;
	*capacity = count;
	return mem_resize(items, count, item_bytes);
}

void *mem_gap(void *items, uint32_t count, uint32_t *capacity, size_t item_bytes, uint32_t place)
{
	uint8_t *base = mem_room(items, count, capacity, item_bytes);
	uint8_t *gap = base + place * item_bytes;
	memmove(gap + item_bytes, gap, (count - place) * item_bytes);
	return base;
}

void mem_wipe(void *memory, size_t size)
{
	if (size)
		explicit_bzero(memory, size);
}

void buf_close(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}

void buf_wipe(struct buf *buf)
{
	mem_wipe(buf->data, buf->capacity);
	buf_close(buf);
}

void buf_clear(struct buf *buf)
{
	buf->size = 0;
}

void buf_grow(struct buf *buf, size_t more)
{
	size_t need;
	if (__builtin_add_overflow(buf->size, more, &need))
		checked(NULL);
	size_t capacity = buf->capacity < 64 ? 64 : buf->capacity;
	while (capacity < need)
		capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
	buf->data = mem_resize(buf->data, capacity, 1);
	buf->capacity = capacity;
}

void buf_fit(struct buf *buf)
{
	if (buf->capacity > buf->size) {
		buf->data = mem_resize(buf->data, buf->size, 1);
		buf->capacity = buf->size;
	}
}

void buf_drop_front(struct buf *buf, size_t count)
{
	if (count < buf->size)
		memmove(buf->data, buf->data + count, buf->size - count);
	buf->size -= count;
}
