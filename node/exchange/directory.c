#include "node/exchange/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "crdt/base/err.h"
#include "node/exchange/csv_read.h"
#include "node/exchange/fhir_parts.h"
#include "node/record.h"

struct reading {
	struct csv_reader csv;
	const struct schema_kind *kind;
	const struct schema_field *columns[CSV_READ_FIELDS_MAX]; /* NULL: of no use here */
	uint32_t column_count;
	const char *team;
	json_t *by_key; /* what tells an entry from others to its record here */
	json_t *seen; /* the same to the line of this file */
	json_t *rows;
};

/* ---- Columns ----------------------------------------------------------------------------------------------------- */

/* Titles of the national directory and of spreadsheets, beside the names and labels of the schema. */
static const struct {
	const char *title, *field;
} TITLES[] = {{"nom d'exercice", "name"}, {"raison sociale", "name"}, {"prénom d'exercice", "firstName"},
        {"libellé profession", "profession"}, {"libellé savoir-faire", "profession"},
        {"raison sociale site", "organization"}, {"enseigne commerciale site", "organization"},
        {"n° rpps", "rpps"}, {"identifiant pp", "rpps"}, {"n° adeli", "adeli"}, {"n° finess", "finess"},
        {"numéro finess site", "finess"}, {"adresse bal", "mssante"},
        {"téléphone (coord. structure)", "phone"}, {"tél", "phone"},
        {"adresse e-mail (coord. structure)", "email"}, {"e-mail", "email"},
        {"libellé commune (coord. structure)", "town"}, {"ville", "town"}};

/* Without case, accents and blanks around. Owner frees with free(). */
static char *folded(struct span text)
{
	utf8proc_uint8_t *out = NULL;
	while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
		text.size--;
	while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = span_sub(text, 1, text.size - 1);
	if (text.size == 0 ||
	        utf8proc_map(text.data, (utf8proc_ssize_t)text.size, &out,
	                UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD) < 0)
		return strdup("");
	return (char *)out;
}

static bool is_called(const char *wanted, const char *name)
{
	char *title = folded(span_text(name));
	const bool same = strcmp(wanted, title) == 0;
	free(title);
	return same;
}

static const struct schema_field *field_called(const struct reading *reading, struct span title)
{
	const struct schema_field *found = NULL;
	char *wanted = folded(title);
	for (uint32_t i = 0; !found && i < reading->kind->field_count; i++) {
		const struct schema_field *field = &reading->kind->fields[i];
		if (is_called(wanted, field->name) || is_called(wanted, field->label.fr) ||
		        is_called(wanted, field->label.en))
			found = field;
	}
	for (size_t i = 0; !found && i < sizeof(TITLES) / sizeof(*TITLES); i++)
		if (is_called(wanted, TITLES[i].title))
			found = schema_field_named(reading->kind, span_text(TITLES[i].field));
	free(wanted);
	return found;
}

/* The first row says what the columns are. A field that two columns are called by is that of the first. */
static json_t *read_titles(struct reading *reading)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < reading->csv.field_count; i++) {
		const struct schema_field *field = field_called(reading, reading->csv.fields[i]);
		for (uint32_t j = 0; j < i; j++)
			if (field && reading->columns[j] == field)
				field = NULL;
		reading->columns[i] = field;
		json_array_append_new(list,
		        json_pack("{s:o, s:o}", "title",
		                json_stringn((const char *)reading->csv.fields[i].data,
		                        reading->csv.fields[i].size),
		                "field", field ? json_string(field->name) : json_null()));
	}
	reading->column_count = reading->csv.field_count;
	return list;
}

static bool has_column(const struct reading *reading, const char *name)
{
	for (uint32_t i = 0; i < reading->column_count; i++)
		if (reading->columns[i] && strcmp(reading->columns[i]->name, name) == 0)
			return true;
	return false;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static struct span trimmed(struct span text)
{
	while (text.size && strchr(" \t\r\n", text.data[text.size - 1]))
		text.size--;
	while (text.size && strchr(" \t\r\n", text.data[0]))
		text = span_sub(text, 1, text.size - 1);
	return text;
}

static json_t *record_of(const struct reading *reading)
{
	json_t *record = json_object();
	for (uint32_t i = 0; i < reading->csv.field_count && i < reading->column_count; i++) {
		const struct span text = trimmed(reading->csv.fields[i]);
		if (reading->columns[i] && text.size)
			json_object_set_new(record, reading->columns[i]->name,
			        json_stringn((const char *)text.data, text.size));
	}
	return record;
}

/* What tells an entry from others: its number, else all that names it. Owner frees with free(). */
static char *key_of(const json_t *record)
{
	static const char *const numbers[] = {"rpps", "adeli", "finess"};
	const char *name = fhir_text(record, "name"), *first = fhir_text(record, "firstName"),
	           *town = fhir_text(record, "town");
	struct buf key = {0};
	for (size_t i = 0; i < 3; i++)
		if (fhir_text(record, numbers[i])) {
			buf_add_span(&key, span_text(numbers[i]));
			buf_add_span(&key, span_text(":"));
			buf_add_span(&key, span_text(fhir_text(record, numbers[i])));
			buf_add(&key, "", 1);
			char *out = strdup((const char *)key.data);
			buf_close(&key);
			return out;
		}
	const char *parts[] = {name, first, town};
	for (size_t i = 0; i < 3; i++) {
		buf_add_span(&key, span_text(parts[i] ? parts[i] : ""));
		buf_add_span(&key, span_text("|"));
	}
	char *out = folded(buf_span(&key));
	buf_close(&key);
	return out;
}

static json_t *problems_of(const struct schema_report *report)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < report->count; i++) {
		struct buf fr = {0}, en = {0};
		schema_problem_sentence(&report->problems[i], SCHEMA_FR, &fr);
		schema_problem_sentence(&report->problems[i], SCHEMA_EN, &en);
		json_array_append_new(list,
		        json_pack("{s:s%, s:s%, s:b}", "fr", (const char *)fr.data, fr.size, "en",
		                (const char *)en.data, en.size, "warning",
		                report->problems[i].code >= SCHEMA_PROBLEM_WARNINGS));
		buf_close(&fr);
		buf_close(&en);
	}
	return list;
}

