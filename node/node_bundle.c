/*
 * A file that brings to a colleague what only this device may have: of a device that was removed, or that meets nobody (README.md, "Quarantine";
 * node/keyring/README.md, section 8).
 *
 * Normal course: what some colleague has not acknowledged of the membership and of our own feeds, as the frames of a session would carry it, and the secrets
 * of the dossiers that it is about; sealed to the colleagues by what is known here. Who takes it in treats the runs as a peer's.
 */
#include "node/node_state.h"

#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "net/session.h"
#include "node/keyring/bundle.h"
#include "node/node_bundle.h"

enum { STATE_ROW_KEY = 1, STATE_ROW_FORK = 3 }; /* kinds of replicated rows (README.md, "Replicated state") */

/* ---- What goes in ----------------------------------------------------------------------------------------------- */

struct exporting {
	struct node *node;
	struct buf frames, payload;
	struct log_reader reader;
	struct record_id *dossiers; /* that our entries are about, each once */
	uint32_t dossier_count, dossier_capacity;
	uint32_t feed_count; /* named so far */
	uint32_t entry_count;
};

static void put_frame(struct exporting *exporting, enum net_session_frame type)
{
	wire_put_u8(&exporting->frames, (uint8_t)type);
	wire_put_blob(&exporting->frames, buf_span(&exporting->payload));
	buf_clear(&exporting->payload);
}

static bool is_colleague(const struct node *node, const struct team_device *device)
{
	return device->state == TEAM_DEVICE_ACTIVE && !device_id_eq(&device->id, &node->identity.device) &&
	        !node_rights_lapsed(node, device);
}

/* How far everybody has a feed who ever said what she has. */
static uint64_t known_to_all(struct node *node, const struct log_feed *feed)
{
	const struct team_view *view = node_view(node);
	uint64_t least = UINT64_MAX, seq;
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		if (is_colleague(node, device) && node_may_hold(node, &device->id, feed->compartment) &&
		        node_acknowledged(node, &device->id, &feed->id, &seq))
			least = seq < least ? seq : least;
	}
	return least == UINT64_MAX ? 0 : least;
}

static void note_dossier(struct exporting *exporting, const struct entry_header *header)
{
	struct record_id dossier;
	if (pseudonym_is_zero(&header->dossier) ||
	        !bodies_secrets(exporting->node->bodies, &header->epoch, &header->dossier, &dossier))
		return;
	for (uint32_t i = exporting->dossier_count; i-- > 0;)
		if (record_id_eq(&exporting->dossiers[i], &dossier))
			return;
	exporting->dossiers = mem_room(exporting->dossiers, exporting->dossier_count,
	        &exporting->dossier_capacity, sizeof(*exporting->dossiers));
	exporting->dossiers[exporting->dossier_count++] = dossier;
}

static int export_feed(struct exporting *exporting, struct store_txn *txn, uint32_t number)
{
	struct node *node = exporting->node;
	const struct log_feed *feed = log_feed(node->log, number);
	uint64_t seq = known_to_all(node, feed) + 1;
	int result = 0;
	if (seq < feed->begin)
		seq = feed->begin;
	if (seq > feed->committed_seq)
		return 0;
	wire_put_varint(&exporting->payload, 1);
	buf_add(&exporting->payload, feed->device.bytes, sizeof(feed->device.bytes));
	wire_put_u8(&exporting->payload, (uint8_t)feed->compartment);
	buf_add(&exporting->payload, feed->incarnation.bytes, sizeof(feed->incarnation.bytes));
	put_frame(exporting, NET_FRAME_FEEDS);
	while (result == 0 && seq <= feed->committed_seq) {
		result = log_read_run(node->log, txn, &exporting->reader, number, seq);
		if (result)
			return result;
		const struct run *run = &exporting->reader.run;
		for (uint32_t i = 0; i < run->count; i++)
			note_dossier(exporting, &run->entries[i].header);
		exporting->entry_count += (uint32_t)(run_last(run)->header.seq + 1 - seq);
		seq = run_last(run)->header.seq + 1;
		wire_put_varint(&exporting->payload, exporting->feed_count);
		buf_add_span(&exporting->payload, exporting->reader.bytes);
		put_frame(exporting, NET_FRAME_RUN);
		if (exporting->frames.size > NODE_BUNDLE_BYTES_MAX)
			result = ERR_TOOBIG;
	}
	exporting->feed_count++;
	return result;
}

