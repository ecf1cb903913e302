#include "node/search/entries.h"

#include <stdio.h>
#include <string.h>

#include "node/calendar.h"
#include "node/fold.h"
#include "node/search/query.h"
#include "node/search/texts.h"

/* ---- One record -------------------------------------------------------------------------------------------------- */

enum which { ALL, NAMES, NO_NAMES };

struct folding {
	const struct schema_kind *kind;
	enum which which;
	struct buf lines;
};

bool search_is_name(const struct schema_kind *kind, const struct schema_field *field)
{
	static const char *const names[] = {"lastName", "firstName", "birthName"};
	if (kind->number != SCHEMA_PATIENT)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(field->name, names[i]) == 0)
			return true;
	return false;
}

static void begin_line(struct buf *lines)
{
	if (lines->size)
		buf_add(lines, "\n", 1);
}

static void fold_field(void *context, const struct schema_field *field, struct span text)
{
	struct folding *folding = context;
	const bool is_name = search_is_name(folding->kind, field);
	if ((folding->which == NAMES && !is_name) || (folding->which == NO_NAMES && is_name))
		return;
	begin_line(&folding->lines);
	const size_t from = folding->lines.size;
	fold_text(text, &folding->lines);
	struct buf digits = {0};
	search_digits(text, &digits);
	if (digits.size && digits.size != folding->lines.size - from) {
		begin_line(&folding->lines);
		buf_add_span(&folding->lines, buf_span(&digits));
	}
	buf_wipe(&digits);
}

void search_put_day(int64_t day, struct buf *out)
{
	char text[64];
	const struct calendar_date date = calendar_date(day);
	const int size = snprintf(text, sizeof(text), "%02d %02d %04d %02d%02d%04d %04d%02d%02d", date.day,
	        date.month, date.year, date.day, date.month, date.year, date.year, date.month, date.day);
	if (size > 0 && (size_t)size < sizeof(text))
		buf_add(out, text, (size_t)size);
}

static void fold_day(void *context, const struct schema_value *value)
{
	struct buf *lines = context;
	begin_line(lines);
	search_put_day(value->number, lines);
}

static void fold_birth(const struct crdt_doc *doc, struct buf *lines)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PATIENT);
	const struct record_id id = crdt_doc_id(doc);
	digest_values(doc, kind, &id, schema_field_named(kind, span_text("birthDate")), fold_day, lines);
}

/* ---- The dossier ------------------------------------------------------------------------------------------------- */

struct making {
	const struct crdt_doc *doc;
	struct buf entries;
	uint32_t count;
};

static void add_entry(
        struct making *making, uint32_t kind, const struct record_id *id, int64_t when_s, struct span folded)
{
	if (folded.size == 0 || folded.size > LIMIT_VALUE_BYTES)
		return;
	mpack_put_array(&making->entries, 4);
	mpack_put_uint(&making->entries, kind);
	mpack_put_bin(&making->entries, span_of(id->bytes, sizeof(id->bytes)));
	mpack_put_int(&making->entries, when_s);
	mpack_put_str(&making->entries, folded);
	making->count++;
}

static void add_record(
        struct making *making, const struct schema_kind *kind, const struct record_id *id, enum which which)
{
	struct folding folding = {.kind = kind, .which = which};
	const int64_t when_s = search_register_texts(making->doc, kind, id, fold_field, &folding);
	if (which == NAMES)
		fold_birth(making->doc, &folding.lines);
	add_entry(making, which == NAMES ? SEARCH_NAMES : kind->number, id, when_s, buf_span(&folding.lines));
	buf_wipe(&folding.lines);
}

static void add_kind(struct making *making, const struct schema_kind *kind)
{
	struct span cursor = {0};
	struct record_id id = crdt_doc_id(making->doc);
	if (kind->number == SCHEMA_PATIENT)
		add_record(making, kind, &id, NAMES);
	if (kind->shape == SCHEMA_ONE)
		add_record(making, kind, &id, kind->number == SCHEMA_PATIENT ? NO_NAMES : ALL);
	while (kind->shape == SCHEMA_MANY && record_next(making->doc, kind, &cursor, &id))
		add_record(making, kind, &id, ALL);
}

void search_entries_of(const struct crdt_doc *doc, struct buf *out)
{
	struct making making = {.doc = doc};
	uint32_t kind_count;
	const struct schema_kind *kinds = schema_kinds(&kind_count);
	for (uint32_t i = 0; i < kind_count; i++)
		if ((uint32_t)kinds[i].doc == crdt_doc_kind(doc) && search_has_texts(&kinds[i]))
			add_kind(&making, &kinds[i]);
	if (making.count) {
		mpack_put_array(out, making.count);
		buf_add_span(out, buf_span(&making.entries));
	}
	buf_wipe(&making.entries);
}

void search_entries_make(const struct digest_source *source, struct buf *out)
{
	search_entries_of(source->doc, out);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

uint32_t search_entries_count(struct mpack_in *in)
{
	return in->at == in->end ? 0 : mpack_array(in);
}

bool search_entries_next(struct mpack_in *in, uint32_t *left, struct search_entry *out)
{
	if (*left == 0 || mpack_array(in) != 4)
		return false;
	--*left;
	out->kind = (uint32_t)mpack_uint(in, UINT32_MAX);
	const struct span id = mpack_bin(in);
	out->when_s = mpack_int(in);
	out->folded = mpack_str(in);
	if (in->error || id.size != sizeof(out->id.bytes))
		return false;
	memcpy(out->id.bytes, id.data, id.size);
	return true;
}
