/*
 * node/schema/schema.h - the one declarative table of what a team records: documents, kinds of records, fields.
 *
 * The interface (JSON names, labels), the importer and the checks share it (README.md lists the numbers). Numbers stand in signed
 * changes: they are never reused or given another meaning. A number that is not listed was written by a later version: it is
 * kept and shown as unknown.
 *
 * Static and read-only: any thread.
 */
#ifndef NODE_SCHEMA_SCHEMA_H
#define NODE_SCHEMA_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/span.h"
#include "store/entry.h"

/* Two texts of the screens. */
struct schema_label {
	const char *fr, *en;
};

/* --- Documents --- */

enum schema_doc_kind {
	SCHEMA_DOC_DOSSIER =
	        1, /* one per patient; its id is the patient's; bodies under the dossier's own secret */
	SCHEMA_DOC_DIRECTORY = 2, /* people and addresses of the team */
	SCHEMA_DOC_TIME = 3, /* one per nurse: time that is not billed */
	SCHEMA_DOC_RATES = 4,
	SCHEMA_DOC_LEDGER = 5, /* invoice lots */
	SCHEMA_DOC_PRACTICE = 6, /* meetings, training, rules: without patients */
	SCHEMA_DOC_THREAD = 7, /* one per thread of messages; bodies under a secret of its own */
	SCHEMA_DOC_INDICATORS = 8, /* monthly counts of the team, for facilitators */
	SCHEMA_DOC_PLANNING = 9, /* who is away; planned visits stand in the dossiers */
	SCHEMA_DOC_SHARES = 10, /* who is given which dossiers, of those who read chosen ones only */
	SCHEMA_DOC_CASE = 11, /* one per redacted copy of a dossier; bodies under a secret of its own */
	SCHEMA_DOC_MINUTES =
	        12, /* one per meeting that spoke of patients; bodies under a secret of its own */
	SCHEMA_DOC_SOURCES = 20, /* what written indicators were computed from */
	SCHEMA_DOC_SURVEY = 21, /* one per campaign of a questionnaire; bodies under a secret of its own */
};

/* How many documents of a kind there are, and so how one is found (README.md, section 1). */
enum schema_per { SCHEMA_PER_TEAM, SCHEMA_PER_PERSON, SCHEMA_PER_PATIENT, SCHEMA_PER_ITSELF };

struct schema_doc {
	enum schema_doc_kind number;
	const char *name;
	enum compartment compartment;
	bool has_dossier_key;
	enum schema_per per;
	struct schema_label label;
};

/* --- Fields --- */

enum schema_type { /* encodings: README.md, section 3 */
	SCHEMA_TEXT, /* UTF-8 in NFC, 1..max bytes */
	SCHEMA_DATE, /* a calendar day, in days since 1970-01-01 */
	SCHEMA_INSTANT, /* seconds since 1970 with the offset of the place in minutes */
	SCHEMA_AFTER, /* an instant stored as the time after field number `base` of the same record */
	SCHEMA_INT, /* min..max */
	SCHEMA_DECIMAL, /* min..max in units of 10^-scale */
	SCHEMA_ENUM, /* a number of `values` */
	SCHEMA_REF, /* a whole record id */
	SCHEMA_SHORT, /* the first SCHEMA_SHORT_BYTES of a record id in the same dossier or directory */
	SCHEMA_SHORTS, /* several of those, at most max */
	SCHEMA_CODES, /* several codes of the Omaha System, at most max; a set of registers alone */
	SCHEMA_BOOL,
	SCHEMA_CENTS, /* euro cents */
	SCHEMA_MINUTES,
	SCHEMA_VITALS, /* measures: number of the vital to scaled value */
	SCHEMA_BYTES, /* opaque, at most max */
	SCHEMA_TYPE_COUNT,
};

/* Decides what the screen does with concurrent values, never what is kept (DESIGN.md, section 4). */
enum schema_class { SCHEMA_SAFETY, SCHEMA_ORDINARY, SCHEMA_NARRATIVE, SCHEMA_FACT };

/* A rule beyond type and range. */
enum schema_rule {
	SCHEMA_RULE_NONE,
	SCHEMA_RULE_NIR, /* 13 characters, or 15 with the key */
	SCHEMA_RULE_RPPS, /* 11 digits; the Luhn digit only warns */
	SCHEMA_RULE_COMMUNE, /* INSEE code: 5 characters, Corsica 2A, 2B */
	SCHEMA_RULE_ADELI, /* 9 characters */
	SCHEMA_RULE_FINESS, /* 9 characters, Luhn */
	SCHEMA_RULE_CIP13, /* 34009 and 8 digits, EAN-13 */
	SCHEMA_RULE_MSSANTE, /* ...@....mssante.fr */
	SCHEMA_RULE_TYPED_STATUS, /* of an identity: what takes an online service is not typed */
	SCHEMA_RULE_OMAHA_PROBLEM, /* codes that the Omaha System has now (node/omaha) */
	SCHEMA_RULE_OMAHA_SIGN,
	SCHEMA_RULE_OMAHA_TARGET,
	SCHEMA_RULE_RECURRENCE, /* words, or a rule that can be planned by (node/plan) */
};

