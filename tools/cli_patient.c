/* A patient's file, possible duplicates, files that are joined. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static void print_name(FILE *to, const json_t *who)
{
	const char *born = text(who, "birthDate"), *birth_name = text(who, "birthName");
	fprintf(to, "%.12s  %s %s%s%s%s%s%s", text(who, "id"), text(who, "lastName"), text(who, "firstName"),
	        *birth_name ? " (" : "", birth_name, *birth_name ? ")" : "", *born ? ", " : "", born);
}

/* ---- The file ---------------------------------------------------------------------------------------------------- */

static void print_alerts(const json_t *file)
{
	size_t index;
	json_t *alert;
	json_array_foreach(json_object_get(file, "alerts"), index, alert)
	{
		const char *severity = text(alert, "severity"), *reaction = text(alert, "reaction");
		printf("! %s%s%s%s%s%s%s\n", text(alert, "what"), *severity ? ", " : "", severity,
		        *reaction ? ": " : "", reaction, *text(alert, "type") ? "  " : "",
		        text(alert, "type"));
	}
	json_array_foreach(json_object_get(file, "allergies"), index, alert)
	        printf("! %s\n", text(alert, "text"));
}

static void print_joined(const json_t *file)
{
	const json_t *joined = json_object_get(file, "joined");
	size_t index;
	json_t *one;
	if (json_is_true(json_object_get(joined, "contradicted")))
		printf("! Files that were joined here contradict each other: they are shown apart until that "
		       "is "
		       "decided (releve patient duplicates).\n");
	if (json_array_size(json_object_get(joined, "files")) > 1)
		printf("Joined files:\n");
	json_array_foreach(json_object_get(joined, "files"), index, one)
	{
		if (json_array_size(json_object_get(joined, "files")) < 2)
			break;
		printf("  ");
		print_name(stdout, one);
		printf("\n");
	}
	json_array_foreach(json_object_get(file, "links"), index, one)
	{
		if (strcmp(text(one, "state"), "disputed") != 0)
			continue;
		printf("! Two nurses decided differently whether this is also: ");
		print_name(stdout, json_object_get(one, "other"));
		printf("\n");
	}
}

static void print_identity(const json_t *identity)
{
	const json_t *ins = json_object_get(identity, "ins");
	size_t index, place;
	json_t *one, *value;
	printf("identity: %s", cli_words(json_object_get(identity, "statusLabel")));
	if (*text(ins, "number"))
		printf(", INS %s%s%s", text(ins, "number"), *text(ins, "oid") ? ", OID " : "",
		        text(ins, "oid"));
	printf("\n");
	json_array_foreach(json_object_get(identity, "warnings"), index, one)
	        printf("! %s\n", cli_words(one));
	json_array_foreach(json_object_get(identity, "differs"), index, one)
	{
		printf("! The files differ in “%s”:", cli_words(json_object_get(one, "label")));
		json_array_foreach(json_object_get(one, "values"), place, value) printf(
		        "%s %s (%.12s)", place ? "," : "", text(value, "value"), text(value, "dossier"));
		printf("\n");
	}
}

static void print_people(const json_t *file)
{
	const json_t *referent = json_object_get(file, "referent");
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(referent, "values"), index, one) printf("%s: %s%s%s\n",
	        json_is_true(json_object_get(referent, "conflict")) ? "CONFLICT référent" : "référent",
	        text(one, "name"), *text(one, "from") ? ", since " : "", text(one, "from"));
	json_array_foreach(json_object_get(file, "circle"), index, one)
	        printf("%s%s%s", index ? ", " : "circle: ", text(one, "name"),
	                index + 1 == json_array_size(json_object_get(file, "circle")) ? "\n" : "");
	json_array_foreach(json_object_get(file, "partners"), index, one) printf("%s: %s%s%s\n",
	        text(one, "role"), text(one, "name"), *text(one, "phone") ? ", " : "", text(one, "phone"));
}

