/* One row per field: number, JSON name, type and merge class, then what departs from "optional, no limits". Rows are never
 * renumbered; a field that falls out of use stays as a row. */
#include "node/schema/tables.h"

#include "crdt/base/limits.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define LABEL(french, english) .label = {french, english}
#define FIELD(n, json, kind, merge, french, english, ...) \
	{ \
		.number = n, .name = json, .type = SCHEMA_##kind, .class = SCHEMA_##merge, \
		LABEL(french, english), __VA_ARGS__ \
	}
#define TEXT(n, json, merge, bytes, french, english, ...) \
	FIELD(n, json, TEXT, merge, french, english, .max = bytes, __VA_ARGS__)
#define ENUM(n, json, merge, list, french, english, ...) \
	FIELD(n, json, ENUM, merge, french, english, .choices = list, __VA_ARGS__)
#define REQUIRED .required = true
#define OPTIONAL .required = false
#define RANGE(low, high) .min = low, .max = high

enum { LINE = 120, PARAGRAPH = 4000, NOTE = 16384, MANIFEST = 12 * 1024 };

/* 1900-01-01 and 2199-12-31 in days; instants: 1970 to 2199. */
#define DAYS RANGE(-25567, 84005)
#define SECONDS RANGE(0, INT64_C(7258118399))

const struct schema_doc schema_table_docs[] = {
        {SCHEMA_DOC_DOSSIER, "dossier", COMPARTMENT_CLINICAL, true,
                {"Dossier du patient", "Patient's dossier"}},
        {SCHEMA_DOC_DIRECTORY, "directory", COMPARTMENT_TEAM, false, {"Annuaire", "Directory"}},
        {SCHEMA_DOC_TIME, "time", COMPARTMENT_CLINICAL, false, {"Temps non facturé", "Time not billed"}},
        {SCHEMA_DOC_RATES, "rates", COMPARTMENT_BILLING, false, {"Tarifs", "Rates"}},
        {SCHEMA_DOC_LEDGER, "ledger", COMPARTMENT_BILLING, false, {"Lots de facturation", "Invoice lots"}},
        {SCHEMA_DOC_INDICATORS, "indicators", COMPARTMENT_AGGREGATE, false, {"Indicateurs", "Indicators"}},
        {SCHEMA_DOC_SHARES, "shares", COMPARTMENT_TEAM, false, {"Dossiers partagés", "Dossiers shared"}},
        {SCHEMA_DOC_CASE, "case", COMPARTMENT_AGGREGATE, true, {"Cas anonymisé", "Redacted case"}},
};
const uint32_t schema_table_doc_count = COUNT(schema_table_docs);

/* Numbers are those of node/schema/README.md; scale 1 is tenths. */
const struct schema_vital schema_table_vitals[] = {
        {1, "sys", 0, 60, 260, "mmHg", {"Tension systolique", "Systolic pressure"}},
        {2, "dia", 0, 30, 160, "mmHg", {"Tension diastolique", "Diastolic pressure"}},
        {3, "pulse", 0, 30, 220, "/min", {"Pouls", "Pulse"}},
        {4, "temp", 1, 320, 430, "°C", {"Température", "Temperature"}},
        {5, "spo2", 0, 60, 100, "%", {"Saturation", "Oxygen saturation"}},
        {6, "gluc", 2, 20, 800, "g/L", {"Glycémie capillaire", "Capillary glucose"}},
        {7, "pain", 0, 0, 10, "/10", {"Douleur (EVA)", "Pain (VAS)"}},
        {8, "kg", 1, 20, 3000, "kg", {"Poids", "Weight"}},
};
const uint32_t schema_table_vital_count = COUNT(schema_table_vitals);

static const struct schema_choice SEX[] = {{1, "F", {"Féminin", "Female"}}, {2, "M", {"Masculin", "Male"}},
        {3, "I", {"Indéterminé", "Undetermined"}}, {0}};
static const struct schema_choice INS_OID[] = {{1, "INS-NIR", {"INS-NIR", "INS-NIR"}},
        {2, "INS-NIA", {"INS-NIA", "INS-NIA"}}, {3, "INS-NIR-TEST", {"INS-NIR de test", "Test INS-NIR"}},
        {4, "INS-NIR-DEMO", {"INS-NIR de démonstration", "Demonstration INS-NIR"}}, {0}};
