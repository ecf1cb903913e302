/*
 * tools/train.h - trains the zstd dictionary with which small records are compressed one by one.
 *
 * Reproducible: the same samples in the same order, with the same release of zstd, give the same bytes. Never train on
 * patients' data: a dictionary holds pieces of its samples and ships with the program.
 */
#ifndef TOOLS_TRAIN_H
#define TOOLS_TRAIN_H

#include <stdio.h>

#include "crdt/base/mem.h"

enum {
	TRAIN_DICTIONARY_BYTES_MAX =
	        112640, /* zstd's own default; more gains little and costs memory per process */
	TRAIN_SAMPLE_BYTES_MAX = 1024 * 1024, /* one entry body */
	TRAIN_SAMPLES_BYTES_MAX = 512 * 1024 * 1024, /* zstd advises a hundred times the dictionary */
	TRAIN_SAMPLES_MAX = 4 * 1024 * 1024,
	TRAIN_LEVEL = 3, /* of zstd, for which the dictionary is made */
};

/* Samples one after the other. Zeroed is empty. */
struct train_samples {
	struct buf bytes;
	size_t *sizes;
	size_t count, capacity;
};

/* ERR_TOOBIG: over one of the limits above; nothing was added. */
int train_samples_add(struct train_samples *samples, struct span sample);
void train_samples_close(struct train_samples *samples);

/* Adds records from a stream until its end: 4 bytes of length, little-endian, then the record.
 * ERR_TRUNCATED, ERR_TOOBIG, ERR_IO: what came before the bad record was added. */
int train_samples_read_stream(struct train_samples *samples, FILE *in);

/* Adds each regular file of a folder, in byte order of the names; no sub-folders. ERR_IO, ERR_NOTFOUND, ERR_TOOBIG. */
int train_samples_read_folder(struct train_samples *samples, const char *path);

/* Trains on all samples; `out` is appended to, by at most `bytes_max` (256 to TRAIN_DICTIONARY_BYTES_MAX). ERR_MALFORMED: too few samples, or nothing they have in common. */
int train_dictionary(struct buf *out, const struct train_samples *samples, size_t bytes_max);

/* What the samples take when each is compressed alone with the dictionary. */
size_t train_compressed_bytes(struct span dictionary, const struct train_samples *samples);

#endif
