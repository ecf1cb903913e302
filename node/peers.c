/*
 * Normal course: see peers.h. Every connection is one struct peer in the list; it is freed in one place, at the end of the event in which it
 * ended (peers_turn), never inside its own callback. Long because everything that ends or wakes a connection is decided here.
 */
#include "node/peers.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/queue.h"
#include "net/channel.h"
#include "node/node_accord.h"
#include "node/node_photo.h"
#include "node/pairing.h"
#include "node/peers_state.h"

static const struct net_conn_events conn_events;

/* ---- The list --------------------------------------------------------------------------------------------------- */

struct peers *peers_new(struct node *node, struct net_link *link)
{
	struct peers *peers = mem_zero(1, sizeof(*peers));
	peers->node = node;
	peers->link = link;
	peers->early_missing = LIMIT_EARLY_MISSING;
	queue_init(&peers->list);
	peers_news_told(peers); /* what is there already is asked for */
	peers_remember_withheld(peers);
	return peers;
}

static struct peer *peer_of(struct queue *link)
{
	return queue_member(link, struct peer, link);
}

static struct peer *peer_new(struct peers *peers, bool initiator)
{
	struct peer *peer = mem_zero(1, sizeof(*peer));
	peer->peers = peers;
	peer->initiator = initiator;
	peer->host = peer_host(peer);
	queue_push(&peers->list, &peer->link);
	peers->count++;
	return peer;
}

/* What the other side said when it hung up, where that is an error of the table. */
static int why_ended(const struct peer *peer)
{
	int reason = peer->channel ? net_channel_peer_reason(peer->channel) : 0;
	bool is_told = peer->error == ERR_CLOSED && reason && strcmp(err_name(reason), "UNKNOWN") != 0;
	return is_told ? reason : peer->error;
}

static void peer_free(struct peer *peer)
{
	if (peer->pairing)
		pairing_ended(peer->pairing, peer->ended ? why_ended(peer) : ERR_CANCELLED);
	peer_stop_supply(peer);
	peer_stop_early(peer);
	net_session_free(peer->session);
	mem_free(peer->acknowledged);
	net_channel_free(peer->channel);
	if (peer->conn)
		net_conn_close(peer->conn);
	pairing_free(peer->pairing);
	buf_close(&peer->word);
	buf_close(&peer->run);
	run_dictionary_close(&peer->said);
	run_dictionary_close(&peer->heard_ids);
	mem_free(peer->ids);
	queue_remove(&peer->link);
	peer->peers->count--;
	mem_free(peer);
}

void peers_free(struct peers *peers)
{
	if (!peers)
		return;
	while (!queue_empty(&peers->list))
		peer_free(peer_of(peers->list.next));
	if (peers->listener)
		net_link_stop(peers->listener);
	log_reader_close(&peers->push_reader);
	buf_close(&peers->ack);
	buf_close(&peers->accord);
	mem_free(peers->told);
	peers_close_early(peers);
	peers_close_calls(peers);
	mem_free(peers);
}

void peers_on_change(struct peers *peers, peers_changed changed, void *context)
{
	peers->changed = changed;
	peers->changed_context = context;
}

static void fill_status(const struct peer *peer, struct peer_status *out)
{
	*out = (struct peer_status){.device = peer->device,
	        .address = peer->address,
	        .dialled = peer->initiator,
	        .connected = peer->session != NULL,
	        .level = peer->level,
	        .skew_ms = peer->skew_ms,
	        .clock_compared = peer->clock_compared,
	        .bytes_in = peer->bytes_in,
	        .bytes_out = peer->bytes_out,
	        .error = peer->error};
	out->silent_ms = peer->heard_ms ? peers_now_ms(peer->peers) - peer->heard_ms : UINT64_MAX;
	if (peer->session) {
		out->progress = net_session_progress(peer->session);
		out->even = peer_is_level(peer);
		out->signs = net_channel_features(peer->channel) & PEER_FEATURE_MEETINGS;
	}
}

void peer_changed(struct peer *peer)
{
	struct peer_status status;
	if (!peer->peers->changed)
		return;
	fill_status(peer, &status);
	peer->peers->changed(peer->peers->changed_context, &status);
}

