/*
 * node/docs.h - the documents of a node: found by kind and id, loaded when asked for, saved at checkpoints.
 *
 * Documents are derived from the log. Their saved states are a checkpoint of it: rows written together with the frontier they
 * stand for (core.h), so that a start replays only what came after. Each document has a number of its own on this node,
 * in the order in which it was first seen; rows and indexes use it.
 *
 * Threads: one. Documents are borrowed until the next docs_evict() or docs_load().
 */
#ifndef NODE_DOCS_H
#define NODE_DOCS_H

#include "crdt/doc.h"
#include "store/vault.h"

struct docs;
struct body_codec;

struct docs *docs_new(struct vault *vault, struct body_codec *codec); /* both borrowed */
void docs_free(struct docs *docs); /* NULL is allowed */

/* Forget everything in memory and read the directory again. ERR_CORRUPT and the errors of the store. */
int docs_load(struct docs *docs, struct store_txn *txn);

/* Forget all documents, also that they were saved: everything is to be applied afresh. */
void docs_forget(struct docs *docs);

uint32_t docs_count(const struct docs *docs);
uint32_t docs_kind(const struct docs *docs, uint32_t number); /* number < count */
struct record_id docs_id(const struct docs *docs, uint32_t number);

/* False when the node has never seen this document. */
bool docs_find(const struct docs *docs, uint32_t kind, const struct record_id *id, uint32_t *number);

/* Its number; a new, empty document is added when there was none. ERR_FULL over LIMIT_DOCS. */
int docs_add(struct docs *docs, uint32_t kind, const struct record_id *id, uint32_t *number);

/* A number that moves with every change of the document, also one that waits (docs_put_off()); 0: as the last checkpoint before docs_load() has it. */
uint32_t docs_moved(const struct docs *docs, uint32_t number);

/* A number that is another one for every state of the document, whatever was forgotten in between; never 0. */
uint64_t docs_stamp(const struct docs *docs, uint32_t number);

/* The same of all of them: it never comes back to what it was. */
uint64_t docs_generation(const struct docs *docs);

/* Then docs_get() needs no transaction. */
bool docs_in_memory(const struct docs *docs, uint32_t number);

/* The document itself, loaded when it is not in memory, with all changes that were put off. */
int docs_get(struct docs *docs, struct store_txn *txn, uint32_t number, struct crdt_doc **doc);

/* Empty again, as if nothing had been applied to it. */
void docs_clear(struct docs *docs, uint32_t number);

/* A change to a document that is not in memory waits there until docs_get() or docs_save() loads it (node/behind.h). False when it is
 * in memory, or too much waits (LIMIT_BEHIND_BYTES): the caller loads it and calls docs_apply(). */
bool docs_put_off(struct docs *docs, uint32_t number, const struct crdt_change *change);

/* To a document in memory. What it has already is passed over. */
void docs_apply(struct docs *docs, uint32_t number, const struct crdt_change *change);

/* What the documents in memory take. */
size_t docs_bytes(const struct docs *docs);

/* Write the rows of everything touched. Once they are committed the caller calls docs_saved(). After an error the batch is as it was, and all that
 * was touched is to be written. */
int docs_save(struct docs *docs, struct store_txn *txn, struct store_batch *batch);
void docs_saved(struct docs *docs);

/* Drop unchanged documents from memory until at most `keep_bytes` are in use. */
void docs_evict(struct docs *docs, size_t keep_bytes);

/* The table of feeds that the documents share. */
struct crdt_feeds *docs_feeds(struct docs *docs);

#endif
