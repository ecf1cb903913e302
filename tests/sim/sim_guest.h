/*
 * tests/sim/sim_guest.h - who is in a simulated team besides nurses, reader and facilitator: a locum with dated rights, a blind relay, and second
 * devices of nurses, of whom some lose the first one.
 */
#ifndef TESTS_SIM_SIM_GUEST_H
#define TESTS_SIM_SIM_GUEST_H

#include "tests/sim/sim_world.h"

/* Add those whom this seed has. */
void sim_guests(struct sim_world *world, struct sim_member *(*add)(struct sim_world *world, uint8_t role));

/* One step of a relay's way into the team: it says whose it wants to be, a nurse lets it in. `again`: whoever did was lost. */
void sim_guest_relay(struct sim_member *relay, bool again);

/* Whose second device it is, as `at` knows; false: not known there. `out` may be NULL. */
bool sim_guest_person(const struct sim_member *second, const struct sim_member *at, struct person_id *out);
/* Its invitation was just written at `host`: for that person, so that it is redeemed there. */
int sim_guest_invite(struct sim_member *second, struct sim_member *host);
/* Where it has to be redeemed, if that is possible now. */
struct sim_member *sim_guest_host(struct sim_member *second);
/* A device of somebody who has another one, or had. */
bool sim_guest_is_second(const struct team_view *view, const struct team_device *device);
/* This member has two devices in this seed, or is the second one. */
bool sim_guest_has_two(const struct sim_member *member);

/* A first device is lost, and whoever notices has it removed. */
bool sim_guest_mend(struct sim_member *member);

#endif
