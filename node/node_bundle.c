/*
 * Writing a file that carries what sessions carry (README.md, "Bundles"; node/keyring/README.md, section 8).
 *
 * Normal course: who it is for is decided once, at the beginning. Then one frame after another: the membership, rows of replicated state, everybody's entries in causal order, and at
 * the end the secrets that only this device may have. Each frame joins the stream of its part; whenever one of these fills a chunk, that is sealed. A volume ends when the
 * next frame would not fit, and the next one goes on with that frame under keys of its own.
 *
 * Failures: none changes anything here. What was written before is a file, or the beginning of one, that can be taken in.
 */
#include "node/node_bundle.h"

#include <assert.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/bundle_frames.h"
#include "node/bundle_volume.h"
#include "node/node_state.h"

/* What a recipient may have, and who it is; of invitations the key is zero. */
struct reader_of {
	struct device_id device;
	uint32_t parts;
	bool is_self;
};

enum phase {
	PHASE_MEMBERSHIP,
	PHASE_ROWS, /* that everybody has */
	PHASE_DOSSIERS, /* that name dossiers */
	PHASE_EACH, /* the same for who gets some of them */
	PHASE_ENTRIES,
	PHASE_SECRETS,
	PHASE_END,
	PHASE_OVER,
};

struct node_export {
	struct node *node;
	struct node_export_wish wish;
	struct node_bundle_about about;
	struct bundle_recipient recipients[BUNDLE_SLOTS_MAX];
	struct reader_of readers[BUNDLE_SLOTS_MAX]; /* the same, in the same order */
	uint32_t recipient_count;
	uint32_t parts; /* that anybody else may have */
	struct node_export_counts counts;

	struct bundle_volume volume; /* that is being written */

	/* The next frame, when there is one. */
	bool has_frame;
	enum bundle_part part;
	uint8_t type;
	struct buf frame;

	enum phase phase;
	struct log_stream *stream;
	struct store_txn *txn; /* of this step */
	uint32_t reader; /* whose rows or secrets come now */
	uint8_t row_id[16]; /* the last one that was written of these */
	bool has_row_id;
	struct record_id *dossiers; /* that entries of ours are about, each once */
	uint32_t dossier_count, dossier_capacity, dossier_at;
	uint64_t packets;
	struct arena arena;
};

/* ---- Who it is for ---------------------------------------------------------------------------------------------- */

static bool is_meant(const struct node_export_wish *wish, const struct team_device *device)
{
	return !wish->person || person_id_eq(wish->person, &device->person);
}

/* As in a session: before its rights begin a device hears of the membership alone; a relay holds nothing that it could open. */
static uint32_t parts_of(struct node *node, const struct team_device *device)
{
	const struct team_view *view = node_view(node);
	uint32_t parts = 1u << BUNDLE_COMMON;
	if (device->relay || device->state != TEAM_DEVICE_ACTIVE || node_rights_over(node, device))
		return 0;
	if (node_rights_lapsed(node, device))
		return parts;
	for (uint8_t compartment = COMPARTMENT_TEAM; compartment <= COMPARTMENT_LAST; compartment++)
		if (team_view_level(view, &device->id, compartment) >= TEAM_LEVEL_READ)
			parts |= 1u << compartment;
	if (parts & 1u << BUNDLE_CLINICAL)
		parts |= 1u << BUNDLE_DOSSIERS;
	return parts;
}

static void add_recipient(struct node_export *exporting, const struct seal_public *key, uint32_t parts,
        const struct reader_of *reader)
{
	if (exporting->recipient_count == BUNDLE_SLOTS_MAX)
		return;
	exporting->readers[exporting->recipient_count] = *reader;
	exporting->recipients[exporting->recipient_count++] = (struct bundle_recipient){
	        *key, parts, exporting->node->team};
}

