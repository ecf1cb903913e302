/* Each kind of line is a table of keys; a key's action says how its value is read and where it goes. Keys usually come in the order of
 * the table, so finding one is one comparison. References that need another key (an intervention's problem) are filled in at
 * the end of the line. */
#include "node/import.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/billing/lot.h"
#include "node/calendar.h"
#include "node/import_rules.h"
#include "node/import_why.h"
#include "node/json_line.h"
#include "node/record.h"
#include "node/schema/moment.h"

enum { /* numbers of the schema's tables */
	VISIT_START = 1,
	VISIT_END = 2,
	VISIT_PLACE = 3,
	VISIT_PLACE_NOTE = 4,
	VISIT_NURSE = 5,
	VISIT_DONE = 8,
	VISIT_VITALS = 9,
	RATING_PROBLEM = 1,
	RATING_NURSE = 10,
	RATING_AT = 11,
	ITEM_PROBLEM = 1,
	MARK_NURSE = 1,
	MARK_AT = 2,
	PLACE_RELATIVE = 4,
	PLACE_OTHER = 7,
};

enum {
	CACHE_ROWS = 32768,
	CACHE_SOURCE_BYTES = 22,
	SOURCE_ID_BYTES_MAX = 64,
	AUTHORS_MAX = 100, /* n00 to n99 */
	RECORDS_MAX = LIMIT_IMPORT_INTERVENTIONS + 2
};

struct cached_id {
	uint8_t type, size; /* size 0: an empty row */
	uint8_t source[CACHE_SOURCE_BYTES];
	struct record_id id;
};

struct import {
	struct team_id team;
	struct json_line json;
	struct cached_id *cache;
	struct schema_record *records; /* RECORDS_MAX */
	uint32_t record_count;
	struct import_line line;
	struct record_edit edit; /* of a `set` line */
	/* Values that fields of the records borrow. */
	struct record_id problem;
	struct person_id nurse;
	struct person_id authors[AUTHORS_MAX]; /* found before; else zero */
	uint8_t done[SCHEMA_SHORTS_MAX * SCHEMA_SHORT_BYTES];
	struct schema_measure measures[SCHEMA_VITALS_MAX];
	int64_t scores[3]; /* k, b, s of a problem */
	struct span field_name, field_text;
	int64_t field_number;
	bool field_is_text;
	/* Why the line is refused. */
	enum import_why why;
	const char *key; /* a key of the tables, or NULL */
	struct schema_problem problem_found;
};

/* --- Ids --- */

/* The same through the cache: most ids of a history are named again and again. A collision costs a hash, nothing else. */
static struct record_id find_id(struct import *import, const struct import_rule *type, struct span source)
{
	if (source.size > CACHE_SOURCE_BYTES)
		return import_id(&import->team, type->name, source);
	uint8_t number = (uint8_t)(type == &import_rule_intervention ? IMPORT_TYPE_COUNT
	                                                             : type - import_rules);
	uint32_t slot = 2166136261u ^ number;
	for (size_t i = 0; i < source.size; i++)
		slot = (slot ^ source.data[i]) * 16777619u; /* FNV-1a */
	struct cached_id *row = &import->cache[(slot ^ slot >> 15) % CACHE_ROWS];
	if (row->size != source.size || row->type != number ||
	        memcmp(row->source, source.data, source.size) != 0) {
		row->id = import_id(&import->team, type->name, source);
		row->type = number;
		row->size = (uint8_t)source.size;
		memcpy(row->source, source.data, source.size);
	}
	return row->id;
}

static void refuse(struct import *import, enum import_why why)
{
	if (!import->why)
		import->why = why;
}

/* Only what other lines name is worth remembering. */
static bool is_named_again(const struct import_rule *type)
{
	return type != &import_rules[IMPORT_VISIT] && type != &import_rules[IMPORT_EVAL];
}

