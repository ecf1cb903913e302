/*
 * tools/cli.h - the command line `releve`: one table of subcommands, from which help, usage errors and completion come.
 *
 * Every command is a request to the local interface (node/api.h): to the running program over its unix socket, or, when
 * none runs, to the same code in this process over the opened database. Output is a table for people, or the interface's
 * JSON with --json. Exit codes: cli_exit.
 */
#ifndef TOOLS_CLI_H
#define TOOLS_CLI_H

#include <jansson.h>
#include <stdio.h>
#include <stdbool.h>

#include "crdt/base/arena.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum cli_exit {
	CLI_OK = 0,
	CLI_ERROR = 1, /* anything that has no number of its own */
	CLI_USAGE = 2, /* the command was not understood */
	CLI_DENIED = 3, /* no right to, or the wrong passphrase */
	CLI_NOT_FOUND = 4, /* no such thing, no device here, no team yet */
	CLI_CONFLICT = 5, /* it exists, is open elsewhere, was used or has expired */
	CLI_OFFLINE = 6, /* nobody answers */
	CLI_INVALID = 7, /* a value or a file is not what it should be */
	CLI_FULL = 8, /* no room on the disk */
	CLI_DIFFERS = 9, /* a check found a difference */
};

enum { CLI_OPTIONS_MAX = 12, CLI_ARGUMENTS_MAX = 64 };

struct cli_option {
	const char *name; /* NULL ends the list */
	const char *argument; /* NULL: a switch; "a|b": one of these */
	const char *help;
};

struct cli;

struct cli_command {
	const char *name; /* "patient add" */
	const char *arguments; /* "PATIENT FIELD=VALUE..." */
	int argument_min, argument_max;
	const char *help;
	int (*run)(struct cli *cli); /* an enum cli_exit */
	struct cli_option options[CLI_OPTIONS_MAX];
	const char *fields_of; /* kind whose fields the help lists; NULL: none */
};

extern const struct cli_command cli_commands[]; /* ends with a NULL name */
extern const struct cli_option cli_globals[];

struct cli_session;

struct cli {
	const struct cli_command *command;
	const char *arguments[CLI_ARGUMENTS_MAX];
	int argument_count;
	const char *options[CLI_OPTIONS_MAX]; /* of the command, by row; "" for a switch; NULL: not given */
	struct arena arena;
	char *root; /* the data directory */
	char *directory; /* of the team: the same, or one in it */
	const char *team; /* --team; NULL: main */
	const char *passphrase_file; /* NULL: prompt */
	bool json;
	bool verbatim; /* replies are printed byte by byte: what another program reads, or what is sent back */
	struct cli_session *session; /* opened at the first request */
};

/* Parse and run; the exit code. */
int cli_main(int argc, char **argv);

/* What the words say into *cli; `root`, `directory` and `arena` are the caller's to free. Arguments and the values of the command's options are wiped in
 * `argv`. False: all was said, end with *exit_code. */
bool cli_parse(struct cli *cli, int argc, char **argv, int *exit_code);

/* The command that the words name, and how many words its name took; NULL. */
const struct cli_command *cli_find(int count, char *const *words, int *taken);

/* The value of a command's option; NULL when not given. */
const char *cli_option(const struct cli *cli, const char *name);

/* Print "releve: " and the sentence to standard error; returns `exit_code`. */
__attribute__((format(printf, 2, 3))) int cli_say(int exit_code, const char *format, ...);

void cli_help(const struct cli_command *command); /* NULL: all of them */
void cli_completion(void);

/* The exit code for a name of the table of errors ("NOTFOUND"), or for an ERR_*. */
int cli_exit_named(const char *code);
int cli_exit_of(int error);

/* ---- Requests (cli_session.c) ---- */

/* Ask; *out is the reply's body, owned by the caller. 0, or an exit code after the error was printed (*out is then NULL). */
int cli_request(struct cli *cli, const char *method, const char *target, struct span body, json_t **out);

/* Look something up that the user did not ask for: nothing is said when it is refused, *out is then NULL. */
int cli_look_up(struct cli *cli, const char *target, json_t **out);

/* The same as cli_request() with a JSON body, which is taken. */
int cli_request_json(struct cli *cli, const char *method, const char *target, json_t *body, json_t **out);

