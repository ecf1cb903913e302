/*
 * node/node_billing.h - closing a month on the node that holds the lease, and checking it on any other (node/billing/README.md).
 *
 * Reads visits, amendments, rates and earlier lots from the node's documents and log; the computation itself is node/billing.
 */
#ifndef NODE_NODE_BILLING_H
#define NODE_NODE_BILLING_H

#include "node/billing/anomalies.h"
#include "node/billing/billing.h"
#include "node/node.h"

/* Everything that billing computes with, gathered at this moment. */
struct node_billing {
	struct billing_input input;
	struct arena arena; /* of the input and of lots computed from it */
};

/* Gather for `month` (calendar.h). Owner calls node_billing_wipe(). ERR_BUSY: writes are under way, wait for node_when_durable(); the
 * same holds for all calls below that compute. Errors of reading. */
int node_billing_gather(struct node *node, uint32_t month, struct span territory, struct node_billing *out);
void node_billing_wipe(struct node_billing *billing);

/* Designate a device to close months: the lease with the next fence number. ERR_DENIED unless this device manages. */
int node_billing_designate(struct node *node, const struct device_id *holder, node_done done, void *context);

/* Close the month: compute the lot and write it into the ledger. Only the holder of the lease may (ERR_DENIED). *bytes (appended) and *hash are
 * the lot's. ERR_EXISTS: the month was closed with the same content. Errors of billing_close(); *obstacle as there. */
int node_billing_close_month(struct node *node, uint32_t month, struct span territory, struct buf *bytes,
        struct lot_hash *hash, struct billing_obstacle *obstacle, node_done done, void *context);

/* The latest lot of a month in the ledger; appended to `bytes`. ERR_NOTFOUND. */
int node_billing_lot(struct node *node, uint32_t month, struct buf *bytes);

/* Every lot of the ledger that can be read, in the order of the log, until `take` gives other than 0: that is the result. What it is given lives until it returns. */
int node_billing_each_lot(struct node *node,
        int (*take)(
                void *context, const struct billing_lot *lot, const struct lot_hash *hash, struct span bytes),
        void *context);

/* Recompute a lot from what this node has. 0: the same bytes. BILLING_DIFFERS: not. ERR_NOTFOUND: no such lot is in the ledger. ERR_GAP: this node has not everything that it was made
 * from. Otherwise the lot itself is bad. *theirs and *mine live in `billing`, which the caller wipes. */
int node_billing_verify(struct node *node, struct span bytes, struct node_billing *billing,
        struct billing_lot *theirs, struct billing_lot *mine);

#endif
