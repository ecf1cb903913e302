/* node/picture/form.h - the inside of node/picture: one form of picture each. */
#ifndef NODE_PICTURE_FORM_H
#define NODE_PICTURE_FORM_H

#include "node/picture/picture.h"

/* What the header says. */
struct picture_size {
	uint32_t width, height; /* as stored */
	unsigned orientation; /* of EXIF, 1 to 8 */
};

/* Append what is kept. ERR_UNSUPPORTED, ERR_MALFORMED. */
int picture_clean_jpeg(struct span bytes, struct buf *out, struct picture_size *size);
int picture_clean_png(struct span bytes, struct buf *out, struct picture_size *size);

/* Append what is kept of a PDF, and a small picture where the first page is one photo (pdf.c). ERR_UNSUPPORTED, ERR_MALFORMED, ERR_DENIED: it asks for a password. */
int picture_clean_pdf(struct span bytes, struct buf *out, struct buf *thumbnail);

bool picture_fits(const struct picture_size *size, uint64_t pixels_max);

/* Pixels, three bytes each (red, green, blue). Owner calls buf_wipe() on `rgb`. */
struct picture_pixels {
	uint32_t width, height;
	struct buf rgb;
};

/* Decode, a JPEG at a fraction of its size that is still not smaller than the small picture. ERR_MALFORMED. */
int picture_decode_jpeg(struct span bytes, struct picture_pixels *out);
int picture_decode_png(struct span bytes, const struct picture_size *size, struct picture_pixels *out);

/* Append the small picture. */
int picture_thumbnail(const struct picture_pixels *pixels, unsigned orientation, struct buf *out);

#endif
