/*
 * Normal course of a misdeed: the member's device goes down (its owner runs another program on it), the rogue connects from a host of its own
 * with the device's keys, shakes hands, announces a feed and sends what it made up; after a while it hangs up. The honest program comes back
 * later and knows nothing of it.
 */
#include "tests/sim/sim_rogue.h"

#include "crdt/base/err.h"
#include "crdt/base/wire.h"
#include "net/session.h"
#include "node/node_state.h"
#include "node/peers_state.h"
#include "node/schema/schema.h"
#include "tests/lib/questions.h"
#include "tests/sim/sim_rogue_rows.h"
#include "tests/sim/sim_rogue_state.h"

enum { ROGUE_HOST = 12, STAY_MS = 4000, BODY_BYTES = 80, BODY_BYTES_MAX = 512 };

/* What is said, and how it is listed. */
struct misdeed {
	const char *what;
	struct device_id device; /* whose feed it pretends to be */
	struct incarnation_id incarnation;
	enum compartment compartment;
	struct entry_header header;
	uint8_t body[BODY_BYTES_MAX];
	uint8_t sign[64]; /* the key that signs */
	bool forbidden;
	bool quarantined; /* in document `doc` */
	struct record_id doc;
	struct run_entry before; /* comes first when it has a sequence */
	uint8_t before_body[BODY_BYTES];
};

/* --- The connection ------------------------------------------------------------------------------------------------------ */

static void rogue_free(struct rogue *rogue)
{
	sim_time_cancel(&rogue->world->time, &rogue->end);
	sim_time_cancel(&rogue->world->time, &rogue->again);
	net_channel_free(rogue->channel);
	if (rogue->conn)
		net_conn_close(rogue->conn);
	buf_close(&rogue->feeds);
	buf_close(&rogue->heads);
	buf_close(&rogue->run);
	buf_close(&rogue->rows);
	queue_remove(&rogue->link);
	mem_free(rogue);
}

static void on_end(void *context)
{
	rogue_free(context);
}

void sim_rogue_flush(struct rogue *rogue)
{
	struct buf out = {0};
	net_channel_take(rogue->channel, rogue->world->time.now_ms, &out);
	if (out.size)
		net_conn_write(rogue->conn, &out);
	buf_close(&out);
}

void sim_rogue_say(struct rogue *rogue, uint8_t type, const struct buf *payload)
{
	net_channel_send(rogue->channel, type, buf_span(payload));
}

static void say_all(struct rogue *rogue)
{
	struct buf clock = {0}, run = {0}, summary = {0};
	wire_put_u64(&clock, SIM_EPOCH_MS);
	wire_put_u8(&clock, CLOCK_SYNCED);
	sim_rogue_say(rogue, NET_FRAME_CLOCK, &clock);
	memset(buf_extend(&summary, NET_SUMMARY_BYTES), 7, NET_SUMMARY_BYTES);
	sim_rogue_say(rogue, NET_FRAME_SUMMARY, &summary);
	if (rogue->feeds.size) {
		sim_rogue_say(rogue, NET_FRAME_FEEDS, &rogue->feeds);
		sim_rogue_say(rogue, NET_FRAME_HEADS, &rogue->heads);
		wire_put_varint(&run, 0);
		buf_add_span(&run, buf_span(&rogue->run));
		sim_rogue_say(rogue, NET_FRAME_RUN, &run);
	}
	if (rogue->rows.size)
		sim_rogue_say(rogue, NET_FRAME_STATE_ROWS, &rogue->rows);
	buf_close(&clock);
	buf_close(&run);
	buf_close(&summary);
}

enum { AGAIN_MS = 20 };

static void on_again(void *context)
{
	struct rogue *rogue = context;
	sim_time_after(&rogue->world->time, &rogue->again, AGAIN_MS, on_again, rogue);
	rogue->more(rogue);
	sim_rogue_flush(rogue);
}

