/* Pieces between two machines: who has what, one piece after the other, and what a peer must not do (net/README.md, section 6). */
#include "tests/lib/check.h"

#include <string.h>

#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "net/pieces.h"
#include "tests/lib/golden.h"

enum { THINGS = 4, PIECES = 5, FRAMES_MAX = 64, ALL = NET_PIECES_SAY | NET_PIECES_ASK | NET_PIECES_GIVE };

struct frame {
	uint8_t type;
	struct buf payload;
};

/* One side: things 0 .. 3 of 5 pieces each, and what is sent and not received yet. */
struct side {
	struct net_pieces_host host;
	struct net_pieces pieces;
	bool held[THINGS][PIECES], on_disk;
	bool believes[THINGS], is_known[THINGS];
	uint64_t whole_at[THINGS], mark;
	struct frame sent[FRAMES_MAX];
	uint32_t sent_count, store_count;
	bool wants_none;
};

static struct net_blob_address thing(uint32_t number)
{
	return (struct net_blob_address){{(uint8_t)(number + 1)}};
}

static uint32_t number_of(const struct net_blob_address *address)
{
	assert_in_range(address->bytes[0], 1, THINGS);
	return address->bytes[0] - 1u;
}

static bool is_whole(const struct side *side, uint32_t number)
{
	for (uint32_t i = 0; i < PIECES; i++)
		if (!side->held[number][i])
			return false;
	return true;
}

static bool knows_any(void *context)
{
	const struct side *side = context;
	for (uint32_t i = 0; i < THINGS; i++)
		if (side->is_known[i])
			return true;
	return false;
}

static void whole(void *context, uint64_t *mark, struct buf *out)
{
	struct side *side = context;
	for (uint32_t i = 0; i < THINGS; i++)
		if (is_whole(side, i) && side->whole_at[i] > *mark)
			buf_add(out, thing(i).bytes, NET_BLOB_ADDRESS_BYTES);
	*mark = side->mark;
}

static uint64_t whole_mark(void *context)
{
	return ((struct side *)context)->mark;
}

static struct span believed(void *context)
{
	static uint8_t list[THINGS * NET_BLOB_ADDRESS_BYTES];
	const struct side *side = context;
	size_t size = 0;
	for (uint32_t i = 0; i < THINGS; i++)
		if (side->believes[i]) {
			memcpy(list + size, thing(i).bytes, NET_BLOB_ADDRESS_BYTES);
			size += NET_BLOB_ADDRESS_BYTES;
		}
	return span_of(list, size);
}

static bool told(void *context, const struct net_blob_address *addresses, uint32_t count, bool anew)
{
	struct side *side = context;
	bool all = true;
	if (anew)
		memset(side->believes, 0, sizeof(side->believes));
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t number = number_of(&addresses[i]);
		all &= side->is_known[number];
		side->believes[number] |= side->is_known[number];
	}
	return all;
}

static void denied(void *context, const struct net_blob_address *address)
{
	((struct side *)context)->believes[number_of(address)] = false;
}

static uint64_t known_mark(void *context)
{
	const struct side *side = context;
	uint64_t count = 0;
	for (uint32_t i = 0; i < THINGS; i++)
		count += side->is_known[i];
	return count;
}

static int piece(void *context, const struct net_blob_address *address, uint32_t index, struct buf *out)
{
	const struct side *side = context;
	if (index >= PIECES || !side->held[number_of(address)][index])
		return ERR_NOTFOUND;
	buf_add_span(out, span_text("piece"));
	return 0;
}

static bool next(void *context, struct net_blob_address *address, uint32_t *index)
{
	const struct side *side = context;
	for (uint32_t i = 0; i < THINGS && !side->wants_none; i++)
		for (uint32_t j = 0; side->believes[i] && j < PIECES; j++)
			if (!side->held[i][j]) {
				*address = thing(i);
				*index = j;
				return true;
			}
	return false;
}

static int store(void *context, const struct net_blob_address *address, uint32_t index, struct span bytes)
{
	struct side *side = context;
	if (!span_eq(bytes, span_text("piece")))
		return ERR_BADSEAL;
	side->store_count++;
	const uint32_t number = number_of(address);
	side->held[number][index] = true;
	if (is_whole(side, number))
		side->whole_at[number] = ++side->mark;
	return 0;
}

static bool stored(void *context, const struct net_blob_address *address, uint32_t index)
{
	const struct side *side = context;
	return side->on_disk && side->held[number_of(address)][index];
}

static int send_frame(void *context, uint8_t type, struct span payload)
{
	struct side *side = context;
	assert_true(side->sent_count < FRAMES_MAX);
	struct frame *frame = &side->sent[side->sent_count++];
	*frame = (struct frame){.type = type};
	buf_add_span(&frame->payload, payload);
	return 0;
}

static void side_init(struct side *side, bool has_all)
{
	memset(side, 0, sizeof(*side));
	side->host = (struct net_pieces_host){side, knows_any, whole, whole_mark, believed, told, denied,
	        known_mark, piece, next, store, stored, send_frame};
	side->pieces.host = &side->host;
	side->on_disk = true;
	memset(side->is_known, 1, sizeof(side->is_known));
	for (uint32_t i = 0; has_all && i < THINGS; i++) {
		memset(side->held[i], 1, sizeof(side->held[i]));
		side->whole_at[i] = ++side->mark;
	}
}

