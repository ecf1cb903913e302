/*
 * tests/sim/sim_rogue_rows.h - rows of replicated state that nobody may write, as a patched program of a member would make them: keys from
 * somebody who hands none out, orders to erase from somebody who may not give them, acknowledgements in a colleague's name or of what is not there.
 */
#ifndef TESTS_SIM_SIM_ROGUE_ROWS_H
#define TESTS_SIM_SIM_ROGUE_ROWS_H

#include "tests/sim/sim_world.h"

/* One such row for `victim`, appended. NULL: chance or her rights will not have it; otherwise what it is. */
const char *sim_rogue_row(struct sim_member *member, const struct sim_member *victim, struct buf *row);

/* Nobody took such a key: checked once all is calm. */
void sim_rogue_rows_check(struct sim_world *world);

#endif