/* Whether a program runs on the data directory: requests go to it. */
bool cli_runs(struct cli *cli);

/* Let time pass, at most `ms`, while the node in this process goes on. */
void cli_wait(struct cli *cli, unsigned ms);
void cli_close(struct cli *cli);

/* The passphrase: from the file or the terminal, in NFC. 0 or an exit code, said. Caller wipes. */
int cli_passphrase(const struct cli *cli, bool is_new, struct buf *out);

/* The file whose first line opens this directory's devices without anybody: systemd's credential, or DIR/machine.key. NULL: there is none. */
const char *cli_machine_key(struct cli *cli);
int cli_make_machine_key(struct cli *cli); /* unless there is one; 0 or an exit code, said */

/* What is said when files are left after the key was destroyed. */
#define CLI_WIPE_UNFINISHED \
	"the key is destroyed, and nothing can be read any more; some files could not be removed: releve " \
	"wipe " \
	"tries again"

/* The data directory and every missing one on the way to it. 0 or an exit code, said. */
int cli_make_directory(const struct cli *cli);

/* ---- Output (cli_output.c) ---- */

/* What a colleague wrote must not write elsewhere on this terminal, nor look like something else: in every text of a reply, controls and what turns
 * the direction of writing become spaces. Lines stay. cli_request() does it, unless --json or `verbatim` asks for the bytes. */
void cli_tame(json_t *body);

/* With --json the body, what cli_tame() would take out as JSON's escapes; true then. */
bool cli_print_json(const struct cli *cli, const json_t *body);

struct cli_column {
	const char *title;
	const char *member; /* a text, number or bool of each row's object; "a.b" goes into a */
	unsigned width_max; /* 0: no limit */
};

/* An aligned table of an array of objects. `columns` ends with a NULL title. */
void cli_print_table(const json_t *rows, const struct cli_column *columns);

/* "name: value" for every plain member of an object; values in conflict are all shown. */
void cli_print_object(const json_t *object);

/* The sentence of an object in the screens' language: "fr" where the environment says so, else "en". */
const char *cli_words(const json_t *object);

/* "2026-11-24 08:00" of a moment of saving. A clock that is known to be wrong is marked. */
void cli_print_moment(const char *saved, const char *clock);

/* --yes was given, or the terminal's user says so. */
bool cli_confirmed(const struct cli *cli, const char *question);

/* Columns that a text takes on a terminal. */
size_t cli_width(const char *text);

/* "12.50" */
void cli_amount(char *out, size_t size, long long cents);

/* Progress on a terminal only: replaces its line; NULL ends it. */
void cli_progress(const char *text);

/* FIELD=VALUE arguments from number `from` on as the JSON of a record of `kind`. 0 or an exit code, said (*out is then NULL); *out is the caller's. */
int cli_fields(struct cli *cli, int from, const char *kind, json_t **out);

/* For a segment or a value of a target: everything but letters, digits, "-" and "." escaped. Owner frees with mem_free(). */
char *cli_escaped(const char *word);

/* All arguments as one text, with spaces between. Owner frees with mem_free(). */
char *cli_joined(const struct cli *cli);

/* Digits alone, without a sign. */
bool cli_number(const char *text, unsigned long *out);

/* "192.168.1.20:7766", "[2001:db8::20]:7766", "[fe80::1%eth0]:7766", whose interface becomes its number. The text of the address is not judged. */
enum { CLI_IP_BYTES = 64 };
bool cli_address(const char *text, char ip[CLI_IP_BYTES], int *port);

/* ---- Files (cli_file.c) ---- */

/* From "/" on, for the running program has another directory. Owner frees with mem_free(). */
char *cli_whole_path(const char *path);

/* A new file, readable for this user: what is there already is not overwritten. 0 or an exit code, said. */
int cli_write_file(const char *path, struct span bytes);

/* Append what stands in base64. False: it is not that. */
bool cli_decode(const char *encoded, struct buf *out);

/* The fields of a kind, and what they take. */
void cli_help_fields(const char *kind);

/* ---- Commands, by file ---- */
/* Where records are (cli_known.c): in a row with "on" of a reply with "holders", "where" says it in words; the reply's "age" and the status's "onlyHere" as
 * sentences; and of a peer in the status "who" and "heardOf". */
