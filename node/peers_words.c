/*
 * Acknowledgements in the short form in which a session gives them (README.md, "Peers"): most heads in them are heads that were told in the same
 * session just before. What arrives is put together again and judged like any other row: its signature is over the whole.
 */
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/keyring/ack.h"
#include "node/peers_state.h"

enum { SAME_MEMBERSHIP = 1, WORDS_BYTES_MAX = LIMIT_FEEDS / 8 };

/* A head of the word beside what the session was told. */
struct place {
	uint32_t index; /* in the table of the side that gives it; NO_PLACE */
	bool as_told;
};

static const uint32_t NO_PLACE = UINT32_MAX;

/* ---- Giving ----------------------------------------------------------------------------------------------------- */

static struct place place_of(const struct peer *peer, const struct ack_head *head)
{
	struct place place = {.index = NO_PLACE};
	struct net_head told;
	uint32_t number;
	if (log_feed_number(node_log(peer->peers->node), &head->feed, &number) &&
	        net_session_told(peer->session, number, &place.index, &told))
		place.as_told = told.seq == head->seq &&
		        memcmp(told.hash, head->hash, sizeof(told.hash)) == 0;
	return place;
}

static void put_device(const struct peer *peer, const struct ack *ack, struct buf *out)
{
	const struct log *log = node_log(peer->peers->node);
	struct net_head told;
	uint32_t index;
	for (uint32_t number = 0; number < log_feed_count(log); number++) {
		const struct log_feed *feed = log_feed(log, number);
		if (feed->is_branch || !device_id_eq(&feed->device, &ack->device) ||
		        !net_session_told(peer->session, number, &index, &told))
			continue;
		wire_put_varint(out, index + UINT64_C(1));
		return;
	}
	wire_put_varint(out, 0);
	buf_add(out, ack->device.bytes, sizeof(ack->device.bytes));
}

static void put_heads(const struct peer *peer, const struct ack *ack, struct buf *out)
{
	uint8_t as_told[WORDS_BYTES_MAX] = {0};
	struct buf others = {0};
	uint32_t size = 0, count = 0;
	for (uint32_t i = 0; i < ack->head_count; i++) {
		const struct ack_head *head = &ack->heads[i];
		const struct place place = place_of(peer, head);
		if (place.as_told) {
			as_told[place.index / 8] = (uint8_t)(as_told[place.index / 8] |
			        1u << place.index % 8);
			size = place.index / 8 + 1 > size ? place.index / 8 + 1 : size;
			continue;
		}
		count++;
		wire_put_varint(&others, place.index == NO_PLACE ? 0 : place.index + UINT64_C(1));
		if (place.index == NO_PLACE)
			buf_add(&others, head->feed.bytes, sizeof(head->feed.bytes));
		wire_put_varint(&others, head->seq);
		buf_add(&others, head->hash, sizeof(head->hash));
	}
	wire_put_blob(out, span_of(as_told, size));
	wire_put_varint(out, count);
	buf_add_span(out, buf_span(&others));
	buf_close(&others);
}

struct span peer_shorten(struct peer *peer, struct span row)
{
	struct arena arena = {0};
	struct entry_signature signature;
	struct ack ack;
	struct buf *out = &peer->word;
	if (!node_row_is_ack(row) || ack_parse(&ack, &signature, span_sub(row, 1, SIZE_MAX), &arena)) {
		arena_close(&arena);
		return row;
	}
	const bool is_same = entry_hash_eq(&ack.membership, &peer->membership_told);
	buf_clear(out);
	wire_put_u8(out, PEER_ROW_WORD);
	put_device(peer, &ack, out);
	wire_put_varint(out, ack.counter);
	wire_put_u8(out, is_same ? SAME_MEMBERSHIP : 0);
	if (!is_same)
		buf_add(out, ack.membership.bytes, sizeof(ack.membership.bytes));
	put_heads(peer, &ack, out);
	buf_add(out, signature.bytes, sizeof(signature.bytes));
	peer->membership_told = ack.membership;
	arena_close(&arena);
	return buf_span(out);
}

/* ---- Taking ----------------------------------------------------------------------------------------------------- */