static const struct schema_choice INS_STATUS[] = {{1, "provisoire", {"Provisoire", "Provisional"}},
        {2, "validee", {"Validée", "Validated"}}, {3, "recuperee", {"Récupérée", "Retrieved"}},
        {4, "qualifiee", {"Qualifiée", "Qualified"}}, {0}};
static const struct schema_choice DOMAIN[] = {{1, "environmental", {"Environnement", "Environmental"}},
        {2, "psychosocial", {"Psychosocial", "Psychosocial"}},
        {3, "physiological", {"Physiologique", "Physiological"}},
        {4, "behaviours", {"Comportements liés à la santé", "Health-related behaviours"}}, {0}};
static const struct schema_choice CONSENT_SCOPE[] = {{1, "record", {"Dossier", "Record"}},
        {2, "photo", {"Photo", "Photo"}}, {3, "dmp", {"DMP", "DMP"}},
        {4, "night-cabinet", {"Cabinet de nuit", "Night cabinet"}},
        {5, "facilitator-case", {"Cas anonymisé pour un facilitateur", "Redacted case for a facilitator"}},
        {0}};
static const struct schema_choice SHARE_STATE[] = {
        {1, "shared", {"Partagé", "Shared"}}, {2, "ended", {"Terminé", "Ended"}}, {0}};
static const struct schema_choice AGE[] = {{1, "under-18", {"Moins de 18 ans", "Under 18"}},
        {2, "18-59", {"18 à 59 ans", "18 to 59"}}, {3, "60-69", {"60 à 69 ans", "60 to 69"}},
        {4, "70-79", {"70 à 79 ans", "70 to 79"}}, {5, "80-89", {"80 à 89 ans", "80 to 89"}},
        {6, "90-over", {"90 ans et plus", "90 and over"}}, {0}};
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
        {4, "doubled", {"Passage en binôme", "Doubled visit"}}, {0}};
static const struct schema_choice TIME_ACTIVITY[] = {{1, "travel", {"Trajet", "Travel"}},
        {2, "coordination-inside", {"Coordination interne", "Coordination in the team"}},
        {3, "coordination-outside", {"Coordination externe", "Coordination with partners"}},
        {4, "training", {"Formation", "Training"}},
        {5, "administration", {"Administration", "Administration"}},
        {6, "meeting", {"Réunion d'équipe", "Team meeting"}},
        {7, "facilitation", {"Facilitation", "Facilitation"}}, {0}};
static const struct schema_choice RATE_UNIT[] = {{1, "visit", {"Par visite", "Per visit"}},
        {2, "patient-month", {"Par patient et par mois", "Per patient and month"}}, {0}};
static const struct schema_choice TIES[] = {{1, "half-up", {"Demi-cent vers le haut", "Half up"}},
        {2, "half-even", {"Demi-cent vers le pair", "Half to even"}}, {0}};

static const struct schema_field PERSON[] = {
        TEXT(1, "lastName", ORDINARY, LINE, "Nom", "Last name", REQUIRED),
        TEXT(2, "firstName", ORDINARY, LINE, "Prénom", "First name", REQUIRED),
        TEXT(3, "rpps", ORDINARY, 11, "Numéro RPPS", "RPPS number", .rule = SCHEMA_RULE_RPPS),
        TEXT(4, "phone", ORDINARY, 40, "Téléphone", "Phone", OPTIONAL),
        TEXT(5, "email", ORDINARY, LINE, "Courriel", "E-mail", OPTIONAL),
        TEXT(6, "mssante", ORDINARY, LINE, "Adresse MSSanté", "MSSanté address", OPTIONAL),
        TEXT(7, "profession", ORDINARY, LINE, "Profession", "Profession", OPTIONAL),
};

