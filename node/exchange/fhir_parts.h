/* node/exchange/fhir_parts.h - what the functions share that make resources from records (private to this folder). */
#ifndef NODE_EXCHANGE_FHIR_PARTS_H
#define NODE_EXCHANGE_FHIR_PARTS_H

#include <jansson.h>
#include <stdbool.h>

#include "crdt/base/ids.h"
#include "node/exchange/fhir.h"
#include "node/schema/schema.h"

#define HL7_TERMS "http://terminology.hl7.org/CodeSystem/"
#define LOINC "http://loinc.org"
#define UCUM "http://unitsofmeasure.org"
#define OMAHA FHIR_OWN "omaha"

enum { FHIR_ID_BYTES = 2 * ID_SHORT_BYTES + 1, FHIR_URL_BYTES = 9 + 36 + 1 };

struct fhir {
	const json_t *file;
	const char *patient; /* its id */
	bool is_english; /* the language of labels; French otherwise */
	json_t *entries; /* of the bundle */
	json_t *known; /* "kind:first 12 digits" of a record to the record, "urn:uuid:..." to true, "own:ID" to the kind whose resource has that id, "amended:ID" of a visit
	                  to its amendments, "stops" to the stops of prescriptions */
};

/* ---- Reading records ---- */
const char *fhir_text(const json_t *record, const char *name); /* NULL when absent */
bool fhir_is(const json_t *record, const char *name, const char *value);
json_int_t fhir_number(const json_t *record, const char *name); /* 0 when absent */
/* The record of `kind` in the file that a member names. NULL. */
const json_t *fhir_named(const struct fhir *fhir, const json_t *record, const char *name, const char *kind);
/* The label of a choice; of another value the value. NULL when absent. */
const char *fhir_label(const struct fhir *fhir, const json_t *record, const char *name);
/* The one of the bundle's language. */
const char *fhir_say(const struct fhir *fhir, const char *fr, const char *en);
/* Corrected by another, or a correction that says that it was never so: it counts for nothing any more. */
bool fhir_is_void(const json_t *record);
/* A rhythm in words, French where `is_french`; a rule is spelled out. NULL: there is none. Owner frees with mem_free(). */
char *fhir_rhythm(const json_t *record, bool is_french);
/* The latest author's moment of saving; NULL. */
const char *fhir_saved(const json_t *record);
int64_t fhir_seconds(const char *moment); /* 0: not one */

/* ---- Pieces of resources; NULL where there is nothing to say ---- */
void fhir_set(json_t *object, const char *name, json_t *value); /* takes `value`; NULL leaves it out */
void fhir_add(json_t *object, const char *name, json_t *value); /* into the array of that name */
json_t *fhir_string(const char *text);
json_t *fhir_coding(const char *system, const char *code, const char *display);
json_t *fhir_concept(const char *system, const char *code, const char *display);
json_t *fhir_words(const char *text); /* a concept in words */
json_t *fhir_identifier(const char *system, const char *value);
json_t *fhir_note(const char *text); /* an annotation */
json_t *fhir_period(const char *start, const char *end);
json_t *fhir_quantity(const char *number, const char *unit, const char *code);
json_t *fhir_omaha(const struct fhir *fhir, char kind, json_int_t code,
        const char *text); /* 'P' a problem, 'S' a sign ("SS2601" as text), 'T' a target */

/* ---- References ---- */
void fhir_url(char out[FHIR_URL_BYTES], const char *id); /* of 32 hexadecimal digits */
/* The id of a record's resource: the record's own, unless one of another kind that stands before it in the file has that. */
void fhir_id_of(const struct fhir *fhir, const json_t *record, char out[FHIR_ID_BYTES]);
json_t *fhir_to_record(const struct fhir *fhir, const json_t *record);
/* The id of a resource that is made from what a record says beside the record's own. */
void fhir_derived_id(char out[FHIR_ID_BYTES], const char *base, const char *tag);
json_t *fhir_to_id(const char *id);
json_t *fhir_to_patient(const struct fhir *fhir);
/* To the record that a member names, if it is in the file. */
json_t *fhir_to(const struct fhir *fhir, const json_t *record, const char *name, const char *kind);
json_t *fhir_to_person(const struct fhir *fhir, const char *person); /* first digits of her id */
/* To the one who wrote it, or whom "nurse" names. */
json_t *fhir_to_nurse(const struct fhir *fhir, const json_t *record);
json_t *fhir_to_author(const struct fhir *fhir, const json_t *record);

/* ---- Entries ---- */
/* A resource of this type for the record, with its id, moment and the record itself. Borrowed: fhir_put() or fhir_new() own it. */
json_t *fhir_resource(struct fhir *fhir, const char *type, const json_t *record);
/* One that is derived. */
json_t *fhir_derived(struct fhir *fhir, const char *type, const char *id);
bool fhir_has(const struct fhir *fhir, const char *id); /* an entry with this id was made */

/* ---- What becomes of records (by kind) ---- */
void fhir_people(struct fhir *fhir); /* the team, its people, doctors: first */
bool fhir_of_person(struct fhir *fhir, const json_t *record);
bool fhir_of_care(struct fhir *fhir, const json_t *record);
bool fhir_of_observation(struct fhir *fhir, const json_t *record);
bool fhir_of_medication(struct fhir *fhir, const json_t *record);
bool fhir_of_words(struct fhir *fhir, const json_t *record);
void fhir_care_plan(struct fhir *fhir);
void fhir_care_team(struct fhir *fhir);
void fhir_expected(struct fhir *fhir);
/* A doctor or the like by name and RPPS, made when first named. NULL: neither is known. */
json_t *fhir_to_outsider(struct fhir *fhir, const char *name, const char *rpps);
/* The measures of a visit or of its own record as Observations; appends references to `members` unless NULL. */
void fhir_measures(
        struct fhir *fhir, const json_t *record, const char *member, const char *encounter, json_t *members);

/* Who somebody is, for a bill: names, sex, birth date, an INS that is qualified; names and numbers. NULL: nothing is said. */
void fhir_patient_identity(json_t *out, const json_t *patient);
void fhir_practitioner_identity(json_t *out, const json_t *person);

/* The amendments of a visit, in the order in which they were saved; NULL. And the visit as they leave it; NULL: it did not take place. Owner decrefs. */
const json_t *fhir_amendments(const struct fhir *fhir, const char *visit);
json_t *fhir_visit_now(const struct fhir *fhir, const json_t *visit);

/* A nurse takes this value of a record for wrong, and nobody has confirmed it since. */
bool fhir_is_doubted(const struct fhir *fhir, const json_t *record, const char *vital, const char *value);

/* Remember a file's records by kind and id, amendments by their visit, stops, and doubts. */
void fhir_know(struct fhir *fhir);

/* ---- The record inside a resource (fhir_record.c) ---- */
json_t *fhir_record_extension(const json_t *record);
/* NULL: the resource holds none that is readable. */
json_t *fhir_record_of(const json_t *resource);

#endif
