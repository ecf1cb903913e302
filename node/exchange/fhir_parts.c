#include "node/exchange/fhir_parts.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/omaha/omaha.h"
#include "node/plan/recurrence.h"
#include "node/schema/moment.h"

enum { SHORT_DIGITS = 2 * SCHEMA_SHORT_BYTES };

/* ---- Reading records --------------------------------------------------------------------------------------------- */

const char *fhir_text(const json_t *record, const char *name)
{
	return json_string_value(json_object_get(record, name));
}

bool fhir_is(const json_t *record, const char *name, const char *value)
{
	const char *text = fhir_text(record, name);
	return text && strcmp(text, value) == 0;
}

json_int_t fhir_number(const json_t *record, const char *name)
{
	return json_integer_value(json_object_get(record, name));
}

static const json_t *known(const struct fhir *fhir, const char *kind, const char *id)
{
	char key[64];
	snprintf(key, sizeof(key), "%.24s:%.*s", kind, SHORT_DIGITS, id);
	return json_object_get(fhir->known, key);
}

const json_t *fhir_named(const struct fhir *fhir, const json_t *record, const char *name, const char *kind)
{
	const char *id = fhir_text(record, name);
	return id ? known(fhir, kind, id) : NULL;
}

const char *fhir_label(const struct fhir *fhir, const json_t *record, const char *name)
{
	const char *value = fhir_text(record, name), *kind_name = fhir_text(record, "kind");
	const struct schema_kind *kind = kind_name ? schema_kind_named(span_text(kind_name)) : NULL;
	const struct schema_field *field = kind ? schema_field_named(kind, span_text(name)) : NULL;
	const struct schema_choice *choice = value && field && field->choices
	        ? schema_choice_named(field, span_text(value))
	        : NULL;
	return choice ? fhir_say(fhir, choice->label.fr, choice->label.en) : value;
}

const char *fhir_say(const struct fhir *fhir, const char *fr, const char *en)
{
	return fhir->is_english ? en : fr;
}

const char *fhir_saved(const json_t *record)
{
	return fhir_text(json_array_get(json_object_get(record, "authors"), 0), "saved");
}

bool fhir_is_void(const json_t *record)
{
	return json_is_true(json_object_get(record, "corrected")) ||
	        json_is_true(json_object_get(record, "mistaken"));
}

char *fhir_rhythm(const json_t *record, bool is_french)
{
	const char *text = fhir_text(record, "recurrence");
	struct recurrence rule;
	struct buf said = {0};
	if (!text)
		return NULL;
	if (recurrence_is_rule(span_text(text)) && recurrence_read(span_text(text), &rule) == 0)
		recurrence_words(&rule, is_french ? SCHEMA_FR : SCHEMA_EN, &said);
	else
		buf_add_span(&said, span_text(text));
	char *out = mem_text(buf_span(&said));
	buf_close(&said);
	return out;
}

int64_t fhir_seconds(const char *text)
{
	struct moment moment;
	return text && moment_parse(span_text(text), &moment) ? moment.seconds : 0;
}

/* ---- Pieces ------------------------------------------------------------------------------------------------------ */

void fhir_set(json_t *object, const char *name, json_t *value)
{
	if (value)
		json_object_set_new(object, name, value);
}

void fhir_add(json_t *object, const char *name, json_t *value)
{
	json_t *list = json_object_get(object, name);
	if (!value)
		return;
	if (!list) {
		list = json_array();
		json_object_set_new(object, name, list);
	}
	json_array_append_new(list, value);
}

json_t *fhir_string(const char *text)
{
	return text && *text ? json_string(text) : NULL;
}

json_t *fhir_coding(const char *system, const char *code, const char *display)
{
	json_t *coding = json_pack("{s:s, s:s}", "system", system, "code", code);
	fhir_set(coding, "display", fhir_string(display));
	return coding;
}

json_t *fhir_concept(const char *system, const char *code, const char *display)
{
	if (!code)
		return fhir_words(display);
	json_t *concept = json_pack("{s:[o]}", "coding", fhir_coding(system, code, display));
	fhir_set(concept, "text", fhir_string(display));
	return concept;
}

json_t *fhir_words(const char *text)
{
	return text && *text ? json_pack("{s:s}", "text", text) : NULL;
}

json_t *fhir_identifier(const char *system, const char *value)
{
	return value ? json_pack("{s:s, s:s}", "system", system, "value", value) : NULL;
}

json_t *fhir_note(const char *text)
{
	return text && *text ? json_pack("{s:s}", "text", text) : NULL;
}