uint32_t peers_count(const struct peers *peers)
{
	return peers->count;
}

bool peers_status(const struct peers *peers, uint32_t index, struct peer_status *out)
{
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next, index--) {
		if (index)
			continue;
		fill_status(queue_member_const(link, struct peer, link), out);
		return true;
	}
	return false;
}

void peers_traffic(const struct peers *peers, uint64_t *bytes_in, uint64_t *bytes_out)
{
	*bytes_in = peers->bytes_in;
	*bytes_out = peers->bytes_out;
}

struct peers_sent peers_sent(const struct peers *peers, uint8_t type)
{
	return type < PEERS_FRAME_TYPES ? peers->sent[type] : (struct peers_sent){0};
}

uint32_t peers_session_count(const struct peers *peers)
{
	uint32_t count = 0;
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next)
		count += queue_member_const(link, struct peer, link)->session != NULL;
	return count;
}

bool peers_any_session(const struct peers *peers)
{
	return peers_session_count(peers) > 0;
}

uint32_t peers_refused(const struct peers *peers)
{
	return peers->refused;
}

void peers_pieces(const struct peers *peers, uint64_t *pieces_in, uint64_t *pieces_out)
{
	*pieces_in = *pieces_out = 0;
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		*pieces_in += queue_member_const(link, struct peer, link)->pieces.pieces_in;
		*pieces_out += queue_member_const(link, struct peer, link)->pieces.pieces_out;
	}
}

struct peers_totals peers_totals(const struct peers *peers)
{
	return peers->totals;
}

uint64_t peers_pushed(const struct peers *peers)
{
	return peers->pushed;
}

enum peers_kind peers_kind_of(uint8_t type)
{
	switch (type) {
	case NET_FRAME_FEEDS:
	case NET_FRAME_HEADS:
	case NET_FRAME_WANT:
	case NET_FRAME_SUPPLY:
	case NET_FRAME_SUPPLIED:
	case NET_FRAME_CLOCK:
	case NET_FRAME_ENOUGH:
	case NET_FRAME_SUMMARY:
		return PEERS_KIND_HEADS;
	case NET_FRAME_RUN:
		return PEERS_KIND_RUNS;
	case NET_FRAME_STATE_DIGEST:
	case NET_FRAME_STATE_IDS:
	case NET_FRAME_STATE_ROWS:
		return PEERS_KIND_STATE;
	default:
		return net_pieces_is_frame(type) ? PEERS_KIND_PICTURES : PEERS_KIND_OTHER;
	}
}

int peer_send(struct peer *peer, uint8_t type, struct span payload)
{
	peer->peers->totals.kind_out[peers_kind_of(type)] += payload.size;
	return net_channel_send(peer->channel, type, payload);
}

/* ---- Ending ----------------------------------------------------------------------------------------------------- */

/* The other side hears why; the memory goes at the end of the event. */
void peer_end(struct peer *peer, int error)
{
	if (peer->ended)
		return;
	peer->ended = true;
	peer->error = error;
	if (peer->channel)
		net_channel_close(peer->channel, error);
}

/* ---- Sending ---------------------------------------------------------------------------------------------------- */

static void write_out(struct peer *peer)
{
	struct buf out = {0};
	if (!peer->channel || !peer->conn || peer->paused || !peer->open)
		return;
	net_channel_take(peer->channel, env_monotonic_ms(node_env(peer->peers->node)), &out);
	peer->answers_rows = false;
	peer->bytes_out += out.size;
	peer->peers->bytes_out += out.size;
	int result = out.size ? net_conn_write(peer->conn, &out) : 0;
	buf_close(&out);
	if (result == NET_LINK_PAUSE)
		peer->paused = true;
	else if (result < 0 && !peer->ended)
		peer_end(peer, result);
}

/* Early copies go before records. */
static void pump_early(struct peer *peer)
{
	int result = 1;
	while (result == 1 && peer->session && !peer->ended && !peer->paused && peer->early.gives) {
		result = peer_pump_early(peer);
		if (result < 0)
			peer_end(peer, result);
		write_out(peer);
	}
}

