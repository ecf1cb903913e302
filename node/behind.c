#include "node/behind.h"

#include <assert.h>

#include "crdt/base/mem.h"

/* One allocation: the dependencies and the bytes stand behind it. */
struct behind_change {
	struct behind_change *next;
	struct crdt_meta meta;
	size_t size; /* of all of it */
	struct span bytes;
	struct entry_ref deps[];
};

size_t behind_add(struct behind *behind, const struct crdt_change *change)
{
	const struct crdt_meta *meta = change->meta;
	size_t deps_bytes = meta->dep_count * sizeof(struct entry_ref),
	       size = sizeof(struct behind_change) + deps_bytes + change->bytes.size;
	struct behind_change *copy = mem_alloc(size);
	uint8_t *bytes = (uint8_t *)copy->deps + deps_bytes;
	if (deps_bytes)
		memcpy(copy->deps, meta->deps, deps_bytes);
	memcpy(bytes, change->bytes.data, change->bytes.size);
	copy->next = NULL;
	copy->meta = *meta;
	copy->meta.deps = copy->deps;
	copy->size = size;
	copy->bytes = span_of(bytes, change->bytes.size);
	if (behind->last)
		behind->last->next = copy;
	else
		behind->first = copy;
	behind->last = copy;
	return size;
}

size_t behind_apply(struct behind *behind, struct crdt_doc *doc)
{
	for (const struct behind_change *item = behind->first; item; item = item->next) {
		struct crdt_change change;
		int result = crdt_change_open(&change, &item->meta, item->bytes);
		assert(result == 0); /* it was opened before it was kept */
		crdt_doc_apply(doc, &change);
	}
	return behind_drop(behind);
}

size_t behind_drop(struct behind *behind)
{
	size_t size = 0;
	for (struct behind_change *item = behind->first, *next; item; item = next) {
		next = item->next;
		size += item->size;
		mem_wipe(item, item->size);
		mem_free(item);
	}
	*behind = (struct behind){0};
	return size;
}
