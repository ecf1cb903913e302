#include "node/visit/draft.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"

static const char NOT_READABLE[] =
        "“change”, “text”, “values” or “with” is not what it should be. The draft is as it was.";
static const char TOO_LONG[] = "A draft takes 256 KiB at most. The draft is as it was.";

bool draft_key_is_valid(const char *key)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	const size_t size = strlen(key);
	return size > 0 && size <= DRAFT_KEY_MAX && strspn(key, letters) == size;
}

/* ---- Rows ---- */

/* The running visit of an earlier version: {"id", "patient", "start", fields...}. Takes `row`. */
static json_t *read_earlier(json_t *row)
{
	json_t *start = json_object_get(row, "start"), *id = json_object_get(row, "id"),
	       *patient = json_object_get(row, "patient");
	json_t *draft = NULL;
	if (json_is_string(id) && json_is_string(patient) && json_is_string(start)) {
		draft = json_pack("{s:s, s:i, s:s, s:O, s:O, s:O, s:O}", "key", DRAFT_VISIT_KEY, "version", 1,
		        "kind", "visit", "in", patient, "id", id, "since", start, "changed", start);
		json_object_del(row, "id");
		json_object_del(row, "patient");
		json_object_set(draft, "values", row);
	}
	json_decref(row);
	return draft;
}

static bool has_text(const json_t *draft, const char *name)
{
	return json_is_string(json_object_get(draft, name));
}

json_t *draft_read(struct span row)
{
	json_t *draft = json_loadb((const char *)row.data, row.size, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(draft) && !json_object_get(draft, "key"))
		return read_earlier(draft);
	if (has_text(draft, "key") && has_text(draft, "kind") && has_text(draft, "id") &&
	        json_is_integer(json_object_get(draft, "version")))
		return draft;
	json_decref(draft);
	return NULL;
}

bool draft_is_open(const json_t *draft)
{
	return !json_object_get(draft, "state");
}

char *draft_row(const json_t *draft)
{
	char *text = json_dumps(draft, JSON_COMPACT);
	if (!text || strlen(text) <= DRAFT_BYTES_MAX)
		return text;
	free(text);
	return NULL;
}

/* ---- Shape ---- */

/* Bounded by DRAFT_DEPTH_MAX, whatever was sent. */
static bool fits_depth(const json_t *value, unsigned depth)
{
	const char *name;
	json_t *member;
	size_t index;
	if (depth > DRAFT_DEPTH_MAX)
		return !json_is_object(value) && !json_is_array(value);
	json_object_foreach(
	        (json_t *)(uintptr_t)value, name, member) if (!fits_depth(member, depth + 1)) return false;
	json_array_foreach(
	        (json_t *)(uintptr_t)value, index, member) if (!fits_depth(member, depth + 1)) return false;
	return true;
}

/* "with" is {kind: [{...}, ...], ...}. */
static bool is_with(const json_t *with)
{
	const char *name;
	json_t *list, *item;
	size_t index;
	json_object_foreach((json_t *)(uintptr_t)with, name, list)
	{
		if (!json_is_array(list))
			return false;
		json_array_foreach(list, index, item) if (!json_is_object(item)) return false;
	}
	return json_is_object(with);
}

static bool has_shape(const json_t *draft)
{
	const json_t *with = json_object_get(draft, "with");
	return json_is_object(json_object_get(draft, "values")) && (!with || is_with(with)) &&
	        fits_depth(draft, 0);
}

/* ---- A merge patch (RFC 7396) ---- */

/* `target` takes what `patch` says; the depth of both is bounded. */
static void merge(json_t *target, const json_t *patch)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)patch, name, value)
	{
		json_t *old = json_object_get(target, name);
		if (json_is_null(value)) {
			json_object_del(target, name);
		} else if (!json_is_object(value)) {
			json_object_set(target, name, value);
		} else {
			if (!json_is_object(old))
				json_object_set_new(target, name, json_object());
			merge(json_object_get(target, name), value);
		}
	}
}

/* ---- Splices of texts ---- */

/* One step of a pointer: what stands behind "/", with ~1 for "/" and ~0 for "~". False: it ends, or is none. */
static bool pointer_step(const char **at, char out[DRAFT_KEY_MAX + 1])
{
	size_t count = 0;
	if (**at != '/')
		return false;
	for ((*at)++; **at && **at != '/'; (*at)++) {
		char letter = **at;
		if (letter == '~') {
			(*at)++;
			if (**at != '0' && **at != '1')
				return false;
			letter = **at == '0' ? '~' : '/';
		}
		if (count == DRAFT_KEY_MAX)
			return false;
		out[count++] = letter;
	}
	out[count] = 0;
	return count > 0;
}

static bool array_place(const char *step, size_t *out)
{
	char *end;
	*out = strtoul(step, &end, 10);
	return step[0] >= '0' && step[0] <= '9' && *end == 0;
}

static json_t *child(json_t *parent, const char *step)
{
	size_t place;
	if (json_is_object(parent))
		return json_object_get(parent, step);
	return json_is_array(parent) && array_place(step, &place) ? json_array_get(parent, place) : NULL;
}

