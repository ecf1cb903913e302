/* A dossier's facts and what is computed of them; what somebody wrote for others, its check, and its rows: whatever the bytes are. */
#include "tests/fuzz/replay.h"

#include "node/calendar.h"
#include "node/indicators/rows.h"

/* What opens has one encoding, and is counted without harm. */
static void facts(struct span bytes)
{
	struct arena arena = {0};
	struct facts_file file;
	struct buf again = {0};
	if (indicator_facts_get(bytes, &arena, &file) == 0) {
		struct facts_team team = {.files = &file, .file_count = 1};
		struct indicator_values values;
		const int32_t month = calendar_month(
		        file.visit_count ? file.visits[0].start_minute * 60 : 1700000000, 0);
		indicator_facts_put(&file, &again);
		indicators_compute(&team, month, INDICATOR_MONTH, &arena, &values);
		indicators_compute(&team, month, INDICATOR_YEAR, &arena, &values);
		json_t *rows = json_array();
		rows_add_exact(rows, "00", &values, &arena);
		json_decref(rows);
	}
	buf_close(&again);
	arena_close(&arena);
}

static void published(struct span bytes)
{
	struct arena arena = {0};
	struct published published;
	struct buf again = {0}, text = {0};
	uint32_t entry;
	if (published_get(bytes, &arena, &published) == 0) {
		published_put(&published, &again);
		FUZZ_MUST(span_eq(buf_span(&again), bytes));
		const bool holds = suppress_check(&published, INDICATOR_MONTH, &entry) == NULL;
		FUZZ_MUST(holds || entry < published.entry_count);
		json_t *rows = json_array();
		if (holds)
			rows_add_published(
			        rows, "00", 680, INDICATOR_MONTH, &published, span_text("Bretagne"));
		rows_csv(rows, false, &text);
		rows_ndjson(rows, false, &text);
		json_decref(rows);
	}
	buf_close(&again);
	buf_close(&text);
	arena_close(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] & 1)
		facts(span_of(data + 1, size - 1));
	else
		published(span_of(data + 1, size - 1));
	return 0;
}
