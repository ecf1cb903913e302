#include <stdlib.h>

#include "crdt/doc_state.h"
#include "crdt/doc_text.h"
#include "crdt/seq.h"

/* The first that does not come before (path, kind); with `past`, before anything at or under the path either. */
static uint32_t bound(const struct crdt_doc *doc, struct span path, enum seq_kind kind, bool past)
{
	uint32_t low = 0, high = doc->seq_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct doc_seq *it = &doc->seqs[middle];
		int order = span_cmp(past ? span_sub(it->path, 0, path.size) : it->path, path);
		if (order < 0 || (order == 0 && (past || it->kind < kind)))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct seq *doc_seq_find(const struct crdt_doc *doc, struct span path, enum seq_kind kind)
{
	uint32_t place = bound(doc, path, kind, false);
	if (place == doc->seq_count)
		return NULL;
	const struct doc_seq *it = &doc->seqs[place];
	return it->kind == kind && span_eq(it->path, path) ? it->seq : NULL;
}

void doc_seq_add(struct crdt_doc *doc, struct span path, enum seq_kind kind, struct seq *seq)
{
	uint32_t place = bound(doc, path, kind, false);
	doc->seqs = mem_gap(doc->seqs, doc->seq_count, &doc->seq_capacity, sizeof(*doc->seqs), place);
	struct span copy = span_of(mem_copy(path.data, path.size), path.size);
	doc->seqs[place] = (struct doc_seq){copy, kind, seq};
	doc->seq_count++;
}

struct doc_range doc_seqs_under(const struct crdt_doc *doc, struct span path)
{
	return (struct doc_range){bound(doc, path, SEQ_TEXT, false), bound(doc, path, SEQ_TEXT, true)};
}

bool doc_seq_is_seen(const struct doc_seq *seq)
{
	return seq_size(seq->seq).elements > 0;
}

void doc_seqs_close(struct crdt_doc *doc)
{
	for (uint32_t i = 0; i < doc->seq_count; i++) {
		mem_free((void *)(uintptr_t)doc->seqs[i].path.data);
		seq_free(doc->seqs[i].seq);
	}
	mem_free(doc->seqs);
}

/* --- Operations --- */

static struct seq_by by_of(struct doc_applying *a, const struct crdt_op *op, struct seq *seq)
{
	const struct crdt_meta *meta = a->meta;
	struct doc_stamp stamp = {meta->lamport, meta->hlc, (uint32_t)meta->seq, a->feed};
	return (struct seq_by){seq_stamp(seq, &stamp), op->index};
}

/* The element that an op names, SEQ_NONE when it is not of this sequence. */
static uint32_t element_at(
        const struct doc_applying *a, const struct seq *seq, const struct crdt_place *place)
{
	if (!place->present)
		return SEQ_NONE;
	struct doc_op op = doc_cited_op(a, &place->ref);
	return seq_find(seq, &op, place->offset);
}

static void insert(struct doc_applying *a, const struct crdt_op *op, struct seq *seq, struct span content)
{
	seq_insert(seq, by_of(a, op, seq), element_at(a, seq, &op->left), element_at(a, seq, &op->right),
	        content);
	a->doc->seq_bytes += content.size;
}

/* The values of an encoded array, one after the other. */
static struct span values_of(struct span array)
{
	struct mpack_in in = mpack_begin(array);
	mpack_array(&in);
	return span_of(in.at, (size_t)(in.end - in.at));
}

static void delete_targets(struct doc_applying *a, const struct crdt_op *op, struct seq *seq)
{
	struct crdt_run run;
	for (struct crdt_refs runs = op->targets; crdt_runs_next(&runs, &run);) {
		struct doc_op inserted = doc_cited_op(a, &run.ref);
		seq_delete(seq, by_of(a, op, seq), &inserted, run.offset, run.count);
	}
}

/* What it names of the same element's moves is replaced by it. */
static void move(struct doc_applying *a, const struct crdt_op *op, struct seq *seq)
{
	uint32_t element = element_at(a, seq, &op->element);
	if (element != SEQ_NONE)
		element = seq_shown(seq, element);
	struct crdt_ref ref;
	for (struct crdt_refs refs = op->supersedes; element != SEQ_NONE && crdt_refs_next(&refs, &ref);) {
		struct doc_op cited = doc_cited_op(a, &ref);
		uint32_t place = seq_find(seq, &cited, 0);
		if (place != SEQ_NONE)
			seq_take_back(seq, place, element);
	}
	seq_move(seq, by_of(a, op, seq), element, element_at(a, seq, &op->left),
	        element_at(a, seq, &op->right));
	a->doc->seq_bytes++;
}

void doc_seq_apply(struct doc_applying *a, const struct crdt_op *op, struct span path)
{
	bool is_text = op->kind == CRDT_OP_TEXT_INSERT || op->kind == CRDT_OP_TEXT_DELETE;
	bool deletes = op->kind == CRDT_OP_TEXT_DELETE || op->kind == CRDT_OP_LIST_DELETE;
	enum seq_kind kind = is_text ? SEQ_TEXT : SEQ_LIST;
	struct seq *seq = doc_seq_find(a->doc, path, kind);
	if (!seq && deletes)
		return; /* nothing was inserted here */
	if (!seq) {
		seq = seq_new(kind, a->doc->feeds);
		doc_seq_add(a->doc, path, kind, seq);
	}
	if (deletes)
		delete_targets(a, op, seq);
	else if (op->kind == CRDT_OP_LIST_MOVE)
		move(a, op, seq);
	else
		insert(a, op, seq, is_text ? op->value : values_of(op->value));
}

static void clear(
        struct doc_applying *a, const struct crdt_op *op, struct seq *seq, const struct doc_op *cited)
{
	if (seq_find(seq, cited, 0) != SEQ_NONE)
		seq_clear(seq, by_of(a, op, seq), cited);
}

/* Either side may be the longer one. */
void doc_seqs_clear(struct doc_applying *a, const struct crdt_op *op, struct span path,
        const struct doc_op *cited, size_t cited_count)
{
	struct doc_range range = doc_seqs_under(a->doc, path);
	for (uint32_t i = range.first; i < range.end; i++) {
		struct seq *seq = a->doc->seqs[i].seq;
		struct doc_op there;
		bool is_short = seq_insertion_count(seq) < cited_count;
		for (size_t j = 0; j < cited_count && !is_short; j++)
			clear(a, op, seq, &cited[j]);
		for (uint32_t j = 0; is_short && seq_insertion_op(seq, j, &there); j++)
			if (bsearch(&there, cited, cited_count, sizeof(*cited), doc_op_number_cmp))
				clear(a, op, seq, &there);
	}
}

/* --- Reading --- */

const struct seq *crdt_doc_text(const struct crdt_doc *doc, struct span path)
{
	return doc_seq_find(doc, path, SEQ_TEXT);
}

const struct seq *crdt_doc_list(const struct crdt_doc *doc, struct span path)
{
	return doc_seq_find(doc, path, SEQ_LIST);
}

struct crdt_author crdt_doc_author(const struct crdt_doc *doc, const struct seq *seq, uint32_t number)
{
	struct seq_origin origin = seq_origin(seq, number);
	struct crdt_element element = {doc_op_id(doc, &origin.op), origin.offset};
	return (struct crdt_author){element, origin.stamp->lamport, origin.stamp->hlc};
}

uint32_t crdt_doc_element(
        const struct crdt_doc *doc, const struct seq *seq, const struct crdt_element *element)
{
	int feed = crdt_feeds_find(doc->feeds, &element->op.feed);
	if (feed < 0 || element->op.seq > UINT32_MAX)
		return SEQ_NONE;
	struct doc_op op = {(uint32_t)feed, (uint32_t)element->op.seq, element->op.index};
	return seq_find(seq, &op, element->offset);
}

int64_t crdt_doc_count(const struct crdt_doc *doc, struct span path)
{
	struct doc_range range = doc_cells_of(doc, path);
	uint64_t sum = 0;
	for (uint32_t i = range.first; i < range.end; i++) {
		struct doc_cell cell = doc_cell_at(doc, i);
		struct mpack_in in = mpack_begin(cell.value);
		if (cell.kind == CRDT_OP_COUNT)
			sum += (uint64_t)mpack_int(&in);
	}
	return (int64_t)sum;
}
