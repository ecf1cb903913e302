/*
 * crdt/doc.h - one replicated document: applies changes that were authenticated elsewhere, answers reads.
 *
 * Pure: no I/O, clock, randomness. The same changes give the same state on every replica, in whatever causal order they arrive
 * (crdt/README.md, sections 1 and 5), and the same bytes from crdt_doc_save().
 *
 * Threads: the documents that share a feed table belong to one thread.
 * Errors: 0, or a negative ERR_* with the document unchanged. Results borrow from the document until the next call
 * that takes it without const.
 */
#ifndef CRDT_DOC_H
#define CRDT_DOC_H

#include "crdt/base/mem.h"
#include "crdt/change.h"
#include "crdt/feeds.h"

struct crdt_doc;

/* An empty document. `feeds` is borrowed and outlives it. Owner calls crdt_doc_free(). */
struct crdt_doc *crdt_doc_new(struct crdt_feeds *feeds, uint32_t kind, struct record_id id);
void crdt_doc_free(struct crdt_doc *doc); /* NULL is allowed */

uint32_t crdt_doc_kind(const struct crdt_doc *doc);
struct record_id crdt_doc_id(const struct crdt_doc *doc);

/* A positive result of crdt_doc_apply(). */
enum { CRDT_DOC_DUPLICATE = 1 };

/* Apply an opened change. The caller delivers each change after all changes of this document that its entry depends on, and each feed's
 * changes in order. What it cites and is not there (removed, of another document, never made, of another kind, withheld) has
 * no effect: the same on every replica that applied the same changes (crdt/README.md, section 5). Hence a change that was withheld is not applied
 * behind those that depend on it: the caller builds the document anew.
 * CRDT_DOC_DUPLICATE: this, or a later change of its feed, was applied before. Nothing to do.
 * ERR_INVALID: it is about another document. ERR_FULL: more feeds than LIMIT_FEEDS, or 2 GiB of values. */
int crdt_doc_apply(struct crdt_doc *doc, const struct crdt_change *change);

/* Highest sequence of a feed that was applied here; 0 for none. */
uint64_t crdt_doc_applied(const struct crdt_doc *doc, const struct feed_id *feed);

/* The feeds applied here, each with its highest sequence, in no particular order. Start with `*cursor` 0. False at the
 * end. */
bool crdt_doc_frontier(const struct crdt_doc *doc, uint32_t *cursor, struct entry_ref *out);

/* A live value with its origin. */
struct crdt_value {
	struct op_id op; /* op.feed names the author */
	uint64_t lamport, hlc;
	struct span value; /* encoded */
	struct span reason; /* text; empty when none was given */
};

/* Values in the order shown. Zero-initialized is empty and valid; refilled by each read; owner calls
 * crdt_values_close(). */
struct crdt_values {
	struct crdt_value *items;
	uint32_t count, capacity;
};

void crdt_values_close(struct crdt_values *values);

/* The live values of the register at `path`, newest HLC first, then greatest op id. One: settled. Several: concurrent. */
void crdt_doc_values(const struct crdt_doc *doc, struct span path, struct crdt_values *out);

/* The first of those. False when there is none. */
bool crdt_doc_get(const struct crdt_doc *doc, struct span path, struct crdt_value *out);

/* Every live add to the set at `path`: ascending by the element's bytes, of one element the newest first. */
void crdt_doc_adds(const struct crdt_doc *doc, struct span path, struct crdt_values *out);

/* The elements of the set at `path`, ascending by their bytes, each once with its newest add. */
void crdt_doc_members(const struct crdt_doc *doc, struct span path, struct crdt_values *out);

/* The child keys of `path` in key order (bytes). Start with `*after` empty; each call gives the next key after it, to be
 * passed on. False at the end. A key is listed while anything lives at or under it that is not hidden by a deleted element of a list below
 * `path`. */
bool crdt_doc_child(const struct crdt_doc *doc, struct span path, struct span *after);

/* Does the path lead through an element of a list that was deleted (crdt/README.md, section 9)? What lives there is kept, and read by its
 * path as ever. */
bool crdt_doc_is_hidden(const struct crdt_doc *doc, struct span path);

/* A reference to an event; the body is in the log. */
struct crdt_event {
	uint32_t kind;
	struct record_id id;
	struct op_id op;
	uint64_t hlc;
	bool is_correction; /* it corrects `corrects`, which is an event of this document */
	bool is_corrected; /* another event corrects it: shown struck through */
	struct op_id corrects;
};

/* Events of `kind` (0: all), ascending by HLC, then op id. Start with `*cursor` 0. False at the end. */
bool crdt_doc_event(const struct crdt_doc *doc, uint32_t kind, uint32_t *cursor, struct crdt_event *out);

/* Is there an event with this id, of any kind? */
bool crdt_doc_has_event(const struct crdt_doc *doc, const struct record_id *id);

/* An operation of a kind that this program does not know; its body is in the log. */
struct crdt_held {
	uint32_t kind;
	struct op_id op;
};

/* Ascending by op. Start with `*cursor` 0. False at the end. */
bool crdt_doc_held(const struct crdt_doc *doc, uint32_t *cursor, struct crdt_held *out);

/* Append the snapshot to `out`: the same bytes on every replica that applied the same changes (crdt/README.md, section 6). */
void crdt_doc_save(const struct crdt_doc *doc, struct buf *out);

/* Make a document from a snapshot; hostile bytes are fine. ERR_MALFORMED, ERR_TRUNCATED, ERR_TOOBIG, ERR_VERSION;
 * ERR_FULL: more feeds than LIMIT_FEEDS. `*out` is set on success only; owner calls crdt_doc_free(). */
int crdt_doc_load(struct crdt_feeds *feeds, struct span bytes, struct crdt_doc **out);

/* Give back memory kept for growth: after an import. */
void crdt_doc_trim(struct crdt_doc *doc);

/* Heap bytes in use, allocator overhead not counted. */
size_t crdt_doc_memory_bytes(const struct crdt_doc *doc);

#endif
