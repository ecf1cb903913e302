#include "node/indicators/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/calendar.h"

enum { STRATUM_BYTES = 200, LINE_BYTES = 512 };

/* ---- Periods and values ------------------------------------------------------------------------------------------ */

const char *rows_period_name(uint32_t months)
{
	return months == INDICATOR_MONTH      ? "month"
	        : months == INDICATOR_QUARTER ? "quarter"
	        : months == INDICATOR_YEAR    ? "year"
	                                      : NULL;
}

uint32_t rows_period_named(const char *name)
{
	static const uint32_t all[] = {INDICATOR_MONTH, INDICATOR_QUARTER, INDICATOR_YEAR};
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (strcmp(rows_period_name(all[i]), name) == 0)
			return all[i];
	return 0;
}

void rows_month_text(char out[8], int32_t month)
{
	const struct calendar_date date = calendar_date(calendar_month_start(month) / 86400);
	snprintf(out, 8, "%04u-%02u", (unsigned)date.year % 10000, (unsigned)date.month % 100);
}

bool rows_value(int64_t numerator, int64_t denominator, int64_t *value)
{
	const int64_t max = INT64_MAX / 40000;
	if (denominator <= 0 || denominator > max || numerator > max || numerator < -max)
		return false;
	const int64_t twice = (numerator < 0 ? -numerator : numerator) * 20000 + denominator,
	              rounded = twice / (2 * denominator);
	*value = numerator < 0 ? -rounded : rounded;
	return true;
}

/* ---- One row ----------------------------------------------------------------------------------------------------- */

struct row {
	const char *team;
	int32_t month;
	uint32_t months;
	const struct indicator *indicator;
	enum strata_scheme scheme;
	uint32_t level, key;
	bool has_numbers, is_suppressed;
	int64_t numerator, denominator;
	const char *source; /* in hexadecimal; "": computed now */
	struct span territory; /* the stratum is this one's; empty: `scheme`'s */
};

/* "territory:Ile de France": no comma, quote, control or backslash, so that a row is the same in every format. */
static void territory_name(char out[STRATUM_BYTES], struct span territory)
{
	size_t at = (size_t)snprintf(out, STRATUM_BYTES, "territory:");
	for (size_t i = 0; i < territory.size && at + 1 < STRATUM_BYTES; i++) {
		const uint8_t byte = territory.data[i];
		out[at++] = (char)(byte < ' ' || byte == 0x7f || strchr(",\"\\;", byte) ? ' ' : byte);
	}
	out[at] = 0;
}

static json_t *value_json(const struct row *row)
{
	int64_t value;
	if (!row->has_numbers)
		return json_null();
	if (row->indicator->form == INDICATOR_COUNT)
		return json_integer(row->numerator);
	return rows_value(row->numerator, row->denominator, &value) ? json_real((double)value / 10000)
	                                                            : json_null();
}

static void add_row(json_t *rows, const struct row *row)
{
	char month[8], stratum[STRATUM_BYTES];
	const bool is_count = row->indicator->form == INDICATOR_COUNT;
	rows_month_text(month, row->month);
	if (row->territory.size)
		territory_name(stratum, row->territory);
	else
		strata_name(stratum, sizeof(stratum), row->scheme, row->level, row->key);
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "team", row->team, "period",
	        rows_period_name(row->months), "month", month, "indicator", row->indicator->id, "version",
	        (json_int_t)row->indicator->version, "stratum", stratum);
	json_object_set_new(json, "numerator", row->has_numbers ? json_integer(row->numerator) : json_null());
	json_object_set_new(json, "denominator",
	        row->has_numbers && !is_count ? json_integer(row->denominator) : json_null());
	json_object_set_new(json, "value", value_json(row));
	json_object_set_new(json, "suppressed", json_boolean(row->is_suppressed));
	json_object_set_new(json, "source", json_string(row->source));
	json_array_append_new(rows, json);
}