static void print_consents(const json_t *file)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(file, "consents"), index, one) printf("consent, %s: %s%s%s%s\n",
	        cli_words(json_object_get(one, "label")), text(one, "decision"),
	        *text(one, "until") ? " until " : "", text(one, "until"),
	        json_is_true(json_object_get(one, "holds")) || strcmp(text(one, "decision"), "given") != 0
	                ? ""
	                : " (over)");
}

static void print_medication(const json_t *file)
{
	size_t index, place;
	json_t *one, *line;
	json_array_foreach(json_object_get(file, "prescriptions"), index, one)
	{
		json_array_foreach(json_object_get(one, "lines"), place, line) printf(
		        "takes: %s %s, %s%s%s\n", text(line, "drug"), text(line, "dose"),
		        text(line, "schedule"), *text(one, "until") ? ", until " : "", text(one, "until"));
	}
	json_array_foreach(json_object_get(json_object_get(file, "medication"), "attention"), index, one)
	        printf("! %s\n", cli_words(one));
}

static void print_planned(const json_t *file)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(file, "planned"), index, one)
	        printf("planned: %.16s\n", text(one, "start"));
}

/* The patient's own fields as a list, as `releve patient edit` names them. */
static void print_fields(const json_t *file)
{
	json_t *patient = json_deep_copy(json_object_get(file, "patient"));
	static const char *const told[] = {"unverified", "where", "referent", "circle", "joined", "on"};
	cli_put_where(patient, file);
	json_object_set(patient, "alsoOn", json_object_get(patient, "where"));
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
		json_object_del(patient, told[i]);
	cli_print_object(patient);
	json_decref(patient);
}

bool cli_print_file(const struct cli *cli, json_t *file)
{
	json_t *patient = json_object_get(file, "patient"), *mark = json_pack("[O]", patient);
	if (cli->json) {
		json_t *whole = json_copy(patient), *rest = json_copy(file);
		json_object_del(rest, "patient");
		json_object_set(whole, "holders", json_object_get(file, "holders"));
		json_object_set(whole, "age", json_object_get(file, "age"));
		json_object_set_new(whole, "file", rest);
		cli_print_json(cli, whole);
		json_decref(whole);
		json_decref(mark);
		return true;
	}
	cli_print_unverified(mark);
	json_decref(mark);
	print_alerts(file);
	print_joined(file);
	print_identity(json_object_get(file, "identity"));
	print_fields(file);
	print_people(file);
	print_consents(file);
	print_medication(file);
	print_planned(file);
	return false;
}

void cli_print_joined(FILE *to, const json_t *reply)
{
	size_t index;
	json_t *file;
	json_array_foreach(json_object_get(reply, "joined"), index, file)
	{
		fprintf(to, "It is joined with another file, which this does not reach: ");
		print_name(to, file);
		fprintf(to, "\n");
	}
}

/* ---- Duplicates -------------------------------------------------------------------------------------------------- */

static void print_reasons(FILE *to, const json_t *match)
{
	size_t index;
	json_t *reason;
	fprintf(to, "  %3lld %%:", (long long)json_integer_value(json_object_get(match, "score")));
	json_array_foreach(json_object_get(match, "reasons"), index, reason)
	        fprintf(to, "%s %s", index ? "," : "", cli_words(reason));
	fprintf(to, "\n");
}

void cli_print_candidates(FILE *to, const json_t *candidates)
{
	size_t index;
	json_t *one;
	json_array_foreach((json_t *)(uintptr_t)candidates, index, one)
	{
		fprintf(to, "  ");
		print_name(to, one);
		fprintf(to, "\n  ");
		print_reasons(to, one);
	}
}

