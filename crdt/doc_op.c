#include "crdt/doc_op.h"

/* Within one feed. */
static int place_cmp(const struct doc_op *a, const struct doc_op *b)
{
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

int doc_op_cmp(const struct crdt_feeds *feeds, const struct doc_op *a, const struct doc_op *b)
{
	if (a->feed != b->feed)
		return feed_id_cmp(crdt_feeds_id(feeds, a->feed), crdt_feeds_id(feeds, b->feed));
	return place_cmp(a, b);
}

int doc_op_number_cmp(const void *left, const void *right)
{
	const struct doc_op *a = left, *b = right;
	if (a->feed != b->feed)
		return a->feed < b->feed ? -1 : 1;
	return place_cmp(a, b);
}
