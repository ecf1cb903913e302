/*
 * node/billing/lot_parts.h - private to lot*.c: what writing and reading a lot share.
 */
#ifndef NODE_BILLING_LOT_PARTS_H
#define NODE_BILLING_LOT_PARTS_H

#include "node/billing/lot.h"

/* Ids that lines refer to by index: ascending, each once. Person ids have the same size and are kept as such. */
struct lot_table {
	struct record_id *ids;
	uint32_t count;
};

/* The order of visits in a line: start, id, end, offset. */
int lot_item_cmp(const struct billing_item *a, const struct billing_item *b);

#endif
