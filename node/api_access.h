/*
 * node/api_access.h - the access log as requests show it: what its export (api_access.c) and its list (api_access_rows.c) share.
 *
 * Threads: one.
 */
#ifndef NODE_API_ACCESS_H
#define NODE_API_ACCESS_H

#include "node/access/access_log.h"
#include "node/api_node.h"

/* Every row of this device's log that can be read. 0 also when there is no log: the head is then all zero. */
int api_access_read(struct api_node *app, struct access_head *head, access_visit visit, void *context);

/* By which patient's name in the log a dossier is found again. */
struct api_access_named {
	struct access_patient patient;
	struct record_id dossier;
	uint32_t number; /* of the document */
};

struct api_access_known {
	struct api_access_named *list; /* ascending */
	uint32_t count, capacity;
};

/* All dossiers here. Owner calls api_access_forget(). */
void api_access_know(struct api_node *app, struct api_access_known *out);
void api_access_forget(struct api_access_known *known);
/* NULL: of no dossier here. Borrowed. */
const struct api_access_named *api_access_find(
        const struct api_access_known *known, const struct access_patient *patient);

/* "Morvan Léa" of a patient, "Léa Morvan" of a person, with a zero at the end; the empty text where it is not known. */
void api_access_patient_name(struct api_node *app, const struct api_access_named *known, struct buf *out);
void api_access_person_name(struct api_node *app, const struct person_id *person, struct buf *out);

/* When a day begins in Paris, in seconds since 1970. */
uint64_t api_access_midnight_s(int64_t day);

#endif
