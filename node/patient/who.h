/*
 * node/patient/who.h - who a patient is, as far as that tells one person from another: names, sex, birth, INS, phones.
 *
 * Pure: read from the head of a dossier, or from what somebody is typing.
 */
#ifndef NODE_PATIENT_WHO_H
#define NODE_PATIENT_WHO_H

#include "crdt/doc.h"
#include "node/calendar.h"
#include "node/patient/names.h"
#include "node/schema/schema.h"

enum {
	PATIENT_PHONES = 3, /* phone, mobile, contact's */
	PATIENT_PHONE_DIGITS = 9, /* the last ones: 06 12 34 56 78 and +33 6 12 34 56 78 are one number */
	PATIENT_INS_CHARACTERS = 13, /* without the key */
};

struct patient_who {
	struct record_id id;
	struct patient_name last, birth,
	        first; /* in use; of birth, empty where it is not known; first names */
	int64_t sex; /* of the schema; 0: not known */
	bool has_birth;
	int32_t year;
	uint32_t month, day;
	char ins[PATIENT_INS_CHARACTERS + 1]; /* empty: none */
	char phones[PATIENT_PHONES][PATIENT_PHONE_DIGITS + 1]; /* empty: none */
};

/* The day of birth. False: it is not known, or is no day that the schema has. */
bool patient_birth_of(const struct schema_record *record, struct calendar_date *out);

/* From the fields of a patient's record. */
void patient_who_of(const struct schema_record *record, struct patient_who *out);

/* Of a dossier: of a field with several values the one that is shown. False: it has no patient. */
bool patient_who_read(const struct crdt_doc *doc, struct patient_who *out);

#endif
