/* What a patient takes: prescriptions, the doses of a day, alarms (node/medication). */
#include "node/api_node.h"

#include "node/medication/medication_json.h"

enum { DOSES_DAYS = 30 }; /* those that are listed, unless more are asked for */

int api_get_medication(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct medication medication = {0};
	struct record_id id;
	int64_t day, since;
	uint32_t missing;
	if (!api_patient_or_reply(call, &id, NULL) || !api_query_day(call, "day", api_today(app), &day) ||
	        !api_query_day(call, "since", day - DOSES_DAYS, &since))
		return 0;
	int result = facts_each(app->node, &id, medication_kinds, medication_kind_count, medication_add,
	        &medication, &missing);
	if (!result) {
		medication_derive(&medication);
		json_t *json = medication_json(&medication, day, since);
		if (missing)
			json_object_set_new(json, "notHere", json_integer(missing));
		api_mark_early(app, json, &id);
		api_note(app, ACCESS_RECORD, &id, 0);
		api_call_reply(call, 200, json);
	}
	medication_close(&medication);
	return result;
}
