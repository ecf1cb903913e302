/* Partners: the directory from a table, contacts with what was sent; and one's own work as a table. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/ids.h"
#include "crdt/base/limits.h"
#include "store/file.h"
#include "tools/cli_exchange.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

/* ---- The directory ---- */

static void print_rows(const json_t *out)
{
	const json_t *counts = json_object_get(out, "counts");
	size_t index, at;
	json_t *row, *problem;
	json_array_foreach(
	        json_object_get(out, "columns"), index, row) if (json_is_null(json_object_get(row, "field")))
	        printf("Column “%s” is not taken.\n", text(row, "title"));
	json_array_foreach(json_object_get(out, "rows"), index, row)
	{
		if (strcmp(text(row, "status"), "new") == 0 &&
		        json_array_size(json_object_get(row, "problems")) == 0)
			continue;
		printf("  line %lld: %s: %s\n", json_integer_value(json_object_get(row, "line")),
		        text(row, "status"), text(row, "name"));
		json_array_foreach(json_object_get(row, "problems"), at, problem)
		        printf("    %s\n", cli_words(problem));
	}
	printf("%lld new, %lld known, %lld different, %lld twice in the file, %lld refused.\n",
	        json_integer_value(json_object_get(counts, "new")),
	        json_integer_value(json_object_get(counts, "known")),
	        json_integer_value(json_object_get(counts, "different")),
	        json_integer_value(json_object_get(counts, "double")),
	        json_integer_value(json_object_get(counts, "refused")));
}

static int post_table(struct cli *cli, struct span bytes, bool take, json_t **out)
{
	char target[64];
	snprintf(target, sizeof(target), "/api/directory?take=%d&update=%d", take,
	        cli_option(cli, "update") != NULL);
	return cli_request(cli, "POST", target, bytes, out);
}

int cli_directory_import(struct cli *cli)
{
	struct buf file = {0};
	json_t *out = NULL;
	int result = file_read(cli->arguments[0], LIMIT_API_BYTES, &file);
	if (result)
		return cli_say(cli_exit_of(result), "%s cannot be read: %s", cli->arguments[0],
		        err_sentence(result));
	result = post_table(cli, buf_span(&file), false, &out);
	const bool only_shown = cli_option(cli, "dry-run") != NULL;
	if (!result && (!cli->json || only_shown) && !cli_print_json(cli, out))
		print_rows(out);
	if (!result && !only_shown) {
		json_decref(out);
		out = NULL;
		if (!cli_confirmed(cli, "Take them in?"))
			result = cli_say(CLI_CONFLICT, "nothing was taken in: --yes says that it may");
		else
			result = post_table(cli, buf_span(&file), true, &out);
		if (!result && !cli_print_json(cli, out))
			printf("%lld entries were written.\n",
			        json_integer_value(json_object_get(out, "written")));
	}
	json_decref(out);
	buf_wipe(&file);
	return result;
}

/* ---- Contacts ---- */

int cli_contact_list(struct cli *cli)
{
	static const struct cli_column columns[] = {{"WHEN", "at", 16}, {"WAY", "direction", 4},
	        {"BY", "channel", 10}, {"PARTNER", "partner", 30}, {"STATE", "state", 9},
	        {"BY DAY", "answerBy", 10}, {"SUMMARY", "summary", 40}, {"ID", "id", 12}, {0}};
	char *patient = cli_escaped(cli->arguments[0]), target[4096];
	json_t *out;
	snprintf(target, sizeof(target), "/api/patients/%.3000s/contacts", patient);
	mem_free(patient);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		cli_print_table(json_object_get(out, "contacts"), columns);
	json_decref(out);
	return result;
}

struct made {
	struct buf bytes;
	const char *title; /* as the contact names it */
};

static int make(struct cli *cli, struct made *made)
{
	const char *what = cli_option(cli, "what"), *patient = cli->arguments[0];
	json_t *out = NULL;
	if (what && strcmp(what, "fhir") == 0) {
		made->title = "Bundle FHIR";
		return cli_get_bundle(cli, patient, &made->bytes);
	}
	const bool is_synthesis = what && strcmp(what, "synthesis") == 0;
	made->title = is_synthesis ? "Synthèse infirmière" : "Fiche de liaison";
	int result = cli_get_made(cli, patient, is_synthesis ? "/synthesis" : "/liaison", &out);
	if (!result)
		buf_add_span(&made->bytes, span_text(text(out, "html")));
	json_decref(out);
	return result;
}

/* The file that was made, by its hash: whoever has it can show that this one was meant. */
static void put_attached(json_t *contact, const struct made *made)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof(hash) + 1];
	crypto_hash_sha256(hash, made->bytes.data, made->bytes.size);
	ids_hex(hex, hash, sizeof(hash));
	json_object_set_new(contact, "attached", json_sprintf("%s, SHA-256 %s", made->title, hex));
	if (!json_object_get(contact, "summary"))
		json_object_set_new(contact, "summary", json_string(made->title));
	if (!json_object_get(contact, "channel"))
		json_object_set_new(contact, "channel", json_string("mssante"));
}

static int record(struct cli *cli, const struct made *made, json_t *contact, const char *path)
{
	char *patient = cli_escaped(cli->arguments[0]), target[4096];
	json_t *out = NULL;
	put_attached(contact, made);
	snprintf(target, sizeof(target), "/api/records/contact?in=%.3000s", patient);
	mem_free(patient);
	int result = cli_request_json(cli, "POST", target, contact, &out);
	if (result)
		cli_say(result, "%s was written, but the contact was not recorded", path);
	else if (!cli_print_json(cli, out))
		printf("%s is not encrypted. Send it yourself: this program sends nothing. The contact is "
		       "recorded (%.12s).\n",
		        path, text(out, "id"));
	json_decref(out);
	return result;
}

int cli_contact_send(struct cli *cli)
{
	const char *path = cli_option(cli, "out");
	struct made made = {0};
	json_t *contact;
	if (!path)
		return cli_say(CLI_USAGE, "--out FILE says where to");
	int result = cli_fields(cli, 1, "contact", &contact);
	if (result)
		return result;
	if (!cli_may_write_in_clear(cli))
		result = CLI_CONFLICT;
	if (!result)
		result = make(cli, &made);
	if (!result)
		result = cli_put_file(cli, path, buf_span(&made.bytes));
	if (!result)
		result = record(cli, &made, contact, path);
	else
		json_decref(contact);
	buf_wipe(&made.bytes);
	return result;
}

/* ---- One's own ---- */

int cli_export_mine(struct cli *cli)
{
	static const char *const options[] = {"from", "to", "names"};
	const char *path = cli_option(cli, "out");
	struct buf target = {0};
	json_t *out = NULL;
	if (!cli_may_write_in_clear(cli))
		return CLI_CONFLICT;
	buf_add_span(&target, span_text("/api/mine?unencrypted=1"));
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		cli_add_query(cli, options[i], options[i], &target);
	buf_add(&target, "", 1);
	cli->verbatim = true;
	int result = cli_request(cli, "GET", (const char *)target.data, (struct span){NULL, 0}, &out);
	if (!result && path)
		result = cli_put_file(cli, path, span_text(text(out, "csv")));
	else if (!result)
		fputs(text(out, "csv"), stdout);
	if (!result && path)
		printf("%lld rows are in %s, not encrypted, readable for whoever reads your files.\n",
		        json_integer_value(json_object_get(out, "rows")), path);
	json_decref(out);
	buf_close(&target);
	return result;
}