/* Each is computed once. */
const struct feed_id *peer_feed_there(struct peer *peer, uint32_t index)
{
	struct net_feed_name name;
	struct net_head head;
	while (peer->ids_count <= index) {
		if (!net_session_heard(peer->session, peer->ids_count, &name, &head))
			return NULL;
		peer->ids = mem_room(peer->ids, peer->ids_count, &peer->ids_capacity, sizeof(*peer->ids));
		peer->ids[peer->ids_count++] = peer_feed_id(&name);
	}
	return &peer->ids[index];
}

static void read_device(struct peer *peer, struct wire_in *in, struct device_id *device)
{
	const uint64_t place = wire_varint(in);
	struct net_feed_name name;
	struct net_head told;
	if (place == 0)
		wire_raw(in, device->bytes, sizeof(device->bytes));
	else if (place <= LIMIT_FEEDS && net_session_heard(peer->session, (uint32_t)place - 1, &name, &told))
		memcpy(device->bytes, name.bytes, sizeof(device->bytes));
	else
		wire_fail(in, ERR_MALFORMED);
}

static void take_told(struct peer *peer, uint32_t index, struct wire_in *in, struct ack_head *head)
{
	const struct feed_id *id = peer_feed_there(peer, index);
	struct net_feed_name name;
	struct net_head told;
	if (!id || !net_session_heard(peer->session, index, &name, &told) || told.seq == 0) {
		wire_fail(in, ERR_MALFORMED);
		return;
	}
	*head = (struct ack_head){.feed = *id, .seq = told.seq};
	memcpy(head->hash, told.hash, sizeof(head->hash));
}

static void read_other(struct peer *peer, struct wire_in *in, struct ack_head *head)
{
	const uint64_t place = wire_varint(in);
	const struct feed_id *id = place && place <= LIMIT_FEEDS ? peer_feed_there(peer, (uint32_t)place - 1)
	                                                         : NULL;
	if (id)
		head->feed = *id;
	else if (place == 0)
		wire_raw(in, head->feed.bytes, sizeof(head->feed.bytes));
	else
		wire_fail(in, ERR_MALFORMED);
	head->seq = wire_varint(in);
	wire_raw(in, head->hash, sizeof(head->hash));
}

static int head_cmp(const void *a, const void *b)
{
	return feed_id_cmp(&((const struct ack_head *)a)->feed, &((const struct ack_head *)b)->feed);
}

static struct ack_head *read_heads(struct peer *peer, struct wire_in *in, uint32_t *head_count)
{
	const struct span as_told = wire_blob(in, WORDS_BYTES_MAX);
	const uint32_t others = wire_count(in, LIMIT_FEEDS, 2 + ACK_HASH_BYTES);
	struct ack_head *heads = mem_zero(8 * as_told.size + others + 1, sizeof(*heads));
	uint32_t count = 0;
	for (uint32_t index = 0; index < 8 * as_told.size && !in->error; index++)
		if (as_told.data[index / 8] >> index % 8 & 1)
			take_told(peer, index, in, &heads[count++]);
	for (uint32_t i = 0; i < others && !in->error; i++)
		read_other(peer, in, &heads[count++]);
	qsort(heads, count, sizeof(*heads), head_cmp);
	*head_count = count;
	return heads;
}

int peer_lengthen(struct peer *peer, struct span *row)
{
	struct ack ack = {0};
	struct entry_signature signature;
	if (row->size == 0 || row->data[0] != PEER_ROW_WORD)
		return 0;
	struct wire_in in = wire_begin(span_sub(*row, 1, SIZE_MAX));
	read_device(peer, &in, &ack.device);
	ack.counter = wire_varint(&in);
	ack.membership = peer->membership_heard;
	const uint8_t flags = wire_u8(&in);
	if (flags == 0)
		wire_raw(&in, ack.membership.bytes, sizeof(ack.membership.bytes));
	else if (flags != SAME_MEMBERSHIP)
		wire_fail(&in, ERR_MALFORMED);
	struct ack_head *heads = read_heads(peer, &in, &ack.head_count);
	wire_raw(&in, signature.bytes, sizeof(signature.bytes));
	ack.heads = heads;
	int result = wire_end(&in);
	if (result == 0) {
		peer->membership_heard = ack.membership;
		buf_clear(&peer->word);
		node_put_ack_row(&ack, &signature, &peer->word);
		*row = buf_span(&peer->word);
	}
	mem_free(heads);
	return result;
}
