/* Early copies between two machines: the question, the offer, the copies, the end; and what a peer must not do (net/README.md, section 8). */
#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "net/early.h"
#include "tests/lib/golden.h"

enum { FRAMES_MAX = 32 };

struct frame {
	uint8_t type;
	struct buf payload;
};

struct side {
	struct net_early_host host;
	struct net_early early;
	struct frame sent[FRAMES_MAX];
	uint32_t sent_count;
	uint32_t copies, given; /* that this side gives */
	bool later; /* not now */
	uint32_t days, held_count; /* of the question that came */
	struct buf taken;
};

static int asked(void *context, const struct net_early_want *want, struct net_early_offer *offer)
{
	struct side *side = context;
	side->days = want->days;
	side->held_count = want->held_count;
	*offer = (struct net_early_offer){side->copies, 7 * side->copies};
	return 0;
}

static int give(void *context, struct buf *out)
{
	struct side *side = context;
	if (side->later)
		return NET_EARLY_LATER;
	if (side->given == side->copies)
		return 0;
	side->given++;
	buf_add_span(out, span_text("dossier"));
	return 1;
}

static int take(void *context, struct span copy)
{
	buf_add_span(&((struct side *)context)->taken, copy);
	return 0;
}

static int send(void *context, uint8_t type, struct span payload)
{
	struct side *side = context;
	assert_in_range(side->sent_count, 0, FRAMES_MAX - 1);
	struct frame *frame = &side->sent[side->sent_count++];
	frame->type = type;
	frame->payload = (struct buf){0};
	buf_add_span(&frame->payload, payload);
	return 0;
}

static void side_open(struct side *side, uint32_t copies)
{
	*side = (struct side){.copies = copies};
	side->host = (struct net_early_host){side, asked, give, take, send};
	side->early.host = &side->host;
}

static void side_close(struct side *side)
{
	for (uint32_t i = 0; i < side->sent_count; i++)
		buf_close(&side->sent[i].payload);
	buf_close(&side->taken);
}

static void carry(struct side *from, struct side *to)
{
	for (uint32_t i = 0; i < from->sent_count; i++) {
		check_ok(net_early_receive(
		        &to->early, 5, from->sent[i].type, buf_span(&from->sent[i].payload)));
		buf_close(&from->sent[i].payload);
	}
	from->sent_count = 0;
}

static void test_course(void **state)
{
	struct side newcomer, other;
	const struct record_id held[] = {{{1}}, {{2}}};
	(void)state;
	side_open(&newcomer, 0);
	side_open(&other, 3);
	assert_int_equal(net_early_due_ms(&newcomer.early), 0);
	check_ok(net_early_want(&newcomer.early, 1, &(struct net_early_want){31, held, 2}));
	assert_int_equal(net_early_due_ms(&newcomer.early), 1 + LIMIT_EARLY_QUIET_MS);
	golden_check("net/early-want.hex", buf_span(&newcomer.sent[0].payload));
	carry(&newcomer, &other);
	assert_int_equal(other.days, 31);
	assert_int_equal(other.held_count, 2);
	other.later = true;
	check_code(net_early_pump(&other.early, 100), 0);
	other.later = false;
	check_code(net_early_pump(&other.early, 10), 1); /* two, and no room for a third */
	golden_check("net/early-offer.hex", buf_span(&other.sent[0].payload));
	carry(&other, &newcomer);
	assert_int_equal(newcomer.early.offer.copies, 3);
	assert_int_equal(newcomer.early.offer.bytes, 21);
	assert_int_equal(newcomer.early.copies, 2);
	assert_int_equal(net_early_due_ms(&newcomer.early), 5 + LIMIT_EARLY_QUIET_MS);
	check_code(net_early_pump(&other.early, 100), 0);
	carry(&other, &newcomer);
	assert_int_equal(newcomer.early.state, NET_EARLY_OVER);
	assert_int_equal(net_early_due_ms(&newcomer.early), 0);
	check_span(buf_span(&newcomer.taken), span_text("dossierdossierdossier"));
	side_close(&newcomer);
	side_close(&other);
}

/* Who trickles is waited for LIMIT_EARLY_MS in all. */
static void test_trickle(void **state)
{
	struct side newcomer;
	struct buf offer = {0};
	uint64_t now_ms = 1;
	(void)state;
	side_open(&newcomer, 0);
	check_ok(net_early_want(&newcomer.early, now_ms, &(struct net_early_want){31, NULL, 0}));
	wire_put_varint(&offer, LIMIT_EARLY_COPIES);
	wire_put_varint(&offer, 1);
	check_ok(net_early_receive(&newcomer.early, now_ms, NET_FRAME_EARLY_OFFER, buf_span(&offer)));
	while (now_ms < net_early_due_ms(&newcomer.early)) {
		now_ms += LIMIT_EARLY_QUIET_MS - 1;
		check_ok(net_early_receive(&newcomer.early, now_ms, NET_FRAME_EARLY_COPY, span_text("x")));
	}
	assert_in_range(now_ms, LIMIT_EARLY_MS, LIMIT_EARLY_MS + LIMIT_EARLY_QUIET_MS);
	buf_close(&offer);
	side_close(&newcomer);
}

