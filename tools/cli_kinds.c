/* Records of any kind: "record add alert PATIENT type=allergy what=latex". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/schema/schema.h"
#include "tools/cli.h"

enum { COLUMNS_MAX = 8, TARGET_BYTES = 4096 };

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static const struct schema_kind *kind_of(const struct cli *cli)
{
	const struct schema_kind *kind = schema_kind_named(span_text(cli->arguments[0]));
	if (!kind)
		cli_say(CLI_USAGE, "there is no kind of record \"%s\"; see \"releve record kinds\"",
		        cli->arguments[0]);
	return kind;
}

/* Whether a document has to be named: there are several that such a record may stand in. */
static bool needs_document(const struct schema_kind *kind, bool is_new)
{
	const enum schema_per per = schema_doc(kind->doc)->per;
	return (per == SCHEMA_PER_PATIENT || per == SCHEMA_PER_ITSELF) &&
	        !(is_new && kind->shape == SCHEMA_ONE);
}

/* "/api/records/KIND", with the record's id and the document. */
static void target_of(
        char out[TARGET_BYTES], const struct schema_kind *kind, const char *id, const char *document)
{
	char *record = cli_escaped(id ? id : ""), *in = cli_escaped(document ? document : "");
	snprintf(out, TARGET_BYTES, "/api/records/%s%s%.1000s%s%.1000s", kind->name, id ? "/" : "", record,
	        document ? "?in=" : "", in);
	mem_free(record);
	mem_free(in);
}

/* Takes the document's name off the arguments from `*at` on. False: it is missing, said. */
static bool take_document(
        const struct cli *cli, const struct schema_kind *kind, bool is_new, int *at, const char **out)
{
	*out = NULL;
	if (!needs_document(kind, is_new))
		return true;
	if (*at < cli->argument_count && !strchr(cli->arguments[*at], '='))
		*out = cli->arguments[(*at)++];
	else
		cli_say(CLI_USAGE, "say in which %s such a record stands: its id comes after the kind",
		        schema_doc(kind->doc)->name);
	return *out != NULL;
}

static int save(struct cli *cli, const char *method, const char *target, int from, const char *kind)
{
	json_t *record, *out, *warning;
	size_t index;
	int result = cli_fields(cli, from, kind, &record);
	if (result)
		return result;
	result = cli_request_json(cli, method, target, record, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "warnings"), index, warning)
		        fprintf(stderr, "releve: %s\n", cli_words(warning));
		printf("%s\n", text(out, "id"));
	}
	json_decref(out);
	return result;
}

int cli_record_add(struct cli *cli)
{
	const struct schema_kind *kind = kind_of(cli);
	const char *document;
	char target[TARGET_BYTES];
	int at = 1;
	if (!kind || !take_document(cli, kind, true, &at, &document))
		return CLI_USAGE;
	target_of(target, kind, NULL, document);
	return save(cli, "POST", target, at, kind->name);
}

int cli_record_edit(struct cli *cli)
{
	const struct schema_kind *kind = kind_of(cli);
	const char *document = NULL;
	char target[TARGET_BYTES];
	int at = 1;
	if (!kind || (kind->shape != SCHEMA_ONE && !take_document(cli, kind, false, &at, &document)))
		return CLI_USAGE;
	if (at == cli->argument_count)
		return cli_say(CLI_USAGE, "say which record: its whole id");
	target_of(target, kind, cli->arguments[at], document);
	return save(cli, "PATCH", target, at + 1, kind->name);
}

static void add_part(struct buf *out, const char *name, const json_t *value)
{
	const char *plain = json_string_value(value);
	char *dump = plain ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	buf_add_span(out, span_text(out->size ? ", " : ""));
	buf_add_span(out, span_text(name));
	buf_add_span(out, span_text(*name ? " " : ""));
	buf_add_span(out, span_text(plain ? plain : dump ? dump : ""));
	free(dump);
}

/* A list or an object as it stands in a cell: "SS2601, SS2602", "temp 36.8, kg 71.5". */
static json_t *in_words(const json_t *value)
{
	struct buf out = {0};
	const char *name;
	json_t *item;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)value, index, item) add_part(&out, "", item);
	json_object_foreach((json_t *)(uintptr_t)value, name, item) add_part(&out, name, item);
	json_t *json = json_stringn((const char *)out.data, out.size);
	buf_close(&out);
	return json ? json : json_string("");
}

