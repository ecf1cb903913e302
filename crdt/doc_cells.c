/*
 * A record: kind and flags: u8; parent_at: varint; rest of the path: blob; stamp, index: varints; value: blob;
 * reason: blob when flagged. Between the records stand the parents: blobs.
 */
#include <assert.h>

#include "crdt/doc_state.h"

/* A shorter parent is repeated: pointing at it would save nothing. */
enum { PARENT_BYTES_MIN = 6 };

/* Below this many dead bytes a compaction is not worth its work. */
enum { DEAD_BYTES_MIN = 48 };

/* LEB128 as in crdt/base/wire.h, but in our own memory: unchecked, since each comparison of a search reads some. */
static uint8_t *put_number(uint8_t *at, uint32_t value)
{
	while (value > 127) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

static const uint8_t *get_number(const uint8_t *at, uint32_t *value)
{
	uint32_t byte = *at++, result = byte & 0x7f;
	for (unsigned shift = 7; byte & 0x80; shift += 7) {
		byte = *at++;
		result |= (byte & 0x7f) << shift;
	}
	*value = result;
	return at;
}

static const uint8_t *get_bytes(const uint8_t *at, struct span *bytes)
{
	uint32_t size;
	at = get_number(at, &size);
	*bytes = span_of(at, size);
	return at + size;
}

static uint8_t *put_bytes(uint8_t *at, struct span bytes)
{
	at = put_number(at, (uint32_t)bytes.size);
	if (bytes.size)
		memcpy(at, bytes.data, bytes.size);
	return at + bytes.size;
}

/* The parts of the path from a record. */
static const uint8_t *get_path(const struct crdt_doc *doc, const uint8_t *at, struct doc_cell *cell)
{
	at = get_number(at, &cell->parent_at);
	if (cell->parent_at)
		get_bytes(doc->blob + cell->parent_at - 1, &cell->parent);
	return get_bytes(at, &cell->rest);
}

static struct doc_cell record_at(const struct crdt_doc *doc, uint32_t offset)
{
	const uint8_t *start = doc->blob + offset, *at = start;
	uint8_t head = *at++;
	struct doc_cell cell = {.kind = head & DOC_CELL_KIND};
	at = get_path(doc, at, &cell);
	at = get_number(at, &cell.stamp);
	at = get_number(at, &cell.index);
	at = get_bytes(at, &cell.value);
	if (head & DOC_CELL_REASON)
		at = get_bytes(at, &cell.reason);
	cell.record_bytes = (uint32_t)(at - start);
	return cell;
}

struct doc_cell doc_cell_at(const struct crdt_doc *doc, uint32_t place)
{
	assert(place < doc->cell_count);
	return record_at(doc, doc->cells[place]);
}

struct doc_op doc_cell_op(const struct crdt_doc *doc, const struct doc_cell *cell)
{
	const struct doc_stamp *stamp = &doc->stamps[cell->stamp];
	return (struct doc_op){stamp->feed, stamp->seq, cell->index};
}

void doc_cell_path(const struct doc_cell *cell, struct crdt_path *path)
{
	path->size = (uint16_t)(cell->parent.size + cell->rest.size);
	if (cell->parent.size)
		memcpy(path->bytes, cell->parent.data, cell->parent.size);
	memcpy(path->bytes + cell->parent.size, cell->rest.data, cell->rest.size);
}

/* Compares the first `size` bytes of a cell's path. */
static int path_cmp(const struct doc_cell *cell, size_t size, struct span path)
{
	size_t parent_size = cell->parent.size;
	int order = span_cmp(span_sub(cell->parent, 0, size), span_sub(path, 0, parent_size));
	if (order || size <= parent_size)
		return order;
	return span_cmp(span_sub(cell->rest, 0, size - parent_size), span_sub(path, parent_size, path.size));
}

static struct doc_cell path_at(const struct crdt_doc *doc, uint32_t place)
{
	struct doc_cell cell = {0};
	get_path(doc, doc->blob + doc->cells[place] + 1, &cell);
	return cell;
}

/* First place whose path is not before `path`; with `past` the first that is neither before, at, nor under it. */
static uint32_t path_bound(const struct crdt_doc *doc, struct span path, uint32_t low, bool past)
{
	uint32_t high = doc->cell_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		struct doc_cell there = path_at(doc, middle);
		int order = path_cmp(&there, past ? path.size : CRDT_PATH_BYTES, path);
		if (order < 0 || (past && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct doc_range doc_cells_of(const struct crdt_doc *doc, struct span path)
{
	uint32_t first = path_bound(doc, path, 0, false), end = first;
	for (; end < doc->cell_count; end++) {
		struct doc_cell there = path_at(doc, end);
		if (path_cmp(&there, CRDT_PATH_BYTES, path) != 0)
			break;
	}
	return (struct doc_range){first, end};
}

struct doc_range doc_cells_under(const struct crdt_doc *doc, struct span path)
{
	uint32_t first = path_bound(doc, path, 0, false);
	return (struct doc_range){first, path_bound(doc, path, first, true)};
}

/* First place that is not before (path, op). */
static uint32_t cell_bound(
        const struct crdt_doc *doc, struct span path, const struct doc_op *op, bool *is_there)
{
	uint32_t low = 0, high = doc->cell_count;
	*is_there = false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		struct doc_cell cell = doc_cell_at(doc, middle);
		int order = path_cmp(&cell, CRDT_PATH_BYTES, path);
		if (order == 0) {
			struct doc_op there = doc_cell_op(doc, &cell);
			order = doc_op_cmp(doc->feeds, &there, op);
			*is_there |= order == 0;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool doc_cell_find(const struct crdt_doc *doc, struct span path, const struct doc_op *op, uint32_t *place)
{
	bool is_there;
	*place = cell_bound(doc, path, op, &is_there);
	return is_there;
}

static void reserve(struct crdt_doc *doc, size_t more)
{
	if (doc->blob_capacity - doc->blob_bytes >= more)
		return;
	size_t need = doc->blob_bytes + more;
	assert(need <= UINT32_MAX / 2);
	doc->blob_capacity = (uint32_t)(need + need / 4);
	doc->blob = mem_resize(doc->blob, doc->blob_capacity, 1);
}

void doc_cells_reserve(struct crdt_doc *doc, uint32_t count, size_t bytes)
{
	assert(doc->cell_count == 0 && doc->cell_capacity == 0);
	doc->cells = mem_alloc(count * sizeof(*doc->cells));
	doc->cell_capacity = count;
	reserve(doc, bytes);
}

/* Where the last key of a path starts; 0 when what is before it is too short to be shared. */
static size_t parent_size(struct span path)
{
	size_t size = crdt_path_parent(path);
	return size >= PARENT_BYTES_MIN ? size : 0;
}

/* Divide the path of a cell that comes to `place`. Its siblings are beside it, or it is the first under its parent. */
static void divide_path(struct crdt_doc *doc, uint32_t place, struct doc_cell *cell)
{
	struct span path = cell->rest;
	size_t size = parent_size(path);
	if (size == 0)
		return;
	cell->parent = span_sub(path, 0, size);
	cell->rest = span_sub(path, size, path.size);
	for (uint32_t i = place ? place - 1 : 0; i <= place && i < doc->cell_count; i++) {
		struct doc_cell beside = path_at(doc, i);
		if (beside.parent_at && span_eq(beside.parent, cell->parent)) {
			cell->parent_at = beside.parent_at;
			return;
		}
	}
	reserve(doc, size + 5);
	cell->parent_at = doc->blob_bytes + 1;
	doc->blob_bytes = (uint32_t)(put_bytes(doc->blob + doc->blob_bytes, cell->parent) - doc->blob);
}

/* Append the record of a cell whose path is divided. */
static uint32_t write_record(struct crdt_doc *doc, const struct doc_cell *cell)
{
	reserve(doc, 1 + 6 * 5 + cell->rest.size + cell->value.size + cell->reason.size);
	uint32_t offset = doc->blob_bytes;
	uint8_t *at = doc->blob + offset;
	*at++ = (uint8_t)(cell->kind | (cell->reason.size ? DOC_CELL_REASON : 0u));
	at = put_number(at, cell->parent_at);
	at = put_bytes(at, cell->rest);
	at = put_number(at, cell->stamp);
	at = put_number(at, cell->index);
	at = put_bytes(at, cell->value);
	if (cell->reason.size)
		at = put_bytes(at, cell->reason);
	doc->blob_bytes = (uint32_t)(at - doc->blob);
	return offset;
}

static void insert(struct crdt_doc *doc, uint32_t place, const struct doc_cell *cell)
{
	struct doc_cell divided = *cell;
	divide_path(doc, place, &divided);
	doc->cells = mem_gap(doc->cells, doc->cell_count, &doc->cell_capacity, sizeof(*doc->cells), place);
	doc->cells[place] = write_record(doc, &divided);
	doc->cell_count++;
}

void doc_cell_add(struct crdt_doc *doc, const struct doc_cell *cell)
{
	struct doc_op op = doc_cell_op(doc, cell);
	uint32_t place;
	bool is_there = doc_cell_find(doc, cell->rest, &op, &place);
	assert(!is_there); /* op ids are unique: each sequence of a feed applies once */
	insert(doc, place, cell);
}

void doc_cell_append(struct crdt_doc *doc, const struct doc_cell *cell)
{
	insert(doc, doc->cell_count, cell);
}

void doc_cell_remove(struct crdt_doc *doc, uint32_t place)
{
	doc->dead_bytes += doc_cell_at(doc, place).record_bytes;
	doc->cell_count--;
	memmove(doc->cells + place, doc->cells + place + 1, (doc->cell_count - place) * sizeof(*doc->cells));
}

uint32_t doc_stamp_add(struct crdt_doc *doc, const struct doc_stamp *stamp)
{
	doc->stamps = mem_room(doc->stamps, doc->stamp_count, &doc->stamp_capacity, sizeof(*doc->stamps));
	doc->stamps[doc->stamp_count] = *stamp;
	return doc->stamp_count++;
}

static void compact(struct crdt_doc *doc)
{
	struct crdt_doc old = *doc;
	uint32_t *renumbered = mem_alloc(old.stamp_count * sizeof(*renumbered));
	struct crdt_path path;
	memset(renumbered, 0xff, old.stamp_count * sizeof(*renumbered));
	doc->blob = NULL;
	doc->blob_bytes = doc->blob_capacity = doc->dead_bytes = 0;
	doc->cells = NULL;
	doc->cell_count = doc->cell_capacity = 0;
	doc->stamps = NULL;
	doc->stamp_count = doc->stamp_capacity = 0;
	reserve(doc, old.blob_bytes - old.dead_bytes);
	for (uint32_t i = 0; i < old.cell_count; i++) {
		struct doc_cell cell = record_at(&old, old.cells[i]);
		uint32_t *number = &renumbered[cell.stamp];
		if (*number == UINT32_MAX)
			*number = doc_stamp_add(doc, &old.stamps[cell.stamp]);
		doc_cell_path(&cell, &path);
		cell.stamp = *number;
		cell.parent = (struct span){NULL, 0};
		cell.parent_at = 0;
		cell.rest = crdt_path_span(&path);
		doc_cell_append(doc, &cell);
	}
	mem_free(renumbered);
	mem_free(old.blob);
	mem_free(old.cells);
	mem_free(old.stamps);
}

void doc_cells_compact(struct crdt_doc *doc)
{
	if (doc->dead_bytes >= DEAD_BYTES_MIN && doc->dead_bytes > doc->blob_bytes / 4)
		compact(doc);
}