static const struct schema_field PATIENT[] = {
        TEXT(1, "lastName", SAFETY, LINE, "Nom utilisé", "Name in use", REQUIRED),
        TEXT(2, "firstName", SAFETY, LINE, "Prénoms", "First names", REQUIRED),
        TEXT(3, "birthName", SAFETY, LINE, "Nom de naissance", "Birth name", OPTIONAL),
        ENUM(4, "sex", SAFETY, SEX, "Sexe", "Sex", OPTIONAL),
        FIELD(5, "birthDate", DATE, SAFETY, "Date de naissance", "Date of birth", DAYS),
        TEXT(6, "birthPlace", SAFETY, LINE, "Lieu de naissance", "Place of birth", OPTIONAL),
        TEXT(7, "birthCommune", SAFETY, 5, "Commune de naissance (INSEE)", "Commune of birth (INSEE)",
                .rule = SCHEMA_RULE_COMMUNE),
        TEXT(8, "nir", SAFETY, 15, "Matricule INS (NIR)", "INS number (NIR)", .rule = SCHEMA_RULE_NIR),
        ENUM(9, "insOid", SAFETY, INS_OID, "Nature du matricule", "Kind of INS number", OPTIONAL),
        ENUM(10, "insStatus", SAFETY, INS_STATUS, "Statut de l'identité", "Status of the identity", OPTIONAL),
        FIELD(11, "referent", SHORT, SAFETY, "Infirmière référente", "Référent nurse",
                .ref_kind = SCHEMA_PERSON),
        FIELD(12, "referentFrom", DATE, SAFETY, "Référente depuis le", "Référent since", DAYS),
        TEXT(13, "allergies", SAFETY, PARAGRAPH, "Allergies", "Allergies", OPTIONAL),
        TEXT(14, "civility", ORDINARY, 20, "Civilité", "Civility", OPTIONAL),
        FIELD(15, "ald", BOOL, ORDINARY, "Affection de longue durée", "Long-term illness (ALD)", OPTIONAL),
        TEXT(16, "street", ORDINARY, LINE, "Adresse", "Street", OPTIONAL),
        TEXT(17, "complement", ORDINARY, LINE, "Complément d'adresse", "Address complement", OPTIONAL),
        TEXT(18, "postcode", ORDINARY, 10, "Code postal", "Postcode", OPTIONAL),
        TEXT(19, "town", ORDINARY, LINE, "Commune", "Town", OPTIONAL),
        TEXT(20, "doorCode", ORDINARY, 40, "Code d'accès", "Door code", OPTIONAL),
        TEXT(21, "phone", ORDINARY, 40, "Téléphone", "Phone", OPTIONAL),
        TEXT(22, "mobile", ORDINARY, 40, "Portable", "Mobile", OPTIONAL),
        TEXT(23, "email", ORDINARY, LINE, "Courriel", "E-mail", OPTIONAL),
        TEXT(24, "contactName", ORDINARY, LINE, "Personne à prévenir", "Contact person", OPTIONAL),
        TEXT(25, "contactLink", ORDINARY, LINE, "Lien avec le patient", "Contact's relation", OPTIONAL),
        TEXT(26, "contactPhone", ORDINARY, 40, "Téléphone de la personne à prévenir", "Contact's phone",
                OPTIONAL),
        TEXT(27, "doctor", ORDINARY, LINE, "Médecin traitant", "General practitioner", OPTIONAL),
        TEXT(28, "doctorPhone", ORDINARY, 40, "Téléphone du médecin", "Practitioner's phone", OPTIONAL),
        TEXT(29, "pharmacy", ORDINARY, LINE, "Pharmacie", "Pharmacy", OPTIONAL),
        TEXT(30, "insurer", ORDINARY, LINE, "Caisse ou mutuelle", "Insurer", OPTIONAL),
        FIELD(31, "gir", INT, ORDINARY, "GIR", "Dependency group (GIR)", RANGE(1, 6)),
        TEXT(32, "lives", ORDINARY, LINE, "Situation de vie", "Living situation", OPTIONAL),
        TEXT(33, "keys", ORDINARY, LINE, "Clés", "Keys", OPTIONAL),
        TEXT(34, "history", NARRATIVE, PARAGRAPH, "Antécédents", "Medical history", OPTIONAL),
        FIELD(35, "archivedOn", DATE, ORDINARY, "Archivé le", "Archived on", DAYS),
};

static const struct schema_field PROBLEM[] = {
        FIELD(1, "code", INT, ORDINARY, "Code Omaha", "Omaha code", RANGE(1, 99), REQUIRED),
        TEXT(2, "name", ORDINARY, LINE, "Problème", "Problem", OPTIONAL),
        ENUM(3, "domain", ORDINARY, DOMAIN, "Domaine", "Domain", OPTIONAL),
        ENUM(4, "severity", SAFETY, SEVERITY, "Caractère", "Severity", REQUIRED),
        TEXT(5, "signs", NARRATIVE, PARAGRAPH, "Signes et symptômes", "Signs and symptoms", OPTIONAL),
        ENUM(6, "priority", ORDINARY, PRIORITY, "Priorité", "Priority", OPTIONAL),
        ENUM(7, "state", SAFETY, PROBLEM_STATE, "État", "State", .preset = 1),
        ENUM(8, "scope", ORDINARY, SCOPE, "Porte sur", "Scope", .preset = 1),
};

