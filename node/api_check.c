#include "node/api_check.h"

#include "crdt/base/err.h"
#include "crdt/base/mem.h"
#include "node/api_node.h"
#include "node/node_check.h"

enum { PIECE_STEPS = 4, FAULTS_LISTED_MAX = 1000 };

struct api_check {
	struct node_check *check;
	uint64_t number, bad;
	json_t *faults; /* since the last piece */
};

static void add_fault(void *context, const struct scrub_fault *fault)
{
	struct api_check *check = context;
	if (++check->bad > FAULTS_LISTED_MAX)
		return;
	json_t *json = json_pack("{s:s, s:s, s:s}", "table", store_table_name(fault->table), "code",
	        scrub_what_name(fault->what), "message", scrub_what_sentence(fault->what));
	api_add_french(json);
	if (fault->has_feed)
		json_object_set_new(json, "feed", api_hex(fault->feed.bytes, ID_LONG_BYTES));
	if (fault->first) {
		json_object_set_new(json, "first", json_integer((json_int_t)fault->first));
		json_object_set_new(json, "last", json_integer((json_int_t)fault->last));
	}
	if (fault->key_size)
		json_object_set_new(json, "row", api_hex(fault->key, fault->key_size));
	json_array_append_new(check->faults, json);
}

int api_check_new(struct store *store, struct vault *vault, const struct env *env, uint64_t number,
        struct api_check **out)
{
	struct api_check *check = mem_zero(1, sizeof(*check));
	check->number = number;
	check->faults = json_array();
	int result = node_check_new(store, vault, env, add_fault, check, &check->check);
	if (result)
		api_check_free(check);
	else
		*out = check;
	return result;
}

void api_check_free(struct api_check *check)
{
	if (!check)
		return;
	node_check_free(check->check);
	json_decref(check->faults);
	mem_free(check);
}

uint64_t api_check_number(const struct api_check *check)
{
	return check->number;
}

int api_check_piece(struct api_check *check, json_t **out)
{
	static const char *const deriveds[] = {[NODE_CHECK_PENDING] = "pending",
	        [NODE_CHECK_COMPARED] = "compared",
	        [NODE_CHECK_NONE] = "none",
	        [NODE_CHECK_UNREPLAYED] = "unreplayed"};
	int result = 1;
	*out = NULL;
	for (int i = 0; result == 1 && i < PIECE_STEPS; i++)
		result = node_check_step(check->check);
	if (result < 0)
		return result;
	struct node_check_counts counts = node_check_counts(check->check);
	*out = json_pack("{s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:o}", "check",
	        (json_int_t)check->number, "done", result == 0, "rows", (json_int_t)counts.log.rows,
	        "entries", (json_int_t)counts.log.entries, "entriesExpected",
	        (json_int_t)counts.log.entries_expected, "signatures", (json_int_t)counts.log.signatures,
	        "documents", (json_int_t)counts.documents, "months", (json_int_t)counts.months, "derived",
	        deriveds[counts.derived], "bad", (json_int_t)check->bad, "faults", check->faults);
	check->faults = json_array();
	return 0;
}

/* ---- The route -------------------------------------------------------------------------------------------------- */

/* Without a number a new check begins, and whoever asked for another must begin again. */
int api_post_fsck(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	json_int_t number = json_integer_value(json_object_get(api_call_json(call), "check"));
	json_t *out;
	int result = 0;
	if (number && (!app->check || api_check_number(app->check) != (uint64_t)number)) {
		api_call_fail(call, ERR_NOTFOUND, "That check is over, or another one began since.");
		return 0;
	}
	if (!number) {
		api_check_free(app->check);
		app->check = NULL;
		result = api_check_new(app->store, app->vault, app->env, ++app->check_count, &app->check);
	}
	if (!result)
		result = api_check_piece(app->check, &out);
	if (result)
		return result;
	if (json_is_true(json_object_get(out, "done"))) {
		api_check_free(app->check);
		app->check = NULL;
	}
	api_call_reply(call, 200, out);
	return 0;
}
