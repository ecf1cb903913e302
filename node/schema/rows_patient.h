/* node/schema/rows_patient.h - who the patient is, and what stands at the dossier's head (node/schema/rows.h). Included by tables.c alone. */
#ifndef NODE_SCHEMA_ROWS_PATIENT_H
#define NODE_SCHEMA_ROWS_PATIENT_H

#include "node/schema/rows.h"

static const struct schema_choice INS_OID[] = {{1, "INS-NIR", {"INS-NIR", "INS-NIR"}},
        {2, "INS-NIA", {"INS-NIA", "INS-NIA"}}, {3, "INS-NIR-TEST", {"INS-NIR de test", "Test INS-NIR"}},
        {4, "INS-NIR-DEMO", {"INS-NIR de démonstration", "Demonstration INS-NIR"}}, {0}};
static const struct schema_choice INS_STATUS[] = {{1, "provisoire", {"Provisoire", "Provisional"}},
        {2, "validee", {"Validée", "Validated"}}, {3, "recuperee", {"Récupérée", "Retrieved"}},
        {4, "qualifiee", {"Qualifiée", "Qualified"}}, {0}};
static const struct schema_choice IDENTITY_PROOF[] = {
        {1, "identity-card", {"Carte nationale d'identité", "Identity card"}},
        {2, "passport", {"Passeport", "Passport"}},
        {3, "residence-permit", {"Titre de séjour", "Residence permit"}},
        {4, "birth-certificate", {"Acte de naissance", "Birth certificate"}},
        {5, "family-booklet", {"Livret de famille", "Family record book"}},
        {6, "other", {"Autre pièce", "Another document"}}, {0}};
static const struct schema_choice CONSENT_SCOPE[] = {{1, "record", {"Dossier", "Record"}},
        {2, "photo", {"Photo", "Photo"}}, {3, "dmp", {"DMP", "DMP"}},
        {4, "night-cabinet", {"Cabinet de nuit", "Night cabinet"}},
        {5, "facilitator-case", {"Cas anonymisé pour un facilitateur", "Redacted case for a facilitator"}},
        {0}};
static const struct schema_choice CONSENT_DECISION[] = {{1, "given", {"Donné", "Given"}},
        {2, "refused", {"Refusé", "Refused"}}, {3, "withdrawn", {"Retiré", "Withdrawn"}}, {0}};
static const struct schema_choice CONSENT_WHO[] = {{1, "patient", {"Patient", "Patient"}},
        {2, "trusted-person", {"Personne de confiance", "Trusted person"}},
        {3, "guardian", {"Représentant légal", "Legal guardian"}}, {0}};
static const struct schema_choice ALERT_TYPE[] = {{1, "allergy", {"Allergie", "Allergy"}},
        {2, "intolerance", {"Intolérance", "Intolerance"}},
        {3, "no-resuscitation", {"Limitation de soins", "Do not resuscitate"}},
        {4, "infection", {"Précautions d'hygiène", "Isolation precautions"}},
        {5, "fall", {"Risque de chute", "Risk of falling"}},
        {6, "bleeding", {"Risque hémorragique", "Bleeding risk"}},
        {7, "place", {"Danger au domicile", "Danger at home"}}, {8, "other", {"Autre alerte", "Other alert"}},
        {0}};
static const struct schema_choice ALERT_SEVERITY[] = {{1, "mild", {"Légère", "Mild"}},
        {2, "moderate", {"Modérée", "Moderate"}}, {3, "severe", {"Grave", "Severe"}},
        {4, "life-threatening", {"Vitale", "Life-threatening"}}, {0}};
static const struct schema_choice ALERT_STATE[] = {{1, "active", {"Active", "Active"}},
        {2, "refuted", {"Infirmée", "Refuted"}}, {3, "ended", {"Levée", "Ended"}}, {0}};
static const struct schema_choice PARTNER_ROLE[] = {{1, "carer", {"Aidant", "Carer"}},
        {2, "family", {"Famille", "Family"}},
        {3, "trusted-person", {"Personne de confiance", "Trusted person"}},
        {4, "guardian", {"Représentant légal", "Legal guardian"}}, {5, "neighbour", {"Voisin", "Neighbour"}},
        {6, "doctor", {"Médecin", "Doctor"}}, {7, "pharmacist", {"Pharmacien", "Pharmacist"}},
        {8, "physiotherapist", {"Kinésithérapeute", "Physiotherapist"}},
        {9, "social-worker", {"Travailleur social", "Social worker"}},
        {10, "home-help", {"Aide à domicile", "Home help"}}, {11, "hospital", {"Établissement", "Hospital"}},
        {12, "night-cabinet", {"Cabinet de nuit", "Night cabinet"}}, {13, "other", {"Autre", "Other"}}, {0}};
