/*
 * node/picture/reply.h - what the process that looks at a file answers: in node/picture/README.md, "The helper". Pure; hostile bytes are fine.
 */
#ifndef NODE_PICTURE_REPLY_H
#define NODE_PICTURE_REPLY_H

#include "node/picture/picture.h"

/* What `result` of picture_make() was, and unless it is an error the picture. */
void picture_reply_encode(int result, const struct picture *picture, struct buf *out);

/* *out as picture_make() gave it: owner calls picture_close(). Its result; ERR_MALFORMED: cut, or no answer. */
int picture_reply_decode(struct span bytes, struct picture *out);

#endif
