/* Two sessions talk about a few feeds. Long because of the owner that each needs. */
#include "tests/lib/check.h"

#include <stdio.h>

#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "crdt/base/wire.h"
#include "net/session.h"
#include "tests/lib/golden.h"

enum { FEEDS = 4, ROWS = 8, FRAMES = 256 };

/* A side of a conversation: feeds are just how many entries it has of each, a run is one byte per entry. */
struct side {
	struct net_session *session;
	struct net_session_host host;
	struct side *other;
	uint64_t seq[FEEDS];
	bool readable[FEEDS]; /* by the other side */
	struct net_want answer[FEEDS];
	uint32_t answer_count, answer_at;
	uint8_t rows[ROWS]; /* each row is one byte, ascending */
	uint32_t row_count;
	uint64_t accepted, levels, clock_ms, rights;
	uint64_t stubborn; /* feeds it never takes, as bits */
	uint64_t unknown; /* feeds that it has no number for, as bits */
	uint64_t looked, claims; /* how often a number was looked for, and a name claimed */
	bool any_name; /* has a number for none */
	bool never; /* asks for none without one */
	uint64_t claimed; /* feeds that another session is fetching, as bits */
	struct buf sent; /* type, length, payload of every frame */
	struct {
		uint8_t type;
		struct buf payload;
	} queue[FRAMES];
	uint32_t queued;
	uint8_t run[64];
};

static uint32_t feed_count(void *context)
{
	(void)context;
	return FEEDS;
}

static bool feed(void *context, struct net_session *session, uint32_t number, struct net_feed_name *name,
        struct net_head *head)
{
	struct side *side = context;
	(void)session;
	memset(name->bytes, (int)number + 1, sizeof(name->bytes));
	*head = (struct net_head){.seq = side->seq[number]};
	head->hash[0] = (uint8_t)side->seq[number];
	return side->readable[number];
}

static int feed_number(void *context, const struct net_feed_name *name, uint32_t *number)
{
	struct side *side = context;
	side->looked++;
	*number = name->bytes[0] - 1u;
	if (side->any_name)
		return NET_FEED_UNNUMBERED;
	if (name->bytes[0] < 1 || name->bytes[0] > FEEDS)
		return ERR_DENIED;
	return side->unknown >> *number & 1 ? NET_FEED_UNNUMBERED : 0;
}

static enum net_feed_order name_order(void *context, const struct net_feed_name *name)
{
	if (((struct side *)context)->never)
		return NET_FEED_NEVER;
	return name->bytes[0] == 1 ? NET_FEED_FIRST : NET_FEED_LATER;
}

static bool name_claim(void *context, struct net_session *session, const struct net_feed_name *name)
{
	(void)session;
	((struct side *)context)->claims++;
	return !(((struct side *)context)->claimed >> (name->bytes[0] - 1u) & 1);
}

static int run_came(void *context, struct net_session *session, struct span *run)
{
	(void)context;
	(void)session;
	(void)run;
	return 0;
}

/* Its first run makes a feed known, unless the side is stubborn about it. */
static int first_run(void *context, const struct net_feed_name *name, struct span run, uint32_t *number)
{
	struct side *side = context;
	*number = name->bytes[0] - 1u;
	assert_true(run.size > 0);
	if (side->stubborn >> *number & 1)
		return NET_RUN_IGNORED;
	side->unknown &= ~(UINT64_C(1) << *number);
	return 0;
}

static uint64_t received(void *context, uint32_t number)
{
	assert_false(((struct side *)context)->unknown >> number & 1);
	return ((struct side *)context)->seq[number];
}

static enum net_feed_order order(void *context, uint32_t number)
{
	(void)context;
	return number == 0 ? NET_FEED_FIRST : NET_FEED_LATER;
}

static bool claim(void *context, struct net_session *session, uint32_t number)
{
	(void)session;
	return !(((struct side *)context)->claimed >> number & 1);
}

static int announced(void *context, struct net_session *session, uint32_t number, const struct net_head *head)
{
	(void)context;
	(void)session;
	(void)number;
	return head->hash[0] == (uint8_t)head->seq ? 0 : ERR_FORK;
}

static int accept_run(void *context, struct net_session *session, uint32_t number, struct span run)
{
	struct side *side = context;
	(void)session;
	if (side->stubborn >> number & 1)
		return NET_RUN_IGNORED;
	if (run.size >= 1 && run.data[0] + run.size - 1 <= side->seq[number])
		return NET_RUN_KNOWN;
	if (run.size < 1 || run.data[0] != side->seq[number] + 1)
		return NET_RUN_IGNORED;
	side->seq[number] += run.size;
	side->accepted += run.size;
	return 0;
}

