/*
 * crdt/base/ids.h - identifiers, each its own type, so that a team cannot be passed where a device belongs.
 *
 * All are plain bytes, compared in byte order, copied by assignment. 32-byte identifiers are BLAKE2b-256 hashes or
 * public keys (store/README.md, node/README.md say of what); 16-byte ones are random or keyed hashes.
 */
#ifndef CRDT_BASE_IDS_H
#define CRDT_BASE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { ID_LONG_BYTES = 32, ID_SHORT_BYTES = 16 };

#define ID_DEFINE(name, size) \
	struct name { \
		uint8_t bytes[size]; \
	}; \
	static inline int name##_cmp(const struct name *a, const struct name *b) \
	{ \
		return memcmp(a->bytes, b->bytes, size); \
	} \
	static inline bool name##_eq(const struct name *a, const struct name *b) \
	{ \
		return memcmp(a->bytes, b->bytes, size) == 0; \
	} \
	static inline bool name##_is_zero(const struct name *id) \
	{ \
		static const struct name zero; \
		return memcmp(id->bytes, zero.bytes, size) == 0; \
	}

ID_DEFINE(team_id, ID_LONG_BYTES) /* header hash of the founding membership entry */
ID_DEFINE(device_id, ID_LONG_BYTES) /* the device's Ed25519 public key */
ID_DEFINE(feed_id, ID_LONG_BYTES) /* hash of device, compartment, incarnation */
ID_DEFINE(entry_hash, ID_LONG_BYTES) /* hash of an entry's header */
ID_DEFINE(body_hash, ID_LONG_BYTES) /* hash of an entry's ciphertext */
ID_DEFINE(epoch_id, ID_LONG_BYTES) /* hash of the distribution that introduced an epoch key */
ID_DEFINE(incarnation_id, ID_SHORT_BYTES) /* random, new whenever a database may be an older copy */
ID_DEFINE(person_id, ID_SHORT_BYTES) /* random, one per human being in the team */
ID_DEFINE(record_id,
        ID_SHORT_BYTES) /* random (or derived by an import), one per patient, visit, plan item ... */
ID_DEFINE(pseudonym, ID_SHORT_BYTES) /* keyed hash of a dossier under an epoch key; zero: no dossier */

/* Lower-case hexadecimal. `out` holds 2 * size + 1 characters, terminated. */
void ids_hex(char *out, const uint8_t *bytes, size_t size);

/* Reads exactly 2 * size hexadecimal digits of either case from a terminated text. False: `out` is unchanged. */
bool ids_from_hex(uint8_t *out, size_t size, const char *text);

/* The entry place: which feed, which number in it (from 1). */
struct entry_ref {
	struct feed_id feed;
	uint64_t seq;
};

/* One operation: the entry that carried it and its position in that entry's change (from 0). */
struct op_id {
	struct feed_id feed;
	uint64_t seq;
	uint32_t index;
};

int op_id_cmp(const struct op_id *a, const struct op_id *b); /* feed, then seq, then index */

#endif
