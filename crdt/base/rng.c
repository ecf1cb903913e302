#include "crdt/base/rng.h"

#include <assert.h>
#include <string.h>

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

struct rng rng_new(uint64_t seed)
{
	struct rng rng;
	for (size_t i = 0; i < 4; i++)
		rng.state[i] = splitmix(&seed);
	return rng;
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

uint64_t rng_u64(struct rng *rng)
{
	uint64_t *s = rng->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	assert(bound > 0);
	uint64_t threshold = (0 - bound) %
	        bound; /* rejects the uneven rest, so that every value is equally likely */
	for (;;) {
		uint64_t value = rng_u64(rng);
		if (value >= threshold)
			return value % bound;
	}
}

uint64_t rng_between(struct rng *rng, uint64_t low, uint64_t high)
{
	assert(low <= high);
	uint64_t width = high - low + 1;
	return width == 0 ? rng_u64(rng) : low + rng_below(rng, width);
}

bool rng_chance(struct rng *rng, uint32_t per_mille)
{
	return rng_below(rng, 1000) < per_mille;
}

void rng_bytes(struct rng *rng, void *out, size_t size)
{
	uint8_t *at = out;
	while (size) {
		uint64_t word = rng_u64(rng);
		size_t part = size < sizeof(word) ? size : sizeof(word);
		memcpy(at, &word, part);
		at += part;
		size -= part;
	}
}

void rng_shuffle(struct rng *rng, void *items, size_t count, size_t item_bytes)
{
	uint8_t swap[64], *base = items;
	assert(item_bytes <= sizeof(swap));
	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)rng_below(rng, i);
		memcpy(swap, base + (i - 1) * item_bytes, item_bytes);
		memmove(base + (i - 1) * item_bytes, base + j * item_bytes, item_bytes);
		memcpy(base + j * item_bytes, swap, item_bytes);
	}
}