static int supply_begin(void *context, struct net_session *session, const struct net_want *wants,
        uint32_t count, uint64_t *entries, uint64_t *bytes)
{
	struct side *side = context;
	(void)session;
	memcpy(side->answer, wants, count * sizeof(*wants));
	side->answer_count = count;
	side->answer_at = 0;
	for (uint32_t i = 0; i < count; i++)
		*entries += wants[i].upto ? wants[i].upto - wants[i].from + 1 : 0;
	*bytes = *entries;
	return 0;
}

/* Runs of at most three entries; the first byte says where it starts. */
static int supply(void *context, struct net_session *session, uint32_t *number, struct span *run)
{
	struct side *side = context;
	(void)session;
	while (side->answer_at < side->answer_count) {
		struct net_want *want = &side->answer[side->answer_at];
		if (want->from > want->upto) {
			side->answer_at++;
			continue;
		}
		uint64_t count = want->upto - want->from + 1 < 3 ? want->upto - want->from + 1 : 3;
		for (uint64_t i = 0; i < count; i++)
			side->run[i] = (uint8_t)(want->from + i);
		want->from += count;
		*number = want->feed;
		*run = span_of(side->run, count);
		return 1;
	}
	return 0;
}

static uint64_t rights_mark(void *context)
{
	return ((struct side *)context)->rights;
}

static void state_digest(void *context, struct net_session *session, uint8_t digest[NET_DIGEST_BYTES])
{
	struct side *side = context;
	(void)session;
	memset(digest, 0, NET_DIGEST_BYTES);
	memcpy(digest + 16, side->rows, side->row_count);
}

static uint32_t state_count(void *context, struct net_session *session)
{
	(void)session;
	return ((struct side *)context)->row_count;
}

static struct net_state_id state_id(void *context, struct net_session *session, uint32_t index)
{
	(void)session;
	return (struct net_state_id){{((struct side *)context)->rows[index]}};
}

static struct span state_row(void *context, struct net_session *session, uint32_t index)
{
	(void)session;
	return span_of(&((struct side *)context)->rows[index], 1);
}

static int state_put(void *context, struct net_session *session, struct span row)
{
	struct side *side = context;
	uint32_t at = 0;
	(void)session;
	if (row.size != 1 || side->row_count == ROWS)
		return ERR_MALFORMED;
	while (at < side->row_count && side->rows[at] < row.data[0])
		at++;
	if (at < side->row_count && side->rows[at] == row.data[0])
		return 0;
	memmove(side->rows + at + 1, side->rows + at, side->row_count++ - at);
	side->rows[at] = row.data[0];
	return 1;
}

static void clock_(void *context, struct net_session *session, uint64_t peer_wall_ms, uint8_t grade)
{
	(void)session;
	(void)grade;
	((struct side *)context)->clock_ms = peer_wall_ms;
}

static void level(void *context, struct net_session *session)
{
	(void)session;
	((struct side *)context)->levels++;
}

static int send_(void *context, struct net_session *session, uint8_t type, struct span payload)
{
	struct side *side = context;
	(void)session;
	assert_true(side->other->queued < FRAMES);
	side->other->queue[side->other->queued].type = type;
	side->other->queue[side->other->queued].payload = (struct buf){0};
	buf_add_span(&side->other->queue[side->other->queued++].payload, payload);
	wire_put_u8(&side->sent, type);
	wire_put_blob(&side->sent, payload);
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
	(void)index;
	(void)word;
	return false;
}

static void salt(void *context, uint8_t out[NET_SALT_BYTES])
{
	(void)context;
	memset(out, 0x5a, NET_SALT_BYTES);
}

static void side_init(struct side *side, struct side *other)
{
	memset(side, 0, sizeof(*side));
	side->other = other;
	side->host = (struct net_session_host){side, feed_count, feed, feed_number, name_order, name_claim,
	        run_came, first_run, received, order, claim, announced, accept_run, supply_begin, supply,
	        rights_mark, state_digest, state_count, state_id, state_row, state_put, clock_, level, send_,
	        state_claim, state_word, salt};
	for (int i = 0; i < FEEDS; i++)
		side->readable[i] = true;
}

static void side_close(struct side *side)
{
	for (uint32_t i = 0; i < side->queued; i++)
		buf_close(&side->queue[i].payload);
	buf_close(&side->sent);
	net_session_free(side->session);
}