/* This device too: it knows its own files again by that, and one that lost its disk gets back what it wrote. */
static void find_devices(struct node_export *exporting)
{
	struct node *node = exporting->node;
	const struct team_view *view = node_view(node);
	const struct device_id self = node_device(node);
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		const struct reader_of reader = {
		        device->id, parts_of(node, device), device_id_eq(&self, &device->id)};
		if (!reader.parts || !(reader.is_self || is_meant(&exporting->wish, device)))
			continue;
		add_recipient(exporting, node_sealing_key(device), reader.parts, &reader);
		exporting->counts.devices += !reader.is_self;
		exporting->parts |= reader.is_self ? 0 : reader.parts;
	}
}

/* Whoever holds one of these is told the team's id, which it needs to ask to be let in. */
static void find_invitations(struct node_export *exporting)
{
	const struct reader_of nobody = {.parts = 0};
	uint8_t key[TEAM_KEY_BYTES], psk[SECRET_BYTES];
	struct seal_public open;
	struct seal_secret secret;
	for (uint32_t i = 0; node_open_invitation(exporting->node, i, key, psk); i++) {
		bundle_invitation_keys(psk, &open, &secret);
		add_recipient(exporting, &open, 0, &nobody);
		exporting->counts.invitations++;
	}
	seal_secret_wipe(&secret);
	mem_wipe(psk, sizeof(psk));
}

/* How far everybody has a feed that it may be for, by their own words. */
static uint64_t known_to_all(struct node_export *exporting, const struct log_feed *feed)
{
	const enum bundle_part part = bundle_frames_part(feed->compartment);
	uint64_t least = UINT64_MAX, seq;
	for (uint32_t i = 0; i < exporting->recipient_count; i++) {
		const struct reader_of *reader = &exporting->readers[i];
		if (reader->is_self || !(reader->parts & 1u << part))
			continue;
		if (!node_acknowledged(exporting->node, &reader->device, &feed->id, &seq))
			seq = 0;
		least = seq < least ? seq : least;
	}
	return least == UINT64_MAX ? feed->committed_seq : least;
}

static int begin_volume(struct node_export *exporting, struct buf *out)
{
	struct node *node = exporting->node;
	struct discovery_secret discovery;
	struct buf about = {0};
	/* Who was removed was left out of the secret of now: the file is found by its seals alone. */
	const bool has_discovery = node_discovery_secret(node, discovery.bytes);
	const struct key_signer signer = {node->team, node_device(node), node->identity.secrets->sign};
	int result = bundle_volume_begin(&exporting->volume, node->config.env, &signer,
	        has_discovery ? &discovery : NULL, exporting->recipients, exporting->recipient_count,
	        exporting->wish.volume_bytes, out);
	discovery_secret_wipe(&discovery);
	if (result)
		return result;
	exporting->about.volume = ++exporting->counts.volumes;
	bundle_frames_put_about(&about, &exporting->about);
	bundle_volume_put(&exporting->volume, BUNDLE_COMMON, BUNDLE_FRAME_ABOUT, buf_span(&about), out);
	buf_close(&about);
	return 0;
}

/* ---- Entries ---------------------------------------------------------------------------------------------------- */

/* Kinds of compartments that a phase is about. */
static bool is_of(const struct log_feed *feed, enum phase phase)
{
	return (feed->compartment == COMPARTMENT_MEMBERSHIP) == (phase == PHASE_MEMBERSHIP);
}

static bool range_of(struct node_export *exporting, uint32_t number, struct log_range *range)
{
	const struct log_feed *feed = log_feed(exporting->node->log, number);
	if (!(exporting->parts & 1u << bundle_frames_part(feed->compartment)))
		return false;
	uint64_t from = exporting->wish.whole ? 1 : known_to_all(exporting, feed) + 1;
	*range = (struct log_range){number, from < feed->begin ? feed->begin : from, feed->committed_seq};
	return range->from <= range->upto;
}

static void begin_stream(struct node_export *exporting)
{
	struct node *node = exporting->node;
	struct log_range *ranges = mem_zero(log_feed_count(node->log), sizeof(*ranges));
	uint32_t count = 0;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++)
		count += is_of(log_feed(node->log, i), exporting->phase) &&
		        range_of(exporting, i, &ranges[count]);
	exporting->stream = log_stream_new(node->log, ranges, count);
	mem_free(ranges);
}

