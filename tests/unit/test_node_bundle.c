/*
 * Devices that never meet, and files that go from one to another (node/README.md, "Bundles"): round by one stick, in several volumes in any order, cut and damaged, by a newcomer, and
 * what each role finds in them.
 *
 * Long because all of it is about the same few devices and their files.
 */
#include "tests/lib/check.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/limits.h"
#include "node/bundle_volume.h"
#include "node/node_bundle.h"
#include "node/node_state.h"
#include "tests/lib/carry.h"

/* ---- Writing and taking in -------------------------------------------------------------------------------------- */

enum { VOLUMES_MAX = 8 };

struct volumes {
	struct buf files[VOLUMES_MAX];
	uint32_t count;
	struct node_export_counts counts;
};

static void volumes_close(struct volumes *volumes)
{
	for (uint32_t i = 0; i < volumes->count; i++)
		buf_close(&volumes->files[i]);
	*volumes = (struct volumes){.count = 0};
}

static struct volumes export_as(struct team *team, int who, const struct node_export_wish *wish)
{
	struct device *from = &team->devices[who];
	struct volumes volumes = {.count = 1};
	struct node_export *exporting;
	int result;
	check_ok(node_export_prepare(from->node));
	devices_run(&team->loop, team_saved, team);
	check_ok(node_export_new(from->node, wish, &exporting));
	while ((result = node_export_step(exporting, &volumes.files[volumes.count - 1])) > 0) {
		volumes.count += result == NODE_EXPORT_VOLUME;
		assert_true(volumes.count <= VOLUMES_MAX);
		devices_run(&team->loop, team_saved, team); /* life goes on */
	}
	check_ok(result);
	volumes.counts = node_export_counts(exporting);
	node_export_free(exporting);
	for (uint32_t i = 0; wish->volume_bytes && i < volumes.count; i++)
		assert_true(volumes.files[i].size <= wish->volume_bytes);
	return volumes;
}

static struct volumes export_plain(struct team *team, int who)
{
	static const struct node_export_wish plain = {.whole = false};
	return export_as(team, who, &plain);
}

static int take_bytes(struct team *team, int who, struct span file, struct node_taken *taken)
{
	int result = node_take_in(team->devices[who].node, file, taken);
	devices_run(&team->loop, team_saved, team);
	return result;
}

static struct node_taken take(struct team *team, int who, const struct buf *file)
{
	struct node_taken taken;
	check_ok(take_bytes(team, who, buf_span(file), &taken));
	assert_int_equal(taken.refused, 0);
	return taken;
}

/* The stick lies at one device: what is on it is taken in, and what the others lack put there. How many entries that were. */
static uint64_t visit(struct team *team, int who, struct buf *stick)
{
	if (stick->size)
		take(team, who, stick);
	struct volumes volumes = export_plain(team, who);
	const uint64_t entries = volumes.counts.entries;
	assert_int_equal(volumes.count, 1);
	buf_clear(stick);
	buf_add_span(stick, buf_span(&volumes.files[0]));
	volumes_close(&volumes);
	return entries;
}

static void save_name(struct team *team, int who, uint8_t patient, const char *name)
{
	const struct record_id id = {{patient, 'p'}};
	device_save(&team->devices[who], TEAM_DOSSIER, &id, TEAM_SECTION, TEAM_NAME, name);
	devices_run(&team->loop, team_saved, team);
}

static uint32_t names(struct team *team, int who, uint8_t patient)
{
	const struct record_id id = {{patient, 'p'}};
	char text[64];
	return device_values(
	        &team->devices[who], TEAM_DOSSIER, &id, TEAM_SECTION, TEAM_NAME, text, sizeof(text));
}

/* To the end of it. */
static void erase(struct team *team, int who, uint8_t patient)
{
	struct node *node = team->devices[who].node;
	const struct record_id id = {{patient, 'p'}};
	check_ok(node_erase(node, &id, KEY_REASON_REQUEST, NULL, NULL));
	for (int turns = 0; turns < 50 && node_erasing(node); turns++) {
		node_erase_turn(node);
		devices_run(&team->loop, team_saved, team);
	}
	assert_false(node_erasing(node));
}