json_t *fhir_period(const char *start, const char *end)
{
	json_t *period = json_object();
	fhir_set(period, "start", fhir_string(start));
	fhir_set(period, "end", fhir_string(end));
	if (json_object_size(period))
		return period;
	json_decref(period);
	return NULL;
}

/* Numbers of records are texts with few digits: FHIR_DUMP writes the same digits again. */
json_t *fhir_quantity(const char *number, const char *unit, const char *code)
{
	if (!number)
		return NULL;
	json_t *value = strchr(number, '.') ? json_real(strtod(number, NULL))
	                                    : json_integer(strtoll(number, NULL, 10));
	json_t *quantity = json_pack("{s:o}", "value", value);
	fhir_set(quantity, "unit", fhir_string(unit));
	if (code) {
		json_object_set_new(quantity, "system", json_string(UCUM));
		json_object_set_new(quantity, "code", json_string(code));
	}
	return quantity;
}

json_t *fhir_omaha(const struct fhir *fhir, char kind, json_int_t code, const char *text)
{
	const enum omaha_kind kinds = kind == 'T' ? OMAHA_TARGET : kind == 'S' ? OMAHA_SIGN : OMAHA_PROBLEM;
	char written[OMAHA_CODE_BYTES];
	enum omaha_kind read = kinds;
	uint32_t number = code > 0 && code < 10000 ? (uint32_t)code : 0;
	if (kind == 'S' && (!text || !omaha_read_code(span_text(text), &kinds, &read, &number)))
		return fhir_words(text);
	const struct omaha_term *term = number ? omaha_find(kinds, number) : NULL;
	if (!number)
		return fhir_words(text);
	omaha_write_code(written, kinds, number);
	json_t *concept = fhir_concept(
	        OMAHA, written, term ? omaha_text(&term->label, !fhir->is_english) : NULL);
	if (text && kind != 'S')
		json_object_set_new(concept, "text", json_string(text));
	return concept;
}

/* ---- References -------------------------------------------------------------------------------------------------- */

void fhir_url(char out[FHIR_URL_BYTES], const char *id)
{
	snprintf(out, FHIR_URL_BYTES, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", id, id + 8, id + 12, id + 16,
	        id + 20);
}

void fhir_derived_id(char out[FHIR_ID_BYTES], const char *base, const char *tag)
{
	static const char prefix[] = "releve fhir 1";
	uint8_t id[ID_SHORT_BYTES];
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(id));
	crypto_generichash_update(&state, (const uint8_t *)prefix, sizeof(prefix));
	crypto_generichash_update(&state, (const uint8_t *)base, strlen(base) + 1);
	crypto_generichash_update(&state, (const uint8_t *)tag, strlen(tag) + 1);
	crypto_generichash_final(&state, id, sizeof(id));
	ids_hex(out, id, sizeof(id));
}

json_t *fhir_to_id(const char *id)
{
	char url[FHIR_URL_BYTES];
	fhir_url(url, id);
	return json_pack("{s:s}", "reference", url);
}

json_t *fhir_to_patient(const struct fhir *fhir)
{
	return fhir_to_id(fhir->patient);
}

void fhir_id_of(const struct fhir *fhir, const json_t *record, char out[FHIR_ID_BYTES])
{
	char key[64];
	const char *id = fhir_text(record, "id"), *kind = fhir_text(record, "kind");
	snprintf(key, sizeof(key), "own:%.32s", id);
	const char *owner = fhir_text(fhir->known, key);
	if (owner && kind && strcmp(owner, kind) != 0)
		fhir_derived_id(out, id, kind);
	else
		snprintf(out, FHIR_ID_BYTES, "%s", id);
}

json_t *fhir_to_record(const struct fhir *fhir, const json_t *record)
{
	char id[FHIR_ID_BYTES];
	if (!record)
		return NULL;
	fhir_id_of(fhir, record, id);
	return fhir_to_id(id);
}

json_t *fhir_to(const struct fhir *fhir, const json_t *record, const char *name, const char *kind)
{
	return fhir_to_record(fhir, fhir_named(fhir, record, name, kind));
}

json_t *fhir_to_person(const struct fhir *fhir, const char *person)
{
	return fhir_to_record(fhir, person ? known(fhir, "person", person) : NULL);
}

json_t *fhir_to_author(const struct fhir *fhir, const json_t *record)
{
	return fhir_to_person(
	        fhir, fhir_text(json_array_get(json_object_get(record, "authors"), 0), "person"));
}

