/* A record inside a resource, exactly: an extension that holds each field by its name, so that fields of later versions travel too. */
#include <stdio.h>
#include <string.h>

#include "node/exchange/fhir_parts.h"

/* What is no field is told apart by its first letter. */
#define FRAME '_'

static bool is_frame(const char *name)
{
	static const char *const names[] = {
	        "kind", "id", "authors", "corrected", "corrects", "reason", "conflicts"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static void put_values(json_t *list, const char *url, const json_t *value);

static json_t *one(const char *url, const json_t *value)
{
	json_t *extension = json_pack("{s:s}", "url", url);
	if (json_is_object(value)) {
		json_t *inner = json_array(), *member;
		const char *name;
		json_object_foreach((json_t *)(uintptr_t)value, name, member) put_values(inner, name, member);
		json_object_set_new(extension, "extension", inner);
		return extension;
	}
	const char *type = json_is_boolean(value) ? "valueBoolean"
	        : json_is_integer(value)          ? "valueInteger"
	                                          : "valueString";
	json_object_set(extension, type, (json_t *)(uintptr_t)value);
	return extension;
}

/* FHIR has no value that is empty. */
static bool is_empty(const json_t *value)
{
	return json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
	        (json_is_object(value) && json_object_size(value) == 0);
}

static void put_values(json_t *list, const char *url, const json_t *value)
{
	size_t index;
	json_t *element;
	if (is_empty(value))
		return;
	if (!json_is_array(value))
		json_array_append_new(list, one(url, value));
	else
		json_array_foreach(value, index, element) json_array_append_new(list, one(url, element));
}

json_t *fhir_record_extension(const json_t *record)
{
	json_t *list = json_array(), *value;
	const char *name;
	char frame[64];
	json_object_foreach((json_t *)(uintptr_t)record, name, value)
	{
		snprintf(frame, sizeof(frame), "%c%.60s", FRAME, name);
		put_values(list, is_frame(name) ? frame : name, value);
	}
	return json_pack("{s:s, s:o}", "url", FHIR_RECORD, "extension", list);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

enum { DEPTH_MAX = 4 }; /* a record, its authors, an author's members */

static json_t *value_of(const json_t *extension, unsigned depth);

static bool is_list(const struct schema_kind *kind, const char *name)
{
	const struct schema_field *field = kind ? schema_field_named(kind, span_text(name)) : NULL;
	return field && (field->is_set || field->type == SCHEMA_SHORTS || field->type == SCHEMA_CODES);
}

/* Members of several extensions by their names; what stands there twice is a list. */
static json_t *members_of(const json_t *list, const struct schema_kind *kind, unsigned depth)
{
	json_t *object = json_object(), *extension;
	size_t index;
	json_array_foreach(list, index, extension)
	{
		const char *url = fhir_text(extension, "url"), *name = url && *url == FRAME ? url + 1 : url;
		json_t *value = url ? value_of(extension, depth + 1) : NULL;
		if (!value)
			continue;
		json_t *before = json_object_get(object, name);
		const bool listed = is_list(kind, name) || strcmp(name, "authors") == 0;
		if (before && !json_is_array(before))
			json_object_set_new(object, name, json_pack("[O]", before));
		else if (!before && listed)
			json_object_set_new(object, name, json_array());
		if (before || listed)
			json_array_append_new(json_object_get(object, name), value);
		else
			json_object_set_new(object, name, value);
	}
	return object;
}

static json_t *value_of(const json_t *extension, unsigned depth)
{
	static const char *const types[] = {"valueString", "valueInteger", "valueBoolean"};
	const json_t *inner = json_object_get(extension, "extension");
	if (json_is_array(inner))
		return depth < DEPTH_MAX ? members_of(inner, NULL, depth) : NULL;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		json_t *value = json_object_get(extension, types[i]);
		if (json_is_string(value) || json_is_integer(value) || json_is_boolean(value))
			return json_incref(value);
	}
	return NULL;
}

static const struct schema_kind *kind_of(const json_t *list)
{
	size_t index;
	json_t *extension;
	json_array_foreach(list, index, extension)
	{
		const char *url = fhir_text(extension, "url"), *name = fhir_text(extension, "valueString");
		if (url && name && strcmp(url, "_kind") == 0)
			return schema_kind_named(span_text(name));
	}
	return NULL;
}

static bool is_id(const char *text)
{
	uint8_t bytes[ID_SHORT_BYTES];
	return text && strlen(text) == 2 * sizeof(bytes) && ids_from_hex(bytes, sizeof(bytes), text);
}

json_t *fhir_record_of(const json_t *resource)
{
	size_t index;
	json_t *extension;
	json_array_foreach(json_object_get(resource, "extension"), index, extension)
	{
		const char *url = fhir_text(extension, "url");
		const json_t *list = json_object_get(extension, "extension");
		const struct schema_kind *kind = kind_of(list);
		if (!url || strcmp(url, FHIR_RECORD) != 0 || !kind)
			continue;
		json_t *record = json_pack("{s:s}", "kind", kind->name), *members = members_of(list, kind, 0);
		json_object_update_missing(record, members);
		json_decref(members);
		if (is_id(fhir_text(record, "id")))
			return record;
		json_decref(record);
	}
	return NULL;
}
