/* node/schema/rows_care.h - problems, plan, round, visits and what is observed (node/schema/rows.h). Included by tables.c alone. */
#ifndef NODE_SCHEMA_ROWS_CARE_H
#define NODE_SCHEMA_ROWS_CARE_H

#include "node/plan/recurrence.h"
#include "node/schema/rows.h"

static const struct schema_choice DOMAIN[] = {{1, "environmental", {"Environnement", "Environmental"}},
        {2, "psychosocial", {"Psychosocial", "Psychosocial"}},
        {3, "physiological", {"Physiologique", "Physiological"}},
        {4, "behaviours", {"Comportements liés à la santé", "Health-related behaviours"}}, {0}};
static const struct schema_choice SEVERITY[] = {{1, "actual", {"Réel", "Actual"}},
        {2, "potential", {"Potentiel", "Potential"}},
        {3, "promotion", {"Promotion de la santé", "Health promotion"}}, {0}};
static const struct schema_choice PRIORITY[] = {
        {1, "high", {"Prioritaire", "High"}}, {2, "low", {"Secondaire", "Low"}}, {0}};
static const struct schema_choice SCOPE[] = {{1, "individual", {"Individu", "Individual"}},
        {2, "family", {"Famille", "Family"}}, {3, "community", {"Collectivité", "Community"}}, {0}};
static const struct schema_choice PROBLEM_STATE[] = {
        {1, "open", {"Ouvert", "Open"}}, {2, "closed", {"Clos", "Closed"}}, {0}};
static const struct schema_choice CATEGORY[] = {
        {1, "teaching", {"Enseignement, conseils", "Teaching, guidance and counselling"}},
        {2, "treatment", {"Traitements et procédures", "Treatments and procedures"}},
        {3, "case-management", {"Gestion de cas", "Case management"}},
        {4, "surveillance", {"Surveillance", "Surveillance"}}, {0}};
static const struct schema_choice ITEM_STATE[] = {{1, "active", {"Active", "Active"}},
        {2, "suspended", {"Suspendue", "Suspended"}}, {3, "ended", {"Terminée", "Ended"}}, {0}};
static const struct schema_choice RATED[] = {{1, "patient", {"Patient", "Patient"}},
        {2, "carer", {"Aidant", "Carer"}}, {3, "family", {"Famille", "Family"}}, {0}};
static const struct schema_choice PLACE[] = {{1, "home", {"Domicile", "Home"}},
        {2, "practice", {"Cabinet", "Practice"}},
        {3, "sheltered", {"Résidence autonomie", "Sheltered housing"}},
        {4, "relative", {"Chez un proche", "At a relative's"}}, {5, "care-home", {"EHPAD", "Care home"}},
        {6, "remote", {"Téléconsultation", "Teleconsultation"}}, {7, "other", {"Autre lieu", "Elsewhere"}},
        {0}};
static const struct schema_choice ACTIVITY[] = {{1, "care", {"Soins", "Care"}},
        {2, "assessment", {"Évaluation", "Assessment"}}, {3, "admission", {"Admission", "Admission"}},
        {4, "doubled", {"Passage en binôme", "Doubled visit"}},
        {5, "teleconsultation", {"Téléconsultation accompagnée", "Assisted teleconsultation"}}, {0}};
/* What the times of a visit rest on. */
static const struct schema_choice TIMED[] = {
        {1, "measured", {"Mesurés par l'appareil", "Measured by the device"}},
        {2, "end-given", {"Fin indiquée à la main", "End given by hand"}},
        {3, "given", {"Indiqués à la main", "Given by hand"}}, {0}};
static const struct schema_choice VISIT_OUTCOME[] = {{1, "done", {"Faite", "Done"}},
        {2, "absent", {"Patient absent", "Patient away"}},
        {3, "refused", {"Refusée par le patient", "Refused by the patient"}},
        {4, "hospitalized", {"Patient hospitalisé", "Patient in hospital"}},
        {5, "not-done", {"Non faite, autre raison", "Not done, for another reason"}}, {0}};
static const struct schema_choice FUNDING[] = {{1, "none", {"Non", "No"}},
        {2, "ngap", {"Actes de la nomenclature (NGAP)", "Acts of the nomenclature (NGAP)"}},
        {3, "education", {"Éducation thérapeutique", "Patient education programme"}},
        {4, "other", {"Autre financement", "Other funding"}}, {0}};
