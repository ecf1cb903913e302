/*
 * node/node_state.h - the inside of a node, shared by the node_*.c files and nobody else. Long because it is the one place where that stands.
 */
#ifndef NODE_NODE_STATE_H
#define NODE_NODE_STATE_H

#include "crdt/base/arena.h"
#include "crdt/base/queue.h"
#include "crdt/base/wire.h"
#include "crdt/clock.h"
#include "node/access/access_log.h"
#include "node/bodies.h"
#include "node/digest/digests.h"
#include "node/digest_plan.h"
#include "node/docs.h"
#include "node/keyring/ack.h"
#include "node/keyring/erased.h"
#include "node/keyring/erased_names.h"
#include "node/node.h"
#include "node/node_accord.h"
#include "node/node_early.h"
#include "node/node_photo.h"
#include "node/node_notices.h"
#include "node/quarantine.h"
#include "node/search/index.h"
#include "node/sealing.h"
#include "node/team/boxes.h"
#include "node/team/epoch.h"
#include "node/team/judge.h"
#include "node/unread.h"
#include "store/fork.h"
#include "store/waiting.h"

#define NODE_NO_FEED UINT32_MAX
enum { NODE_COMPARTMENTS = COMPARTMENT_LAST + 1 };

/* How far one feed's entries have gone into documents and indexes. */
struct node_progress {
	uint64_t applied; /* in memory */
	uint64_t checkpointing; /* in rows on their way to the disk */
	uint64_t checkpoint; /* in committed rows */
	struct entry_hash
	        cited; /* membership entry that the last applied entry cites; zero before the first */
	/* Lamport clocks of entries received and not yet committed, from `recent_first` on; older ones are read from the log. */
	uint64_t *recent, recent_first;
	uint32_t recent_count, recent_capacity;
	uint64_t
	        missing; /* the first entry whose body was dropped and should not have been, or may be; 0: none */
	uint64_t unfilled; /* the same, of what is committed: acknowledgements end before it */
	struct buf
	        refilled; /* the last run that bodies were put back into, as it is on its way to the disk */
	const struct crdt_names *names; /* what its entries' feeds mean; NULL: what they are called */
	bool suspect; /* somebody has another history of this feed: ask for it from the start */
	bool contradicted; /* a signed run said so: until that history is here */
	uint64_t covered[NODE_COMPARTMENTS]; /* what our own feed of that compartment already depends on */
};

/* Somebody waits for the batch that is being filled. */
struct node_waiter {
	struct queue link;
	node_done done;
	void *context;
};

/* A batch on its way to the disk. */
struct node_commit {
	struct node *node;
	struct queue waiters;
	struct log_mark *marks;
	uint32_t mark_count;
	bool checkpoint;
	bool again; /* its outcome was uncertain once */
	struct store_batch batch; /* then: kept for the second try */
	struct queue link;
};

/* The last acknowledgement of a device: its signature is checked when it comes. */
struct node_ack {
	struct device_id device;
	struct buf bytes;
	struct ack ack; /* what they say */
	struct arena arena; /* of `ack` */
};

/* The last accord of a device: its signature is checked when it comes. */
struct node_accord {
	struct buf bytes;
	struct accord accord; /* what they say */
	struct arena arena; /* of `accord` */
};

/* When and how a device was last heard of (node_heard.c). */
struct node_heard_row {
	struct device_id device, through;
	uint64_t heard_ms, met_ms, compared_ms;
	int64_t skew_ms;
};

/* That a feed has two histories (node_fork.c). */
struct node_proof {
	struct buf bytes;
	struct fork fork; /* what they show */
	bool settled; /* the feed is parted there (node_branch.c) */
	bool sought; /* what is here was compared with the others' for it: it may be about what nobody holds */
};

/* How far this device is with a dossier that was erased. */
enum node_erasing_stage {
	NODE_ERASING_ORDERED = 0, /* in memory only */
	NODE_ERASING_PURGED = 1, /* no row holds anything of it; freed pages may */
	NODE_ERASING_DONE = 2, /* the file is another one */
};

struct node_erasing {
	struct record_id dossier;
	enum node_erasing_stage stage;
};

