/* Founding, inviting, joining, members. */
#include "node/api_node.h"

#include <stdio.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "node/describe_parts.h"
#include "node/pairing.h"
#include "node/role_words.h"
#include "node/schema/moment.h"
#include "node/team/qr.h"
#include "node/team/roles.h"

enum { HOURS_DEFAULT = 24, HOURS_MAX = 24 * 31 };

json_t *api_person(struct api_node *app, const struct person_id *person)
{
	struct record_id directory = record_document_id(node_team(app->node), SCHEMA_DOC_DIRECTORY, NULL), id;
	struct crdt_doc *doc;
	memcpy(id.bytes, person->bytes, sizeof(id.bytes));
	if (node_doc(app->node, SCHEMA_DOC_DIRECTORY, &directory, &doc))
		return json_object();
	json_t *json = record_json(doc, schema_kind(SCHEMA_PERSON), &id);
	return json ? json : json_object();
}

static void put_moment(json_t *json, const char *name, uint64_t ms)
{
	if (ms)
		json_object_set_new(json, name, api_moment_ms(ms));
}

json_t *api_rights(struct api_node *app, const struct team_device *device)
{
	struct buf fr = {0}, en = {0};
	role_words(node_view(app->node), device, env_wall_ms(app->env), SCHEMA_FR, &fr);
	role_words(node_view(app->node), device, env_wall_ms(app->env), SCHEMA_EN, &en);
	json_t *json = json_pack("{s:o, s:o}", "fr", describe_text(&fr), "en", describe_text(&en));
	buf_close(&fr);
	buf_close(&en);
	return json;
}

static const struct team_removal *removal_of(const struct team_view *view, const struct team_device *device)
{
	for (uint32_t i = view->removal_count; i-- > 0;) {
		const struct team_removal *removal = &view->removals[i];
		if (!removal->undone &&
		        (removal->of_person
		                        ? !device->relay && person_id_eq(&removal->person, &device->person)
		                        : device_id_eq(&removal->device, &device->id)))
			return removal;
	}
	return NULL;
}

/* "joined" and "ended": {"at", "by"}, by the clock of the device that wrote it. */
static void put_written(struct api_node *app, json_t *json, const char *name, const struct entry_hash *hash)
{
	struct device_id author;
	uint64_t at_ms;
	if (team_membership_written(node_membership(app->node), hash, &author, &at_ms))
		json_object_set_new(json, name,
		        json_pack("{s:o, s:o}", "at", api_moment_ms(at_ms), "by",
		                api_device_name(app, &author)));
}

static json_t *member_json(struct api_node *app, const struct team_device *device)
{
	const struct team_view *view = node_view(app->node);
	const struct team_person *person = team_view_person(view, &device->person);
	struct device_id self = node_device(app->node);
	json_t *json = json_pack("{s:o, s:o, s:o, s:s, s:s, s:b, s:b}", "device",
	        api_hex(device->id.bytes, ID_LONG_BYTES), "person",
	        api_hex(device->person.bytes, ID_SHORT_BYTES), "name", api_person(app, &device->person),
	        "role", team_role_name(team_view_role(view, &device->id)), "state",
	        api_device_state(device->state), "endorsed", device->endorsed, "self",
	        device_id_eq(&device->id, &self));
	json_object_set_new(json, "rights", api_rights(app, device));
	put_written(app, json, "joined", &device->admission);
	const struct team_removal *removal = removal_of(view, device);
	if (removal && device->state != TEAM_DEVICE_ACTIVE)
		put_written(app, json, "ended", &removal->hash);
	if (!person)
		return json;
	put_moment(json, "rightsFrom", person->rights_from_ms);
	put_moment(json, "rightsUntil", person->rights_until_ms);
	put_moment(json, "leavesOn", person->leave_until_ms);
	return json;
}

int api_get_members(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const struct team_view *view = node_view(app->node);
	json_t *list = json_array();
	if (!view)
		return ERR_NOTEAM;
	for (uint32_t i = 0; i < view->device_count; i++)
		json_array_append_new(list, member_json(app, &view->devices[i]));
	api_call_reply(call, 200, json_pack("{s:o, s:o}", "members", list, "asks", api_asks(app)));
	return 0;
}

bool api_name_fits(const char *name)
{
	return name && *name && strlen(name) <= LIMIT_NAME_BYTES;
}

