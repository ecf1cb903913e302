#include "node/exchange/sheet_parts.h"

#include <stdio.h>
#include <string.h>

#include "node/calendar.h"
#include "node/plan/recurrence.h"
#include "node/schema/moment.h"
#include "node/words.h"

static void say(struct buf *out, const char *text)
{
	buf_add_span(out, span_text(text));
}

const char *sheet_in(const struct sheet_page *page, const char *fr, const char *en)
{
	return page->sheet->language == SCHEMA_FR ? fr : en;
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

int64_t sheet_day(const char *text)
{
	int64_t day;
	return text && strlen(text) >= 10 && moment_day_parse(span_of(text, 10), &day) ? day : INT64_MIN;
}

static void say_day(const struct sheet_page *page, int64_t day, struct buf *out)
{
	const struct calendar_date date = calendar_date(day);
	char text[48];
	if (page->sheet->language == SCHEMA_FR)
		snprintf(text, sizeof(text), "%02u/%02u/%04d", date.day, date.month, date.year);
	else
		snprintf(text, sizeof(text), "%04d-%02u-%02u", date.year, date.month, date.day);
	say(out, text);
}

static const struct schema_kind *kind_of(const json_t *record)
{
	const char *name = fhir_text(record, "kind");
	return name ? schema_kind_named(span_text(name)) : NULL;
}

static const struct schema_field *field_of(const json_t *record, const char *name)
{
	const struct schema_kind *kind = kind_of(record);
	return kind ? schema_field_named(kind, span_text(name)) : NULL;
}

const char *sheet_label(const struct sheet_page *page, const json_t *record, const char *name)
{
	const struct schema_field *field = field_of(record, name);
	return field ? sheet_in(page, field->label.fr, field->label.en) : name;
}

void sheet_person(const struct sheet_page *page, const char *person, struct buf *out)
{
	const json_t *record = json_pack("{s:s}", "who", person ? person : ""),
	             *there = fhir_named(&page->fhir, record, "who", "person");
	const char *first = fhir_text(there, "firstName"), *last = fhir_text(there, "lastName");
	say(out, first ? first : "");
	say(out, first && last ? " " : "");
	say(out, last ? last : first ? "" : "?");
	json_decref((json_t *)(uintptr_t)record);
}

void sheet_number(const struct sheet_page *page, const char *text, struct buf *out)
{
	const char *point = strchr(text, '.');
	if (!point) {
		say(out, text);
		return;
	}
	buf_add_span(out, span_of(text, (size_t)(point - text)));
	say(out, sheet_in(page, ",", "."));
	say(out, point + 1);
}

static void say_text(
        const struct sheet_page *page, const struct schema_field *field, const char *text, struct buf *out)
{
	const struct schema_choice *choice = field && field->choices
	        ? schema_choice_named(field, span_text(text))
	        : NULL;
	struct recurrence rule;
	if (field && field->rule == SCHEMA_RULE_RECURRENCE && recurrence_is_rule(span_text(text)) &&
	        recurrence_read(span_text(text), &rule) == 0)
		recurrence_words(&rule, page->sheet->language, out);
	else if (choice)
		say(out, sheet_in(page, choice->label.fr, choice->label.en));
	else if (field && (field->type == SCHEMA_INSTANT || field->type == SCHEMA_AFTER) &&
	        fhir_seconds(text))
		words_moment(fhir_seconds(text), page->sheet->language, out);
	else if (field && field->type == SCHEMA_DATE && sheet_day(text) != INT64_MIN)
		say_day(page, sheet_day(text), out);
	else if (field && field->ref_kind == SCHEMA_PERSON)
		sheet_person(page, text, out);
	else if (field && field->type == SCHEMA_DECIMAL)
		sheet_number(page, text, out);
	else
		say(out, text);
}

static bool say_value(
        const struct sheet_page *page, const struct schema_field *field, const json_t *value, struct buf *out)
{
	size_t index;
	json_t *one;
	char number[24];
	const char *text = json_string_value(value);
	if (text) {
		say_text(page, field, text, out);
	} else if (json_is_boolean(value)) {
		say(out, json_is_true(value) ? sheet_in(page, "oui", "yes") : sheet_in(page, "non", "no"));
	} else if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%lld", json_integer_value(value));
		say(out, number);
	} else if (json_is_array(value) && json_array_size(value)) {
		json_array_foreach(value, index, one)
		{
			say(out, index ? ", " : "");
			say_value(page, field, one, out);
		}
	} else {
		return false;
	}
	if (field && field->unit && *field->unit && !json_is_array(value)) {
		say(out, " ");
		say(out, field->unit);
	}
	return true;
}

bool sheet_value(const struct sheet_page *page, const json_t *record, const char *name, struct buf *out)
{
	return say_value(page, field_of(record, name), json_object_get(record, name), out);
}

bool sheet_conflict(struct sheet_page *page, const json_t *record, const char *name, struct buf *out)
{
	const json_t *values = json_object_get(json_object_get(record, "conflicts"), name);
	size_t index;
	json_t *one;
	if (!json_is_array(values))
		return false;
	json_array_foreach(values, index, one)
	{
		say(out, index ? sheet_in(page, " OU ", " OR ") : "");
		say_value(page, field_of(record, name), one, out);
	}
	say(out,
	        sheet_in(page, " (contradictoire : personne n'a tranché)",
	                " (contradictory: nobody has decided)"));
	page->conflicts++;
	return true;
}

/* ---- Pieces ------------------------------------------------------------------------------------------------------ */

void sheet_heading(struct sheet_page *page, const char *fr, const char *en)
{
	page_element(page->out, "h2", sheet_in(page, fr, en));
}

void sheet_row(struct sheet_page *page, const json_t *record, const char *name)
{
	struct buf said = {0};
	const bool in_conflict = sheet_conflict(page, record, name, &said);
	if (in_conflict || sheet_value(page, record, name, &said)) {
		buf_add(&said, "", 1);
		page_markup(page->out, "<tr>");
		page_element(page->out, "th", sheet_label(page, record, name));
		page_element(page->out, in_conflict ? "td class=conflict" : "td", (const char *)said.data);
		page_markup(page->out, "</tr>");
	}
	buf_wipe(&said);
}

void sheet_joined(struct sheet_page *page, const json_t *record, const char *const *names, struct buf *out)
{
	const size_t start = out->size;
	for (; *names; names++) {
		struct buf said = {0};
		if (sheet_conflict(page, record, *names, &said) || sheet_value(page, record, *names, &said)) {
			say(out, out->size > start ? ", " : "");
			buf_add_span(out, buf_span(&said));
		}
		buf_wipe(&said);
	}
}

/* The records of a kind, that nobody corrected. Owner decrefs. */
json_t *sheet_of_kind(const struct sheet_page *page, const char *kind)
{
	json_t *list = json_array(), *record;
	size_t index;
	json_array_foreach(json_object_get(page->sheet->file, "records"), index,
	        record) if (fhir_is(record, "kind", kind) && !fhir_is_void(record))
	        json_array_append(list, record);
	return list;
}

void sheet_item(struct sheet_page *page, struct buf *said, const char *tag)
{
	if (said->size) {
		buf_add(said, "", 1);
		page_element(page->out, tag, (const char *)said->data);
	}
	buf_wipe(said);
	*said = (struct buf){0};
}

void sheet_begin_list(struct sheet_page *page)
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
void sheet_when_who(const struct sheet_page *page, const json_t *record, struct buf *out)
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
