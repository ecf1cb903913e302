/*
 * node/plan/plan_work.h - the sources "reassess", "goal" and "plan" of what wants attention (node/work): of each dossier at most one item of each, save goals.
 *
 * Pure. Of a dossier that was archived, or whose patient died, there are none.
 */
#ifndef NODE_PLAN_PLAN_WORK_H
#define NODE_PLAN_PLAN_WORK_H

#include "node/work/work.h"

/* Given by the row of "reassess". */
void plan_work(const struct digest_source *document, uint32_t source, struct work_facts *out);

#endif
