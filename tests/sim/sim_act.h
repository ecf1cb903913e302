/*
 * tests/sim/sim_act.h - what the members of a simulated team do.
 */
#ifndef TESTS_SIM_SIM_ACT_H
#define TESTS_SIM_SIM_ACT_H

#include "tests/sim/sim_world.h"

/* Found the team, as its first nurse. */
void sim_found(struct sim_member *founder);

/* The next thing that a member does: join, endorse, write, or cheat. In calm weather only what the team needs to become whole. */
void sim_act(struct sim_member *member);

/* Write one record. The save, of which its callback may still be to come; NULL: it was refused, or changed nothing. */
struct sim_save *sim_save_record(struct sim_member *member, enum schema_doc_kind doc_kind,
        const struct record_id *doc, const struct record_edit *edit);

/* A member's device came back after a crash. */
void sim_back(struct sim_member *member);

#endif
