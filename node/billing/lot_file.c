/* Reading: what the file says of itself. Comparing: rows with rows, values with values; what was put in or left out moves what follows, so some rows ahead are looked at. */
#include "node/billing/lot_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/billing/statement.h"
#include "node/exchange/fhir_parts.h"
#include "node/schema/moment.h"

enum { COLUMNS = 64, AHEAD = 64, WHERE_BYTES = 240, SHOWN_BYTES = 120 };

/* ---- CSV: rows and cells ---------------------------------------------------------------------------------------- */

struct row {
	struct span bytes; /* without the line's end */
	uint64_t line; /* from 1 */
};

struct rows {
	struct row *items;
	uint32_t count, capacity;
};

/* A line feed in quotes ends no row. */
static void split_rows(struct span file, struct rows *out)
{
	uint64_t line = 1, began = 1;
	size_t from = 0;
	bool is_quoted = false;
	for (size_t at = 0; at <= file.size; at++) {
		const bool is_end = at == file.size;
		if (!is_end && file.data[at] == '"')
			is_quoted = !is_quoted;
		if (!is_end && file.data[at] != '\n')
			continue;
		line++;
		if (is_quoted && !is_end)
			continue;
		const size_t cut = at > from && !is_end && file.data[at - 1] == '\r' ? 1 : 0;
		if (at > from || !is_end) {
			out->items = mem_room(out->items, out->count, &out->capacity, sizeof(*out->items));
			out->items[out->count++] = (struct row){span_sub(file, from, at - from - cut), began};
		}
		from = at + 1;
		began = line;
	}
}

/* How many there are; those over COLUMNS are counted alone. */
static uint32_t split_cells(struct span row, struct span cells[COLUMNS])
{
	uint32_t count = 0;
	size_t from = 0;
	bool is_quoted = false;
	for (size_t at = 0; at <= row.size; at++) {
		if (at < row.size && row.data[at] == '"')
			is_quoted = !is_quoted;
		if (at < row.size && (is_quoted || row.data[at] != ';'))
			continue;
		if (count < COLUMNS)
			cells[count] = span_sub(row, from, at - from);
		count++;
		from = at + 1;
	}
	return count;
}

static bool cell_is(struct span cell, const char *text)
{
	return span_eq(cell, span_text(text));
}

static bool hex_of(struct span cell, uint8_t *out, size_t size)
{
	char text[2 * ID_LONG_BYTES + 1];
	if (cell.size != 2 * size || size > ID_LONG_BYTES)
		return false;
	memcpy(text, cell.data, cell.size);
	text[cell.size] = 0;
	return ids_from_hex(out, size, text);
}

static bool month_of(struct span cell, uint32_t *out)
{
	char text[MOMENT_DAY_TEXT_BYTES];
	int64_t day;
	if (cell.size != STATEMENT_MONTH_BYTES - 1)
		return false;
	snprintf(text, sizeof(text), "%.7s-01", (const char *)cell.data);
	if (!moment_day_parse(span_text(text), &day) || day < 0)
		return false;
	*out = (uint32_t)((text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 +
	               (text[3] - '0') - 1970) *
	                12 +
	        (uint32_t)((text[5] - '0') * 10 + (text[6] - '0') - 1);
	return true;
}

static int read_csv(struct lot_file *out)
{
	enum { MONTH = 3, PATIENT = 4, NURSE = 6, HASH = 16 };
	struct rows rows = {0};
	struct span cells[COLUMNS];
	int result = ERR_MALFORMED;
	split_rows(out->bytes, &rows);
	for (uint32_t i = rows.count; i-- > 0 && result;) {
		if (split_cells(rows.items[i].bytes, cells) <= HASH || !cell_is(cells[0], "TOTAL"))
			continue;
		out->has_month = month_of(cells[MONTH], &out->month);
		out->has_hash = hex_of(cells[HASH], out->hash.bytes, sizeof(out->hash.bytes));
		out->part.has_patient = hex_of(
		        cells[PATIENT], out->part.patient.bytes, sizeof(out->part.patient.bytes));
		out->part.has_nurse = hex_of(cells[NURSE], out->part.nurse.bytes, PART_NURSE_BYTES);
		result = 0;
	}
	mem_free(rows.items);
	return result;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static struct span text_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	return json_is_string(value) ? span_of(json_string_value(value), json_string_length(value))
	                             : (struct span){NULL, 0};
}

static int read_statement(struct lot_file *out)
{
	const json_t *part = json_object_get(out->json, "part");
	if (!cell_is(text_of(out->json, "format"), STATEMENT_FORMAT))
		return ERR_VERSION;
	out->has_hash = hex_of(text_of(out->json, "lot"), out->hash.bytes, sizeof(out->hash.bytes));
	out->has_month = month_of(text_of(out->json, "month"), &out->month);
	out->part.has_patient = hex_of(
	        text_of(part, "patient"), out->part.patient.bytes, sizeof(out->part.patient.bytes));
	out->part.has_nurse = hex_of(text_of(part, "nurse"), out->part.nurse.bytes, PART_NURSE_BYTES);
	return 0;
}

static const json_t *extension_of(const json_t *resource, const char *url)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(resource, "extension"), index,
	        one) if (cell_is(text_of(one, "url"), url)) return one;
	return NULL;
}