static int dossier_cmp(const void *a, const void *b)
{
	return record_id_cmp(a, b);
}

/* Secrets on their way into packets for one colleague. */
struct giving {
	struct exporting *exporting;
	const struct team_device *to;
	struct key_secret *secrets; /* LIMIT_KEY_PACKET_ITEMS */
	size_t count;
	uint64_t packets;
};

static int put_packet(struct giving *giving)
{
	struct node *node = giving->exporting->node;
	const struct key_signer signer = {node->team, node_device(node), node->identity.secrets->sign};
	struct key_packet packet;
	struct buf row = {0};
	if (giving->count == 0)
		return 0;
	qsort(giving->secrets, giving->count, sizeof(*giving->secrets), key_secret_cmp);
	int result = key_packet_make(&packet, node->config.env, &signer, &giving->to->id,
	        node_sealing_key(giving->to), ++giving->packets, giving->secrets, giving->count);
	if (result)
		return result;
	wire_put_u8(&row, STATE_ROW_KEY);
	key_packet_encode(&packet, &row);
	key_packet_close(&packet);
	wire_put_varint(&giving->exporting->payload, 1);
	wire_put_blob(&giving->exporting->payload, buf_span(&row));
	put_frame(giving->exporting, NET_FRAME_STATE_ROWS);
	buf_close(&row);
	giving->count = 0;
	return giving->exporting->frames.size > NODE_BUNDLE_BYTES_MAX ? ERR_TOOBIG : 0;
}

/* A dossier's secrets stand in one packet: whoever takes them in decides by dossier. */
static int give_dossier(struct giving *giving, const struct record_id *dossier)
{
	const struct key_own *own = key_table_own(giving->exporting->node->keys);
	const struct dossier_secret *secret;
	uint32_t version;
	int result = 0;
	if (giving->count + LIMIT_DOSSIER_SECRETS > LIMIT_KEY_PACKET_ITEMS)
		result = put_packet(giving);
	for (size_t j = 0; result == 0 && (secret = key_own_find(own, dossier, j, &version)); j++)
		giving->secrets[giving->count++] = (struct key_secret){*dossier, version, *secret};
	return result;
}

/* The secrets of those dossiers in packets of ours for one colleague: one that was made here alone would be lost otherwise. */
static int export_secrets(struct exporting *exporting, const struct team_device *to)
{
	struct giving giving = {.exporting = exporting,
	        .to = to,
	        .secrets = secret_array_grow(NULL, 0, LIMIT_KEY_PACKET_ITEMS, sizeof(*giving.secrets))};
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < exporting->dossier_count; i++)
		result = give_dossier(&giving, &exporting->dossiers[i]);
	if (result == 0)
		result = put_packet(&giving);
	secret_array_free(giving.secrets);
	return result;
}

/* Which of our feeds have two histories: what follows may be of one of them. */
static void export_proofs(struct exporting *exporting)
{
	struct node *node = exporting->node;
	struct device_id self = node_device(node);
	struct buf row = {0};
	for (uint32_t i = 0; i < node->proof_count; i++) {
		if (!device_id_eq(&node->proofs[i].fork.feed.device, &self))
			continue;
		buf_clear(&row);
		wire_put_u8(&row, STATE_ROW_FORK);
		buf_add_span(&row, buf_span(&node->proofs[i].bytes));
		wire_put_varint(&exporting->payload, 1);
		wire_put_blob(&exporting->payload, buf_span(&row));
		put_frame(exporting, NET_FRAME_STATE_ROWS);
	}
	buf_close(&row);
}

/* The membership first: the rest is judged by it. A branch goes under the name of the feed that it comes from: whoever knows of the fork sees by the
 * hashes which one it is. */
