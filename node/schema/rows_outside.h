/* node/schema/rows_outside.h - what leaves the care: rates, lots, redacted cases, indicators (node/schema/rows.h). Included by tables.c alone. */
#ifndef NODE_SCHEMA_ROWS_OUTSIDE_H
#define NODE_SCHEMA_ROWS_OUTSIDE_H

#include "node/schema/rows.h"

static const struct schema_choice RATE_UNIT[] = {{1, "visit", {"Par visite", "Per visit"}},
        {2, "patient-month", {"Par patient et par mois", "Per patient and month"}}, {0}};
static const struct schema_choice TIES[] = {{1, "half-up", {"Demi-cent vers le haut", "Half up"}},
        {2, "half-even", {"Demi-cent vers le pair", "Half to even"}}, {0}};
static const struct schema_choice AGE[] = {{1, "under-18", {"Moins de 18 ans", "Under 18"}},
        {2, "18-59", {"18 à 59 ans", "18 to 59"}}, {3, "60-69", {"60 à 69 ans", "60 to 69"}},
        {4, "70-79", {"70 à 79 ans", "70 to 79"}}, {5, "80-89", {"80 à 89 ans", "80 to 89"}},
        {6, "90-over", {"90 ans et plus", "90 and over"}}, {0}};

static const struct schema_field RATE_TABLE[] = {
        TEXT(1, "territory", FACT, LINE, "Territoire", "Territory", REQUIRED),
        FIELD(2, "validFrom", DATE, FACT, "Valable à partir du", "Valid from", DAYS, REQUIRED),
        FIELD(3, "centsPerHour", CENTS, FACT, "Tarif horaire (centimes)", "Cents per hour", RANGE(1, 100000),
                REQUIRED),
        ENUM(4, "unit", FACT, RATE_UNIT, "Arrondi", "Rounded per", REQUIRED),
        ENUM(5, "ties", FACT, TIES, "Demi-centimes", "Half cents", REQUIRED),
        FIELD(6, "amoPerMille", INT, FACT, "Part AMO (pour mille)", "AMO share (per mille)", RANGE(0, 1000),
                REQUIRED),
        FIELD(7, "amoAldPerMille", INT, FACT, "Part AMO en ALD (pour mille)", "AMO share in ALD (per mille)",
                RANGE(0, 1000)),
};

static const struct schema_field LOT[] = {
        FIELD(1, "month", INT, FACT, "Mois (AAAAMM)", "Month (YYYYMM)", RANGE(197001, 219912), REQUIRED),
        FIELD(2, "lot", BYTES, FACT, "Lot", "Lot", .max = LIMIT_LOT_BYTES, REQUIRED),
};

/* Of the dossier it is about, a case holds these fields and no others: nothing that names, locates or dates, no text that somebody wrote
 * about the patient. */
static const struct schema_field CASE[] = {
        FIELD(1, "facilitator", REF, ORDINARY, "Facilitateur", "Facilitator", REQUIRED,
                .ref_kind = SCHEMA_PERSON),
        FIELD(2, "until", DATE, ORDINARY, "Consentement jusqu'au", "Consent until", DAYS, REQUIRED),
        ENUM(4, "age", ORDINARY, AGE, "Âge", "Age", OPTIONAL),
        ENUM(5, "sex", ORDINARY, SEX, "Sexe", "Sex", OPTIONAL),
        FIELD(6, "ald", BOOL, ORDINARY, "Affection de longue durée", "Long-term illness (ALD)", OPTIONAL),
        FIELD(7, "gir", INT, ORDINARY, "GIR", "Dependency group (GIR)", RANGE(1, 6)),
        FIELD(8, "months", INT, ORDINARY, "Mois de suivi", "Months followed", RANGE(0, 1200)),
        FIELD(9, "visits", INT, ORDINARY, "Visites", "Visits", RANGE(0, 1000000)),
};

