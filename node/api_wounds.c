/* Wounds and their checks; consent to photos of them (node/wounds). */
#include "node/api_wounds.h"

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/node_digest.h"
#include "node/wounds/consents.h"
#include "node/wounds/wounds_json.h"

/* ---- Consent ----------------------------------------------------------------------------------------------------- */

struct asking {
	int64_t today;
	bool is_in_force;
	struct record_id consent; /* that one */
	uint8_t photo[SCHEMA_SHORT_BYTES]; /* that a check names */
	bool has_photo, was_consented; /* saved when a consent was in force */
};

static void take_photo(void *context, const struct fact *fact)
{
	enum { CONSENT = 11 };
	struct asking *asking = context;
	if (memcmp(fact->head.id.bytes, asking->photo, sizeof(asking->photo)) == 0 &&
	        schema_value(fact->record, CONSENT))
		asking->was_consented = true;
}

static void ask(void *context, const struct digest_source *source)
{
	static const uint32_t PHOTOS[] = {SCHEMA_PHOTO};
	struct asking *asking = context;
	asking->is_in_force = consents_in_force(source, CONSENTS_PHOTO, asking->today, &asking->consent);
	if (!asking->is_in_force && asking->has_photo)
		facts_of(source, PHOTOS, 1, FACTS_ALL, take_photo, asking);
}

static int refuse(struct api_call *call, const struct schema_kind *kind)
{
	struct schema_report report = {0};
	schema_report_add(&report, SCHEMA_PROBLEM_NO_CONSENT,
	        schema_field_named(kind, span_text(kind->number == SCHEMA_PHOTO ? "wound" : "photo")));
	return api_refuse_record(call, &report);
}

bool api_consent_or_refuse(
        struct api_call *call, const struct schema_kind *kind, const struct record_id *patient)
{
	struct api_node *app = api_node_of(call);
	json_t *json = api_call_json(call);
	const char *photo = api_text(json, "photo");
	struct asking asking = {.today = api_today(app)};
	if (!(kind->number == SCHEMA_PHOTO && json_object_get(json, "wound")) &&
	        !(kind->number == SCHEMA_WOUND_CHECK && json_object_get(json, "photo")))
		return true;
	asking.has_photo = photo && strlen(photo) >= 2 * SCHEMA_SHORT_BYTES &&
	        ids_from_hex(asking.photo, SCHEMA_SHORT_BYTES, photo);
	int result = node_digest_look(app->node, patient, ask, &asking);
	if (result) {
		api_call_fail(call, result, NULL);
		return false;
	}
	if (asking.is_in_force)
		json_object_set_new(json, "consent", api_hex(asking.consent.bytes, SCHEMA_SHORT_BYTES));
	else if (!asking.was_consented)
		refuse(call, kind);
	return asking.is_in_force || asking.was_consented;
}

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

struct looking {
	int64_t today;
	json_t *wounds;
	uint32_t missing, files;
	bool has_consent;
};

static void look(void *context, const struct digest_source *source)
{
	static const uint32_t CHECKS[] = {SCHEMA_WOUND_CHECK};
	struct looking *looking = context;
	struct wounds wounds = {0};
	struct record_id consent;
	wounds_take(&wounds, source->doc);
	looking->missing += facts_of(source, CHECKS, 1, FACTS_ALL, wounds_add, &wounds);
	wounds_derive(&wounds);
	json_t *found = wounds_json(&wounds, source->doc, looking->today);
	json_array_extend(looking->wounds, found);
	json_decref(found);
	if (looking->files++ == 0) /* of the file that new photos go to */
		looking->has_consent = consents_in_force(source, CONSENTS_PHOTO, looking->today, &consent);
	wounds_close(&wounds);
}

int api_get_wounds(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct looking looking = {0};
	struct patient_group group;
	int result = 0;
	if (!api_group_or_reply(call, &group) || !api_query_day(call, "day", api_today(app), &looking.today))
		return 0;
	looking.wounds = json_array();
	for (uint32_t i = 0; i < group.count && !result; i++) /* what all files of the patient hold */
		result = node_digest_look(app->node, &group.files[i], look, &looking);
	if (result) {
		json_decref(looking.wounds);
		return result;
	}
	json_t *json = json_pack("{s:o, s:b}", "wounds", looking.wounds, "photoConsent", looking.has_consent);
	if (looking.missing)
		json_object_set_new(json, "notHere", json_integer(looking.missing));
	for (uint32_t i = 0; i < group.count; i++)
		api_mark_early(app, json, &group.files[i]);
	api_note_group(app, &group);
	api_call_reply(call, 200, json);
	return 0;
}
