/* What a patient takes: prescriptions and lines, the doses of a day, alarms; and saying that a dose was given, refused or omitted. */
#include <stdio.h>
#include <string.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static int get_medication(struct cli *cli, json_t **out)
{
	char target[4096], *patient = cli_escaped(cli->arguments[0]);
	const char *said = cli->argument_count > 1 ? cli->arguments[1] : "";
	char *day = cli_escaped(said);
	snprintf(target, sizeof(target), "/api/patients/%.3000s/medication%s%.64s", patient,
	        *said ? "?day=" : "", day);
	mem_free(patient);
	mem_free(day);
	return cli_request(cli, "GET", target, (struct span){NULL, 0}, out);
}

static const struct cli_column LINES[] = {{"LINE", "id", 12}, {"DRUG", "drug", 32}, {"DOSE", "dose", 20},
        {"SCHEDULE", "schedule", 32}, {"STATE", "state", 0}, {"UNTIL", "until", 0}, {0}};
static const struct cli_column SLOTS[] = {{"AT", "at", 0}, {"LINE", "line", 12}, {"DRUG", "drug", 32},
        {"DOSE", "dose", 20}, {"QUANTITY", "quantity", 0}, {"STATE", "state", 0}, {0}};
static const struct cli_column WITHOUT_SLOTS[] = {{"LINE", "line", 12}, {"DRUG", "drug", 32},
        {"DOSE", "dose", 20}, {"SCHEDULE", "schedule", 32}, {"GIVEN", "given", 0},
        {"MAXIMUM", "maxPerDay", 0}, {0}};

/* A table with its title, when there is something in it. */
static void print_part(
        const json_t *out, const char *member, const char *title, const struct cli_column *columns)
{
	const json_t *rows = json_object_get(out, member);
	if (json_array_size(rows) == 0)
		return;
	printf("\n%s\n", title);
	cli_print_table(rows, columns);
}

static void print_prescription(const json_t *prescription)
{
	json_t *one;
	size_t index;
	printf("\n%.12s  %s, %s: %s", text(prescription, "id"), text(prescription, "prescriber"),
	        text(prescription, "date"), text(prescription, "state"));
	if (*text(prescription, "until"))
		printf(" until %s", text(prescription, "until"));
	printf("%s%s%s\n", json_object_get(prescription, "renewedBy") ? ", renewed" : "",
	        *text(prescription, "scan") ? ", original: photo " : "", text(prescription, "scan"));
	if (json_object_get(prescription, "versions"))
		printf("  ! Corrected by people apart: compare the versions.\n");
	json_array_foreach(json_object_get(prescription, "stops"), index, one)
	        printf("  stopped on %s by %s: %s%s\n", text(one, "on"), text(one, "by"), text(one, "why"),
	                json_is_true(json_object_get(one, "mistaken")) ? "  (entered by mistake)" : "");
	json_array_foreach(json_object_get(prescription, "followUps"), index, one) printf(
	        "  follow-up at %d days, %s: %s\n", (int)json_integer_value(json_object_get(one, "days")),
	        text(one, "dueOn"), text(one, "state"));
	if (json_array_size(json_object_get(prescription, "lines")))
		cli_print_table(json_object_get(prescription, "lines"), LINES);
}

static void print_attention(const json_t *out)
{
	json_t *item;
	size_t index;
	json_array_foreach(json_object_get(out, "attention"), index, item) printf("! %s\n", cli_words(item));
}

int cli_medication_show(struct cli *cli)
{
	json_t *out, *prescription;
	size_t index;
	int result = get_medication(cli, &out);
	if (!result && !cli_print_json(cli, out)) {
		print_attention(out);
		json_array_foreach(json_object_get(out, "prescriptions"), index, prescription)
		        print_prescription(prescription);
		print_part(out, "withoutPrescription", "WITHOUT PRESCRIPTION", LINES);
		if (json_array_size(json_object_get(out, "prescriptions")) == 0)
			printf("No prescription is here.\n");
	}
	json_decref(out);
	return result;
}

int cli_medication_day(struct cli *cli)
{
	json_t *out;
	int result = get_medication(cli, &out);
	if (!result && !cli_print_json(cli, out)) {
		printf("%s\n", text(out, "day"));
		print_attention(out);
		print_part(out, "schedule", "DOSES", SLOTS);
		print_part(out, "times", "SO OFTEN A DAY", WITHOUT_SLOTS);
		print_part(out, "asNeeded", "AS NEEDED", WITHOUT_SLOTS);
		print_part(out, "unread", "READ THE PRESCRIPTION", WITHOUT_SLOTS);
	}
	json_decref(out);
	return result;
}

/* What a review cites, as the command takes it: "doses=1a2b3c4d5e6f,..." */
static void print_cited(const char *patient, const char *about, const char *field, const json_t *ids)
{
	size_t index;
	json_t *id;
	printf("    releve medication review %s about=%s %s=", patient, about, field);
	json_array_foreach((json_t *)(uintptr_t)ids, index, id)
	        printf("%s%.12s", index ? "," : "", json_string_value(id));
	printf(" words=...\n");
}