static bool step(struct side *side)
{
	if (side->queued) {
		struct buf payload = side->queue[0].payload;
		uint8_t type = side->queue[0].type;
		memmove(side->queue, side->queue + 1, --side->queued * sizeof(side->queue[0]));
		check_ok(net_session_receive(side->session, type, buf_span(&payload)));
		buf_close(&payload);
		check_ok(net_session_turn(side->session));
		return true;
	}
	return net_session_supplying(side->session) && net_session_pump(side->session, 2) >= 0;
}

/* Both talk until neither has anything to say, and what came is committed. */
static void talk(struct side *a, struct side *b)
{
	bool moved = true;
	for (int steps = 0; moved; steps++) {
		moved = step(a);
		moved |= step(b);
		if (!moved) {
			check_ok(net_session_heads_changed(a->session));
			check_ok(net_session_heads_changed(b->session));
			moved = a->queued || b->queued;
		}
		assert_true(steps < 10000);
	}
}

static void start(struct side *a, struct side *b)
{
	a->session = net_session_new(&a->host, 1700000000000, 0);
	b->session = net_session_new(&b->host, 1700000000500, 2);
	talk(a, b);
}

static void both_come_to_everything(void **state)
{
	(void)state;
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	a.seq[0] = 5, a.seq[1] = 10, a.seq[3] = 1;
	b.seq[0] = 7, b.seq[2] = 4, b.seq[3] = 1;
	a.rows[0] = 1, a.rows[1] = 3, a.row_count = 2;
	b.rows[0] = 2, b.rows[1] = 3, b.row_count = 2;
	start(&a, &b);
	for (int i = 0; i < FEEDS; i++)
		assert_int_equal(a.seq[i], b.seq[i]);
	assert_int_equal(a.seq[0], 7);
	assert_int_equal(a.row_count, 3);
	assert_memory_equal(a.rows, b.rows, 3);
	assert_true(a.levels > 0 && b.levels > 0);
	assert_int_equal(a.clock_ms, 1700000000500);
	struct net_session_progress progress = net_session_progress(a.session);
	assert_int_equal(progress.missing_here, 0);
	assert_true(progress.peer_complete);
	golden_check("net/session-a.hex", buf_span(&a.sent));
	golden_check("net/session-b.hex", buf_span(&b.sent));
	/* Then one writes: pushed at once, and the head told. */
	a.seq[1]++;
	uint8_t run = (uint8_t)a.seq[1];
	assert_int_equal(net_session_push_from(a.session, 1, a.seq[1], true), a.seq[1]);
	check_ok(net_session_push(a.session, 1, a.seq[1], span_of(&run, 1)));
	check_ok(net_session_heads_changed(a.session));
	talk(&a, &b);
	assert_int_equal(b.seq[1], a.seq[1]);
	side_close(&a);
	side_close(&b);
}

static void what_may_not_be_read_is_not_mentioned(void **state)
{
	(void)state;
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	a.seq[0] = 3, a.seq[1] = 9;
	a.readable[1] = false;
	start(&a, &b);
	assert_int_equal(b.seq[0], 3);
	assert_int_equal(b.seq[1], 0);
	assert_int_equal(net_session_peer_head(b.session, 1).seq, 0);
	/* Rights come: the feed appears. They go: a question that was under way brings nothing. */
	a.readable[1] = true;
	check_ok(net_session_heads_changed(a.session));
	a.readable[1] = false;
	talk(&a, &b);
	assert_int_equal(b.seq[1], 0);
	a.readable[1] = true;
	check_ok(net_session_wake(b.session));
	talk(&a, &b);
	assert_int_equal(b.seq[1], 9);
	side_close(&a);
	side_close(&b);
}

/* A feed that somebody names gets no number for its name, but for the first run that is taken of it; asked for it is like any other. */
static void a_name_alone_is_no_feed(void **state)
{
	(void)state;
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	a.seq[0] = 5, a.seq[1] = 10, a.seq[2] = 4;
	b.unknown = 7;
	b.stubborn = 4;
	b.claimed = 2; /* by another session */
	start(&a, &b);
	assert_int_equal(b.unknown, 6);
	assert_int_equal(b.seq[0], 5);
	assert_int_equal(b.seq[1], 0);
	assert_int_equal(b.levels, 0);
	assert_int_equal(net_session_progress(b.session).missing_here, 14);
	/* The other session came to the feed, and to half of what it has. */
	b.claimed = 0;
	b.unknown = 4;
	b.seq[1] = 5;
	check_ok(net_session_ask(b.session));
	talk(&a, &b);
	assert_int_equal(b.seq[1], 10);
	/* What is given no number is not asked for again, until something moved here or there. */
	assert_int_equal(b.unknown, 4);
	const size_t said = b.sent.size;
	check_ok(net_session_ask(b.session));
	assert_int_equal(b.sent.size, said);
	b.stubborn = 0;
	check_ok(net_session_wake(b.session));
	talk(&a, &b);
	assert_int_equal(b.unknown, 0);
	assert_int_equal(b.seq[2], 4);
	assert_true(b.levels > 0);
	assert_int_equal(net_session_progress(b.session).missing_here, 0);
	side_close(&a);
	side_close(&b);
}

