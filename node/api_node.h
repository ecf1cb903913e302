/*
 * node/api_node.h - the routes of the local interface over a node: what handlers share (node/api_routes.c has the table).
 *
 * Saves are answered when they are durable. Ids in JSON are hexadecimal; a patient may be named by the first digits of
 * the id where they are unambiguous. Threads: one.
 */
#ifndef NODE_API_NODE_H
#define NODE_API_NODE_H

#include "crdt/frontier.h"
#include "node/access/access.h"
#include "node/api.h"
#include "node/api_backup.h"
#include "node/api_check.h"
#include "node/api_drafts.h"
#include "node/api_running.h"
#include "node/api_settings.h"
#include "node/journal.h"
#include "node/meetings.h"
#include "node/metrics.h"
#include "node/node_early.h"
#include "node/passphrase.h"
#include "node/peers.h"
#include "node/record.h"
#include "node/picture/picture.h"

/* What a route needs before it is handled: nothing; that the device is not locked; that it is in a team, too; that it was handed over (api_hand.h). Of what a
 * device that was handed over refuses, API_NEED_LOCKING alone is excepted. */
enum api_need {
	API_NEED_NOTHING = 0,
	API_NEED_OPEN = 1,
	API_NEED_TEAM = 2,
	API_NEED_HAND = 3,
	API_NEED_LOCKING = 4
};

struct api_work;

/* What the last event "work" told. */
struct api_work_told {
	bool is_due; /* something moved since */
	uint64_t looked_ms, number;
	uint8_t digest[16]; /* of all items and how urgent they are */
	bool is_known;
	int64_t due_s; /* then: when time makes others due */
};

/* What the counts of work are made of: the same while nothing moved. */
struct api_work_mark {
	uint64_t generation, drafts, news;
	const struct node *node;
};

struct api_work_counted {
	uint32_t counts[4]; /* by enum work_urgency */
	uint32_t mine, resting;
};

struct api_work_kept {
	struct api_work_mark mark;
	struct api_work_counted counted;
	bool is_known;
	int64_t made_s, due_s; /* good from the first to before the second */
};

struct uv_database_problem;

