#include <assert.h>

#include "crdt/doc_state.h"

/* Below this many dead bytes a compaction is not worth its work. */
enum { DEAD_BYTES_MIN = 48 };

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

static struct doc_cell record_at(const struct crdt_doc *doc, uint32_t offset)
{
	const uint8_t *start = doc->blob + offset, *at = start;
	uint8_t head = *at++;
	struct doc_cell cell = {.kind = head & DOC_CELL_KIND, .is_cleared = (head & DOC_CELL_CLEARED) != 0};
	at = get_bytes(at, &cell.path);
	at = get_number(at, &cell.stamp);
	at = get_number(at, &cell.index);
	if (!doc_kind_is_held(cell.kind))
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

static struct span path_at(const struct crdt_doc *doc, uint32_t place)
{
	struct span path;
	get_bytes(doc->blob + doc->cells[place] + 1, &path);
	return path;
}

/* First place whose path is not before `path`; with `past` the first that is neither before, at, nor under it. */
static uint32_t path_bound(const struct crdt_doc *doc, struct span path, uint32_t low, bool past)
{
	uint32_t high = doc->cell_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		struct span there = path_at(doc, middle);
		int order = past ? span_cmp(span_sub(there, 0, path.size), path) : span_cmp(there, path);
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
	while (end < doc->cell_count && span_eq(path_at(doc, end), path))
		end++;
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
		int order = span_cmp(cell.path, path);
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

static uint32_t write_record(struct crdt_doc *doc, const struct doc_cell *cell)
{
	size_t most = 1 + 5 * 5 + cell->path.size + cell->value.size + cell->reason.size;
	if (doc->blob_capacity - doc->blob_bytes < most) {
		size_t need = doc->blob_bytes + most;
		assert(need <= UINT32_MAX / 2);
		doc->blob_capacity = (uint32_t)(need + need / 4);
		doc->blob = mem_resize(doc->blob, doc->blob_capacity, 1);
	}
	uint32_t offset = doc->blob_bytes;
	uint8_t *at = doc->blob + offset;
	*at++ = (uint8_t)(cell->kind | (cell->reason.size ? DOC_CELL_REASON : 0u) |
	        (cell->is_cleared ? DOC_CELL_CLEARED : 0u));
	at = put_bytes(at, cell->path);
	at = put_number(at, cell->stamp);
	at = put_number(at, cell->index);
	if (!doc_kind_is_held(cell->kind))
		at = put_bytes(at, cell->value);
	if (cell->reason.size)
		at = put_bytes(at, cell->reason);
	doc->blob_bytes = (uint32_t)(at - doc->blob);
	return offset;
}

static void insert(struct crdt_doc *doc, uint32_t place, uint32_t offset)
{
	doc->cells = doc_gap(doc->cells, doc->cell_count, &doc->cell_capacity, sizeof(*doc->cells), place);
	doc->cells[place] = offset;
	doc->cell_count++;
}

void doc_cell_add(struct crdt_doc *doc, const struct doc_cell *cell)
{
	struct doc_op op = doc_cell_op(doc, cell);
	uint32_t place;
	bool is_there = doc_cell_find(doc, cell->path, &op, &place);
	assert(!is_there); /* op ids are unique: each sequence of a feed applies once */
	insert(doc, place, write_record(doc, cell));
}

void doc_cell_append(struct crdt_doc *doc, const struct doc_cell *cell)
{
	insert(doc, doc->cell_count, write_record(doc, cell));
}

void doc_cell_remove(struct crdt_doc *doc, uint32_t place)
{
	doc->dead_bytes += doc_cell_at(doc, place).record_bytes;
	doc->cell_count--;
	memmove(doc->cells + place, doc->cells + place + 1, (doc->cell_count - place) * sizeof(*doc->cells));
}

void doc_cell_mark_cleared(struct crdt_doc *doc, uint32_t place)
{
	doc->blob[doc->cells[place]] |= DOC_CELL_CLEARED;
}

uint32_t doc_stamp_add(struct crdt_doc *doc, const struct doc_stamp *stamp)
{
	doc->stamps = doc_room(doc->stamps, doc->stamp_count, &doc->stamp_capacity, sizeof(*doc->stamps));
	doc->stamps[doc->stamp_count] = *stamp;
	return doc->stamp_count++;
}

static void compact(struct crdt_doc *doc)
{
	struct crdt_doc old = *doc;
	uint32_t *renumbered = mem_alloc(old.stamp_count * sizeof(*renumbered));
	memset(renumbered, 0xff, old.stamp_count * sizeof(*renumbered));
	doc->blob = mem_alloc(old.blob_bytes - old.dead_bytes + old.cell_count * 4u);
	doc->blob_capacity = old.blob_bytes - old.dead_bytes + old.cell_count * 4u;
	doc->blob_bytes = doc->dead_bytes = doc->stamp_count = 0;
	struct doc_stamp *stamps = mem_alloc(old.stamp_count * sizeof(*stamps));
	for (uint32_t i = 0; i < old.cell_count; i++) {
		struct doc_cell cell = record_at(&old, old.cells[i]);
		uint32_t *number = &renumbered[cell.stamp];
		if (*number == UINT32_MAX) {
			*number = doc->stamp_count;
			stamps[doc->stamp_count++] = old.stamps[cell.stamp];
		}
		cell.stamp = *number;
		doc->cells[i] = write_record(doc, &cell);
	}
	memcpy(doc->stamps, stamps, doc->stamp_count * sizeof(*stamps));
	mem_free(stamps);
	mem_free(renumbered);
	mem_free(old.blob);
}

void doc_cells_compact(struct crdt_doc *doc)
{
	if (doc->dead_bytes >= DEAD_BYTES_MIN && doc->dead_bytes > doc->blob_bytes / 4)
		compact(doc);
}