static void flatten(json_t *rows)
{
	json_t *row, *value;
	const char *name;
	size_t index;
	void *next;
	json_array_foreach(rows, index, row)
	{
		json_object_foreach_safe(row, next, name, value)
		{
			if (json_is_array(value) || json_is_object(value))
				json_object_set_new(row, name, in_words(value));
		}
	}
}

static bool any_has(const json_t *rows, const char *name)
{
	json_t *row;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)rows, index, row)
	{
		if (json_object_get(row, name))
			return true;
	}
	return false;
}

static void print_rows(const struct schema_kind *kind, json_t *rows)
{
	struct cli_column columns[COLUMNS_MAX + 1] = {{"ID", "id", 32}};
	unsigned count = 1;
	flatten(rows);
	for (uint32_t i = 0; i < kind->field_count && count < COLUMNS_MAX - 1; i++)
		if (any_has(rows, kind->fields[i].name))
			columns[count++] = (struct cli_column){
			        kind->fields[i].name, kind->fields[i].name, 30};
	if (any_has(rows, "corrected"))
		columns[count++] = (struct cli_column){"CORRECTED", "corrected", 0};
	cli_print_table(rows, columns);
}

int cli_record_list(struct cli *cli)
{
	const struct schema_kind *kind = kind_of(cli);
	const char *document = NULL;
	char target[TARGET_BYTES];
	json_t *out;
	int at = 1;
	if (!kind)
		return CLI_USAGE;
	if (cli->argument_count > 1 || kind->shape != SCHEMA_ONE)
		if (!take_document(cli, kind, false, &at, &document))
			return CLI_USAGE;
	target_of(target, kind, NULL, document);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		print_rows(kind, json_object_get(out, "records"));
	json_decref(out);
	return result;
}

int cli_record_history(struct cli *cli)
{
	const struct schema_kind *kind = kind_of(cli);
	const char *document = NULL;
	char target[TARGET_BYTES];
	json_t *out, *change;
	size_t index;
	int at = 1;
	if (!kind || !take_document(cli, kind, false, &at, &document))
		return CLI_USAGE;
	char *in = cli_escaped(document ? document : schema_doc(kind->doc)->name),
	     *id = cli_escaped(at < cli->argument_count ? cli->arguments[at] : "");
	snprintf(target, sizeof(target), "/api/history/%.1000s?limit=500&kind=%s%s%.1000s", in, kind->name,
	        *id ? "&id=" : "", id);
	mem_free(in);
	mem_free(id);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "changes"), index, change)
		        cli_print_change(change, false);
		cli_print_gaps(json_object_get(out, "gaps"));
	}
	json_decref(out);
	return result;
}

/* ---- The kinds ---- */

int cli_record_kinds(struct cli *cli)
{
	static const struct cli_column columns[] = {{"KIND", "name", 0}, {"IN", "in", 0},
	        {"WHAT", "what", 40}, {"READ BY", "read", 0}, {"WRITTEN BY", "written", 0}, {0}};
	json_t *out, *kind, *rows = json_array();
	size_t index;
	int result = cli_request(cli, "GET", "/api/schema", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "kinds"), index, kind) json_array_append_new(rows,
		        json_pack("{s:O, s:O, s:s, s:O, s:O}", "name", json_object_get(kind, "name"), "in",
		                json_object_get(kind, "documentName"), "what",
		                cli_words(json_object_get(kind, "label")), "read",
		                json_object_get(kind, "readers"), "written",
		                json_object_get(kind, "writers")));
		flatten(rows);
		cli_print_table(rows, columns);
	}
	json_decref(rows);
	json_decref(out);
	return result;
}

int cli_record_fields(struct cli *cli)
{
	const struct schema_kind *kind = kind_of(cli);
	if (!kind)
		return CLI_USAGE;
	printf("%s / %s\n", kind->label.fr, kind->label.en);
	cli_help_fields(kind->name);
	return CLI_OK;
}
