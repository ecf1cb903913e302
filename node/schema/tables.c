/* The rows stand in rows_*.h; here is what they are put together to. */
#include "node/schema/tables.h"

#include "node/schema/rows_care.h"
#include "node/schema/rows_medication.h"
#include "node/schema/rows_outside.h"
#include "node/schema/rows_patient.h"
#include "node/schema/rows_survey.h"
#include "node/schema/rows_team.h"

const struct schema_doc schema_table_docs[] = {
        {SCHEMA_DOC_DOSSIER, "dossier", COMPARTMENT_CLINICAL, true, SCHEMA_PER_PATIENT,
                {"Dossier du patient", "Patient's dossier"}},
        {SCHEMA_DOC_DIRECTORY, "directory", COMPARTMENT_TEAM, false, SCHEMA_PER_TEAM,
                {"Annuaire", "Directory"}},
        {SCHEMA_DOC_TIME, "time", COMPARTMENT_CLINICAL, false, SCHEMA_PER_PERSON,
                {"Temps non facturé", "Time not billed"}},
        {SCHEMA_DOC_RATES, "rates", COMPARTMENT_BILLING, false, SCHEMA_PER_TEAM, {"Tarifs", "Rates"}},
        {SCHEMA_DOC_LEDGER, "ledger", COMPARTMENT_BILLING, false, SCHEMA_PER_TEAM,
                {"Lots de facturation", "Invoice lots"}},
        {SCHEMA_DOC_PRACTICE, "practice", COMPARTMENT_TEAM, false, SCHEMA_PER_TEAM,
                {"Vie d'équipe", "Team life"}},
        {SCHEMA_DOC_THREAD, "thread", COMPARTMENT_MESSAGE, true, SCHEMA_PER_ITSELF,
                {"Fil de messages", "Message thread"}},
        {SCHEMA_DOC_PLANNING, "planning", COMPARTMENT_TEAM, false, SCHEMA_PER_TEAM, {"Absences", "Absences"}},
        {SCHEMA_DOC_MINUTES, "minutes", COMPARTMENT_CLINICAL, true, SCHEMA_PER_ITSELF,
                {"Compte rendu", "Minutes"}},
        {SCHEMA_DOC_INDICATORS, "indicators", COMPARTMENT_AGGREGATE, false, SCHEMA_PER_TEAM,
                {"Indicateurs", "Indicators"}},
        {SCHEMA_DOC_SHARES, "shares", COMPARTMENT_TEAM, false, SCHEMA_PER_TEAM,
                {"Dossiers partagés", "Dossiers shared"}},
        {SCHEMA_DOC_CASE, "case", COMPARTMENT_AGGREGATE, true, SCHEMA_PER_ITSELF,
                {"Cas anonymisé", "Redacted case"}},
        {SCHEMA_DOC_SOURCES, "sources", COMPARTMENT_CLINICAL, false, SCHEMA_PER_TEAM,
                {"Sources des indicateurs", "Sources of indicators"}},
        {SCHEMA_DOC_SURVEY, "survey", COMPARTMENT_CLINICAL, true, SCHEMA_PER_ITSELF, {"Enquête", "Survey"}},
};
const uint32_t schema_table_doc_count = COUNT(schema_table_docs);

/* Glucose: 180.16 g/mol. A tenth of a mmol/L is 0.018 g/L, more than the hundredth that is kept, so each comes back as it was typed. */
static const struct schema_unit PRESSURE[] = {{"cmHg", 1, 1, 1, false}, {0}};
static const struct schema_unit GLUCOSE[] = {
        {"mmol/L", 1, 18016, 10000, true}, {"mg/dL", 0, 1, 1, false}, {0}};
static const struct schema_unit WEIGHT[] = {{"g", 0, 1, 100, false}, {0}};
static const struct schema_unit HEIGHT[] = {{"m", 3, 1, 1, false}, {0}};
static const struct schema_unit URINE[] = {{"L/24 h", 3, 1, 1, false}, {0}};
static const struct schema_unit LENGTH[] = {{"mm", 0, 1, 1, false}, {0}};

