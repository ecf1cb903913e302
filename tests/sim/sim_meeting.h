/*
 * tests/sim/sim_meeting.h - what is signed at meetings (node/README.md, "Meetings"), under whatever trouble.
 *
 * signed         an accord in somebody's name is one that this device signed, everywhere, at any moment
 * together       once it is calm, all honest devices that are level with each other sign the same within a bounded time, and every device sees that;
 *                whoever signs another state, or moments and names that are made up, changes nothing of it
 */
#ifndef TESTS_SIM_SIM_MEETING_H
#define TESTS_SIM_SIM_MEETING_H

#include "tests/sim/sim_world.h"

/* A member's patched program signs another state, a moment of her choice, or in a colleague's name. Appends a row; NULL: nothing. */
const char *sim_false_accord(struct sim_member *member, const struct sim_member *victim, struct buf *row);

/* At any moment. Fails the world. */
void sim_meeting_check_always(struct sim_world *world);

/* Have they come together? What is lacking stands in `why`. */
bool sim_meeting_is_together(struct sim_world *world, char *why, size_t why_bytes);
void sim_meeting_count(struct sim_world *world);

#endif
