/*
 * net/frame.h - frames after the handshake: (type, bytes) cut into sealed messages, and back (net/README.md, section 2).
 *
 * Pure; memory is bounded by LIMIT_FRAME_BYTES per direction plus what the owner leaves in the writer.
 * Threads: one writer or reader, one thread at a time. Both hold secrets: the owner calls _wipe.
 */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "net/noise.h"

enum {
	NET_MESSAGE_HEADER_BYTES = 2,
	/* Plaintext of one sealed message. */
	NET_MESSAGE_PLAIN_BYTES_MAX = 65535 - NET_NOISE_TAG_BYTES,
};

struct net_frame {
	uint8_t type;
	struct span payload;
};

/* Zero-initialized but for the cipher is ready. */
struct net_frame_writer {
	struct net_noise_cipher cipher;
	struct buf out; /* sealed messages, then the open one in clear */
	size_t open_bytes; /* plaintext of the open message at the end of `out`; 0: none is open */
};

/* Append one frame; small frames share a message until the flush. `payload` must not lie inside `out`.
 * ERR_TOOBIG: over LIMIT_FRAME_BYTES, nothing was appended. ERR_FULL: the cipher is used up; the channel must end. */
int net_frame_write(struct net_frame_writer *writer, uint8_t type, struct span payload);

/* Seal what is open: then all of `out` may go on the wire. ERR_FULL as above. */
int net_frame_flush(struct net_frame_writer *writer);

/* Flush and hand the sealed bytes over: `*out`, which must be empty, takes them. ERR_FULL as above. */
int net_frame_take(struct net_frame_writer *writer, struct buf *out);
void net_frame_writer_wipe(struct net_frame_writer *writer);

/* Zero-initialized but for the cipher is ready. */
struct net_frame_reader {
	struct net_noise_cipher cipher;
	struct buf sealed; /* the message that is coming in, with its length */
	struct buf plain; /* the last message opened */
	size_t plain_at; /* read so far */
	struct buf partial; /* a frame that began in an earlier message, with its header */
	bool partial_done; /* `partial` was handed out and goes with the next call */
	int error; /* the first failure; final */
};

/* Read on: takes from the front of `*bytes` and stops at the first complete frame.
 * 1: `*frame` is complete; its payload borrows from the reader and from nothing else, until the next call.
 * 0: all bytes were taken, no frame is complete.
 * ERR_BADSEAL, ERR_MALFORMED (message or varint), ERR_TOOBIG (frame over LIMIT_FRAME_BYTES), ERR_FULL: final. */
int net_frame_read(struct net_frame_reader *reader, struct span *bytes, struct net_frame *frame);
void net_frame_reader_wipe(struct net_frame_reader *reader);

#endif
