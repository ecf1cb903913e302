#include "node/facts.h"

#include <stdlib.h>

#include "node/node_early.h"
#include "node/record.h"

int fact_order(const struct fact_head *a, const struct fact_head *b)
{
	if (a->hlc != b->hlc)
		return a->hlc < b->hlc ? -1 : 1;
	return op_id_cmp(&a->op, &b->op);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static bool take_op(const struct crdt_op *op, struct fact *fact, fact_taker take, void *context)
{
	struct schema_measures measures;
	struct schema_record record;
	uint32_t unknown;
	if (!record_event_read(op, &measures, &record, &unknown))
		return false;
	fact->record = &record;
	take(context, fact);
	return true;
}

static bool take_event(struct node *node, struct fact *fact, fact_taker take, void *context)
{
	struct node_entry entry;
	struct crdt_meta meta;
	struct entry_ref dep;
	struct crdt_op op;
	const struct early_body *early = node_early_body(node, &fact->head.op);
	if (early) {
		op = early_body_op(early, &meta, &dep);
		return take_op(&op, fact, take, context);
	}
	if (node_read_op(node, &fact->head.op, &entry))
		return false;
	struct crdt_ops ops = crdt_change_ops(&entry.change);
	while (crdt_ops_next(&ops, &op))
		if (op.index == fact->head.op.index)
			return take_op(&op, fact, take, context);
	return false;
}

static bool is_one_of(uint32_t kind, const uint32_t *kinds, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (kinds[i] == kind)
			return true;
	return false;
}

static uint32_t heads_of(
        const struct crdt_doc *doc, const uint32_t *kinds, uint32_t kind_count, struct fact_head **out)
{
	struct crdt_event event;
	uint32_t cursor = 0, count = 0, room = 0;
	*out = NULL;
	while (crdt_doc_event(doc, 0, &cursor, &event)) {
		if (!is_one_of(event.kind, kinds, kind_count))
			continue;
		*out = mem_room(*out, count, &room, sizeof(**out));
		(*out)[count++] = (struct fact_head){event.id, event.op, event.hlc, event.is_corrected,
		        event.is_correction, event.corrects};
	}
	return count;
}

int facts_each(struct node *node, const struct record_id *dossier, const uint32_t *kinds, uint32_t kind_count,
        fact_taker take, void *context, uint32_t *missing)
{
	struct crdt_doc *doc;
	struct fact_head *heads;
	uint32_t unread = 0;
	int result = node_shown(node, SCHEMA_DOC_DOSSIER, dossier, &doc);
	if (result)
		return result;
	const uint32_t count = heads_of(doc, kinds, kind_count, &heads);
	for (uint32_t i = 0; i < count; i++) {
		struct fact fact = {.head = heads[i]};
		unread += !take_event(node, &fact, take, context);
	}
	mem_free(heads);
	if (missing)
		*missing = unread;
	return 0;
}

int64_t fact_number(const struct fact *fact, uint32_t field, int64_t otherwise)
{
	const struct schema_value *value = schema_value(fact->record, field);
	return value ? value->number : otherwise;
}

struct span fact_bytes(const struct fact *fact, uint32_t field, struct arena *arena)
{
	const struct schema_value *value = schema_value(fact->record, field);
	return value ? arena_span(arena, value->bytes) : (struct span){NULL, 0};
}

/* ---- Versions ---------------------------------------------------------------------------------------------------- */

struct place {
	struct op_id op;
	uint32_t index;
};

static int by_op(const void *a, const void *b)
{
	const struct place *left = a, *right = b;
	return op_id_cmp(&left->op, &right->op);
}

static const struct place *find(const struct place *places, uint32_t count, const struct op_id *op)
{
	struct place key = {.op = *op};
	return count ? bsearch(&key, places, count, sizeof(*places), by_op) : NULL;
}

/* A correction cites what it had seen, so the way back ends; what is hostile is cut short. */
static uint32_t root_of(
        const struct fact_head *const *heads, const struct place *places, uint32_t count, uint32_t at)
{
	for (uint32_t steps = 0; steps < count && heads[at]->is_correction; steps++) {
		const struct place *cited = find(places, count, &heads[at]->corrects);
		if (!cited || cited->index == at)
			break;
		at = cited->index;
	}
	return at;
}

void fact_versions(const struct fact_head *const *heads, uint32_t count, struct fact_version *out)
{
	struct place *places = mem_zero(count + 1, sizeof(*places));
	for (uint32_t i = 0; i < count; i++)
		places[i] = (struct place){heads[i]->op, i};
	qsort(places, count, sizeof(*places), by_op);
	for (uint32_t i = 0; i < count; i++)
		out[i] = (struct fact_version){.root = root_of(heads, places, count, i), .shown = i};
	for (uint32_t i = 0; i < count; i++) {
		struct fact_version *root = &out[out[i].root];
		if (heads[i]->is_corrected)
			continue;
		root->live++;
		root->shown = i; /* the last one */
	}
	mem_free(places);
}
