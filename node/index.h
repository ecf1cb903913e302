/*
 * node/index.h - which events happened in which month: the way from a day or a month to the log.
 *
 * Derived from the log and saved at checkpoints like the documents (docs.h). A bucket is one month; only those asked for
 * are in memory. Times are those of the event itself (when the visit began), not of its recording.
 */
#ifndef NODE_INDEX_H
#define NODE_INDEX_H

#include "store/vault.h"

struct index_event {
	int64_t when_s; /* seconds since 1970 */
	uint64_t seq; /* of the entry that carries the event */
	uint32_t feed; /* the log's number of its feed */
	uint32_t doc; /* the number of its document (docs.h) */
	uint32_t kind; /* event kind of the schema */
	uint32_t op; /* the operation inside the change */
};

struct index;

struct index *index_new(struct vault *vault);
void index_free(struct index *index); /* NULL is allowed */
void index_forget(struct index *index); /* everything in memory: before reading again */

/* Everything is added afresh: rows on the disk count no more, and go with the next index_save(). Errors of the store. */
int index_restart(struct index *index, struct store_txn *txn);

/* Is the month of this time in memory? Then index_add() needs no transaction. */
bool index_holds(const struct index *index, int64_t when_s);

/* Add an event; one that is there already is left alone, and one over LIMIT_MONTH_EVENTS left out. The month is that of UTC. */
int index_add(struct index *index, struct store_txn *txn, const struct index_event *event);

/* The events of one month (calendar.h) in order of time, feed, seq. *events borrows until the next call. */
int index_month(struct index *index, struct store_txn *txn, int32_t month, const struct index_event **events,
        uint32_t *count);

/* The n-th month that is in memory; false past the last. */
bool index_month_at(const struct index *index, uint32_t n, int32_t *month);

/* Write the buckets that changed; they count as changed until index_saving() says that the batch will be submitted. */
int index_save(struct index *index, struct store_batch *batch);
void index_saving(struct index *index);

/* Once what index_save() wrote is committed: drop unchanged months from memory, the oldest first, until at most `keep_events` are held. */
void index_evict(struct index *index, uint32_t keep_events);

#endif
