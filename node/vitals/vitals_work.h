/*
 * node/vitals/vitals_work.h - measures that want attention, for the list of work (node/work/README.md): source 25.
 */
#ifndef NODE_VITALS_VITALS_WORK_H
#define NODE_VITALS_VITALS_WORK_H

#include "node/work/work.h"

enum {
	VITALS_WORK_NEWEST = 40
}; /* visits and measures that are looked at: the last value of each vital is among them, or old */

void vitals_work(const struct digest_source *document, uint32_t source, struct work_facts *out);

#endif