/* How far the way through the log has come. */
struct node_erase_place {
	uint32_t feed;
	uint64_t seq;
	bool purged; /* something was */
	bool damaged; /* a row did not open */
	uint64_t missing; /* the first missing body in this feed so far */
};

/* An entry of an erased dossier, by its name under an epoch; in the list of all names, ascending. */
struct node_named {
	struct erased_name name;
	struct record_id dossier;
	bool counts; /* by a row that counts */
};

/* What team_epoch_to_write() said of the membership as it was then; `count` 0: nothing yet. */
struct node_write_epoch {
	uint64_t rights_mark;
	uint32_t count; /* entries */
	struct epoch_id id;
};

struct node_photo_noted {
	struct node *node;
	struct blob_address address;
};

/* The pictures that another device said that it has. */
struct node_holder {
	struct device_id device;
	bool is_dirty; /* its row is another one */
	struct blob_address *items; /* ascending */
	uint32_t count, room;
};

/* A device that announced so many entries, and they came from nobody. */
struct node_spent {
	struct device_id device;
	uint64_t goal;
};

/* Early copies (node_early.c). */
struct node_early {
	struct early_copy **items; /* ascending by dossier */
	uint32_t count, room;
	size_t bytes;
	bool moved; /* the list's row is to be written */
	bool look; /* some may be verified now */
	bool rest_due; /* and what cannot be is not to be shown any longer: nothing is missing here of what */
	struct device_id rest_by; /* this device has */
	struct node_early_tally *tallies;
	uint32_t tally_count, tally_room;
	uint64_t goal, since_ms; /* while the copy is partial: entries that there are, by */
	struct device_id goal_by; /* this device's word */
	uint32_t known; /* documents of the log when it became so, which are shown from the log */
	struct node_spent *spent; /* whose word counts no more (node_copy.c) */
	uint32_t spent_count, spent_room;
	uint32_t behind,
	        passes; /* copies of which the log has more; how often it was passed through for them */
	uint64_t pass_from_ms; /* steady clock: the next pass through the log for these */
	uint64_t looked_mark; /* judged_mark when they were looked at last */
	uint32_t *extra, extra_count; /* places of dossiers of which the log has brought nothing yet */
	uint32_t numbered; /* documents of the log when these were looked for, and 1 more */
};

struct node_stored {
	uint8_t id[16];
};

/* The first byte of a row of replicated state (README.md, "Replicated state"). */
enum state_kind {
	STATE_KEY = 1,
	STATE_ACK = 2,
	STATE_FORK = 3,
	STATE_ERASED = 4,
	STATE_NAMES = 5,
	STATE_ACCORD = NODE_ROW_ACCORD,
};

struct node_state_item {
	uint8_t id[16];
	uint32_t at, size; /* in state_bytes */
};

struct node_state_list {
	struct node_state_item *items; /* ascending by id */
	uint32_t capacity;
	uint32_t count;
	uint8_t digest[16]; /* over the ids, where it is not put together from others */
};

struct node {
	struct node_config config;
	struct team_identity identity;
	struct team_id team;
	bool in_team;
	struct crdt_clock clock;

	struct log *log;
	struct waiting *waiting;
	struct team_membership *members;
	struct epochs *epochs;
	struct key_table *keys;
	struct body_codec codec; /* of entries: an opened body stays until the next one */
	struct body_codec docs_codec; /* of documents' rows, which are read while a body is open */
	struct body_codec sealing_codec; /* of the thread that commits */
	struct sealing *sealing; /* our entries of the batch being filled; NULL: none */
	struct bodies *bodies;
	struct docs *docs;
	uint64_t generation; /* batches on the disk, and more (node_generation()) */
	struct digests *digests; /* of dossiers */
	struct buf digest_row; /* one that was made */
	struct node_digest_plan digest_plan;
	uint32_t digests_unsaved; /* made since a piece of them was saved */
	struct search_index *words; /* of events */
	bool words_later; /* entries that could not be read for it may be read now */
	struct index *index;

