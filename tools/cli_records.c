/* Patients, plans, visits, times: records of the schema. */
#include <stdio.h>
#include <stdlib.h>

#include "node/omaha/omaha.h"
#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

/* "/api/patients/" WORD REST, at most 4 KB. */
static void patient_target(char out[4096], const char *patient, const char *rest)
{
	char *word = cli_escaped(patient);
	snprintf(out, 4096, "/api/patients/%s%s", word, rest);
	mem_free(word);
}

/* Send a record, which is taken; says what was saved. */
static int send_record(struct cli *cli, const char *method, const char *target, json_t *record)
{
	json_t *out, *warning;
	size_t index;
	if (cli_option(cli, "anyway"))
		json_object_set_new(record, "anyway", json_true());
	int result = cli_request_json(cli, method, target, record, &out);
	if (result)
		return result;
	if (!cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "warnings"), index, warning)
		        fprintf(stderr, "releve: %s\n", cli_words(warning));
		printf("%s\n", text(out, "id"));
	}
	json_decref(out);
	return CLI_OK;
}

static int show_list(
        struct cli *cli, const char *target, const char *member, const struct cli_column *columns)
{
	json_t *out;
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		cli_put_where_all(out, member);
		cli_print_table(json_object_get(out, member), columns);
		cli_print_unverified(json_object_get(out, member));
	}
	json_decref(out);
	return result;
}

/* Send a record made from FIELD=VALUE. */
static int save(struct cli *cli, const char *method, const char *target, int from, const char *kind)
{
	json_t *record;
	int result = cli_fields(cli, from, kind, &record);
	return result ? result : send_record(cli, method, target, record);
}

/* ---- Patients ---- */

int cli_patient_add(struct cli *cli)
{
	return save(cli, "POST", "/api/patients", 0, "patient");
}

int cli_patient_list(struct cli *cli)
{
	static const struct cli_column columns[] = {{"PATIENT", "id", 12}, {"LAST NAME", "lastName", 24},
	        {"FIRST NAME", "firstName", 24}, {"BORN", "birthDate", 0}, {"TOWN", "town", 24}, {0}};
	const char *limit = cli_option(cli, "limit");
	unsigned long most = 0;
	if (limit && !cli_number(limit, &most))
		return cli_say(CLI_USAGE, "--limit takes a number, as 50");
	char *word = cli_escaped(cli->argument_count ? cli->arguments[0] : ""), target[4096];
	snprintf(target, sizeof(target), "/api/patients?search=%s&limit=%lu%s", word, most,
	        cli_option(cli, "archived") ? "&archived=1" : "");
	mem_free(word);
	return show_list(cli, target, "patients", columns);
}

static const struct cli_column PLAN[] = {{"ITEM", "id", 32}, {"CATEGORY", "category", 0},
        {"TARGET", "target", 30}, {"DETAIL", "detail", 40}, {"RECURRENCE", "recurrence", 20},
        {"STATE", "state", 0}, {"ALSO ON", "where", 40}, {0}};
static const struct cli_column VISITS[] = {{"VISIT", "id", 32}, {"PATIENT", "patient", 24},
        {"START", "start", 16}, {"END", "end", 16}, {"NURSE", "nurse", 20}, {"NOTE", "note", 40},
        {"ALSO ON", "where", 40}, {0}};

/* In each row, the id in `member` becomes the name that it has in `people`; ids that have none stay. */
static void put_names(json_t *rows, const char *member, const json_t *people, const char *id_member)
{
	size_t index, other;
	json_t *row, *person;
	json_array_foreach(rows, index, row)
	{
		const char *id = text(row, member);
		json_array_foreach((json_t *)(uintptr_t)people, other, person)
		{
			const json_t *name = json_object_get(person, "name");
			/* Visits name a nurse by the beginning of the id, people a patient. */
			size_t size = strlen(id) < 12 ? strlen(id) : 12;
			if (!size || strncmp(text(person, id_member), id, size) != 0)
				continue;
			json_object_set_new(row, member,
			        json_sprintf("%s %s", text(name ? name : person, "lastName"),
			                text(name ? name : person, "firstName")));
			break;
		}
	}
}

