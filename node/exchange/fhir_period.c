/* What of a dossier belongs to a period. */
#include <stdio.h>
#include <string.h>

#include "crdt/base/mem.h"
#include "node/exchange/fhir_parts.h"

enum { SHORT_DIGITS = 2 * SCHEMA_SHORT_BYTES };

struct choosing {
	json_t *records;
	json_t *places; /* "kind:first digits" of a record to its place */
	bool *keeps;
	size_t *waiting; /* kept, and not looked through yet */
	size_t waiting_count;
};

static json_t *place_of(const struct choosing *choosing, const char *kind, const json_t *id)
{
	char key[64];
	const char *text = json_string_value(id);
	if (!kind || !text)
		return NULL;
	snprintf(key, sizeof(key), "%.24s:%.*s", kind, SHORT_DIGITS, text);
	return json_object_get(choosing->places, key);
}

static void keep(struct choosing *choosing, size_t place)
{
	if (choosing->keeps[place])
		return;
	choosing->keeps[place] = true;
	choosing->waiting[choosing->waiting_count++] = place;
}

static void keep_named(struct choosing *choosing, const char *kind, const json_t *value)
{
	const json_t *place = place_of(choosing, kind, value);
	size_t index;
	json_t *element;
	if (place)
		keep(choosing, (size_t)json_integer_value(place));
	json_array_foreach(value, index, element) keep_named(choosing, kind, element);
}

/* The kind of what a correction corrects. */
static const char *corrected_kind(const json_t *record)
{
	return fhir_is(record, "kind", "visitAmendment") ? "visit" : fhir_text(record, "kind");
}

/* All that a record names. */
static void keep_all_named(struct choosing *choosing, const json_t *record)
{
	const char *name = fhir_text(record, "kind");
	const struct schema_kind *kind = name ? schema_kind_named(span_text(name)) : NULL;
	for (uint32_t i = 0; kind && i < kind->field_count; i++) {
		const struct schema_kind *named = schema_kind(kind->fields[i].ref_kind);
		if (named)
			keep_named(choosing, named->name, json_object_get(record, kind->fields[i].name));
	}
	keep_named(choosing, corrected_kind(record), json_object_get(record, "corrects"));
}

/* What changes the meaning of a kept record is kept: its corrections, amendments, stops. */
static bool changes_kept(const struct choosing *choosing, const json_t *record)
{
	const json_t *place = place_of(choosing, corrected_kind(record), json_object_get(record, "corrects"));
	if (!place && fhir_is(record, "kind", "visitAmendment"))
		place = place_of(choosing, "visit", json_object_get(record, "visit"));
	if (!place && fhir_is(record, "kind", "prescriptionStop"))
		place = place_of(choosing, "prescription", json_object_get(record, "prescription"));
	return place && choosing->keeps[json_integer_value(place)];
}

static void follow(struct choosing *choosing)
{
	const size_t count = json_array_size(choosing->records);
	bool moved = true;
	while (moved) {
		while (choosing->waiting_count)
			keep_all_named(choosing,
			        json_array_get(
			                choosing->records, choosing->waiting[--choosing->waiting_count]));
		moved = false;
		for (size_t i = 0; i < count; i++)
			if (!choosing->keeps[i] &&
			        changes_kept(choosing, json_array_get(choosing->records, i))) {
				keep(choosing, i);
				moved = true;
			}
	}
}

/* By the first ten letters of its own moment: the day there then. What has none belongs to every period. */
static bool is_within(const json_t *record, const char *from, const char *to)
{
	const char *at = fhir_text(record, "at"), *start = fhir_text(record, "start"),
	           *moment = at ? at : start;
	if (fhir_is(record, "kind", "visitAmendment"))
		return false; /* with its visit */
	return !moment ||
	        ((!from || strncmp(moment, from, 10) >= 0) && (!to || strncmp(moment, to, 10) <= 0));
}

void fhir_keep_period(json_t *file, const char *from, const char *to)
{
	json_t *records = json_object_get(file, "records"), *kept = json_array();
	const size_t count = json_array_size(records);
	struct choosing choosing = {.records = records,
	        .places = json_object(),
	        .keeps = mem_zero(count + 1, sizeof(bool)),
	        .waiting = mem_zero(count + 1, sizeof(size_t))};
	for (size_t i = 0; i < count; i++) {
		const json_t *record = json_array_get(records, i);
		const char *id = fhir_text(record, "id"), *kind = fhir_text(record, "kind");
		char key[64];
		snprintf(key, sizeof(key), "%.24s:%.*s", kind ? kind : "", SHORT_DIGITS, id ? id : "");
		json_object_set_new(choosing.places, key, json_integer((json_int_t)i));
	}
	for (size_t i = 0; i < count; i++)
		if (is_within(json_array_get(records, i), from, to))
			keep(&choosing, i);
	follow(&choosing);
	for (size_t i = 0; i < count; i++)
		if (choosing.keeps[i])
			json_array_append(kept, json_array_get(records, i));
	json_object_set_new(file, "records", kept);
	json_decref(choosing.places);
	mem_free(choosing.keeps);
	mem_free(choosing.waiting);
}
