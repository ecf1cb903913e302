/*
 * tests/prop/long_oracle.h - the order of a long text or list as a plain linked list: one node per element, no runs, no tree, no counts.
 *
 * Insertion is Yjs's algorithm with Gentle's correction, like the list of tests/prop/seq_oracle.h, but it looks at nothing outside the two
 * origins, so that a hundred thousand elements and their edits take no time to speak of. For origins that an author saw. It reads the operations of opened
 * changes and shares no code with crdt/seq_*.c.
 */
#ifndef TESTS_PROP_LONG_ORACLE_H
#define TESTS_PROP_LONG_ORACLE_H

#include "crdt/base/mem.h"
#include "crdt/change.h"

#define LONG_NONE UINT32_MAX

struct long_node {
	uint32_t next, left, right; /* nodes; LONG_NONE: the end, the start, the end */
	uint32_t insertion, offset;
	uint32_t shows; /* the place of a move: the element moved, LONG_NONE for none; else the node itself */
	uint32_t last_move,
	        move_before; /* of an element the last move that came; of a place the one before */
	uint32_t mark; /* the search that passed it last */
	struct span content; /* borrowed from the changes */
	bool is_deleted, is_place, is_taken_back;
	uint64_t lamport;
};

struct long_insertion {
	struct op_id op;
	uint32_t first, count; /* nodes */
};

/* Zero-initialized is empty and valid; owner calls long_oracle_close(). */
struct long_oracle {
	struct long_node *nodes;
	struct long_insertion *insertions; /* ascending by op */
	uint32_t node_count, node_capacity, insertion_count, insertion_capacity;
	struct op_id *arrived; /* the same ops as they came: places in `insertions` move */
	uint32_t arrived_count, arrived_capacity;
	uint32_t first; /* node + 1; 0: there is none */
	uint32_t mark;
};

void long_oracle_close(struct long_oracle *oracle);

/* Take the operations of a change; its bytes live as long as the oracle. */
void long_oracle_apply(struct long_oracle *oracle, const struct crdt_change *change);

/* Append the visible contents, one after the other; how many there are. */
uint32_t long_oracle_read(const struct long_oracle *oracle, struct buf *out);

#endif