static void begin(struct rogue *rogue)
{
	if (!rogue->begin) {
		say_all(rogue);
		return;
	}
	rogue->begin(rogue);
	if (rogue->more)
		sim_time_after(&rogue->world->time, &rogue->again, AGAIN_MS, on_again, rogue);
}

static void on_opened(void *context)
{
	sim_rogue_flush(context);
}

static void on_data(void *context, struct span bytes)
{
	struct rogue *rogue = context;
	struct net_frame frame;
	enum net_channel_event event;
	while ((event = net_channel_feed(rogue->channel, rogue->world->time.now_ms, &bytes, &frame)) !=
	        NET_CHANNEL_NOTHING) {
		if (event == NET_CHANNEL_ASK)
			net_channel_accept(rogue->channel);
		else if (event == NET_CHANNEL_ESTABLISHED)
			begin(rogue);
		else if (event == NET_CHANNEL_FRAME && rogue->heard)
			rogue->heard(rogue, &frame);
		else if (event == NET_CHANNEL_CLOSED)
			break;
	}
	if (event == NET_CHANNEL_CLOSED)
		sim_time_after(&rogue->world->time, &rogue->end, 0, on_end, rogue);
	else
		sim_rogue_flush(rogue);
}

static void on_drained(void *context)
{
	(void)context;
}

static void on_closed(void *context, int error)
{
	struct rogue *rogue = context;
	(void)error;
	sim_time_after(&rogue->world->time, &rogue->end, 0, on_end, rogue);
}

static const struct net_conn_events events = {on_opened, on_data, on_drained, on_closed};

/* The keys of `member`'s device, a victim to talk to. */
struct rogue *sim_rogue_connect(struct sim_member *member, const struct sim_member *victim)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	const struct team_device *there = team_view_device(node_view(node), &victim->id);
	uint8_t ephemeral[32];
	struct net_address address = sim_net_address(victim->device.number);
	rng_bytes(&world->rng, ephemeral, sizeof(ephemeral));
	struct net_channel_config config = {.initiator = true,
	        .team = *node_team(node),
	        .static_secret = node_identity(node)->secrets->handshake,
	        .ephemeral_secret = ephemeral,
	        .now_ms = world->time.now_ms,
	        .version_min = PEER_VERSION,
	        .version_max = PEER_VERSION,
	        .remote_static = there->keys.handshake};
	struct rogue *rogue = mem_zero(1, sizeof(*rogue));
	rogue->world = world;
	queue_push(&world->rogues, &rogue->link);
	if (net_channel_new(&rogue->channel, &config) ||
	        net_link_connect(sim_net_host(world->net, ROGUE_HOST + member->device.number, NULL, NULL),
	                &address, &events, rogue, &rogue->conn)) {
		rogue_free(rogue);
		return NULL;
	}
	sim_time_after(&world->time, &rogue->end, STAY_MS, on_end, rogue);
	return rogue;
}

void sim_rogues_end(struct sim_world *world)
{
	while (!queue_empty(&world->rogues))
		rogue_free(queue_member(world->rogues.next, struct rogue, link));
}

/* --- The entry ------------------------------------------------------------------------------------------------------------ */

static void forbid(struct sim_world *world, const struct misdeed *deed, const struct entry_hash *hash)
{
	struct sim_forbidden *entry = arena_zero(&world->arena, 1, sizeof(*entry));
	entry->what = deed->what;
	entry->device = deed->device;
	entry->place = (struct entry_ref){deed->header.feed, deed->header.seq};
	entry->hash = *hash;
	entry->quarantined = deed->quarantined;
	entry->doc = deed->doc;
	entry->next = world->forbidden;
	world->forbidden = entry;
	world->counts.forbidden++;
}