/* ---- One stick -------------------------------------------------------------------------------------------------- */

/* Anna, Léa, Zoé, and round again: each has everything, the file on the way gets smaller, and the last one has nothing to say. */
static void one_stick_goes_round(void **state)
{
	(void)state;
	struct team team;
	struct buf stick = {0};
	uint8_t digests[3][32];
	carry_open_team(&team);
	for (int i = 0; i < 3; i++)
		save_name(&team, i, (uint8_t)(1 + i), "Morvan");
	for (int visits = 0; visits < 5; visits++)
		visit(&team, visits % 3, &stick);
	assert_true(team_equal(&team));
	for (int i = 0; i < 3; i++)
		for (uint8_t patient = 1; patient <= 3; patient++)
			assert_int_equal(names(&team, i, patient), 1);
	/* Who has what comes round once more; from then on there is nothing to bring. */
	for (int visits = 5; visits < 9; visits++)
		visit(&team, visits % 3, &stick);
	assert_int_equal(visit(&team, 0, &stick), 0);
	assert_int_equal(visit(&team, 1, &stick), 0);
	save_name(&team, 1, 9, "Le Gall");
	assert_int_equal(visit(&team, 1, &stick), 1);
	assert_int_equal(stick.size,
	        BUNDLE_HEAD_BYTES_MIN + BUNDLE_CHUNKS_MIN * BUNDLE_CHUNK_BYTES); /* a day's stick is small */
	visit(&team, 2, &stick);
	visit(&team, 0, &stick);
	visit(&team, 1, &stick);
	visit(&team, 2, &stick);
	visit(&team, 0, &stick);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(names(&team, i, 9), 1);
		node_state_digest(team.devices[i].node, NODE_STATE_ALL, digests[i]);
	}
	buf_close(&stick);
	team_close(&team);
}

static void again_changes_nothing(void **state)
{
	(void)state;
	struct team team;
	uint8_t before[32], after[32];
	carry_open_team(&team);
	save_name(&team, LEA, 1, "Martin");
	struct volumes volumes = export_plain(&team, LEA);
	assert_true(take(&team, ANNA, &volumes.files[0]).entries > 0);
	struct node *anna = team.devices[ANNA].node;
	const uint64_t heads = log_feed_count(node_log(anna));
	node_state_digest(anna, NODE_STATE_ALL, before);
	struct node_taken taken = take(&team, ANNA, &volumes.files[0]);
	assert_int_equal(taken.entries + taken.early + taken.waiting, 0);
	assert_true(taken.ended && taken.has_about && !taken.again);
	assert_true(device_id_eq(&taken.about.by, &node_identity(team.devices[LEA].node)->device));
	node_state_digest(anna, NODE_STATE_ALL, after);
	assert_memory_equal(before, after, sizeof(before));
	assert_int_equal(log_feed_count(node_log(anna)), heads);
	taken = take(&team, LEA, &volumes.files[0]); /* and her own */
	assert_int_equal(taken.entries, 0);
	volumes_close(&volumes);
	team_close(&team);
}

/* ---- Volumes, damage -------------------------------------------------------------------------------------------- */

enum { PIECES = 24, PIECE_BYTES = 250000 };

/* Five megabytes that do not get smaller, and more of others, who cite them. */
static void fill(struct team *team)
{
	char *text = mem_alloc(PIECE_BYTES + 1);
	for (uint8_t i = 0; i < PIECES; i++) {
		for (size_t at = 0; at < PIECE_BYTES; at++)
			text[at] = (char)('!' + rng_below(&team->devices[ANNA].seeded.rng, 90));
		text[PIECE_BYTES] = '\0';
		save_name(team, i % 3 == 2 ? LEA : ANNA, i % 4, text);
		if (i % 3 == 1) {
			struct volumes volumes = export_plain(team, ANNA);
			take(team, LEA, &volumes.files[0]);
			volumes_close(&volumes);
		}
	}
	struct volumes volumes = export_plain(team, LEA);
	take(team, ANNA, &volumes.files[0]);
	volumes_close(&volumes);
	mem_free(text);
}

