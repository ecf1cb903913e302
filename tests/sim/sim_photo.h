/*
 * tests/sim/sim_photo.h - members add photos to dossiers, and what must hold of them.
 *
 * photos         a photo that was reported durable is whole at its author's device, unless an older copy was put back there or its dossier was erased; once all is calm every
 *                device that knows of one has all of it, if any device that may give it has, and each relay too; it opens to the bytes that were added wherever
 *                the dossier's secret is; nobody believes that a device has one which that does not have; of an erased dossier no device knows one, nor has a row in which its address
 *                stands
 */
#ifndef TESTS_SIM_SIM_PHOTO_H
#define TESTS_SIM_SIM_PHOTO_H

#include "tests/sim/sim_world.h"

/* A member adds one. False: chance would not have it. */
bool sim_photo(struct sim_member *member);

/* Whenever a device was opened; and what holds after a restart. */
void sim_photo_opened(struct sim_member *member);
void sim_photo_check_restart(struct sim_member *member);

/* Has everybody what there is? `why` says who has not. */
bool sim_photo_settled(struct sim_world *world, char *why, size_t why_bytes);

/* Everything, once all agree. */
void sim_photo_check_end(struct sim_world *world);

/* Does the address of a photo of an erased dossier stand in that row? */
bool sim_photo_in_row(const struct sim_member *member, struct span row);

#endif