/* What handlers work on; set by the shell's owner, who also keeps it right when the shell opens its node again. */
struct api_node {
	struct api *api;
	struct node *node;
	struct peers *peers;
	struct store *store;
	struct vault *vault;
	struct meetings *meetings;
	struct journal *journal;
	const struct env *env;
	const char *directory; /* of the data */
	const char *
	        team_name; /* of the directory (node/README.md, "Several teams on one device"), not the team's own */
	bool absent; /* there is no device in the directory yet; others may stand beside it */
	bool locked; /* node, peers, store, vault and meetings are not there: no key is in memory */
	int failed; /* locked, since its database could not be opened again while the program ran */
	uint64_t asked_ms; /* when something was asked for that needs the device open */
	uint64_t lock_after_ms,
	        lock_option_ms; /* to lock after: as set here, as the program was told; 0: never */
	struct passphrase_tries *tries; /* of the whole program, borrowed */
	struct api_hand *hand; /* the same; NULL: it is never handed over */
	bool disk_full; /* new records are refused, as when the database is */
	uint64_t quota_bytes, quota_device_entries; /* a relay's; 0: no limit */
	bool over_quota; /* of bytes */
	uint64_t half_open, turned_away; /* connections of strangers: now; ended for their number */
	struct net_address listening; /* port 0: it does not */
	/* This machine's addresses, at most `max`; how many. May be NULL. */
	uint32_t (*own_addresses)(void *context, struct net_address *out, uint32_t max);
	void (*seek)(void *context); /* look for known devices now; may be NULL */
	void (*stop)(void *context); /* end the program; may be NULL */
	void (*lock)(void *context); /* forget every key; may be NULL */
	/* uv_shell_change_passphrase(), or, where it is locked, uv_database_change_passphrase(). */
	int (*change_passphrase)(void *context, struct span old_passphrase, struct span new_passphrase,
	        struct uv_database_problem *problem);
	void (*wipe)(void *context); /* end the program, and leave no file; may be NULL */
	/* Open again what is locked, at once when nothing is, else once this request's handling is over: replies to the call, which was held for it, and
	 * wipes the passphrase. May be NULL. */
	void (*unlock)(void *context, struct api_call *call, struct buf *passphrase);
	/* Append the page of numbers about all teams of the program. May be NULL: there is this one alone. */
	void (*metrics)(void *context, struct buf *page);
	/* What GET /api/teams shows: an array. May be NULL: there is this one alone. */
	json_t *(*teams)(void *context);
	/* Call api_node_tell() for all teams of the program. May be NULL: there is this one alone. */
	void (*tell_all)(void *context);
	/* Make a device where there is none, under that passphrase, and open it as `unlock` does. The passphrase is taken. */
	void (*make_device)(void *context, struct api_call *call, struct buf *passphrase, bool cheap);
	/* Open a team's directory that was made meanwhile, as `unlock` does. ERR_NOTFOUND, ERR_EXISTS, ERR_FULL: refused, the call is not replied to and
	 * not released. May be NULL. */
	int (*open_team)(void *context, struct api_call *call, const char *name, struct buf *passphrase);
	/* uv_picture_start(), of one file at a time, and uv_picture_cancel(). May be NULL: files are refused. */
	int (*look_at)(void *context, struct buf *bytes,
	        void (*done)(void *done_context, int result, struct picture *picture), void *done_context);
	void (*look_no_more)(void *context);
	void *context;
	struct import *import; /* made at the first piece */
	struct api_drafts drafts;
	struct api_running running;
	struct api_check *check; /* under way; NULL: none */
	struct api_backup *backup; /* under way; NULL: none */
	struct buf upload; /* a photo or scan that comes in pieces */
	uint64_t upload_count; /* its number */
	struct api_adding *adding; /* a file that is looked at; NULL: none */
	struct api_bundle *bundle; /* a file that is being written or taken in; NULL: none */
	uint64_t news_count, check_count, backup_count, bundle_count;
	uint64_t meeting_number; /* of the last event that told of it */
	uint64_t photos_mark; /* likewise: which photos are whole here, and at others */
	bool is_together; /* with somebody, as the stream of events was told */
	struct api_work *work; /* node/api_work.h; NULL: nobody asked yet */
	uint32_t session_count; /* the same */
	bool is_refused; /* the same */
	struct api_work_told work_told;
	struct api_work_kept work_kept;
};

/* For struct api_config: dossiers' digests are still being made, many of them, and nothing else is under way: what goes by all dossiers waits for that, for a minute at most. */
bool api_node_is_early(void *app, const struct api_route *route, uint64_t waited_ms);
uint64_t api_node_now_ms(void *app);

/* The table, for api_new(). */
extern const struct api_route api_node_routes[];
int api_node_ready(void *owner, unsigned need, bool unattended, const char **sentence);
/* Tell whoever follows that something moved, so that an open page looks again. */
void api_node_tell(struct api_node *app);

/* For api_config.silent: somebody else holds the device (api_hand.h). */
bool api_is_handed_over(void *owner);

/* Colleagues' devices hang up on this one, and it is with nobody: it may have been removed. */
bool api_is_refused(const struct api_node *app);

/* Tell followers what moved; called after each turn. */
void api_node_turned(struct api_node *app, const struct node_news *news);
/* It lets go of what it made over node and database: which are opened again, so that what can be begun anew goes on; or for good. */
void api_node_reopening(struct api_node *app);
void api_node_wipe(struct api_node *app);

/* ---- Shared by handlers ---- */

struct api_node *api_node_of(const struct api_call *call);
json_t *api_hex(const uint8_t *bytes, size_t size);

json_t *api_full_name(const json_t *patient); /* the name in use and first names, as a list shows them */

/* A patient by id or by the first 4 or more digits of one. ERR_NOTFOUND; ERR_CONFLICT: several begin so. */
int api_patient_id(struct api_node *app, const char *text, struct record_id *out);

/* A document of a kind likewise: a thread of messages, minutes. */
int api_doc_id(struct api_node *app, enum schema_doc_kind doc_kind, const char *text, struct record_id *out);

