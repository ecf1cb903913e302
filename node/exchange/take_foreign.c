/* Resources of other software, as records: what is safely understood. A prescription is not: it is taken from its original. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/exchange/fhir_parts.h"
#include "node/exchange/take.h"
#include "node/omaha/omaha.h"

static const json_t *first(const json_t *object, const char *name)
{
	return json_array_get(json_object_get(object, name), 0);
}

/* A concept in words: its text, or what its first code is called. */
static const char *words_of(const json_t *concept)
{
	const char *text = fhir_text(concept, "text");
	return text ? text : fhir_text(first(concept, "coding"), "display");
}

static const char *code_of(const json_t *concept, const char *system)
{
	size_t index;
	json_t *coding;
	json_array_foreach(json_object_get(concept, "coding"), index,
	        coding) if (fhir_is(coding, "system", system)) return fhir_text(coding, "code");
	return NULL;
}

static json_t *record_of(const char *kind, const char *patient, const char *url)
{
	char id[FHIR_ID_BYTES];
	fhir_derived_id(id, patient, url);
	return json_pack("{s:s, s:s}", "kind", kind, "id", id);
}

static void put(json_t *record, const char *name, const char *text)
{
	fhir_set(record, name, fhir_string(text));
}

/* ---- Patient ----------------------------------------------------------------------------------------------------- */

static const json_t *name_of(const json_t *patient, const char *use)
{
	size_t index;
	json_t *name;
	json_array_foreach(
	        json_object_get(patient, "name"), index, name) if (fhir_is(name, "use", use)) return name;
	return NULL;
}

static void put_names(json_t *record, const json_t *patient)
{
	const json_t *official = name_of(patient, "official"), *usual = name_of(patient, "usual");
	const json_t *shown = usual ? usual : official ? official : first(patient, "name");
	char given[240] = "";
	size_t index, used = 0;
	json_t *one;
	json_array_foreach(json_object_get(shown, "given"), index, one)
	{
		const char *text = json_string_value(one);
		if (text && used + strlen(text) + 2 < sizeof(given))
			used += (size_t)snprintf(
			        given + used, sizeof(given) - used, "%s%s", used ? " " : "", text);
	}
	put(record, "lastName",
	        fhir_text(shown, "family") ? fhir_text(shown, "family") : fhir_text(shown, "text"));
	put(record, "firstName", *given ? given : "?");
	if (usual && official &&
	        !json_equal(json_object_get(usual, "family"), json_object_get(official, "family")))
		put(record, "birthName", fhir_text(official, "family"));
}

static void put_telecom(json_t *record, const json_t *patient)
{
	size_t index;
	json_t *point;
	json_array_foreach(json_object_get(patient, "telecom"), index, point)
	{
		const char *name = fhir_is(point, "system", "email") ? "email"
		        : fhir_is(point, "use", "mobile")            ? "mobile"
		        : fhir_is(point, "system", "phone")          ? "phone"
		                                                     : NULL;
		if (name && !json_object_get(record, name))
			put(record, name, fhir_text(point, "value"));
	}
}

/* Numbers of identity are not taken: what is not qualified here is typed here (README.md, "Identity"). */
static json_t *patient_of(const json_t *patient, const char *id)
{
	json_t *record = json_pack("{s:s, s:s}", "kind", "patient", "id", id);
	const json_t *address = first(patient, "address");
	put_names(record, patient);
	put(record, "sex",
	        fhir_is(patient, "gender", "female")         ? "F"
	                : fhir_is(patient, "gender", "male") ? "M"
	                : fhir_text(patient, "gender")       ? "I"
	                                                     : NULL);
	const char *birth = fhir_text(patient, "birthDate");
	if (birth && strlen(birth) == 10)
		put(record, "birthDate", birth);
	put(record, "street", json_string_value(json_array_get(json_object_get(address, "line"), 0)));
	put(record, "complement", json_string_value(json_array_get(json_object_get(address, "line"), 1)));
	put(record, "postcode", fhir_text(address, "postalCode"));
	put(record, "town", fhir_text(address, "city"));
	put_telecom(record, patient);
	return record;
}