static void pump(struct peer *peer)
{
	pump_early(peer);
	while (peer->session && !peer->ended && !peer->paused && net_session_supplying(peer->session) &&
	        (!peer->gives_records || peer_may_send(peer))) {
		int result = net_session_pump(peer->session, LIMIT_SESSION_QUEUE_BYTES / 8);
		if (result < 0)
			peer_end(peer, result);
		if (result == 0)
			peer_stop_supply(peer);
		write_out(peer);
	}
	store_abort(peer->stream_txn);
	peer->stream_txn = NULL;
}

/* ---- Events of the channel -------------------------------------------------------------------------------------- */

/* Whose key it is. Somebody may have admitted a relay, or a device of her making, under a colleague's key, which is no proof of anything: of several
 * a person's active device is meant, else the one that was admitted first. */
static const struct team_device *member_with_key(const struct peers *peers, const uint8_t *handshake_key)
{
	const struct team_view *view = node_view(peers->node);
	const struct team_device *found = NULL;
	for (uint32_t i = 0; view && i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		if (memcmp(device->keys.handshake, handshake_key, TEAM_KEY_BYTES) != 0)
			continue;
		if (device->state == TEAM_DEVICE_ACTIVE && !device->relay)
			return device;
		found = found ? found : device;
	}
	return found;
}

bool peer_is_barred(const struct peer *peer)
{
	const struct team_device *device = member_with_key(
	        peer->peers, net_channel_remote_static(peer->channel));
	return device &&
	        (device->state == TEAM_DEVICE_REMOVED || node_rights_over(peer->peers->node, device));
}

void peers_await(struct peers *peers, const struct team_id *team)
{
	peers->awaited = *team;
}

/* No membership is here yet, by which keys could be judged. */
static bool awaits_team(const struct peers *peers)
{
	return !node_view(peers->node) && !team_id_is_zero(&peers->awaited);
}

static void ask(struct peer *peer)
{
	const struct team_device *device = member_with_key(
	        peer->peers, net_channel_remote_static(peer->channel));
	if (peer->pairing) {
		net_channel_accept(peer->channel);
	} else if (net_channel_invitation(peer->channel)) {
		peer->pairing = pairing_new_host(peer, net_channel_invitation(peer->channel));
		net_channel_accept(peer->channel);
	} else if (device && device->state == TEAM_DEVICE_ACTIVE &&
	        !node_rights_over(peer->peers->node, device)) {
		peer->device = device->id;
		net_channel_accept(peer->channel);
	} else if (awaits_team(peer->peers) &&
	        node_enter_team(peer->peers->node, &peer->peers->awaited) == 0) {
		peer->newcomer = true;
		net_channel_accept(peer->channel);
	} else {
		net_channel_refuse(peer->channel, ERR_DENIED);
	}
}

void peer_start_session(struct peer *peer)
{
	const struct env *env = node_env(peer->peers->node);
	const struct team_view *view = node_view(peer->peers->node);
	const struct team_device *device = view ? team_view_device(view, &peer->device) : NULL;
	peer->peers->refused = 0;
	peer->peers->totals.sessions++;
	peer->lapsed = device && node_rights_lapsed(peer->peers->node, device);
	peer->established_ms = env_monotonic_ms(env);
	peer_note_acknowledged(peer);
	peer_start_pieces(peer);
	peer_start_early(peer);
	peer->told_offset_ms = peers_clock_offset_ms(peer->peers);
	peer->session = net_session_new(&peer->host, env_wall_ms(env), node_clock_grade(peer->peers->node));
	peer_forget_room(peer);
	peer_changed(peer);
}

static void established(struct peer *peer)
{
	net_conn_trust(peer->conn);
	if (!peer->pairing && !peer->newcomer) {
		peer_call_answered(peer);
		peer_settle_double(peer);
	}
	if (peer->pairing)
		pairing_established(peer->pairing);
	else if (!peer->ended)
		peer_start_session(peer);
}

/* For rows of replicated state, while the answer to its last such question has not even left: it cannot know that answer, and each costs all rows. */
static bool asks_again(struct peer *peer, uint8_t type)
{
	const bool again = type == NET_FRAME_STATE_IDS && peer->answers_rows;
	peer->answers_rows |= type == NET_FRAME_STATE_IDS;
	return again;
}

