#include "node/vitals/vitals_work.h"

#include "node/vitals/vitals.h"

static struct span words_of(
        struct work_facts *out, const struct vitals_item *item, const struct vitals *vitals, bool is_french)
{
	struct buf text = {0};
	vitals_item_words(item, vitals, is_french, &text);
	const struct span kept = work_words(out, "%.*s", (int)text.size, (const char *)text.data);
	buf_close(&text);
	return kept;
}

static void add(
        struct work_facts *out, uint32_t source, const struct vitals_item *item, const struct vitals *vitals)
{
	struct work_fact *fact = work_add(out, source);
	uint8_t key[1 + ID_SHORT_BYTES] = {(uint8_t)item->vital};
	if (!fact)
		return;
	memcpy(key + 1, item->value->source.bytes, ID_SHORT_BYTES);
	fact->whose = WORK_TEAM;
	fact->key = work_keep(out, span_of(key, sizeof(key)));
	fact->records = work_keep(out, span_of(item->value->source.bytes, ID_SHORT_BYTES));
	fact->day = (int32_t)item->value->day;
	fact->note = WORK_NEVER;
	fact->soon = fact->day;
	fact->now = item->beyond ? fact->day : WORK_NEVER;
	fact->until = fact->day + VITALS_TOLD_DAYS;
	fact->fr = words_of(out, item, vitals, true);
	fact->en = words_of(out, item, vitals, false);
}

void vitals_work(const struct digest_source *document, uint32_t source, struct work_facts *out)
{
	static const uint32_t MEASURED[] = {SCHEMA_VISIT, SCHEMA_VISIT_AMENDMENT, SCHEMA_VITAL},
	                      DOUBTS[] = {SCHEMA_VITAL_DOUBT};
	struct vitals vitals = {0};
	struct vitals_item items[VITALS_COUNT];
	vitals_take_limits(&vitals, document->doc);
	facts_of(document, MEASURED, sizeof(MEASURED) / sizeof(*MEASURED), VITALS_WORK_NEWEST, vitals_add,
	        &vitals);
	facts_of(document, DOUBTS, 1, FACTS_ALL, vitals_add, &vitals);
	vitals_derive(&vitals);
	const uint32_t count = vitals_items(&vitals, items);
	for (uint32_t i = 0; i < count; i++)
		add(out, source, &items[i], &vitals);
	vitals_close(&vitals);
}
