/* A query, a text it is searched in, and the same bytes as a segment of the index over words. */
#include "node/search/segment.h"
#include "tests/fuzz/replay.h"

static void search_segment_with(const struct search_query *query, struct span bytes)
{
	struct search_segment segment, joined;
	struct search_record record;
	struct buf copy = {0};
	buf_add_span(&copy, bytes);
	if (search_segment_open(&copy, &segment))
		return;
	uint8_t *masks = mem_zero(segment.record_count + 1, 1);
	for (uint32_t i = 0; i < query->count; i++)
		search_segment_mark(&segment, span_of(query->words[i].bytes, query->words[i].size), 1, masks);
	search_segment_mark(&segment, (struct span){NULL, 0}, 2, masks);
	for (uint32_t i = 0; i < segment.record_count; i++)
		search_segment_record(&segment, i, &record);
	if (2 * segment.record_count <= SEGMENT_RECORDS) {
		search_segment_join(&segment, &segment, &copy);
		if (search_segment_open(&copy, &joined) == 0)
			search_segment_close(&joined);
	}
	mem_free(masks);
	search_segment_close(&segment);
}

/* Marks lie inside of what is shown, one behind the other. */
static void check_snippet(const struct search_query *query, struct span text)
{
	struct search_snippet snippet;
	uint32_t behind = 0;
	search_snippet(query, text, &snippet);
	if (snippet.text.size > text.size)
		abort();
	for (uint32_t i = 0; i < snippet.count; i++) {
		const struct search_match *match = &snippet.matches[i];
		if (match->from < behind || match->to < match->from || match->to > snippet.text.size ||
		        match->to16 < match->to || match->from16 < match->from)
			abort();
		behind = match->to;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct search_query query, number;
	struct buf folded = {0};
	if (size == 0)
		return 0;
	const struct span all = span_of(data + 1, size - 1), words = span_sub(all, 0, data[0]),
	                  text = span_sub(all, words.size, all.size);
	search_query_read(words, &query);
	buf_add(&folded, " ", 1);
	fold_text(text, &folded);
	if (search_query_in(&query, text) != search_query_in_folded(&query, buf_span(&folded)) &&
	        folded.size < FOLD_WORD_BYTES)
		abort();
	buf_clear(&folded);
	search_digits(text, &folded);
	if (query.count && search_query_number(&query, &number))
		check_snippet(&number, text);
	check_snippet(&query, text);
	search_segment_with(&query, text);
	buf_close(&folded);
	return 0;
}
