/*
 * A member's device that floods, stalls or lies: it costs others time, and nobody anything that was saved. Everything that it says it copied before its
 * own program went down.
 */
#include "net/session.h"
#include "node/node_state.h"
#include "tests/lib/questions.h"
#include "tests/sim/sim_rogue.h"
#include "tests/sim/sim_rogue_state.h"

enum { AHEAD = 1000, NAMES = 300, FRAMES = 40 };

/* ---- What is said ------------------------------------------------------------------------------------------------ */

static void put_head(struct buf *out, uint64_t index, uint64_t seq, uint64_t salt)
{
	wire_put_varint(out, index);
	wire_put_varint(out, seq);
	memset(buf_extend(out, NET_HEAD_HASH_BYTES), (int)salt, NET_HEAD_HASH_BYTES);
}

/* All feeds of the member's device, further than anybody has them; and the first run of the team's founding. */
static void prepare(struct sim_member *member, struct rogue *rogue)
{
	struct node *node = member->device.node;
	struct log *log = node_log(node);
	struct log_reader reader = {0};
	struct store_txn *txn;
	wire_put_varint(&rogue->feeds, log_feed_count(log));
	wire_put_u8(&rogue->heads, 1);
	wire_put_varint(&rogue->heads, log_feed_count(log));
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		buf_add(&rogue->feeds, feed->device.bytes, sizeof(feed->device.bytes));
		wire_put_u8(&rogue->feeds, (uint8_t)feed->compartment);
		buf_add(&rogue->feeds, feed->incarnation.bytes, sizeof(feed->incarnation.bytes));
		put_head(&rogue->heads, i, feed->committed_seq + AHEAD, i);
	}
	if (node_begin_read(node, &txn))
		return;
	for (uint32_t i = 0; i < log_feed_count(log) && rogue->run.size == 0; i++) {
		if (log_feed(log, i)->compartment != COMPARTMENT_MEMBERSHIP ||
		        log_read_run(log, txn, &reader, i, 1) != 0)
			continue;
		wire_put_varint(&rogue->run, i);
		buf_add_span(&rogue->run, reader.bytes);
	}
	log_reader_close(&reader);
	store_abort(txn);
}

static void summarize(struct rogue *rogue)
{
	struct buf summary = {0};
	question_summary(&summary);
	sim_rogue_say(rogue, NET_FRAME_SUMMARY, &summary);
	buf_close(&summary);
}

static void greet(struct rogue *rogue)
{
	struct buf digest = {0};
	memset(buf_extend(&digest, NET_DIGEST_BYTES), (int)++rogue->count, NET_DIGEST_BYTES);
	summarize(rogue);
	sim_rogue_say(rogue, NET_FRAME_FEEDS, &rogue->feeds);
	sim_rogue_say(rogue, NET_FRAME_HEADS, &rogue->heads);
	sim_rogue_say(rogue, NET_FRAME_STATE_DIGEST, &digest);
	buf_close(&digest);
}

static void end_rows(struct rogue *rogue)
{
	struct buf none = {0};
	wire_put_varint(&none, 0);
	wire_put_u8(&none, 0);
	sim_rogue_say(rogue, NET_FRAME_STATE_ROWS, &none);
	buf_close(&none);
}

/* ---- Deeds --------------------------------------------------------------------------------------------------------- */

/* Names that there is nothing of, and heads of them that move. */
static void begin_names(struct rogue *rogue)
{
	struct buf names = {0};
	summarize(rogue);
	wire_put_varint(&names, NAMES);
	for (uint32_t i = 0; i < NAMES; i++) {
		memset(buf_extend(&names, 32), 77, 32);
		wire_put_u8(&names, (uint8_t)(COMPARTMENT_MEMBERSHIP + i % COMPARTMENT_LAST));
		memset(buf_extend(&names, 16), 1, 16);
		memcpy(names.data + names.size - 16, &i, sizeof(i));
	}
	sim_rogue_say(rogue, NET_FRAME_FEEDS, &names);
	buf_close(&names);
}

