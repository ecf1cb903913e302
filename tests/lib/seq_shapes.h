/*
 * tests/lib/seq_shapes.h - what an author writes who wants every further operation on a sequence to take long: many operations of one shape.
 *
 * The figures must not grow with their count: the benchmark measures them, a unit test counts the steps.
 */
#ifndef TESTS_LIB_SEQ_SHAPES_H
#define TESTS_LIB_SEQ_SHAPES_H

#include "crdt/seq.h"

enum { SEQ_SHAPE_AUTHORS = 40, SEQ_SHAPE_COUNT = 19 };

struct seq_shape_world {
	struct crdt_feeds *feeds;
	struct seq *seq;
	uint32_t feed[SEQ_SHAPE_AUTHORS]; /* ascending by id */
	uint32_t seqs[SEQ_SHAPE_AUTHORS];
	uint64_t lamport;
	uint32_t base; /* the first element of the base text */
	uint32_t count; /* of operations to come */
	uint32_t ends[SEQ_SHAPE_AUTHORS]; /* what each wrote last */
	uint32_t random;
};

struct seq_shape {
	const char *name;
	enum seq_kind kind;
	void (*base)(struct seq_shape_world *world); /* what is there before */
	void (*step)(struct seq_shape_world *world, uint32_t i); /* operation number `i` */
	bool is_one; /* the first step is all, and is divided by the count */
};

/* The first ones are honest: typing, and a team that writes at one end while apart. */
enum { SEQ_SHAPE_HONEST = 2 };
extern const struct seq_shape seq_shapes[SEQ_SHAPE_COUNT];

void seq_shape_open(struct seq_shape_world *world, enum seq_kind kind, uint32_t count);
void seq_shape_close(struct seq_shape_world *world);

#endif
