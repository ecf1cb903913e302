/* Each kind of line is a table of keys; a key's action says how its value is read and where it goes. Keys usually come in the order of
 * the table, so finding one is one comparison. References that need another key (an intervention's problem) are filled in at
 * the end of the line. */
#include "node/import.h"

#include <sodium.h>
#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/calendar.h"
#include "node/json_line.h"
#include "node/record.h"
#include "node/schema/moment.h"

enum action {
	TAKE_ID,
	TAKE_AT,
	TAKE_BY,
	TAKE_DOSSIER, /* the patient that the line is about */
	TAKE_PROBLEM,
	TAKE_NURSE,
	TAKE_TEXT, /* these go to a field of the line's record; an empty text is no value */
	TAKE_INTEGER,
	TAKE_DATE,
	TAKE_CHOICE, /* by the schema's name */
	TAKE_DOMAIN, /* by the file's words */
	TAKE_SEVERITY,
	TAKE_CATEGORY,
	TAKE_PLACE,
	TAKE_START,
	TAKE_END,
	TAKE_DONE,
	TAKE_VITALS,
	TAKE_SCORE, /* of the problem's first rating */
	TAKE_INTERVENTIONS,
	TAKE_INTERVENTION,
	TAKE_FIELD_NAME,
	TAKE_FIELD_VALUE,
};

struct key_rule {
	const char *name;
	enum action action;
	uint8_t field; /* number in the schema */
	bool is_optional;
};

struct type_rule {
	const char *name;
	enum schema_kind_number kind; /* of the line's first record */
	const struct key_rule *keys; /* at most 64 */
	uint32_t key_count;
};

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
	PLACE_OTHER = 7,
};

static const struct key_rule NURSE_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"lastName", TAKE_TEXT, 1, false}, {"firstName", TAKE_TEXT, 2, false},
        {"rpps", TAKE_TEXT, 3, true}, {"phone", TAKE_TEXT, 4, true}};

static const struct key_rule PATIENT_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"civility", TAKE_TEXT, 14, true}, {"lastName", TAKE_TEXT, 1, false},
        {"birthName", TAKE_TEXT, 3, true}, {"firstName", TAKE_TEXT, 2, false}, {"sex", TAKE_CHOICE, 4, true},
        {"birthDate", TAKE_DATE, 5, true}, {"birthPlace", TAKE_TEXT, 6, true}, {"nir", TAKE_TEXT, 8, true},
        {"street", TAKE_TEXT, 16, true}, {"complement", TAKE_TEXT, 17, true},
        {"postcode", TAKE_TEXT, 18, true}, {"town", TAKE_TEXT, 19, true}, {"doorCode", TAKE_TEXT, 20, true},
        {"phone", TAKE_TEXT, 21, true}, {"mobile", TAKE_TEXT, 22, true}, {"email", TAKE_TEXT, 23, true},
        {"contactName", TAKE_TEXT, 24, true}, {"contactLink", TAKE_TEXT, 25, true},
        {"contactPhone", TAKE_TEXT, 26, true}, {"doctor", TAKE_TEXT, 27, true},
        {"doctorPhone", TAKE_TEXT, 28, true}, {"pharmacy", TAKE_TEXT, 29, true},
        {"insurer", TAKE_TEXT, 30, true}, {"allergies", TAKE_TEXT, 13, true}, {"gir", TAKE_INTEGER, 31, true},
        {"lives", TAKE_TEXT, 32, true}, {"keys", TAKE_TEXT, 33, true}, {"history", TAKE_TEXT, 34, true}};

static const struct key_rule PROBLEM_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"patient", TAKE_DOSSIER, 0, false}, {"code", TAKE_INTEGER, 1, false},
        {"name", TAKE_TEXT, 2, true}, {"domain", TAKE_DOMAIN, 3, true}, {"actual", TAKE_SEVERITY, 4, false},
        {"signs", TAKE_TEXT, 5, true}, {"k", TAKE_SCORE, 2, false}, {"b", TAKE_SCORE, 3, false},
        {"s", TAKE_SCORE, 4, false}, {"interventions", TAKE_INTERVENTIONS, 0, true}};

static const struct key_rule EVAL_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"patient", TAKE_DOSSIER, 0, false}, {"problem", TAKE_PROBLEM, 0, false},
        {"k", TAKE_INTEGER, 2, false}, {"b", TAKE_INTEGER, 3, false}, {"s", TAKE_INTEGER, 4, false}};

static const struct key_rule VISIT_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"patient", TAKE_DOSSIER, 0, false},
        {"nurse", TAKE_NURSE, VISIT_NURSE, false}, {"start", TAKE_START, VISIT_START, false},
        {"end", TAKE_END, VISIT_END, false}, {"place", TAKE_PLACE, VISIT_PLACE, true},
        {"done", TAKE_DONE, VISIT_DONE, true}, {"vitals", TAKE_VITALS, VISIT_VITALS, true},
        {"note", TAKE_TEXT, 10, true}};

static const struct key_rule SET_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"patient", TAKE_DOSSIER, 0, false}, {"field", TAKE_FIELD_NAME, 0, false},
        {"value", TAKE_FIELD_VALUE, 0, false}};

