/* A blind box: what it asks with, and letting it in. */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/team/relay.h"

int api_post_relay_offer(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *text = api_text(api_call_json(call), "team");
	char code[TEAM_RELAY_TEXT_BYTES];
	struct team_id team;
	if (!text || strlen(text) != 2 * sizeof(team.bytes) ||
	        !ids_from_hex(team.bytes, sizeof(team.bytes), text)) {
		api_call_fail(call, ERR_INVALID,
		        "The team's id is needed, 64 digits: \"releve relay team\" on a nurse's device "
		        "prints it.");
		return 0;
	}
	if (node_in_team(app->node) && !team_id_eq(node_team(app->node), &team)) {
		api_call_fail(call, ERR_EXISTS,
		        "This device belongs to another team already. Nothing was changed.");
		return 0;
	}
	team_relay_code(node_identity(app->node), &team, code);
	if (!node_in_team(app->node))
		peers_await(app->peers, &team);
	api_call_reply(call, 200, json_pack("{s:s, s:i}", "code", code, "port", (int)app->listening.port));
	return 0;
}

static const char *code_sentence(int error)
{
	switch (error) {
	case ERR_TRUNCATED:
		return "The relay's code is not complete. Nothing was changed.";
	case ERR_TOOBIG:
	case ERR_MALFORMED:
		return "This is not the code of a relay. Nothing was changed.";
	case ERR_CHECKDIGIT:
		return "The relay's code was mistyped. Nothing was changed.";
	case ERR_DENIED:
		return "This code was made for another team. Nothing was changed.";
	default:
		return NULL;
	}
}

int api_post_relay(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *text = api_text(api_call_json(call), "code");
	struct team_action action = {.kind = TEAM_ACTION_RELAY};
	struct net_address address;
	struct entry_hash hash;
	if (!text || !api_read_address(api_call_json(call), &address)) {
		api_call_fail(call, ERR_INVALID,
		        "The relay's code is needed, and the address and port where it listens.");
		return 0;
	}
	int result = team_relay_parse(span_text(text), node_team(app->node), &action.as.relay);
	if (result) {
		api_call_fail(call, result, code_sentence(result));
		return 0;
	}
	result = node_act(app->node, &action, &hash, NULL, NULL);
	if (result == ERR_DENIED || result == ERR_EXISTS) {
		api_call_fail(call, result,
		        result == ERR_EXISTS
		                ? "This relay was let in before."
		                : "Only a nurse who manages the team lets a relay in. Nothing was changed.");
		return 0;
	}
	if (result)
		return result;
	meetings_note(app->meetings, &action.as.relay.device, &address, 0);
	if (app->seek)
		app->seek(app->context);
	return api_reply_durable(call, 201,
	        json_pack("{s:o}", "device", api_hex(action.as.relay.device.bytes, ID_LONG_BYTES)));
}
