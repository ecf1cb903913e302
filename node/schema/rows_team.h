/* node/schema/rows_team.h - the team: people, practice, time, messages, retention (node/schema/rows.h). Included by tables.c alone. */
#ifndef NODE_SCHEMA_ROWS_TEAM_H
#define NODE_SCHEMA_ROWS_TEAM_H

#include "node/schema/rows.h"

static const struct schema_choice TIME_ACTIVITY[] = {{1, "travel", {"Trajet", "Travel"}},
        {2, "coordination-inside", {"Coordination interne", "Coordination in the team"}},
        {3, "coordination-outside", {"Coordination externe", "Coordination with partners"}},
        {4, "training", {"Formation", "Training"}},
        {5, "administration", {"Administration", "Administration"}},
        {6, "meeting", {"Réunion d'équipe", "Team meeting"}},
        {7, "facilitation", {"Facilitation", "Facilitation"}}, {0}};
static const struct schema_choice SHARE_STATE[] = {
        {1, "shared", {"Partagé", "Shared"}}, {2, "ended", {"Terminé", "Ended"}}, {0}};
static const struct schema_choice PRACTICE[] = {
        {1, "sharing", {"Partage de pratiques", "Sharing of practice"}},
        {2, "facilitation", {"Facilitation", "Facilitation"}}, {3, "training", {"Formation", "Training"}},
        {4, "peer-visit", {"Visite d'un pair", "Peer's field visit"}},
        {5, "inter-team", {"Rencontre inter-équipes", "Inter-team meeting"}},
        {6, "team-meeting", {"Réunion d'équipe", "Team meeting"}},
        {7, "self-evaluation", {"Auto-évaluation", "Self-evaluation"}}, {0}};
static const struct schema_choice TRAINING_SUBJECT[] = {{1, "omaha", {"Système Omaha", "Omaha System"}},
        {2, "self-organization", {"Auto-organisation", "Self-organization"}},
        {3, "other", {"Autre", "Other"}}, {0}};
static const struct schema_choice ABSENCE_STATE[] = {
        {1, "announced", {"Annoncée", "Announced"}}, {2, "withdrawn", {"Retirée", "Withdrawn"}}, {0}};
static const struct schema_choice RULE_TYPE[] = {
        {1, "charter", {"Charte", "Charter"}}, {2, "rule", {"Règle de l'équipe", "Rule of the team"}}, {0}};
static const struct schema_choice RULE_STATE[] = {
        {1, "holds", {"En vigueur", "Holds"}}, {2, "ended", {"Abrogée", "Ended"}}, {0}};

static const struct schema_field PERSON[] = {
        TEXT(1, "lastName", ORDINARY, LINE, "Nom", "Last name", REQUIRED),
        TEXT(2, "firstName", ORDINARY, LINE, "Prénom", "First name", REQUIRED),
        TEXT(3, "rpps", ORDINARY, 11, "Numéro RPPS", "RPPS number", .rule = SCHEMA_RULE_RPPS),
        TEXT(4, "phone", ORDINARY, 40, "Téléphone", "Phone", OPTIONAL),
        TEXT(5, "email", ORDINARY, LINE, "Courriel", "E-mail", OPTIONAL),
        TEXT(6, "mssante", ORDINARY, LINE, "Adresse MSSanté", "MSSanté address", .rule = SCHEMA_RULE_MSSANTE),
        TEXT(7, "profession", ORDINARY, LINE, "Profession", "Profession", OPTIONAL),
        TEXT(8, "adeli", ORDINARY, 9, "Numéro ADELI", "ADELI number", .rule = SCHEMA_RULE_ADELI),
};

