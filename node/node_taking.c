/*
 * Taking in a file that carries what sessions carry (README.md, "Bundles"; node/keyring/README.md, section 8).
 *
 * Normal course: the header is opened with this device's key; then each chunk, and the frames in it go the way that a peer's go. At the end, of the secrets that came for
 * this device, those are taken of which nobody else has any. A file that opens with an invitation's secret instead is a newcomer's request.
 *
 * Failures: a chunk that does not open is passed over, and of each part what is left of the frame in it. Whoever made a file that is nonsense is not believed any more; what came
 * before stays, since each frame stands for itself. Taking in the same again changes nothing.
 */
#include "node/node_bundle.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/bundle_frames.h"
#include "node/bundle_volume.h"
#include "node/node_state.h"

#define JOINING_ROW "joining by file" /* in LOCAL: the team */

enum {
	/* What entries of one file need whose secrets nobody may be given by the ordinary way. */
	NEEDS_MAX = 65536,
	SECRETS_BYTES_MAX = 4 * 1024 * 1024, /* kept until all entries are there */
	/* Boxes that are tried, 60 microseconds each: one for each 128 KB of rows of each device that reads no dossiers, and one for each colleague. */
	SEALED_MAX = 1024,
};

enum stage { STAGE_HEAD, STAGE_CHUNKS, STAGE_OVER };

struct node_taking {
	struct node *node;
	enum stage stage;
	struct buf pending; /* that is not enough yet */
	bool is_ours, is_older;
	struct bundle_key key;
	bool by_invitation;
	uint8_t invitation_key[TEAM_KEY_BYTES];
	uint64_t chunk, head_bytes;
	uint8_t digest[SIGN_DIGEST_BYTES]; /* of the chunks so far */
	uint8_t *content; /* of the chunk that is open */
	struct bundle_frames parts[BUNDLE_PARTS + 1];
	struct buf opened; /* what a SEALED was */
	uint32_t sealed_count; /* that were tried */
	struct buf secrets; /* packets for this device: varint length, packet */
	struct node_need *needs; /* of entries that were taken, whose authors may give no secrets otherwise */
	uint32_t need_count, need_capacity;
	struct arena arena;
	struct node_taken taken;
};

/* ---- Entries ---------------------------------------------------------------------------------------------------- */

int node_need_cmp(const void *a, const void *b)
{
	const struct node_need *left = a, *right = b;
	int order = epoch_id_cmp(&left->epoch, &right->epoch);
	if (order == 0)
		order = pseudonym_cmp(&left->dossier, &right->dossier);
	return order ? order : device_id_cmp(&left->author, &right->author);
}

static void sort_needs(struct node_taking *taking)
{
	uint32_t kept = 0;
	if (taking->need_count)
		qsort(taking->needs, taking->need_count, sizeof(*taking->needs), node_need_cmp);
	for (uint32_t i = 0; i < taking->need_count; i++)
		if (kept == 0 || node_need_cmp(&taking->needs[kept - 1], &taking->needs[i]) != 0)
			taking->needs[kept++] = taking->needs[i];
	taking->need_count = kept;
}

