/*
 * Acknowledgements: what each device says, signed, that it has on its disk. Receipts come from them.
 */
#include "node/node_state.h"

#include <stdlib.h>

#include "crdt/base/err.h"

const struct node_ack *node_ack_of(const struct node *node, const struct device_id *device)
{
	for (uint32_t i = 0; i < node->ack_count; i++)
		if (device_id_eq(&node->acks[i].device, device))
			return &node->acks[i];
	return NULL;
}

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
	if (result == 0)
		node_note_heard(node, &ack.device);
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

uint64_t node_whole_seq(struct node *node, uint32_t number)
{
	const struct log_feed *feed = log_feed(node->log, number);
	const uint64_t unfilled = node_progress(node, number)->unfilled;
	const uint64_t seq = unfilled && unfilled <= feed->committed_seq ? unfilled - 1 : feed->committed_seq;
	return seq < feed->begin ? 0 : seq;
}

static int whole_head(struct node *node, uint32_t number, struct ack_head *head)
{
	const struct log_feed *feed = log_feed(node->log, number);
	struct entry_hash hash = feed->committed_hash;
	int result = 0;
	*head = (struct ack_head){.feed = feed->id, .seq = node_whole_seq(node, number)};
	if (head->seq && head->seq != feed->committed_seq)
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
	struct ack ack = {.device = self,
	        .counter = ack_counter_next(node->ack_counter, env_wall_ms(node->config.env)),
	        .heads = heads,
	        .head_count = count};
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
	const struct node_ack *ack = node_ack_of(node, device);
	const struct ack_head *head = ack ? ack_find(&ack->ack, feed) : NULL;
	return head ? head->seq : 0;
}

bool node_may_hold(const struct node *node, const struct device_id *device, enum compartment compartment)
{
	return compartment == COMPARTMENT_MEMBERSHIP ||
	        team_view_level(node_view(node), device, (uint8_t)compartment) >= TEAM_LEVEL_RELAY;
}

/* Its device began again under another number since, from an older copy: it may have lost the end of this one. */
static bool is_left_behind(const struct node *node, const struct log_feed *feed)
{
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const struct log_feed *other = log_feed(node->log, i);
		if (device_id_eq(&other->device, &feed->device) && !other->is_branch &&
		        !incarnation_id_eq(&other->incarnation, &feed->incarnation) && other->hlc > feed->hlc)
			return true;
	}
	return false;
}

uint64_t node_held_by(struct node *node, const struct team_device *device, uint32_t number)
{
	const struct log_feed *feed = log_feed(node->log, number);
	const struct device_id self = node_device(node);
	uint64_t seq = 0;
	if (device_id_eq(&device->id, &self) || device->state != TEAM_DEVICE_ACTIVE ||
	        node_rights_over(node, device) || !node_may_hold(node, &device->id, feed->compartment))
		return 0;
	node_acknowledged(node, &device->id, &feed->id, &seq);
	/* Whoever wrote it has it; which of its copies an author's device is cannot be told. */
	if (device_id_eq(&device->id, &feed->device) && !feed->is_branch && seq < feed->committed_seq &&
	        !is_left_behind(node, feed))
		seq = feed->committed_seq;
	return seq;
}

uint64_t node_only_here(struct node *node, uint32_t number)
{
	const struct log_feed *feed = log_feed(node->log, number);
	const struct team_view *view = node_view(node);
	uint64_t elsewhere = feed->begin - 1;
	for (uint32_t i = 0; view && i < view->device_count; i++) {
		const uint64_t seq = node_held_by(node, &view->devices[i], number);
		elsewhere = seq > elsewhere ? seq : elsewhere;
	}
	return feed->committed_seq > elsewhere ? feed->committed_seq - elsewhere : 0;
}

bool node_acknowledged(
        struct node *node, const struct device_id *device, const struct feed_id *feed, uint64_t *seq)
{
	const struct node_ack *ack = node_ack_of(node, device);
	const struct ack_head *head = ack ? ack_find(&ack->ack, feed) : NULL;
	if (ack)
		*seq = head ? acknowledged_of_ours(node, head) : 0;
	return ack != NULL;
}