/* Some of a volume: whole, twice, cut, or with a byte that flipped. */
static void take_somehow(struct team *team, int who, const struct buf *file, struct rng *rng)
{
	struct node_taken taken;
	struct buf copy = {0};
	buf_add_span(&copy, buf_span(file));
	switch (rng_below(rng, 4)) {
	case 0:
		copy.size = rng_below(rng, copy.size);
		break;
	case 1:
		copy.data[BUNDLE_HEAD_BYTES_MIN + rng_below(rng, copy.size - BUNDLE_HEAD_BYTES_MIN)] ^= 1;
		break;
	case 2:
		check_ok(take_bytes(team, who, buf_span(&copy), &taken));
		break;
	default:
		break;
	}
	int result = take_bytes(team, who, buf_span(&copy), &taken);
	assert_true(result == 0 || (copy.size < BUNDLE_HEAD_BYTES_MIN && result == ERR_MALFORMED));
	assert_int_equal(taken.refused, 0);
	buf_close(&copy);
}

/* Whatever order, doubles, cuts and damage: once each came whole after the ones before it, all is there. */
static void volumes_come_in_any_order(void **state)
{
	(void)state;
	struct team team;
	struct rng rng;
	const struct node_export_wish wish = {.volume_bytes = NODE_BUNDLE_VOLUME_BYTES_MIN};
	carry_open_team(&team);
	fill(&team);
	struct volumes volumes = export_as(&team, ANNA, &wish);
	assert_in_range(volumes.count, 2, VOLUMES_MAX);
	assert_int_equal(volumes.counts.entries, volumes.counts.entries_expected);
	rng = rng_new(7);
	for (int i = 0; i < 12; i++)
		take_somehow(&team, ZOE, &volumes.files[rng_below(&rng, volumes.count)], &rng);
	struct node_taken last = take(&team, ZOE, &volumes.files[volumes.count - 1]);
	assert_int_equal(last.volumes, volumes.count);
	for (uint32_t i = 0; i < volumes.count; i++) {
		struct node_taken taken = take(&team, ZOE, &volumes.files[i]);
		assert_int_equal(taken.about.volume, i + 1);
		assert_int_equal(taken.early, 0);
	}
	assert_true(team_same_heads(&team.devices[ANNA], &team.devices[ZOE]));
	for (uint8_t patient = 0; patient < 4; patient++)
		assert_int_equal(names(&team, ZOE, patient), names(&team, ANNA, patient));
	volumes_close(&volumes);
	team_close(&team);
}

/* A later volume alone: what follows others is left, and said; nothing is lost by that. */
static void a_volume_before_its_time_is_left(void **state)
{
	(void)state;
	struct team team;
	const struct node_export_wish wish = {.volume_bytes = NODE_BUNDLE_VOLUME_BYTES_MIN};
	carry_open_team(&team);
	fill(&team);
	struct volumes volumes = export_as(&team, ANNA, &wish);
	struct node_taken taken = take(&team, ZOE, &volumes.files[1]);
	assert_true(taken.early > 0);
	take(&team, ZOE, &volumes.files[0]);
	taken = take(&team, ZOE, &volumes.files[1]);
	assert_int_equal(taken.early, 0);
	assert_true(taken.entries > 0);
	assert_true(team_same_heads(&team.devices[ANNA], &team.devices[ZOE]));
	volumes_close(&volumes);
	team_close(&team);
}

