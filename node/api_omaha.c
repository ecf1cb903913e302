/* The Omaha System, and how the problems of a patient went. */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/assessment.h"
#include "node/omaha/omaha_json.h"

enum { KEEP_S = 24 * 3600, FOUND_MAX = 100 };

int api_get_omaha(struct api_call *call)
{
	api_call_keep(call, KEEP_S);
	api_call_reply(call, 200, omaha_json());
	return 0;
}

int api_get_omaha_search(struct api_call *call)
{
	const struct omaha_term *found[FOUND_MAX];
	const char *words = api_call_query(call, "words");
	uint32_t count = words ? omaha_search(span_text(words), found, FOUND_MAX) : 0;
	json_t *list = json_array();
	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(list, omaha_term_json(found[i], false));
	api_call_keep(call, KEEP_S);
	api_call_reply(call, 200, json_pack("{s:o, s:s}", "terms", list, "version", omaha_version()));
	return 0;
}

int api_get_omaha_term(struct api_call *call)
{
	const char *text = api_call_param(call, 0);
	enum omaha_kind kind;
	uint32_t code;
	const struct omaha_term *term = omaha_read_code(span_text(text), NULL, &kind, &code)
	        ? omaha_find(kind, code)
	        : NULL;
	if (!term) {
		api_call_fail(call, ERR_NOTFOUND,
		        "There is no such code: PB26 is a problem, SS2601 a sign or symptom, TG14 a target.");
		return 0;
	}
	api_call_keep(call, KEEP_S);
	json_t *json = omaha_term_json(term, true);
	json_object_set_new(json, "version", json_string(omaha_version()));
	json_object_set_new(
	        json, "notice", json_pack("{s:s, s:s}", "fr", omaha_notice.fr, "en", omaha_notice.en));
	api_call_reply(call, 200, json);
	return 0;
}

int api_get_assessments(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	if (!api_group_or_reply(call, &group))
		return 0;
	json_t *problems = api_group_parts(app, &group, schema_kind(SCHEMA_PROBLEM), UINT32_MAX),
	       *ratings = api_group_parts(app, &group, schema_kind(SCHEMA_RATING), UINT32_MAX);
	api_note_group(app, &group);
	api_call_reply(call, 200,
	        json_pack("{s:o, s:s, s:{s:s, s:s}}", "problems", assessment_of(problems, ratings), "version",
	                omaha_version(), "notice", "fr", omaha_notice.fr, "en", omaha_notice.en));
	json_decref(problems);
	json_decref(ratings);
	return 0;
}