int api_post_team(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *name = api_text(api_call_json(call), "name");
	struct person_id person;
	if (!api_name_fits(name)) {
		api_call_fail(call, ERR_INVALID, "Your name is needed, as colleagues will see it.");
		return 0;
	}
	if (node_in_team(app->node)) {
		api_call_fail(call, ERR_EXISTS, "This device belongs to a team already.");
		return 0;
	}
	int result = node_found_team(app->node, &person, NULL, NULL);
	if (!result)
		result = node_name_person(app->node, &person, span_text(name));
	if (result)
		return result;
	return api_reply_durable(call, 201,
	        json_pack("{s:o, s:o}", "team", api_hex(node_team(app->node)->bytes, ID_LONG_BYTES), "person",
	                api_hex(person.bytes, ID_SHORT_BYTES)));
}

uint8_t api_role_named(const char *name)
{
	for (uint8_t role = 1; name && role <= TEAM_ROLE_LAST; role++)
		if (strcmp(team_role_name(role), name) == 0)
			return role;
	return TEAM_ROLE_NONE;
}

/* A bound of the rights that an invitation gives, in ms; 0: none was given. False: replied. */
static bool read_bound(struct api_call *call, const char *name, uint64_t *ms)
{
	const char *text;
	struct moment moment;
	*ms = 0;
	if (!api_optional_text(call, name, &text))
		return false;
	if (!text)
		return true;
	if (!moment_parse(span_text(text), &moment)) {
		api_call_fail(
		        call, ERR_INVALID, "Rights begin and end at a moment, as 2026-12-01T00:00:00+01:00.");
		return false;
	}
	*ms = (uint64_t)moment.seconds * 1000;
	return true;
}

/* From when and until when. False: replied. */
static bool read_dates(struct api_call *call, uint8_t role, uint64_t *from_ms, uint64_t *until_ms)
{
	const char *sentence = NULL;
	if (!read_bound(call, "from", from_ms) || !read_bound(call, "until", until_ms))
		return false;
	if (team_role_manages(role) && (*from_ms || *until_ms))
		sentence = "A nurse's rights have no dates: whoever leaves announces it, or is removed.";
	else if (role == TEAM_ROLE_LOCUM && !*until_ms)
		sentence = "A locum's rights have an end: until when?";
	else if (*until_ms && (*until_ms <= *from_ms || *until_ms <= env_wall_ms(api_node_of(call)->env)))
		sentence = "These rights would be over before they begin, or are over already.";
	if (sentence)
		api_call_fail(call, ERR_INVALID, sentence);
	return !sentence;
}

/* "person": somebody's whole id; zero when it is not given. False: replied. */
bool api_joining_person(struct api_call *call, struct person_id *out)
{
	const char *person;
	*out = (struct person_id){0};
	if (!api_optional_text(call, "person", &person))
		return false;
	if (!person ||
	        (strlen(person) == 2 * sizeof(out->bytes) &&
	                ids_from_hex(out->bytes, sizeof(out->bytes), person) && !person_id_is_zero(out)))
		return true;
	api_call_fail(call, ERR_INVALID,
	        "\"person\" has to be somebody's whole id in the team, as \"releve members --json\" shows "
	        "it. "
	        "Nothing was changed.");
	return false;
}

/* The person's role, which another device has as well. NONE: not in the team. */
static uint8_t role_of_person(struct api_node *app, const struct person_id *id)
{
	const struct team_person *person = team_view_person(node_view(app->node), id);
	return person ? person->role : TEAM_ROLE_NONE;
}

static int remember_person(
        struct api_node *app, const struct team_invitation *invitation, const struct person_id *person)
{
	uint8_t key[TEAM_KEY_BYTES], secret[64];
	if (person_id_is_zero(person))
		return 0;
	team_invitation_keys(invitation, key, secret);
	mem_wipe(secret, sizeof(secret));
	return node_invite_person(app->node, key, person);
}