/* Everything that `from` sent comes to `to`. */
static int deliver(struct side *from, struct side *to)
{
	int result = 0;
	for (uint32_t i = 0; i < from->sent_count; i++) {
		if (result == 0)
			result = net_pieces_receive(
			        &to->pieces, from->sent[i].type, buf_span(&from->sent[i].payload));
		buf_close(&from->sent[i].payload);
	}
	from->sent_count = 0;
	return result;
}

static void turn(struct side *side)
{
	check_ok(net_pieces_turn(&side->pieces, 0, ALL));
}

static void meet(struct side *left, struct side *right, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		turn(left);
		check_ok(deliver(left, right));
		turn(right);
		check_ok(deliver(right, left));
	}
}

static void test_all_comes(void **state)
{
	static struct side left, right;
	(void)state;
	side_init(&left, true);
	side_init(&right, false);
	meet(&left, &right, 40);
	for (uint32_t i = 0; i < THINGS; i++) {
		assert_true(is_whole(&right, i));
		assert_true(left.believes[i] && right.believes[i]);
	}
	assert_int_equal(right.store_count, THINGS * PIECES);
	/* The next meeting says who has what in one frame each. */
	left.pieces = (struct net_pieces){.host = &left.host};
	right.pieces = (struct net_pieces){.host = &right.host};
	turn(&left);
	turn(&right);
	assert_int_equal(left.sent_count, 1);
	assert_int_equal(right.sent_count, 1);
	check_ok(deliver(&left, &right));
	check_ok(deliver(&right, &left));
	turn(&left);
	turn(&right);
	assert_int_equal(left.sent_count + right.sent_count, 0);
}

/* A piece is on the disk before the next is asked for; nothing is asked or given while something goes before. */
static void test_one_at_a_time(void **state)
{
	static struct side left, right;
	(void)state;
	side_init(&left, true);
	side_init(&right, false);
	right.on_disk = false;
	meet(&left, &right, 10);
	assert_int_equal(right.store_count, 1);
	assert_int_equal(right.pieces.state, NET_PIECES_STORING);
	right.on_disk = true;
	check_ok(net_pieces_turn(&right.pieces, 0, NET_PIECES_GIVE));
	assert_int_equal(right.sent_count, 0);
	turn(&right);
	assert_int_equal(right.sent_count, 1);
	check_ok(deliver(&right, &left));
	check_ok(net_pieces_turn(&left.pieces, 0, NET_PIECES_SAY | NET_PIECES_ASK));
	assert_int_equal(left.sent_count, 0);
	turn(&left);
	assert_int_equal(left.sent_count, 1);
	check_ok(deliver(&left, &right));
	assert_int_equal(right.store_count, 2);
}

/* What was said before its entry came is asked for again. */
static void test_known_later(void **state)
{
	static struct side left, right;
	(void)state;
	side_init(&left, true);
	side_init(&right, false);
	right.is_known[2] = false;
	meet(&left, &right, 40);
	assert_false(right.believes[2]);
	right.is_known[2] = true;
	meet(&left, &right, 20);
	assert_true(is_whole(&right, 2));
}

static void test_slow_and_denied(void **state)
{
	static struct side left, right;
	(void)state;
	side_init(&left, true);
	side_init(&right, false);
	meet(&left, &right, 2);
	turn(&right);
	right.sent_count = 0; /* the question is lost on its way */
	const struct net_blob_address asked = right.pieces.address;
	assert_true(net_pieces_fetches(&right.pieces, &asked));
	assert_int_equal(net_pieces_due_ms(&right.pieces), LIMIT_PIECE_MS);
	check_ok(net_pieces_turn(&right.pieces, LIMIT_PIECE_MS, ALL));
	assert_false(net_pieces_fetches(&right.pieces, &asked));
	assert_int_equal(right.sent_count, 0); /* nothing more is asked of it */
	/* Late is better than never. */
	struct buf none = {0};
	buf_add(&none, asked.bytes, sizeof(asked.bytes));
	buf_add(&none, "", 1);
	none.data[32] = (uint8_t)right.pieces.index;
	check_ok(net_pieces_receive(&right.pieces, NET_FRAME_PIECE_NONE, buf_span(&none)));
	assert_false(right.believes[number_of(&asked)]);
	assert_int_equal(right.pieces.state, NET_PIECES_IDLE);
	buf_close(&none);
}

