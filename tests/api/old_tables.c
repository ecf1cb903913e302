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
#include "node/digest/who.h"
#include "node/schema/tables.c"
#undef schema_table_docs
#undef schema_table_doc_count
#undef schema_table_kinds
#undef schema_table_kind_count
#undef schema_table_vitals
#undef schema_table_vital_count

const struct schema_doc schema_table_docs[] = {
        {SCHEMA_DOC_DOSSIER, "dossier", COMPARTMENT_CLINICAL, true, SCHEMA_PER_PATIENT,
                {"Dossier", "Dossier"}},
        {SCHEMA_DOC_DIRECTORY, "directory", COMPARTMENT_TEAM, false, SCHEMA_PER_TEAM,
                {"Annuaire", "Directory"}},
};
const uint32_t schema_table_doc_count = COUNT(schema_table_docs);

const struct schema_vital schema_table_vitals[] = {
        {1, "sys", 0, 60, 260, 20, 350, "mmHg", NULL, {"Tension systolique", "Systolic pressure"}},
};
const uint32_t schema_table_vital_count = COUNT(schema_table_vitals);

static const struct schema_field OLD_PATIENT[] = {
        TEXT(1, "lastName", SAFETY, LINE, "Nom utilisé", "Name in use", REQUIRED),
        TEXT(2, "firstName", SAFETY, LINE, "Prénoms", "First names", REQUIRED),
        TEXT(13, "allergies", ORDINARY, PARAGRAPH, "Allergies", "Allergies", OPTIONAL),
        TEXT(21, "phone", ORDINARY, LINE, "Téléphone", "Phone", OPTIONAL),
        TEXT(34, "history", ORDINARY, PARAGRAPH, "Antécédents", "Medical history", OPTIONAL),
};

static const struct schema_field OLD_PROBLEM[] = {
        FIELD(1, "code", INT, ORDINARY, "Code Omaha", "Omaha code", RANGE(1, 99), REQUIRED),
        TEXT(2, "name", ORDINARY, LINE, "Problème", "Problem", OPTIONAL),
        ENUM(4, "severity", SAFETY, SEVERITY, "Caractère", "Severity", REQUIRED),
        TEXT(5, "signs", NARRATIVE, PARAGRAPH, "Signes et symptômes", "Signs and symptoms", OPTIONAL),
};

const struct schema_kind schema_table_kinds[] = {
        KIND(PERSON, "person", DIRECTORY, MANY, PERSON, "Personne", "Person", TITLE(2, 1)),
        KIND(PATIENT, "patient", DOSSIER, ONE, OLD_PATIENT, "Patient", "Patient", TITLE(1, 2)),
        KIND(PROBLEM, "problem", DOSSIER, MANY, OLD_PROBLEM, "Problème", "Problem", TITLE(2)),
};
const uint32_t schema_table_kind_count = COUNT(schema_table_kinds);

/* What later versions make of dossiers for their lists. */
static const struct digest_part OLD_PARTS[] = {{DIGEST_WHO, 1, "who", digest_who_make}};

const struct digest_part *digest_parts(uint32_t *count)
{
	*count = COUNT(OLD_PARTS);
	return OLD_PARTS;
}
