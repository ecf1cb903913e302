/*
 * Looking: documents, months, entries.
 */
#include "node/node_state.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

int node_doc(struct node *node, uint32_t doc_kind, const struct record_id *doc_id, struct crdt_doc **doc)
{
	uint32_t number;
	if (!docs_find(node->docs, doc_kind, doc_id, &number))
		return ERR_NOTFOUND;
	return node_doc_by_number(node, number, doc);
}

int node_doc_by_number(struct node *node, uint32_t number, struct crdt_doc **doc)
{
	if (number >= docs_count(node->docs))
		return ERR_NOTFOUND;
	int result = node_document(node, number, doc);
	node_end_read(node);
	return result;
}

bool node_tidy(struct node *node)
{
	enum {
		REST_BYTES = LIMIT_DOCS_BYTES / 4
	}; /* the dossiers of a round; the others are read again in half a millisecond */
	docs_evict(node->docs, REST_BYTES);
	return docs_bytes(node->docs) <= LIMIT_DOCS_BYTES;
}

uint32_t node_doc_count(const struct node *node)
{
	return docs_count(node->docs);
}

int node_doc_at(struct node *node, uint32_t number, uint32_t *doc_kind, struct record_id *doc_id)
{
	if (number >= docs_count(node->docs))
		return ERR_NOTFOUND;
	*doc_kind = docs_kind(node->docs, number);
	*doc_id = docs_id(node->docs, number);
	return 0;
}

uint64_t node_doc_stamp(const struct node *node, uint32_t number)
{
	return number < docs_count(node->docs) ? docs_stamp(node->docs, number) : 0;
}

int node_month(struct node *node, int32_t month, const struct index_event **events, uint32_t *count)
{
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = index_month(node->index, txn, month, events, count);
	node_end_read(node);
	return result;
}

static int open_change(
        struct node *node, uint32_t feed, const struct run_entry *entry, struct node_entry *out)
{
	struct record_id dossier;
	struct span raw;
	out->header = entry->header;
	if (entry->purged)
		return ERR_NOTFOUND;
	if (entry->header.kind != ENTRY_CHANGE)
		return ERR_UNSUPPORTED;
	int result = bodies_open(node->bodies, &entry->header, entry->body, &raw, &dossier);
	if (result)
		return result;
	/* The codec's bytes are overwritten by the next opening; the caller's stay until its next read. */
	buf_clear(&node->raw);
	buf_add_span(&node->raw, raw);
	out->meta = node_entry_meta(node, feed, &out->header);
	return crdt_change_open(&out->change, &out->meta, buf_span(&node->raw));
}

int node_read_raw(struct node *node, uint32_t feed, uint64_t seq, struct node_entry *out, struct span *raw)
{
	const struct run_entry *entry;
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = log_read_entry(node->log, txn, &node->reader, feed, seq, &entry);
	if (result == 0)
		result = open_change(node, feed, entry, out);
	*raw = buf_span(&node->raw);
	return result;
}

int node_read(struct node *node, uint32_t feed, uint64_t seq, struct node_entry *out)
{
	struct span raw;
	int result = node_read_raw(node, feed, seq, out, &raw);
	node_end_read(node);
	return result;
}

int node_read_op(struct node *node, const struct op_id *op, struct node_entry *out)
{
	uint32_t feed;
	if (!log_feed_number(node->log, &op->feed, &feed))
		return ERR_NOTFOUND;
	return node_read(node, feed, op->seq, out);
}

int node_entry_hash(struct node *node, uint32_t feed, uint64_t seq, struct entry_hash *out)
{
	const struct run_entry *entry;
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = log_read_entry(node->log, txn, &node->reader, feed, seq, &entry);
	if (result == 0 && entry_hash_is_zero(&entry->hash))
		run_hash(&node->reader.run);
	if (result == 0)
		*out = entry->hash;
	return result;
}

int node_read_hash(struct node *node, uint32_t feed, uint64_t seq, struct entry_hash *out)
{
	int result = node_entry_hash(node, feed, seq, out);
	node_end_read(node);
	return result;
}

/* What a run adds to an entry's body: flags, clocks, lengths, the name of its dossier, and its share of what entries have in common (measured:
 * 24 bytes for the generated team). */
enum { RUN_SHARE_BYTES = 24 };

/* Of a node that has no entries yet: the generated team's mean. */
enum { BODY_BYTES_USUAL = 208 };

uint64_t node_entry_bytes(const struct node *node)
{
	uint64_t body_bytes = node->sized_count ? node->sized_bytes / node->sized_count : BODY_BYTES_USUAL;
	return body_bytes + RUN_SHARE_BYTES;
}