void cli_put_where(json_t *row, const json_t *reply);
void cli_put_where_all(const json_t *reply, const char *member);
void cli_print_age(const json_t *reply);
void cli_print_only_here(const json_t *status);
void cli_put_heard(json_t *peer);
int cli_only_here(struct cli *cli);
int cli_partial_accept(struct cli *cli);
int cli_meeting(struct cli *cli);
/* A change, and gaps, of the past as lines (cli_history.c). */
void cli_print_change(const json_t *change, bool with_document);
void cli_print_gaps(const json_t *gaps);
void cli_print_notices(const json_t *notices);
int cli_medication_show(struct cli *cli);
int cli_medication_day(struct cli *cli);
int cli_medication_renew(struct cli *cli);
int cli_medication_give(struct cli *cli);
int cli_medication_refuse(struct cli *cli);
int cli_medication_omit(struct cli *cli);
int cli_medication_due(struct cli *cli);
int cli_vitals(struct cli *cli);
int cli_wound(struct cli *cli);
int cli_fhir_export(struct cli *cli);
int cli_fhir_import(struct cli *cli);
int cli_contact_list(struct cli *cli);
int cli_contact_send(struct cli *cli);
int cli_export_mine(struct cli *cli);
int cli_directory_import(struct cli *cli);
int cli_print_liaison(struct cli *cli);
int cli_print_synthesis(struct cli *cli);
int cli_omaha_search(struct cli *cli);
int cli_search(struct cli *cli);
int cli_omaha_show(struct cli *cli);
int cli_omaha_history(struct cli *cli);
int cli_omaha_version(struct cli *cli);
int cli_record_kinds(struct cli *cli);
int cli_record_fields(struct cli *cli);
int cli_record_add(struct cli *cli);
int cli_record_edit(struct cli *cli);
int cli_record_list(struct cli *cli);
int cli_record_history(struct cli *cli);
/* The same of the kind that the command's fields are of. */
int cli_kind_add(struct cli *cli);
int cli_kind_edit(struct cli *cli);
int cli_kind_list(struct cli *cli);
int cli_kind_history(struct cli *cli);
int cli_text_show(struct cli *cli);
int cli_text_edit(struct cli *cli);
/* Append a photo as it is kept. 0 or an exit code, said. */
int cli_photo_bytes(struct cli *cli, const char *patient, const char *photo, struct buf *out);
int cli_photo_add(struct cli *cli);
int cli_photo_list(struct cli *cli);
int cli_photo_save(struct cli *cli);
int cli_photo_policy(struct cli *cli);
/* One line of progress while a device joins. */
void cli_copy_line(char *line, size_t size, long long records, long long patients, const json_t *copy);
void cli_print_unverified(const json_t *list); /* how many of these rows are, if any */
void cli_print_copy(const json_t *copy); /* likewise, of a partial copy and of early copies */
void cli_print_photos(const json_t *photos); /* what `releve status` says of them; NULL: nothing */
int cli_init(struct cli *cli);
int cli_run(struct cli *cli);
int cli_stop(struct cli *cli);
int cli_teams(struct cli *cli);
void cli_wait_closed(const struct cli *cli); /* until no program has any team open */
/* A device was made in the directory: a program that runs on the data directory opens it. 0 or an exit code, said. */
int cli_tell_new_device(struct cli *cli, struct span passphrase);
int cli_patient_erase(struct cli *cli);
int cli_erasures(struct cli *cli);
/* Why a device has not erased something yet, behind what was printed of it; NULL: nothing. */
void cli_print_file_wait(const json_t *wait);
int cli_retention(struct cli *cli);
int cli_patient_archive(struct cli *cli);
int cli_patient_unarchive(struct cli *cli);
int cli_team_create(struct cli *cli);
int cli_invite(struct cli *cli);
int cli_withdraw(struct cli *cli);
int cli_join(struct cli *cli);
int cli_endorse(struct cli *cli);
int cli_peer_add(struct cli *cli);
int cli_print_address(struct cli *cli);
void cli_print_qr(const char *picture);
int cli_status(struct cli *cli);
int cli_metrics(struct cli *cli);
int cli_members(struct cli *cli);
int cli_remove_device(struct cli *cli);
int cli_remove_person(struct cli *cli);
int cli_confirm(struct cli *cli);
int cli_reinstate(struct cli *cli);
int cli_role(struct cli *cli);
int cli_leave(struct cli *cli);
int cli_case_share(struct cli *cli);
int cli_case_list(struct cli *cli);
int cli_case_show(struct cli *cli);
int cli_case_end(struct cli *cli);
int cli_indicators(struct cli *cli);
int cli_indicators_write(struct cli *cli);
int cli_indicators_verify(struct cli *cli);
int cli_indicators_define(struct cli *cli);
int cli_facilitator(struct cli *cli);
int cli_outcome_add(struct cli *cli);
int cli_outcome_list(struct cli *cli);
void cli_print_full(const json_t *peers); /* the same of those that take no more */
void cli_print_held_back(const json_t
                *peers); /* what `releve status` says of relays that showed less than they acknowledged */
