#include "node/node_links.h"

#include <stdlib.h>

#include "node/node_state.h"

static int by_entry(const void *left, const void *right)
{
	const struct node_link_author *a = left, *b = right;
	if (a->feed != b->feed)
		return a->feed < b->feed ? -1 : 1;
	return (a->seq > b->seq) - (a->seq < b->seq);
}

/* By the state of the team that the entry cites, unless she was a locum by then. False: it is not here. */
static bool look(struct node *node, struct node_link_author *of)
{
	const struct run_entry *entry;
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = log_read_entry(node->log, txn, &node->reader, of->feed, of->seq, &entry);
	if (result)
		return false;
	const struct entry_header header = entry->header;
	const struct team_view *view = team_membership_view_at(node->members, &header.membership);
	of->is_nurse = view && node_reads_all(view, &log_feed(node->log, of->feed)->device) &&
	        !node_entry_of_locum(node, of->feed, &header);
	return true;
}

/* Those that were looked at are kept, after the first `known`, which are in order: a state of the team that is long past takes a while to make again. */
static bool is_nurse(struct node *node, uint32_t known, const struct op_id *op)
{
	struct node_link_author wanted = {.seq = op->seq}, *found = NULL;
	if (!log_feed_number(node->log, &op->feed, &wanted.feed))
		return false;
	if (known)
		found = bsearch(&wanted, node->link_authors, known, sizeof(wanted), by_entry);
	if (found)
		return found->is_nurse;
	if (!look(node, &wanted))
		return false;
	node->link_authors = mem_room(node->link_authors, node->link_author_count, &node->link_author_room,
	        sizeof(*node->link_authors));
	node->link_authors[node->link_author_count++] = wanted;
	return wanted.is_nurse;
}

void node_links_judge(struct node *node, struct patient_links *links)
{
	const uint32_t known = node->link_author_count;
	for (uint32_t i = 0; i < links->count; i++)
		links->items[i].is_proposed = !is_nurse(node, known, &links->items[i].op);
	if (node->link_author_count > known)
		qsort(node->link_authors, node->link_author_count, sizeof(*node->link_authors), by_entry);
	node_end_read(node);
}

void node_links_forget(struct node *node)
{
	mem_free(node->link_authors);
	node->link_authors = NULL;
	node->link_author_count = node->link_author_room = 0;
}
