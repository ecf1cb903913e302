/*
 * node/facts.h - the events of a dossier with what they say: documents hold references, the log holds the bodies.
 *
 * Rules over a dossier (node/medication, node/vitals, node/wounds) are functions of the facts they are given, in any order: each sorts them by
 * (clock, operation), so that every device comes to the same. Pure but for the events that are read.
 */
#ifndef NODE_FACTS_H
#define NODE_FACTS_H

#include "crdt/base/arena.h"
#include "node/digest/digest.h"

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

/* Events of these kinds in a document, ascending by (clock, operation): the `newest` ones of them, FACTS_ALL for all. How many have no body here: passed over. */
#define FACTS_ALL UINT32_MAX
uint32_t facts_of(const struct digest_source *source, const uint32_t *kinds, uint32_t kind_count,
        uint32_t newest, fact_taker take, void *context);

/* (clock, operation): the one order. */
int fact_order(const struct fact_head *a, const struct fact_head *b);

/* An event and its corrections are versions of one thing: its *root* is the first of them. Of several versions that nothing corrects (two nurses corrected one
 * event apart) the last is shown, and all are there. */
struct fact_version {
	uint32_t root; /* index of the first */
	uint32_t next; /* index of the next version of the same thing; 0: this is the last one */
	uint32_t
	        first; /* at the root: the version with the lowest index, which hostile clocks may make another than the root */
	uint32_t live; /* at the root: versions that nothing corrects */
	uint32_t shown; /* at the root: index of the version to go by */
};

/* `heads` stand in the order of fact_order(). What a correction cites and is not among them does not count. */
void fact_versions(const struct fact_head *const *heads, uint32_t count, struct fact_version *out);

/* A choice of a record of registers, of which several values may live: does any say `number`, or none anything? */
bool fact_may_be(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        uint32_t field, int64_t number);

/* Pieces of an event's fields: 0, false, empty when absent; texts and ids are copied into `arena`. */
int64_t fact_number(const struct fact *fact, uint32_t field, int64_t otherwise);
struct span fact_bytes(const struct fact *fact, uint32_t field, struct arena *arena);

#endif