void cli_print_quota(const json_t *status); /* and of limits, at a relay */
int cli_relay_init(struct cli *cli);
int cli_relay_run(struct cli *cli);
int cli_relay_status(struct cli *cli);
int cli_relay_team(struct cli *cli);
int cli_relay_offer(struct cli *cli);
int cli_relay_admit(struct cli *cli);
int cli_share(struct cli *cli);
int cli_unshare(struct cli *cli);
int cli_shares(struct cli *cli);
int cli_choose(struct cli *cli);
int cli_keys_rotate(struct cli *cli);
int cli_quarantine(struct cli *cli);
void cli_print_standing(
        const json_t *status); /* what it says of a device that was removed, and of what is kept apart */
void cli_print_refused(const json_t *status); /* what `releve status` says of what was refused */
int cli_bundle_export(struct cli *cli);
int cli_bundle_import(struct cli *cli);
/* `releve join` without a network: the request goes where the team's files are. */
int cli_join_by_file(struct cli *cli, const char *invitation);
int cli_countersign(struct cli *cli);
int cli_backup(struct cli *cli);
int cli_backup_check(struct cli *cli);
int cli_restore(struct cli *cli);
int cli_lock(struct cli *cli);
int cli_unlock(struct cli *cli);
int cli_change_passphrase(struct cli *cli);
int cli_wipe(struct cli *cli);
int cli_lost(struct cli *cli);
int cli_fsck(struct cli *cli);
int cli_dump(struct cli *cli);
int cli_patient_add(struct cli *cli);
int cli_patient_list(struct cli *cli);
int cli_patient_show(struct cli *cli);
int cli_patient_edit(struct cli *cli);
/* The patient's file (cli_patient.c): with --json the patient's record with what else the file has as "file"; true then. */
bool cli_print_file(const struct cli *cli, json_t *file);
/* Patients that somebody may be, with why; NULL: nothing. */
void cli_print_candidates(FILE *to, const json_t *candidates);
/* The files that a reply names as "joined": what was done to one reaches no other. */
void cli_print_joined(FILE *to, const json_t *reply);
int cli_patient_duplicates(struct cli *cli);
int cli_patient_join(struct cli *cli);
int cli_patient_separate(struct cli *cli);
int cli_patient_different(struct cli *cli);
int cli_problem_add(struct cli *cli);
int cli_problem_edit(struct cli *cli);
int cli_plan_add(struct cli *cli);
int cli_plan_list(struct cli *cli);
int cli_plan_edit(struct cli *cli);
int cli_plan_show(struct cli *cli);
int cli_plan_schedule(struct cli *cli);
int cli_round(struct cli *cli);
int cli_round_week(struct cli *cli);
int cli_round_propose(struct cli *cli);
int cli_round_claim(struct cli *cli);
int cli_round_release(struct cli *cli);
int cli_round_give(struct cli *cli);
int cli_round_accept(struct cli *cli);
int cli_round_move(struct cli *cli);
int cli_round_place(struct cli *cli);
int cli_round_cancel(struct cli *cli);
int cli_round_restore(struct cli *cli);
int cli_round_cabinet(struct cli *cli);
int cli_round_sheet(struct cli *cli);
int cli_absence_add(struct cli *cli);
int cli_absence_list(struct cli *cli);
int cli_absence_end(struct cli *cli);
int cli_rating_add(struct cli *cli);
int cli_visit_start(struct cli *cli);
int cli_visit_stop(struct cli *cli);
int cli_visit_cancel(struct cli *cli);
int cli_visit_add(struct cli *cli);
int cli_visit_list(struct cli *cli);
int cli_visit_amend(struct cli *cli);
void cli_print_running(const json_t *visit); /* the status's "visit": nothing when none runs */
int cli_visit_note(struct cli *cli);
int cli_visit_show(struct cli *cli);
int cli_visit_resume(struct cli *cli);
int cli_draft_list(struct cli *cli);
int cli_draft_show(struct cli *cli);
int cli_draft_save(struct cli *cli);
int cli_draft_discard(struct cli *cli);
int cli_draft_restore(struct cli *cli);
int cli_transmissions(struct cli *cli);
int cli_transmission_add(struct cli *cli);
int cli_transmission_reply(struct cli *cli);
int cli_transmission_read(struct cli *cli);
int cli_time_log(struct cli *cli);
int cli_time_week(struct cli *cli);
int cli_time_add(struct cli *cli);
int cli_rate_add(struct cli *cli);
int cli_rate_list(struct cli *cli);
int cli_rate_show(struct cli *cli);
int cli_rate_nurses(struct cli *cli);
int cli_rate_nurse(struct cli *cli);
int cli_work(struct cli *cli);
int cli_work_later(struct cli *cli);
int cli_practice(struct cli *cli);
int cli_evaluation_list(struct cli *cli);
int cli_evaluation_agree(struct cli *cli);
int cli_evaluation_export(struct cli *cli);
int cli_survey_list(struct cli *cli);
int cli_survey_open(struct cli *cli);
int cli_survey_print(struct cli *cli);
int cli_survey_enter(struct cli *cli);
int cli_survey_hand_over(struct cli *cli);
int cli_survey_write(struct cli *cli);
int cli_survey_results(struct cli *cli);
int cli_survey_close(struct cli *cli);
int cli_survey_texts(struct cli *cli);
int cli_survey_cancel(struct cli *cli);
int cli_messages_list(struct cli *cli);
int cli_messages_show(struct cli *cli);
int cli_messages_send(struct cli *cli);
int cli_messages_reply(struct cli *cli);
int cli_messages_read(struct cli *cli);
int cli_messages_to(struct cli *cli);
int cli_rules_list(struct cli *cli);
int cli_rules_show(struct cli *cli);
int cli_rules_sign(struct cli *cli);
int cli_signoff(struct cli *cli);
int cli_signoff_list(struct cli *cli);
int cli_conflicts_list(struct cli *cli);
int cli_conflicts_show(struct cli *cli);
int cli_conflicts_resolve(struct cli *cli);

