#include "crdt/doc_write.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/doc_state.h"

/* Op ids being gathered for one op. */
struct gathered {
	struct op_id ops[LIMIT_OP_SUPERSEDES];
	uint32_t count;
};

static struct span kept(const struct crdt_builder *builder, uint32_t at, uint32_t size)
{
	return span_sub(buf_span(&builder->kept), at, size);
}

static struct crdt_cites cites_of(const struct gathered *gathered)
{
	return (struct crdt_cites){gathered->ops, gathered->count};
}

/* Over the limit the rest stays uncited, and so stays visible. */
static void gather(struct gathered *gathered, struct op_id op)
{
	if (gathered->count < LIMIT_OP_SUPERSEDES)
		gathered->ops[gathered->count++] = op;
}

/* Ops of one kind at `path`, and with this value when it is not empty: this change's own, then, unless one of those
 * has cited them, the document's. */
static void gather_at(struct gathered *gathered, const struct crdt_doc *doc, struct crdt_builder *builder,
        struct span path, uint32_t kind, struct span value)
{
	bool wrote = false;
	for (uint32_t i = 0; i < builder->op_count; i++) {
		struct crdt_builder_op *op = &builder->written[i];
		if (op->kind != kind || !span_eq(kept(builder, op->path_at, op->path_bytes), path) ||
		        (value.size && !span_eq(kept(builder, op->value_at, op->value_bytes), value)))
			continue;
		wrote = true;
		if (!op->is_superseded)
			gather(gathered, (struct op_id){builder->feed, builder->seq, i});
		op->is_superseded = true;
	}
	struct doc_range range = doc_cells_of(doc, path);
	for (uint32_t i = range.first; i < range.end && !wrote; i++) {
		struct doc_cell cell = doc_cell_at(doc, i);
		struct doc_op op = doc_cell_op(doc, &cell);
		if (cell.kind == kind && (!value.size || span_eq(cell.value, value)))
			gather(gathered, doc_op_id(doc, &op));
	}
}

int crdt_doc_set(const struct crdt_doc *doc, struct crdt_builder *builder, struct span path,
        struct span value, struct span reason)
{
	struct gathered gathered = {.count = 0};
	gather_at(&gathered, doc, builder, path, CRDT_OP_SET, (struct span){NULL, 0});
	crdt_builder_set(builder, path, value, cites_of(&gathered), reason);
	return builder->error;
}

int crdt_doc_add(
        const struct crdt_doc *doc, struct crdt_builder *builder, struct span path, struct span element)
{
	struct gathered gathered = {.count = 0};
	gather_at(&gathered, doc, builder, path, CRDT_OP_ADD, element);
	crdt_builder_add(builder, path, element, cites_of(&gathered));
	return builder->error;
}

int crdt_doc_remove(const struct crdt_doc *doc, struct crdt_builder *builder, struct span path,
        struct span element, struct span reason)
{
	struct gathered gathered = {.count = 0};
	gather_at(&gathered, doc, builder, path, CRDT_OP_ADD, element);
	if (gathered.count == 0)
		return builder->error ? builder->error : ERR_NOTFOUND;
	crdt_builder_remove(builder, path, cites_of(&gathered), reason);
	return builder->error;
}

static bool leaves_cell(uint32_t kind)
{
	return kind != CRDT_OP_CLEAR && kind != CRDT_OP_REMOVE && kind != CRDT_OP_EVENT &&
	        kind != CRDT_OP_TEXT_DELETE && kind != CRDT_OP_LIST_DELETE && kind != CRDT_OP_LIST_MOVE;
}

/* A clearing being written: one CLEAR each time enough is gathered, and at the end. */
struct clearing {
	struct gathered gathered;
	struct crdt_builder *builder;
	struct span path, reason;
	bool wrote;
};

static void flush(struct clearing *clearing)
{
	if (clearing->gathered.count == 0)
		return;
	crdt_builder_clear(
	        clearing->builder, clearing->path, cites_of(&clearing->gathered), clearing->reason);
	clearing->gathered.count = 0;
	clearing->wrote = true;
}

static void clear_op(struct clearing *clearing, struct op_id op)
{
	if (clearing->gathered.count == LIMIT_OP_SUPERSEDES)
		flush(clearing);
	gather(&clearing->gathered, op);
}

static void clear_cells(struct clearing *clearing, const struct crdt_doc *doc)
{
	struct doc_range range = doc_cells_under(doc, clearing->path);
	for (uint32_t i = range.first; i < range.end; i++) {
		struct doc_cell cell = doc_cell_at(doc, i);
		struct doc_op op = doc_cell_op(doc, &cell);
		clear_op(clearing, doc_op_id(doc, &op));
	}
}

/* What inserted something that is seen. */
static void clear_seqs(struct clearing *clearing, const struct crdt_doc *doc)
{
	struct doc_range range = doc_seqs_under(doc, clearing->path);
	for (uint32_t i = range.first; i < range.end; i++) {
		const struct seq *seq = doc->seqs[i].seq;
		struct doc_op op;
		for (uint32_t j = 0; doc_seq_is_seen(&doc->seqs[i]) && seq_insertion_op(seq, j, &op); j++)
			if (seq_insertion_is_seen(seq, j))
				clear_op(clearing, doc_op_id(doc, &op));
	}
}

static void clear_own(struct clearing *clearing, uint32_t own_count)
{
	struct crdt_builder *builder = clearing->builder;
	struct span path = clearing->path;
	for (uint32_t i = 0; i < own_count; i++) {
		struct crdt_builder_op *op = &builder->written[i];
		struct span there = kept(builder, op->path_at, op->path_bytes);
		if (op->is_superseded || !leaves_cell(op->kind) ||
		        !span_eq(span_sub(there, 0, path.size), path))
			continue;
		clear_op(clearing, (struct op_id){builder->feed, builder->seq, i});
		builder->written[i].is_superseded = true;
	}
}

int crdt_doc_clear(
        const struct crdt_doc *doc, struct crdt_builder *builder, struct span path, struct span reason)
{
	struct clearing clearing = {.builder = builder, .path = path, .reason = reason};
	uint32_t own_count = builder->op_count;
	clear_cells(&clearing, doc);
	clear_seqs(&clearing, doc);
	clear_own(&clearing, own_count);
	flush(&clearing);
	return builder->error ? builder->error : clearing.wrote ? 0 : ERR_NOTFOUND;
}
