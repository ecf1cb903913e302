/*
 * node/sealing.h - entries of our own on their way to the disk: compressed, sealed, chained and signed by the thread that commits them.
 *
 * The owner's thread adds drafts (what an entry says, its key, its place) and hangs them on a batch; the writer's thread does the work
 * when the batch's turn comes (store/batch.h); the owner's thread then learns the heads. Clear texts and keys are copied, and wiped as
 * soon as they are sealed or given up.
 */
#ifndef NODE_SEALING_H
#define NODE_SEALING_H

#include "node/keyring/body.h"
#include "store/log.h"

struct sealing;

/* Both are borrowed until the batch is closed. `codec` is used by the thread that commits, and by nobody else. */
struct sealing *sealing_new(struct body_codec *codec, const uint8_t secret_key[64]);
void sealing_free(struct sealing *sealing); /* that no batch took; NULL is allowed */

/* One more entry, by log_draft(); `header` is complete but for the body. Sealed, `raw` must fit LIMIT_ENTRY_BODY_BYTES. */
void sealing_add(struct sealing *sealing, struct tail *tail, const struct entry_header *header,
        const struct body_key *key, struct span raw);

/* The batch takes it. ERR_FULL: no row versions; it is still the caller's. */
int sealing_attach(struct sealing *sealing, struct vault *vault, struct store_batch *batch);

/* After its work: fill in the hashes of the marks that are drafts. */
void sealing_heads(const struct store_batch *batch, struct log_mark *marks, uint32_t count);

/* After its work: how many entries, and the bytes of their sealed bodies. */
void sealing_sizes(const struct store_batch *batch, uint64_t *entry_count, uint64_t *body_bytes);

#endif
