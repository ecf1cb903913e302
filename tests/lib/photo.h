/*
 * tests/lib/photo.h - photos in the dossiers of devices on a loop (tests/lib/device.h): random bytes of which no two chunks are alike.
 */
#ifndef TESTS_LIB_PHOTO_H
#define TESTS_LIB_PHOTO_H

#include "node/node_photo.h"
#include "tests/lib/device.h"

enum { PHOTO_BYTES = 5 * BLOB_PLAIN_BYTES + 321, PHOTO_CHUNKS = 6 };

struct photo {
	struct buf bytes;
	struct blob_address address;
	struct arena arena;
	struct buf encoded; /* row 0 */
	struct blob_manifest manifest;
};

/* Saved, and durable. */
void photo_save(struct device *device, const struct record_id *dossier, uint64_t seed, struct photo *out);
void photo_close(struct photo *photo);

/* photo->manifest, from what row 0 says at that device. */
void photo_read_manifest(struct device *device, struct photo *photo);

/* It is there, and its bytes are what was saved. */
void photo_check_opens(struct device *device, const struct record_id *dossier, struct photo *photo);

uint32_t photo_rows(struct device *device); /* of the table */

#endif
