/* Which questions of the questionnaires which indicators are made of. */
#include <assert.h>
#include <string.h>

#include "node/indicators/definitions.h"
#include "node/indicators/facts.h"
#include "node/survey/result.h"

static_assert((int)FACTS_ANSWERS_FIRST == INDICATOR_NURSE_ANSWERS, "the first of them");
static_assert((int)FACTS_ANSWERS_FIRST + FACTS_ANSWERS - 1 == INDICATOR_CONDITIONS, "the last one");

static const struct question {
	const char *questionnaire, *name;
	enum indicator_number forms, answered, sum;
} QUESTIONS[] = {
        {"patient", "satisfaction", INDICATOR_ANSWERS, INDICATOR_RATED_CARE, INDICATOR_SATISFACTION},
        {"patient", "recommends", INDICATOR_ANSWERS, INDICATOR_SAID_RECOMMENDS, INDICATOR_RECOMMENDS},
        {"patient", "autonomy", INDICATOR_ANSWERS, INDICATOR_SAID_AUTONOMOUS, INDICATOR_AUTONOMOUS},
        {"carer", "satisfaction", INDICATOR_ANSWERS, INDICATOR_RATED_CARE, INDICATOR_SATISFACTION},
        {"carer", "recommends", INDICATOR_ANSWERS, INDICATOR_SAID_RECOMMENDS, INDICATOR_RECOMMENDS},
        {"carer", "autonomy", INDICATOR_ANSWERS, INDICATOR_SAID_AUTONOMOUS, INDICATOR_AUTONOMOUS},
        {"nurse", "workLife", INDICATOR_NURSE_ANSWERS, INDICATOR_MARKED_WORK_LIFE, INDICATOR_WORK_LIFE},
        {"nurse", "conditions", INDICATOR_NURSE_ANSWERS, INDICATOR_MARKED_CONDITIONS, INDICATOR_CONDITIONS},
};

static int64_t *place_of(struct facts_campaign *campaign, enum indicator_number number)
{
	return &campaign->answers[(int)number - FACTS_ANSWERS_FIRST];
}

bool facts_campaign_answers(const struct survey_sum *sum, struct facts_campaign *out)
{
	const struct survey_questionnaire *asked = sum->version
	        ? survey_questionnaire(sum->questionnaire, sum->version)
	        : NULL;
	bool is_any = false;
	memset(out->answers, 0, sizeof(out->answers));
	for (size_t i = 0; asked && i < sizeof(QUESTIONS) / sizeof(*QUESTIONS); i++) {
		const struct question *wanted = &QUESTIONS[i];
		const struct survey_question *question = strcmp(asked->name, wanted->questionnaire) == 0
		        ? survey_question_named(asked, wanted->name)
		        : NULL;
		struct survey_share share;
		if (!question)
			continue;
		is_any = true;
		*place_of(out, wanted->forms) = sum->forms;
		survey_share_of(sum, question, &share);
		*place_of(out, wanted->answered) = share.answered;
		*place_of(out, wanted->sum) = (int64_t)share.sum;
	}
	return is_any;
}
