/* Who the ids in a reply about billing are: for a screen, on which names are read and ids are not. */
#include "node/api_billing.h"

#include <string.h>

#include "node/api_patients.h"
#include "node/api_statement.h"

/* By name, with a visit of hers beside: her dossier is seen. */
static void put_patient(struct api_node *app, const char *id, json_t *names)
{
	struct record_id patient;
	if (!id || json_object_get(names, id) || strlen(id) != 2 * ID_SHORT_BYTES ||
	        !ids_from_hex(patient.bytes, ID_SHORT_BYTES, id))
		return;
	json_t *record = api_file_names(app, &patient), *name = api_full_name(record);
	if (json_string_length(name)) {
		json_object_set(names, id, name);
		api_note(app, ACCESS_RECORD, &patient, 0);
	}
	json_decref(name);
	json_decref(record);
}

/* A nurse is named by the beginning of her id; zeros follow. */
static void put_nurse(const json_t *nurses, const char *id, json_t *names)
{
	char begins[2 * PART_NURSE_BYTES + 1] = "";
	if (!id || strlen(id) < sizeof(begins) - 1)
		return;
	memcpy(begins, id, sizeof(begins) - 1);
	const json_t *person = json_object_get(nurses, begins);
	const char *first = api_text(person, "firstName"), *last = api_text(person, "lastName");
	if (first || last)
		json_object_set_new(names, begins,
		        json_sprintf(
		                "%s%s%s", first ? first : "", first && last ? " " : "", last ? last : ""));
}

static void put_row(
        struct api_node *app, const json_t *row, const json_t *nurses, json_t *patients, json_t *people)
{
	const json_t *visits = json_object_get(row, "visits");
	put_patient(app, api_text(row, "patient"), patients);
	put_patient(app, api_text(row, "otherPatient"), patients);
	put_nurse(nurses, api_text(row, "nurse"), people);
	for (size_t i = 0; i < json_array_size(visits); i++) {
		put_nurse(nurses, api_text(json_array_get(visits, i), "nurse"), people);
		put_nurse(nurses, api_text(json_array_get(visits, i), "coNurse"), people);
	}
}

void billing_put_names(struct api_call *call, json_t *reply)
{
	static const char *const lists[] = {"lines", "rows", "anomalies"};
	if (!api_call_query(call, "names"))
		return;
	struct api_node *app = api_node_of(call);
	json_t *nurses = json_object(), *patients = json_object(), *people = json_object();
	api_statement_nurses(app, nurses);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		const json_t *list = json_object_get(reply, lists[i]);
		for (size_t j = 0; j < json_array_size(list); j++)
			put_row(app, json_array_get(list, j), nurses, patients, people);
	}
	json_object_set_new(reply, "names", json_pack("{s:o, s:o}", "patients", patients, "nurses", people));
	json_decref(nurses);
}