/* Pushed before it was asked for; named twice under one number; and a name that makes its sender not believed. */
static void a_first_run_may_come_unasked(void **state)
{
	(void)state;
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	b.unknown = 2;
	start(&a, &b);
	a.seq[1] = 1;
	uint8_t run = 1;
	check_ok(net_session_push(a.session, 1, 1, span_of(&run, 1)));
	check_ok(net_session_heads_changed(a.session));
	talk(&a, &b);
	assert_int_equal(b.unknown, 0);
	assert_int_equal(b.seq[1], 1);
	struct buf names = {0};
	wire_put_varint(&names, 1);
	for (int i = 0; i < NET_FEED_NAME_BYTES; i++)
		wire_put_u8(&names, 2);
	check_code(net_session_receive(b.session, NET_FRAME_FEEDS, buf_span(&names)), ERR_MALFORMED);
	buf_close(&names);
	side_close(&a);
	side_close(&b);
}

/* Two that cannot help each other fall silent. */
static void useless_answers_end(void **state)
{
	(void)state;
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	a.seq[0] = 3;
	b.stubborn = 1;
	start(&a, &b);
	assert_int_equal(b.seq[0], 0);
	assert_int_equal(net_session_progress(b.session).missing_here, 3);
	assert_int_equal(b.levels, 0);
	b.stubborn = 0;
	check_ok(net_session_wake(b.session));
	talk(&a, &b);
	assert_int_equal(b.seq[0], 3);
	side_close(&a);
	side_close(&b);
}

/* How many frames of that type a side sent so far. */
static uint32_t sent_of(const struct side *side, uint8_t wanted)
{
	struct wire_in in = wire_begin(buf_span(&side->sent));
	uint32_t count = 0;
	while (wire_left(&in)) {
		count += wire_u8(&in) == wanted;
		wire_blob(&in, 4096);
	}
	check_ok(wire_end(&in));
	return count;
}

/* Names and heads that both have are not said; what moves afterwards is understood all the same. */
static void level_sides_say_no_names(void **state)
{
	(void)state;
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	for (int i = 0; i < FEEDS; i++)
		a.seq[i] = b.seq[i] = 3;
	start(&a, &b);
	assert_int_equal(sent_of(&a, NET_FRAME_SUMMARY), 1);
	assert_int_equal(sent_of(&a, NET_FRAME_FEEDS) + sent_of(&a, NET_FRAME_HEADS), 0);
	assert_int_equal(sent_of(&b, NET_FRAME_FEEDS) + sent_of(&b, NET_FRAME_HEADS), 0);
	assert_true(a.levels > 0 && b.levels > 0);
	a.seq[2]++;
	check_ok(net_session_heads_changed(a.session));
	talk(&a, &b);
	assert_int_equal(b.seq[2], 4);
	assert_int_equal(sent_of(&a, NET_FRAME_FEEDS), 0);
	/* A second summary is no way to begin anew. */
	check_code(net_session_receive(a.session, NET_FRAME_SUMMARY,
	                   span_of((uint8_t[NET_SUMMARY_BYTES]){0}, NET_SUMMARY_BYTES)),
	        ERR_MALFORMED);
	side_close(&a);
	side_close(&b);
}

/* A head that moves between the two summaries is told after them; the same names with other heads are not said either. */
static void what_moves_meanwhile_is_told(void **state)
{
	(void)state;
	static struct side a, b;
	for (unsigned level = 0; level < 2; level++) {
		side_init(&a, &b);
		side_init(&b, &a);
		for (int i = 0; i < FEEDS; i++)
			a.seq[i] = b.seq[i] = 3;
		b.seq[1] += level;
		a.session = net_session_new(&a.host, 0, 0);
		b.session = net_session_new(&b.host, 0, 0);
		a.seq[2]++;
		check_ok(net_session_heads_changed(a.session));
		assert_int_equal(sent_of(&a, NET_FRAME_HEADS), 0);
		talk(&a, &b);
		assert_int_equal(b.seq[2], 4);
		assert_int_equal(a.seq[1], 3 + level);
		assert_int_equal(sent_of(&a, NET_FRAME_FEEDS) + sent_of(&b, NET_FRAME_FEEDS), 0);
		assert_true(net_session_progress(a.session).peer_complete);
		side_close(&a);
		side_close(&b);
	}
}