static const struct schema_choice PLAN_ACTION[] = {{1, "nursing", {"Soin infirmier", "Nursing care"}},
        {2, "autonomy", {"Autonomie du patient", "Patient's autonomy"}},
        {3, "network", {"Réseau de soins", "Care network"}}, {4, "carers", {"Aidants", "Carers"}},
        {5, "home-safety", {"Sécurité du domicile", "Home safety"}},
        {6, "other", {"Autre action", "Other action"}}, {0}};
static const struct schema_choice OUTCOME[] = {{1, "open", {"En cours", "Open"}},
        {2, "reached", {"Atteint", "Reached"}}, {3, "partly", {"Atteint en partie", "Partly reached"}},
        {4, "not-reached", {"Non atteint", "Not reached"}}, {5, "given-up", {"Abandonné", "Given up"}}, {0}};
static const struct schema_choice PLANNED_STATE[] = {{1, "planned", {"Prévu", "Planned"}},
        {2, "done", {"Fait", "Done"}}, {3, "cancelled", {"Annulé", "Cancelled"}},
        {4, "absent", {"Patient absent", "Patient away"}}, {0}};
static const struct schema_choice URGENCY[] = {{1, "usual", {"Courante", "Usual"}},
        {2, "important", {"Importante", "Important"}}, {3, "urgent", {"Urgente", "Urgent"}}, {0}};
static const struct schema_choice LIMIT_STATE[] = {
        {1, "active", {"En vigueur", "In force"}}, {2, "ended", {"Levé", "Lifted"}}, {0}};
static const struct schema_choice DOUBT_STATE[] = {
        {1, "suspect", {"Douteuse", "Suspect"}}, {2, "confirmed", {"Confirmée", "Confirmed"}}, {0}};
static const struct schema_choice WOUND_TYPE[] = {{1, "pressure", {"Escarre", "Pressure injury"}},
        {2, "leg-ulcer", {"Ulcère de jambe", "Leg ulcer"}},
        {3, "diabetic-foot", {"Pied diabétique", "Diabetic foot"}},
        {4, "surgical", {"Plaie opératoire", "Surgical wound"}}, {5, "burn", {"Brûlure", "Burn"}},
        {6, "traumatic", {"Plaie traumatique", "Traumatic wound"}},
        {7, "tumour", {"Plaie tumorale", "Malignant wound"}}, {8, "stoma", {"Stomie", "Stoma"}},
        {9, "other", {"Autre plaie", "Other wound"}}, {0}};
static const struct schema_choice WOUND_STATE[] = {
        {1, "open", {"Ouverte", "Open"}}, {2, "healed", {"Cicatrisée", "Healed"}}, {0}};
static const struct schema_choice WOUND_STAGE[] = {{1, "stage-1", {"Stade 1", "Stage 1"}},
        {2, "stage-2", {"Stade 2", "Stage 2"}}, {3, "stage-3", {"Stade 3", "Stage 3"}},
        {4, "stage-4", {"Stade 4", "Stage 4"}}, {5, "unstageable", {"Inclassable", "Unstageable"}}, {0}};
static const struct schema_choice TISSUE[] = {{1, "epithelial", {"Épidermisation", "Epithelial"}},
        {2, "granulating", {"Bourgeonnement", "Granulating"}}, {3, "fibrin", {"Fibrine", "Slough"}},
        {4, "necrosis", {"Nécrose", "Necrosis"}},
        {5, "infected", {"Signes d'infection", "Signs of infection"}}, {0}};
static const struct schema_choice EXUDATE[] = {{1, "none", {"Aucun", "None"}}, {2, "low", {"Faible", "Low"}},
        {3, "moderate", {"Modéré", "Moderate"}}, {4, "high", {"Abondant", "High"}}, {0}};
static const struct schema_choice CHANNEL[] = {{1, "phone", {"Téléphone", "Phone"}},
        {2, "mssante", {"MSSanté", "MSSanté"}}, {3, "letter", {"Courrier", "Letter"}},
        {4, "in-person", {"De vive voix", "In person"}},
        {5, "remote", {"Téléconsultation", "Teleconsultation"}},
        {6, "meeting", {"Réunion de concertation", "Case conference"}}, {7, "dmp", {"DMP", "DMP"}},
        {8, "other", {"Autre", "Other"}}, {0}};