/* The one document of a kind that the team, or this device's person, has. False: it is not of such a kind, or there is no person. */
bool api_own_doc_id(struct api_node *app, const struct schema_doc *doc, struct record_id *out);

/* A device of the team likewise. ERR_NOTFOUND, ERR_CONFLICT; replied to with a sentence. */
int api_device_or_reply(struct api_call *call, const char *text, struct device_id *out);

/* "person" of a request, whose device joins (zero: it is not given), and its "invitation". False: replied. */
bool api_joining_person(struct api_call *call, struct person_id *out);
bool api_invitation_or_reply(struct api_call *call, struct team_invitation *out);
bool api_name_fits(const char *name);

/* A person by the first digits of her id, or of one of her devices'. False: replied. */
bool api_person_or_reply(struct api_call *call, const char *text, struct person_id *out);

/* A patient by the first digits of the id. False: replied. */
bool api_patient_named_or_reply(struct api_call *call, const char *text, struct record_id *id);

/* The patient that the path names first, and unless NULL the dossier. False: replied. */
bool api_patient_or_reply(struct api_call *call, struct record_id *id, struct crdt_doc **doc);

/* "192.168.1.20" and a port. Names are not looked up: colleagues' devices have none. */
bool api_read_address(const json_t *json, struct net_address *out);

/* Where a device is looked for whose code was given, and how the last attempt at each address ended: [{"address", "ended"}]. */
json_t *api_looked_for(const struct api_node *app, const struct device_id *device);

/* What a device may, and until when, as {"fr", "en"}. */
json_t *api_rights(struct api_node *app, const struct team_device *device);

/* The person whose device this is. False: not in the team (any more), or not a person's. */
bool api_own_person(struct api_node *app, struct person_id *out);

/* A person of the directory, as its record; {} where it is not known. */
json_t *api_person(struct api_node *app, const struct person_id *person);

/* Note in the access log that a reply shows something of a patient, or a list (NULL). */
void api_note(struct api_node *app, enum access_kind kind, const struct record_id *patient, uint64_t detail);
/* Handle the call once all that was noted is durable: for what leaves the device as a whole. */
int api_when_noted(struct api_call *call, int (*work)(struct api_call *call));
/* The dossiers here: what is noted of what leaves as a whole. */
uint64_t api_dossier_count(struct api_node *app);
/* "2026-11-26" as 20261126, "2026-11" as 202611. */
uint64_t api_note_day(const char *text);

/* A sealed row of this device alone (node_put_local). ERR_NOTFOUND and the store's errors. */
int api_local(struct api_node *app, const char *name, struct buf *out);

/* The reply, once everything written so far is durable. `body` is taken, also on errors. */
int api_reply_durable(struct api_call *call, int status, json_t *body);

/* Run `work` (a handler: it replies, or returns the error) when everything written so far is durable, at once when that is so now: for what
 * reads the log, which shows durable entries alone. */
int api_when_durable(struct api_call *call, int (*work)(struct api_call *call));
/* The same when nothing is under way any more, whoever wrote it. */
int api_when_quiet(struct api_call *call, int (*work)(struct api_call *call));

/* Write the call's JSON as a record of `kind`; replies with its id. `id` NULL: a new one. */
int api_write_record(struct api_call *call, const struct schema_kind *kind, const struct record_id *doc_id,
        const struct record_id *id, enum schema_check_mode mode, const struct op_id *corrects);

/* The event that the call's JSON names by its id as "corrects": *corrects points to *op then, else it is NULL. False: there is no such event of
 * this kind in the document; replied. */
bool api_corrected(struct api_call *call, const struct crdt_doc *doc, const struct schema_kind *kind,
        struct op_id *op, const struct op_id **corrects);

/* The same of another object than the call's JSON. */
bool api_corrected_by(struct api_call *call, const json_t *json, const struct crdt_doc *doc,
        const struct schema_kind *kind, struct op_id *op, const struct op_id **corrects);

/* A kind of record, and the document that a request means by `in`: the patient, thread or minutes; NULL where there is but one. False: replied. */
struct api_place {
	const struct schema_kind *kind;
	struct record_id doc_id;
	struct crdt_doc *doc; /* NULL: it is not there yet */
};
bool api_find_place(
        struct api_call *call, const struct schema_kind *kind, const char *in, struct api_place *out);

