/*
 * node/digest/digests.h - the digests of all dossiers: in memory, and as sealed rows that go with the checkpoint.
 *
 * A digest belongs to a state of its document, which docs_moved() numbers: it counts as long as the document is at that number, and is made again by
 * whoever asks for it (node/node_digest.h). What stands in a row belongs to the document's row of the same checkpoint. Kept by documents' numbers.
 *
 * Threads: one.
 */
#ifndef NODE_DIGEST_DIGESTS_H
#define NODE_DIGEST_DIGESTS_H

#include "node/docs.h"
#include "node/keyring/pack.h"
#include "store/vault.h"

struct digests;

struct digests *digests_new(struct vault *vault, struct body_codec *codec); /* both borrowed */
void digests_free(struct digests *digests); /* wipes; NULL is allowed */

/* Everything in memory goes: before reading again. */
void digests_forget(struct digests *digests);

/* Documents are made afresh: what was made of them counts no more, and rows that the disk has go with the next digests_save(). Errors of the store. */
int digests_restart(struct digests *digests, struct store_txn *txn);

/* Read the rows of documents that are as the checkpoint has them; nothing to do the second time. A row that does not open, or is of another program
 * (digest_mark()), is as none. Errors of the store. */
int digests_load(struct digests *digests, struct store_txn *txn, const struct docs *docs);

/* The same of one document's row alone: what digests_load() did not read yet. */
int digests_load_one(
        struct digests *digests, struct store_txn *txn, const struct docs *docs, uint32_t number);

/* The digest of a document as it is now, borrowed until the next call without const. False: it is to be made. */
bool digests_get(const struct digests *digests, const struct docs *docs, uint32_t number, struct span *out);

/* Of one that digests_get() gives: has it something of these parts (digest_part_bit())? */
bool digests_have(const struct digests *digests, uint32_t number, uint32_t bits);

/* A number for the digest that is in memory, another one for each that ever was: for whoever keeps what follows from it. 0: there is none; 1 is nobody's. */
uint64_t digests_stamp(const struct digests *digests, uint32_t number);
/* The same for a digest that is kept elsewhere. */
uint64_t digests_new_stamp(struct digests *digests);

/* Keep what was made of the document as it is now; copied, and borrowed like that of digests_get(). Not final: digests_get() does not give it, and no
 * row is written. */
struct span digests_put(
        struct digests *digests, const struct docs *docs, uint32_t number, struct span digest, bool is_final);

/* Nothing of it may stay in memory: its dossier was erased. Its row goes with the next digests_save(). */
void digests_drop(struct digests *digests, uint32_t number);

/* Rows for the batch that saves the documents as they are now; they count as written once digests_saving() says that the batch will be submitted. */
int digests_save(struct digests *digests, struct store_batch *batch, const struct docs *docs);
void digests_saving(struct digests *digests);

/* The digest that a document's row holds, for whoever compares (node_check.c). False: there is no row, or it counts for nothing. */
bool digests_row(struct digests *digests, struct store_txn *txn, uint32_t number, struct buf *out);

size_t digests_bytes(const struct digests *digests); /* in memory */

#endif