static const struct schema_choice DIRECTION[] = {
        {1, "out", {"De l'équipe", "From the team"}}, {2, "in", {"Vers l'équipe", "To the team"}}, {0}};
static const struct schema_choice ANSWERED_BY[] = {
        {1, "patient", {"Patient", "Patient"}}, {2, "carer", {"Aidant", "Carer"}}, {0}};

static const struct schema_choice OUTCOME_EVENT[] = {
        {1, "hospitalization", {"Hospitalisation", "Hospitalization"}},
        {2, "emergency", {"Passage aux urgences", "Emergency visit"}}, {3, "fall", {"Chute", "Fall"}},
        {4, "wound-healed", {"Plaie cicatrisée", "Wound healed"}}, {5, "death", {"Décès", "Death"}}, {0}};
static const struct schema_choice OUTCOME_WHERE[] = {{1, "home", {"Domicile", "Home"}},
        {2, "hospital", {"Établissement de santé", "Hospital"}}, {3, "care-home", {"EHPAD", "Care home"}},
        {4, "other", {"Autre lieu", "Elsewhere"}}, {0}};

static const struct schema_field PROBLEM[] = {
        FIELD(1, "code", INT, ORDINARY, "Code Omaha", "Omaha code", RANGE(1, 99), REQUIRED,
                .rule = SCHEMA_RULE_OMAHA_PROBLEM),
        TEXT(2, "name", ORDINARY, LINE, "Problème", "Problem", OPTIONAL),
        ENUM(3, "domain", ORDINARY, DOMAIN, "Domaine", "Domain", OPTIONAL),
        ENUM(4, "severity", SAFETY, SEVERITY, "Caractère", "Severity", REQUIRED),
        TEXT(5, "signs", NARRATIVE, PARAGRAPH, "Signes et symptômes", "Signs and symptoms", OPTIONAL),
        ENUM(6, "priority", ORDINARY, PRIORITY, "Priorité", "Priority", OPTIONAL),
        ENUM(7, "state", SAFETY, PROBLEM_STATE, "État", "State", .preset = 1),
        ENUM(8, "scope", ORDINARY, SCOPE, "Porte sur", "Scope", .preset = 1),
        FIELD(9, "signCodes", CODES, ORDINARY, "Signes et symptômes codés", "Coded signs and symptoms", SET,
                .max = SCHEMA_CODES_MAX, .rule = SCHEMA_RULE_OMAHA_SIGN),
        FIELD(10, "reassessOn", DATE, ORDINARY, "À réévaluer le", "To be reassessed on", DAYS),
        FIELD(11, "reassessDays", INT, ORDINARY, "Réévaluer tous les (jours)", "Reassess every (days)",
                RANGE(1, 730), .unit = "j"),
};

static const struct schema_field INTERVENTION[] = {
        FIELD(1, "problem", SHORT, ORDINARY, "Problème", "Problem", REQUIRED, .ref_kind = SCHEMA_PROBLEM),
        ENUM(2, "category", ORDINARY, CATEGORY, "Catégorie", "Category", REQUIRED),
        TEXT(3, "target", ORDINARY, LINE, "Cible", "Target", REQUIRED),
        FIELD(4, "targetCode", INT, ORDINARY, "Code de la cible", "Target code", RANGE(1, 99),
                .rule = SCHEMA_RULE_OMAHA_TARGET),
        TEXT(5, "detail", NARRATIVE, PARAGRAPH, "Détail", "Detail", OPTIONAL),
        TEXT(6, "recurrence", SAFETY, RECURRENCE_BYTES_MAX, "Fréquence", "Recurrence",
                .rule = SCHEMA_RULE_RECURRENCE),
        FIELD(7, "assignee", SHORT, ORDINARY, "Confiée à", "Assigned to", .ref_kind = SCHEMA_PERSON),
        ENUM(8, "state", SAFETY, ITEM_STATE, "État", "State", .preset = 1),
        ENUM(9, "action", ORDINARY, PLAN_ACTION, "Nature de l'action", "Kind of action", .preset = 1),
        FIELD(10, "from", DATE, ORDINARY, "À partir du", "From", DAYS),
        FIELD(11, "until", DATE, ORDINARY, "Jusqu'au", "Until", DAYS, .base = 10),
        FIELD(12, "prescription", SHORT, ORDINARY, "Prescription", "Prescription",
                .ref_kind = SCHEMA_PRESCRIPTION),
        FIELD(13, "partner", SHORT, ORDINARY, "Faite par", "Done by", .ref_kind = SCHEMA_PARTNER),
        TEXT(14, "formerRules", ORDINARY, PARAGRAPH, "Fréquences d'avant", "Recurrences before", OPTIONAL),
};

