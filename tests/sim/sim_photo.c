#include "tests/sim/sim_photo.h"

#include <sodium.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/node_photo.h"
#include "node/node_state.h"
#include "node/photo_row.h"
#include "node/schema/schema.h"
#include "tests/sim/sim_act.h"
#include "tests/sim/sim_trust_check.h"

/* ---- Adding ------------------------------------------------------------------------------------------------------- */

static void on_saved(void *context, int result)
{
	struct sim_photo *photo = context;
	photo->acknowledged = result == 0;
}

static void digest_of(struct span bytes, uint8_t out[SIM_PHOTO_DIGEST])
{
	crypto_generichash(out, SIM_PHOTO_DIGEST, bytes.data, bytes.size, NULL, 0);
}

/* One to three pieces. */
bool sim_photo(struct sim_member *member)
{
	enum { BYTES_MAX = 3 * BLOB_PLAIN_BYTES, PER_MILLE = 60 };
	struct sim_world *world = member->world;
	struct rng *rng = &world->photo_rng;
	struct crdt_doc *doc;
	if (!rng_chance(rng, PER_MILLE) || world->photo_count == SIM_PHOTOS_MAX || world->patient_count == 0)
		return false;
	const struct sim_patient *patient = &world->patients[rng_below(rng, world->patient_count)];
	if (node_doc(member->device.node, SCHEMA_DOC_DOSSIER, &patient->id, &doc))
		return false;
	struct sim_photo *photo = &world->photos[world->photo_count];
	*photo = (struct sim_photo){.patient = patient, .author = member};
	struct record_id id;
	struct buf bytes = {0};
	const size_t size = 1 + (size_t)rng_below(rng, BYTES_MAX);
	rng_bytes(rng, id.bytes, sizeof(id.bytes));
	rng_bytes(rng, buf_extend(&bytes, size), size);
	digest_of(buf_span(&bytes), photo->digest);
	struct record_edit edit = {.record = sim_record(SCHEMA_PHOTO, &id)};
	sim_put_number(&edit.record, "at", (int64_t)(sim_true_ms(world) / 1000))->offset_minutes = 60;
	sim_put_text(&edit.record, "caption", patient->canary);
	const int result = node_photo_save(member->device.node, &patient->id, &edit, buf_span(&bytes),
	        span_text("image/jpeg"), &photo->address, on_saved, photo);
	buf_close(&bytes);
	sim_trace(world, "%u: adds a photo to %02x%02x: %s", member->device.number, patient->id.bytes[0],
	        patient->id.bytes[1], err_name(result));
	if (result && result != ERR_DENIED && result != ERR_LOCKED && result != ERR_STALE &&
	        result != ERR_NOSPACE && result != ERR_UNCERTAIN)
		sim_fail(world, "photos: %u cannot add one: %s", member->device.number, err_name(result));
	world->photo_count += result == 0;
	world->events.photos += result == 0;
	return result == 0;
}

/* ---- Looking ------------------------------------------------------------------------------------------------------ */

static bool is_here(const struct sim_member *member)
{
	return member->device.up && !sim_is_out(member) && node_in_team(member->device.node);
}

static const struct blob_known *known(const struct sim_member *member, const struct sim_photo *photo)
{
	return blobs_find(&member->device.node->blobs, &photo->address);
}

static bool has_whole(const struct sim_member *member, const struct sim_photo *photo)
{
	const struct blob_known *blob = known(member, photo);
	return blob && blobs_is_whole(blob);
}

static bool may_give(
        const struct sim_member *giver, const struct sim_member *taker, const struct sim_photo *photo)
{
	return giver != taker && is_here(giver) && has_whole(giver, photo) &&
	        node_photo_is_for(giver->device.node, &taker->id, known(giver, photo));
}

static bool is_lacking(const struct sim_member *member, const struct sim_photo *photo)
{
	const struct sim_world *world = member->world;
	if (has_whole(member, photo) || (!known(member, photo) && member->role != TEAM_ROLE_RELAY))
		return false;
	for (uint32_t i = 0; i < world->member_count; i++)
		if (may_give(&world->members[i], member, photo))
			return true;
	return false;
}

/* What `at` believes of the other one. */
static bool believes_false(struct sim_member *at, struct sim_member *of, const struct sim_photo *photo)
{
	return at != of && known(at, photo) && node_photo_is_at(at->device.node, &of->id, &photo->address) &&
	        !has_whole(of, photo);
}

static const char *unsettled(struct sim_member *member, const struct sim_photo *photo)
{
	struct sim_world *world = member->world;
	if (sim_is_erased(world, &photo->patient->id))
		return known(member, photo) ? "knows a photo of an erased dossier" : NULL;
	if (is_lacking(member, photo))
		return "lacks pieces of a photo";
	for (uint32_t i = 0; i < world->member_count; i++)
		if (is_here(&world->members[i]) && believes_false(member, &world->members[i], photo))
			return "believes that another one has a photo";
	return NULL;
}

