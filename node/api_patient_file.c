/* The patient's file in one view: what a nurse at the door has to know first (node/patient/README.md). */
#include "node/api_patients.h"

#include "crdt/base/err.h"
#include "node/api_receipts.h"
#include "node/assessment.h"
#include "node/calendar.h"
#include "node/describe_parts.h"
#include "node/patient/file.h"
#include "node/schema/moment.h"

enum { LATEST = 10, HALF_A_DAY_S = 12 * 3600 };

/* The patient's records of all her files; the first is where what is new is written. */
static json_t *heads_of(struct api_node *app, const struct patient_group *group)
{
	json_t *heads = json_array();
	for (uint32_t i = 0; i < group->count; i++) {
		struct crdt_doc *doc;
		json_t *head = node_shown(app->node, SCHEMA_DOC_DOSSIER, &group->files[i], &doc)
		        ? NULL
		        : record_json(doc, schema_kind(SCHEMA_PATIENT), &group->files[i]);
		api_mark_early(app, head, &group->files[i]);
		if (head)
			json_array_append_new(heads, head);
	}
	return heads;
}

/* What a person is called, beside her id. */
static json_t *person_name(struct api_node *app, const json_t *id)
{
	const char *text = json_string_value(id);
	uint8_t bytes[ID_SHORT_BYTES];
	const size_t size = text ? strlen(text) / 2 : 0;
	struct buf name = {0};
	if (size && size <= sizeof(bytes) && ids_from_hex(bytes, size, text))
		describe_person(app, span_of(bytes, size), &name);
	json_t *json = name.size ? describe_text(&name) : json_string(text ? text : "");
	buf_close(&name);
	return json;
}

static json_t *referent_of(struct api_node *app, const json_t *heads)
{
	json_t *referent = file_referent(heads), *value;
	size_t index;
	json_array_foreach(json_object_get(referent, "values"), index, value)
	        json_object_set_new(value, "name", person_name(app, json_object_get(value, "person")));
	return referent;
}

static json_t *circle_of(struct api_node *app, const json_t *heads)
{
	json_t *ids = file_circle(heads), *list = json_array(), *id;
	size_t index;
	json_array_foreach(ids, index, id) json_array_append_new(
	        list, json_pack("{s:O, s:o}", "person", id, "name", person_name(app, id)));
	json_decref(ids);
	return list;
}

/* Words of each file: allergies as they were noted before there were alerts of their own. */
static json_t *allergies_of(const json_t *heads)
{
	json_t *list = json_array(), *head;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)heads, index, head)
	{
		json_t *text = json_object_get(head, "allergies");
		if (text)
			json_array_append_new(list,
			        json_pack(
			                "{s:O, s:O}", "text", text, "dossier", json_object_get(head, "id")));
	}
	return list;
}

/* What was decided about this file and others, and what follows from it. */
static json_t *links_of(struct api_node *app, const struct patient_group *group)
{
	json_t *list = json_array();
	struct patient_links links;
	struct patient_pairs pairs;
	api_links_around(app, &group->files[0], &links);
	patient_pairs_make(links.items, links.count, &pairs);
	for (uint32_t i = 0; i < links.count; i++) {
		const struct patient_link *link = &links.items[i];
		struct patient_pair *pair = patient_pairs_find(&pairs, &link->file, &link->other);
		bool mine = false;
		for (uint32_t j = 0; j < group->count; j++)
			mine |= record_id_eq(&link->file, &group->files[j]);
		if (!mine || !patient_pair_tell(pair, &link->file))
			continue;
		json_array_append_new(list,
		        json_pack("{s:o, s:o, s:s}", "dossier", api_hex(link->file.bytes, ID_SHORT_BYTES),
		                "other", api_file_names(app, &link->other), "state",
		                patient_pair_state_name(pair->state)));
	}
	patient_pairs_close(&pairs);
	patient_links_close(&links);
	return list;
}

static json_t *open_problems(struct api_node *app, const struct patient_group *group)
{
	json_t *problems = api_group_parts(app, group, schema_kind(SCHEMA_PROBLEM), UINT32_MAX),
	       *ratings = api_group_parts(app, group, schema_kind(SCHEMA_RATING), UINT32_MAX),
	       *all = assessment_of(problems, ratings), *open = json_array(), *one;
	size_t index;
	json_array_foreach(all, index, one)
	{
		const char *state = api_text(one, "state");
		json_object_del(one, "ratings"); /* GET .../assessments has them all */
		if (!state || strcmp(state, "closed") != 0)
			json_array_append(open, one);
	}
	json_decref(all);
	json_decref(problems);
	json_decref(ratings);
	return open;
}

/* A list of records, with where each is; lists that were made from it share the records. */
static json_t *parts(struct api_node *app, const struct patient_group *group, struct api_receipts *receipts,
        uint32_t kind, uint32_t limit)
{
	json_t *list = api_group_parts(app, group, schema_kind(kind), limit), *record;
	size_t index;
	json_array_foreach(list, index, record) api_receipts_put(receipts, record);
	return list;
}

