/*
 * net/sketch.h - a set of numbers summed up in a few cells, by which somebody who has nearly the same set finds out in what the two differ.
 *
 * An invertible Bloom lookup table: each number is added into four cells; what both have cancels out, and cells in which one number is
 * left tell it (Goodrich and Mitzenmacher, "Invertible Bloom Lookup Tables", 2011). What it costs follows from the difference, not from the
 * sets. It opens where the difference is less than some half of the cells, and says so
 * where it does not (two numbers that share all their cells: one sketch of a thousand).
 *
 * Pure. Hostile input is fine: numbers that are found are to be looked up, never believed. Who chooses numbers that fall into the same cells
 * keeps a sketch from opening; so they are made under a key of the moment (net/README.md, section 5).
 */
#ifndef NET_SKETCH_H
#define NET_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/wire.h"

enum { NET_SKETCH_CELL_BYTES = 13, NET_SKETCH_CELLS_MIN = 4 };

struct net_sketch_cell {
	uint64_t sum;
	uint32_t check;
	uint8_t count;
};

struct net_sketch {
	struct net_sketch_cell *cells;
	uint32_t count;
};

/* `cells` is at least NET_SKETCH_CELLS_MIN; all start empty. Owner calls net_sketch_close(). */
void net_sketch_init(struct net_sketch *sketch, uint32_t cells);
void net_sketch_close(struct net_sketch *sketch);

void net_sketch_add(struct net_sketch *sketch, uint64_t number);
void net_sketch_remove(struct net_sketch *sketch, uint64_t number);

/* varint number of cells, then each: sum u64, check u32, count u8. */
void net_sketch_encode(const struct net_sketch *sketch, struct buf *out);

/* Reads what net_sketch_encode() wrote, of at most `cells_max` cells. Errors stand in `in`; *sketch is valid in any case. */
void net_sketch_decode(struct net_sketch *sketch, uint32_t cells_max, struct wire_in *in);

/* Takes apart what is left: *removed gets room for as many numbers as there are cells and holds those that were removed and never added,
 * ascending. False: too much is left, and what was found is not all. The caller frees *removed with mem_free(). */
bool net_sketch_open(struct net_sketch *sketch, uint64_t **removed, uint32_t *count);

#endif
