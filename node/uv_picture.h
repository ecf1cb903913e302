/*
 * node/uv_picture.h - a file is looked at in a process of its own: releve-picture, beside this program or where it was installed (picture/README.md, "The helper").
 *
 * Normal course: the process starts, is given the bytes, answers, ends. Failures: it dies, says nonsense or takes longer than LIMIT_PICTURE_MS: then the file is refused.
 * Threads: the loop's.
 */
#ifndef NODE_UV_PICTURE_H
#define NODE_UV_PICTURE_H

#include <uv.h>

#include "node/picture/picture.h"

struct uv_picture;

/* `result` as of picture_make(); ERR_TIMEOUT: it took too long. *picture is closed after the call. */
typedef void (*uv_picture_done)(void *context, int result, struct picture *picture);

/* `bytes` is taken, and wiped. `done` is called once, later. ERR_NOTFOUND: there is no such program; errors of the system: not started, and not taken. */
int uv_picture_start(
        uv_loop_t *loop, struct buf *bytes, uv_picture_done done, void *context, struct uv_picture **out);

/* No callback comes any more; the process is ended. */
void uv_picture_cancel(struct uv_picture *it);

#endif
