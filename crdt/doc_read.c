#include <stdlib.h>

#include "crdt/doc_state.h"
#include "crdt/doc_text.h"

bool crdt_doc_frontier(const struct crdt_doc *doc, uint32_t *cursor, struct entry_ref *out)
{
	if (*cursor >= doc->frontier_count)
		return false;
	const struct doc_frontier *row = &doc->frontier[(*cursor)++];
	*out = (struct entry_ref){*crdt_feeds_id(doc->feeds, row->feed), row->seq};
	return true;
}

void crdt_values_close(struct crdt_values *values)
{
	mem_free(values->items);
	*values = (struct crdt_values){0};
}

static struct crdt_value value_of(const struct crdt_doc *doc, const struct doc_cell *cell)
{
	const struct doc_stamp *stamp = &doc->stamps[cell->stamp];
	struct doc_op op = doc_cell_op(doc, cell);
	return (struct crdt_value){
	        doc_op_id(doc, &op), stamp->lamport, stamp->hlc, cell->value, cell->reason};
}

/* Newest first: the order in which values are shown. */
static int newest_first(const struct crdt_value *a, const struct crdt_value *b)
{
	if (a->hlc != b->hlc)
		return a->hlc > b->hlc ? -1 : 1;
	return op_id_cmp(&b->op, &a->op);
}

static int by_time(const void *a, const void *b)
{
	return newest_first(a, b);
}

static int by_element(const void *left, const void *right)
{
	const struct crdt_value *a = left, *b = right;
	int order = span_cmp(a->value, b->value);
	return order ? order : newest_first(a, b);
}

/* All cells of one kind at `path`, in op order. */
static void collect(const struct crdt_doc *doc, struct span path, uint32_t kind, struct crdt_values *out)
{
	struct doc_range range = doc_cells_of(doc, path);
	out->count = 0;
	for (uint32_t i = range.first; i < range.end; i++) {
		struct doc_cell cell = doc_cell_at(doc, i);
		if (cell.kind != kind)
			continue;
		out->items = mem_room(out->items, out->count, &out->capacity, sizeof(*out->items));
		out->items[out->count++] = value_of(doc, &cell);
	}
}

void crdt_doc_values(const struct crdt_doc *doc, struct span path, struct crdt_values *out)
{
	collect(doc, path, CRDT_OP_SET, out);
	if (out->count > 1)
		qsort(out->items, out->count, sizeof(*out->items), by_time);
}

bool crdt_doc_get(const struct crdt_doc *doc, struct span path, struct crdt_value *out)
{
	struct doc_range range = doc_cells_of(doc, path);
	bool found = false;
	for (uint32_t i = range.first; i < range.end; i++) {
		struct doc_cell cell = doc_cell_at(doc, i);
		if (cell.kind != CRDT_OP_SET)
			continue;
		struct crdt_value value = value_of(doc, &cell);
		if (!found || newest_first(&value, out) < 0)
			*out = value;
		found = true;
	}
	return found;
}

void crdt_doc_adds(const struct crdt_doc *doc, struct span path, struct crdt_values *out)
{
	collect(doc, path, CRDT_OP_ADD, out);
	if (out->count > 1)
		qsort(out->items, out->count, sizeof(*out->items), by_element);
}

void crdt_doc_members(const struct crdt_doc *doc, struct span path, struct crdt_values *out)
{
	crdt_doc_adds(doc, path, out);
	if (out->count < 2)
		return;
	uint32_t kept = 1;
	for (uint32_t i = 1; i < out->count; i++)
		if (!span_eq(out->items[i].value, out->items[kept - 1].value))
			out->items[kept++] = out->items[i];
	out->count = kept;
}

/* The first key of what is left of a path under another. */
static struct span key_of(struct span rest)
{
	struct crdt_key key;
	return crdt_path_next(&rest, &key) ? key.encoded : (struct span){NULL, 0};
}

/* Is this key, which stands at `size` bytes of a path, an element that its list has as deleted? */
static bool key_hides(const struct crdt_doc *doc, struct span path, size_t size, const struct crdt_key *key)
{
	if (key->type != CRDT_KEY_ELEMENT)
		return false;
	const struct seq *list = crdt_doc_list(doc, span_sub(path, 0, size));
	uint32_t number = list ? crdt_doc_element(doc, list, &key->element) : SEQ_NONE;
	return number != SEQ_NONE && seq_is_deleted(list, number);
}