bool sim_photo_settled(struct sim_world *world, char *why, size_t why_bytes)
{
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *member = &world->members[i];
		for (uint32_t j = 0; is_here(member) && j < world->photo_count; j++) {
			const char *what = unsettled(member, &world->photos[j]);
			if (!what)
				continue;
			snprintf(why, why_bytes, "%u %s (%u, by %u)", i, what, j,
			        world->photos[j].author->device.number);
			return false;
		}
	}
	return true;
}

/* ---- Checks ------------------------------------------------------------------------------------------------------- */

static void check_author(const struct sim_photo *photo)
{
	const struct sim_member *author = photo->author;
	if (!photo->acknowledged || author->was_restored || !author->device.up ||
	        node_is_erased(author->device.node, &photo->patient->id))
		return;
	if (!has_whole(author, photo))
		sim_fail(author->world, "photos: %u lost one that it had on its disk", author->device.number);
}

/* By a wrong clock a relay takes everything for too old. */
void sim_photo_opened(struct sim_member *member)
{
	if (member->world->troubles & SIM_CLOCKS)
		node_limit_photos(member->device.node, (uint64_t)LIMIT_CARRIED_MB * 1000 * 1000, 0);
}

void sim_photo_check_restart(struct sim_member *member)
{
	struct sim_world *world = member->world;
	for (uint32_t i = 0; i < world->photo_count; i++) {
		const struct blob_known *blob = known(member, &world->photos[i]);
		world->events.photos_cut += blob && blob->held_count && !blobs_is_whole(blob);
		if (world->photos[i].author == member)
			check_author(&world->photos[i]);
	}
}

bool sim_photo_in_row(const struct sim_member *member, struct span row)
{
	const struct sim_world *world = member->world;
	for (uint32_t i = 0; row.size && i < world->photo_count; i++)
		if (sim_is_erased(world, &world->photos[i].patient->id) &&
		        memmem(row.data, row.size, world->photos[i].address.bytes,
		                sizeof(world->photos[i].address.bytes)))
			return true;
	return false;
}

/* Row 0, and with it each piece. Owner calls arena_close(). */
static bool read_manifest(const struct sim_member *member, const struct sim_photo *photo, struct arena *arena,
        struct blob_manifest *manifest)
{
	uint8_t key[PHOTO_KEY_BYTES];
	struct blob_known unused;
	struct buf row = {0};
	struct store_txn *txn;
	photo_key(member->device.vault, &photo->address, PHOTO_ABOUT, key);
	if (store_begin(member->device.store, false, &txn))
		return false;
	int result = vault_get(member->device.vault, txn, STORE_BLOB, span_of(key, sizeof(key)), &row);
	store_abort(txn);
	if (result == 0)
		result = photo_about_decode(buf_span(&row), arena, &unused, manifest);
	buf_close(&row);
	return result == 0;
}

static void check_bytes(struct sim_member *member, const struct sim_photo *photo)
{
	struct sim_world *world = member->world;
	struct arena arena = {0};
	struct blob_manifest manifest;
	struct buf plain = {0};
	uint8_t digest[SIM_PHOTO_DIGEST];
	int result = read_manifest(member, photo, &arena, &manifest) ? 0 : ERR_CORRUPT;
	for (uint32_t i = 0; result == 0 && i < blob_chunk_count(manifest.size_bytes); i++)
		result = node_photo_open(member->device.node, &photo->patient->id, &manifest, i, &plain);
	digest_of(buf_span(&plain), digest);
	if (result && result != ERR_LOCKED)
		sim_fail(world, "photos: %u cannot open one: %s", member->device.number, err_name(result));
	else if (result == 0 && memcmp(digest, photo->digest, sizeof(digest)) != 0)
		sim_fail(world, "photos: %u has another one than was added", member->device.number);
	world->events.photos_seen += result == 0 && member != photo->author;
	buf_close(&plain);
	arena_close(&arena);
}

void sim_photo_check_end(struct sim_world *world)
{
	for (uint32_t i = 0; i < world->photo_count; i++) {
		const struct sim_photo *photo = &world->photos[i];
		check_author(photo);
		world->events.photos_erased += sim_is_erased(world, &photo->patient->id);
		for (uint32_t j = 0; j < world->member_count; j++) {
			struct sim_member *member = &world->members[j];
			if (!is_here(member) || !has_whole(member, photo))
				continue;
			if (member->role == TEAM_ROLE_RELAY)
				world->events.photos_carried++;
			else
				check_bytes(member, photo);
		}
	}
}