/* Below each visit that was corrected stands what was corrected; the old one stays readable. */
static int add_amendments(struct cli *cli, json_t *rows)
{
	int result = 0;
	for (size_t at = 0; !result && at < json_array_size(rows); at++) {
		char target[4096];
		size_t index;
		json_t *out, *amendment, *row = json_array_get(rows, at);
		const char *visit = text(row, "id");
		if (!json_is_true(json_object_get(row, "corrected")))
			continue;
		patient_target(target, text(row, "patient"), "/visitAmendment");
		result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
		json_array_foreach(json_object_get(out, "records"), index, amendment)
		{
			/* It names the visit by the beginning of its id. */
			const char *cited = text(amendment, "visit");
			if (!*cited || strncmp(cited, visit, 12) != 0)
				continue;
			json_object_set_new(amendment, "id", json_string("  corrected:"));
			json_array_insert(rows, ++at, amendment);
		}
		json_decref(out);
	}
	return result;
}

/* Visits as people read them. */
static int print_visits(struct cli *cli, json_t *rows)
{
	json_t *members = NULL, *patients = NULL;
	const struct span none = {NULL, 0};
	int result = add_amendments(cli, rows);
	if (!result)
		result = cli_request(cli, "GET", "/api/members", none, &members);
	if (!result)
		result = cli_request(cli, "GET", "/api/patients?limit=100000", none, &patients);
	if (!result) {
		put_names(rows, "nurse", json_object_get(members, "members"), "person");
		put_names(rows, "patient", json_object_get(patients, "patients"), "id");
		cli_print_table(rows, VISITS);
		cli_print_unverified(rows);
	}
	json_decref(members);
	json_decref(patients);
	return result;
}

static int show_visits(struct cli *cli, const char *target, const char *member, const char *patient)
{
	json_t *out, *row;
	size_t index;
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		cli_put_where_all(out, member);
		json_array_foreach(json_object_get(out, member), index, row) if (patient)
		        json_object_set_new(row, "patient", json_string(patient));
		result = print_visits(cli, json_object_get(out, member));
		if (!result)
			cli_print_age(out);
	}
	json_decref(out);
	return result;
}

/* Problems as people read them: "PB26", and what the Omaha System calls that where nobody gave it another name. */
static void put_omaha(json_t *problems)
{
	json_t *problem;
	size_t index;
	json_array_foreach(problems, index, problem)
	{
		json_int_t number = json_integer_value(json_object_get(problem, "code"));
		const struct omaha_term *term = number > 0 && number < 100
		        ? omaha_find(OMAHA_PROBLEM, (uint32_t)number)
		        : NULL;
		char code[OMAHA_CODE_BYTES];
		if (!term)
			continue;
		omaha_write_code(code, OMAHA_PROBLEM, term->code);
		json_object_set_new(problem, "code", json_string(code));
		json_t *label = json_pack("{s:s, s:s}", "fr", omaha_text(&term->label, true), "en",
		        omaha_text(&term->label, false));
		if (!json_object_get(problem, "name"))
			json_object_set_new(problem, "name", json_string(cli_words(label)));
		json_decref(label);
	}
}

static int show_part(struct cli *cli, const char *title, const char *kind, const struct cli_column *columns)
{
	char target[4096], rest[64];
	json_t *out;
	snprintf(rest, sizeof(rest), "/%s?limit=10", kind);
	patient_target(target, cli->arguments[0], rest);
	printf("\n%s\n", title);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result) {
		if (strcmp(kind, "problem") == 0)
			put_omaha(json_object_get(out, "records"));
		cli_print_table(json_object_get(out, "records"), columns);
	}
	json_decref(out);
	return result;
}

static int show_last_visits(struct cli *cli)
{
	char target[4096];
	patient_target(target, cli->arguments[0], "/visit?limit=10");
	printf("\nLAST VISITS\n");
	return show_visits(cli, target, "records", cli->arguments[0]);
}

int cli_patient_show(struct cli *cli)
{
	static const struct cli_column problems[] = {{"PROBLEM", "id", 32}, {"CODE", "code", 0},
	        {"NAME", "name", 30}, {"SEVERITY", "severity", 0}, {"STATE", "state", 0},
	        {"ALSO ON", "where", 40}, {0}};
	char target[4096];
	json_t *out;
	patient_target(target, cli->arguments[0], "/file");
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (result)
		return result;
	const bool done = cli_print_file(cli, out);
	json_decref(out);
	if (!done)
		result = show_part(cli, "PROBLEMS", "problem", problems);
	if (!done && !result)
		result = show_part(cli, "PLAN", "intervention", PLAN);
	if (!done && !result)
		result = show_last_visits(cli);
	return result;
}