static int receive(struct side *side, uint8_t type, struct span payload)
{
	return net_early_receive(&side->early, 2, type, payload);
}

static struct span offer_of(struct buf *space, uint64_t copies)
{
	buf_clear(space);
	wire_put_varint(space, copies);
	wire_put_varint(space, 1);
	return buf_span(space);
}

static void test_must_not(void **state)
{
	struct side side;
	struct buf space = {0};
	const struct net_early_want want = {31, NULL, 0};
	(void)state;
	/* What was not asked for. */
	side_open(&side, 1);
	check_code(receive(&side, NET_FRAME_EARLY_OFFER, offer_of(&space, 1)), ERR_MALFORMED);
	check_code(receive(&side, NET_FRAME_EARLY_COPY, span_text("x")), ERR_MALFORMED);
	check_code(receive(&side, NET_FRAME_EARLY_END, (struct span){0}), ERR_MALFORMED);
	/* More than was offered, or than anybody has; a copy before the offer. */
	check_ok(net_early_want(&side.early, 1, &want));
	check_code(receive(&side, NET_FRAME_EARLY_COPY, span_text("x")), ERR_MALFORMED);
	check_code(receive(&side, NET_FRAME_EARLY_OFFER, offer_of(&space, LIMIT_EARLY_COPIES + 1)),
	        ERR_MALFORMED);
	check_ok(receive(&side, NET_FRAME_EARLY_OFFER, offer_of(&space, 1)));
	check_code(receive(&side, NET_FRAME_EARLY_OFFER, offer_of(&space, 1)), ERR_MALFORMED);
	check_ok(receive(&side, NET_FRAME_EARLY_COPY, span_text("x")));
	check_code(receive(&side, NET_FRAME_EARLY_COPY, span_text("x")), ERR_MALFORMED);
	check_code(receive(&side, NET_FRAME_EARLY_END, span_text("x")), ERR_MALFORMED);
	check_ok(receive(&side, NET_FRAME_EARLY_END, (struct span){0}));
	check_code(receive(&side, NET_FRAME_EARLY_END, (struct span){0}), ERR_MALFORMED);
	/* A question with ids in disorder, cut short, or a second one. */
	const struct record_id ids[] = {{{2}}, {{1}}};
	buf_clear(&space);
	wire_put_varint(&space, 31);
	wire_put_varint(&space, 2);
	buf_add(&space, ids, sizeof(ids));
	check_code(receive(&side, NET_FRAME_EARLY_WANT, buf_span(&space)), ERR_MALFORMED);
	assert_true(receive(&side, NET_FRAME_EARLY_WANT, span_of(space.data, space.size - 1)) < 0);
	check_ok(receive(&side, NET_FRAME_EARLY_WANT,
	        span_of((const uint8_t *)"\x1f\0", 2))); /* 31 days, nothing held */
	check_code(
	        receive(&side, NET_FRAME_EARLY_WANT, span_of((const uint8_t *)"\x1f\0", 2)), ERR_MALFORMED);
	check_code(net_early_pump(&side.early, 100), 0);
	check_code(
	        receive(&side, NET_FRAME_EARLY_WANT, span_of((const uint8_t *)"\x1f\0", 2)), ERR_MALFORMED);
	buf_close(&space);
	side_close(&side);
}

/* Each side says whether its own copy is partial, when that changes. */
static void test_partial(void **state)
{
	struct side newcomer, other;
	(void)state;
	side_open(&newcomer, 0);
	side_open(&other, 0);
	check_ok(net_early_tell(&newcomer.early, false));
	assert_int_equal(newcomer.sent_count, 0); /* which is what is taken for granted */
	check_ok(net_early_tell(&newcomer.early, true));
	check_ok(net_early_tell(&newcomer.early, true));
	assert_int_equal(newcomer.sent_count, 1);
	carry(&newcomer, &other);
	assert_true(other.early.peer_partial);
	check_ok(net_early_want(&other.early, 1, &(struct net_early_want){31, NULL, 0}));
	check_ok(net_early_tell(&newcomer.early, false));
	carry(&newcomer, &other);
	assert_false(other.early.peer_partial);
	assert_int_equal(net_early_due_ms(&other.early), 1 + LIMIT_EARLY_QUIET_MS); /* it is no answer */
	check_code(net_early_receive(&other.early, 5, NET_FRAME_EARLY_PARTIAL, span_text("\x02")),
	        ERR_MALFORMED);
	check_code(net_early_receive(&other.early, 5, NET_FRAME_EARLY_PARTIAL, span_text("")), ERR_MALFORMED);
	check_code(net_early_receive(&other.early, 5, NET_FRAME_EARLY_PARTIAL, span_text("\x01\x01")),
	        ERR_MALFORMED);
	side_close(&newcomer);
	side_close(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_course),
	        cmocka_unit_test(test_trickle),
	        cmocka_unit_test(test_must_not),
	        cmocka_unit_test(test_partial),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