static struct record_id take_id(struct import *import, const struct import_rule *type)
{
	struct span source = json_line_text(&import->json);
	if (import->json.error)
		return (struct record_id){{0}};
	if (source.size == 0 || source.size > SOURCE_ID_BYTES_MAX) {
		refuse(import, WHY_ID);
		return (struct record_id){{0}};
	}
	return is_named_again(type) ? find_id(import, type, source)
	                            : import_id(&import->team, type->name, source);
}

static struct person_id person_of(struct record_id id)
{
	struct person_id person;
	memcpy(person.bytes, id.bytes, sizeof(person.bytes));
	return person;
}

/* --- Fields --- */

static struct schema_record *add_record(
        struct import *import, enum schema_kind_number kind, struct record_id id)
{
	struct schema_record *record = &import->records[import->record_count++];
	record->kind = schema_kind(kind);
	record->id = id;
	record->count = 0;
	return record;
}

static struct schema_value *put(struct schema_record *record, uint32_t field_number)
{
	return schema_put(record, schema_field(record->kind, field_number)); /* few fields: never full */
}

static void put_short(struct schema_record *record, uint32_t field_number, const uint8_t *id)
{
	put(record, field_number)->bytes = span_of(id, SCHEMA_SHORT_BYTES);
}

static void put_instant(struct schema_record *record, uint32_t field_number, int64_t seconds)
{
	struct schema_value *value = put(record, field_number);
	value->number = seconds;
	value->offset_minutes = calendar_paris_offset_minutes(seconds); /* the file has no offsets */
}

static void take_text(struct import *import, struct schema_record *record, uint32_t field)
{
	struct span text = json_line_text(&import->json);
	if (text.size)
		put(record, field)->bytes = text;
}

static void take_date(struct import *import, struct schema_record *record, uint32_t field)
{
	int64_t days;
	struct span text = json_line_text(&import->json);
	if (text.size == 0)
		return;
	if (moment_day_parse(text, &days))
		put(record, field)->number = days;
	else
		refuse(import, WHY_DATE);
}

static void take_word(
        struct import *import, struct schema_record *record, uint32_t field, const struct import_word *words)
{
	uint32_t number = import_word_number(words, json_line_text(&import->json));
	if (number)
		put(record, field)->number = number;
	else
		refuse(import, WHY_WORD);
}

static void take_choice(struct import *import, struct schema_record *record, uint32_t field)
{
	struct span text = json_line_text(&import->json);
	const struct schema_choice *choice = schema_choice_named(schema_field(record->kind, field), text);
	if (choice)
		put(record, field)->number = choice->number;
	else if (text.size)
		refuse(import, WHY_WORD);
}

/* A place that is not a choice, or says more than the choice, is kept in words. */
static void take_place(struct import *import, struct schema_record *record)
{
	struct span text = json_line_text(&import->json);
	uint32_t number = import_word_number(import_places, text);
	if (text.size == 0)
		return;
	put(record, VISIT_PLACE)->number = number ? number : PLACE_OTHER;
	if (!number || number == PLACE_RELATIVE)
		put(record, VISIT_PLACE_NOTE)->bytes = text;
}

static void take_done(struct import *import, struct schema_record *record)
{
	size_t size = 0;
	json_line_array(&import->json);
	while (json_line_item(&import->json)) {
		if (size == sizeof(import->done)) {
			refuse(import, WHY_MANY);
			json_line_fail(&import->json, JSON_LINE_NUMBER);
			return;
		}
		struct record_id id = take_id(import, &import_rule_intervention);
		memcpy(import->done + size, id.bytes, SCHEMA_SHORT_BYTES);
		size += SCHEMA_SHORT_BYTES;
	}
	if (size)
		put(record, VISIT_DONE)->bytes = span_of(import->done, size);
}

/* Puts a measure in its place; they are stored ascending. */
static bool insert_measure(struct import *import, uint32_t count, struct schema_measure measure)
{
	uint32_t at = count;
	for (; at > 0 && import->measures[at - 1].vital >= measure.vital; at--) {
		if (import->measures[at - 1].vital == measure.vital)
			return false;
		import->measures[at] = import->measures[at - 1];
	}
	import->measures[at] = measure;
	return true;
}

