/*
 * node/patient/part.h - two parts of a dossier's digest (node/digest/README.md): who the patient is, for finding duplicates, and what nurses decided
 * about this file and others. So no list opens a document for them.
 *
 * Identity: MessagePack map, number of a patient's field -> its value: text as str, others as int; those that duplicates are found by. Links: array, each
 * [id bin 16, other bin 16, decision, follows bin 6 x n, feed bin 32, sequence]: the last two name its entry, for whose word it is.
 */
#ifndef NODE_PATIENT_PART_H
#define NODE_PATIENT_PART_H

#include "node/digest/digest.h"
#include "node/patient/links.h"
#include "node/patient/who.h"

void patient_identity_make(const struct digest_source *source, struct buf *out);
void patient_links_make(const struct digest_source *source, struct buf *out);

/* From a part's bytes; hostile ones are fine. False: nothing is known of who it is. */
bool patient_identity_get(struct span part, const struct record_id *file, struct patient_who *out);

/* Decisions that the dossier `file` holds. */
struct patient_links {
	struct patient_link *items;
	uint32_t count, capacity;
};
void patient_links_close(struct patient_links *links);
void patient_links_add(struct patient_links *links, const struct patient_link *link);

/* Append those of a part, none of them proposed: node_links.h says which are; of one that is not readable those before. */
void patient_links_get(struct span part, const struct record_id *file, struct patient_links *out);
/* Append those of the document itself: where the part is cut, and for making it. */
void patient_links_read(const struct digest_source *source, struct patient_links *out);

#endif
