/*
 * What this device noticed that no entry tells: that somebody's feed has two histories, that a relay showed less than it had acknowledged
 * (README.md, "Notices"). Kept in one sealed row until newer ones need the room.
 */
#include "node/node_notices.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_state.h"

static const char NOTICES_ROW[] = "noticed";
enum { NOTICES_VERSION = 1, ROW_BYTES_MIN = 1 + 16 + ID_LONG_BYTES + 1 + NET_IP_BYTES + 2 + 4 + 4 };

/* ---- The row ----------------------------------------------------------------------------------------------------- */

int node_save_notices(struct node *node)
{
	struct buf out = {0};
	if (!node->notices_moved || !node->in_team)
		return 0;
	node->notices_moved = false;
	wire_put_u8(&out, NOTICES_VERSION);
	wire_put_varint(&out, node->notice_count);
	for (uint32_t i = 0; i < node->notice_count; i++) {
		const struct node_notice *notice = &node->notices[i];
		wire_put_u8(&out, (uint8_t)(notice->kind | (notice->is_seen ? NODE_NOTICE_SEEN : 0)));
		buf_add(&out, notice->id, sizeof(notice->id));
		buf_add(&out, notice->device.bytes, sizeof(notice->device.bytes));
		wire_put_u8(&out, notice->compartment);
		buf_add(&out, notice->address.ip, sizeof(notice->address.ip));
		wire_put_u16(&out, notice->address.port);
		wire_put_u32(&out, notice->address.scope);
		wire_put_varint(&out, notice->from_seq);
		wire_put_varint(&out, notice->entries);
		wire_put_varint(&out, notice->most);
		wire_put_varint(&out, notice->noticed_ms);
	}
	int result = node_put_local(node, NOTICES_ROW, buf_span(&out), NULL, NULL);
	buf_close(&out);
	return result;
}

static void read_rows(struct node *node, struct span bytes)
{
	struct wire_in in = wire_begin(bytes);
	if (wire_u8(&in) != NOTICES_VERSION)
		return;
	const uint32_t count = wire_count(&in, LIMIT_NOTICES, ROW_BYTES_MIN);
	for (uint32_t i = 0; i < count; i++) {
		struct node_notice notice = {0};
		const uint8_t kind = wire_u8(&in);
		notice.kind = kind & NODE_NOTICE_KINDS;
		notice.is_seen = kind & NODE_NOTICE_SEEN;
		wire_raw(&in, notice.id, sizeof(notice.id));
		wire_raw(&in, notice.device.bytes, sizeof(notice.device.bytes));
		notice.compartment = wire_u8(&in);
		wire_raw(&in, notice.address.ip, sizeof(notice.address.ip));
		notice.address.port = wire_u16(&in);
		notice.address.scope = wire_u32(&in);
		notice.from_seq = wire_varint(&in);
		notice.entries = wire_varint(&in);
		notice.most = wire_varint(&in);
		notice.noticed_ms = wire_varint(&in);
		if (in.error)
			return;
		node->notices[node->notice_count++] = notice;
	}
}

int node_load_notices(struct node *node, struct store_txn *txn)
{
	struct buf row = {0};
	if (!node->notices)
		node->notices = mem_zero(LIMIT_NOTICES, sizeof(*node->notices));
	if (node_get_local(node, txn, NOTICES_ROW, &row) == 0)
		read_rows(node, buf_span(&row));
	buf_close(&row);
	node->notices_moved = false;
	node->notices_loaded = true;
	node_notice_forks(node); /* proofs that an earlier version took */
	return 0;
}

/* ---- Noticing ---------------------------------------------------------------------------------------------------- */

static struct node_notice *find(struct node *node, uint8_t kind, const uint8_t id[16])
{
	for (uint32_t i = 0; i < node->notice_count; i++)
		if (node->notices[i].kind == kind && memcmp(node->notices[i].id, id, 16) == 0)
			return &node->notices[i];
	return NULL;
}

/* A place for another one: the oldest gives way, first of those that somebody looked at. */
static struct node_notice *add(struct node *node)
{
	uint32_t oldest = 0;
	if (node->notice_count < LIMIT_NOTICES)
		return &node->notices[node->notice_count++];
	for (uint32_t i = 1; i < node->notice_count; i++) {
		const struct node_notice *notice = &node->notices[i], *least = &node->notices[oldest];
		if (notice->is_seen != least->is_seen ? notice->is_seen
		                                      : notice->noticed_ms < least->noticed_ms)
			oldest = i;
	}
	return &node->notices[oldest];
}

static void moved(struct node *node)
{
	node->notices_moved = node->keys_touched = true;
	node->news.state = true;
}

static void fork_id(const struct fork *fork, uint8_t id[16])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, 16);
	crypto_generichash_update(&state, fork->feed.incarnation.bytes, sizeof(fork->feed.incarnation.bytes));
	crypto_generichash_update(&state, fork->a.bytes, sizeof(fork->a.bytes));
	crypto_generichash_update(&state, fork->b.bytes, sizeof(fork->b.bytes));
	crypto_generichash_final(&state, id, 16);
}

void node_notice_forks(struct node *node)
{
	for (uint32_t i = 0; node->notices_loaded && i < node->proof_count; i++) {
		const struct fork *fork = &node->proofs[i].fork;
		struct node_notice notice = {.kind = NODE_NOTICE_FORK,
		        .device = fork->feed.device,
		        .compartment = (uint8_t)fork->feed.compartment,
		        .from_seq = fork->seq,
		        .noticed_ms = env_wall_ms(node->config.env)};
		fork_id(fork, notice.id);
		if (find(node, NODE_NOTICE_FORK, notice.id))
			continue;
		*add(node) = notice;
		moved(node);
	}
}

void node_notice_withheld(struct node *node, const struct device_id *device,
        const struct net_address *address, uint64_t entries)
{
	struct node_notice *notice = find(node, NODE_NOTICE_WITHHELD, device->bytes);
	if (!node->notices_loaded || (!notice && entries == 0))
		return;
	if (notice && entries == 0) { /* it has shown all since */
		if (notice->entries) {
			notice->entries = 0;
			notice->is_seen = false;
			moved(node);
		}
		return;
	}
	if (!notice)
		notice = add(node);
	*notice = (struct node_notice){.kind = NODE_NOTICE_WITHHELD,
	        .device = *device,
	        .address = *address,
	        .entries = entries,
	        .most = entries,
	        .noticed_ms = env_wall_ms(node->config.env)};
	memcpy(notice->id, device->bytes, sizeof(notice->id));
	moved(node);
}

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

const struct node_notice *node_notice_at(const struct node *node, uint32_t index)
{
	return index < node->notice_count ? &node->notices[index] : NULL;
}

void node_notices_seen(struct node *node)
{
	for (uint32_t i = 0; i < node->notice_count; i++) {
		node->notices_moved |= !node->notices[i].is_seen;
		node->notices[i].is_seen = true;
	}
	node->keys_touched |= node->notices_moved;
}

void node_forget_notices(struct node *node)
{
	node->notice_count = 0;
	node->notices_moved = node->notices_loaded = false;
}
