/*
 * node/node_notices.h - what this device noticed that no entry tells (README.md, "Notices").
 *
 * Threads: one.
 */
#ifndef NODE_NODE_NOTICES_H
#define NODE_NODE_NOTICES_H

#include "net/address.h"
#include "node/node.h"

enum node_notice_kind {
	NODE_NOTICE_FORK = 1, /* a feed has two histories: its device's database was copied, or it lies */
	NODE_NOTICE_WITHHELD = 2, /* a relay showed less than it had acknowledged */
	NODE_NOTICE_SEEN = 0x80, /* a bit beside the kind, in the row */
	NODE_NOTICE_KINDS = 0x7f,
};

struct node_notice {
	uint8_t kind; /* enum node_notice_kind, or a number of a later version */
	bool is_seen; /* somebody looked at it */
	uint8_t id[16];
	struct device_id device; /* whose feed; which relay */
	uint8_t compartment; /* of the feed */
	uint64_t from_seq; /* where its histories part */
	struct net_address address; /* of the relay */
	uint64_t entries,
	        most; /* that it did not show: in its last session (0: all was shown since), when that was noticed */
	uint64_t noticed_ms; /* wall clock */
};

/* NULL after the last. Borrowed until the next call into the node. */
const struct node_notice *node_notice_at(const struct node *node, uint32_t index);
void node_notices_seen(struct node *node); /* all of them, from the next batch on */

/* A relay, at that address, showed `entries` less than it had acknowledged; 0: all. */
void node_notice_withheld(struct node *node, const struct device_id *device,
        const struct net_address *address, uint64_t entries);

#endif
