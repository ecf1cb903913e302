/*
 * tools/floor.h - what this machine needs at least for a team's records: the floors beside which our figures stand.
 *
 * The same records go through the same libraries (zstd with a trained dictionary, XChaCha20-Poly1305, BLAKE2b, Ed25519,
 * LMDB, TCP) and nothing else: no headers, no merging, no indexes but today's, no transport encryption. A figure of
 * ours divided by its floor of the same run can be compared between machines; the milliseconds cannot.
 *
 * The measures leave their databases in the scratch directory; the caller removes it. The keys are thrown away, but
 * the records are only as secret as that directory.
 *
 * Threads: one struct floor, one thread; floor_join() starts and ends a second one inside.
 * Errors: 0, or ERR_IO, ERR_NOSPACE (disk, LMDB), ERR_NETWORK (loopback), ERR_MALFORMED, ERR_TOOBIG (records); the
 * original cause goes to standard error. The figures are then undefined.
 */
#ifndef TOOLS_FLOOR_H
#define TOOLS_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crdt/base/span.h"

enum {
	FLOOR_RECORD_BYTES_MAX = 16 * 1024, /* the longest generated record has 2 KiB */
	FLOOR_PUTS = 2000, /* enough for a 99th percentile of 20 samples */
};

/* Records as NDJSON lines, without line feed. */
struct floor_records {
	struct span *lines;
	size_t count;
	size_t bytes; /* of all lines */
	struct span file; /* behind floor_records_read() */
};

/* Maps a file of lines. ERR_NOTFOUND, ERR_IO, ERR_TOOBIG: a line over FLOOR_RECORD_BYTES_MAX. */
int floor_records_read(struct floor_records *records, const char *path);
/* Lets go of the pages that were read; they are read again when they are looked at. What a node is given comes in pieces, and does not stand in its memory. */
void floor_records_release(const struct floor_records *records);
void floor_records_close(struct floor_records *records);

struct floor;

/* How the dictionary was trained, on every fifth record and 10,000 at most. */
struct floor_training {
	double ms;
	size_t dictionary_bytes;
};

/* Records through the sealed log: compress, encrypt, hash, append; one durable transaction per 1,000. */
struct floor_load {
	double ms;
	size_t record_count, payload_bytes, file_bytes;
};

/* A log sent whole over loopback TCP: hash, open, inflate, append; one durable transaction per 1,000. */
struct floor_join {
	double ms;
	size_t record_count, wire_bytes, file_bytes;
};

/* The offline day of 12 replicas, then their meeting in a star: `ms` is the meeting. */
struct floor_day {
	double ms, offline_ms;
	size_t record_count, wire_bytes;
};

/* From the start of a process to the list of a day's visits with the patients' names, and its end. */
struct floor_today {
	double p50_ms, max_ms, child_peak_mb;
};

/* One signed and sealed record, one durable transaction. */
struct floor_put {
	double p50_ms, p99_ms, max_ms;
	size_t count;
};

/* Trains the dictionary and makes keys. `directory` exists or is made; both record lists are borrowed until
 * floor_close(). ERR_MALFORMED: too few records to train on. Owner calls floor_close(). */
int floor_open(struct floor **out, const struct floor_records *history, const struct floor_records *day,
        const char *directory, struct floor_training *training);
void floor_close(struct floor *floor); /* NULL is allowed */

/* `signed_each`: an Ed25519 signature of each record too. */
int floor_load(struct floor *floor, bool signed_each, struct floor_load *out);

/* After floor_load() with the same `signed_each`, which then means that the receiver checks each signature. */
int floor_join(struct floor *floor, bool signed_each, struct floor_join *out);

/* Needs no other measure before it. `signed_each`: each receiver checks each signature. */
int floor_day(struct floor *floor, bool signed_each, struct floor_day *out);

/* After floor_load() without signatures: appends `count` (usually FLOOR_PUTS, over 0) to its log, so floor_join() comes
 * before. */
int floor_put(struct floor *floor, size_t count, struct floor_put *out);

/* Writes the sealed store and the day index that floor_today() reads. *file_bytes is its size. */
int floor_today_build(struct floor *floor, size_t *file_bytes);

/* Times processes that run `command` (NULL-terminated, the program as a path), which must call
 * floor_today_child() at once and exit with 0. `cold`: drops the disk caches before each; ERR_UNSUPPORTED where that is
 * not allowed. */
int floor_today(struct floor *floor, char *const command[], bool cold, struct floor_today *out);

/* What the timed process does: reads the store in `directory`, lists its last day to /dev/null. */
int floor_today_child(const char *directory);

#endif