/* A bundle of one patient has the totals of the whole lot besides. */
static int read_bundle(struct lot_file *out)
{
	size_t index;
	json_t *entry;
	const json_t *name = json_object_get(out->json, "identifier");
	if (!cell_is(text_of(name, "system"), FHIR_OWN "lot"))
		return ERR_VERSION;
	out->has_hash = hex_of(text_of(name, "value"), out->hash.bytes, sizeof(out->hash.bytes));
	bool is_part = false;
	json_array_foreach(json_object_get(out->json, "entry"), index, entry)
	{
		const json_t *one = json_object_get(entry, "resource");
		const struct span type = text_of(one, "resourceType");
		if (cell_is(type, "Basic")) {
			is_part = extension_of(one, FHIR_OWN "lotTotals") != NULL;
			out->has_month = month_of(
			        text_of(extension_of(one, FHIR_OWN "month"), "valueString"), &out->month);
		}
		if (cell_is(type, "Patient") && is_part)
			out->part.has_patient = hex_of(
			        text_of(one, "id"), out->part.patient.bytes, sizeof(out->part.patient.bytes));
		if ((cell_is(type, "Patient") || cell_is(type, "Practitioner")) &&
		        json_object_get(one, "name"))
			out->has_names = true;
	}
	return 0;
}

