/*
 * tools/trace.h - a published editing trace (josephg/editing-traces, JSON, gzipped), as flat arrays: positions are in code points.
 */
#ifndef TOOLS_TRACE_H
#define TOOLS_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/mem.h"

/* At a position so many code points go, and a text comes. */
struct trace_patch {
	uint32_t position, deleted, text_at, text_bytes;
};

/* What one author did in one go, having seen its parents and what they had seen. */
struct trace_txn {
	uint32_t author, parent_at, parent_count, patch_at, patch_count;
	uint32_t
	        child_count; /* of a concurrent trace: how many had seen exactly this and no later one of its line */
};

/* Borrows from the bytes that it was read from. */
struct trace {
	uint32_t author_count, txn_count, parent_count, patch_count;
	bool is_concurrent; /* else each transaction's parent is the one before it, all by author 0 */
	const struct trace_txn *txns;
	const uint32_t *parents;
	const struct trace_patch *patches;
	struct span text, end; /* all that is inserted; the final text */
};

/* Read FILE.json.gz and append the flat form to `out`. ERR_NOTFOUND, ERR_MALFORMED, ERR_TOOBIG. */
int trace_read(const char *path, struct buf *out);

/* Look at a flat form that trace_read() made. It starts at an address that is divisible by 8. */
struct trace trace_of(struct span flat);

struct span trace_text(const struct trace *trace, const struct trace_patch *patch);

/* Join transactions that nobody else saw in between, as one would send them: about a second of typing. `runs` has room for txn_count; parents
 * are numbers of runs, in `parents`, which has room for parent_count. Returns the number of runs. */
uint32_t trace_runs(const struct trace *trace, struct trace_txn *runs, uint32_t *parents);

#endif
