/*
 * tests/prop/seq_world.h - replicas of one sequence that write and meet at random, each beside an oracle.
 */
#ifndef TESTS_PROP_SEQ_WORLD_H
#define TESTS_PROP_SEQ_WORLD_H

#include "crdt/seq_snapshot.h"
#include "crdt/seq_state.h"
#include "tests/prop/prop.h"
#include "tests/prop/seq_oracle.h"

enum { SEQ_REPLICAS = 6, SEQ_CHANGES = 400, SEQ_OPS = 3, SEQ_TEXT_LETTERS = 4 };

/* Elements by op id; offset UINT32_MAX stands for none. */
struct seq_world_op {
	enum { SEQ_WORLD_INSERT, SEQ_WORLD_DELETE, SEQ_WORLD_MOVE, SEQ_WORLD_CLEAR } kind;
	struct oracle_id left, right; /* of an insertion or a move */
	uint32_t letters[SEQ_TEXT_LETTERS], letter_count;
	struct oracle_id target; /* of a deletion, a move or a clearing */
	uint32_t target_count;
	struct oracle_id also; /* one more element of a deletion, by another op */
	struct oracle_id taken_back; /* a move that a move names */
};

struct seq_world_change {
	uint32_t author, seq, lamport;
	uint32_t known[SEQ_REPLICAS]; /* what its author had, per author */
	struct seq_world_op ops[SEQ_OPS];
	uint32_t op_count;
};

struct seq_world_replica {
	enum seq_kind kind;
	bool is_indexed; /* it finds all places by the index for places that take long to find */
	struct crdt_feeds *feeds;
	struct seq *seq;
	struct oracle *oracle;
	uint32_t known[SEQ_REPLICAS];
};

struct seq_world {
	enum seq_kind kind;
	bool is_honest; /* origins are what the author saw: then the oracle is the list, else the tree */
	uint32_t replica_count, change_count;
	struct seq_world_replica replicas[SEQ_REPLICAS];
	struct seq_world_change changes[SEQ_CHANGES];
};

struct seq_world *seq_world_new(
        struct prop *prop, enum seq_kind kind, bool is_honest, uint32_t replica_count);
void seq_world_free(struct seq_world *world);

void seq_world_open(struct seq_world *world, struct seq_world_replica *replica, bool is_indexed);
void seq_world_close(struct seq_world_replica *replica);

/* Write at random, as replica `number`, and apply it there. */
void seq_world_write(struct prop *prop, struct seq_world *world, uint32_t number);

/* Insert one letter at a position, as a change of its own. */
void seq_world_type(struct seq_world *world, uint32_t number, uint32_t position, uint32_t letter);

bool seq_world_is_ready(const struct seq_world_replica *replica, const struct seq_world_change *change);
void seq_world_deliver(
        struct seq_world *world, struct seq_world_replica *replica, const struct seq_world_change *change);

/* Deliver what `from` has (NULL: everything), in a random causal order. */
void seq_world_meet(struct prop *prop, struct seq_world *world, struct seq_world_replica *to,
        const struct seq_world_replica *from);

/* The snapshot. Owner calls buf_close(). */
struct buf seq_world_save(const struct seq_world_replica *replica);

/* Replace the sequence by what its snapshot loads to. */
bool seq_world_reload(struct prop *prop, struct seq_world_replica *replica);

/* What `was_there` says of a past: what each author had written. */
struct seq_world_past {
	const struct seq_world_replica *replica; /* who remembers */
	uint32_t known[SEQ_REPLICAS];
};
bool seq_world_was_there(void *context, const struct doc_stamp *stamp);

/* What stands where, deleted or not, as bytes; in a past, and by the oracle now. Owner calls buf_close(). */
struct buf seq_world_rows(const struct seq_world_replica *replica, struct seq_world_past *past);
struct buf seq_world_oracle_rows(const struct seq_world_replica *replica);

/* Does the element, or what a place shows, stand where the oracle says? */
bool seq_world_stands_right(const struct seq_world_replica *replica, uint32_t number);

/* The visible content. Owner calls buf_close(). */
struct buf seq_world_read(const struct seq_world_replica *replica);

/* Is it sound, and what the oracle says, element by element? */
bool seq_world_is_right(struct prop *prop, const struct seq_world_replica *replica);

#endif