/* Numbers are those of node/schema/README.md; scale 1 is tenths. Usual range, possible range, unit, other units. */
const struct schema_vital schema_table_vitals[] = {
        {1, "sys", 0, 60, 260, 20, 350, "mmHg", PRESSURE, {"Tension systolique", "Systolic pressure"}},
        {2, "dia", 0, 30, 160, 0, 250, "mmHg", PRESSURE, {"Tension diastolique", "Diastolic pressure"}},
        {3, "pulse", 0, 30, 220, 0, 400, "/min", NULL, {"Pouls", "Pulse"}},
        {4, "temp", 1, 320, 430, 150, 460, "°C", NULL, {"Température", "Temperature"}},
        {5, "spo2", 0, 60, 100, 0, 100, "%", NULL, {"Saturation", "Oxygen saturation"}},
        {6, "gluc", 2, 20, 800, 0, 3000, "g/L", GLUCOSE, {"Glycémie capillaire", "Capillary glucose"}},
        {7, "pain", 0, 0, 10, 0, 10, "/10", NULL, {"Douleur (EVA)", "Pain (VAS)"}},
        {8, "kg", 1, 20, 3000, 2, 6500, "kg", WEIGHT, {"Poids", "Weight"}},
        {9, "resp", 0, 6, 60, 0, 120, "/min", NULL, {"Fréquence respiratoire", "Respiratory rate"}},
        {10, "cm", 1, 300, 2300, 150, 2800, "cm", HEIGHT, {"Taille", "Height"}},
        {11, "inr", 1, 5, 100, 1, 300, "", NULL, {"INR", "INR"}},
        {12, "diuresis", 0, 0, 6000, 0, 20000, "mL/24 h", URINE, {"Diurèse", "Urine output"}},
        {13, "ketones", 1, 0, 80, 0, 300, "mmol/L", NULL, {"Cétonémie capillaire", "Capillary ketones"}},
        {14, "waist", 1, 100, 2500, 10, 4000, "cm", LENGTH, {"Périmètre", "Circumference"}},
};
const uint32_t schema_table_vital_count = COUNT(schema_table_vitals);

#define KIND(n, json, document, form, table, french, english, ...) \
	{ \
		.number = SCHEMA_##n, .name = json, .doc = SCHEMA_DOC_##document, .shape = SCHEMA_##form, \
		.fields = table, .field_count = COUNT(table), LABEL(french, english), __VA_ARGS__ \
	}
#define TITLE(...) .title = {__VA_ARGS__}
#define UNTITLED TITLE(0)
#define MADE .is_made = true
#define FORMER .is_made = true, .is_former = true
#define CORRECTION .is_correction = true