static void frame(struct peer *peer, const struct net_frame *frame_)
{
	int result = 0;
	peer->peers->totals.kind_in[peers_kind_of(frame_->type)] += frame_->payload.size;
	peer->brought_bytes += frame_->payload.size;
	if (frame_->type == NET_FRAME_PIECE_WANT || frame_->type == NET_FRAME_PIECES_HELD)
		peer->piece_given_ms = 0; /* it came */
	if (peer->session && asks_again(peer, frame_->type)) {
		result = ERR_MALFORMED;
	} else if (peer->session && frame_->type == NET_FRAME_ROOM) {
		result = peer_heard_room(peer, frame_->payload);
	} else if (peer->session && net_pieces_is_frame(frame_->type)) {
		result = net_pieces_receive(&peer->pieces, frame_->type, frame_->payload);
	} else if (peer->session && net_early_is_frame(frame_->type)) {
		result = peer_early_frame(peer, frame_->type, frame_->payload);
	} else if (peer->session) {
		peer->yields |= frame_->type == NET_FRAME_SUPPLIED;
		result = net_session_receive(peer->session, frame_->type, frame_->payload);
		if (result >= 0)
			peer_compare_acknowledged(peer);
		peer->peers->ask_due |= frame_->type == NET_FRAME_SUPPLIED ||
		        frame_->type == NET_FRAME_STATE_ROWS;
		/* Once it was so, records may go: rows that came into being since do not take that back. */
		peer->heard |= net_session_state_settled(peer->session);
	} else if (peer->pairing) {
		result = pairing_frame(peer->pairing, frame_->type, frame_->payload);
	}
	if (result < 0)
		peer_end(peer, result);
}

/* One event; false when there is nothing more to do with the bytes. */
static bool act(struct peer *peer, enum net_channel_event event, const struct net_frame *frame_)
{
	switch (event) {
	case NET_CHANNEL_ASK:
		ask(peer);
		return true;
	case NET_CHANNEL_ESTABLISHED:
		established(peer);
		return true;
	case NET_CHANNEL_FRAME:
		frame(peer, frame_);
		return !peer->ended;
	case NET_CHANNEL_CLOSED:
		if (!peer->ended)
			peer->error = net_channel_error(peer->channel);
		/* Before it showed a key: the invitation that it spoke of is not open here. */
		if (!peer->initiator && peer->error == ERR_DENIED &&
		        !net_channel_remote_static(peer->channel))
			node_refused(peer->peers->node, REFUSED_INVITATION, TEAM_REASON_INVITATION_CLOSED);
		peer->ended = true;
		return false;
	case NET_CHANNEL_NOTHING:
		return false;
	}
	return false;
}

static void feed(struct peer *peer, struct span bytes)
{
	struct net_frame frame_ = {0};
	uint64_t now_ms = env_monotonic_ms(node_env(peer->peers->node));
	while (!peer->ended && act(peer, net_channel_feed(peer->channel, now_ms, &bytes, &frame_), &frame_))
		;
}

/* ---- Events of the connection ----------------------------------------------------------------------------------- */

static void on_opened(void *context)
{
	((struct peer *)context)->open = true;
}

static void on_data(void *context, struct span bytes)
{
	struct peer *peer = context;
	peer->heard_ms = peers_now_ms(peer->peers);
	peer->bytes_in += bytes.size;
	peer->peers->bytes_in += bytes.size;
	if (!peer->ended)
		feed(peer, bytes);
}

static void on_drained(void *context)
{
	((struct peer *)context)->paused = false;
}

static void on_closed(void *context, int error)
{
	struct peer *peer = context;
	struct net_frame frame_ = {0};
	if (peer->channel && !peer->ended && peer->open) /* else nobody answered: the link says why */
		act(peer, net_channel_eof(peer->channel), &frame_);
	if (!peer->error || !peer->open)
		peer->error = error; /* nobody answered: no handshake was cut short */
	peer->ended = true;
	peer->gone = true;
}

static const struct net_conn_events conn_events = {on_opened, on_data, on_drained, on_closed};

unsigned peers_version(void)
{
	return PEER_VERSION;
}

