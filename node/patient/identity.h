/*
 * node/patient/identity.h - what may be typed of an identity, and whether it agrees with itself (README.md, "Identity").
 *
 * Rules for what is typed on this device, of a patient's record; what colleagues wrote counts as it is. Pure.
 */
#ifndef NODE_PATIENT_IDENTITY_H
#define NODE_PATIENT_IDENTITY_H

#include "node/record.h"

/* What follows from an edit without a word: an identity that was validated is provisional again when one of its strict traits, or its INS number, is changed,
 * unless the edit says that it was validated anew. Adds to `edit`. */
void identity_preset(const struct crdt_doc *doc, struct record_edit *edit);

/* Reported by field: a strict trait, or the INS number, is changed without a reason; an identity is validated and lacks strict traits; and, as warnings,
 * that the INS number does not agree with sex, date or commune of birth. `doc` as it is before the edit; other kinds of records are not looked
 * at. */
void identity_check(const struct crdt_doc *doc, const struct record_edit *edit, bool has_reason,
        struct schema_report *report);

/* What an INS number says, and whether it agrees (bits). All that is known of a patient, by field number; fields that are not known agree. */
enum identity_doubt { IDENTITY_SEX = 1, IDENTITY_BIRTH = 2, IDENTITY_COMMUNE = 4 };
uint32_t identity_doubts(const struct schema_record *record);

/* The field that a doubt is about; its problem is SCHEMA_PROBLEM_INS_*. */
void identity_report_doubts(const struct schema_record *record, struct schema_report *report);

#endif
