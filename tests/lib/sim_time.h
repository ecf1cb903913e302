/*
 * tests/lib/sim_time.h - virtual time: events in order of time, ties shuffled by a seed, and a digest of all that happened.
 *
 * Nothing waits: running an event moves the clock to it. Events of the same millisecond run in an order drawn from the seed, so that
 * no test rests on the order in which they were scheduled. The same seed and the same calls give the same run.
 *
 * Threads: one.
 */
#ifndef TESTS_LIB_SIM_TIME_H
#define TESTS_LIB_SIM_TIME_H

#include "crdt/base/rng.h"

/* Owned by whoever schedules it. Zero-initialized is valid and not scheduled; cancel before its memory goes. */
struct sim_event {
	uint64_t at_ms, tie, number;
	uint32_t place; /* in the heap, from 1; 0: not scheduled */
	void (*run)(void *context);
	void *context;
};

struct sim_time {
	uint64_t now_ms;
	uint64_t digest; /* of everything noted so far */
	uint64_t event_count; /* run so far: the step that a failure names */
	struct rng rng;
	struct sim_event **heap;
	uint32_t count, capacity;
	uint64_t next_number;
};

void sim_time_init(struct sim_time *time, uint64_t seed);
void sim_time_close(struct sim_time *time);

/* Run `run(context)` after `delay_ms`; an event that was scheduled already moves. */
void sim_time_after(struct sim_time *time, struct sim_event *event, uint64_t delay_ms,
        void (*run)(void *context), void *context);
void sim_time_cancel(struct sim_time *time, struct sim_event *event); /* harmless when not scheduled */

/* Run the next event, if it comes not later than `until_ms`. False: there is none; the clock then stands at `until_ms`. */
bool sim_time_step(struct sim_time *time, uint64_t until_ms);

/* Mix something that happened into the digest. */
void sim_time_note(struct sim_time *time, const void *bytes, size_t size);

#endif
