/*
 * tools/bench_wire.h - what devices sent to each other, itemized, beside the ciphertext that came new with it.
 */
#ifndef TOOLS_BENCH_WIRE_H
#define TOOLS_BENCH_WIRE_H

#include "tools/bench_net.h"

/* What a device has. */
struct bench_heads {
	uint64_t *seqs; /* committed, by the device's own number of the feed */
	uint32_t count;
};

struct bench_heads bench_heads(const struct bench_device *device);

struct bench_wire {
	struct peers_sent kinds[PEERS_FRAME_TYPES];
	uint64_t all; /* bytes on the wire */
	uint64_t entries,
	        bodies; /* that came new to a device, counted once per device: entries, and bytes of ciphertext */
};

/* Adds what this device sent since it was opened, and what is new there since `before`, which is freed. */
void bench_wire_add(struct bench_wire *wire, const struct bench_device *device, struct bench_heads *before);

/* Rows of a report: each kind with its bytes and its share of the ciphertext. */
void bench_wire_print(const struct bench_wire *wire);

/* Bytes on the wire beside the ciphertext, per cent of it; 0 when there is none. */
double bench_wire_overhead(const struct bench_wire *wire);

/* As the program does once its colleagues have told all: each device that came to something acknowledges it, and hears of the others'. */
void bench_devices_acknowledge(
        struct bench_device *devices, const struct bench_heads *before, int count, uv_loop_t *loop);

#endif
