/*
 * tests/lib/pictures.h - photos as cameras make them, with what they write beside the picture.
 */
#ifndef TESTS_LIB_PICTURES_H
#define TESTS_LIB_PICTURES_H

#include "crdt/base/mem.h"

/* Stands in EXIF (also as its GPS area), in a comment and behind the end. */
#define PICTURES_CANARY "47N02.5521W-chez-Mme-Dugenou"

struct pictures_wish {
	unsigned width, height;
	unsigned orientation; /* of EXIF; 0: no EXIF at all */
	unsigned seed; /* of its noise; 0: the upper left quarter is white, the rest black */
	bool is_progressive;
};

/* Append one. */
void pictures_jpeg(const struct pictures_wish *wish, struct buf *out);
void pictures_png(
        const struct pictures_wish *wish, struct buf *out); /* canary in a tEXt chunk and behind the end */
/* One page, turned by 90 degrees: that photo, a line of text, a note; the canary in all that is not on the page, in the photo's file, and in an earlier version of the page. */
void pictures_pdf(const struct pictures_wish *wish, struct buf *out);

/* The brightness (0 to 255) of a JPEG near a corner. Fails the test when it is none. */
struct pictures_look {
	unsigned width, height;
	unsigned upper_left, upper_right, lower_left, lower_right;
};
struct pictures_look pictures_look(struct span jpeg);

#endif
