/*
 * node/search/index.h - the words of all events that this device can read: segments in memory and as sealed rows, and how far the log was read for them.
 *
 * Derived from the log. Which events it holds says nothing about which may be shown: who searches looks each one up (node/node_search.h). Kept by numbers of documents and feeds.
 *
 * Threads: one.
 */
#ifndef NODE_SEARCH_INDEX_H
#define NODE_SEARCH_INDEX_H

#include "node/keyring/pack.h"
#include "node/search/growing.h"
#include "store/vault.h"

struct search_index;

struct search_index *search_index_new(struct vault *vault, struct body_codec *codec); /* both borrowed */
void search_index_free(struct search_index *index); /* wipes; NULL is allowed */

/* Everything in memory goes, wiped: before reading again. */
void search_index_forget(struct search_index *index);

/* The log is to be read afresh: rows that the disk has count no more, and go with the next search_index_save(). Errors of the store. */
int search_index_restart(struct search_index *index, struct store_txn *txn);

/* Read the rows; nothing to do the second time. Rows that do not open, or are of another program, are as none: the log is read afresh. Errors of the store. */
int search_index_load(struct search_index *index, struct store_txn *txn);

/* The same, where nothing can be read now: a dossier was erased, and its words stay neither in memory nor, from the next search_index_save() on, in rows. */
void search_index_drop(struct search_index *index);

/* Rows for what is new. They count as written once search_index_saving() says that the batch will be submitted. */
int search_index_save(struct search_index *index, struct store_txn *txn, struct store_batch *batch);
void search_index_saving(struct search_index *index);

/* ---- How far the log was read ---- */

uint64_t search_index_upto(
        const struct search_index *index, uint32_t feed); /* the last entry read; 0: none */
void search_index_read(struct search_index *index, uint32_t feed, uint64_t seq);

/* An entry that could not be read, or belongs to no document yet: to be looked at again. Too many are forgotten (search_index_is_short()). */
struct search_later {
	uint32_t feed;
	uint64_t first, count;
};
void search_index_later(struct search_index *index, uint32_t feed, uint64_t seq);
bool search_index_is_short(const struct search_index *index);
/* Take them all out, to be put back by whoever reads them in vain. Owner frees with mem_free(). */
struct search_later *search_index_take_later(struct search_index *index, uint32_t *count);

/* ---- Records ---- */

void search_index_record(struct search_index *index, const struct search_record *record);
void search_index_words(struct search_index *index, struct span text); /* of that record */

/* Pieces, the newest last. Each has at most SEGMENT_RECORDS records, numbered from 0. */
uint32_t search_index_pieces(const struct search_index *index);
uint32_t search_index_count(const struct search_index *index, uint32_t piece);
void search_index_get(
        const struct search_index *index, uint32_t piece, uint32_t place, struct search_record *out);
int64_t search_index_when(
        const struct search_index *index, uint32_t piece, uint32_t place); /* its moment alone */
void search_index_mark(
        const struct search_index *index, uint32_t piece, struct span word, uint8_t bit, uint8_t *masks);

size_t search_index_bytes(const struct search_index *index); /* in memory */

#endif