/* Two sides of which one may read less sum up what that one may read. */
static void rights_are_part_of_the_summary(void **state)
{
	(void)state;
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	for (int i = 0; i < FEEDS; i++)
		a.seq[i] = b.seq[i] = 3;
	a.readable[3] = false;
	b.seq[3] = 0;
	start(&a, &b);
	assert_int_equal(sent_of(&a, NET_FRAME_FEEDS) + sent_of(&a, NET_FRAME_HEADS), 0);
	assert_int_equal(b.seq[3], 0);
	assert_int_equal(net_session_progress(b.session).missing_here, 0);
	side_close(&a);
	side_close(&b);
}

/* The feeds that `side` asked for in its WANT frames so far, one hexadecimal digit each. */
static void check_wants(const struct side *side, const char *expected)
{
	char text[64] = "";
	struct wire_in in = wire_begin(buf_span(&side->sent));
	size_t used = 0;
	while (wire_left(&in)) {
		uint8_t type = wire_u8(&in);
		struct wire_in want = wire_begin(wire_blob(&in, 4096));
		if (type != NET_FRAME_WANT)
			continue;
		for (uint64_t count = wire_varint(&want); count; count--) {
			used += (size_t)snprintf(
			        text + used, sizeof(text) - used, "%u", (unsigned)wire_varint(&want));
			wire_varint(&want);
			wire_varint(&want);
		}
	}
	check_ok(wire_end(&in));
	assert_string_equal(text, expected);
}

/* Until the first answer is there nothing else is asked for, nor while the keys are on their way. */
static void what_others_are_judged_by_comes_first(void **state)
{
	(void)state;
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	a.seq[0] = 2, a.seq[1] = 5, a.seq[2] = 5;
	a.rows[0] = 7, a.row_count = 1;
	a.session = net_session_new(&a.host, 0, 0);
	b.session = net_session_new(&b.host, 0, 0);
	assert_true(step(&a) && step(&a)); /* clock and summary, which is another one */
	while (step(&b))
		; /* all that A said at first */
	check_wants(&b, "0");
	while (step(&a) || step(&b))
		if (b.row_count == 0 || b.seq[0] == 0)
			check_wants(&b, "0");
	check_wants(&b, "012");
	assert_int_equal(b.seq[2], 5);
	/* Rights move: rows that were refused come before more entries. */
	a.seq[1]++;
	b.row_count = 0;
	b.rights++;
	check_ok(net_session_heads_changed(a.session));
	while (step(&a) || step(&b))
		if (b.row_count == 0)
			check_wants(&b, "012");
	check_wants(&b, "0121");
	assert_int_equal(b.row_count, 1);
	side_close(&a);
	side_close(&b);
}

/* Another session's answer is waited for, and its end is told by the owner. */
static void a_claimed_feed_is_asked_for_when_it_is_free(void **state)
{
	(void)state;
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	a.seq[0] = 2, a.seq[1] = 5, a.seq[2] = 5;
	b.claimed = 1;
	start(&a, &b);
	check_wants(&b, "");
	b.claimed = 2;
	check_ok(net_session_ask(b.session));
	talk(&a, &b);
	check_wants(&b, "02");
	assert_int_equal(b.levels, 0);
	b.claimed = 0;
	check_ok(net_session_ask(b.session));
	talk(&a, &b);
	check_wants(&b, "021");
	assert_true(b.levels > 0);
	side_close(&a);
	side_close(&b);
}

/* A feed at rest keeps nothing else waiting, also where it is one that others are judged by, and a new head ends the rest. */
static void a_feed_at_rest_stops_nothing(void **state)
{
	(void)state;
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	a.seq[0] = 2, a.seq[1] = 5;
	b.stubborn = 1;
	start(&a, &b);
	check_wants(&b, "01");
	assert_int_equal(b.seq[1], 5);
	check_ok(net_session_ask(b.session));
	talk(&a, &b);
	check_wants(&b, "01");
	a.seq[0]++;
	b.stubborn = 0;
	check_ok(net_session_heads_changed(a.session));
	talk(&a, &b);
	check_wants(&b, "010");
	assert_int_equal(b.seq[0], 3);
	side_close(&a);
	side_close(&b);
}

