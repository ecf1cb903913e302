/*
 * node/team/dag.h - the membership entries as a graph: nodes, parents, ancestry, and one order that all replicas share.
 *
 * Nodes are named by their index in order of arrival, which is local; nothing that replicas must agree on may depend on
 * it. The canonical order is (depth, hash), where depth is the length of the longest way from the founding entry: it puts
 * parents before children and is a function of the set.
 *
 * Internal to node/team. Threads: one at a time.
 */
#ifndef NODE_TEAM_DAG_H
#define NODE_TEAM_DAG_H

#include "crdt/base/arena.h"
#include "node/team/action.h"
#include "node/team/reason.h"
#include "store/entry.h"

#define TEAM_NODE_NONE UINT32_MAX /* no node */

enum {
	TEAM_SUPPORTS_MAX =
	        8, /* admission, role, endorsement of the author; up to three that the action builds on */
};

/* Something an entry builds its authority on. */
struct team_support {
	uint32_t node;
	bool full; /* must be in force without waiting for a second signature */
};

struct team_node {
	struct entry_hash hash;
	struct feed_id feed;
	struct entry_hash previous;
	uint64_t seq, lamport, hlc;
	struct device_id author;
	struct person_id author_person;
	uint32_t
	        author_admission; /* node that admitted the author's device; its own index for the founding entry */
	uint32_t depth;
	uint32_t parent_count;
	const uint32_t *parents;
	struct team_action action;

	/* The verdict at its own cited state (check.h); never changes. */
	int error; /* 0: its author might do this */
	enum team_reason reason;
	bool alone; /* one signature was enough because the team was small */
	bool endorsed; /* ADMIT: the newcomer manages without an endorse */
	bool complete; /* ROLE, REMOVE_PERSON: no confirm is needed */
	bool removes; /* takes a device or a person out by itself */
	bool suspends; /* REMOVE_DEVICE: it was the person's last device */
	struct person_id target; /* whom it `removes`, or whose device */
	uint32_t
	        vouches; /* ROLE, CONFIRM to nurse: the admission for which it is an endorse as well; TEAM_NODE_NONE: none */
	uint32_t support_count;
	struct team_support supports[TEAM_SUPPORTS_MAX];
};

struct team_dag {
	struct arena arena; /* nodes, parents, actions */
	struct team_node **nodes; /* in order of arrival; node 0 is the founding entry */
	uint32_t count, capacity;
	uint32_t *by_hash; /* indexes, ascending by hash */
	uint32_t *stamps; /* per node: the last walk that visited it */
	uint32_t stamp;
	uint32_t *stack; /* room for one walk */
	uint32_t *heads;
	uint32_t head_count;
};

/* Zero-initialized is empty. */
void team_dag_close(struct team_dag *dag);

/* The node with this hash, or TEAM_NODE_NONE. */
uint32_t team_dag_find(const struct team_dag *dag, const struct entry_hash *hash);

/* Append a node whose parents (indexes) are filled in; sets depth, heads. `node` was allocated in dag->arena. Returns its index. */
uint32_t team_dag_append(struct team_dag *dag, struct team_node *node);

/* Take back the nodes from index `count` on, none of which an earlier one builds on. */
void team_dag_truncate(struct team_dag *dag, uint32_t count);

/* True when `ancestor` is `node` or one of its ancestors. */
bool team_dag_reaches(struct team_dag *dag, uint32_t node, uint32_t ancestor);

/* Neither is an ancestor of the other, and they differ. */
bool team_dag_concurrent(struct team_dag *dag, uint32_t a, uint32_t b);

/* Write `roots` and all their ancestors to `out` (room for dag->count) in canonical order; returns how many. */
uint32_t team_dag_closure(struct team_dag *dag, const uint32_t *roots, uint32_t root_count, uint32_t *out);

/* Negative, 0 or positive: canonical order. */
int team_dag_cmp(const struct team_dag *dag, uint32_t a, uint32_t b);

#endif
