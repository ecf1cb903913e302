#include "node/classes.h"

#include "crdt/base/err.h"
#include "node/record.h"

bool classes_differ(const struct crdt_values *values)
{
	for (uint32_t i = 1; i < values->count; i++)
		if (!span_eq(values->items[i].value, values->items[0].value))
			return true;
	return false;
}

static bool names(const struct crdt_change *change, const struct crdt_op *op, const struct op_id *wanted)
{
	struct crdt_ref ref;
	for (struct crdt_refs refs = op->supersedes; crdt_refs_next(&refs, &ref);) {
		struct op_id cited = crdt_ref_op(change->meta, &ref);
		if (op_id_cmp(&cited, wanted) == 0)
			return true;
	}
	return false;
}

/* Keep of the live values at `path` those that the op names. */
static void named_values(const struct crdt_doc *doc, const struct crdt_change *change,
        const struct crdt_op *op, struct span path, struct crdt_values *values)
{
	uint32_t kept = 0;
	crdt_doc_values(doc, path, values);
	for (uint32_t i = 0; i < values->count; i++)
		if (names(change, op, &values->items[i].op))
			values->items[kept++] = values->items[i];
	values->count = kept;
}

/* A SET that chooses, a CLEAR that takes away. */
static int check_replacing(
        const struct crdt_doc *doc, const struct crdt_change *change, const struct crdt_op *op)
{
	struct record_place place;
	struct crdt_path space;
	struct crdt_values values = {0};
	struct span path = crdt_op_path(op, change->meta, &space);
	if (op->reason.size || op->supersedes.count == 0)
		return 0;
	bool is_place = record_place_of(path, &change->doc_id, &place);
	if (op->kind == CRDT_OP_CLEAR && (!is_place || place.field_number == 0))
		return ERR_INVALID; /* more than a field goes */
	if (!is_place || !place.field || place.field->class != SCHEMA_SAFETY)
		return 0;
	named_values(doc, change, op, path, &values);
	bool asks = op->kind == CRDT_OP_CLEAR ? values.count > 0 : classes_differ(&values);
	crdt_values_close(&values);
	return asks ? ERR_INVALID : 0;
}

/* Events of `kind` are corrected by those of the same kind, or of one that names them. */
static bool may_correct(const struct schema_kind *correction, uint32_t kind)
{
	if (!correction->is_correction)
		return (uint32_t)correction->number == kind;
	for (uint32_t i = 0; i < correction->field_count; i++)
		if (correction->fields[i].type == SCHEMA_REF && correction->fields[i].ref_kind == kind)
			return true;
	return false;
}

static int check_event(const struct crdt_doc *doc, const struct crdt_change *change, const struct crdt_op *op)
{
	const struct schema_kind *kind = schema_kind(op->event_kind);
	struct crdt_event event;
	if (!kind || kind->shape != SCHEMA_EVENT)
		return ERR_INVALID;
	if (!op->corrects.present)
		return kind->is_correction ? ERR_INVALID : 0;
	struct op_id cited = crdt_ref_op(change->meta, &op->corrects.ref);
	for (uint32_t cursor = 0; crdt_doc_event(doc, 0, &cursor, &event);)
		if (op_id_cmp(&event.op, &cited) == 0)
			return may_correct(kind, event.kind) ? 0 : ERR_INVALID;
	return ERR_INVALID;
}

/* Passages come and go without a word only where the table has running text. */
static int check_text(const struct crdt_change *change, const struct crdt_op *op)
{
	struct record_place place;
	struct crdt_path space;
	bool is_place = record_place_of(crdt_op_path(op, change->meta, &space), &change->doc_id, &place);
	return is_place && place.field && place.field->class != SCHEMA_NARRATIVE ? ERR_INVALID : 0;
}

static int check_op(const struct crdt_doc *doc, const struct crdt_change *change, const struct crdt_op *op)
{
	if (op->kind == CRDT_OP_EVENT)
		return check_event(doc, change, op);
	if (op->kind == CRDT_OP_TEXT_INSERT || op->kind == CRDT_OP_TEXT_DELETE)
		return check_text(change, op);
	return op->kind == CRDT_OP_SET || op->kind == CRDT_OP_CLEAR ? check_replacing(doc, change, op) : 0;
}

int classes_check(const struct crdt_doc *doc, const struct crdt_change *change)
{
	if (change->op_count == 1) /* most are, and it is decoded already */
		return check_op(doc, change, &change->first);
	struct crdt_ops ops = crdt_change_ops(change);
	int result = 0;
	for (struct crdt_op op; result == 0 && crdt_ops_next(&ops, &op);)
		result = check_op(doc, change, &op);
	return result;
}
