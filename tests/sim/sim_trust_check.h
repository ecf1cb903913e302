/*
 * tests/sim/sim_trust_check.h - the invariants of who may hold what, and of what is said about it.
 *
 * receipts       nobody's acknowledged heads say more than that device has on its disk, once it is calm, and before if no older copy was put back there
 * erased         once all have confirmed: on no device does a body of the dossier stand, an item of its secret, or its canary in any row; nobody but
 *                nurses had dossiers erased; whoever confirms has done so
 * chosen         a locum holds no secret of a dossier that nobody shared with her and that is not hers, nor its canary; once a sharing has ended not
 *                the secret under which is written since; a dossier that is shared is the same at hers as at nurses'
 * dated          by honest clocks, nothing written after the end of her rights is on her device
 * cases          a facilitator's key packets are of cases for her; a case that lives she can read; one that is over is erased everywhere
 * blind          a relay holds no key, no document, no canary
 * writes         whoever may write in dossiers comes to hold the key to write under
 * forks          no feed has two histories but those that rogues made: no feed is used twice by a restored device
 */
#ifndef TESTS_SIM_SIM_TRUST_CHECK_H
#define TESTS_SIM_SIM_TRUST_CHECK_H

#include "tests/sim/sim_world.h"

/* Today in Paris, in winter, by right clocks: days since 1970. */
int64_t sim_true_day(const struct sim_world *world);

/* May this member read that document, as the team stands at `view`? */
bool sim_reads_doc(const struct sim_member *member, const struct team_view *view, uint32_t kind,
        const struct record_id *id);
bool sim_is_erased(const struct sim_world *world, const struct record_id *dossier);

/* At any moment. */
void sim_trust_check_always(struct sim_world *world);

/* Before it is calm, and once all agree: what each holds of others' keys. */
void sim_trust_check_rows(struct sim_world *world);

/* After a restart of one device. */
void sim_trust_check_restart(struct sim_member *member);

/* Is what has to be carried out by all carried out? `why` says where not. */
bool sim_trust_settled(struct sim_world *world, char *why, size_t why_bytes);

/* Everything, once all agree. */
void sim_trust_check_end(struct sim_world *world);

#endif