static const struct schema_field GOAL[] = {
        TEXT(1, "words", ORDINARY, PARAGRAPH, "Objectif, dans ses mots", "Goal, in the patient's words",
                REQUIRED),
        FIELD(2, "problem", SHORT, ORDINARY, "Problème", "Problem", .ref_kind = SCHEMA_PROBLEM),
        FIELD(3, "targetDate", DATE, ORDINARY, "Échéance", "Target date", DAYS),
        ENUM(4, "outcome", ORDINARY, OUTCOME, "Résultat", "Outcome", .preset = 1),
        REMARK(5, ORDINARY),
};

#define SCORE(n, json, french, english, ...) \
	FIELD(n, json, INT, FACT, french, english, RANGE(1, 5), __VA_ARGS__)
static const struct schema_field RATING[] = {
        FIELD(1, "problem", SHORT, FACT, "Problème", "Problem", REQUIRED, .ref_kind = SCHEMA_PROBLEM),
        SCORE(2, "knowledge", "Connaissances", "Knowledge", REQUIRED),
        SCORE(3, "behaviour", "Comportement", "Behaviour", REQUIRED),
        SCORE(4, "status", "Statut", "Status", REQUIRED),
        SCORE(5, "expectedKnowledge", "Connaissances visées", "Expected knowledge", OPTIONAL),
        SCORE(6, "expectedBehaviour", "Comportement visé", "Expected behaviour", OPTIONAL),
        SCORE(7, "expectedStatus", "Statut visé", "Expected status", OPTIONAL),
        ENUM(8, "rated", FACT, RATED, "Personne évaluée", "Who was rated", .preset = 1),
        FIELD(9, "visit", SHORT, FACT, "Visite", "Visit", .ref_kind = SCHEMA_VISIT),
        FIELD(10, "nurse", SHORT, FACT, "Infirmière", "Nurse", .ref_kind = SCHEMA_PERSON),
        FIELD(11, "at", INSTANT, FACT, "Moment", "Moment", SECONDS, REQUIRED),
        REMARK(12, FACT),
};

/* What was said of a visit to come: where it stands in the round, and whose it is (node/round). The id of one that the plan gives follows from patient, `day` and
 * `slot`, so that two who claim it at once write one record, and are both shown. */
static const struct schema_field PLANNED_VISIT[] = {
        FIELD(1, "start", INSTANT, ORDINARY, "Heure prévue", "Planned for", SECONDS, REQUIRED),
        FIELD(2, "minutes", MINUTES, ORDINARY, "Durée prévue", "Planned length", RANGE(1, 24 * 60),
                .unit = "min"),
        FIELD(3, "assignee", SHORT, SAFETY, "Confié à", "Assigned to", .ref_kind = SCHEMA_PERSON),
        FIELD(4, "order", INT, ORDINARY, "Place dans la tournée", "Place in the round", RANGE(1, 200000000)),
        ENUM(5, "state", SAFETY, PLANNED_STATE, "État", "State", .preset = 1),
        FIELD(6, "items", SHORTS, ORDINARY, "Interventions prévues", "Care-plan items",
                .ref_kind = SCHEMA_INTERVENTION, SET, .max = SCHEMA_SHORTS_MAX),
        FIELD(7, "night", BOOL, ORDINARY, "Cabinet de nuit", "Night cabinet", OPTIONAL),
        REMARK(8, ORDINARY),
        FIELD(9, "day", DATE, ORDINARY, "Jour du plan", "Day of the plan", DAYS),
        FIELD(10, "slot", INT, ORDINARY, "Moment du plan", "Slot of the plan", RANGE(0, 95)),
        FIELD(11, "open", BOOL, ORDINARY, "À prendre", "To be taken", OPTIONAL),
        FIELD(12, "handedBy", SHORT, ORDINARY, "Transmise par", "Handed over by", .ref_kind = SCHEMA_PERSON),
        FIELD(13, "cabinet", REF, ORDINARY, "Confiée au cabinet", "Given to the practice",
                .ref_kind = SCHEMA_DIRECTORY_ENTRY),
        TEXT(14, "why", ORDINARY, PARAGRAPH, "Motif", "Why", OPTIONAL),
};