int cli_history(struct cli *cli);
int cli_news(struct cli *cli);
int cli_undo(struct cli *cli);
int cli_import(struct cli *cli);
int cli_billing_designate(struct cli *cli);
int cli_billing_check(struct cli *cli);
void cli_month_target(const struct cli *cli, char out[256], const char *rest); /* of the first argument */
void cli_print_totals(const json_t *statement);
int cli_billing_release(struct cli *cli);
int cli_billing_state(struct cli *cli);
int cli_billing_allow(struct cli *cli);
int cli_billing_lost(struct cli *cli);
int cli_billing_sent(struct cli *cli);
int cli_billing_second(struct cli *cli);
int cli_billing_preview(struct cli *cli);
int cli_billing_explain(struct cli *cli);
int cli_billing_nurses(struct cli *cli);
int cli_billing_patients(struct cli *cli);
int cli_billing_close(struct cli *cli);
int cli_billing_verify(struct cli *cli);
void cli_print_lot_standing(const json_t *out); /* of a verified lot, where it does not count: why */
int cli_billing_export(struct cli *cli);
int cli_billing_lot(struct cli *cli);
int cli_control(struct cli *cli);
int cli_verify_statement(struct cli *cli); /* `releve billing verify` of a file */
int cli_access(struct cli *cli);
int cli_access_export(struct cli *cli);
int cli_access_verify(struct cli *cli);
int cli_access_days(struct cli *cli);
int cli_help_command(struct cli *cli);
int cli_completion_command(struct cli *cli);
int cli_manual(struct cli *cli);

#endif
