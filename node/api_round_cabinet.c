/* What a night cabinet is told of the visits that it was given: the shared plan (R30), of patients who agreed to that. */
#include "node/api_round.h"
#include "node/api_wounds.h"

#include <string.h>

#include "crdt/base/err.h"
#include "node/schema/moment.h"

/* Who of the team answers for a visit: names and phones. */
static json_t *responsible_json(struct api_round_ask *ask, const struct round_visit *visit)
{
	const struct team_view *view = node_view(ask->app->node);
	json_t *list = json_array();
	for (uint32_t i = 0; i < visit->owners.count; i++) {
		json_t *shared = api_round_person_json(ask, &visit->owners.items[i]),
		       *json = json_copy(shared);
		for (uint32_t j = 0; j < view->person_count; j++) {
			if (memcmp(view->people[j].id.bytes, visit->owners.items[i].bytes,
			            SCHEMA_SHORT_BYTES) != 0)
				continue;
			json_t *person = api_person(ask->app, &view->people[j].id);
			if (json_object_get(person, "phone"))
				json_object_set(json, "phone", json_object_get(person, "phone"));
			json_decref(person);
		}
		json_array_append_new(list, json);
		json_decref(shared);
	}
	return list;
}

/* Without the patient's agreement nothing of the dossier is told, and the team sees that it has to ask. */
static json_t *sheet_json(
        struct api_round_ask *ask, const struct api_round *round, const struct record_id *cabinet)
{
	json_t *visits = json_array(), *untold = json_array();
	for (uint32_t i = 0; i < round->visits.count; i++) {
		const struct round_visit *visit = &round->visits.items[i];
		if (!visit->has_cabinet || !record_id_eq(&visit->cabinet, cabinet) ||
		        visit->state == ROUND_MOVED)
			continue;
		json_t *json = api_round_visit_json(ask, visit, round);
		struct patient_group group;
		struct record_id consent;
		patient_groups_of(&ask->groups, &visit->patient, &group);
		json_object_set_new(json, "responsible", responsible_json(ask, visit));
		if (api_consent_in_force(ask->app, &group, CONSENTS_NIGHT_CABINET, round->day, &consent)) {
			api_round_put_details(ask, visit, json);
			json_array_append_new(visits, json);
		} else {
			json_array_append_new(untold, json);
		}
	}
	return json_pack("{s:o, s:o, s:o, s:o}", "day", api_round_day_json(round->day), "visits", visits,
	        "noConsent", untold, "age", api_age(ask->app));
}

int api_get_cabinet_sheet(struct api_call *call)
{
	struct api_round_ask ask;
	struct api_round round = {0};
	struct record_id cabinet;
	const char *text = api_call_param(call, 0);
	int64_t day;
	if (strlen(text) != 2 * ID_SHORT_BYTES || !ids_from_hex(cabinet.bytes, ID_SHORT_BYTES, text)) {
		api_call_fail(
		        call, ERR_NOTFOUND, "There is no such entry of the directory: give its whole id.");
		return 0;
	}
	if (!api_day_or_reply(call, api_call_query(call, "day"), api_today(api_node_of(call)), &day))
		return 0;
	int result = api_round_open(api_node_of(call), &ask);
	if (!result)
		result = api_round_of_days(&ask, day, day, &round);
	if (!result)
		api_call_reply(call, 200, sheet_json(&ask, &round, &cabinet));
	api_round_note(api_node_of(call), day);
	api_round_free(&round);
	api_round_close(&ask);
	return result;
}
