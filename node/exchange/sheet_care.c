/* Problems, plan, treatments, measures, wounds, transmissions: sections of the sheets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/assessment.h"
#include "node/exchange/sheet_parts.h"
#include "node/schema/moment.h"
#include "node/words.h"

static void say(struct buf *out, const char *text)
{
	buf_add_span(out, span_text(text));
}

/* The records of a kind, that nobody corrected. Owner decrefs. */
static json_t *of_kind(const struct sheet_page *page, const char *kind)
{
	json_t *list = json_array(), *record;
	size_t index;
	json_array_foreach(json_object_get(page->sheet->file, "records"), index,
	        record) if (fhir_is(record, "kind", kind) &&
	        !json_is_true(json_object_get(record, "corrected"))) json_array_append(list, record);
	return list;
}

static void item(struct sheet_page *page, struct buf *said, const char *tag)
{
	if (said->size) {
		buf_add(said, "", 1);
		page_element(page->out, tag, (const char *)said->data);
	}
	buf_wipe(said);
	*said = (struct buf){0};
}

static void begin_list(struct sheet_page *page)
{
	page_markup(page->out, "<ul>\n");
}

void sheet_end_list(struct sheet_page *page, size_t count)
{
	page_markup(page->out, "</ul>\n");
	if (count == 0)
		page_element(
		        page->out, "p class=quiet", sheet_in(page, "Rien n'est noté.", "Nothing is noted."));
}

/* " (05/03/2026 08:00, Léa Morvan)" */
static void say_when_who(const struct sheet_page *page, const json_t *record, struct buf *out)
{
	const char *nurse = fhir_text(record, "nurse"), *at = fhir_text(record, "at");
	if (!nurse)
		nurse = fhir_text(json_array_get(json_object_get(record, "authors"), 0), "person");
	say(out, " (");
	words_moment(fhir_seconds(at), page->sheet->language, out);
	if (nurse) {
		say(out, ", ");
		sheet_person(page, nurse, out);
	}
	say(out, ")");
}

/* ---- Problems ---------------------------------------------------------------------------------------------------- */

static void reversed(json_t *list)
{
	for (size_t i = 0; 2 * i + 1 < json_array_size(list); i++) {
		const size_t j = json_array_size(list) - 1 - i;
		json_t *left = json_incref(json_array_get(list, i)),
		       *right = json_incref(json_array_get(list, j));
		json_array_set_new(list, i, right);
		json_array_set_new(list, j, left);
	}
}

static void put_course(struct sheet_page *page, const json_t *problem)
{
	static const char *const names[] = {"knowledge", "behaviour", "status"};
	const json_t *ratings = json_object_get(problem, "ratings");
	size_t index;
	json_t *rating;
	if (json_array_size(ratings) == 0)
		return;
	page_markup(page->out, "<table class=grid><tr>");
	page_element(page->out, "th", sheet_in(page, "Évaluée le", "Rated on"));
	for (size_t i = 0; i < 3; i++)
		page_element(page->out, "th", sheet_label(page, json_array_get(ratings, 0), names[i]));
	page_markup(page->out, "</tr>");
	json_array_foreach(ratings, index, rating)
	{
		struct buf said = {0};
		page_markup(page->out, "<tr>");
		sheet_value(page, rating, "at", &said);
		item(page, &said, "td");
		for (size_t i = 0; i < 3; i++) {
			sheet_value(page, rating, names[i], &said);
			item(page, &said, "td");
		}
		page_markup(page->out, "</tr>");
	}
	page_markup(page->out, "</table>");
}

/* What the assessment says in a sentence, and what is not settled. */
static void put_problem(struct sheet_page *page, const json_t *problem, bool with_course)
{
	static const char *const parts[] = {"severity", "priority", "signs", NULL};
	struct buf said = {0};
	const json_t *record = NULL, *named = json_pack("{s:O}", "id", json_object_get(problem, "id"));
	record = fhir_named(&page->fhir, named, "id", "problem");
	say(&said, fhir_text(problem, sheet_in(page, "fr", "en")));
	say(&said, " — ");
	sheet_joined(page, record, parts, &said);
	page_markup(page->out, "<li>");
	buf_add(&said, "", 1);
	page_text(page->out, span_text((const char *)said.data));
	buf_wipe(&said);
	if (with_course)
		put_course(page, problem);
	page_markup(page->out, "</li>\n");
	json_decref((json_t *)(uintptr_t)named);
}