/* Of a patient with several files: that with the record or event of this whole id (NULL: none); else the first, where what is new is written. False: replied. */
bool api_find_file(struct api_call *call, struct api_place *place, const char *id_text);

/* What goes without saying of a new record: who writes is the nurse, the moment is now. */
void api_preset_record(struct api_node *app, const struct schema_kind *kind, json_t *record);

/* The event of `kind` with this id. False: not in the document. */
bool api_find_event(
        const struct crdt_doc *doc, uint32_t kind, const struct record_id *id, struct crdt_event *out);

/* What is wrong with a record, as the reply. */
int api_refuse_record(struct api_call *call, const struct schema_report *report);

/* Write the call's JSON as a new record of `kind` in a document (`doc` NULL: a new one), with what goes without saying: who writes is the
 * nurse, and the moment is now, unless it says otherwise. Corrections cite what they correct. */
int api_add_record(struct api_call *call, const struct schema_kind *kind, const struct record_id *doc_id,
        struct crdt_doc *doc);

/* Change the record of registers with this whole id. */
int api_change_record(struct api_call *call, const struct schema_kind *kind, const struct record_id *doc_id,
        const struct crdt_doc *doc, const char *id);

/* What of the round wants attention, as facts of no document (node/work). */
struct work_facts;
void api_round_work(struct api_node *app, int64_t today, struct work_facts *facts, int64_t *due_s);

/* The limit that the query asks for. */
uint32_t api_list_limit(const struct api_call *call);

/* Would `object` be taken as a new record of `kind` in `doc`? False: replied. */
bool api_check_record(struct api_call *call, const struct schema_kind *kind, const json_t *object,
        const struct crdt_doc *doc);

/* The operation of an event of the log, opened; a digest_source's `read` over a struct api_node. Borrowed until the next call of the node. */
bool api_read_op(void *app, const struct op_id *op_id, struct crdt_op *out, struct crdt_meta *meta);

/* Open the entry of an event and render it; NULL when it cannot be. */
json_t *api_event_json(struct api_node *app, const struct op_id *op);

/* The records of one kind in a document, events newest first, at most `limit`. Owner decrefs. `doc` is not valid afterwards. */
json_t *api_parts_json(
        struct api_node *app, struct crdt_doc *doc, const struct schema_kind *kind, uint32_t limit);

/* Every record of a document, as GET /api/dump shows them. Owner decrefs. */
json_t *api_doc_records(struct api_node *app, struct crdt_doc *doc);

/* The document that a path names: "directory", "time" (one's own), "rates", "ledger", or a patient (api_patient_id). */
int api_document(struct api_call *call, const char *text, uint32_t *doc_kind, struct record_id *doc_id);

/* True after a refusal was replied: the disk or the database is so full that new records are not taken. What changes, decides, revokes and
 * erases goes on. */
bool api_refused_record(struct api_call *call);
enum store_room api_room(const struct api_node *app);

/* How much of the team's records is here, what is shown from early copies, and what comes (README.md, "Early copies"). */
json_t *api_copy_json(struct api_node *app);
/* Say so ("unverified") where a dossier is shown from an early copy. */
void api_mark_early(struct api_node *app, json_t *json, const struct record_id *dossier);
/* An event of one, whose entry is not here. NULL: not to be shown. */
json_t *api_early_body_json(struct api_node *app, const struct early_body *body);
/* True: this device has a partial copy, on which nobody may build what is asked for; replied. */
bool api_refused_partial(struct api_call *call);
void api_fail_unverified(struct api_call *call); /* the reply to a change that ERR_UNVERIFIED refused */

/* An id of a record as requests give it, whole or its first 12 digits: the bytes that others cite it by. NULL is allowed. False: it is none. */
bool api_short_id(const char *text, uint8_t out[SCHEMA_SHORT_BYTES]);

/* The day that a text of a request names, in days since 1970; `otherwise` where it is NULL. False: it is not one; replied. */
bool api_day_or_reply(struct api_call *call, const char *text, int64_t otherwise, int64_t *out);
/* Today, by the calendar of Paris. */
int64_t api_today(const struct api_node *app);