	uint32_t own_feed[NODE_COMPARTMENTS];
	struct node_progress *progress; /* by feed number */
	uint32_t progress_count;
	uint64_t since_checkpoint; /* entries applied */
	struct unread unread; /* entries that no key was there for: read when keys come */
	bool unread_listed; /* it says of all of them what they need */
	uint64_t nonsense_count; /* entries whose author wrote what no honest program writes */
	uint64_t refused_count;
	struct refusals refusals;
	uint64_t stripped_count; /* runs that came with bodies of erased dossiers */
	struct quarantine quarantine; /* entries that are kept apart, and who vouches for them */
	uint64_t sized_count,
	        sized_bytes; /* entries whose bodies' sizes were counted, for node_entry_bytes() */
	uint64_t judged_mark; /* node_standing_mark() as of the last membership entry */

	struct access_log *accesses;
	struct queue access_waiters; /* for what was noted to be durable */
	bool accesses_due; /* also without anything else to write */

	struct store_batch batch;
	struct queue waiters; /* of the batch being filled */
	struct queue commits; /* submitted, in order */
	struct queue disappointed; /* waiters of batches that failed, told after the reload */
	bool unsealed; /* entries wait for their run to be signed, or to be sealed */
	bool batch_checkpoint; /* the batch being filled holds a checkpoint */
	uint64_t rights_mark; /* moves with every membership entry */
	struct node_write_epoch write_epochs[NODE_COMPARTMENTS];
	bool crowded; /* runs that waited gave way to others since something could last be taken */
	uint64_t keys_generation; /* moves whenever somebody may lack a key */
	bool keys_touched; /* key rows in memory are ahead of the batch */
	bool uncertain, must_reload;
	bool gave_up; /* a batch that was submitted: those behind it are not tried again */
	bool outdated; /* a peer knows more of our own feeds than we do: a new incarnation must begin */
	bool stopped; /* the database cannot be read any more: every call fails */
	int failure;
	uint64_t no_room_count;
	bool holds_back;
	uint64_t device_entries_max; /* 0: no limit */
	/* What devices had when it was counted, which takes a look at every feed. */
	struct node_counted {
		struct device_id device;
		uint64_t entries, added; /* then; of the log */
		uint32_t feeds;
	} counted[64];
	uint64_t count_count; /* how often that was done */
	struct node_news news;

	bool epochs_moved, secrets_moved,
	        state_moved; /* rows to be written again: all keys, all secrets, the state's changes */
	bool late_wanted; /* keys came, and there are entries that were not read */
	bool judge_again; /* authors' standing in the team moved */
	bool weigh_again; /* that, or countersignatures came: who is in quarantine is looked at afresh */
	struct record_id *fresh; /* dossiers created since the last batch */
	uint32_t fresh_count, fresh_capacity;
	enum team_reason last_reason; /* of the last judgement that was not good */
	enum team_reason denied_why; /* of the last action that was refused */

	struct node_ack *acks;
	uint32_t ack_count;
	uint64_t ack_counter; /* of our own */
	struct node_accord *accords;
	uint32_t accord_count;
	uint64_t accords_mark;
	struct crdt_frontier met_before,
	        met_now; /* what was here at the last two meetings; now: the one under way */
	uint64_t met_before_ms, met_now_ms;
	int64_t clock_offset_ms; /* the wall's clock minus the steady one, when clocks were compared last */
	bool clock_watched; /* they were */
	struct node_notice *notices; /* LIMIT_NOTICES places */
	uint32_t notice_count;
	bool notices_moved, notices_loaded;
	struct node_heard_row *heard;
	uint32_t heard_count, heard_room;
	bool heard_moved; /* since it was written last, */
	uint64_t heard_saved_ms; /* then, monotonic; 0: not since the start */
	const struct device_id
	        *bringer; /* of the row of state that is being taken in; NULL: not to be noted */
	bool ack_due; /* one of our own is about that says more than is here: this database is an older copy */
	struct node_proof *proofs;
	uint32_t proof_count;
	bool forks_due; /* some of them may be settled now */
	struct arena
	        names_arena; /* of node_progress.names, also those of before: a past that is being read may go by them */
	struct node_erasing *erasing; /* dossiers that are erased here, in the order in which they were */
	uint32_t erasing_count, erasing_room;
	struct erased *confirmed; /* words of all devices, ascending (erased_cmp) */
	uint32_t confirmed_count, confirmed_room;
	struct erased_names *names; /* rows that name entries of erased dossiers */
	uint32_t names_count, names_room;
	struct node_named *named; /* what all of them name */
	uint32_t named_count;
	bool named_valid;
	struct node_named *found; /* entries of erased dossiers that nobody has named yet */
	uint32_t found_count, found_room;
	bool names_all; /* name also what others should: this device started, or was given keys */
	bool refilled; /* bodies were put back that are not committed yet */
	bool refilled_readable; /* some of them can be read here */
	bool erase_wanted; /* the log is to be passed through for bodies of erased dossiers */
	bool erase_rebuild; /* that is done: documents and indexes are to be made afresh */
	bool erase_keeps; /* but for rows of the log that do not open: then they stay, without what was erased */
	struct node_erase_place erase_at;
	uint64_t erase_again_ms; /* not before, after a failure */
	struct node_early early;
	struct blobs blobs;
	struct node_holder *holders;
	uint32_t holder_count, holder_room;
	struct node_photo_policy photo_policy;
	uint64_t carried_bytes_max; /* at a relay */
	uint32_t carried_days;
	int64_t carried_day; /* when it was last looked which are too old */
	struct record_id *today; /* dossiers of today's patients, ascending */
	uint32_t today_count, today_room;
	int64_t today_day;
	bool today_is_listed;
	uint64_t photos_mark; /* moves with everything by which pictures are asked for */
	size_t scanned_epochs; /* keys that there were when the log was passed through */
	struct node_stored *stored; /* ids of the state's rows in the database, ascending */
	uint32_t stored_count;

