#include "node/references.h"

#include "node/calendar.h"
#include "node/round/round.h"

static bool begins_so(const struct record_id *id, struct span prefix)
{
	return prefix.size <= sizeof(id->bytes) && memcmp(id->bytes, prefix.data, prefix.size) == 0;
}

bool references_find(
        const struct crdt_doc *doc, const struct schema_kind *kind, struct span prefix, struct record_id *out)
{
	struct crdt_event event;
	struct span cursor = {NULL, 0};
	uint32_t place = 0;
	if (kind->shape == SCHEMA_ONE) {
		*out = crdt_doc_id(doc);
		return begins_so(out, prefix);
	}
	while (kind->shape == SCHEMA_MANY && record_next(doc, kind, &cursor, out))
		if (begins_so(out, prefix))
			return true;
	while (kind->shape == SCHEMA_EVENT && crdt_doc_event(doc, kind->number, &place, &event)) {
		*out = event.id;
		if (begins_so(out, prefix))
			return true;
	}
	return false;
}

/* A planned visit follows from the plan before anything is written about it (node/round). */
static bool is_occurrence(const struct crdt_doc *doc, const struct references_others *others,
        const struct record_edit *edit, struct span id)
{
	enum { START = 1 }; /* of a visit */
	const struct schema_value *start = schema_value(&edit->record, START);
	struct record_id file = crdt_doc_id(doc);
	if (!start || start->field->type != SCHEMA_INSTANT)
		return false;
	const int64_t day = calendar_paris_day(start->number);
	bool found = round_is_occurrence(&file, day, id);
	for (uint32_t i = 0; others && i < others->doc_count && !found; i++) {
		file = crdt_doc_id(others->docs[i]);
		found = round_is_occurrence(&file, day, id);
	}
	return found;
}

static bool is_among(
        const struct references_others *others, const struct schema_kind *kind, struct span prefix)
{
	for (uint32_t i = 0; others && i < others->count; i++)
		if (others->kinds[i] == kind && begins_so(&others->ids[i], prefix))
			return true;
	return false;
}

static bool is_in_one(const struct crdt_doc *const *docs, uint32_t doc_count, const struct schema_kind *kind,
        struct span prefix)
{
	struct record_id found;
	for (uint32_t i = 0; i < doc_count; i++)
		if (references_find(docs[i], kind, prefix, &found))
			return true;
	return false;
}

static bool leads_somewhere(const struct crdt_doc *doc, const struct references_others *others,
        const struct schema_kind *kind, struct span ids)
{
	struct record_id found;
	for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= ids.size; at += SCHEMA_SHORT_BYTES) {
		const struct span prefix = span_sub(ids, at, SCHEMA_SHORT_BYTES);
		if (!references_find(doc, kind, prefix, &found) && !is_among(others, kind, prefix) &&
		        !(others && is_in_one(others->docs, others->doc_count, kind, prefix)))
			return false;
	}
	return true;
}

/* The kind of records of the same document that a value refers to; NULL: it refers to none. */
static const struct schema_kind *referred(
        const struct schema_record *record, const struct schema_value *value)
{
	const struct schema_field *field = value->field;
	const bool is_short = field->type == SCHEMA_SHORT || field->type == SCHEMA_SHORTS;
	const struct schema_kind *kind = is_short && field->ref_kind ? schema_kind(field->ref_kind) : NULL;
	return kind && kind->doc == record->kind->doc ? kind : NULL;
}

void references_check_among(const struct crdt_doc *doc, const struct references_others *others,
        const struct record_edit *edit, struct schema_report *report)
{
	for (uint32_t i = 0; i < edit->record.count; i++) {
		const struct schema_value *value = &edit->record.values[i];
		const struct schema_kind *kind = referred(&edit->record, value);
		if (kind && !leads_somewhere(doc, others, kind, value->bytes) &&
		        !(kind->number == SCHEMA_PLANNED_VISIT &&
		                is_occurrence(doc, others, edit, value->bytes)))
			schema_report_add(report, SCHEMA_PROBLEM_NOT_HERE, value->field);
	}
}

bool references_are_in(const struct crdt_doc *const *docs, uint32_t doc_count, const struct crdt_doc *doc,
        const struct schema_record *record)
{
	for (uint32_t i = 0; i < record->count; i++) {
		const struct span ids = record->values[i].bytes;
		const struct schema_kind *kind = referred(record, &record->values[i]);
		for (size_t at = 0; kind && at + SCHEMA_SHORT_BYTES <= ids.size; at += SCHEMA_SHORT_BYTES) {
			const struct span one = span_sub(ids, at, SCHEMA_SHORT_BYTES);
			if (is_in_one(docs, doc_count, kind, one) && !is_in_one(&doc, 1, kind, one))
				return false;
		}
	}
	return true;
}

void references_check(
        const struct crdt_doc *doc, const struct record_edit *edit, struct schema_report *report)
{
	references_check_among(doc, NULL, edit, report);
}