int peer_channel(struct peer *peer, struct net_channel_config *config)
{
	uint8_t ephemeral[NET_NOISE_KEY_BYTES];
	const struct env *env = node_env(peer->peers->node);
	env_random_bytes(env, ephemeral, sizeof(ephemeral));
	config->initiator = peer->initiator;
	config->static_secret = node_identity(peer->peers->node)->secrets->handshake;
	config->ephemeral_secret = ephemeral;
	config->now_ms = env_monotonic_ms(env);
	config->version_min = config->version_max = PEER_VERSION;
	config->features = PEER_FEATURE_BRANCHES | PEER_FEATURE_MEETINGS | PEER_FEATURE_EARLY;
	int result = net_channel_new(&peer->channel, config);
	mem_wipe(ephemeral, sizeof(ephemeral));
	return result;
}

static bool open_invitation(void *context, uint32_t index, struct net_invitation *out)
{
	struct peer *peer = context;
	return node_open_invitation(peer->peers->node, index, out->id, out->psk);
}

/* Others than half-open ones, of which the link has its own count. */
static uint32_t met_count(const struct peers *peers)
{
	uint32_t count = 0;
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		const struct peer *peer = queue_member_const(link, struct peer, link);
		count += !peer->ended && (peer->session || peer->pairing);
	}
	return count;
}

static void on_accepted(void *context, struct net_conn *conn)
{
	struct peers *peers = context;
	struct net_channel_config config = {.invitation = open_invitation};
	if ((!node_in_team(peers->node) && !awaits_team(peers)) || met_count(peers) >= LIMIT_SESSIONS) {
		net_conn_close(conn);
		return;
	}
	struct peer *peer = peer_new(peers, false);
	config.team = node_in_team(peers->node) ? *node_team(peers->node) : peers->awaited;
	config.context = peer;
	peer->conn = conn;
	peer->address = conn->remote;
	peer->open = true;
	if (peer_channel(peer, &config)) {
		peer->ended = true;
	}
	net_conn_attach(conn, &conn_events, peer);
}

int peers_listen(struct peers *peers, const struct net_address *local, struct net_address *bound)
{
	int result = net_link_listen(peers->link, local, on_accepted, peers, &peers->listener);
	if (result == 0)
		*bound = peers->listener->local;
	return result;
}

int peer_connect(struct peers *peers, const struct net_address *address, struct peer **out)
{
	struct peer *peer = peer_new(peers, true);
	peer->address = *address;
	int result = net_link_connect(peers->link, address, &conn_events, peer, &peer->conn);
	if (result) {
		peer->conn = NULL;
		peer_free(peer);
		return result;
	}
	*out = peer;
	return 0;
}

int peers_dial(struct peers *peers, const struct net_address *address, const struct device_id *id)
{
	const struct team_view *view = node_view(peers->node);
	const struct team_device *device = view ? team_view_device(view, id) : NULL;
	struct peer *peer;
	if (!device || device->state != TEAM_DEVICE_ACTIVE)
		return ERR_NOTFOUND;
	if (node_rights_over(peers->node, device))
		return ERR_EXPIRED;
	if (peer_has_connection(peers, address, id))
		return ERR_EXISTS;
	if (peers_attempts(peers, id) >= LIMIT_DIALS_PER_DEVICE)
		return ERR_BUSY;
	int result = peer_connect(peers, address, &peer);
	if (result)
		return result;
	struct net_channel_config config = {
	        .team = *node_team(peers->node), .remote_static = device->keys.handshake};
	peer->device = *id;
	result = peer_channel(peer, &config);
	if (result)
		peer_free(peer);
	return result;
}

/* ---- Turning ---------------------------------------------------------------------------------------------------- */

/* Our own rows that are news go by themselves, since comparing all rows for them would cost more than what they say. */
struct own_rows {
	bool ack, accord;
};

/* To a peer that has had the same rows as we. */
static int push_rows(struct peer *peer, const struct own_rows *moved)
{
	const struct peers *peers = peer->peers;
	if (!net_session_state_settled(peer->session))
		return 0;
	int result = moved->ack
	        ? net_session_state_push(peer->session, peer_shorten(peer, buf_span(&peers->ack)))
	        : 0;
	if (result == 0 && moved->accord && net_channel_features(peer->channel) & PEER_FEATURE_MEETINGS)
		result = net_session_state_push(peer->session, buf_span(&peers->accord));
	return result;
}