/* One more entry of feed `number` on `side`, committed; pushed when the session takes it. True when it was. */
static bool push_one(struct side *side, uint32_t number, bool ours)
{
	uint8_t run = (uint8_t)++side->seq[number];
	uint64_t from = net_session_push_from(side->session, number, run, ours);
	if (from)
		check_ok(net_session_push(side->session, number, run, span_of(&run, 1)));
	check_ok(net_session_heads_changed(side->session));
	return from == run;
}

static void only_who_lacks_just_that_gets_it_unasked(void **state)
{
	(void)state;
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	a.seq[0] = 1, a.seq[1] = 5, a.seq[2] = 5;
	a.session = net_session_new(&a.host, 0, 0);
	b.session = net_session_new(&b.host, 0, 0);
	assert_false(push_one(&a, 1, true)); /* nothing is known of the other side yet */
	talk(&a, &b);
	check_wants(&b, "012");
	assert_int_equal(b.seq[1], 6);
	assert_true(push_one(&a, 1, true));
	assert_true(push_one(&a, 1, true)); /* before the first one was heard of */
	talk(&a, &b);
	assert_int_equal(b.seq[1], 8);
	check_wants(&b, "012");
	/* Of somebody else's feed only who asked for it here before. */
	b.seq[3] = 1;
	check_ok(net_session_heads_changed(b.session));
	talk(&a, &b);
	assert_int_equal(a.seq[3], 1);
	assert_false(push_one(&a, 3, false));
	talk(&a, &b);
	check_wants(&b, "0123");
	assert_true(push_one(&a, 3, false));
	talk(&a, &b);
	/* Not what it may not read, nor what needs keys that it may lack. */
	a.readable[1] = false;
	assert_false(push_one(&a, 1, true));
	a.readable[1] = true;
	check_ok(net_session_heads_changed(a.session));
	talk(&a, &b);
	a.rows[a.row_count++] = 9;
	check_ok(net_session_state_changed(a.session, true));
	assert_false(push_one(&a, 1, true));
	talk(&a, &b);
	assert_int_equal(b.row_count, a.row_count);
	assert_true(push_one(&a, 1, true));
	talk(&a, &b);
	/* Nor while it is behind: what it asks for comes in order. */
	for (int i = 0; i < LIMIT_PUSH_ENTRIES; i++)
		a.seq[1]++;
	assert_false(push_one(&a, 1, true));
	talk(&a, &b);
	for (int i = 0; i < FEEDS; i++)
		assert_int_equal(b.seq[i], a.seq[i]);
	side_close(&a);
	side_close(&b);
}

/* Who gets it from somebody else sooner says so once, and is spared until it asks again. */
static void what_others_bring_sooner_is_not_pushed(void **state)
{
	(void)state;
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	a.seq[0] = 1, a.seq[1] = 5;
	start(&a, &b);
	b.seq[1] = 6; /* on its way to A's session as a head */
	assert_true(push_one(&a, 1, true));
	talk(&a, &b);
	assert_int_equal(net_session_progress(b.session).bytes_again, 1);
	b.seq[1] = 7;
	assert_false(push_one(&a, 1, true));
	talk(&a, &b);
	assert_int_equal(net_session_progress(b.session).bytes_again, 1);
	/* The other one left. */
	assert_false(push_one(&a, 1, true));
	talk(&a, &b);
	assert_int_equal(b.seq[1], 8);
	assert_true(push_one(&a, 1, true));
	talk(&a, &b);
	assert_int_equal(b.seq[1], 9);
	side_close(&a);
	side_close(&b);
}

static void check_hostile(uint8_t type, const char *payload, size_t size, int code)
{
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	a.seq[0] = 3;
	start(&a, &b);
	check_code(net_session_receive(a.session, type, span_of(payload, size)), code);
	side_close(&a);
	side_close(&b);
}

