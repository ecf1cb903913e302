/*
 * tests/sim/sim_early.h - dossiers shown ahead of the log in a simulated team (node/README.md, "Early copies").
 *
 * Honest ones come by themselves, to whoever joins late or comes back after long. Here colleagues' devices lie, and it is checked that
 *
 * - once all is calm nothing is shown any more that the log did not give, and no copy counts as partial;
 * - whoever lied is named by some device, where the lie was taken and not lost again, and nobody else is accused by anybody;
 * - a dossier that is shown so can always be added to.
 */
#ifndef TESTS_SIM_SIM_EARLY_H
#define TESTS_SIM_SIM_EARLY_H

#include "tests/sim/sim_world.h"

/* This member's device has shown a colleague something false. False: there was nobody to show it to. */
bool sim_early_lie(struct sim_member *member);

/* A save was refused because of an early copy: may it have been? */
bool sim_early_refuses(
        struct sim_member *member, const struct record_id *dossier, const struct record_edit *edit);

/* Whatever moved: what was verified is counted. */
void sim_early_look(struct sim_world *world);

/* Nobody's copy counts as partial, and nothing is shown from early copies. Whoever was told of entries that there are not (SIM_FLOODS) believes it until she has met the device
 * that said so. */
bool sim_early_is_settled(const struct sim_world *world, char *why, size_t why_bytes);

/* Once they agree. */
void sim_early_check(struct sim_world *world);

#endif