/* Keys first, then the entries that may need them and their heads; after those, what is said of them. */
static int tell(struct peer *peer, const struct node_news *news, const struct own_rows *moved)
{
	struct net_session *session = peer->session;
	const bool keys = news->keys || news->membership;
	int result = keys ? push_rows(peer, moved) : 0;
	if (result == 0 && keys)
		result = net_session_state_changed(session, true);
	if (result == 0 && news->heads)
		result = peer_push(peer);
	if (result == 0 && (news->heads || news->membership))
		result = net_session_heads_changed(session);
	if (result == 0 && !keys)
		result = push_rows(peer, moved);
	if (result == 0 && news->state && !keys && !peer->peers->digest_due)
		result = net_session_state_changed(session, false);
	if (result == 0)
		result = news->membership || news->keys || news->room || news->forks
		        ? net_session_wake(session)
		        : net_session_ask(session);
	return result;
}

/* Is it another row than before? */
static bool take_row(struct peers *peers, void (*own)(struct node *node, struct buf *row), struct buf *last)
{
	struct buf row = {0};
	own(peers->node, &row);
	const bool moved = !span_eq(buf_span(&row), buf_span(last));
	buf_close(last);
	*last = row;
	return moved && row.size;
}

/* In a meeting of many all acknowledge the same save within seconds, and each says so to everybody: if everybody compared all rows with everybody for each
 * of these, it would cost the square of the team from each device. Soon all have come. */
static void tell_digests(struct peers *peers)
{
	if (!peers->digest_due || peers->digest_ticks-- > 0)
		return;
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = peer_of(link);
		int result = peer->session && !peer->ended ? net_session_state_changed(peer->session, false)
		                                           : 0;
		if (result < 0)
			peer_end(peer, result);
	}
	peers->digest_due = false;
}

static void put_off_digests(struct peers *peers)
{
	const uint32_t sessions = peers_session_count(peers);
	peers->digest_due = sessions > LIMIT_SESSIONS_FEW;
	peers->digest_ticks = sessions / LIMIT_SESSIONS_PER_TICK;
}

static void tell_news(struct peers *peers, const struct node_news *news)
{
	struct own_rows moved = {false, false};
	if (news->state)
		moved = (struct own_rows){take_row(peers, node_own_ack, &peers->ack),
		        take_row(peers, node_own_accord, &peers->accord)};
	if (news->rows || news->membership)
		peers->digest_due = false;
	else if (news->state && !peers->digest_due)
		put_off_digests(peers);
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = peer_of(link);
		int result = peer->session && !peer->ended ? tell(peer, news, &moved) : 0;
		if (result < 0)
			peer_end(peer, result);
	}
	peers_news_told(peers);
}

static void ask_those(struct peers *peers, bool yield)
{
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = peer_of(link);
		if (!peer->session || peer->ended || peer->yields != yield)
			continue;
		peer->yields = false;
		int result = net_session_ask(peer->session);
		peer->state_kept &= !net_session_state_settled(peer->session);
		if (result < 0)
			peer_end(peer, result);
	}
}

/* What one session was fetching may be asked for by another now, and by that one last. */
static void ask_all(struct peers *peers)
{
	peers->ask_due = false;
	ask_those(peers, false);
	ask_those(peers, true);
}

/* What was claimed, and did not come, may be asked of others. */
static void end_claims(struct peers *peers)
{
	const uint64_t now_ms = env_monotonic_ms(node_env(peers->node));
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = peer_of(link);
		if (peer->claims_over || peer->ended || now_ms < peer_claims_until_ms(peer))
			continue;
		peer->claims_over = true;
		peers->ask_due = true;
	}
}