/* Frames of a few bytes each do not buy a look at everything each: in one turn the first ones do, and the rest together. */
static void a_flood_of_heads_is_looked_at_once_a_turn(void **state)
{
	(void)state;
	enum { FRAMES_COUNT = 1000, HEAD_BYTES = 2 + 2 + 2 + NET_HEAD_HASH_BYTES };
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	for (int i = 0; i < FEEDS; i++)
		a.seq[i] = 1;
	b.unknown = (UINT64_C(1) << FEEDS) - 1;
	b.never = true;
	start(&a, &b);
	const uint64_t before = b.looked;
	for (uint64_t i = 2; i < FRAMES_COUNT; i++) {
		struct buf heads = {0};
		wire_put_u8(&heads, 0);
		wire_put_varint(&heads, 1);
		wire_put_varint(&heads, 0);
		wire_put_varint(&heads, i);
		memset(buf_extend(&heads, NET_HEAD_HASH_BYTES), (int)i, NET_HEAD_HASH_BYTES);
		check_ok(net_session_receive(b.session, NET_FRAME_HEADS, buf_span(&heads)));
		buf_close(&heads);
	}
	assert_true(b.looked - before <= 2 * LIMIT_SESSION_ASKS * FEEDS);
	const uint64_t at_end = b.looked;
	check_ok(net_session_turn(b.session));
	const uint64_t once = b.looked - at_end;
	assert_true(once >= FEEDS); /* what came late is not forgotten */
	check_ok(net_session_turn(b.session));
	assert_int_equal(b.looked - at_end, once);
	side_close(&a);
	side_close(&b);
}

/* Names cost nothing; each that is asked for is compared with what other sessions ask for. */
static void a_flood_of_names_is_asked_for_in_parts(void **state)
{
	(void)state;
	enum { NAMES = 2000 };
	static struct side a, b;
	struct buf names = {0}, heads = {0};
	side_init(&a, &b);
	side_init(&b, &a);
	b.any_name = true;
	start(&a, &b);
	wire_put_varint(&names, NAMES);
	wire_put_u8(&heads, 0);
	wire_put_varint(&heads, NAMES);
	for (uint32_t i = 0; i < NAMES; i++) {
		uint8_t *name = buf_extend(&names, NET_FEED_NAME_BYTES);
		memset(name, 2, NET_FEED_NAME_BYTES);
		memcpy(name + 1, &i, sizeof(i));
		wire_put_varint(&heads, i);
		wire_put_varint(&heads, 1);
		memset(buf_extend(&heads, NET_HEAD_HASH_BYTES), 1, NET_HEAD_HASH_BYTES);
	}
	check_ok(net_session_receive(b.session, NET_FRAME_FEEDS, buf_span(&names)));
	check_ok(net_session_receive(b.session, NET_FRAME_HEADS, buf_span(&heads)));
	assert_int_equal(b.claims, LIMIT_NAMES_ASKED);
	buf_close(&names);
	buf_close(&heads);
	side_close(&a);
	side_close(&b);
}

/* As many as there are feeds in all; one more ends it. */
static void names_are_bounded(void **state)
{
	(void)state;
	static struct side a, b;
	struct buf names = {0};
	side_init(&a, &b);
	side_init(&b, &a);
	b.any_name = true;
	start(&a, &b);
	wire_put_varint(&names, LIMIT_SESSION_ITEMS);
	memset(buf_extend(&names, (size_t)LIMIT_SESSION_ITEMS * NET_FEED_NAME_BYTES), 2,
	        (size_t)LIMIT_SESSION_ITEMS * NET_FEED_NAME_BYTES);
	int result = 0, frames = 0;
	for (; result == 0 && frames < 8; frames++)
		result = net_session_receive(b.session, NET_FRAME_FEEDS, buf_span(&names));
	check_code(result, ERR_TOOBIG);
	assert_true(frames <= LIMIT_FEEDS / LIMIT_SESSION_ITEMS + 1);
	buf_close(&names);
	side_close(&a);
	side_close(&b);
}

static uint32_t wants_of(const struct side *side)
{
	struct wire_in in = wire_begin(buf_span(&side->sent));
	uint32_t count = 0;
	while (wire_left(&in)) {
		count += wire_u8(&in) == NET_FRAME_WANT;
		wire_blob(&in, SIZE_MAX);
	}
	return count;
}