static void take_vitals(struct import *import, struct schema_record *record)
{
	uint32_t count = 0;
	struct span key;
	json_line_object(&import->json);
	while (json_line_key(&import->json, &key)) {
		const struct schema_vital *vital = schema_vital_named(key);
		if (!vital || count == SCHEMA_VITALS_MAX) {
			refuse(import, vital ? WHY_MANY : WHY_UNKNOWN_KEY);
			json_line_fail(&import->json, JSON_LINE_TYPE);
			return;
		}
		int64_t value = json_line_decimal(&import->json, vital->scale);
		if (value < INT32_MIN || value > INT32_MAX)
			refuse(import, WHY_NUMBER);
		else if (!insert_measure(
		                 import, count++, (struct schema_measure){vital->number, (int32_t)value}))
			refuse(import, WHY_TWICE);
		if (import->why)
			json_line_fail(&import->json, JSON_LINE_TYPE);
	}
	if (count) {
		struct schema_value *value = put(record, VISIT_VITALS);
		value->measures = import->measures;
		value->measure_count = count;
	}
}

static void take_author(struct import *import)
{
	int64_t number = json_line_integer(&import->json);
	if (number < 0 || number >= AUTHORS_MAX) {
		refuse(import, WHY_NUMBER);
		return;
	}
	struct person_id *author = &import->authors[number];
	if (person_id_is_zero(author)) {
		char source[8];
		int size = snprintf(source, sizeof(source), "n%02d", (int)number);
		*author = person_of(
		        find_id(import, &import_rules[IMPORT_NURSE], span_of(source, (size_t)size)));
	}
	import->line.author = *author;
}

static void take_moment(struct import *import, int64_t *out)
{
	*out = json_line_integer(&import->json);
	if (*out < 0 || *out > LOT_SECONDS_MAX)
		refuse(import, WHY_NUMBER);
}

static void take_field_value(struct import *import)
{
	struct json_line *json = &import->json;
	while (json->at < json->end && *json->at == ' ')
		json->at++;
	import->field_is_text = json->at < json->end && *json->at == '"';
	if (import->field_is_text)
		import->field_text = json_line_text(json);
	else
		import->field_number = json_line_integer(json);
}

/* --- Objects --- */

static void take_intervention(struct import *import);

static void take_interventions(struct import *import)
{
	json_line_array(&import->json);
	while (json_line_item(&import->json)) {
		if (import->record_count == RECORDS_MAX - 1) { /* the rating needs one */
			refuse(import, WHY_MANY);
			json_line_fail(&import->json, JSON_LINE_NUMBER);
			return;
		}
		take_intervention(import);
	}
}