/* Members removed meanwhile, or past the date of their rights, are not talked to any more. */
static void drop_removed(struct peers *peers)
{
	const struct team_view *view = node_view(peers->node);
	for (struct queue *link = peers->list.next; view && link != &peers->list; link = link->next) {
		struct peer *peer = peer_of(link);
		if (!peer->session || peer->newcomer)
			continue;
		const struct team_device *device = team_view_device(view, &peer->device);
		/* One that was just let in and has to wait is told so by the membership. */
		if (device && device->state == TEAM_DEVICE_PENDING && peer->paired)
			continue;
		if (!device || device->state != TEAM_DEVICE_ACTIVE || node_rights_over(peers->node, device))
			peer_end(peer, ERR_DENIED);
	}
}

/* After a pairing the guest learns from the membership whose key it was that it talked to. */
static void recognize(struct peers *peers)
{
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = peer_of(link);
		if (!peer->newcomer || !peer->session)
			continue;
		const struct team_device *device = member_with_key(
		        peers, net_channel_remote_static(peer->channel));
		if (!device)
			continue;
		peer->device = device->id;
		peer->newcomer = false;
		if (peer->clock_compared)
			node_clock_seen(peers->node, &peer->device, peer->skew_ms);
		if (peer->level)
			node_met(peers->node, &peer->device, 0);
		peers->ask_due = true; /* records waited for that (peers_early.c) */
		if (peer->pairing)
			pairing_recognized(peer->pairing);
	}
}

/* The rights of somebody who is connected begin: keys and entries go to her as at a meeting. */
static void begin_rights(struct peers *peers)
{
	const struct team_view *view = node_view(peers->node);
	for (struct queue *link = peers->list.next; view && link != &peers->list; link = link->next) {
		struct peer *peer = peer_of(link);
		const struct team_device *device = peer->session ? team_view_device(view, &peer->device)
		                                                 : NULL;
		bool lapsed = device && node_rights_lapsed(peers->node, device);
		if (peer->lapsed && device && !lapsed) {
			peer->share_due = true;
			peer->shared_generation = 0;
			int result = net_session_heads_changed(peer->session);
			if (result < 0)
				peer_end(peer, result);
		}
		peer->lapsed = lapsed;
	}
}

/* Over another connection the team may still come. */
static bool joins_elsewhere(const struct peer *peer)
{
	for (const struct queue *link = peer->peers->list.next; link != &peer->peers->list;
	        link = link->next) {
		const struct peer *other = queue_member_const(link, struct peer, link);
		if (other != peer && other->newcomer)
			return true;
	}
	return false;
}

/* What it said last came after everything that it had saved by then, and after it had told of that. */
static void note_met(const struct peer *peer)
{
	if (peer->peers->reloaded) /* what the session knows of feeds by number is no longer true */
		return;
	const struct net_session_progress progress = net_session_progress(peer->session);
	if (peer->level && peer->heard_ms && progress.peer_complete && progress.missing_here == 0)
		node_met(peer->peers->node, &peer->device, peers_now_ms(peer->peers) - peer->heard_ms);
}

static void reap(struct peers *peers)
{
	for (struct queue *link = peers->list.next, *next; link != &peers->list; link = next) {
		struct peer *peer = peer_of(link);
		next = link->next;
		if (!peer->ended)
			continue;
		peer->paused = false;
		if (!peer->gone)
			write_out(peer); /* the goodbye */
		if (peer->conn) {
			if (peer->gone)
				net_conn_close(peer->conn);
			else
				net_conn_finish(peer->conn);
			peer->conn = NULL;
		}
		peers->ask_due |= peer->session != NULL;
		if (peer->session) {
			note_met(peer);
			node_photo_look_again(peers->node); /* what it was asked for */
		}
		peers->refused += peer->initiator && peer->open && !peer->session && !peer->pairing &&
		        peer->error == ERR_TRUNCATED;
		peer_call_ended(peer);
		net_session_free(peer->session);
		peer->session = NULL;
		if (peer->newcomer && !joins_elsewhere(peer))
			node_leave_empty_team(peers->node);
		peer_changed(peer);
		peer_free(peer);
	}
}

/* The other side's key rows are ours now, so that what it lacks is known. */
static void share_keys(struct peers *peers)
{
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = peer_of(link);
		uint64_t generation = node_keys_generation(peers->node);
		if (!peer->share_due || !peer->session || peer->ended || peer->newcomer ||
		        !net_session_state_settled(peer->session))
			continue;
		peer->share_due = false;
		if (peer->shared_generation == generation ||
		        !node_may_write(peers->node, COMPARTMENT_CLINICAL))
			continue;
		node_share_keys(
		        peers->node, &peer->device); /* what fails is tried again at the next meeting */
		peer->shared_generation = node_keys_generation(peers->node);
	}
}

