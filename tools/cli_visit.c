/* The visit that runs, drafts, transmissions, working time (node/visit/README.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/calendar.h"
#include "node/schema/moment.h"
#include "tools/cli.h"

enum { TARGET_BYTES = 4096 };
static const struct span NO_BODY = {NULL, 0};

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* BEFORE WORD AFTER, the word escaped. */
static void target_of(char out[TARGET_BYTES], const char *before, const char *word, const char *after)
{
	char *escaped = cli_escaped(word);
	snprintf(out, TARGET_BYTES, "%s%.1500s%s", before, escaped, after);
	mem_free(escaped);
}

static void print_warnings(const json_t *out)
{
	json_t *warning;
	size_t index;
	json_array_foreach(json_object_get(out, "warnings"), index, warning)
	        fprintf(stderr, "releve: %s\n", cli_words(warning));
}

/* Ask with a body (taken; NULL: none), and say a sentence when it went well. */
static int ask(struct cli *cli, const char *method, const char *target, json_t *body, const char *sentence)
{
	json_t *out;
	int result = body ? cli_request_json(cli, method, target, body, &out)
	                  : cli_request(cli, method, target, NO_BODY, &out);
	if (!result && !cli_print_json(cli, out)) {
		print_warnings(out);
		printf("%s\n", sentence);
	}
	json_decref(out);
	return result;
}

/* ---- Drafts ------------------------------------------------------------------------------------------------------ */

int cli_draft_list(struct cli *cli)
{
	static const struct cli_column columns[] = {{"KEY", "key", 40}, {"KIND", "kind", 0}, {"IN", "in", 12},
	        {"UNFINISHED SINCE", "since", 16}, {"CHANGED", "changed", 16}, {"STATE", "state", 0}, {0}};
	json_t *out;
	int result = cli_request(
	        cli, "GET", cli_option(cli, "all") ? "/api/drafts?all=1" : "/api/drafts", NO_BODY, &out);
	if (!result && !cli_print_json(cli, out)) {
		if (json_array_size(json_object_get(out, "drafts")))
			cli_print_table(json_object_get(out, "drafts"), columns);
		else
			printf("Nothing was left unfinished on this device.\n");
	}
	json_decref(out);
	return result;
}

static void print_fields(const char *title, const json_t *fields)
{
	printf("\n%s\n", title);
	cli_print_object(fields);
}

static void print_draft(const json_t *draft)
{
	const char *kind;
	json_t *list, *item;
	size_t index;
	printf("%s, unfinished since %.16s, changed %.16s\n", text(draft, "kind"), text(draft, "since"),
	        text(draft, "changed"));
	print_fields(text(draft, "kind"), json_object_get(draft, "values"));
	json_object_foreach(json_object_get(draft, "with"), kind, list) json_array_foreach(list, index, item)
	        print_fields(kind, item);
}

int cli_draft_show(struct cli *cli)
{
	char target[TARGET_BYTES];
	json_t *out;
	target_of(target, "/api/drafts/", cli->arguments[0], "");
	int result = cli_request(cli, "GET", target, NO_BODY, &out);
	if (!result && !cli_print_json(cli, out))
		print_draft(out);
	json_decref(out);
	return result;
}

int cli_draft_save(struct cli *cli)
{
	char target[TARGET_BYTES];
	target_of(target, "/api/drafts/", cli->arguments[0], "/save");
	return ask(cli, "POST", target, json_object(), "Saved.");
}

int cli_draft_discard(struct cli *cli)
{
	char target[TARGET_BYTES];
	target_of(target, "/api/drafts/", cli->arguments[0], "");
	return ask(cli, "DELETE", target, NULL, "Discarded; \"releve draft restore\" takes that back.");
}

int cli_draft_restore(struct cli *cli)
{
	char target[TARGET_BYTES];
	target_of(target, "/api/drafts/", cli->arguments[0], "/restore");
	return ask(cli, "POST", target, json_object(), "It is there again.");
}

/* ---- The visit that runs ----------------------------------------------------------------------------------------- */

void cli_print_running(const json_t *visit)
{
	const bool is_late = json_is_true(json_object_get(visit, "long")) ||
	        json_is_true(json_object_get(visit, "overMidnight"));
	if (json_is_object(visit))
		printf("%s%s\n", is_late ? "! " : "", cli_words(visit));
}

/* The form of the running visit, to be changed. 0, or an exit code, said. */
static int running_draft(struct cli *cli, json_t **out)
{
	int result = cli_request(cli, "GET", "/api/drafts/visit", NO_BODY, out);
	return result;
}

