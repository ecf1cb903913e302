/*
 * node/shorts.h - things found by the short ids that others name them by, and members listed by what they belong to: so that a dossier with many facts costs each
 * device as many steps as there are facts, times a logarithm, whatever is in them.
 *
 * Pure. Hostile ids are fine: of things whose ids begin alike one is found, however many there are. Threads: one per object.
 */
#ifndef NODE_SHORTS_H
#define NODE_SHORTS_H

#include "crdt/base/ids.h"
#include "crdt/doc.h"
#include "node/schema/schema.h"

#define SHORTS_NONE UINT32_MAX

struct shorts_entry {
	uint8_t begins[SCHEMA_SHORT_BYTES];
	uint32_t thing;
};

/* Zero-initialized is empty. Add all, sort once, then ask. Owner closes. */
struct shorts {
	struct shorts_entry *items; /* once sorted: by how they begin, then by thing, each pair once */
	uint32_t count, room;
};

void shorts_add(struct shorts *shorts, const struct record_id *id, uint32_t thing);
void shorts_sort(struct shorts *shorts);
void shorts_close(struct shorts *shorts);

/* The places in `items` of the things whose id begins so, from what it returns to before `end`; none where `begins` is not SCHEMA_SHORT_BYTES long. */
uint32_t shorts_range(const struct shorts *shorts, struct span begins, uint32_t *end);

/* Of the things whose id begins so, the lowest or the highest; NONE: there is none. */
uint32_t shorts_first(const struct shorts *shorts, struct span begins);
uint32_t shorts_last(const struct shorts *shorts, struct span begins);

/* Which of several live values are equal to one before, as marks of `values->count`, on the heap. How many are not: *different, where it is not NULL. */
bool *shorts_repeated(const struct crdt_values *values, uint32_t *different);

/* Members by owner: of each owner those of `members` from its start to the next one's, ascending. Owner calls grouped_close(). */
struct grouped {
	uint32_t *starts; /* owner_count + 1 */
	uint32_t *members;
};

/* `owners[i]` is member i's, below `owner_count`; SHORTS_NONE: nobody's. */
void grouped_make(struct grouped *grouped, uint32_t owner_count, const uint32_t *owners, uint32_t count);
void grouped_close(struct grouped *grouped);

#endif
