/*
 * node/node_search.h - searching what this device shows, by words (node/search/README.md).
 *
 * Threads: one.
 */
#ifndef NODE_NODE_SEARCH_H
#define NODE_NODE_SEARCH_H

#include "node/node_digest.h"
#include "node/patient/links.h"
#include "node/search/entries.h"
#include "node/search/query.h"

/* A record in which the words stand, or stood when it was read: whoever shows it looks at it again. */
struct node_hit {
	uint32_t number; /* of its document: node_shown_at() */
	uint32_t kind; /* SEARCH_NAMES: who the patient is; else of the schema */
	bool is_event;
	uint8_t names; /* the words of the query that are the patient's name */
	struct record_id id; /* of registers */
	struct op_id op; /* an event's */
	int64_t when_s;
};

struct node_hits {
	struct node_hit *items; /* names first, in the order of node_shown_at(); then the newest first */
	uint32_t count, room;
	bool has_more; /* than `max` */
	int64_t oldest_s; /* of so many that were kept: what is older is no hit any more */
	uint64_t left; /* entries of the log that could not be looked at yet */
};

/* Find at most `max` of each sort: names, others. Reads what the log has that was not read yet, for at most `budget_ms`. Errors of the store. Owner calls
 * node_hits_close(). */
int node_search(struct node *node, const struct search_query *query, uint32_t max, uint64_t budget_ms,
        struct node_hits *out);
/* The same, where files are one patient's (NULL: none are): a record of one of them is found by her names in another too. */
int node_search_among(struct node *node, const struct search_query *query,
        const struct patient_groups *groups, uint32_t max, uint64_t budget_ms, struct node_hits *out);
void node_hits_close(struct node_hits *hits);

/* Is the event's entry kept apart, so that its document does not have it? */
bool node_event_is_apart(const struct node *node, const struct op_id *op);

/* Read ahead, for about so long, so that the next search need not. How many entries are left. */
uint64_t node_search_ahead(struct node *node, uint64_t budget_ms);

/* What the index takes in memory. */
size_t node_search_bytes(const struct node *node);

#endif