/* People and services outside the team. */
static const struct schema_field DIRECTORY_ENTRY[] = {
        TEXT(1, "name", ORDINARY, LINE, "Nom", "Name", REQUIRED),
        TEXT(2, "firstName", ORDINARY, LINE, "Prénom", "First name", OPTIONAL),
        TEXT(3, "profession", ORDINARY, LINE, "Profession", "Profession", OPTIONAL),
        TEXT(4, "organization", ORDINARY, LINE, "Structure", "Organization", OPTIONAL),
        TEXT(5, "rpps", ORDINARY, 11, "Numéro RPPS", "RPPS number", .rule = SCHEMA_RULE_RPPS),
        TEXT(6, "adeli", ORDINARY, 9, "Numéro ADELI", "ADELI number", .rule = SCHEMA_RULE_ADELI),
        TEXT(7, "finess", ORDINARY, 9, "Numéro FINESS", "FINESS number", .rule = SCHEMA_RULE_FINESS),
        TEXT(8, "mssante", ORDINARY, LINE, "Adresse MSSanté", "MSSanté address", .rule = SCHEMA_RULE_MSSANTE),
        TEXT(9, "phone", ORDINARY, 40, "Téléphone", "Phone", OPTIONAL),
        TEXT(10, "email", ORDINARY, LINE, "Courriel", "E-mail", OPTIONAL),
        TEXT(11, "address", ORDINARY, LINE, "Adresse", "Address", OPTIONAL),
        TEXT(12, "town", ORDINARY, LINE, "Commune", "Town", OPTIONAL),
        REMARK(13, ORDINARY),
};

static const struct schema_field TIME_ENTRY[] = {
        FIELD(1, "start", INSTANT, FACT, "Début", "Start", SECONDS, REQUIRED),
        FIELD(2, "end", AFTER, FACT, "Fin", "End", SECONDS, .base = 1, REQUIRED),
        ENUM(3, "activity", FACT, TIME_ACTIVITY, "Activité", "Activity", REQUIRED),
        FIELD(4, "nurse", SHORT, FACT, "Infirmière", "Nurse", .ref_kind = SCHEMA_PERSON, REQUIRED),
        TEXT(5, "note", FACT, PARAGRAPH, "Remarque", "Remark", OPTIONAL),
};

/* Names no patient: facilitators read it. What was said of patients stands in the minutes. */
static const struct schema_field PRACTICE_EVENT[] = {
        ENUM(1, "type", FACT, PRACTICE, "Type", "Type", REQUIRED),
        MOMENT(2, "at", "Moment", "Moment", REQUIRED),
        FIELD(3, "minutes", MINUTES, FACT, "Durée", "Length", REQUIRED, RANGE(1, 10 * 24 * 60),
                .unit = "min"),
        FIELD(4, "attendees", SHORTS, FACT, "Présents", "Attendees", .ref_kind = SCHEMA_PERSON,
                .max = SCHEMA_SHORTS_MAX),
        TEXT(5, "topic", FACT, LINE, "Sujet", "Topic", OPTIONAL),
        TEXT(6, "place", FACT, LINE, "Lieu", "Place", OPTIONAL),
        ENUM(7, "subject", FACT, TRAINING_SUBJECT, "Formation à", "Training in", OPTIONAL),
};

static const struct schema_field PRACTICE_NOTES[] = {
        TEXT(1, "title", ORDINARY, LINE, "Titre", "Title", REQUIRED),
        FIELD(2, "event", SHORT, ORDINARY, "Rencontre", "Event", .ref_kind = SCHEMA_PRACTICE_EVENT),
        TEXT(3, "notes", NARRATIVE, NOTE, "Notes (sans patient)", "Notes (without patients)", OPTIONAL),
        TEXT(4, "decisions", NARRATIVE, NOTE, "Décisions (sans patient)", "Decisions (without patients)",
                OPTIONAL),
};

/* Of a meeting that spoke of patients. */
static const struct schema_field MINUTES_KIND[] = {
        TEXT(1, "title", ORDINARY, LINE, "Titre", "Title", REQUIRED),
        FIELD(2, "heldOn", DATE, ORDINARY, "Date", "Date", DAYS, REQUIRED),
        FIELD(3, "event", REF, ORDINARY, "Rencontre", "Event", .ref_kind = SCHEMA_PRACTICE_EVENT),
        TEXT(4, "notes", NARRATIVE, NOTE, "Compte rendu", "Minutes", OPTIONAL),
        TEXT(5, "decisions", NARRATIVE, NOTE, "Décisions", "Decisions", OPTIONAL),
};

static const struct schema_field TEAM_RULE[] = {
        ENUM(1, "type", ORDINARY, RULE_TYPE, "Type", "Type", REQUIRED),
        TEXT(2, "title", ORDINARY, LINE, "Titre", "Title", REQUIRED),
        TEXT(3, "text", NARRATIVE, NOTE, "Texte", "Text", OPTIONAL),
        FIELD(4, "from", DATE, ORDINARY, "À partir du", "From", DAYS),
        ENUM(5, "state", ORDINARY, RULE_STATE, "État", "State", .preset = 1),
};