	struct node_state_list state[NODE_STATE_PARTS];
	struct device_id state_for;
	struct buf state_bytes;
	size_t state_rows_bytes; /* of them, before the acknowledgements */
	struct node_state_list state_rows[NODE_STATE_PARTS], state_acks; /* of which `state` is made */
	bool state_valid, state_acks_valid;
	bool state_older; /* a peer's program is an earlier version: lists for it are made as well */

	struct node_link_author *link_authors; /* ascending by feed and sequence: node_links.c */
	uint32_t link_author_count, link_author_room;

	struct log_reader reader;
	struct arena arena; /* of node_read() */
	struct buf raw; /* of node_read() */
	struct buf scratch;
	struct crdt_builder spare_builder; /* memory for the next change */
	struct store_txn *txn; /* open while a call of the node reads */
};

/* The key under which secrets are sealed to a device. */
static inline const struct seal_public *node_sealing_key(const struct team_device *device)
{
	return (const struct seal_public *)(const void *)device->keys.sealing;
}

static inline const struct seal_public *node_seal_public(const struct node *node)
{
	return (const struct seal_public *)(const void *)node->identity.keys.sealing;
}

static inline const struct seal_secret *node_seal_secret(const struct node *node)
{
	return (const struct seal_secret *)(const void *)node->identity.secrets->sealing;
}

/* node_open.c: forget everything in memory and read it again. */
int node_reload(struct node *node);
struct node_progress *node_progress(struct node *node, uint32_t feed);
int node_own_feed(struct node *node, enum compartment compartment, uint32_t *feed);

/* node_apply.c: put one entry into documents and indexes. Only errors of our own disk come back. */
int node_apply_entry(struct node *node, uint32_t feed,
        const struct run_entry *entry); /* also one whose body was erased: it is passed */
/* The kind of document says where its changes may stand and under which secret. */
bool node_entry_belongs(
        const struct crdt_change *change, const struct entry_header *header, const struct record_id *dossier);
/* Kept in the log and passed over by documents: in quarantine, and nobody's countersignature has made it effective. */
bool node_entry_apart(const struct node *node, uint32_t feed, uint64_t seq);
/* An entry's identity, inside a call that reads. */
int node_entry_hash(struct node *node, uint32_t feed, uint64_t seq, struct entry_hash *out);
/* The membership entry that the one before the feed's first cites: zero, but for a branch. */
struct entry_hash node_cited_before(const struct node *node, uint32_t feed);
/* What its change is opened with. Borrows from the header. */
struct crdt_meta node_entry_meta(const struct node *node, uint32_t feed, const struct entry_header *header);
/* A document, read from the disk when it is not in memory. */
int node_document(struct node *node, uint32_t number, struct crdt_doc **doc);
/* Put it into its document, if it may count and can be read. `cited_before`: the membership entry that the one before it in its feed cites. */
int node_apply_body(struct node *node, uint32_t feed, const struct entry_header *header, struct span body,
        const struct entry_hash *cited_before);
