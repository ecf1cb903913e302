#include "node/assessment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/mem.h"
#include "node/omaha/omaha.h"
#include "node/omaha/omaha_json.h"
#include "node/schema/check.h"
#include "node/schema/moment.h"
#include "node/words.h"

enum { DIMENSIONS = 3 };
static const char *const NAMES[DIMENSIONS] = {"knowledge", "behaviour", "status"};
static const char *const EXPECTED[DIMENSIONS] = {"expectedKnowledge", "expectedBehaviour", "expectedStatus"};
static const struct schema_label SAID[DIMENSIONS] = {
        {"connaissances", "knowledge"}, {"comportement", "behaviour"}, {"statut", "status"}};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "";
}

static int64_t moment_of(const json_t *rating)
{
	struct moment moment;
	return moment_parse(span_text(text_of(rating, "at")), &moment) ? moment.seconds : 0;
}

/* ---- Ratings ----------------------------------------------------------------------------------------------------- */

/* "problem" holds the first digits of a problem's id. */
static bool is_of(const json_t *rating, const json_t *problem)
{
	const char *part = text_of(rating, "problem");
	return *part && strncmp(text_of(problem, "id"), part, strlen(part)) == 0 &&
	        !json_is_true(json_object_get(rating, "corrected"));
}

/* By their own moment; of one moment, the order in which they were listed. */
struct rated {
	json_t *rating;
	int64_t when_s;
	size_t place;
};

static int by_moment(const void *a, const void *b)
{
	const struct rated *left = a, *right = b;
	if (left->when_s != right->when_s)
		return left->when_s < right->when_s ? -1 : 1;
	return left->place < right->place ? -1 : 1;
}

static json_t *ratings_of(const json_t *problem, const json_t *ratings)
{
	size_t all = json_array_size(ratings), count = 0;
	struct rated *found = mem_zero(all + 1, sizeof(*found));
	json_t *list = json_array();
	for (size_t i = all; i-- > 0;) { /* they come newest first */
		json_t *rating = json_array_get(ratings, i);
		if (is_of(rating, problem)) {
			found[count] = (struct rated){rating, moment_of(rating), count};
			count++;
		}
	}
	qsort(found, count, sizeof(*found), by_moment);
	for (size_t i = 0; i < count; i++)
		json_array_append(list, found[i].rating);
	mem_free(found);
	return list;
}

static bool score(const json_t *rating, const char *name, json_int_t *out)
{
	const json_t *value = json_object_get(rating, name);
	*out = json_integer_value(value);
	return json_is_integer(value);
}

static json_t *scores(const json_t *rating, const char *const names[DIMENSIONS])
{
	json_t *json = json_object();
	json_int_t value;
	for (int i = 0; i < DIMENSIONS; i++)
		if (score(rating, names[i], &value))
			json_object_set_new(json, NAMES[i], json_integer(value));
	return json;
}

static json_t *difference(const json_t *from, const json_t *to)
{
	json_t *json = json_object();
	json_int_t before, after;
	for (int i = 0; i < DIMENSIONS; i++)
		if (score(from, NAMES[i], &before) && score(to, NAMES[i], &after))
			json_object_set_new(json, NAMES[i], json_integer(after - before));
	return json;
}

/* The expectation that was said last. */
static json_t *expected(const json_t *ratings)
{
	json_t *json = json_object();
	for (size_t i = 0; i < json_array_size(ratings); i++) {
		json_t *said = scores(json_array_get(ratings, i), EXPECTED);
		json_object_update(json, said);
		json_decref(said);
	}
	return json;
}

static const char *trend(const json_t *since)
{
	bool better = false, worse = false;
	json_int_t delta;
	for (int i = 0; i < DIMENSIONS; i++)
		if (score(since, NAMES[i], &delta)) {
			better |= delta > 0;
			worse |= delta < 0;
		}
	return better && worse ? "mixed" : better ? "better" : worse ? "worse" : "same";
}

static void set_unless_empty(json_t *object, const char *name, json_t *part)
{
	if (json_object_size(part))
		json_object_set(object, name, part);
	json_decref(part);
}

