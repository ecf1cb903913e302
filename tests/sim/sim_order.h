/*
 * tests/sim/sim_order.h - saves that their own author destroyed: a dossier, or a case whose consent was over by her clock, before anybody else had them.
 *
 * When she leaves the team, such an order loses its power (node/README.md, "Whose orders count"), and nothing is left for that to keep: no invariant
 * asks for these saves. Of everything else that a void order is about all have to have what one had.
 */
#ifndef TESTS_SIM_SIM_ORDER_H
#define TESTS_SIM_SIM_ORDER_H

#include "tests/sim/sim_world.h"

/* After each step: who has the body of a save, at the moment when its author ordered that it be erased? */
void sim_order_watch(struct sim_world *world);

/* The order has no power by now, nobody had the body when it was given, and nobody has it. */
bool sim_order_left_nothing(struct sim_world *world, const struct sim_save *save);

#endif
