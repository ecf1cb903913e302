/*
 * node/team/action.h - the bodies of membership entries: every action, and its exact bytes (node/team/README.md).
 *
 * A body is `format u8 = 1, action u8, fields`. Encodings are canonical: equal actions have equal bytes, lists ascend
 * strictly, nothing is left over. Bodies of another format, and actions that this program does not know, decode to
 * TEAM_ACTION_UNKNOWN: they are kept and forwarded, and have no power.
 *
 * Pure: no I/O, clock, randomness. Whether the author may do what the body says is decided in node/team/check.h.
 */
#ifndef NODE_TEAM_ACTION_H
#define NODE_TEAM_ACTION_H

#include <sodium.h>

#include "crdt/base/arena.h"
#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum team_action_kind {
	TEAM_ACTION_UNKNOWN = 0, /* never encoded */
	TEAM_ACTION_FOUND = 1,
	TEAM_ACTION_INVITE = 2,
	TEAM_ACTION_ADMIT = 3,
	TEAM_ACTION_ENDORSE = 4,
	TEAM_ACTION_REVOKE = 5,
	TEAM_ACTION_CHOOSE = 6,
	TEAM_ACTION_MERGE = 7,
	TEAM_ACTION_ROLE = 8,
	TEAM_ACTION_REMOVE_DEVICE = 9,
	TEAM_ACTION_REMOVE_PERSON = 10,
	TEAM_ACTION_CONFIRM = 11,
	TEAM_ACTION_UNDO = 12,
	TEAM_ACTION_LEAVE = 13,
	TEAM_ACTION_EPOCH = 14,
	TEAM_ACTION_GRANT = 15,
	TEAM_ACTION_DISCOVERY = 16,
	TEAM_ACTION_BEACON = 17,
	TEAM_ACTION_LEASE = 18,
	TEAM_ACTION_RELEASE = 19,
	TEAM_ACTION_RELAY = 20,
	TEAM_ACTION_BILLING_WORD = 21,
	TEAM_ACTION_SECOND = 22,
	TEAM_ACTION_LAST = TEAM_ACTION_SECOND,
};

enum {
	TEAM_ACTION_FORMAT = 1,
	TEAM_MONTHS = 12 * 230, /* 1970 to 2199 */
	TEAM_KEY_BYTES = 32,
	TEAM_SIGNATURE_BYTES = 64,
	TEAM_KEY_BOX_BYTES = crypto_box_SEALBYTES + 32, /* a sealed 32-byte secret */
	TEAM_PSK_BOX_BYTES = crypto_box_SEALBYTES + 64, /* invitation public key || pairing PSK, sealed */
	TEAM_PARENT_BOX_BYTES = 24 + 32 + 16, /* nonce || XChaCha20-Poly1305 of a parent's key */
};

/* The two public X25519 keys of a device; its third key, Ed25519, is its device_id. */
struct team_keys {
	uint8_t handshake[TEAM_KEY_BYTES];
	uint8_t sealing[TEAM_KEY_BYTES];
};

/* One place in a cut: the last entry of that feed which still counts. */
struct team_cut_place {
	struct feed_id feed;
	uint64_t seq;
	struct entry_hash hash;
};

/* Ascending by feed. Feeds of the removed devices that are not listed are cut at 0. Membership feeds are never listed:
 * there the removal's own ancestors are the cut. */
struct team_cut {
	uint32_t count; /* at most LIMIT_CUT_FEEDS */
	const struct team_cut_place *places;
};

struct team_key_box {
	struct device_id device;
	uint8_t box[TEAM_KEY_BOX_BYTES];
};

/* A 32-byte secret sealed to several devices; ascending by device. */
struct team_key_boxes {
	uint32_t count; /* at most LIMIT_TEAM_DEVICES_ACTIVE */
	const struct team_key_box *boxes;
};

struct team_psk_box {
	struct device_id device;
	uint8_t box[TEAM_PSK_BOX_BYTES];
};

struct team_parent {
	struct epoch_id epoch;
	bool has_key; /* false: `box` is zero and absent from the bytes */
	uint8_t box[TEAM_PARENT_BOX_BYTES];
};

struct team_device_list {
	uint32_t count;
	const struct device_id *devices; /* ascending */
};

struct team_found {
	uint8_t nonce[32];
	struct person_id person;
	struct team_keys keys;
};

struct team_invite {
	uint8_t invitation[TEAM_KEY_BYTES]; /* Ed25519 public key of the seed */
	uint8_t role;
	uint64_t expires_ms; /* honest devices refuse to redeem afterwards; 0: never */
	uint64_t rights_from_ms, rights_until_ms; /* of the person admitted; 0: no bound */
	uint32_t psk_count;
	const struct team_psk_box *psk_boxes; /* ascending by device */
};