void sheet_problems(struct sheet_page *page, bool with_course)
{
	json_t *problems = of_kind(page, "problem"), *ratings = of_kind(page, "rating"), *assessed, *problem;
	size_t index, count = 0;
	reversed(ratings);
	assessed = assessment_of(problems, ratings);
	sheet_heading(page, "Problèmes (système Omaha)", "Problems (Omaha System)");
	begin_list(page);
	json_array_foreach(assessed, index, problem) if (with_course || !fhir_is(problem, "state", "closed"))
	{
		put_problem(page, problem, with_course);
		count++;
	}
	sheet_end_list(page, count);
	json_decref(assessed);
	json_decref(problems);
	json_decref(ratings);
}

void sheet_plan(struct sheet_page *page)
{
	static const char *const parts[] = {"category", "target", "recurrence", "detail", NULL};
	json_t *items = of_kind(page, "intervention"), *one;
	size_t index, count = 0;
	struct buf said = {0};
	sheet_heading(page, "Plan de soins en cours", "Care plan");
	begin_list(page);
	json_array_foreach(items, index, one)
	{
		const int64_t until = sheet_day(fhir_text(one, "until"));
		if (fhir_is(one, "state", "ended") || (until != INT64_MIN && until < page->today))
			continue;
		sheet_joined(page, one, parts, &said);
		if (fhir_is(one, "state", "suspended"))
			say(&said, sheet_in(page, " — suspendue", " — suspended"));
		item(page, &said, "li");
		count++;
	}
	sheet_end_list(page, count);
	json_decref(items);
}

void sheet_goals(struct sheet_page *page)
{
	static const char *const parts[] = {"words", "targetDate", "outcome", "note", NULL};
	json_t *goals = of_kind(page, "goal"), *goal;
	size_t index;
	struct buf said = {0};
	sheet_heading(page, "Objectifs, dans ses mots", "Goals, in the patient's words");
	begin_list(page);
	json_array_foreach(goals, index, goal)
	{
		sheet_joined(page, goal, parts, &said);
		item(page, &said, "li");
	}
	sheet_end_list(page, json_array_size(goals));
	json_decref(goals);
}

/* ---- Treatments -------------------------------------------------------------------------------------------------- */

static bool is_stopped(const struct sheet_page *page, const json_t *line)
{
	const char *prescription = fhir_text(line, "prescription"), *id = fhir_text(line, "id");
	size_t index;
	json_t *stop;
	json_array_foreach(json_object_get(page->fhir.known, "stops"), index, stop)
	{
		const char *of = fhir_text(stop, "prescription"), *alone = fhir_text(stop, "line");
		const int64_t day = sheet_day(fhir_text(stop, "stoppedOn"));
		if (of && prescription && strncmp(of, prescription, strlen(of)) == 0 && day <= page->today &&
		        !json_is_true(json_object_get(stop, "corrected")) &&
		        (!alone || strncmp(alone, id, strlen(alone)) == 0))
			return true;
	}
	return false;
}

static bool is_over(const struct sheet_page *page, const json_t *record, const char *name)
{
	const int64_t day = sheet_day(fhir_text(record, name));
	return day != INT64_MIN && day < page->today;
}

void sheet_treatments(struct sheet_page *page)
{
	static const char *const parts[] = {"drug", "dose", "schedule", "route", "from", "until", "note",
	        NULL},
	                         *const whose[] = {"prescriber", "date", NULL};
	json_t *lines = of_kind(page, "prescriptionLine"), *line;
	size_t index, count = 0;
	struct buf said = {0};
	sheet_heading(page, "Traitements prescrits", "Prescribed treatments");
	begin_list(page);
	json_array_foreach(lines, index, line)
	{
		const json_t *prescription = fhir_named(&page->fhir, line, "prescription", "prescription");
		if (is_stopped(page, line) || is_over(page, line, "until") ||
		        json_is_true(json_object_get(prescription, "corrected")))
			continue;
		sheet_joined(page, line, parts, &said);
		if (json_is_true(json_object_get(line, "ifNeeded")))
			say(&said, sheet_in(page, ", si besoin", ", if needed"));
		say(&said, " — ");
		sheet_joined(page, prescription, whose, &said);
		if (is_over(page, prescription, "validUntil"))
			say(&said, sheet_in(page, " — PRESCRIPTION ÉCHUE", " — PRESCRIPTION HAS EXPIRED"));
		item(page, &said, "li");
		count++;
	}
	sheet_end_list(page, count);
	page_element(page->out, "p class=quiet",
	        sheet_in(page,
	                "Ce que l'équipe a noté des prescriptions qui lui ont été remises ; ce n'est pas une "
	                "prescription.",
	                "What the team noted of prescriptions it was given; this is no prescription."));
	json_decref(lines);
}

