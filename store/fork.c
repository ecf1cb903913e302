#include "store/fork.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

enum { FORK_VERSION = 1 };

static bool parts_at_start(const struct run *a, const struct run *b)
{
	return run_first_seq(a) == run_first_seq(b) && entry_hash_eq(&a->previous, &b->previous) &&
	        !entry_hash_eq(&a->entries[0].hash, &b->entries[0].hash);
}

/* The run without its bodies: their hashes stand in the headers and are all that the chain needs. */
static void put_bare(struct buf *out, const struct run *run)
{
	struct run_entry entries[LIMIT_UNSIGNED_RUN];
	struct run bare = *run;
	struct buf bytes = {0};
	memcpy(entries, run->entries, run->count * sizeof(*entries));
	for (uint32_t i = 0; i < run->count; i++) {
		entries[i].purged = true;
		entries[i].body = (struct span){NULL, 0};
	}
	bare.entries = entries;
	run_encode(&bare, &bytes);
	wire_put_blob(out, buf_span(&bytes));
	buf_close(&bytes);
}

int fork_prove(const struct fork_feed *feed, const struct run *left, const struct run *right, struct buf *out)
{
	if (!parts_at_start(left, right) || !run_signed_by(left, &feed->device) ||
	        !run_signed_by(right, &feed->device))
		return ERR_INVALID;
	bool in_order = entry_hash_cmp(&left->entries[0].hash, &right->entries[0].hash) < 0;
	wire_put_u8(out, FORK_VERSION);
	buf_add(out, feed->device.bytes, sizeof(feed->device.bytes));
	wire_put_u8(out, (uint8_t)feed->compartment);
	buf_add(out, feed->incarnation.bytes, sizeof(feed->incarnation.bytes));
	put_bare(out, in_order ? left : right);
	put_bare(out, in_order ? right : left);
	return 0;
}

static int read_run(struct wire_in *in, const struct fork_feed *feed, struct arena *arena, struct run *run)
{
	struct feed_id id = entry_feed_id(&feed->device, feed->compartment, &feed->incarnation);
	struct span bytes = wire_blob(in, LIMIT_RUN_BYTES);
	int result = in->error ? in->error : run_decode(run, &id, feed->compartment, bytes, arena);
	if (result)
		return result;
	run_hash(run);
	return run_signed_by(run, &feed->device) ? 0 : ERR_BADSIG;
}

static int read_proof(struct span proof, struct arena *arena, struct fork *out, struct run *left)
{
	struct wire_in in = wire_begin(proof);
	struct run a, b;
	struct fork_feed *feed = &out->feed;
	if (wire_u8(&in) != FORK_VERSION)
		return in.error ? in.error : ERR_VERSION;
	wire_raw(&in, feed->device.bytes, sizeof(feed->device.bytes));
	uint8_t compartment = wire_u8(&in);
	wire_raw(&in, feed->incarnation.bytes, sizeof(feed->incarnation.bytes));
	if (in.error)
		return in.error;
	if (compartment < COMPARTMENT_MEMBERSHIP || compartment > COMPARTMENT_LAST)
		return ERR_MALFORMED;
	feed->compartment = (enum compartment)compartment;
	int result = read_run(&in, feed, arena, &a);
	if (result == 0)
		result = read_run(&in, feed, arena, &b);
	if (result == 0)
		result = wire_end(&in);
	if (result)
		return result;
	if (!parts_at_start(&a, &b) || entry_hash_cmp(&a.entries[0].hash, &b.entries[0].hash) > 0)
		return ERR_BADSIG;
	*left = a;
	out->seq = run_first_seq(&a);
	out->previous = a.previous;
	out->a = a.entries[0].hash;
	out->b = b.entries[0].hash;
	return 0;
}

int fork_check(struct span proof, struct fork *out)
{
	struct arena arena = {0};
	struct fork found;
	struct run left;
	int result = read_proof(proof, &arena, &found, &left);
	if (result == 0)
		*out = found;
	arena_close(&arena);
	return result;
}

int fork_prove_third(struct span proof, const struct run *ours, struct buf *out)
{
	struct arena arena = {0};
	struct fork known;
	struct run left;
	int result = read_proof(proof, &arena, &known, &left);
	if (result == 0)
		result = fork_prove(&known.feed, &left, ours, out);
	arena_close(&arena);
	return result;
}

struct feed_id fork_branch(const struct feed_id *feed, const struct entry_hash *first)
{
	static const char domain[] = "releve branch 1";
	struct feed_id id;
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(id.bytes));
	crypto_generichash_update(&state, (const uint8_t *)domain, sizeof(domain) - 1);
	crypto_generichash_update(&state, feed->bytes, sizeof(feed->bytes));
	crypto_generichash_update(&state, first->bytes, sizeof(first->bytes));
	crypto_generichash_final(&state, id.bytes, sizeof(id.bytes));
	return id;
}
