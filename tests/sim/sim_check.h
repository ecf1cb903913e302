/*
 * tests/sim/sim_check.h - the invariants of a simulated team.
 *
 * acknowledged   every save that was reported durable stands in its author's log after every restart, and once all is calm in the log and
 *                the documents of every device that may read it, or named in its quarantine, unless its dossier was erased, or by its author alone
 *                before anybody had it (sim_order.h); of what a device wrote that is out of the team since, all have what one has
 * converges      once all is calm: the same membership heads everywhere; the same heads of every feed and the same bytes of every document
 *                on all devices that may read them, and the same quarantine
 * authorized     no device holds an entry that its author had no right to write
 * confidential   no device holds clinical or billing entries, or dossier keys, that its role does not give it
 * whole          after every restart and at the end, each database passes the check of `releve fsck`: rows, chains, signatures, dependencies, and
 *                documents and indexes as a fresh replay gives them
 * saves          nothing but rights, missing keys and a full or doubtful disk keeps a member from saving
 * past           a document built anew from a device's log up to its frontier is the one that the device holds, to the byte
 * texts          every word of an acknowledged save stands in the running text everywhere, unless somebody took it away or the save is in
 *                quarantine (sim_text.h)
 * trust          who may hold what, and what is said about it: sim_trust_check.h
 * billing        a month that one nurse closes comes out the same, to the byte, on every device that may read billing (sim_bill.h)
 */
#ifndef TESTS_SIM_SIM_CHECK_H
#define TESTS_SIM_SIM_CHECK_H

#include "tests/sim/sim_world.h"

/* The entry is kept apart at this device; *effective: it counts all the same. */
bool sim_is_apart(struct node *node, const struct feed_id *id, uint64_t seq, bool *effective);

/* It is in that device's log, durably; in its document, or named as kept apart. */
bool sim_check_holds(struct node *node, const struct sim_save *save);
bool sim_check_shows(struct node *node, const struct sim_save *save);

/* After a restart of one device. */
void sim_check_restart(struct sim_world *world, struct sim_member *member);

/* Do all devices agree? `why` says where not. */
bool sim_check_converged(struct sim_world *world, char *why, size_t why_bytes);

/* Everything, once they agree. */
void sim_check_end(struct sim_world *world);

/* At any moment. */
void sim_check_always(struct sim_world *world);

/* Where a node has this save: a feed that was forked has become another one since. */
bool sim_find(struct node *node, const struct sim_save *save, uint32_t *number, struct entry_ref *place);

#endif
