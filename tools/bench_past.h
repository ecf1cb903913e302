/*
 * tools/bench_past.h - what reading the past costs: a dossier's history, news after a day.
 */
#ifndef TOOLS_BENCH_PAST_H
#define TOOLS_BENCH_PAST_H

#include "crdt/frontier.h"
#include "node/node.h"

struct bench_past {
	double history_p50_ms,
	        history_max_ms; /* of a dossier: its changes read, ordered, and the last 50 compared */
	double open_all_ms; /* the same compartment with every entry opened: what a history without pseudonyms would cost */
	double news_ms, page_p50_ms, page_max_ms; /* everything after the frontier, page by page */
	uint64_t changes, news_entries, news_items, pages;
};

void bench_past(struct node *node, const struct crdt_frontier *seen, struct bench_past *out);

#endif
