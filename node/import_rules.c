#include "node/import_rules.h"

#include <sodium.h>

enum {
	VISIT_START = 1,
	VISIT_END = 2,
	VISIT_PLACE = 3,
	VISIT_NURSE = 5,
	VISIT_DONE = 8,
	VISIT_VITALS = 9
}; /* of the schema */

static const struct import_key NURSE_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"lastName", TAKE_TEXT, 1, false}, {"firstName", TAKE_TEXT, 2, false},
        {"rpps", TAKE_TEXT, 3, true}, {"phone", TAKE_TEXT, 4, true}};

static const struct import_key PATIENT_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
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

static const struct import_key PROBLEM_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"patient", TAKE_DOSSIER, 0, false}, {"code", TAKE_INTEGER, 1, false},
        {"name", TAKE_TEXT, 2, true}, {"domain", TAKE_DOMAIN, 3, true}, {"actual", TAKE_SEVERITY, 4, false},
        {"signs", TAKE_TEXT, 5, true}, {"k", TAKE_SCORE, 2, false}, {"b", TAKE_SCORE, 3, false},
        {"s", TAKE_SCORE, 4, false}, {"interventions", TAKE_INTERVENTIONS, 0, true}};

static const struct import_key EVAL_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"patient", TAKE_DOSSIER, 0, false}, {"problem", TAKE_PROBLEM, 0, false},
        {"k", TAKE_INTEGER, 2, false}, {"b", TAKE_INTEGER, 3, false}, {"s", TAKE_INTEGER, 4, false}};

static const struct import_key VISIT_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"patient", TAKE_DOSSIER, 0, false},
        {"nurse", TAKE_NURSE, VISIT_NURSE, false}, {"start", TAKE_START, VISIT_START, false},
        {"end", TAKE_END, VISIT_END, false}, {"place", TAKE_PLACE, VISIT_PLACE, true},
        {"done", TAKE_DONE, VISIT_DONE, true}, {"vitals", TAKE_VITALS, VISIT_VITALS, true},
        {"note", TAKE_TEXT, 10, true}};

static const struct import_key SET_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"patient", TAKE_DOSSIER, 0, false}, {"field", TAKE_FIELD_NAME, 0, false},
        {"value", TAKE_FIELD_VALUE, 0, false}};

static const struct import_key ADDINT_KEYS[] = {{"id", TAKE_ID, 0, false}, {"at", TAKE_AT, 0, false},
        {"by", TAKE_BY, 0, false}, {"patient", TAKE_DOSSIER, 0, false}, {"problem", TAKE_PROBLEM, 0, false},
        {"int", TAKE_INTERVENTION, 0, false}};

static const struct import_key INTERVENTION_KEYS[] = {{"id", TAKE_ID, 0, false},
        {"cat", TAKE_CATEGORY, 2, false}, {"target", TAKE_TEXT, 3, false}, {"how", TAKE_TEXT, 6, true}};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
const struct import_rule import_rules[IMPORT_TYPE_COUNT] = {
        [IMPORT_NURSE] = {"nurse", SCHEMA_PERSON, NURSE_KEYS, COUNT(NURSE_KEYS)},
        [IMPORT_PATIENT] = {"patient", SCHEMA_PATIENT, PATIENT_KEYS, COUNT(PATIENT_KEYS)},
        [IMPORT_PROBLEM] = {"problem", SCHEMA_PROBLEM, PROBLEM_KEYS, COUNT(PROBLEM_KEYS)},
        [IMPORT_EVAL] = {"eval", SCHEMA_RATING, EVAL_KEYS, COUNT(EVAL_KEYS)},
        [IMPORT_VISIT] = {"visit", SCHEMA_VISIT, VISIT_KEYS, COUNT(VISIT_KEYS)},
        [IMPORT_SET] = {"set", SCHEMA_PATIENT, SET_KEYS, COUNT(SET_KEYS)},
        [IMPORT_ADDINT] = {"addint", SCHEMA_INTERVENTION, ADDINT_KEYS, COUNT(ADDINT_KEYS)},
};
const struct import_rule import_rule_intervention = {
        "int", SCHEMA_INTERVENTION, INTERVENTION_KEYS, COUNT(INTERVENTION_KEYS)};

const struct import_word import_domains[] = {{"environnemental", 1}, {"psychosocial", 2},
        {"physiologique", 3}, {"comportements de santé", 4}, {NULL, 0}};
const struct import_word import_severities[] = {{"réel", 1}, {"potentiel", 2}, {"promotion", 3}, {NULL, 0}};
const struct import_word import_categories[] = {{"enseignement, conseils", 1},
        {"traitements et procédures", 2}, {"gestion de cas", 3}, {"surveillance", 4}, {NULL, 0}};
const struct import_word import_places[] = {{"domicile", 1}, {"cabinet", 2}, {"résidence autonomie", 3},
        {"chez la fille", 4}, {"EHPAD", 5}, {"téléconsultation", 6}, {NULL, 0}};

uint32_t import_word_number(const struct import_word *words, struct span text)
{
	while (words->text && !span_eq(span_text(words->text), text))
		words++;
	return words->number;
}

const struct import_key *import_key_find(const struct import_rule *type, struct span key, uint32_t *next)
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
