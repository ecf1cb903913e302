/*
 * tests/sim/sim_text.h - running texts of a simulated team: several nurses write the same ones, apart and with forms that stay open.
 */
#ifndef TESTS_SIM_SIM_TEXT_H
#define TESTS_SIM_SIM_TEXT_H

#include "tests/sim/sim_world.h"

/* A member reads a text of a patient's dossier, or changes it as she saw it, now or earlier: a word comes, at times another goes. */
void sim_text(struct sim_member *member, const struct record_id *patient);

/* Once all is calm and equal: every word of an acknowledged save that nobody took away stands on every device that may read it. */
void sim_text_check(struct sim_world *world);

#endif
