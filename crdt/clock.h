/*
 * crdt/clock.h - a device's Lamport clock and hybrid logical clock (DESIGN.md section 4; Kulkarni et al., "Logical
 * Physical Clocks", 2014). Pure: the wall clock's reading is passed in, in milliseconds since 1970.
 *
 * An HLC is 48 bits of milliseconds and 16 bits of counter. It orders what is shown; causality orders what is kept.
 */
#ifndef CRDT_CLOCK_H
#define CRDT_CLOCK_H

#include <stdint.h>

enum { CRDT_HLC_COUNTER_BITS = 16, CRDT_CLOCK_AHEAD_MS = 10 * 60 * 1000 };

/* A Lamport clock beyond any honest one: refused, so that nobody can bring ours to its end. */
#define CRDT_LAMPORT_MAX ((UINT64_C(1) << 53) - 1)

/* Zero-initialized is a new device's clock. Saved and restored as it is. */
struct crdt_clock {
	uint64_t lamport; /* greatest given out or seen */
	uint64_t hlc; /* last given out or taken over */
};

/* The moment of one entry. */
struct crdt_moment {
	uint64_t lamport, hlc;
};

/* Take the moment of a new entry: Lamport one up; HLC over every one before, and not behind the wall clock. A full
 * counter runs into the next millisecond; a wall clock that went back does not take the HLC with it.
 * ERR_FULL: a clock is at its end (nothing changes). */
int crdt_clock_tick(struct crdt_clock *clock, uint64_t wall_ms, struct crdt_moment *out);

/* Positive result of crdt_clock_observe(). */
enum { CRDT_CLOCK_CUT = 1 };

/* Take note of the moment of somebody's entry. CRDT_CLOCK_CUT: its HLC is over 10 minutes ahead of our wall clock and
 * moved ours only that far. ERR_INVALID: a Lamport clock over CRDT_LAMPORT_MAX (nothing changes). */
int crdt_clock_observe(struct crdt_clock *clock, const struct crdt_moment *remote, uint64_t wall_ms);

/* The millisecond of an HLC, to be shown. */
static inline uint64_t crdt_hlc_ms(uint64_t hlc)
{
	return hlc >> CRDT_HLC_COUNTER_BITS;
}

#endif