static bool says_all(const json_t *there, const json_t *record)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)record, name,
	        value) if (!json_equal(value, json_object_get(there, name))) return false;
	return true;
}

static void put_id(const struct reading *reading, json_t *row, const char *key)
{
	char tag[64], id[FHIR_ID_BYTES], whole[FHIR_ID_BYTES];
	fhir_derived_id(whole, key, "directory entry");
	snprintf(tag, sizeof(tag), "%s", whole);
	fhir_derived_id(id, reading->team, tag);
	json_object_set_new(row, "id", json_string(id));
}

static const char *place(const struct reading *reading, json_t *row, const json_t *record)
{
	char *key = key_of(record);
	const json_t *there = json_object_get(reading->by_key, key),
	             *before = json_object_get(reading->seen, key);
	const char *status = before       ? "double"
	        : !there                  ? "new"
	        : says_all(there, record) ? "known"
	                                  : "different";
	if (before) {
		json_object_set(row, "first", (json_t *)(uintptr_t)before);
	} else if (there) {
		json_object_set(row, "id", json_object_get(there, "id"));
		json_object_set(row, "was", (json_t *)(uintptr_t)there);
	} else {
		put_id(reading, row, key);
	}
	if (!before)
		json_object_set_new(reading->seen, key, json_integer(reading->csv.line));
	free(key);
	return status;
}

static void read_row(struct reading *reading)
{
	struct arena arena = {0};
	struct record_edit edit = {.record = {.kind = reading->kind}};
	struct schema_report report = {0};
	json_t *record = record_of(reading),
	       *row = json_pack("{s:I, s:O}", "line", (json_int_t)reading->csv.line, "record", record);
	const bool is_fit = record_from_json(record, SCHEMA_CHECK_NEW, &arena, &edit, &report) == 0;
	const char *name = fhir_text(record, "name"), *first = fhir_text(record, "firstName");
	json_object_set_new(row, "name",
	        json_sprintf(
	                "%.120s%s%.120s", first ? first : "", first && name ? " " : "", name ? name : ""));
	json_object_set_new(row, "status", json_string(is_fit ? place(reading, row, record) : "refused"));
	json_object_set_new(row, "problems", problems_of(&report));
	json_array_append_new(reading->rows, row);
	json_decref(record);
	arena_close(&arena);
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

static void know(struct reading *reading, const json_t *here)
{
	size_t index;
	json_t *record;
	json_array_foreach(here, index, record)
	{
		char *key = key_of(record);
		if (!json_object_get(reading->by_key, key))
			json_object_set(reading->by_key, key, record);
		free(key);
	}
}

static const char *const WHY[][2] = {
        {"Le fichier n'est pas en UTF-8 : enregistrez-le au format « CSV UTF-8 ».",
                "The file is not UTF-8: save it as “CSV UTF-8”."},
        {"La première ligne doit nommer les colonnes, dont « Nom ».",
                "The first line must name the columns, “Name” among them."},
        {"Un guillemet n'est pas fermé, ou du texte le suit.", "A quote does not end, or text follows it."},
        {"Le fichier est trop grand : 20 000 lignes, 128 colonnes, 16 Ko par case au plus.",
                "The file is too large: 20,000 lines, 128 columns, 16 KB a cell at most."},
};

json_t *directory_read(
        struct span csv, const json_t *here, const char *team, const char **fr, const char **en)
{
	struct reading reading = {.kind = schema_kind(SCHEMA_DIRECTORY_ENTRY),
	        .team = team,
	        .by_key = json_object(),
	        .seen = json_object(),
	        .rows = json_array()};
	json_t *columns = NULL;
	size_t why = 0;
	int result = csv_reader_begin(&reading.csv, csv);
	if (!result) {
		know(&reading, here);
		result = csv_reader_next(&reading.csv);
		columns = read_titles(&reading);
		why = 1;
		if (result || !has_column(&reading, "name"))
			result = result < 0 ? result : ERR_INVALID;
	}
	while (!result && (result = csv_reader_next(&reading.csv)) == 0)
		read_row(&reading);
	csv_reader_close(&reading.csv);
	json_decref(reading.by_key);
	json_decref(reading.seen);
	if (result == CSV_READ_END)
		return json_pack("{s:o, s:o}", "columns", columns, "rows", reading.rows);
	if (result != ERR_INVALID && why == 1)
		why = result == ERR_TOOBIG ? 3 : 2;
	*fr = WHY[why][0];
	*en = WHY[why][1];
	json_decref(columns);
	json_decref(reading.rows);
	return NULL;
}
