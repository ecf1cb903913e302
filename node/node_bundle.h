/*
 * node/node_bundle.h - what only this device may have, in a file for a colleague (README.md, "Quarantine"; node/keyring/README.md, section 8).
 *
 * Threads: one.
 */
#ifndef NODE_NODE_BUNDLE_H
#define NODE_NODE_BUNDLE_H

#include "node/node.h"

/* Of frames in one file: with its seals it fits one request of the local interface, in base64. */
enum { NODE_BUNDLE_BYTES_MAX = 2 * 1024 * 1024 };

/* Append the file: entries of the membership and of our own feeds that some colleague has not acknowledged, as far as they are durable, sealed to the colleagues
 * that are active by what is known here. ERR_NOTFOUND: there is none; ERR_TOOBIG. */
int node_export(struct node *node, struct buf *out, uint32_t *entry_count);

/* Take such a file in. Entries that are bad are refused, the others taken: *taken says how many were new. ERR_DENIED: not sealed to this device. ERR_MALFORMED,
 * ERR_TRUNCATED, ERR_VERSION, ERR_BADSEAL: no such file, or a damaged one; then nothing was taken but, of one whose frames are nonsense, those before. */
struct node_taken {
	uint32_t entries, refused; /* entries that were new; runs that were not believed */
	bool again; /* it told of a feed with two histories: taken in once more after this is durable, it brings what is of the other one */
};
int node_take_in(struct node *node, struct span file, struct node_taken *taken);

#endif
