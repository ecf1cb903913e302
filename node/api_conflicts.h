/*
 * node/api_conflicts.h - fields that have several values, as the interface shows and names them.
 *
 * A conflict is named by its place, "1-PATIENT-2-RECORD-13", which says where it stands: so that somebody who looks at it for long still finds it when it was
 * settled meanwhile. A value is named by the operation that wrote it, "FEED:SEQ:INDEX".
 */
#ifndef NODE_API_CONFLICTS_H
#define NODE_API_CONFLICTS_H

#include "node/api_node.h"
#include "node/work/conflicts.h"

struct api_conflict_place {
	unsigned doc_kind;
	struct record_id doc_id, id;
	const struct schema_kind *kind;
	const struct schema_field *field;
};

/* False: it is no place, or one of a later version. */
bool api_conflict_place(const char *text, struct api_conflict_place *out);

/* [{"op", "value", "words": {"fr","en"}, "feed", "seq", "at", "by": author (describe.h), "reason"}]. Owner decrefs. */
json_t *api_conflict_values(struct api_node *app, const struct crdt_doc *doc,
        const struct schema_field *field, const struct crdt_values *values);

/* Those of one document, as GET /api/conflicts lists them. Owner decrefs. */
json_t *api_conflicts_of(struct api_node *app, const struct crdt_doc *doc, bool safety_alone);

/* How good the clock was by which an entry was written (enum clock_grade). */
uint8_t api_clock_of(struct api_node *app, const struct op_id *op);

/* Does a list of ["FEED:SEQ:INDEX"] name this operation? */
bool api_conflict_saw(const json_t *saw, const struct op_id *op);

#endif
