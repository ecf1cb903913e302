#include "tests/lib/exchange.h"

#include <stdio.h>
#include <string.h>

#include "node/exchange/fhir.h"
#include "node/schema/schema.h"

#define PERSON "aaaaaaaaaaaa00000000000000000001"
#define ENTRY "bbbbbbbbbbbb00000000000000000001"
enum { ID_TEXT_BYTES = 33 };

/* The n-th record of a kind. The first one of each is the one that others name. A problem's first rating has the problem's id, as an import makes it. */
static void id_of(char out[ID_TEXT_BYTES], uint32_t kind, unsigned number)
{
	if (kind == SCHEMA_RATING && number == 0)
		kind = SCHEMA_PROBLEM;
	if (kind == SCHEMA_PERSON || kind == SCHEMA_DIRECTORY_ENTRY)
		snprintf(out, ID_TEXT_BYTES, "%s", kind == SCHEMA_PERSON ? PERSON : ENTRY);
	else
		snprintf(out, ID_TEXT_BYTES, "%04x%08x%020x", kind, kind == SCHEMA_PATIENT ? 0 : number, 7u);
}

static json_t *reference(const struct schema_field *field, size_t digits)
{
	char id[ID_TEXT_BYTES];
	const struct schema_kind *kind = schema_kind(field->ref_kind);
	if (!kind || (kind->doc != SCHEMA_DOC_DOSSIER && kind->doc != SCHEMA_DOC_DIRECTORY))
		return NULL;
	id_of(id, field->ref_kind, 0);
	return json_stringn(id, digits);
}

static json_t *vitals(void)
{
	json_t *object = json_object();
	char text[24];
	for (uint32_t number = 1; number <= SCHEMA_VITALS_MAX; number++) {
		const struct schema_vital *vital = schema_vital(number);
		if (!vital)
			continue;
		snprintf(
		        text, sizeof(text), vital->scale ? "%d.%d" : "%d", vital->scale ? 36 : vital->max, 8);
		json_object_set_new(object, vital->name, json_string(text));
	}
	return object;
}

static json_t *text_of(const struct schema_field *field)
{
	return field->rule == SCHEMA_RULE_RPPS       ? json_string("10102727017")
	        : field->rule == SCHEMA_RULE_COMMUNE ? json_string("2A004")
	        : field->rule == SCHEMA_RULE_CIP13   ? json_string("3400930000007")
	                                             : json_sprintf("<%s> & 'é'", field->name);
}

/* NULL: nothing can be said there. */
static json_t *value_of(const struct schema_field *field, unsigned choice)
{
	switch (field->type) {
	case SCHEMA_TEXT:
		return text_of(field);
	case SCHEMA_DATE:
		return json_string("2026-03-05");
	case SCHEMA_INSTANT:
		return json_string("2026-03-05T08:00:00+01:00");
	case SCHEMA_AFTER:
		return json_string("2026-03-05T08:30:00+01:00");
	case SCHEMA_INT:
	case SCHEMA_CENTS:
	case SCHEMA_MINUTES:
		return json_integer(field->rule == SCHEMA_RULE_OMAHA_PROBLEM ? 26
		                : field->min > 3                             ? field->min
		                                                             : 3);
	case SCHEMA_DECIMAL:
		return json_string("1.5");
	case SCHEMA_ENUM:
		return json_string(field->choices[choice].name);
	case SCHEMA_REF:
		return reference(field, 32);
	case SCHEMA_SHORT:
		return reference(field, 12);
	case SCHEMA_SHORTS: {
		json_t *one = reference(field, 12);
		return one ? json_pack("[o]", one) : NULL;
	}
	case SCHEMA_CODES:
		return json_pack("[s]", "SS2601");
	case SCHEMA_BOOL:
		return json_true();
	case SCHEMA_VITALS:
		return vitals();
	case SCHEMA_BYTES:
	case SCHEMA_TYPE_COUNT:
		break;
	}
	return NULL;
}

static bool has_choice(const struct schema_field *field, unsigned choice)
{
	for (unsigned i = 0; i <= choice; i++)
		if (field->choices[i].number == 0)
			return false;
	return true;
}

