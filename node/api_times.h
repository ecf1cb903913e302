/*
 * node/api_times.h - working time: what overlaps, and a week's summary (visit/README.md, section 5). Threads: one.
 */
#ifndef NODE_API_TIMES_H
#define NODE_API_TIMES_H

#include "node/api_node.h"
#include "node/schema/moment.h"

/* Does a visit or time that is about to be written overlap another one of the same nurse, as far as is known here? */
bool api_time_overlaps(struct api_node *app, const struct schema_record *record);

/* The times of a visit of this dossier as its amendments left them; false: it is still running, or none is here. */
bool api_visit_span(struct api_node *app, struct crdt_doc *doc, const struct record_id *visit,
        struct moment *start, struct moment *end);

#endif
