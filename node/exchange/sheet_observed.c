/* What was measured and looked at: vital signs and wounds, sections of the sheets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/exchange/sheet_parts.h"
#include "node/words.h"

static void say(struct buf *out, const char *text)
{
	buf_add_span(out, span_text(text));
}

/* ---- Measures ---------------------------------------------------------------------------------------------------- */

struct measure {
	int64_t when_s;
	const char *value; /* borrowed from the record */
	size_t place;
	bool is_suspect; /* a nurse takes it for wrong */
};

static int by_time(const void *a, const void *b)
{
	const struct measure *left = a, *right = b;
	if (left->when_s != right->when_s)
		return left->when_s < right->when_s ? -1 : 1;
	return left->place < right->place ? -1 : 1;
}

/* [{"id", "at", "values"}] of everything that was measured, visits as amended. Owner decrefs. */
static json_t *measured(const struct sheet_page *page)
{
	json_t *list = sheet_of_kind(page, "vital"), *out = json_array(), *record;
	size_t index;
	json_array_foreach(list, index, record) json_array_append_new(out,
	        json_pack("{s:O*, s:O*, s:O*}", "id", json_object_get(record, "id"), "at",
	                json_object_get(record, "at"), "values", json_object_get(record, "measures")));
	json_decref(list);
	json_array_foreach(json_object_get(page->sheet->file, "records"), index, record)
	{
		if (!fhir_is(record, "kind", "visit"))
			continue;
		json_t *now = fhir_visit_now(&page->fhir, record);
		if (json_object_get(now, "vitals"))
			json_array_append_new(out,
			        json_pack("{s:O, s:O*, s:O}", "id", json_object_get(record, "id"), "at",
			                json_object_get(now, "start"), "values",
			                json_object_get(now, "vitals")));
		json_decref(now);
	}
	return out;
}

static void put_measure(struct sheet_page *page, const struct measure *measure,
        const struct schema_vital *vital, bool with_when)
{
	struct buf said = {0};
	sheet_number(page, measure->value, &said);
	say(&said, *vital->unit ? " " : "");
	say(&said, vital->unit);
	if (measure->is_suspect)
		say(&said, sheet_in(page, " douteuse", " suspect"));
	if (with_when) {
		say(&said, " (");
		words_moment(measure->when_s, page->sheet->language, &said);
		say(&said, ")");
	}
	sheet_item(page, &said, "td");
}

static const char *arrow(const struct measure *from, const struct measure *to)
{
	const double before = strtod(from->value, NULL), after = strtod(to->value, NULL);
	return after > before ? "↗" : after < before ? "↘" : "→";
}

static size_t collect(const struct sheet_page *page, const json_t *all, const struct schema_vital *vital,
        struct measure *out)
{
	size_t index, count = 0;
	json_t *one;
	json_array_foreach(all, index, one)
	{
		const char *value = fhir_text(json_object_get(one, "values"), vital->name);
		if (value) {
			out[count] = (struct measure){fhir_seconds(fhir_text(one, "at")), value, count,
			        fhir_is_doubted(&page->fhir, one, vital->name, value)};
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
		const size_t count = vital ? collect(page, all, vital, found) : 0;
		if (count == 0)
			continue;
		page_markup(page->out, "<tr>");
		page_element(page->out, "th", sheet_in(page, vital->label.fr, vital->label.en));
		put_measure(page, &found[count - 1], vital, true);
		for (size_t back = 2; with_trend && back <= 4 && back <= count; back++)
			put_measure(page, &found[count - back], vital, true);
		if (with_trend && count > 1 && !found[count - 1].is_suspect && !found[count - 2].is_suspect)
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
	sheet_when_who(page, check, &said);
	sheet_item(page, &said, "li");
}

/* The last check, or all of them. */
static void put_checks(struct sheet_page *page, const json_t *checks, const json_t *wound, bool all)
{
	const json_t *last = NULL;
	const char *id = fhir_text(wound, "id");
	size_t index;
	json_t *check;
	sheet_begin_list(page);
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
	json_t *wounds = sheet_of_kind(page, "wound"), *checks = sheet_of_kind(page, "woundCheck"), *wound;
	size_t index, count = 0;
	sheet_heading(page, "Plaies", "Wounds");
	sheet_begin_list(page);
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
