/* node/survey/form.h - one person's answers, between being given and being added up. Pure; threads: any. */
#ifndef NODE_SURVEY_FORM_H
#define NODE_SURVEY_FORM_H

#include "crdt/base/mem.h"
#include "node/survey/questionnaire.h"

struct survey_answer {
	uint8_t cell; /* one more than the cell; 0: left open */
	char *text; /* in NFC, owned; NULL: none */
};

struct survey_form {
	struct survey_answer answers[SURVEY_QUESTIONS_MAX]; /* in the order of the questions */
};

void survey_form_close(struct survey_form *form); /* wipes */

/* Read {"satisfaction": 8, "recommends": "yes", "words": "..."}; null and "" are left open. ERR_INVALID: *problem says what is wrong, naming the question and
 * never the answer; *form is empty then. At least one question is answered. Owner closes it. */
int survey_form_read(const struct survey_questionnaire *questionnaire, const json_t *answers,
        struct survey_form *form, struct buf *problem);

#endif
