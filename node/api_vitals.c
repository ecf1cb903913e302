/* A patient's measures over time (node/vitals). */
#include "node/api_patients.h"

#include "crdt/base/err.h"
#include "node/node_digest.h"
#include "node/vitals/vitals_json.h"

enum { WINDOW_DAYS = 90 }; /* what is listed unless the query says otherwise */

/* The vital that the query names; 0: all. False: there is no such; replied. */
static bool query_type(struct api_call *call, uint32_t *out)
{
	const char *name = api_call_query(call, "type");
	const struct schema_vital *vital = name ? schema_vital_named(span_text(name)) : NULL;
	*out = vital ? vital->number : 0;
	if (!name || vital)
		return true;
	api_call_fail(call, ERR_NOTFOUND, "There is no such vital: see GET /api/schema, \"vitals\".");
	return false;
}

struct looking {
	struct vitals vitals;
	uint32_t missing;
};

static void look(void *context, const struct digest_source *source)
{
	struct looking *looking = context;
	vitals_take_limits(&looking->vitals, source->doc);
	looking->missing += facts_of(
	        source, vitals_kinds, vitals_kind_count, FACTS_ALL, vitals_add, &looking->vitals);
}

/* Of a patient with several files what all hold. */
static int look_at_all(struct api_node *app, const struct patient_group *group, struct looking *looking)
{
	int result = 0;
	for (uint32_t i = 0; i < group->count && !result; i++)
		result = node_digest_look(app->node, &group->files[i], look, looking);
	vitals_derive(&looking->vitals);
	return result;
}

int api_get_vitals(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct looking looking = {0};
	struct patient_group group;
	int64_t from, to;
	uint32_t type;
	if (!api_group_or_reply(call, &group) || !query_type(call, &type) ||
	        !api_day_or_reply(call, api_call_query(call, "to"), api_today(app), &to) ||
	        !api_day_or_reply(call, api_call_query(call, "from"), to - WINDOW_DAYS, &from))
		return 0;
	int result = look_at_all(app, &group, &looking);
	if (!result) {
		json_t *json = vitals_json(&looking.vitals, type, from, to);
		if (looking.missing)
			json_object_set_new(json, "notHere", json_integer(looking.missing));
		for (uint32_t i = 0; i < group.count; i++)
			api_mark_early(app, json, &group.files[i]);
		api_note_group(app, &group);
		api_call_reply(call, 200, json);
	}
	vitals_close(&looking.vitals);
	return result;
}
