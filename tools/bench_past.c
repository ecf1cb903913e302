#include "tools/bench_past.h"

#include "crdt/diff.h"
#include "node/node_history.h"
#include "node/schema/schema.h"
#include "tools/bench_node.h"

enum { DOSSIERS = 100, COMPARED = 50, PAGE_ENTRIES = 100, PAGES_MAX = 1000 };

/* What a page of history shows: each of the last changes beside the state before it. */
static void compare_last(const struct crdt_history *steps)
{
	struct crdt_frontier from = {0}, to = {0};
	struct crdt_diff diff = {0};
	uint32_t count = crdt_history_change_count(steps), first = count > COMPARED ? count - COMPARED : 0;
	for (uint32_t i = first; i < count; i++) {
		crdt_history_frontier(steps, i, &from);
		crdt_history_frontier(steps, i + 1, &to);
		bench_check(crdt_diff(steps, &from, &to, &diff), "difference");
	}
	crdt_frontier_close(&from);
	crdt_frontier_close(&to);
	crdt_diff_close(&diff);
}

static void histories(struct node *node, struct bench_past *out)
{
	double times_ms[DOSSIERS];
	size_t count = 0;
	uint32_t documents = node_doc_count(node), step = documents / DOSSIERS + 1;
	for (uint32_t i = 0; i < documents && count < DOSSIERS; i += step) {
		struct node_past past;
		struct record_id id;
		uint32_t kind;
		bench_check(node_doc_at(node, i, &kind, &id), "document");
		if (kind != SCHEMA_DOC_DOSSIER)
			continue;
		double start_ms = bench_now_ms();
		bench_check(node_past_read(node, kind, &id, &past, NULL), "history");
		compare_last(past.steps);
		times_ms[count++] = bench_now_ms() - start_ms;
		out->changes += crdt_history_change_count(past.steps);
		node_past_close(&past);
	}
	out->changes /= count ? count : 1;
	out->history_p50_ms = bench_percentile(times_ms, count, 0.5);
	out->history_max_ms = bench_percentile(times_ms, count, 1);
}

static void open_all(struct node *node, struct bench_past *out)
{
	struct log *log = node_log(node);
	double start_ms = bench_now_ms();
	for (uint32_t feed = 0; feed < log_feed_count(log); feed++) {
		if (log_feed(log, feed)->compartment != COMPARTMENT_CLINICAL)
			continue;
		for (uint64_t seq = 1; seq <= log_feed(log, feed)->committed_seq; seq++) {
			struct node_entry entry;
			bench_check(node_read(node, feed, seq, &entry), "entry");
		}
	}
	out->open_all_ms = bench_now_ms() - start_ms;
}

static void take_page(const struct node_span *page, struct bench_past *out)
{
	struct crdt_diff diff = {0};
	for (uint32_t i = 0; i < page->past_count; i++) {
		bench_check(crdt_diff(page->pasts[i].steps, &page->from, &page->to, &diff), "difference");
		out->news_items += diff.count;
	}
	out->news_entries += page->entry_count;
	crdt_diff_close(&diff);
}

static void news(struct node *node, const struct crdt_frontier *seen, struct bench_past *out)
{
	double times_ms[PAGES_MAX];
	struct crdt_frontier from = {0};
	for (uint32_t i = 0; i < seen->count; i++)
		crdt_frontier_raise(&from, &seen->items[i].feed, seen->items[i].seq);
	for (bool more = true; more && out->pages < PAGES_MAX; out->pages++) {
		struct node_span page;
		double start_ms = bench_now_ms();
		bench_check(node_span_read(node, &from, PAGE_ENTRIES, &page), "news");
		take_page(&page, out);
		times_ms[out->pages] = bench_now_ms() - start_ms;
		out->news_ms += times_ms[out->pages];
		more = page.more;
		for (uint32_t i = 0; i < page.to.count; i++)
			crdt_frontier_raise(&from, &page.to.items[i].feed, page.to.items[i].seq);
		node_span_close(&page);
	}
	out->page_p50_ms = bench_percentile(times_ms, out->pages, 0.5);
	out->page_max_ms = bench_percentile(times_ms, out->pages, 1);
	crdt_frontier_close(&from);
}

void bench_past(struct node *node, const struct crdt_frontier *seen, struct bench_past *out)
{
	*out = (struct bench_past){0};
	histories(node, out);
	open_all(node, out);
	news(node, seen, out);
}
