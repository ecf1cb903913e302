/*
 * node/uv_bundle.h - the files of a stick: volumes written so that whoever pulls it out leaves whole files, and all of a folder read in their order
 * (README.md, "Bundles").
 *
 * Each volume is written under another name ("releve-….part"), brought onto the disk, and then named. In a folder names are random, so that they tell nothing; what this device wrote there
 * before, and the new export holds too, is removed once that is complete. Nothing but files of this device is ever removed.
 *
 * Threads: one. Errors: those of node/node_bundle.h and store/file.h.
 */
#ifndef NODE_UV_BUNDLE_H
#define NODE_UV_BUNDLE_H

#include "node/node_bundle.h"

/* ---- Writing ---- */

struct uv_bundle_writer;

/* To `path`: a folder, or a file (further volumes get ".2", ".3" … behind its name). ERR_EXISTS: that file is there, is not of this device, and may not be replaced.
 * ERR_IO: there is no such folder. */
int uv_bundle_writer_new(struct node *node, const char *path, bool replace,
        const struct node_export_wish *wish, struct uv_bundle_writer **out);
void uv_bundle_writer_free(
        struct uv_bundle_writer *writer); /* what is not complete leaves no file; NULL is allowed */

/* 1: there is more. 0: all is on the disk. */
int uv_bundle_writer_step(struct uv_bundle_writer *writer);
struct node_export_counts uv_bundle_writer_counts(const struct uv_bundle_writer *writer);
/* The path of a volume that is complete, from 0 on; NULL past the last. */
const char *uv_bundle_writer_file(const struct uv_bundle_writer *writer, uint32_t index);

/* A whole small file (a request to join) into that folder, or beside that file, under a random name: *name is the caller's to mem_free(). */
int uv_bundle_put(struct node *node, const char *path, struct span content, char **name);

/* ---- Reading ---- */

/* The files in `path`, a folder's in the order in which they are best read: those of one device and export by their volumes, requests to join last. */
struct uv_bundle_file {
	char *path;
	struct node_bundle_about about;
	bool has_about;
	uint64_t bytes;
};

struct uv_bundle_list {
	struct uv_bundle_file *files;
	uint32_t count, capacity;
};

/* Of which team is this invitation? Files are looked at, a few in a step, until one says it. */
struct uv_bundle_asking;
int uv_bundle_asking_new(const char *path, struct uv_bundle_asking **out);
void uv_bundle_asking_free(struct uv_bundle_asking *asking); /* NULL is allowed */
/* 1: there is more to look at. 0: *team is it. ERR_NOTFOUND: no file there says it; ERR_TOOBIG: there are too many. */
int uv_bundle_asking_step(
        struct uv_bundle_asking *asking, const struct team_invitation *invitation, struct team_id *team);

/* One file after another, each to its end, and all once more while that brings something. */
struct uv_bundle_reader;

struct uv_bundle_report {
	const char *path; /* borrowed until the next step */
	struct node_taken taken;
	int error; /* 0, or why this file was not taken in, or not to its end */
	bool is_ours, is_older;
};

struct uv_bundle_progress {
	uint64_t bytes, bytes_expected; /* of this pass */
	uint32_t file, files;
};

int uv_bundle_reader_new(struct node *node, const char *path, struct uv_bundle_reader **out);
void uv_bundle_reader_free(struct uv_bundle_reader *reader); /* NULL is allowed */

/* 1: there is more; 0: over. ERR_NOTFOUND: the folder has no such file; ERR_TOOBIG: it has more than LIMIT_BUNDLE_FILES, or than LIMIT_BUNDLE_NAMES of any kind. The caller awaits that everything is durable before the next step. *ended: a file is over, and *report says what came of it. */
int uv_bundle_reader_step(struct uv_bundle_reader *reader, bool *ended, struct uv_bundle_report *report);
struct uv_bundle_progress uv_bundle_reader_progress(const struct uv_bundle_reader *reader);

#endif
