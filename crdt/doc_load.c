/*
 * Loading builds the document with the snapshot's own numbers of feeds, which are ascending by id, so that numbers
 * compare as ids do; the last step, which cannot fail halfway, puts the shared table's numbers in their place.
 */
#include <assert.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "crdt/doc_state.h"
#include "crdt/nfc.h"
#include "crdt/seq_snapshot.h"

enum {
	FEED_ROW_BYTES_MIN = 33,
	STAMP_BYTES_MIN = 4,
	CELL_BYTES_MIN = 6,
	EVENT_BYTES_MIN = 22,
	SEQ_BYTES_MIN = 16
};

struct loading {
	struct wire_in in;
	struct crdt_doc *doc;
	const uint8_t **ids; /* of the feeds, borrowed from the snapshot */
	uint8_t *stamp_used;
	uint8_t version;
};

static void bad(struct loading *l)
{
	wire_fail(&l->in, ERR_MALFORMED);
}

static uint32_t within(struct loading *l, uint64_t value, uint32_t min, uint32_t max)
{
	if (value >= min && value <= max)
		return (uint32_t)value;
	bad(l);
	return min;
}

static uint32_t bounded_at(struct loading *l, struct wire_in *in, uint32_t min, uint32_t max)
{
	return within(l, wire_varint(in), min, max);
}

static uint32_t bounded(struct loading *l, uint32_t min, uint32_t max)
{
	return bounded_at(l, &l->in, min, max);
}

static bool going(const struct loading *l)
{
	return l->in.error == 0;
}

static void load_feeds(struct loading *l)
{
	struct crdt_doc *doc = l->doc;
	uint32_t count = wire_count(&l->in, LIMIT_FEEDS, FEED_ROW_BYTES_MIN);
	l->ids = mem_zero(count, sizeof(*l->ids));
	doc->frontier = mem_zero(count, sizeof(*doc->frontier));
	doc->frontier_capacity = count;
	for (uint32_t i = 0; i < count && going(l); i++) {
		l->ids[i] = wire_span(&l->in, ID_LONG_BYTES).data;
		doc->frontier[i] = (struct doc_frontier){.feed = i, .seq = bounded(l, 1, UINT32_MAX)};
		if (going(l) && i > 0 && memcmp(l->ids[i - 1], l->ids[i], ID_LONG_BYTES) >= 0)
			bad(l);
		doc->frontier_count = i + 1;
	}
}

/* --- Columns --- */

/* Where the next value of each column is read. In earlier versions the table stands row by row: then all of them are l->in. */
struct column {
	struct wire_in own, *in;
};

static bool has_columns(const struct loading *l)
{
	return l->version >= DOC_SNAPSHOT_VERSION;
}

/* A column that begins here; its bytes are read by whoever calls. */
static void begin_column(struct loading *l, struct column *column)
{
	column->own = l->in;
	column->in = has_columns(l) ? &column->own : &l->in;
}

static void numbers_column(struct loading *l, struct column *column, uint32_t count)
{
	begin_column(l, column);
	for (uint32_t i = 0; has_columns(l) && i < count && going(l); i++)
		wire_varint(&l->in);
}

static void bytes_column(struct loading *l, struct column *column, size_t size)
{
	begin_column(l, column);
	if (has_columns(l))
		wire_span(&l->in, size);
}

static void blobs_column(struct loading *l, struct column *column, uint32_t count, size_t size_max)
{
	begin_column(l, column);
	for (uint32_t i = 0; has_columns(l) && i < count && going(l); i++)
		wire_blob(&l->in, size_max);
}

/* An op of a feed that the snapshot lists, within what was applied of it. */
static struct doc_op load_op(struct loading *l)
{
	const struct crdt_doc *doc = l->doc;
	struct doc_op op = {0};
	if (doc->frontier_count == 0) {
		bad(l);
		return op;
	}
	op.feed = bounded(l, 0, doc->frontier_count - 1);
	op.seq = bounded(l, 1, doc->frontier[op.feed].seq);
	op.index = bounded(l, 0, LIMIT_CHANGE_OPS - 1);
	return op;
}

