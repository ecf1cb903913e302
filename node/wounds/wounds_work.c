#include "node/wounds/wounds_work.h"

#include "node/wounds/wounds_json.h"

static struct span words_of(struct work_facts *out, const struct wounds_wound *wound,
        enum wounds_attention attention, int64_t last_day, bool is_french)
{
	struct buf text = {0};
	wounds_words(wound, attention, last_day, is_french, &text);
	const struct span kept = work_words(out, "%.*s", (int)text.size, (const char *)text.data);
	buf_close(&text);
	return kept;
}

static void add(struct work_facts *out, uint32_t source, const struct wounds *wounds,
        const struct wounds_wound *wound)
{
	int64_t from;
	const enum wounds_attention attention = wounds_attention(wounds, wound, &from);
	struct work_fact *fact = attention == WOUNDS_QUIET ? NULL : work_add(out, source);
	if (!fact)
		return;
	const int64_t last_day = wounds_check(wounds, wound, wound->count - 1)->day;
	fact->whose = WORK_REFERENT;
	fact->key = fact->records = work_keep(out, span_of(wound->id.bytes, ID_SHORT_BYTES));
	fact->note = WORK_NEVER;
	fact->soon = (int32_t)from;
	fact->now = attention == WOUNDS_WORSENING ? (int32_t)from : WORK_NEVER;
	fact->day = (int32_t)last_day;
	fact->until = (int32_t)from + WOUNDS_TOLD_DAYS;
	fact->fr = words_of(out, wound, attention, last_day, true);
	fact->en = words_of(out, wound, attention, last_day, false);
}

void wounds_work(const struct digest_source *document, uint32_t source, struct work_facts *out)
{
	static const uint32_t CHECKS[] = {SCHEMA_WOUND_CHECK};
	struct wounds wounds = {0};
	wounds_take(&wounds, document->doc);
	if (wounds.wound_count) /* checks without a wound say nothing */
		facts_of(document, CHECKS, 1, FACTS_ALL, wounds_add, &wounds);
	wounds_derive(&wounds);
	for (uint32_t i = 0; i < wounds.wound_count; i++)
		add(out, source, &wounds, &wounds.wounds[i]);
	wounds_close(&wounds);
}
