/*
 * node/bundle_volume.h - one file of an export: frames join the streams of their parts, which are sealed chunk by chunk (node/keyring/README.md, section 8).
 *
 * Pure. Of each part less than a chunk is kept, but while a frame is added.
 */
#ifndef NODE_BUNDLE_VOLUME_H
#define NODE_BUNDLE_VOLUME_H

#include "node/keyring/bundle.h"

/* One part's frames that are not sealed yet. */
struct bundle_stream {
	struct buf bytes;
	size_t first; /* where the first frame begins that begins there; SIZE_MAX: none does */
};

/* Zero-initialized is closed. Owner calls bundle_volume_close(). */
struct bundle_volume {
	bool is_open;
	const struct env *env;
	struct bundle_key key;
	struct key_signer signer; /* its secret is borrowed */
	uint8_t digest[SIGN_DIGEST_BYTES]; /* of what was written */
	uint64_t head_bytes, chunks;
	uint64_t bytes_max; /* 0: no limit */
	struct bundle_stream streams[BUNDLE_PARTS + 1];
};

/* Begin one: appends its header. The signer's secret is borrowed until it ends. Errors of bundle_begin(). */
int bundle_volume_begin(struct bundle_volume *volume, const struct env *env, const struct key_signer *signer,
        const struct discovery_secret *discovery, const struct bundle_recipient *recipients, size_t count,
        uint64_t bytes_max, struct buf *out);

/* Would a frame of so many bytes fit? In a volume that has just begun, of NODE_BUNDLE_VOLUME_BYTES_MIN or more, every frame does. */
bool bundle_volume_fits(const struct bundle_volume *volume, enum bundle_part part, size_t payload_bytes);

/* Add it, and append what chunks it fills. Parts come out in an order in which they can be taken in: what is common, rows about dossiers, entries. */
void bundle_volume_put(struct bundle_volume *volume, enum bundle_part part, uint8_t type, struct span payload,
        struct buf *out);

/* Append the rest, filled up to a size that tells little, and the signature over all of it. */
void bundle_volume_end(struct bundle_volume *volume, struct buf *out);
void bundle_volume_close(struct bundle_volume *volume);

#endif
