/* node/schema/rows_medication.h - prescriptions, their lines, and what was given (node/schema/rows.h). Included by tables.c alone. */
#ifndef NODE_SCHEMA_ROWS_MEDICATION_H
#define NODE_SCHEMA_ROWS_MEDICATION_H

#include "node/schema/rows.h"

static const struct schema_choice ROUTE[] = {{1, "oral", {"Orale", "Oral"}},
        {2, "subcutaneous", {"Sous-cutanée", "Subcutaneous"}},
        {3, "intramuscular", {"Intramusculaire", "Intramuscular"}},
        {4, "intravenous", {"Intraveineuse", "Intravenous"}},
        {5, "transdermal", {"Transdermique", "Transdermal"}}, {6, "inhaled", {"Inhalée", "Inhaled"}},
        {7, "eye", {"Oculaire", "Eye"}}, {8, "local", {"Locale", "Topical"}},
        {9, "rectal", {"Rectale", "Rectal"}}, {10, "enteral", {"Sonde", "Enteral tube"}},
        {11, "other", {"Autre", "Other"}}, {0}};
static const struct schema_choice DOSE_OUTCOME[] = {{1, "given", {"Administré", "Given"}},
        {2, "refused", {"Refusé", "Refused"}}, {3, "omitted", {"Non administré", "Omitted"}}, {0}};

/* Never changed: its end is an event (prescriptionStop), its state follows from both. */
static const struct schema_field PRESCRIPTION[] = {
        TEXT(1, "prescriber", FACT, LINE, "Prescripteur", "Prescriber", REQUIRED),
        TEXT(2, "prescriberRpps", FACT, 11, "RPPS du prescripteur", "Prescriber's RPPS",
                .rule = SCHEMA_RULE_RPPS),
        FIELD(3, "date", DATE, FACT, "Date de prescription", "Date of prescription", DAYS, REQUIRED),
        FIELD(4, "validFrom", DATE, FACT, "Valable à partir du", "Valid from", DAYS),
        FIELD(5, "validUntil", DATE, FACT, "Valable jusqu'au", "Valid until", DAYS, .base = 3),
        TEXT(6, "care", FACT, PARAGRAPH, "Soins prescrits", "Care prescribed", OPTIONAL),
        FIELD(7, "ald", BOOL, FACT, "En rapport avec l'ALD", "Related to the long-term illness", OPTIONAL),
        FIELD(8, "renewals", INT, FACT, "Renouvellements", "Renewals", RANGE(0, 99)),
        FIELD(9, "scan", SHORT, FACT, "Original numérisé", "Scan", .ref_kind = SCHEMA_PHOTO),
        REMARK(10, FACT),
};

static const struct schema_field PRESCRIPTION_LINE[] = {
        FIELD(1, "prescription", SHORT, FACT, "Prescription", "Prescription", REQUIRED,
                .ref_kind = SCHEMA_PRESCRIPTION),
        TEXT(2, "drug", FACT, LINE, "Médicament", "Drug", REQUIRED),
        TEXT(3, "cip13", FACT, 13, "Code CIP13", "CIP13 code", .rule = SCHEMA_RULE_CIP13),
        TEXT(4, "dose", FACT, LINE, "Dose", "Dose", REQUIRED),
        TEXT(5, "schedule", FACT, LINE, "Prises", "Schedule", REQUIRED),
        ENUM(6, "route", FACT, ROUTE, "Voie", "Route", OPTIONAL),
        FIELD(7, "from", DATE, FACT, "À partir du", "From", DAYS),
        FIELD(8, "until", DATE, FACT, "Jusqu'au", "Until", DAYS, .base = 7),
        FIELD(9, "ifNeeded", BOOL, FACT, "Si besoin", "If needed", OPTIONAL),
        REMARK(10, FACT),
};

static const struct schema_field PRESCRIPTION_STOP[] = {
        FIELD(1, "prescription", SHORT, FACT, "Prescription", "Prescription", REQUIRED,
                .ref_kind = SCHEMA_PRESCRIPTION),
        FIELD(2, "line", SHORT, FACT, "Ligne seule", "That line alone", .ref_kind = SCHEMA_PRESCRIPTION_LINE),
        FIELD(3, "stoppedOn", DATE, FACT, "Arrêt le", "Stopped on", DAYS, REQUIRED),
        TEXT(4, "by", FACT, LINE, "Décidé par", "Decided by", REQUIRED),
        TEXT(5, "why", FACT, PARAGRAPH, "Motif", "Why", REQUIRED),
};

/* Of two that say the same dose was given both stay. */
static const struct schema_field DOSE[] = {
        FIELD(1, "line", SHORT, FACT, "Ligne de prescription", "Prescription line", REQUIRED,
                .ref_kind = SCHEMA_PRESCRIPTION_LINE),
        ENUM(2, "outcome", FACT, DOSE_OUTCOME, "Administration", "Outcome", REQUIRED),
        MOMENT(3, "at", "Moment", "Moment", REQUIRED),
        TEXT(4, "dose", FACT, LINE, "Dose administrée", "Dose given", OPTIONAL),
        TEXT(5, "why", FACT, PARAGRAPH, "Motif", "Why", OPTIONAL),
        NURSE(6),
        VISITED(7),
};

#endif