/* Announce one feed with one head, its first bytes of the hash. */
static void announce(struct rogue *rogue, const struct device_id *device, enum compartment compartment,
        const struct incarnation_id *incarnation, uint64_t seq, const struct entry_hash *hash)
{
	wire_put_varint(&rogue->feeds, 1);
	buf_add(&rogue->feeds, device->bytes, sizeof(device->bytes));
	wire_put_u8(&rogue->feeds, (uint8_t)compartment);
	buf_add(&rogue->feeds, incarnation->bytes, sizeof(incarnation->bytes));
	wire_put_u8(&rogue->heads, 1);
	wire_put_varint(&rogue->heads, 1);
	wire_put_varint(&rogue->heads, 0);
	wire_put_varint(&rogue->heads, seq);
	buf_add(&rogue->heads, hash->bytes, NET_HEAD_HASH_BYTES);
}

/* Sign the entry, and put the frames that announce and bring it into `rogue`. */
static void carry(struct rogue *rogue, struct misdeed *deed)
{
	struct entry_header *header = &deed->header;
	struct span body = span_of(deed->body, header->body_bytes);
	header->version = ENTRY_VERSION;
	header->compartment = (uint8_t)deed->compartment;
	header->feed = entry_feed_id(&deed->device, deed->compartment, &deed->incarnation);
	header->body = entry_body_hash(body);
	struct run_entry entry = {
	        .header = *header, .hash = entry_hash(header), .body = body, .is_signed = true};
	entry_sign(&entry.signature, &entry.hash, deed->sign);
	struct run_entry both[2] = {deed->before, entry};
	bool alone = deed->before.header.seq == 0;
	struct run run = {.feed = header->feed,
	        .compartment = deed->compartment,
	        .previous = alone ? header->previous : deed->before.header.previous,
	        .count = alone ? 1 : 2,
	        .entries = alone ? &entry : both};
	run_encode(&run, &rogue->run);
	announce(rogue, &deed->device, deed->compartment, &deed->incarnation, header->seq, &entry.hash);
	if (deed->forbidden)
		forbid(rogue->world, deed, &entry.hash);
}

/* An entry of a feed of its own that says nothing readable, citing what the member knows. */
static bool make_up(struct sim_member *member, enum compartment compartment, struct misdeed *deed)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	struct entry_hash heads[LIMIT_MEMBERSHIP_HEADS];
	const struct team_identity *self = node_identity(node);
	*deed = (struct misdeed){.device = self->device, .compartment = compartment, .forbidden = true};
	memcpy(deed->sign, self->secrets->sign, sizeof(deed->sign));
	rng_bytes(&world->rng, deed->incarnation.bytes, sizeof(deed->incarnation.bytes));
	rng_bytes(&world->rng, deed->body, BODY_BYTES);
	deed->header = (struct entry_header){.kind = ENTRY_CHANGE,
	        .body_bytes = BODY_BYTES,
	        .seq = 1,
	        .lamport = log_lamport(node_log(node)) + 1,
	        .hlc = SIM_EPOCH_MS << 16};
	if (team_membership_heads(node_membership(node), heads, LIMIT_MEMBERSHIP_HEADS) == 0)
		return false;
	deed->header.membership = heads[0];
	const struct team_view *view = node_view(node);
	for (uint32_t i = 0; i < view->epoch_count; i++)
		if (view->epochs[i].compartment == (uint8_t)compartment && view->epochs[i].in_force)
			deed->header.epoch = view->epochs[i].id;
	return compartment == COMPARTMENT_MEMBERSHIP || !epoch_id_is_zero(&deed->header.epoch);
}

/* --- The misdeeds --------------------------------------------------------------------------------------------------------- */

