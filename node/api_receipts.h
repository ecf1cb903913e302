/*
 * node/api_receipts.h - on which other devices records are: what handlers put beside them.
 *
 * A reply's "holders": [{"device", "person", "name": {"fr","en"}, "role"}], the other devices that the team has; a record's "on": their numbers from 0.
 * Threads: one.
 */
#ifndef NODE_API_RECEIPTS_H
#define NODE_API_RECEIPTS_H

#include "node/api_node.h"

/* As things are now: borrows from the node until the next call into it that writes or receives. */
struct api_receipts *api_receipts_new(struct api_node *app);
void api_receipts_free(struct api_receipts *receipts); /* NULL is allowed */
json_t *api_receipts_holders(const struct api_receipts *receipts); /* owner decrefs */

/* Set "on" in a record, as record_json() or record_event_json() made it; nothing where it says not of which entries it is. */
void api_receipts_put(struct api_receipts *receipts, json_t *record);

/* Of each record in the list `member` of a reply; and the reply's "holders" and "age". */
void api_receipts_put_all(struct api_node *app, json_t *reply, const char *member);

/* Entries, and photos, that no other device is known to have. */
struct api_only_here {
	uint64_t own, others; /* entries that this device wrote, that others did */
	uint64_t membership; /* of both, those about the team */
	uint64_t photos;
};
struct api_only_here api_only_here(struct api_node *app);
json_t *api_only_here_json(struct api_node *app); /* owner decrefs */

#endif
