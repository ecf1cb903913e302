/* What a patient takes: prescriptions, the doses of a day, alarms (node/medication). */
#include "node/api_medication.h"

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

/* As if it stood there already, after all others. */
static void weigh(void *context, const struct digest_source *source)
{
	const struct weighing *weighing = context;
	struct medication medication = {0};
	struct fact fact = {{.id = weighing->record->id, .hlc = UINT64_MAX}, weighing->record};
	if (weighing->corrects) {
		fact.head.is_correction = true;
		fact.head.corrects = *weighing->corrects;
	}
	medication_look(&medication, source);
	medication_add(&medication, &fact);
	medication_derive(&medication);
	report_alarms(&medication, weighing);
	medication_close(&medication);
}

void api_dose_warn(struct api_node *app, const struct record_id *dossier, const struct schema_record *record,
        const struct op_id *corrects, struct schema_report *report)
{
	struct weighing weighing = {record, corrects, report};
	if (record->kind->number == SCHEMA_DOSE) /* of a dossier that is not here the save says so */
		(void)node_digest_look(app->node, dossier, weigh, &weighing);
}
