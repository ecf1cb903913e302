/* Chosen dossiers: giving a patient's to a locum, and no more of them. */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/describe_parts.h"
#include "node/team/roles.h"
#include "node/work/work.h"

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

/* What one request is about: all files of the patient, or with alone=1 the one that it names; or minutes. */
static void files_meant(struct api_call *call, enum schema_doc_kind kind, const struct record_id *named,
        struct patient_group *out)
{
	*out = (struct patient_group){.count = 1, .files = {*named}};
	if (kind == SCHEMA_DOC_DOSSIER && !api_call_query(call, "alone"))
		api_group_of(api_node_of(call), named, out);
}

/* The other files of the patient, and whether she is given them: {"id", names, "shared"}. What she goes on being given is said. */
static json_t *others_json(
        struct api_node *app, const struct person_id *person, const struct record_id *named)
{
	json_t *list = json_array();
	struct patient_group group;
	api_group_of(app, named, &group);
	for (uint32_t i = 0; i < group.count; i++) {
		if (record_id_eq(&group.files[i], named))
			continue;
		json_t *one = api_file_names(app, &group.files[i]);
		json_object_set_new(
		        one, "shared", json_boolean(node_shared(app->node, person, &group.files[i])));
		json_array_append_new(list, one);
	}
	return list;
}

/* False: replied. */
static bool worked(struct api_call *call, int result)
{
	if (result == ERR_DENIED)
		api_call_fail(call, result, "Only a nurse shares dossiers. Nothing was changed.");
	else if (result == ERR_CONFLICT)
		api_call_fail_with(call, result,
		        "Somebody wrote a document of another kind under this id, to be given what is in "
		        "this "
		        "one: see its history. It was not shared.",
		        json_pack("{s:s}", "fr",
		                "Quelqu'un a écrit un document d'une autre sorte sous cet identifiant, pour "
		                "obtenir ce que contient celui-ci : voyez son historique. Il n'a pas été "
		                "partagé."));
	else if (result == ERR_FULL)
		api_call_fail(
		        call, result, "This dossier's key was renewed so often that it cannot be once more.");
	return result != ERR_DENIED && result != ERR_CONFLICT && result != ERR_FULL;
}

/* Who sees one patient is given, or not given any more, all of her files: else she would read on in one what nobody meant to show her. */
static int share(struct api_call *call, enum schema_doc_kind kind, bool shared)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient;
	struct person_id person;
	struct patient_group group;
	bool had = false;
	int result = 0;
	if (!read_both(call, kind, &patient, &person))
		return 0;
	files_meant(call, kind, &patient, &group);
	for (uint32_t i = 0; i < group.count; i++) { /* that one cannot be ended keeps no other shared */
		had |= node_shared(app->node, &person, &group.files[i]);
		const int one = node_share(app->node, &person, &group.files[i], shared);
		result = result ? result : one;
	}
	if (!worked(call, result))
		return 0;
	return result ? result
	              : api_reply_durable(call, 200,
	                        json_pack("{s:b, s:b, s:I, s:o}", "shared", shared, "before", had, "files",
	                                (json_int_t)group.count, "joined",
	                                kind == SCHEMA_DOC_DOSSIER ? others_json(app, &person, &patient)
	                                                           : json_array()));
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

/* How many of these files a person is given. */
static uint32_t given_of(
        struct api_node *app, const struct person_id *person, const struct patient_group *group)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < group->count; i++)
		count += node_shared(app->node, person, &group->files[i]);
	return count;
}

static struct work_facts partly_fact(
        struct api_node *app, const struct person_id *person, uint32_t given, uint32_t all)
{
	struct work_facts facts = {0};
	struct work_fact *fact = work_add(&facts, WORK_PARTLY_SHARED);
	struct buf name = {0};
	describe_person(app, span_of(person->bytes, sizeof(person->bytes)), &name);
	fact->key = work_keep(&facts, span_of(person->bytes, sizeof(person->bytes)));
	fact->note = WORK_ALWAYS;
	fact->fr = work_words(&facts,
	        "%.*s reçoit %u des %u dossiers de cette personne : partager ou retirer le tout (releve "
	        "share, unshare)",
	        (int)name.size, (const char *)name.data, given, all);
	fact->en = work_words(&facts,
	        "%.*s is given %u of this person's %u files: share all of them, or none (releve share, "
	        "unshare)",
	        (int)name.size, (const char *)name.data, given, all);
	buf_close(&name);
	return facts;
}

/* That a nurse shared, or ended the sharing, while she did not know of the joining. */
void api_partly_shared_work(struct api_node *app, const struct patient_groups *groups,
        void (*keep)(void *context, struct work_facts *facts, const struct record_id *file), void *context)
{
	const struct team_view *view = node_view(app->node);
	for (uint32_t i = 0; i < groups->count; i++) {
		struct patient_group group;
		if (!record_id_eq(&groups->files[i], &groups->main[i]) ||
		        !patient_groups_is_joined(groups, &groups->files[i]))
			continue;
		patient_groups_of(groups, &groups->files[i], &group);
		for (uint32_t j = 0; j < view->person_count; j++) {
			const uint32_t given = view->people[j].role == TEAM_ROLE_LOCUM
			        ? given_of(app, &view->people[j].id, &group)
			        : 0;
			if (!given || given == group.count)
				continue;
			struct work_facts facts = partly_fact(app, &view->people[j].id, given, group.count);
			keep(context, &facts, &group.files[0]);
		}
	}
}

int api_get_shares(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	if (!api_group_or_reply(call, &group))
		return 0;
	json_t *list = json_array();
	const struct team_view *view = node_view(app->node);
	for (uint32_t i = 0; i < view->person_count; i++) {
		const struct person_id id = view->people[i].id;
		const uint32_t given = given_of(app, &id, &group);
		struct buf name = {0};
		if (!given)
			continue;
		describe_person(app, span_of(id.bytes, sizeof(id.bytes)), &name);
		json_array_append_new(list,
		        json_pack("{s:o, s:o, s:I, s:b}", "person", api_hex(id.bytes, sizeof(id.bytes)),
		                "name", describe_text(&name), "files", (json_int_t)given, "all",
		                given == group.count));
		buf_close(&name);
	}
	api_call_reply(call, 200, json_pack("{s:o, s:I}", "shares", list, "files", (json_int_t)group.count));
	return 0;
}
