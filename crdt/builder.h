/*
 * crdt/builder.h - writing a change, operation by operation.
 *
 * Paths, cited ops and elements are given with full feed ids; the builder numbers the feeds by the entry's direct
 * dependencies and adds a dependency where an op cites a feed that is not listed, or later than listed. So the caller
 * starts with the dependencies it wants (its heads), and writes into the header what the builder ends with.
 * Errors stick; crdt_builder_finish() reports the first one. Values are canonical MessagePack (crdt/mpack.h), texts
 * are in NFC (crdt/nfc.h). crdt/doc_write.h fills in citations from a document.
 */
#ifndef CRDT_BUILDER_H
#define CRDT_BUILDER_H

#include "crdt/base/mem.h"
#include "crdt/change.h"
#include "crdt/op.h"

/* An op already written in this change, for those that come after it. */
struct crdt_builder_op {
	uint32_t kind;
	bool is_superseded; /* by a later op of this change */
	uint32_t path_at, path_bytes, value_at, value_bytes; /* in `kept` */
};

struct crdt_builder {
	struct feed_id feed;
	uint64_t seq;
	uint32_t doc_kind;
	struct record_id doc_id;
	struct entry_ref *deps; /* for the header */
	uint32_t dep_count, dep_capacity;
	struct crdt_builder_op *written;
	uint32_t op_count, written_capacity;
	struct buf ops, kept;
	int error;
};

/* Op ids that an op names; any order, duplicates allowed. */
struct crdt_cites {
	const struct op_id *ops;
	uint32_t count;
};

/* Start the change that will be entry (feed, seq). `deps` is copied. Owner calls crdt_builder_close(). */
void crdt_builder_begin(struct crdt_builder *builder, const struct entry_ref *own, uint32_t doc_kind,
        struct record_id doc_id, const struct entry_ref *deps, uint32_t dep_count);

/* The same with a builder that is zeroed or was used before: its memory serves again. */
void crdt_builder_again(struct crdt_builder *builder, const struct entry_ref *own, uint32_t doc_kind,
        struct record_id doc_id, const struct entry_ref *deps, uint32_t dep_count);
void crdt_builder_close(struct crdt_builder *builder);

/* `reason` is empty for none. */
void crdt_builder_set(struct crdt_builder *builder, struct span path, struct span value,
        struct crdt_cites cites, struct span reason);
void crdt_builder_clear(
        struct crdt_builder *builder, struct span path, struct crdt_cites cites, struct span reason);
void crdt_builder_add(
        struct crdt_builder *builder, struct span path, struct span element, struct crdt_cites cites);
void crdt_builder_remove(
        struct crdt_builder *builder, struct span path, struct crdt_cites cites, struct span reason);

/* `fields`: an encoded map with unsigned keys. A correction has `corrects` and a reason, another event neither. */
void crdt_builder_event(struct crdt_builder *builder, uint32_t kind, struct record_id id, struct span fields,
        const struct op_id *corrects, struct span reason);

void crdt_builder_count(struct crdt_builder *builder, struct span path, int64_t delta);

/* `left`, `right`: NULL for the start and the end. `values`: an encoded array. */
void crdt_builder_list_insert(struct crdt_builder *builder, struct span path, const struct crdt_element *left,
        const struct crdt_element *right, struct span values);
void crdt_builder_list_move(struct crdt_builder *builder, struct span path,
        const struct crdt_element *element, const struct crdt_element *left, const struct crdt_element *right,
        struct crdt_cites cites);
void crdt_builder_text_insert(struct crdt_builder *builder, struct span path, const struct crdt_element *left,
        const struct crdt_element *right, struct span text);

/* `count` elements of one insertion, from `first` on. */
struct crdt_target {
	struct crdt_element first;
	uint32_t count;
};
void crdt_builder_list_delete(
        struct crdt_builder *builder, struct span path, const struct crdt_target *targets, uint32_t count);
void crdt_builder_text_delete(
        struct crdt_builder *builder, struct span path, const struct crdt_target *targets, uint32_t count);

/* Append the change to `out`, checked as a receiver would check it. builder->deps is final, ascending by feed. ERR_INVALID: no op was
 * written, or a value or path was not allowed; else the first error. On an error `out` is unchanged. */
int crdt_builder_finish(struct crdt_builder *builder, struct buf *out);

/* The same, and *change is what crdt_change_open() gives for these bytes, so that its author need not read them twice. It borrows from
 * `out`; the caller points change->meta to the entry's full meta before using it. */
int crdt_builder_finish_open(struct crdt_builder *builder, struct buf *out, struct crdt_change *change);

#endif
