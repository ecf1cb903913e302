#include "tests/sim/sim_guest.h"

#include "crdt/base/err.h"
#include "node/team/relay.h"
#include "tests/sim/sim_act.h"

static const uint64_t YEAR_MS = UINT64_C(31557600000);

/* ---- Who there is ---- */

/* Rights that begin and end while the team works, or go on for a year: then only clocks that are wrong by years end them early. */
static void add_locum(struct sim_world *world, struct sim_member *(*add)(struct sim_world *, uint8_t))
{
	struct sim_member *locum = add(world, TEAM_ROLE_LOCUM);
	locum->rights_from_ms = SIM_EPOCH_MS + rng_below(&world->rng, 8000);
	locum->rights_until_ms = SIM_EPOCH_MS +
	        (rng_chance(&world->rng, 500) ? rng_between(&world->rng, 18000, 29000) : YEAR_MS);
}

void sim_guests(struct sim_world *world, struct sim_member *(*add)(struct sim_world *, uint8_t))
{
	if ((world->troubles & SIM_LOCUMS) && rng_chance(&world->rng, 700))
		add_locum(world, add);
	if ((world->troubles & SIM_RELAYS) && rng_chance(&world->rng, 600))
		add(world, TEAM_ROLE_RELAY);
	if ((world->troubles & SIM_DEVICES) && rng_chance(&world->rng, 500))
		add(world, TEAM_ROLE_NURSE)->twin = &world->members[1]; /* a nurse's, not the first one's */
}

/* ---- A relay ---- */

static int admit(struct sim_member *manager, struct sim_member *relay)
{
	struct node *node = manager->device.node;
	struct team_action action = {.kind = TEAM_ACTION_RELAY};
	struct entry_hash hash;
	char code[TEAM_RELAY_TEXT_BYTES];
	team_relay_code(node_identity(relay->device.node), node_team(node), code);
	int result = team_relay_parse(span_text(code), node_team(node), &action.as.relay);
	if (result == 0)
		result = node_act(node, &action, &hash, NULL, NULL);
	sim_device_turn(&manager->device);
	return result;
}

void sim_guest_relay(struct sim_member *relay, bool again)
{
	struct sim_world *world = relay->world;
	struct node *node = relay->device.node;
	struct sim_member *manager = sim_some_manager(world);
	if (node_view(node) && !again) {
		world->events.relays += relay->state != SIM_INSIDE;
		relay->state = SIM_INSIDE;
		return;
	}
	if (!manager)
		return;
	if (!node_in_team(node))
		peers_await(relay->device.peers, node_team(manager->device.node));
	if (relay->state == SIM_INVITED && !rng_chance(&world->rng, 200))
		return; /* the nurse's device dials it */
	int result = admit(manager, relay);
	relay->state = SIM_INVITED;
	sim_trace(world, "%u: admits relay %u: %s", manager->device.number, relay->device.number,
	        err_name(result));
}

/* ---- A second device ---- */

bool sim_guest_person(const struct sim_member *second, const struct sim_member *at, struct person_id *out)
{
	const struct team_view *view = node_view(at->device.node);
	const struct team_device *first = view ? team_view_device(view, &second->twin->id) : NULL;
	if (!first || first->state != TEAM_DEVICE_ACTIVE)
		return false;
	if (out)
		*out = first->person;
	return true;
}

int sim_guest_invite(struct sim_member *second, struct sim_member *host)
{
	uint8_t key[32], secret[64];
	struct person_id person;
	team_invitation_keys(&second->invitation, key, secret);
	mem_wipe(secret, sizeof(secret));
	second->host = host;
	return sim_guest_person(second, host, &person) ? node_invite_person(host->device.node, key, &person)
	                                               : ERR_NOTFOUND;
}

struct sim_member *sim_guest_host(struct sim_member *second)
{
	if (sim_manages(second->host) && !second->host->suspended)
		return second->host;
	if (rng_chance(&second->world->rng, 100))
		second->state = SIM_OUTSIDE; /* another one */
	return NULL;
}

bool sim_guest_is_second(const struct team_view *view, const struct team_device *device)
{
	for (uint32_t i = 0; i < view->device_count; i++)
		if (&view->devices[i] != device && person_id_eq(&view->devices[i].person, &device->person))
			return true;
	return false;
}

bool sim_guest_has_two(const struct sim_member *member)
{
	for (uint32_t i = 0; i < member->world->member_count; i++)
		if (member->world->members[i].twin == member)
			return true;
	return member->twin != NULL;
}

/* ---- The first one is lost ---- */

/* Her second device writes as a nurse's by then, and everybody is in the team: whoever the lost one admitted stays. */
static bool may_lose(struct sim_member *member, const struct sim_member *second)
{
	const struct team_view *view = node_view(member->device.node);
	return member != second->twin && !second->twin->suspended && team_view_manages(view, &second->id) &&
	        team_view_manages(view, &second->twin->id) && sim_all_inside(member->world, view);
}

static bool remove_lost(struct sim_member *member, struct sim_member *lost)
{
	const struct team_view *view = node_view(member->device.node);
	const struct team_device *device = team_view_device(view, &lost->id);
	if (!device || device->state != TEAM_DEVICE_ACTIVE || !sim_all_inside(member->world, view))
		return false;
	int result = node_remove_device(member->device.node, &lost->id, 1, NULL, NULL);
	sim_trace(member->world, "%u: removes the lost device %u: %s", member->device.number,
	        lost->device.number, err_name(result));
	return result == 0;
}

bool sim_guest_mend(struct sim_member *member)
{
	struct sim_world *world = member->world;
	if (!(world->troubles & SIM_DEVICES) || !sim_manages(member))
		return false;
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *second = &world->members[i];
		if (!second->twin)
			continue;
		if (second->twin->lost)
			return remove_lost(member, second->twin);
		if (world->calm || !may_lose(member, second) || !rng_chance(&member->device.rng, 60))
			continue;
		second->twin->lost = true;
		world->events.lost_devices++;
		return remove_lost(member, second->twin);
	}
	return false;
}
