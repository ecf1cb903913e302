/* Importing a team's history, piece by piece: each piece is answered when all of it is durable. */
#include "node/api_node.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/node_import.h"

enum { BAD_LINES_MAX = 100 }; /* shown per piece; all are counted */

struct tally {
	uint64_t line, taken, known, bad;
	json_t *faults;
};

/* The line was not taken. */
static void add_fault(struct api_node *app, struct tally *tally)
{
	char reason[200];
	tally->bad++;
	if (json_array_size(tally->faults) >= BAD_LINES_MAX)
		return;
	import_reason(app->import, SCHEMA_EN, reason, sizeof(reason));
	json_array_append_new(
	        tally->faults, json_pack("{s:I, s:s}", "line", (json_int_t)tally->line, "reason", reason));
}

static int take_line(struct api_node *app, struct span line, struct tally *tally)
{
	bool is_bad = false;
	int result = node_import_line(app->node, app->import, line, &is_bad);
	if (is_bad)
		add_fault(app, tally);
	else if (result < 0)
		return result;
	tally->taken += result == NODE_IMPORT_TAKEN;
	tally->known += result == NODE_IMPORT_KNOWN;
	return 0;
}

static int take_all(struct api_node *app, struct span rest, struct tally *tally)
{
	struct span line;
	int result = 0;
	while (!result && import_next_line(&rest, &line)) {
		result = take_line(app, line, tally);
		tally->line++;
		if (!result && tally->line % NODE_IMPORT_BATCH == 0)
			result = node_flush(app->node);
	}
	if (!result && rest.size)
		result = take_line(app, rest, tally); /* the last line of a file may lack its line feed */
	return result;
}

int api_post_import(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *first = api_call_query(call, "line");
	if (api_refused_record(call))
		return 0;
	struct tally tally = {.line = first ? strtoull(first, NULL, 10) : 1, .faults = json_array()};
	if (!app->import)
		app->import = import_new(node_team(app->node));
	int result = take_all(app, api_call_bytes(call), &tally);
	if (result) {
		json_decref(tally.faults);
		return result;
	}
	json_t *body = json_pack("{s:I, s:I, s:I, s:I, s:o}", "taken", (json_int_t)tally.taken, "known",
	        (json_int_t)tally.known, "bad", (json_int_t)tally.bad, "nextLine", (json_int_t)tally.line,
	        "faults", tally.faults);
	api_publish(app->api, "import", body);
	return api_reply_durable(call, 200, body);
}