static bool has_scheme(const struct indicator *indicator, enum strata_scheme scheme)
{
	switch (scheme) {
	case STRATA_ALL:
		return !(indicator->mixes & INDICATOR_BY_PROBLEM);
	case STRATA_AGE:
		return indicator->mixes & INDICATOR_BY_AGE;
	case STRATA_ALD:
		return indicator->mixes & INDICATOR_BY_ALD;
	case STRATA_PROBLEM:
		return indicator->mixes & INDICATOR_BY_PROBLEM;
	}
	return false;
}

/* ---- What was written -------------------------------------------------------------------------------------------- */

static void add_entry(
        json_t *rows, struct row *row, const struct published *published, const struct published_entry *entry)
{
	char source[2 * PUBLISHED_SOURCE_BYTES + 1];
	ids_hex(source, published->sources[entry->source], PUBLISHED_SOURCE_BYTES);
	row->source = source;
	row->level = entry->level;
	row->has_numbers = true;
	row->is_suppressed = false;
	for (uint32_t i = 0; i < entry->cell_count; i++) {
		row->key = entry->scheme == STRATA_PROBLEM ? entry->key : i;
		row->numerator = entry->cells[i].numerator;
		row->denominator = entry->cells[i].denominator;
		add_row(rows, row);
	}
}

static void add_hidden(json_t *rows, struct row *row)
{
	row->source = "";
	row->level = 0;
	row->has_numbers = false;
	row->is_suppressed = true;
	for (row->key = 0; row->key < strata_groups(row->scheme, 0); row->key++)
		add_row(rows, row);
}

static void add_problem_entries(json_t *rows, struct row *row, const struct published *published)
{
	for (uint32_t i = 0; i < published->entry_count; i++)
		if (published->entries[i].number == row->indicator->number &&
		        published->entries[i].version == row->indicator->version)
			add_entry(rows, row, published, &published->entries[i]);
}

/* Of one territory its numbers are all there are. */
static void add_territory(
        json_t *rows, struct row *row, const struct published *published, struct span territory)
{
	const struct published_entry *entry = published_find(
	        published, row->indicator->number, STRATA_ALL, 0);
	row->territory = territory;
	if (entry && entry->version == row->indicator->version)
		add_entry(rows, row, published, entry);
	row->territory = (struct span){NULL, 0};
}

void rows_add_published(json_t *rows, const char *team, int32_t month, uint32_t months,
        const struct published *published, struct span territory)
{
	for (uint32_t i = 0; i < indicators_count; i++) {
		const struct indicator *indicator = &indicators_table[i];
		if (!indicator_is_written(indicator, months))
			continue;
		for (enum strata_scheme scheme = STRATA_ALL; scheme <= STRATA_PROBLEM; scheme++) {
			struct row row = {.team = team,
			        .month = month,
			        .months = months,
			        .indicator = indicator,
			        .scheme = scheme};
			const struct published_entry *entry = published_find(
			        published, indicator->number, scheme, 0);
			if (scheme == STRATA_PROBLEM && territory.size &&
			        indicator->mixes & INDICATOR_BY_TERRITORY)
				add_territory(rows, &row, published, territory);
			if (!has_scheme(indicator, scheme))
				continue;
			if (scheme == STRATA_PROBLEM)
				add_problem_entries(rows, &row, published);
			else if (entry && entry->version == indicator->version)
				add_entry(rows, &row, published, entry);
			else if (indicator->class == INDICATOR_PEOPLE)
				add_hidden(rows, &row);
		}
	}
}

/* ---- What is computed now ---------------------------------------------------------------------------------------- */

static void add_exact_problems(
        json_t *rows, struct row *row, const struct indicator_values *values, const struct published *shown)
{
	for (row->key = 1; row->key < STRATA_CODES; row->key++) {
		const struct indicator_amount *cell = &values->problems[row->key];
		row->numerator = cell->numerator;
		row->denominator = cell->denominator;
		row->is_suppressed = !published_find(shown, row->indicator->number, STRATA_PROBLEM, row->key);
		if (cell->numerator)
			add_row(rows, row);
	}
}