/* A JSON text member; NULL when absent or not a text. */
const char *api_text(const json_t *object, const char *name);

/* The same; false: it is there and not a text, and that was replied. */
bool api_optional_text(struct api_call *call, const char *name, const char **out);

/* "active", "suspended" ...; "clinical" ... */
const char *api_device_state(enum team_device_state state);
const char *api_compartment_name(enum compartment compartment);

/* enum team_role of "nurse"; NONE: there is no such role. NULL is allowed. */
uint8_t api_role_named(const char *name);

/* A moment at the place, as api_now(). */
json_t *api_moment_ms(uint64_t ms);

/* What is asked of this device's nurse: [{"what": "confirm", "endorse", "choose", "reinstate", "remove" or "wait", "id", "fr", "en"}]. */
json_t *api_asks(struct api_node *app);

/* {"entries", "own"}: what is kept apart, and how much of it this person wrote. */
json_t *api_quarantine_count(struct api_node *app);

/* A team's numbers (metrics.h), and the program's. */
void api_metrics_of(struct api_node *app, struct metrics_team *out);
struct metrics_program api_metrics_program(uint64_t uptime_ms);

/* Whose device it is, as people say it: her name, and the beginning of its id where that alone does not tell. */
void api_device_words(
        struct api_node *app, const struct device_id *id, enum schema_language language, struct buf *out);
json_t *api_device_name(struct api_node *app, const struct device_id *id); /* {"fr", "en"} */

/* The connection with a device; all zero, false: there is none. Live: over it nothing that the device has is lacking here. */
bool api_connection(struct api_node *app, const struct device_id *device, struct peer_status *out);
bool api_is_live(const struct peer_status *status);

/* Members that say when a device was heard of and met (node_heard_of): "said", "heard", "through", "throughName", "met". */
void api_put_heard(struct api_node *app, const struct device_id *device, json_t *json);

/* How old what is shown is: {"devices": [{"device", "person", "name", "role", "upto", "now", "lacking", "missing", and as above}], "fr", "en"}, the devices of others
 * that write records. Owner decrefs. */
json_t *api_age(struct api_node *app);
enum compartment api_aged_compartment(struct api_node *app);

/* What was written after a frontier, as GET /api/news has it: members "changes", "gaps", "more", "upto" of `json`. "read": how many entries
 * that were. limit=N of the query. */
int api_news_between(struct api_call *call, const struct crdt_frontier *from, bool with_own, json_t *json);

/* A frontier as a reply gives it away, and read again, added to *out; ERR_INVALID: this device gave no such mark. */
json_t *api_mark_json(struct api_node *app, const struct crdt_frontier *frontier);
int api_mark_read(struct api_node *app, const char *text, struct crdt_frontier *out);

/* The moment now at the place, "2026-11-22T14:05:09+01:00". */
json_t *api_now(const struct api_node *app);

/* "2026-11" as months since January 1970. */
bool api_month(const char *text, int32_t *month);

