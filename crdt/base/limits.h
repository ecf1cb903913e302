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
	/* What a sealed body may inflate to: honest text compresses 3 : 1, and no claim costs more memory than this. */
	LIMIT_PACK_RAW_BYTES = 4 * LIMIT_ENTRY_BODY_BYTES,
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
	/* Of these, what each device may have in any case: it joined, and was put back from a backup once. */
	LIMIT_FEEDS_DEVICE = 12,
	/* While there is room, each may have one for every so many places left: 372 for one that makes up as many as it can, as after 62 backups;
	 * and 40 such devices leave 90 places. */
	LIMIT_FEEDS_SHARE = 10,
	/* Cut of a removal: one place per feed of the removed devices. */
	LIMIT_CUT_FEEDS = 1024,
	/* Membership heads that one merge entry joins. */
	LIMIT_MEMBERSHIP_HEADS = 40,
	/* Parent keys inside one epoch distribution: two concurrent rotations are usual, eight a very bad month. */
	LIMIT_EPOCH_PARENTS = 8,
	/* Epoch keys that one device holds: 6 compartments rotated monthly for a decade make 720; removals and concurrent
	 * rotations come on top. */
	LIMIT_EPOCHS = 8192,
	/* Secrets in one key packet: every patient and message thread of a team over a decade (840 patients in four years). */
	LIMIT_KEY_PACKET_ITEMS = 4096,
	/* Packets from one device to another: an honest one replaces them by a single packet long before (KEY_PACKETS_MANY). */
	LIMIT_KEY_PACKETS_PAIR = 1024,
	/* Packets in one key table: 40 devices that seal to 40 others, 40 packets each before they are replaced. */
	LIMIT_KEY_PACKETS = 65536,
	/* Secrets in all packets of one key table: 2,100 dossiers of a decade for 40 devices, three times over. 15 MB of memory. */
	LIMIT_KEY_ITEMS = 262144,
	/* Of these, what one device may have made: 2,100 dossiers for 40 devices, and ten times the packets that they come in. A device that
	 * floods leaves room for the others. */
	LIMIT_KEY_ITEMS_ISSUER = 98304,
	LIMIT_KEY_PACKETS_ISSUER = 16384,
	/* Of these, from one device to another: every patient of the whole experiment, and half of what a device can use. */
	LIMIT_KEY_ITEMS_PAIR = 32768,
	/* Erased dossiers in one key table, once per device that erased it. */
	LIMIT_KEY_TOMBSTONES = 65536,
	/* By one device: all patients of a team over twenty years, and less than a session tells of rows (LIMIT_STATE_ROWS). */
	LIMIT_KEY_TOMBSTONES_ISSUER = 4096,
	/* Of what one device says that it has erased: more than its team erases in a generation. */
	LIMIT_ERASED_WORDS = 1024,
	/* Names of a dossier's entries in one row: a decade of monthly epochs in four parts of the log; and of what one device names: a thousand such
	 * dossiers of two years each. 2 MB of memory. */
	LIMIT_ERASED_NAMES = 512,
	LIMIT_ERASED_NAMES_ISSUER = 32768,
	/* Secrets that one device can use: ten times what a decade brings. */
	LIMIT_KEY_SECRETS = 65536,
	/* Secrets that stand for one dossier: one per device that made one while apart, and one per re-keying. */
	LIMIT_DOSSIER_SECRETS = 64,
	/* Keys of single dossiers in epochs that a device does not hold: of 60 chosen patients, over a decade of rotations for each of two
	 * secrets. Under the number of one epoch, each of which is tried for an entry: all that a locum was ever given, many times over. */
	LIMIT_KEY_PAST = 65536,
	LIMIT_KEY_PAST_EPOCH = 1024,
	/* A membership body. The largest honest one is a removal with a full cut: 1024 places of 72 bytes. */
	LIMIT_MEMBERSHIP_BODY_BYTES = 80 * 1024,
	/* Membership entries of one team: 5 rotations a month for a decade are 600, merges and arrivals as many again; what is
	 * over this comes from a broken or hostile device. */
	LIMIT_MEMBERSHIP_ENTRIES = 65536,
	/* Of these, the last ones are for removals and what they need: so many for each of 40 devices (LIMIT_MEMBERSHIP_LAST). */
	LIMIT_MEMBERSHIP_RESERVE = 4096,
	/* Entries of one membership feed, and of one device: all that such a team writes, and half as much again. */
	LIMIT_MEMBERSHIP_FEED = 2048,
	/* After these, in a feed, of a device, or of the team: so many for removals. One takes up to fourteen, with merges and new keys. */
	LIMIT_MEMBERSHIP_LAST = 64,
	/* Of a device, what colleagues took from it and hand on: so many times as much, since they may not have known of each other. */
	LIMIT_MEMBERSHIP_SIDES = 4,
	/* One photo or scan: a phone's photo takes 2 to 8 MB, a scanned prescription less. 256 chunks. */
	LIMIT_BLOB_BYTES = 16 * 1024 * 1024,
	/* "image/jpeg" and its kin. */
	LIMIT_MEDIA_TYPE_BYTES = 64,
	/* Pixels of a photo: the largest cameras of phones have 50 million that they write. */
	LIMIT_PICTURE_PIXELS = 64 * 1024 * 1024,
	/* Looking at one file in a process of its own: the largest photo takes a second on a slow machine. */
	LIMIT_PICTURE_MS = 30000,
	/* The small picture inside an entry: 160 by 160 pixels of a photo take 3 to 6 KB. */
	LIMIT_THUMBNAIL_BYTES = 8 * 1024,
	/* Photos and scans that a node knows of: ten for each patient of the whole experiment would be eight times as many, of a team a quarter. */
	LIMIT_BLOBS = 32768,
	/* Of these, by one device. */
	LIMIT_BLOBS_DEVICE = 12288,
	/* Pictures at a relay, unless whoever runs it says otherwise: a team's photos of a quarter; by then all its devices have them. */
	LIMIT_CARRIED_MB = 2048,
	LIMIT_CARRIED_DAYS = 90,
	/* Views of past states that a node keeps: peers cite few different ones at a time; another one takes milliseconds. */
	LIMIT_TEAM_VIEWS = 16,
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
	/* One line of an import: the longest honest one is a problem with its interventions, 2 KB, or a note of 16 KB. */
	LIMIT_IMPORT_LINE_BYTES = 64 * 1024,
	/* Interventions of one problem in one line; the generator gives up to 5. */
	LIMIT_IMPORT_INTERVENTIONS = 64,

	/* One document's snapshot: a hundred times the largest dossier that we can think of; numbers inside it have 32 bits. What comes from a
	 * peer is under LIMIT_PACK_RAW_BYTES. */
	LIMIT_SNAPSHOT_BYTES = 512 * 1024 * 1024,

	/* --- Log ----------------------------------------------------------------------------------------------- */

	/* A run ends at a signed entry after at most this many: the price of checking any one entry is then at most 63
	 * header hashes, and a receiver holds no more than this back per feed while a signature is on its way. */
	LIMIT_UNSIGNED_RUN = 64,
	/* ... and where a feed's Lamport clock has moved this far since the run began, so that runs stay short in time also
	 * for a device that rarely writes, and receivers of many interleaved runs wait little. */
	LIMIT_UNSIGNED_LAMPORT = 1024,
	/* Identifiers of each size that one direction of a session says by number: more than a team has patients. 224 KB at most. */
	LIMIT_RUN_DICTIONARY = 4096,
	/* How far one run may move our Lamport clock, which ends at 2^53: honest clocks count entries, a few million in a decade. So
	 * nobody can bring everybody's clock to its end with fewer than 8,000 provable entries. */
	LIMIT_LAMPORT_AHEAD_BITS = 40,
	/* Bytes of one run: one largest entry, its header and dependencies always fit. */
	LIMIT_RUN_BYTES = 1280 * 1024,
	/* Several entries share a run only up to here: with its row's seal and head hash it fills three pages less LMDB's header. */
	LIMIT_RUN_SHARED_BYTES = 3 * 4096 - 16 - 49 - 32,
	/* Verified runs that wait for what they depend on, per node. A sender in causal order needs a few hundred KB. */
	LIMIT_WAITING_BYTES = 16 * 1024 * 1024,
	/* ... and how many: each arrival looks at all of them, more than once. */
	LIMIT_WAITING_RUNS = 1024,
	/* ... and how often at each: runs that came after what they need are seen through in one or two passes. */
	LIMIT_WAITING_PASSES = 32,

	/* --- Store --------------------------------------------------------------------------------------------- */

	/* LMDB refuses longer keys. Ours are at most 40 bytes. */
	LIMIT_STORE_KEY_BYTES = 64,
	/* One sealed row. */
	LIMIT_STORE_VALUE_BYTES = 4 * 1024 * 1024,
	/* Saves waiting for the writer thread; a nurse never gets there, an import waits. */
	LIMIT_WRITER_QUEUE = 4096,
	/* ... and their bytes: an import's, or a cold join's, while the disk catches up. */
	LIMIT_WRITER_QUEUE_BYTES = 64 * 1024 * 1024,
	/* One group commit. Over this an fsync costs little beside the writing, and a failed commit stays quick to repeat. */
	LIMIT_WRITER_COMMIT_BYTES = 8 * 1024 * 1024,
	/* Room held back for erasing and revoking on a full disk: a few thousand dirtied pages. */
	LIMIT_BALLAST_BYTES = 16 * 1024 * 1024,
	/* Free room beside the ballast from which on new records are taken again: some hundred saves, so that the state does not flutter. */
	LIMIT_BALLAST_BESIDE_BYTES = 4 * 1024 * 1024,
	/* Less than this at a start is a full disk: its small files could not be written. */
	LIMIT_DISK_LOW_BYTES = 256 * 1024,
	/* What a key file may ask of Argon2id: libsodium's SENSITIVE memory and four times its passes, so that a hostile file
	 * can neither exhaust the memory nor run for minutes. */
	LIMIT_KEYFILE_MEMORY_BYTES = 1024 * 1024 * 1024,
	/* Rows of a database that may be damaged when it gets another key: more is a failing disk, whose old file is not to be thrown away. */
	LIMIT_RESEAL_DAMAGED = 64,
	/* What a new file of a database takes beside its rows: pages that are not full, and what else is written meanwhile. */
	LIMIT_NEW_FILE_BESIDE_BYTES = 2 * 1024 * 1024,
	LIMIT_KEYFILE_PASSES = 16,
	/* A passphrase in UTF-8: a long sentence. */
	LIMIT_PASSPHRASE_BYTES = 1024,

	/* --- Node ----------------------------------------------------------------------------------------------- */

	/* Documents of one node: the whole experiment has 27,715 patients. */
	LIMIT_DOCS = 1024 * 1024,
	/* Changes in memory that wait for documents that are not: a week of a large team; beyond it documents are loaded at once. */
	LIMIT_BEHIND_BYTES = 8 * 1024 * 1024,
	/* Changes of one document that are looked at together for its history, and their operations, 230 bytes of memory each: a dossier of a
	 * decade takes 1 MB and 10,000. */
	LIMIT_HISTORY_BYTES = 16 * 1024 * 1024,
	LIMIT_HISTORY_STEPS = 512 * 1024,
	/* Entries that one countersignature vouches for, and the bytes of its author's comment: a week of a lost phone, and a sentence. */
	LIMIT_COUNTERSIGNED = 256,
	LIMIT_COUNTERSIGN_BYTES = 1024,
	/* Documents that an idle node keeps in memory: all of a team. */
	LIMIT_DOCS_BYTES = 8 * 1024 * 1024,
	/* Events in the lists of one month: the whole experiment has 35,000. So many fit one row (18 bytes each at most). */
	LIMIT_MONTH_EVENTS = 128 * 1024,
	/* Pieces of the index over words, of some 30,000 events each: thirty times the whole experiment. */
	LIMIT_SEARCH_SEGMENTS = 1024,
	/* Stretches of the log that the index over words could not read: a locum's, who sees chosen patients of a team. Beyond it all is read afresh when keys come. */
	LIMIT_SEARCH_LATER = 64 * 1024,
	/* Entries applied since the last checkpoint, which a start replays: about 0.1 s. */
	LIMIT_REPLAY_ENTRIES = 16384,
	/* Documents in memory of a node at work: ten teams' dossiers. Over this a checkpoint lets all but a quarter go, ... */
	LIMIT_DOCS_BUSY_BYTES = 64 * 1024 * 1024,
	/* ... but not more often than each so many entries, however many dossiers a peer's history goes through. */
	LIMIT_DOCS_ENTRIES = 4096,
	/* Events of the time index in memory, 16 MiB: a year and a half of the whole experiment. The same. */
	LIMIT_INDEX_EVENTS = 512 * 1024,

	/* Accesses that wait to be written to the access log: a day of a device at work, while its disk is full. */
	LIMIT_ACCESS_ROWS = 8192,
	/* Rows of one export of the access log: the longest period of a device at work. */
	LIMIT_ACCESS_EXPORT_ROWS = 256 * 1024,

	/* --- Network (DESIGN.md section 9) ------------------------------------------------------------------------ */

	/* A Noise message with its tag. Fixed by the Noise specification. */
	LIMIT_NOISE_BYTES = 65535,
	/* One frame, which may span Noise messages: the largest run and its framing. */
	LIMIT_FRAME_BYTES = 1536 * 1024,
	/* Bytes buffered from a peer that has not proved who it is. The longest opening is 97 bytes. */
	LIMIT_HANDSHAKE_BYTES = 256,
	LIMIT_HANDSHAKE_MS = 5000, /* four round trips on a bad radio link */
	LIMIT_HALF_OPEN_PER_ADDRESS = 4, /* a nurse's phone retrying, not a flood */
	LIMIT_HALF_OPEN = 64,
	LIMIT_SESSION_IDLE_MS = 30000, /* keep-alives come every 10 s */
	LIMIT_SESSION_KEEPALIVE_MS = 10000,
	/* Without a byte for so long a connection is not trusted any more: its device may be dialled anew. A keep-alive and its way. */
	LIMIT_SESSION_SILENT_MS = 13000,
	LIMIT_SESSION_QUEUE_BYTES = 1024 *
	        1024, /* unsent bytes per peer; then reading from the store pauses */
	/* Taken from peers and not on the disk yet: over this those are not read for a while who brought the most. One group commit, so that a nurse's save
	 * waits for two at most, and an eighth of what the writer takes. */
	LIMIT_TAKEN_BYTES = 8 * 1024 * 1024,
	/* How often one peer's frames make its session look for what to ask for, in one turn: that passes through all feeds and names. An honest
	 * peer tells its heads once or twice a turn. */
	LIMIT_SESSION_ASKS = 8,
	/* Answers in a row, of one session, that brought nothing new: after these it asks once a second. Between honest devices that comes about when
	 * others were sooner, a few times in a meeting. */
	LIMIT_USELESS_ANSWERS = 8,
	/* Feeds without a number that are asked for at once: all of a team. Each is compared with what other sessions ask for. */
	LIMIT_NAMES_ASKED = 256,
	/* What one peer may let pile up here: the replicated state of a decade, twice. */
	LIMIT_SESSION_UNSENT_BYTES = 32 * 1024 * 1024,
	/* Attempts at one moment to reach one device: its addresses of both kinds in two networks. */
	LIMIT_DIALS_PER_DEVICE = 4,
	/* A device is found at each of its addresses in the same moment: the next one is tried when no answer came from the first for so long. */
	LIMIT_DIAL_APART_MS = 1500,
	/* A device that takes a connection and does not come to its end of the handshake has too much to do: it rests so long, twice as long after each such failure. */
	LIMIT_DIAL_REST_MS = 5000,
	LIMIT_DIAL_REST_MAX_MS = 60000,
	LIMIT_TEAMS =
	        32, /* of one program: more than anybody coaches, and 32 databases reserve 512 GiB of addresses */
	/* Seconds that a relay may show less than it acknowledged before its session begins again, to be judged: what it commits it announces in the same
	 * turn, over a slow link a little later. */
	LIMIT_WITHHELD_TICKS = 20,
	/* A device says again what it has, though nothing is new, when it meets somebody so long after the last time, and as often while it is with somebody: for
	 * those who hear of it through others. A vector of some KB to everybody connected. */
	LIMIT_ACK_MEETING_MS = 2 * 60 * 1000,
	LIMIT_ACK_AGAIN_MS = 30 * 60 * 1000,
	/* At a meeting: nothing has moved for so long; a colleague who does not become level is waited for so long; between two accords of one device when others
	 * came or went, and when entries came. */
	LIMIT_ACCORD_QUIET_MS = 1500,
	LIMIT_ACCORD_WAIT_MS = 30000,
	LIMIT_ACCORD_AGAIN_MS = 10000,
	LIMIT_ACCORD_MOVED_MS = 20000,
	LIMIT_ACCORD_EACH_MS = 500, /* and so much longer for each who is here */
	/* Nobody is here for so long: the next is another meeting. Of a device that always is with somebody, when somebody comes so long after it signed last. */
	LIMIT_MEETING_OVER_MS = 10 * 60 * 1000,
	LIMIT_MEETING_LONG_MS = 4 * 3600 * 1000,
	LIMIT_NOTICES = 256, /* kept of what was noticed: more than a team's devices are ever copied */
	LIMIT_RELAYS_WATCHED = 16, /* of one team */
	LIMIT_SESSIONS = 64, /* twice the active devices of a large team meeting at once */
	/* Entries sent unasked at once: one run. Who lacks more asks, and gets it in causal order with all it depends on. */
	LIMIT_PUSH_ENTRIES = 64,
	/* A session that is fetching a feed keeps others from it for so long, and longer for each new entry that it brings: a slow radio link
	 * brings 50 a second. */
	LIMIT_CLAIM_MS = 20000,
	LIMIT_CLAIM_ENTRY_MS = 20,
	LIMIT_LINGER_MS = 1000, /* for the last bytes of a connection that we end */
	LIMIT_BEACON_BYTES = 128,
	/* Sessions from which on a device is in a meeting of many, and says later what costs everybody something: the usual team is smaller. */
	LIMIT_SESSIONS_FEW = 12,
	LIMIT_SESSIONS_PER_TICK = 8, /* then it says so each so many seconds: 5 where 40 meet */
	/* How long other sessions wait for one that asked for rows of replicated state: an answer on a bad radio link. */
	LIMIT_STATE_CLAIM_MS = 2000,
	/* Feeds named in one frame of a session, and rows of replicated state in one frame. */
	LIMIT_SESSION_ITEMS = 4096,
	/* One row of replicated state: a key packet for 840 dossiers is 41 KB, a fork's proof a few KB. */
	LIMIT_STATE_ROW_BYTES = 512 * 1024,
	/* Rows of replicated state that a node keeps: packets, acknowledgements, proofs. */
	LIMIT_STATE_ROWS = 65536,
	/* Cells of a sketch of them: with more, a list of their numbers is shorter. */
	LIMIT_SKETCH_CELLS = LIMIT_STATE_ROWS * 8 / 13,
	/* Proofs of forks kept about one device: its feeds, each restored from a backup a few times. */
	LIMIT_PROOFS_PER_DEVICE = 24,
	/* Beacons looked at per second: one device sends one every few seconds, and each costs a hash per known device. */
	LIMIT_BEACONS_PER_SECOND = 200,
	/* Discovery secrets of before by which a device is recognized that was away: removals of a year in a team where somebody leaves each season, twice. */
	LIMIT_DISCOVERY_PAST = 8,
	/* A peer that was asked for a piece of a picture: 64 KiB at 20 kbit/s. */
	LIMIT_PIECE_MS = 30000,
	/* Of the time of a line, so much for pictures: what is left serves whoever else is on it. A rest is not longer than this: an answer may be late because entries went before. */
	LIMIT_PIECES_SHARE_PERCENT = 50,
	LIMIT_PIECES_REST_MS = 3000,
	/* Bytes of pieces per second, where somebody sets a ceiling: at less, what was asked for would not be answered within LIMIT_PIECE_MS. */
	LIMIT_PIECES_RATE_MIN = 8000,
	/* Pieces that are asked for, and that are given, over all connections at one moment: they share one line with the entries of all. Whoever does not go on for so long is not waited for. */
	LIMIT_PIECES_AT_ONCE = 2,
	LIMIT_PIECES_TURN_MS = 5000,
	/* Addresses in one frame. */
	LIMIT_PIECES_ITEMS = 1024,
	/* Patients who share a date of birth, a phone or both names as they sound: more are a team's own phone, or a date that stands for "unknown". */
	LIMIT_DUPLICATE_KEY = 64,
	/* Files that were joined to one patient: two are usual; a group of more stays apart, for somebody joins files that are not one person's. */
	LIMIT_JOINED_FILES = 16,
	/* Decisions about the same two files that one decision follows: one for each nurse who decided apart. */
	LIMIT_LINK_FOLLOWS = 16,
	/* Less missing than so many entries, the day of a small team, comes by itself before early copies of dossiers would help. */
	LIMIT_EARLY_MISSING = 40,
	/* Early copies of dossiers that a node asks for and holds: all patients of a team over a decade. */
	LIMIT_EARLY_COPIES = 4096,
	/* ... and their bytes in memory, documents made of them included: four times what a team's would take. */
	LIMIT_EARLY_BYTES = 64 * 1024 * 1024,
	/* What one snapshot may hold beside the state: bodies of the latest events, a decade of a dossier with a visit a day. */
	LIMIT_EARLY_EVENTS = 8192,
	/* A device that was asked for early copies and sends none for so long, or not all of them after so long, keeps the log waiting no longer. */
	LIMIT_EARLY_QUIET_MS = 10000,
	LIMIT_EARLY_MS = 60000,
	/* Questions for early copies from one start of the program to the next: a device that lets each wait, and comes again, holds the log up for so many times
	 * LIMIT_EARLY_MS in all. */
	LIMIT_EARLY_ASKS = 4,
	/* So often in a row one device is given early copies (its program starts, and the connection breaks three times), and then once in so long: to find them costs tenths of a second. */
	LIMIT_EARLY_GIVES = 4,
	LIMIT_EARLY_GIVE_MS = 60000,
	/* A pass through the log for early copies that are older than it is followed by a rest of so many times its length. */
	LIMIT_EARLY_PASS_REST = 10,
	/* Devices of which is remembered what became of their early copies, and of what they announced. */
	LIMIT_EARLY_SENDERS = 64,
	/* For so long one person's word keeps a copy partial against what everybody else says: a long weekend, after which whoever has so much was met again, or handed it on. */
	LIMIT_EARLY_WORD_MS = 3 * 24 * 3600 * 1000,
	/* Invitations open at one moment. A stranger's first message costs the responder two hashes for each. */
	LIMIT_INVITATIONS = 32,
	/* Bytes of a HELLO that this version does not know and skips. */
	LIMIT_HELLO_EXTRA_BYTES = 256,

	/* --- Local interface (DESIGN.md section 8) ------------------------------------------------------------------ */

	/* One request, imports apart: a whole patient file with its notes takes 50 KB. */
	LIMIT_API_BODY_BYTES = 1024 * 1024,
	/* Records that are saved as one form: a visit with ratings of twenty problems, doses of twenty lines, and what else was seen. */
	LIMIT_FORM_RECORDS = 64,
	/* Drafts that are open on one device, and those that ended as far as there is room beside them: forms that a nurse left open in a week. */
	LIMIT_DRAFTS = 64,
	/* One piece of an import, some 8,000 visits: a file is sent piece by piece, each answered when it is durable. */
	LIMIT_API_BYTES = 4 * 1024 * 1024,
	/* A backup of which nobody asks for the next piece: its transaction keeps old pages from being used again. */
	LIMIT_BACKUP_IDLE_MS = 30000,
	/* Files of one folder that are taken in at once: a volume or two of each device, and years of letters that nobody removed. */
	LIMIT_BUNDLE_FILES = 1024,
	/* ... and names of any kind that are looked at there: somebody's photos and films of years. */
	LIMIT_BUNDLE_NAMES = 65536,
	/* An export or import of which nobody asks for the next piece. */
	LIMIT_BUNDLE_IDLE_MS = 30000,
	/* Connections of one kind: a browser opens 6 per page, a few pages and scripts at once. */
	LIMIT_HTTP_CONNECTIONS = 64,
	/* Of these, such as have not shown the token yet: who comes then takes the place of the one that has waited longest, so that nobody who only
	 * holds connections keeps others out. A page and its parts come before the token, at once. */
	LIMIT_HTTP_STRANGERS = 32,
	/* Headers and the piece of body being read, per connection. */
	LIMIT_HTTP_MEMORY_BYTES = 64 * 1024,
	LIMIT_HTTP_IDLE_S = 30, /* a client that neither sends nor reads */
	/* Taken and thrown away of a body that is refused, so that its sender reads the answer: a photo by mistake. */
	LIMIT_HTTP_SKIPPED_BYTES = 16 * 1024 * 1024,
	/* Events that a follower has not read: it is cut off then and reads everything again. */
	LIMIT_HTTP_EVENT_BYTES = 256 * 1024,
	LIMIT_HTTP_EVENT_KEEPALIVE_MS =
	        15000, /* half the patience of a browser's proxy; finds followers that left */
};

#endif
