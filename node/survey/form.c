#include "node/survey/form.h"

#include <stdio.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/nfc.h"

void survey_form_close(struct survey_form *form)
{
	for (uint32_t i = 0; i < SURVEY_QUESTIONS_MAX; i++) {
		if (form->answers[i].text)
			mem_wipe(form->answers[i].text, strlen(form->answers[i].text));
		mem_free(form->answers[i].text);
	}
	mem_wipe(form, sizeof(*form));
}

static int refuse(struct buf *problem, const char *name, const char *why)
{
	char sentence[240];
	snprintf(sentence, sizeof(sentence), "\"%.60s\" %s Nothing was saved.", name, why);
	buf_clear(problem);
	buf_add_span(problem, span_text(sentence));
	return ERR_INVALID;
}

static int read_scale(
        const struct survey_question *question, const json_t *value, uint8_t *cell, struct buf *problem)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 10)
		return refuse(problem, question->name, "is answered by a whole number from 0 to 10.");
	*cell = (uint8_t)(json_integer_value(value) + 1);
	return 0;
}

static int read_choice(
        const struct survey_question *question, const json_t *value, uint8_t *cell, struct buf *problem)
{
	const char *name = json_string_value(value);
	for (uint8_t i = 0; name && question->choices[i].number; i++)
		if (strcmp(question->choices[i].name, name) == 0) {
			*cell = (uint8_t)(i + 1);
			return 0;
		}
	return refuse(problem, question->name,
	        question->type == SURVEY_YES_NO ? "is answered by \"yes\" or \"no\"."
	                                        : "is answered by one of the choices listed.");
}

static int read_text(
        const struct survey_question *question, const json_t *value, char **text, struct buf *problem)
{
	struct buf nfc = {0};
	if (!json_is_string(value))
		return refuse(problem, question->name, "is answered by a text.");
	const struct span given = span_of(json_string_value(value), json_string_length(value));
	int result = 0;
	if (given.size > SURVEY_TEXT_BYTES_MAX || memchr(given.data, 0, given.size))
		result = refuse(problem, question->name, "takes a text of at most 1,000 bytes.");
	else if (crdt_text_nfc(given, &nfc) || nfc.size > SURVEY_TEXT_BYTES_MAX)
		result = refuse(problem, question->name, "is not a text that can be read.");
	else
		*text = mem_text(buf_span(&nfc));
	buf_wipe(&nfc);
	return result;
}

static int read_answer(const struct survey_question *question, const json_t *value,
        struct survey_answer *answer, struct buf *problem)
{
	if (!value || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0))
		return 0;
	switch (question->type) {
	case SURVEY_SCALE:
		return read_scale(question, value, &answer->cell, problem);
	case SURVEY_TEXT:
		return read_text(question, value, &answer->text, problem);
	case SURVEY_YES_NO:
	case SURVEY_CHOICE:
	default:
		return read_choice(question, value, &answer->cell, problem);
	}
}

static int check_names(
        const struct survey_questionnaire *questionnaire, const json_t *answers, struct buf *problem)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)answers, name, value)
	{
		if (!survey_question_named(questionnaire, name))
			return refuse(problem, "answers", "names a question that the questionnaire has not.");
	}
	return 0;
}

int survey_form_read(const struct survey_questionnaire *questionnaire, const json_t *answers,
        struct survey_form *form, struct buf *problem)
{
	bool any = false;
	*form = (struct survey_form){0};
	int result = json_is_object(answers)
	        ? check_names(questionnaire, answers, problem)
	        : refuse(problem, "answers", "has to be an object of questions and answers.");
	for (uint32_t i = 0; !result && questionnaire->questions[i].number; i++) {
		const struct survey_question *question = &questionnaire->questions[i];
		result = read_answer(
		        question, json_object_get(answers, question->name), &form->answers[i], problem);
		any |= form->answers[i].cell || form->answers[i].text;
	}
	if (!result && !any)
		result = refuse(problem, "answers", "answers no question.");
	if (result)
		survey_form_close(form);
	return result;
}