static void load_stamps(struct loading *l)
{
	struct crdt_doc *doc = l->doc;
	uint32_t count = wire_count(&l->in, UINT32_MAX, STAMP_BYTES_MIN);
	if (count && doc->frontier_count == 0)
		bad(l);
	doc->stamps = mem_zero(count, sizeof(*doc->stamps));
	l->stamp_used = mem_zero(count, 1);
	doc->stamp_capacity = count;
	for (uint32_t i = 0; i < count && going(l); i++) {
		struct doc_stamp *stamp = &doc->stamps[i];
		stamp->feed = bounded(l, 0, doc->frontier_count - 1);
		stamp->seq = bounded(l, 1, doc->frontier[stamp->feed].seq);
		stamp->lamport = wire_varint(&l->in);
		stamp->hlc = wire_varint(&l->in);
		if (i > 0 &&
		        (stamp[-1].feed > stamp->feed ||
		                (stamp[-1].feed == stamp->feed && stamp[-1].seq >= stamp->seq)))
			bad(l);
		doc->stamp_count = i + 1;
	}
}

/* The path of the next cell or sequence, after that of the one before it. Both are in `path` in turn. */
static void load_path(struct loading *l, struct wire_in *shared_in, struct wire_in *suffix_in,
        const struct crdt_path *last, struct crdt_path *path)
{
	uint32_t shared = bounded_at(l, shared_in, 0, last->size);
	struct span suffix = wire_blob(suffix_in, CRDT_PATH_BYTES);
	if (shared + suffix.size > CRDT_PATH_BYTES || shared + suffix.size == 0) {
		bad(l);
		return;
	}
	memcpy(path->bytes, last->bytes, shared);
	if (suffix.size)
		memcpy(path->bytes + shared, suffix.data, suffix.size);
	path->size = (uint16_t)(shared + suffix.size);
	bool longer_share = shared < last->size && suffix.size && last->bytes[shared] == suffix.data[0];
	if (longer_share || crdt_path_check(crdt_path_span(path)))
		bad(l);
}

static bool is_delta(struct span value)
{
	struct mpack_in in = mpack_begin(value);
	int64_t delta = mpack_int(&in);
	return mpack_end(&in) == 0 && delta != 0 && delta <= CRDT_DELTA_MAX && delta >= -CRDT_DELTA_MAX;
}

static void load_value(struct loading *l, struct wire_in *in, struct doc_cell *cell)
{
	cell->value = wire_blob(in, LIMIT_VALUE_BYTES);
	if (going(l) && (mpack_check(cell->value) || (cell->kind == CRDT_OP_COUNT && !is_delta(cell->value))))
		bad(l);
}

/* Of two cells at one path, the one that came last and the next. */
static bool ops_ascend(const struct crdt_doc *doc, const struct doc_cell *cell)
{
	struct doc_cell before = doc_cell_at(doc, doc->cell_count - 1);
	struct doc_op op = doc_cell_op(doc, cell), op_before = doc_cell_op(doc, &before);
	return doc_op_number_cmp(&op_before, &op) < 0;
}

struct cell_columns {
	struct column head, shared, suffix, stamp, index, value, reason;
	uint32_t last_stamp, next_index; /* what these two columns are told from */
};

/* The next number of a column that tells how far each is from what was expected. */
static uint32_t distant(
        struct loading *l, const struct column *column, uint32_t expected, uint32_t min, uint32_t max)
{
	const uint64_t value = has_columns(l) ? (uint64_t)expected + (uint64_t)wire_zigzag(column->in)
	                                      : wire_varint(column->in);
	return within(l, value, min, max);
}

