/*
 * tests/prop/crdt_world.h - replicas of a few documents that write and meet at random, and what the definition says.
 *
 * The documents share their feeds. In a hostile world authors cite anything that their entry may cite: ops of other documents, ops never made, of
 * other kinds, elements of other sequences; they use operations that nobody knows, and the lowest Lamport clocks that are accepted.
 *
 * The oracle keeps all operations and computes the state from scratch by the sentence in crdt/README.md, section 1: a cell
 * lives until an operation whose scope covers its path names it. Texts and lists are put together by the oracle of sequences. It shares no
 * code with the document.
 */
#ifndef TESTS_PROP_CRDT_WORLD_H
#define TESTS_PROP_CRDT_WORLD_H

#include "crdt/base/arena.h"
#include "crdt/doc.h"
#include "crdt/doc_text.h"
#include "crdt/doc_write.h"
#include "tests/prop/prop.h"
#include "tests/prop/seq_oracle.h"

enum { WORLD_REPLICAS = 6, WORLD_CHANGES = 64, WORLD_OPS = 1024, WORLD_DOCS = 3, WORLD_DOC_KIND = 9 };

enum world_authors { WORLD_HONEST, WORLD_HOSTILE };

struct world_change {
	struct crdt_meta meta;
	struct span bytes;
	uint32_t author, doc;
	bool is_withheld; /* replicas know it and apply it not */
};

/* An element that an op names, or none. */
struct world_place {
	bool present;
	struct op_id op;
	uint32_t offset;
};

struct world_run {
	struct world_place first;
	uint32_t count;
};

/* An operation as the oracle keeps it. */
struct world_op {
	uint32_t change, doc;
	uint32_t kind;
	struct op_id id;
	uint64_t hlc;
	struct span path, value;
	const struct op_id *cites;
	uint32_t cite_count;
	uint32_t event_kind;
	const struct op_id *corrects; /* NULL: no correction */
	int64_t delta; /* COUNT */
	struct world_place left, right, element; /* LIST_*, TEXT_* */
	const struct world_run *targets;
	uint32_t target_count;
	bool is_seen; /* an insertion: something shows in its text or list in the end; set by world_is_right() */
	size_t hidden_to; /* its path up to here leads through a deleted element of a list, the last such; 0: through none; likewise */
};

struct world_replica {
	struct crdt_feeds *feeds;
	struct crdt_doc *docs[WORLD_DOCS];
	bool lacks[WORLD_DOCS]; /* changes of this document are known and not applied */
	uint64_t known[WORLD_REPLICAS]; /* highest sequence of each author */
};

struct world {
	struct arena arena;
	enum world_authors authors;
	uint32_t replica_count, doc_count; /* honest authors have one document */
	uint32_t asked; /* the document that the oracle is asked about */
	uint32_t favourite; /* half of all operations are of this sort */
	bool sparse_deps; /* entries depend only on what they cite: more orders are allowed */
	struct world_replica replicas[WORLD_REPLICAS];
	struct world_change changes[WORLD_CHANGES];
	uint32_t change_count;
	struct world_op ops[WORLD_OPS];
	uint32_t op_count;
};

/* Replicas that wrote and met at random. At most `change_max` changes. NULL after prop_fail(). */
struct world *world_new(
        struct prop *prop, enum world_authors authors, uint32_t replica_max, uint32_t change_max);
void world_free(struct world *world);

void world_replica_open(struct world_replica *replica, struct prop *prop);
void world_replica_close(struct world_replica *replica);

/* A change of the caller's to the first document on replica `number`: begin, write, finish (nothing written: no change). The builder is
 * closed by it. */
void world_begin(struct world *world, uint32_t number, struct crdt_builder *builder);
bool world_finish(struct prop *prop, struct world *world, uint32_t number, struct crdt_builder *builder);

/* One save on replica `number` of anything, perhaps of nothing. */
bool world_write(struct prop *prop, struct world *world, uint32_t number);

/* May `change` be delivered: is its past there? */
bool world_is_ready(const struct world *world, const struct world_replica *replica, uint32_t change);
bool world_has(const struct world *world, const struct world_replica *replica, uint32_t change);

/* crdt_doc_apply() of one change; notes it when the result is 0. */
int world_deliver(struct world *world, struct world_replica *replica, uint32_t change);

/* Deliver all changes that `from` knows (NULL: all) in a random causal order, some of them twice, reloading now and then. */
bool world_meet(
        struct prop *prop, struct world *world, struct world_replica *to, const struct world_replica *from);

/* Replace the documents by what their snapshots load to. */
bool world_reload(struct prop *prop, struct world_replica *replica);

/* The snapshots of all documents, one after the other, those that the replica lacks left out; in the arena. */
struct span world_save(struct world *world, const struct world_replica *replica);

/* Does the replica, which has all changes, show what the definition says of those that are not withheld? */
bool world_is_right(struct prop *prop, struct world *world, const struct world_replica *replica);

#endif