int node_apply_change(struct node *node, uint32_t feed, const struct entry_header *header,
        const struct crdt_change *change);
#define NODE_CHECKPOINT_ROW "checkpoint" /* in META */
/* Its content: `ends` holds LIMIT_FEEDS places, by feed number; `mark` is NODE_MARK_DUE while quarantine is to be looked at again.
 * ERR_NOTFOUND: none was made yet. ERR_VERSION, ERR_CORRUPT. NODE_CHECKPOINT_OLDER: by an earlier version of the program, or with other kinds of
 * records; documents are built anew. */
enum { NODE_CHECKPOINT_OLDER = 1, NODE_MARK_DUE = 0 };
int node_read_checkpoint(const struct vault *vault, struct store_txn *txn, uint64_t *ends,
        uint32_t *end_count, uint64_t *unread, uint64_t *mark);
int node_load_checkpoint(struct node *node, struct store_txn *txn);
int node_replay(struct node *node); /* everything after the checkpoint */
int node_rebuild(struct node *node); /* everything: it is judged otherwise than when it was applied */

/* node_late.c: read what can be read with the keys that are here now. Needs everything to be committed: reads from the store. */
int node_read_late(struct node *node);

/* Whose documents are made afresh. Zero-initialized is empty; node_build_anew() closes it. */
struct node_concerned {
	struct record_id *dossiers;
	size_t count, room;
	bool plain[NODE_COMPARTMENTS]; /* documents of no dossier */
};
/* The documents that an entry may be about which its header describes so; none when its dossier cannot be told here. */
void node_concern(struct node *node, struct node_concerned *concerned, const struct epoch_id *epoch,
        const struct pseudonym *pseudonym, uint8_t compartment);
/* Empty these documents and fill them again from the log. Needs everything to be committed. */
int node_build_anew(struct node *node, struct node_concerned *concerned);

/* node_quarantine.c */
/* A number, never 0, that moves whenever entries may be judged otherwise. */
uint64_t node_standing_mark(struct node *node);
/* Look again at who is in quarantine, and make the documents say so. Needs everything to be committed. */
int node_settle_quarantine(struct node *node);
/* A countersignature was read. Nonsense is passed over. */
void node_apply_countersign(
        struct node *node, uint32_t feed, const struct entry_header *header, struct span raw);
/* Why an entry is kept apart by the membership as it is now; NONE: it is not. `before` is the membership entry that its predecessor cites. */
enum team_reason node_entry_reason(
        struct node *node, uint32_t feed, const struct entry_hash *before, const struct entry_header *header);
/* Its author was a locum by then, though the state that it cites says otherwise. */
bool node_entry_of_locum(struct node *node, uint32_t feed, const struct entry_header *header);

/* node_commit.c */
int node_wait_for_batch(struct node *node, node_done done, void *context);
void node_wait_in(struct queue *waiters, node_done done, void *context);
void node_tell(struct queue *waiters, int result); /* and forget them */
struct store_txn *node_txn(
        struct node *node, int *result); /* the read transaction of this call; ended by node_end_read() */
void node_end_read(struct node *node);
void node_drop_commits(struct node *node); /* the node ends: whoever still waits hears ERR_CANCELLED */

/* What node_put_local() put there and is on the disk. ERR_NOTFOUND; ERR_CORRUPT: it is not of `size` bytes. */
int node_get_local_exact(struct node *node, const char *name, void *out, size_t size);

/* node_access.c: rows of the access log that wait join the batch, when there is one or they are due. */
void node_put_accesses(struct node *node);

/* What it takes to read an entry that no key is here for. */
void node_note_unread(struct node *node, const struct entry_header *header);

/* node_write.c: take the place of an entry in an own feed; its body is sealed with the batch. Header: kind, membership, epoch, dossier, deps are set. */
int node_draft(struct node *node, uint32_t feed, struct entry_header *header, const struct body_key *key,
        struct span raw);
