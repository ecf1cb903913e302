/*
 * store/store_past.h - another store as it was when its log ended earlier, without what is derived from the log: for replaying it.
 *
 * Only reads. Of the log, runs that begin after the given ends are not seen; tables and one row of `meta` can be hidden. Everything else is
 * the store underneath, as it is now.
 *
 * Threads: as the store underneath.
 */
#ifndef STORE_STORE_PAST_H
#define STORE_STORE_PAST_H

#include "store/store.h"

struct store_past_config {
	struct store *under; /* borrowed */
	const uint64_t
	        *ends; /* by feed number: the last sequence that is seen; borrowed. NULL: the whole log */
	uint32_t end_count; /* feeds from this number on have no entries */
	uint32_t hidden_tables; /* bits: 1 << enum store_table */
	const char *hidden_row; /* of `meta` */
};

/* Owner calls store_close(), which leaves the store underneath open. */
struct store *store_past_new(const struct store_past_config *config);

#endif
