/*
 * node/node_import.h - taking one imported line into the log: what was taken before is passed over.
 */
#ifndef NODE_NODE_IMPORT_H
#define NODE_NODE_IMPORT_H

#include "node/import.h"
#include "node/node.h"

/* Outcomes besides errors. */
enum { NODE_IMPORT_TAKEN = 1, NODE_IMPORT_KNOWN = 2, NODE_IMPORT_EMPTY = 3 };

/* Read the line and write its change. The caller flushes now and then (every NODE_IMPORT_BATCH lines), and keeps the number of commits
 * under way small by waiting for them. Errors of import_read(): the line is bad, nothing was written, import_reason() says why. Others: of
 * node_change_begin() and _finish(): importing should stop. */
enum { NODE_IMPORT_BATCH = 1000 };
int node_import_line(struct node *node, struct import *import, struct span line, bool *line_is_bad);

#endif