static bool is_in_force(const json_t *prescription)
{
	static const char *const states[] = {"future", "current", "ends"};
	const char *state = api_text(prescription, "state");
	for (size_t i = 0; state && i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return false;
}

/* The prescriptions that are in force or to come, and what is to be looked at of what the patient takes. */
static void put_medication(struct api_node *app, const struct patient_group *group, json_t *file)
{
	static const char *const kept[] = {
	        "withoutPrescription", "alarms", "duplicates", "attention", "notHere"};
	const int64_t today = api_today(app);
	json_t *all, *list = json_array(), *medication = json_object(), *one;
	size_t index;
	api_medication_of(app, group, today, today + 1, &all);
	json_array_foreach(json_object_get(all, "prescriptions"), index, one)
	{
		if (is_in_force(one))
			json_array_append(list, one);
	}
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (json_object_get(all, kept[i]))
			json_object_set(medication, kept[i], json_object_get(all, kept[i]));
	json_object_set_new(file, "prescriptions", list);
	json_object_set_new(file, "medication", medication);
	json_decref(all);
}

static void put_people(struct api_node *app, json_t *file, const json_t *heads)
{
	static const char *const access[] = {
	        "street", "complement", "postcode", "town", "doorCode", "keyBox", "keys", NULL};
	static const char *const doctor[] = {"doctor", "doctorPhone", "doctorRpps", "doctorMssante", NULL};
	static const char *const contact[] = {"contactName", "contactLink", "contactPhone", NULL};
	json_object_set_new(file, "access", file_fields(heads, access));
	json_object_set_new(file, "doctor", file_fields(heads, doctor));
	json_object_set_new(file, "contact", file_fields(heads, contact));
	json_object_set_new(file, "referent", referent_of(app, heads));
	json_object_set_new(file, "circle", circle_of(app, heads));
}

static void put_records(struct api_node *app, const struct patient_group *group,
        struct api_receipts *receipts, const char *today, json_t *file)
{
	const int64_t now_s = (int64_t)(env_wall_ms(app->env) / 1000);
	json_t *alerts = parts(app, group, receipts, SCHEMA_ALERT, UINT32_MAX),
	       *consents = parts(app, group, receipts, SCHEMA_CONSENT, UINT32_MAX),
	       *planned = parts(app, group, receipts, SCHEMA_PLANNED_VISIT, UINT32_MAX);
	json_object_set_new(file, "alerts", file_alerts(alerts, true));
	json_object_set_new(file, "pastAlerts", file_alerts(alerts, false));
	json_object_set_new(file, "consents", file_consents(consents, today));
	json_object_set_new(file, "partners", parts(app, group, receipts, SCHEMA_PARTNER, UINT32_MAX));
	json_object_set_new(file, "problems", open_problems(app, group));
	put_medication(app, group, file);
	json_object_set_new(file, "transmissions", parts(app, group, receipts, SCHEMA_TRANSMISSION, LATEST));
	json_object_set_new(file, "visits", parts(app, group, receipts, SCHEMA_VISIT, LATEST));
	json_object_set_new(file, "planned", file_planned(planned, now_s - HALF_A_DAY_S, LATEST));
	json_decref(alerts);
	json_decref(consents);
	json_decref(planned);
}

static json_t *file_json(struct api_node *app, const struct patient_group *group, json_t *heads)
{
	char today[MOMENT_DAY_TEXT_BYTES];
	struct api_receipts *receipts = api_receipts_new(app);
	json_t *head = json_array_get(heads, 0), *joined = api_group_json(app, group);
	moment_day_text(today, calendar_paris_day((int64_t)(env_wall_ms(app->env) / 1000)));
	api_receipts_put(receipts, head);
	json_t *file = json_pack("{s:O, s:o, s:o, s:o, s:o}", "patient", head, "identity",
	        file_identity(heads), "allergies", allergies_of(heads), "ald", file_ald(heads, today),
	        "links", links_of(app, group));
	if (joined)
		json_object_set_new(file, "joined", joined);
	put_people(app, file, heads);
	put_records(app, group, receipts, today, file);
	json_object_set_new(file, "holders", api_receipts_holders(receipts));
	json_object_set_new(file, "age", api_age(app));
	api_receipts_free(receipts);
	return file;
}

int api_get_file(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	if (!api_group_or_reply(call, &group))
		return 0;
	json_t *heads = heads_of(app, &group);
	if (json_array_size(heads) == 0) {
		json_decref(heads);
		return ERR_NOTFOUND;
	}
	api_note_group(app, &group);
	api_call_reply(call, 200, file_json(app, &group, heads));
	json_decref(heads);
	return 0;
}