static int export_all(struct exporting *exporting)
{
	struct node *node = exporting->node;
	const struct team_view *view = node_view(node);
	struct device_id self = node_device(node);
	int result;
	struct store_txn *txn = node_txn(node, &result);
	export_proofs(exporting);
	for (int own = 0; result == 0 && own < 2; own++)
		for (uint32_t i = 0; result == 0 && i < log_feed_count(node->log); i++) {
			const struct log_feed *feed = log_feed(node->log, i);
			bool is_membership = feed->compartment == COMPARTMENT_MEMBERSHIP;
			if (own ? !is_membership && device_id_eq(&feed->device, &self) : is_membership)
				result = export_feed(exporting, txn, i);
		}
	node_end_read(node);
	if (exporting->dossier_count)
		qsort(exporting->dossiers, exporting->dossier_count, sizeof(*exporting->dossiers),
		        dossier_cmp);
	for (uint32_t i = 0; result == 0 && i < view->device_count; i++)
		if (node_wants_dossiers(node, &view->devices[i]) &&
		        team_view_level(view, &view->devices[i].id, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_WRITE)
			result = export_secrets(exporting, &view->devices[i]);
	return result;
}

/* ---- Sealing ---------------------------------------------------------------------------------------------------- */

static int begin(struct node *node, struct bundle_key *key, struct buf *out)
{
	struct seal_public recipients[BUNDLE_SLOTS_MAX];
	struct discovery_secret discovery;
	const struct team_view *view = node_view(node);
	size_t count = 0;
	for (uint32_t i = 0; i < view->device_count && count < BUNDLE_SLOTS_MAX; i++)
		if (node_wants_dossiers(node, &view->devices[i]))
			recipients[count++] = *node_sealing_key(&view->devices[i]);
	if (count == 0)
		return ERR_NOTFOUND;
	/* Who was removed was left out of the secret of now: the file is found by its seals alone. */
	if (!node_discovery_secret(node, discovery.bytes))
		env_random_bytes(node->config.env, discovery.bytes, sizeof(discovery.bytes));
	int result = bundle_begin(key, node->config.env, &discovery, recipients, count, out);
	discovery_secret_wipe(&discovery);
	return result;
}

static int seal(struct node *node, struct span frames, struct buf *out)
{
	struct bundle_key key;
	int result = begin(node, &key, out);
	for (uint64_t number = 0; result == 0; number++) {
		bool final = frames.size <= BUNDLE_PLAIN_BYTES;
		struct span part = span_sub(frames, 0, BUNDLE_PLAIN_BYTES);
		result = bundle_chunk_seal(&key, node->config.env, number, final, part, out);
		frames = span_sub(frames, part.size, SIZE_MAX);
		if (final)
			break;
	}
	bundle_key_wipe(&key);
	return result;
}

int node_export(struct node *node, struct buf *out, uint32_t *entry_count)
{
	struct exporting exporting = {.node = node};
	if (!node->in_team || !node_view(node))
		return ERR_NOTEAM;
	if (node_erasing(node)) /* no body leaves of a dossier that is being erased */
		return ERR_BUSY;
	int result = export_all(&exporting);
	*entry_count = exporting.entry_count;
	if (result == 0)
		result = seal(node, buf_span(&exporting.frames), out);
	buf_wipe(&exporting.frames);
	buf_wipe(&exporting.payload);
	log_reader_close(&exporting.reader);
	mem_free(exporting.dossiers);
	return result;
}

/* ---- Taking in -------------------------------------------------------------------------------------------------- */

/* A feed as the file names it. */
struct named_feed {
	struct node_feed_name name;
	uint32_t number; /* ours; NODE_NO_FEED: nothing came of it yet */
};

struct taking {
	struct node *node;
	struct node_need *needs; /* of the entries that were taken */
	uint32_t need_count, need_capacity;
	struct named_feed *feeds; /* by the file's numbers */
	uint32_t feed_count, feed_capacity;
	struct node_taken *taken;
};

static int take_feeds(struct taking *taking, struct wire_in *in)
{
	const uint32_t count = wire_count(in, LIMIT_FEEDS, NET_FEED_NAME_BYTES);
	for (uint32_t i = 0; i < count && taking->feed_count < LIMIT_FEEDS; i++) {
		struct named_feed feed = {.number = NODE_NO_FEED};
		wire_raw(in, feed.name.device.bytes, sizeof(feed.name.device.bytes));
		feed.name.compartment = (enum compartment)wire_u8(in);
		wire_raw(in, feed.name.incarnation.bytes, sizeof(feed.name.incarnation.bytes));
		if (in->error)
			break;
		taking->feeds = mem_room(
		        taking->feeds, taking->feed_count, &taking->feed_capacity, sizeof(*taking->feeds));
		taking->feeds[taking->feed_count++] = feed;
	}
	return wire_end(in);
}

/* The log has room for so many feeds, for ever: one is given only for what somebody of the team signed, whoever made the file. */
static int number_feed(struct taking *taking, struct named_feed *feed, struct span bytes)
{
	if (feed->number != NODE_NO_FEED)
		return 0;
	int result = node_begin_feed(taking->node, &feed->name, bytes, &feed->number);
	return result > 0 ? ERR_DENIED : result;
}

/* What is here now of a run, or was before, its author has signed. */
static void note_needs(struct taking *taking, const struct named_feed *feed, struct span bytes)
{
	const struct feed_id id = entry_feed_id(
	        &feed->name.device, feed->name.compartment, &feed->name.incarnation);
	struct arena arena = {0};
	struct run run;
	if (run_decode(&run, &id, feed->name.compartment, bytes, &arena) == 0 &&
	        (log_feed(taking->node->log, feed->number)->is_parted ||
	                node_received(taking->node, feed->number) >= run_last(&run)->header.seq))
		for (uint32_t i = 0; i < run.count; i++) {
			const struct entry_header *header = &run.entries[i].header;
			if (pseudonym_is_zero(&header->dossier))
				continue;
			taking->needs = mem_room(taking->needs, taking->need_count, &taking->need_capacity,
			        sizeof(*taking->needs));
			taking->needs[taking->need_count++] = (struct node_need){
			        header->epoch, header->dossier, feed->name.device};
		}
	arena_close(&arena);
}

/* With its branches. */
static uint64_t received_in_all(struct node *node, uint32_t number)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++)
		if (feed_id_eq(&log_feed(node->log, i)->written, &log_feed(node->log, number)->written))
			sum += node_received(node, i) + 1 - log_feed(node->log, i)->begin;
	return sum;
}