struct team_admit {
	struct entry_hash invite;
	struct device_id device;
	struct team_keys keys;
	struct person_id person;
	uint8_t role;
	uint8_t invitation_signature[TEAM_SIGNATURE_BYTES]; /* of team_statement_admit() */
	uint8_t newcomer_signature[TEAM_SIGNATURE_BYTES]; /* of the same bytes */
};

struct team_choose {
	struct entry_hash invite;
	struct entry_hash admit; /* zero: none of them */
};

struct team_hashes {
	uint32_t count;
	const struct entry_hash *hashes; /* ascending */
};

struct team_role_change {
	struct person_id person;
	uint8_t role;
	uint64_t rights_from_ms, rights_until_ms;
	struct team_cut cut; /* where the new role may no longer write */
};

struct team_remove_device {
	struct device_id device;
	uint8_t reason; /* shown, without effect: 1 lost, 2 stolen, 3 replaced, 4 left, 0 and others unsaid */
	struct team_cut cut;
};

struct team_remove_person {
	struct person_id person;
	uint8_t reason;
	struct team_cut cut;
};

struct team_confirm {
	struct entry_hash proposal; /* a remove-person or role entry */
	struct team_cut cut; /* holds instead of the proposal's */
};

struct team_epoch {
	uint8_t compartment;
	uint8_t commitment[32]; /* team_statement_commitment() of the key */
	uint32_t parent_count;
	const struct team_parent *parents; /* ascending by epoch */
	struct team_device_list omitted; /* entitled devices left out because of the dates of their rights */
	struct team_key_boxes recipients;
};

struct team_grant {
	struct entry_hash source; /* an epoch or a discovery entry */
	struct team_key_box box;
};

/* Discovery and beacon secrets. */
struct team_secret {
	uint8_t commitment[32];
	struct team_device_list omitted; /* discovery only; a beacon has none and no bytes for it */
	struct team_key_boxes recipients;
};

struct team_lease {
	struct device_id holder;
	uint64_t fence; /* the greatest earlier one + 1 */
	struct entry_hash previous_lot; /* zero: none known */
};

struct team_release {
	struct entry_hash lease;
	struct entry_hash last_lot; /* zero: none was closed */
};

enum team_word_kind {
	TEAM_WORD_CLOSE =
	        1, /* this month may be closed under this lease, though a holder before did not release */
	TEAM_WORD_SENT = 2, /* this lot was sent: it counts, though nobody might close it */
	TEAM_WORD_OVER = 3, /* instead of a release: this lease is over, and this was its last lot */
};

/* What takes two persons about closing months (node/billing/README.md, "Lost holders"). What a kind does not name is zero. */
struct team_billing_word {
	uint8_t what; /* enum team_word_kind */
	struct entry_hash lease; /* CLOSE: the one in force; OVER: the one that is over */
	struct entry_hash lot; /* SENT; OVER: zero where none is known. The hash of its bytes */
	uint32_t month; /* CLOSE: since January 1970 */
};

struct team_relay {
	struct device_id device;
	struct team_keys keys;
	uint8_t newcomer_signature[TEAM_SIGNATURE_BYTES];
};

struct team_action {
	enum team_action_kind kind;
	union {
		struct team_found found;
		struct team_invite invite;
		struct team_admit admit;
		struct entry_hash admission; /* ENDORSE: the admit entry */
		struct entry_hash invitation; /* REVOKE: the invite entry */
		struct team_choose choose;
		struct team_hashes hashes; /* MERGE: the heads joined; UNDO: the removals undone */
		struct team_role_change role;
		struct team_remove_device remove_device;
		struct team_remove_person remove_person;
		struct team_confirm confirm;
		uint64_t leave_until_ms; /* LEAVE */
		struct team_epoch epoch;
		struct team_grant grant;
		struct team_secret secret; /* DISCOVERY, BEACON */
		struct team_lease lease;
		struct team_release release;
		struct team_relay relay;
		struct team_billing_word word; /* BILLING_WORD */
		struct entry_hash word_hash; /* SECOND: the entry that another person wrote */
	} as;
};

/* Append the canonical bytes. The lists must be sorted and within their limits: our own action, checked by assertion. */
void team_action_encode(const struct team_action *action, struct buf *out);

/* Read a body; lists are copied into `arena`. Hostile input is fine. An unknown format or action is a success with kind
 * UNKNOWN. ERR_TOOBIG over a limit, ERR_TRUNCATED, ERR_MALFORMED when not canonical; *out is then UNKNOWN. */
int team_action_decode(struct span body, struct arena *arena, struct team_action *out);

/* "admit"; "unknown" outside the table. Static text, for logs and the command line. */
const char *team_action_name(enum team_action_kind kind);

/* The box for `device`, or NULL. */
const struct team_key_box *team_action_box(
        const struct team_key_boxes *boxes, const struct device_id *device);

/* True when `list` holds `device`. */
bool team_action_lists(const struct team_device_list *list, const struct device_id *device);

#endif
