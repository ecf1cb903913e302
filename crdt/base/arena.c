#include "crdt/base/arena.h"

#include <string.h>

#include "crdt/base/mem.h"

enum { ARENA_BLOCK_BYTES = 16 * 1024, ARENA_ALIGN = 16 };

struct arena_block {
	struct arena_block *older;
	size_t capacity;
	_Alignas(ARENA_ALIGN) unsigned char bytes[];
};

static void arena_grow(struct arena *arena, size_t size)
{
	size_t capacity = size > ARENA_BLOCK_BYTES ? size : ARENA_BLOCK_BYTES;
	struct arena_block *block = mem_alloc(sizeof(*block) + capacity);
	block->older = arena->blocks;
	block->capacity = capacity;
	arena->blocks = block;
	arena->used = 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t rounded = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	if (!arena->blocks || arena->blocks->capacity - arena->used < rounded)
		arena_grow(arena, rounded);
	void *memory = arena->blocks->bytes + arena->used;
	arena->used += rounded;
	arena->total_bytes += rounded;
	return memory;
}

void *arena_zero(struct arena *arena, size_t count, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(count, size, &total))
		total = SIZE_MAX - ARENA_ALIGN; /* mem_alloc gives up on it */
	return memset(arena_alloc(arena, total), 0, total);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
	void *copy = arena_alloc(arena, size);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

struct span arena_span(struct arena *arena, struct span bytes)
{
	return (struct span){arena_copy(arena, bytes.data, bytes.size), bytes.size};
}

char *arena_text(struct arena *arena, struct span text)
{
	char *copy = arena_alloc(arena, text.size + 1);
	if (text.size)
		memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	return copy;
}

void arena_clear(struct arena *arena)
{
	while (arena->blocks && arena->blocks->older) {
		struct arena_block *older = arena->blocks->older;
		mem_free(arena->blocks);
		arena->blocks = older;
	}
	arena->used = 0;
	arena->total_bytes = 0;
}

void arena_close(struct arena *arena)
{
	arena_clear(arena);
	mem_free(arena->blocks);
	*arena = (struct arena){0};
}
