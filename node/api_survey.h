/* node/api_survey.h - what the handlers of questionnaires share (node/survey/README.md). Threads: one. */
#ifndef NODE_API_SURVEY_H
#define NODE_API_SURVEY_H

#include "node/api_work.h"
#include "node/survey/result.h"

struct api_survey {
	struct record_id id;
	struct crdt_doc *doc;
	uint32_t questionnaire_number, version;
	const struct survey_questionnaire *questionnaire; /* NULL: of a later version of the program */
	int64_t from, until;
	bool is_closed;
	char title[128];
};

/* The campaign that a text names by the first 4 or more digits of its id. False: replied. */
bool api_survey_or_reply(struct api_call *call, const char *text, struct api_survey *out);
/* The same of a document. False: it is none. */
bool api_survey_read(struct crdt_doc *doc, struct api_survey *out);
/* A program that does not know the questions neither asks them nor adds them up. True: replied. */
bool api_survey_refused_unknown(struct api_call *call, const struct api_survey *survey);

/* What waits on this device for a campaign. 0: also when nothing does. Owner closes. */
int api_survey_waiting(struct api_node *app, const struct record_id *campaign, struct survey_waiting *out);
/* Forms of all campaigns that wait here: nobody else has them. */
uint32_t api_survey_waiting_count(struct api_node *app);
int api_survey_keep(
        struct api_node *app, const struct record_id *campaign, const struct survey_waiting *waiting);

/* Write what waits as one batch, and take the row away with it. */
int api_survey_write(struct api_node *app, const struct api_survey *survey, struct survey_waiting *waiting);

/* May fewer than SURVEY_BATCH_MIN be written? True: replied that nobody said so. */
bool api_survey_refused_few(struct api_call *call, const struct survey_waiting *waiting);

/* This device may write answers. False: replied. */
bool api_survey_may_write(struct api_call *call);

json_t *api_survey_questionnaire_json(const struct api_survey *survey);
json_t *api_survey_head_json(struct api_node *app, const struct api_survey *survey);

/* What is shown to facilitators: the record; NULL: nothing yet. Owner decrefs. Its bytes. False: nothing. */
json_t *api_survey_result(struct api_node *app, const struct record_id *campaign);
bool api_survey_shown(struct api_node *app, const struct record_id *campaign, struct survey_shown *out);
json_t *api_survey_shown_json(const struct survey_shown *shown);

/* One record of a kind into a change; `fields` are borrowed. */
int api_survey_put(struct api_node *app, struct node_change *change, enum schema_kind_number number,
        const struct record_id *id, const json_t *fields, struct span bytes);

/* The answers in words of batches that were not cancelled: [{"question", "name", "text"}], in the order of their bytes. Owner decrefs. */
json_t *api_survey_texts(struct api_node *app, const struct api_survey *survey);

#endif
