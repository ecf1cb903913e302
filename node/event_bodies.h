/*
 * node/event_bodies.h - bodies of many events, gathered in the order in which the log stores them: a stored run holds dozens of entries and is opened once for all of them.
 *
 * Normal course: event_bodies_want() for each; event_bodies_sort(); while event_bodies_next() names one, its owner reads it and calls event_bodies_put();
 * then event_bodies_find() in any order. Plain text of patients' records: forgotten as soon as it was used, and with an erased dossier. Threads: one.
 */
#ifndef NODE_EVENT_BODIES_H
#define NODE_EVENT_BODIES_H

#include "crdt/base/arena.h"
#include "crdt/op.h"

struct event_body {
	uint32_t feed; /* the log's number */
	uint64_t seq;
	struct crdt_meta meta; /* its dependencies are copied */
	struct span raw; /* of the change; empty: not read, or not readable */
};

/* Zero-initialized is empty. */
struct event_bodies {
	struct arena arena;
	struct event_body *items;
	uint32_t count, room, next;
};

void event_bodies_want(struct event_bodies *bodies, uint32_t feed, uint64_t seq); /* any number of times */
void event_bodies_sort(struct event_bodies *bodies);

/* The next one to read; after the last of them NULL. Only after sorting. */
struct event_body *event_bodies_next(struct event_bodies *bodies);
/* Copies. */
void event_bodies_put(
        struct event_bodies *bodies, struct event_body *body, const struct crdt_meta *meta, struct span raw);

/* NULL: it was not wanted, or could not be read. */
const struct event_body *event_bodies_find(const struct event_bodies *bodies, uint32_t feed, uint64_t seq);

void event_bodies_forget(struct event_bodies *bodies); /* overwrites; empty afterwards */

#endif