/* Half of the time is the line's others': a piece that took a second is followed by a second of rest, and one that took a minute by a few. */
static void test_share(void **state)
{
	static struct side left, right;
	const struct {
		uint64_t took_ms, rest_ms;
	} cases[] = {{0, 0}, {1, 1}, {1000, 1000}, {29000, LIMIT_PIECES_REST_MS}};
	uint64_t now_ms = 0;
	(void)state;
	side_init(&left, true);
	side_init(&right, false);
	meet(&left, &right, 1); /* and the list comes, and something is asked for */
	turn(&left);
	check_ok(deliver(&left, &right));
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		check_ok(net_pieces_turn(&right.pieces, now_ms, ALL));
		assert_int_equal(right.sent_count, 1);
		check_ok(deliver(&right, &left));
		turn(&left);
		now_ms += cases[i].took_ms;
		check_ok(deliver(&left, &right));
		if (cases[i].rest_ms) {
			check_ok(net_pieces_turn(&right.pieces, now_ms, ALL));
			assert_int_equal(right.sent_count, 0);
			assert_true(net_pieces_fetches(&right.pieces, &right.pieces.address));
			now_ms += cases[i].rest_ms;
			assert_int_equal(net_pieces_due_ms(&right.pieces), now_ms);
			check_ok(net_pieces_turn(&right.pieces, now_ms - 1, ALL));
			assert_int_equal(right.sent_count, 0);
		}
	}
	check_ok(net_pieces_turn(&right.pieces, now_ms, ALL));
	assert_int_equal(right.sent_count, 1);
	assert_int_equal(right.store_count, 4);
	buf_close(&right.sent[0].payload);
}

/* With no room for pieces, who has what is told all the same. */
static void test_no_room(void **state)
{
	static struct side left, right;
	(void)state;
	side_init(&left, true);
	side_init(&right, false);
	for (unsigned i = 0; i < 6; i++) {
		check_ok(net_pieces_turn(&left.pieces, 0, NET_PIECES_SAY));
		check_ok(deliver(&left, &right));
		check_ok(net_pieces_turn(&right.pieces, 0, NET_PIECES_SAY));
		check_ok(deliver(&right, &left));
	}
	assert_int_equal(right.store_count, 0);
	assert_true(right.believes[0]);
	turn(&right);
	check_ok(deliver(&right, &left));
	check_ok(net_pieces_turn(&left.pieces, 0, NET_PIECES_SAY | NET_PIECES_ASK));
	assert_int_equal(left.sent_count, 0);
	turn(&left);
	check_ok(deliver(&left, &right));
	assert_int_equal(right.store_count, 1);
}

static void test_hostile(void **state)
{
	static struct side side;
	struct buf want = {0}, many = {0};
	(void)state;
	buf_add(&want, thing(0).bytes, NET_BLOB_ADDRESS_BYTES);
	buf_add(&want, "", 1);
	side_init(&side, true);
	/* Not asked for. */
	check_code(net_pieces_receive(&side.pieces, NET_FRAME_PIECE, buf_span(&want)), ERR_MALFORMED);
	check_code(net_pieces_receive(&side.pieces, NET_FRAME_PIECE_NONE, buf_span(&want)), ERR_MALFORMED);
	/* A second question before the answer. */
	check_ok(net_pieces_receive(&side.pieces, NET_FRAME_PIECE_WANT, buf_span(&want)));
	check_code(net_pieces_receive(&side.pieces, NET_FRAME_PIECE_WANT, buf_span(&want)), ERR_MALFORMED);
	/* Frames of another form. */
	check_code(net_pieces_receive(&side.pieces, NET_FRAME_PIECES_TELL, span_text("x")), ERR_MALFORMED);
	check_code(net_pieces_receive(&side.pieces, NET_FRAME_PIECES_DIGEST, span_text("x")), ERR_MALFORMED);
	check_code(
	        net_pieces_receive(&side.pieces, NET_FRAME_PIECES_HELD, span_text("\1\1x")), ERR_MALFORMED);
	wire_put_u8(&many, 1);
	wire_put_varint(&many, LIMIT_PIECES_ITEMS + 1);
	buf_extend(&many, (LIMIT_PIECES_ITEMS + 1) * NET_BLOB_ADDRESS_BYTES);
	check_code(net_pieces_receive(&side.pieces, NET_FRAME_PIECES_HELD, buf_span(&many)), ERR_MALFORMED);
	buf_close(&want);
	buf_close(&many);
}

/* The bytes of every frame. */
static void test_golden(void **state)
{
	static struct side left, right;
	struct buf all = {0};
	(void)state;
	side_init(&left, true);
	side_init(&right, false);
	for (unsigned round = 0; round < 3; round++) {
		struct side *sides[] = {&left, &right};
		for (unsigned i = 0; i < 2; i++) {
			turn(sides[i]);
			for (uint32_t j = 0; j < sides[i]->sent_count; j++) {
				wire_put_u8(&all, sides[i]->sent[j].type);
				wire_put_blob(&all, buf_span(&sides[i]->sent[j].payload));
			}
			check_ok(deliver(sides[i], sides[1 - i]));
		}
	}
	golden_check("net/pieces.hex", buf_span(&all));
	buf_close(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_all_comes),
	        cmocka_unit_test(test_one_at_a_time),
	        cmocka_unit_test(test_known_later),
	        cmocka_unit_test(test_slow_and_denied),
	        cmocka_unit_test(test_share),
	        cmocka_unit_test(test_no_room),
	        cmocka_unit_test(test_hostile),
	        cmocka_unit_test(test_golden),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
