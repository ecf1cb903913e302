/* What of a dossier belongs to a period. */
#include <string.h>

#include "crdt/base/mem.h"
#include "node/exchange/fhir_parts.h"

enum { SHORT_DIGITS = 2 * SCHEMA_SHORT_BYTES };

struct choosing {
	json_t *records;
	json_t *places; /* the first digits of an id to its place */
	bool *keeps;
	size_t *waiting; /* kept, and not looked through yet */
	size_t waiting_count;
};

static bool is_id(const char *text)
{
	size_t size = text ? strlen(text) : 0;
	return (size == SHORT_DIGITS || size == 2 * ID_SHORT_BYTES) &&
	        strspn(text, "0123456789abcdef") == size;
}

static json_t *place_of(const struct choosing *choosing, const json_t *value)
{
	char key[SHORT_DIGITS + 1] = "";
	const char *text = json_string_value(value);
	if (!is_id(text))
		return NULL;
	memcpy(key, text, SHORT_DIGITS);
	return json_object_get(choosing->places, key);
}

static void keep(struct choosing *choosing, size_t place)
{
	if (choosing->keeps[place])
		return;
	choosing->keeps[place] = true;
	choosing->waiting[choosing->waiting_count++] = place;
}

static void keep_named(struct choosing *choosing, const json_t *value)
{
	const json_t *place = place_of(choosing, value);
	if (place)
		keep(choosing, (size_t)json_integer_value(place));
}

/* All that a record names: whatever looks like an id of another record is taken for one. */
static void keep_all_named(struct choosing *choosing, const json_t *record)
{
	const char *name;
	json_t *value, *element;
	size_t index;
	json_object_foreach((json_t *)(uintptr_t)record, name, value)
	{
		keep_named(choosing, value);
		json_array_foreach(value, index, element) keep_named(choosing, element);
	}
}

/* What changes the meaning of a kept record is kept: its amendments and corrections. */
static bool changes_kept(const struct choosing *choosing, const json_t *record)
{
	static const char *const names[] = {"corrects", "visit", "prescription"};
	const size_t count = fhir_is(record, "kind", "visitAmendment") ? 2
	        : fhir_is(record, "kind", "prescriptionStop")          ? 3
	                                                               : 1;
	for (size_t i = 0; i < count; i++) {
		const json_t *place = place_of(choosing, json_object_get(record, names[i]));
		if (place && choosing->keeps[json_integer_value(place)])
			return true;
	}
	return false;
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
		char key[SHORT_DIGITS + 1] = "";
		const char *id = fhir_text(json_array_get(records, i), "id");
		if (is_id(id)) {
			memcpy(key, id, SHORT_DIGITS);
			json_object_set_new(choosing.places, key, json_integer((json_int_t)i));
		}
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
