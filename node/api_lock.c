/* Locking, unlocking, another passphrase. */
#include "node/api_node.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/nfc.h"
#include "node/uv_database.h"
#include "node/uv_env.h"

/* What was sent leaves no copy in this process, whatever came of it: what was wrong is often nearly right. */
static int forget(struct api_call *call, int result)
{
	const char *name;
	json_t *value;
	json_object_foreach(api_call_json(call), name, value)
	{
		if (json_is_string(value))
			mem_wipe((char *)(uintptr_t)json_string_value(value), json_string_length(value));
	}
	uv_env_wipe_traces();
	return result;
}

/* A member of the body as a passphrase, in NFC. False: it is not there, and that was replied. */
static bool passphrase_of(struct api_call *call, const char *name, struct buf *out)
{
	char sentence[80];
	const char *text = api_text(api_call_json(call), name);
	if (text && *text && crdt_text_nfc(span_text(text), out) == 0)
		return true;
	snprintf(sentence, sizeof(sentence), "\"%s\" has to be a passphrase. Nothing was changed.", name);
	api_call_fail(call, ERR_INVALID, sentence);
	return false;
}

/* True after a refusal was replied. */
static bool refused_try(struct api_call *call)
{
	const struct api_node *app = api_node_of(call);
	char sentence[120];
	uint64_t wait_ms = passphrase_wait_ms(app->tries, env_monotonic_ms(app->env));
	if (!wait_ms)
		return false;
	snprintf(sentence, sizeof(sentence),
	        "Too many wrong passphrases: try again in %llu seconds. Nothing was changed.",
	        (unsigned long long)((wait_ms + 999) / 1000));
	api_call_fail_with(call, ERR_LOCKED, sentence, json_pack("{s:I}", "waitMs", (json_int_t)wait_ms));
	return true;
}

int api_post_lock(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	if (!app->lock)
		return ERR_UNSUPPORTED;
	api_call_reply(call, 200, json_pack("{s:b}", "locked", 1));
	if (!app->locked)
		app->lock(app->context);
	return 0;
}

static bool other_is_locked(struct api_node *app)
{
	json_t *teams = app->teams ? app->teams(app->context) : NULL, *team;
	size_t index;
	bool found = false;
	json_array_foreach(teams, index, team) found |= json_is_true(json_object_get(team, "locked"));
	json_decref(teams);
	return found;
}

static int unlock(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct buf passphrase = {0};
	if (!app->locked && !other_is_locked(app)) {
		api_call_reply(call, 200, json_pack("{s:b}", "locked", 0));
		return 0;
	}
	if (!app->unlock)
		return ERR_UNSUPPORTED;
	if (refused_try(call) || !passphrase_of(call, "passphrase", &passphrase))
		return 0;
	api_call_hold(call);
	app->unlock(app->context, call, &passphrase);
	return 0;
}

int api_post_unlock(struct api_call *call)
{
	return forget(call, unlock(call));
}

static int make_device(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct buf passphrase = {0};
	if (!app->make_device)
		return ERR_UNSUPPORTED;
	if (!app->absent) {
		api_call_fail(call, ERR_EXISTS, "There is a device here already. Nothing was changed.");
		return 0;
	}
	if (!passphrase_of(call, "passphrase", &passphrase))
		return 0;
	api_call_hold(call);
	app->make_device(app->context, call, &passphrase,
	        json_is_true(json_object_get(api_call_json(call), "cheapKey")));
	return 0;
}

int api_post_device(struct api_call *call)
{
	return forget(call, make_device(call));
}

int api_get_teams(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	json_t *teams = app->teams ? app->teams(app->context) : json_array();
	api_call_reply(call, 200, json_pack("{s:o}", "teams", teams));
	return 0;
}

static const char *team_sentence(int error)
{
	switch (error) {
	case ERR_NOTFOUND:
		return "There is no such team in the data directory: releve --team NAME init makes it.";
	case ERR_EXISTS:
		return "The program has that team already: releve --team NAME unlock opens it.";
	case ERR_FULL:
		return "The program has as many teams as it takes.";
	default:
		return NULL;
	}
}

static int open_team(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *name = api_text(api_call_json(call), "team");
	struct buf passphrase = {0};
	if (!app->open_team)
		return ERR_UNSUPPORTED;
	if (!name) {
		api_call_fail(call, ERR_INVALID, "\"team\" has to be the name of a team's directory.");
		return 0;
	}
	if (refused_try(call) || !passphrase_of(call, "passphrase", &passphrase))
		return 0;
	api_call_hold(call);
	int result = app->open_team(app->context, call, name, &passphrase);
	if (!result)
		return 0;
	buf_wipe(&passphrase);
	api_call_fail(call, result, team_sentence(result));
	api_call_release(call);
	return 0;
}

int api_post_team_open(struct api_call *call)
{
	return forget(call, open_team(call));
}

/* Two derivations run here, on the loop's thread: a second or two in which nothing else is answered, once in a while. */
static int change_passphrase(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct buf old_one = {0}, new_one = {0};
	struct uv_database_problem problem;
	if (refused_try(call) || !passphrase_of(call, "old", &old_one) ||
	        !passphrase_of(call, "new", &new_one)) {
		buf_wipe(&old_one);
		return 0;
	}
	int result = app->change_passphrase(app->context, buf_span(&old_one), buf_span(&new_one), &problem);
	passphrase_tried(app->tries, env_monotonic_ms(app->env), result);
	enum passphrase_strength strength = passphrase_strength(buf_span(&new_one));
	buf_wipe(&old_one);
	buf_wipe(&new_one);
	if (result)
		api_call_fail(call, result, problem.sentence);
	else
		api_call_reply(call, 200,
		        json_pack("{s:s, s:s?}", "strength", passphrase_strength_name(strength), "hint",
		                passphrase_hint(strength)));
	return 0;
}

int api_post_passphrase(struct api_call *call)
{
	return forget(call, change_passphrase(call));
}
