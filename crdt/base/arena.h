/*
 * crdt/base/arena.h - memory for things that die together.
 *
 * Zero-initialized is empty and valid. Allocations are 16-byte aligned and never move; they end with arena_clear()
 * or arena_close(). One thread at a time.
 */
#ifndef CRDT_BASE_ARENA_H
#define CRDT_BASE_ARENA_H

#include <stddef.h>

#include "crdt/base/span.h"

struct arena_block;
struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used; /* in the newest block */
	size_t total_bytes; /* handed out since the last clear */
};

void *arena_alloc(struct arena *arena, size_t size); /* uninitialized */
void *arena_zero(struct arena *arena, size_t count, size_t size);
void *arena_copy(struct arena *arena, const void *data, size_t size);
struct span arena_span(struct arena *arena, struct span bytes);
char *arena_text(struct arena *arena, struct span text); /* terminated copy */
void arena_clear(struct arena *arena); /* forgets everything, keeps one block */
void arena_close(struct arena *arena);

#endif
