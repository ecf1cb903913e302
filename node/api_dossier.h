/*
 * node/api_dossier.h - all that stands in one dossier, as what leaves the device is made from it (node/exchange).
 *
 * Threads: one, as the interface's.
 */
#ifndef NODE_API_DOSSIER_H
#define NODE_API_DOSSIER_H

#include "node/api_node.h"

/* What of a dossier is for the team alone unless somebody asks for it. */
enum api_dossier_with {
	API_DOSSIER_ACCESS = 1, /* door codes, keys */
	API_DOSSIER_JOINED = 2, /* the other files of the same person (node/patient/README.md) */
};

/* An exchange file (node/exchange/fhir.h). An unqualified INS number is never in it. *out is the caller's. ERR_NOTFOUND: there is no such dossier, or no
 * more than an early copy of it. */
int api_dossier_file(struct api_node *app, const struct record_id *patient, unsigned with, json_t **out);

/* The id of the import mark that tells who wrote an imported record, and when (node/exchange/README.md, "Import"). */
void api_dossier_mark_id(
        const struct schema_kind *kind, const struct record_id *record, struct record_id *out);

/* What leaves the device in clear is asked for with unencrypted=1. False: it was not, replied. */
bool api_in_clear_or_reply(struct api_call *call);

#endif
