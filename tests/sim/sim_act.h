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

/* A record to be saved, and its fields by their names. */
struct schema_record sim_record(enum schema_kind_number number, const struct record_id *id);
void sim_put_text(struct schema_record *record, const char *field, const char *text);
struct schema_value *sim_put_number(struct schema_record *record, const char *field, int64_t number);

/* An active nurse's device that manages, as it is known there; and one of those, NULL: there is none. */
bool sim_manages(const struct sim_member *member);
struct sim_member *sim_some_manager(struct sim_world *world);

/* Everybody is in the team, and `view` knows it: nobody's admission is void by a removal (sim_main.c, "left out"). */
bool sim_all_inside(const struct sim_world *world, const struct team_view *view);

/* A member's device came back after a crash. */
void sim_back(struct sim_member *member);

#endif