/* The beginning of a path up to the first deleted element behind its first `from` bytes; empty when there is none. */
static struct span hidden_part(const struct crdt_doc *doc, struct span path, size_t from)
{
	enum { ELEMENT_HEAD = 0x94 };
	struct span rest = span_sub(path, from, path.size);
	struct crdt_key key;
	if (doc->seq_count == 0 || rest.size == 0 || !memchr(rest.data, ELEMENT_HEAD, rest.size))
		return (struct span){NULL, 0};
	for (size_t at = from; crdt_path_next(&rest, &key); at += key.encoded.size)
		if (key_hides(doc, path, at, &key))
			return span_sub(path, 0, at + key.encoded.size);
	return (struct span){NULL, 0};
}

bool crdt_doc_is_hidden(const struct crdt_doc *doc, struct span path)
{
	return hidden_part(doc, path, 0).size > 0;
}

/* The key under `path` of the first cell at or behind `place` that is not hidden; empty when there is none. */
static struct span cell_key(const struct crdt_doc *doc, struct span path, uint32_t place)
{
	uint32_t end = doc_cells_under(doc, path).end;
	struct crdt_path space;
	struct doc_cell there;
	for (struct span hidden; place < end; place = doc_cells_under(doc, hidden).end) {
		there = doc_cell_at(doc, place);
		doc_cell_path(&there, &space);
		hidden = hidden_part(doc, crdt_path_span(&space), path.size);
		if (hidden.size == 0)
			break;
	}
	if (place >= end)
		return (struct span){NULL, 0};
	struct span rest = span_sub(
	        there.parent, path.size, there.parent.size); /* keys do not cross the parts */
	if (rest.size == 0)
		rest = span_sub(there.rest, path.size - there.parent.size, there.rest.size);
	return key_of(rest);
}

/* The same of texts and lists in which something is seen. */
static struct span seq_key(const struct crdt_doc *doc, struct span path, uint32_t place)
{
	uint32_t end = doc_seqs_under(doc, path).end;
	while (place < end &&
	        (doc->seqs[place].path.size == path.size || !doc_seq_is_seen(&doc->seqs[place]) ||
	                hidden_part(doc, doc->seqs[place].path, path.size).size > 0))
		place++;
	return place < end ? key_of(span_sub(doc->seqs[place].path, path.size, CRDT_PATH_BYTES))
	                   : (struct span){NULL, 0};
}

bool crdt_doc_child(const struct crdt_doc *doc, struct span path, struct span *after)
{
	uint32_t cell = doc_cells_of(doc, path).end; /* not the values of `path` itself */
	uint32_t seq = doc_seqs_under(doc, path).first;
	if (after->size) {
		struct buf past = {0};
		buf_add_span(&past, path);
		buf_add_span(&past, *after);
		cell = doc_cells_under(doc, buf_span(&past)).end;
		seq = doc_seqs_under(doc, buf_span(&past)).end;
		buf_close(&past);
	}
	struct span by_cell = cell_key(doc, path, cell), by_seq = seq_key(doc, path, seq);
	bool is_seq = by_cell.size == 0 || (by_seq.size && span_cmp(by_seq, by_cell) < 0);
	struct span key = is_seq ? by_seq : by_cell;
	if (key.size == 0)
		return false;
	*after = key;
	return true;
}

bool crdt_doc_event(const struct crdt_doc *doc, uint32_t kind, uint32_t *cursor, struct crdt_event *out)
{
	while (*cursor < doc->event_count) {
		const struct doc_event *event = &doc->events[(*cursor)++];
		if (kind && doc_event_kind(event) != kind)
			continue;
		struct doc_op op = doc_event_op(event);
		*out = (struct crdt_event){.kind = doc_event_kind(event),
		        .id = event->id,
		        .op = doc_op_id(doc, &op),
		        .hlc = event->hlc};
		const struct doc_correction *correction = doc_correction_of(doc, &op);
		if (correction) {
			out->is_correction = true;
			out->corrects = doc_op_id(doc, &correction->corrected);
		}
		out->is_corrected = doc_is_corrected(doc, &op);
		return true;
	}
	return false;
}

bool crdt_doc_has_event(const struct crdt_doc *doc, const struct record_id *id)
{
	for (uint32_t i = doc->event_count; i > 0; i--) /* the latest are asked for most */
		if (record_id_eq(&doc->events[i - 1].id, id))
			return true;
	return false;
}

bool crdt_doc_held(const struct crdt_doc *doc, uint32_t *cursor, struct crdt_held *out)
{
	if (*cursor >= doc->unknown_count)
		return false;
	const struct doc_unknown *unknown = &doc->unknown[(*cursor)++];
	*out = (struct crdt_held){unknown->kind, doc_op_id(doc, &unknown->op)};
	return true;
}