static void add_exact(
        json_t *rows, struct row *row, const struct indicator_values *values, const struct published *shown)
{
	const struct indicator_amount *cells = values->cells[row->indicator - indicators_table];
	const struct published_entry *entry = published_find(shown, row->indicator->number, row->scheme, 0);
	row->is_suppressed = row->indicator->class == INDICATOR_PEOPLE && (!entry || entry->level > 0);
	for (row->key = 0; row->key < strata_groups(row->scheme, 0); row->key++) {
		const struct indicator_amount *cell = &cells[strata_first(row->scheme) + row->key];
		row->numerator = cell->numerator;
		row->denominator = cell->denominator;
		if (cell->is_known)
			add_row(rows, row);
	}
}

static void add_exact_territories(json_t *rows, struct row *row, const struct indicator_values *values)
{
	row->is_suppressed = values->territory_count > 1; /* others are told those of a single one alone */
	for (uint32_t i = 0; i < values->territory_count; i++) {
		const struct indicator_territory *territory = &values->territories[i];
		const bool is_amo = row->indicator->number == INDICATOR_AMO;
		row->territory = territory->name;
		row->numerator = is_amo                             ? territory->amo_cents
		        : row->indicator->number == INDICATOR_CENTS ? territory->cents
		                                                    : territory->minutes;
		row->denominator = is_amo ? territory->cents : territory->visits;
		add_row(rows, row);
	}
	row->territory = (struct span){NULL, 0};
}

void rows_add_exact(
        json_t *rows, const char *team, const struct indicator_values *values, struct arena *arena)
{
	static const uint8_t nowhere[PUBLISHED_SOURCE_BYTES];
	const struct published none = {0};
	struct published shown;
	suppress(values, &none, nowhere, INDICATORS_COUNT_MIN, arena, &shown);
	for (uint32_t i = 0; i < indicators_count; i++)
		for (enum strata_scheme scheme = STRATA_ALL; scheme <= STRATA_PROBLEM; scheme++) {
			struct row row = {.team = team,
			        .month = values->month,
			        .months = values->months,
			        .indicator = &indicators_table[i],
			        .scheme = scheme,
			        .has_numbers = true,
			        .source = ""};
			if (scheme == STRATA_PROBLEM && row.indicator->mixes & INDICATOR_BY_TERRITORY)
				add_exact_territories(rows, &row, values);
			if (!has_scheme(row.indicator, scheme))
				continue;
			if (scheme == STRATA_PROBLEM)
				add_exact_problems(rows, &row, values, &shown);
			else
				add_exact(rows, &row, values, &shown);
		}
}

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

static const char *const COLUMNS[] = {"team", "period", "month", "indicator", "version", "stratum",
        "numerator", "denominator", "value", "suppressed", "source"};
enum { COLUMN_COUNT = sizeof(COLUMNS) / sizeof(*COLUMNS) };