/* An entry in a compartment where its role may not write. */
static bool trespass(struct sim_member *member, struct misdeed *deed)
{
	static const enum compartment targets[] = {
	        COMPARTMENT_CLINICAL, COMPARTMENT_TEAM, COMPARTMENT_BILLING, COMPARTMENT_AGGREGATE};
	uint8_t role = team_view_role(node_view(member->device.node), &member->id);
	uint32_t at = rng_chance(&member->world->rng, 700) ? 0 : (uint32_t)rng_below(&member->world->rng, 4);
	while (at < 4 && team_role_level(role, (uint8_t)targets[at]) >= TEAM_LEVEL_WRITE)
		at++;
	if (at == 4 || role == TEAM_ROLE_NONE || !make_up(member, targets[at], deed))
		return false;
	deed->what = role == TEAM_ROLE_NURSE    ? "a nurse's billing entry without the lease"
	        : role == TEAM_ROLE_FACILITATOR ? "a facilitator's entry"
	        : role == TEAM_ROLE_LOCUM       ? "a locum's entry"
	        : role == TEAM_ROLE_RELAY       ? "a relay's entry"
	                                        : "a reader's entry";
	return true;
}

/* A device that nobody admitted; the member only passes its entry on. */
static bool bring_stranger(struct sim_member *member, struct misdeed *deed)
{
	uint8_t seed[32];
	if (!make_up(member, COMPARTMENT_CLINICAL, deed))
		return false;
	rng_bytes(&member->world->rng, seed, sizeof(seed));
	crypto_sign_seed_keypair(deed->device.bytes, deed->sign, seed);
	deed->what = "a stranger's entry";
	return true;
}

/* The next entry of a colleague's feed, signed by somebody else. */
static bool forge(struct sim_member *member, struct misdeed *deed)
{
	struct log *log = node_log(member->device.node);
	uint32_t count = log_feed_count(log), at = (uint32_t)rng_below(&member->world->rng, count);
	if (!make_up(member, COMPARTMENT_CLINICAL, deed))
		return false;
	for (uint32_t i = 0; i < count; i++, at = (at + 1) % count) {
		const struct log_feed *feed = log_feed(log, at);
		if (feed->compartment != COMPARTMENT_CLINICAL || feed->committed_seq == 0 ||
		        device_id_eq(&feed->device, &member->id))
			continue;
		deed->device = feed->device;
		deed->incarnation = feed->incarnation;
		deed->header.seq = feed->committed_seq + 1;
		deed->header.previous = feed->committed_hash;
		deed->what = "a forged entry in a colleague's feed";
		return true;
	}
	return false;
}

/* A membership action beyond its author's powers. It is kept, since others may build on it, and has no effect: sim_check looks at roles. */
static bool promote_itself(struct sim_member *member, struct misdeed *deed)
{
	struct buf body = {0};
	const struct team_device *device = team_view_device(node_view(member->device.node), &member->id);
	struct team_action action = {
	        .kind = TEAM_ACTION_ROLE, .as.role = {.person = device->person, .role = TEAM_ROLE_NURSE}};
	if (member->role == TEAM_ROLE_NURSE || !make_up(member, COMPARTMENT_MEMBERSHIP, deed))
		return false;
	team_action_encode(&action, &body);
	memcpy(deed->body, body.data, body.size);
	deed->header.body_bytes = (uint32_t)body.size;
	deed->header.kind = ENTRY_MEMBERSHIP;
	deed->forbidden = false;
	buf_close(&body);
	return true;
}

/* Two histories of one feed, one for each of two colleagues. Each is within a nurse's rights; both together are not. */
static void fork_feed(struct sim_member *member, struct sim_member *const victims[2])
{
	struct misdeed deed;
	if (member->role != TEAM_ROLE_NURSE || !make_up(member, COMPARTMENT_CLINICAL, &deed))
		return;
	deed.forbidden = false;
	for (unsigned i = 0; i < 2; i++) {
		struct rogue *rogue = sim_rogue_connect(member, victims[i]);
		deed.body[0] = (uint8_t)i;
		if (rogue)
			carry(rogue, &deed);
	}
	struct sim_world *world = member->world;
	if (world->false_fork_count < sizeof(world->false_forks) / sizeof(*world->false_forks))
		world->false_forks[world->false_fork_count++] = deed.header.feed;
	world->counts.forks++;
	sim_trace(member->world, "%u: two histories of feed %02x%02x, for %u and %u", member->device.number,
	        deed.header.feed.bytes[0], deed.header.feed.bytes[1], victims[0]->device.number,
	        victims[1]->device.number);
}