/* What a visit and its amendment share; an amendment gives only what it changes. */
#define VISIT_FIELDS(need) \
	FIELD(1, "start", INSTANT, FACT, "Début", "Start", SECONDS, .required = need), \
	        FIELD(2, "end", AFTER, FACT, "Fin", "End", SECONDS, .base = 1, .required = need), \
	        ENUM(3, "place", FACT, PLACE, "Lieu", "Place", .preset = (need) ? 1 : 0), \
	        TEXT(4, "placeNote", FACT, LINE, "Précision du lieu", "Place in words", OPTIONAL), \
	        FIELD(5, "nurse", SHORT, FACT, "Infirmière", "Nurse", .ref_kind = SCHEMA_PERSON, \
	                .required = need), \
	        FIELD(6, "coNurse", SHORT, FACT, "Deuxième infirmière", "Second nurse", \
	                .ref_kind = SCHEMA_PERSON), \
	        ENUM(7, "activity", FACT, ACTIVITY, "Activité", "Activity", .preset = (need) ? 1 : 0), \
	        FIELD(8, "done", SHORTS, FACT, "Interventions réalisées", "Interventions done", \
	                .ref_kind = SCHEMA_INTERVENTION, .max = SCHEMA_SHORTS_MAX), \
	        FIELD(9, "vitals", VITALS, FACT, "Constantes", "Vital signs", OPTIONAL), \
	        TEXT(10, "note", FACT, NOTE, "Observations", "Note", OPTIONAL), \
	        FIELD(11, "billable", BOOL, FACT, "Facturable", "Billable", .preset = (need) ? 1 : 0), \
	        FIELD(12, "rate", REF, FACT, "Tarif", "Rate", .ref_kind = SCHEMA_RATE_TABLE), \
	        FIELD(13, "prescription", SHORT, FACT, "Prescription", "Prescription", \
	                .ref_kind = SCHEMA_PRESCRIPTION)

static const struct schema_field VISIT[] = {
        VISIT_FIELDS(true),
        FIELD(16, "planned", SHORT, FACT, "Passage prévu", "Planned visit", .ref_kind = SCHEMA_PLANNED_VISIT),
        ENUM(17, "timed", FACT, TIMED, "Horaires", "Times", OPTIONAL),
        ENUM(18, "outcome", FACT, VISIT_OUTCOME, "Issue de la visite", "Outcome of the visit", .preset = 1),
        ENUM(19, "otherFunding", FACT, FUNDING, "Déjà financée autrement", "Funded elsewhere", OPTIONAL),
};

static const struct schema_field VISIT_AMENDMENT[] = {
        VISIT_FIELDS(false),
        FIELD(14, "visit", REF, FACT, "Visite corrigée", "Visit amended", REQUIRED, .ref_kind = SCHEMA_VISIT),
        FIELD(15, "cancelled", BOOL, FACT, "N'a pas eu lieu", "Did not take place", OPTIONAL),
        ENUM(18, "outcome", FACT, VISIT_OUTCOME, "Issue de la visite", "Outcome of the visit", OPTIONAL),
        ENUM(19, "otherFunding", FACT, FUNDING, "Déjà financée autrement", "Funded elsewhere", OPTIONAL),
};

/* Outside a visit; one that a person alive rarely has is kept, and shown as suspect. */
static const struct schema_field VITAL[] = {
        FIELD(1, "measures", VITALS, FACT, "Mesures", "Measures", REQUIRED),
        MOMENT(2, "at", "Moment", "Moment", REQUIRED),
        NURSE(3),
        VISITED(4),
        TEXT(5, "context", FACT, LINE, "Circonstances", "Circumstances", OPTIONAL),
        MISTAKEN(6),
};

/* What a doctor wants this patient's measures to be: each in its own scale and unit. Outside of it is pointed out, and kept. */
static const struct schema_field VITAL_LIMIT[] = {
        FIELD(1, "low", VITALS, SAFETY, "Pas en dessous de", "Not below", OPTIONAL),
        FIELD(2, "high", VITALS, SAFETY, "Pas au-dessus de", "Not above", OPTIONAL),
        TEXT(3, "by", ORDINARY, LINE, "Fixé par", "Set by", REQUIRED),
        FIELD(4, "setOn", DATE, ORDINARY, "Fixé le", "Set on", DAYS, REQUIRED),
        ENUM(5, "state", SAFETY, LIMIT_STATE, "État", "State", .preset = 1),
        REMARK(6, ORDINARY),
};

