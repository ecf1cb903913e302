/*
 * Digests of what is shown: found in memory, or made.
 *
 * Normal course: the first list after a start reads the rows of the last checkpoint; a dossier that changed since is made again from its document, and its row goes with
 * the next checkpoint. Failures: an event that is not durable yet cannot be read from the log; what was made without it serves that one list and is made again for
 * the next.
 */
#include "node/node_digest.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/schema/schema.h"

enum { TIDY_EVERY = 64 };

/* ---- Making ------------------------------------------------------------------------------------------------------ */

/* It was saved, or came, a moment ago, and is on its way to the disk. */
static bool is_under_way(const struct node *node, const struct op_id *op)
{
	uint32_t feed;
	return log_feed_number(node->log, &op->feed, &feed) &&
	        op->seq > log_feed(node->log, feed)->committed_seq &&
	        op->seq <= log_feed(node->log, feed)->seq;
}

bool node_read_event(void *context, const struct op_id *id, struct crdt_op *out, struct crdt_meta *meta)
{
	struct node_reading *reading = context;
	struct node *node = reading->node;
	const struct early_body *body = node->early.count ? node_early_body(node, id) : NULL;
	if (body) {
		*out = early_body_op(body, meta, &reading->dep);
		return true;
	}
	int result = node_read_op(node, id, &reading->entry);
	if (result) { /* later it may be read: it is not durable yet, or its row is damaged and comes again */
		reading->is_final &= result == ERR_NOTFOUND && !is_under_way(node, id);
		return false;
	}
	*meta = reading->entry.meta;
	struct crdt_ops ops = crdt_change_ops(&reading->entry.change);
	while (crdt_ops_next(&ops, out))
		if (out->index == id->index)
			return true;
	return false;
}

static bool make(struct node *node, const struct crdt_doc *doc, struct buf *out)
{
	struct node_reading reading = {.node = node, .is_final = true};
	const struct digest_source source = {doc, node_read_event, &reading};
	digest_make(&source, out);
	return reading.is_final;
}

bool node_digest_make(struct node *node, uint32_t number, struct buf *out, bool *is_final)
{
	struct crdt_doc *doc;
	if (node_document(node, number, &doc))
		return false;
	*is_final = make(node, doc, out);
	return true;
}

int node_digest_look(struct node *node, const struct record_id *dossier,
        void (*look)(void *context, const struct digest_source *source), void *context)
{
	struct crdt_doc *doc;
	struct node_reading reading = {.node = node, .is_final = true};
	int result = node_shown(node, SCHEMA_DOC_DOSSIER, dossier, &doc);
	if (result)
		return result;
	const struct digest_source source = {doc, node_read_event, &reading};
	look(context, &source);
	return 0;
}

/* ---- Finding ----------------------------------------------------------------------------------------------------- */

/* Of documents that went by, so that a long list needs no more memory than a short one. */
static void tidy(struct node *node, uint32_t *made)
{
	if (++*made % TIDY_EVERY == 0 && docs_bytes(node->docs) > LIMIT_DOCS_BYTES)
		docs_evict(node->docs, LIMIT_DOCS_BYTES / 4);
}

static struct span early_digest(struct node *node, struct early_copy *copy)
{
	if (!copy->has_digest || copy->digest_of != copy->moved) {
		buf_wipe(&copy->digest);
		copy->has_digest = make(node, copy->doc, &copy->digest);
		copy->digest_of = copy->moved;
	}
	return buf_span(&copy->digest);
}

/* *made counts those that were not in memory. Empty: it cannot be read. */
static struct span log_digest(struct node *node, uint32_t number, uint32_t *made)
{
	struct span digest = {NULL, 0};
	bool is_final = false;
	if (digests_get(node->digests, node->docs, number, &digest))
		return digest;
	buf_clear(&node->digest_row);
	if (!node_digest_make(node, number, &node->digest_row, &is_final))
		return digest;
	tidy(node, made);
	node->since_checkpoint += is_final; /* its row is due as well */
	return digests_put(node->digests, node->docs, number, buf_span(&node->digest_row), is_final);
}

static int begin(struct node *node)
{
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = digests_load(node->digests, txn, node->docs);
	node_end_read(node);
	return result;
}

static struct node_digest digest_at(struct node *node, uint32_t number, const struct record_id *dossier,
        enum digest_part_number part, uint32_t *made)
{
	struct early_copy *copy = node_early_copy(node, dossier);
	struct node_digest out = {.dossier = *dossier, .number = number, .early = copy};
	const struct span digest = copy ? early_digest(node, copy) : log_digest(node, number, made);
	out.part = digest_part_of(digest, part, &out.is_cut);
	return out;
}

int node_digest_each(struct node *node, enum digest_part_number part, node_digest_seen seen, void *context)
{
	const uint32_t count = node_shown_count(node);
	uint32_t kind, made = 0;
	struct record_id id;
	int result = begin(node);
	bool goes_on = result == 0;
	for (uint32_t i = 0; goes_on && i < count; i++) {
		if (node_shown_at(node, i, &kind, &id) || kind != SCHEMA_DOC_DOSSIER)
			continue;
		const struct node_digest digest = digest_at(node, i, &id, part, &made);
		if (digest.part.size || digest.is_cut)
			goes_on = seen(context, &digest);
	}
	node_end_read(node);
	return result;
}

static int find_shown(struct node *node, const struct record_id *dossier, uint32_t *number)
{
	uint32_t kind;
	struct record_id id;
	if (docs_find(node->docs, SCHEMA_DOC_DOSSIER, dossier, number))
		return 0;
	for (*number = docs_count(node->docs); node_shown_at(node, *number, &kind, &id) == 0; ++*number)
		if (record_id_eq(&id, dossier))
			return 0;
	return ERR_NOTFOUND;
}

int node_digest_of(struct node *node, const struct record_id *dossier, enum digest_part_number part,
        struct node_digest *out)
{
	uint32_t number, made = 0;
	int result = find_shown(node, dossier, &number);
	if (result == 0)
		result = begin(node);
	if (result)
		return result;
	*out = digest_at(node, number, dossier, part, &made);
	node_end_read(node);
	return out->part.size || out->is_cut ? 0 : ERR_NOTFOUND;
}

uint32_t node_digest_ahead(struct node *node, uint32_t max)
{
	uint32_t made = 0, left = 0;
	if (begin(node))
		return 0;
	for (uint32_t i = 0; i < docs_count(node->docs); i++) {
		struct span digest;
		if (docs_kind(node->docs, i) != SCHEMA_DOC_DOSSIER ||
		        digests_get(node->digests, node->docs, i, &digest))
			continue;
		if (made < max)
			log_digest(node, i, &made);
		else
			left++;
	}
	node_end_read(node);
	return left;
}