static const struct schema_field CASE_PROBLEM[] = {
        FIELD(1, "code", INT, ORDINARY, "Code Omaha", "Omaha code", RANGE(1, 99), REQUIRED),
        ENUM(2, "severity", ORDINARY, SEVERITY, "Caractère", "Severity", OPTIONAL),
        ENUM(3, "state", ORDINARY, PROBLEM_STATE, "État", "State", OPTIONAL),
        FIELD(4, "ratings", INT, ORDINARY, "Évaluations", "Ratings", RANGE(0, 100000)),
        FIELD(5, "firstKnowledge", INT, ORDINARY, "Connaissances au début", "Knowledge at first",
                RANGE(1, 5)),
        FIELD(6, "firstBehaviour", INT, ORDINARY, "Comportement au début", "Behaviour at first", RANGE(1, 5)),
        FIELD(7, "firstStatus", INT, ORDINARY, "Statut au début", "Status at first", RANGE(1, 5)),
        FIELD(8, "lastKnowledge", INT, ORDINARY, "Connaissances à présent", "Knowledge now", RANGE(1, 5)),
        FIELD(9, "lastBehaviour", INT, ORDINARY, "Comportement à présent", "Behaviour now", RANGE(1, 5)),
        FIELD(10, "lastStatus", INT, ORDINARY, "Statut à présent", "Status now", RANGE(1, 5)),
};

static const struct schema_field CASE_CARE[] = {
        ENUM(1, "category", ORDINARY, CATEGORY, "Catégorie", "Category", REQUIRED),
        FIELD(2, "code", INT, ORDINARY, "Code Omaha du problème", "Omaha code of the problem", RANGE(1, 99)),
        FIELD(3, "targetCode", INT, ORDINARY, "Code de la cible", "Target code", RANGE(1, 99)),
        ENUM(4, "state", ORDINARY, ITEM_STATE, "État", "State", OPTIONAL),
};

/* A count that is not there was too small to be shown. */
static const struct schema_field INDICATOR[] = {
        FIELD(1, "month", INT, ORDINARY, "Mois (AAAAMM)", "Month (YYYYMM)", RANGE(197001, 219912), REQUIRED),
        FIELD(2, "patients", INT, ORDINARY, "Patients vus", "Patients seen", RANGE(11, 1000000)),
        FIELD(3, "visits", INT, ORDINARY, "Visites", "Visits", RANGE(11, 100000000)),
        FIELD(4, "hours", INT, ORDINARY, "Heures auprès des patients", "Hours with patients",
                RANGE(1, 100000000)),
        TEXT(5, "definition", ORDINARY, PARAGRAPH, "Définition", "Definition", REQUIRED),
        TEXT(6, "source", ORDINARY, LINE, "Calculé à partir de", "Computed from", OPTIONAL),
};

/* What may be shown of a period's indicators (node/indicators/published.h). */
static const struct schema_field AGGREGATE[] = {
        FIELD(1, "month", INT, ORDINARY, "Premier mois (AAAAMM)", "First month (YYYYMM)",
                RANGE(197001, 219912), REQUIRED),
        FIELD(2, "months", INT, ORDINARY, "Durée en mois", "Length in months", RANGE(1, 12), REQUIRED),
        FIELD(3, "tables", BYTES, ORDINARY, "Tableaux", "Tables", .max = AGGREGATE_BYTES, REQUIRED),
        TEXT(4, "territory", ORDINARY, LINE, "Territoire", "Territory", OPTIONAL),
};

/* What a written indicator was computed from: how far each feed went. Facilitators read its hash, nurses this (node/indicators/README.md, section 6). */
static const struct schema_field INDICATOR_SOURCE[] = {
        FIELD(1, "hash", BYTES, FACT, "Empreinte", "Hash", .max = 16, REQUIRED),
        FIELD(2, "salt", BYTES, FACT, "Sel", "Salt", .max = 16, REQUIRED),
        FIELD(3, "frontier", BYTES, FACT, "Frontière", "Frontier", .max = FRONTIER_BYTES, REQUIRED),
        MOMENT(4, "at", "Moment", "Moment", REQUIRED),
};

/* What the insurer would not pay. */
static const struct schema_field REJECT[] = {
        FIELD(1, "receivedOn", DATE, FACT, "Reçu le", "Received on", DAYS, REQUIRED),
        TEXT(2, "why", FACT, LINE, "Motif", "Why", REQUIRED),
        FIELD(3, "cents", CENTS, FACT, "Montant (centimes)", "Cents", RANGE(0, 100000000)),
        FIELD(4, "patient", REF, FACT, "Patient", "Patient", .ref_kind = SCHEMA_PATIENT),
        FIELD(5, "month", INT, FACT, "Mois facturé (AAAAMM)", "Month billed (YYYYMM)", RANGE(197001, 219912)),
        MISTAKEN(6),
};

#endif