/* Alarms and pairs of lines that no review settled. */
static unsigned print_unsettled(const struct cli *cli, const json_t *out, const char *member)
{
	const bool are_doses = strcmp(member, "alarms") == 0;
	const json_t *one;
	size_t index;
	unsigned count = 0;
	json_array_foreach(json_object_get(out, member), index, one)
	{
		if (json_object_get(one, "settled"))
			continue;
		count++;
		if (are_doses)
			printf("%s, %s: %s\n", text(one, "drug"), text(one, "day"), text(one, "type"));
		else
			printf("%s / %s: %s, since %s\n",
			        json_string_value(json_array_get(json_object_get(one, "drugs"), 0)),
			        json_string_value(json_array_get(json_object_get(one, "drugs"), 1)),
			        json_is_true(json_object_get(one, "same")) ? "the same drug" : "a like name",
			        text(one, "from"));
		print_cited(cli->arguments[0], are_doses ? "doses" : "lines", are_doses ? "doses" : "lines",
		        json_object_get(one, are_doses ? "doses" : "lines"));
	}
	return count;
}

static unsigned print_follow_ups(const struct cli *cli, const json_t *prescription)
{
	const json_t *one;
	size_t index;
	unsigned count = 0;
	json_array_foreach(json_object_get(prescription, "followUps"), index, one)
	{
		const int days = (int)json_integer_value(json_object_get(one, "days"));
		if (strcmp(text(one, "state"), "due") != 0)
			continue;
		count++;
		printf("%s, %s: follow-up at %d days, due since %s\n", text(prescription, "prescriber"),
		        text(prescription, "date"), days, text(one, "dueOn"));
		printf("    releve medication review %s about=follow-up-%d prescription=%.12s words=...\n",
		        cli->arguments[0], days, text(prescription, "id"));
	}
	return count;
}

int cli_medication_due(struct cli *cli)
{
	json_t *out, *prescription;
	size_t index;
	int result = get_medication(cli, &out);
	if (!result && !cli_print_json(cli, out)) {
		unsigned count = 0;
		json_array_foreach(json_object_get(out, "prescriptions"), index, prescription)
		        count += print_follow_ups(cli, prescription);
		count += print_unsettled(cli, out, "alarms");
		count += print_unsettled(cli, out, "duplicates");
		if (!count)
			printf("Nothing is due.\n");
	}
	json_decref(out);
	return result;
}

/* ---- Saving ---- */

static void take_id(const json_t *record, const char *begins, json_t **found, unsigned *count)
{
	if (strlen(begins) < 4 || strncmp(text(record, "id"), begins, strlen(begins)) != 0)
		return;
	json_decref(*found);
	*found = json_incref(json_object_get(record, "id"));
	++*count;
}

/* The whole id of the prescription, or line, that begins so: others cite it by that. 0 or an exit code, said. */
static int find_id(struct cli *cli, const char *begins, bool of_line, json_t **found)
{
	json_t *out, *prescription, *line;
	size_t index, other;
	const int given = cli->argument_count;
	unsigned count = 0;
	cli->argument_count = 1; /* no day is named here */
	int result = get_medication(cli, &out);
	cli->argument_count = given;
	*found = NULL;
	json_array_foreach(json_object_get(out, "prescriptions"), index, prescription)
	{
		if (!of_line)
			take_id(prescription, begins, found, &count);
		else
			json_array_foreach(json_object_get(prescription, "lines"), other, line)
			        take_id(line, begins, found, &count);
	}
	json_decref(out);
	if (!result && count != 1)
		result = cli_say(count ? CLI_CONFLICT : CLI_NOT_FOUND,
		        count ? "several of this patient's %s begin with \"%s\": give more digits"
		              : "this patient has no %s \"%s\": see \"releve medication show\"",
		        of_line ? "prescription line" : "prescription", begins);
	return result;
}

/* The record of FIELD=VALUE, with the id of what the second argument names under `member`; *out is the reply, NULL where it was printed. */
static int send(struct cli *cli, const char *kind, const char *member, const char *rest, const char *outcome,
        json_t **out)
{
	char target[4096];
	json_t *record, *id;
	int result = cli_fields(cli, 2, kind, &record);
	*out = NULL;
	if (result)
		return result;
	result = find_id(cli, cli->arguments[1], outcome != NULL, &id);
	if (!result) {
		char *patient = cli_escaped(cli->arguments[0]);
		snprintf(target, sizeof(target), "/api/patients/%.3000s/%s", patient, rest);
		mem_free(patient);
		json_object_set(record, member, id);
		if (outcome)
			json_object_set_new(record, "outcome", json_string(outcome));
		result = cli_request_json(cli, "POST", target, json_incref(record), out);
	}
	json_decref(id);
	json_decref(record);
	if (!result && cli_print_json(cli, *out)) {
		json_decref(*out);
		*out = NULL;
	}
	return result;
}

static int say_dose(struct cli *cli, const char *outcome)
{
	json_t *out, *warning;
	size_t index;
	int result = send(cli, "dose", "line", "dose", outcome, &out);
	json_array_foreach(json_object_get(out, "warnings"), index, warning)
	        fprintf(stderr, "releve: %s\n", cli_words(warning));
	if (out)
		printf("%s\n", text(out, "id"));
	json_decref(out);
	return result;
}

int cli_medication_renew(struct cli *cli)
{
	json_t *out;
	int result = send(cli, "prescription", "renews", "prescriptions", NULL, &out);
	if (out)
		printf("%s  with %zu lines of the former\n", text(out, "id"),
		        json_array_size(json_object_get(out, "records")) - 1);
	json_decref(out);
	return result;
}

int cli_medication_give(struct cli *cli)
{
	return say_dose(cli, "given");
}

int cli_medication_refuse(struct cli *cli)
{
	return say_dose(cli, "refused");
}

int cli_medication_omit(struct cli *cli)
{
	return say_dose(cli, "omitted");
}
