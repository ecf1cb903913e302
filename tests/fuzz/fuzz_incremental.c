/*
 * A saved form that grows, from anybody: it is refused, or what is whole of it loads, and taking another change appends to it what loads
 * again.
 */
#include "crdt/builder.h"
#include "crdt/incremental.h"
#include "tests/fuzz/replay.h"

/* Another device counts one; false when the document, whoever wrote it, does not take that. */
static bool count_one(struct crdt_doc *doc, struct crdt_incremental *form, struct buf *out)
{
	struct entry_ref own = {{{0x55, 0x44}}, UINT32_MAX};
	struct crdt_builder b;
	struct crdt_change change;
	struct buf bytes = {0};
	crdt_builder_begin(&b, &own, crdt_doc_kind(doc), crdt_doc_id(doc), NULL, 0);
	crdt_builder_count(&b, span_of("\x01", 1), 1);
	FUZZ_MUST(crdt_builder_finish_open(&b, &bytes, &change) == 0);
	struct crdt_meta meta = {.feed = own.feed, .seq = own.seq, .lamport = UINT64_MAX, .hlc = 1};
	change.meta = &meta;
	bool took = crdt_doc_apply(doc, &change) == 0;
	if (took)
		FUZZ_MUST(crdt_incremental_add(form, &change, out) <= 0);
	crdt_builder_close(&b);
	buf_close(&bytes);
	return took;
}

static void must_load_as(struct span bytes, const struct crdt_doc *doc)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_incremental form = {0};
	struct crdt_doc *again;
	struct buf want = {0}, got = {0};
	FUZZ_MUST(crdt_incremental_load(feeds, bytes, &form, &again) == 0);
	FUZZ_MUST(form.snapshot_bytes + form.change_bytes == bytes.size);
	crdt_doc_save(doc, &want);
	crdt_doc_save(again, &got);
	FUZZ_MUST(span_eq(buf_span(&want), buf_span(&got)));
	buf_close(&want);
	buf_close(&got);
	crdt_doc_free(again);
	crdt_incremental_close(&form);
	crdt_feeds_free(feeds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_incremental form = {0};
	struct crdt_doc *doc = NULL;
	struct buf bytes = {0};
	if (crdt_incremental_load(feeds, span_of(data, size), &form, &doc) == 0) {
		FUZZ_MUST(form.snapshot_bytes + form.change_bytes <= size);
		buf_add(&bytes, data, form.snapshot_bytes + form.change_bytes);
		must_load_as(buf_span(&bytes), doc);
		if (count_one(doc, &form, &bytes))
			must_load_as(buf_span(&bytes), doc);
	} else {
		FUZZ_MUST(!doc && !form.names);
	}
	buf_close(&bytes);
	crdt_doc_free(doc);
	crdt_incremental_close(&form);
	crdt_feeds_free(feeds);
	return 0;
}
