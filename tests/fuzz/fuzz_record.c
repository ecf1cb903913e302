/* What a peer wrote as an event's fields is shown, billed and amended with whatever it holds; a JSON object that passes the checks becomes a
 * change that a receiver takes, and may be written again whatever it says that was seen. First byte: event kind, or 0 for JSON into the kind of the second byte. */
#include <assert.h>

#include "node/billing/book.h"
#include "node/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_event(uint8_t kind, struct span fields)
{
	struct crdt_meta meta = {.seq = 1, .lamport = 1, .hlc = UINT64_MAX};
	struct crdt_op op = {.kind = CRDT_OP_EVENT, .event_kind = kind, .value = fields};
	struct schema_record record;
	struct schema_measures measures;
	struct schema_report report = {.count = 0};
	struct arena arena = {0};
	struct billing_visit *visits;
	uint32_t unknown, count;
	int64_t when_s;
	if (mpack_check(fields) ||
	        (mpack_peek(&(struct mpack_in){fields.data, fields.data + fields.size, 0}) != MPACK_MAP))
		return;
	json_t *json = record_event_json(&op, &meta);
	char *text = json_dumps(json, JSON_COMPACT);
	assert(text);
	free(text);
	json_decref(json);
	record_event_when(kind, fields, &when_s);
	if (!record_event_read(&op, &measures, &record, &unknown))
		return;
	struct book *book = book_new();
	struct book_event event = {.record = &record};
	book_add(book, &event);
	book_finish(book, NULL, NULL, &arena, &visits, &count);
	book_free(book);
	if (schema_check(&record, SCHEMA_CHECK_NEW, &report) == 0) {
		struct buf again = {0}, more = {0};
		struct schema_record back = {.kind = record.kind};
		struct schema_measures others;
		schema_event_put(&record, &again);
		assert(mpack_check(buf_span(&again)) == 0);
		schema_event_get(&back, buf_span(&again), &others, &unknown);
		schema_event_put(&back, &more);
		assert(unknown == 0 && span_eq(buf_span(&again), buf_span(&more)));
		buf_close(&again);
		buf_close(&more);
	}
	arena_close(&arena);
}

/* Apply a change; then write the same record again, as an edit. */
static void try_again(const struct record_edit *edit, struct crdt_builder *builder, struct span bytes)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc = crdt_doc_new(feeds, edit->record.kind->doc, edit->record.id);
	struct crdt_meta meta = {.feed = builder->feed, .seq = 1, .lamport = 1, .hlc = 1};
	struct entry_ref own = {builder->feed, 2};
	struct crdt_change change;
	struct buf more = {0};
	assert(crdt_change_open(&change, &meta, bytes) == 0 && crdt_doc_apply(doc, &change) == 0);
	json_decref(record_json(doc, edit->record.kind, &edit->record.id));
	crdt_builder_again(builder, &own, edit->record.kind->doc, edit->record.id, NULL, 0);
	int result = record_write(doc, builder, edit, NULL, span_text("x"));
	assert(result == 0 || (result == RECORD_UNCHANGED && builder->op_count == 0));
	assert(edit->has_seen || edit->cleared_count || result == RECORD_UNCHANGED);
	assert(result || crdt_builder_finish(builder, &more) == 0);
	buf_close(&more);
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
}

static void try_json(uint8_t kind, struct span text)
{
	json_t *json = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
	struct schema_report report = {.count = 0};
	struct record_edit edit = {.record = {.kind = schema_kind(kind)}};
	struct arena arena = {0};
	if (json && edit.record.kind &&
	        record_from_json(json, SCHEMA_CHECK_NEW, &arena, &edit, &report) == 0 && edit.record.count) {
		struct crdt_builder builder;
		struct entry_ref own = {{{1}}, 1};
		struct buf bytes = {0};
		crdt_builder_begin(&builder, &own, edit.record.kind->doc, edit.record.id, NULL, 0);
		int result = record_write_new(&builder, &edit.record);
		if (result == 0)
			result = crdt_builder_finish(&builder, &bytes);
		assert(result == 0);
		if (edit.record.kind->shape != SCHEMA_EVENT)
			try_again(&edit, &builder, buf_span(&bytes));
		crdt_builder_close(&builder);
		buf_close(&bytes);
	}
	json_decref(json);
	arena_close(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size >= 3 && data[0] == 0)
		try_json(data[1], span_of(data + 2, size - 2));
	else if (size >= 2)
		try_event(data[0], span_of(data + 1, size - 1));
	return 0;
}
