/*
 * node/keyring/erased.h - a device's word that it has erased a dossier, signed (README.md, section 10).
 *
 * Pure. Hostile input is fine for every function that takes bytes.
 */
#ifndef NODE_KEYRING_ERASED_H
#define NODE_KEYRING_ERASED_H

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/keyring/sign.h"

enum { ERASED_VERSION = 1, ERASED_BYTES = 1 + ID_LONG_BYTES + ID_SHORT_BYTES + 8 + ENTRY_SIGNATURE_BYTES };

struct erased {
	struct device_id device; /* the signer */
	struct record_id dossier;
	uint64_t time_ms; /* as its clock said; shown, never decisive but between two of its own */
	struct entry_signature signature;
};

/* Sign; `signer->device` says it. */
void erased_make(struct erased *out, const struct key_signer *signer, const struct record_id *dossier,
        uint64_t time_ms);
void erased_encode(const struct erased *erased, struct buf *out); /* ERASED_BYTES are appended */

/* ERR_BADSIG, ERR_VERSION, or an error of form; *out is unchanged. */
int erased_decode(struct erased *out, struct span bytes, const struct team_id *team);

/* By device, then dossier: what one word is about. */
int erased_cmp(const struct erased *a, const struct erased *b);

/* Of two words about the same, the one that is kept: the later by its clock, then by bytes. */
bool erased_replaces(const struct erased *candidate, const struct erased *kept);

#endif