/* Says at once that this was all, and that there is more: after a few of these it is asked once a second. */
static void who_answers_with_nothing_is_asked_less_often(void **state)
{
	(void)state;
	enum { ANSWERS = 500, FEED = 1 };
	static struct side a, b;
	side_init(&a, &b);
	side_init(&b, &a);
	a.seq[FEED] = 1;
	start(&a, &b);
	const uint32_t before = wants_of(&b);
	for (uint64_t i = 2; i < ANSWERS; i++) {
		struct buf heads = {0};
		wire_put_u8(&heads, 0);
		wire_put_varint(&heads, 1);
		wire_put_varint(&heads, 0);
		wire_put_varint(&heads, i);
		memset(buf_extend(&heads, NET_HEAD_HASH_BYTES), (int)i, NET_HEAD_HASH_BYTES);
		check_ok(net_session_receive(b.session, NET_FRAME_HEADS, buf_span(&heads)));
		check_ok(net_session_turn(b.session));
		buf_close(&heads);
		uint64_t entries;
		if (net_session_asking(b.session, &entries))
			check_ok(net_session_receive(b.session, NET_FRAME_SUPPLIED, (struct span){NULL, 0}));
	}
	assert_int_equal(wants_of(&b) - before, LIMIT_USELESS_ANSWERS);
	net_session_tick(b.session);
	check_ok(net_session_ask(b.session));
	assert_int_equal(wants_of(&b) - before, LIMIT_USELESS_ANSWERS + 1);
	/* what is useful after all makes it a colleague like others */
	const uint8_t run[] = {2, 3, 4};
	struct buf frame = {0};
	wire_put_varint(&frame, 0);
	buf_add(&frame, run, sizeof(run));
	check_ok(net_session_receive(b.session, NET_FRAME_RUN, buf_span(&frame)));
	check_ok(net_session_receive(b.session, NET_FRAME_SUPPLIED, (struct span){NULL, 0}));
	check_ok(net_session_turn(b.session));
	assert_int_equal(wants_of(&b) - before, LIMIT_USELESS_ANSWERS + 2);
	buf_close(&frame);
	for (uint32_t i = 0; i < a.queued; i++)
		buf_close(&a.queue[i].payload);
	a.queued = 0;
	side_close(&a);
	side_close(&b);
}

static void hostile_frames_end_it(void **state)
{
	(void)state;
	check_hostile(NET_FRAME_HEADS, "\x00\x01\x63\x01................", 20,
	        ERR_MALFORMED); /* a feed never named */
	check_hostile(NET_FRAME_HEADS, "\x00\xff\xff\xff\x7f", 5, ERR_TOOBIG);
	check_hostile(NET_FRAME_FEEDS, "\x01", 1, ERR_TRUNCATED);
	check_hostile(NET_FRAME_WANT, "\x01\x63\x01\x02", 4, ERR_MALFORMED);
	check_hostile(NET_FRAME_WANT, "\x01\x00\x05\x02", 4, ERR_MALFORMED); /* from after upto */
	check_hostile(NET_FRAME_SUPPLY, "\x01\x01", 2, ERR_MALFORMED); /* nothing was asked */
	check_hostile(NET_FRAME_SUPPLIED, "", 0, ERR_MALFORMED);
	check_hostile(NET_FRAME_RUN, "\x63zzz", 4, ERR_MALFORMED);
	check_hostile(NET_FRAME_CLOCK, "1234", 4, ERR_TRUNCATED);
	check_hostile(NET_FRAME_ENOUGH, "\x63", 1, ERR_MALFORMED);
	check_hostile(NET_FRAME_ENOUGH, "", 0, ERR_TRUNCATED);
	check_hostile(NET_FRAME_STATE_IDS,
	        "\x02"
	        "0123456789abcdef",
	        17, ERR_TRUNCATED);
	check_hostile(NET_FRAME_STATE_ROWS, "\x01\xff\xff\xff\xff\x0f", 6, ERR_TOOBIG);
	check_hostile(200, "whatever a later version says", 29, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(both_come_to_everything),
	        cmocka_unit_test(level_sides_say_no_names),
	        cmocka_unit_test(what_moves_meanwhile_is_told),
	        cmocka_unit_test(rights_are_part_of_the_summary),
	        cmocka_unit_test(what_may_not_be_read_is_not_mentioned),
	        cmocka_unit_test(a_name_alone_is_no_feed),
	        cmocka_unit_test(a_first_run_may_come_unasked),
	        cmocka_unit_test(useless_answers_end),
	        cmocka_unit_test(what_others_are_judged_by_comes_first),
	        cmocka_unit_test(a_claimed_feed_is_asked_for_when_it_is_free),
	        cmocka_unit_test(a_feed_at_rest_stops_nothing),
	        cmocka_unit_test(only_who_lacks_just_that_gets_it_unasked),
	        cmocka_unit_test(what_others_bring_sooner_is_not_pushed),
	        cmocka_unit_test(a_flood_of_heads_is_looked_at_once_a_turn),
	        cmocka_unit_test(a_flood_of_names_is_asked_for_in_parts),
	        cmocka_unit_test(names_are_bounded),
	        cmocka_unit_test(who_answers_with_nothing_is_asked_less_often),
	        cmocka_unit_test(hostile_frames_end_it),
	};
	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