enum {
	SCHEMA_SHORT_BYTES = 6, /* two of a dossier's 200 items share a prefix in one dossier of 10^10 */
	SCHEMA_KIND_MAX = 255, /* an event kind is a byte */
	SCHEMA_FIELDS_MAX = 48, /* fields of one record in use, vitals counted as one */
	SCHEMA_VITALS_MAX = 16,
	SCHEMA_CODE_BYTES = 2, /* of a code in a schema_value; big-endian */
	SCHEMA_CODES_MAX =
	        32, /* signs of one problem: the longest list has 18, and retired ones may stand beside */
	SCHEMA_SHORTS_MAX = 64, /* interventions ticked in one visit; the generator has 4, a plan about 20 */
};

struct schema_choice {
	uint32_t number; /* from 1 */
	const char *name;
	struct schema_label label;
};

struct schema_field {
	uint32_t number; /* from 1, unique in its kind */
	const char *name; /* in JSON */
	enum schema_type type;
	enum schema_class class;
	bool required;
	bool is_set; /* of registers: a set of the document, of which each element is added and removed by itself */
	enum schema_rule rule;
	uint8_t scale; /* SCHEMA_DECIMAL */
	uint32_t
	        base; /* SCHEMA_AFTER: the field it counts from; SCHEMA_DATE: the day that it is not before; 0: none */
	uint32_t ref_kind; /* SCHEMA_REF, _SHORT, _SHORTS: the kind referred to; 0 any */
	int64_t min, max; /* numbers: range; texts and bytes: bytes; SHORTS: items */
	int64_t preset; /* BOOL and ENUM: what absence means; events leave such a value out. 0: none */
	const struct schema_choice *choices; /* SCHEMA_ENUM; ends with number 0 */
	const char *unit; /* of a number, as people write it; NULL: none */
	struct schema_label label;
};

/* --- Kinds of records --- */

enum schema_kind_number {
	SCHEMA_PERSON = 1,
	SCHEMA_PATIENT = 2,
	SCHEMA_PROBLEM = 3,
	SCHEMA_INTERVENTION = 4,
	SCHEMA_RATING = 5,
	SCHEMA_VISIT = 6,
	SCHEMA_VISIT_AMENDMENT = 7,
	SCHEMA_TIME_ENTRY = 8,
	SCHEMA_RATE_TABLE = 9,
	SCHEMA_LOT = 10,
	SCHEMA_IMPORT_MARK = 11,
	SCHEMA_CONSENT = 12,
	SCHEMA_ALERT = 13,
	SCHEMA_PRESCRIPTION = 14,
	SCHEMA_GOAL = 15,
	SCHEMA_PLANNED_VISIT = 16,
	SCHEMA_TRANSMISSION = 17,
	SCHEMA_DOSE = 18,
	SCHEMA_PHOTO = 19,
	SCHEMA_CONTACT = 20,
	SCHEMA_PATIENT_LINK = 21,
	SCHEMA_PRACTICE_EVENT = 22,
	SCHEMA_SURVEY = 23,
	SCHEMA_MESSAGE = 24,
	SCHEMA_DIRECTORY_ENTRY = 25,
	SCHEMA_VITAL = 26,
	SCHEMA_SHARE = 27,
	SCHEMA_CASE = 28,
	SCHEMA_CASE_PROBLEM = 29,
	SCHEMA_CASE_CARE = 30,
	SCHEMA_INDICATOR = 31,
	SCHEMA_RETENTION = 32,
	SCHEMA_PRESCRIPTION_LINE = 33,
	SCHEMA_PRESCRIPTION_STOP = 34,
	SCHEMA_REPLY = 35,
	SCHEMA_READING = 36,
	SCHEMA_THREAD = 37,
	SCHEMA_WOUND = 38,
	SCHEMA_WOUND_CHECK = 39,
	SCHEMA_PARTNER = 40,
	SCHEMA_NOTE = 41,
	SCHEMA_PRACTICE_NOTES = 42,
	SCHEMA_MINUTES_OF = 43,
	SCHEMA_ABSENCE = 44,
	SCHEMA_NURSE_SURVEY = 45,
	SCHEMA_TEAM_RULE = 46,
	SCHEMA_SIGNATURE = 47,
	SCHEMA_MEDICATION_REVIEW = 51,
	SCHEMA_VITAL_LIMIT = 52,
	SCHEMA_VITAL_DOUBT = 53,
	SCHEMA_SIGN_OFF = 61,
	SCHEMA_MESSAGE_READING = 62,
	SCHEMA_OUTCOME = 65,
	SCHEMA_AGGREGATE = 66,
	SCHEMA_INDICATOR_SOURCE = 67,
	SCHEMA_REJECT = 68,
	SCHEMA_SURVEY_CAMPAIGN = 70,
	SCHEMA_SURVEY_BATCH = 71,
	SCHEMA_SURVEY_TEXT = 72,
	SCHEMA_SURVEY_RESULT = 73,
	SCHEMA_EXPORT_AGREEMENT = 74,
	SCHEMA_NURSE_STATUS = 80,
};

