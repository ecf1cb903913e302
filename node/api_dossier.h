/*
 * node/api_dossier.h - all that stands in a patient's files, as what leaves the device is made from it (node/exchange).
 *
 * Threads: one, as the interface's.
 */
#ifndef NODE_API_DOSSIER_H
#define NODE_API_DOSSIER_H

#include "node/api_patients.h"

/* What of a dossier is for the team alone unless somebody asks for it. */
enum api_dossier_with {
	API_DOSSIER_ACCESS = 1, /* door codes, keys and where they are */
};

/* An exchange file (node/exchange/fhir.h) of these files, under the first of them, with one head. An unqualified INS number is never in it. *out is the caller's. ERR_NOTFOUND:
 * there is no such dossier, or no more than an early copy of it. */
int api_dossier_file(struct api_node *app, const struct patient_group *group, unsigned with, json_t **out);

/* Of several patients' records of joined files one, the first: what it lacks is taken over, what differs is among its "conflicts". */
void api_merge_heads(json_t *records);

/* The id of the import mark that tells who wrote an imported record, and when (node/exchange/README.md, "Import"). */
void api_dossier_mark_id(
        const struct schema_kind *kind, const struct record_id *record, struct record_id *out);

/* What leaves the device in clear is asked for with unencrypted=1. False: it was not, replied. */
bool api_in_clear_or_reply(struct api_call *call);

#endif