static const struct key_rule ADDINT_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"patient", TAKE_DOSSIER, 0, false}, {"problem", TAKE_PROBLEM, 0, false},
        {"int", TAKE_INTERVENTION, 0, false}};

static const struct key_rule INTERVENTION_KEYS[] = {{"id", TAKE_ID, 0, false},
        {"cat", TAKE_CATEGORY, 2, false}, {"target", TAKE_TEXT, 3, false}, {"how", TAKE_TEXT, 6, true}};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
static const struct type_rule TYPES[IMPORT_TYPE_COUNT] = {
        [IMPORT_NURSE] = {"nurse", SCHEMA_PERSON, NURSE_KEYS, COUNT(NURSE_KEYS)},
        [IMPORT_PATIENT] = {"patient", SCHEMA_PATIENT, PATIENT_KEYS, COUNT(PATIENT_KEYS)},
        [IMPORT_PROBLEM] = {"problem", SCHEMA_PROBLEM, PROBLEM_KEYS, COUNT(PROBLEM_KEYS)},
        [IMPORT_EVAL] = {"eval", SCHEMA_RATING, EVAL_KEYS, COUNT(EVAL_KEYS)},
        [IMPORT_VISIT] = {"visit", SCHEMA_VISIT, VISIT_KEYS, COUNT(VISIT_KEYS)},
        [IMPORT_SET] = {"set", SCHEMA_PATIENT, SET_KEYS, COUNT(SET_KEYS)},
        [IMPORT_ADDINT] = {"addint", SCHEMA_INTERVENTION, ADDINT_KEYS, COUNT(ADDINT_KEYS)},
};
static const struct type_rule INTERVENTION_TYPE = {
        "int", SCHEMA_INTERVENTION, INTERVENTION_KEYS, COUNT(INTERVENTION_KEYS)};

/* What the file calls things, and the schema's numbers. */
struct word {
	const char *text;
	uint32_t number;
};
static const struct word DOMAINS[] = {{"environnemental", 1}, {"psychosocial", 2}, {"physiologique", 3},
        {"comportements de santé", 4}, {NULL, 0}};
static const struct word SEVERITIES[] = {{"réel", 1}, {"potentiel", 2}, {"promotion", 3}, {NULL, 0}};
static const struct word CATEGORIES[] = {{"enseignement, conseils", 1}, {"traitements et procédures", 2},
        {"gestion de cas", 3}, {"surveillance", 4}, {NULL, 0}};
static const struct word PLACES[] = {{"domicile", 1}, {"cabinet", 2}, {"résidence autonomie", 3},
        {"EHPAD", 5}, {"téléconsultation", 6}, {NULL, 0}};

/* number, name, French, English */
#define WHY_TABLE(X) \
	X(SYNTAX, "ce n'est pas du JSON", "this is not JSON") \
	X(ENDS, "la ligne est coupée", "the line is cut off") \
	X(UTF8, "un texte n'est pas en UTF-8 valable", "a text is not valid UTF-8") \
	X(TYPE, "la valeur n'est pas du type attendu", "the value is not of the expected type") \
	X(NUMBER, "le nombre est hors limites", "the number is out of bounds") \
	X(EXTRA, "il y a du texte après la fin", "there is text after the end") \
	X(NO_TYPE, "la ligne ne commence pas par « t »", "the line does not begin with “t”") \
	X(UNKNOWN_TYPE, "ce type de ligne n'est pas connu", "this type of line is not known") \
	X(UNKNOWN_KEY, "un champ n'est pas connu", "a field is not known") \
	X(TWICE, "un champ est donné deux fois", "a field is given twice") \
	X(MISSING, "ce champ manque", "this field is missing") \
	X(ID, "ce n'est pas un identifiant", "this is not an identifier") \
	X(WORD, "ce mot n'est pas un des choix", "this word is not one of the choices") \
	X(MANY, "il y a trop d'éléments", "there are too many items") \
	X(DATE, "ce n'est pas une date", "this is not a date") \
	X(LONG, "la ligne est trop longue", "the line is too long") \
	X(FIELD, "ce champ ne peut pas être modifié ainsi", "this field cannot be edited in this way")

enum why {
	WHY_NONE, /* then those of json_line.h, in its order */
#define WHY_ENUM(name, fr, en) WHY_##name,
	WHY_TABLE(WHY_ENUM)
#undef WHY_ENUM
	        WHY_PROBLEM, /* of schema_check() */
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
	enum why why;
	const char *key; /* a key of the tables, or NULL */
	struct schema_problem problem_found;
};

/* --- Ids --- */

struct record_id import_id(const struct team_id *team, const char *type, struct span source)
{
	static const char DOMAIN[] = "releve import 1";
	uint8_t hash[ID_LONG_BYTES];
	struct record_id id;
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const unsigned char *)DOMAIN, sizeof(DOMAIN) - 1);
	crypto_generichash_update(&state, team->bytes, sizeof(team->bytes));
	crypto_generichash_update(&state, (const unsigned char *)type, strlen(type));
	crypto_generichash_update(&state, source.data, source.size);
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(id.bytes, hash, sizeof(id.bytes));
	return id;
}