enum schema_shape {
	SCHEMA_ONE, /* registers at [kind, field]: one such record per document, its id is the document's */
	SCHEMA_MANY, /* registers at [kind, record id, field] */
	SCHEMA_EVENT, /* an event of kind number `number` */
};

struct schema_kind {
	enum schema_kind_number number; /* the path's first key, or the event kind */
	const char *name;
	enum schema_doc_kind doc;
	enum schema_shape shape;
	bool is_correction; /* an event that must cite another one with a reason */
	bool is_made; /* by a request of its own: the interface takes none as such (README.md, "Who writes") */
	bool is_former; /* what was written stays readable; none is made any more */
	uint8_t title[3]; /* the fields that a record is called by, in the order spoken; 0: no more */
	uint8_t title_else; /* the field when those are not there; 0: none */
	const struct schema_field *fields;
	uint32_t field_count;
	struct schema_label label;
};

/* Another unit that people write a vital in: a value in 10^-scale of it times `up` by `down` is one in 10^-scale of the vital's own. */
struct schema_unit {
	const char *name; /* NULL ends the list */
	uint8_t scale;
	int32_t up, down;
	bool is_rounded; /* the two do not go into one another exactly; otherwise what does not is refused */
};

struct schema_vital {
	uint32_t number;
	const char *name;
	uint8_t scale;
	int32_t min, max; /* what a person alive usually has; outside is shown as suspect and kept */
	int32_t lowest, highest; /* beyond, nothing was measured so: what is typed is refused */
	const char *unit;
	const struct schema_unit *units; /* others; NULL: none */
	struct schema_label label;
};

/* All NULL when there is no such thing. Names are compared byte by byte. */
const struct schema_doc *schema_doc(uint32_t number);
const struct schema_kind *schema_kind(uint32_t number);
const struct schema_kind *schema_kind_named(struct span name);
const struct schema_field *schema_field(const struct schema_kind *kind, uint32_t number);
const struct schema_field *schema_field_named(const struct schema_kind *kind, struct span name);
const struct schema_choice *schema_choice(const struct schema_field *field, uint32_t number);
const struct schema_choice *schema_choice_named(const struct schema_field *field, struct span name);
const struct schema_vital *schema_vital(uint32_t number);
const struct schema_vital *schema_vital_named(struct span name);

/* Every kind, in the order of numbers. */
const struct schema_kind *schema_kinds(uint32_t *count);

/* A number that another version of the table has only if it knows the same kinds of documents and of records, and finds the same moments in
 * them: what an earlier version passed over is read again by one that knows it. Never 0. */
uint64_t schema_mark(void);

/* A number that another version of the table has only if it has the same fields, with the same names, types, classes and choices: what is made of records, and
 * kept, is made again. Never 0. */
uint64_t schema_fields_mark(void);

/* --- Values --- */

/* A measure of a visit, in units of 10^-scale of its vital. */
struct schema_measure {
	uint32_t vital;
	int32_t value;
};

/* A value of a field, decoded: what JSON, an import line and MessagePack have in common. */
struct schema_value {
	const struct schema_field *field;
	int64_t number; /* DATE days, INSTANT and AFTER seconds since 1970, INT, DECIMAL, ENUM, BOOL, CENTS, MINUTES */
	int32_t offset_minutes; /* INSTANT, AFTER */
	struct span bytes; /* TEXT, REF, SHORT, BYTES; SHORTS, CODES: one after the other. Borrowed */
	const struct schema_measure *measures; /* VITALS, ascending by vital. Borrowed */
	uint32_t measure_count;
};

/* A record: fields present, ascending by number. */
struct schema_record {
	const struct schema_kind *kind;
	struct record_id id;
	uint32_t count;
	struct schema_value values[SCHEMA_FIELDS_MAX];
};

/* The value of a field, or NULL when it is absent. */
const struct schema_value *schema_value(const struct schema_record *record, uint32_t field_number);

/* One element of SHORTS or CODES; how many there are. */
size_t schema_element_bytes(enum schema_type type);
uint32_t schema_element_count(const struct schema_value *value);
struct span schema_element(const struct schema_value *value, uint32_t index);

/* A code as it stands in a value of CODES. */
uint32_t schema_code_of(struct span element);
void schema_code_put(uint8_t out[SCHEMA_CODE_BYTES], uint32_t code);

/* Adds an empty value for `field`, keeping the order. Replaces an earlier one. NULL: SCHEMA_FIELDS_MAX reached. */
struct schema_value *schema_put(struct schema_record *record, const struct schema_field *field);

#endif
