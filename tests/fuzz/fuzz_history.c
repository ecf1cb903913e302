/*
 * Changes from anybody, looked at together: history, differences and undo hold for whatever a document takes.
 * Input: again and again one byte for the author and sequence (2 and 6 bits), one for the Lamport clock, one for the size of the change, the change.
 */
#include "crdt/diff.h"
#include "crdt/undo.h"
#include "tests/fuzz/replay.h"

enum { AUTHORS = 4, CHANGES_MAX = 64, SEQ_MAX = 63 };

static struct feed_id feed_of(unsigned author)
{
	return (struct feed_id){{(uint8_t)(0x11 * (author + 1))}};
}

/* Each author depends on all that the others may have written: every citation is allowed. */
static bool open_change(struct crdt_change *change, struct crdt_meta *meta, struct entry_ref deps[AUTHORS],
        const uint8_t *head, struct span bytes)
{
	unsigned author = head[0] >> 6;
	uint32_t count = 0;
	for (unsigned i = 0; i < AUTHORS; i++)
		if (i != author)
			deps[count++] = (struct entry_ref){feed_of(i), SEQ_MAX};
	*meta = (struct crdt_meta){.feed = feed_of(author),
	        .seq = (head[0] & SEQ_MAX) + 1u,
	        .lamport = head[1],
	        .hlc = head[1] / 2,
	        .deps = deps,
	        .dep_count = count};
	return crdt_change_open(change, meta, bytes) == 0;
}

static struct crdt_history *history_of(const uint8_t *data, size_t size)
{
	struct crdt_history *history = NULL;
	for (size_t at = 0, count = 0; at + 3 <= size && count < CHANGES_MAX; count++) {
		struct entry_ref deps[AUTHORS];
		struct crdt_meta meta;
		struct crdt_change change;
		size_t rest = size - at - 3, take = data[at + 2] < rest ? data[at + 2] : rest;
		if (open_change(&change, &meta, deps, data + at, span_of(data + at + 3, take))) {
			if (!history)
				history = crdt_history_new(change.doc_kind, change.doc_id);
			int result = crdt_history_add(history, &change);
			FUZZ_MUST(result == 0 || crdt_history_change_count(history) <= CHANGES_MAX);
		}
		at += 3 + take;
	}
	return history;
}

/* What stays is on both sides alike: the earlier content less what goes is as long as the later one less what comes. */
static void must_add_up(const struct crdt_history *history, struct span path, enum seq_kind kind,
        const struct crdt_frontier *from, const struct crdt_frontier *to)
{
	struct crdt_passages passages = {0};
	struct crdt_passage_at at = {0, 0};
	int64_t stays = 0; /* elements of the earlier content behind those of the later one */
	crdt_history_passages(history, path, kind, from, to, &passages);
	for (uint32_t i = 0; i < passages.count; i++) {
		const struct crdt_passage *it = &passages.items[i];
		FUZZ_MUST(it->count > 0 && it->content.size > 0);
		FUZZ_MUST(it->to.position >= at.position && it->to.utf16 >= at.utf16);
		at = it->to;
		if (it->kind == CRDT_PASSAGE_MOVED)
			continue;
		FUZZ_MUST(it->kind == CRDT_PASSAGE_INSERTED || kind == SEQ_LIST ||
		        it->from.position == (uint64_t)(stays + it->to.position));
		stays += it->kind == CRDT_PASSAGE_DELETED ? (int64_t)it->count : -(int64_t)it->count;
	}
	crdt_passages_close(&passages);
}

/* Both ways, at every path. */
static void must_have_passages(
        const struct crdt_history *history, const struct crdt_frontier *a, const struct crdt_frontier *b)
{
	struct crdt_steps all = crdt_history_under(history, (struct span){NULL, 0});
	struct span last = {NULL, 0};
	for (uint32_t i = 0; i < all.count; i++) {
		struct span path = crdt_history_step(history, all.items[i])->path;
		for (enum seq_kind kind = SEQ_TEXT; kind <= SEQ_LIST && !span_eq(path, last); kind++) {
			must_add_up(history, path, kind, a, b);
			must_add_up(history, path, kind, b, a);
		}
		last = path;
	}
}

/* What the difference says lives at both ends is what lives there. */
static void must_say_what_lives(
        const struct crdt_history *history, const struct crdt_frontier *from, const struct crdt_frontier *to)
{
	struct crdt_diff diff = {0};
	FUZZ_MUST(crdt_diff(history, from, to, &diff) == 0);
	for (uint32_t i = 0; i < diff.count; i++) {
		const struct crdt_diff_item *item = &diff.items[i];
		bool is_register = item->kind <= CRDT_DIFF_CONFLICT_SETTLED;
		FUZZ_MUST(item->by.count > 0);
		bool is_seq = item->kind == CRDT_DIFF_TEXT || item->kind == CRDT_DIFF_LIST;
		FUZZ_MUST(is_seq == (item->passage_count > 0));
		FUZZ_MUST((item->kind == CRDT_DIFF_COUNT) == (item->count_before != item->count_after));
		for (uint32_t j = 0; is_register && j < item->before.count; j++)
			FUZZ_MUST(crdt_history_lives(history, item->before.items[j], from));
		for (uint32_t j = 0; is_register && j < item->after.count; j++)
			FUZZ_MUST(crdt_history_lives(history, item->after.items[j], to));
	}
	crdt_diff_close(&diff);
}

static void must_plan(const struct crdt_history *history, uint32_t change)
{
	struct crdt_undo plan = {0};
	struct crdt_builder builder;
	const struct crdt_change *it = crdt_history_change(history, change);
	struct entry_ref place = {it->meta->feed, it->meta->seq}, own = {feed_of(AUTHORS), 1};
	struct buf bytes = {0};
	FUZZ_MUST(crdt_undo_plan(history, &place, &plan) == 0);
	crdt_builder_begin(&builder, &own, it->doc_kind, it->doc_id, NULL, 0);
	int result = crdt_undo_write(history, &plan, &builder, span_text("x"));
	if (result == 0 && plan.does_something)
		result = crdt_builder_finish(&builder, &bytes); /* or too much for one change */
	FUZZ_MUST(result <= 0);
	crdt_builder_close(&builder);
	buf_close(&bytes);
	crdt_undo_close(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct crdt_history *history = history_of(data, size);
	struct crdt_frontier from = {0}, to = {0}, beside = {0};
	if (!history)
		return 0;
	crdt_history_link(history);
	uint32_t count = crdt_history_change_count(history);
	crdt_history_frontier(history, count, &to);
	crdt_history_frontier_at(history, 40, &beside);
	for (uint32_t i = 0; i < count; i++) {
		struct crdt_feeds *feeds = crdt_feeds_new();
		struct crdt_doc *doc = NULL;
		crdt_history_frontier(history, i, &from);
		must_say_what_lives(history, &from, &to);
		must_have_passages(history, &from, &beside);
		must_plan(history, i);
		if (crdt_history_doc(history, feeds, &from, &doc) == 0)
			crdt_doc_free(doc);
		crdt_feeds_free(feeds);
	}
	must_say_what_lives(history, &beside, &beside);
	crdt_frontier_close(&from);
	crdt_frontier_close(&to);
	crdt_frontier_close(&beside);
	crdt_history_free(history);
	return 0;
}
