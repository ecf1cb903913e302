/*
 * What it costs a whole node to remove a device from a team of 40 with the keys of 840 dossiers, in processor time of one core: the removal with its
 * cut, new keys for everybody, what follows from it for documents and dossier keys, sealing and signing what is written, until all is committed
 * (to a store in memory: what a disk takes is not the processor's). Once for a device that wrote nothing, and once for one whose entries are to
 * be looked at again. Beside it the cryptography that cannot be avoided.
 * Medians of rounds, each from the same database.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/schema/schema.h"
#include "tests/bench/cpu.h"
#include "tests/lib/check.h"
#include "tests/lib/pair.h"
#include "tests/lib/patched.h"

enum {
	TEAM_DEVICES = LIMIT_TEAM_DEVICES_ACTIVE,
	DOSSIERS = 840,
	WRITTEN = 3000, /* by the device that is removed: a twelfth of 36,000 visits */
	ROUNDS = 9,
	SECTION = 2,
	NAME = 1,
	KEYS = 6, /* five epochs, the discovery secret */
	AIM_MS = 50,
};

/* ---- A team ----------------------------------------------------------------------------------------------------- */

/* One more nurse's device, which exists in the membership alone. */
static void admit(struct pair *team, uint32_t number, struct patched_guest *guest)
{
	struct device *host = &team->devices[0];
	struct team_invitation invitation;
	check_ok(node_invite(host->node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	patched_admit(host, &invitation, number, guest);
	/* It says that it heard of that, so that the invitation is done with. */
	const struct key_signer signer = {*node_team(host->node), guest->device, guest->secret};
	const struct ack ack = {.device = guest->device, .counter = 1, .membership = guest->admit};
	struct buf bytes = {0};
	check_ok(ack_encode(&ack, &signer, &bytes));
	assert_int_equal(node_put_ack(host->node, buf_span(&bytes)), 1);
	buf_close(&bytes);
	team_invitation_wipe(&invitation);
}

static void grow(struct pair *team)
{
	struct patched_guest guests[TEAM_DEVICES];
	struct entry_hash hash;
	for (uint32_t i = 2; i < TEAM_DEVICES; i++) {
		admit(team, i, &guests[i]);
		devices_run(&team->loop, pair_saved, team);
	}
	pair_meet(team);
	for (uint32_t i = 2; i < TEAM_DEVICES; i++) {
		const struct team_action action = {
		        .kind = TEAM_ACTION_ENDORSE, .as.admission = guests[i].admit};
		check_ok(node_act(team->devices[1].node, &action, &hash, NULL, NULL));
	}
	pair_meet(team);
	const struct team_view *view = node_view(team->devices[0].node);
	struct device_id devices[TEAM_DEVICES];
	for (uint32_t i = 0; i < TEAM_DEVICES; i++)
		devices[i] = view->devices[i].id;
	for (uint32_t i = 0; i < TEAM_DEVICES; i++)
		if (!device_id_eq(&devices[i], &team->devices[0].node->identity.device))
			check_ok(node_share_keys(team->devices[0].node, &devices[i]));
	devices_run(&team->loop, pair_saved, team);
}

static struct record_id dossier(uint32_t number)
{
	struct record_id id = {{0}};
	memcpy(id.bytes, &number, sizeof(number));
	id.bytes[15] = 9;
	return id;
}

static void save(struct pair *team, int who, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct record_id id = dossier(i % DOSSIERS);
		device_save(&team->devices[who], SCHEMA_DOC_DOSSIER, &id, SECTION, NAME,
		        who ? "Martin" : "Morvan");
		if (i % 64 == 63)
			devices_run(&team->loop, pair_saved, team);
	}
	devices_run(&team->loop, pair_saved, team);
}

/* ---- Removing --------------------------------------------------------------------------------------------------- */

static void floor_of_removal(const struct device *device)
{
	uint8_t box[BOX_KEY_BYTES], secret[SECRET_BYTES] = {1};
	struct entry_signature signature;
	struct entry_hash hash = {{1}};
	for (uint32_t i = 0; i < KEYS * (TEAM_DEVICES - 1); i++)
		check_ok(crypto_box_seal(box, secret, sizeof(secret), node_seal_public(device->node)->bytes));
	for (uint32_t i = 0; i <= KEYS; i++)
		entry_sign(&signature, &hash, device->node->identity.secrets->sign);
}

static double remove_one(struct pair *team, const struct device_id *device)
{
	struct device *remover = &team->devices[0];
	const double start = cpu_ms();
	check_ok(node_remove_device(remover->node, device, 1, NULL, NULL));
	do {
		check_ok(node_flush(remover->node));
		while (store_writer_step(remover->writer) > 0)
			;
		node_poll(remover->node);
	} while (!node_idle(remover->node));
	return cpu_ms() - start;
}

static void bench(struct pair *team, const struct store_mem_image *image, const struct device_id *device,
        const char *what)
{
	double ours[ROUNDS], floors[ROUNDS];
	for (int round = 0; round < ROUNDS; round++) {
		store_mem_image_restore(team->devices[0].store, image);
		device_restart(&team->devices[0], &team->loop);
		devices_run(&team->loop, pair_saved, team);
		ours[round] = remove_one(team, device);
		const double start = cpu_ms();
		floor_of_removal(&team->devices[0]);
		floors[round] = cpu_ms() - start;
	}
	const double our = cpu_median(ours, ROUNDS), floor = cpu_median(floors, ROUNDS);
	printf("removing one of %d devices, %d dossiers, %s: %.1f ms on the whole node (aim %d), floor %.1f "
	       "ms "
	       "of %d box seals and %d signatures, %.2f x\n",
	        TEAM_DEVICES, DOSSIERS, what, our, AIM_MS, floor, KEYS * (TEAM_DEVICES - 1), KEYS + 1,
	        our / floor);
}

int main(void)
{
	static struct pair team;
	if (sodium_init() < 0)
		return 1;
	pair_open(&team, TEAM_ROLE_NURSE);
	grow(&team);
	save(&team, 0, DOSSIERS);
	pair_meet(&team);
	save(&team, 1, WRITTEN);
	pair_meet(&team);
	struct node *node = team.devices[0].node;
	check_ok(node_checkpoint(node, true));
	devices_run(&team.loop, pair_saved, &team);
	struct store_mem_image *image = store_mem_image_take(team.devices[0].store);
	const struct device_id writer = node_device(team.devices[1].node);
	const struct device_id silent = node_view(node)->devices[TEAM_DEVICES - 1].id;
	assert_false(device_id_eq(&silent, &writer));
	printf("%zu key rows\n", key_table_row_count(node->keys));
	bench(&team, image, &silent, "that wrote nothing");
	bench(&team, image, &writer, "that wrote 3,000 entries and made key packets");
	store_mem_image_free(image);
	pair_close(&team);
	return 0;
}