/* Whoever brings runs is not believed for that: they are checked like a peer's, and one that is bad stops nothing else. */
static int take_run(struct taking *taking, struct wire_in *in)
{
	const uint64_t index = wire_varint(in);
	struct span bytes = wire_span(in, wire_left(in));
	if (in->error || index >= taking->feed_count)
		return in->error ? in->error : ERR_MALFORMED;
	struct named_feed *feed = &taking->feeds[index];
	int result = number_feed(taking, feed, bytes);
	if (result == 0) {
		const uint64_t before = received_in_all(taking->node, feed->number);
		result = node_receive_handed_on(taking->node, feed->number, bytes);
		const uint64_t now = received_in_all(taking->node, feed->number);
		taking->taken->entries += now > before ? (uint32_t)(now - before) : 0;
		if (result == 0 || result == NODE_RUN_KNOWN)
			note_needs(taking, feed, bytes);
	}
	taking->taken->refused += result < 0;
	return 0;
}

int node_need_cmp(const void *a, const void *b)
{
	const struct node_need *left = a, *right = b;
	int order = epoch_id_cmp(&left->epoch, &right->epoch);
	if (order == 0)
		order = pseudonym_cmp(&left->dossier, &right->dossier);
	return order ? order : device_id_cmp(&left->author, &right->author);
}

struct needing {
	const struct node *node;
	const struct node_need *needs;
	size_t count;
	struct device_id issuer;
};

/* Under each epoch in which there are entries the dossier has one pseudonym. */
static bool is_needed(void *context, const struct record_id *dossier)
{
	const struct needing *needing = context;
	for (size_t i = 0; i < needing->count; i++) {
		const struct node_need *need = &needing->needs[i];
		if (i && epoch_id_eq(&needing->needs[i - 1].epoch, &need->epoch))
			continue;
		const struct epoch_key *key = epochs_find(needing->node->epochs, &need->epoch);
		if (!key)
			continue;
		const struct node_need wanted = {
		        need->epoch, secret_pseudonym(key, dossier), needing->issuer};
		if (bsearch(&wanted, needing->needs, needing->count, sizeof(wanted), node_need_cmp))
			return true;
	}
	return false;
}