static void take_value(struct import *import, const struct import_rule *type, const struct import_key *rule,
        struct schema_record *record)
{
	struct record_id id;
	int64_t seconds;
	switch (rule->action) {
	case TAKE_ID:
		id = take_id(import, type);
		*(type == &import_rule_intervention ? &record->id : &import->line.mark) = id;
		break;
	case TAKE_AT:
		take_moment(import, &import->line.at_s);
		break;
	case TAKE_BY:
		take_author(import);
		break;
	case TAKE_DOSSIER:
		import->line.doc_id = take_id(import, &import_rules[IMPORT_PATIENT]);
		break;
	case TAKE_PROBLEM:
		import->problem = take_id(import, &import_rules[IMPORT_PROBLEM]);
		break;
	case TAKE_NURSE:
		id = take_id(import, &import_rules[IMPORT_NURSE]);
		import->nurse = person_of(id);
		put_short(record, rule->field, import->nurse.bytes);
		break;
	case TAKE_TEXT:
		take_text(import, record, rule->field);
		break;
	case TAKE_INTEGER:
		put(record, rule->field)->number = json_line_integer(&import->json);
		break;
	case TAKE_DATE:
		take_date(import, record, rule->field);
		break;
	case TAKE_CHOICE:
		take_choice(import, record, rule->field);
		break;
	case TAKE_DOMAIN:
		take_word(import, record, rule->field, import_domains);
		break;
	case TAKE_SEVERITY:
		take_word(import, record, rule->field, import_severities);
		break;
	case TAKE_CATEGORY:
		take_word(import, record, rule->field, import_categories);
		break;
	case TAKE_PLACE:
		take_place(import, record);
		break;
	case TAKE_START:
	case TAKE_END:
		take_moment(import, &seconds);
		if (!import->why)
			put_instant(record, rule->field, seconds);
		break;
	case TAKE_DONE:
		take_done(import, record);
		break;
	case TAKE_VITALS:
		take_vitals(import, record);
		break;
	case TAKE_SCORE:
		import->scores[rule->field - 2] = json_line_integer(&import->json);
		break;
	case TAKE_INTERVENTIONS:
		take_interventions(import);
		break;
	case TAKE_INTERVENTION:
		take_intervention(import);
		break;
	case TAKE_FIELD_NAME:
		import->field_name = json_line_text(&import->json);
		break;
	case TAKE_FIELD_VALUE:
		take_field_value(import);
		break;
	}
}

/* The members of an object whose brace (and, of a line, whose "t") was taken. */
static void take_members(struct import *import, const struct import_rule *type, struct schema_record *record)
{
	uint64_t seen = 0;
	uint32_t next = 0;
	struct span key;
	while (json_line_key(&import->json, &key)) {
		const struct import_key *rule = key.size <= 16 ? import_key_find(type, key, &next) : NULL;
		uint64_t bit = rule ? UINT64_C(1) << (rule - type->keys) : 0;
		if (!rule || (seen & bit))
			refuse(import, rule ? WHY_TWICE : WHY_UNKNOWN_KEY);
		if (import->why)
			return;
		seen |= bit;
		import->key = rule->name;
		take_value(import, type, rule, record);
		if (import->json.error || import->why)
			return;
	}
	if (import->json.error)
		return;
	for (uint32_t i = 0; i < type->key_count && !import->why; i++)
		if (!type->keys[i].is_optional && !(seen >> i & 1)) {
			import->key = type->keys[i].name;
			refuse(import, WHY_MISSING);
		}
}

/* Nested at most once: an intervention's keys hold no objects. */
static void take_intervention(struct import *import)
{
	struct schema_record *record = import->line.type == IMPORT_ADDINT
	        ? &import->records[0]
	        : add_record(import, SCHEMA_INTERVENTION, (struct record_id){{0}});
	if (json_line_object(&import->json))
		take_members(import, &import_rule_intervention, record);
}

static const struct import_rule *take_type(struct import *import)
{
	struct span key;
	bool has_key = json_line_object(&import->json) && json_line_key(&import->json, &key);
	if (import->json.error)
		return NULL;
	if (!has_key || !span_eq(key, span_text("t"))) {
		refuse(import, WHY_NO_TYPE);
		return NULL;
	}
	struct span name = json_line_text(&import->json);
	for (uint32_t i = 0; i < IMPORT_TYPE_COUNT && !import->json.error; i++)
		if (span_eq(name, span_text(import_rules[i].name))) {
			import->line.type = (enum import_type)i;
			return &import_rules[i];
		}
	refuse(import, WHY_UNKNOWN_TYPE);
	return NULL;
}

/* --- The end of a line --- */

static void add_mark(struct import *import)
{
	struct schema_record *mark = add_record(import, SCHEMA_IMPORT_MARK, import->line.mark);
	put_short(mark, MARK_NURSE, import->line.author.bytes);
	put_instant(mark, MARK_AT, import->line.at_s);
}

