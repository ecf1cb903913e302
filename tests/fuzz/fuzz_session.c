/*
 * A session that gets arbitrary frames: pieces of the input, each with a type and a length, against an owner that knows a few feeds and
 * rows. Never a crash, never an answer without bound, never a call about a feed that the owner did not number.
 */
#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "net/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FEEDS = 5, ROWS = 3, NAMED_MAX = 64 };

struct host {
	struct net_feed_name names[NAMED_MAX];
	uint32_t count;
	uint64_t received[NAMED_MAX];
	uint64_t sent_bytes;
	uint8_t summary[NET_SUMMARY_BYTES];
	uint32_t supplies;
};

static uint32_t feed_count(void *context)
{
	return ((struct host *)context)->count;
}

static bool feed(void *context, struct net_session *session, uint32_t number, struct net_feed_name *name,
        struct net_head *head)
{
	struct host *host = context;
	(void)session;
	assert(number < host->count);
	*name = host->names[number];
	*head = (struct net_head){.seq = number < FEEDS ? 10 * number : 0, .hash = {(uint8_t)number}};
	return number != 3; /* not for this peer */
}

static int add_name(struct host *host, const struct net_feed_name *name)
{
	if (host->count == NAMED_MAX)
		return ERR_FULL;
	host->names[host->count++] = *name;
	return 0;
}

static int feed_number(void *context, const struct net_feed_name *name, uint32_t *number)
{
	struct host *host = context;
	for (*number = 0; *number < host->count; ++*number)
		if (memcmp(host->names[*number].bytes, name->bytes, sizeof(name->bytes)) == 0)
			return 0;
	return name->bytes[1] & 1 ? NET_FEED_UNNUMBERED : add_name(host, name);
}

static enum net_feed_order name_order(void *context, const struct net_feed_name *name)
{
	(void)context;
	return name->bytes[2] % 3;
}

static bool name_claim(void *context, struct net_session *session, const struct net_feed_name *name)
{
	(void)session;
	(void)context;
	return name->bytes[1] != 7;
}

static int run_came(void *context, struct net_session *session, struct span *run)
{
	(void)context;
	(void)session;
	(void)run;
	return 0;
}

static int first_run(void *context, const struct net_feed_name *name, struct span run, uint32_t *number)
{
	struct host *host = context;
	*number = host->count;
	return run.size & 1 ? NET_RUN_IGNORED : add_name(host, name);
}

static uint64_t received(void *context, uint32_t number)
{
	struct host *host = context;
	assert(number < host->count);
	return host->received[number];
}

static enum net_feed_order order(void *context, uint32_t number)
{
	assert(number < ((struct host *)context)->count);
	return number == 0 ? NET_FEED_FIRST : number == 2 ? NET_FEED_NEVER : NET_FEED_LATER;
}

static bool claim(void *context, struct net_session *session, uint32_t number)
{
	(void)session;
	assert(number < ((struct host *)context)->count);
	return number != 4;
}

static int announced(void *context, struct net_session *session, uint32_t number, const struct net_head *head)
{
	(void)session;
	assert(number < ((struct host *)context)->count && head->seq > 0);
	return 0;
}

static int accept_run(void *context, struct net_session *session, uint32_t number, struct span run)
{
	struct host *host = context;
	(void)session;
	assert(number < host->count);
	if (run.size == 0)
		return ERR_MALFORMED;
	host->received[number] += run.data[0] & 1;
	return run.data[0] & 2 ? NET_RUN_IGNORED : 0;
}

static int supply_begin(void *context, struct net_session *session, const struct net_want *wants,
        uint32_t count, uint64_t *entries, uint64_t *bytes)
{
	struct host *host = context;
	(void)session;
	for (uint32_t i = 0; i < count; i++) {
		assert(wants[i].feed < host->count && wants[i].feed != 3);
		assert(wants[i].upto <= 10 * (uint64_t)wants[i].feed);
		for (uint32_t j = 0; j < i; j++)
			assert(wants[i].feed != wants[j].feed);
	}
	*entries = *bytes = count;
	host->supplies = 3;
	return 0;
}

