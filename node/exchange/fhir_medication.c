/* Prescriptions, their lines, administered doses. */
#include <stdio.h>
#include <string.h>

#include "node/exchange/fhir_parts.h"

/* The stop of a line, or of its whole prescription; the first in the file. NULL. */
static const json_t *stop_of(const struct fhir *fhir, const char *prescription, const char *line)
{
	json_t *record;
	size_t index;
	json_array_foreach(json_object_get(fhir->known, "stops"), index, record)
	{
		const char *of = fhir_text(record, "prescription"), *alone = fhir_text(record, "line");
		if (fhir_is_void(record) || !of || !prescription ||
		        strncmp(of, prescription, strlen(of)) != 0)
			continue;
		if (!alone || (line && strncmp(alone, line, strlen(alone)) == 0))
			return record;
	}
	return NULL;
}

static json_t *prescriber_of(struct fhir *fhir, const json_t *prescription)
{
	return prescription ? fhir_to_outsider(fhir, fhir_text(prescription, "prescriber"),
	                              fhir_text(prescription, "prescriberRpps"))
	                    : NULL;
}

static void add_prescription(struct fhir *fhir, const json_t *prescription)
{
	json_t *requester = prescriber_of(fhir, prescription),
	       *out = fhir_resource(fhir, "ServiceRequest", prescription);
	const char *care = fhir_text(prescription, "care");
	json_object_set_new(out, "status",
	        json_string(fhir_is_void(prescription)                               ? "entered-in-error"
	                        : stop_of(fhir, fhir_text(prescription, "id"), NULL) ? "revoked"
	                                                                             : "active"));
	json_object_set_new(out, "intent", json_string("original-order"));
	json_object_set_new(out, "code", fhir_words(care ? care : "Prescription"));
	json_object_set_new(out, "subject", fhir_to_patient(fhir));
	fhir_set(out, "occurrencePeriod",
	        fhir_period(fhir_text(prescription, "validFrom"), fhir_text(prescription, "validUntil")));
	fhir_set(out, "authoredOn", fhir_string(fhir_text(prescription, "date")));
	fhir_set(out, "requester", requester);
	fhir_add(out, "supportingInfo", fhir_to(fhir, prescription, "scan", "photo"));
	fhir_add(out, "note", fhir_note(fhir_text(prescription, "note")));
}

static json_t *drug_of(const json_t *line)
{
	return line ? fhir_concept(FHIR_OWN "cip13", fhir_text(line, "cip13"), fhir_text(line, "drug"))
	            : NULL;
}

static json_t *dosage_of(const struct fhir *fhir, const json_t *line)
{
	const char *dose = fhir_text(line, "dose"), *schedule = fhir_text(line, "schedule");
	char text[512];
	snprintf(text, sizeof(text), "%s%s%s", dose ? dose : "", dose && schedule ? ", " : "",
	        schedule ? schedule : "");
	json_t *dosage = json_object();
	fhir_set(dosage, "text", fhir_string(text));
	if (json_is_true(json_object_get(line, "ifNeeded")))
		json_object_set_new(dosage, "asNeededBoolean", json_true());
	fhir_set(dosage, "route",
	        fhir_concept(FHIR_OWN "route", fhir_text(line, "route"), fhir_label(fhir, line, "route")));
	if (json_object_size(dosage))
		return dosage;
	json_decref(dosage);
	return NULL;
}

static void add_line(struct fhir *fhir, const json_t *line)
{
	const json_t *prescription = fhir_named(fhir, line, "prescription", "prescription"),
	             *stop = stop_of(fhir, fhir_text(line, "prescription"), fhir_text(line, "id"));
	json_t *requester = prescriber_of(fhir, prescription),
	       *out = fhir_resource(fhir, "MedicationRequest", line);
	json_object_set_new(out, "status",
	        json_string(fhir_is_void(line) ? "entered-in-error"
	                        : stop         ? "stopped"
	                                       : "active"));
	fhir_set(out, "statusReason", stop ? fhir_words(fhir_text(stop, "why")) : NULL);
	json_object_set_new(out, "intent", json_string("order"));
	json_t *drug = drug_of(line);
	json_object_set_new(out, "medicationCodeableConcept", drug ? drug : fhir_words("?"));
	json_object_set_new(out, "subject", fhir_to_patient(fhir));
	fhir_set(out, "authoredOn", prescription ? fhir_string(fhir_text(prescription, "date")) : NULL);
	fhir_set(out, "requester", requester);
	fhir_add(out, "basedOn", fhir_to_record(fhir, prescription));
	fhir_add(out, "note", fhir_note(fhir_text(line, "note")));
	fhir_add(out, "dosageInstruction", dosage_of(fhir, line));
	json_t *validity = fhir_period(fhir_text(line, "from"), fhir_text(line, "until"));
	fhir_set(out, "dispenseRequest", validity ? json_pack("{s:o}", "validityPeriod", validity) : NULL);
}

/* The dose given is a text in words, and so a note: FHIR wants a number with a unit in its place. */
static void add_dose(struct fhir *fhir, const json_t *dose)
{
	const json_t *line = fhir_named(fhir, dose, "line", "prescriptionLine");
	json_t *out = fhir_resource(fhir, "MedicationAdministration", dose),
	       *nurse = fhir_to_nurse(fhir, dose);
	const bool is_given = fhir_is(dose, "outcome", "given");
	json_object_set_new(out, "status",
	        json_string(fhir_is_void(dose) ? "entered-in-error"
	                        : is_given     ? "completed"
	                                       : "not-done"));
	if (!is_given) {
		json_t *reason = fhir_concept(
		        FHIR_OWN "dose", fhir_text(dose, "outcome"), fhir_label(fhir, dose, "outcome"));
		if (reason && fhir_text(dose, "why"))
			json_object_set(reason, "text", json_object_get(dose, "why"));
		fhir_add(out, "statusReason", reason);
	}
	json_t *drug = drug_of(line);
	json_object_set_new(out, "medicationCodeableConcept", drug ? drug : fhir_words("?"));
	json_object_set_new(out, "subject", fhir_to_patient(fhir));
	fhir_set(out, "context", fhir_to(fhir, dose, "visit", "visit"));
	json_object_set_new(out, "effectiveDateTime",
	        json_string(fhir_text(dose, "at") ? fhir_text(dose, "at") : "1970-01-01"));
	if (nurse)
		fhir_add(out, "performer", json_pack("{s:o}", "actor", nurse));
	fhir_set(out, "request", fhir_to(fhir, dose, "line", "prescriptionLine"));
	fhir_add(out, "note", fhir_note(fhir_text(dose, "dose")));
}

bool fhir_of_medication(struct fhir *fhir, const json_t *record)
{
	if (fhir_is(record, "kind", "prescription"))
		add_prescription(fhir, record);
	else if (fhir_is(record, "kind", "prescriptionLine"))
		add_line(fhir, record);
	else if (fhir_is(record, "kind", "dose"))
		add_dose(fhir, record);
	else
		return false;
	return true;
}
