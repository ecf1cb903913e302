/*
 * node/describe.h - differences of documents as JSON and sentences: who, what, when, what it was before (node/README.md, "The past").
 *
 * An item: {"what", "document": {"kind","id","title"}, "kind", "id", "title", "field", "label": {"fr","en"}, "class", "before": [value],
 * "after": [value], "by": [author], "event", "corrected", "fr", "en"}. A value: {"value", "by": author}. An author: {"name", "person", "device",
 * "self", "feed", "seq", "index", "saved", "clock", "reason"}. Members that do not apply are left out.
 *
 * Of a text and a list also "passages", "passageCount". A passage: {"what": "inserted", "deleted" or "moved", "text" or "values", "count",
 * "from", "to", of a text "fromUtf16", "toUtf16", "by": author, "until"}: positions as in crdt/passages.h. Of a counter "countBefore",
 * "countAfter", "shares": [{"delta", "by": author}].
 *
 * Of values, authors, passages and shares at most 40 each are listed.
 *
 * Threads: one.
 */
#ifndef NODE_DESCRIBE_H
#define NODE_DESCRIBE_H

#include "crdt/undo.h"
#include "node/api_node.h"
#include "node/node_history.h"
#include "node/words.h"

/* An item of a difference. NULL: nothing that people look at (the mark of an import). Owner decrefs. */
json_t *describe_item(struct api_node *app, const struct node_past *past, const struct crdt_diff_item *item);

/* Did this device's person bring all of it about? */
bool describe_is_own(struct api_node *app, const struct node_past *past, const struct crdt_diff_item *item);

/* What an undo would do at one place: {"outcome", ..., "fr", "en"}; inside a text or list "pieces": [{"what": "removed", "restored" or
 * "movedBack", "text" or "values"}], the first 40; of a counter "delta". Owner decrefs. */
json_t *describe_undo(struct api_node *app, const struct node_past *past, const struct crdt_undo_item *item);

/* The values that one field ever had, in order, the last 500: {"value" (null: removed), "by", "replaced": [value], "beside": [value], "lives"}. */
json_t *describe_values(struct api_node *app, const struct node_past *past, struct span path);

/* The passages that the text of a field shows now, in order, each with its author: the first 500. NULL: it has no text. */
json_t *describe_passages(struct api_node *app, const struct node_past *past, struct span path);

/* Entries that cannot be shown, the last 200: [{"why", "by": author, "fr", "en"}]. */
json_t *describe_gaps(struct api_node *app, const struct node_gaps *gaps);

/* {"kind","id","title"} of a document. */
json_t *describe_document(struct api_node *app, uint32_t doc_kind, const struct record_id *doc_id);

#endif
