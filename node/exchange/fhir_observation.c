/* What was measured, rated and looked at: Observations, and the goals that a rating expects. */
#include <string.h>

#include "node/exchange/fhir_parts.h"

#define KBS OMAHA "-kbs"

static const char *status_of(const json_t *record)
{
	return fhir_is_void(record) ? "entered-in-error" : "final";
}

/* Status, category, code, subject, moment, performer. `code` is taken. */
static void put_common(struct fhir *fhir, json_t *out, const json_t *record, const char *category,
        json_t *code, const char *when)
{
	json_object_set_new(out, "status", json_string(status_of(record)));
	fhir_add(out, "category", fhir_concept(HL7_TERMS "observation-category", category, NULL));
	json_object_set_new(out, "code", code);
	json_object_set_new(out, "subject", fhir_to_patient(fhir));
	fhir_set(out, "effectiveDateTime", fhir_string(when));
	fhir_add(out, "performer", fhir_to_nurse(fhir, record));
}

/* ---- Vital signs ------------------------------------------------------------------------------------------------- */

/* LOINC and UCUM for the numbers of schema/tables.c; of a later vital its own name. */
static const struct measure {
	const char *name, *loinc, *display, *unit, *ucum;
} MEASURES[] = {
        {"pulse", "8867-4", "Heart rate", "/min", "/min"},
        {"temp", "8310-5", "Body temperature", "°C", "Cel"},
        {"spo2", "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", "%", "%"},
        {"gluc", "41653-7", "Glucose [Mass/volume] in Capillary blood by Glucometer", "g/L", "g/L"},
        {"pain", "72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported", "/10",
                "{score}"},
        {"kg", "29463-7", "Body weight", "kg", "kg"},
        {"resp", "9279-1", "Respiratory rate", "/min", "/min"},
        {"cm", "8302-2", "Body height", "cm", "cm"},
        {"inr", "6301-6", "INR in Platelet poor plasma by Coagulation assay", "", "{INR}"},
        {"diuresis", "9192-6", "Urine output 24 hour", "mL/24 h", "mL/(24.h)"},
        {"ketones", NULL, "Cétonémie capillaire", "mmol/L", "mmol/L"},
        {"waist", NULL, "Périmètre", "cm", "cm"},
};
enum { MEASURE_COUNT = sizeof(MEASURES) / sizeof(*MEASURES) };

static const struct measure PRESSURES[] = {
        {"sys", "8480-6", "Systolic blood pressure", "mmHg", "mm[Hg]"},
        {"dia", "8462-4", "Diastolic blood pressure", "mmHg", "mm[Hg]"},
};

static const struct measure *measure_named(const char *name)
{
	for (size_t i = 0; i < MEASURE_COUNT; i++)
		if (strcmp(MEASURES[i].name, name) == 0)
			return &MEASURES[i];
	return NULL;
}

static json_t *code_of(const struct measure *measure)
{
	return measure->loinc ? fhir_concept(LOINC, measure->loinc, measure->display)
	                      : fhir_concept(FHIR_OWN "vital", measure->name, measure->display);
}

static const char *moment_of(const json_t *record)
{
	const char *at = fhir_text(record, "at");
	return at ? at : fhir_text(record, "start");
}

static json_t *measured(struct fhir *fhir, const json_t *record, const char *tag, json_t *code,
        const char *encounter, json_t *members)
{
	char own[FHIR_ID_BYTES], id[FHIR_ID_BYTES];
	fhir_id_of(fhir, record, own);
	fhir_derived_id(id, own, tag);
	json_t *out = fhir_derived(fhir, "Observation", id);
	put_common(fhir, out, record, "vital-signs", code, moment_of(record));
	if (encounter)
		json_object_set_new(out, "encounter", fhir_to_id(encounter));
	if (members)
		json_array_append_new(members, fhir_to_id(id));
	return out;
}

/* Whoever reads the value reads that too. */
static void note_doubt(
        const struct fhir *fhir, const json_t *record, const char *vital, const char *value, json_t *out)
{
	if (fhir_is_doubted(fhir, record, vital, value))
		fhir_add(out, "note",
		        fhir_note(fhir_say(fhir, "Valeur douteuse : une infirmière la tient pour fausse.",
		                "Doubtful: a nurse takes it for wrong.")));
}

