/*
 * tests/lib/desks.h - people who write records into one document apart, and meet: no node, no keys, only what merging makes of it.
 *
 * Records are given as the interface takes them (node/record.h). What `seen` would be is the writer's own document.
 */
#ifndef TESTS_LIB_DESKS_H
#define TESTS_LIB_DESKS_H

#include "node/record.h"
#include "node/work/work.h"

enum { DESKS = 3, DESKS_CHANGES = 128 };

struct desks {
	struct crdt_feeds *feeds;
	struct crdt_doc *docs[DESKS];
	uint64_t seqs[DESKS];
	struct arena arena;
	struct crdt_meta metas[DESKS_CHANGES];
	struct span changes[DESKS_CHANGES];
	uint32_t count;
	uint64_t hlc; /* the clock of all of them, a second a change */
};

/* Everybody with an empty document. */
void desks_open(struct desks *desks, enum schema_doc_kind kind, struct record_id id);
void desks_close(struct desks *desks);

/* `who` (0 to DESKS - 1) saves a record of a kind, having seen her own document. Checked as the interface checks it. */
void desks_save(struct desks *desks, int who, enum schema_kind_number kind, struct record_id id,
        const char *json, const char *reason);
/* What no JSON is taken for. */
void desks_write(struct desks *desks, int who, const struct record_edit *edit, const struct op_id *corrects,
        const char *reason);
/* The same as a correction of an event. */
void desks_correct(struct desks *desks, int who, enum schema_kind_number kind, struct record_id id,
        struct record_id corrects, const char *json, const char *reason);

/* Everybody has everything. */
void desks_meet(struct desks *desks);
/* `to` has what `from` has, and not the other way round. */
void desks_give(struct desks *desks, int from, int to);

/* What a source sees of one person's document. */
struct digest_source desks_view(struct desks *desks, int who);
/* Who sits there: the person whose id is who + 1 and zeros ("010000000000" is desk 0's), and the feed that she writes. */
struct work_reader desks_reader(int who);

#endif
