#include "node/node_record.h"

int node_write_record(struct node *node, enum schema_doc_kind doc_kind, const struct record_id *doc_id,
        const struct schema_record *record, node_done done, void *context)
{
	struct node_change change;
	int result = node_change_begin(node, doc_kind, doc_id, &change);
	if (result)
		return result;
	result = record_write_new(&change.builder, record);
	if (!result)
		return node_change_finish(node, &change, NULL, done, context);
	node_change_drop(&change);
	return result;
}