/* ---- The others -------------------------------------------------------------------------------------------------- */

static json_t *allergy_of(const json_t *allergy, const char *patient, const char *url)
{
	const char *what = words_of(json_object_get(allergy, "code"));
	const json_t *reaction = first(allergy, "reaction");
	const char *verified = code_of(
	        json_object_get(allergy, "verificationStatus"), HL7_TERMS "allergyintolerance-verification");
	const char *status = code_of(
	        json_object_get(allergy, "clinicalStatus"), HL7_TERMS "allergyintolerance-clinical");
	if (!what || (verified && strcmp(verified, "entered-in-error") == 0))
		return NULL;
	json_t *record = record_of("alert", patient, url);
	put(record, "type", fhir_is(allergy, "type", "intolerance") ? "intolerance" : "allergy");
	put(record, "what", what);
	put(record, "state",
	        verified && strcmp(verified, "refuted") == 0      ? "refuted"
	                : status && strcmp(status, "active") != 0 ? "ended"
	                                                          : "active");
	put(record, "severity", fhir_text(reaction, "severity"));
	put(record, "reaction", words_of(first(reaction, "manifestation")));
	return record;
}

static json_t *problem_of(const json_t *condition, const char *patient, const char *url)
{
	const char *code = code_of(json_object_get(condition, "code"), OMAHA);
	const char *status = code_of(
	        json_object_get(condition, "clinicalStatus"), HL7_TERMS "condition-clinical");
	enum omaha_kind kind = OMAHA_PROBLEM, read;
	uint32_t number;
	if (!code || !omaha_read_code(span_text(code), &kind, &read, &number) ||
	        !omaha_find(OMAHA_PROBLEM, number))
		return NULL;
	json_t *record = record_of("problem", patient, url);
	json_object_set_new(record, "code", json_integer(number));
	put(record, "severity", "actual");
	put(record, "state", status && strcmp(status, "active") != 0 ? "closed" : "open");
	return record;
}

/* A measure as it is taken: in the unit and with the digits that the vital has. */
struct measure {
	const char *name, *unit;
	char value[40];
	double said;
	bool is_rounded;
};

static bool measure_of(const json_t *observation, struct measure *out)
{
	static const struct {
		const char *loinc, *name, *unit;
		int scale;
	} rows[] = {{"8867-4", "pulse", "/min", 0}, {"8310-5", "temp", "Cel", 1}, {"59408-5", "spo2", "%", 0},
	        {"2708-6", "spo2", "%", 0}, {"41653-7", "gluc", "g/L", 2}, {"29463-7", "kg", "kg", 1},
	        {"9279-1", "resp", "/min", 0}, {"8302-2", "cm", "cm", 1}, {"8480-6", "sys", "mm[Hg]", 0},
	        {"8462-4", "dia", "mm[Hg]", 0}};
	const json_t *quantity = json_object_get(observation, "valueQuantity"),
	             *number = json_object_get(quantity, "value");
	const char *code = code_of(json_object_get(observation, "code"), LOINC);
	for (size_t i = 0; code && json_is_number(number) && i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].loinc, code) == 0 && fhir_is(quantity, "code", rows[i].unit)) {
			const double amount = json_number_value(number);
			if (!(amount > -1e6 && amount < 1e6))
				return false;
			*out = (struct measure){.name = rows[i].name, .unit = rows[i].unit, .said = amount};
			snprintf(out->value, sizeof(out->value), "%.*f", rows[i].scale, amount);
			const double away = strtod(out->value, NULL) - amount;
			out->is_rounded = away > 1e-9 || away < -1e-9;
			return true;
		}
	return false;
}

