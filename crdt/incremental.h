/*
 * crdt/incremental.h - a document's saved form that grows: a snapshot, and behind it the changes applied since.
 *
 * Saving after one more edit of a large text costs the edit. Bytes in, bytes out (crdt/README.md, section 10): who keeps them appends what
 * crdt_incremental_add() gives, and begins anew when crdt_incremental_is_due(). Sealing and signing are done outside, as for a snapshot.
 *
 * Normal course: crdt_incremental_begin(); crdt_doc_apply() and crdt_incremental_add() for each change; after a restart
 * crdt_incremental_load() gives the document and goes on where the bytes end.
 *
 * Pure. Threads: one at a time.
 */
#ifndef CRDT_INCREMENTAL_H
#define CRDT_INCREMENTAL_H

#include "crdt/doc.h"

/* What the bytes so far name. Zero-initialized is empty and valid; owner calls crdt_incremental_close(). */
struct crdt_incremental {
	struct crdt_feeds *names; /* the feeds by their numbers in the bytes */
	uint64_t *seqs; /* of each, the sequence named last */
	uint32_t seq_capacity;
	uint64_t lamport, hlc; /* of the last change */
	size_t snapshot_bytes; /* all before the first change */
	size_t change_bytes; /* all behind it */
};

void crdt_incremental_close(struct crdt_incremental *form);

/* Append a saved form of the document as it is, without changes. What `form` was is forgotten. */
void crdt_incremental_begin(struct crdt_incremental *form, const struct crdt_doc *doc, struct buf *out);

/* Append a change that crdt_doc_apply() just took, to be put behind all that this form gave so far. ERR_FULL: over LIMIT_FEEDS feeds are
 * named, nothing is appended; begin anew, which holds this change too. */
int crdt_incremental_add(struct crdt_incremental *form, const struct crdt_change *change, struct buf *out);

/* Is it time to begin anew: are the changes more than the snapshot, and more than a page? */
bool crdt_incremental_is_due(const struct crdt_incremental *form);

/* Load a saved form; hostile bytes are fine. The changes are applied, the snapshot's are not replayed. A last change that is not whole is
 * left out: the form ends after snapshot_bytes + change_bytes, where the caller cuts and appends. `form` is empty before.
 * Errors of crdt_doc_load(); ERR_MALFORMED and ERR_TOOBIG also where a whole change is none that this document takes. Neither `*out` nor
 * `form` is set then; feeds that were read may stay in the table. */
int crdt_incremental_load(
        struct crdt_feeds *feeds, struct span bytes, struct crdt_incremental *form, struct crdt_doc **out);

#endif