/* A patient's door code, well sealed, in the second entry of a feed whose first one cites what the member knows now. */
static bool make_up_backdated(struct sim_member *member, struct misdeed *deed)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	struct buf value = {0}, raw = {0}, sealed = {0};
	struct crdt_builder builder;
	struct crdt_path path = {0};
	if (world->patient_count == 0 || !make_up(member, COMPARTMENT_CLINICAL, deed))
		return false;
	/* Asked for only now: what was made up may have joined heads before. */
	const struct team_device *self = team_view_device(node_view(node), &member->id);
	if (!self || entry_hash_eq(&deed->header.membership, &self->admission))
		return false;
	deed->what = "a backdated entry";
	deed->quarantined = true;
	deed->doc = world->patients[rng_below(&world->rng, world->patient_count)].id;
	struct entry_header first = deed->header;
	first.version = ENTRY_VERSION;
	first.compartment = COMPARTMENT_CLINICAL;
	first.feed = entry_feed_id(&deed->device, COMPARTMENT_CLINICAL, &deed->incarnation);
	first.body_bytes = BODY_BYTES;
	first.body = entry_body_hash(span_of(deed->before_body, BODY_BYTES));
	deed->before = (struct run_entry){
	        .header = first, .hash = entry_hash(&first), .body = span_of(deed->before_body, BODY_BYTES)};
	deed->header.seq = 2;
	deed->header.lamport++;
	deed->header.hlc++;
	deed->header.previous = deed->before.hash;
	deed->header.membership = self->admission;
	struct entry_ref own = {first.feed, 2};
	crdt_builder_begin(&builder, &own, SCHEMA_DOC_DOSSIER, deed->doc, NULL, 0);
	crdt_path_field(&path, SCHEMA_PATIENT);
	crdt_path_field(&path, 20);
	mpack_put_str(&value, span_text("backdated"));
	crdt_builder_set(&builder, crdt_path_span(&path), buf_span(&value), (struct crdt_cites){NULL, 0},
	        span_text(""));
	struct body_place place = {own.feed, own.seq, COMPARTMENT_CLINICAL};
	const struct body_key *key;
	int result = crdt_builder_finish(&builder, &raw);
	if (result == 0)
		result = bodies_key(node->bodies, &deed->header.epoch, &deed->doc, place.compartment, &key,
		        &deed->header.dossier);
	if (result == 0)
		result = body_seal(&node->codec, &member->device.env, key, &place, buf_span(&raw), &sealed);
	bool good = result == 0 && sealed.size <= sizeof(deed->body);
	if (good) {
		memcpy(deed->body, sealed.data, sealed.size);
		deed->header.body_bytes = (uint32_t)sealed.size;
	}
	crdt_builder_close(&builder);
	buf_close(&value);
	buf_close(&raw);
	buf_close(&sealed);
	return good;
}

/* Old news: the beginning of a feed, as if there were no more of it, and rows of before. A relay that holds back looks so. */
static bool withhold(struct sim_member *member, struct rogue *rogue)
{
	struct node *node = member->device.node;
	struct log *log = node_log(node);
	struct log_reader reader = {0};
	struct store_txn *txn;
	uint32_t count = log_feed_count(log), at = (uint32_t)rng_below(&member->world->rng, count), rows = 0;
	while (count && log_feed(log, at)->committed_seq == 0)
		at = at ? at - 1 : count - 1;
	const struct log_feed *feed = log_feed(log, at);
	if (node_begin_read(node, &txn))
		return false;
	bool good = log_read_run(log, txn, &reader, at, 1) == 0;
	if (good) {
		run_hash(&reader.run);
		const struct run_entry *last = run_last(&reader.run);
		announce(rogue, &feed->device, feed->compartment, &feed->incarnation, last->header.seq,
		        &last->hash);
		buf_add_span(&rogue->run, reader.bytes);
		member->world->events.withheld += last->header.seq < feed->committed_seq;
		member->world->events.replayed++;
		rows = node_state_count(node, NODE_STATE_ALL) < 8 ? node_state_count(node, NODE_STATE_ALL)
		                                                  : 8;
		wire_put_varint(&rogue->rows, rows);
	}
	for (uint32_t i = 0; i < rows; i++)
		wire_put_blob(&rogue->rows, node_state_row(node, NODE_STATE_ALL, i));
	log_reader_close(&reader);
	store_abort(txn);
	return good;
}

