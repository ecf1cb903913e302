/*
 * node/billing/claim.h - a lot as a FHIR R4 bundle of Claims, one per patient (README.md, section 6.2).
 *
 * Ids and amounts; who the patients and nurses are only where `people` says so. Nothing clinical. Pure; the same lot gives the same bytes.
 */
#ifndef NODE_BILLING_CLAIM_H
#define NODE_BILLING_CLAIM_H

#include <jansson.h>

#include "node/billing/part.h"

/* Records of patients by id, of team members by the first 12 digits of theirs (hexadecimal). NULL: nobody is named. Borrowed. */
struct statement_people {
	const json_t *patients, *nurses;
};

/* Append the file, with its seal. `part` has no nurse: a claim is of all that was done for a patient. */
void claim_file(const struct billing_lot *lot, const struct lot_hash *hash, const struct statement_part *part,
        const struct statement_people *people, struct buf *out);

#endif