/* Reasons follow the values, of the cells whose head says that there is one. */
static void find_cell_columns(struct loading *l, struct cell_columns *c, uint32_t count)
{
	bytes_column(l, &c->head, count);
	numbers_column(l, &c->shared, count);
	blobs_column(l, &c->suffix, count, CRDT_PATH_BYTES);
	numbers_column(l, &c->stamp, count);
	numbers_column(l, &c->index, count);
	blobs_column(l, &c->value, count, LIMIT_VALUE_BYTES);
	struct wire_in heads = c->head.own;
	uint32_t reasons = 0;
	for (uint32_t i = 0; has_columns(l) && i < count && going(l); i++)
		reasons += (wire_u8(&heads) & DOC_CELL_REASON) != 0;
	blobs_column(l, &c->reason, reasons, CRDT_REASON_BYTES);
}

static void load_cell(
        struct loading *l, struct cell_columns *c, const struct crdt_path *last, struct crdt_path *path)
{
	struct crdt_doc *doc = l->doc;
	uint8_t head = wire_u8(c->head.in);
	struct doc_cell cell = {.kind = head & ~(uint32_t)DOC_CELL_REASON};
	if (cell.kind != CRDT_OP_SET && cell.kind != CRDT_OP_ADD && cell.kind != CRDT_OP_COUNT)
		bad(l);
	load_path(l, c->shared.in, c->suffix.in, last, path);
	cell.rest = crdt_path_span(path);
	if (doc->stamp_count == 0)
		bad(l);
	else
		cell.stamp = distant(l, &c->stamp, c->last_stamp, 0, doc->stamp_count - 1);
	cell.index = distant(l, &c->index, c->next_index, 0, LIMIT_CHANGE_OPS - 1);
	c->last_stamp = cell.stamp;
	c->next_index = cell.index + 1;
	load_value(l, c->value.in, &cell);
	if (head & DOC_CELL_REASON) {
		cell.reason = wire_blob(c->reason.in, CRDT_REASON_BYTES);
		if (cell.kind != CRDT_OP_SET || cell.reason.size == 0 || !crdt_utf8_valid(cell.reason))
			bad(l);
	}
	if (going(l) && doc->cell_count > 0) {
		int order = span_cmp(crdt_path_span(last), crdt_path_span(path));
		if (order > 0 || (order == 0 && !ops_ascend(doc, &cell)))
			bad(l);
	}
	if (!going(l))
		return;
	l->stamp_used[cell.stamp] = 1;
	doc_cell_append(doc, &cell);
}

static void load_cells(struct loading *l)
{
	struct crdt_path paths[2] = {0};
	struct cell_columns columns = {0};
	uint32_t count = wire_count(&l->in, UINT32_MAX, CELL_BYTES_MIN);
	doc_cells_reserve(l->doc, count, wire_left(&l->in));
	find_cell_columns(l, &columns, count);
	for (uint32_t i = 0; i < count && going(l); i++)
		load_cell(l, &columns, &paths[i % 2], &paths[(i + 1) % 2]);
	for (uint32_t i = 0; i < l->doc->stamp_count && going(l); i++)
		if (!l->stamp_used[i])
			bad(l);
}

static void load_seq(
        struct loading *l, const uint32_t *seqs, const struct crdt_path *last, struct crdt_path *path)
{
	struct crdt_doc *doc = l->doc;
	uint8_t kind = wire_u8(&l->in);
	load_path(l, &l->in, &l->in, last, path);
	if (kind > SEQ_LIST)
		bad(l);
	if (going(l) && doc->seq_count > 0) {
		int order = span_cmp(crdt_path_span(last), crdt_path_span(path));
		if (order > 0 || (order == 0 && doc->seqs[doc->seq_count - 1].kind >= kind))
			bad(l);
	}
	if (!going(l))
		return;
	struct seq *seq = seq_load(&l->in, kind, seqs, doc->frontier_count);
	if (!seq)
		return;
	if (seq_element_count(seq) == 0)
		bad(l);
	doc_seq_add(doc, crdt_path_span(path), kind, seq);
	doc->seq_bytes += seq_content_bytes(seq);
}

