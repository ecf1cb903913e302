/*
 * Keys that come after the entries they open.
 *
 * Normal course: an entry that no key is here for is counted by what it takes to read it (unread.h). When keys come, the dossiers
 * that can be read better than before are made empty, and the log is gone through once for their entries alone: what is missing in the midst
 * of a document cannot be added to it, since what others wrote about it had no effect (crdt/README.md, section 5).
 *
 * Failures: after a crash the set comes back with the checkpoint, and is looked at with the keys that are there by then. Without the set (too
 * many groups for a row, or a checkpoint of an older program) everything is applied afresh (node_rebuild).
 *
 * Entries that leave quarantine (node_quarantine.c) are put into their documents in the same way.
 */
#include "node/node_state.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/schema/schema.h"

static int dossier_cmp(const void *a, const void *b)
{
	return record_id_cmp(a, b);
}

static bool has_dossier(const struct node_concerned *concerned, const struct record_id *dossier)
{
	return concerned->count &&
	        bsearch(dossier, concerned->dossiers, concerned->count, sizeof(*dossier), dossier_cmp);
}

static void add_dossier(struct node_concerned *concerned, const struct record_id *dossier)
{
	if (concerned->count == concerned->room) {
		concerned->room = 2 * concerned->room + 16;
		concerned->dossiers = mem_resize(
		        concerned->dossiers, concerned->room, sizeof(*concerned->dossiers));
	}
	concerned->dossiers[concerned->count++] = *dossier;
}

/* Whose entry it is cannot be told before it is opened: of any dossier that there is a key for in this epoch. */
static void add_past(struct node *node, struct node_concerned *concerned, const struct epoch_id *epoch)
{
	const struct key_past *past = key_table_past(node->keys);
	struct record_id dossier;
	for (size_t i = 0; key_past_find(past, key_past_version(epoch), i, &dossier); i++)
		add_dossier(concerned, &dossier);
}

void node_concern(struct node *node, struct node_concerned *concerned, const struct epoch_id *epoch,
        const struct pseudonym *pseudonym, uint8_t compartment)
{
	struct record_id dossier;
	if (pseudonym_is_zero(pseudonym))
		concerned->plain[compartment] = true;
	else if (!bodies_secrets(node->bodies, epoch, pseudonym, &dossier))
		return;
	else if (record_id_is_zero(&dossier))
		add_past(node, concerned, epoch);
	else
		add_dossier(concerned, &dossier);
}

static void sort(struct node_concerned *concerned)
{
	size_t kept = 0;
	if (concerned->count)
		qsort(concerned->dossiers, concerned->count, sizeof(*concerned->dossiers), dossier_cmp);
	for (size_t i = 0; i < concerned->count; i++)
		if (i == 0 || !record_id_eq(&concerned->dossiers[i], &concerned->dossiers[i - 1]))
			concerned->dossiers[kept++] = concerned->dossiers[i];
	concerned->count = kept;
}

/* Groups for which there is a key that was not there before. */
static void find_concerned(struct node *node, struct node_concerned *concerned)
{
	for (size_t i = 0; i < node->unread.group_count; i++) {
		const struct unread_group *group = &node->unread.groups[i];
		if (bodies_mark(node->bodies, &group->epoch, &group->dossier) > group->tried)
			node_concern(node, concerned, &group->epoch, &group->dossier, group->compartment);
	}
}

static bool concerns(struct node *node, const struct node_concerned *concerned, const struct epoch_id *epoch,
        const struct pseudonym *pseudonym, uint8_t compartment)
{
	struct record_id dossier;
	if (pseudonym_is_zero(pseudonym))
		return concerned->plain[compartment];
	return bodies_secrets(node->bodies, epoch, pseudonym, &dossier) > 0 &&
	        (record_id_is_zero(&dossier) || has_dossier(concerned, &dossier));
}

/* What still cannot be read is counted again on the way through the log. */
static void forget_groups(struct node *node, const struct node_concerned *concerned)
{
	for (size_t i = node->unread.group_count; i-- > 0;) {
		const struct unread_group *group = &node->unread.groups[i];
		if (concerns(node, concerned, &group->epoch, &group->dossier, group->compartment))
			unread_remove(&node->unread, i);
	}
}

static void clear_docs(struct node *node, const struct node_concerned *concerned)
{
	for (uint32_t number = 0; number < docs_count(node->docs); number++) {
		const struct schema_doc *doc = schema_doc(docs_kind(node->docs, number));
		struct record_id id = docs_id(node->docs, number);
		if (doc->has_dossier_key ? has_dossier(concerned, &id) : concerned->plain[doc->compartment])
			docs_clear(node->docs, number);
	}
}

static int apply_again(struct node *node, const struct node_concerned *concerned, uint32_t feed,
        const struct run_entry *entry, const struct entry_hash *cited)
{
	const struct entry_header *header = &entry->header;
	if (entry->purged ||
	        !concerns(node, concerned, &header->epoch, &header->dossier, header->compartment))
		return 0;
	return node_apply_body(node, feed, header, entry->body, cited);
}

static int go_through_log(struct node *node, const struct node_concerned *concerned)
{
	const uint32_t count = log_feed_count(node->log);
	struct log_range *ranges = mem_zero(count, sizeof(*ranges));
	struct entry_hash *cited = mem_zero(count, sizeof(*cited)); /* by the entry before, by feed */
	const struct run_entry *entry;
	uint32_t feed, used = 0;
	int result;
	for (uint32_t i = 0; i < count; i++)
		cited[i] = node_cited_before(node, i);
	for (uint32_t i = 0; i < count; i++)
		if (log_feed(node->log, i)->compartment != COMPARTMENT_MEMBERSHIP)
			ranges[used++] = (struct log_range){i, 1, node_progress(node, i)->applied};
	struct log_stream *stream = log_stream_new(node->log, ranges, used);
	struct store_txn *txn = node_txn(node, &result);
	while (result == 0) {
		result = log_stream_next_entry(stream, txn, &feed, &entry);
		if (result <= 0)
			break;
		result = apply_again(node, concerned, feed, entry, &cited[feed]);
		cited[feed] = entry->header.membership;
	}
	log_stream_free(stream);
	mem_free(cited);
	mem_free(ranges);
	return result;
}

int node_build_anew(struct node *node, struct node_concerned *concerned)
{
	bool any = concerned->count > 0;
	int result = 0;
	for (unsigned i = 0; i < NODE_COMPARTMENTS; i++)
		any |= concerned->plain[i];
	if (any) {
		sort(concerned);
		forget_groups(node, concerned);
		clear_docs(node, concerned);
		result = go_through_log(node, concerned);
		node->since_checkpoint++; /* documents changed */
		node->words_later = true;
	}
	mem_free(concerned->dossiers);
	*concerned = (struct node_concerned){0};
	return result;
}

int node_read_late(struct node *node)
{
	struct node_concerned concerned = {0};
	if (!node->bodies)
		return 0;
	find_concerned(node, &concerned);
	return node_build_anew(node, &concerned);
}