static int read_json(struct lot_file *out, uint64_t *line)
{
	json_error_t where;
	out->json = json_loadb((const char *)out->bytes.data, out->bytes.size,
	        JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
	if (!out->json) {
		*line = where.line > 0 ? (uint64_t)where.line : 0;
		return ERR_MALFORMED;
	}
	if (cell_is(text_of(out->json, "resourceType"), "Bundle")) {
		out->form = LOT_FILE_CLAIM;
		return read_bundle(out);
	}
	out->form = LOT_FILE_JSON;
	return json_object_get(out->json, "format") ? read_statement(out) : ERR_MALFORMED;
}

int lot_file_read(struct span bytes, struct lot_file *out, uint64_t *line)
{
	*out = (struct lot_file){.form = LOT_FILE_CSV, .bytes = bytes};
	*line = 0;
	int result = bytes.size && bytes.data[0] == '{' ? read_json(out, line) : read_csv(out);
	if (result)
		lot_file_close(out);
	return result;
}

void lot_file_close(struct lot_file *file)
{
	json_decref(file->json);
	*file = (struct lot_file){0};
}

/* ---- Differences ------------------------------------------------------------------------------------------------ */

struct differing {
	json_t *list;
	size_t count;
};

/* Takes the values. */
static void add(struct differing *differing, const char *where, json_t *file, json_t *here)
{
	differing->count++;
	if (differing->count <= LOT_FILE_DIFFERENCES_MAX)
		json_array_append_new(differing->list, json_pack("{s:s}", "where", where));
	json_t *one = differing->count <= LOT_FILE_DIFFERENCES_MAX
	        ? json_array_get(differing->list, differing->count - 1)
	        : NULL;
	if (one && file)
		json_object_set(one, "file", file);
	if (one && here)
		json_object_set(one, "here", here);
	json_decref(file);
	json_decref(here);
}

/* Some of the text, and what is not UTF-8 as "?". */
static json_t *shown(struct span text)
{
	json_t *whole = text.size <= SHOWN_BYTES
	        ? json_stringn(text.data ? (const char *)text.data : "", text.size)
	        : NULL;
	char cut[SHOWN_BYTES + 4];
	size_t size = 0;
	if (whole)
		return whole;
	for (; size < text.size && size < SHOWN_BYTES; size++)
		cut[size] = (char)(text.data[size] < 0x80 && text.data[size] ? text.data[size] : '?');
	if (text.size > size) {
		memcpy(cut + size, "...", 3);
		size += 3;
	}
	return json_stringn(cut, size);
}

/* How many items of the first list come before one that is the second's next; 0: none. */
typedef bool (*same_item)(const void *lists, uint32_t file_index, uint32_t here_index);

static uint32_t skipped(const void *lists, same_item same, uint32_t file, uint32_t file_count, uint32_t here,
        uint32_t here_count, bool of_file)
{
	for (uint32_t ahead = 1; ahead <= AHEAD; ahead++) {
		const uint32_t f = file + (of_file ? ahead : 0), h = here + (of_file ? 0 : ahead);
		if (f >= file_count || h >= here_count)
			return (of_file ? h : f) == (of_file ? here_count : file_count) &&
			                (of_file ? f : h) == (of_file ? file_count : here_count)
			        ? ahead
			        : 0;
		if (same(lists, f, h))
			return ahead;
	}
	return 0;
}

/* ---- CSV against CSV ---- */

struct tables {
	struct rows file, here;
	struct span titles; /* ours */
};

static bool same_row(const void *lists, uint32_t file_index, uint32_t here_index)
{
	const struct tables *tables = lists;
	return span_eq(tables->file.items[file_index].bytes, tables->here.items[here_index].bytes);
}

static void compare_row(struct differing *differing, const struct tables *tables, const struct row *file,
        const struct row *here)
{
	struct span theirs[COLUMNS], ours[COLUMNS], titles[COLUMNS];
	char where[WHERE_BYTES];
	const uint32_t their_count = split_cells(file->bytes, theirs),
	               our_count = split_cells(here->bytes, ours),
	               title_count = split_cells(tables->titles, titles);
	for (uint32_t i = 0; i < our_count && i < COLUMNS; i++) {
		if (i < their_count && span_eq(theirs[i], ours[i]))
			continue;
		const struct span title = i < title_count ? titles[i] : (struct span){NULL, 0};
		snprintf(where, sizeof(where), "line %llu (%.*s %.*s): %.*s", (unsigned long long)file->line,
		        (int)ours[0].size, (const char *)ours[0].data, our_count > 1 ? (int)ours[1].size : 0,
		        our_count > 1 && ours[1].size ? (const char *)ours[1].data : "", (int)title.size,
		        title.size ? (const char *)title.data : "");
		add(differing, where, i < their_count ? shown(theirs[i]) : NULL, shown(ours[i]));
	}
	if (their_count > our_count) {
		snprintf(where, sizeof(where), "line %llu: too many cells", (unsigned long long)file->line);
		add(differing, where, shown(file->bytes), NULL);
	}
}

static void lone_rows(struct differing *differing, const struct rows *rows, uint32_t from, uint32_t upto,
        bool of_file, uint64_t line)
{
	char where[WHERE_BYTES];
	for (uint32_t i = from; i < upto; i++) {
		snprintf(where, sizeof(where), of_file ? "line %llu: not here" : "before line %llu: missing",
		        (unsigned long long)(of_file ? rows->items[i].line : line));
		json_t *text = shown(rows->items[i].bytes);
		add(differing, where, of_file ? text : NULL, of_file ? NULL : text);
	}
}

static uint64_t line_of(const struct rows *rows, uint32_t index)
{
	return index < rows->count ? rows->items[index].line
	        : rows->count      ? rows->items[rows->count - 1].line + 1
	                           : 1;
}

static void compare_tables(struct differing *differing, struct span file, struct span expected)
{
	struct tables tables = {0};
	split_rows(file, &tables.file);
	split_rows(expected, &tables.here);
	tables.titles = tables.here.count ? tables.here.items[0].bytes : (struct span){NULL, 0};
	const uint32_t file_count = tables.file.count, here_count = tables.here.count;
	uint32_t f = 0, h = 0;
	while (f < file_count && h < here_count) {
		if (same_row(&tables, f, h)) {
			f++;
			h++;
			continue;
		}
		const uint32_t extra = skipped(&tables, same_row, f, file_count, h, here_count, true),
		               missing = skipped(&tables, same_row, f, file_count, h, here_count, false);
		if (extra && (!missing || extra <= missing)) {
			lone_rows(differing, &tables.file, f, f + extra, true, 0);
			f += extra;
		} else if (missing) {
			lone_rows(differing, &tables.here, h, h + missing, false, line_of(&tables.file, f));
			h += missing;
		} else {
			compare_row(differing, &tables, &tables.file.items[f++], &tables.here.items[h++]);
		}
	}
	lone_rows(differing, &tables.file, f, file_count, true, 0);
	lone_rows(differing, &tables.here, h, here_count, false, line_of(&tables.file, file_count));
	mem_free(tables.file.items);
	mem_free(tables.here.items);
}

/* ---- JSON against JSON; as deep as ours is ---- */

static json_t *shown_json(const json_t *value)
{
	if (!value)
		return NULL;
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	json_t *out = shown(span_text(text ? text : "?"));
	free(text);
	return out;
}

struct arrays {
	const json_t *file, *here;
};

static bool same_value(const void *lists, uint32_t file_index, uint32_t here_index)
{
	const struct arrays *arrays = lists;
	return json_equal(json_array_get(arrays->file, file_index), json_array_get(arrays->here, here_index));
}

static void compare_values(struct differing *differing, const char *where, json_t *file, json_t *here);

static void compare_arrays(struct differing *differing, const char *where, json_t *file, json_t *here)
{
	const struct arrays arrays = {file, here};
	const uint32_t file_count = (uint32_t)json_array_size(file),
	               here_count = (uint32_t)json_array_size(here);
	char place[WHERE_BYTES];
	uint32_t f = 0, h = 0;
	while (f < file_count || h < here_count) {
		snprintf(place, sizeof(place), "%.200s[%lu]", where, (unsigned long)(f < file_count ? f : h));
		if (f < file_count && h < here_count && same_value(&arrays, f, h)) {
			f++;
			h++;
			continue;
		}
		const bool both = f < file_count && h < here_count;
		const uint32_t extra = both && file_count != here_count
		        ? skipped(&arrays, same_value, f, file_count, h, here_count, true)
		        : !both && f < file_count;
		const uint32_t missing = both && file_count != here_count && !extra
		        ? skipped(&arrays, same_value, f, file_count, h, here_count, false)
		        : !both && h < here_count;
		for (uint32_t i = 0; i < extra; i++)
			add(differing, place, shown_json(json_array_get(file, f + i)), NULL);
		for (uint32_t i = 0; i < missing; i++)
			add(differing, place, NULL, shown_json(json_array_get(here, h + i)));
		if (!extra && !missing)
			compare_values(differing, place, json_array_get(file, f), json_array_get(here, h));
		f += extra ? extra : !missing;
		h += missing ? missing : !extra;
	}
}

static void compare_objects(struct differing *differing, const char *where, json_t *file, json_t *here)
{
	const char *name;
	json_t *value;
	char place[WHERE_BYTES];
	json_object_foreach(here, name, value)
	{
		snprintf(place, sizeof(place), "%.180s.%.50s", where, name);
		compare_values(differing, place, json_object_get(file, name), value);
	}
	json_object_foreach(file, name, value)
	{
		json_t *text = json_object_get(here, name) ? NULL : shown(span_text(name));
		snprintf(place, sizeof(place), "%.180s.%.50s", where, text ? json_string_value(text) : "");
		if (text)
			add(differing, place, shown_json(value), NULL);
		json_decref(text);
	}
}

static void compare_values(struct differing *differing, const char *where, json_t *file, json_t *here)
{
	if (json_is_object(file) && json_is_object(here))
		compare_objects(differing, where, file, here);
	else if (json_is_array(file) && json_is_array(here))
		compare_arrays(differing, where, file, here);
	else if (!file || !json_equal(file, here))
		add(differing, where, shown_json(file), shown_json(here));
}

json_t *lot_file_differences(const struct lot_file *file, struct span expected, size_t *count)
{
	struct differing differing = {json_array(), 0};
	json_t *here = file->json
	        ? json_loadb((const char *)expected.data, expected.size, JSON_ALLOW_NUL, NULL)
	        : NULL;
	if (here)
		compare_values(&differing, "", file->json, here);
	else
		compare_tables(&differing, file->bytes, expected);
	if (!differing.count && !span_eq(file->bytes, expected))
		add(&differing, "bytes", json_string("the same values, written otherwise"), NULL);
	json_decref(here);
	*count = differing.count;
	return differing.list;
}
