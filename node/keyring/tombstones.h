/*
 * node/keyring/tombstones.h - the tombstones of a key table, and which of them count (README.md, section 5).
 *
 * Whether an issuer may erase is the caller's answer, asked when a tombstone comes and whenever the team moved. A function of the set and of
 * those answers. Threads: one at a time.
 */
#ifndef NODE_KEYRING_TOMBSTONES_H
#define NODE_KEYRING_TOMBSTONES_H

#include "node/keyring/key_row.h"

typedef bool (*key_entitled)(const void *context, const struct device_id *issuer);

struct tombstones {
	struct key_tombstone *items; /* by (dossier, issuer) */
	size_t count, room;
	key_entitled may_erase; /* NULL: everybody */
	const void *context;
};

void tombstones_close(struct tombstones *list);

/* Does one that counts erase this dossier? */
bool tombstones_erase(const struct tombstones *list, const struct record_id *dossier);

/* Is there one for the dossier that has this pseudonym under the epoch; with `must_count`, one that counts? Tries all. */
bool tombstones_name(const struct tombstones *list, const struct epoch_key *epoch,
        const struct pseudonym *pseudonym, bool must_count);

/* Merge one whose signature was checked. TOMBSTONES_KNOWN: the set is as it was. ERR_FULL. *first: its dossier is erased by it, and was not. */
enum { TOMBSTONES_KNOWN = 1 };
int tombstones_add(struct tombstones *list, const struct key_tombstone *tombstone, bool *first);

/* Ask again of all. `erased` is told each dossier that is erased now and was not; it must not change the list. True: something moved. */
bool tombstones_judge(struct tombstones *list, void (*erased)(void *context, const struct record_id *dossier),
        void *context);

#endif
