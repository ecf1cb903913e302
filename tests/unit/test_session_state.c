/* Two sessions whose owners have nothing but replicated state: what is said of it follows from what the two lack, not from what they have. */
#include "tests/lib/check.h"

#include <stdlib.h>

#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "crdt/base/wire.h"
#include "net/session.h"

enum { ROWS_MAX = 20000, FRAMES = 40000, WORD = 1 << 30 };

/* A row is four bytes, a number. Those from WORD on are words: the name in the tens, the version in the last digit. */
struct side {
	struct net_session *session;
	struct net_session_host host;
	struct side *other;
	uint32_t rows[ROWS_MAX], count, questions, answered;
	uint64_t question_bytes;
	uint8_t row[4];
	struct {
		uint8_t type;
		struct buf payload;
	} queue[FRAMES];
	uint32_t queued, taken;
};

static struct side a, b;

static uint32_t no_feeds(void *context)
{
	(void)context;
	return 0;
}

static uint64_t rights_mark(void *context)
{
	(void)context;
	return 1;
}

static void digest(void *context, struct net_session *session, uint8_t out[NET_DIGEST_BYTES])
{
	const struct side *side = context;
	(void)session;
	memset(out, 0, NET_DIGEST_BYTES);
	for (uint32_t i = 0; i < side->count; i++) {
		uint64_t part = (uint64_t)side->rows[i] * UINT64_C(0x9e3779b97f4a7c15);
		uint8_t *half = out + (side->rows[i] >= WORD ? 0 : NET_DIGEST_BYTES / 2);
		for (unsigned j = 0; j < 8; j++)
			half[j] = (uint8_t)(half[j] ^ part >> (8 * j));
	}
}

static uint32_t state_count(void *context, struct net_session *session)
{
	(void)session;
	return ((struct side *)context)->count;
}

static struct net_state_id state_id(void *context, struct net_session *session, uint32_t index)
{
	struct net_state_id id = {{0}};
	(void)session;
	memcpy(id.bytes, &((struct side *)context)->rows[index], 4);
	return id;
}

static struct span state_row(void *context, struct net_session *session, uint32_t index)
{
	struct side *side = context;
	(void)session;
	side->answered++;
	memcpy(side->row, &side->rows[index], 4);
	return span_of(side->row, 4);
}

static bool state_word(
        void *context, struct net_session *session, uint32_t index, struct net_state_word *word)
{
	const uint32_t row = ((struct side *)context)->rows[index];
	(void)session;
	*word = (struct net_state_word){{(uint8_t)((row - WORD) / 10)}, (row - WORD) % 10};
	return row >= WORD;
}

static int row_cmp(const void *x, const void *y)
{
	const uint32_t left = *(const uint32_t *)x, right = *(const uint32_t *)y;
	return (left > right) - (left < right);
}

static int state_put(void *context, struct net_session *session, struct span bytes)
{
	struct side *side = context;
	uint32_t row;
	(void)session;
	assert_int_equal(bytes.size, 4);
	memcpy(&row, bytes.data, 4);
	for (uint32_t i = 0; i < side->count; i++) {
		if (side->rows[i] == row)
			return 0;
		if (row >= WORD && side->rows[i] >= WORD && side->rows[i] / 10 == row / 10) {
			side->rows[i] = side->rows[i] > row ? side->rows[i] : row;
			return 1;
		}
	}
	assert_true(side->count < ROWS_MAX);
	side->rows[side->count++] = row;
	return 1;
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
	struct side *side = context, *other = side->other;
	(void)session;
	assert_true(other->queued < FRAMES);
	other->queue[other->queued].type = type;
	other->queue[other->queued].payload = (struct buf){0};
	buf_add_span(&other->queue[other->queued++].payload, payload);
	if (type == NET_FRAME_STATE_IDS) {
		side->questions++;
		side->question_bytes += payload.size;
	}
	return 0;
}

static bool state_claim(void *context, struct net_session *session)
{
	(void)context;
	(void)session;
	return true;
}

static void salt(void *context, uint8_t out[NET_SALT_BYTES])
{
	memset(out, (int)((struct side *)context)->questions + 1, NET_SALT_BYTES);
}

static void side_init(struct side *side, struct side *other)
{
	memset(side, 0, sizeof(*side));
	side->other = other;
	side->host = (struct net_session_host){.context = side,
	        .feed_count = no_feeds,
	        .rights_mark = rights_mark,
	        .state_digest = digest,
	        .state_count = state_count,
	        .state_id = state_id,
	        .state_row = state_row,
	        .state_put = state_put,
	        .clock = take_clock,
	        .level = level,
	        .send = send_frame,
	        .state_claim = state_claim,
	        .state_word = state_word,
	        .salt = salt};
}

static int take(struct side *side)
{
	if (side->taken == side->queued)
		return 1;
	const uint32_t at = side->taken++;
	int result = net_session_receive(
	        side->session, side->queue[at].type, buf_span(&side->queue[at].payload));
	buf_close(&side->queue[at].payload);
	return result;
}

/* `both` rows that both have, and so many that only one of them has. */
static void setup(uint32_t both, uint32_t only_a, uint32_t only_b)
{
	side_init(&a, &b);
	side_init(&b, &a);
	for (uint32_t i = 0; i < both; i++)
		a.rows[a.count++] = b.rows[b.count++] = 2 * i;
	for (uint32_t i = 0; i < only_a; i++)
		a.rows[a.count++] = 100001 + 4 * i;
	for (uint32_t i = 0; i < only_b; i++)
		b.rows[b.count++] = 100003 + 4 * i;
}

