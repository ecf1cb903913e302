#include "node/exchange/fhir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/mem.h"
#include "node/exchange/fhir_parts.h"

/* ---- Making ------------------------------------------------------------------------------------------------------ */

static void add_record(struct fhir *fhir, const json_t *record)
{
	if (fhir_is(record, "kind", "patient") || fhir_is(record, "kind", "partner"))
		return; /* fhir_people() made them */
	if (!fhir_of_care(fhir, record) && !fhir_of_observation(fhir, record) &&
	        !fhir_of_medication(fhir, record))
		fhir_of_words(fhir, record);
}

/* Who wrote a record, and what a correction corrects. */
static void add_provenance(struct fhir *fhir, const json_t *record)
{
	const json_t *authors = json_object_get(record, "authors");
	char id[FHIR_ID_BYTES];
	const bool is_amendment = fhir_is(record, "kind", "visitAmendment");
	const char *saved = fhir_saved(record);
	const json_t *corrected = fhir_named(
	        fhir, record, "corrects", is_amendment ? "visit" : fhir_text(record, "kind"));
	char own[FHIR_ID_BYTES];
	json_t *author;
	size_t index;
	fhir_id_of(fhir, record, id);
	if (!saved || !fhir_has(fhir, id))
		return;
	fhir_derived_id(own, id, "provenance");
	json_t *out = fhir_derived(fhir, "Provenance", own);
	fhir_add(out, "target", fhir_to_id(id));
	json_object_set_new(out, "recorded", json_string(saved));
	fhir_add(out, "reason", fhir_words(fhir_text(record, "reason")));
	json_array_foreach(authors, index, author)
	{
		json_t *who = fhir_to_person(fhir, fhir_text(author, "person"));
		fhir_add(out, "agent",
		        json_pack("{s:o}", "who", who ? who : json_pack("{s:s}", "display", "?")));
	}
	if (corrected)
		fhir_add(out, "entity",
		        json_pack("{s:s, s:o}", "role", "revision", "what", fhir_to_record(fhir, corrected)));
}

/* The moment of its newest record: the same on every device. */
static json_t *timestamp_of(const json_t *records)
{
	const char *newest = NULL;
	json_t *record;
	size_t index;
	json_array_foreach(records, index, record)
	{
		const char *saved = fhir_saved(record);
		if (saved && (!newest || fhir_seconds(saved) > fhir_seconds(newest)))
			newest = saved;
	}
	return fhir_string(newest);
}

json_t *fhir_bundle(const json_t *file)
{
	struct fhir fhir = {.file = file,
	        .patient = fhir_text(file, "patient"),
	        .is_english = fhir_is(file, "language", "en"),
	        .entries = json_array(),
	        .known = json_object()};
	json_t *records = json_object_get(file, "records"), *record, *bundle;
	size_t index;
	fhir_know(&fhir);
	fhir_people(&fhir);
	json_array_foreach(records, index, record) add_record(&fhir, record);
	fhir_expected(&fhir);
	fhir_care_team(&fhir);
	fhir_care_plan(&fhir);
	json_array_foreach(records, index, record) add_provenance(&fhir, record);
	bundle = json_pack("{s:s, s:s, s:s}", "resourceType", "Bundle", "language",
	        fhir.is_english ? "en" : "fr", "type", "collection");
	json_t *identifier = fhir_identifier(FHIR_OWN "file", fhir.patient);
	json_object_set_new(identifier, "use", json_string("official"));
	json_object_set_new(bundle, "identifier", identifier);
	fhir_set(bundle, "timestamp", timestamp_of(records));
	if (json_object_get(file, "joined"))
		json_object_set_new(bundle, "meta",
		        json_pack("{s:[o]}", "tag",
		                fhir_coding(FHIR_OWN "state", "joined",
		                        fhir_say(&fhir,
		                                "Un autre dossier de cette personne n'est pas dans ce "
		                                "fichier",
		                                "Another file of this person is not in this one"))));
	json_object_set_new(bundle, "entry", fhir.entries);
	json_decref(fhir.known);
	return bundle;
}

/* ---- Reading again ----------------------------------------------------------------------------------------------- */

static const char *list_of(const json_t *record)
{
	return fhir_is(record, "kind", "person")            ? "people"
	        : fhir_is(record, "kind", "directoryEntry") ? "entries"
	                                                    : "records";
}

static const char *team_of(const json_t *resource)
{
	const json_t *identifier = json_array_get(json_object_get(resource, "identifier"), 0);
	return fhir_is(resource, "resourceType", "Organization") &&
	                fhir_is(identifier, "system", FHIR_OWN "team")
	        ? fhir_text(identifier, "value")
	        : NULL;
}

json_t *fhir_file(const json_t *bundle)
{
	json_t *file = json_pack("{s:[], s:[], s:[]}", "records", "people", "entries"), *entry;
	size_t index;
	if (fhir_is(bundle, "language", "en"))
		json_object_set_new(file, "language", json_string("en"));
	json_array_foreach(json_object_get(bundle, "entry"), index, entry)
	{
		const json_t *resource = json_object_get(entry, "resource");
		json_t *record = fhir_record_of(resource);
		if (team_of(resource))
			json_object_set_new(file, "team", json_string(team_of(resource)));
		if (record && fhir_is(record, "kind", "patient") && !json_object_get(file, "patient"))
			json_object_set(file, "patient", json_object_get(record, "id"));
		if (record)
			json_array_append_new(json_object_get(file, list_of(record)), record);
	}
	if (json_object_get(file, "patient")) {
		fhir_sort(file);
		return file;
	}
	json_decref(file);
	return NULL;
}

/* ---- Order ------------------------------------------------------------------------------------------------------- */

struct placed {
	json_t *record;
	uint32_t kind;
	int64_t when_s;
	const char *id;
};

static int by_place(const void *a, const void *b)
{
	const struct placed *left = a, *right = b;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->when_s != right->when_s)
		return left->when_s < right->when_s ? -1 : 1;
	return strcmp(left->id, right->id);
}

/* Amendments stand in the order in which they were saved: the later one holds. */
static const char *moment_of(const json_t *record)
{
	const char *at = fhir_text(record, "at"), *start = fhir_text(record, "start"),
	           *saved = fhir_saved(record);
	if (fhir_is(record, "kind", "visitAmendment") || (!at && !start))
		return saved ? saved : "";
	return at ? at : start;
}

static void sort_list(json_t *list)
{
	size_t count = json_array_size(list);
	struct placed *rows = mem_zero(count + 1, sizeof(*rows));
	for (size_t i = 0; i < count; i++) {
		json_t *record = json_array_get(list, i);
		const char *name = fhir_text(record, "kind"), *id = fhir_text(record, "id");
		const struct schema_kind *kind = name ? schema_kind_named(span_text(name)) : NULL;
		rows[i] = (struct placed){json_incref(record), kind ? kind->number : 0,
		        fhir_seconds(moment_of(record)), id ? id : ""};
	}
	qsort(rows, count, sizeof(*rows), by_place);
	for (size_t i = 0; i < count; i++)
		json_array_set_new(list, i, rows[i].record);
	mem_free(rows);
}

void fhir_sort(json_t *file)
{
	sort_list(json_object_get(file, "records"));
	sort_list(json_object_get(file, "people"));
	sort_list(json_object_get(file, "entries"));
}
