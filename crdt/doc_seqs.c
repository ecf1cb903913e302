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
	doc->seq_memory += path.size + seq_memory_bytes(seq);
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

static struct seq_by by_of(const struct doc_change *change, const struct crdt_op *op, struct seq *seq)
{
	const struct crdt_meta *meta = change->meta;
	struct doc_stamp stamp = {meta->lamport, meta->hlc, (uint32_t)meta->seq, change->feed};
	return (struct seq_by){seq_stamp(seq, &stamp), op->index};
}

/* The element that an op names, SEQ_NONE when it is not of this sequence. */
static uint32_t element_at(
        const struct doc_change *change, const struct seq *seq, const struct crdt_place *place)
{
	struct doc_op op;
	return place->present && doc_cited_op(change, &place->ref, &op) ? seq_find(seq, &op, place->offset)
	                                                                : SEQ_NONE;
}

/* The values of an encoded array, one after the other. */
static struct span values_of(struct span array)
{
	struct mpack_in in = mpack_begin(array);
	mpack_array(&in);
	return span_of(in.at, (size_t)(in.end - in.at));
}

static void insert(
        struct seq *seq, const struct doc_change *change, const struct crdt_op *op, struct span content)
{
	uint32_t left = element_at(change, seq, &op->left), right = element_at(change, seq, &op->right);
	seq_insert(seq, by_of(change, op, seq), left, right, content);
}

static void delete_targets(struct seq *seq, const struct doc_change *change, const struct crdt_op *op)
{
	struct crdt_run run;
	for (struct crdt_refs runs = op->targets; crdt_runs_next(&runs, &run);) {
		struct doc_op inserted;
		if (doc_cited_op(change, &run.ref, &inserted))
			seq_delete(seq, by_of(change, op, seq), &inserted, run.offset, run.count);
	}
}

/* What it names of the same element's moves is replaced by it. */
static void move(struct seq *seq, const struct doc_change *change, const struct crdt_op *op)
{
	struct seq_by by = by_of(change, op, seq);
	uint32_t element = element_at(change, seq, &op->element);
	if (element != SEQ_NONE)
		element = seq_shown(seq, element);
	struct crdt_ref ref;
	for (struct crdt_refs refs = op->supersedes; element != SEQ_NONE && crdt_refs_next(&refs, &ref);) {
		struct doc_op cited;
		uint32_t place = doc_cited_op(change, &ref, &cited) ? seq_find(seq, &cited, 0) : SEQ_NONE;
		if (place != SEQ_NONE)
			seq_take_back(seq, by, place, element);
	}
	uint32_t left = element_at(change, seq, &op->left), right = element_at(change, seq, &op->right);
	seq_move(seq, by, element, left, right);
}

bool doc_op_sequence(uint32_t op_kind, enum seq_kind *kind)
{
	bool is_text = op_kind == CRDT_OP_TEXT_INSERT || op_kind == CRDT_OP_TEXT_DELETE;
	*kind = is_text ? SEQ_TEXT : SEQ_LIST;
	return is_text || op_kind == CRDT_OP_LIST_INSERT || op_kind == CRDT_OP_LIST_DELETE ||
	        op_kind == CRDT_OP_LIST_MOVE;
}

void doc_seq_apply_to(struct seq *seq, const struct doc_change *change, const struct crdt_op *op)
{
	if (op->kind == CRDT_OP_TEXT_INSERT)
		insert(seq, change, op, op->value);
	else if (op->kind == CRDT_OP_LIST_INSERT)
		insert(seq, change, op, values_of(op->value));
	else if (op->kind == CRDT_OP_LIST_MOVE)
		move(seq, change, op);
	else
		delete_targets(seq, change, op);
}

void doc_seq_apply(
        struct crdt_doc *doc, const struct doc_change *change, const struct crdt_op *op, struct span path)
{
	enum seq_kind kind;
	if (!doc_op_sequence(op->kind, &kind))
		return;
	struct seq *seq = doc_seq_find(doc, path, kind);
	if (!seq && (op->kind == CRDT_OP_TEXT_DELETE || op->kind == CRDT_OP_LIST_DELETE))
		return; /* nothing was inserted here */
	bool is_first = !seq;
	if (is_first) {
		seq = seq_new(kind, doc->feeds);
		doc_seq_add(doc, path, kind, seq);
	}
	size_t before = seq_content_bytes(seq), memory_before = seq_memory_bytes(seq);
	doc_seq_apply_to(seq, change, op);
	if (is_first)
		seq_trim(seq); /* most are written once: room to grow would be two thirds of them */
	doc->seq_bytes += seq_content_bytes(seq) - before;
	doc->seq_memory += seq_memory_bytes(seq) - memory_before;
}

static void clear(struct seq *seq, const struct doc_change *change, const struct crdt_op *op,
        const struct doc_op *cited)
{
	if (seq_find(seq, cited, 0) != SEQ_NONE)
		seq_clear(seq, by_of(change, op, seq), cited);
}

/* Either side may be the longer one. */
void doc_seq_clear(struct seq *seq, const struct doc_change *change, const struct crdt_op *op,
        const struct doc_op *cited, size_t cited_count)
{
	struct doc_op there;
	bool is_short = seq_insertion_count(seq) < cited_count;
	for (size_t i = 0; i < cited_count && !is_short; i++)
		clear(seq, change, op, &cited[i]);
	for (uint32_t i = 0; is_short && seq_insertion_op(seq, i, &there); i++)
		if (bsearch(&there, cited, cited_count, sizeof(*cited), doc_op_number_cmp))
			clear(seq, change, op, &there);
}

