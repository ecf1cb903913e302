/* node/node_record.h - one new record of the schema as one change. */
#ifndef NODE_NODE_RECORD_H
#define NODE_NODE_RECORD_H

#include "node/node.h"
#include "node/record.h"

/* Write a record without anything taken away into document (kind, id). Errors and `done`: node_change_begin(), node_change_finish(). */
int node_write_record(struct node *node, enum schema_doc_kind doc_kind, const struct record_id *doc_id,
        const struct schema_record *record, node_done done, void *context);

#endif