/* Who wrote it signs. */
static const struct schema_field SIGNATURE[] = {
        FIELD(1, "rule", SHORT, FACT, "Texte signé", "Text signed", REQUIRED, .ref_kind = SCHEMA_TEAM_RULE),
        MOMENT(2, "at", "Moment", "Moment", REQUIRED),
        FIELD(3, "digest", BYTES, FACT, "Version signée", "Version signed",
                .max = 32), /* node/practice/rules.h */
};

/* Of a dossier: who wrote it reviewed the file as it stood at `state` (node/work/signoff.h). */
static const struct schema_field SIGN_OFF[] = {
        MOMENT(1, "at", "Moment", "Moment", REQUIRED),
        FIELD(2, "state", BYTES, FACT, "État validé", "State signed off", REQUIRED, .max = 16384),
        REMARK(3, FACT),
};

static const struct schema_field NURSE_SURVEY[] = {
        MOMENT(1, "at", "Moment", "Moment", REQUIRED),
        FIELD(2, "workLife", INT, FACT, "Vie au travail", "Working life", RANGE(0, 10), .unit = "/10"),
        FIELD(3, "conditions", INT, FACT, "Conditions de travail", "Working conditions", RANGE(0, 10),
                .unit = "/10"),
        TEXT(4, "answers", FACT, NOTE, "Réponses", "Answers", OPTIONAL),
};

static const struct schema_field ABSENCE[] = {
        FIELD(1, "person", SHORT, ORDINARY, "Personne", "Person", REQUIRED, .ref_kind = SCHEMA_PERSON),
        FIELD(2, "from", DATE, ORDINARY, "Du", "From", DAYS, REQUIRED),
        FIELD(3, "until", DATE, ORDINARY, "Au", "Until", DAYS, .base = 2),
        ENUM(4, "state", ORDINARY, ABSENCE_STATE, "État", "State", .preset = 1),
        REMARK(5, ORDINARY),
};

static const struct schema_field THREAD[] = {
        TEXT(1, "subject", ORDINARY, LINE, "Sujet", "Subject", REQUIRED),
        FIELD(2, "people", SHORTS, ORDINARY, "Destinataires", "Addressees", .ref_kind = SCHEMA_PERSON, SET,
                .max = SCHEMA_SHORTS_MAX),
};

static const struct schema_field MESSAGE[] = {
        TEXT(1, "body", FACT, NOTE, "Message", "Message", REQUIRED),
        MOMENT(2, "at", "Moment", "Moment", REQUIRED),
        FIELD(3, "urgent", BOOL, FACT, "Urgent", "Urgent", OPTIONAL),
};

/* Who wrote it has read them: nobody says it for somebody else. */
static const struct schema_field MESSAGE_READING[] = {
        FIELD(1, "messages", SHORTS, FACT, "Messages lus", "Messages read", REQUIRED,
                .ref_kind = SCHEMA_MESSAGE, .max = SCHEMA_SHORTS_MAX),
        MOMENT(2, "at", "Moment", "Moment", REQUIRED),
};

/* A record's id follows from person and patient, so that two who share the same write one record. */
static const struct schema_field SHARE[] = {
        FIELD(1, "person", REF, ORDINARY, "Personne", "Person", REQUIRED, .ref_kind = SCHEMA_PERSON),
        FIELD(2, "patient", REF, ORDINARY, "Patient", "Patient", REQUIRED, .ref_kind = SCHEMA_PATIENT),
        ENUM(3, "state", ORDINARY, SHARE_STATE, "État", "State", REQUIRED),
        FIELD(4, "version", INT, ORDINARY, "Secret le plus récent", "Newest secret", RANGE(1, INT32_MAX)),
};

static const struct schema_field RETENTION[] = {
        FIELD(1, "activeYears", INT, ORDINARY, "Années actives", "Active years", RANGE(1, 100)),
        FIELD(2, "archivedYears", INT, ORDINARY, "Années d'archive", "Archived years", RANGE(0, 100)),
};

static const struct schema_field IMPORT_MARK[] = {
        FIELD(1, "nurse", SHORT, FACT, "Auteur d'origine", "Original author", .ref_kind = SCHEMA_PERSON,
                REQUIRED),
        FIELD(2, "at", INSTANT, FACT, "Moment d'origine", "Original moment", SECONDS, REQUIRED),
};

#endif
