/* Problems, plan, treatments, transmissions, visits: sections of the sheets. */
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
		sheet_item(page, &said, "td");
		for (size_t i = 0; i < 3; i++) {
			sheet_value(page, rating, names[i], &said);
			sheet_item(page, &said, "td");
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
	json_t *problems = sheet_of_kind(page, "problem"), *ratings = sheet_of_kind(page, "rating"),
	       *assessed, *problem;
	size_t index, count = 0;
	reversed(ratings);
	assessed = assessment_of(problems, ratings);
	sheet_heading(page, "Problèmes (système Omaha)", "Problems (Omaha System)");
	sheet_begin_list(page);
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
	json_t *items = sheet_of_kind(page, "intervention"), *one;
	size_t index, count = 0;
	struct buf said = {0};
	sheet_heading(page, "Plan de soins en cours", "Care plan");
	sheet_begin_list(page);
	json_array_foreach(items, index, one)
	{
		const int64_t until = sheet_day(fhir_text(one, "until"));
		if (fhir_is(one, "state", "ended") || (until != INT64_MIN && until < page->today))
			continue;
		sheet_joined(page, one, parts, &said);
		if (fhir_is(one, "state", "suspended"))
			say(&said, sheet_in(page, " — suspendue", " — suspended"));
		sheet_item(page, &said, "li");
		count++;
	}
	sheet_end_list(page, count);
	json_decref(items);
}

void sheet_goals(struct sheet_page *page)
{
	static const char *const parts[] = {"words", "targetDate", "outcome", "note", NULL};
	json_t *goals = sheet_of_kind(page, "goal"), *goal;
	size_t index;
	struct buf said = {0};
	sheet_heading(page, "Objectifs, dans ses mots", "Goals, in the patient's words");
	sheet_begin_list(page);
	json_array_foreach(goals, index, goal)
	{
		sheet_joined(page, goal, parts, &said);
		sheet_item(page, &said, "li");
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
		        !fhir_is_void(stop) && (!alone || strncmp(alone, id, strlen(alone)) == 0))
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
	json_t *lines = sheet_of_kind(page, "prescriptionLine"), *line;
	size_t index, count = 0;
	struct buf said = {0};
	sheet_heading(page, "Traitements prescrits", "Prescribed treatments");
	sheet_begin_list(page);
	json_array_foreach(lines, index, line)
	{
		const json_t *prescription = fhir_named(&page->fhir, line, "prescription", "prescription");
		if (is_stopped(page, line) || is_over(page, line, "until") || fhir_is_void(prescription))
			continue;
		sheet_joined(page, line, parts, &said);
		if (json_is_true(json_object_get(line, "ifNeeded")))
			say(&said, sheet_in(page, ", si besoin", ", if needed"));
		say(&said, " — ");
		sheet_joined(page, prescription, whose, &said);
		if (is_over(page, prescription, "validUntil"))
			say(&said, sheet_in(page, " — PRESCRIPTION ÉCHUE", " — PRESCRIPTION HAS EXPIRED"));
		sheet_item(page, &said, "li");
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
	sheet_when_who(page, one, &said);
	sheet_item(page, &said, is_loud ? "li class=conflict" : "li");
}

void sheet_transmissions(struct sheet_page *page)
{
	json_t *list = sheet_of_kind(page, "transmission");
	char title[2][80];
	size_t count = 0;
	snprintf(title[0], sizeof(title[0]), "Transmissions des %u derniers jours", page->sheet->days);
	snprintf(title[1], sizeof(title[1]), "Transmissions of the last %u days", page->sheet->days);
	sheet_heading(page, title[0], title[1]);
	sheet_begin_list(page);
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
	sheet_begin_list(page);
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
			sheet_item(page, &said, "li");
			count++;
		}
		json_decref(now);
	}
	sheet_end_list(page, count);
	json_decref(list);
}