int api_post_invitation(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	uint64_t from_ms, until_ms;
	const json_t *hours = json_object_get(api_call_json(call), "hours");
	json_int_t count = hours ? json_integer_value(hours) : HOURS_DEFAULT; /* 0 for what is no integer */
	const char *name;
	struct person_id person;
	if (!api_optional_text(call, "role", &name) || !api_joining_person(call, &person))
		return 0;
	const bool is_again = !person_id_is_zero(&person);
	uint8_t role = is_again && !name ? role_of_person(app, &person)
	                                 : api_role_named(name ? name : "nurse");
	struct team_invitation invitation;
	char text[TEAM_INVITATION_TEXT_BYTES], qr_text[TEAM_INVITATION_QR_BYTES];
	struct buf picture = {0};
	if (is_again && (!role || role_of_person(app, &person) != role)) {
		api_call_fail(call, ERR_NOTFOUND,
		        "There is nobody with that id and that role in the team: see \"releve members "
		        "--json\".");
		return 0;
	}
	if (!team_role_invitable(role)) {
		api_call_fail(call, ERR_INVALID, "The role is one of nurse, locum, reader, facilitator.");
		return 0;
	}
	if (count < 1 || count > HOURS_MAX) {
		api_call_fail(call, ERR_INVALID, "An invitation is valid for 1 to 744 hours.");
		return 0;
	}
	if (!read_dates(call, role, &from_ms, &until_ms))
		return 0;
	uint64_t expires_ms = env_wall_ms(app->env) + (uint64_t)count * 3600 * 1000;
	int result = node_invite(app->node, role, expires_ms, from_ms, until_ms, &invitation, NULL, NULL);
	if (!result)
		result = remember_person(app, &invitation, &person);
	if (result == ERR_FULL) {
		api_call_fail(call, result,
		        node_denied_why(app->node) == TEAM_REASON_NO_ROOM
		                ? team_reason_sentence(TEAM_REASON_NO_ROOM)
		                : "32 invitations are open, and no more can be told apart: wait until one is "
		                  "used or has expired, or withdraw it (releve withdraw; releve withdraw "
		                  "--all: every one that is open).");
		return 0;
	}
	if (result)
		return result;
	team_invitation_text(&invitation, text);
	team_invitation_qr_text(&invitation, qr_text);
	result = team_qr_draw(qr_text, &picture);
	json_t *body = json_pack("{s:s, s:s, s:s%, s:s, s:I}", "invitation", text, "qrText", qr_text, "qr",
	        result ? "" : (const char *)picture.data, result ? (size_t)0 : picture.size, "role",
	        team_role_name(role), "expiresMs", (json_int_t)invitation.expires_ms);
	team_invitation_wipe(&invitation);
	sodium_memzero(text, sizeof(text));
	sodium_memzero(qr_text, sizeof(qr_text));
	buf_wipe(&picture);
	return api_reply_durable(call, 201, body);
}

/* ---- Reading invitations ---- */

/* Which group of characters is wrong, in words. */
static void fail_invitation(struct api_call *call, int error, unsigned group)
{
	char sentence[160];
	if (error == ERR_CHECKDIGIT && group)
		snprintf(sentence, sizeof(sentence),
		        "Group %u of the invitation was mistyped: please compare these characters. Nothing "
		        "was changed.",
		        group);
	else if (error == ERR_TRUNCATED)
		snprintf(sentence, sizeof(sentence),
		        "The invitation is not complete: it has %d groups of %d characters.",
		        TEAM_INVITATION_GROUPS, TEAM_INVITATION_GROUP_CHARS);
	else if (error == ERR_MALFORMED && group)
		snprintf(sentence, sizeof(sentence),
		        "Group %u of the invitation holds a character that no invitation has. Nothing was "
		        "changed.",
		        group);
	else if (error == ERR_TOOBIG)
		snprintf(sentence, sizeof(sentence),
		        "The invitation is too long: it has %d groups of %d characters.",
		        TEAM_INVITATION_GROUPS, TEAM_INVITATION_GROUP_CHARS);
	else
		snprintf(sentence, sizeof(sentence),
		        "This is not an invitation that this program understands.");
	api_call_fail_with(call, error, sentence, json_pack("{s:i}", "group", (int)group));
}

bool api_invitation_or_reply(struct api_call *call, struct team_invitation *out)
{
	const char *text = api_text(api_call_json(call), "invitation");
	unsigned group = 0;
	int result = team_invitation_parse(span_text(text ? text : ""), out, &group);
	if (result)
		fail_invitation(call, result, group);
	return result == 0;
}

static int withdraw_all(struct api_call *call)
{
	uint32_t count;
	int result = node_withdraw_all(api_node_of(call)->node, &count, NULL, NULL);
	return result ? result
	              : api_reply_durable(call, 200, json_pack("{s:I}", "withdrawn", (json_int_t)count));
}

