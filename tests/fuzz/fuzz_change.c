/*
 * A change from anybody: it is refused, or it applies, and then the document saves, loads and saves the same, as does another one that met the
 * feeds in another order.
 * Input: the change's own sequence, what was applied before of its feed and of its two dependencies (one byte each),
 * then the change.
 */
#include "crdt/change.h"
#include "crdt/doc.h"
#include "crdt/doc_write.h"
#include "tests/fuzz/replay.h"

/* Bring the document's frontier of a feed to `seq` by a change that leaves a few cells. */
static void fill(struct crdt_doc *doc, const struct feed_id *feed, uint64_t seq)
{
	static const uint8_t fields[] = {1, 2, 12, 40};
	struct entry_ref own = {*feed, seq};
	struct crdt_meta meta = {.feed = *feed, .seq = seq, .hlc = seq};
	struct crdt_builder b;
	struct buf bytes = {0};
	struct crdt_change change;
	struct span none = {NULL, 0};
	if (seq == 0)
		return;
	crdt_builder_begin(&b, &own, crdt_doc_kind(doc), crdt_doc_id(doc), NULL, 0);
	for (size_t i = 0; i < sizeof(fields); i++) {
		crdt_builder_set(
		        &b, span_of(&fields[i], 1), span_of("\x05", 1), (struct crdt_cites){NULL, 0}, none);
		crdt_builder_add(
		        &b, span_of(&fields[i], 1), span_of("\x06", 1), (struct crdt_cites){NULL, 0});
	}
	for (size_t i = 0; i < sizeof(fields); i++) {
		crdt_builder_text_insert(&b, span_of(&fields[i], 1), NULL, NULL, span_text("abc"));
		crdt_builder_list_insert(&b, span_of(&fields[i], 1), NULL, NULL, span_of("\x92\x01\xa1x", 4));
	}
	crdt_builder_event(&b, 3, (struct record_id){{(uint8_t)seq}}, span_of("\x80", 1), NULL, none);
	FUZZ_MUST(crdt_builder_finish(&b, &bytes) == 0);
	FUZZ_MUST(crdt_change_open(&change, &meta, buf_span(&bytes)) == 0);
	FUZZ_MUST(crdt_doc_apply(doc, &change) == 0);
	crdt_builder_close(&b);
	buf_close(&bytes);
}

static void must_round_trip(const struct crdt_doc *doc)
{
	struct buf saved = {0}, again = {0};
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *loaded = NULL;
	crdt_doc_save(doc, &saved);
	FUZZ_MUST(crdt_doc_load(feeds, buf_span(&saved), &loaded) == 0);
	crdt_doc_save(loaded, &again);
	FUZZ_MUST(span_eq(buf_span(&saved), buf_span(&again)));
	crdt_doc_free(loaded);
	crdt_feeds_free(feeds);
	buf_close(&saved);
	buf_close(&again);
}

/* The change behind what `data` says was applied before. What it cites may not be there. */
static void apply(const struct crdt_change *change, const uint8_t *data, bool reversed, struct buf *saved)
{
	const struct entry_ref *deps = change->meta->deps;
	const struct entry_ref before[] = {
	        {change->meta->feed, data[1]}, {deps[0].feed, data[2]}, {deps[1].feed, data[3] / 2}};
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc = crdt_doc_new(feeds, change->doc_kind, change->doc_id);
	if (reversed)
		crdt_feeds_add(feeds, &deps[1].feed);
	for (int i = 0; i < 3; i++) {
		const struct entry_ref *it = &before[reversed ? 2 - i : i];
		fill(doc, &it->feed, it->seq);
	}
	int result = crdt_doc_apply(doc, change);
	FUZZ_MUST(result == (data[0] > data[1] ? 0 : CRDT_DOC_DUPLICATE));
	FUZZ_MUST(crdt_doc_apply(doc, change) == CRDT_DOC_DUPLICATE);
	must_round_trip(doc);
	crdt_doc_save(doc, saved);
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4)
		return 0;
	struct feed_id own = {{0xaa}};
	struct entry_ref deps[] = {{{{0x11}}, data[2]}, {{{0xee}}, data[3]}};
	struct crdt_meta meta = {
	        .feed = own, .seq = data[0], .lamport = 7, .hlc = 9, .deps = deps, .dep_count = 2};
	struct crdt_change change;
	struct buf saved = {0}, other = {0};
	if (crdt_change_open(&change, &meta, span_of(data + 4, size - 4)))
		return 0;
	apply(&change, data, false, &saved);
	apply(&change, data, true, &other);
	FUZZ_MUST(span_eq(buf_span(&saved), buf_span(&other)));
	buf_close(&saved);
	buf_close(&other);
	return 0;
}