void node_rescue_secrets(struct node *node, struct span packet, const struct node_need *needs, size_t count)
{
	struct needing needing = {.node = node, .needs = needs, .count = count};
	uint8_t kind;
	if (count == 0 || key_row_peek(packet, &kind, &needing.issuer) || kind != KEY_ROW_PACKET ||
	        !team_view_device(node_view(node), &needing.issuer) ||
	        key_table_rescue(node->keys, packet, is_needed, &needing) <= 0)
		return;
	node->secrets_moved = true;
	node->keys_generation++; /* colleagues get them from us */
	node_keys_moved(node);
}

static int take_rows(struct taking *taking, struct wire_in *in)
{
	const uint32_t count = wire_count(in, LIMIT_SESSION_ITEMS, 2);
	for (uint32_t i = 0; i < count && !in->error; i++) {
		struct span row = wire_blob(in, LIMIT_STATE_ROW_BYTES);
		if (row.size > 1 && row.data[0] == STATE_ROW_KEY)
			node_rescue_secrets(
			        taking->node, span_sub(row, 1, SIZE_MAX), taking->needs, taking->need_count);
		else if (row.size > 1 && row.data[0] == STATE_ROW_FORK)
			taking->taken->refused += node_state_put(taking->node, row) < 0;
	}
	return wire_end(in);
}

/* The runs, and then the rows: what those bring depends on the entries. */
static int take_frames(struct taking *taking, struct span frames, bool rows)
{
	struct wire_in in = wire_begin(frames);
	int result = 0;
	while (result == 0 && wire_left(&in)) {
		const uint8_t type = wire_u8(&in);
		struct wire_in payload = wire_begin(wire_blob(&in, LIMIT_FRAME_BYTES));
		if (in.error)
			return in.error;
		if (type == NET_FRAME_FEEDS && !rows)
			result = take_feeds(taking, &payload);
		else if (type == NET_FRAME_RUN && !rows)
			result = take_run(taking, &payload);
		else if (type == NET_FRAME_STATE_ROWS && rows)
			result = take_rows(taking, &payload);
	}
	return result;
}

static int open_all(struct node *node, struct span file, struct buf *frames)
{
	struct bundle_key key;
	size_t head;
	int result = bundle_head_bytes(file, &head);
	if (result == 0)
		result = bundle_open(
		        &key, span_sub(file, 0, head), node_seal_public(node), node_seal_secret(node));
	if (result)
		return result;
	struct span rest = span_sub(file, head, SIZE_MAX);
	for (uint64_t number = 0; result == 0; number++) {
		bool final = rest.size <= BUNDLE_CHUNK_BYTES;
		struct span part = span_sub(rest, 0, BUNDLE_CHUNK_BYTES);
		result = bundle_chunk_open(&key, number, final, part, frames);
		rest = span_sub(rest, part.size, SIZE_MAX);
		if (final)
			break;
	}
	bundle_key_wipe(&key);
	return result;
}

int node_take_in(struct node *node, struct span file, struct node_taken *taken)
{
	struct taking taking = {.node = node, .taken = taken};
	struct buf frames = {0};
	*taken = (struct node_taken){0};
	if (!node->in_team || !node_view(node))
		return ERR_NOTEAM;
	int result = open_all(node, file, &frames);
	if (result == 0)
		result = take_frames(&taking, buf_span(&frames), false);
	if (taking.need_count)
		qsort(taking.needs, taking.need_count, sizeof(*taking.needs), node_need_cmp);
	if (result == 0)
		result = take_frames(&taking, buf_span(&frames), true);
	for (uint32_t i = 0; result == 0 && i < node->proof_count; i++)
		taken->again |= !node->proofs[i].settled && node->forks_due;
	buf_wipe(&frames);
	mem_free(taking.feeds);
	mem_free(taking.needs);
	return result;
}