/* One bad chunk, each in its turn: it is named, the others are taken, and the whole file mends it. */
static void a_bad_chunk_costs_what_is_in_it(void **state)
{
	(void)state;
	struct team team;
	uint32_t before = 0;
	carry_open_team(&team);
	fill(&team);
	struct volumes volumes = export_plain(&team, ANNA);
	struct buf *file = &volumes.files[0];
	const size_t chunks = (file->size - BUNDLE_HEAD_BYTES_MIN) / BUNDLE_CHUNK_BYTES;
	for (size_t i = chunks; i-- > 0;) {
		struct node_taken taken;
		const size_t at = BUNDLE_HEAD_BYTES_MIN + i * BUNDLE_CHUNK_BYTES;
		file->data[at + 5000] ^= 1;
		check_ok(take_bytes(&team, ZOE, buf_span(file), &taken));
		file->data[at + 5000] ^= 1;
		assert_int_equal(taken.damaged, 1);
		assert_int_equal(taken.damaged_at, at);
		assert_int_equal(taken.ended, i != chunks - 1);
		assert_int_equal(taken.refused, 0);
		before += taken.entries;
	}
	assert_true(before > 0);
	struct node_taken taken = take(&team, ZOE, file);
	assert_true(taken.ended && taken.damaged == 0);
	assert_true(team_same_heads(&team.devices[ANNA], &team.devices[ZOE]));
	buf_add(file, "x", 1);
	assert_int_equal(take(&team, ZOE, file).damaged, 0); /* less than a chunk more is nothing */
	volumes_close(&volumes);
	team_close(&team);
}

/* ---- Who may read what ------------------------------------------------------------------------------------------ */

/* With the device's key, in the file's header. */
static int open_with(struct device *device, const struct buf *file, struct bundle_key *key)
{
	struct team_id team;
	size_t head_bytes;
	check_ok(bundle_head_bytes(buf_span(file), &head_bytes));
	return bundle_open(key, span_sub(buf_span(file), 0, head_bytes), node_seal_public(device->node),
	        node_seal_secret(device->node), &team);
}

static bool opens(const struct bundle_key *key, enum bundle_part part)
{
	return !sodium_is_zero(key->parts[part].bytes, SECRET_BYTES);
}

/* Anna, Léa, and Zoé in some role; what Anna has is at Léa's. */
static void open_with_role(struct team *team, uint8_t role)
{
	team_open(team, 3);
	team_found(team);
	check_ok(team_join(team, ANNA, LEA, TEAM_ROLE_NURSE));
	check_ok(team_join(team, ANNA, ZOE, role));
	for (int i = 0; i < team->count; i++)
		device_restart(&team->devices[i], &team->loop);
	struct volumes volumes = export_plain(team, ANNA);
	take(team, LEA, &volumes.files[0]);
	volumes_close(&volumes);
}

/* The same from a file as from a session with its maker: feeds and rows. */
static void each_role_finds_what_a_session_gives(void **state)
{
	static const uint8_t roles[] = {
	        TEAM_ROLE_NURSE, TEAM_ROLE_LOCUM, TEAM_ROLE_READER, TEAM_ROLE_FACILITATOR};
	(void)state;
	for (size_t i = 0; i < sizeof(roles); i++) {
		struct team team;
		struct bundle_key key;
		open_with_role(&team, roles[i]);
		struct device *other = &team.devices[ZOE];
		const struct device_id id = node_device(other->node);
		save_name(&team, LEA, 1, "Martin");
		save_name(&team, LEA, 2, "Durand");
		erase(&team, LEA, 2); /* of which everybody hears */
		const struct node_export_wish whole = {.whole = true};
		struct volumes volumes = export_as(&team, LEA, &whole);
		check_ok(open_with(other, &volumes.files[0], &key));
		for (uint8_t part = BUNDLE_TEAM; part <= BUNDLE_MESSAGE; part++)
			assert_int_equal(opens(&key, part),
			        team_view_level(node_view(other->node), &id, part) >= TEAM_LEVEL_READ);
		assert_int_equal(opens(&key, BUNDLE_DOSSIERS), roles[i] != TEAM_ROLE_FACILITATOR);
		take(&team, ZOE, &volumes.files[0]);
		struct log *log = node_log(other->node);
		for (uint32_t j = 0; j < log_feed_count(log); j++)
			assert_true(node_may_read(other->node, log_feed(log, j)->compartment));
		node_state_for(team.devices[LEA].node, &id);
		assert_true(node_state_count(other->node, NODE_STATE_ALL) >=
		        node_state_count(team.devices[LEA].node,
		                roles[i] == TEAM_ROLE_FACILITATOR ? NODE_STATE_FOR_ONE : NODE_STATE_ALL));
		assert_int_equal(
		        names(&team, ZOE, 1), roles[i] == TEAM_ROLE_NURSE || roles[i] == TEAM_ROLE_READER);
		bundle_key_wipe(&key);
		volumes_close(&volumes);
		team_close(&team);
	}
}