static void load_seqs(struct loading *l)
{
	struct crdt_path paths[2] = {0};
	uint32_t count = wire_count(&l->in, UINT32_MAX, SEQ_BYTES_MIN);
	uint32_t *seqs = mem_alloc(l->doc->frontier_count * sizeof(*seqs));
	for (uint32_t i = 0; i < l->doc->frontier_count; i++)
		seqs[i] = l->doc->frontier[i].seq;
	for (uint32_t i = 0; i < count && going(l); i++)
		load_seq(l, seqs, &paths[i % 2], &paths[(i + 1) % 2]);
	const uint8_t version = has_columns(l) ? l->version : l->version + DOC_SNAPSHOT_ROWS;
	if (going(l) && version != doc_snapshot_version(l->doc))
		bad(l);
	mem_free(seqs);
}

static bool events_ascend(const struct doc_event *a, const struct doc_event *b)
{
	if (a->hlc != b->hlc)
		return a->hlc < b->hlc;
	struct doc_op op_a = doc_event_op(a), op_b = doc_event_op(b);
	return doc_op_number_cmp(&op_a, &op_b) < 0;
}

struct event_columns {
	struct column hlc, feed, seq, index, kind, id, corrects;
	uint32_t *last_seqs; /* by feed: of its event before */
};

/* The ops that are corrected follow, of the events that correct one. */
static void find_event_columns(struct loading *l, struct event_columns *c, uint32_t count)
{
	numbers_column(l, &c->hlc, count);
	numbers_column(l, &c->feed, count);
	numbers_column(l, &c->seq, count);
	numbers_column(l, &c->index, count);
	numbers_column(l, &c->kind, count);
	bytes_column(l, &c->id, (size_t)count * ID_SHORT_BYTES);
	bytes_column(l, &c->corrects, count);
	c->last_seqs = mem_zero(l->doc->frontier_count, sizeof(*c->last_seqs));
}

static struct doc_op load_event_op(struct loading *l, struct event_columns *c)
{
	const struct crdt_doc *doc = l->doc;
	struct doc_op op = {0};
	if (doc->frontier_count == 0) {
		bad(l);
		return op;
	}
	op.feed = bounded_at(l, c->feed.in, 0, doc->frontier_count - 1);
	op.seq = distant(l, &c->seq, c->last_seqs[op.feed], 1, doc->frontier[op.feed].seq);
	c->last_seqs[op.feed] = op.seq;
	op.index = bounded_at(l, c->index.in, 0, LIMIT_CHANGE_OPS - 1);
	return op;
}

static void load_event(struct loading *l, struct event_columns *c, uint64_t last_hlc)
{
	struct crdt_doc *doc = l->doc;
	struct doc_event event = {0};
	if (__builtin_add_overflow(last_hlc, wire_varint(c->hlc.in), &event.hlc))
		bad(l);
	struct doc_op op = load_event_op(l, c);
	event.seq = op.seq;
	event.place = doc_event_place(&op, bounded_at(l, c->kind.in, 1, CRDT_EVENT_KIND_MAX));
	wire_raw(c->id.in, event.id.bytes, sizeof(event.id.bytes));
	uint8_t corrects = wire_u8(c->corrects.in);
	struct doc_correction correction = {op, {0}};
	if (corrects > 1)
		bad(l);
	if (corrects)
		correction.corrected = load_op(l);
	if (going(l) && doc->event_count && !events_ascend(&doc->events[doc->event_count - 1], &event))
		bad(l);
	if (!going(l))
		return;
	doc->events[doc->event_count++] = event;
	if (!corrects)
		return;
	doc->corrections = mem_room(doc->corrections, doc->correction_count, &doc->correction_capacity,
	        sizeof(*doc->corrections));
	doc->corrections[doc->correction_count++] = correction;
}

