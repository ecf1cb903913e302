/* What a patient takes: prescriptions, the doses of a day, alarms (node/medication). */
#include "node/api_node.h"

#include "node/medication/medication_json.h"
#include "node/node_digest.h"

enum { DOSES_DAYS = 30 }; /* those that are listed, unless more are asked for */

struct looking {
	struct medication medication;
	uint32_t missing;
};

static void look(void *context, const struct digest_source *source)
{
	struct looking *looking = context;
	looking->missing = facts_of(source, medication_kinds, medication_kind_count, FACTS_ALL,
	        medication_add, &looking->medication);
	medication_derive(&looking->medication);
}

int api_get_medication(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct looking looking = {0};
	struct record_id id;
	int64_t day, since;
	if (!api_patient_or_reply(call, &id, NULL) || !api_query_day(call, "day", api_today(app), &day) ||
	        !api_query_day(call, "since", day - DOSES_DAYS, &since))
		return 0;
	int result = node_digest_look(app->node, &id, look, &looking);
	if (!result) {
		json_t *json = medication_json(&looking.medication, day, since);
		if (looking.missing)
			json_object_set_new(json, "notHere", json_integer(looking.missing));
		api_mark_early(app, json, &id);
		api_note(app, ACCESS_RECORD, &id, 0);
		api_call_reply(call, 200, json);
	}
	medication_close(&looking.medication);
	return result;
}