/* Handlers, by file. */
int api_get_status(struct api_call *call);
int api_get_metrics(struct api_call *call);
int api_post_fsck(struct api_call *call);
int api_post_backup(struct api_call *call);
int api_get_held(struct api_call *call);
int api_get_meeting(struct api_call *call);
int api_get_conflicts(struct api_call *call);
int api_post_resolve(struct api_call *call);
int api_get_signoffs(struct api_call *call);
int api_get_practice_summary(struct api_call *call);
int api_get_export_agreements(struct api_call *call);
int api_post_export_agreement(struct api_call *call);
int api_post_evaluation_export(struct api_call *call);
int api_get_questionnaires(struct api_call *call);
int api_get_surveys(struct api_call *call);
int api_post_survey(struct api_call *call);
int api_get_survey_print(struct api_call *call);
int api_post_survey_paper(struct api_call *call);
int api_post_survey_hand_over(struct api_call *call);
int api_get_survey_form(struct api_call *call);
int api_post_survey_form(struct api_call *call);
int api_post_survey_write(struct api_call *call);
int api_get_survey_results(struct api_call *call);
int api_post_survey_close(struct api_call *call);
int api_post_survey_texts(struct api_call *call);
int api_post_survey_cancel(struct api_call *call);
int api_get_rules(struct api_call *call);
int api_get_message_threads(struct api_call *call);
int api_get_message_thread(struct api_call *call);
int api_post_thread(struct api_call *call);
int api_post_message(struct api_call *call);
int api_post_thread_people(struct api_call *call);
int api_post_thread_read(struct api_call *call);
int api_post_rule_sign(struct api_call *call);
int api_post_signoff(struct api_call *call);
int api_get_work(struct api_call *call);
int api_post_work_later(struct api_call *call);
int api_get_only_here(struct api_call *call);
int api_get_wipe(struct api_call *call);
int api_post_wipe(struct api_call *call);
int api_post_lock(struct api_call *call);
int api_post_unlock(struct api_call *call);
int api_post_device(struct api_call *call);
int api_get_teams(struct api_call *call);
int api_post_team_open(struct api_call *call);
int api_post_passphrase(struct api_call *call);
int api_get_events(struct api_call *call);
int api_post_stop(struct api_call *call);
int api_get_routes(struct api_call *call);
int api_get_dump(struct api_call *call);
int api_post_peer(struct api_call *call);
int api_get_address(struct api_call *call);
int api_get_members(struct api_call *call);
int api_get_settings(struct api_call *call);
int api_post_settings(struct api_call *call);
int api_get_access_rows(struct api_call *call);
int api_post_team(struct api_call *call);
int api_post_invitation(struct api_call *call);
int api_post_withdrawal(struct api_call *call);
int api_post_join(struct api_call *call);
int api_post_endorse(struct api_call *call);
int api_post_remove_device(struct api_call *call);
int api_post_remove_person(struct api_call *call);
int api_post_role(struct api_call *call);
int api_post_confirm(struct api_call *call);
int api_post_reinstate(struct api_call *call);
int api_post_leave(struct api_call *call);
int api_post_choose(struct api_call *call);
int api_post_rotate(struct api_call *call);
int api_get_quarantine(struct api_call *call);
int api_post_bundle_export(struct api_call *call);
int api_post_bundle_import(struct api_call *call);
int api_post_bundle_request(struct api_call *call);
/* A file under way: begins anew when it is asked for again; is given up; is given up when nobody asked for more of it for long. */
void api_bundle_pause(struct api_node *app);
void api_bundle_wipe(struct api_node *app);
void api_bundle_turned(struct api_node *app);
int api_post_countersign(struct api_call *call);
int api_get_search(struct api_call *call);
int api_get_patients(struct api_call *call);
int api_post_patient(struct api_call *call);
int api_get_patient(struct api_call *call);
int api_patch_patient(struct api_call *call);
int api_get_duplicates(struct api_call *call);
int api_post_link(struct api_call *call);
int api_get_file(struct api_call *call);
int api_get_medication(struct api_call *call);
int api_post_prescription(struct api_call *call);
int api_get_vitals(struct api_call *call);
int api_get_wounds(struct api_call *call);
int api_post_case(struct api_call *call);
int api_get_cases(struct api_call *call);
int api_get_case(struct api_call *call);
int api_post_case_end(struct api_call *call);
int api_post_indicators(struct api_call *call);
int api_get_indicators(struct api_call *call);
int api_get_indicator_definitions(struct api_call *call);
int api_get_indicator_definition(struct api_call *call);
int api_get_indicators_verify(struct api_call *call);
int api_get_facilitator(struct api_call *call);
int api_post_relay_offer(struct api_call *call);
int api_post_relay(struct api_call *call);
int api_post_share(struct api_call *call);
int api_post_unshare(struct api_call *call);
int api_post_minutes_share(struct api_call *call);
int api_post_minutes_unshare(struct api_call *call);
int api_get_shares(struct api_call *call);
int api_get_parts(struct api_call *call);
int api_post_part(struct api_call *call);
int api_patch_part(struct api_call *call);
int api_post_photo_piece(struct api_call *call);
int api_post_photo(struct api_call *call);
int api_get_photos(struct api_call *call);
int api_get_photo_piece(struct api_call *call);
int api_post_photo_policy(struct api_call *call);
json_t *api_photo_policy(struct api_node *app); /* {which, bytesPerSecond} */
/* What came of a file is forgotten. */
void api_upload_wipe(struct api_node *app);
void api_photo_stop(struct api_node *app); /* whoever waits for a file to be looked at is told to try again */
int api_get_retention(struct api_call *call);
int api_patch_retention(struct api_call *call);
int api_get_erasure(struct api_call *call);
int api_post_erasure(struct api_call *call);
/* What an erasure waits for that is not done yet: {"what": "room", "neededMb"} or {"what": "file"}. Owner decrefs. */
json_t *api_file_wait(const struct node_word *word);
int api_get_erasures(struct api_call *call);
int api_get_records(struct api_call *call);
int api_post_record(struct api_call *call);
int api_patch_record(struct api_call *call);
int api_get_omaha(struct api_call *call);
int api_get_omaha_search(struct api_call *call);
int api_get_omaha_term(struct api_call *call);
int api_get_assessments(struct api_call *call);
int api_get_plan(struct api_call *call);
int api_get_recurrence(struct api_call *call);
int api_post_schedule(struct api_call *call);
int api_get_round(struct api_call *call);
int api_get_planning(struct api_call *call);
int api_post_round(struct api_call *call);
int api_get_proposals(struct api_call *call);
int api_get_cabinet_sheet(struct api_call *call);
int api_get_absences(struct api_call *call);
int api_post_absence(struct api_call *call);
int api_get_fhir(struct api_call *call);
int api_post_fhir(struct api_call *call);
int api_get_mine(struct api_call *call);
int api_get_contacts(struct api_call *call);
int api_post_directory(struct api_call *call);
int api_get_liaison(struct api_call *call);
int api_get_synthesis(struct api_call *call);
int api_get_visits(struct api_call *call);
int api_post_visit(struct api_call *call);
int api_post_amendment(struct api_call *call);
int api_get_transmissions(struct api_call *call);
int api_get_threads(struct api_call *call);
int api_post_transmissions_read(struct api_call *call);
int api_get_time_summary(struct api_call *call);
int api_get_drafts(struct api_call *call);
int api_get_draft(struct api_call *call);
int api_put_draft(struct api_call *call);
int api_delete_draft(struct api_call *call);
int api_post_draft_restore(struct api_call *call);
int api_post_draft_save(struct api_call *call);
int api_get_running(struct api_call *call);
int api_post_visit_start(struct api_call *call);
int api_delete_running(struct api_call *call);
int api_post_visit_stop(struct api_call *call);
int api_get_times(struct api_call *call);
int api_post_time(struct api_call *call);
int api_get_rates(struct api_call *call);
int api_post_rate(struct api_call *call);
int api_add_rate(struct api_call *call); /* once it was looked at */
int api_get_schema(struct api_call *call);
int api_post_import(struct api_call *call);
int api_post_designate(struct api_call *call);
int api_get_billing(struct api_call *call);
int api_get_billing_state(struct api_call *call);
int api_get_billing_check(struct api_call *call);
int api_get_billing_preview(struct api_call *call);
int api_get_billing_explain(struct api_call *call);
int api_get_billing_nurses(struct api_call *call);
int api_get_billing_patients(struct api_call *call);
int api_post_release(struct api_call *call);
int api_post_word(struct api_call *call);
int api_post_second(struct api_call *call);
int api_post_close(struct api_call *call);
int api_get_verify(struct api_call *call);
int api_get_statement(struct api_call *call);
int api_get_care(struct api_call *call);
int api_post_verify_file(struct api_call *call);
int api_get_history(struct api_call *call);
int api_get_history_at(struct api_call *call);
int api_get_news(struct api_call *call);
int api_post_news_seen(struct api_call *call);
int api_post_copy_accept(struct api_call *call);
int api_post_undo(struct api_call *call);
int api_get_access(struct api_call *call);
int api_get_access_export(struct api_call *call);
int api_get_access_chain(struct api_call *call);
int api_post_access_days(struct api_call *call);

#endif
