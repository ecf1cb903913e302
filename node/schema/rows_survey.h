/* node/schema/rows_survey.h - questionnaires, and what leaves for the evaluation (node/schema/rows.h). Included by tables.c alone. */
#ifndef NODE_SCHEMA_ROWS_SURVEY_H
#define NODE_SCHEMA_ROWS_SURVEY_H

#include "node/schema/rows.h"

static const struct schema_choice SURVEY_STATE[] = {
        {1, "open", {"Ouverte", "Open"}}, {2, "closed", {"Close", "Closed"}}, {0}};

static const struct schema_field SURVEY_CAMPAIGN[] = {
        FIELD(1, "questionnaire", INT, ORDINARY, "Questionnaire", "Questionnaire", RANGE(1, 1000), REQUIRED),
        FIELD(2, "version", INT, ORDINARY, "Version", "Version", RANGE(1, 1000), REQUIRED),
        TEXT(3, "title", ORDINARY, LINE, "Titre", "Title", REQUIRED),
        FIELD(4, "from", DATE, ORDINARY, "Du", "From", DAYS, REQUIRED),
        FIELD(5, "until", DATE, ORDINARY, "Au", "Until", DAYS, .base = 4, REQUIRED),
        ENUM(6, "state", ORDINARY, SURVEY_STATE, "État", "State", .preset = 1),
};

/* Sums alone: no form, no person, no moment (node/survey/README.md, section 1). */
static const struct schema_field SURVEY_BATCH[] = {
        FIELD(1, "week", DATE, FACT, "Semaine du", "Week of", DAYS, REQUIRED),
        FIELD(2, "sum", BYTES, FACT, "Réponses", "Answers", .max = 8192),
};

static const struct schema_field SURVEY_TEXT[] = {
        FIELD(1, "question", INT, FACT, "Question", "Question", RANGE(1, 1000), REQUIRED),
        TEXT(2, "text", FACT, PARAGRAPH, "Texte", "Text", REQUIRED),
        FIELD(3, "batch", SHORT, FACT, "Avec", "With", .ref_kind = SCHEMA_SURVEY_BATCH),
};

/* For facilitators: what is small was taken out. */
static const struct schema_field SURVEY_RESULT[] = {
        FIELD(1, "questionnaire", INT, ORDINARY, "Questionnaire", "Questionnaire", RANGE(1, 1000), REQUIRED),
        FIELD(2, "version", INT, ORDINARY, "Version", "Version", RANGE(1, 1000), REQUIRED),
        FIELD(3, "forms", INT, ORDINARY, "Réponses", "Forms", RANGE(11, 100000)),
        TEXT(4, "title", ORDINARY, LINE, "Titre", "Title", REQUIRED),
        FIELD(5, "from", DATE, ORDINARY, "Du", "From", DAYS, REQUIRED),
        FIELD(6, "until", DATE, ORDINARY, "Au", "Until", DAYS, .base = 5, REQUIRED),
        FIELD(7, "shown", BYTES, ORDINARY, "Répartition", "Distribution", REQUIRED, .max = 8192),
        TEXT(8, "texts", ORDINARY, NOTE, "Textes choisis", "Texts chosen", OPTIONAL),
        TEXT(9, "definition", ORDINARY, PARAGRAPH, "Définition", "Definition", REQUIRED),
        TEXT(10, "source", ORDINARY, LINE, "Calculé à partir de", "Computed from", OPTIONAL),
};

/* Who wrote it agrees; two persons have to (node/evaluation/README.md). */
static const struct schema_field EXPORT_AGREEMENT[] = {
        FIELD(1, "from", DATE, FACT, "Du", "From", DAYS, REQUIRED),
        FIELD(2, "until", DATE, FACT, "Au", "Until", DAYS, .base = 1, REQUIRED),
        TEXT(3, "recipient", FACT, LINE, "Destinataire", "Recipient", REQUIRED),
        TEXT(4, "basis", FACT, PARAGRAPH, "Fondement", "Basis in law", REQUIRED),
        MOMENT(5, "at", "Moment", "Moment", REQUIRED),
};

#endif
