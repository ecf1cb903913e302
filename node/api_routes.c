/* One row per route; the help texts are what GET /api and the documentation show. */
#include "node/api_node.h"

#include "crdt/base/err.h"

#define NONE API_BODY_NONE
#define JSON API_BODY_JSON
#define ANY API_NEED_NOTHING
#define OPEN API_NEED_OPEN
#define TEAM API_NEED_TEAM
#define HAND API_NEED_HAND

const struct api_route api_node_routes[] = {
        {API_GET, "/api", NONE, ANY, api_get_routes, "these routes"},
        {API_GET, "/api/status", NONE, ANY, api_get_status, "team, device, feeds, peers, room"},
        {API_GET, "/api/metrics", NONE, ANY, api_get_metrics,
                "{page}: numbers for Prometheus, of all teams; as text at GET /metrics with a token of its "
                "own"},
        {API_GET, "/api/events", NONE, ANY, api_get_events, "server-sent events: news, import, meeting"},
        {API_GET, "/api/teams", NONE, ANY, api_get_teams,
                "teams of this program; /api/teams/NAME/... is /api/... of that team"},
        {API_POST, "/api/teams", JSON, ANY, api_post_team_open,
                "{team, passphrase}: open a team whose directory was made meanwhile"},
        {API_GET, "/api/schema", NONE, ANY, api_get_schema, "kinds of records, their fields, labels"},
        {API_GET, "/api/omaha", NONE, ANY, api_get_omaha,
                "the whole Omaha System: version, notice, problems with signs, targets, scales; may be kept"},
        {API_GET, "/api/omaha/search", NONE, ANY, api_get_omaha_search,
                "words=TEXT: in either language, whatever the case and accents; or a code"},
        {API_GET, "/api/omaha/:code", NONE, ANY, api_get_omaha_term, "PB26, SS2601, TG14"},
        {API_POST, "/api/fsck", JSON, OPEN, api_post_fsck,
                "check the whole database; check: number of one under way, to go on"},
        {API_POST, "/api/backup", JSON, OPEN, api_post_backup,
                "{file}: write the whole database there, encrypted; backup: number of one under way, to go "
                "on"},
        {API_GET, "/api/dump", NONE, TEAM, api_get_dump, "every record of every document; after=NUMBER"},
        {API_POST, "/api/stop", JSON, ANY, api_post_stop, "end the program in order"},
        {API_GET, "/api/settings", NONE, OPEN, api_get_settings,
                "version and formats of the program, where it listens, after how long it locks, its last "
                "backup"},
        {API_POST, "/api/settings", JSON, OPEN, api_post_settings,
                "{lockAfterMinutes}: lock when nothing was asked for so long, on this device; 0: never"},
        {API_POST, "/api/lock", JSON, API_NEED_LOCKING, api_post_lock,
                "forget every key until the passphrase is given again"},
        {API_POST, "/api/unlock", JSON, ANY, api_post_unlock, "{passphrase}: open again what was locked"},
        {API_POST, "/api/device", JSON, ANY, api_post_device,
                "{passphrase, cheapKey}: make this device where there is none yet, and open it; cheapKey: a "
                "passphrase that is quick to try, "
                "for tests"},
        {API_POST, "/api/passphrase", JSON, ANY, api_post_passphrase,
                "{old, new}: another passphrase for this device"},
        {API_GET, "/api/wipe", NONE, OPEN, api_get_wipe, "how many entries no other device is known to have"},
        {API_POST, "/api/wipe", JSON, ANY, api_post_wipe,
                "{word}: destroy the key, end the program, remove everything of this device"},
        {API_GET, "/api/address", NONE, TEAM, api_get_address,
                "where this device listens, with codes for a colleague"},
        {API_POST, "/api/peers", JSON, TEAM, api_post_peer,
                "{ip, port}: look for a colleague there; {code}: for the device of that code"},
        {API_GET, "/api/members", NONE, TEAM, api_get_members, "people and devices"},
        {API_POST, "/api/team", JSON, OPEN, api_post_team, "{name}: found a team"},
        {API_POST, "/api/invitations", JSON, TEAM, api_post_invitation,
                "{role, hours, from, until, person}: let somebody in; person: with another device, at "
                "this one"},
        {API_POST, "/api/invitations/withdraw", JSON, TEAM, api_post_withdrawal,
                "{invitation}: nobody can use it any more; {all: true}: every one that is open"},
        {API_POST, "/api/join", JSON, OPEN, api_post_join,
                "{invitation, ip, port, name, person}: join a team; person: one's id there, with another "
                "device"},
        {API_POST, "/api/relay/offer", JSON, OPEN, api_post_relay_offer,
                "{team}: the code by which a nurse lets this device in, to hold everything unread"},
        {API_POST, "/api/relays", JSON, TEAM, api_post_relay, "{code, ip, port}: let a relay in"},
        {API_GET, "/api/meeting", NONE, TEAM, api_get_meeting,
                "who is here, level, has signed; the checkpoint; what is new since the last meeting; "
                "limit=N, "
                "own=1; brief=1: without that"},
        {API_GET, "/api/practice/summary", NONE, TEAM, api_get_practice_summary,
                "year=YYYY: sharing, facilitation, training, peers' visits, meetings between teams, time; "
                "what is due"},
        {API_GET, "/api/threads", NONE, TEAM, api_get_message_threads,
                "threads of messages, the latest first, with what is unread; limit=N"},
        {API_POST, "/api/threads", JSON, TEAM, api_post_thread,
                "{subject, people: [person], body, urgent}: begin one; a locum or facilitator who is "
                "addressed is given it"},
        {API_GET, "/api/threads/:thread", NONE, TEAM, api_get_message_thread,
                "its messages, and who has read which; limit=N: the last ones"},
        {API_POST, "/api/threads/:thread/messages", JSON, TEAM, api_post_message, "{body, urgent}: one more"},
        {API_POST, "/api/threads/:thread/people", JSON, TEAM, api_post_thread_people,
                "{people: [person]}: whom it is addressed to from now on"},
        {API_POST, "/api/threads/:thread/read", JSON, TEAM, api_post_thread_read,
                "this device's person has read all that is there"},
        {API_POST, "/api/minutes/:minutes/share", JSON, TEAM, api_post_minutes_share,
                "{person}: give a locum these minutes"},
        {API_POST, "/api/minutes/:minutes/unshare", JSON, TEAM, api_post_minutes_unshare,
                "{person}: nothing new of them from now on"},
        {API_GET, "/api/rules", NONE, TEAM, api_get_rules,
                "charter and rules, with who signed which version"},
        {API_POST, "/api/rules/:rule/sign", JSON, TEAM, api_post_rule_sign,
                "{saw: digest}: sign the text as it was read; 409 where it changed since"},
        {API_GET, "/api/work", NONE, TEAM, api_get_work,
                "what wants a person's attention: patient=ID, mine=1, type=NAME, later=1: also what was put "
                "off; all=1: also what rests; each=N of a type, limit=N"},
        {API_POST, "/api/work/:item/later", JSON, TEAM, api_post_work_later,
                "{until: DAY}: not before, on this device; null: at once"},
        {API_GET, "/api/conflicts", NONE, TEAM, api_get_conflicts,
                "fields with several values, entries kept apart, notices; patient=ID, class=safety, limit=N"},
        {API_POST, "/api/conflicts/resolve", JSON, TEAM, api_post_resolve,
                "{place, saw: [op], choose: op, or value, reason}: settle it; 409 where another value came "
                "meanwhile"},
        {API_GET, "/api/only-here", NONE, TEAM, api_get_only_here,
                "what no other device is known to have; limit=N"},
        {API_POST, "/api/copy/accept", JSON, TEAM, api_post_copy_accept,
                "wait no longer for records that a device announced and nobody brought: the copy is not "
                "partial any more"},
        {API_GET, "/api/members/:device/held", NONE, TEAM, api_get_held,
                "what is here of what a device wrote, and how much more is known to have been there"},
        {API_POST, "/api/members/:device/endorse", JSON, TEAM, api_post_endorse, "second signature"},
        {API_POST, "/api/members/:device/remove", JSON, TEAM, api_post_remove_device,
                "{reason: lost, stolen, replaced, left}: the device is out, or suspended when it is a "
                "person's last"},
        {API_POST, "/api/members/:device/choose", JSON, TEAM, api_post_choose,
                "{none}: of an invitation that was used twice this device counts, or none"},
        {API_POST, "/api/people/:person/remove", JSON, TEAM, api_post_remove_person,
                "{reason}: propose that a person leaves; takes a second signature"},
        {API_POST, "/api/people/:person/role", JSON, TEAM, api_post_role,
                "{role, until=YYYY-MM-DD}: to or from nurse takes a second signature"},
        {API_POST, "/api/people/:person/reinstate", JSON, TEAM, api_post_reinstate,
                "take suspensions of a person's devices back"},
        {API_POST, "/api/proposals/:proposal/confirm", JSON, TEAM, api_post_confirm, "the second signature"},
        {API_POST, "/api/leave", JSON, TEAM, api_post_leave,
                "{until=YYYY-MM-DD}: announce that one leaves, by default in 30 days"},
        {API_POST, "/api/keys/rotate", JSON, TEAM, api_post_rotate,
                "new keys for all that is written from now on"},
        {API_GET, "/api/quarantine", NONE, TEAM, api_get_quarantine,
                "entries that are kept apart; all=1: also those that a colleague vouched for; limit=N"},
        {API_POST, "/api/bundle/export", JSON, TEAM, api_post_bundle_export,
                "{path, for, all, volumeMb, replace}: write there, for colleagues, what they lack; bundle: "
                "number of one "
                "under way, to go on"},
        {API_POST, "/api/bundle/import", JSON, OPEN, api_post_bundle_import,
                "{path}: take such a file, or all in a folder, in; bundle: number of one under way, to go "
                "on"},
        {API_POST, "/api/bundle/request", JSON, OPEN, api_post_bundle_request,
                "{path, invitation, name, person}: ask to join the team whose files are there, by another "
                "file; bundle: number of one under way, to go on"},
        {API_POST, "/api/quarantine/countersign", JSON, TEAM, api_post_countersign,
                "{entries, comment}: vouch for them, so that they count"},
        {API_GET, "/api/search", NONE, TEAM, api_get_search,
                "words=TEXT, limit=N: records in which every word stands, or begins one"},
        {API_POST, "/api/fhir", API_BODY_BYTES, TEAM, api_post_fhir,
                "what a FHIR bundle about one patient would bring; take=1: take it; into=ID or new=1: which "
                "dossier, "
                "where patients here may be the same person"},
        {API_GET, "/api/mine", NONE, TEAM, api_get_mine,
                "{csv}: one's own visits, times and transmissions; unencrypted=1; from=, to=: days; names=1: "
                "patients' names"},
        {API_POST, "/api/directory", API_BODY_BYTES, TEAM, api_post_directory,
                "what a CSV table of people and services would bring, line by line; take=1: take it; "
                "update=1: entries "
                "that are here with other content too"},
        {API_GET, "/api/patients", NONE, TEAM, api_get_patients,
                "search=TEXT, limit=N, archived=1: those in the archive"},
        {API_POST, "/api/patients", JSON, TEAM, api_post_patient,
                "add a patient; anyway: although one is here that is likely the same"},
        {API_GET, "/api/patients/duplicates", NONE, TEAM, api_get_duplicates,
                "lastName, firstName, birthName, birthDate, sex, phone, nir: patients like what is being "
                "typed; without: pairs of files that are perhaps one person's"},
        {API_GET, "/api/patients/:patient/file", NONE, TEAM, api_get_file, "the patient's file in one view"},
        {API_POST, "/api/patients/:patient/links", JSON, TEAM, api_post_link,
                "{other, decision: same-person, different, undone; note}: join two files of one person, say "
                "that they are two people's, undo a joining"},
        {API_GET, "/api/patients/:patient", NONE, TEAM, api_get_patient,
                "the dossier's head; alone=1: of this file, whatever it is joined with"},
        {API_PATCH, "/api/patients/:patient", JSON, TEAM, api_patch_patient, "change fields; reason"},
        {API_GET, "/api/patients/:patient/medication", NONE, TEAM, api_get_medication,
                "prescriptions, lines, the doses of a day, alarms, what wants attention; day=YYYY-MM-DD, "
                "since=YYYY-MM-DD: doses from then on"},
        {API_POST, "/api/patients/:patient/prescriptions", JSON, TEAM, api_post_prescription,
                "a prescription and its lines in one save; renews without lines: those of the former that "
                "were not "
                "stopped"},
        {API_GET, "/api/patients/:patient/vitals", NONE, TEAM, api_get_vitals,
                "measures over time, of visits and outside, with trend, limits, opinions; type=NAME, "
                "from=, to=YYYY-MM-DD"},
        {API_GET, "/api/patients/:patient/wounds", NONE, TEAM, api_get_wounds,
                "wounds and their checks, each beside the one before and last week's; day=YYYY-MM-DD"},
        {API_POST, "/api/patients/:patient/visits/start", JSON, TEAM, api_post_visit_start, "a visit begins"},
        {API_POST, "/api/patients/:patient/visits", JSON, TEAM, api_post_visit, "add a finished visit"},
        {API_POST, "/api/patients/:patient/visits/:visit/amend", JSON, TEAM, api_post_amendment,
                "correct a visit; reason"},
        {API_POST, "/api/photos/pieces", API_BODY_BYTES, TEAM, api_post_photo_piece,
                "a photo (JPEG, PNG) or scan (PDF), piece by piece; upload=NUMBER of the reply to the first"},
        {API_POST, "/api/photos/policy", JSON, TEAM, api_post_photo_policy,
                "{which: all, today, asked, none; bytesPerSecond: at most, 0: no ceiling}: which photos come "
                "to this device; without: say so"},
        {API_POST, "/api/patients/:patient/photos", JSON, TEAM, api_post_photo,
                "{upload, caption, at, visit, problem}: save what came in pieces"},
        {API_GET, "/api/patients/:patient/photos", NONE, TEAM, api_get_photos,
                "what is known of them, newest first; thumbnails=1"},
        {API_GET, "/api/patients/:patient/photos/:photo/pieces/:piece", NONE, TEAM, api_get_photo_piece,
                "a piece in base64; one that is not here is asked for from now on"},
        {API_GET, "/api/patients/:patient/erasure", NONE, TEAM, api_get_erasure,
                "what erasing would take away, where else the patient is named in words, what has to be "
                "repeated to order it"},
        {API_POST, "/api/patients/:patient/erasure", JSON, TEAM, api_post_erasure,
                "{name, records, reason}: erase the dossier everywhere; cannot be taken back"},
        {API_GET, "/api/retention", NONE, TEAM, api_get_retention,
                "the terms, and dossiers that are due for the archive or for being erased"},
        {API_PATCH, "/api/retention", JSON, TEAM, api_patch_retention, "{activeYears, archivedYears}"},
        {API_GET, "/api/erasures", NONE, TEAM, api_get_erasures,
                "dossiers that were erased, and which devices said that they have done so"},
        {API_POST, "/api/patients/:patient/case", JSON, TEAM, api_post_case,
                "{person, until, consent}: a redacted copy for a facilitator"},
        {API_GET, "/api/cases", NONE, TEAM, api_get_cases, "redacted cases whose consent holds"},
        {API_GET, "/api/cases/:case", NONE, TEAM, api_get_case, "one of them"},
        {API_POST, "/api/cases/:case/end", JSON, TEAM, api_post_case_end, "its key is destroyed everywhere"},
        {API_GET, "/api/indicators", NONE, TEAM, api_get_indicators,
                "rows of what was written for others; from, to=MONTH, period=month|year; exact=1: computed "
                "now, for the team itself (auto: where this device may); indicator=, stratum=: of it alone; "
                "format=csv|ndjson: {file} besides"},
        {API_GET, "/api/indicators/definitions", NONE, TEAM, api_get_indicator_definitions,
                "what each indicator counts, of what, and by which version"},
        {API_GET, "/api/indicators/definitions/:indicator", NONE, TEAM, api_get_indicator_definition,
                "one of them"},
        {API_GET, "/api/indicators/verify/:month", NONE, TEAM, api_get_indicators_verify,
                "is what was written of a month or a year what the records at its source frontier give?"},
        {API_GET, "/api/evaluation/agreements", NONE, TEAM, api_get_export_agreements,
                "who agreed to an export of visits without names, for whom, on which basis"},
        {API_POST, "/api/evaluation/agreements", JSON, TEAM, api_post_export_agreement,
                "{from, until: months; recipient, basis}: this person agrees"},
        {API_POST, "/api/evaluation/export", JSON, TEAM, api_post_evaluation_export,
                "{from, until, recipient, territory, unencrypted}: {csv, manifest}, once two nurses agreed"},
        {API_GET, "/api/surveys/questionnaires", NONE, TEAM, api_get_questionnaires,
                "the evaluation's questions, in both languages"},
        {API_GET, "/api/surveys/form", NONE, HAND, api_get_survey_form,
                "token=: the questions, on a device that was handed over"},
        {API_POST, "/api/surveys/form", JSON, HAND, api_post_survey_form,
                "{token, answers}: one form, once; the device locks itself then"},
        {API_GET, "/api/surveys", NONE, TEAM, api_get_surveys,
                "surveys, how many forms wait here; and what facilitators are shown"},
        {API_POST, "/api/surveys", JSON, TEAM, api_post_survey,
                "{questionnaire: patient, carer, nurse, self-evaluation; title, from, until}: open one"},
        {API_GET, "/api/surveys/:survey/print", NONE, TEAM, api_get_survey_print,
                "{html}: forms to print, each with a number of its own; count=30, lang=fr|en"},
        {API_POST, "/api/surveys/:survey/paper", JSON, TEAM, api_post_survey_paper,
                "{forms: [{number, answers}]}: type paper in, all of it or nothing"},
        {API_POST, "/api/surveys/:survey/hand-over", JSON, TEAM, api_post_survey_hand_over,
                "{device: own, colleague}, of nurses' questionnaires: from now on nothing is reachable but "
                "one form, under the token of the reply"},
        {API_POST, "/api/surveys/:survey/write", JSON, TEAM, api_post_survey_write,
                "{few}: write the sum of what waits on this device"},
        {API_GET, "/api/surveys/:survey/results", NONE, TEAM, api_get_survey_results,
                "distributions, answers in words, forms typed in twice, what facilitators are shown"},
        {API_POST, "/api/surveys/:survey/close", JSON, TEAM, api_post_survey_close,
                "{few}: write what waits, end it, show facilitators what may be shown; again: with late "
                "forms"},
        {API_POST, "/api/surveys/:survey/texts", JSON, TEAM, api_post_survey_texts,
                "{texts: [...]}: the team chooses answers in words that facilitators are shown; []: none"},
        {API_POST, "/api/surveys/:survey/cancel", JSON, TEAM, api_post_survey_cancel,
                "{batch, reason}: these answers do not count; they stay readable"},
        {API_POST, "/api/indicators/:month", JSON, TEAM, api_post_indicators,
                "write a month or a year that is over for others; small counts, and what would tell them, "
                "are left "
                "out"},
        {API_GET, "/api/facilitator", NONE, TEAM, api_get_facilitator,
                "this team at a glance, by what was written alone: month=MONTH, else the last one written"},
        {API_POST, "/api/patients/:patient/share", JSON, TEAM, api_post_share,
                "{person}: give a locum this patient's files; alone=1: the one that is named"},
        {API_POST, "/api/patients/:patient/unshare", JSON, TEAM, api_post_unshare,
                "{person}: nothing new of them from now on; alone=1: of the one that is named"},
        {API_GET, "/api/patients/:patient/shares", NONE, TEAM, api_get_shares,
                "which locums are given them, and how many of them"},
        {API_GET, "/api/patients/:patient/assessments", NONE, TEAM, api_get_assessments,
                "each problem with its ratings, first, previous, current, expected, and the differences"},
        {API_GET, "/api/patients/:patient/signoffs", NONE, TEAM, api_get_signoffs,
                "who signed the file off, at which state, and what came since"},
        {API_POST, "/api/patients/:patient/signoff", JSON, TEAM, api_post_signoff,
                "{note}: the file was reviewed as it stands; 409 while values are to be settled"},
        {API_GET, "/api/patients/:patient/plan", NONE, TEAM, api_get_plan,
                "items and goals under their problems, when each is to be assessed again, what wants "
                "attention"},
        {API_POST, "/api/patients/:patient/plan/:item/schedule", JSON, TEAM, api_post_schedule,
                "{recurrence, from, until}: a rule for an item; without: the one its words mean mostly"},
        {API_GET, "/api/recurrence", NONE, TEAM, api_get_recurrence,
                "rule=, from=, until=YYYY-MM-DD: what a rule says in words, and the next days that it gives"},
        {API_GET, "/api/patients/:patient/transmissions", NONE, TEAM, api_get_threads,
                "with replies, and who has read them; limit=N"},
        {API_GET, "/api/patients/:patient/fhir", NONE, TEAM, api_get_fhir,
                "the dossier as a FHIR R4 bundle; unencrypted=1; from=, to=: days; accessCodes=1: with door "
                "codes"},
        {API_GET, "/api/patients/:patient/contacts", NONE, TEAM, api_get_contacts,
                "contacts with partners, which answers which, and answers that are awaited or late"},
        {API_GET, "/api/patients/:patient/liaison", NONE, TEAM, api_get_liaison,
                "{html}: a sheet to print for the hospital or the doctor; unencrypted=1; lang=fr|en, days=N"},
        {API_GET, "/api/patients/:patient/synthesis", NONE, TEAM, api_get_synthesis,
                "{html}: the nursing synthesis; unencrypted=1; lang=fr|en, days=N"},
        {API_GET, "/api/patients/:patient/:kind", NONE, TEAM, api_get_parts,
                "records of one kind of the dossier: those of GET /api/schema"},
        {API_POST, "/api/patients/:patient/:kind", JSON, TEAM, api_post_part,
                "add a record of such a kind; of events corrects=ID, with a reason"},
        {API_PATCH, "/api/patients/:patient/:kind/:id", JSON, TEAM, api_patch_part,
                "change a record that is not an event; reason"},
        {API_GET, "/api/records/:kind", NONE, TEAM, api_get_records,
                "records of any kind; in=ID: of which patient, thread or minutes, where there are several"},
        {API_POST, "/api/records/:kind", JSON, TEAM, api_post_record,
                "add one; in=ID; corrects=ID of an event, with a reason"},
        {API_PATCH, "/api/records/:kind/:id", JSON, TEAM, api_patch_record,
                "change one that is not an event; in=ID; reason"},
        {API_GET, "/api/round", NONE, TEAM, api_get_round,
                "day=, nurse= (default: today, yours): visits in order with what is needed there; unclaimed "
                "ones of all"},
        {API_GET, "/api/round/proposals", NONE, TEAM, api_get_proposals,
                "day=: for each unclaimed visit who should take it, with the reason"},
        {API_POST, "/api/round/:what", JSON, TEAM, api_post_round,
                "{patient, day, part or id}: claim (all: every unclaimed one of the day), release, hand-over "
                "{to}, "
                "accept, move {start}, order {after}, cancel {reason, away}, restore, cabinet {cabinet}"},
        {API_GET, "/api/round/cabinets/:entry", NONE, TEAM, api_get_cabinet_sheet,
                "day=: what a night cabinet is told of the visits that it was given, of patients who agreed"},
        {API_GET, "/api/absences", NONE, TEAM, api_get_absences, "who is away, and when"},
        {API_POST, "/api/absences", JSON, TEAM, api_post_absence,
                "{person, from, until}: her visits are nobody's then"},
        {API_GET, "/api/planning", NONE, TEAM, api_get_planning,
                "from=, days=7: the visits of the team, day by day, whose they are, and what took place"},
        {API_GET, "/api/visits", NONE, TEAM, api_get_visits,
                "month=YYYY-MM or day=YYYY-MM-DD; from=N, limit=N: of all, newest first"},
        {API_GET, "/api/visits/running", NONE, TEAM, api_get_running, "the visit that was started here"},
        {API_DELETE, "/api/visits/running", NONE, TEAM, api_delete_running, "it was started by mistake"},
        {API_POST, "/api/visits/stop", JSON, TEAM, api_post_visit_stop,
                "it ends: the visit is saved, {with: {kind: [...]}} in the same change; end=10:55: it ended "
                "then"},
        {API_GET, "/api/transmissions", NONE, TEAM, api_get_transmissions,
                "of all dossiers, newest first; toRead=1: by this person; waiting=1: urgent, and nobody read "
                "them "
                "for a day; limit=N"},
        {API_POST, "/api/transmissions/read", JSON, TEAM, api_post_transmissions_read,
                "{upto: mark of a list} or {transmissions: [ids]}: this person has read them"},
        {API_GET, "/api/drafts", NONE, TEAM, api_get_drafts,
                "what was typed here and not saved yet; all=1: also what was discarded or saved"},
        {API_GET, "/api/drafts/:key", NONE, TEAM, api_get_draft, "one, as it was left"},
        {API_PUT, "/api/drafts/:key", JSON, TEAM, api_put_draft,
                "a keystroke: {kind, in, record, values, with}, or {version, change, text}; answered when it "
                "is "
                "on the disk"},
        {API_DELETE, "/api/drafts/:key", NONE, TEAM, api_delete_draft, "discard it"},
        {API_POST, "/api/drafts/:key/restore", JSON, TEAM, api_post_draft_restore, "take that back"},
        {API_POST, "/api/drafts/:key/save", JSON, TEAM, api_post_draft_save,
                "save the form, as one change: all of it or nothing"},
        {API_GET, "/api/times", NONE, TEAM, api_get_times, "one's own time that is not billed; limit=N"},
        {API_GET, "/api/times/summary", NONE, TEAM, api_get_time_summary,
                "week=2026-W48, or day=YYYY-MM-DD in it: each nurse's time with patients and otherwise, what "
                "overlaps"},
        {API_POST, "/api/times", JSON, TEAM, api_post_time, "add such a time; corrects=ID, with a reason"},
        {API_GET, "/api/rates", NONE, TEAM, api_get_rates, "rate tables"},
        {API_POST, "/api/rates", JSON, TEAM, api_post_rate, "add one"},
        {API_POST, "/api/billing/designate", JSON, TEAM, api_post_designate, "{device}: who closes months"},
        {API_GET, "/api/billing", NONE, TEAM, api_get_billing_state,
                "who closes months, who did before, what two persons said, every lot and whether it counts"},
        {API_POST, "/api/billing/release", JSON, TEAM, api_post_release,
                "this device closes no more months: a release that cites its last lot"},
        {API_POST, "/api/billing/words", JSON, TEAM, api_post_word,
                "{what: close, month} or {what: sent, lot} or {what: over, device, lot}: what takes a second "
                "person"},
        {API_POST, "/api/billing/words/:word/second", JSON, TEAM, api_post_second, "she says so too"},
        {API_GET, "/api/billing/explain", NONE, TEAM, api_get_billing_explain,
                "visit=ID, or line=N of lot=HASH or month=YYYY-MM: minutes, rate, rule, rounding, why"},
        {API_GET, "/api/billing/:month", NONE, TEAM, api_get_billing,
                "the month's statement as CSV and JSON; lot=HASH of several; names=1: who they are"},
        {API_GET, "/api/billing/:month/check", NONE, TEAM, api_get_billing_check,
                "which devices were heard, up to when, and what to look at before closing; territory=, "
                "names=1"},
        {API_GET, "/api/billing/:month/anomalies", NONE, TEAM, api_get_billing_check, "the same"},
        {API_GET, "/api/billing/:month/preview", NONE, TEAM, api_get_billing_preview,
                "the lot as it would be, and what is in the way; nothing is written; territory=, names=1"},
        {API_GET, "/api/billing/:month/nurses", NONE, TEAM, api_get_billing_nurses,
                "visits, minutes and share of each nurse, from the month's lots, as JSON and CSV; only=ID, "
                "names=1"},
        {API_GET, "/api/billing/:month/patients", NONE, TEAM, api_get_billing_patients, "of each patient"},
        {API_POST, "/api/billing/:month/close", JSON, TEAM, api_post_close,
                "{territory, again}: close the month; again: a further lot, with the differences since"},
        {API_GET, "/api/billing/:month/statement", NONE, TEAM, api_get_statement,
                "{file}: format=csv|json|fhir|html, patient=, nurse=: hers alone, names=1: who they are, "
                "lot=HASH of several, lang=fr|en; unencrypted=1"},
        {API_GET, "/api/care", NONE, TEAM, api_get_care,
                "{file}: a statement of care for an inspector: patients=ID,ID, from=, to=: days, "
                "format=html|csv, "
                "lang=fr|en; unencrypted=1"},
        {API_POST, "/api/billing/verify", API_BODY_BYTES, TEAM, api_post_verify_file,
                "a statement's file (csv, json, fhir): what in it differs from what is computed here"},
        {API_GET, "/api/billing/:month/verify", NONE, TEAM, api_get_verify,
                "recompute it from what is here; lot=HASH of several"},
        {API_GET, "/api/history/:document", NONE, TEAM, api_get_history,
                "what happened to a patient's dossier, directory, time, rates, ledger; kind=, id=, field=, "
                "limit=N, before=N"},
        {API_GET, "/api/history/:document/at", NONE, TEAM, api_get_history_at,
                "its records as they were: moment=RFC3339, or feed= and seq= of a change"},
        {API_GET, "/api/news", NONE, TEAM, api_get_news,
                "what is new since somebody last looked; after=MARK, limit=N, own=1"},
        {API_POST, "/api/news/seen", JSON, TEAM, api_post_news_seen,
                "{upto}: looked at up to that mark; without: everything"},
        {API_POST, "/api/undo", JSON, TEAM, api_post_undo,
                "{document, feed, seq, reason, dryRun}: take one's own last change back"},
        {API_GET, "/api/access", NONE, TEAM, api_get_access, "patient=ID: who opened it on this device"},
        {API_GET, "/api/access/rows", NONE, TEAM, api_get_access_rows,
                "the access log of this device, newest first; patient=ID, month=YYYY-MM, limit=N, "
                "before=NUMBER"},
        {API_GET, "/api/access/export", NONE, TEAM, api_get_access_export,
                "the access log with its proof; from=, to=: days or moments, names=1, csv=1"},
        {API_GET, "/api/access/chain", NONE, TEAM, api_get_access_chain,
                "number=N: the chain after that row"},
        {API_POST, "/api/access/days", JSON, TEAM, api_post_access_days,
                "{days}: for how long rows are kept; without: say so"},
        {API_POST, "/api/import", API_BODY_BYTES, TEAM, api_post_import,
                "whole NDJSON lines, at most 4 MiB; line=NUMBER of the first"},
        {0},
};

