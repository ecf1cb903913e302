/*
 * node/bundle_frames.h - the frames inside a bundle (node/keyring/README.md, section 8). Pure; hostile input is fine.
 */
#ifndef NODE_BUNDLE_FRAMES_H
#define NODE_BUNDLE_FRAMES_H

#include "crdt/base/wire.h"
#include "node/keyring/bundle.h"
#include "node/node_bundle.h"

enum bundle_frame {
	BUNDLE_FRAME_ABOUT = 1,
	BUNDLE_FRAME_RUN = 2,
	BUNDLE_FRAME_ROW = 3,
	BUNDLE_FRAME_SEALED = 4,
	BUNDLE_FRAME_JOIN = 5,
	BUNDLE_FRAME_END = 6,
	BUNDLE_FRAME_SECRETS = 7, /* in SEALED only */
	BUNDLE_FRAME_SIGNED = 8, /* alone in the last chunk */
};

/* In which part entries of a compartment stand. */
enum bundle_part bundle_frames_part(enum compartment compartment);

/* The payload of an ABOUT. */
void bundle_frames_put_about(struct buf *out, const struct node_bundle_about *about);
int bundle_frames_read_about(struct span payload, struct node_bundle_about *out);

/* The payload of a RUN. */
void bundle_frames_put_run(struct buf *out, const struct device_id *device, enum compartment compartment,
        const struct incarnation_id *incarnation, struct span run);
int bundle_frames_read_run(struct span payload, struct node_feed_name *name, struct span *run);

/* Frames of one part, put together again from its chunks. Zero-initialized is empty; owner calls bundle_frames_close(). */
struct bundle_frames {
	struct buf bytes;
	bool lost; /* chunks are missing: it goes on where the next frame begins */
};

void bundle_frames_close(struct bundle_frames *frames);
/* What is there of a frame is not believed any more. */
void bundle_frames_lose(struct bundle_frames *frames);
/* The next chunk's. */
void bundle_frames_add(struct bundle_frames *frames, struct span stream, size_t first);
/* The next whole frame from *at on, which moves; borrowed until bundle_frames_rest(). 1; 0: there is none; ERR_MALFORMED, ERR_TOOBIG. */
int bundle_frames_next(struct span bytes, size_t *at, uint8_t *type, struct span *payload);
/* What was read, up to `at`, goes. */
void bundle_frames_rest(struct bundle_frames *frames, size_t at);

#endif
