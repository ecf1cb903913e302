/* node/schema/rows_medication.h - prescriptions, their lines, what was given, what was looked into (node/schema/rows.h). Included by tables.c
 * alone. */
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
static const struct schema_choice DOSE_SLOT[] = {{1, "morning", {"Matin", "Morning"}},
        {2, "noon", {"Midi", "Noon"}}, {3, "evening", {"Soir", "Evening"}},
        {4, "bedtime", {"Coucher", "Bedtime"}}, {0}};
static const struct schema_choice REVIEWED[] = {
        {1, "doses", {"Alerte d'administration", "Alarm about doses"}},
        {2, "lines", {"Lignes en double", "Lines that double one another"}},
        {3, "follow-up-45", {"Suivi à 45 jours", "Follow-up at 45 days"}},
        {4, "follow-up-90", {"Suivi à 90 jours", "Follow-up at 90 days"}}, {0}};

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
        FIELD(11, "renews", SHORT, FACT, "Renouvelle", "Renews", .ref_kind = SCHEMA_PRESCRIPTION),
        MISTAKEN(12),
};

/* The words of "schedule" are kept as they are; what follows from them is node/medication/schedule.h's. */
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
        FIELD(11, "maxPerDay", INT, FACT, "Maximum par jour", "Maximum per day", RANGE(1, 99)),
        MISTAKEN(12),
};

static const struct schema_field PRESCRIPTION_STOP[] = {
        FIELD(1, "prescription", SHORT, FACT, "Prescription", "Prescription", REQUIRED,
                .ref_kind = SCHEMA_PRESCRIPTION),
        FIELD(2, "line", SHORT, FACT, "Ligne seule", "That line alone", .ref_kind = SCHEMA_PRESCRIPTION_LINE),
        FIELD(3, "stoppedOn", DATE, FACT, "Arrêt le", "Stopped on", DAYS, REQUIRED),
        TEXT(4, "by", FACT, LINE, "Décidé par", "Decided by", REQUIRED),
        TEXT(5, "why", FACT, PARAGRAPH, "Motif", "Why", REQUIRED),
        MISTAKEN(6),
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
        ENUM(8, "slot", FACT, DOSE_SLOT, "Prise", "Slot", OPTIONAL),
        FIELD(9, "day", DATE, FACT, "Jour de la prise", "Day of the slot", DAYS),
        MISTAKEN(10),
};

/* A nurse looked into something that the program pointed out, and says what came of it: an alarm is settled so, never by taking something away. */
static const struct schema_field MEDICATION_REVIEW[] = {
        ENUM(1, "about", FACT, REVIEWED, "Porte sur", "About", REQUIRED),
        TEXT(2, "words", FACT, PARAGRAPH, "Constat et suite donnée", "What was found and done", REQUIRED),
        MOMENT(3, "at", "Moment", "Moment", REQUIRED),
        NURSE(4),
        FIELD(5, "doses", SHORTS, FACT, "Administrations concernées", "Doses concerned",
                .ref_kind = SCHEMA_DOSE, .max = SCHEMA_SHORTS_MAX),
        FIELD(6, "lines", SHORTS, FACT, "Lignes concernées", "Lines concerned",
                .ref_kind = SCHEMA_PRESCRIPTION_LINE, .max = SCHEMA_SHORTS_MAX),
        FIELD(7, "prescription", SHORT, FACT, "Prescription", "Prescription",
                .ref_kind = SCHEMA_PRESCRIPTION),
        MISTAKEN(8),
};

#endif