/* Who was removed, as far as the maker knows; a relay; and whoever a file is not for. */
static void others_find_nothing(void **state)
{
	(void)state;
	struct team team;
	struct node_taken taken;
	struct bundle_key key;
	team_open(&team, 5);
	team_found(&team);
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_NURSE));
	check_ok(team_join(&team, 0, 2, TEAM_ROLE_READER));
	team_admit_relay(&team, 0, 3);
	for (int i = 0; i < 5; i++)
		device_restart(&team.devices[i], &team.loop);
	save_name(&team, 0, 1, "Martin");
	const struct device_id lea = node_device(team.devices[1].node);
	const struct person_id person = team_view_device(node_view(team.devices[0].node), &lea)->person;
	const struct node_export_wish for_lea = {.person = &person};
	struct volumes all = export_plain(&team, 0), hers = export_as(&team, 0, &for_lea);
	assert_int_equal(all.counts.devices, 2);
	assert_int_equal(hers.counts.devices, 1);
	check_code(take_bytes(&team, 3, buf_span(&all.files[0]), &taken), ERR_DENIED); /* the relay */
	check_code(take_bytes(&team, 4, buf_span(&all.files[0]), &taken), ERR_DENIED); /* a stranger */
	assert_false(node_in_team(team.devices[4].node));
	check_code(take_bytes(&team, 2, buf_span(&hers.files[0]), &taken), ERR_DENIED);
	check_ok(open_with(&team.devices[0], &hers.files[0], &key)); /* its maker knows it again */
	check_ok(node_remove_device(team.devices[0].node, &lea, 1, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	struct volumes after = export_plain(&team, 0);
	check_code(take_bytes(&team, 1, buf_span(&after.files[0]), &taken), ERR_DENIED);
	take(&team, 2, &after.files[0]);
	check_ok(open_with(&team.devices[1], &hers.files[0], &key));
	bundle_key_wipe(&key);
	volumes_close(&all);
	volumes_close(&hers);
	volumes_close(&after);
	team_close(&team);
}

/* ---- Joining ---------------------------------------------------------------------------------------------------- */

static void a_newcomer_joins_by_a_stick(void **state)
{
	(void)state;
	struct team team;
	struct team_invitation invitation, other;
	struct team_id id;
	struct node_taken taken;
	struct buf request = {0};
	const struct person_id nobody = {{0}};
	team_open(&team, 3);
	team_found(&team);
	save_name(&team, 0, 1, "Martin");
	struct node *anna = team.devices[0].node, *bea = team.devices[1].node;
	check_ok(node_invite(anna, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	struct volumes first = export_plain(&team, 0);
	assert_int_equal(first.counts.invitations, 1);
	check_ok(team_invitation_make(&other, &team.devices[2].env, node_team(anna), TEAM_ROLE_NURSE, 0));
	check_code(node_bundle_team(buf_span(&first.files[0]), &other, &id), ERR_DENIED);
	check_ok(node_bundle_team(buf_span(&first.files[0]), &invitation, &id));
	assert_memory_equal(id.bytes, node_team(anna)->bytes, sizeof(id.bytes));
	/* The file opens to nobody by the invitation. */
	check_code(take_bytes(&team, 1, buf_span(&first.files[0]), &taken), ERR_DENIED);
	check_ok(node_request_join(bea, &id, &invitation, &nobody, span_text("Béa"), NULL, NULL, &request));
	devices_run(&team.loop, team_saved, &team);
	check_code(take_bytes(&team, 2, buf_span(&request), &taken), ERR_DENIED);
	check_ok(take_bytes(&team, 1, buf_span(&request), &taken)); /* her own: nothing comes of it */
	assert_false(node_in_team(bea));
	check_ok(take_bytes(&team, 0, buf_span(&request), &taken));
	assert_true(taken.asks && taken.admitted == 0);
	assert_true(device_id_eq(&taken.newcomer, &node_identity(bea)->device));
	check_ok(take_bytes(&team, 0, buf_span(&request), &taken));
	assert_int_equal(taken.admitted, JOINING_AGAIN);
	struct volumes answer = export_plain(&team, 0);
	check_code(take_bytes(&team, 2, buf_span(&answer.files[0]), &taken), ERR_DENIED);
	device_restart(&team.devices[1], &team.loop); /* she knows whom she asked */
	assert_true(take(&team, 1, &answer.files[0]).has_joined);
	bea = team.devices[1].node;
	assert_true(team_view_manages(node_view(bea), &node_identity(bea)->device));
	assert_int_equal(names(&team, 1, 1), 1);
	device_restart(&team.devices[1], &team.loop);
	save_name(&team, 1, 2, "Durand");
	struct volumes back = export_plain(&team, 1);
	take(&team, 0, &back.files[0]);
	assert_int_equal(names(&team, 0, 2), 1);
	volumes_close(&first);
	volumes_close(&answer);
	volumes_close(&back);
	buf_close(&request);
	team_invitation_wipe(&invitation);
	team_invitation_wipe(&other);
	team_close(&team);
}

/* Seals the frames of a request as who holds the invitation's secret can, and has Anna's device take it in. */
static struct node_taken ask_with(
        struct team *team, const struct team_invitation *invitation, struct span payload)
{
	struct bundle_recipient recipient = {.parts = 1u << BUNDLE_COMMON};
	struct bundle_volume volume = {.is_open = false};
	struct seal_secret secret;
	struct buf file = {0};
	struct node_taken taken;
	uint8_t psk[SECRET_BYTES];
	team_invitation_psk(invitation, psk);
	bundle_invitation_keys(psk, &recipient.key, &secret);
	const struct node *guest = team->devices[1].node;
	const struct key_signer signer = {
	        *node_team(team->devices[0].node), node_device(guest), node_identity(guest)->secrets->sign};
	check_ok(bundle_volume_begin(&volume, &team->devices[1].env, &signer, NULL, &recipient, 1, 0, &file));
	bundle_volume_put(&volume, BUNDLE_COMMON, 5, payload, &file);
	bundle_volume_end(&volume, &file);
	bundle_volume_close(&volume);
	check_ok(take_bytes(team, 0, buf_span(&file), &taken));
	buf_close(&file);
	return taken;
}

static uint32_t member_count(struct team *team)
{
	return node_view(team->devices[0].node)->device_count;
}

/* Requests that are not what they should be let nobody in. */
static void a_false_request_lets_nobody_in(void **state)
{
	(void)state;
	struct team team;
	struct team_invitation invitation;
	struct buf payload = {0};
	const struct person_id nobody = {{0}};
	struct team_id other = {{77}};
	team_open(&team, 3);
	team_found(&team);
	struct node *anna = team.devices[0].node;
	check_ok(node_invite(anna, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	for (int which = 0; which < 4; which++) {
		const struct team_id *team_id = which == 0 ? &other : node_team(anna);
		buf_clear(&payload);
		buf_add(&payload, team_id->bytes, sizeof(team_id->bytes));
		joining_write(team.devices[1].node, team_id, &invitation, &nobody,
		        span_text(which == 1 ? "B\n" : "B"), &payload);
		if (which == 2)
			payload.data[32 + 40] ^= 1; /* another handshake key than was signed */
		if (which == 3)
			payload.size -= 3;
		struct node_taken taken = ask_with(&team, &invitation, buf_span(&payload));
		assert_true(taken.asks && taken.admitted < 0);
		assert_int_equal(member_count(&team), 1);
	}
	/* And an invitation that was withdrawn. */
	buf_clear(&payload);
	buf_add(&payload, node_team(anna)->bytes, ID_LONG_BYTES);
	joining_write(team.devices[1].node, node_team(anna), &invitation, &nobody, span_text("B"), &payload);
	uint32_t count;
	check_ok(node_withdraw_all(anna, &count, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	struct buf request = {0};
	struct node_taken taken;
	check_ok(node_request_join(team.devices[1].node, node_team(anna), &invitation, &nobody,
	        span_text("B"), NULL, NULL, &request));
	check_code(take_bytes(&team, 0, buf_span(&request), &taken), ERR_DENIED);
	assert_int_equal(member_count(&team), 1);
	buf_close(&request);
	buf_close(&payload);
	team_invitation_wipe(&invitation);
	team_close(&team);
}

/* What a device at the network proves by shaking hands, a request only says: keys that are a colleague's, or that nothing can be sealed to, let nobody in. */
static void a_request_names_keys_of_its_own(void **state)
{
	(void)state;
	struct team team;
	struct team_invitation invitation;
	struct buf payload = {0};
	const struct person_id nobody = {{0}};
	team_open(&team, 2);
	team_found(&team);
	struct node *anna = team.devices[0].node;
	struct team_keys *hers = &team.devices[1].node->identity.keys;
	const struct team_keys *known = &node_identity(anna)->keys, own = *hers;
	check_ok(node_invite(anna, TEAM_ROLE_FACILITATOR, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	for (int which = 0; which < 5; which++) {
		*hers = own;
		if (which == 0)
			memcpy(hers->handshake, known->handshake, TEAM_KEY_BYTES);
		if (which == 1)
			memcpy(hers->sealing, known->sealing, TEAM_KEY_BYTES);
		if (which == 2)
			memset(hers->handshake, 0, TEAM_KEY_BYTES);
		if (which == 3)
			memset(hers->sealing, 0, TEAM_KEY_BYTES);
		buf_clear(&payload);
		buf_add(&payload, node_team(anna)->bytes, ID_LONG_BYTES);
		joining_write(team.devices[1].node, node_team(anna), &invitation, &nobody, span_text("B"),
		        &payload);
		const struct node_taken taken = ask_with(&team, &invitation, buf_span(&payload));
		assert_int_equal(taken.admitted, which < 2 ? ERR_EXISTS : which < 4 ? ERR_INVALID : 0);
		assert_int_equal(member_count(&team), which < 4 ? 1 : 2);
	}
	buf_close(&payload);
	team_invitation_wipe(&invitation);
	team_close(&team);
}

/* ---- Erasing ---------------------------------------------------------------------------------------------------- */

static uint32_t bodies_of(struct device *device, const struct device_id *author)
{
	struct log *log = node_log(device->node);
	struct log_reader reader = {0};
	struct store_txn *txn;
	uint32_t count = 0;
	check_ok(node_begin_read(device->node, &txn));
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		if (feed->compartment != COMPARTMENT_CLINICAL || !device_id_eq(&feed->device, author))
			continue;
		for (uint64_t seq = 1; seq <= feed->committed_seq; seq++) {
			const struct run_entry *entry;
			check_ok(log_read_entry(log, txn, &reader, i, seq, &entry));
			count += !entry->purged;
		}
	}
	log_reader_close(&reader);
	store_abort(txn);
	return count;
}

/* A file that is older than an erasure brings back nothing; a newer one brings the order to whoever missed it. */
static void what_was_erased_stays_erased(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	save_name(&team, LEA, 1, "Canary");
	const struct device_id lea = carry_device(&team, LEA);
	struct volumes old = export_plain(&team, LEA);
	take(&team, ANNA, &old.files[0]);
	const uint32_t before = bodies_of(&team.devices[ANNA], &lea);
	erase(&team, ANNA, 1);
	assert_int_equal(bodies_of(&team.devices[ANNA], &lea), before - 1);
	take(&team, ANNA, &old.files[0]);
	assert_int_equal(bodies_of(&team.devices[ANNA], &lea), before - 1);
	assert_int_equal(names(&team, ANNA, 1), 0);
	/* Zoé hears of both at once, in either order. */
	struct volumes order = export_plain(&team, ANNA);
	take(&team, ZOE, &order.files[0]);
	take(&team, ZOE, &old.files[0]);
	assert_int_equal(names(&team, ZOE, 1), 0);
	assert_int_equal(bodies_of(&team.devices[ZOE], &lea), before - 1);
	volumes_close(&old);
	volumes_close(&order);
	team_close(&team);
}

/* Whoever carries the file, and is one of those whom it is for, seals the chunk anew: with nothing in it. */
static void reseal(struct team *team, int carrier, struct buf *file, uint64_t number, bool final)
{
	struct node *node = team->devices[carrier].node;
	struct bundle_key key;
	struct team_id unused;
	struct buf chunk = {0};
	size_t head_bytes;
	check_ok(bundle_head_bytes(buf_span(file), &head_bytes));
	check_ok(bundle_open(&key, span_sub(buf_span(file), 0, head_bytes), node_seal_public(node),
	        node_seal_secret(node), &unused));
	bundle_chunk_seal(&key, &team->devices[carrier].env, number, final, BUNDLE_COMMON,
	        (struct span){NULL, 0}, SIZE_MAX, &chunk);
	memcpy(file->data + head_bytes + number * BUNDLE_CHUNK_BYTES, chunk.data, chunk.size);
	buf_close(&chunk);
	bundle_key_wipe(&key);
}

/* Each chunk emptied in its turn, the file shortened, its signature taken out: all that is noticed, and what is left is taken in. */
static void a_carrier_changes_nothing_unnoticed(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	fill(&team);
	struct volumes volumes = export_plain(&team, ANNA);
	struct buf *file = &volumes.files[0], copy = {0};
	const uint64_t chunks = (file->size - BUNDLE_HEAD_BYTES_MIN) / BUNDLE_CHUNK_BYTES;
	struct node_taken taken;
	uint64_t whole = 0;
	for (uint64_t i = 1; i < chunks; i++) { /* the first one tells whose it is */
		buf_clear(&copy);
		buf_add_span(&copy, buf_span(file));
		reseal(&team, LEA, &copy, i, i + 1 == chunks);
		const int result = take_bytes(&team, ZOE, buf_span(&copy), &taken);
		assert_true(result < 0 || taken.ended); /* a frame without its middle makes no sense */
		whole += result == 0;
		assert_int_equal(taken.damaged, 0);
		assert_true(taken.has_about);
		assert_false(taken.is_signed);
	}
	assert_in_range(whole, 2, chunks);
	buf_clear(&copy);
	buf_add_span(&copy, buf_span(file));
	reseal(&team, LEA, &copy, chunks - 2, true); /* it ends earlier */
	check_ok(take_bytes(&team, ZOE, buf_span(&copy), &taken));
	assert_true(taken.ended);
	assert_false(taken.is_signed);
	file->data[file->size - 1] ^= 1; /* damage is another thing */
	check_ok(take_bytes(&team, ZOE, buf_span(file), &taken));
	assert_false(taken.ended || taken.is_signed);
	assert_int_equal(taken.damaged, 1);
	file->data[file->size - 1] ^= 1;
	taken = take(&team, ZOE, file);
	assert_true(taken.is_signed);
	assert_true(team_same_heads(&team.devices[ANNA], &team.devices[ZOE]));
	buf_close(&copy);
	volumes_close(&volumes);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_stick_goes_round),
	        cmocka_unit_test(again_changes_nothing),
	        cmocka_unit_test(volumes_come_in_any_order),
	        cmocka_unit_test(a_volume_before_its_time_is_left),
	        cmocka_unit_test(a_bad_chunk_costs_what_is_in_it),
	        cmocka_unit_test(a_carrier_changes_nothing_unnoticed),
	        cmocka_unit_test(each_role_finds_what_a_session_gives),
	        cmocka_unit_test(others_find_nothing),
	        cmocka_unit_test(a_newcomer_joins_by_a_stick),
	        cmocka_unit_test(a_false_request_lets_nobody_in),
	        cmocka_unit_test(a_request_names_keys_of_its_own),
	        cmocka_unit_test(what_was_erased_stays_erased),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-bundle", tests, NULL, NULL);
}
