/*
 * node/facts.h - the events of a dossier with what they say: documents hold references, the log holds the bodies.
 *
 * Rules over a dossier (node/medication, node/vitals, node/wounds) are functions of the facts they are given, in any order: each sorts them by
 * (clock, operation), so that every device comes to the same. Threads: one.
 */
#ifndef NODE_FACTS_H
#define NODE_FACTS_H

#include "crdt/base/arena.h"
#include "crdt/doc.h"
#include "node/schema/schema.h"

struct node;

/* Which event this is, and what became of it. */
struct fact_head {
	struct record_id id;
	struct op_id op;
	uint64_t hlc;
	bool is_corrected; /* another event corrects it: struck through */
	bool is_correction; /* of `corrects` */
	struct op_id corrects;
};

struct fact {
	struct fact_head head;
	const struct schema_record *record; /* its fields */
};

/* Borrowed until it returns. */
typedef void (*fact_taker)(void *context, const struct fact *fact);

/* All events of these kinds in a dossier as it is shown, ascending by (clock, operation); those without a body here are passed over and counted (NULL: who
 * cares). Errors of node_shown(). */
int facts_each(struct node *node, const struct record_id *dossier, const uint32_t *kinds, uint32_t kind_count,
        fact_taker take, void *context, uint32_t *missing);

/* (clock, operation): the one order. */
int fact_order(const struct fact_head *a, const struct fact_head *b);

/* An event and its corrections are versions of one thing: its *root* is the first of them. Of several versions that nothing corrects (two nurses corrected one
 * event apart) the last is shown, and all are there. */
struct fact_version {
	uint32_t root; /* index of the first */
	uint32_t live; /* at the root: versions that nothing corrects */
	uint32_t shown; /* at the root: index of the version to go by */
};

/* `heads` stand in the order of fact_order(). What a correction cites and is not among them does not count. */
void fact_versions(const struct fact_head *const *heads, uint32_t count, struct fact_version *out);

/* Pieces of an event's fields: 0, false, empty when absent; texts and ids are copied into `arena`. */
int64_t fact_number(const struct fact *fact, uint32_t field, int64_t otherwise);
struct span fact_bytes(const struct fact *fact, uint32_t field, struct arena *arena);

#endif