static int supply(void *context, struct net_session *session, uint32_t *number, struct span *run)
{
	struct host *host = context;
	(void)session;
	*number = 1;
	*run = span_text("run");
	return host->supplies && host->supplies-- ? 1 : 0;
}

static uint64_t rights_mark(void *context)
{
	return ((const struct host *)context)->supplies; /* moves now and then */
}

static void state_digest(void *context, struct net_session *session, uint8_t digest[NET_DIGEST_BYTES])
{
	(void)context;
	(void)session;
	memset(digest, 7, NET_DIGEST_BYTES);
}

static uint32_t state_count(void *context, struct net_session *session)
{
	(void)context;
	(void)session;
	return ROWS;
}

static struct net_state_id state_id(void *context, struct net_session *session, uint32_t index)
{
	(void)context;
	(void)session;
	assert(index < ROWS);
	return (struct net_state_id){{(uint8_t)index}};
}

static struct span state_row(void *context, struct net_session *session, uint32_t index)
{
	(void)context;
	(void)session;
	assert(index < ROWS);
	return span_text("row");
}

static int state_put(void *context, struct net_session *session, struct span row)
{
	(void)context;
	(void)session;
	return row.size ? 1 : ERR_MALFORMED;
}

static void take_clock(void *context, struct net_session *session, uint64_t wall_ms, uint8_t grade)
{
	(void)context;
	(void)session;
	(void)wall_ms;
	(void)grade;
}

static void level(void *context, struct net_session *session)
{
	(void)context;
	(void)session;
}

static int send_frame(void *context, struct net_session *session, uint8_t type, struct span payload)
{
	(void)session;
	assert(payload.size <= LIMIT_FRAME_BYTES);
	if (type == NET_FRAME_SUMMARY)
		memcpy(((struct host *)context)->summary, payload.data, payload.size);
	((struct host *)context)->sent_bytes += payload.size;
	return 0;
}

static bool state_claim(void *context, struct net_session *session)
{
	(void)context;
	(void)session;
	return true;
}

static bool state_word(
        void *context, struct net_session *session, uint32_t index, struct net_state_word *word)
{
	(void)context;
	(void)session;
	*word = (struct net_state_word){{(uint8_t)index}, index};
	return index == 1;
}

static void salt(void *context, uint8_t out[NET_SALT_BYTES])
{
	(void)context;
	memset(out, 5, NET_SALT_BYTES);
}

static const struct net_session_host host_calls = {NULL, feed_count, feed, feed_number, name_order,
        name_claim, run_came, first_run, received, order, claim, announced, accept_run, supply_begin, supply,
        rights_mark, state_digest, state_count, state_id, state_row, state_put, take_clock, level, send_frame,
        state_claim, state_word, salt};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host host = {.count = FEEDS};
	struct net_session_host calls = host_calls;
	calls.context = &host;
	for (uint8_t i = 0; i < FEEDS; i++)
		host.names[i].bytes[0] = i;
	struct net_session *session = net_session_new(&calls, 1, 0);
	int result = 0;
	size_t frames = 0;
	for (size_t at = 0; result >= 0 && at + 2 <= size; frames++) {
		size_t length = data[at + 1];
		struct span piece = span_sub(span_of(data, size), at + 2, length);
		/* A level peer. */
		if (data[at] % 12 == NET_FRAME_SUMMARY - NET_FRAME_FEEDS && length == 0)
			piece = span_of(host.summary, sizeof(host.summary));
		uint8_t *exact = mem_copy(piece.data, piece.size); /* reads past the end are seen */
		result = net_session_receive(
		        session, (uint8_t)(NET_FRAME_FEEDS + data[at] % 12), span_of(exact, piece.size));
		mem_free(exact);
		if (result >= 0 && data[at] & 0x80)
			result = net_session_pump(session, 2);
		if (result >= 0 && data[at] & 0x40)
			result = net_session_wake(session);
		uint64_t from = net_session_push_from(session, 1, 10, data[at] & 1);
		if (result >= 0 && from)
			result = net_session_push(session, 1, 10, span_text("run"));
		net_session_progress(session);
		at += 2 + length;
	}
	assert(host.sent_bytes <= 8192 + 4096 * (frames + 1));
	net_session_free(session);
	return 0;
}
