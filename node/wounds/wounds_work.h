/*
 * node/wounds/wounds_work.h - wounds that want attention, for the list of work (node/work/README.md): source 26.
 */
#ifndef NODE_WOUNDS_WOUNDS_WORK_H
#define NODE_WOUNDS_WOUNDS_WORK_H

#include "node/work/work.h"

void wounds_work(const struct digest_source *document, uint32_t source, struct work_facts *out);

#endif