static void finish_rating(
        struct import *import, struct schema_record *rating, const struct record_id *problem)
{
	put_short(rating, RATING_PROBLEM, problem->bytes);
	put_short(rating, RATING_NURSE, import->line.author.bytes);
	put_instant(rating, RATING_AT, import->line.at_s);
}

static void finish_problem(struct import *import)
{
	const struct record_id *id = &import->records[0].id;
	for (uint32_t i = 1; i < import->record_count; i++)
		put_short(&import->records[i], ITEM_PROBLEM, id->bytes);
	struct schema_record *rating = add_record(import, SCHEMA_RATING, import->line.mark);
	for (uint32_t i = 0; i < sizeof(import->scores) / sizeof(*import->scores); i++)
		put(rating, i + 2)->number = import->scores[i];
	finish_rating(import, rating, id);
}

/* The value of a `set` line, read as its field's type; an empty text takes the field away. */
static void finish_set(struct import *import)
{
	struct schema_record *record = &import->records[0];
	const struct schema_field *field = schema_field_named(record->kind, import->field_name);
	import->key = "value";
	import->edit.cleared_count = 0;
	record->id = import->line.doc_id;
	bool is_text = field &&
	        (field->type == SCHEMA_TEXT || field->type == SCHEMA_DATE || field->type == SCHEMA_ENUM);
	if (!field || (!is_text && field->type != SCHEMA_INT)) {
		import->key = "field";
		refuse(import, WHY_FIELD);
	} else if (is_text != import->field_is_text) {
		refuse(import, WHY_TYPE);
	} else if (is_text && import->field_text.size == 0) {
		if (field->required)
			refuse(import, WHY_FIELD);
		else
			import->edit.cleared[import->edit.cleared_count++] = field;
	} else {
		struct schema_value *value = schema_put(record, field);
		const struct schema_choice *choice = schema_choice_named(field, import->field_text);
		value->bytes = import->field_text;
		value->number = import->field_number;
		if (field->type == SCHEMA_DATE && !moment_day_parse(import->field_text, &value->number))
			refuse(import, WHY_DATE);
		if (field->type == SCHEMA_ENUM && !choice)
			refuse(import, WHY_WORD);
		else if (choice)
			value->number = choice->number;
	}
}

static void finish_line(struct import *import)
{
	struct import_line *line = &import->line;
	struct schema_record *first = &import->records[0];
	line->doc_kind = line->type == IMPORT_NURSE ? SCHEMA_DOC_DIRECTORY : SCHEMA_DOC_DOSSIER;
	if (line->type != IMPORT_ADDINT)
		first->id = line->mark;
	switch (line->type) {
	case IMPORT_NURSE:
		line->doc_id = record_document_id(&import->team, SCHEMA_DOC_DIRECTORY, NULL);
		add_mark(import);
		break;
	case IMPORT_PATIENT:
		line->doc_id = line->mark;
		add_mark(import);
		break;
	case IMPORT_PROBLEM:
		finish_problem(import);
		break;
	case IMPORT_EVAL:
		finish_rating(import, first, &import->problem);
		break;
	case IMPORT_VISIT:
		break;
	case IMPORT_SET:
		finish_set(import);
		add_mark(import);
		break;
	case IMPORT_ADDINT:
		put_short(first, ITEM_PROBLEM, import->problem.bytes);
		add_mark(import);
		break;
	case IMPORT_TYPE_COUNT:
		break;
	}
	line->record_count = import->record_count;
}

static void check_records(struct import *import)
{
	bool is_clearing = import->line.type == IMPORT_SET && import->edit.cleared_count;
	for (uint32_t i = is_clearing; i < import->record_count && !import->why; i++) {
		struct schema_report report = {.count = 0};
		enum schema_check_mode mode = import->line.type == IMPORT_SET && i == 0 ? SCHEMA_CHECK_EDIT
		                                                                        : SCHEMA_CHECK_TAKEN;
		if (!schema_check(&import->records[i], mode, &report))
			continue;
		for (uint32_t j = 0; j < report.count && !import->why; j++)
			if (report.problems[j].code < SCHEMA_PROBLEM_WARNINGS) {
				import->problem_found = report.problems[j];
				import->why = WHY_PROBLEM;
			}
	}
}

