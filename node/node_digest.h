/*
 * node/node_digest.h - what lists need of every dossier that this device shows, from memory (node/digest/README.md).
 *
 * Digests are never older than what is shown: those whose document changed are made again by the call that asks. Then that document is loaded, others are let go where
 * memory asks for it: a document that the caller borrowed before is not valid any more. Threads: one.
 */
#ifndef NODE_NODE_DIGEST_H
#define NODE_NODE_DIGEST_H

#include "node/digest/digest.h"
#include "node/node_early.h"

/* One dossier's part. Borrowed until the next call of the node that writes, receives or asks for digests. */
struct node_digest {
	struct record_id dossier;
	uint32_t number; /* of its document: node_shown_at() */
	struct span part; /* as its row of the table made it */
	bool is_cut; /* it was too large: look at the document */
	const struct early_copy *early; /* shown from it, unverified; NULL: from the log */
	uint64_t stamp; /* another number for each digest that was ever made; 0: it cannot be said */
};

/* False: enough. May look at documents and events; may not write, nor ask for digests. */
typedef bool (*node_digest_seen)(void *context, const struct node_digest *digest);

/* For a digest_source's `read`, with a struct node_reading as its context: {.node = ..., .is_final = true}. */
struct node_reading {
	struct node *node;
	bool is_final; /* nothing was looked for that is still on its way to the disk, or damaged there */
	struct node_entry entry; /* the last one read */
	struct entry_ref dep; /* of an early body */
};
bool node_read_event(void *reading, const struct op_id *id, struct crdt_op *out, struct crdt_meta *meta);

/* Every dossier that has something of this part, in the order of node_shown_at(). Errors of the store; a document that cannot be read is passed over. */
int node_digest_each(struct node *node, enum digest_part_number part, node_digest_seen seen, void *context);

/* The same, for whoever keeps what it made of each digest: those alone that it wants, of which nothing was read yet but the stamp; also those that have nothing of the part, or could
 * not be read. All numbers of dossiers come, ascending. */
typedef bool (*node_digest_wanted)(
        void *context, uint32_t number, const struct record_id *dossier, uint64_t stamp);
int node_digest_each_wanted(struct node *node, enum digest_part_number part, node_digest_wanted wanted,
        node_digest_seen seen, void *context);

/* One dossier's stamp. NODE_DIGEST_ABSENT: it is not here; 0: it cannot be said. */
enum { NODE_DIGEST_ABSENT = 1 };
uint64_t node_digest_stamp(struct node *node, const struct record_id *dossier);

/* One dossier's. ERR_NOTFOUND: it is not here, or has nothing of this part. */
int node_digest_of(struct node *node, const struct record_id *dossier, enum digest_part_number part,
        struct node_digest *out);

/* Look at one dossier as it is shown, with the bodies of its events. `look` may not write, nor ask for digests. Errors of node_shown(). */
int node_digest_look(struct node *node, const struct record_id *dossier,
        void (*look)(void *context, const struct digest_source *source), void *context);

/* Make some of those that are missing, so that the next list need not: `max` documents at most, for about `budget_ms`. Now and then those that were made go to the disk, with a
 * checkpoint. How many are left to make. */
uint32_t node_digest_ahead(struct node *node, uint32_t max, uint64_t budget_ms);

/* How many the next list would have to make. */
uint32_t node_digest_missing(struct node *node);

/* What digests take in memory. */
size_t node_digest_bytes(const struct node *node);

/* What this program makes of the document, appended. False: it cannot be read. *is_final: nothing that it refers to is still on its way to the disk. */
bool node_digest_make(struct node *node, uint32_t number, struct buf *out, bool *is_final);

#endif
