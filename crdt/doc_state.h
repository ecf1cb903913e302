/*
 * crdt/doc_state.h - the inside of a document, shared by the doc_*.c files only; history_seqs.c puts texts and lists
 * together with its doc_seqs.c.
 *
 * Sorted vectors and one blob. Feeds are numbers of the shared table; wherever an order must be the same on all
 * replicas, the feeds' ids are compared, not the numbers.
 */
#ifndef CRDT_DOC_STATE_H
#define CRDT_DOC_STATE_H

#include "crdt/base/limits.h"
#include "crdt/doc.h"
#include "crdt/doc_op.h"
#include "crdt/seq.h"

/* A live cell, read from its record in the blob. Its path is `parent` and `rest` together: cells of one record (a
 * problem, a plan item) share the bytes of their parent. In a cell to be added, `rest` is the whole path. */
struct doc_cell {
	uint32_t kind; /* SET, ADD, or COUNT, whose value is its delta */
	uint32_t stamp; /* number in doc->stamps */
	uint32_t index; /* op's position in its change */
	uint32_t record_bytes;
	uint32_t parent_at; /* where the parent stands in the blob, plus 1; 0: there is none */
	struct span parent, rest, value, reason;
};

/* 32 bytes. `place` packs feed (12 bits), index (12 bits), kind (8 bits). */
struct doc_event {
	struct record_id id;
	uint64_t hlc;
	uint32_t seq;
	uint32_t place;
};

struct doc_correction {
	struct doc_op event, corrected;
};

struct doc_unknown {
	struct doc_op op;
	uint32_t kind;
};

/* A text or a list. Made by its first operation, there for good. */
struct doc_seq {
	struct span path; /* owned */
	enum seq_kind kind;
	struct seq *seq;
};

struct doc_frontier {
	uint32_t feed;
	uint32_t seq; /* highest applied */
};

struct crdt_doc {
	struct crdt_feeds *feeds;
	uint8_t *blob; /* cell records; those of dead cells stay until the next compaction */
	uint32_t *cells; /* offsets into blob, ascending by (path, op id) */
	struct doc_stamp *stamps;
	struct doc_event *events; /* ascending by (hlc, op id) */
	struct doc_correction *corrections; /* ascending by event */
	struct doc_op *corrected; /* their targets, one for each, ascending: who is struck through */
	struct doc_unknown *unknown; /* ascending by op */
	struct doc_seq *seqs; /* ascending by (path, kind) */
	struct doc_frontier *frontier; /* ascending by feed number */
	uint32_t blob_bytes, blob_capacity, dead_bytes;
	uint32_t cell_count, cell_capacity;
	uint32_t stamp_count, stamp_capacity;
	uint32_t event_count, event_capacity;
	uint32_t correction_count, correction_capacity;
	uint32_t corrected_count, corrected_capacity;
	uint32_t unknown_count, unknown_capacity;
	uint32_t seq_count, seq_capacity;
	uint64_t seq_bytes; /* of their contents */
	size_t seq_memory; /* that they take, with their paths: counted as they change */
	uint32_t frontier_count, frontier_capacity;
	uint32_t kind;
	struct record_id id;
};

/* Of snapshots: the second one when a list holds a move that was taken back. Less DOC_SNAPSHOT_ROWS they are of before tables stood by columns,
 * which are read and not written any more. */
enum { DOC_SNAPSHOT_VERSION = 4, DOC_SNAPSHOT_VERSION_TAKINGS = 5, DOC_SNAPSHOT_ROWS = 2 };

enum {
	DOC_CELL_REASON = 0x40,
	DOC_CELL_KIND = 0x3f,
};

struct op_id doc_op_id(const struct crdt_doc *doc, const struct doc_op *op);

/* --- doc_cells.c --- */

struct doc_range {
	uint32_t first, end; /* places in doc->cells */
};

struct doc_cell doc_cell_at(const struct crdt_doc *doc, uint32_t place);
void doc_cell_path(const struct doc_cell *cell, struct crdt_path *path); /* depth is not set */
struct doc_op doc_cell_op(const struct crdt_doc *doc, const struct doc_cell *cell);
struct doc_range doc_cells_of(const struct crdt_doc *doc, struct span path); /* exactly at path */
struct doc_range doc_cells_under(const struct crdt_doc *doc, struct span path); /* at and under it */
bool doc_cell_find(const struct crdt_doc *doc, struct span path, const struct doc_op *op, uint32_t *place);
void doc_cell_add(
        struct crdt_doc *doc, const struct doc_cell *cell); /* path in `rest`; record_bytes is ignored */