int api_post_withdrawal(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct team_invitation invitation;
	struct team_action action = {.kind = TEAM_ACTION_REVOKE};
	struct entry_hash hash;
	uint8_t key[32], secret[64], role;
	if (json_is_true(json_object_get(api_call_json(call), "all")))
		return withdraw_all(call);
	if (!api_invitation_or_reply(call, &invitation))
		return 0;
	team_invitation_keys(&invitation, key, secret);
	team_invitation_wipe(&invitation);
	sodium_memzero(secret, sizeof(secret));
	int result = node_invitation_terms(app->node, key, &action.as.invitation, &role);
	if (result == 0)
		result = node_act(app->node, &action, &hash, NULL, NULL);
	if (result == 0)
		return api_reply_durable(call, 200, json_object());
	api_call_fail(call, result,
	        result == ERR_NOTFOUND ? "This team made no such invitation, as far as this device knows."
	                : result == ERR_USED    ? "The invitation was used or withdrawn already."
	                : result == ERR_EXPIRED ? "The invitation has expired: nobody can use it any more."
	                                        : NULL);
	return 0;
}

/* ---- Joining ---- */

static const char *join_sentence(int error)
{
	switch (error) {
	case ERR_EXISTS:
		return "This device belongs to another team already. Nothing was changed.";
	case ERR_DENIED:
		return "It was refused: the invitation is of another team, or was not made for this person "
		       "at that "
		       "device. Nothing was changed.";
	case ERR_EXPIRED:
		return "The invitation has expired: ask for a new one.";
	case ERR_USED:
		return "The invitation was used already, or was withdrawn: ask for a new one.";
	case ERR_NETWORK:
		return "No colleague's device answers at that address.";
	case ERR_TIMEOUT:
		return "The colleague's device did not answer in time.";
	case ERR_CLOSED:
		return "The colleague's device does not know this invitation: it was used, withdrawn or has "
		       "expired, or the device "
		       "is of another team.";
	default:
		return NULL;
	}
}

static void on_joined(void *context, int result)
{
	struct api_call *call = context;
	struct api_node *app = api_node_of(call);
	if (result == ERR_TRUNCATED) /* the colleague's device ended the handshake */
		result = ERR_CLOSED;
	if (result) {
		api_call_fail(call, result, join_sentence(result));
	} else {
		meetings_typed(app->meetings, api_call_state(call));
		api_call_reply(call, 201,
		        json_pack("{s:o}", "team", api_hex(node_team(app->node)->bytes, ID_LONG_BYTES)));
	}
	api_call_release(call);
}

int api_post_join(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const json_t *json = api_call_json(call);
	const char *text = api_text(json, "invitation"), *name = api_text(json, "name");
	struct person_id person;
	struct team_invitation invitation;
	struct net_address address;
	int result = 0;
	/* Who is in the team and met by nobody may join again (node/README.md, "Pairing"). */
	if (node_in_team(app->node) && peers_any_session(app->peers)) {
		api_call_fail(call, ERR_EXISTS,
		        "This device belongs to a team already, and is connected to a colleague's.");
		return 0;
	}
	if (!text || !api_name_fits(name) || !api_read_address(json, &address)) {
		api_call_fail(call, ERR_INVALID,
		        "The invitation, your name, and the address and port of a colleague's device are "
		        "needed.");
		return 0;
	}
	if (!api_joining_person(call, &person) || !api_invitation_or_reply(call, &invitation))
		return 0;
	if (invitation.expires_ms && env_wall_ms(app->env) > invitation.expires_ms)
		result = ERR_EXPIRED;
	api_call_set_state(call, mem_copy(&address, sizeof(address)), mem_free); /* remembered if it works */
	api_call_hold(call);
	if (!result)
		result = pairing_start_as(app->peers, &address, &invitation, span_text(name),
		        person_id_is_zero(&person) ? NULL : &person, on_joined, call);
	team_invitation_wipe(&invitation);
	if (!result)
		return 0;
	api_call_fail(call, result, join_sentence(result));
	api_call_release(call);
	return 0;
}

int api_post_endorse(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct device_id id;
	struct entry_hash hash;
	const char *text = api_call_param(call, 0);
	if (api_device_or_reply(call, text, &id))
		return 0;
	const struct team_device *device = team_view_device(node_view(app->node), &id);
	struct team_action action = {.kind = TEAM_ACTION_ENDORSE, .as.admission = device->admission};
	int result = node_act(app->node, &action, &hash, NULL, NULL);
	return result ? result : api_reply_durable(call, 200, json_object());
}
