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

enum { STATE_ROW_KEY = 1 }; /* kind of a replicated row: a key packet (README.md, "Replicated state") */

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

/* The secrets of those dossiers in a packet of ours for one colleague: one that was made here alone would be lost otherwise. */
static int export_secrets(struct exporting *exporting, const struct team_device *to)
{
	struct node *node = exporting->node;
	const struct key_own *own = key_table_own(node->keys);
	const struct key_signer signer = {node->team, node_device(node), node->identity.secrets->sign};
	struct key_secret *secrets = mem_zero(LIMIT_KEY_PACKET_ITEMS, sizeof(*secrets));
	const struct dossier_secret *secret;
	struct key_packet packet;
	struct buf row = {0};
	size_t count = 0;
	for (uint32_t i = 0; i < exporting->dossier_count; i++) {
		uint32_t version;
		for (size_t j = 0; count < LIMIT_KEY_PACKET_ITEMS &&
		        (secret = key_own_find(own, &exporting->dossiers[i], j, &version));
		        j++)
			secrets[count++] = (struct key_secret){exporting->dossiers[i], version, *secret};
	}
	qsort(secrets, count, sizeof(*secrets), key_secret_cmp);
	int result = count ? key_packet_make(&packet, node->config.env, &signer, &to->id,
	                             node_sealing_key(to), 1, secrets, count)
	                   : 0;
	if (result == 0 && count) {
		wire_put_u8(&row, STATE_ROW_KEY);
		key_packet_encode(&packet, &row);
		key_packet_close(&packet);
		wire_put_varint(&exporting->payload, 1);
		wire_put_blob(&exporting->payload, buf_span(&row));
		put_frame(exporting, NET_FRAME_STATE_ROWS);
	}
	buf_close(&row);
	mem_wipe(secrets, LIMIT_KEY_PACKET_ITEMS * sizeof(*secrets));
	mem_free(secrets);
	return result;
}

/* The membership first: the rest is judged by it. */
static int export_all(struct exporting *exporting)
{
	struct node *node = exporting->node;
	const struct team_view *view = node_view(node);
	struct device_id self = node_device(node);
	int result;
	struct store_txn *txn = node_txn(node, &result);
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
	struct device_id device;
	enum compartment compartment;
	struct incarnation_id incarnation;
	uint32_t number; /* ours; NODE_NO_FEED: nothing came of it yet */
};

struct taking {
	struct node *node;
	struct named_feed *feeds; /* by the file's numbers */
	uint32_t feed_count, feed_capacity;
	struct node_taken *taken;
};

static int take_feeds(struct taking *taking, struct wire_in *in)
{
	const uint32_t count = wire_count(in, LIMIT_FEEDS, NET_FEED_NAME_BYTES);
	for (uint32_t i = 0; i < count && taking->feed_count < LIMIT_FEEDS; i++) {
		struct named_feed feed = {.number = NODE_NO_FEED};
		wire_raw(in, feed.device.bytes, sizeof(feed.device.bytes));
		feed.compartment = (enum compartment)wire_u8(in);
		wire_raw(in, feed.incarnation.bytes, sizeof(feed.incarnation.bytes));
		if (in->error)
			break;
		taking->feeds = mem_room(
		        taking->feeds, taking->feed_count, &taking->feed_capacity, sizeof(*taking->feeds));
		taking->feeds[taking->feed_count++] = feed;
	}
	return wire_end(in);
}

static bool is_signed(const struct named_feed *feed, struct span bytes)
{
	const struct feed_id id = entry_feed_id(&feed->device, feed->compartment, &feed->incarnation);
	struct arena arena = {0};
	struct run run;
	bool good = run_decode(&run, &id, feed->compartment, bytes, &arena) == 0;
	if (good) {
		run_hash(&run);
		good = run_signed_by(&run, &feed->device);
	}
	arena_close(&arena);
	return good;
}

/* The log has room for so many feeds, for ever: one is given only for what somebody of the team signed, whoever made the file. */
static int number_feed(struct taking *taking, struct named_feed *feed, struct span bytes)
{
	if (feed->number != NODE_NO_FEED)
		return 0;
	if (!team_view_device(node_view(taking->node), &feed->device))
		return ERR_DENIED;
	if (!is_signed(feed, bytes))
		return ERR_BADSIG;
	return node_feed_number(
	        taking->node, &feed->device, feed->compartment, &feed->incarnation, &feed->number);
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
		const uint64_t before = node_received(taking->node, feed->number);
		result = node_receive_run(taking->node, feed->number, bytes);
		const uint64_t now = node_received(taking->node, feed->number);
		taking->taken->entries += now > before ? (uint32_t)(now - before) : 0;
	}
	taking->taken->refused += result < 0;
	return 0;
}

static int take_rows(struct taking *taking, struct wire_in *in)
{
	const uint32_t count = wire_count(in, LIMIT_SESSION_ITEMS, 2);
	for (uint32_t i = 0; i < count && !in->error; i++) {
		struct span row = wire_blob(in, LIMIT_STATE_ROW_BYTES);
		if (row.size > 1 && row.data[0] == STATE_ROW_KEY)
			node_rescue_secrets(taking->node, span_sub(row, 1, SIZE_MAX));
	}
	return wire_end(in);
}

static int take_frames(struct taking *taking, struct span frames)
{
	struct wire_in in = wire_begin(frames);
	int result = 0;
	while (result == 0 && wire_left(&in)) {
		const uint8_t type = wire_u8(&in);
		struct wire_in payload = wire_begin(wire_blob(&in, LIMIT_FRAME_BYTES));
		if (in.error)
			return in.error;
		if (type == NET_FRAME_FEEDS)
			result = take_feeds(taking, &payload);
		else if (type == NET_FRAME_RUN)
			result = take_run(taking, &payload);
		else if (type == NET_FRAME_STATE_ROWS)
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
		result = take_frames(&taking, buf_span(&frames));
	buf_wipe(&frames);
	mem_free(taking.feeds);
	return result;
}