/* What was rounded stands beside it as it was said. */
static void put_measure(json_t *measures, struct buf *rounded, const json_t *observation)
{
	struct measure measure;
	char text[100];
	if (!measure_of(observation, &measure))
		return;
	json_object_set_new(measures, measure.name, json_string(measure.value));
	if (!measure.is_rounded)
		return;
	const int size = snprintf(text, sizeof(text), "%s%s %.10g %s", rounded->size ? ", " : "",
	        measure.name, measure.said, measure.unit);
	buf_add(rounded, text, (size_t)size);
}

static void tell_rounded(json_t *record, const json_t *observation, const struct buf *rounded, json_t *told)
{
	const char *id = fhir_text(observation, "id");
	json_object_set_new(record, "context",
	        json_sprintf("original: %.*s", (int)rounded->size, (const char *)rounded->data));
	json_array_append_new(told,
	        json_pack("{s:s, s:s, s:o, s:s, s:s}", "type", "Observation", "id", id ? id : "", "what",
	                json_stringn((const char *)rounded->data, rounded->size), "fr",
	                "Arrondi comme on le note ici ; la valeur d'origine est gardée dans les "
	                "circonstances.",
	                "en",
	                "Rounded to what is noted here; the original value is kept in the circumstances."));
}

static json_t *vital_of(const json_t *observation, const char *patient, const char *url, json_t *told)
{
	const char *at = fhir_text(observation, "effectiveDateTime");
	json_t *measures = json_object(), *component, *record = NULL;
	struct buf rounded = {0};
	size_t index;
	put_measure(measures, &rounded, observation);
	json_array_foreach(json_object_get(observation, "component"), index, component)
	        put_measure(measures, &rounded, component);
	if (at && fhir_seconds(at) > 0 && json_object_size(measures) &&
	        !fhir_is(observation, "status", "entered-in-error")) {
		record = record_of("vital", patient, url);
		json_object_set(record, "measures", measures);
		put(record, "at", at);
		if (rounded.size)
			tell_rounded(record, observation, &rounded, told);
	}
	buf_close(&rounded);
	json_decref(measures);
	return record;
}

static json_t *partner_of(const json_t *person, const char *patient, const char *url)
{
	const json_t *name = first(person, "name");
	char whole[240];
	const char *family = fhir_text(name, "family"), *text = fhir_text(name, "text"),
	           *given = json_string_value(json_array_get(json_object_get(name, "given"), 0));
	if (!text && !family)
		return NULL;
	snprintf(whole, sizeof(whole), "%.100s%s%.100s", given ? given : "", given && family ? " " : "",
	        family ? family : "");
	json_t *record = record_of("partner", patient, url);
	put(record, "name", text ? text : whole);
	put(record, "role", "family");
	put(record, "link", words_of(first(person, "relationship")));
	put(record, "phone", fhir_text(first(person, "telecom"), "value"));
	return record;
}

bool take_foreign(const json_t *resource, const char *patient, const char *url, json_t *records, json_t *told)
{
	static const struct {
		const char *type;
		json_t *(*make)(const json_t *resource, const char *patient, const char *url);
	} rows[] = {
	        {"AllergyIntolerance", allergy_of}, {"Condition", problem_of}, {"RelatedPerson", partner_of}};
	json_t *record = NULL;
	if (fhir_is(resource, "resourceType", "Patient"))
		record = patient_of(resource, patient);
	if (fhir_is(resource, "resourceType", "Observation"))
		record = vital_of(resource, patient, url, told);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (fhir_is(resource, "resourceType", rows[i].type))
			record = rows[i].make(resource, patient, url);
	if (record)
		json_array_append_new(records, record);
	return record != NULL;
}

json_t *take_why_not(const json_t *resource)
{
	if (fhir_is(resource, "resourceType", "MedicationRequest"))
		return json_pack("{s:s, s:s}", "fr",
		        "Une prescription ne se reprend pas d'un fichier : saisissez-la d'après l'original.",
		        "en", "A prescription is not taken from a file: enter it from its original.");
	return json_pack("{s:s, s:s}", "fr",
	        "Ce logiciel ne sait pas reprendre cela : lisez-le dans le fichier.", "en",
	        "This program does not know how to take that: read it in the file.");
}