const struct schema_kind schema_table_kinds[] = {
        KIND(PERSON, "person", DIRECTORY, MANY, PERSON, "Membre de l'équipe", "Team member", TITLE(2, 1)),
        KIND(PATIENT, "patient", DOSSIER, ONE, PATIENT, "Patient", "Patient", TITLE(1, 2)),
        KIND(PROBLEM, "problem", DOSSIER, MANY, PROBLEM, "Problème", "Problem", TITLE(2), .title_else = 1),
        KIND(INTERVENTION, "intervention", DOSSIER, MANY, INTERVENTION, "Intervention prévue",
                "Care-plan item", TITLE(3)),
        KIND(RATING, "rating", DOSSIER, EVENT, RATING, "Évaluation C/C/S", "KBS rating", UNTITLED),
        KIND(VISIT, "visit", DOSSIER, EVENT, VISIT, "Visite", "Visit", UNTITLED),
        KIND(VISIT_AMENDMENT, "visitAmendment", DOSSIER, EVENT, VISIT_AMENDMENT, "Correction de visite",
                "Visit amendment", CORRECTION),
        KIND(TIME_ENTRY, "timeEntry", TIME, EVENT, TIME_ENTRY, "Temps", "Time entry", UNTITLED),
        KIND(RATE_TABLE, "rateTable", RATES, EVENT, RATE_TABLE, "Tarif", "Rate table", UNTITLED),
        KIND(LOT, "lot", LEDGER, EVENT, LOT, "Lot de facturation", "Invoice lot", MADE),
        KIND(IMPORT_MARK, "importMark", DOSSIER, EVENT, IMPORT_MARK, "Reprise de données", "Import mark",
                MADE),
        KIND(CONSENT, "consent", DOSSIER, EVENT, CONSENT, "Consentement", "Consent", UNTITLED),
        KIND(ALERT, "alert", DOSSIER, MANY, ALERT, "Alerte ou allergie", "Alert or allergy", TITLE(2)),
        KIND(PRESCRIPTION, "prescription", DOSSIER, EVENT, PRESCRIPTION, "Prescription", "Prescription",
                UNTITLED),
        KIND(GOAL, "goal", DOSSIER, MANY, GOAL, "Objectif", "Goal", TITLE(1)),
        KIND(PLANNED_VISIT, "plannedVisit", DOSSIER, MANY, PLANNED_VISIT, "Passage prévu", "Planned visit",
                TITLE(1)),
        KIND(TRANSMISSION, "transmission", DOSSIER, EVENT, TRANSMISSION, "Transmission", "Transmission",
                UNTITLED),
        KIND(DOSE, "dose", DOSSIER, EVENT, DOSE, "Administration", "Administered dose", UNTITLED),
        KIND(PHOTO, "photo", DOSSIER, EVENT, PHOTO, "Photo", "Photo", MADE),
        KIND(CONTACT, "contact", DOSSIER, EVENT, CONTACT, "Contact", "Contact", UNTITLED),
        KIND(PATIENT_LINK, "patientLink", DOSSIER, EVENT, PATIENT_LINK, "Lien entre dossiers",
                "Link between files", MADE),
        KIND(PRACTICE_EVENT, "practiceEvent", PRACTICE, EVENT, PRACTICE_EVENT, "Rencontre ou formation",
                "Practice event", UNTITLED),
        KIND(SURVEY, "survey", DOSSIER, EVENT, SURVEY, "Questionnaire", "Survey", FORMER),
        KIND(MESSAGE, "message", THREAD, EVENT, MESSAGE, "Message", "Message", UNTITLED),
        KIND(DIRECTORY_ENTRY, "directoryEntry", DIRECTORY, MANY, DIRECTORY_ENTRY, "Fiche de l'annuaire",
                "Directory entry", TITLE(2, 1)),
        KIND(VITAL, "vital", DOSSIER, EVENT, VITAL, "Constantes", "Vital signs", UNTITLED),
        KIND(SHARE, "share", SHARES, MANY, SHARE, "Partage de dossier", "Sharing of a dossier", MADE),
        KIND(CASE, "case", CASE, ONE, CASE, "Cas anonymisé", "Redacted case", MADE),
        KIND(CASE_PROBLEM, "caseProblem", CASE, MANY, CASE_PROBLEM, "Problème du cas", "Problem of the case",
                MADE),
        KIND(CASE_CARE, "caseCare", CASE, MANY, CASE_CARE, "Intervention du cas", "Care of the case", MADE),
        KIND(INDICATOR, "indicator", INDICATORS, MANY, INDICATOR, "Indicateurs du mois",
                "Indicators of a month", MADE),
        KIND(RETENTION, "retention", DIRECTORY, ONE, RETENTION, "Durées de conservation", "Retention", MADE),
        KIND(PRESCRIPTION_LINE, "prescriptionLine", DOSSIER, EVENT, PRESCRIPTION_LINE,
                "Ligne de prescription", "Prescription line", UNTITLED),
        KIND(PRESCRIPTION_STOP, "prescriptionStop", DOSSIER, EVENT, PRESCRIPTION_STOP,
                "Arrêt de prescription", "Stop of a prescription", UNTITLED),
        KIND(REPLY, "reply", DOSSIER, EVENT, REPLY, "Réponse", "Reply", UNTITLED),
        KIND(READING, "reading", DOSSIER, EVENT, READING, "Lecture", "Reading", UNTITLED),
        KIND(THREAD, "thread", THREAD, ONE, THREAD, "Fil de messages", "Message thread", TITLE(1)),
        KIND(WOUND, "wound", DOSSIER, MANY, WOUND, "Plaie", "Wound", TITLE(2)),
        KIND(WOUND_CHECK, "woundCheck", DOSSIER, EVENT, WOUND_CHECK, "Suivi de plaie", "Wound check",
                UNTITLED),
        KIND(PARTNER, "partner", DOSSIER, MANY, PARTNER, "Aidant ou partenaire", "Carer or partner",
                TITLE(1)),
        KIND(NOTE, "note", DOSSIER, EVENT, NOTE_KIND, "Note", "Note", UNTITLED),
        KIND(PRACTICE_NOTES, "practiceNotes", PRACTICE, MANY, PRACTICE_NOTES, "Notes partagées",
                "Shared notes", TITLE(1)),
        KIND(MINUTES_OF, "minutes", MINUTES, ONE, MINUTES_KIND, "Compte rendu", "Minutes", TITLE(1)),
        KIND(ABSENCE, "absence", PLANNING, MANY, ABSENCE, "Absence", "Absence", UNTITLED),
        KIND(NURSE_SURVEY, "nurseSurvey", PRACTICE, EVENT, NURSE_SURVEY, "Questionnaire de l'infirmière",
                "Nurse's survey", FORMER),
        KIND(TEAM_RULE, "teamRule", PRACTICE, MANY, TEAM_RULE, "Charte ou règle", "Charter or rule",
                TITLE(2)),
        KIND(SIGNATURE, "signature", PRACTICE, EVENT, SIGNATURE, "Signature", "Signature", MADE),
        KIND(MEDICATION_REVIEW, "medicationReview", DOSSIER, EVENT, MEDICATION_REVIEW,
                "Vérification du traitement", "Medication review", UNTITLED),
        KIND(VITAL_LIMIT, "vitalLimit", DOSSIER, MANY, VITAL_LIMIT, "Seuils de surveillance",
                "Limits for this patient", TITLE(3)),
        KIND(VITAL_DOUBT, "vitalDoubt", DOSSIER, EVENT, VITAL_DOUBT, "Avis sur une mesure",
                "Opinion about a measure", UNTITLED),
        KIND(SIGN_OFF, "signOff", DOSSIER, EVENT, SIGN_OFF, "Validation du dossier", "Sign-off of the file",
                MADE),
        KIND(MESSAGE_READING, "messageReading", THREAD, EVENT, MESSAGE_READING, "Lecture de messages",
                "Reading of messages", MADE),
        KIND(OUTCOME, "outcome", DOSSIER, EVENT, OUTCOME_KIND, "Événement du parcours", "Outcome event",
                UNTITLED),
        KIND(AGGREGATE, "aggregate", INDICATORS, MANY, AGGREGATE, "Indicateurs d'une période",
                "Indicators of a period", MADE),
        KIND(INDICATOR_SOURCE, "indicatorSource", SOURCES, EVENT, INDICATOR_SOURCE, "Source d'indicateurs",
                "Source of indicators", MADE),
        KIND(REJECT, "reject", LEDGER, EVENT, REJECT, "Rejet", "Reject", UNTITLED),
        KIND(SURVEY_CAMPAIGN, "surveyCampaign", SURVEY, ONE, SURVEY_CAMPAIGN, "Enquête", "Survey", MADE,
                TITLE(3)),
        KIND(SURVEY_BATCH, "surveyBatch", SURVEY, EVENT, SURVEY_BATCH, "Réponses additionnées",
                "Answers added up", MADE),
        KIND(SURVEY_TEXT, "surveyText", SURVEY, EVENT, SURVEY_TEXT, "Réponse en mots", "Answer in words",
                MADE),
        KIND(SURVEY_RESULT, "surveyResult", INDICATORS, MANY, SURVEY_RESULT, "Résultats d'une enquête",
                "Results of a survey", MADE, TITLE(4)),
        KIND(EXPORT_AGREEMENT, "exportAgreement", PRACTICE, EVENT, EXPORT_AGREEMENT, "Accord pour un export",
                "Agreement to an export", MADE),
        KIND(NURSE_STATUS, "nurseStatus", RATES, EVENT, NURSE_STATUS, "Statut d'une infirmière",
                "Status of a nurse", UNTITLED),
};
const uint32_t schema_table_kind_count = COUNT(schema_table_kinds);
