/*
 * The tables of an earlier version of the program, for tests/api/schemas.py: fewer kinds of documents and records, fewer fields, and another
 * class for two of them. Linked in place of node/schema/tables.c, whose macros and labels it uses.
 */
#define schema_table_docs later_docs
#define schema_table_doc_count later_doc_count
#define schema_table_kinds later_kinds
#define schema_table_kind_count later_kind_count
#define schema_table_vitals later_vitals
#define schema_table_vital_count later_vital_count
#include "node/schema/tables.c"
#undef schema_table_docs
#undef schema_table_doc_count
#undef schema_table_kinds
#undef schema_table_kind_count
#undef schema_table_vitals
#undef schema_table_vital_count

const struct schema_doc schema_table_docs[] = {
        {SCHEMA_DOC_DOSSIER, "dossier", COMPARTMENT_CLINICAL, true, {"Dossier", "Dossier"}},
        {SCHEMA_DOC_DIRECTORY, "directory", COMPARTMENT_TEAM, false, {"Annuaire", "Directory"}},
};
const uint32_t schema_table_doc_count = COUNT(schema_table_docs);

const struct schema_vital schema_table_vitals[] = {
        {1, "sys", 0, 60, 260, "mmHg", {"Tension systolique", "Systolic pressure"}},
};
const uint32_t schema_table_vital_count = COUNT(schema_table_vitals);

static const struct schema_field OLD_PATIENT[] = {
        TEXT(1, "lastName", SAFETY, LINE, "Nom utilisé", "Name in use", REQUIRED),
        TEXT(2, "firstName", SAFETY, LINE, "Prénoms", "First names", REQUIRED),
        TEXT(13, "allergies", ORDINARY, PARAGRAPH, "Allergies", "Allergies", OPTIONAL),
        TEXT(21, "phone", ORDINARY, LINE, "Téléphone", "Phone", OPTIONAL),
        TEXT(34, "history", ORDINARY, PARAGRAPH, "Antécédents", "Medical history", OPTIONAL),
};

const struct schema_kind schema_table_kinds[] = {
        KIND(PERSON, "person", DIRECTORY, MANY, PERSON, "Personne", "Person", .is_correction = false),
        KIND(PATIENT, "patient", DOSSIER, ONE, OLD_PATIENT, "Patient", "Patient", .is_correction = false),
        KIND(PROBLEM, "problem", DOSSIER, MANY, PROBLEM, "Problème", "Problem", .is_correction = false),
};
const uint32_t schema_table_kind_count = COUNT(schema_table_kinds);
