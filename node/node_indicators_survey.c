/* Campaigns of questionnaires as facts of indicators. */
#include "crdt/base/err.h"
#include "node/node_digest.h"
#include "node/node_indicators.h"
#include "node/node_state.h"
#include "node/survey/result.h"

enum {
	CAMPAIGN_QUESTIONNAIRE = 1,
	CAMPAIGN_VERSION = 2,
	CAMPAIGN_UNTIL = 5,
	RESULT_SHOWN = 7
}; /* numbers of the schema's tables */

/* Is what facilitators are shown of the campaign of these answers, none more and none less? */
static bool is_shown(
        const struct crdt_doc *results, const struct record_id *campaign, const struct survey_sum *sum)
{
	struct schema_measures measures;
	struct schema_record record;
	if (!results ||
	        !record_read(results, schema_kind(SCHEMA_SURVEY_RESULT), campaign, &measures, &record))
		return false;
	const struct schema_value *was = schema_value(&record, RESULT_SHOWN);
	struct survey_shown *shown = mem_zero(1, sizeof(*shown));
	struct buf bytes = {0};
	survey_shown_of(sum, shown);
	survey_shown_put(shown, &bytes);
	const bool is_same = shown->forms && was && span_eq(was->bytes, buf_span(&bytes));
	buf_close(&bytes);
	mem_free(shown);
	return is_same;
}

static bool read_campaign(struct node *node, const struct crdt_doc *doc, const struct crdt_doc *results,
        struct facts_campaign *out)
{
	struct node_reading reading = {.node = node, .is_final = true};
	const struct digest_source source = {doc, node_read_event, &reading};
	const struct record_id id = crdt_doc_id(doc);
	struct schema_measures measures;
	struct schema_record record;
	if (!record_read(doc, schema_kind(SCHEMA_SURVEY_CAMPAIGN), &id, &measures, &record))
		return false;
	const struct schema_value *until = schema_value(&record, CAMPAIGN_UNTIL),
	                          *number = schema_value(&record, CAMPAIGN_QUESTIONNAIRE),
	                          *version = schema_value(&record, CAMPAIGN_VERSION);
	const struct survey_questionnaire *questionnaire = number && version && version->number > 0
	        ? survey_questionnaire((uint32_t)number->number, (uint32_t)version->number)
	        : NULL;
	struct survey_campaign_sum *total = mem_zero(1, sizeof(*total));
	if (until)
		survey_campaign_sum(&source, questionnaire, total);
	const bool counts = until && facts_campaign_answers(&total->sum, out);
	if (counts) {
		out->day = (int32_t)until->number;
		out->is_shown = is_shown(results, &id, &total->sum);
	}
	mem_free(total);
	return counts;
}

int node_indicators_campaigns(struct node *node, struct arena *arena, struct facts_team *out)
{
	const struct record_id results_id = record_document_id(node_team(node), SCHEMA_DOC_INDICATORS, NULL);
	const uint32_t docs = node_doc_count(node);
	struct crdt_doc *doc, *results = NULL;
	struct record_id id;
	uint32_t kind, count = 0;
	int result = node_doc(node, SCHEMA_DOC_INDICATORS, &results_id, &results);
	if (result == ERR_NOTFOUND) {
		results = NULL;
		result = 0;
	}
	for (uint32_t i = 0; i < docs; i++)
		count += node_doc_at(node, i, &kind, &id) == 0 && kind == SCHEMA_DOC_SURVEY;
	out->campaigns = count ? arena_zero(arena, count, sizeof(*out->campaigns)) : NULL;
	for (uint32_t i = 0; i < docs && out->campaign_count < count && !result; i++) {
		if (node_doc_at(node, i, &kind, &id) || kind != SCHEMA_DOC_SURVEY)
			continue;
		result = node_doc_by_number(node, i, &doc);
		if (!result)
			out->campaign_count += read_campaign(
			        node, doc, results, &out->campaigns[out->campaign_count]);
	}
	return result;
}
