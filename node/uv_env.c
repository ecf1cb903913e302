#include "node/uv_env.h"

#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "crdt/base/mem.h"

/* While the machine sleeps this goes on: what waits for somebody, an open device above all, waits no longer because a lid was closed. */
static uint64_t monotonic_ms(void *context)
{
	struct timespec now;
	(void)context;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t wall_ms(void *context)
{
	struct timespec now;
	(void)context;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec < 0 ? 0 : (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void random_bytes(void *context, void *out, size_t size)
{
	(void)context;
	randombytes_buf(out, size);
}

const struct env *uv_env(void)
{
	static const struct env env = {monotonic_ms, wall_ms, random_bytes, NULL};
	return &env;
}

void uv_env_give_back(void)
{
	malloc_trim(0);
}

void uv_env_one_heap(void)
{
	mallopt(M_ARENA_MAX, 1);
}

/* A free piece, while it is taken. */
struct piece {
	struct piece *next;
};

/* Pieces of this size until the heap would have to grow, or `left` bytes are taken; they join `taken`. */
static struct piece *take_free(size_t size, struct piece *taken, size_t *left)
{
	const void *end = sbrk(0);
	while (*left >= size) {
		struct piece *piece = malloc(size);
		if (!piece || sbrk(0) != end) {
			free(piece);
			malloc_trim(0); /* what it grew by would be taken by the next size */
			break;
		}
		const size_t bytes = malloc_usable_size(piece);
		mem_wipe(piece, bytes);
		*left -= bytes < *left ? bytes : *left;
		piece->next = taken;
		taken = piece;
	}
	return taken;
}

void uv_env_wipe_free(void)
{
	enum {
		LARGEST = 96 * 1024,
		SMALL = 2048,
		STEP = 16
	}; /* the largest stays below what malloc() maps apart */
	struct piece *taken = NULL;
	malloc_trim(0);
	/* A bound only: small pieces that are kept ready for the next call are not counted as free. */
	const struct mallinfo2 info = mallinfo2();
	size_t left = info.fordblks + info.fsmblks + LARGEST * 8;
	for (size_t size = LARGEST; size > SMALL; size -= size / 8)
		taken = take_free(size, taken, &left);
	for (size_t size = SMALL; size >= sizeof(*taken); size -= STEP)
		taken = take_free(size, taken, &left);
	while (taken) {
		struct piece *next = taken->next;
		free(taken);
		taken = next;
	}
	malloc_trim(0);
}

void uv_env_wipe_traces(void)
{
	enum { STACK_BYTES = 256 * 1024 }; /* deeper than any request goes, less than any stack */
	uv_env_wipe_free();
	sodium_stackzero(STACK_BYTES);
}