static int correction_cmp(const void *left, const void *right)
{
	const struct doc_correction *a = left, *b = right;
	return doc_op_number_cmp(&a->event, &b->event);
}

/* The events' ops, ascending. Owner calls mem_free(). */
static struct doc_op *event_ops(const struct crdt_doc *doc)
{
	struct doc_op *ops = mem_alloc(doc->event_count * sizeof(*ops));
	for (uint32_t i = 0; i < doc->event_count; i++)
		ops[i] = doc_event_op(&doc->events[i]);
	qsort(ops, doc->event_count, sizeof(*ops), doc_op_number_cmp);
	return ops;
}

/* Each is of one event, as saving finds it, and corrects an event that is here. */
static void check_corrections(struct loading *l)
{
	const struct crdt_doc *doc = l->doc;
	struct doc_op *ops = event_ops(doc);
	/* Several events of one op id, of which one corrects, would save differently. */
	uint32_t correcting = 0;
	for (uint32_t i = 0; i < doc->event_count; i++) {
		struct doc_correction wanted = {ops[i], {0}};
		correcting += bsearch(&wanted, doc->corrections, doc->correction_count, sizeof(wanted),
		                      correction_cmp) != NULL;
	}
	if (correcting != doc->correction_count)
		bad(l);
	for (uint32_t i = 0; i < doc->correction_count; i++) {
		const struct doc_correction *it = &doc->corrections[i];
		if ((i > 0 && correction_cmp(&it[-1], it) == 0) ||
		        !bsearch(&it->corrected, ops, doc->event_count, sizeof(*ops), doc_op_number_cmp))
			bad(l);
	}
	mem_free(ops);
}

static void load_events(struct loading *l)
{
	struct crdt_doc *doc = l->doc;
	struct event_columns columns;
	uint32_t count = wire_count(&l->in, UINT32_MAX, EVENT_BYTES_MIN);
	doc->events = mem_zero(count, sizeof(*doc->events));
	doc->event_capacity = count;
	find_event_columns(l, &columns, count);
	for (uint32_t i = 0; i < count && going(l); i++)
		load_event(l, &columns, i ? doc->events[i - 1].hlc : 0);
	mem_free(columns.last_seqs);
	if (doc->correction_count == 0)
		return;
	qsort(doc->corrections, doc->correction_count, sizeof(*doc->corrections), correction_cmp);
	check_corrections(l);
	doc->corrected = mem_alloc(doc->correction_count * sizeof(*doc->corrected));
	doc->corrected_count = doc->corrected_capacity = doc->correction_count;
	for (uint32_t i = 0; i < doc->correction_count; i++)
		doc->corrected[i] = doc->corrections[i].corrected;
	qsort(doc->corrected, doc->corrected_count, sizeof(*doc->corrected), doc_op_number_cmp);
}

static void load_unknown(struct loading *l)
{
	struct crdt_doc *doc = l->doc;
	uint32_t count = wire_count(&l->in, UINT32_MAX, 4);
	doc->unknown = mem_zero(count, sizeof(*doc->unknown));
	doc->unknown_capacity = count;
	for (uint32_t i = 0; i < count && going(l); i++) {
		struct doc_unknown *unknown = &doc->unknown[i];
		unknown->op = load_op(l);
		unknown->kind = bounded(l, 1, CRDT_OP_KIND_MAX);
		if (i > 0 && doc_op_number_cmp(&unknown[-1].op, &unknown->op) >= 0)
			bad(l);
		doc->unknown_count = i + 1;
	}
}

