/*
 * node/keyring/erased.h - a device's word that it has erased a dossier, or why it has not yet, signed (README.md, section 10).
 *
 * Pure. Hostile input is fine for every function that takes bytes.
 */
#ifndef NODE_KEYRING_ERASED_H
#define NODE_KEYRING_ERASED_H

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/keyring/sign.h"

enum {
	ERASED_VERSION = 1,
	ERASED_WAITS_VERSION = 2, /* it is not done yet */
	ERASED_NAMES_VERSION = 3, /* done by names (erased_names.h) */
	ERASED_BYTES = 1 + ID_LONG_BYTES + ID_SHORT_BYTES + 8 + ENTRY_SIGNATURE_BYTES,
	ERASED_WAITS_BYTES = ERASED_BYTES + 5,
	ERASED_BY_NAMES_BYTES = ERASED_BYTES + 4,
};

/* What it waits for. Others, up to 255, are kept and shown as the last. */
enum erased_wait { ERASED_DONE = 0, ERASED_WAITS_ROOM = 1, ERASED_WAITS_FILE = 2 };

struct erased {
	struct device_id device; /* the signer */
	struct record_id dossier;
	uint64_t time_ms; /* as its clock said; shown, never decisive but between two of its own */
	uint8_t wait; /* enum erased_wait */
	uint32_t need_mib; /* how much room it needs; 0 once it is done */
	uint32_t names; /* how many names it carried out; 0: it told by keys, or has not done so yet */
	struct entry_signature signature;
};

/* Sign; `signer->device` says it. */
void erased_make(struct erased *out, const struct key_signer *signer, const struct record_id *dossier,
        uint64_t time_ms);
void erased_make_waits(struct erased *out, const struct key_signer *signer, const struct record_id *dossier,
        uint64_t time_ms, enum erased_wait wait, uint32_t need_mib);
void erased_make_by_names(struct erased *out, const struct key_signer *signer,
        const struct record_id *dossier, uint64_t time_ms, uint32_t names); /* from 1 */
void erased_encode(const struct erased *erased, struct buf *out); /* appends */

/* ERR_BADSIG, ERR_VERSION, or an error of form; *out is unchanged. */
int erased_decode(struct erased *out, struct span bytes, const struct team_id *team);

/* By device, then dossier: what one word is about. */
int erased_cmp(const struct erased *a, const struct erased *b);

/* Of two words about the same, the one that is kept: the later by its clock, then by bytes. */
bool erased_replaces(const struct erased *candidate, const struct erased *kept);

#endif
