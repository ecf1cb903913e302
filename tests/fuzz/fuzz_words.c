/*
 * An acknowledgement in its short form, put together from what a session was told: whatever comes, the result is refused for its form or is
 * one that reads back as it was.
 */
#include <assert.h>

#include "crdt/base/err.h"
#include "node/keyring/ack.h"
#include "node/peers_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NAMES = 4 };

static uint32_t no_feeds(void *context)
{
	(void)context;
	return 0;
}

/* Nothing has a number here: names and heads stand in the peer's table alone. */
static int feed_number(void *context, const struct net_feed_name *name, uint32_t *number)
{
	(void)context;
	(void)name;
	(void)number;
	return NET_FEED_UNNUMBERED;
}

static enum net_feed_order name_order(void *context, const struct net_feed_name *name)
{
	(void)context;
	(void)name;
	return NET_FEED_NEVER;
}

static uint64_t rights_mark(void *context)
{
	(void)context;
	return 0;
}

static void state_digest(void *context, struct net_session *session, uint8_t digest[NET_DIGEST_BYTES])
{
	(void)context;
	(void)session;
	memset(digest, 0, NET_DIGEST_BYTES);
}

static void level(void *context, struct net_session *session)
{
	(void)context;
	(void)session;
}

static int send_frame(void *context, struct net_session *session, uint8_t type, struct span payload)
{
	(void)context;
	(void)session;
	(void)type;
	(void)payload;
	return 0;
}

/* Four feeds, one of them a branch; the last one has no head. */
static void tell(struct net_session *session)
{
	struct buf names = {0}, heads = {0};
	wire_put_varint(&names, NAMES);
	wire_put_u8(&heads, 1);
	wire_put_varint(&heads, NAMES - 1);
	for (uint8_t i = 0; i < NAMES; i++) {
		memset(buf_extend(&names, NET_FEED_NAME_BYTES), i, NET_FEED_NAME_BYTES);
		names.data[names.size - 17] = (uint8_t)(i == 2 ? COMPARTMENT_CLINICAL | PEER_NAME_BRANCH
		                                               : COMPARTMENT_CLINICAL);
		if (i == NAMES - 1)
			continue;
		wire_put_varint(&heads, i);
		wire_put_varint(&heads, 10 + i);
		memset(buf_extend(&heads, NET_HEAD_HASH_BYTES), i, NET_HEAD_HASH_BYTES);
	}
	assert(net_session_receive(session, NET_FRAME_FEEDS, buf_span(&names)) == 0);
	assert(net_session_receive(session, NET_FRAME_HEADS, buf_span(&heads)) == 0);
	buf_close(&names);
	buf_close(&heads);
}

static void check_row(struct span row)
{
	struct arena arena = {0};
	struct entry_signature signature;
	struct ack ack;
	struct buf again = {0};
	assert(node_row_is_ack(row));
	if (ack_parse(&ack, &signature, span_sub(row, 1, SIZE_MAX), &arena) == 0) {
		node_put_ack_row(&ack, &signature, &again);
		assert(span_eq(row, buf_span(&again)));
	}
	buf_close(&again);
	arena_close(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct net_session_host host = {.feed_count = no_feeds,
	        .feed_number = feed_number,
	        .name_order = name_order,
	        .rights_mark = rights_mark,
	        .state_digest = state_digest,
	        .level = level,
	        .send = send_frame};
	struct peer peer = {.session = net_session_new(&host, 1, 0)};
	struct buf row = {0};
	tell(peer.session);
	wire_put_u8(&row, PEER_ROW_WORD);
	buf_add(&row, data, size);
	struct span span = buf_span(&row);
	if (peer_lengthen(&peer, &span) == 0)
		check_row(span);
	buf_close(&row);
	buf_close(&peer.word);
	mem_free(peer.ids);
	net_session_free(peer.session);
	return 0;
}
