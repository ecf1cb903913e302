#include "tests/lib/facts.h"

#include "tests/lib/check.h"

static struct fact *fact_numbered(struct facts *facts, uint8_t number)
{
	for (uint32_t i = 0; i < facts->count; i++)
		if (facts->items[i].head.id.bytes[0] == number)
			return &facts->items[i];
	fail_msg("there is no fact %u", number);
	return NULL;
}

void facts_put(struct facts *facts, uint8_t number, const char *kind, uint8_t corrects, const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	struct record_edit edit = {.record = {.kind = schema_kind_named(span_text(kind))}};
	struct schema_report report = {0};
	if (!json || !edit.record.kind)
		fail_msg("%s %s: %s", kind, text, json ? "" : error.text);
	/* An amendment gives only what it changes. */
	const enum schema_check_mode mode = edit.record.kind->is_correction ? SCHEMA_CHECK_EDIT
	                                                                    : SCHEMA_CHECK_NEW;
	if (record_from_json(json, mode, &facts->arena, &edit, &report)) {
		struct buf why = {0};
		schema_problem_sentence(&report.problems[0], SCHEMA_EN, &why);
		fail_msg("%s %s: %.*s", kind, text, (int)why.size, (const char *)why.data);
	}
	assert_true(facts->count < FACTS_MAX);
	struct fact *fact = &facts->items[facts->count++];
	fact->record = arena_copy(&facts->arena, &edit.record, sizeof(edit.record));
	memset(fact->head.id.bytes, number, sizeof(fact->head.id.bytes));
	memset(fact->head.op.feed.bytes, 1 + number % 2, sizeof(fact->head.op.feed.bytes));
	fact->head.op.seq = facts->count;
	fact->head.hlc = facts->count;
	if (corrects) {
		struct fact *cited = fact_numbered(facts, corrects);
		cited->head.is_corrected = true;
		fact->head.is_correction = true;
		fact->head.corrects = cited->head.op;
	}
	json_decref(json);
}

void facts_give(const struct facts *facts, uint64_t seed, fact_taker take, void *context)
{
	uint32_t order[FACTS_MAX];
	for (uint32_t i = 0; i < facts->count; i++) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		uint32_t j = (uint32_t)(seed >> 33) % (i + 1);
		order[i] = order[j];
		order[j] = i;
	}
	for (uint32_t i = 0; i < facts->count; i++)
		take(context, &facts->items[order[i]]);
}

void facts_close(struct facts *facts)
{
	arena_close(&facts->arena);
}