/* A nurse takes these values for wrong, or looked again and stands by them. They stay; of several about one value the last holds. */
static const struct schema_field VITAL_DOUBT[] = {
        FIELD(1, "vital", SHORT, FACT, "Mesure concernée", "Measures concerned", .ref_kind = SCHEMA_VITAL),
        FIELD(2, "visit", SHORT, FACT, "Visite concernée", "Visit concerned", .ref_kind = SCHEMA_VISIT),
        FIELD(3, "measures", VITALS, FACT, "Valeurs", "Values", REQUIRED),
        ENUM(4, "state", FACT, DOUBT_STATE, "Avis", "Opinion", .preset = 1),
        TEXT(5, "why", FACT, PARAGRAPH, "Motif", "Why", REQUIRED),
        MOMENT(6, "at", "Moment", "Moment", REQUIRED),
        NURSE(7),
};

/* Données, Actions, Résultats. */
static const struct schema_field TRANSMISSION[] = {
        FIELD(1, "code", INT, FACT, "Cible (code Omaha)", "Focus (Omaha code)", RANGE(1, 99),
                .rule = SCHEMA_RULE_OMAHA_PROBLEM),
        FIELD(2, "problem", SHORT, FACT, "Problème", "Problem", .ref_kind = SCHEMA_PROBLEM),
        TEXT(3, "focus", FACT, LINE, "Cible, en mots", "Focus in words", OPTIONAL),
        TEXT(4, "data", FACT, NOTE, "Données", "Data", REQUIRED),
        TEXT(5, "actions", FACT, NOTE, "Actions", "Actions", OPTIONAL),
        TEXT(6, "results", FACT, NOTE, "Résultats", "Results", OPTIONAL),
        ENUM(7, "urgency", FACT, URGENCY, "Urgence", "Urgency", .preset = 1),
        MOMENT(8, "at", "Moment", "Moment", REQUIRED),
        NURSE(9),
        VISITED(10),
};

static const struct schema_field REPLY[] = {
        FIELD(1, "transmission", SHORT, FACT, "Transmission", "Transmission", REQUIRED,
                .ref_kind = SCHEMA_TRANSMISSION),
        TEXT(2, "body", FACT, NOTE, "Réponse", "Reply", REQUIRED),
        MOMENT(3, "at", "Moment", "Moment", REQUIRED),
        /* The last replies that were known to whoever wrote it: of two that do not come after each other both were written apart. */
        FIELD(4, "after", SHORTS, FACT, "Après les réponses", "After the replies", .ref_kind = SCHEMA_REPLY,
                .max = SCHEMA_SHORTS_MAX),
};

/* Who wrote it has read them: nobody can say so for somebody else. */
static const struct schema_field READING[] = {
        FIELD(1, "transmissions", SHORTS, FACT, "Transmissions lues", "Transmissions read", REQUIRED,
                .ref_kind = SCHEMA_TRANSMISSION, .max = SCHEMA_SHORTS_MAX),
        MOMENT(2, "at", "Moment", "Moment", REQUIRED),
};

static const struct schema_field NOTE_KIND[] = {
        TEXT(1, "body", FACT, NOTE, "Note", "Note", REQUIRED),
        MOMENT(2, "at", "Moment", "Moment", REQUIRED),
        NURSE(3),
};

static const struct schema_field WOUND[] = {
        ENUM(1, "type", ORDINARY, WOUND_TYPE, "Type de plaie", "Kind of wound", REQUIRED),
        TEXT(2, "site", SAFETY, LINE, "Localisation", "Site", REQUIRED),
        FIELD(3, "since", DATE, ORDINARY, "Depuis le", "Since", DAYS),
        ENUM(4, "state", SAFETY, WOUND_STATE, "État", "State", .preset = 1),
        FIELD(5, "problem", SHORT, ORDINARY, "Problème", "Problem", .ref_kind = SCHEMA_PROBLEM),
        REMARK(6, ORDINARY),
};

#define CENTIMETRES(n, json, french, english) \
	FIELD(n, json, DECIMAL, FACT, french, english, RANGE(0, 1000), .scale = 1, .unit = "cm")
