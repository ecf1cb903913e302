/*
 * crdt/base/env.h - what differs between two runs: clocks and randomness, behind one struct.
 *
 * Production: node/uv_env.c. Simulation: tests/lib. Pure code takes times as arguments and never sees this.
 */
#ifndef CRDT_BASE_ENV_H
#define CRDT_BASE_ENV_H

#include <stddef.h>
#include <stdint.h>

struct env {
	/* Milliseconds that never go back, for deadlines only. */
	uint64_t (*monotonic_ms)(void *context);
	/* Milliseconds since 1970 as this machine believes; may jump, may be wrong by years. */
	uint64_t (*wall_ms)(void *context);
	/* Unpredictable bytes in production, seeded ones in the simulator. */
	void (*random_bytes)(void *context, void *out, size_t size);
	void *context;
};

static inline uint64_t env_monotonic_ms(const struct env *env)
{
	return env->monotonic_ms(env->context);
}

static inline uint64_t env_wall_ms(const struct env *env)
{
	return env->wall_ms(env->context);
}

static inline void env_random_bytes(const struct env *env, void *out, size_t size)
{
	env->random_bytes(env->context, out, size);
}

#endif
