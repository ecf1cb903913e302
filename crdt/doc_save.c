#include <assert.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "crdt/doc_state.h"
#include "crdt/seq_snapshot.h"

/* --- Saving --- */

/* What a snapshot numbers anew: feeds by id, stamps by (feed, seq). */
struct numbering {
	uint32_t *feed_numbers; /* by number in the table */
	uint32_t *stamp_numbers; /* by number in the document */
};

/* A thing to be numbered: sorted with its key, then read back. */
struct numbered {
	const struct feed_id *feed;
	uint32_t seq, number;
};

static int numbered_cmp(const void *left, const void *right)
{
	const struct numbered *a = left, *b = right;
	int order = feed_id_cmp(a->feed, b->feed);
	return order ? order : (a->seq > b->seq) - (a->seq < b->seq);
}

static void save_feeds(const struct crdt_doc *doc, struct numbering *numbering, struct buf *out)
{
	struct numbered *rows = mem_alloc(doc->frontier_count * sizeof(*rows));
	uint32_t count = doc->frontier_count;
	for (uint32_t i = 0; i < count; i++) {
		const struct doc_frontier *row = &doc->frontier[i];
		rows[i] = (struct numbered){crdt_feeds_id(doc->feeds, row->feed), row->seq, row->feed};
	}
	if (count > 1)
		qsort(rows, count, sizeof(*rows), numbered_cmp);
	wire_put_varint(out, count);
	for (uint32_t i = 0; i < count; i++) {
		numbering->feed_numbers[rows[i].number] = i;
		buf_add(out, rows[i].feed->bytes, sizeof(rows[i].feed->bytes));
		wire_put_varint(out, rows[i].seq);
	}
	mem_free(rows);
}

static void save_stamps(const struct crdt_doc *doc, struct numbering *numbering, struct buf *out)
{
	struct numbered *rows = mem_alloc(doc->stamp_count * sizeof(*rows));
	uint8_t *used = mem_zero(doc->stamp_count, 1);
	uint32_t count = 0;
	for (uint32_t i = 0; i < doc->cell_count; i++) {
		uint32_t number = doc_cell_at(doc, i).stamp;
		const struct doc_stamp *stamp = &doc->stamps[number];
		if (!used[number])
			rows[count++] = (struct numbered){
			        crdt_feeds_id(doc->feeds, stamp->feed), stamp->seq, number};
		used[number] = 1;
	}
	qsort(rows, count, sizeof(*rows), numbered_cmp);
	wire_put_varint(out, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct doc_stamp *stamp = &doc->stamps[rows[i].number];
		numbering->stamp_numbers[rows[i].number] = i;
		wire_put_varint(out, numbering->feed_numbers[stamp->feed]);
		wire_put_varint(out, stamp->seq);
		wire_put_varint(out, stamp->lamport);
		wire_put_varint(out, stamp->hlc);
	}
	mem_free(used);
	mem_free(rows);
}

static size_t shared_bytes(struct span a, struct span b)
{
	size_t shared = 0, most = a.size < b.size ? a.size : b.size;
	while (shared < most && a.data[shared] == b.data[shared])
		shared++;
	return shared;
}

static void save_heads(const struct crdt_doc *doc, struct buf *out)
{
	for (uint32_t i = 0; i < doc->cell_count; i++) {
		struct doc_cell cell = doc_cell_at(doc, i);
		wire_put_u8(out, (uint8_t)(cell.kind | (cell.reason.size ? DOC_CELL_REASON : 0u)));
	}
}

/* What each shares with the path before it goes to `out`, the rest of it to `suffixes`. */
static void save_paths(const struct crdt_doc *doc, struct buf *out, struct buf *suffixes)
{
	struct crdt_path paths[2] = {0};
	for (uint32_t i = 0; i < doc->cell_count; i++) {
		struct doc_cell cell = doc_cell_at(doc, i);
		struct crdt_path *last = &paths[i % 2], *path = &paths[(i + 1) % 2];
		doc_cell_path(&cell, path);
		size_t shared = shared_bytes(crdt_path_span(last), crdt_path_span(path));
		wire_put_varint(out, shared);
		wire_put_blob(suffixes, span_sub(crdt_path_span(path), shared, path->size));
	}
}

/* Column by column: what is alike stands side by side, and packs better. */
static void save_cells(const struct crdt_doc *doc, const struct numbering *numbering, struct buf *out)
{
	struct buf stamps = {0}, indexes = {0}, values = {0}, reasons = {0};
	struct buf suffixes = {0};
	uint32_t last_stamp = 0, next_index = 0;
	wire_put_varint(out, doc->cell_count);
	save_heads(doc, out);
	save_paths(doc, out, &suffixes);
	for (uint32_t i = 0; i < doc->cell_count; i++) {
		struct doc_cell cell = doc_cell_at(doc, i);
		const uint32_t stamp = numbering->stamp_numbers[cell.stamp];
		wire_put_zigzag(&stamps, (int64_t)stamp - last_stamp);
		wire_put_zigzag(&indexes, (int64_t)cell.index - next_index);
		last_stamp = stamp;
		next_index = cell.index + 1;
		wire_put_blob(&values, cell.value);
		if (cell.reason.size)
			wire_put_blob(&reasons, cell.reason);
	}
	struct buf *columns[] = {&suffixes, &stamps, &indexes, &values, &reasons};
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		buf_add_span(out, buf_span(columns[i]));
		buf_wipe(columns[i]);
	}
}

