/*
 * node/patient/duplicates.h - are two patients perhaps one person? (README.md, "Duplicates")
 *
 * A score of 0 to 100, and why. The same function of the same two heads everywhere. It proposes; a person decides. Pure.
 */
#ifndef NODE_PATIENT_DUPLICATES_H
#define NODE_PATIENT_DUPLICATES_H

#include "node/patient/who.h"

enum {
	PATIENT_LIKELY = 80, /* adding one that is so like another asks first */
	PATIENT_POSSIBLE = 60, /* a pair of two files that are shown to be looked at */
	PATIENT_WORTH_SHOWING = 40, /* while somebody types */
};

/* Why; several at once. Numbers are bits. */
enum patient_reason {
	PATIENT_SAME_INS = 1,
	PATIENT_OTHER_INS = 2,
	PATIENT_SAME_NAMES = 4,
	PATIENT_SIMILAR_NAMES = 8,
	PATIENT_SAME_FIRST_NAME = 16, /* and another family name: a marriage? */
	PATIENT_NAMES_EXCHANGED = 32, /* one's last name is the other's first name */
	PATIENT_SAME_BIRTH = 64,
	PATIENT_BIRTH_EXCHANGED = 128, /* day and month */
	PATIENT_SIMILAR_BIRTH = 256, /* one of day, month and year differs */
	PATIENT_OTHER_BIRTH = 512,
	PATIENT_SAME_PHONE = 1024,
	PATIENT_OTHER_SEX = 2048,
};

struct patient_match {
	unsigned score;
	uint32_t reasons; /* bits of enum patient_reason */
};

struct patient_match patient_compare(const struct patient_who *a, const struct patient_who *b);

/* `typed` is not complete yet: what is not given counts for nothing, the beginning of a name is like the name. */
struct patient_match patient_compare_typed(const struct patient_who *typed, const struct patient_who *with);

/* The sentence of one reason; the index-th of those there are. NULL: past the last. */
const struct schema_label *patient_reason_label(uint32_t reasons, uint32_t index);

#endif
