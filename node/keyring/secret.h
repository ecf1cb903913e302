/*
 * node/keyring/secret.h - the kinds of secrets, each its own type, and arrays of them outside ordinary memory.
 *
 * Whoever holds one of these structs wipes it: stack copies with *_wipe() before returning, arrays with
 * secret_array_free(). Never logged, never compared except by *_eq() (constant time).
 */
#ifndef NODE_KEYRING_SECRET_H
#define NODE_KEYRING_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crdt/base/ids.h"
#include "store/entry.h"

enum { SECRET_BYTES = 32 };

#define SECRET_DEFINE(name) \
	struct name { \
		uint8_t bytes[SECRET_BYTES]; \
	}; \
	bool name##_eq(const struct name *a, const struct name *b); \
	void name##_wipe(struct name *secret);

SECRET_DEFINE(epoch_key) /* one compartment, one epoch */
SECRET_DEFINE(dossier_secret) /* one patient's dossier or one message thread */
SECRET_DEFINE(body_key) /* derived: one dossier (or none) under one epoch */
SECRET_DEFINE(seal_secret) /* a device's X25519 key that opens what was sealed to it */
SECRET_DEFINE(packet_key) /* masks the secrets of one key packet */
SECRET_DEFINE(bundle_secret) /* one bundle file */
SECRET_DEFINE(discovery_secret) /* known to the members of a team; by it they recognize beacons and bundles */

/* The public half of a seal_secret. */
struct seal_public {
	uint8_t bytes[SECRET_BYTES];
};

/* The name under which entries of an epoch speak of a dossier: BLAKE2b-128 keyed with the epoch key of
 * "releve dossier 1" || dossier. Without the key nobody links it to the dossier or to its name in another epoch. */
struct pseudonym secret_pseudonym(const struct epoch_key *key, const struct record_id *dossier);

/* BLAKE2b-256 keyed with `key` of `domain` (a terminated text, hashed without its terminator) and the bytes after it. */
void secret_derive(uint8_t out[SECRET_BYTES], const uint8_t key[SECRET_BYTES], const char *domain,
        const void *bytes, size_t size);

/* A protected array grown to `count_new` items (guard pages, kept from swap where the system permits). Copies `count_old`
 * items and wipes the old array, which may be NULL. Owner calls secret_array_free(). */
void *secret_array_grow(void *old, size_t count_old, size_t count_new, size_t size);
void secret_array_free(void *array); /* wipes; NULL is allowed */

#endif
