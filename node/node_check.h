/*
 * node/node_check.h - whether a database is whole: every row, every entry, and what is derived from them.
 *
 * Normal course: store/scrub.h first; then the log is replayed afresh as far as the last checkpoint, with the code of every opening, and each
 * document and index bucket of the checkpoint compared with what the replay gives; last, that no feed ends before what this device has
 * acknowledged or put into a checkpoint. The access log is checked against itself (node/access/README.md).
 *
 * Failures: what is found is told by `found`, places only. Where the log is damaged so that it cannot be replayed, documents are not
 * compared, which `counts` says. Needs no node, so that a database that does not open can be looked at.
 *
 * Works in steps of some ten milliseconds; replaying is one step, about a second for a team's four years. Only reads. Threads: one.
 */
#ifndef NODE_NODE_CHECK_H
#define NODE_NODE_CHECK_H

#include "crdt/base/env.h"
#include "store/scrub.h"

enum node_check_derived {
	NODE_CHECK_PENDING, /* not yet */
	NODE_CHECK_COMPARED,
	NODE_CHECK_NONE, /* there is no checkpoint, or it is about to be made again: the log counts */
	NODE_CHECK_UNREPLAYED, /* the log cannot be replayed */
};

struct node_check_counts {
	struct scrub_counts log;
	uint64_t documents, months; /* compared */
	enum node_check_derived derived;
};

struct node_check;

/* Everything is borrowed until node_check_free(). Errors of the store. */
int node_check_new(struct store *store, struct vault *vault, const struct env *env, scrub_found found,
        void *context, struct node_check **out);
void node_check_free(struct node_check *check); /* NULL is allowed */

/* 1: there is more to do; 0: all was checked. Errors of the store: the step can be tried again. */
int node_check_step(struct node_check *check);

/* The database without documents, indexes and checkpoint, to be read: what a new one is made from where nothing but those is damaged; its first
 * opening builds them again from the log. Owner calls store_close(), which leaves `store` open. */
struct store *node_check_without_derived(struct store *store);

struct node_check_counts node_check_counts(const struct node_check *check);

#endif
