#include "node/survey/sheet.h"

#include <stdio.h>

#include "node/exchange/page.h"
#include "node/survey/number.h"

static const char *in(enum schema_language language, struct schema_label label)
{
	return language == SCHEMA_FR ? label.fr : label.en;
}

static void boxes(struct buf *out, enum schema_language language, const struct survey_question *question)
{
	char name[SURVEY_CELL_NAME_BYTES];
	page_markup(out, "<p>");
	for (uint32_t i = 0; i < survey_cell_count(question); i++) {
		page_markup(out, "&#9744;&nbsp;");
		page_text(out,
		        span_text(question->choices ? in(language, question->choices[i].label)
		                                    : survey_cell_name(question, i, name)));
		page_markup(out, "&emsp;");
	}
	page_markup(out, "</p>");
}

static void form(struct buf *out, enum schema_language language,
        const struct survey_questionnaire *questionnaire, const char *title, uint64_t number)
{
	char text[SURVEY_NUMBER_BYTES], line[80];
	survey_number_text(text, number);
	page_markup(out, "<section style=\"break-after:page\">");
	page_element(out, "h1", in(language, questionnaire->label));
	page_element(out, "p", title);
	page_element(out, "p class=quiet", in(language, questionnaire->note));
	for (const struct survey_question *one = questionnaire->questions; one->number; one++) {
		snprintf(line, sizeof(line), "%u. ", (unsigned)one->number);
		page_markup(out, "<p><b>");
		page_text(out, span_text(line));
		page_text(out, span_text(in(language, one->label)));
		page_markup(out, "</b></p>");
		if (one->type == SURVEY_TEXT)
			page_markup(out, "<div class=box style=\"height:5em\"></div>");
		else
			boxes(out, language, one);
	}
	snprintf(line, sizeof(line), "%s %s", language == SCHEMA_FR ? "Formulaire n°" : "Form number", text);
	page_element(out, "p", line);
	page_element(out, "p class=quiet",
	        language == SCHEMA_FR
	                ? "Ce numéro, tiré au hasard, évite seulement de saisir deux fois la même feuille. "
	                  "Il "
	                  "n'est noté nulle part avec votre nom."
	                : "This number was drawn at random. It only keeps a sheet from being typed in twice, "
	                  "and is noted nowhere with your name.");
	page_markup(out, "</section>");
}

void survey_sheet(struct buf *out, enum schema_language language,
        const struct survey_questionnaire *questionnaire, const char *title, const uint64_t *numbers,
        uint32_t count)
{
	page_begin(out, language, in(language, questionnaire->label));
	for (uint32_t i = 0; i < count; i++)
		form(out, language, questionnaire, title, numbers[i]);
	page_end(out);
}