static void print_pairs(const json_t *pairs)
{
	size_t index;
	json_t *one;
	json_array_foreach((json_t *)(uintptr_t)pairs, index, one)
	{
		const json_t *files = json_object_get(one, "files");
		print_name(stdout, json_array_get(files, 0));
		printf("\n");
		print_name(stdout, json_array_get(files, 1));
		printf("\n");
		print_reasons(stdout, one);
		if (strcmp(text(one, "state"), "disputed") == 0)
			printf("  ! Two nurses decided differently: decide with releve patient join or "
			       "different.\n");
		else if (strcmp(text(one, "state"), "proposed") == 0)
			printf("  Somebody who is given both says that they are one person's: a nurse joins "
			       "them, or not.\n");
	}
	if (json_array_size(pairs) == 0)
		printf("No two files look like one person's.\n");
}

/* FIELD=VALUE as the query, as they are typed: a date of which the end lacks is no error here. */
static int query_of(const struct cli *cli, char target[4096])
{
	size_t used = (size_t)snprintf(target, 4096, "/api/patients/duplicates");
	for (int i = 0; i < cli->argument_count; i++) {
		const char *word = cli->arguments[i], *equals = strchr(word, '=');
		if (!equals)
			return cli_say(CLI_USAGE, "\"%s\" is not FIELD=VALUE", word);
		char *value = cli_escaped(equals + 1);
		used += (size_t)snprintf(target + used, 4096 - used, "%s%.*s=%.400s", i ? "&" : "?",
		        (int)(equals - word > 40 ? 40 : equals - word), word, value);
		mem_free(value);
		if (used >= 4096)
			return cli_say(CLI_INVALID, "that is too much");
	}
	return 0;
}

int cli_patient_duplicates(struct cli *cli)
{
	char target[4096];
	json_t *out;
	int result = query_of(cli, target);
	if (!result)
		result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (result)
		return result;
	if (!cli_print_json(cli, out)) {
		const json_t *candidates = json_object_get(out, "candidates");
		if (!candidates)
			print_pairs(json_object_get(out, "pairs"));
		else if (json_array_size(candidates) == 0)
			printf("Nobody here is like that.\n");
		cli_print_candidates(stdout, candidates);
	}
	json_decref(out);
	return CLI_OK;
}

/* ---- Joined files ------------------------------------------------------------------------------------------------ */

static void print_state(const json_t *out)
{
	const json_t *files = json_object_get(out, "files");
	size_t index;
	json_t *one;
	printf("%s\n",
	        json_array_size(files) > 1 ? "One patient now, with these files:"
	                                   : "A patient with one file now:");
	json_array_foreach((json_t *)(uintptr_t)files, index, one)
	{
		printf("  ");
		print_name(stdout, one);
		printf("\n");
	}
	json_array_foreach(json_object_get(out, "shares"), index, one) printf(
	        "! %s is given one of these files and not all; what is new from now on she %s.\n",
	        text(one, "name"),
	        json_is_true(json_object_get(one, "getsNew")) ? "gets" : "does not get: share it with her");
}

static int decide(struct cli *cli, const char *decision, const char *note)
{
	char target[4096], *patient = cli_escaped(cli->arguments[0]);
	json_t *out, *body = json_pack("{s:s}", "decision", decision);
	snprintf(target, sizeof(target), "/api/patients/%.3000s/links", patient);
	mem_free(patient);
	if (cli->argument_count > 1)
		json_object_set_new(body, "other", json_string(cli->arguments[1]));
	if (note)
		json_object_set_new(body, "note", json_string(note));
	int result = cli_request_json(cli, "POST", target, body, &out);
	if (!result && !cli_print_json(cli, out))
		print_state(out);
	json_decref(out);
	return result;
}

int cli_patient_join(struct cli *cli)
{
	return decide(cli, "same-person", cli_option(cli, "note"));
}

int cli_patient_separate(struct cli *cli)
{
	return decide(cli, "undone", cli_option(cli, "reason"));
}

int cli_patient_different(struct cli *cli)
{
	return decide(cli, "different", cli_option(cli, "reason"));
}
