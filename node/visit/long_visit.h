/*
 * node/visit/long_visit.h - visits that lasted longer than one does: perhaps nobody stopped them (README.md, section 3). Pure.
 */
#ifndef NODE_VISIT_LONG_VISIT_H
#define NODE_VISIT_LONG_VISIT_H

#include "node/work/work.h"

/* A source of work: visits of more than three hours that nobody has corrected since, a note of their authors' for a month. Beside that, the newest day of the visits
 * (work_facts.seen): here they are looked at anyway. */
void long_visit_facts(const struct digest_source *source, uint32_t number, struct work_facts *out);

#endif
