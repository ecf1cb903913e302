#include "node/visit/long_visit.h"

#include "crdt/clock.h"
#include "node/calendar.h"
#include "node/visit/running.h"

enum { START = 1, END = 2, DAYS = 31, NEWEST = 128 /* in so many days of whom four nurses visit each day */ };

#define DAYS_MS (UINT64_C(24) * 3600 * 1000 * DAYS)

/* By the clock of whoever saved it; and how many there are. */
static uint64_t newest_ms(const struct crdt_doc *doc, uint32_t *count)
{
	struct crdt_event event;
	uint32_t cursor = 0;
	uint64_t hlc = 0;
	for (*count = 0; crdt_doc_event(doc, SCHEMA_VISIT, &cursor, &event); ++*count)
		hlc = event.hlc;
	return crdt_hlc_ms(hlc);
}

static bool is_long(const struct schema_record *record, int64_t *start_s)
{
	const struct schema_value *start = schema_value(record, START), *end = schema_value(record, END);
	*start_s = start ? start->number : 0;
	return start && end && end->number - start->number > VISIT_LONG_S;
}

void long_visit_facts(const struct digest_source *source, uint32_t number, struct work_facts *out)
{
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_event event;
	uint32_t cursor = 0, count;
	int64_t start_s;
	const uint64_t last_ms = newest_ms(source->doc, &count);
	for (uint32_t i = 0; crdt_doc_event(source->doc, SCHEMA_VISIT, &cursor, &event); i++) {
		/* Of older ones nobody would be told: they need not be opened. */
		if (i + NEWEST < count || event.is_corrected || crdt_hlc_ms(event.hlc) + DAYS_MS < last_ms ||
		        !digest_event(source, &event, &measures, &record))
			continue;
		const bool asks = is_long(&record, &start_s);
		const int32_t day = (int32_t)calendar_paris_day(start_s);
		out->seen = day > out->seen ? day : out->seen;
		if (!asks)
			continue;
		struct work_fact *fact = work_add(out, number);
		if (!fact)
			continue;
		fact->key = work_keep(out, span_of(event.id.bytes, sizeof(event.id.bytes)));
		fact->records = fact->key;
		fact->day = day;
		fact->until = fact->day + DAYS;
		fact->whose = WORK_AUTHOR;
		fact->person = work_feed(out, &event.op.feed);
		fact->fr = work_words(
		        out, "Une visite a duré plus de trois heures : vérifiez son heure de fin");
		fact->en = work_words(
		        out, "A visit lasted more than three hours: check the time when it ended");
	}
}
