/* What a rule says and gives before somebody saves it: in words, and the next days (plan/README.md, section 1). */
#include "node/api_round.h"

#include "crdt/base/err.h"
#include "node/api_statement.h"
#include "node/plan/recurrence.h"

enum { SHOWN_DAYS = 8, HOURS = 24 };

static json_t *said(const struct recurrence *rule, enum schema_language language)
{
	struct buf words = {0};
	recurrence_words(rule, language, &words);
	json_t *json = json_stringn((const char *)words.data, words.size);
	buf_close(&words);
	return json;
}

static json_t *hours_json(uint32_t hours)
{
	json_t *list = json_array();
	for (int i = 0; i < HOURS; i++)
		if (hours & 1U << i)
			json_array_append_new(list, json_integer(i));
	return list;
}

/* From `day` on. */
static json_t *days_json(const struct recurrence *rule, int64_t day)
{
	json_t *list = json_array();
	for (int i = 0; i < SHOWN_DAYS && recurrence_next(rule, day, &day); i++, day++)
		json_array_append_new(list,
		        json_pack("{s:o, s:o}", "day", api_round_day_json(day), "hours",
		                hours_json(recurrence_hours(rule, day))));
	return list;
}

int api_get_recurrence(struct api_call *call)
{
	const char *text = api_call_query(call, "rule");
	const int64_t today = api_today(api_node_of(call));
	struct recurrence rule;
	int64_t from, until;
	if (!api_day_or_reply(call, api_call_query(call, "from"), RECURRENCE_NEVER, &from) ||
	        !api_day_or_reply(call, api_call_query(call, "until"), RECURRENCE_FOREVER, &until))
		return 0;
	if (!text || recurrence_read(span_text(text), &rule) || recurrence_begin(&rule, from, until)) {
		api_fail_words(call, ERR_INVALID, "Ce rythme ne peut pas être planifié.",
		        "This is no rule that can be planned.");
		return 0;
	}
	api_call_reply(call, 200,
	        json_pack("{s:o, s:o, s:o}", "fr", said(&rule, SCHEMA_FR), "en", said(&rule, SCHEMA_EN),
	                "next", days_json(&rule, from > today ? from : today)));
	return 0;
}
