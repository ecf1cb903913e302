/*
 * tests/sim/sim_trust.h - what members do about trust: archive and erase dossiers, choose some for the locum, write cases for the facilitator and end
 * them, carry files on a stick. What must hold of it: sim_trust_check.h.
 */
#ifndef TESTS_SIM_SIM_TRUST_H
#define TESTS_SIM_SIM_TRUST_H

#include "tests/sim/sim_world.h"

/* A member does one such thing, if chance and her rights will have it. */
bool sim_trust(struct sim_member *member);

#endif