static uint64_t entries_expected(struct node_export *exporting)
{
	struct log_range range;
	uint64_t sum = 0;
	for (uint32_t i = 0; i < log_feed_count(exporting->node->log); i++)
		if (range_of(exporting, i, &range))
			sum += range.upto - range.from + 1;
	return sum;
}

static void note_dossier(struct node_export *exporting, const struct entry_header *header)
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

/* How many entries it has, and which dossiers those of our own are about. */
static int look_into(struct node_export *exporting, const struct log_feed *feed, struct span bytes)
{
	const struct device_id self = node_device(exporting->node);
	struct run run;
	int result = run_decode(&run, &feed->written, feed->compartment, bytes, &exporting->arena);
	if (result)
		return ERR_CORRUPT;
	exporting->counts.entries += run.count;
	for (uint32_t i = 0; device_id_eq(&self, &feed->device) && i < run.count; i++)
		note_dossier(exporting, &run.entries[i].header);
	arena_clear(&exporting->arena);
	return 0;
}

/* The next run. A branch goes under the name of the feed that it comes from: whoever knows of the fork sees by the hashes which one it is. */
static int next_run(struct node_export *exporting)
{
	struct node *node = exporting->node;
	uint32_t number;
	struct span bytes;
	if (!exporting->stream)
		begin_stream(exporting);
	int result = exporting->txn ? 0 : node_begin_read(node, &exporting->txn);
	if (result == 0)
		result = log_stream_next(exporting->stream, exporting->txn, &number, &bytes);
	if (result != 1) {
		log_stream_free(exporting->stream);
		exporting->stream = NULL;
		return result;
	}
	const struct log_feed *feed = log_feed(node->log, number);
	result = look_into(exporting, feed, bytes);
	if (result)
		return result;
	exporting->part = bundle_frames_part(feed->compartment);
	exporting->type = BUNDLE_FRAME_RUN;
	bundle_frames_put_run(&exporting->frame, &feed->device, feed->compartment, &feed->incarnation, bytes);
	return 1;
}

/* ---- Rows of replicated state ----------------------------------------------------------------------------------- */

