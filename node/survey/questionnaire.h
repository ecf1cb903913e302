/*
 * node/survey/questionnaire.h - the evaluation's questionnaires as data (README.md, section 2).
 *
 * Numbers stand in signed records: a question keeps its number and its cells for ever; another wording is another question, in another version.
 * Static and read-only: any thread.
 */
#ifndef NODE_SURVEY_QUESTIONNAIRE_H
#define NODE_SURVEY_QUESTIONNAIRE_H

#include <jansson.h>

#include "node/schema/schema.h"

enum survey_audience { SURVEY_PATIENTS = 1, SURVEY_CARERS = 2, SURVEY_NURSES = 3 };

enum survey_type { SURVEY_YES_NO = 1, SURVEY_SCALE, SURVEY_CHOICE, SURVEY_TEXT };

enum {
	SURVEY_QUESTIONS_MAX = 32, /* a form that people answer has a dozen */
	SURVEY_CELLS_MAX = 12, /* 0 to 10 */
	SURVEY_TEXT_BYTES_MAX = 1000, /* few words are less easily recognized than many */
};

struct survey_question {
	uint32_t number; /* ascending; 0 ends the list */
	const char *name; /* in JSON */
	enum survey_type type;
	bool is_indicator; /* its share is what the evaluation reports */
	const struct schema_choice *choices; /* SURVEY_YES_NO, SURVEY_CHOICE; cell i is the i-th */
	struct schema_label label;
};

struct survey_questionnaire {
	uint32_t number, version;
	const char *name;
	enum survey_audience audience;
	struct schema_label label, note; /* the note stands above the questions */
	const struct survey_question *questions;
};

/* NULL: there is no such one. `version` 0: the newest. */
const struct survey_questionnaire *survey_questionnaire(uint32_t number, uint32_t version);
const struct survey_questionnaire *survey_questionnaire_named(const char *name, uint32_t version);
const struct survey_questionnaire *survey_questionnaire_at(uint32_t index); /* NULL: no more */

const struct survey_question *survey_question(
        const struct survey_questionnaire *questionnaire, uint32_t number);
const struct survey_question *survey_question_named(
        const struct survey_questionnaire *questionnaire, const char *name);

/* How many answers can be told apart; 0: it is answered in words. */
uint32_t survey_cell_count(const struct survey_question *question);

/* What a cell is called in JSON, "yes" or "7", and on the screen. `out` has room for a number. */
enum { SURVEY_CELL_NAME_BYTES = 4 };
const char *survey_cell_name(
        const struct survey_question *question, uint32_t cell, char out[SURVEY_CELL_NAME_BYTES]);

const char *survey_audience_name(enum survey_audience audience); /* "patient" */

/* The definition as requests show it. Owner decrefs. */
json_t *survey_questionnaire_json(const struct survey_questionnaire *questionnaire);

#endif
