#include "node/early.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/doc_text.h"
#include "node/early_bodies.h"

static int body_cmp(const void *a, const void *b)
{
	return op_id_cmp(&((const struct early_body *)a)->op, &((const struct early_body *)b)->op);
}

/* One of each operation: of a state that was made up, several events may be of the same one. */
static int sort_bodies(struct early_copy *copy)
{
	if (copy->body_count)
		qsort(copy->bodies, copy->body_count, sizeof(*copy->bodies), body_cmp);
	for (uint32_t i = 1; i < copy->body_count; i++)
		if (body_cmp(&copy->bodies[i - 1], &copy->bodies[i]) == 0)
			return ERR_MALFORMED;
	return 0;
}

static int read_bodies(struct early_copy *copy, struct span bytes)
{
	struct early_bodies read;
	const int result = early_bodies_read(copy->doc, bytes, &read);
	copy->bodies = read.items;
	copy->body_count = read.count;
	copy->fields = read.fields;
	return result ? result : sort_bodies(copy);
}

static int read_state(struct early_copy *copy, uint32_t doc_kind)
{
	int result = crdt_doc_load(copy->feeds, copy->state, &copy->doc);
	if (result)
		return result;
	const struct record_id id = crdt_doc_id(copy->doc);
	crdt_frontier_of(copy->doc, &copy->ends);
	const bool is_it = crdt_doc_kind(copy->doc) == doc_kind && record_id_eq(&id, &copy->dossier);
	return is_it && copy->ends.count ? 0 : ERR_INVALID;
}

int early_copy_new(uint32_t doc_kind, const struct record_id *dossier, struct span state, struct span bodies,
        struct early_copy **out)
{
	struct early_copy *copy = mem_zero(1, sizeof(*copy));
	copy->dossier = *dossier;
	copy->feeds = crdt_feeds_new();
	buf_add_span(&copy->plain, state);
	buf_add_span(&copy->plain, bodies);
	copy->state = span_sub(buf_span(&copy->plain), 0, state.size);
	int result = read_state(copy, doc_kind);
	if (result == 0)
		result = read_bodies(copy, span_sub(buf_span(&copy->plain), state.size, bodies.size));
	if (result == 0)
		*out = copy;
	else
		early_copy_free(copy);
	return result;
}

void early_copy_free(struct early_copy *copy)
{
	if (!copy)
		return;
	crdt_doc_free(copy->doc);
	crdt_feeds_free(copy->feeds);
	crdt_frontier_close(&copy->ends);
	buf_wipe(&copy->plain);
	buf_wipe(&copy->fields);
	buf_wipe(&copy->digest);
	mem_free(copy->bodies);
	mem_free(copy);
}

size_t early_copy_bytes(const struct early_copy *copy)
{
	return sizeof(*copy) + copy->plain.capacity + copy->fields.capacity +
	        crdt_doc_memory_bytes(copy->doc) + copy->body_count * sizeof(*copy->bodies) +
	        copy->ends.capacity * sizeof(*copy->ends.items);
}

/* ---- What comes by the log --------------------------------------------------------------------------------------- */

struct early_body *early_copy_body(const struct early_copy *copy, const struct op_id *op)
{
	const struct early_body wanted = {.op = *op};
	return copy->body_count
	        ? bsearch(&wanted, copy->bodies, copy->body_count, sizeof(*copy->bodies), body_cmp)
	        : NULL;
}

static bool corrects_same(
        const struct early_body *body, const struct crdt_op *op, const struct crdt_meta *meta)
{
	if (!op->corrects.present || !body->is_correction)
		return !body->is_correction; /* what it cites may be no event of the document: then it corrects nothing there */
	const struct op_id cited = crdt_ref_op(meta, &op->corrects.ref);
	return op_id_cmp(&cited, &body->corrects) == 0;
}

void early_body_compare(struct early_body *body, const struct crdt_op *op, const struct crdt_meta *meta)
{
	const bool is_same = op->kind == CRDT_OP_EVENT && op->event_kind == body->kind &&
	        record_id_eq(&op->event_id, &body->id) && span_eq(op->value, body->fields) &&
	        corrects_same(body, op, meta) && (!body->is_correction || span_eq(op->reason, body->reason));
	body->state = is_same ? EARLY_BODY_SAME : EARLY_BODY_DIFFERS;
}

void early_copy_apply(struct early_copy *copy, const struct crdt_change *change)
{
	const struct crdt_meta *meta = change->meta;
	struct crdt_ops ops = crdt_change_ops(change);
	for (struct crdt_op op; copy->body_count && crdt_ops_next(&ops, &op);) {
		const struct op_id id = {meta->feed, meta->seq, op.index};
		struct early_body *body = op.kind == CRDT_OP_EVENT ? early_copy_body(copy, &id) : NULL;
		if (body)
			early_body_compare(body, &op, meta);
	}
	/* What it holds already is passed over. What does not fit any more would be missing in what is shown. */
	copy->is_spoiled |= crdt_doc_apply(copy->doc, change) < 0;
	copy->moved++;
}

/* ---- Showing ----------------------------------------------------------------------------------------------------- */

struct crdt_op early_body_op(const struct early_body *body, struct crdt_meta *meta, struct entry_ref *dep)
{
	struct crdt_op op = {.kind = CRDT_OP_EVENT,
	        .index = body->op.index,
	        .value = body->fields,
	        .reason = body->reason,
	        .event_kind = body->kind,
	        .event_id = body->id};
	*meta = (struct crdt_meta){.feed = body->op.feed, .seq = body->op.seq, .hlc = body->hlc};
	if (!body->is_correction)
		return op;
	*dep = (struct entry_ref){body->corrects.feed, body->corrects.seq};
	meta->deps = dep;
	meta->dep_count = 1;
	op.corrects.present = true;
	op.corrects.ref = (struct crdt_ref){
	        .seq = body->corrects.seq, .feed = 1, .index = body->corrects.index};
	return op;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

/* Does nothing live at this place, or under it, in what is shown? */
static bool is_bare(const struct crdt_doc *doc, struct span path)
{
	struct crdt_value value;
	struct span child = {0};
	struct crdt_values members = {0};
	crdt_doc_members(doc, path, &members);
	const bool has_members = members.count > 0;
	crdt_values_close(&members);
	return !has_members && !crdt_doc_get(doc, path, &value) && !crdt_doc_child(doc, path, &child) &&
	        !crdt_doc_text(doc, path) && !crdt_doc_list(doc, path);
}

static bool only_adds(const struct early_copy *copy, const struct crdt_op *op, const struct crdt_meta *meta)
{
	struct crdt_path space;
	switch (op->kind) {
	case CRDT_OP_EVENT:
		return !op->corrects.present;
	case CRDT_OP_SET:
	case CRDT_OP_ADD:
	case CRDT_OP_TEXT_INSERT:
	case CRDT_OP_LIST_INSERT:
		return op->supersedes.count == 0 && is_bare(copy->doc, crdt_op_path(op, meta, &space));
	default:
		return false;
	}
}

bool early_copy_permits(const struct early_copy *copy, const struct crdt_change *change)
{
	struct crdt_ops ops = crdt_change_ops(change);
	for (struct crdt_op op; crdt_ops_next(&ops, &op);)
		if (!only_adds(copy, &op, change->meta))
			return false;
	return true;
}
