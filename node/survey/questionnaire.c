/* The questions themselves. Their wording is ours (README.md, section 2). */
#include "node/survey/questionnaire.h"

#include <stdio.h>
#include <string.h>

#define QUESTION(n, json, kind, list, indicates, french, english) \
	{ \
		.number = n, .name = json, .type = SURVEY_##kind, .is_indicator = indicates, \
		.choices = list, .label = { \
			french, \
			english \
		} \
	}
#define YES_NO(n, json, french, english) QUESTION(n, json, YES_NO, YES, false, french, english)
#define SHARE(n, json, french, english) QUESTION(n, json, YES_NO, YES, true, french, english)
#define SCALE(n, json, french, english) QUESTION(n, json, SCALE, NULL, false, french, english)
#define WORDS(n, json, french, english) QUESTION(n, json, TEXT, NULL, false, french, english)

static const struct schema_choice YES[] = {{1, "yes", {"Oui", "Yes"}}, {2, "no", {"Non", "No"}}, {0}};
static const struct schema_choice HOW[] = {{1, "alone", {"Seule", "Alone"}},
        {2, "in-the-team", {"En équipe", "In the team"}},
        {3, "between-teams", {"Entre équipes", "Between teams"}}, {0}};

static const struct survey_question PATIENT[] = {
        SCALE(1, "satisfaction", "De 0 à 10, êtes-vous satisfait(e) des soins de l'équipe ?",
                "From 0 to 10, how satisfied are you with the team's care?"),
        SHARE(2, "recommends", "Recommanderiez-vous cette équipe à un proche ?",
                "Would you recommend this team to somebody close to you?"),
        SHARE(3, "autonomy", "Grâce à l'équipe, faites-vous plus de choses par vous-même ?",
                "Thanks to the team, do you do more things by yourself?"),
        SHARE(4, "listened", "L'équipe prend-elle le temps de vous écouter ?",
                "Does the team take the time to listen to you?"),
        SHARE(5, "noOtherSolution", "Sans cette équipe, auriez-vous manqué d'une solution adaptée ?",
                "Without this team, would you have lacked a solution that fits?"),
        YES_NO(6, "knownNurse", "Voyez-vous le plus souvent la même infirmière ?",
                "Do you mostly see the same nurse?"),
        WORDS(7, "words", "Que voulez-vous ajouter ? (facultatif)", "What would you add? (optional)"), {0}};

static const struct survey_question CARER[] = {
        SCALE(1, "satisfaction", "De 0 à 10, êtes-vous satisfait(e) des soins donnés à votre proche ?",
                "From 0 to 10, how satisfied are you with the care given to your relative?"),
        SHARE(2, "recommends", "Recommanderiez-vous cette équipe ?", "Would you recommend this team?"),
        SHARE(3, "autonomy", "Grâce à l'équipe, votre proche fait-il plus de choses par lui-même ?",
                "Thanks to the team, does your relative do more things alone?"),
        SHARE(4, "listened", "L'équipe prend-elle le temps de vous écouter ?",
                "Does the team take the time to listen to you?"),
        YES_NO(5, "relieved", "L'équipe vous soulage-t-elle dans votre rôle d'aidant ?",
                "Does the team relieve you in caring?"),
        WORDS(6, "words", "Que voulez-vous ajouter ? (facultatif)", "What would you add? (optional)"), {0}};

static const struct survey_question NURSE[] = {
        SCALE(1, "workLife", "De 0 à 10, comment est votre vie au travail ?",
                "From 0 to 10, how is your working life?"),
        SCALE(2, "conditions", "De 0 à 10, comment sont vos conditions de travail ?",
                "From 0 to 10, how are your working conditions?"),
        SHARE(3, "meaning", "Votre travail a-t-il retrouvé du sens ?", "Has your work regained meaning?"),
        YES_NO(4, "time", "Avez-vous le temps de bien soigner ?", "Do you have the time to care well?"),
        SHARE(5, "goesOn", "Voulez-vous continuer à travailler ainsi ?",
                "Do you want to go on working this way?"),
        WORDS(6, "words", "Que voulez-vous ajouter ? (facultatif)", "What would you add? (optional)"), {0}};

static const struct survey_question SELF_EVALUATION[] = {
        QUESTION(1, "how", CHOICE, HOW, false, "Cette auto-évaluation a été faite",
                "This self-evaluation was made"),
        SCALE(2, "assessment", "Nous évaluons chaque patient avec le système Omaha.",
                "We assess every patient with the Omaha System."),
        SCALE(3, "autonomyAim", "Nous visons l'autonomie du patient et de son entourage.",
                "We aim at the autonomy of patients and those around them."),
        SCALE(4, "network", "Nous coordonnons nos soins avec le médecin traitant et le réseau.",
                "We coordinate our care with the GP and the network."),
        SCALE(5, "sharing", "Nous partageons nos pratiques régulièrement.",
                "We share our practice regularly."),
        SCALE(6, "decisions", "Nous décidons ensemble, et nos décisions tiennent.",
                "We decide together, and our decisions hold."),
        SCALE(7, "balance", "La charge est répartie équitablement.", "Work is shared out fairly."),
        WORDS(8, "words", "Ce que nous voulons améliorer (facultatif)", "What we want to improve (optional)"),
        {0}};

#define NOTE_PATIENT_FR \
	"Votre nom n'est demandé nulle part. Les réponses sont additionnées avec d'autres, et personne ne " \
	"voit la vôtre seule. Vous n'êtes obligé(e) de répondre à rien ; vos soins n'en dépendent pas. Ce " \
	"que vous écrivez en toutes lettres peut être reconnu à vos mots."