static void load_head(struct loading *l)
{
	l->version = wire_u8(&l->in);
	if (going(l) &&
	        (l->version < DOC_SNAPSHOT_VERSION - DOC_SNAPSHOT_ROWS ||
	                l->version > DOC_SNAPSHOT_VERSION_TAKINGS))
		wire_fail(&l->in, ERR_VERSION);
	l->doc->kind = bounded(l, 1, CRDT_DOC_KIND_MAX);
	wire_raw(&l->in, l->doc->id.bytes, sizeof(l->doc->id.bytes));
}

static int frontier_cmp(const void *left, const void *right)
{
	const struct doc_frontier *a = left, *b = right;
	return (a->feed > b->feed) - (a->feed < b->feed);
}

static void renumber(struct crdt_doc *doc, const uint32_t *numbers)
{
	for (uint32_t i = 0; i < doc->frontier_count; i++)
		doc->frontier[i].feed = numbers[doc->frontier[i].feed];
	if (doc->frontier_count > 1)
		qsort(doc->frontier, doc->frontier_count, sizeof(*doc->frontier), frontier_cmp);
	for (uint32_t i = 0; i < doc->stamp_count; i++)
		doc->stamps[i].feed = numbers[doc->stamps[i].feed];
	for (uint32_t i = 0; i < doc->event_count; i++) {
		struct doc_event *event = &doc->events[i];
		struct doc_op op = doc_event_op(event);
		op.feed = numbers[op.feed];
		event->place = doc_event_place(&op, doc_event_kind(event));
	}
	for (uint32_t i = 0; i < doc->correction_count; i++) {
		struct doc_correction *correction = &doc->corrections[i];
		correction->event.feed = numbers[correction->event.feed];
		correction->corrected.feed = numbers[correction->corrected.feed];
		doc->corrected[i].feed = numbers[doc->corrected[i].feed];
	}
	for (uint32_t i = 0; i < doc->unknown_count; i++)
		doc->unknown[i].op.feed = numbers[doc->unknown[i].op.feed];
	for (uint32_t i = 0; i < doc->seq_count; i++)
		seq_adopt(doc->seqs[i].seq, doc->feeds, numbers);
}

/* Put the table's numbers in place of the snapshot's. */
static int adopt_feeds(struct loading *l, struct crdt_feeds *feeds)
{
	uint32_t count = l->doc->frontier_count, missing = 0;
	struct feed_id id;
	for (uint32_t i = 0; i < count; i++) {
		memcpy(id.bytes, l->ids[i], sizeof(id.bytes));
		missing += crdt_feeds_find(feeds, &id) < 0;
	}
	if (crdt_feeds_count(feeds) + missing > LIMIT_FEEDS)
		return ERR_FULL;
	uint32_t *numbers = mem_alloc(count * sizeof(*numbers));
	for (uint32_t i = 0; i < count; i++) {
		memcpy(id.bytes, l->ids[i], sizeof(id.bytes));
		int number = crdt_feeds_add(feeds, &id);
		assert(number >= 0);
		numbers[i] = (uint32_t)number;
	}
	renumber(l->doc, numbers);
	mem_free(numbers);
	return 0;
}

int crdt_doc_load(struct crdt_feeds *feeds, struct span bytes, struct crdt_doc **out)
{
	struct record_id none = {{0}};
	struct loading l = {.in = wire_begin(bytes), .doc = crdt_doc_new(feeds, 0, none)};
	int error = bytes.size > LIMIT_SNAPSHOT_BYTES ? ERR_TOOBIG : 0;
	if (error)
		goto done;
	load_head(&l);
	load_feeds(&l);
	load_stamps(&l);
	load_cells(&l);
	load_seqs(&l);
	load_events(&l);
	load_unknown(&l);
	error = wire_end(&l.in);
	if (!error)
		error = adopt_feeds(&l, feeds);
done:
	mem_free(l.ids);
	mem_free(l.stamp_used);
	if (error)
		crdt_doc_free(l.doc);
	if (error)
		return error;
	crdt_doc_trim(l.doc);
	*out = l.doc;
	return 0;
}