static void talk(void)
{
	a.session = net_session_new(&a.host, 1, 0);
	b.session = net_session_new(&b.host, 1, 0);
	for (int ra = 0, rb = 0; ra != 1 || rb != 1;) {
		ra = take(&a);
		rb = take(&b);
		assert_true(ra >= 0 && rb >= 0);
	}
	assert_true(net_session_state_settled(a.session) && net_session_state_settled(b.session));
	net_session_free(a.session);
	net_session_free(b.session);
	qsort(a.rows, a.count, sizeof(a.rows[0]), row_cmp);
	qsort(b.rows, b.count, sizeof(b.rows[0]), row_cmp);
	assert_int_equal(a.count, b.count);
	assert_memory_equal(a.rows, b.rows, a.count * sizeof(a.rows[0]));
}

static void level_sides_ask_nothing(void **state)
{
	(void)state;
	setup(5000, 0, 0);
	talk();
	assert_int_equal(a.questions + b.questions, 0);
}

/* One new patient is a packet for each of eleven colleagues, among the four thousand of a team. */
static void a_small_difference_costs_little(void **state)
{
	(void)state;
	setup(4224, 11, 0);
	talk();
	assert_int_equal(a.questions, 1);
	assert_int_equal(b.questions, 1);
	assert_int_equal(a.answered, 11);
	assert_int_equal(b.answered, 0);
	assert_true(a.question_bytes < 900 && b.question_bytes < 900);
	const uint64_t few = a.question_bytes;
	setup(16000, 11, 0);
	talk();
	assert_int_equal(a.question_bytes, few);
}

/* Where a sketch does not open it is asked again, with more. */
static void a_large_difference_is_found_too(void **state)
{
	(void)state;
	for (uint32_t only = 30; only <= 3000; only *= 10) {
		setup(5000, only, only / 2);
		talk();
		assert_int_equal(a.count, 5000 + only + only / 2);
		assert_int_equal(a.answered, only); /* each once, however often it was asked */
		assert_true(a.question_bytes <= 8 * a.count * 2);
	}
	setup(0, 3000, 2000);
	talk();
	setup(0, 3, 0);
	talk();
	assert_int_equal(a.answered, 3);
}

/* Of words, the newer goes to who has the older, and nothing goes back. */
static void only_newer_words_are_sent(void **state)
{
	(void)state;
	setup(1000, 0, 0);
	for (uint32_t i = 0; i < 12; i++) {
		a.rows[a.count++] = WORD + 10 * i + (i < 5 ? 3 : 1);
		if (i != 11)
			b.rows[b.count++] = WORD + 10 * i + (i < 6 ? 2 : 1);
	}
	talk();
	assert_int_equal(a.answered, 6); /* five newer ones, and one that was missing */
	assert_int_equal(b.answered, 1);
	assert_true(b.question_bytes < 17 + 1 + 12 * 10);
}

static int receive(uint8_t type, const char *payload, size_t size)
{
	setup(3, 1, 0);
	a.session = net_session_new(&a.host, 1, 0);
	b.session = net_session_new(&b.host, 1, 0);
	while (a.questions == 0)
		assert_true(take(&a) == 0 && take(&b) == 0);
	const int result = net_session_receive(a.session, type, span_of(payload, size));
	while (a.taken < a.queued)
		buf_close(&a.queue[a.taken++].payload);
	while (b.taken < b.queued)
		buf_close(&b.queue[b.taken++].payload);
	net_session_free(a.session);
	net_session_free(b.session);
	return result;
}

static void hostile_questions_end_it(void **state)
{
	(void)state;
	static const char salted[] = "0123456789abcdef";
	char bytes[80] = {0};
	memcpy(bytes + 1, salted, 16);
	bytes[0] = 8; /* a flag that nobody knows */
	check_code(receive(NET_FRAME_STATE_IDS, bytes, 17), ERR_MALFORMED);
	bytes[0] = 6; /* a list and a sketch */
	check_code(receive(NET_FRAME_STATE_IDS, bytes, 19), ERR_MALFORMED);
	bytes[0] = 4;
	bytes[17] = 3; /* a sketch too small to be one */
	check_code(receive(NET_FRAME_STATE_IDS, bytes, 17 + 1 + 3 * 13), ERR_MALFORMED);
	bytes[17] = 4; /* whole, and empty */
	check_code(receive(NET_FRAME_STATE_IDS, bytes, 17 + 1 + 4 * 13), 0);
	bytes[0] = 2;
	bytes[17] = 2; /* a list out of order */
	bytes[18] = 9;
	check_code(receive(NET_FRAME_STATE_IDS, bytes, 17 + 1 + 16), ERR_MALFORMED);
	bytes[0] = 1; /* words that are not there */
	bytes[17] = 3;
	check_code(receive(NET_FRAME_STATE_IDS, bytes, 30), ERR_TRUNCATED);
	/* A list says everything: nobody may ask for more. */
	check_code(receive(NET_FRAME_STATE_ROWS, "\x00\x01", 2), ERR_MALFORMED);
	check_code(receive(NET_FRAME_STATE_ROWS, "\x00\x02", 2), ERR_MALFORMED);
	check_code(receive(NET_FRAME_STATE_ROWS, "\x00", 1), ERR_TRUNCATED);
	check_code(receive(NET_FRAME_STATE_ROWS, "\x00\x00", 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(level_sides_ask_nothing),
	        cmocka_unit_test(a_small_difference_costs_little),
	        cmocka_unit_test(a_large_difference_is_found_too),
	        cmocka_unit_test(only_newer_words_are_sent),
	        cmocka_unit_test(hostile_questions_end_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
