#include "node/case.h"

#include <string.h>

#include "crdt/base/span.h"
#include "node/calendar.h"
#include "node/schema/moment.h"

enum { DAY_S = 86400, DAYS_PER_MONTH = 30 };

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "";
}

static void copy(json_t *to, const char *as, const json_t *from, const char *name)
{
	json_t *value = json_object_get(from, name);
	if (value && !json_is_null(value))
		json_object_set(to, as, value);
}

static bool is_corrected(const json_t *event)
{
	return json_is_true(json_object_get(event, "corrected"));
}

/* "problem" holds the first digits of a problem's id. */
static bool is_about(const json_t *record, const json_t *problem)
{
	const char *part = text_of(record, "problem");
	return *part && strncmp(text_of(problem, "id"), part, strlen(part)) == 0;
}

/* ---- The person -------------------------------------------------------------------------------------------------- */

static void put_age(json_t *to, const char *birth_date, int64_t today)
{
	static const struct {
		int from;
		const char *name;
	} bands[] = {
	        {90, "90-over"}, {80, "80-89"}, {70, "70-79"}, {60, "60-69"}, {18, "18-59"}, {0, "under-18"}};
	int64_t birth;
	if (!moment_day_parse(span_text(birth_date), &birth) || birth > today)
		return;
	struct calendar_date born = calendar_date(birth), now = calendar_date(today);
	bool had_birthday = now.month > born.month || (now.month == born.month && now.day >= born.day);
	int age = now.year - born.year - !had_birthday;
	size_t band = 0;
	while (age < bands[band].from)
		band++;
	json_object_set_new(to, "age", json_string(bands[band].name));
}

static void put_visits(json_t *to, const struct case_source *source)
{
	int64_t first = 0, last = 0;
	json_int_t count = 0;
	size_t index;
	json_t *visit;
	json_array_foreach((json_t *)(uintptr_t)source->visits, index, visit)
	{
		struct moment start;
		if (!moment_parse(span_text(text_of(visit, "start")), &start))
			continue;
		first = count == 0 || start.seconds < first ? start.seconds : first;
		last = count == 0 || start.seconds > last ? start.seconds : last;
		count++;
	}
	json_array_foreach((json_t *)(uintptr_t)source->amendments, index, visit)
	{
		count -= !is_corrected(visit) && json_is_true(json_object_get(visit, "cancelled"));
	}
	json_object_set_new(to, "visits", json_integer(count < 0 ? 0 : count));
	json_object_set_new(
	        to, "months", json_integer((json_int_t)((last - first) / DAY_S / DAYS_PER_MONTH)));
}

/* ---- Problems and care ------------------------------------------------------------------------------------------- */

static void put_scores(json_t *to, const char *const names[3], const json_t *rating)
{
	copy(to, names[0], rating, "knowledge");
	copy(to, names[1], rating, "behaviour");
	copy(to, names[2], rating, "status");
}

static void put_ratings(json_t *to, const json_t *problem, const json_t *ratings)
{
	static const char *const first_names[] = {"firstKnowledge", "firstBehaviour", "firstStatus"};
	static const char *const last_names[] = {"lastKnowledge", "lastBehaviour", "lastStatus"};
	const json_t *first = NULL, *last = NULL;
	int64_t first_s = 0, last_s = 0;
	json_int_t count = 0;
	for (size_t i = json_array_size(ratings); i-- > 0;) { /* newest last */
		const json_t *rating = json_array_get(ratings, i);
		struct moment at;
		if (is_corrected(rating) || !is_about(rating, problem) ||
		        !moment_parse(span_text(text_of(rating, "at")), &at))
			continue;
		if (!first || at.seconds < first_s) {
			first = rating;
			first_s = at.seconds;
		}
		if (!last || at.seconds >= last_s) {
			last = rating;
			last_s = at.seconds;
		}
		count++;
	}
	json_object_set_new(to, "ratings", json_integer(count));
	put_scores(to, first_names, first);
	put_scores(to, last_names, last);
}

static json_t *redact_problem(const json_t *problem, const json_t *ratings)
{
	json_t *out = json_object();
	copy(out, "code", problem, "code");
	copy(out, "severity", problem, "severity");
	copy(out, "state", problem, "state");
	put_ratings(out, problem, ratings);
	return out;
}

static json_t *redact_care(const json_t *intervention, const json_t *problems)
{
	json_t *out = json_object(), *problem;
	size_t index;
	copy(out, "category", intervention, "category");
	copy(out, "targetCode", intervention, "targetCode");
	copy(out, "state", intervention, "state");
	json_array_foreach((json_t *)(uintptr_t)problems, index, problem)
	{
		if (is_about(intervention, problem))
			copy(out, "code", problem, "code");
	}
	return out;
}

json_t *case_redact(const struct case_source *source, int64_t today)
{
	json_t *head = json_object(), *problems = json_array(), *cares = json_array(), *item;
	size_t index;
	put_age(head, text_of(source->patient, "birthDate"), today);
	copy(head, "sex", source->patient, "sex");
	copy(head, "ald", source->patient, "ald");
	copy(head, "gir", source->patient, "gir");
	put_visits(head, source);
	json_array_foreach((json_t *)(uintptr_t)source->problems, index, item)
	{
		json_array_append_new(problems, redact_problem(item, source->ratings));
	}
	json_array_foreach((json_t *)(uintptr_t)source->interventions, index, item)
	{
		json_array_append_new(cares, redact_care(item, source->problems));
	}
	return json_pack("{s:o, s:o, s:o}", "case", head, "problems", problems, "cares", cares);
}