static void misuse_connection(struct sim_member *member, struct sim_member *victim, bool relays)
{
	struct rogue *rogue = sim_rogue_connect(member, victim);
	struct buf row = {0};
	const char *what = NULL;
	if (rogue && relays && withhold(member, rogue)) {
		what = "old news";
	} else if (rogue && !relays && (what = sim_rogue_row(member, victim, &row))) {
		wire_put_varint(&rogue->rows, 1);
		wire_put_blob(&rogue->rows, buf_span(&row));
	}
	buf_close(&row);
	sim_trace(member->world, "%u: tries at %u: %s", member->device.number, victim->device.number,
	        what ? what : "nothing");
}

struct sim_member *sim_rogue_victim(struct sim_member *member, const struct sim_member *except)
{
	struct sim_world *world = member->world;
	uint32_t at = (uint32_t)rng_below(&world->rng, world->member_count);
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *victim = &world->members[(at + i) % world->member_count];
		if (victim != member && victim != except && victim->device.up &&
		        team_view_device(node_view(member->device.node), &victim->id))
			return victim;
	}
	return NULL;
}

void sim_rogue_stays(struct sim_member *member)
{
	sim_device_crash(&member->device, STAY_MS + 500);
}

void sim_rogue(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct misdeed deed;
	struct sim_member *victim = sim_rogue_victim(member, NULL);
	if (!victim || !team_view_device(node_view(member->device.node), &member->id))
		return;
	uint32_t choice = (uint32_t)rng_below(&world->rng, 5);
	bool relays = (world->troubles & SIM_RELAYS) && (world->troubles & SIM_ROGUES) &&
	        rng_chance(&world->rng, member->role == TEAM_ROLE_RELAY ? 700 : 150);
	bool rows = (world->troubles & SIM_ROWS) &&
	        (!(world->troubles & SIM_ROGUES) || rng_chance(&world->rng, 500));
	if (relays || rows) {
		misuse_connection(member, victim, relays);
	} else if (choice == 0) {
		struct sim_member *const victims[2] = {victim, sim_rogue_victim(member, victim)};
		if (victims[1])
			fork_feed(member, victims);
	} else if (choice == 1        ? trespass(member, &deed)
	                : choice == 2 ? bring_stranger(member, &deed)
	                : choice == 3 ? forge(member, &deed)
	                              : promote_itself(member, &deed)) {
		struct rogue *rogue = sim_rogue_connect(member, victim);
		if (rogue)
			carry(rogue, &deed);
		sim_trace(world, "%u: tries at %u: %s", member->device.number, victim->device.number,
		        deed.what ? deed.what : "to make itself a nurse");
		mem_wipe(&deed, sizeof(deed));
	}
	sim_rogue_stays(member);
}

void sim_backdate(struct sim_member *member)
{
	struct misdeed deed;
	struct sim_member *victim = sim_rogue_victim(member, NULL);
	if (!victim || member->role != TEAM_ROLE_NURSE || !make_up_backdated(member, &deed))
		return;
	struct rogue *rogue = sim_rogue_connect(member, victim);
	if (rogue)
		carry(rogue, &deed);
	sim_trace(member->world, "%u: backdates at %u", member->device.number, victim->device.number);
	mem_wipe(&deed, sizeof(deed));
	sim_rogue_stays(member);
}
