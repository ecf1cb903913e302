#include "node/facts.h"

#include <stdlib.h>

#include "crdt/base/mem.h"

int fact_order(const struct fact_head *a, const struct fact_head *b)
{
	if (a->hlc != b->hlc)
		return a->hlc < b->hlc ? -1 : 1;
	return op_id_cmp(&a->op, &b->op);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static bool is_one_of(uint32_t kind, const uint32_t *kinds, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (kinds[i] == kind)
			return true;
	return false;
}

static uint32_t events_of(
        const struct crdt_doc *doc, const uint32_t *kinds, uint32_t kind_count, struct crdt_event **out)
{
	struct crdt_event event;
	uint32_t cursor = 0, count = 0, room = 0;
	*out = NULL;
	while (crdt_doc_event(doc, 0, &cursor, &event)) {
		if (!is_one_of(event.kind, kinds, kind_count))
			continue;
		*out = mem_room(*out, count, &room, sizeof(**out));
		(*out)[count++] = event;
	}
	return count;
}

static bool take_event(
        const struct digest_source *source, const struct crdt_event *event, fact_taker take, void *context)
{
	struct schema_measures measures;
	struct schema_record record;
	const struct fact fact = {{event->id, event->op, event->hlc, event->is_corrected,
	                                  event->is_correction, event->corrects},
	        &record};
	if (!digest_event(source, event, &measures, &record))
		return false;
	take(context, &fact);
	return true;
}

uint32_t facts_of(const struct digest_source *source, const uint32_t *kinds, uint32_t kind_count,
        uint32_t newest, fact_taker take, void *context)
{
	struct crdt_event *events;
	uint32_t missing = 0;
	const uint32_t count = events_of(source->doc, kinds, kind_count, &events);
	bool *is_repeated = digest_repeated(source, events, count);
	for (uint32_t i = count > newest ? count - newest : 0; i < count; i++)
		missing += !is_repeated[i] && !take_event(source, &events[i], take, context);
	mem_free(is_repeated);
	mem_free(events);
	return missing;
}

bool fact_may_be(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        uint32_t field, int64_t number)
{
	struct crdt_values values = {0};
	struct crdt_path path;
	record_path(kind, id, field, &path);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	bool found = values.count == 0;
	for (uint32_t i = 0; i < values.count && !found; i++) {
		struct schema_value value;
		found = schema_value_get(
		                schema_field(kind, field), values.items[i].value, NULL, NULL, &value) &&
		        value.number == number;
	}
	crdt_values_close(&values);
	return found;
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

/* A correction cites what it had seen, so the way back ends; where what is hostile comes round, it ends there. Each is walked over once, however long they are. */
static void find_roots(const struct fact_head *const *heads, const struct place *places, uint32_t count,
        struct fact_version *out)
{
	uint32_t *way = mem_zero(count + 1, sizeof(*way));
	bool *is_known = mem_zero(count + 1, sizeof(*is_known));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t length = 0, at = i;
		while (!is_known[at]) {
			const struct place *cited = heads[at]->is_correction
			        ? find(places, count, &heads[at]->corrects)
			        : NULL;
			is_known[at] = true;
			out[at] = (struct fact_version){.root = at, .shown = at};
			way[length++] = at;
			at = cited ? cited->index : at;
		}
		for (const uint32_t root = out[at].root; length > 0;)
			out[way[--length]].root = root;
	}
	mem_free(way);
	mem_free(is_known);
}

static void link_versions(uint32_t count, struct fact_version *out)
{
	uint32_t *later = mem_zero((size_t)count + 1, sizeof(*later)); /* by root; 0: none yet */
	for (uint32_t i = count; i-- > 0;) {
		out[i].next = later[out[i].root];
		later[out[i].root] = i;
	}
	for (uint32_t i = 0; i < count; i++)
		out[i].first = later[i];
	mem_free(later);
}

void fact_versions(const struct fact_head *const *heads, uint32_t count, struct fact_version *out)
{
	struct place *places = mem_zero(count + 1, sizeof(*places));
	for (uint32_t i = 0; i < count; i++)
		places[i] = (struct place){heads[i]->op, i};
	qsort(places, count, sizeof(*places), by_op);
	find_roots(heads, places, count, out);
	link_versions(count, out);
	for (uint32_t i = 0; i < count; i++) {
		struct fact_version *root = &out[out[i].root];
		if (heads[i]->is_corrected)
			continue;
		root->live++;
		root->shown = i; /* the last one */
	}
	mem_free(places);
}