/* After a failed commit sessions begin again: what they know of feeds, and read from the store, is no longer true. */
static void end_all(struct peers *peers)
{
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = peer_of(link);
		peer_stop_supply(peer);
		if (peer->session || peer->pairing)
			peer_end(peer, ERR_CLOSED);
	}
}

/* What a session is told, and looks at, once in a turn. */
static void turn_session(struct peer *peer)
{
	int result = peer->session && !peer->ended ? peer_tell_room(peer) : 0;
	if (result == 0 && peer->session && !peer->ended)
		result = net_session_turn(peer->session);
	if (result < 0)
		peer_end(peer, result);
}

void peers_turn(struct peers *peers)
{
	share_keys(peers);
	node_flush(peers->node);
	if (node_wants_store(peers->node))
		end_all(peers);
	node_poll(peers->node);
	if (node_wants_store(peers->node)) {
		end_all(peers);
		node_poll(peers->node);
	}
	struct node_news news = node_take_news(peers->node);
	peers->reloaded = news.reloaded;
	if (news.reloaded) {
		end_all(peers);
		log_reader_close(&peers->push_reader);
	}
	recognize(peers);
	if (news.membership)
		drop_removed(peers);
	if (news.heads || news.membership || news.state || news.room || news.forks)
		tell_news(peers, &news);
	do {
		if (peers->ask_due)
			ask_all(peers);
		peers_turn_pieces(peers);
		for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
			turn_session(peer_of(link));
			peer_tell_partial(peer_of(link));
			pump(peer_of(link));
			write_out(peer_of(link));
		}
		reap(peers);
	} while (peers->ask_due);
	peers_bound_taken(peers);
}

/* Of a feed with two histories the other side has what cannot come here, so that the session never becomes level, or was so for the last time before
 * they parted: that must not keep keys from it. */
static void share_at_rest(struct peers *peers)
{
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = peer_of(link);
		if (peer->session && peer->shared_generation != node_keys_generation(peers->node) &&
		        !net_session_supplying(peer->session))
			peer->share_due = true;
	}
}

void peers_tick(struct peers *peers)
{
	struct net_frame frame_ = {0};
	uint64_t now_ms = env_monotonic_ms(node_env(peers->node));
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = peer_of(link);
		if (peer->channel && !peer->ended)
			act(peer, net_channel_tick(peer->channel, now_ms), &frame_);
		peer_watch_acknowledged(peer);
		peer_tick_room(peer);
		if (peer->session)
			net_session_tick(peer->session);
	}
	tell_digests(peers);
	drop_removed(peers);
	share_at_rest(peers);
	begin_rights(peers);
	end_claims(peers);
	peers_watch_clock(peers);
	peers_tick_meeting(peers);
	peers_note_rate(peers);
	peers->ask_due = true; /* who was waited for long enough is waited for no longer */
	peers_turn(peers);
}

uint64_t peers_due_ms(const struct peers *peers)
{
	uint64_t due_ms = UINT64_MAX;
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		const struct peer *peer = queue_member_const(link, struct peer, link);
		uint64_t own_ms = peer->channel ? net_channel_due_ms(peer->channel) : UINT64_MAX;
		due_ms = own_ms < due_ms ? own_ms : due_ms;
		own_ms = peer->claims_over ? UINT64_MAX : peer_claims_until_ms(peer);
		due_ms = own_ms < due_ms ? own_ms : due_ms;
		own_ms = peer_turns_pieces(peer) ? net_pieces_due_ms(&peer->pieces) : UINT64_MAX;
		due_ms = own_ms < due_ms ? own_ms : due_ms;
	}
	const uint64_t early_ms = peers_early_due_ms(peers), pieces_ms = peers_pieces_due_ms(peers);
	due_ms = early_ms < due_ms ? early_ms : due_ms;
	return pieces_ms < due_ms ? pieces_ms : due_ms;
}