static const struct schema_field INTERVENTION[] = {
        FIELD(1, "problem", SHORT, ORDINARY, "Problème", "Problem", REQUIRED, .ref_kind = SCHEMA_PROBLEM),
        ENUM(2, "category", ORDINARY, CATEGORY, "Catégorie", "Category", REQUIRED),
        TEXT(3, "target", ORDINARY, LINE, "Cible", "Target", REQUIRED),
        FIELD(4, "targetCode", INT, ORDINARY, "Code de la cible", "Target code", RANGE(1, 99)),
        TEXT(5, "detail", NARRATIVE, PARAGRAPH, "Détail", "Detail", OPTIONAL),
        TEXT(6, "recurrence", SAFETY, LINE, "Fréquence", "Recurrence", OPTIONAL),
        FIELD(7, "assignee", SHORT, ORDINARY, "Confiée à", "Assigned to", .ref_kind = SCHEMA_PERSON),
        ENUM(8, "state", SAFETY, ITEM_STATE, "État", "State", .preset = 1),
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
	        FIELD(13, "prescription", SHORT, FACT, "Prescription", "Prescription", OPTIONAL)

static const struct schema_field VISIT[] = {VISIT_FIELDS(true)};
static const struct schema_field VISIT_AMENDMENT[] = {
        VISIT_FIELDS(false),
        FIELD(14, "visit", REF, FACT, "Visite corrigée", "Visit amended", REQUIRED, .ref_kind = SCHEMA_VISIT),
        FIELD(15, "cancelled", BOOL, FACT, "N'a pas eu lieu", "Did not take place", OPTIONAL),
};

static const struct schema_field TIME_ENTRY[] = {
        FIELD(1, "start", INSTANT, FACT, "Début", "Start", SECONDS, REQUIRED),
        FIELD(2, "end", AFTER, FACT, "Fin", "End", SECONDS, .base = 1, REQUIRED),
        ENUM(3, "activity", FACT, TIME_ACTIVITY, "Activité", "Activity", REQUIRED),
        FIELD(4, "nurse", SHORT, FACT, "Infirmière", "Nurse", .ref_kind = SCHEMA_PERSON, REQUIRED),
        TEXT(5, "note", FACT, PARAGRAPH, "Remarque", "Remark", OPTIONAL),
};

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

static const struct schema_field IMPORT_MARK[] = {
        FIELD(1, "nurse", SHORT, FACT, "Auteur d'origine", "Original author", .ref_kind = SCHEMA_PERSON,
                REQUIRED),
        FIELD(2, "at", INSTANT, FACT, "Moment d'origine", "Original moment", SECONDS, REQUIRED),
};

static const struct schema_field CONSENT[] = {
        ENUM(1, "scope", FACT, CONSENT_SCOPE, "Porte sur", "Scope", REQUIRED),
        TEXT(2, "how", FACT, PARAGRAPH, "Recueilli comment et par qui", "How it was given, and to whom",
                REQUIRED),
        FIELD(3, "until", DATE, FACT, "Jusqu'au", "Until", DAYS),
        FIELD(4, "case", REF, FACT, "Cas anonymisé", "Redacted case", .ref_kind = SCHEMA_CASE),
};

/* What a manifest names lies apart (node/README.md, "Pictures"). The program adds manifest and small picture to what a person gives. */
static const struct schema_field PHOTO[] = {
        FIELD(1, "manifest", BYTES, FACT, "Pièces", "Pieces", .max = MANIFEST),
        FIELD(2, "thumbnail", BYTES, FACT, "Vignette", "Small picture", .max = LIMIT_THUMBNAIL_BYTES),
        FIELD(3, "width", INT, FACT, "Largeur (pixels)", "Width (pixels)", RANGE(1, INT32_MAX)),
        FIELD(4, "height", INT, FACT, "Hauteur (pixels)", "Height (pixels)", RANGE(1, INT32_MAX)),
        FIELD(5, "at", INSTANT, FACT, "Moment", "Moment", SECONDS, REQUIRED),
        TEXT(6, "caption", FACT, PARAGRAPH, "Légende", "Caption", OPTIONAL),
        FIELD(7, "visit", SHORT, FACT, "Visite", "Visit", .ref_kind = SCHEMA_VISIT),
        FIELD(8, "problem", SHORT, FACT, "Problème", "Problem", .ref_kind = SCHEMA_PROBLEM),
        FIELD(9, "document", SHORT, FACT, "Première page", "First page", .ref_kind = SCHEMA_PHOTO),
        FIELD(10, "page", INT, FACT, "Page", "Page", RANGE(1, 999)),
};

/* A record's id follows from person and patient, so that two who share the same write one record. */
static const struct schema_field SHARE[] = {
        FIELD(1, "person", REF, ORDINARY, "Personne", "Person", REQUIRED, .ref_kind = SCHEMA_PERSON),
        FIELD(2, "patient", REF, ORDINARY, "Patient", "Patient", REQUIRED, .ref_kind = SCHEMA_PATIENT),
        ENUM(3, "state", ORDINARY, SHARE_STATE, "État", "State", REQUIRED),
        FIELD(4, "version", INT, ORDINARY, "Secret le plus récent", "Newest secret", RANGE(1, INT32_MAX)),
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

static const struct schema_field RETENTION[] = {
        FIELD(1, "activeYears", INT, ORDINARY, "Années actives", "Active years", RANGE(1, 100)),
        FIELD(2, "archivedYears", INT, ORDINARY, "Années d'archive", "Archived years", RANGE(0, 100)),
};

#define KIND(n, json, document, form, table, french, english, ...) \
	{ \
		.number = SCHEMA_##n, .name = json, .doc = SCHEMA_DOC_##document, .shape = SCHEMA_##form, \
		.fields = table, .field_count = COUNT(table), LABEL(french, english), __VA_ARGS__ \
	}
const struct schema_kind schema_table_kinds[] = {
        KIND(PERSON, "person", DIRECTORY, MANY, PERSON, "Membre de l'équipe", "Team member",
                .is_correction = false),
        KIND(PATIENT, "patient", DOSSIER, ONE, PATIENT, "Patient", "Patient", .is_correction = false),
        KIND(PROBLEM, "problem", DOSSIER, MANY, PROBLEM, "Problème", "Problem", .is_correction = false),
        KIND(INTERVENTION, "intervention", DOSSIER, MANY, INTERVENTION, "Intervention prévue",
                "Care-plan item", .is_correction = false),
        KIND(RATING, "rating", DOSSIER, EVENT, RATING, "Évaluation C/C/S", "KBS rating",
                .is_correction = false),
        KIND(VISIT, "visit", DOSSIER, EVENT, VISIT, "Visite", "Visit", .is_correction = false),
        KIND(VISIT_AMENDMENT, "visitAmendment", DOSSIER, EVENT, VISIT_AMENDMENT, "Correction de visite",
                "Visit amendment", .is_correction = true),
        KIND(TIME_ENTRY, "timeEntry", TIME, EVENT, TIME_ENTRY, "Temps", "Time entry", .is_correction = false),
        KIND(RATE_TABLE, "rateTable", RATES, EVENT, RATE_TABLE, "Tarif", "Rate table",
                .is_correction = false),
        KIND(LOT, "lot", LEDGER, EVENT, LOT, "Lot de facturation", "Invoice lot", .is_correction = false),
        KIND(IMPORT_MARK, "importMark", DOSSIER, EVENT, IMPORT_MARK, "Reprise de données", "Import mark",
                .is_correction = false),
        KIND(CONSENT, "consent", DOSSIER, EVENT, CONSENT, "Consentement", "Consent", .is_correction = false),
        KIND(PHOTO, "photo", DOSSIER, EVENT, PHOTO, "Photo", "Photo", .is_correction = false),
        KIND(SHARE, "share", SHARES, MANY, SHARE, "Partage de dossier", "Sharing of a dossier",
                .is_correction = false),
        KIND(CASE, "case", CASE, ONE, CASE, "Cas anonymisé", "Redacted case", .is_correction = false),
        KIND(CASE_PROBLEM, "caseProblem", CASE, MANY, CASE_PROBLEM, "Problème du cas", "Problem of the case",
                .is_correction = false),
        KIND(CASE_CARE, "caseCare", CASE, MANY, CASE_CARE, "Intervention du cas", "Care of the case",
                .is_correction = false),
        KIND(INDICATOR, "indicator", INDICATORS, MANY, INDICATOR, "Indicateurs du mois",
                "Indicators of a month", .is_correction = false),
        KIND(RETENTION, "retention", DIRECTORY, ONE, RETENTION, "Durées de conservation", "Retention",
                .is_correction = false),
};
const uint32_t schema_table_kind_count = COUNT(schema_table_kinds);
