/* Chosen dossiers: giving one to a locum, and no more of it. */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/describe_parts.h"
#include "node/team/roles.h"

/* The patient's dossier, or the minutes, that the path names. False: replied. */
static bool named_or_reply(struct api_call *call, enum schema_doc_kind kind, struct record_id *id)
{
	if (kind == SCHEMA_DOC_DOSSIER)
		return api_patient_or_reply(call, id, NULL);
	int result = api_doc_id(api_node_of(call), kind, api_call_param(call, 0), id);
	if (result)
		api_call_fail(call, result,
		        result == ERR_CONFLICT ? "Several ids begin so: give more digits."
		                               : "There are no such minutes here.");
	return result == 0;
}

/* What is given, and the locum, that the request names. False: replied. */
static bool read_both(
        struct api_call *call, enum schema_doc_kind kind, struct record_id *patient, struct person_id *person)
{
	const char *text = api_text(api_call_json(call), "person");
	if (!text) {
		api_call_fail(call, ERR_INVALID, "With whom? \"person\" takes the first digits of an id.");
		return false;
	}
	if (!named_or_reply(call, kind, patient) || !api_person_or_reply(call, text, person))
		return false;
	const struct team_person *row = team_view_person(node_view(api_node_of(call)->node), person);
	if (row && row->role == TEAM_ROLE_LOCUM)
		return true;
	api_call_fail(call, ERR_INVALID,
	        kind == SCHEMA_DOC_MINUTES
	                ? "Minutes are given one by one to locums only: nurses and readers have them all, a "
	                  "facilitator reads none that speak of patients."
	                : "Dossiers are shared one by one with locums only: nurses and readers have them "
	                  "all, a "
	                  "facilitator is given a redacted case.");
	return false;
}

static int share(struct api_call *call, enum schema_doc_kind kind, bool shared)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient;
	struct person_id person;
	if (!read_both(call, kind, &patient, &person))
		return 0;
	bool had = node_shared(app->node, &person, &patient);
	int result = node_share(app->node, &person, &patient, shared);
	if (result == ERR_DENIED) {
		api_call_fail(call, result, "Only a nurse shares dossiers. Nothing was changed.");
		return 0;
	}
	if (result == ERR_CONFLICT) {
		api_call_fail_with(call, result,
		        "Somebody wrote a document of another kind under this id, to be given what is in "
		        "this "
		        "one: see its history. Nothing was shared.",
		        json_pack("{s:s}", "fr",
		                "Quelqu'un a écrit un document d'une autre sorte sous cet identifiant, pour "
		                "obtenir ce que contient celui-ci : voyez son historique. Rien n'a été "
		                "partagé."));
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
	return share(call, SCHEMA_DOC_DOSSIER, true);
}

int api_post_unshare(struct api_call *call)
{
	return share(call, SCHEMA_DOC_DOSSIER, false);
}

int api_post_minutes_share(struct api_call *call)
{
	return share(call, SCHEMA_DOC_MINUTES, true);
}

int api_post_minutes_unshare(struct api_call *call)
{
	return share(call, SCHEMA_DOC_MINUTES, false);
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