#define NOTE_PATIENT_EN \
	"Your name is asked nowhere. Answers are added up with others', and nobody sees yours alone. You " \
	"need not answer anything; your care does not depend on it. What you write in words may be " \
	"recognized."
#define NOTE_NURSE_FR \
	"Répondez sur papier ou sur l'appareil d'une collègue : ce qui est donné sur votre propre appareil " \
	"est signé par lui. Les réponses sont additionnées. Vos mots peuvent être reconnus."
#define NOTE_NURSE_EN \
	"Answer on paper or on a colleague's device: what is given on your own is signed by it. Answers " \
	"are " \
	"added up. Your words may be recognized."

static const struct survey_questionnaire QUESTIONNAIRES[] = {
        {1, 1, "patient", SURVEY_PATIENTS, {"Votre avis sur vos soins", "What you think of your care"},
                {NOTE_PATIENT_FR, NOTE_PATIENT_EN}, PATIENT},
        {2, 1, "carer", SURVEY_CARERS, {"L'avis des aidants", "What carers think"},
                {NOTE_PATIENT_FR, NOTE_PATIENT_EN}, CARER},
        {3, 1, "nurse", SURVEY_NURSES,
                {"Vie et conditions de travail des infirmières", "Nurses' working life and conditions"},
                {NOTE_NURSE_FR, NOTE_NURSE_EN}, NURSE},
        {4, 1, "self-evaluation", SURVEY_NURSES,
                {"Auto-évaluation de l'équipe", "The team's self-evaluation"}, {NOTE_NURSE_FR, NOTE_NURSE_EN},
                SELF_EVALUATION},
};
enum { QUESTIONNAIRE_COUNT = sizeof(QUESTIONNAIRES) / sizeof(*QUESTIONNAIRES) };

const struct survey_questionnaire *survey_questionnaire_at(uint32_t index)
{
	return index < QUESTIONNAIRE_COUNT ? &QUESTIONNAIRES[index] : NULL;
}

const struct survey_questionnaire *survey_questionnaire(uint32_t number, uint32_t version)
{
	const struct survey_questionnaire *found = NULL;
	for (uint32_t i = 0; i < QUESTIONNAIRE_COUNT; i++)
		if (QUESTIONNAIRES[i].number == number &&
		        (version ? QUESTIONNAIRES[i].version == version
		                 : !found || QUESTIONNAIRES[i].version > found->version))
			found = &QUESTIONNAIRES[i];
	return found;
}

const struct survey_questionnaire *survey_questionnaire_named(const char *name, uint32_t version)
{
	for (uint32_t i = 0; i < QUESTIONNAIRE_COUNT; i++)
		if (strcmp(QUESTIONNAIRES[i].name, name) == 0)
			return survey_questionnaire(QUESTIONNAIRES[i].number, version);
	return NULL;
}

const struct survey_question *survey_question(
        const struct survey_questionnaire *questionnaire, uint32_t number)
{
	for (const struct survey_question *one = questionnaire->questions; one->number; one++)
		if (one->number == number)
			return one;
	return NULL;
}

const struct survey_question *survey_question_named(
        const struct survey_questionnaire *questionnaire, const char *name)
{
	for (const struct survey_question *one = questionnaire->questions; one->number; one++)
		if (strcmp(one->name, name) == 0)
			return one;
	return NULL;
}

uint32_t survey_cell_count(const struct survey_question *question)
{
	uint32_t count = 0;
	if (question->type == SURVEY_SCALE)
		return 11;
	while (question->choices && question->choices[count].number)
		count++;
	return count;
}

const char *survey_cell_name(
        const struct survey_question *question, uint32_t cell, char out[SURVEY_CELL_NAME_BYTES])
{
	if (question->choices)
		return question->choices[cell].name;
	snprintf(out, SURVEY_CELL_NAME_BYTES, "%u", cell % 100);
	return out;
}

const char *survey_audience_name(enum survey_audience audience)
{
	return audience == SURVEY_PATIENTS ? "patient" : audience == SURVEY_CARERS ? "carer" : "nurse";
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *label_json(struct schema_label label)
{
	return json_pack("{s:s, s:s}", "fr", label.fr, "en", label.en);
}

static json_t *question_json(const struct survey_question *question)
{
	static const char *const TYPES[] = {"", "yes-no", "scale", "choice", "text"};
	json_t *json = json_pack("{s:i, s:s, s:s, s:b, s:o}", "number", (int)question->number, "name",
	        question->name, "type", TYPES[question->type], "indicator", question->is_indicator, "label",
	        label_json(question->label));
	json_t *choices = json_array();
	for (uint32_t i = 0; question->choices && question->choices[i].number; i++)
		json_array_append_new(choices,
		        json_pack("{s:s, s:o}", "name", question->choices[i].name, "label",
		                label_json(question->choices[i].label)));
	if (question->choices)
		json_object_set(json, "choices", choices);
	json_decref(choices);
	return json;
}

json_t *survey_questionnaire_json(const struct survey_questionnaire *questionnaire)
{
	json_t *questions = json_array();
	for (const struct survey_question *one = questionnaire->questions; one->number; one++)
		json_array_append_new(questions, question_json(one));
	return json_pack("{s:i, s:i, s:s, s:s, s:o, s:o, s:o}", "number", (int)questionnaire->number,
	        "version", (int)questionnaire->version, "name", questionnaire->name, "audience",
	        survey_audience_name(questionnaire->audience), "label", label_json(questionnaire->label),
	        "note", label_json(questionnaire->note), "questions", questions);
}
