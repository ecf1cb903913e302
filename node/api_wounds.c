/* Wounds and their checks; consent to photos of them (node/wounds). */
#include "node/api_wounds.h"

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/api_receipts.h"
#include "node/node_digest.h"
#include "node/wounds/consents.h"
#include "node/wounds/wounds_json.h"

/* ---- Consent ----------------------------------------------------------------------------------------------------- */

struct asking {
	struct consents_word word; /* the last one, over all files of the patient */
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
	consents_look(&asking->word, source);
	if (asking->has_photo)
		facts_of(source, PHOTOS, 1, FACTS_ALL, take_photo, asking);
}

static void hear(void *context, const struct digest_source *source)
{
	consents_look(context, source);
}

bool api_consent_in_force(struct api_node *app, const struct patient_group *group, enum consents_scope scope,
        int64_t day, struct record_id *out)
{
	struct consents_word word = {.scope = scope, .day = day};
	for (uint32_t i = 0; i < group->count; i++)
		if (node_digest_look(app->node, &group->files[i], hear, &word))
			return false; /* one of them cannot be read: it may have been withdrawn there */
	*out = word.head.id;
	return word.is_in_force;
}

void api_consent_preset(struct api_node *app, const struct record_id *dossier, const struct schema_kind *kind,
        json_t *json, struct schema_report *report)
{
	struct asking asking = {.word = {.scope = CONSENTS_PHOTO, .day = api_today(app)}};
	struct patient_group group;
	const char *of = kind->number == SCHEMA_PHOTO ? "wound"
	        : kind->number == SCHEMA_WOUND_CHECK  ? "photo"
	                                              : NULL;
	if (!of || !json_object_get(json, of))
		return;
	asking.has_photo = api_short_id(api_text(json, "photo"), asking.photo);
	api_group_of(app, dossier, &group);
	bool is_whole = true;
	for (uint32_t i = 0; i < group.count; i++)
		is_whole &= node_digest_look(app->node, &group.files[i], ask, &asking) == 0;
	if (!is_whole && group.count == 1)
		return; /* no such dossier: the save says so */
	if (asking.word.is_in_force && is_whole)
		json_object_set_new(json, "consent", api_hex(asking.word.head.id.bytes, SCHEMA_SHORT_BYTES));
	else if (!asking.was_consented)
		schema_report_add(report, SCHEMA_PROBLEM_NO_CONSENT, schema_field_named(kind, span_text(of)));
}

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

struct looking {
	int64_t today;
	json_t *wounds;
	uint32_t missing;
};

static void look(void *context, const struct digest_source *source)
{
	static const uint32_t CHECKS[] = {SCHEMA_WOUND_CHECK};
	struct looking *looking = context;
	struct wounds wounds = {0};
	wounds_take(&wounds, source->doc);
	looking->missing += facts_of(source, CHECKS, 1, FACTS_ALL, wounds_add, &wounds);
	wounds_derive(&wounds);
	json_t *found = wounds_json(&wounds, source->doc, looking->today);
	json_array_extend(looking->wounds, found);
	json_decref(found);
	wounds_close(&wounds);
}

int api_get_wounds(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct looking looking = {0};
	struct patient_group group;
	struct record_id consent;
	int result = 0;
	if (!api_group_or_reply(call, &group) ||
	        !api_day_or_reply(call, api_call_query(call, "day"), api_today(app), &looking.today))
		return 0;
	looking.wounds = json_array();
	for (uint32_t i = 0; i < group.count && !result; i++) /* what all files of the patient hold */
		result = node_digest_look(app->node, &group.files[i], look, &looking);
	if (result) {
		json_decref(looking.wounds);
		return result;
	}
	json_t *json = json_pack("{s:o, s:b}", "wounds", looking.wounds, "photoConsent",
	        api_consent_in_force(app, &group, CONSENTS_PHOTO, looking.today, &consent));
	if (looking.missing)
		json_object_set_new(json, "notHere", json_integer(looking.missing));
	for (uint32_t i = 0; i < group.count; i++)
		api_mark_early(app, json, &group.files[i]);
	api_note_group(app, &group);
	api_receipts_put_all(app, json, "wounds");
	api_call_reply(call, 200, json);
	return 0;
}
