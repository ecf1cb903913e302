/*
 * node/indicators/published.h - what was written for others of one period, as bytes (README.md, section 5).
 *
 * Canonical; hostile bytes are fine. Pure.
 */
#ifndef NODE_INDICATORS_PUBLISHED_H
#define NODE_INDICATORS_PUBLISHED_H

#include "crdt/base/arena.h"
#include "crdt/base/mem.h"
#include "node/indicators/strata.h"

enum {
	PUBLISHED_SOURCE_BYTES = 16,
	PUBLISHED_SOURCES_MAX = 64, /* versions that some of the numbers stem from */
	PUBLISHED_ENTRIES_MAX = 1000,
};

struct published_cell {
	int64_t numerator, denominator;
};

/* The cells of one indicator by one scheme, in the order of the level's groups. Of STRATA_PROBLEM one cell, with its code as `key`. */
struct published_entry {
	uint32_t number, version, key;
	enum strata_scheme scheme;
	uint32_t level;
	uint32_t source; /* place in the list */
	struct published_cell cells[STRATA_GROUPS_MAX];
	uint32_t cell_count;
};

struct published {
	uint8_t (*sources)[PUBLISHED_SOURCE_BYTES];
	uint32_t source_count;
	struct published_entry *entries; /* ascending by number, scheme, key; each once */
	uint32_t entry_count;
};

void published_put(const struct published *published, struct buf *out);
/* Copies into the arena. ERR_VERSION, ERR_MALFORMED, ERR_TRUNCATED, ERR_TOOBIG. */
int published_get(struct span bytes, struct arena *arena, struct published *out);

/* NULL: none. */
const struct published_entry *published_find(
        const struct published *published, uint32_t number, enum strata_scheme scheme, uint32_t key);
int published_entry_cmp(const void *a, const void *b);

#endif
