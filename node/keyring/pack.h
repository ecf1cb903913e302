/*
 * node/keyring/pack.h - the plaintext under a seal: compressed where that helps, its length, padding to a size class
 * (README.md, section 1).
 *
 * A codec holds zstd's contexts and working memory for reuse, made when first needed: one per thread, about 0.5 MB. Its buffers hold plaintext; they
 * are overwritten by later use and wiped by body_codec_close().
 */
#ifndef NODE_KEYRING_PACK_H
#define NODE_KEYRING_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "crdt/base/mem.h"
#include "crdt/base/span.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;
struct ZSTD_CDict_s;
struct ZSTD_DDict_s;

enum pack_codec { PACK_RAW = 0, PACK_ZSTD_1 = 1 };

/* Fields but `level` are private to pack.c. */
struct body_codec {
	int level; /* of compression; 0: that of entries. Set before the first use */
	struct ZSTD_CCtx_s *compress;
	struct ZSTD_DCtx_s *inflate;
	struct ZSTD_CDict_s *compress_dict;
	struct ZSTD_DDict_s *inflate_dict;
	struct buf packed; /* the packed plaintext of the seal being made or opened */
	struct buf raw; /* what the last opening gave */
};

void body_codec_init(struct body_codec *codec);
void body_codec_close(struct body_codec *codec); /* wipes; zeroed is allowed */

/* The smallest size class that holds `size` bytes. */
size_t pack_class(size_t size);

/* Pack `raw`. *out borrows from the codec until its next use. ERR_TOOBIG: more than LIMIT_PACK_RAW_BYTES, or the packed form is over
 * `packed_max`. */
int pack_make(struct body_codec *codec, struct span raw, size_t packed_max, struct span *out);

/* Room for a packed plaintext of `size` bytes to be decrypted into, then unpacked in place by pack_open(). */
uint8_t *pack_room(struct body_codec *codec, size_t size);

/* Unpack the `size` bytes that stand in pack_room(). *raw borrows from the codec until its next use. Hostile input is fine.
 * ERR_VERSION: unknown codec. ERR_TOOBIG: declared length over LIMIT_PACK_RAW_BYTES. ERR_MALFORMED, ERR_TRUNCATED. */
int pack_open(struct body_codec *codec, size_t size, struct span *raw);

#endif
