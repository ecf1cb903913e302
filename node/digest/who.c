#include "node/digest/who.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/mpack.h"
#include "node/fold.h"

enum { KEY_FOLDED = 1, KEY_SORTED, KEY_BIRTH, KEY_SEX, KEY_REFERENT, KEY_ARCHIVED, KEY_SHOWN, KEY_COUNT };

/* Fields of a patient, by their names in the table. */
static const struct schema_field *field_of(const char *name)
{
	return schema_field_named(schema_kind(SCHEMA_PATIENT), span_text(name));
}

/* ---- What a list shows ------------------------------------------------------------------------------------------- */

/* A list tells who the patients are, and nothing of what stands in their dossiers (node/access/README.md). */
static bool is_about_who(const char *name)
{
	static const char *const names[] = {"id", "kind", "lastName", "firstName", "birthName", "civility",
	        "sex", "birthDate", "town", "referent", "archivedOn", "concurrent"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void keep_who(json_t *object)
{
	const char *name;
	json_t *value;
	void *next;
	json_object_foreach_safe(object, next, name, value)
	{
		if (!is_about_who(name))
			json_object_del(object, name);
	}
}

static char *shown_of(const struct crdt_doc *doc, const struct record_id *id)
{
	json_t *json = record_json(doc, schema_kind(SCHEMA_PATIENT), id);
	if (!json)
		return NULL;
	keep_who(json);
	keep_who(json_object_get(json, "concurrent"));
	char *text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

/* ---- What it is searched and sorted by ---------------------------------------------------------------------------- */

/* A line for each value that lives: whoever knows another name for the patient finds her by that. */
static void fold_value(void *context, const struct schema_value *value)
{
	struct buf *out = context;
	if (out->size)
		buf_add(out, "\n", 1);
	fold_text(value->bytes, out);
}

static void put_folded(const struct crdt_doc *doc, struct buf *out)
{
	static const char *const names[] = {"lastName", "firstName", "birthName", "town"};
	const struct record_id id = crdt_doc_id(doc);
	struct buf folded = {0};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		digest_values(doc, schema_kind(SCHEMA_PATIENT), &id, field_of(names[i]), fold_value, &folded);
	mpack_put_uint(out, KEY_FOLDED);
	mpack_put_str(out, buf_span(&folded));
	buf_wipe(&folded);
}

/* An earlier table may not have the field. */
static const struct schema_value *value_of(const struct schema_record *record, const char *name)
{
	const struct schema_field *field = field_of(name);
	return field ? schema_value(record, field->number) : NULL;
}

static struct span text_of(const struct schema_record *record, const char *name)
{
	const struct schema_value *value = value_of(record, name);
	return value ? value->bytes : span_text("");
}

static void put_sorted(const struct schema_record *record, struct buf *out)
{
	static const char *const names[] = {"lastName", "firstName"};
	struct buf sorted = {0};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		fold_text(text_of(record, names[i]), &sorted);
		buf_add(&sorted, "\n", 1);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		buf_add_span(&sorted, text_of(record, names[i]));
		buf_add(&sorted, "\n", 1);
	}
	mpack_put_uint(out, KEY_SORTED);
	mpack_put_str(out, buf_span(&sorted));
	buf_wipe(&sorted);
}

static void put_number(uint32_t key, const struct schema_value *value, struct buf *out)
{
	if (!value)
		return;
	mpack_put_uint(out, key);
	mpack_put_int(out, value->number);
}

static void put_referent(const struct schema_value *referent, struct buf *out)
{
	if (!referent)
		return;
	mpack_put_uint(out, KEY_REFERENT);
	mpack_put_bin(out, referent->bytes);
}

void digest_who_make(const struct digest_source *source, struct buf *out)
{
	const struct record_id id = crdt_doc_id(source->doc);
	struct schema_record record;
	struct schema_measures measures;
	char *shown = shown_of(source->doc, &id);
	if (!shown)
		return;
	if (!record_read(source->doc, schema_kind(SCHEMA_PATIENT), &id, &measures, &record))
		record.count = 0;
	const struct schema_value *birth = value_of(&record, "birthDate"), *sex = value_of(&record, "sex"),
	                          *referent = value_of(&record, "referent"),
	                          *archived = value_of(&record, "archivedOn");
	mpack_put_map(out, 3U + !!birth + !!sex + !!referent + !!archived);
	put_folded(source->doc, out);
	put_sorted(&record, out);
	put_number(KEY_BIRTH, birth, out);
	put_number(KEY_SEX, sex, out);
	put_referent(referent, out);
	put_number(KEY_ARCHIVED, archived, out);
	mpack_put_uint(out, KEY_SHOWN);
	mpack_put_str(out, span_text(shown));
	mem_wipe(shown, strlen(shown));
	free(shown);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static void read_pair(struct mpack_in *in, struct digest_who *out)
{
	switch (mpack_uint(in, UINT32_MAX)) {
	case KEY_FOLDED:
		out->folded = mpack_str(in);
		break;
	case KEY_SORTED:
		out->sorted = mpack_str(in);
		break;
	case KEY_BIRTH:
		out->has_birth = true;
		out->birth_day = mpack_int(in);
		break;
	case KEY_SEX:
		out->sex = (uint32_t)mpack_int(in);
		break;
	case KEY_REFERENT:
		out->referent = mpack_bin(in);
		break;
	case KEY_ARCHIVED:
		out->is_archived = true;
		out->archived_day = mpack_int(in);
		break;
	case KEY_SHOWN:
		out->shown = mpack_str(in);
		break;
	default:
		mpack_skip(in);
	}
}

bool digest_who_read(struct span part, struct digest_who *out)
{
	struct mpack_in in = mpack_begin(part);
	*out = (struct digest_who){0};
	if (part.size == 0)
		return false;
	const uint32_t count = mpack_map(&in);
	for (uint32_t i = 0; i < count && !in.error; i++)
		read_pair(&in, out);
	return mpack_end(&in) == 0;
}
