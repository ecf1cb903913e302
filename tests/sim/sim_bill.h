/*
 * tests/sim/sim_bill.h - the end of a month in a simulated team: one nurse closes it, all others compute the same.
 */
#ifndef TESTS_SIM_SIM_BILL_H
#define TESTS_SIM_SIM_BILL_H

#include "tests/sim/sim_world.h"

enum { SIM_MONTH = 12 * 53 + 10 }; /* November 2023: when all visits take place (sim_act.c) */
#define SIM_MONTH_START_S INT64_C(1698796800)

/* Designate a nurse, set a rate, close the month and verify the lot on every device that may read it. Called when all is calm and equal;
 * breaks the invariant "billing" where totals or bytes differ. */
void sim_bill(struct sim_world *world);

#endif
