/* node/digest_plan.h - digests to be made next, for node_digest.c alone: of which documents, and the bodies that they will be made of. */
#ifndef NODE_DIGEST_PLAN_H
#define NODE_DIGEST_PLAN_H

#include "node/event_bodies.h"
#include "node/node.h"

enum node_digest_stage {
	NODE_DIGEST_LOOKING = 0, /* which are missing, and what they will be made of */
	NODE_DIGEST_READING, /* the events */
	NODE_DIGEST_MAKING,
};

struct node_digest_plan {
	enum node_digest_stage stage;
	uint32_t *numbers; /* of documents */
	uint32_t count, room, next;
	uint32_t looked; /* documents before this one were looked at */
	struct event_bodies events;
};

/* What was gathered of events is overwritten. */
void node_forget_plan(struct node *node);
/* node_read(); the transaction stays open, and *raw holds the change until the next call. */
int node_read_raw(struct node *node, uint32_t feed, uint64_t seq, struct node_entry *out, struct span *raw);

#endif
