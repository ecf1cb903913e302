/*
 * node/photo_row.h - rows of the table `blob` (store/README.md, "Pictures"). Pure; hostile bytes are fine.
 */
#ifndef NODE_PHOTO_ROW_H
#define NODE_PHOTO_ROW_H

#include "node/blobs.h"
#include "store/vault.h"

enum { PHOTO_KEY_BYTES = VAULT_NAME_BYTES + 4, PHOTO_ABOUT = 0 };

/* Number PHOTO_ABOUT, or 1 + that of a chunk. */
void photo_key(const struct vault *vault, const struct blob_address *address, uint32_t number,
        uint8_t out[PHOTO_KEY_BYTES]);

static inline uint32_t photo_key_number(const uint8_t key[PHOTO_KEY_BYTES])
{
	const uint8_t *at = key + VAULT_NAME_BYTES;
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void photo_about_encode(const struct blob_known *blob, struct span manifest, struct buf *out);
/* At a relay: `note` as it was told (keyring/blob.h). */
void photo_carried_encode(const struct blob_known *blob, struct span note, struct buf *out);
/* Either. The hashes are read into `arena`; out->address follows from them. ERR_VERSION, ERR_CORRUPT. */
int photo_about_decode(
        struct span row, struct arena *arena, struct blob_known *out, struct blob_manifest *manifest);

#endif