static void save_seqs(const struct crdt_doc *doc, const struct numbering *numbering, struct buf *out)
{
	struct span last = {NULL, 0};
	wire_put_varint(out, doc->seq_count);
	for (uint32_t i = 0; i < doc->seq_count; i++) {
		const struct doc_seq *it = &doc->seqs[i];
		size_t shared = shared_bytes(last, it->path);
		wire_put_u8(out, (uint8_t)it->kind);
		wire_put_varint(out, shared);
		wire_put_blob(out, span_sub(it->path, shared, it->path.size));
		seq_save(it->seq, numbering->feed_numbers, out);
		last = it->path;
	}
}

static void save_op(const struct numbering *numbering, const struct doc_op *op, struct buf *out)
{
	wire_put_varint(out, numbering->feed_numbers[op->feed]);
	wire_put_varint(out, op->seq);
	wire_put_varint(out, op->index);
}

static void save_event_ops(
        const struct crdt_doc *doc, const struct numbering *numbering, uint32_t *last_seqs, struct buf *out)
{
	struct buf seqs = {0}, indexes = {0};
	for (uint32_t i = 0; i < doc->event_count; i++) {
		struct doc_op op = doc_event_op(&doc->events[i]);
		wire_put_varint(out, numbering->feed_numbers[op.feed]);
		wire_put_zigzag(&seqs, (int64_t)op.seq - last_seqs[op.feed]);
		wire_put_varint(&indexes, op.index);
		last_seqs[op.feed] = op.seq;
	}
	buf_add_span(out, buf_span(&seqs));
	buf_add_span(out, buf_span(&indexes));
	buf_close(&seqs);
	buf_close(&indexes);
}

static void save_corrections(const struct crdt_doc *doc, const struct numbering *numbering, struct buf *out)
{
	struct buf corrected = {0};
	for (uint32_t i = 0; i < doc->event_count; i++) {
		const struct doc_op op = doc_event_op(&doc->events[i]);
		const struct doc_correction *correction = doc_correction_of(doc, &op);
		wire_put_u8(out, correction != NULL);
		if (correction)
			save_op(numbering, &correction->corrected, &corrected);
	}
	buf_add_span(out, buf_span(&corrected));
	buf_close(&corrected);
}

static void save_events(const struct crdt_doc *doc, const struct numbering *numbering, struct buf *out)
{
	uint32_t *last_seqs = mem_zero(crdt_feeds_count(doc->feeds), sizeof(*last_seqs));
	uint64_t last_hlc = 0;
	wire_put_varint(out, doc->event_count);
	for (uint32_t i = 0; i < doc->event_count; i++) {
		wire_put_varint(out, doc->events[i].hlc - last_hlc);
		last_hlc = doc->events[i].hlc;
	}
	save_event_ops(doc, numbering, last_seqs, out);
	for (uint32_t i = 0; i < doc->event_count; i++)
		wire_put_varint(out, doc_event_kind(&doc->events[i]));
	for (uint32_t i = 0; i < doc->event_count; i++)
		buf_add(out, doc->events[i].id.bytes, sizeof(doc->events[i].id.bytes));
	save_corrections(doc, numbering, out);
	mem_free(last_seqs);
}

uint8_t doc_snapshot_version(const struct crdt_doc *doc)
{
	for (uint32_t i = 0; i < doc->seq_count; i++)
		if (seq_has_takings(doc->seqs[i].seq))
			return DOC_SNAPSHOT_VERSION_TAKINGS;
	return DOC_SNAPSHOT_VERSION;
}

void crdt_doc_save(const struct crdt_doc *doc, struct buf *out)
{
	struct numbering numbering = {mem_zero(crdt_feeds_count(doc->feeds), sizeof(uint32_t)),
	        mem_zero(doc->stamp_count, sizeof(uint32_t))};
	wire_put_u8(out, doc_snapshot_version(doc));
	wire_put_varint(out, doc->kind);
	buf_add(out, doc->id.bytes, sizeof(doc->id.bytes));
	save_feeds(doc, &numbering, out);
	save_stamps(doc, &numbering, out);
	save_cells(doc, &numbering, out);
	save_seqs(doc, &numbering, out);
	save_events(doc, &numbering, out);
	wire_put_varint(out, doc->unknown_count);
	for (uint32_t i = 0; i < doc->unknown_count; i++) {
		save_op(&numbering, &doc->unknown[i].op, out);
		wire_put_varint(out, doc->unknown[i].kind);
	}
	mem_free(numbering.feed_numbers);
	mem_free(numbering.stamp_numbers);
}