/* What it gives comes as rows, under the rules of those: a locum's word is taken for one secret of a patient whom she met first, and no other. */
static bool gives_by_rows(struct node *node, const struct device_id *author)
{
	const struct team_view *view = node_view(node);
	return view && team_view_level(view, author, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_WRITE;
}

/* What is here now of a run, or was before, its author has signed. */
static void note_needs(struct node_taking *taking, const struct device_id *author, const struct run *run)
{
	if (gives_by_rows(taking->node, author))
		return;
	for (uint32_t i = 0; i < run->count; i++) {
		const struct entry_header *header = &run->entries[i].header;
		if (pseudonym_is_zero(&header->dossier))
			continue;
		if (taking->need_count == taking->need_capacity)
			sort_needs(taking);
		if (taking->need_count >= NEEDS_MAX)
			return;
		taking->needs = mem_room(
		        taking->needs, taking->need_count, &taking->need_capacity, sizeof(*taking->needs));
		taking->needs[taking->need_count++] = (struct node_need){
		        header->epoch, header->dossier, *author};
	}
}

/* With its branches. */
static uint64_t received_in_all(struct node *node, uint32_t number)
{
	uint64_t sum = 0;
	if (!log_feed(node->log, number)->is_parted)
		return node_received(node, number);
	for (uint32_t i = 0; i < log_feed_count(node->log); i++)
		if (feed_id_eq(&log_feed(node->log, i)->written, &log_feed(node->log, number)->written))
			sum += node_received(node, i) + 1 - log_feed(node->log, i)->begin;
	return sum;
}

/* The feed ends before the run begins: what lies between is somewhere else. */
static bool is_early(struct node_taking *taking, const struct feed_id *id, const struct run *run)
{
	uint32_t number;
	return run_first_seq(run) > (log_feed_number(taking->node->log, id, &number)
	                                            ? received_in_all(taking->node, number)
	                                            : 0) +
	        1;
}

static bool is_here(struct node_taking *taking, uint32_t number, const struct run *run)
{
	return log_feed(taking->node->log, number)->is_parted ||
	        node_received(taking->node, number) >= run_last(run)->header.seq;
}

/* The log has room for so many feeds, for ever: one is given only for what somebody of the team signed, whoever made the file. */
static int receive(
        struct node_taking *taking, const struct node_feed_name *name, struct span bytes, uint32_t *number)
{
	struct node *node = taking->node;
	int result = node_begin_feed(node, name, bytes, number);
	if (result)
		return result;
	const uint64_t before = received_in_all(node, *number);
	result = node_receive_handed_on(node, *number, bytes);
	const uint64_t now = received_in_all(node, *number);
	taking->taken.entries += now > before ? (uint32_t)(now - before) : 0;
	return result;
}

/* Whoever brings runs is not believed for that: they are checked like a peer's, and one that is bad stops nothing else. */
static int take_run(struct node_taking *taking, struct span payload)
{
	struct node_feed_name name;
	struct span bytes;
	struct run run;
	uint32_t number;
	int result = bundle_frames_read_run(payload, &name, &bytes);
	if (result || !taking->node->in_team)
		return result;
	const struct feed_id id = entry_feed_id(&name.device, name.compartment, &name.incarnation);
	int decoded = run_decode(&run, &id, name.compartment, bytes, &taking->arena);
	result = decoded ? decoded : receive(taking, &name, bytes, &number);
	if (result < 0)
		taking->taken.refused++;
	else if (result == NODE_RUN_IGNORED && !node_holds_back(taking->node) &&
	        (!node_view(taking->node) || node_may_read(taking->node, name.compartment)))
		taking->taken.early += is_early(taking, &id, &run);
	else if (result != NODE_RUN_IGNORED && is_here(taking, number, &run))
		note_needs(taking, &name.device, &run);
	arena_clear(&taking->arena);
	return result == ERR_IO ? result : 0;
}

/* ---- Rows and secrets ------------------------------------------------------------------------------------------- */

static void take_row(struct node_taking *taking, struct span row)
{
	if (taking->node->in_team && node_state_put(taking->node, row) < 0)
		taking->taken.refused++;
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

/* All entries of the file are here: which secrets they need is known. */
static void take_secrets(struct node_taking *taking)
{
	struct wire_in in = wire_begin(buf_span(&taking->secrets));
	sort_needs(taking);
	while (taking->node->in_team && node_view(taking->node) && wire_left(&in))
		node_rescue_secrets(taking->node, wire_blob(&in, LIMIT_STATE_ROW_BYTES), taking->needs,
		        taking->need_count);
	buf_clear(&taking->secrets);
}

static int take_frame(struct node_taking *taking, uint8_t type, struct span payload);

/* Another one's stays closed. */
static int take_sealed(struct node_taking *taking, struct span payload)
{
	size_t at = 0;
	uint8_t type;
	struct span inner;
	int result = 0;
	buf_clear(&taking->opened);
	if (payload.size < BOX_OVERHEAD_BYTES || ++taking->sealed_count > SEALED_MAX ||
	        box_open_bytes(buf_extend(&taking->opened, payload.size - BOX_OVERHEAD_BYTES), payload,
	                node_seal_public(taking->node), node_seal_secret(taking->node)))
		return 0;
	while (result == 0 &&
	        (result = bundle_frames_next(buf_span(&taking->opened), &at, &type, &inner)) == 1) {
		result = 0;
		if (type == BUNDLE_FRAME_ROW)
			take_row(taking, inner);
		else if (type == BUNDLE_FRAME_SECRETS && inner.size <= LIMIT_STATE_ROW_BYTES &&
		        taking->secrets.size + inner.size <= SECRETS_BYTES_MAX)
			wire_put_blob(&taking->secrets, inner);
	}
	return result;
}

/* ---- Joining ---------------------------------------------------------------------------------------------------- */

/* A device that asked to be let in comes into that team, and no other, by whatever was sealed to it. */
static int take_about(struct node_taking *taking, struct span payload)
{
	struct node *node = taking->node;
	struct node_bundle_about about;
	struct team_id asked;
	const struct device_id self = node_device(node);
	int result = bundle_frames_read_about(payload, &about);
	if (result || taking->by_invitation)
		return result;
	if (!node->in_team && device_id_eq(&about.by, &self)) {
		result = 0; /* our own request */
	} else if (!node->in_team) {
		result = node_get_local_exact(node, JOINING_ROW, asked.bytes, sizeof(asked.bytes));
		if (result == 0 && team_id_eq(&asked, &about.team)) {
			result = node_enter_team(node, &asked);
			taking->taken.has_joined = result == 0;
		} else {
			result = result && result != ERR_NOTFOUND ? result : ERR_DENIED;
		}
	} else if (!team_id_eq(&node->team, &about.team)) {
		result = ERR_DENIED;
	}
	if (result)
		return result;
	taking->taken.has_about = true;
	taking->taken.about = about;
	return 0;
}

static int take_join(struct node_taking *taking, struct span payload)
{
	struct node *node = taking->node;
	struct wire_in in = wire_begin(payload);
	struct team_admit admit = {.role = 0};
	struct entry_hash admission;
	struct team_id team;
	struct span name;
	wire_raw(&in, team.bytes, sizeof(team.bytes));
	struct span rest = wire_span(&in, wire_left(&in));
	if (in.error || !taking->by_invitation || taking->taken.asks)
		return in.error ? in.error : ERR_MALFORMED;
	int result = joining_read(rest, &admit, &name);
	if (result == 0 && !team_id_eq(&team, &node->team))
		result = ERR_DENIED;
	if (result)
		node_refused(node, REFUSED_INVITATION, refusals_reason_of(result));
	else
		result = joining_admit(node, taking->invitation_key, &admit, name, false, &admission);
	taking->taken.asks = true;
	taking->taken.admitted = result;
	taking->taken.newcomer = admit.device;
	return 0;
}

int node_request_join(struct node *node, const struct team_id *team, const struct team_invitation *invitation,
        const struct person_id *person, struct span name, node_done done, void *context, struct buf *out)
{
	/* Ourselves too: by that we know it again, and remove it. */
	struct bundle_recipient recipients[2] = {{.parts = 1u << BUNDLE_COMMON},
	        {.key = *node_seal_public(node), .parts = 1u << BUNDLE_COMMON}};
	struct node_bundle_about about = {.team = *team,
	        .by = node_device(node),
	        .volume = 1,
	        .made_ms = env_wall_ms(node->config.env)};
	struct seal_secret secret;
	struct bundle_volume volume = {.is_open = false};
	struct buf payload = {0};
	uint8_t psk[SECRET_BYTES];
	if (node->in_team && !team_id_eq(&node->team, team))
		return ERR_EXISTS;
	if (name.size == 0 || name.size > LIMIT_NAME_BYTES)
		return ERR_INVALID;
	team_invitation_psk(invitation, psk);
	bundle_invitation_keys(psk, &recipients[0].key, &secret);
	mem_wipe(psk, sizeof(psk));
	seal_secret_wipe(&secret);
	const struct key_signer signer = {*team, about.by, node->identity.secrets->sign};
	int result = bundle_volume_begin(&volume, node->config.env, &signer, NULL, recipients, 2, 0, out);
	if (result)
		return result;
	bundle_frames_put_about(&payload, &about);
	bundle_volume_put(&volume, BUNDLE_COMMON, BUNDLE_FRAME_ABOUT, buf_span(&payload), out);
	buf_clear(&payload);
	buf_add(&payload, team->bytes, sizeof(team->bytes));
	joining_write(node, team, invitation, person, name, &payload);
	bundle_volume_put(&volume, BUNDLE_COMMON, BUNDLE_FRAME_JOIN, buf_span(&payload), out);
	bundle_volume_end(&volume, out);
	bundle_volume_close(&volume);
	buf_close(&payload);
	return node_put_local(node, JOINING_ROW, span_of(team->bytes, sizeof(team->bytes)), done, context);
}

int node_bundle_team(struct span begin, const struct team_invitation *invitation, struct team_id *team)
{
	struct seal_public open;
	struct seal_secret secret;
	struct bundle_key key;
	uint8_t psk[SECRET_BYTES];
	size_t head_bytes;
	int result = bundle_head_bytes(begin, &head_bytes);
	if (result)
		return result;
	team_invitation_psk(invitation, psk);
	bundle_invitation_keys(psk, &open, &secret);
	result = bundle_open(&key, span_sub(begin, 0, head_bytes), &open, &secret, team);
	mem_wipe(psk, sizeof(psk));
	seal_secret_wipe(&secret);
	bundle_key_wipe(&key);
	if (result != BUNDLE_IS_INVITATION)
		return result < 0 ? result : ERR_DENIED;
	return team_invitation_is_of(invitation, team) ? 0 : ERR_DENIED;
}

/* ---- Frames, chunks, header ------------------------------------------------------------------------------------- */

static int take_end(struct node_taking *taking, struct span payload)
{
	struct wire_in in = wire_begin(payload);
	wire_varint(&in);
	taking->taken.volumes = wire_varint(&in);
	return in.error;
}

/* Of a request nothing is taken but the request. */
static int take_frame(struct node_taking *taking, uint8_t type, struct span payload)
{
	if (taking->by_invitation)
		return type == BUNDLE_FRAME_JOIN ? take_join(taking, payload) : 0;
	switch (type) {
	case BUNDLE_FRAME_ABOUT:
		return take_about(taking, payload);
	case BUNDLE_FRAME_RUN:
		return take_run(taking, payload);
	case BUNDLE_FRAME_ROW:
		take_row(taking, payload);
		return 0;
	case BUNDLE_FRAME_SEALED:
		return take_sealed(taking, payload);
	case BUNDLE_FRAME_END:
		return take_end(taking, payload);
	default:
		return 0; /* of a later version */
	}
}

static int take_frames(struct node_taking *taking, struct bundle_frames *frames)
{
	size_t at = 0;
	uint8_t type;
	struct span payload;
	int result;
	while ((result = bundle_frames_next(buf_span(&frames->bytes), &at, &type, &payload)) == 1) {
		result = take_frame(taking, type, payload);
		if (result)
			return result;
	}
	bundle_frames_rest(frames, at);
	return result;
}

static void pass_damage(struct node_taking *taking)
{
	if (taking->taken.damaged++ == 0)
		taking->taken.damaged_at = taking->head_bytes + taking->chunk * BUNDLE_CHUNK_BYTES;
	for (unsigned part = 1; part <= BUNDLE_PARTS; part++)
		bundle_frames_lose(&taking->parts[part]);
}

/* The last chunk holds the signature of whoever made the file, over all others, and nothing else. */
static bool is_signed(struct node_taking *taking, struct span stream)
{
	struct entry_signature signature;
	struct span payload;
	size_t at = 0;
	uint8_t type;
	if (!taking->taken.has_about || bundle_frames_next(stream, &at, &type, &payload) != 1 ||
	        type != BUNDLE_FRAME_SIGNED || at != stream.size || payload.size != sizeof(signature.bytes))
		return false;
	memcpy(signature.bytes, payload.data, payload.size);
	return bundle_sign_check(&signature, &taking->taken.about.team, &taking->taken.about.by,
	        taking->digest, taking->chunk + 1);
}

static int take_chunk(struct node_taking *taking, struct span sealed)
{
	enum bundle_part part;
	struct span stream;
	size_t first;
	bool final = false;
	int result = bundle_chunk_open(
	        &taking->key, taking->chunk, sealed, &final, &part, taking->content, &stream, &first);
	if (result == ERR_BADSEAL)
		pass_damage(taking);
	if (result == 0) {
		taking->taken.ended = final;
		taking->taken.is_signed = final && is_signed(taking, stream);
		bundle_frames_add(&taking->parts[part], stream, first);
		result = take_frames(taking, &taking->parts[part]);
	}
	taking->chunk++;
	bundle_digest_add(taking->digest, sealed);
	if (final && result != ERR_BADSEAL)
		taking->stage = STAGE_OVER;
	return result == ERR_BADSEAL ? 0 : result;
}

/* Whoever holds this invitation, or made it, is asked by the file. */
static int open_by_invitation(struct node_taking *taking, struct span head)
{
	struct seal_public open;
	struct seal_secret secret;
	struct team_id unused;
	uint8_t psk[SECRET_BYTES];
	int result = ERR_DENIED;
	for (uint32_t i = 0;
	        result == ERR_DENIED && node_open_invitation(taking->node, i, taking->invitation_key, psk);
	        i++) {
		bundle_invitation_keys(psk, &open, &secret);
		result = bundle_open(&taking->key, head, &open, &secret, &unused);
	}
	mem_wipe(psk, sizeof(psk));
	seal_secret_wipe(&secret);
	taking->by_invitation = result == 0;
	return result > 0 ? ERR_DENIED : result;
}

static int open_head(struct node_taking *taking)
{
	struct node *node = taking->node;
	struct discovery_secret discovery;
	struct team_id unused;
	size_t head_bytes;
	struct span bytes = buf_span(&taking->pending);
	int result = bundle_head_bytes(bytes, &head_bytes);
	taking->is_older = result == ERR_VERSION && bundle_is_older(bytes);
	if (result || bytes.size < head_bytes)
		return result ? result : ERR_TRUNCATED;
	struct span head = span_sub(bytes, 0, head_bytes);
	result = bundle_open(&taking->key, head, node_seal_public(node), node_seal_secret(node), &unused);
	if (result > 0)
		result = ERR_DENIED;
	if (result == ERR_DENIED && node->in_team)
		result = open_by_invitation(taking, head);
	taking->is_ours = result == 0 ||
	        (node->in_team && node_discovery_secret(node, discovery.bytes) &&
	                bundle_is_ours(head, &discovery));
	discovery_secret_wipe(&discovery);
	if (result)
		return result;
	taking->head_bytes = head_bytes;
	memcpy(taking->digest, taking->key.head_hash, sizeof(taking->digest));
	taking->stage = STAGE_CHUNKS;
	buf_drop_front(&taking->pending, head_bytes);
	return 0;
}

struct node_taking *node_taking_new(struct node *node)
{
	struct node_taking *taking = mem_zero(1, sizeof(*taking));
	taking->node = node;
	taking->content = mem_alloc(BUNDLE_CONTENT_BYTES);
	return taking;
}

void node_taking_free(struct node_taking *taking)
{
	if (!taking)
		return;
	bundle_key_wipe(&taking->key);
	for (unsigned part = 1; part <= BUNDLE_PARTS; part++)
		bundle_frames_close(&taking->parts[part]);
	mem_wipe(taking->content, BUNDLE_CONTENT_BYTES);
	mem_free(taking->content);
	buf_wipe(&taking->pending);
	buf_wipe(&taking->opened);
	buf_wipe(&taking->secrets);
	mem_free(taking->needs);
	arena_close(&taking->arena);
	mem_free(taking);
}

int node_taking_feed(struct node_taking *taking, struct span bytes)
{
	int result = 0;
	size_t at = 0;
	taking->taken.bytes += bytes.size;
	if (taking->stage == STAGE_OVER) /* what stands behind the end is nobody's */
		return 0;
	buf_add_span(&taking->pending, bytes);
	if (taking->stage == STAGE_HEAD)
		result = open_head(taking);
	if (result == ERR_TRUNCATED)
		return 0; /* more is to come */
	for (; result == 0 && taking->stage == STAGE_CHUNKS &&
	        taking->pending.size - at >= BUNDLE_CHUNK_BYTES;
	        at += BUNDLE_CHUNK_BYTES)
		result = take_chunk(taking, span_sub(buf_span(&taking->pending), at, BUNDLE_CHUNK_BYTES));
	buf_drop_front(&taking->pending, at);
	if (result)
		taking->stage = STAGE_OVER;
	return result;
}

bool node_taking_is_ours(const struct node_taking *taking)
{
	return taking->is_ours;
}

bool node_taking_is_older(const struct node_taking *taking)
{
	return taking->is_older;
}

const struct node_taken *node_taking_so_far(const struct node_taking *taking)
{
	return &taking->taken;
}

int node_taking_end(struct node_taking *taking, struct node_taken *taken)
{
	struct node *node = taking->node;
	int result = taking->stage == STAGE_HEAD ? ERR_MALFORMED : 0;
	if (taking->stage == STAGE_CHUNKS || taking->taken.ended)
		take_secrets(taking);
	if (taking->taken.has_joined) {
		node_leave_empty_team(node); /* nothing of it was there */
		taking->taken.has_joined = node->in_team;
	}
	/* Of a device that nobody knows, anybody could have made it. */
	const struct device_id self = node_device(node);
	taking->taken.is_signed = taking->taken.is_signed &&
	        (!node_view(node) || device_id_eq(&taking->taken.about.by, &self) ||
	                team_view_device(node_view(node), &taking->taken.about.by));
	taking->taken.full = node->in_team && node_holds_back(node);
	taking->taken.waiting = node->waiting ? waiting_count(node->waiting) : 0;
	taking->taken.again = false;
	for (uint32_t i = 0; i < node->proof_count; i++)
		taking->taken.again |= !node->proofs[i].settled && node->forks_due;
	*taken = taking->taken;
	return result;
}

int node_take_in(struct node *node, struct span file, struct node_taken *taken)
{
	struct node_taking *taking = node_taking_new(node);
	int result = node_taking_feed(taking, file);
	int ended = node_taking_end(taking, taken);
	node_taking_free(taking);
	return result ? result : ended;
}

/* ---- Whose it is ------------------------------------------------------------------------------------------------ */

/* The first frame of a file. */
static int read_first(const struct bundle_key *key, struct span sealed, struct node_bundle_about *out)
{
	enum bundle_part part;
	struct span stream, payload;
	size_t first, at = 0;
	bool final = false;
	uint8_t type, *content = mem_alloc(BUNDLE_CONTENT_BYTES);
	int result = bundle_chunk_open(key, 0, sealed, &final, &part, content, &stream, &first);
	if (result == 0)
		result = part == BUNDLE_COMMON && bundle_frames_next(stream, &at, &type, &payload) == 1 &&
		                type == BUNDLE_FRAME_ABOUT
		        ? bundle_frames_read_about(payload, out)
		        : ERR_MALFORMED;
	mem_free(content);
	return result;
}

int node_bundle_peek(struct node *node, struct span begin, struct node_bundle_about *out)
{
	struct bundle_key key;
	struct team_id unused;
	size_t head_bytes;
	int result = bundle_head_bytes(begin, &head_bytes);
	if (result == 0)
		result = bundle_open(&key, span_sub(begin, 0, head_bytes), node_seal_public(node),
		        node_seal_secret(node), &unused);
	if (result)
		return result < 0 ? result : ERR_DENIED;
	result = read_first(&key, span_sub(begin, head_bytes, BUNDLE_CHUNK_BYTES), out);
	bundle_key_wipe(&key);
	return result;
}