/* --- Interface --- */

struct import *import_new(const struct team_id *team)
{
	struct import *import = mem_zero(1, sizeof(*import));
	import->team = *team;
	import->cache = mem_zero(CACHE_ROWS, sizeof(*import->cache));
	import->records = mem_zero(RECORDS_MAX, sizeof(*import->records));
	return import;
}

void import_free(struct import *import)
{
	if (!import)
		return;
	json_line_close(&import->json);
	mem_free(import->cache);
	mem_free(import->records);
	mem_free(import);
}

static bool is_blank(struct span bytes)
{
	for (size_t i = 0; i < bytes.size; i++)
		if (bytes.data[i] != ' ' && bytes.data[i] != '\t' && bytes.data[i] != '\r' &&
		        bytes.data[i] != '\n')
			return false;
	return true;
}

static void read_line(struct import *import, struct span bytes)
{
	json_line_begin(&import->json, bytes);
	const struct import_rule *type = take_type(import);
	if (!type)
		return;
	take_members(import, type, add_record(import, type->kind, (struct record_id){{0}}));
	if (import->why || json_line_end(&import->json))
		return;
	import->key = NULL;
	finish_line(import);
	if (!import->why)
		check_records(import);
}

int import_read(struct import *import, struct span bytes, struct import_line *line)
{
	import->why = WHY_NONE;
	import->key = NULL;
	import->record_count = 0;
	import->line = (struct import_line){0};
	if (bytes.size > LIMIT_IMPORT_LINE_BYTES) {
		import->why = WHY_LONG;
		return ERR_TOOBIG;
	}
	if (is_blank(bytes))
		return IMPORT_EMPTY;
	read_line(import, bytes);
	if (!import->why && import->json.error)
		import->why = (enum import_why)import->json.error; /* the same order */
	if (import->why)
		return import->why == WHY_PROBLEM ? ERR_INVALID : ERR_MALFORMED;
	*line = import->line;
	return 0;
}

const struct schema_record *import_record(const struct import *import, uint32_t index)
{
	return index < import->record_count ? &import->records[index] : NULL;
}

void import_reason(const struct import *import, enum schema_language language, char *out, size_t size)
{
	if (import->why == WHY_PROBLEM) {
		struct buf sentence = {0};
		schema_problem_sentence(&import->problem_found, language, &sentence);
		snprintf(out, size, "%.*s", (int)sentence.size, (const char *)sentence.data);
		buf_close(&sentence);
		return;
	}
	const char *text = import_why_text(import->why, language);
	if (import->key)
		snprintf(out, size, "%s: %s", import->key, text);
	else
		snprintf(out, size, "%s", text);
}

int import_write(const struct import *import, const struct crdt_doc *doc, struct crdt_builder *builder)
{
	int error = 0;
	for (uint32_t i = 0; i < import->record_count && error >= 0; i++) {
		const struct schema_record *record = &import->records[i];
		bool is_edit = doc && record->kind->shape != SCHEMA_EVENT;
		if (!is_edit) {
			if (record->count)
				error = record_write_new(builder, record);
			continue;
		}
		struct record_edit edit = {.record = *record};
		if (import->line.type == IMPORT_SET && i == 0) {
			edit.cleared_count = import->edit.cleared_count;
			edit.cleared[0] = import->edit.cleared[0];
		}
		error = record_write(doc, builder, &edit, NULL, span_text("import"));
	}
	return error < 0 ? error : 0;
}

bool import_next_line(struct span *rest, struct span *line)
{
	const uint8_t *feed = rest->size ? memchr(rest->data, '\n', rest->size) : NULL;
	if (!feed)
		return false;
	*line = span_of(rest->data, (size_t)(feed - rest->data) + 1);
	*rest = span_sub(*rest, line->size, rest->size);
	return true;
}