/* The first row behind the last one. */
static uint32_t row_behind(struct node_export *exporting, enum node_state_part part)
{
	uint32_t low = 0, high = node_state_count(exporting->node, part);
	while (exporting->has_row_id && low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (memcmp(node_state_id(exporting->node, part, middle), exporting->row_id,
		            sizeof(exporting->row_id)) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The row that follows the last one; the rows may be others than they were. */
static bool next_row(
        struct node_export *exporting, enum node_state_part part, bool of_dossiers, struct span *row)
{
	struct node *node = exporting->node;
	for (uint32_t i = row_behind(exporting, part); i < node_state_count(node, part); i++) {
		*row = node_state_row(node, part, i);
		if (node_row_of_dossiers(*row) != of_dossiers)
			continue;
		memcpy(exporting->row_id, node_state_id(node, part, i), sizeof(exporting->row_id));
		exporting->has_row_id = true;
		return true;
	}
	exporting->has_row_id = false;
	return false;
}

static int next_plain_row(
        struct node_export *exporting, enum bundle_part part, enum node_state_part state, bool of_dossiers)
{
	struct span row;
	if (!next_row(exporting, state, of_dossiers, &row))
		return 0;
	exporting->part = part;
	exporting->type = BUNDLE_FRAME_ROW;
	buf_add_span(&exporting->frame, row);
	return 1;
}

/* Who was removed gives all it has: it is asked for nothing by others any more. */
static bool gives_all_rows(struct node *node)
{
	const struct device_id self = node_device(node);
	const struct team_device *device = team_view_device(node_view(node), &self);
	return !device || device->state != TEAM_DEVICE_ACTIVE || node_may_read(node, COMPARTMENT_CLINICAL);
}

/* Whoever reads no dossiers itself has of these rows what concerns it, and so gives those. */
static int next_dossier_row(struct node_export *exporting)
{
	struct node *node = exporting->node;
	const struct device_id self = node_device(node);
	enum node_state_part part = NODE_STATE_ALL;
	if (!gives_all_rows(node)) {
		node_state_for(node, &self);
		part = NODE_STATE_FOR_ONE;
	}
	return next_plain_row(exporting, BUNDLE_DOSSIERS, part, true);
}

/* Frames for one reader, in a box. */
static int seal_for(struct node_export *exporting, const struct seal_public *to, struct buf *frames)
{
	exporting->part = BUNDLE_COMMON;
	exporting->type = BUNDLE_FRAME_SEALED;
	int result = box_seal_bytes(buf_extend(&exporting->frame, frames->size + BOX_OVERHEAD_BYTES),
	        exporting->node->config.env, to, buf_span(frames));
	buf_wipe(frames);
	return result ? result : 1;
}

enum { SEALED_BYTES = 128 * 1024 }; /* of rows, about: one more is added when there are less */

static bool gets_sealed_rows(const struct reader_of *reader)
{
	return reader->parts & 1u << BUNDLE_TEAM && !(reader->parts & 1u << BUNDLE_DOSSIERS);
}

/* As many rows of the reader's as one frame holds. False: these are the last of them. */
static bool collect_rows(struct node_export *exporting, struct buf *frames)
{
	struct span row;
	node_state_for(exporting->node, &exporting->readers[exporting->reader].device);
	while (frames->size < SEALED_BYTES) {
		if (!next_row(exporting, NODE_STATE_FOR_ONE, true, &row))
			return false;
		wire_put_u8(frames, BUNDLE_FRAME_ROW);
		wire_put_blob(frames, row);
	}
	return true;
}

/* Rows for those who get some. */
static int next_sealed_rows(struct node_export *exporting)
{
	struct buf frames = {0};
	if (!gives_all_rows(exporting->node))
		return 0;
	while (exporting->reader < exporting->recipient_count) {
		const struct seal_public *to = &exporting->recipients[exporting->reader].key;
		if (!gets_sealed_rows(&exporting->readers[exporting->reader]) ||
		        !collect_rows(exporting, &frames))
			exporting->reader++;
		if (frames.size)
			return seal_for(exporting, to, &frames);
	}
	return 0;
}

/* ---- Secrets that only this device may have ----------------------------------------------------------------------- */

/* Secrets on their way into a packet for one colleague. */
struct giving {
	struct key_secret *secrets; /* LIMIT_KEY_PACKET_ITEMS */
	size_t count;
};

/* A dossier's secrets stand in one packet: whoever takes them in decides by dossier. False: it has no room. */
static bool give_dossier(
        struct node_export *exporting, struct giving *giving, const struct record_id *dossier)
{
	const struct key_own *own = key_table_own(exporting->node->keys);
	const struct dossier_secret *secret;
	uint32_t version;
	if (giving->count + LIMIT_DOSSIER_SECRETS > LIMIT_KEY_PACKET_ITEMS)
		return false;
	for (size_t j = 0; (secret = key_own_find(own, dossier, j, &version)) != NULL; j++)
		giving->secrets[giving->count++] = (struct key_secret){*dossier, version, *secret};
	return true;
}

static int put_packet(struct node_export *exporting, struct giving *giving)
{
	struct node *node = exporting->node;
	const struct reader_of *reader = &exporting->readers[exporting->reader];
	const struct seal_public *to = &exporting->recipients[exporting->reader].key;
	const struct key_signer signer = {node->team, node_device(node), node->identity.secrets->sign};
	struct key_packet packet;
	struct buf row = {0}, frames = {0};
	qsort(giving->secrets, giving->count, sizeof(*giving->secrets), key_secret_cmp);
	int result = key_packet_make(&packet, node->config.env, &signer, &reader->device, to,
	        ++exporting->packets, giving->secrets, giving->count);
	if (result)
		return result;
	key_packet_encode(&packet, &row);
	key_packet_close(&packet);
	wire_put_u8(&frames, BUNDLE_FRAME_SECRETS);
	wire_put_blob(&frames, buf_span(&row));
	buf_close(&row);
	return seal_for(exporting, to, &frames);
}

static int dossier_cmp(const void *a, const void *b)
{
	return record_id_cmp(a, b);
}

/* Whoever writes and reads every dossier: not a locum, who sees chosen patients. */
static bool takes_secrets(struct node_export *exporting, const struct reader_of *reader)
{
	const struct team_view *view = node_view(exporting->node);
	const struct team_device *device = team_view_device(view, &reader->device);
	return !reader->is_self && device && node_wants_dossiers(exporting->node, device) &&
	        team_view_level(view, &reader->device, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_WRITE;
}

/* Those of the dossiers that our entries in here are about, which would be lost with a device that was removed. */
static int next_secrets(struct node_export *exporting)
{
	struct giving giving = {
	        secret_array_grow(NULL, 0, LIMIT_KEY_PACKET_ITEMS, sizeof(*giving.secrets)), 0};
	int result = 0;
	if (exporting->dossier_count && exporting->reader == 0 && exporting->dossier_at == 0)
		qsort(exporting->dossiers, exporting->dossier_count, sizeof(*exporting->dossiers),
		        dossier_cmp);
	for (; result == 0 && exporting->reader < exporting->recipient_count; exporting->reader++) {
		if (!takes_secrets(exporting, &exporting->readers[exporting->reader]))
			continue;
		while (exporting->dossier_at < exporting->dossier_count &&
		        give_dossier(exporting, &giving, &exporting->dossiers[exporting->dossier_at]))
			exporting->dossier_at++;
		if (giving.count) {
			result = put_packet(exporting, &giving);
			break;
		}
		exporting->dossier_at = 0;
	}
	secret_array_free(giving.secrets);
	return result;
}

static int next_end(struct node_export *exporting)
{
	exporting->part = BUNDLE_COMMON;
	exporting->type = BUNDLE_FRAME_END;
	wire_put_varint(&exporting->frame, exporting->counts.entries);
	wire_put_varint(&exporting->frame, exporting->counts.volumes);
	return 1;
}

/* ---- One after another ------------------------------------------------------------------------------------------ */

static int next_of_phase(struct node_export *exporting)
{
	switch (exporting->phase) {
	case PHASE_MEMBERSHIP:
	case PHASE_ENTRIES:
		return next_run(exporting);
	case PHASE_ROWS:
		return next_plain_row(exporting, BUNDLE_COMMON, NODE_STATE_WITHOUT_KEYS, false);
	case PHASE_DOSSIERS:
		return next_dossier_row(exporting);
	case PHASE_EACH:
		return next_sealed_rows(exporting);
	case PHASE_SECRETS:
		return next_secrets(exporting);
	case PHASE_END:
	case PHASE_OVER:
		break;
	}
	return next_end(exporting);
}

/* 1: there is one. 0: all are written. */
static int next_frame(struct node_export *exporting)
{
	while (exporting->phase != PHASE_OVER) {
		buf_clear(&exporting->frame);
		int result = next_of_phase(exporting);
		if (result < 0)
			return result;
		if (result == 0 || exporting->phase == PHASE_END) {
			exporting->phase++;
			exporting->reader = exporting->dossier_at = 0;
			exporting->has_row_id = false;
		}
		if (result) {
			exporting->has_frame = true;
			return 1;
		}
	}
	return 0;
}

static int step(struct node_export *exporting, struct buf *out)
{
	const size_t before = out->size;
	while (out->size - before < NODE_BUNDLE_STEP_BYTES) {
		int result = exporting->has_frame ? 1 : next_frame(exporting);
		if (result > 0 && !exporting->volume.is_open)
			result = begin_volume(exporting, out);
		if (result < 0)
			return result;
		if (!exporting->has_frame ||
		        !bundle_volume_fits(&exporting->volume, exporting->part, exporting->frame.size)) {
			bundle_volume_end(&exporting->volume, out);
			return exporting->has_frame ? NODE_EXPORT_VOLUME : 0;
		}
		bundle_volume_put(&exporting->volume, exporting->part, exporting->type,
		        buf_span(&exporting->frame), out);
		exporting->has_frame = false;
	}
	return NODE_EXPORT_MORE;
}

int node_export_step(struct node_export *exporting, struct buf *out)
{
	const size_t before = out->size;
	if (node_erasing(exporting->node)) /* no body leaves of a dossier that is being erased */
		return ERR_BUSY;
	int result = step(exporting, out);
	store_abort(exporting->txn); /* nobody's old pages are kept */
	exporting->txn = NULL;
	exporting->counts.bytes += out->size - before;
	return result;
}

int node_export_prepare(struct node *node)
{
	const struct device_id self = node_device(node);
	uint64_t seq;
	if (!node->in_team || !node_view(node))
		return ERR_NOTEAM;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		if (feed->committed_seq >= feed->begin &&
		        (!node_acknowledged(node, &self, &feed->id, &seq) || seq < feed->committed_seq)) {
			int result = node_acknowledge(node);
			return result == ERR_DENIED || result == ERR_STALE
			        ? 0
			        : result; /* who was removed has no voice */
		}
	}
	return 0;
}

static void fill_about(struct node_export *exporting)
{
	struct node *node = exporting->node;
	struct node_bundle_about *about = &exporting->about;
	about->team = node->team;
	about->by = node_device(node);
	env_random_bytes(node->config.env, about->series, sizeof(about->series));
	about->made_ms = env_wall_ms(node->config.env);
	about->for_one = exporting->wish.person != NULL;
	if (about->for_one)
		about->person = *exporting->wish.person;
	exporting->wish.person = NULL; /* borrowed for this call only */
}

int node_export_new(struct node *node, const struct node_export_wish *wish, struct node_export **out)
{
	if (!node->in_team || !node_view(node))
		return ERR_NOTEAM;
	if (node_erasing(node))
		return ERR_BUSY;
	if (wish->volume_bytes && wish->volume_bytes < NODE_BUNDLE_VOLUME_BYTES_MIN)
		return ERR_INVALID;
	struct node_export *exporting = mem_zero(1, sizeof(*exporting));
	exporting->node = node;
	exporting->wish = *wish;
	find_devices(exporting);
	if (!wish->person)
		find_invitations(exporting);
	if (exporting->counts.devices + exporting->counts.invitations == 0) {
		node_export_free(exporting);
		return ERR_NOTFOUND;
	}
	fill_about(exporting);
	exporting->counts.entries_expected = entries_expected(exporting);
	*out = exporting;
	return 0;
}

void node_export_free(struct node_export *exporting)
{
	if (!exporting)
		return;
	log_stream_free(exporting->stream);
	bundle_volume_close(&exporting->volume);
	buf_wipe(&exporting->frame);
	mem_free(exporting->dossiers);
	arena_close(&exporting->arena);
	mem_wipe(exporting, sizeof(*exporting));
	mem_free(exporting);
}

struct node_export_counts node_export_counts(const struct node_export *exporting)
{
	return exporting->counts;
}

const struct node_bundle_about *node_export_about(const struct node_export *exporting)
{
	return &exporting->about;
}

int node_export(struct node *node, const struct node_export_wish *wish, struct buf *out, uint64_t *entries)
{
	static const struct node_export_wish plain = {.whole = false};
	struct node_export *exporting;
	int result = node_export_new(node, wish ? wish : &plain, &exporting);
	if (result)
		return result;
	assert(exporting->wish.volume_bytes == 0);
	do
		result = node_export_step(exporting, out);
	while (result == NODE_EXPORT_MORE);
	*entries = exporting->counts.entries;
	node_export_free(exporting);
	return result;
}