static bool put_child(json_t *parent, const char *step, json_t *value)
{
	size_t place;
	if (json_is_object(parent))
		return json_object_set_new(parent, step, value) == 0;
	if (json_is_array(parent) && array_place(step, &place))
		return json_array_set_new(parent, place, value) == 0;
	json_decref(value);
	return false;
}

/* The byte behind `units` of UTF-16 in UTF-8 that jansson has checked. False: there are fewer, or it is inside of a letter. */
static bool utf16_place(const char *text, size_t size, size_t units, size_t *byte)
{
	size_t at = 0, count = 0;
	while (at < size && count < units) {
		const unsigned char lead = (unsigned char)text[at];
		count += lead >= 0xf0 ? 2 : 1;
		at += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	}
	*byte = at;
	return count == units;
}

static bool read_count(const json_t *splice, const char *name, size_t *out)
{
	const json_t *value = json_object_get(splice, name);
	*out = 0;
	if (value &&
	        (!json_is_integer(value) || json_integer_value(value) < 0 ||
	                json_integer_value(value) > DRAFT_BYTES_MAX))
		return false;
	*out = value ? (size_t)json_integer_value(value) : 0;
	return true;
}

/* New reference; NULL: it does not fit the text. `old` NULL: nothing stands there yet. */
static json_t *spliced(const json_t *old, const json_t *splice)
{
	const char *text = json_is_string(old) ? json_string_value(old) : "";
	const json_t *insert = json_object_get(splice, "insert");
	const size_t size = strlen(text), added = json_string_length(insert);
	size_t from, remove, first, last;
	if ((old && !json_is_string(old)) || (insert && !json_is_string(insert)) ||
	        !read_count(splice, "from", &from) || !read_count(splice, "remove", &remove) ||
	        !utf16_place(text, size, from, &first) || !utf16_place(text, size, from + remove, &last))
		return NULL;
	char *out = malloc(size - (last - first) + added + 1);
	if (!out)
		return NULL;
	memcpy(out, text, first);
	if (added)
		memcpy(out + first, json_string_value(insert), added);
	memcpy(out + first + added, text + last, size - last);
	json_t *value = json_stringn(out, size - (last - first) + added);
	free(out);
	return value;
}

static bool splice_one(json_t *draft, const json_t *splice)
{
	const char *at = json_string_value(json_object_get(splice, "at"));
	char step[DRAFT_KEY_MAX + 1];
	json_t *parent = draft;
	if (!at || !pointer_step(&at, step) || (strcmp(step, "values") != 0 && strcmp(step, "with") != 0))
		return false;
	while (*at) {
		parent = child(parent, step);
		if (!parent || !pointer_step(&at, step))
			return false;
	}
	if (parent == draft)
		return false;
	json_t *value = spliced(child(parent, step), splice);
	return value && put_child(parent, step, value);
}

static bool splice_all(json_t *draft, const json_t *splices)
{
	size_t index;
	json_t *splice;
	if (splices && (!json_is_array(splices) || json_array_size(splices) > DRAFT_SPLICES_MAX))
		return false;
	json_array_foreach(
	        (json_t *)(uintptr_t)splices, index, splice) if (!splice_one(draft, splice)) return false;
	return true;
}

/* ---- A request ---- */

static bool lay_over(json_t *draft, const json_t *request)
{
	json_t *values = json_object_get(request, "values"), *with = json_object_get(request, "with"),
	       *change = json_object_get(request, "change");
	if (change && (!json_is_object(change) || !fits_depth(change, 0)))
		return false;
	if (values)
		json_object_set(draft, "values", values);
	if (with)
		json_object_set(draft, "with", with);
	if (!has_shape(draft))
		return false;
	/* What the request holds stays as it is. */
	json_t *part = json_pack("{s:o, s:o*}", "values", json_deep_copy(json_object_get(draft, "values")),
	        "with",
	        json_object_get(draft, "with") ? json_deep_copy(json_object_get(draft, "with")) : NULL);
	merge(part, change);
	const bool is_known = json_object_size(part) == 1 + (json_object_get(part, "with") != NULL);
	json_object_update(draft, part);
	if (!json_object_get(part, "with"))
		json_object_del(draft, "with");
	json_decref(part);
	return is_known && has_shape(draft) && splice_all(draft, json_object_get(request, "text")) &&
	        has_shape(draft); /* a text may have come to where a list has to be */
}

int draft_apply(json_t *draft, const json_t *request, const char **why)
{
	json_t *next = json_copy(draft);
	int result = lay_over(next, request) ? 0 : ERR_INVALID;
	*why = NOT_READABLE;
	if (!result) {
		const json_int_t version = json_integer_value(json_object_get(draft, "version"));
		json_object_set_new(next, "version", json_integer(version + 1));
		char *row = draft_row(next);
		if (!row) {
			*why = TOO_LONG;
			result = ERR_TOOBIG;
		}
		free(row);
	}
	if (!result) {
		json_object_clear(draft);
		json_object_update(draft, next);
	}
	json_decref(next);
	return result;
}

json_t *draft_ended(const json_t *draft, const char *state, json_t *now)
{
	json_t *out = json_copy((json_t *)(uintptr_t)draft);
	json_object_set_new(out, "state", json_string(state));
	json_object_set(out, "ended", now);
	if (strcmp(state, "saved") == 0) {
		json_object_del(out, "values");
		json_object_del(out, "with");
	}
	return out;
}