static const struct schema_choice LINK_DECISION[] = {
        {1, "same-person", {"Même personne : dossiers réunis", "Same person: files joined"}},
        {2, "different", {"Personnes différentes", "Different people"}},
        {3, "undone", {"Réunion annulée", "Joining undone"}}, {0}};

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
        ENUM(10, "insStatus", SAFETY, INS_STATUS, "Statut de l'identité", "Status of the identity",
                .rule = SCHEMA_RULE_TYPED_STATUS, .preset = 1),
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
        FIELD(36, "circle", SHORTS, ORDINARY, "Infirmières du cercle", "Circle of nurses",
                .ref_kind = SCHEMA_PERSON, SET, .max = SCHEMA_SHORTS_MAX),
        TEXT(37, "doctorRpps", ORDINARY, 11, "RPPS du médecin", "Practitioner's RPPS",
                .rule = SCHEMA_RULE_RPPS),
        TEXT(38, "doctorMssante", ORDINARY, LINE, "Adresse MSSanté du médecin",
                "Practitioner's MSSanté address", .rule = SCHEMA_RULE_MSSANTE),
        FIELD(39, "aldFrom", DATE, ORDINARY, "ALD depuis le", "Long-term illness since", DAYS),
        FIELD(40, "aldUntil", DATE, ORDINARY, "ALD jusqu'au", "Long-term illness until", DAYS, .base = 39),
        FIELD(41, "deceasedOn", DATE, SAFETY, "Décédé le", "Died on", DAYS),
        TEXT(42, "territory", ORDINARY, LINE, "Territoire", "Territory", OPTIONAL),
        TEXT(43, "keyBox", ORDINARY, LINE, "Boîte à clés (place et code)", "Key box (place and code)",
                OPTIONAL),
        ENUM(44, "identityProof", ORDINARY, IDENTITY_PROOF, "Pièce d'identité vue", "Identity document seen",
                OPTIONAL),
};

static const struct schema_field ALERT[] = {
        ENUM(1, "type", SAFETY, ALERT_TYPE, "Type", "Type", REQUIRED),
        TEXT(2, "what", SAFETY, LINE, "Substance ou motif", "Substance or matter", REQUIRED),
        ENUM(3, "severity", SAFETY, ALERT_SEVERITY, "Gravité", "Severity", OPTIONAL),
        ENUM(4, "state", SAFETY, ALERT_STATE, "État", "State", .preset = 1),
        TEXT(5, "reaction", SAFETY, LINE, "Réaction", "Reaction", OPTIONAL),
        FIELD(6, "since", DATE, ORDINARY, "Depuis le", "Since", DAYS),
        REMARK(7, ORDINARY),
};

/* People around the patient who are not of the team. */
static const struct schema_field PARTNER[] = {
        TEXT(1, "name", ORDINARY, LINE, "Nom", "Name", REQUIRED),
        ENUM(2, "role", ORDINARY, PARTNER_ROLE, "Rôle", "Role", REQUIRED),
        TEXT(3, "link", ORDINARY, LINE, "Lien avec le patient", "Relation to the patient", OPTIONAL),
        TEXT(4, "phone", ORDINARY, 40, "Téléphone", "Phone", OPTIONAL),
        TEXT(5, "mssante", ORDINARY, LINE, "Adresse MSSanté", "MSSanté address", .rule = SCHEMA_RULE_MSSANTE),
        FIELD(6, "hasKeys", BOOL, ORDINARY, "A les clés", "Has the keys", OPTIONAL),
        FIELD(7, "entry", REF, ORDINARY, "Fiche de l'annuaire", "Directory entry",
                .ref_kind = SCHEMA_DIRECTORY_ENTRY),
        REMARK(8, ORDINARY),
};

/* Two files of one person, or not: an event in each of the two dossiers, under one id. Those about the same two that none of the others names as followed
 * hold (node/patient/README.md, "Joined files"). */
static const struct schema_field PATIENT_LINK[] = {
        FIELD(1, "other", REF, FACT, "Autre dossier", "Other file", REQUIRED, .ref_kind = SCHEMA_PATIENT),
        ENUM(2, "decision", FACT, LINK_DECISION, "Décision", "Decision", REQUIRED),
        MOMENT(3, "at", "Moment", "Moment", REQUIRED),
        REMARK(4, FACT),
        FIELD(5, "follows", SHORTS, FACT, "Décisions précédentes", "Decisions before this one",
                .ref_kind = SCHEMA_PATIENT_LINK, .max = LIMIT_LINK_FOLLOWS),
};

static const struct schema_field CONSENT[] = {
        ENUM(1, "scope", FACT, CONSENT_SCOPE, "Porte sur", "Scope", REQUIRED),
        TEXT(2, "how", FACT, PARAGRAPH, "Recueilli comment et par qui", "How it was given, and to whom",
                REQUIRED),
        FIELD(3, "until", DATE, FACT, "Jusqu'au", "Until", DAYS),
        FIELD(4, "case", REF, FACT, "Cas anonymisé", "Redacted case", .ref_kind = SCHEMA_CASE),
        ENUM(5, "decision", FACT, CONSENT_DECISION, "Décision", "Decision", .preset = 1),
        ENUM(6, "who", FACT, CONSENT_WHO, "Donné par", "Given by", .preset = 1),
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
        FIELD(11, "consent", SHORT, FACT, "Consentement", "Consent", .ref_kind = SCHEMA_CONSENT),
        FIELD(12, "wound", SHORT, FACT, "Plaie", "Wound", .ref_kind = SCHEMA_WOUND),
};

#endif