void doc_cell_append(struct crdt_doc *doc, const struct doc_cell *cell); /* the same, known to come last */
void doc_cells_reserve(struct crdt_doc *doc, uint32_t count,
        size_t bytes); /* of an empty document: room for this many cells */
void doc_cell_remove(struct crdt_doc *doc, uint32_t place);
uint32_t doc_stamp_add(struct crdt_doc *doc, const struct doc_stamp *stamp);
void doc_cells_compact(struct crdt_doc *doc); /* drops dead records and unused stamps */

/* --- doc_events.c --- */

struct doc_op doc_event_op(const struct doc_event *event);
uint32_t doc_event_kind(const struct doc_event *event);
uint32_t doc_event_place(const struct doc_op *op, uint32_t kind);
void doc_event_add(struct crdt_doc *doc, const struct doc_event *event);
bool doc_has_event(const struct crdt_doc *doc, const struct doc_op *op);
void doc_correction_add(struct crdt_doc *doc, const struct doc_correction *correction);
const struct doc_correction *doc_correction_of(const struct crdt_doc *doc, const struct doc_op *event);
bool doc_is_corrected(const struct crdt_doc *doc, const struct doc_op *event);
void doc_unknown_add(struct crdt_doc *doc, const struct doc_unknown *unknown);

/* --- doc_seqs.c --- */

/* The text or list at a path; NULL when there is none. */
struct seq *doc_seq_find(const struct crdt_doc *doc, struct span path, enum seq_kind kind);

/* A new one, empty or loaded, which becomes the document's. There was none. */
void doc_seq_add(struct crdt_doc *doc, struct span path, enum seq_kind kind, struct seq *seq);
struct doc_range doc_seqs_under(const struct crdt_doc *doc, struct span path); /* places in doc->seqs */
bool doc_seq_is_seen(const struct doc_seq *seq); /* there is something in it */
void doc_seqs_close(struct crdt_doc *doc);

/* A change whose own feed is in the table; what it cites may be of others. */
struct doc_change {
	struct crdt_feeds *feeds;
	const struct crdt_meta *meta;
	uint32_t feed; /* the change's own */
};

/* The op cited, by feed number. False: nothing of its feed was ever applied, so it is in no document. */
bool doc_cited_op(const struct doc_change *change, const struct crdt_ref *ref, struct doc_op *out);

/* LIST_* and TEXT_*: the path's sequence in the document, and that sequence itself. */
void doc_seq_apply(
        struct crdt_doc *doc, const struct doc_change *change, const struct crdt_op *op, struct span path);
void doc_seq_apply_to(struct seq *seq, const struct doc_change *change, const struct crdt_op *op);

/* CLEAR: what these ops inserted is deleted; at and under a path, and in one sequence. `cited` ascends by feed number. */
void doc_seqs_clear(struct crdt_doc *doc, const struct doc_change *change, const struct crdt_op *op,
        struct span path, const struct doc_op *cited, size_t cited_count);
void doc_seq_clear(struct seq *seq, const struct doc_change *change, const struct crdt_op *op,
        const struct doc_op *cited, size_t cited_count);

/* The kind of sequence that an op is of; false when it is none of LIST_* and TEXT_*. */
bool doc_op_sequence(uint32_t op_kind, enum seq_kind *kind);

/* --- doc_save.c --- */

/* The version of its snapshot. */
uint8_t doc_snapshot_version(const struct crdt_doc *doc);

/* --- doc.c --- */

/* What a CLEAR names of feeds in the table, ascending by feed number. Returns how many. */
size_t doc_cited_ops(
        const struct doc_change *change, const struct crdt_op *op, struct doc_op out[LIMIT_OP_SUPERSEDES]);

/* The row of a feed, which is added when missing. */
struct doc_frontier *doc_frontier_row(struct crdt_doc *doc, uint32_t feed);

#endif