/* ---- Measures ---------------------------------------------------------------------------------------------------- */

struct measure {
	int64_t when_s;
	const char *value; /* borrowed from the record */
	size_t place;
};

static int by_time(const void *a, const void *b)
{
	const struct measure *left = a, *right = b;
	if (left->when_s != right->when_s)
		return left->when_s < right->when_s ? -1 : 1;
	return left->place < right->place ? -1 : 1;
}

/* [{"at", "values"}] of everything that was measured, visits as amended. Owner decrefs. */
static json_t *measured(const struct sheet_page *page)
{
	json_t *list = of_kind(page, "vital"), *out = json_array(), *record;
	size_t index;
	json_array_foreach(list, index, record) json_array_append_new(out,
	        json_pack("{s:O*, s:O*}", "at", json_object_get(record, "at"), "values",
	                json_object_get(record, "measures")));
	json_decref(list);
	json_array_foreach(json_object_get(page->sheet->file, "records"), index, record)
	{
		if (!fhir_is(record, "kind", "visit"))
			continue;
		json_t *now = fhir_visit_now(&page->fhir, record);
		if (json_object_get(now, "vitals"))
			json_array_append_new(out,
			        json_pack("{s:O*, s:O}", "at", json_object_get(now, "end"), "values",
			                json_object_get(now, "vitals")));
		json_decref(now);
	}
	return out;
}

static void put_measure(struct sheet_page *page, const struct measure *measure,
        const struct schema_vital *vital, bool with_when)
{
	struct buf said = {0};
	say(&said, measure->value);
	say(&said, *vital->unit ? " " : "");
	say(&said, vital->unit);
	if (with_when) {
		say(&said, " (");
		words_moment(measure->when_s, page->sheet->language, &said);
		say(&said, ")");
	}
	item(page, &said, "td");
}

static const char *arrow(const struct measure *from, const struct measure *to)
{
	const double before = strtod(from->value, NULL), after = strtod(to->value, NULL);
	return after > before ? "↗" : after < before ? "↘" : "→";
}

static size_t collect(const json_t *all, const struct schema_vital *vital, struct measure *out)
{
	size_t index, count = 0;
	json_t *one;
	json_array_foreach(all, index, one)
	{
		const char *value = fhir_text(json_object_get(one, "values"), vital->name);
		if (value) {
			out[count] = (struct measure){fhir_seconds(fhir_text(one, "at")), value, count};
			count++;
		}
	}
	qsort(out, count, sizeof(*out), by_time);
	return count;
}

void sheet_vitals(struct sheet_page *page, bool with_trend)
{
	json_t *all = measured(page);
	struct measure *found = mem_zero(json_array_size(all) + 1, sizeof(*found));
	size_t rows = 0;
	sheet_heading(page, "Dernières constantes", "Latest vital signs");
	page_markup(page->out, "<table class=grid>");
	for (uint32_t number = 1; number <= SCHEMA_VITALS_MAX; number++) {
		const struct schema_vital *vital = schema_vital(number);
		const size_t count = vital ? collect(all, vital, found) : 0;
		if (count == 0)
			continue;
		page_markup(page->out, "<tr>");
		page_element(page->out, "th", sheet_in(page, vital->label.fr, vital->label.en));
		put_measure(page, &found[count - 1], vital, true);
		for (size_t back = 2; with_trend && back <= 4 && back <= count; back++)
			put_measure(page, &found[count - back], vital, true);
		if (with_trend && count > 1)
			page_element(page->out, "td", arrow(&found[count - 2], &found[count - 1]));
		page_markup(page->out, "</tr>\n");
		rows++;
	}
	page_markup(page->out, "</table>");
	if (rows == 0)
		sheet_end_list(page, 0);
	mem_free(found);
	json_decref(all);
}

/* ---- Wounds ------------------------------------------------------------------------------------------------------ */

static void put_check(struct sheet_page *page, const json_t *check)
{
	static const char *const parts[] = {
	        "length", "width", "depth", "stage", "tissue", "exudate", "pain", "note", NULL};
	struct buf said = {0};
	sheet_joined(page, check, parts, &said);
	say_when_who(page, check, &said);
	item(page, &said, "li");
}

