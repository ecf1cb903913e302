/*
 * node/exchange/take.h - what a bundle of FHIR resources would bring to a dossier, whoever made it (README.md, "Import").
 *
 * A resource is *understood* when fhir_bundle() makes the same one again of the records that the bundle holds: then nothing that it says is lost by taking those
 * records. One that holds a record and is otherwise was *altered* on its way, and its record is not taken. Of the rest, made by other software, a few
 * kinds become records; everything else is listed, and nothing is passed over in silence.
 *
 * Pure. Hostile JSON is fine: at most TAKE_ENTRIES_MAX entries; one patient.
 */
#ifndef NODE_EXCHANGE_TAKE_H
#define NODE_EXCHANGE_TAKE_H

#include <jansson.h>
#include <stdbool.h>

/* A dossier with 2,000 visits makes some 12,000 resources. */
enum { TAKE_ENTRIES_MAX = 20000 };

/* {"file": exchange file with what can be taken, "own": whether records of ours are in it, "altered": [ABOUT], "notUnderstood": [ABOUT], "rounded": [ABOUT], taken with fewer digits}; ABOUT: {"type", "id", "what":
 * what it says of itself, "fr", "en": why}. NULL: it is no bundle about one patient; *fr and *en then say why. Owner decrefs. `team` is this one's,
 * in hexadecimal: ids of what comes from elsewhere depend on it, so that taking it in again finds it. */
json_t *take_read(const json_t *bundle, const char *team, const char **fr, const char **en);

/* Records of a foreign resource, appended to `records`, and to `told` what was not taken as it was said. False: it is not understood. (take_foreign.c) */
bool take_foreign(
        const json_t *resource, const char *patient, const char *url, json_t *records, json_t *told);
/* {"fr", "en"}: why not. */
json_t *take_why_not(const json_t *resource);

#endif
