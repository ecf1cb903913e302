/*
 * tools/bench_stick.h - a newcomer who joins by a file, measured: the file written onto the disk, and taken in.
 */
#ifndef TOOLS_BENCH_STICK_H
#define TOOLS_BENCH_STICK_H

#include "tools/bench_node.h"

struct bench_stick {
	double export_ms, import_ms, again_ms; /* the same file once more */
	uint64_t bytes, entries;
};

/* `host` has a team; `guest` is in none; `file` is a path for the file, which is there afterwards. */
void bench_stick(
        struct bench_node *host, struct bench_node *guest, const char *file, struct bench_stick *out);

#endif
