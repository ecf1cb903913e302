/*
 * tests/lib/team_checks.h - what tests of the membership say about a simulated team (team_world.h), in one line each.
 */
#ifndef TESTS_LIB_TEAM_CHECKS_H
#define TESTS_LIB_TEAM_CHECKS_H

#include "tests/lib/check.h"
#include "tests/lib/team_world.h"

enum { A = 0, B = 1, C = 2, D = 3, E = 4 }; /* the devices of world_team() */

/* A team of `nurses` nurses, all managers; device i is nurse i's. */
struct world *world_team(uint32_t nurses, uint64_t seed);

/* What the copy of device `at` says of all it knows; of a device (NULL, 0, false when unknown); of an entry. */
const struct team_view *world_view(struct world *world, uint32_t at);
const struct team_device *world_row(struct world *world, uint32_t at, uint32_t device);
int world_state(struct world *world, uint32_t at, uint32_t device); /* enum team_device_state */
bool world_manages(struct world *world, uint32_t at, uint32_t device);
enum team_reason world_reason(struct world *world, uint32_t at, const struct entry_hash *hash);

/* `by` writes it, it is kept, and has no power for this reason. */
void world_check_void(
        struct world *world, uint32_t by, const struct team_action *action, enum team_reason reason);

/* `by` writes it, and it has power at the state cited. `hash` may be NULL. */
void world_write_ok(struct world *world, uint32_t by, struct team_action action, struct entry_hash *hash);

/* A key epoch for exactly those entitled. */
struct epoch_id world_rotate(struct world *world, uint32_t by, uint8_t compartment);

/* The same, but that it leaves `omitted` out, and says so. */
struct team_action world_epoch_without(
        struct world *world, uint32_t by, uint8_t compartment, uint32_t omitted);

/* How A's copy judges the first clinical entry of `by`, saved at `wrote_ms` and citing all that A knows. */
void world_check_visit(struct world *world, uint32_t by, const struct epoch_id *epoch, uint64_t wrote_ms,
        enum team_verdict verdict, enum team_reason reason);

void world_check_judged(struct team_judgement got, enum team_verdict verdict, enum team_reason reason);

#endif
