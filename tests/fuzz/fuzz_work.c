/* Rows of this device's own that somebody with the disk may have changed: facts of a dossier, what was put off, the state of a sign-off. Whatever is read is written again as it was. */
#include <assert.h>
#include <string.h>

#include "node/work/signoff.h"
#include "node/work/work_later.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void facts(struct span bytes)
{
	static const struct record_id id = {{1}};
	struct work_facts facts, again;
	struct work_items items = {0};
	struct buf out = {0};
	if (work_part_get(bytes, &facts))
		return;
	assert(facts.count <= WORK_FACTS_ALL_MAX);
	work_part_put(&facts, &out);
	assert(span_eq(buf_span(&out), bytes));
	assert(work_part_get(buf_span(&out), &again) == 0 && again.count == facts.count);
	work_items_add(&items, &facts, SCHEMA_DOC_DOSSIER, &id, 20000);
	work_items_sort(&items);
	for (uint32_t i = 0; i < items.count; i++) {
		const struct work_reader reader = {.person = {{1}}};
		work_is_for(&items.items[i], &reader);
		assert(!work_is_done_by(&items.items[i], &reader)); /* she writes no feed */
	}
	work_items_close(&items);
	work_facts_close(&again);
	work_facts_close(&facts);
	buf_close(&out);
}

static void later(struct span bytes)
{
	struct work_later later, again;
	struct buf out = {0};
	work_later_read(bytes, &later);
	assert(later.count <= WORK_LATER_MAX);
	work_later_write(&later, &out);
	work_later_read(buf_span(&out), &again);
	assert(again.count == later.count);
	work_later_close(&later);
	work_later_close(&again);
	buf_close(&out);
}

static void state(struct span bytes)
{
	struct crdt_frontier frontier;
	struct buf out = {0};
	if (!signoff_state_get(bytes, &frontier))
		return;
	assert(signoff_state_put(&frontier, &out) == 0);
	assert(span_eq(buf_span(&out), bytes));
	crdt_frontier_close(&frontier);
	buf_close(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const struct span rest = span_of(data + 1, size - 1);
	switch (data[0] % 3) {
	case 0:
		facts(rest);
		break;
	case 1:
		later(rest);
		break;
	default:
		state(rest);
	}
	return 0;
}
