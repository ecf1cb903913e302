/*
 * node/keyring/key_row.h - the two kinds of signed rows of the key table: packets and tombstones (README.md, section 5).
 *
 * Decoding checks form and signature; whether the issuer was entitled is judged by the caller.
 */
#ifndef NODE_KEYRING_KEY_ROW_H
#define NODE_KEYRING_KEY_ROW_H

#include "crdt/base/env.h"
#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/keyring/box.h"
#include "node/keyring/secret.h"
#include "node/keyring/sign.h"
#include "store/entry.h"

enum { KEY_ROW_VERSION = 1, KEY_TOMBSTONE_VERSION = 2, KEY_ROW_PACKET = 1, KEY_ROW_TOMBSTONE = 2 };

/* Why a dossier was erased. Others, up to 255, are kept and shown as "other". */
enum key_reason {
	KEY_REASON_OTHER = 0,
	KEY_REASON_RETENTION = 1,
	KEY_REASON_REQUEST = 2,
	KEY_REASON_MISTAKE = 3,
	KEY_REASON_CASE = 4 /* a redacted case is over */
};

/* From this number on an item is no secret of the dossier but the key of its bodies in one epoch (key_past.h). */
#define KEY_VERSION_PAST 0x80000000u

/* One secret of a packet, of which only the recipient can take off the mask. */
struct key_item {
	struct record_id dossier;
	uint32_t version; /* from 1; the newest below KEY_VERSION_PAST is written under */
	bool held; /* false: erased, `bytes` is the hash of what stood there */
	uint8_t bytes[SECRET_BYTES];
};

struct key_packet {
	struct device_id issuer, recipient;
	uint64_t counter; /* from 1, increasing per issuer and recipient */
	struct box_key box; /* the packet key */
	struct key_item *items; /* owned; ascending by (dossier, version), equal ones allowed */
	uint32_t item_count;
	struct entry_signature signature;
	uint8_t id[32]; /* hash of what is signed: the same whatever was erased */
};

/* What a tombstone says. */
struct key_order {
	struct record_id dossier;
	uint8_t reason;
	uint64_t time_ms; /* as the issuer's clock said; shown, never decisive */
	struct entry_hash membership; /* the state of the team that the issuer knew; zero in version 1 */
	struct device_id
	        upheld; /* whose order the issuer carried out and stands by; zero: it is the issuer's own */
};

struct key_tombstone {
	uint8_t version;
	bool counts; /* its issuer may erase, in the view of everything known: the table's, not the row's */
	struct key_order order;
	struct device_id issuer;
	struct entry_signature signature;
};

/* A dossier's secret on its way into a packet. */
struct key_secret {
	struct record_id dossier;
	uint32_t version;
	struct dossier_secret secret;
};

/* Their order in a packet, for qsort(). */
int key_secret_cmp(const void *a, const void *b);

/* Which kind of row, and who signed it, without checking more than the first bytes: for the caller's judgement.
 * ERR_TRUNCATED, ERR_VERSION. */
int key_row_peek(struct span row, uint8_t *kind, struct device_id *issuer);

/* What a tombstone says, likewise. */
int key_row_order(struct span tombstone_row, struct key_order *order);

/* For whom a packet is, likewise. */
int key_row_recipient(struct span packet_row, struct device_id *recipient);

/* Make and sign a packet. `secrets` are ascending by (dossier, version), 1 to LIMIT_KEY_PACKET_ITEMS of them.
 * Is `to` of small order, nobody opens it. On success the owner calls key_packet_close(). */
int key_packet_make(struct key_packet *out, const struct env *env, const struct key_signer *signer,
        const struct device_id *recipient, const struct seal_public *to, uint64_t counter,
        const struct key_secret *secrets, size_t count);

/* ERR_BADSIG, or an error of form, with *out unchanged. On success the owner calls key_packet_close(). */
int key_packet_decode(struct key_packet *out, struct span row, const struct team_id *team);
void key_packet_encode(const struct key_packet *packet, struct buf *out);
void key_packet_close(struct key_packet *packet);

/* Replace a held item by its hash; the signature stays good. */
void key_item_erase(struct key_item *item);

/* The packet key, by which key_packet_secret() takes off the masks. ERR_BADSEAL: not sealed to this device. */
int key_packet_open(struct packet_key *out, const struct key_packet *packet,
        const struct seal_public *own_public, const struct seal_secret *own_secret);

/* The secret of item `index`, which must be held. */
void key_packet_secret(struct dossier_secret *out, const struct key_packet *packet,
        const struct packet_key *key, uint32_t index);

void key_tombstone_make(
        struct key_tombstone *out, const struct key_signer *signer, const struct key_order *order);
int key_tombstone_decode(struct key_tombstone *out, struct span row, const struct team_id *team);
void key_tombstone_encode(const struct key_tombstone *tombstone, struct buf *out);

#endif
