/* The directory from a table: what each line would become, and then that (node/exchange/README.md, "Directory"). */
#include "node/api_node.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/exchange/directory.h"

enum { ROWS_OF_A_CHANGE = 100 };

struct filling {
	struct api_node *app;
	struct record_id document;
	bool updates; /* entries that are here with other content are changed too */
	json_t *rows;
	size_t written;
};

static bool is_written(const struct filling *filling, const json_t *row)
{
	const char *status = api_text(row, "status");
	return strcmp(status, "new") == 0 || (filling->updates && strcmp(status, "different") == 0);
}

static int write_row(const struct filling *filling, struct node_change *change, const json_t *row)
{
	struct arena arena = {0};
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_DIRECTORY_ENTRY)}};
	struct schema_report report = {0};
	int result = ids_from_hex(edit.record.id.bytes, ID_SHORT_BYTES, api_text(row, "id"))
	        ? record_from_json(json_object_get(row, "record"), SCHEMA_CHECK_NEW, &arena, &edit, &report)
	        : ERR_INVALID;
	(void)filling;
	if (!result)
		result = record_write(change->doc, &change->builder, &edit, NULL, (struct span){NULL, 0});
	arena_close(&arena);
	return result == RECORD_UNCHANGED ? 0 : result;
}

/* Lines from number `from` on, as many as one change takes; *next: where the others begin. */
static int write_some(struct filling *filling, size_t from, size_t *next)
{
	struct node_change change;
	size_t count = 0;
	int result = node_change_begin(filling->app->node, SCHEMA_DOC_DIRECTORY, &filling->document, &change);
	if (result)
		return result;
	for (*next = from; !result && count < ROWS_OF_A_CHANGE && *next < json_array_size(filling->rows);
	        ++*next) {
		const json_t *row = json_array_get(filling->rows, *next);
		if (!is_written(filling, row))
			continue;
		result = write_row(filling, &change, row);
		count++;
	}
	if (result || count == 0) {
		node_change_drop(&change);
		return result;
	}
	filling->written += count;
	return node_change_finish(filling->app->node, &change, NULL, NULL, NULL);
}

static json_t *entries_here(struct filling *filling)
{
	struct crdt_doc *doc;
	if (node_doc(filling->app->node, SCHEMA_DOC_DIRECTORY, &filling->document, &doc))
		return json_array();
	return api_parts_json(filling->app, doc, schema_kind(SCHEMA_DIRECTORY_ENTRY), UINT32_MAX);
}

static void put_counts(json_t *out, const json_t *rows)
{
	static const char *const names[] = {"new", "known", "different", "double", "refused"};
	json_t *counts = json_object(), *row;
	size_t index;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		json_int_t count = 0;
		json_array_foreach(rows, index, row) count += strcmp(api_text(row, "status"), names[i]) == 0;
		json_object_set_new(counts, names[i], json_integer(count));
	}
	json_object_set_new(out, "counts", counts);
}

static bool says(const struct api_call *call, const char *name)
{
	const char *text = api_call_query(call, name);
	return text && strcmp(text, "1") == 0;
}

int api_post_directory(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const bool takes = says(call, "take");
	char team[2 * ID_LONG_BYTES + 1];
	const char *fr, *en;
	if (takes && api_refused_record(call))
		return 0;
	struct filling filling = {.app = app,
	        .document = record_document_id(node_team(app->node), SCHEMA_DOC_DIRECTORY, NULL),
	        .updates = says(call, "update")};
	ids_hex(team, node_team(app->node)->bytes, sizeof(node_team(app->node)->bytes));
	json_t *here = entries_here(&filling),
	       *out = directory_read(api_call_bytes(call), here, team, &fr, &en);
	json_decref(here);
	if (!out) {
		char sentence[256];
		snprintf(sentence, sizeof(sentence), "%s Nothing was changed.", en);
		api_call_fail_with(call, ERR_INVALID, sentence, json_pack("{s:s}", "fr", fr));
		return 0;
	}
	int result = 0;
	filling.rows = json_object_get(out, "rows");
	for (size_t at = 0; takes && !result && at < json_array_size(filling.rows);)
		result = write_some(&filling, at, &at);
	if (result) {
		json_decref(out);
		return result;
	}
	put_counts(out, filling.rows);
	json_object_set_new(out, "written", json_integer((json_int_t)filling.written));
	return api_reply_durable(call, 200, out);
}