/* The place counts as applied, as if the entry had been received. */
void node_applied_own(struct node *node, uint32_t feed, const struct entry_header *header);

/* Append one entry to an own feed. Header: kind, epoch, dossier, deps are set. */
int node_append(struct node *node, uint32_t feed, struct entry_header *header, struct span body,
        struct entry_hash *hash);

/* node_invite.c */
/* Revoke open invitations that somebody can open who does not manage any more, LIMIT_INVITATIONS at once. This device manages. */
int node_close_invitations(struct node *node);

/* node_team.c */
int node_add_membership(struct node *node, const struct entry_header *header, const struct entry_hash *hash,
        struct span body, bool handed_on);
void node_take_back_membership(struct node *node, uint32_t count); /* all but the first `count` entries */
void node_collect_keys(struct node *node); /* open every key that an entry seals to us */
/* What reading a stored run says when that is damaged, or missing. */
bool node_is_damage(int result);

int node_cite_membership(struct node *node, struct entry_hash *head); /* joins several heads first */
const struct epoch_id *node_write_epoch(
        struct node *node, enum compartment compartment, struct epoch_id *space);
bool node_author_plain(const struct node *node, uint32_t feed);
int node_rotate(struct node *node, enum compartment compartment);
int node_judge(struct node *node, uint32_t feed, const struct entry_hash *previous_cited,
        const struct entry_header *header, const struct entry_hash *hash);

/* node_invite.c: say again what everybody is called, for those who could not read it. */
int node_tell_names(struct node *node);

/* node_discovery.c */
int node_share_discovery(struct node *node);
int node_grant_discovery(struct node *node, const struct team_device *device);

/* node_open.c */
int node_put_team_row(struct node *node);
int node_keys_of_team(struct node *node);

/* node_keys.c */
int node_load_keys(struct node *node, struct store_txn *txn);
int node_save_keys(struct node *node);
void node_keys_moved(struct node *node);
void node_secret_made(struct node *node, const struct record_id *dossier);
int node_share_fresh(struct node *node);
/* Another device that is given every dossier: it reads them all, and its rights hold by our clock. */
bool node_wants_dossiers(const struct node *node, const struct team_device *device);
bool node_row_of_dossiers(struct span row); /* of replicated state: it names some */
bool node_hands_out_all(const void *node, const struct device_id *issuer);

/* node_case.c: the id is also that of a document of another kind that has a key of its own. One secret stands for both: somebody, who has or had that secret, wants us to hand
 * it out, or to destroy it, under another name. */
bool node_id_is_of_another(const struct node *node, uint32_t kind, const struct record_id *id);

/* node_share.c: give a device what it lacks of the dossiers chosen for it. */
int node_share_chosen(struct node *node, const struct device_id *device);
/* Another secret for every dossier of which this person, who is a locum now, can use the newest one, and which is not shared with her. */
int node_withdraw_dossiers(struct node *node, const struct person_id *person);
/* And for every dossier of which people said different things apart, it not being shared after all. Cheap when there is none. */
int node_withdraw_disputed(struct node *node);
int node_put_proof(struct node *node, struct span proof);

/* May a device have another feed here, of its own making or by a fork of one (README.md, "Feeds")? */
bool node_has_share(const struct node *node, const struct device_id *device);
/* Key packets of devices that may not issue any more go, as they are refused by whoever does not have them: what they gave to each is given again
 * by others, who see now that it is lacking. */
void node_drop_packets(struct node *node);
/* node_case.c: a dossier is about to be erased: so are the cases that its consents name. By devices that manage; others leave it to those. */
int node_end_cases_of(struct node *node, const struct record_id *dossier);
/* node_taking.c: what entries of a file need, by their headers. */
struct node_need {
	struct epoch_id epoch;
	struct pseudonym dossier;
	struct device_id author;
};
/* A key packet for us from a file: secrets of dossiers that entries by its issuer in that file are about, and of which nobody holds any. `needs` is in the
 * order of node_need_cmp(). */
void node_rescue_secrets(struct node *node, struct span packet, const struct node_need *needs, size_t count);
int node_need_cmp(const void *a, const void *b);