static void add_pressure(
        struct fhir *fhir, const json_t *record, const json_t *values, const char *encounter, json_t *members)
{
	json_t *out = NULL;
	for (size_t i = 0; i < 2; i++) {
		const char *value = fhir_text(values, PRESSURES[i].name);
		if (value && !out)
			out = measured(fhir, record, "pressure",
			        fhir_concept(
			                LOINC, "85354-9", "Blood pressure panel with all children optional"),
			        encounter, members);
		if (value)
			fhir_add(out, "component",
			        json_pack("{s:o, s:o}", "code", code_of(&PRESSURES[i]), "valueQuantity",
			                fhir_quantity(value, PRESSURES[i].unit, PRESSURES[i].ucum)));
		if (value)
			note_doubt(fhir, record, PRESSURES[i].name, value, out);
	}
}

void fhir_measures(
        struct fhir *fhir, const json_t *record, const char *member, const char *encounter, json_t *members)
{
	json_t *values = json_object_get(record, member), *value;
	const char *name;
	add_pressure(fhir, record, values, encounter, members);
	json_object_foreach(values, name, value)
	{
		const struct measure *known = measure_named(name), later = {name, NULL, name, NULL, NULL};
		if (!json_is_string(value) || strcmp(name, "sys") == 0 || strcmp(name, "dia") == 0)
			continue;
		if (!known)
			known = &later;
		json_t *out = measured(fhir, record, name, code_of(known), encounter, members);
		json_object_set_new(out, "valueQuantity",
		        fhir_quantity(json_string_value(value), known->unit, known->ucum));
		note_doubt(fhir, record, name, json_string_value(value), out);
	}
}

/* A panel that holds the record, and its members. */
static void add_vital(struct fhir *fhir, const json_t *record)
{
	json_t *out = fhir_resource(fhir, "Observation", record), *members = json_array();
	const json_t *visit = fhir_named(fhir, record, "visit", "visit");
	put_common(fhir, out, record, "vital-signs",
	        fhir_concept(LOINC, "85353-1",
	                "Vital signs, weight, height, head circumference, oxygen saturation and BMI panel"),
	        moment_of(record));
	char encounter[FHIR_ID_BYTES];
	if (visit)
		fhir_id_of(fhir, visit, encounter);
	fhir_set(out, "encounter", fhir_to_record(fhir, visit));
	fhir_measures(fhir, record, "measures", visit ? encounter : NULL, members);
	if (json_array_size(members))
		json_object_set(out, "hasMember", members);
	json_decref(members);
	fhir_add(out, "note", fhir_note(fhir_text(record, "note")));
}

