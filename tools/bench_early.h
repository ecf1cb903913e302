/*
 * tools/bench_early.h - what a newcomer can read while the log comes, and what a whole snapshot takes.
 */
#ifndef TOOLS_BENCH_EARLY_H
#define TOOLS_BENCH_EARLY_H

#include "node/node.h"

/* The visits of the UTC day that begins at `day_s`, with a patient whose name can be read: by the log or by early copies. */
uint32_t bench_round(struct node *node, int64_t day_s);

/* What another device of the team would be given as early copies, dossiers in use within `days` (0: all). */
struct bench_snapshot {
	uint64_t dossiers, bytes;
	double ms;
};
void bench_snapshot(struct node *node, uint32_t days, struct bench_snapshot *out);

#endif