/* One more record of a kind that goes along with the visit. Owner decrefs. */
static json_t *with_one_more(const json_t *draft, const char *kind, json_t *record)
{
	const json_t *old = json_object_get(json_object_get(draft, "with"), kind);
	json_t *list = old ? json_deep_copy(old) : json_array();
	json_array_append_new(list, record);
	return json_pack("{s:{s:o}}", "with", kind, list);
}

int cli_visit_note(struct cli *cli)
{
	const char *kind = cli_option(cli, "with");
	json_t *draft = NULL, *fields = NULL;
	int result = cli_fields(cli, 0, kind ? kind : "visit", &fields);
	if (!result)
		result = running_draft(cli, &draft);
	if (!result) {
		json_t *change = kind ? with_one_more(draft, kind, json_incref(fields))
		                      : json_pack("{s:O}", "values", fields);
		result = ask(cli, "PUT", "/api/drafts/visit",
		        json_pack(
		                "{s:O, s:o}", "version", json_object_get(draft, "version"), "change", change),
		        "Kept with the visit that runs.");
	}
	json_decref(fields);
	json_decref(draft);
	return result;
}

int cli_visit_show(struct cli *cli)
{
	json_t *out, *running;
	int result = cli_request(cli, "GET", "/api/visits/running", NO_BODY, &out);
	if (!result && !cli_print_json(cli, out)) {
		running = json_object_get(out, "running");
		printf("%s\n",
		        json_is_object(running) ? cli_words(running) : "No visit is running on this device.");
		if (json_is_object(running)) {
			result = running_draft(cli, &running);
			if (!result) {
				print_draft(running);
				json_decref(running);
			}
		}
	}
	json_decref(out);
	return result;
}

int cli_visit_resume(struct cli *cli)
{
	return ask(cli, "POST", "/api/drafts/visit/restore", json_object(), "The visit runs again.");
}

/* ---- Transmissions ----------------------------------------------------------------------------------------------- */

static void print_transmission(const json_t *one, bool with_patient)
{
	const char *urgency = text(one, "urgency");
	json_t *reply, *reader;
	size_t index;
	printf("%.16s  %s%s%s%s  [%s]\n", text(one, "saved"), with_patient ? text(one, "patientName") : "",
	        with_patient ? "  " : "", text(one, "byName"),
	        strcmp(urgency, "urgent") == 0              ? "  URGENT"
	                : strcmp(urgency, "important") == 0 ? "  important"
	                                                    : "",
	        text(one, "id"));
	if (json_is_true(json_object_get(one, "corrected")))
		printf("  (corrected)\n");
	static const char *const parts[] = {"focus", "data", "actions", "results"};
	static const char letters[] = " DAR";
	for (size_t i = 0; i < 4; i++)
		if (*text(one, parts[i]))
			printf("  %c  %s\n", letters[i], text(one, parts[i]));
	if (json_integer_value(json_object_get(one, "replies")) > 0)
		printf("  >  replies: %lld (releve transmissions --patient %.8s)\n",
		        (long long)json_integer_value(json_object_get(one, "replies")), text(one, "patient"));
	json_array_foreach(json_object_get(one, "replies"), index, reply)
	        printf("  >  %s: %s%s\n", text(reply, "byName"), text(reply, "body"),
	                json_is_true(json_object_get(reply, "apart")) ? "  (written apart)" : "");
	json_array_foreach(json_object_get(one, "readBy"), index, reader)
	        printf("%s%s", index ? ", " : "  read by ", text(reader, "name"));
	if (json_array_size(json_object_get(one, "readBy")))
		printf("\n");
}

int cli_transmissions(struct cli *cli)
{
	const char *patient = cli_option(cli, "patient");
	char target[TARGET_BYTES] = "/api/transmissions";
	json_t *out, *one;
	size_t index;
	if (patient)
		target_of(target, "/api/patients/", patient, "/transmissions");
	else if (cli_option(cli, "to-read"))
		snprintf(target, sizeof(target), "/api/transmissions?toRead=1");
	else if (cli_option(cli, "waiting"))
		snprintf(target, sizeof(target), "/api/transmissions?waiting=1");
	int result = cli_request(cli, "GET", target, NO_BODY, &out);
	if (!result && !cli_print_json(cli, out)) {
		const json_t *list = json_object_get(out, "transmissions");
		json_array_foreach((json_t *)(uintptr_t)list, index, one) print_transmission(one, !patient);
		if (json_array_size(list) == 0)
			printf("Nothing.\n");
		if (number(out, "total") > (long long)json_array_size(list))
			printf("There is more.\n");
		if (cli_option(cli, "to-read") && json_array_size(list))
			printf("Read all of it: releve transmission read --upto %s\n", text(out, "upto"));
	}
	json_decref(out);
	return result;
}

