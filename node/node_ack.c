/*
 * Acknowledgements: what each device says, signed, that it has on its disk. Receipts come from them.
 */
#include "node/node_state.h"

#include <stdlib.h>

#include "crdt/base/err.h"

static struct node_ack *ack_of(struct node *node, const struct device_id *device)
{
	for (uint32_t i = 0; i < node->ack_count; i++)
		if (device_id_eq(&node->acks[i].device, device))
			return &node->acks[i];
	node->acks = mem_resize(node->acks, node->ack_count + 1, sizeof(*node->acks));
	node->acks[node->ack_count] = (struct node_ack){.device = *device};
	return &node->acks[node->ack_count++];
}

/* Does it name what is not on our disk? Of a feed that takes nothing more (a copy of this device may have the other history of it) that
 * stays so, and two copies would answer each other without end: what is shown of it is judged by the parting. */
static bool overstates(const struct node *node, const struct ack *ack)
{
	for (uint32_t i = 0; i < ack->head_count; i++) {
		uint32_t number;
		if (!log_feed_number(node->log, &ack->heads[i].feed, &number))
			return true;
		const struct log_feed *feed = log_feed(node->log, number);
		if (feed->state == LOG_FEED_OPEN && feed->committed_seq < ack->heads[i].seq)
			return true;
	}
	return false;
}

int node_put_ack(struct node *node, struct span content)
{
	struct arena arena = {0};
	struct ack ack = {0};
	int result = ack_decode(&ack, content, &node->team, &arena);
	if (result < 0)
		node_refused(node, REFUSED_RECEIPT, refusals_reason_of(result));
	if (result == 0 && (!node_view(node) || !team_view_device(node_view(node), &ack.device))) {
		node_refused(node, REFUSED_RECEIPT, TEAM_REASON_UNKNOWN_DEVICE);
		result = ACK_KNOWN; /* of a stranger */
	}
	if (result) {
		arena_close(&arena);
		return result < 0 ? result : 0;
	}
	const struct device_id self = node_device(node);
	if (device_id_eq(&self, &ack.device) && ack.counter >= node->ack_counter) {
		node->ack_counter = ack.counter; /* the next one of ours is greater, also after a restart */
		node->ack_due |= overstates(node, &ack);
	}
	struct node_ack *kept = ack_of(node, &ack.device);
	result = ack_merge(&kept->bytes, content, &node->team);
	if (result == 0 || result == ACK_CLONED)
		node_acks_moved(node);
	if (result == 0 || (result == ACK_CLONED && span_eq(buf_span(&kept->bytes), content))) {
		struct arena old = kept->arena;
		kept->ack = ack;
		kept->arena = arena;
		arena = old;
	}
	arena_close(&arena);
	return result == 0 ? 1 : result < 0 ? result : 0;
}

static int head_cmp(const void *a, const void *b)
{
	return feed_id_cmp(&((const struct ack_head *)a)->feed, &((const struct ack_head *)b)->feed);
}

/* What is on the disk, whole: up to the first body that is missing. */
static int whole_head(struct node *node, uint32_t number, struct ack_head *head)
{
	const struct log_feed *feed = log_feed(node->log, number);
	const uint64_t unfilled = node_progress(node, number)->unfilled;
	struct entry_hash hash = feed->committed_hash;
	int result = 0;
	*head = (struct ack_head){.feed = feed->id, .seq = feed->committed_seq};
	if (unfilled && unfilled <= feed->committed_seq)
		head->seq = unfilled - 1;
	if (head->seq < feed->begin)
		head->seq = 0; /* nothing of it */
	else if (head->seq != feed->committed_seq)
		result = node_entry_hash(node, number, head->seq, &hash);
	memcpy(head->hash, hash.bytes, ACK_HASH_BYTES);
	return result;
}

