/*
 * node/picture/picture.h - a photo or scan made fit to be kept: without what the camera wrote beside it, measured, and with a small picture of it
 * (README.md).
 *
 * Hostile bytes are fine; all the same they are looked at in a process of their own that holds no key (uv_picture.h), and picture_make() is not part of the one that does. Memory: what the header announces,
 * within limits.
 */
#ifndef NODE_PICTURE_PICTURE_H
#define NODE_PICTURE_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum picture_form { PICTURE_NONE, PICTURE_JPEG, PICTURE_PNG, PICTURE_PDF };

struct picture {
	enum picture_form form;
	uint32_t width, height; /* in pixels, upright; 0: a PDF */
	struct buf bytes; /* what is kept */
	struct buf thumbnail; /* a JPEG; empty: a PDF whose first page is not one photo */
};

/* Owner calls picture_close(), also after an error. ERR_TOOBIG: more bytes or pixels than the limits. ERR_UNSUPPORTED: none of the three forms, or a way of coding it
 * that cameras and scanners do not use. ERR_MALFORMED: cut or damaged. ERR_DENIED: a PDF that asks for a password. */
int picture_make(struct span bytes, struct picture *out);
void picture_close(struct picture *picture); /* wipes */

/* By the first bytes alone. */
enum picture_form picture_form(struct span bytes);
const char *picture_media_type(enum picture_form form); /* "image/jpeg"; not of NONE */

#endif