static void put_ratings(json_t *out, const json_t *problem, const json_t *all)
{
	json_t *ratings = ratings_of(problem, all);
	size_t count = json_array_size(ratings);
	json_object_set_new(out, "ratings", ratings);
	if (count == 0)
		return;
	json_t *current = scores(json_array_get(ratings, count - 1), NAMES),
	       *first = scores(json_array_get(ratings, 0), NAMES), *aim = expected(ratings);
	json_object_set_new(out, "current", current);
	json_object_set_new(out, "first", first);
	set_unless_empty(out, "toExpected", difference(current, aim));
	set_unless_empty(out, "expected", aim);
	if (count < 2)
		return;
	json_t *previous = scores(json_array_get(ratings, count - 2), NAMES),
	       *since = difference(first, current);
	json_object_set_new(out, "previous", previous);
	json_object_set_new(out, "sincePrevious", difference(previous, current));
	json_object_set_new(out, "trend", json_string(trend(since)));
	json_object_set_new(out, "sinceFirst", since);
}

/* ---- The problem ------------------------------------------------------------------------------------------------- */

static const struct omaha_term *term_of(const json_t *problem)
{
	json_int_t code = json_integer_value(json_object_get(problem, "code"));
	return code > 0 && code < 100 ? omaha_find(OMAHA_PROBLEM, (uint32_t)code) : NULL;
}

static bool is_called(const struct omaha_term *term, const char *name)
{
	const struct omaha_term *found[8];
	uint32_t count = omaha_search(span_text(name), found, sizeof(found) / sizeof(*found));
	for (uint32_t i = 0; i < count; i++)
		if (found[i] == term)
			return true;
	return false;
}

static void put_name(json_t *out, const json_t *problem, const struct omaha_term *term)
{
	const char *name = json_string_value(json_object_get(problem, "name"));
	char code[OMAHA_CODE_BYTES];
	omaha_write_code(code, OMAHA_PROBLEM, (uint32_t)json_integer_value(json_object_get(problem, "code")));
	json_object_set_new(out, "code", json_string(code));
	if (name)
		json_object_set_new(out, "name", json_string(name));
	if (term && term->is_retired)
		json_object_set_new(out, "retired", json_true());
	if (!term || (name && !is_called(term, name)))
		json_object_set_new(out, "foreign", json_true());
	json_object_set_new(out, "label",
	        json_pack("{s:s, s:s}", "fr",
	                name           ? name
	                        : term ? omaha_text(&term->label, true)
	                               : code,
	                "en",
	                name           ? name
	                        : term ? omaha_text(&term->label, false)
	                               : code));
}

static void copy(json_t *to, const json_t *from, const char *name)
{
	json_t *value = json_object_get(from, name);
	if (value)
		json_object_set(to, name, value);
}

/* Two who wrote at once may leave together what neither could have typed. */
static json_t *broken_rules(const json_t *problem)
{
	json_t *list = json_array();
	bool has_signs = json_object_get(problem, "signs") || json_object_get(problem, "signCodes");
	if (has_signs && strcmp(text_of(problem, "severity"), "actual") != 0)
		json_array_append_new(list,
		        json_pack("{s:s, s:s}", "fr",
		                "Des signes et symptômes sont notés, et le problème n'est pas réel : à "
		                "revoir.",
		                "en",
		                "Signs and symptoms are noted, and the problem is not actual: look at it "
		                "again."));
	return list;
}

/* ---- The sentence ------------------------------------------------------------------------------------------------ */

static void say(struct buf *out, const char *text)
{
	buf_add_span(out, span_text(text));
}

static void say_number(struct buf *out, json_int_t number)
{
	char text[24];
	snprintf(text, sizeof(text), "%lld", (long long)number);
	say(out, text);
}

static const char *in(bool is_french, const char *fr, const char *en)
{
	return is_french ? fr : en;
}

static void say_delta(json_int_t delta, bool is_french, struct buf *said)
{
	if (delta)
		words_delta(delta, said);
	else
		say(said, in(is_french, "inchangé", "unchanged"));
}

