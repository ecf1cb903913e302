/*
 * node/keyring/erased_names.h - under which pseudonyms an erased dossier's entries stand in the log, for those who have no key to tell by; signed
 * (README.md, section 11).
 *
 * Decoding checks form and signature; whether the issuer was entitled and the names are right is judged by the caller. Hostile input is fine.
 */
#ifndef NODE_KEYRING_ERASED_NAMES_H
#define NODE_KEYRING_ERASED_NAMES_H

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/keyring/sign.h"

enum { ERASED_NAMES_ROW_VERSION = 1, ERASED_NAME_BYTES = ID_LONG_BYTES + ID_SHORT_BYTES };

struct erased_name {
	struct epoch_id epoch;
	struct pseudonym pseudonym;
};

struct erased_names {
	struct device_id issuer;
	struct record_id dossier;
	struct entry_hash membership; /* the state of the team that the issuer cites */
	struct erased_name *items; /* owned; strictly ascending */
	uint32_t count; /* 1 to LIMIT_ERASED_NAMES */
	struct entry_signature signature;
};

int erased_name_cmp(const void *a, const void *b); /* for qsort() */

/* Sign what stands in `names`; the issuer is the signer. */
void erased_names_sign(struct erased_names *names, const struct key_signer *signer);
void erased_names_encode(const struct erased_names *names, struct buf *out); /* appends */

/* ERR_BADSIG, ERR_VERSION, or an error of form, with *out unchanged. On success the owner calls erased_names_close(). */
int erased_names_decode(struct erased_names *out, struct span bytes, const struct team_id *team);
void erased_names_close(struct erased_names *names);

#endif