void doc_seqs_clear(struct crdt_doc *doc, const struct doc_change *change, const struct crdt_op *op,
        struct span path, const struct doc_op *cited, size_t cited_count)
{
	struct doc_range range = doc_seqs_under(doc, path);
	for (uint32_t i = range.first; i < range.end; i++) {
		struct seq *seq = doc->seqs[i].seq;
		const size_t memory_before = seq_memory_bytes(seq);
		doc_seq_clear(seq, change, op, cited, cited_count);
		doc->seq_memory += seq_memory_bytes(seq) - memory_before;
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

bool crdt_doc_list_element(
        const struct crdt_doc *doc, const struct seq *list, uint32_t position, struct crdt_element *out)
{
	uint32_t number = seq_at(list, position);
	if (number == SEQ_NONE)
		return false;
	*out = crdt_doc_author(doc, list, seq_shown(list, number)).element;
	return true;
}

bool crdt_doc_deletion(
        const struct crdt_doc *doc, const struct seq *seq, uint32_t number, struct crdt_author *out)
{
	struct doc_op op;
	const struct doc_stamp *stamp;
	if (!seq_deletion(seq, number, NULL, NULL, &op, &stamp))
		return false;
	*out = (struct crdt_author){{doc_op_id(doc, &op), 0}, stamp->lamport, stamp->hlc};
	return true;
}

/* --- The past --- */

/* Highest sequence of each feed, by number in the table. */
static bool was_applied(void *context, const struct doc_stamp *stamp)
{
	const uint64_t *seqs = context;
	return stamp->seq <= seqs[stamp->feed];
}

/* What `was_applied` reads. Owner calls mem_free(). */
static uint64_t *applied_at(const struct crdt_doc *doc, const struct entry_ref *frontier, uint32_t count)
{
	uint64_t *seqs = mem_zero(crdt_feeds_count(doc->feeds), sizeof(*seqs));
	for (uint32_t i = 0; i < count; i++) {
		int feed = crdt_feeds_find(doc->feeds, &frontier[i].feed);
		if (feed >= 0)
			seqs[feed] = frontier[i].seq;
	}
	return seqs;
}

void crdt_doc_text_past(const struct crdt_doc *doc, const struct seq *text, const struct entry_ref *frontier,
        uint32_t count, struct buf *out)
{
	uint64_t *seqs = applied_at(doc, frontier, count);
	seq_read_past(text, was_applied, seqs, out);
	mem_free(seqs);
}

void crdt_doc_past(const struct crdt_doc *doc, const struct seq *seq, const struct entry_ref *frontier,
        uint32_t count, struct seq_past *out)
{
	uint64_t *seqs = applied_at(doc, frontier, count);
	seq_past_of(seq, was_applied, seqs, out);
	mem_free(seqs);
}

bool crdt_doc_past_deletion(const struct crdt_doc *doc, const struct seq *seq, uint32_t number,
        const struct entry_ref *frontier, uint32_t count, struct crdt_author *out)
{
	struct doc_op op;
	const struct doc_stamp *stamp;
	uint64_t *seqs = applied_at(doc, frontier, count);
	bool is_deleted = seq_deletion(seq, number, was_applied, seqs, &op, &stamp);
	if (is_deleted)
		*out = (struct crdt_author){{doc_op_id(doc, &op), 0}, stamp->lamport, stamp->hlc};
	mem_free(seqs);
	return is_deleted;
}

bool crdt_doc_seq_entry(
        const struct crdt_doc *doc, const struct seq *seq, uint32_t *cursor, struct entry_ref *out)
{
	const struct doc_stamp *stamp = seq_next_stamp(seq, cursor);
	if (stamp)
		*out = (struct entry_ref){*crdt_feeds_id(doc->feeds, stamp->feed), stamp->seq};
	return stamp != NULL;
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

struct crdt_cursor crdt_doc_cursor(const struct crdt_doc *doc, const struct seq *seq, uint32_t position)
{
	uint32_t number = position ? seq_at(seq, position - 1) : SEQ_NONE;
	if (number == SEQ_NONE)
		return (struct crdt_cursor){.is_start = true};
	return (struct crdt_cursor){.behind = crdt_doc_author(doc, seq, number).element};
}

struct crdt_cursor crdt_doc_cursor_on(const struct crdt_doc *doc, const struct seq *seq, uint32_t position)
{
	uint32_t number = seq_at(seq, position);
	if (number == SEQ_NONE)
		return crdt_doc_cursor(doc, seq, position);
	return (struct crdt_cursor){
	        .behind = crdt_doc_author(doc, seq, seq_shown(seq, number)).element, .is_on = true};
}

uint32_t crdt_doc_cursor_position(
        const struct crdt_doc *doc, const struct seq *seq, const struct crdt_cursor *cursor)
{
	uint32_t number = cursor->is_start ? SEQ_NONE : crdt_doc_element(doc, seq, &cursor->behind);
	if (number != SEQ_NONE && cursor->is_on)
		return seq_before(seq, seq_stands(seq, number)).elements;
	return number == SEQ_NONE ? 0 : seq_before(seq, number).elements + seq_is_visible(seq, number);
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
