/*
 * tests/lib/liar.h - a colleague's device that sends false early copies (node/README.md, "Early copies").
 */
#ifndef TESTS_LIB_LIAR_H
#define TESTS_LIB_LIAR_H

#include "node/node.h"

/* Seal a snapshot of the dossier with the secret that `node` holds: the patient's name is LIAR_NAME, and entry `seq` of `feed` is said to have written it.
 * Appends. False: no secret is here. */
#define LIAR_NAME "Menteur"
bool liar_copy(struct node *node, const struct record_id *dossier, const struct feed_id *feed, uint64_t seq,
        struct buf *out);

#endif