/* ---- Ratings ----------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *expected, *display;
} DIMENSIONS[] = {{"knowledge", "expectedKnowledge", "Connaissances"},
        {"behaviour", "expectedBehaviour", "Comportement"}, {"status", "expectedStatus", "Statut"}};

static json_t *dimension(size_t number)
{
	return fhir_concept(KBS, DIMENSIONS[number].name, DIMENSIONS[number].display);
}

static void add_rating(struct fhir *fhir, const json_t *rating)
{
	json_t *out = fhir_resource(fhir, "Observation", rating);
	put_common(fhir, out, rating, "survey",
	        fhir_concept(KBS, "rating",
	                fhir_say(fhir, "Évaluation C/C/S (système Omaha)", "K/B/S rating (Omaha System)")),
	        fhir_text(rating, "at"));
	fhir_add(out, "focus", fhir_to(fhir, rating, "problem", "problem"));
	fhir_set(out, "encounter", fhir_to(fhir, rating, "visit", "visit"));
	for (size_t i = 0; i < 3; i++)
		fhir_add(out, "component",
		        json_pack("{s:o, s:I}", "code", dimension(i), "valueInteger",
		                fhir_number(rating, DIMENSIONS[i].name)));
	fhir_add(out, "note", fhir_note(fhir_text(rating, "note")));
}

static bool expects(const json_t *rating)
{
	bool found = false;
	for (size_t i = 0; i < 3; i++)
		found |= json_object_get(rating, DIMENSIONS[i].expected) != NULL;
	return found && !fhir_is_void(rating);
}

/* Of each problem what was expected last: ratings stand in the order of their moments. */
void fhir_expected(struct fhir *fhir)
{
	json_t *last = json_object(), *record;
	const char *problem;
	size_t index;
	char own[FHIR_ID_BYTES], id[FHIR_ID_BYTES];
	json_array_foreach(json_object_get(fhir->file, "records"), index,
	        record) if (fhir_is(record, "kind", "rating") && fhir_text(record, "problem") &&
	        expects(record)) json_object_set(last, fhir_text(record, "problem"), record);
	json_object_foreach(last, problem, record)
	{
		fhir_id_of(fhir, record, own);
		fhir_derived_id(id, own, "expected");
		json_t *goal = fhir_derived(fhir, "Goal", id);
		json_object_set_new(goal, "lifecycleStatus", json_string("active"));
		json_object_set_new(goal, "description",
		        fhir_words(fhir_say(
		                fhir, "C/C/S visés (système Omaha)", "Aimed at K/B/S (Omaha System)")));
		json_object_set_new(goal, "subject", fhir_to_patient(fhir));
		for (size_t i = 0; i < 3; i++)
			if (json_object_get(record, DIMENSIONS[i].expected))
				fhir_add(goal, "target",
				        json_pack("{s:o, s:I}", "measure", dimension(i), "detailInteger",
				                fhir_number(record, DIMENSIONS[i].expected)));
		fhir_set(goal, "expressedBy", fhir_to_nurse(fhir, record));
		fhir_add(goal, "addresses", fhir_to(fhir, record, "problem", "problem"));
	}
	json_decref(last);
}

/* ---- Wounds ------------------------------------------------------------------------------------------------------ */

static void add_size(json_t *out, const json_t *check, const char *name, const char *display)
{
	if (fhir_text(check, name))
		fhir_add(out, "component",
		        json_pack("{s:o, s:o}", "code", fhir_concept(FHIR_OWN "wound-check", name, display),
		                "valueQuantity", fhir_quantity(fhir_text(check, name), "cm", "cm")));
}

static void add_aspect(
        const struct fhir *fhir, json_t *out, const json_t *check, const char *name, const char *display)
{
	if (fhir_text(check, name))
		fhir_add(out, "component",
		        json_pack("{s:o, s:o}", "code", fhir_concept(FHIR_OWN "wound-check", name, display),
		                "valueCodeableConcept",
		                fhir_concept(FHIR_OWN "wound-check", fhir_text(check, name),
		                        fhir_label(fhir, check, name))));
}

static void add_wound_check(struct fhir *fhir, const json_t *check)
{
	json_t *out = fhir_resource(fhir, "Observation", check);
	put_common(fhir, out, check, "exam", fhir_concept(FHIR_OWN "wound-check", "check", "Suivi de plaie"),
	        fhir_text(check, "at"));
	fhir_add(out, "focus", fhir_to(fhir, check, "wound", "wound"));
	fhir_set(out, "encounter", fhir_to(fhir, check, "visit", "visit"));
	add_size(out, check, "length", "Longueur");
	add_size(out, check, "width", "Largeur");
	add_size(out, check, "depth", "Profondeur");
	add_aspect(fhir, out, check, "stage", "Stade");
	add_aspect(fhir, out, check, "tissue", "Aspect");
	add_aspect(fhir, out, check, "exudate", "Exsudat");
	if (json_object_get(check, "pain"))
		fhir_add(out, "component",
		        json_pack("{s:o, s:I}", "code",
		                fhir_concept(FHIR_OWN "wound-check", "pain", "Douleur au soin"),
		                "valueInteger", fhir_number(check, "pain")));
	fhir_add(out, "derivedFrom", fhir_to(fhir, check, "photo", "photo"));
	fhir_add(out, "note", fhir_note(fhir_text(check, "note")));
}

bool fhir_of_observation(struct fhir *fhir, const json_t *record)
{
	if (fhir_is(record, "kind", "vital"))
		add_vital(fhir, record);
	else if (fhir_is(record, "kind", "rating"))
		add_rating(fhir, record);
	else if (fhir_is(record, "kind", "woundCheck"))
		add_wound_check(fhir, record);
	else
		return false;
	return true;
}