/* "2 → 4 (+2; +1 since the last time)": of two ratings the last time is the first. */
static void say_scores(const json_t *out, int number, bool is_french, struct buf *said)
{
	json_int_t current, first, since_first, since_last;
	score(json_object_get(out, "current"), NAMES[number], &current);
	if (!score(json_object_get(out, "sinceFirst"), NAMES[number], &since_first)) {
		say_number(said, current);
		return;
	}
	score(json_object_get(out, "first"), NAMES[number], &first);
	score(json_object_get(out, "sincePrevious"), NAMES[number], &since_last);
	say_number(said, first);
	say(said, " → ");
	say_number(said, current);
	say(said, " (");
	say_delta(since_first, is_french, said);
	if (json_array_size(json_object_get(out, "ratings")) > 2) {
		say(said, in(is_french, " ; depuis la dernière fois ", "; since the last time "));
		say_delta(since_last, is_french, said);
	}
	say(said, ")");
}

/* "knowledge 2 → 4 (+2), expected 5" */
static void say_dimension(const json_t *out, int number, bool is_french, struct buf *said)
{
	json_int_t aim;
	say(said, in(is_french, SAID[number].fr, SAID[number].en));
	say(said, " ");
	say_scores(out, number, is_french, said);
	if (score(json_object_get(out, "expected"), NAMES[number], &aim)) {
		say(said, in(is_french, ", visé ", ", expected "));
		say_number(said, aim);
	}
}

static void say_when(const json_t *rating, bool is_french, struct buf *said)
{
	words_moment(moment_of(rating), is_french ? SCHEMA_FR : SCHEMA_EN, said);
}

static json_t *sentence(const json_t *out, bool is_french)
{
	const json_t *ratings = json_object_get(out, "ratings");
	size_t count = json_array_size(ratings);
	struct buf said = {0};
	say(&said, text_of(out, "code"));
	say(&said, " ");
	say(&said, text_of(json_object_get(out, "label"), is_french ? "fr" : "en"));
	say(&said, in(is_french, " : ", ": "));
	if (count == 0)
		say(&said, in(is_french, "jamais évalué", "never rated"));
	for (int i = 0; count && i < DIMENSIONS; i++) {
		say(&said, i ? in(is_french, " ; ", "; ") : "");
		say_dimension(out, i, is_french, &said);
	}
	if (count) {
		say(&said, in(is_french, " — ", " — "));
		say_number(&said, (json_int_t)count);
		say(&said,
		        count == 1 ? in(is_french, " évaluation, le ", " rating, on ")
		                   : in(is_french, " évaluations, du ", " ratings, from "));
		say_when(json_array_get(ratings, 0), is_french, &said);
	}
	if (count > 1) {
		say(&said, in(is_french, " au ", " to "));
		say_when(json_array_get(ratings, count - 1), is_french, &said);
	}
	say(&said, ".");
	json_t *json = json_stringn((const char *)said.data, said.size);
	buf_close(&said);
	return json;
}

static json_t *assess(const json_t *problem, const json_t *ratings)
{
	static const char *const copied[] = {
	        "id", "severity", "state", "scope", "priority", "signs", "signCodes", "reassessOn"};
	json_t *out = json_object(), *rules = broken_rules(problem);
	put_name(out, problem, term_of(problem));
	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++)
		copy(out, problem, copied[i]);
	put_ratings(out, problem, ratings);
	json_object_set_new(out, "fr", sentence(out, true));
	json_object_set_new(out, "en", sentence(out, false));
	if (json_array_size(rules))
		json_object_set(out, "rules", rules);
	json_decref(rules);
	return out;
}

json_t *assessment_of(const json_t *problems, const json_t *ratings)
{
	json_t *open = json_array(), *closed = json_array(), *problem;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)problems, index, problem)
	{
		bool is_closed = strcmp(text_of(problem, "state"), "closed") == 0;
		json_array_append_new(is_closed ? closed : open, assess(problem, ratings));
	}
	json_array_extend(open, closed);
	json_decref(closed);
	return open;
}
