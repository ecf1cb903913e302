/*
 * node/exchange/fhir.h - a dossier as a bundle of FHIR R4 resources, and back (README.md, "The bundle").
 *
 * Works on an *exchange file*: what stands in one dossier, as JSON of node/record.h with the frame that is the same on every device:
 *
 *   {"patient": ID, "team": HEX, "records": [RECORD], "people": [person record], "entries": [directory entry record]}
 *   "joined": how many other files of the same person there are, which are not in it
 *   RECORD = {"kind", "id", fields..., "authors": [{"person": ID, "saved": MOMENT}, the latest first], "corrected": true, "corrects": ID,
 *             "reason": TEXT, "conflicts": {field: [values]}}        what does not apply is left out
 *
 * The same file gives the same bundle, byte for byte when dumped with FHIR_DUMP. Pure: no clock, no I/O. Owner decrefs what is returned.
 */
#ifndef NODE_EXCHANGE_FHIR_H
#define NODE_EXCHANGE_FHIR_H

#include <jansson.h>
#include <stdbool.h>

/* Names of our own. What a national or international list has goes by that list's name. */
#define FHIR_OWN "urn:x-releve:"
#define FHIR_RECORD FHIR_OWN "record"

/* For json_dumps(): measures have few digits, and are written with these alone. */
#define FHIR_DUMP (JSON_COMPACT | JSON_REAL_PRECISION(15))

/* A Bundle of type "collection". Every reference by "urn:uuid:" leads to a resource of it. */
json_t *fhir_bundle(const json_t *file);

/* The exchange file that a bundle of ours was made from. NULL: it holds none of our records. What is not readable is left out: compare
 * fhir_bundle() of what is returned. Hostile JSON is fine. */
json_t *fhir_file(const json_t *bundle);

/* Take out of the file what happened before day `from` or after day `to` ("YYYY-MM-DD"; NULL: no bound) and nothing that stays refers to. What has no moment
 * (problems, plan, partners ...) stays. */
void fhir_keep_period(json_t *file, const char *from, const char *to);

/* Order the file's records: by kind, moment and id. */
void fhir_sort(json_t *file);

#endif
