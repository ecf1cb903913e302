#include "node/exchange/take.h"

#include <string.h>

#include "node/exchange/fhir_parts.h"

struct taking {
	const json_t *bundle;
	json_t *made; /* "fullUrl" to the resource that is made again of the records */
	json_t *out, *altered, *unknown, *records, *rounded;
};

/* ---- What is there ----------------------------------------------------------------------------------------------- */

static const char *type_of(const json_t *resource)
{
	const char *type = fhir_text(resource, "resourceType");
	return type ? type : "?";
}

/* What a resource says of itself, for people. */
static const char *said_by(const json_t *resource)
{
	static const char *const names[] = {"code", "vaccineCode", "medicationCodeableConcept", "type"};
	const json_t *text = json_object_get(resource, "title");
	for (size_t i = 0; !json_is_string(text) && i < sizeof(names) / sizeof(*names); i++) {
		const json_t *concept = json_object_get(resource, names[i]);
		text = json_object_get(concept, "text");
		if (!json_is_string(text))
			text = json_object_get(
			        json_array_get(json_object_get(concept, "coding"), 0), "display");
	}
	return json_is_string(text) ? json_string_value(text) : "";
}

/* Takes `why`. */
static void list(json_t *to, const json_t *resource, json_t *why)
{
	const char *id = fhir_text(resource, "id");
	json_t *about = json_pack(
	        "{s:s, s:s, s:s}", "type", type_of(resource), "id", id ? id : "", "what", said_by(resource));
	json_object_update(about, why);
	json_decref(why);
	json_array_append_new(to, about);
}

static const json_t *entries_of(const json_t *bundle)
{
	return json_object_get(bundle, "entry");
}

static const json_t *only_patient(const json_t *bundle, size_t *count)
{
	const json_t *found = NULL;
	json_t *entry;
	size_t index;
	*count = 0;
	json_array_foreach(entries_of(bundle), index, entry)
	{
		const json_t *resource = json_object_get(entry, "resource");
		if (strcmp(type_of(resource), "Patient") == 0) {
			found = resource;
			++*count;
		}
	}
	return found;
}

/* ---- Ours -------------------------------------------------------------------------------------------------------- */

static json_t *made_again(const json_t *file)
{
	json_t *bundle = fhir_bundle(file), *made = json_object(), *entry;
	size_t index;
	json_array_foreach(entries_of(bundle), index, entry)
	        json_object_set(made, fhir_text(entry, "fullUrl"), json_object_get(entry, "resource"));
	json_decref(bundle);
	return made;
}

static void take_ours(struct taking *taking, const json_t *resource)
{
	json_t *record = fhir_record_of(resource);
	if (!record)
		return; /* it follows from the others */
	if (fhir_is(record, "kind", "photo"))
		list(taking->unknown, resource,
		        json_pack("{s:s, s:s}", "fr",
		                "Une photo ne se reprend pas d'un fichier : ajoutez-la avec « releve "
		                "photo add ».",
		                "en", "A photo is not taken from a file: add it with “releve photo add”."));
	else if (fhir_is(record, "kind", "person"))
		json_array_append(json_object_get(taking->out, "people"), record);
	else if (fhir_is(record, "kind", "directoryEntry"))
		json_array_append(json_object_get(taking->out, "entries"), record);
	else
		json_array_append(taking->records, record);
	json_decref(record);
}

static void take_one(struct taking *taking, const char *patient, const json_t *entry)
{
	const char *url = fhir_text(entry, "fullUrl");
	const json_t *resource = json_object_get(entry, "resource"),
	             *again = url ? json_object_get(taking->made, url) : NULL;
	char other[FHIR_ID_BYTES];
	/* A photo's own bytes are beside its record, and nothing of either is taken. */
	const bool is_photo = again && fhir_is(again, "resourceType", "DocumentReference");
	if (again && (is_photo || json_equal(again, resource))) {
		take_ours(taking, resource);
	} else if (again) {
		list(taking->altered, resource,
		        json_pack("{s:s, s:s}", "fr",
		                "Modifié en chemin : ce qui y est écrit ne correspond plus à "
		                "l'enregistrement.",
		                "en", "Altered on its way: what it says is not what the record in it says."));
	} else {
		if (!url) {
			const char *id = fhir_text(resource, "id");
			fhir_derived_id(other, type_of(resource), id ? id : "");
			url = id ? other : NULL;
		}
		if (!url || !take_foreign(resource, patient, url, taking->records, taking->rounded))
			list(taking->unknown, resource, take_why_not(resource));
	}
}

/* ---- The whole --------------------------------------------------------------------------------------------------- */

/* Of another program's patient the dossier follows from team and patient, so that two devices apart name the same one. */
static void foreign_id(const json_t *patient, const char *team, char out[FHIR_ID_BYTES])
{
	const json_t *identifier = json_array_get(json_object_get(patient, "identifier"), 0);
	const char *value = fhir_text(identifier, "value"), *id = fhir_text(patient, "id");
	char whose[FHIR_ID_BYTES];
	fhir_derived_id(whose, team, value ? value : id ? id : "");
	fhir_derived_id(out, whose, "dossier");
}

static bool is_fit(const json_t *bundle, const char **fr, const char **en)
{
	*fr = "Ce n'est pas un Bundle FHIR (JSON) avec des ressources.";
	*en = "This is not a FHIR Bundle (JSON) with resources.";
	if (!fhir_is(bundle, "resourceType", "Bundle") || json_array_size(entries_of(bundle)) == 0)
		return false;
	*fr = "Le fichier contient trop de ressources : exportez-le par périodes.";
	*en = "The file holds too many resources: export it in periods.";
	return json_array_size(entries_of(bundle)) <= TAKE_ENTRIES_MAX;
}

json_t *take_read(const json_t *bundle, const char *team, const char **fr, const char **en)
{
	size_t count, index;
	json_t *entry, *file;
	char id[FHIR_ID_BYTES];
	if (!is_fit(bundle, fr, en))
		return NULL;
	const json_t *patient = only_patient(bundle, &count);
	*fr = "Le fichier doit concerner un patient, et un seul.";
	*en = "The file must be about one patient, and one alone.";
	if (count != 1)
		return NULL;
	file = fhir_file(bundle);
	foreign_id(patient, team, id);
	struct taking taking = {.bundle = bundle,
	        .made = file ? made_again(file) : json_object(),
	        .altered = json_array(),
	        .unknown = json_array(),
	        .records = json_array(),
	        .rounded = json_array()};
	taking.out = json_pack("{s:s, s:s, s:o, s:[], s:[]}", "patient",
	        file ? fhir_text(file, "patient") : id, "team", team, "records", taking.records, "people",
	        "entries");
	json_array_foreach(entries_of(bundle), index, entry)
	        take_one(&taking, fhir_text(taking.out, "patient"), entry);
	fhir_sort(taking.out);
	json_decref(taking.made);
	json_decref(file);
	return json_pack("{s:o, s:b, s:o, s:o, s:o}", "file", taking.out, "own", file != NULL, "altered",
	        taking.altered, "notUnderstood", taking.unknown, "rounded", taking.rounded);
}
