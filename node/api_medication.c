/* What a patient takes: prescriptions, the doses of a day, alarms (node/medication). */
#include "node/api_medication.h"
#include "node/api_patients.h"

#include "node/medication/medication_json.h"
#include "node/medication/medication_work.h"
#include "node/node_digest.h"

enum { DOSES_DAYS = 30 }; /* those that are listed, unless more are asked for */

struct looking {
	struct medication medication;
	uint32_t missing;
};

static void look(void *context, const struct digest_source *source)
{
	struct looking *looking = context;
	looking->missing += facts_of(source, medication_kinds, medication_kind_count, FACTS_ALL,
	        medication_add, &looking->medication);
}

/* Of a patient with several files what all hold: a drug that each file has once is prescribed twice. */
static int look_at_all(struct api_node *app, const struct patient_group *group, struct looking *looking)
{
	int result = 0;
	for (uint32_t i = 0; i < group->count && !result; i++)
		result = node_digest_look(app->node, &group->files[i], look, looking);
	medication_derive(&looking->medication);
	return result;
}

int api_medication_of(struct api_node *app, const struct patient_group *group, int64_t day,
        int64_t doses_from, json_t **out)
{
	struct looking looking = {0};
	const int result = look_at_all(app, group, &looking);
	*out = result ? NULL : medication_json(&looking.medication, day, doses_from);
	if (*out && looking.missing)
		json_object_set_new(*out, "notHere", json_integer(looking.missing));
	medication_close(&looking.medication);
	return result;
}

int api_get_medication(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	int64_t day, since;
	json_t *json;
	if (!api_group_or_reply(call, &group) ||
	        !api_day_or_reply(call, api_call_query(call, "day"), api_today(app), &day) ||
	        !api_day_or_reply(call, api_call_query(call, "since"), day - DOSES_DAYS, &since))
		return 0;
	int result = api_medication_of(app, &group, day, since, &json);
	if (result)
		return result;
	for (uint32_t i = 0; i < group.count; i++)
		api_mark_early(app, json, &group.files[i]);
	api_note_group(app, &group);
	api_call_reply(call, 200, json);
	return 0;
}

/* ---- A dose that is about to be saved ---------------------------------------------------------------------------- */

struct weighing {
	const struct schema_record *record;
	const struct op_id *corrects;
	struct schema_report *report;
};

/* The alarms that its root stands in, once each. */
static void report_alarms(const struct medication *medication, const struct weighing *weighing)
{
	static const enum schema_problem_code CODES[MEDICATION_ALARMS] = {SCHEMA_PROBLEM_DOSE_DOUBLE,
	        SCHEMA_PROBLEM_DOSE_OVER_MAX, SCHEMA_PROBLEM_DOSE_OUTSIDE, SCHEMA_PROBLEM_DOSE_UNPLANNED};
	bool was_said[MEDICATION_ALARMS] = {false};
	for (uint32_t i = 0; i < medication->alarm_count; i++) {
		const struct medication_alarm *alarm = &medication->alarms[i];
		for (uint32_t j = 0; j < alarm->count && !was_said[alarm->kind]; j++) {
			const struct medication_dose *shown = medication_dose(
			        medication, medication->alarm_doses[alarm->first + j]);
			if (!record_id_eq(&shown->head.id, &weighing->record->id))
				continue;
			was_said[alarm->kind] = true;
			schema_report_add(weighing->report, CODES[alarm->kind],
			        schema_field_named(weighing->record->kind, span_text("line")));
		}
	}
}

static void look_to_weigh(void *context, const struct digest_source *source)
{
	medication_look(context, source);
}

/* As if it stood there already, after all others. */
static void weigh(struct medication *medication, const struct weighing *weighing)
{
	struct fact fact = {{.id = weighing->record->id, .hlc = UINT64_MAX}, weighing->record};
	if (weighing->corrects) {
		fact.head.is_correction = true;
		fact.head.corrects = *weighing->corrects;
	}
	medication_add(medication, &fact);
	medication_derive(medication);
	report_alarms(medication, weighing);
}

void api_dose_warn(struct api_node *app, const struct record_id *dossier, const struct schema_record *record,
        const struct op_id *corrects, struct schema_report *report)
{
	const struct weighing weighing = {record, corrects, report};
	struct medication medication = {0};
	struct patient_group group;
	bool is_here = false;
	if (record->kind->number != SCHEMA_DOSE)
		return;
	api_group_of(app, dossier, &group);
	for (uint32_t i = 0; i < group.count; i++) /* of a dossier that is not here the save says so */
		is_here |= node_digest_look(app->node, &group.files[i], look_to_weigh, &medication) == 0;
	if (is_here)
		weigh(&medication, &weighing);
	medication_close(&medication);
}

/* ---- Work -------------------------------------------------------------------------------------------------------- */

int api_medication_work(struct api_node *app, const struct patient_group *group, struct work_facts *out)
{
	struct medication medication = {0};
	int result = 0;
	for (uint32_t i = 0; i < group->count && !result; i++)
		result = node_digest_look(app->node, &group->files[i], look_to_weigh, &medication);
	if (!result) {
		medication_derive(&medication);
		medication_work_of(&medication, out);
	}
	medication_close(&medication);
	return result;
}