/* Of a row's object; "" where there is none. */
static void cell_text(const json_t *row, const char *column, bool exact, char out[LINE_BYTES])
{
	const json_t *value = json_object_get(row, column), *n = json_object_get(row, "numerator"),
	             *d = json_object_get(row, "denominator");
	const bool is_number = strcmp(column, "numerator") == 0 || strcmp(column, "denominator") == 0 ||
	        strcmp(column, "value") == 0;
	int64_t scaled;
	*out = 0;
	if (is_number && !exact && json_is_true(json_object_get(row, "suppressed")))
		return;
	if (strcmp(column, "value") == 0 && json_is_integer(d)) {
		if (rows_value(json_integer_value(n), json_integer_value(d), &scaled))
			snprintf(out, LINE_BYTES, "%s%" PRId64 ".%04" PRId64, scaled < 0 ? "-" : "",
			        (scaled < 0 ? -scaled : scaled) / 10000,
			        (scaled < 0 ? -scaled : scaled) % 10000);
	} else if (json_is_string(value)) {
		snprintf(out, LINE_BYTES, "%s", json_string_value(value));
	} else if (json_is_integer(value)) {
		snprintf(out, LINE_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else if (json_is_boolean(value)) {
		snprintf(out, LINE_BYTES, "%d", json_is_true(value));
	}
}

static void add_text(struct buf *out, const char *text)
{
	buf_add_span(out, span_text(text));
}

void rows_csv(const json_t *rows, bool exact, struct buf *out)
{
	char text[LINE_BYTES];
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		add_text(out, i ? "," : "");
		add_text(out, COLUMNS[i]);
	}
	add_text(out, "\r\n");
	for (size_t row = 0; row < json_array_size(rows); row++) {
		for (size_t i = 0; i < COLUMN_COUNT; i++) {
			cell_text(json_array_get(rows, row), COLUMNS[i], exact, text);
			add_text(out, i ? "," : "");
			add_text(out, text);
		}
		add_text(out, "\r\n");
	}
}

static bool is_text_column(const char *column)
{
	static const char *const texts[] = {"team", "period", "month", "indicator", "stratum", "source"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(texts[i], column) == 0)
			return true;
	return false;
}

void rows_ndjson(const json_t *rows, bool exact, struct buf *out)
{
	char text[LINE_BYTES];
	for (size_t row = 0; row < json_array_size(rows); row++) {
		for (size_t i = 0; i < COLUMN_COUNT; i++) {
			const char *column = COLUMNS[i];
			cell_text(json_array_get(rows, row), column, exact, text);
			add_text(out, i ? ",\"" : "{\"");
			add_text(out, column);
			add_text(out, "\":");
			const bool is_text = is_text_column(column) &&
			        (*text || strcmp(column, "source") != 0);
			add_text(out, is_text ? "\"" : "");
			if (strcmp(column, "suppressed") == 0)
				add_text(out, *text == '1' ? "true" : "false");
			else
				add_text(out, *text ? text : is_text ? "" : "null");
			add_text(out, is_text ? "\"" : "");
		}
		add_text(out, "}\n");
	}
}

/* ---- Definitions ------------------------------------------------------------------------------------------------- */

static json_t *words(const struct schema_label *label)
{
	return label->fr ? json_pack("{s:s, s:s}", "fr", label->fr, "en", label->en) : json_null();
}

json_t *rows_definition(const struct indicator *indicator)
{
	static const char *const forms[] = {NULL, "count", "share", "mean", "ratio"};
	static const char *const classes[] = {NULL, "people", "team", "observed"};
	const struct indicator *base = indicator->base ? indicator_numbered(indicator->base) : NULL;
	json_t *mixes = json_array(), *written = json_array();
	static const char *const names[] = {"age", "ald", "problem", "territory"};
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (indicator->mixes >> i & 1)
			json_array_append_new(mixes, json_string(names[i]));
	if (indicator_is_written(indicator, INDICATOR_MONTH))
		json_array_append_new(written, json_string("month"));
	if (indicator_is_written(indicator, INDICATOR_YEAR))
		json_array_append_new(written, json_string("year"));
	return json_pack("{s:s, s:i, s:I, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:s?}",
	        "id", indicator->id, "number", (int)indicator->number, "version",
	        (json_int_t)indicator->version, "group", indicator_group_name(indicator->group), "form",
	        forms[indicator->form], "class", classes[indicator->class], "unit",
	        indicator->unit ? indicator->unit : "", "reads", indicator->reads, "name",
	        words(&indicator->name), "definition", words(&indicator->definition), "numerator",
	        words(&indicator->numerator), "denominator", words(&indicator->denominator), "mixes", mixes,
	        "written", written, "wholeShown", indicator->is_whole_shown, "base", base ? base->id : NULL);
}
