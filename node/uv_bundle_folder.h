/*
 * node/uv_bundle_folder.h - what lies in a folder, looked at a piece at a time: whoever prepared the stick may have put a million files there, and each costs a
 * look (README.md, "Bundles").
 *
 * Each step looks at few names and opens fewer files, and is an event of the loop. In all no more than LIMIT_BUNDLE_NAMES names are looked at. Threads: one.
 */
#ifndef NODE_UV_BUNDLE_FOLDER_H
#define NODE_UV_BUNDLE_FOLDER_H

#include "node/node_bundle.h"

/* ---- Names ---- */

struct uv_bundle_walk;

/* Of files whose names begin and end so; NULL: any beginning. Borrows `suffix` and `prefix` while it lasts. ERR_NOTFOUND and the errors of store/file.h: it is no folder that can be read. */
int uv_bundle_walk_new(
        const char *folder, const char *prefix, const char *suffix, struct uv_bundle_walk **out);
void uv_bundle_walk_free(struct uv_bundle_walk *walk); /* NULL is allowed */

/* 1: *path is the next one, the caller's to mem_free(). 0: past the last. UV_BUNDLE_WALK_LATER: that is enough for this turn; the next call begins another. ERR_TOOBIG: there are too many
 * names. */
enum { UV_BUNDLE_WALK_LATER = 2 };
int uv_bundle_walk_next(struct uv_bundle_walk *walk, char **path);

/* ---- Files ---- */

/* Nothing but a plain file is waited for, or read. A descriptor, or an error; ERR_INVALID: it is another thing. */
int uv_bundle_open(const char *path, uint64_t *bytes);
/* As much as tells what a file is (NODE_BUNDLE_BEGIN_BYTES). */
int uv_bundle_begin(const char *path, struct buf *out);
/* Did this device write it? */
bool uv_bundle_is_own(struct node *node, const char *path, struct node_bundle_about *about);

/* ---- What this device wrote before, and is to be removed ---- */

struct uv_bundle_sweep;

/* Parts of an export that was broken off (`newer` NULL); or what the new export holds as well. */
int uv_bundle_sweep_new(struct node *node, const char *folder, const struct node_bundle_about *newer,
        struct uv_bundle_sweep **out);
void uv_bundle_sweep_free(struct uv_bundle_sweep *sweep); /* NULL is allowed */
/* 1: there is more. What cannot be removed, or lies behind too many names, stays. */
int uv_bundle_sweep_step(struct uv_bundle_sweep *sweep);

/* Names of such files: "releve-….bundle"; while they are written, "releve-….part". */
extern const char uv_bundle_prefix[], uv_bundle_suffix[], uv_bundle_part[];

#endif