json_t *fhir_to_nurse(const struct fhir *fhir, const json_t *record)
{
	json_t *nurse = fhir_to_person(fhir, fhir_text(record, "nurse"));
	return nurse ? nurse : fhir_to_author(fhir, record);
}

/* ---- What is in the file ----------------------------------------------------------------------------------------- */

enum { DOUBT_KEY_BYTES = 96 };

static void doubt_key(char out[DOUBT_KEY_BYTES], const char *id, const char *vital, const char *value)
{
	snprintf(out, DOUBT_KEY_BYTES, "doubt:%.*s:%.30s:%.40s", SHORT_DIGITS, id ? id : "", vital, value);
}

bool fhir_is_doubted(const struct fhir *fhir, const json_t *record, const char *vital, const char *value)
{
	char key[DOUBT_KEY_BYTES];
	doubt_key(key, fhir_text(record, "id"), vital, value);
	return json_is_true(json_object_get(fhir->known, key));
}

/* Records stand in the order of their moments: the last opinion about a value holds. */
static void know_doubt(struct fhir *fhir, const json_t *doubt)
{
	const char *vital = fhir_text(doubt, "vital"), *of = vital ? vital : fhir_text(doubt, "visit"), *name;
	json_t *value;
	char key[DOUBT_KEY_BYTES];
	json_object_foreach(json_object_get(doubt, "measures"), name, value)
	{
		doubt_key(key, of, name, json_is_string(value) ? json_string_value(value) : "");
		json_object_set_new(fhir->known, key, json_boolean(!fhir_is(doubt, "state", "confirmed")));
	}
}

static void know_more(struct fhir *fhir, const json_t *record)
{
	char key[64];
	if (fhir_is(record, "kind", "vitalDoubt") && !fhir_is_void(record))
		know_doubt(fhir, record);
	const char *visit = fhir_text(record, "visit");
	if (fhir_is(record, "kind", "visitAmendment") && visit) {
		snprintf(key, sizeof(key), "amended:%.32s", visit);
		fhir_add(fhir->known, key, json_incref((json_t *)(uintptr_t)record));
	}
	if (fhir_is(record, "kind", "prescriptionStop"))
		fhir_add(fhir->known, "stops", json_incref((json_t *)(uintptr_t)record));
}

void fhir_know(struct fhir *fhir)
{
	static const char *const lists[] = {"people", "entries", "records"};
	json_t *record;
	size_t index;
	char key[64];
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		json_array_foreach(json_object_get(fhir->file, lists[i]), index, record)
		{
			const char *kind = fhir_text(record, "kind"), *id = fhir_text(record, "id");
			if (!kind || !id)
				continue;
			snprintf(key, sizeof(key), "%.24s:%.*s", kind, SHORT_DIGITS, id);
			json_object_set(fhir->known, key, record);
			snprintf(key, sizeof(key), "own:%.32s", id);
			if (!json_object_get(fhir->known, key))
				json_object_set_new(fhir->known, key, json_string(kind));
			know_more(fhir, record);
		}
}

/* ---- Entries ----------------------------------------------------------------------------------------------------- */

static json_t *put(struct fhir *fhir, const char *type, const char *id)
{
	char url[FHIR_URL_BYTES];
	json_t *resource = json_pack("{s:s, s:s}", "resourceType", type, "id", id);
	fhir_url(url, id);
	json_array_append_new(fhir->entries, json_pack("{s:s, s:o}", "fullUrl", url, "resource", resource));
	json_object_set_new(fhir->known, url, json_true());
	return resource;
}

json_t *fhir_derived(struct fhir *fhir, const char *type, const char *id)
{
	return put(fhir, type, id);
}

json_t *fhir_resource(struct fhir *fhir, const char *type, const json_t *record)
{
	char id[FHIR_ID_BYTES];
	fhir_id_of(fhir, record, id);
	json_t *resource = put(fhir, type, id), *meta = json_object();
	fhir_set(meta, "lastUpdated", fhir_string(fhir_saved(record)));
	if (json_object_get(record, "conflicts"))
		fhir_add(meta, "tag",
		        fhir_coding(FHIR_OWN "state", "conflict",
		                "Valeurs contradictoires, aucune n'est choisie"));
	if (json_object_size(meta))
		json_object_set(resource, "meta", meta);
	json_decref(meta);
	fhir_add(resource, "extension", fhir_record_extension(record));
	return resource;
}

bool fhir_has(const struct fhir *fhir, const char *id)
{
	char url[FHIR_URL_BYTES];
	fhir_url(url, id);
	return json_object_get(fhir->known, url) != NULL;
}