int cli_patient_edit(struct cli *cli)
{
	char target[4096];
	patient_target(target, cli->arguments[0], "");
	return save(cli, "PATCH", target, 1, "patient");
}

/* ---- Parts of a dossier ---- */

static int add_part(struct cli *cli, const char *kind)
{
	char target[4096], rest[64];
	snprintf(rest, sizeof(rest), "/%s", kind);
	patient_target(target, cli->arguments[0], rest);
	return save(cli, "POST", target, 1, kind);
}

static int edit_part(struct cli *cli, const char *kind)
{
	char target[4096], rest[96], *id = cli_escaped(cli->arguments[1]);
	snprintf(rest, sizeof(rest), "/%s/%.64s", kind, id);
	mem_free(id);
	patient_target(target, cli->arguments[0], rest);
	return save(cli, "PATCH", target, 2, kind);
}

int cli_problem_add(struct cli *cli)
{
	return add_part(cli, "problem");
}

int cli_problem_edit(struct cli *cli)
{
	return edit_part(cli, "problem");
}

int cli_plan_add(struct cli *cli)
{
	return add_part(cli, "intervention");
}

int cli_rating_add(struct cli *cli)
{
	return add_part(cli, "rating");
}

int cli_plan_list(struct cli *cli)
{
	char target[4096];
	patient_target(target, cli->arguments[0], "/intervention");
	return show_list(cli, target, "records", PLAN);
}

int cli_plan_edit(struct cli *cli)
{
	return edit_part(cli, "intervention");
}

/* ---- Visits ---- */

int cli_visit_start(struct cli *cli)
{
	char target[4096];
	json_t *record, *out;
	int result = cli_fields(cli, 1, "visit", &record);
	if (result)
		return result;
	patient_target(target, cli->arguments[0], "/visits/start");
	result = cli_request_json(cli, "POST", target, record, &out);
	if (!result && !cli_print_json(cli, out))
		printf("The visit began at %s.\n", text(out, "start"));
	json_decref(out);
	return result;
}

/* "end=10:55" is the first such moment after the start, which the program knows. */
int cli_visit_stop(struct cli *cli)
{
	static const char name[] = "end=";
	json_t *record;
	int result = cli_fields(cli, 0, "visit", &record);
	if (result)
		return result;
	for (int i = 0; i < cli->argument_count; i++)
		if (strncmp(cli->arguments[i], name, strlen(name)) == 0 &&
		        strlen(cli->arguments[i]) == strlen(name) + 5)
			json_object_set_new(record, "end", json_string(cli->arguments[i] + strlen(name)));
	return send_record(cli, "POST", "/api/visits/stop", record);
}

int cli_visit_cancel(struct cli *cli)
{
	json_t *out;
	int result = cli_request(cli, "DELETE", "/api/visits/running", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		printf("The visit is forgotten; nothing was saved.\n");
	json_decref(out);
	return result;
}

int cli_visit_add(struct cli *cli)
{
	char target[4096];
	patient_target(target, cli->arguments[0], "/visits");
	return save(cli, "POST", target, 1, "visit");
}

int cli_visit_amend(struct cli *cli)
{
	char target[4096], rest[96], *visit = cli_escaped(cli->arguments[1]);
	snprintf(rest, sizeof(rest), "/visits/%.64s/amend", visit);
	mem_free(visit);
	patient_target(target, cli->arguments[0], rest);
	return save(cli, "POST", target, 2, "visitAmendment");
}

int cli_visit_list(struct cli *cli)
{
	const char *day = cli_option(cli, "day"), *month = cli_option(cli, "month"),
	           *patient = cli_option(cli, "patient");
	char target[4096];
	if (patient) {
		patient_target(target, patient, "/visit");
		return show_visits(cli, target, "records", patient);
	}
	char *word = cli_escaped(day ? day : month ? month : "");
	snprintf(target, sizeof(target), "/api/visits%s%s", day ? "?day=" : month ? "?month=" : "", word);
	mem_free(word);
	return show_visits(cli, target, "visits", NULL);
}

/* ---- Time ---- */

int cli_time_add(struct cli *cli)
{
	return save(cli, "POST", "/api/times", 0, "timeEntry");
}