/* The same through the cache: most ids of a history are named again and again. A collision costs a hash, nothing else. */
static struct record_id find_id(struct import *import, const struct type_rule *type, struct span source)
{
	if (source.size > CACHE_SOURCE_BYTES)
		return import_id(&import->team, type->name, source);
	uint8_t number = (uint8_t)(type == &INTERVENTION_TYPE ? IMPORT_TYPE_COUNT : type - TYPES);
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

static void refuse(struct import *import, enum why why)
{
	if (!import->why)
		import->why = why;
}

static struct record_id take_id(struct import *import, const struct type_rule *type)
{
	struct span source = json_line_text(&import->json);
	if (import->json.error)
		return (struct record_id){{0}};
	if (source.size == 0 || source.size > SOURCE_ID_BYTES_MAX) {
		refuse(import, WHY_ID);
		return (struct record_id){{0}};
	}
	return find_id(import, type, source);
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

static uint32_t word_number(const struct word *words, struct span text)
{
	while (words->text && !span_eq(span_text(words->text), text))
		words++;
	return words->number;
}

static void take_word(
        struct import *import, struct schema_record *record, uint32_t field, const struct word *words)
{
	uint32_t number = word_number(words, json_line_text(&import->json));
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

/* A place that is not a choice is kept in words. */
static void take_place(struct import *import, struct schema_record *record)
{
	struct span text = json_line_text(&import->json);
	uint32_t number = word_number(PLACES, text);
	if (text.size == 0)
		return;
	put(record, VISIT_PLACE)->number = number ? number : PLACE_OTHER;
	if (!number)
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
		struct record_id id = take_id(import, &INTERVENTION_TYPE);
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
		*author = person_of(find_id(import, &TYPES[IMPORT_NURSE], span_of(source, (size_t)size)));
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

static void take_value(struct import *import, const struct type_rule *type, const struct key_rule *rule,
        struct schema_record *record)
{
	struct record_id id;
	int64_t seconds;
	switch (rule->action) {
	case TAKE_ID:
		id = take_id(import, type);
		*(type == &INTERVENTION_TYPE ? &record->id : &import->line.mark) = id;
		break;
	case TAKE_AT:
		take_moment(import, &import->line.at_s);
		break;
	case TAKE_BY:
		take_author(import);
		break;
	case TAKE_DOSSIER:
		import->line.doc_id = take_id(import, &TYPES[IMPORT_PATIENT]);
		break;
	case TAKE_PROBLEM:
		import->problem = take_id(import, &TYPES[IMPORT_PROBLEM]);
		break;
	case TAKE_NURSE:
		id = take_id(import, &TYPES[IMPORT_NURSE]);
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
		take_word(import, record, rule->field, DOMAINS);
		break;
	case TAKE_SEVERITY:
		take_word(import, record, rule->field, SEVERITIES);
		break;
	case TAKE_CATEGORY:
		take_word(import, record, rule->field, CATEGORIES);
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

/* The rule of a key; `*next` is where it probably is. */
static const struct key_rule *find_key(const struct type_rule *type, struct span key, uint32_t *next)
{
	for (uint32_t i = 0; i < type->key_count; i++) {
		uint32_t at = (*next + i) % type->key_count;
		const char *name = type->keys[at].name;
		if (strncmp(name, (const char *)key.data, key.size) == 0 && name[key.size] == '\0') {
			*next = at + 1;
			return &type->keys[at];
		}
	}
	return NULL;
}

/* The members of an object whose brace (and, of a line, whose "t") was taken. */
static void take_members(struct import *import, const struct type_rule *type, struct schema_record *record)
{
	uint64_t seen = 0;
	uint32_t next = 0;
	struct span key;
	while (json_line_key(&import->json, &key)) {
		const struct key_rule *rule = key.size <= 16 ? find_key(type, key, &next) : NULL;
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
		take_members(import, &INTERVENTION_TYPE, record);
}

static const struct type_rule *take_type(struct import *import)
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
		if (span_eq(name, span_text(TYPES[i].name))) {
			import->line.type = (enum import_type)i;
			return &TYPES[i];
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
	for (uint32_t i = 0; i < COUNT(import->scores); i++)
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
		                                                                        : SCHEMA_CHECK_NEW;
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
	const struct type_rule *type = take_type(import);
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
		import->why = (enum why)import->json.error; /* the same order */
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
	static const char *const FR[] = {"",
#define WHY_FR(name, fr, en) fr,
	        WHY_TABLE(WHY_FR)
#undef WHY_FR
	};
	static const char *const EN[] = {"",
#define WHY_EN(name, fr, en) en,
	        WHY_TABLE(WHY_EN)
#undef WHY_EN
	};
	if (import->why == WHY_PROBLEM) {
		struct buf sentence = {0};
		schema_problem_sentence(&import->problem_found, language, &sentence);
		snprintf(out, size, "%.*s", (int)sentence.size, (const char *)sentence.data);
		buf_close(&sentence);
		return;
	}
	const char *text = (language == SCHEMA_FR ? FR : EN)[import->why];
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