/* The last check, or all of them. */
static void put_checks(struct sheet_page *page, const json_t *checks, const json_t *wound, bool all)
{
	const json_t *last = NULL;
	const char *id = fhir_text(wound, "id");
	size_t index;
	json_t *check;
	begin_list(page);
	json_array_foreach(checks, index, check)
	{
		const char *of = fhir_text(check, "wound");
		if (!of || strncmp(of, id, strlen(of)) != 0)
			continue;
		last = check;
		if (all)
			put_check(page, check);
	}
	if (last && !all)
		put_check(page, last);
	page_markup(page->out, "</ul>");
}

void sheet_wounds(struct sheet_page *page, bool with_course)
{
	static const char *const parts[] = {"type", "site", "since", "state", "note", NULL};
	json_t *wounds = of_kind(page, "wound"), *checks = of_kind(page, "woundCheck"), *wound;
	size_t index, count = 0;
	sheet_heading(page, "Plaies", "Wounds");
	begin_list(page);
	json_array_foreach(wounds, index, wound)
	{
		struct buf said = {0};
		if (fhir_is(wound, "state", "healed") && !with_course)
			continue;
		sheet_joined(page, wound, parts, &said);
		buf_add(&said, "", 1);
		page_markup(page->out, "<li>");
		page_text(page->out, span_text((const char *)said.data));
		put_checks(page, checks, wound, with_course);
		page_markup(page->out, "</li>\n");
		buf_wipe(&said);
		count++;
	}
	sheet_end_list(page, count);
	json_decref(wounds);
	json_decref(checks);
}

/* ---- Transmissions ----------------------------------------------------------------------------------------------- */

static void put_transmission(struct sheet_page *page, const json_t *one)
{
	static const char *const parts[] = {"data", "actions", "results"};
	struct buf said = {0};
	const bool is_loud = fhir_is(one, "urgency", "urgent") || fhir_is(one, "urgency", "important");
	if (is_loud) {
		sheet_value(page, one, "urgency", &said);
		say(&said, " : ");
	}
	if (sheet_value(page, one, "focus", &said))
		say(&said, " — ");
	for (size_t i = 0; i < 3; i++) {
		if (!fhir_text(one, parts[i]))
			continue;
		say(&said, i ? " / " : "");
		say(&said, sheet_label(page, one, parts[i]));
		say(&said, " : ");
		sheet_value(page, one, parts[i], &said);
	}
	say_when_who(page, one, &said);
	item(page, &said, is_loud ? "li class=conflict" : "li");
}

void sheet_transmissions(struct sheet_page *page)
{
	json_t *list = of_kind(page, "transmission");
	char title[2][80];
	size_t count = 0;
	snprintf(title[0], sizeof(title[0]), "Transmissions des %u derniers jours", page->sheet->days);
	snprintf(title[1], sizeof(title[1]), "Transmissions of the last %u days", page->sheet->days);
	sheet_heading(page, title[0], title[1]);
	begin_list(page);
	for (size_t i = json_array_size(list); i-- > 0;) { /* the latest first */
		const json_t *one = json_array_get(list, i);
		const int64_t day = sheet_day(fhir_text(one, "at"));
		if (day != INT64_MIN && day > page->today - (int64_t)page->sheet->days) {
			put_transmission(page, one);
			count++;
		}
	}
	sheet_end_list(page, count);
	json_decref(list);
}

/* What was noted of the visits of these days, the latest first. */
void sheet_visits(struct sheet_page *page)
{
	json_t *list = json_array(), *record;
	size_t count = 0, index;
	char title[2][80];
	snprintf(title[0], sizeof(title[0]), "Visites des %u derniers jours", page->sheet->days);
	snprintf(title[1], sizeof(title[1]), "Visits of the last %u days", page->sheet->days);
	json_array_foreach(json_object_get(page->sheet->file, "records"), index,
	        record) if (fhir_is(record, "kind", "visit")) /* an amended one counts as it is now */
	        json_array_append(list, record);
	sheet_heading(page, title[0], title[1]);
	begin_list(page);
	for (size_t i = json_array_size(list); i-- > 0;) {
		json_t *now = fhir_visit_now(&page->fhir, json_array_get(list, i));
		const int64_t day = sheet_day(fhir_text(now, "start"));
		struct buf said = {0};
		if (now && day != INT64_MIN && day > page->today - (int64_t)page->sheet->days) {
			sheet_value(page, now, "start", &said);
			say(&said, " ");
			sheet_value(page, now, "nurse", &said);
			say(&said, fhir_text(now, "note") ? " : " : "");
			sheet_value(page, now, "note", &said);
			item(page, &said, "li");
			count++;
		}
		json_decref(now);
	}
	sheet_end_list(page, count);
	json_decref(list);
}
