#include "node/node_import.h"

#include "crdt/base/err.h"
#include "node/record.h"

int node_import_line(struct node *node, struct import *import, struct span bytes, bool *line_is_bad)
{
	struct import_line line;
	struct node_change change;
	int result = import_read(import, bytes, &line);
	*line_is_bad = result < 0;
	if (result)
		return result < 0 ? result : NODE_IMPORT_EMPTY;
	result = node_change_begin(node, line.doc_kind, &line.doc_id, &change);
	if (result)
		return result;
	if (crdt_doc_has_event(change.doc, &line.mark)) {
		node_change_drop(&change);
		return NODE_IMPORT_KNOWN;
	}
	result = import_write(import, change.doc, &change.builder);
	if (result == 0)
		result = node_change_finish(node, &change, NULL, NULL, NULL);
	else
		node_change_drop(&change);
	*line_is_bad = result == ERR_INVALID;
	return result ? result : NODE_IMPORT_TAKEN;
}