int cli_transmission_read(struct cli *cli)
{
	const char *upto = cli_option(cli, "upto");
	json_t *body, *ids = json_array(), *out;
	if (!upto && cli->argument_count == 0) {
		json_decref(ids);
		return cli_say(
		        CLI_USAGE, "say which: ids, or --upto MARK of \"releve transmissions --to-read\"");
	}
	for (int i = 0; i < cli->argument_count; i++)
		json_array_append_new(ids, json_string(cli->arguments[i]));
	body = upto ? json_pack("{s:s}", "upto", upto) : json_pack("{s:O}", "transmissions", ids);
	json_decref(ids);
	int result = cli_request_json(cli, "POST", "/api/transmissions/read", body, &out);
	if (!result && !cli_print_json(cli, out))
		printf("%lld read; %lld to read.\n", number(out, "read"), number(out, "left"));
	json_decref(out);
	return result;
}

int cli_transmission_add(struct cli *cli)
{
	char target[TARGET_BYTES];
	json_t *record;
	int result = cli_fields(cli, 1, "transmission", &record);
	if (result)
		return result;
	target_of(target, "/api/patients/", cli->arguments[0], "/transmission");
	return ask(cli, "POST", target, record, "Saved.");
}

int cli_transmission_reply(struct cli *cli)
{
	char target[TARGET_BYTES];
	target_of(target, "/api/patients/", cli->arguments[0], "/reply");
	return ask(cli, "POST", target,
	        json_pack("{s:s, s:s}", "transmission", cli->arguments[1], "body", cli->arguments[2]),
	        "Saved.");
}

/* ---- Working time ------------------------------------------------------------------------------------------------ */

static void put_moment(json_t *body, const char *name, int64_t seconds)
{
	char out[MOMENT_TEXT_BYTES];
	moment_text(out, (struct moment){seconds, calendar_paris_offset_minutes(seconds)});
	json_object_set_new(body, name, json_string(out));
}

int cli_time_log(struct cli *cli)
{
	unsigned long minutes;
	const int64_t now = (int64_t)time(NULL);
	if (!cli_number(cli->arguments[1], &minutes) || minutes == 0 || minutes > 24 * 60)
		return cli_say(CLI_USAGE, "MINUTES is a number from 1 to 1440, as 30");
	json_t *body = json_pack("{s:s, s:s*}", "activity", cli->arguments[0], "note",
	        cli->argument_count > 2 ? cli->arguments[2] : NULL);
	put_moment(body, "start", now - (int64_t)minutes * 60);
	put_moment(body, "end", now);
	return ask(cli, "POST", "/api/times", body, "Saved.");
}

static void print_hours(const json_t *nurse)
{
	json_t *activity, *overlap;
	size_t index;
	printf("%s: %lld h %02lld in all, %lld h %02lld with patients (%lld visits), %lld.%lld %%\n",
	        text(nurse, "name"), number(nurse, "totalMinutes") / 60, number(nurse, "totalMinutes") % 60,
	        number(nurse, "patientMinutes") / 60, number(nurse, "patientMinutes") % 60,
	        number(nurse, "visits"), number(nurse, "patientPerMille") / 10,
	        number(nurse, "patientPerMille") % 10);
	json_array_foreach(json_object_get(nurse, "activities"), index, activity) printf("  %s: %lld min\n",
	        cli_words(json_object_get(activity, "label")), number(activity, "minutes"));
	json_array_foreach(json_object_get(nurse, "overlaps"), index, overlap) printf(
	        "  ! two at once from %.16s to %.16s\n", text(overlap, "from"), text(overlap, "until"));
}

int cli_time_week(struct cli *cli)
{
	char target[TARGET_BYTES] = "/api/times/summary";
	json_t *out, *nurse;
	size_t index;
	if (cli->argument_count)
		target_of(target, "/api/times/summary?week=", cli->arguments[0], "");
	int result = cli_request(cli, "GET", target, NO_BODY, &out);
	if (!result && !cli_print_json(cli, out)) {
		printf("%s (%s to %s)\n", text(out, "week"), text(out, "from"), text(out, "until"));
		json_array_foreach(json_object_get(out, "nurses"), index, nurse) print_hours(nurse);
		printf("The team: %lld.%lld %% with patients; the reference is %lld.%lld %%.\n",
		        number(out, "patientPerMille") / 10, number(out, "patientPerMille") % 10,
		        number(out, "aimPerMille") / 10, number(out, "aimPerMille") % 10);
	}
	json_decref(out);
	return result;
}