/* A record in which `varied` (NULL: nothing) has its n-th choice. */
static json_t *record_of(
        const struct schema_kind *kind, unsigned number, const struct schema_field *varied, unsigned choice)
{
	char id[ID_TEXT_BYTES];
	id_of(id, kind->number, number);
	json_t *record = json_pack("{s:s, s:s}", "kind", kind->name, "id", id);
	for (uint32_t i = 0; i < kind->field_count; i++) {
		const struct schema_field *field = &kind->fields[i];
		if (strcmp(field->name, "mistaken") == 0)
			continue; /* a correction says so */
		json_t *value = value_of(field, field == varied ? choice : 0);
		if (value)
			json_object_set_new(record, field->name, value);
	}
	if (kind->doc == SCHEMA_DOC_DOSSIER)
		json_object_set_new(record, "authors",
		        json_pack("[{s:s, s:s}]", "person", "aaaaaaaaaaaa", "saved",
		                "2026-03-05T09:00:00+01:00"));
	return record;
}

static void add_kind(json_t *list, const struct schema_kind *kind)
{
	unsigned number = 0;
	json_array_append_new(list, record_of(kind, number++, NULL, 0));
	if (kind->number == SCHEMA_PATIENT)
		return;
	for (uint32_t i = 0; i < kind->field_count; i++)
		for (unsigned choice = 1;
		        kind->fields[i].type == SCHEMA_ENUM && has_choice(&kind->fields[i], choice); choice++)
			json_array_append_new(list, record_of(kind, number++, &kind->fields[i], choice));
}

/* Another transmission, the first one's correction; and two who wrote where they had not seen each other. */
static void add_corrected(json_t *records)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_TRANSMISSION);
	json_t *correction = record_of(kind, 900, NULL, 0), *record;
	char id[ID_TEXT_BYTES], other[ID_TEXT_BYTES], problem[ID_TEXT_BYTES];
	size_t index;
	id_of(id, kind->number, 0);
	id_of(problem, SCHEMA_PROBLEM, 0);
	json_object_set_new(correction, "corrects", json_string(id));
	json_object_set_new(correction, "reason", json_string("erreur de saisie"));
	json_array_append_new(records, correction);
	correction = record_of(schema_kind(SCHEMA_DOSE), 900, NULL, 0);
	id_of(other, SCHEMA_DOSE, 1);
	json_object_set_new(correction, "corrects", json_string(other));
	json_object_set_new(correction, "reason", json_string("autre patient"));
	json_object_set_new(correction, "mistaken", json_true());
	json_array_append_new(records, correction);
	json_array_foreach(records, index, record)
	{
		const char *its = json_string_value(json_object_get(record, "id"));
		if (strcmp(its, id) == 0 || strcmp(its, other) == 0)
			json_object_set_new(record, "corrected", json_true());
		if (strcmp(its, problem) == 0 &&
		        strcmp(json_string_value(json_object_get(record, "kind")), "problem") == 0)
			json_object_set_new(record, "conflicts",
			        json_pack("{s:[s, s]}", "severity", "actual", "potential"));
	}
}

json_t *exchange_every_kind(void)
{
	json_t *file = json_pack("{s:s, s:[], s:[], s:[]}", "team",
	        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "records", "people",
	        "entries");
	json_t *records = json_object_get(file, "records");
	uint32_t count;
	const struct schema_kind *kinds = schema_kinds(&count);
	char id[ID_TEXT_BYTES];
	id_of(id, SCHEMA_PATIENT, 0);
	json_object_set_new(file, "patient", json_string(id));
	for (uint32_t i = 0; i < count; i++)
		if (kinds[i].doc == SCHEMA_DOC_DOSSIER && kinds[i].number != SCHEMA_IMPORT_MARK &&
		        kinds[i].number != SCHEMA_PATIENT_LINK)
			add_kind(records, &kinds[i]);
	add_corrected(records);
	json_array_append_new(
	        json_object_get(file, "people"), record_of(schema_kind(SCHEMA_PERSON), 0, NULL, 0));
	json_array_append_new(
	        json_object_get(file, "entries"), record_of(schema_kind(SCHEMA_DIRECTORY_ENTRY), 0, NULL, 0));
	fhir_sort(file);
	return file;
}
