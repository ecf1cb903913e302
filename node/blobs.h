/*
 * node/blobs.h - which photos and scans this device knows of, and which of their chunks are here.
 *
 * A list in memory, in the order of addresses; the rows behind it are node_photo.c's affair. Pure.
 */
#ifndef NODE_BLOBS_H
#define NODE_BLOBS_H

#include <stdbool.h>

#include "crdt/base/ids.h"
#include "crdt/base/limits.h"
#include "node/keyring/blob.h"

enum { BLOBS_CHUNKS_MAX = (LIMIT_BLOB_BYTES + BLOB_PLAIN_BYTES - 1) / BLOB_PLAIN_BYTES };

struct blob_known {
	struct blob_address address;
	struct record_id dossier;
	struct device_id author; /* whose entry names it */
	uint64_t hlc; /* of that entry */
	uint64_t whole_at; /* the list's mark when its last chunk came; 0: some are lacking */
	uint32_t chunk_count, held_count;
	uint8_t held[(BLOBS_CHUNKS_MAX + 7) / 8]; /* a bit each */
	bool asked; /* somebody wants to see it */
	bool is_named; /* `epoch` and `name` are those of its entry: a relay may be told of it */
	bool is_carried; /* at a relay: no dossier is known, and `author` is the device that told of it */
	bool is_stored; /* its note is on the disk */
	struct epoch_id epoch;
	struct pseudonym name;
};

/* Zero-initialized is empty. */
struct blobs {
	struct blob_known *items;
	uint32_t count, room;
	uint64_t mark; /* moves when something became whole */
};

void blobs_close(struct blobs *blobs);

struct blob_known *blobs_find(const struct blobs *blobs, const struct blob_address *address); /* or NULL */

bool blobs_has_room(const struct blobs *blobs, const struct device_id *author);

/* Add one without chunks, or find it. NULL: there are LIMIT_BLOBS, or of this author LIMIT_BLOBS_DEVICE. Others move. */
struct blob_known *blobs_add(struct blobs *blobs, const struct blob_known *blob);
void blobs_remove(struct blobs *blobs, struct blob_known *blob); /* others move */

/* Chunk `index` is on the disk. */
void blobs_hold(struct blobs *blobs, struct blob_known *blob, uint32_t index);
bool blobs_holds(const struct blob_known *blob, uint32_t index);
/* The first chunk from `index` on that is lacking; chunk_count: none. */
uint32_t blobs_lacking(const struct blob_known *blob, uint32_t index);

static inline bool blobs_is_whole(const struct blob_known *blob)
{
	return blob->held_count == blob->chunk_count;
}

#endif
