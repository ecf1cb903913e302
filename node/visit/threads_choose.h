/*
 * node/visit/threads_choose.h - which transmissions of a dossier lists know, where somebody wrote very many: of each author some, and of the others their number.
 *
 * Pure. Threads: one.
 */
#ifndef NODE_VISIT_THREADS_CHOOSE_H
#define NODE_VISIT_THREADS_CHOOSE_H

#include "node/visit/threads.h"

/* Of `count` items, oldest first, those that stay, newest first in threads->items; the rest in threads->left. What stays: urgent ones before others; of each
 * author the one that fewest have read, then of each the next; of as many the newest. So nobody's can be pushed out by how many somebody else writes, and what was read makes room. */
void threads_choose(struct threads *threads, struct transmission *items, uint32_t count);

#endif