static void more_heads(struct rogue *rogue)
{
	for (int i = 0; i < FRAMES; i++) {
		struct buf heads = {0};
		wire_put_u8(&heads, 0);
		wire_put_varint(&heads, 1);
		put_head(&heads, rogue->count % NAMES, rogue->count + 1, rogue->count);
		rogue->count++;
		sim_rogue_say(rogue, NET_FRAME_HEADS, &heads);
		buf_close(&heads);
	}
}

/* That was all, and there is more. */
static void claim_more(struct rogue *rogue, const struct net_frame *frame)
{
	struct buf empty = {0}, heads = {0};
	if (frame->type == NET_FRAME_STATE_IDS) {
		end_rows(rogue);
		return;
	}
	if (frame->type != NET_FRAME_WANT)
		return;
	sim_rogue_say(rogue, NET_FRAME_SUPPLIED, &empty);
	wire_put_u8(&heads, 0);
	wire_put_varint(&heads, 1);
	rogue->count++;
	put_head(&heads, 0, 2 * AHEAD + rogue->count, rogue->count);
	sim_rogue_say(rogue, NET_FRAME_HEADS, &heads);
	buf_close(&heads);
}

static void more_questions(struct rogue *rogue)
{
	struct buf none = {0};
	question_for_all_rows(&none);
	for (int i = 0; i < FRAMES; i++)
		sim_rogue_say(rogue, NET_FRAME_STATE_IDS, &none);
	buf_close(&none);
}

static void more_runs(struct rogue *rogue)
{
	for (int i = 0; i < FRAMES && rogue->run.size; i++)
		sim_rogue_say(rogue, NET_FRAME_RUN, &rogue->run);
}

static void begin_silence(struct rogue *rogue)
{
	(void)rogue;
}

static void begin_deaf(struct rogue *rogue)
{
	greet(rogue);
	net_conn_hold(rogue->conn, true);
}

struct deed {
	const char *what;
	void (*begin)(struct rogue *rogue);
	void (*heard)(struct rogue *rogue, const struct net_frame *frame);
	void (*more)(struct rogue *rogue);
};

static const struct deed FLOODS[] = {
        {"a flood of heads", begin_names, NULL, more_heads},
        {"a flood of questions", greet, NULL, more_questions},
        {"a flood of known runs", greet, NULL, more_runs},
};
static const struct deed LIES[] = {{"heads that it has not", greet, claim_more, NULL}};
static const struct deed STALLS[] = {
        {"silence", begin_silence, NULL, NULL},
        {"silence after its heads", greet, NULL, NULL},
        {"deafness", begin_deaf, NULL, NULL},
};

void sim_flood(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct sim_member *victim = sim_rogue_victim(member, NULL);
	const uint32_t kind = (uint32_t)rng_below(&world->rng, 3);
	const struct deed *deeds = kind == 0 ? FLOODS : kind == 1 ? LIES : STALLS;
	const size_t count = kind == 0 ? sizeof(FLOODS) / sizeof(*FLOODS)
	        : kind == 1            ? sizeof(LIES) / sizeof(*LIES)
	                               : sizeof(STALLS) / sizeof(*STALLS);
	const struct deed *deed = &deeds[rng_below(&world->rng, count)];
	if (!victim || !team_view_device(node_view(member->device.node), &member->id))
		return;
	struct rogue *rogue = sim_rogue_connect(member, victim);
	if (rogue) {
		prepare(member, rogue);
		rogue->begin = deed->begin;
		rogue->heard = deed->heard;
		rogue->more = deed->more;
		world->events.floods += kind == 0;
		world->events.lies += kind == 1;
		world->events.stalls += kind == 2;
	}
	sim_trace(
	        world, "%u: costs %u time with %s", member->device.number, victim->device.number, deed->what);
	sim_rogue_stays(member);
}
