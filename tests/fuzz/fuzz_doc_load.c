/* A snapshot from anybody: it is refused, or it reads, saves the same bytes (of an earlier version the same document), and goes on taking changes. */
#include "crdt/doc.h"
#include "crdt/doc_text.h"
#include "crdt/doc_write.h"
#include "tests/fuzz/replay.h"

static void read_text(const struct crdt_doc *doc, struct span path)
{
	const struct seq *text = crdt_doc_text(doc, path), *list = crdt_doc_list(doc, path);
	struct span piece;
	size_t bytes = 0;
	for (uint64_t cursor = 0; text && seq_next(text, &cursor, &piece);)
		bytes += piece.size;
	FUZZ_MUST(!text || (seq_is_sound(text) && bytes == seq_size(text).bytes));
	for (uint32_t i = 0; list && i < seq_size(list).elements; i++)
		FUZZ_MUST(seq_content(list, seq_at(list, i)).size > 0);
}

static void read_all(const struct crdt_doc *doc)
{
	struct crdt_values values = {0};
	struct span key = {NULL, 0};
	struct crdt_event event;
	struct crdt_held held;
	uint32_t cursor = 0, children = 0;
	while (crdt_doc_child(doc, (struct span){NULL, 0}, &key) && children++ < 1000) {
		struct span below = {NULL, 0};
		while (crdt_doc_child(doc, key, &below) && children++ < 1000) {
			struct buf path = {0};
			buf_add_span(&path, key);
			buf_add_span(&path, below);
			FUZZ_MUST(!crdt_doc_is_hidden(doc, buf_span(&path)));
			buf_close(&path);
		}
		crdt_doc_values(doc, key, &values);
		crdt_doc_members(doc, key, &values);
		read_text(doc, key);
		crdt_doc_count(doc, key);
	}
	while (crdt_doc_event(doc, 0, &cursor, &event) && cursor < 1000)
		FUZZ_MUST(event.kind > 0);
	cursor = 0;
	while (crdt_doc_held(doc, &cursor, &held))
		FUZZ_MUST(held.kind > 0);
	crdt_values_close(&values);
}

/* Set one register and clear everything, as a new device. */
static void write(struct crdt_doc *doc)
{
	struct entry_ref own = {{{0x55, 0x44}}, UINT32_MAX};
	struct crdt_builder b;
	struct crdt_change change;
	struct buf bytes = {0};
	struct span none = {NULL, 0};
	crdt_builder_begin(&b, &own, crdt_doc_kind(doc), crdt_doc_id(doc), NULL, 0);
	crdt_doc_set(doc, &b, span_of("\x01", 1), span_of("\x07", 1), none);
	crdt_doc_clear(doc, &b, none, none);
	int error = crdt_builder_finish(&b, &bytes);
	struct crdt_meta meta = {.feed = own.feed, .seq = own.seq, .deps = b.deps, .dep_count = b.dep_count};
	if (!error && crdt_change_open(&change, &meta, buf_span(&bytes)) == 0) {
		int result = crdt_doc_apply(doc, &change);
		FUZZ_MUST(result == 0 || result == CRDT_DOC_DUPLICATE);
	}
	crdt_builder_close(&b);
	buf_close(&bytes);
}

static void loads_again(struct crdt_feeds *feeds, const struct buf *saved)
{
	struct crdt_doc *doc;
	struct buf again = {0};
	FUZZ_MUST(crdt_doc_load(feeds, buf_span(saved), &doc) == 0);
	crdt_doc_save(doc, &again);
	FUZZ_MUST(span_eq(buf_span(&again), buf_span(saved)));
	buf_close(&again);
	crdt_doc_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct feed_id other = {{0x99}};
	struct crdt_doc *doc;
	crdt_feeds_add(feeds, &other); /* so that the table's numbers are not the snapshot's */
	if (crdt_doc_load(feeds, span_of(data, size), &doc) == 0) {
		struct buf saved = {0};
		crdt_doc_save(doc, &saved);
		if (data[0] >= 4)
			FUZZ_MUST(span_eq(buf_span(&saved), span_of(data, size)));
		else
			loads_again(feeds, &saved);
		buf_close(&saved);
		read_all(doc);
		write(doc);
		crdt_doc_free(doc);
	} else {
		FUZZ_MUST(crdt_feeds_count(feeds) == 1);
	}
	crdt_feeds_free(feeds);
	return 0;
}
