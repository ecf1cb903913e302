/*
 * crdt/history_seqs.h - the texts and lists of a history, put together from its steps. Reading them is in history.h; this is for history.c,
 * history_seqs.c and those that plan an undo.
 */
#ifndef CRDT_HISTORY_SEQS_H
#define CRDT_HISTORY_SEQS_H

#include "crdt/history.h"

/* Those that were asked for, and their table of feeds. */
struct history_seqs;

struct history_seqs *history_seqs_new(void);
void history_seqs_free(struct history_seqs *seqs);
struct history_seqs *crdt_history_seqs(const struct crdt_history *history); /* of history.c */

/* The sequence at a path; NULL when nothing was ever inserted. */
const struct seq *history_seq(const struct crdt_history *history, struct span path, enum seq_kind kind);

/* The step that an op of one of these sequences is. False: it is not here. */
bool history_seq_step(
        const struct crdt_history *history, const struct seq *seq, struct seq_by by, uint32_t *step);

#endif
