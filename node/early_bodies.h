/*
 * node/early_bodies.h - bodies of events in an early copy, as bytes and back (node/keyring/README.md, section 7; node/early.h).
 *
 * Pure: no I/O, no clock. Hostile bytes are fine. Threads: one.
 */
#ifndef NODE_EARLY_BODIES_H
#define NODE_EARLY_BODIES_H

#include "node/early.h"

/* Write the bodies for a document: `bodies` in the order of its events, with `kind`, `is_correction`, `fields` and `reason` filled in; `places` their numbers in
 * that order, from 0. Appends. */
void early_put_bodies(
        struct buf *out, const struct early_body *bodies, const uint32_t *places, uint32_t count);

struct early_bodies {
	struct early_body *items; /* in the order of the document's events */
	uint32_t count;
	struct buf fields; /* what their `fields` borrow; their `reason` borrows from the bytes read */
};

/* ERR_MALFORMED, ERR_TRUNCATED, ERR_TOOBIG, ERR_VERSION. Owner calls early_bodies_close(), also after an error. */
int early_bodies_read(const struct crdt_doc *doc, struct span bytes, struct early_bodies *out);
void early_bodies_close(struct early_bodies *bodies); /* wipes */

#endif
