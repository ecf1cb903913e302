/*
 * tests/sim/sim_rogue.h - members and strangers who write what they may not, with their own keys and a program of their own.
 *
 * A rogue speaks the protocols of net through their public headers and signs runs with a device key; no production code knows of it.
 * Each entry it tries is listed in world->forbidden.
 */
#ifndef TESTS_SIM_SIM_ROGUE_H
#define TESTS_SIM_SIM_ROGUE_H

#include "tests/sim/sim_world.h"

/* The device of `member` misbehaves once, towards some other member. */
void sim_rogue(struct sim_member *member);

/* The same, with an entry that reads well and cites an older state of the team than the entry before it. */
void sim_backdate(struct sim_member *member);

/* It floods, stalls or lies (sim_rogue_flood.c). */
void sim_flood(struct sim_member *member);

/* Hang up, all of them. */
void sim_rogues_end(struct sim_world *world);

#endif