/* What has room in a cut, ascending by feed: of too many places those of the longest feeds, so that nobody is safe from being removed by making up feeds. Returns how many. */
uint32_t node_cut_fit(struct team_cut_place *places, uint32_t count);
void node_state_moved(struct node *node); /* the replicated rows changed: write, compare and tell anew */
void node_acks_moved(struct node *node); /* none but acknowledgements did */

/* Rows that go with an erased dossier. */
int node_remove_secret_row(struct node *node, const struct record_id *dossier);
int node_remove_checkpoint(struct node *node);
void node_wipe_scratch(struct node *node); /* what readers of entries left behind */
void node_dossier_erased(
        struct node *node, const struct record_id *dossier); /* the key table has a new tombstone */

/* node_erase.c */
int node_load_erasing(struct node *node, struct store_txn *txn);
void node_forget_erasing(struct node *node);
void node_tombstone_came(struct node *node, const struct record_id *dossier);
/* May `issuer` erase, in the view of everything known? For the key table; `node`: struct node. */
bool node_may_erase(const void *node, const struct device_id *issuer);
/* The team moved: whose orders count now? What this device carried out, and nobody who may stands by any more, it upholds itself where it may. True: a
 * dossier that was erased here lives for the team, so that documents are to be made afresh. */
bool node_judge_orders(struct node *node);
void node_epochs_came(struct node *node);
void node_erase_turn(struct node *node);
void node_erase_later(struct node *node); /* a commit failed: not at once again */
bool node_body_is_erased(
        struct node *node, const struct entry_header *header); /* its secret was destroyed on purpose */
bool node_strip_erased(
        struct node *node, struct run *run); /* bodies of erased dossiers are not written again */
void node_erase_again(struct node *node); /* pass through the log for bodies to purge, from its start */
/* A state of the team at which this device manages. */
bool node_state_to_cite(struct node *node, struct entry_hash *out);
int node_keep_word(struct node *node, const struct erased *word); /* 1: it was news */
int node_put_word(struct node *node, struct span content);

/* node_names.c: erased dossiers' entries by their names, for devices that have no key to tell by. */
void node_forget_names(struct node *node);
/* Does this device go by names in that compartment, where it has no key of the epoch? */
bool node_goes_by_names(const struct node *node, uint8_t compartment);
/* Is the entry named by a row, with `must_count` by one that counts? */
bool node_is_named(struct node *node, const struct entry_header *header, bool must_count);
/* Its body was dropped by names that do not count, or are false; or nobody ordered that at all. */
bool node_body_is_missing(struct node *node, const struct run_entry *entry);
/* Entries of this run that belong to erased dossiers and that nobody has named are noted; and named, where that is this device's to do. */
void node_names_look(struct node *node, const struct run *run);
void node_names_tell(struct node *node);
void node_names_recheck(struct node *node); /* keys of epochs came: rows that are false go */
void node_names_judged(struct node *node); /* the team or the orders moved: which rows count? */
int node_put_names(struct node *node, struct span content); /* 1: it was news. Errors of form */
/* A run that was accepted has bodies missing. */
void node_note_missing(struct node *node, uint32_t feed, const struct run *run);
/* The first missing body of a feed is this one; 0: none. */
void node_set_missing(struct node *node, uint32_t feed, uint64_t seq);
/* A run agrees with what is stored: put back what is missing. */
int node_refill(struct node *node, uint32_t feed, const struct run *theirs);
void node_refill_committed(struct node *node); /* everything written so far is */
/* node_photo.c: a change that counts makes its pictures known; pictures go with their dossier. */
int node_photos_of(struct node *node, uint32_t feed, const struct entry_header *header,
        const struct crdt_change *change);
int node_erase_photos(struct node *node, const struct record_id *dossier);
int node_load_photos(struct node *node, struct store_txn *txn);
void node_forget_photos(struct node *node);

/* node_early.c: a change came by the log; a dossier was erased; rows; copies that can be verified now are. */
void node_early_applied(struct node *node, const struct crdt_change *change);
int node_early_erased(struct node *node, const struct record_id *dossier);
int node_save_early(struct node *node);
int node_load_early(struct node *node, struct store_txn *txn);
void node_forget_early(struct node *node);
void node_early_turn(struct node *node);
/* node_copy.c: its part of the row of early copies. */
void node_copy_put_spent(const struct node *node, struct buf *row);
void node_copy_read_spent(struct node *node, struct wire_in *in);
int node_put_photo_row(
        struct node *node, const struct blob_address *address, uint32_t number, struct span value);
