#include "crdt/builder_order.h"

#include <stdlib.h>

static int by_feed(const void *left, const void *right)
{
	const struct entry_ref *a = left, *b = right;
	return feed_id_cmp(&a->feed, &b->feed);
}

bool crdt_builder_ordered(const struct crdt_builder *builder)
{
	for (uint32_t i = 1; i < builder->dep_count; i++)
		if (by_feed(&builder->deps[i - 1], &builder->deps[i]) >= 0)
			return false;
	return true;
}

/* --- What an op names, with full feed ids --------------------------------------------------------------------------- */

struct names {
	struct op_id ops[LIMIT_OP_SUPERSEDES];
	struct crdt_target targets[LIMIT_OP_SUPERSEDES];
	struct crdt_element left, right, element;
};

static struct crdt_cites cites_of(const struct crdt_op *op, const struct crdt_meta *meta, struct names *names)
{
	struct crdt_refs refs = op->supersedes;
	struct crdt_ref ref;
	uint32_t count = 0;
	while (count < LIMIT_OP_SUPERSEDES && crdt_refs_next(&refs, &ref))
		names->ops[count++] = crdt_ref_op(meta, &ref);
	return (struct crdt_cites){names->ops, count};
}

static uint32_t targets_of(const struct crdt_op *op, const struct crdt_meta *meta, struct names *names)
{
	struct crdt_refs refs = op->targets;
	struct crdt_run run;
	uint32_t count = 0;
	while (count < LIMIT_OP_SUPERSEDES && crdt_runs_next(&refs, &run))
		names->targets[count++] = (struct crdt_target){
		        {crdt_ref_op(meta, &run.ref), run.offset}, run.count};
	return count;
}

/* NULL: the start or the end. */
static const struct crdt_element *element_of(
        const struct crdt_place *place, const struct crdt_meta *meta, struct crdt_element *space)
{
	if (!place->present)
		return NULL;
	*space = (struct crdt_element){crdt_ref_op(meta, &place->ref), place->offset};
	return space;
}

/* --- Writing again -------------------------------------------------------------------------------------------------- */

static void write_event(struct crdt_builder *out, const struct crdt_op *op, const struct crdt_meta *meta)
{
	struct op_id corrected;
	if (op->corrects.present)
		corrected = crdt_ref_op(meta, &op->corrects.ref);
	crdt_builder_event(out, op->event_kind, op->event_id, op->value,
	        op->corrects.present ? &corrected : NULL, op->reason);
}

static void write_op(
        struct crdt_builder *out, const struct crdt_op *op, const struct crdt_meta *meta, struct names *names)
{
	struct crdt_path space;
	struct span path = crdt_op_path(op, meta, &space);
	struct crdt_cites cites = {NULL, 0};
	const struct crdt_element *left = element_of(&op->left, meta, &names->left),
	                          *right = element_of(&op->right, meta, &names->right);
	switch ((enum crdt_op_kind)op->kind) {
	case CRDT_OP_SET:
		crdt_builder_set(out, path, op->value, cites_of(op, meta, names), op->reason);
		return;
	case CRDT_OP_CLEAR:
		crdt_builder_clear(out, path, cites_of(op, meta, names), op->reason);
		return;
	case CRDT_OP_ADD:
		crdt_builder_add(out, path, op->value, cites_of(op, meta, names));
		return;
	case CRDT_OP_REMOVE:
		crdt_builder_remove(out, path, cites_of(op, meta, names), op->reason);
		return;
	case CRDT_OP_EVENT:
		write_event(out, op, meta);
		return;
	case CRDT_OP_COUNT:
		crdt_builder_count(out, path, op->delta);
		return;
	case CRDT_OP_LIST_INSERT:
		crdt_builder_list_insert(out, path, left, right, op->value);
		return;
	case CRDT_OP_LIST_MOVE:
		cites = cites_of(op, meta, names);
		crdt_builder_list_move(
		        out, path, element_of(&op->element, meta, &names->element), left, right, cites);
		return;
	case CRDT_OP_TEXT_INSERT:
		crdt_builder_text_insert(out, path, left, right, op->value);
		return;
	case CRDT_OP_LIST_DELETE:
		crdt_builder_list_delete(out, path, names->targets, targets_of(op, meta, names));
		return;
	case CRDT_OP_TEXT_DELETE:
		crdt_builder_text_delete(out, path, names->targets, targets_of(op, meta, names));
		return;
	}
}

void crdt_builder_order(struct crdt_builder *builder, const struct crdt_change *change)
{
	struct entry_ref own = {builder->feed, builder->seq};
	struct crdt_ops ops = crdt_change_ops(change);
	struct names *names = mem_alloc(sizeof(*names));
	struct crdt_builder ordered;
	struct crdt_op op;
	struct entry_ref *deps = mem_copy(builder->deps, builder->dep_count * sizeof(*deps));
	qsort(deps, builder->dep_count, sizeof(*deps), by_feed);
	crdt_builder_begin(&ordered, &own, builder->doc_kind, builder->doc_id, deps, builder->dep_count);
	while (crdt_ops_next(&ops, &op))
		write_op(&ordered, &op, change->meta, names);
	mem_free(deps);
	mem_free(names);
	crdt_builder_close(builder);
	*builder = ordered;
}
