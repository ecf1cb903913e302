/*
 * crdt/base/limits.h - every bound in the program, with its reason.
 *
 * Format limits (first group) are part of the wire and file formats: a receiver refuses what is over them, so lowering
 * one needs a new format version. The rest may be tuned.
 */
#ifndef CRDT_BASE_LIMITS_H
#define CRDT_BASE_LIMITS_H

enum {
	/* --- Formats ------------------------------------------------------------------------------------------- */

	/* A whole entry body, sealed. The largest honest one is a long meeting note or an invoice lot of a big month. */
	LIMIT_ENTRY_BODY_BYTES = 1024 * 1024,
	/* Direct dependencies of one entry: one per feed that a reader could know, 40 devices x 6 compartments. */
	LIMIT_ENTRY_DEPS = 240,
	/* Operations in one change: a whole imported patient file fits; a merge of that many cells stays instant. */
	LIMIT_CHANGE_OPS = 4096,
	/* Operations named as superseded by one operation: concurrent values of one field, one per device at most. */
	LIMIT_OP_SUPERSEDES = 1024,
	/* Keys on the way from a document's root to a value. The schema needs 4. */
	LIMIT_PATH_DEPTH = 8,
	/* Bytes of one text key or map key. Record ids are 16, field numbers 1-3. */
	LIMIT_KEY_BYTES = 64,
	/* One value inside a change. */
	LIMIT_VALUE_BYTES = 256 * 1024,
	/* Nested arrays and maps in a MessagePack value. The schema needs 4; deeper input is an attack on the stack. */
	LIMIT_MPACK_DEPTH = 16,
	/* Values in one MessagePack text, counted before anything is allocated. */
	LIMIT_MPACK_NODES = 10000,
	/* Devices that were ever members of one team: 12 nurses x 2 devices, replaced yearly for a decade. */
	LIMIT_TEAM_DEVICES = 1024,
	/* Devices with rights at one moment. Bounds an epoch distribution (3.2 KB) and the list of heads. */
	LIMIT_TEAM_DEVICES_ACTIVE = 40,
	/* Feeds known to one node: active ones, and closed incarnations until a checkpoint folds them. */
	LIMIT_FEEDS = 4096,
	/* Cut of a removal: one place per feed of the removed devices. */
	LIMIT_CUT_FEEDS = 1024,
	/* Membership heads that one merge entry joins. */
	LIMIT_MEMBERSHIP_HEADS = 40,
	/* Parent keys inside one epoch distribution: two concurrent rotations are usual, eight a very bad month. */
	LIMIT_EPOCH_PARENTS = 8,
	/* A person's, team's or device's displayed name. */
	LIMIT_NAME_BYTES = 120,

	/* One invoice lot: fits one value of a change beside its other fields. About 3,000 visits; a team of 12 has 750 a month. */
	LIMIT_LOT_BYTES = 256 * 1024 - 1024,
	/* Lines and visits of one lot, bounded by its bytes; this keeps indexes small. */
	LIMIT_LOT_LINES = 8192,
	LIMIT_LOT_ITEMS = 8192,
	/* Rate tables used by one lot: two a year, and a lot may correct visits of some years. */
	LIMIT_LOT_RATES = 256,
	/* Lots that one lot takes into account: 12 a year and supplements, for 40 years. */
	LIMIT_LOTS = 1024,

	/* --- Log ----------------------------------------------------------------------------------------------- */

	/* A run ends at a signed entry after at most this many: the price of checking any one entry is then at most 63
	 * header hashes, and a receiver holds no more than this back per feed while a signature is on its way. */
	LIMIT_UNSIGNED_RUN = 64,
	/* ... and where a feed's Lamport clock has moved this far since the run began, so that runs stay short in time also
	 * for a device that rarely writes, and receivers of many interleaved runs wait little. */
	LIMIT_UNSIGNED_LAMPORT = 1024,
	/* Bytes of one run: one largest entry, its header and dependencies always fit. */
	LIMIT_RUN_BYTES = 1280 * 1024,
	/* Several entries share a run only up to here: sealed, it fills three pages less LMDB's page header. */
	LIMIT_RUN_SHARED_BYTES = 3 * 4096 - 16 - 64,
	/* Verified runs that wait for what they depend on, per node. A sender in causal order needs a few hundred KB. */
	LIMIT_WAITING_BYTES = 16 * 1024 * 1024,

	/* --- Store --------------------------------------------------------------------------------------------- */

	/* LMDB refuses longer keys. Ours are at most 40 bytes. */
	LIMIT_STORE_KEY_BYTES = 64,
	/* One sealed row. */
	LIMIT_STORE_VALUE_BYTES = 4 * 1024 * 1024,
	/* Saves waiting for the writer thread; a nurse never gets there, an import waits. */
	LIMIT_WRITER_QUEUE = 4096,

	/* --- Network (DESIGN.md section 9) ------------------------------------------------------------------------ */

	/* A Noise message with its tag. Fixed by the Noise specification. */
	LIMIT_NOISE_BYTES = 65535,
	/* One frame, which may span Noise messages: the largest run and its framing. */
	LIMIT_FRAME_BYTES = 1536 * 1024,
	/* Bytes buffered from a peer that has not proved who it is. The longest handshake message is 112 bytes. */
	LIMIT_HANDSHAKE_BYTES = 256,
	LIMIT_HANDSHAKE_MS = 5000, /* four round trips on a bad radio link */
	LIMIT_HALF_OPEN_PER_ADDRESS = 4, /* a nurse's phone retrying, not a flood */
	LIMIT_HALF_OPEN = 64,
	LIMIT_SESSION_IDLE_MS = 30000, /* keep-alives come every 10 s */
	LIMIT_SESSION_KEEPALIVE_MS = 10000,
	LIMIT_SESSION_QUEUE_BYTES = 1024 *
	        1024, /* unsent bytes per peer; then reading from the store pauses */
	LIMIT_SESSIONS = 64, /* twice the active devices of a large team meeting at once */
	LIMIT_BEACON_BYTES = 128,
	/* Feeds named in one frame of a session, and rows of replicated state in one frame. */
	LIMIT_SESSION_ITEMS = 4096,
	/* One row of replicated state: a key packet for 840 dossiers is 41 KB, a fork's proof a few KB. */
	LIMIT_STATE_ROW_BYTES = 512 * 1024,
	/* Rows of replicated state that a node keeps: packets, acknowledgements, proofs. */
	LIMIT_STATE_ROWS = 65536,
};

#endif