int node_remove_photo(struct node *node, struct blob_known *blob); /* others move; then node_save_holders() */
bool node_photo_is_for(struct node *node, const struct device_id *device, const struct blob_known *blob);

/* node_photo_carried.c */
int node_erase_carried(struct node *node, bool *any); /* those of entries that were named as erased */
void node_expire_carried(struct node *node);
bool node_photo_next_carried(struct node *node, const struct device_id *device, node_photo_taken taken,
        void *context, struct blob_address *address, uint32_t *index);

/* node_photo_wanted.c */
void node_load_photo_policy(struct node *node, struct store_txn *txn);
void node_photo_event_came(struct node *node, int64_t when_s);
void node_forget_today(struct node *node);

/* node_photo_holders.c */
void node_count_holders(struct node *node, const struct blob_address *address, struct node_photo *out);
int node_load_holders(struct node *node, struct store_txn *txn);
void node_forget_at_holders(
        struct node *node, const struct blob_address *address); /* then node_save_holders() */
int node_save_holders(struct node *node); /* rows that are others */
void node_forget_holders(struct node *node);

/* node_ack.c: an acknowledgement came. 1: it was news. Errors of form. */
int node_put_ack(struct node *node, struct span content);
const struct node_ack *node_ack_of(const struct node *node, const struct device_id *device); /* NULL: none */
/* How far a feed is on the disk, whole: up to the first body that is missing. 0: nothing of it. */
uint64_t node_whole_seq(struct node *node, uint32_t feed);

/* node_accord.c */
int node_put_accord(struct node *node, struct span content); /* 1: it was news. Errors of form */
int node_mark_meeting(struct node *node, bool is_first);
int node_load_meeting(struct node *node, struct store_txn *txn);
void node_forget_accords(struct node *node);

/* node_notices.c */
void node_notice_forks(struct node *node); /* proofs came */
int node_save_notices(struct node *node);
int node_load_notices(struct node *node, struct store_txn *txn);
void node_forget_notices(struct node *node);

/* node_heard.c */
void node_note_heard(struct node *node, const struct device_id *device);
int node_save_heard(struct node *node);
int node_load_heard(struct node *node, struct store_txn *txn);
/* A row of this device alone, inside a call that reads. ERR_NOTFOUND and the store's errors. */
int node_get_local(struct node *node, struct store_txn *txn, const char *name, struct buf *out);

/* node_receive.c: take in what waits and is waiting for nothing any more. */
int node_take_waiting(struct node *node);

/* node_fork.c: somebody may have another history of this feed. */
void node_suspect(struct node *node, uint32_t feed);
/* A run contradicts what we hold. NODE_RUN_IGNORED, with the proof kept when there is one. */
int node_fork(struct node *node, const struct waiting_run *item);

/* node_branch.c: part the feeds that were proved to have two histories, and build documents anew with what the parts are called. Needs everything to be
 * committed. */
int node_settle_forks(struct node *node);
/* Feeds were loaded: what their entries' feeds mean. */
void node_name_parts(struct node *node);
/* The part that a run belongs to which came under the name of a parted feed; NODE_NO_FEED: none. */
uint32_t node_part_of(struct node *node, uint32_t feed, struct span run);
/* A proof says that the feed's histories part after this entry. */
bool node_is_end(const struct node *node, uint32_t feed, uint64_t seq, const struct entry_hash *hash);
/* Judge an entry of this feed (team_judge()), also one of a branch. */
struct team_judgement node_judgement(struct node *node, uint32_t feed, const struct entry_header *header,
        const struct entry_hash *hash, const struct entry_hash *before);
/* The same for team_judge_after_role(). */
bool node_after_role(struct node *node, uint32_t feed, const struct entry_header *header,
        const struct entry_hash *hash, uint8_t role);

/* node_state_list.c: does a row of the key table concern this device? A tombstone names nobody but the dossier by a random id; a packet concerns its
 * recipient. */
bool node_state_is_for(struct span key_row, const struct device_id *device);
void node_state_close(struct node *node);

#endif
