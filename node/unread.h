/*
 * node/unread.h - which keys are missing for entries that are in the log and in no document yet.
 *
 * Such entries are counted by what it takes to read them: epoch and dossier. So when keys come it is known whether there is anything to
 * read with them, and which dossiers it concerns (node_late.c); the set is kept with the checkpoint. What an author puts into headers decides
 * its size: a group costs her an entry in everybody's log, and nobody searches it by her bytes.
 *
 * Pure. Threads: one.
 */
#ifndef NODE_UNREAD_H
#define NODE_UNREAD_H

#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "store/entry.h"

struct unread_group {
	struct epoch_id epoch;
	struct pseudonym dossier; /* under that epoch; zero: of no dossier */
	uint8_t compartment;
	uint32_t tried; /* keys that were here, and did not open them: bodies_mark() (bodies.h) */
	uint64_t count; /* entries */
};

/* Zero-initialized is empty. Owner calls unread_close(). */
struct unread {
	struct unread_group *groups;
	size_t group_count, room;
	uint64_t count; /* entries of all groups */
};

void unread_close(struct unread *unread); /* empty again */

void unread_add(struct unread *unread, const struct unread_group *group);
void unread_remove(struct unread *unread, size_t index); /* the last group takes its place */

/* Version 1, varint n, n x (epoch 32, pseudonym 16, compartment u8, varint tried, varint count), ascending. Nothing but the version when it
 * would be over `bytes_max`. */
void unread_encode(struct unread *unread, struct buf *out, size_t bytes_max);

/* ERR_NOTFOUND: the groups were not written. ERR_VERSION and errors of form. *unread is empty then. */
int unread_decode(struct unread *unread, struct span bytes);

#endif
