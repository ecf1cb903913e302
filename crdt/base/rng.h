/*
 * crdt/base/rng.h - a seeded generator for simulations, property tests and generated data. Never for keys.
 *
 * xoshiro256** seeded by splitmix64 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018).
 * The same seed gives the same sequence on every machine.
 */
#ifndef CRDT_BASE_RNG_H
#define CRDT_BASE_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state[4];
};

struct rng rng_new(uint64_t seed);
uint64_t rng_u64(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t bound); /* 0 <= result < bound; bound > 0 */
uint64_t rng_between(struct rng *rng, uint64_t low, uint64_t high); /* inclusive */
bool rng_chance(struct rng *rng, uint32_t per_mille);
void rng_bytes(struct rng *rng, void *out, size_t size);
void rng_shuffle(struct rng *rng, void *items, size_t count, size_t item_bytes); /* item_bytes <= 64 */

#endif
