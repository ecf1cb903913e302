#include "node/work/conflicts.h"

#include "node/record.h"
#include "node/shorts.h"

static uint32_t different_values(const struct crdt_values *values)
{
	uint32_t different;
	mem_free(shorts_repeated(values, &different));
	return different;
}

bool conflicts_at(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        const struct schema_field *field, struct crdt_path *path, struct crdt_values *values,
        struct conflict *out)
{
	if (field->is_set || field->class == SCHEMA_NARRATIVE)
		return false;
	record_path(kind, id, field->number, path);
	crdt_doc_values(doc, crdt_path_span(path), values);
	if (values->count < 2)
		return false;
	*out = (struct conflict){kind, field, *id, crdt_path_span(path), values, different_values(values)};
	return out->different > 1;
}

/* False: `found` had enough. */
static bool each_field(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        struct crdt_values *values, bool (*found)(void *context, const struct conflict *conflict),
        void *context)
{
	for (uint32_t i = 0; i < kind->field_count; i++) {
		struct crdt_path path;
		struct conflict conflict;
		if (conflicts_at(doc, kind, id, &kind->fields[i], &path, values, &conflict) &&
		        !found(context, &conflict))
			return false;
	}
	return true;
}

void conflicts_each(const struct crdt_doc *doc, bool (*found)(void *context, const struct conflict *conflict),
        void *context)
{
	uint32_t kind_count;
	const struct schema_kind *kinds = schema_kinds(&kind_count);
	struct crdt_values values = {0};
	bool goes_on = true;
	for (uint32_t i = 0; goes_on && i < kind_count; i++) {
		struct span cursor = {NULL, 0};
		struct record_id id = crdt_doc_id(doc);
		if ((uint32_t)kinds[i].doc != crdt_doc_kind(doc))
			continue;
		if (kinds[i].shape == SCHEMA_ONE)
			goes_on = each_field(doc, &kinds[i], &id, &values, found, context);
		while (goes_on && kinds[i].shape == SCHEMA_MANY && record_next(doc, &kinds[i], &cursor, &id))
			goes_on = each_field(doc, &kinds[i], &id, &values, found, context);
	}
	crdt_values_close(&values);
}

static bool note_safety(void *context, const struct conflict *conflict)
{
	bool *any = context;
	*any = conflict->field->class == SCHEMA_SAFETY;
	return !*any;
}

bool conflicts_any_safety(const struct crdt_doc *doc)
{
	bool any = false;
	conflicts_each(doc, note_safety, &any);
	return any;
}

/* ---- The key ---- */

static void put_u32(uint8_t *out, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get_u32(const uint8_t *in)
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

void conflicts_key(const struct conflict *conflict, uint8_t out[CONFLICT_KEY_BYTES])
{
	put_u32(out, conflict->kind->number);
	memcpy(out + 4, conflict->id.bytes, sizeof(conflict->id.bytes));
	put_u32(out + 20, conflict->field->number);
}

bool conflicts_key_read(struct span key, const struct schema_kind **kind, struct record_id *id,
        const struct schema_field **field)
{
	if (key.size != CONFLICT_KEY_BYTES)
		return false;
	*kind = schema_kind(get_u32(key.data));
	memcpy(id->bytes, key.data + 4, sizeof(id->bytes));
	*field = *kind ? schema_field(*kind, get_u32(key.data + 20)) : NULL;
	return *field != NULL;
}

/* ---- The source ---- */

struct telling {
	struct work_facts *out;
	uint32_t source;
	enum work_whose whose;
};

static bool tell(void *context, const struct conflict *conflict)
{
	const struct telling *telling = context;
	struct work_fact *fact = work_add(telling->out, telling->source);
	uint8_t key[CONFLICT_KEY_BYTES];
	if (!fact)
		return true; /* counted */
	conflicts_key(conflict, key);
	fact->key = work_keep(telling->out, span_of(key, sizeof(key)));
	fact->records = work_keep(telling->out, span_of(conflict->id.bytes, sizeof(conflict->id.bytes)));
	fact->whose = telling->whose;
	if (conflict->field->class == SCHEMA_SAFETY)
		fact->now = WORK_ALWAYS;
	fact->fr = work_words(telling->out, "%s : %s a %u valeurs différentes, à départager",
	        conflict->kind->label.fr, conflict->field->label.fr, conflict->different);
	fact->en = work_words(telling->out, "%s: %s has %u different values, to be settled",
	        conflict->kind->label.en, conflict->field->label.en, conflict->different);
	return true;
}

void conflicts_facts(const struct digest_source *document, uint32_t source, struct work_facts *out)
{
	struct telling telling = {
	        out, source, crdt_doc_kind(document->doc) == SCHEMA_DOC_DOSSIER ? WORK_REFERENT : WORK_TEAM};
	conflicts_each(document->doc, tell, &telling);
}