static const struct schema_field WOUND_CHECK[] = {
        FIELD(1, "wound", SHORT, FACT, "Plaie", "Wound", REQUIRED, .ref_kind = SCHEMA_WOUND),
        MOMENT(2, "at", "Moment", "Moment", REQUIRED),
        CENTIMETRES(3, "length", "Longueur", "Length"),
        CENTIMETRES(4, "width", "Largeur", "Width"),
        CENTIMETRES(5, "depth", "Profondeur", "Depth"),
        ENUM(6, "stage", FACT, WOUND_STAGE, "Stade", "Stage", OPTIONAL),
        ENUM(7, "tissue", FACT, TISSUE, "Aspect", "Tissue", OPTIONAL),
        ENUM(8, "exudate", FACT, EXUDATE, "Exsudat", "Exudate", OPTIONAL),
        FIELD(9, "pain", INT, FACT, "Douleur au soin (EVA)", "Pain during care (VAS)", RANGE(0, 10),
                .unit = "/10"),
        FIELD(10, "photo", SHORT, FACT, "Photo", "Photo", .ref_kind = SCHEMA_PHOTO),
        FIELD(11, "consent", SHORT, FACT, "Consentement", "Consent", .ref_kind = SCHEMA_CONSENT),
        NURSE(12),
        VISITED(13),
        REMARK(14, FACT),
        MISTAKEN(15),
};

/* What was said to, or came from, somebody outside the team. */
static const struct schema_field CONTACT[] = {
        TEXT(1, "partner", FACT, LINE, "Interlocuteur", "Partner", REQUIRED),
        ENUM(2, "channel", FACT, CHANNEL, "Moyen", "Channel", REQUIRED),
        ENUM(3, "direction", FACT, DIRECTION, "Sens", "Direction", .preset = 1),
        TEXT(4, "summary", FACT, NOTE, "Contenu", "Summary", REQUIRED),
        MOMENT(5, "at", "Moment", "Moment", REQUIRED),
        TEXT(6, "proof", FACT, LINE, "Preuve d'envoi", "Proof of sending", OPTIONAL),
        FIELD(7, "entry", REF, FACT, "Fiche de l'annuaire", "Directory entry",
                .ref_kind = SCHEMA_DIRECTORY_ENTRY),
        NURSE(8),
        FIELD(9, "with", SHORT, FACT, "Partenaire du dossier", "Partner of the dossier",
                .ref_kind = SCHEMA_PARTNER),
        FIELD(10, "replyTo", SHORT, FACT, "En réponse à", "In reply to", .ref_kind = SCHEMA_CONTACT),
        FIELD(11, "answerBy", DATE, FACT, "Réponse attendue pour le", "Answer expected by", DAYS),
        TEXT(12, "attached", FACT, LINE, "Pièce jointe", "Attached", OPTIONAL),
        MISTAKEN(13),
};

/* What befell the patient: what the indicators of outcomes count (node/indicators). */
static const struct schema_field OUTCOME_KIND[] = {
        ENUM(1, "type", FACT, OUTCOME_EVENT, "Événement", "Event", REQUIRED),
        MOMENT(2, "at", "Moment", "Moment", REQUIRED),
        ENUM(3, "place", FACT, OUTCOME_WHERE, "Lieu", "Place", OPTIONAL),
        REMARK(4, FACT),
        FIELD(5, "wound", SHORT, FACT, "Plaie", "Wound", .ref_kind = SCHEMA_WOUND),
        FIELD(6, "until", DATE, FACT, "Retour le", "Back on", DAYS),
        MISTAKEN(7),
        NURSE(8),
        VISITED(9),
};

static const struct schema_field SURVEY[] = {
        ENUM(1, "who", FACT, ANSWERED_BY, "Répondant", "Answered by", REQUIRED),
        MOMENT(2, "at", "Moment", "Moment", REQUIRED),
        FIELD(3, "satisfaction", INT, FACT, "Satisfaction", "Satisfaction", RANGE(0, 10), .unit = "/10"),
        FIELD(4, "recommends", BOOL, FACT, "Recommanderait l'équipe", "Would recommend the team", OPTIONAL),
        FIELD(5, "moreAutonomous", BOOL, FACT, "Plus autonome qu'avant", "More autonomous than before",
                OPTIONAL),
        TEXT(6, "answers", FACT, NOTE, "Réponses", "Answers", OPTIONAL),
};

#endif
