/* Chosen dossiers: giving one to a locum, and no more of it. */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/describe_parts.h"
#include "node/team/roles.h"

/* The patient, and the locum, that the request names. False: replied. */
static bool read_both(struct api_call *call, struct record_id *patient, struct person_id *person)
{
	const char *text = api_text(api_call_json(call), "person");
	if (!text) {
		api_call_fail(call, ERR_INVALID, "With whom? \"person\" takes the first digits of an id.");
		return false;
	}
	if (!api_patient_or_reply(call, patient, NULL) || !api_person_or_reply(call, text, person))
		return false;
	const struct team_person *row = team_view_person(node_view(api_node_of(call)->node), person);
	if (row && row->role == TEAM_ROLE_LOCUM)
		return true;
	api_call_fail(call, ERR_INVALID,
	        "Dossiers are shared one by one with locums only: nurses and readers have them all, a "
	        "facilitator is given a redacted case.");
	return false;
}

static int share(struct api_call *call, bool shared)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient;
	struct person_id person;
	if (!read_both(call, &patient, &person))
		return 0;
	bool had = node_shared(app->node, &person, &patient);
	int result = node_share(app->node, &person, &patient, shared);
	if (result == ERR_DENIED) {
		api_call_fail(call, result, "Only a nurse shares dossiers. Nothing was changed.");
		return 0;
	}
	if (result == ERR_FULL) {
		api_call_fail(
		        call, result, "This dossier's key was renewed so often that it cannot be once more.");
		return 0;
	}
	return result ? result
	              : api_reply_durable(call, 200,
	                        json_pack("{s:b, s:b, s:o}", "shared", shared, "before", had, "joined",
	                                api_group_others(app, &patient)));
}

int api_post_share(struct api_call *call)
{
	return share(call, true);
}

int api_post_unshare(struct api_call *call)
{
	return share(call, false);
}

int api_get_shares(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient;
	json_t *list = json_array();
	if (!api_patient_or_reply(call, &patient, NULL)) {
		json_decref(list);
		return 0;
	}
	const struct team_view *view = node_view(app->node);
	for (uint32_t i = 0; i < view->person_count; i++) {
		const struct person_id id = view->people[i].id;
		struct buf name = {0};
		if (!node_shared(app->node, &id, &patient))
			continue;
		describe_person(app, span_of(id.bytes, sizeof(id.bytes)), &name);
		json_array_append_new(list,
		        json_pack("{s:o, s:o}", "person", api_hex(id.bytes, sizeof(id.bytes)), "name",
		                describe_text(&name)));
		buf_close(&name);
	}
	api_call_reply(call, 200, json_pack("{s:o}", "shares", list));
	return 0;
}
