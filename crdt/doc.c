#include "crdt/doc.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/doc_state.h"

struct op_id doc_op_id(const struct crdt_doc *doc, const struct doc_op *op)
{
	return (struct op_id){*crdt_feeds_id(doc->feeds, op->feed), op->seq, op->index};
}

struct crdt_doc *crdt_doc_new(struct crdt_feeds *feeds, uint32_t kind, struct record_id id)
{
	struct crdt_doc *doc = mem_zero(1, sizeof(*doc));
	doc->feeds = feeds;
	doc->kind = kind;
	doc->id = id;
	return doc;
}

void crdt_doc_free(struct crdt_doc *doc)
{
	if (!doc)
		return;
	mem_free(doc->blob);
	mem_free(doc->cells);
	mem_free(doc->stamps);
	mem_free(doc->events);
	mem_free(doc->corrections);
	mem_free(doc->corrected);
	mem_free(doc->unknown);
	mem_free(doc->frontier);
	doc_seqs_close(doc);
	mem_free(doc);
}

uint32_t crdt_doc_kind(const struct crdt_doc *doc)
{
	return doc->kind;
}

struct record_id crdt_doc_id(const struct crdt_doc *doc)
{
	return doc->id;
}

/* First row whose feed number is not below `feed`. */
static uint32_t frontier_bound(const struct crdt_doc *doc, uint32_t feed)
{
	uint32_t low = 0, high = doc->frontier_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (doc->frontier[middle].feed < feed)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t applied(const struct crdt_doc *doc, uint32_t feed)
{
	uint32_t place = frontier_bound(doc, feed);
	bool is_there = place < doc->frontier_count && doc->frontier[place].feed == feed;
	return is_there ? doc->frontier[place].seq : 0;
}

struct doc_frontier *doc_frontier_row(struct crdt_doc *doc, uint32_t feed)
{
	uint32_t place = frontier_bound(doc, feed);
	if (place < doc->frontier_count && doc->frontier[place].feed == feed)
		return &doc->frontier[place];
	doc->frontier = mem_gap(
	        doc->frontier, doc->frontier_count, &doc->frontier_capacity, sizeof(*doc->frontier), place);
	doc->frontier[place] = (struct doc_frontier){.feed = feed};
	doc->frontier_count++;
	return &doc->frontier[place];
}

uint64_t crdt_doc_applied(const struct crdt_doc *doc, const struct feed_id *feed)
{
	int number = crdt_feeds_find(doc->feeds, feed);
	return number < 0 ? 0 : applied(doc, (uint32_t)number);
}

/* A change on its way into a document. */
struct applying {
	struct crdt_doc *doc;
	struct doc_change change;
	uint32_t stamp; /* NO_STAMP until its first cell */
};

#define NO_STAMP UINT32_MAX

bool doc_cited_op(const struct doc_change *change, const struct crdt_ref *ref, struct doc_op *out)
{
	int feed = ref->feed == 0 && !change->meta->names
	        ? (int)change->feed
	        : crdt_feeds_find(change->feeds, crdt_ref_feed(change->meta, ref));
	*out = (struct doc_op){(uint32_t)feed, (uint32_t)ref->seq, ref->index};
	return feed >= 0;
}

size_t doc_cited_ops(
        const struct doc_change *change, const struct crdt_op *op, struct doc_op out[LIMIT_OP_SUPERSEDES])
{
	struct crdt_ref ref;
	size_t count = 0;
	for (struct crdt_refs refs = op->supersedes; crdt_refs_next(&refs, &ref);)
		count += doc_cited_op(change, &ref, &out[count]);
	if (count > 1)
		qsort(out, count, sizeof(*out), doc_op_number_cmp);
	return count;
}

/* SET, ADD and REMOVE: what they name at their own path goes. */
static void supersede_here(struct applying *a, const struct crdt_op *op, struct span path)
{
	struct crdt_ref ref;
	for (struct crdt_refs refs = op->supersedes; crdt_refs_next(&refs, &ref);) {
		struct doc_op cited;
		uint32_t place;
		if (doc_cited_op(&a->change, &ref, &cited) && doc_cell_find(a->doc, path, &cited, &place))
			doc_cell_remove(a->doc, place);
	}
}

/* CLEAR: what it names at and under its path goes. */
static void supersede_under(struct applying *a, const struct crdt_op *op, struct span path)
{
	struct doc_op cited[LIMIT_OP_SUPERSEDES];
	size_t cited_count = doc_cited_ops(&a->change, op, cited);
	struct doc_range range = doc_cells_under(a->doc, path);
	for (uint32_t i = range.end; i > range.first; i--) {
		struct doc_cell cell = doc_cell_at(a->doc, i - 1);
		struct doc_op there = doc_cell_op(a->doc, &cell);
		if (bsearch(&there, cited, cited_count, sizeof(*cited), doc_op_number_cmp))
			doc_cell_remove(a->doc, i - 1);
	}
	doc_seqs_clear(a->doc, &a->change, op, path, cited, cited_count);
}

static void add_cell(struct applying *a, const struct crdt_op *op, struct span path, struct span value)
{
	if (a->stamp == NO_STAMP) {
		const struct crdt_meta *meta = a->change.meta;
		struct doc_stamp stamp = {meta->lamport, meta->hlc, (uint32_t)meta->seq, a->change.feed};
		a->stamp = doc_stamp_add(a->doc, &stamp);
	}
	struct doc_cell cell = {.kind = op->kind,
	        .stamp = a->stamp,
	        .index = op->index,
	        .rest = path,
	        .value = value,
	        .reason = op->reason};
	doc_cell_add(a->doc, &cell);
}

/* The value of a counter's cell is its delta. */
static void add_count(struct applying *a, const struct crdt_op *op, struct span path)
{
	struct buf delta = {0};
	mpack_put_int(&delta, op->delta);
	add_cell(a, op, path, buf_span(&delta));
	buf_close(&delta);
}

static void add_event(struct applying *a, const struct crdt_op *op)
{
	struct doc_correction correction = {
	        .event = {a->change.feed, (uint32_t)a->change.meta->seq, op->index}};
	bool corrects = op->corrects.present &&
	        doc_cited_op(&a->change, &op->corrects.ref, &correction.corrected) &&
	        doc_has_event(a->doc, &correction.corrected);
	struct doc_event event = {op->event_id, a->change.meta->hlc, correction.event.seq,
	        doc_event_place(&correction.event, op->event_kind)};
	doc_event_add(a->doc, &event);
	if (corrects)
		doc_correction_add(a->doc, &correction);
}

static void apply_op(struct applying *a, const struct crdt_op *op)
{
	struct crdt_path space;
	struct span path = crdt_op_path(op, a->change.meta, &space);
	switch (op->kind) {
	case CRDT_OP_SET:
	case CRDT_OP_ADD:
		supersede_here(a, op, path);
		add_cell(a, op, path, op->value);
		return;
	case CRDT_OP_REMOVE:
		supersede_here(a, op, path);
		return;
	case CRDT_OP_CLEAR:
		supersede_under(a, op, path);
		return;
	case CRDT_OP_EVENT:
		add_event(a, op);
		return;
	case CRDT_OP_COUNT:
		add_count(a, op, path);
		return;
	case CRDT_OP_LIST_INSERT:
	case CRDT_OP_LIST_DELETE:
	case CRDT_OP_LIST_MOVE:
	case CRDT_OP_TEXT_INSERT:
	case CRDT_OP_TEXT_DELETE:
		doc_seq_apply(a->doc, &a->change, op, path);
		return;
	default:;
		struct doc_unknown unknown = {
		        {a->change.feed, (uint32_t)a->change.meta->seq, op->index}, op->kind};
		doc_unknown_add(a->doc, &unknown);
	}
}

int crdt_doc_apply(struct crdt_doc *doc, const struct crdt_change *change)
{
	const struct crdt_meta *meta = change->meta;
	if (change->doc_kind != doc->kind || !record_id_eq(&change->doc_id, &doc->id))
		return ERR_INVALID;
	if (doc->blob_bytes > INT32_MAX - 8 * LIMIT_ENTRY_BODY_BYTES ||
	        doc->seq_bytes > INT32_MAX - 8 * LIMIT_ENTRY_BODY_BYTES)
		return ERR_FULL;
	int feed = crdt_feeds_add(doc->feeds, &meta->feed);
	if (feed < 0)
		return feed;
	struct doc_frontier *row = doc_frontier_row(doc, (uint32_t)feed);
	if (meta->seq <= row->seq)
		return CRDT_DOC_DUPLICATE;
	struct applying applying = {doc, {doc->feeds, meta, (uint32_t)feed}, NO_STAMP};
	row->seq = (uint32_t)meta->seq;
	struct crdt_ops ops = crdt_change_ops(change);
	for (struct crdt_op op; crdt_ops_next(&ops, &op);)
		apply_op(&applying, &op);
	doc_cells_compact(doc);
	return 0;
}

void crdt_doc_trim(struct crdt_doc *doc)
{
	doc->blob = mem_fit(doc->blob, doc->blob_bytes, &doc->blob_capacity, 1);
	doc->cells = mem_fit(doc->cells, doc->cell_count, &doc->cell_capacity, sizeof(*doc->cells));
	doc->stamps = mem_fit(doc->stamps, doc->stamp_count, &doc->stamp_capacity, sizeof(*doc->stamps));
	doc->events = mem_fit(doc->events, doc->event_count, &doc->event_capacity, sizeof(*doc->events));
	doc->corrections = mem_fit(doc->corrections, doc->correction_count, &doc->correction_capacity,
	        sizeof(*doc->corrections));
	doc->corrected = mem_fit(
	        doc->corrected, doc->corrected_count, &doc->corrected_capacity, sizeof(*doc->corrected));
	doc->unknown = mem_fit(
	        doc->unknown, doc->unknown_count, &doc->unknown_capacity, sizeof(*doc->unknown));
	doc->seqs = mem_fit(doc->seqs, doc->seq_count, &doc->seq_capacity, sizeof(*doc->seqs));
	for (uint32_t i = 0; i < doc->seq_count; i++) {
		const size_t memory_before = seq_memory_bytes(doc->seqs[i].seq);
		seq_trim(doc->seqs[i].seq);
		doc->seq_memory += seq_memory_bytes(doc->seqs[i].seq) - memory_before;
	}
	doc->frontier = mem_fit(
	        doc->frontier, doc->frontier_count, &doc->frontier_capacity, sizeof(*doc->frontier));
}

size_t crdt_doc_memory_bytes(const struct crdt_doc *doc)
{
	return sizeof(*doc) + doc->blob_capacity + doc->cell_capacity * sizeof(*doc->cells) +
	        doc->stamp_capacity * sizeof(*doc->stamps) + doc->event_capacity * sizeof(*doc->events) +
	        doc->correction_capacity * sizeof(*doc->corrections) +
	        doc->unknown_capacity * sizeof(*doc->unknown) + doc->seq_capacity * sizeof(*doc->seqs) +
	        doc->frontier_capacity * sizeof(*doc->frontier) + doc->seq_memory;
}