int api_node_ready(void *owner, unsigned need, bool unattended, const char **sentence)
{
	struct api_node *app = owner;
	*sentence = "This device was handed over for a questionnaire. To have it back: releve lock, then "
	            "releve unlock.";
	if (api_is_handed_over(app) && need != API_NEED_HAND && need != API_NEED_LOCKING)
		return ERR_LOCKED;
	*sentence = NULL;
	if (need == API_NEED_NOTHING || need == API_NEED_LOCKING)
		return 0;
	*sentence = "There is no device in the data directory itself: make it (releve init), or, of those "
	            "beside it, name the team (releve teams, --team NAME).";
	if (app->absent)
		return ERR_NOTFOUND;
	*sentence = "This device is locked: it opens again with the passphrase (releve unlock).";
	if (app->failed)
		*sentence = "This team was stopped, since its database could not be opened again: see releve "
		            "status.";
	if (app->locked)
		return ERR_LOCKED;
	*sentence = NULL;
	if (!unattended)
		app->asked_ms = env_monotonic_ms(app->env);
	return (need == API_NEED_TEAM || need == API_NEED_HAND) && !node_in_team(app->node) ? ERR_NOTEAM : 0;
}

int api_get_routes(struct api_call *call)
{
	json_t *list = json_array();
	for (const struct api_route *route = api_node_routes; route->method; route++)
		json_array_append_new(list,
		        json_pack("{s:s, s:s, s:s}", "method", api_method_name(route->method), "path",
		                route->pattern, "help", route->help));
	api_call_reply(call, 200, json_pack("{s:o}", "routes", list));
	return 0;
}