/* Say, signed, what this device has on its disk. */
int node_acknowledge(struct node *node)
{
	const bool reads = node->txn != NULL;
	struct device_id self = node_device(node);
	struct key_signer signer = {node->team, self, node->identity.secrets->sign};
	uint32_t count = 0;
	struct ack_head *heads = mem_zero(log_feed_count(node->log), sizeof(*heads));
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < log_feed_count(node->log); i++) {
		result = whole_head(node, i, &heads[count]);
		count += heads[count].seq > 0;
	}
	qsort(heads, count, sizeof(*heads), head_cmp);
	/* It goes on from the last one of ours that anybody has shown us, also after a restart: a lower one would be taken for an old one. */
	struct ack ack = {
	        .device = self, .counter = node->ack_counter + 1, .heads = heads, .head_count = count};
	struct buf bytes = {0};
	if (result == 0)
		result = node_cite_membership(node, &ack.membership);
	if (result == 0)
		result = ack_encode(&ack, &signer, &bytes);
	if (result == 0)
		result = node_put_ack(node, buf_span(&bytes));
	if (!reads)
		node_end_read(node);
	buf_close(&bytes);
	mem_free(heads);
	return result < 0 ? result : 0;
}

/* Is it a head of the history that is here? Somebody may hold another one, of which nothing is known yet. Of others' feeds that is looked at where
 * it costs nothing; of our own nothing may be left out of a file, or called safe, for a receipt that is not about it. */
static bool is_of_ours(struct node *node, uint32_t number, const struct ack_head *head)
{
	const struct log_feed *feed = log_feed(node->log, number);
	const struct device_id self = node_device(node);
	const bool is_own = device_id_eq(&feed->device, &self), reading = node->txn;
	struct entry_hash hash = feed->committed_hash;
	if (head->seq < feed->begin || (head->seq != feed->committed_seq && !is_own))
		return true;
	int result = head->seq == feed->committed_seq ? 0 : node_entry_hash(node, number, head->seq, &hash);
	if (!reading)
		node_end_read(node);
	return result == 0 && memcmp(head->hash, hash.bytes, sizeof(head->hash)) == 0;
}

/* Of a feed with two histories, a head beyond the parting vouches for ours only where it is the same. */
static uint64_t acknowledged_of_ours(struct node *node, const struct ack_head *head)
{
	uint32_t number;
	if (!log_feed_number(node->log, &head->feed, &number))
		return head->seq;
	const struct log_feed *feed = log_feed(node->log, number);
	if (feed->state == LOG_FEED_OPEN)
		return is_of_ours(node, number, head) ? head->seq : 0;
	uint64_t fork = node_forked_at(node, number);
	bool same = head->seq == feed->committed_seq &&
	        memcmp(head->hash, feed->committed_hash.bytes, sizeof(head->hash)) == 0;
	return fork && head->seq >= fork && !same ? fork - 1 : head->seq;
}

uint64_t node_claimed(struct node *node, const struct device_id *device, const struct feed_id *feed)
{
	for (uint32_t i = 0; i < node->ack_count; i++)
		if (device_id_eq(&node->acks[i].device, device)) {
			const struct ack_head *head = ack_find(&node->acks[i].ack, feed);
			return head ? head->seq : 0;
		}
	return 0;
}

bool node_may_hold(const struct node *node, const struct device_id *device, enum compartment compartment)
{
	return compartment == COMPARTMENT_MEMBERSHIP ||
	        team_view_level(node_view(node), device, (uint8_t)compartment) >= TEAM_LEVEL_RELAY;
}

uint64_t node_only_here(struct node *node, uint32_t number)
{
	const struct log_feed *feed = log_feed(node->log, number);
	const struct device_id self = node_device(node);
	const struct team_view *view = node_view(node);
	uint64_t elsewhere = feed->begin - 1; /* which of its copies an author's device is cannot be told */
	for (uint32_t i = 0; view && i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		uint64_t seq = 0;
		if (device_id_eq(&device->id, &self) || device->state != TEAM_DEVICE_ACTIVE ||
		        !node_may_hold(node, &device->id, feed->compartment))
			continue;
		node_acknowledged(node, &device->id, &feed->id, &seq);
		if (device_id_eq(&device->id, &feed->device) && !feed->is_branch)
			seq = feed->committed_seq;
		elsewhere = seq > elsewhere ? seq : elsewhere;
	}
	return feed->committed_seq > elsewhere ? feed->committed_seq - elsewhere : 0;
}

bool node_acknowledged(
        struct node *node, const struct device_id *device, const struct feed_id *feed, uint64_t *seq)
{
	for (uint32_t i = 0; i < node->ack_count; i++) {
		if (!device_id_eq(&node->acks[i].device, device))
			continue;
		const struct ack_head *head = ack_find(&node->acks[i].ack, feed);
		*seq = head ? acknowledged_of_ours(node, head) : 0;
		return true;
	}
	return false;
}
