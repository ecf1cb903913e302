/* Who leaves: removing devices and persons, second signatures, suspensions taken back, roles, notice, new keys; and what is asked of this device's nurse. */
#include "node/api_node.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/describe_parts.h"
#include "node/fold.h"
#include "node/schema/moment.h"
#include "node/team/roles.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)
enum { NOTICE_DAYS = 30, PREFIX_MIN = 4 };

/* ---- Names ------------------------------------------------------------------------------------------------------ */

static void name_of(
        struct api_node *app, const struct person_id *person, enum schema_language language, struct buf *out)
{
	char hex[9];
	if (describe_person(app, span_of(person->bytes, sizeof(person->bytes)), out))
		return;
	ids_hex(hex, person->bytes, 4);
	buf_add_span(out, span_text(describe_in(language, "la personne ", "person ")));
	buf_add_span(out, span_text(hex));
}

/* Is that how this person is called: one of her names, or all of them, whatever their case and accents? */
static bool is_called(struct api_node *app, const struct person_id *person, const struct buf *wanted)
{
	struct buf name = {0}, folded = {0};
	bool same = false;
	if (describe_person(app, span_of(person->bytes, sizeof(person->bytes)), &name)) {
		fold_text(buf_span(&name), &folded);
		const char *at = (const char *)folded.data, *end = at + folded.size;
		same = span_eq(buf_span(&folded), buf_span(wanted));
		while (!same && at < end) {
			const char *gap = memchr(at, ' ', (size_t)(end - at));
			const size_t size = (size_t)((gap ? gap : end) - at);
			same = span_eq(span_of(at, size), buf_span(wanted));
			at += size + 1;
		}
	}
	buf_close(&name);
	buf_close(&folded);
	return same;
}

bool api_person_or_reply(struct api_call *call, const char *text, struct person_id *out)
{
	struct api_node *app = api_node_of(call);
	const struct team_view *view = node_view(app->node);
	struct buf wanted = {0};
	const size_t digits = strlen(text);
	char hex[2 * ID_LONG_BYTES + 1];
	unsigned found = 0;
	fold_text(span_text(text), &wanted);
	for (uint32_t i = 0; view && wanted.size && i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		bool matches = is_called(app, &device->person, &wanted);
		ids_hex(hex, device->id.bytes, ID_LONG_BYTES);
		matches |= digits >= PREFIX_MIN && strncmp(hex, text, digits) == 0;
		ids_hex(hex, device->person.bytes, ID_SHORT_BYTES);
		matches |= digits >= PREFIX_MIN && strncmp(hex, text, digits) == 0;
		if (!matches || person_id_is_zero(&device->person) ||
		        (found && person_id_eq(out, &device->person)))
			continue;
		*out = device->person;
		found++;
	}
	buf_close(&wanted);
	if (found != 1)
		api_call_fail(call, found ? ERR_CONFLICT : ERR_NOTFOUND,
		        found ? "Several persons or devices are called so, or begin so: give more digits of "
		                "one."
		              : "There is no such person in the team: see \"releve members\".");
	return found == 1;
}

/* ---- Refusals --------------------------------------------------------------------------------------------------- */

static const struct {
	enum team_reason why;
	const char *fr, *en;
} REFUSALS[] = {
        {TEAM_REASON_NOT_MANAGER,
                "Seule une infirmière qui gère l'équipe peut le faire. Rien n'a été changé.",
                "Only a nurse who manages the team can do this. Nothing was changed."},
        {TEAM_REASON_NOT_ACTIVE, "Cet appareil n'est plus dans l'équipe. Rien n'a été changé.",
                "This device is not in the team any more. Nothing was changed."},
        {TEAM_REASON_NOT_ALLOWED, "Votre rôle ne le permet pas. Rien n'a été changé.",
                "Your role does not allow this. Nothing was changed."},
        {TEAM_REASON_SAME_PERSON,
                "Il faut la signature d'une autre personne : pas de celle qui propose, ni de celle dont il "
                "s'agit. "
                "Rien n'a été changé.",
                "This takes another person's signature: not that of who proposes it, or of whom it is about. "
                "Nothing "
                "was changed."},
        {TEAM_REASON_EXISTS_ALREADY, "C'est déjà fait. Rien n'a été changé.",
                "This is done already. Nothing was changed."},
        {TEAM_REASON_NO_SUCH_THING, "Cela n'existe pas, ou plus. Rien n'a été changé.",
                "There is no such thing, or not any more. Nothing was changed."},
        {TEAM_REASON_WRONG_ROLE, "Ce rôle ne peut pas être donné ainsi. Rien n'a été changé.",
                "This role cannot be given so. Nothing was changed."},
};

static int refuse(struct api_call *call, int error)
{
	enum team_reason why = node_denied_why(api_node_of(call)->node);
	for (size_t i = 0; i < sizeof(REFUSALS) / sizeof(*REFUSALS); i++) {
		if (REFUSALS[i].why != why)
			continue;
		api_call_fail_with(call, error, REFUSALS[i].en, json_pack("{s:s}", "fr", REFUSALS[i].fr));
		return 0;
	}
	if (error == ERR_BUSY)
		api_call_fail(call, error, "Your last records are still being saved: ask again in a moment.");
	else
		api_call_fail(call, error, why ? team_reason_sentence(why) : NULL);
	return 0;
}

static int reply(struct api_call *call, int result, json_t *body)
{
	if (result == 0)
		return api_reply_durable(call, 200, body);
	json_decref(body);
	return refuse(call, result);
}

/* ---- Moments ---------------------------------------------------------------------------------------------------- */

/* The end of a day at the place, in ms; 0: it is no day. */
static uint64_t end_of_day(const char *text)
{
	struct moment moment;
	char whole[40];
	snprintf(whole, sizeof(whole), "%.10sT23:59:59Z", text);
	if (strlen(text) != 10 || !moment_parse(span_text(whole), &moment) || moment.seconds < 0)
		return 0;
	return (uint64_t)(moment.seconds - 60 * (int64_t)calendar_paris_offset_minutes(moment.seconds)) *
	        1000;
}

static bool day_or_reply(struct api_call *call, const char *member, uint64_t *out)
{
	const char *text;
	*out = 0;
	if (!api_optional_text(call, member, &text))
		return false;
	if (!text)
		return true;
	*out = end_of_day(text);
	if (*out == 0) {
		api_call_fail(call, ERR_INVALID, "A day is needed, as 2026-12-31. Nothing was changed.");
		return false;
	}
	/* Whatever the person wrote since would be kept apart. */
	if (*out <= env_wall_ms(api_node_of(call)->env)) {
		api_call_fail(call, ERR_INVALID,
		        "This day is over: give today or a later one. Nothing was changed.");
		return false;
	}
	return true;
}

/* ---- Removing --------------------------------------------------------------------------------------------------- */

static const char *const REASONS[] = {"unsaid", "lost", "stolen", "replaced", "left"};

static bool reason_or_reply(struct api_call *call, uint8_t *out)
{
	const char *text;
	if (!api_optional_text(call, "reason", &text))
		return false;
	*out = 0;
	for (uint8_t i = 0; text && i < sizeof(REASONS) / sizeof(*REASONS); i++)
		if (strcmp(REASONS[i], text) == 0)
			*out = i;
	if (text && *out == 0 && strcmp(text, REASONS[0]) != 0) {
		api_call_fail(call, ERR_INVALID,
		        "The reason is one of lost, stolen, replaced, left. Nothing was changed.");
		return false;
	}
	return true;
}

static const char *const STATES[] = {"", "active", "pending", "suspended", "removed", "void"};

const char *api_device_state(enum team_device_state state)
{
	return STATES[state];
}

static json_t *state_of(struct api_node *app, const struct device_id *id)
{
	const struct team_device *device = team_view_device(node_view(app->node), id);
	return json_pack("{s:o, s:s}", "device", api_hex(id->bytes, ID_LONG_BYTES), "state",
	        api_device_state(device->state));
}

/* ---- Invitations that go with them ---- */

static json_t *invitation_json(
        struct api_node *app, const struct team_invitation_row *row, const struct team_invite *invite)
{
	struct buf name = {0};
	struct device_id author;
	uint64_t made_ms = 0;
	team_membership_written(node_membership(app->node), &row->hash, &author, &made_ms);
	name_of(app, &row->inviter, SCHEMA_EN, &name);
	buf_add(&name, "", 1);
	json_t *json = json_pack("{s:o, s:s, s:s, s:o}", "invitation",
	        api_hex(row->hash.bytes, ID_LONG_BYTES), "by", (const char *)name.data, "role",
	        team_role_name(invite->role), "made", api_moment_ms(made_ms));
	buf_close(&name);
	return json;
}

/* Those that are open, or, once somebody was removed, those of `before` that are so no more. Takes nothing. */
static json_t *invitations(struct api_node *app, const json_t *before)
{
	const struct team_view *view = node_view(app->node);
	json_t *list = json_array();
	for (uint32_t i = 0; i < view->invitation_count; i++) {
		const struct team_invitation_row *row = &view->invitations[i];
		const struct team_action *action = team_membership_action(
		        node_membership(app->node), &row->hash, NULL);
		if (!before && row->state == TEAM_INVITATION_OPEN &&
		        (action->as.invite.expires_ms == 0 ||
		                action->as.invite.expires_ms > env_wall_ms(app->env)))
			json_array_append_new(list, invitation_json(app, row, &action->as.invite));
	}
	size_t index;
	json_t *item;
	json_array_foreach((json_t *)(uintptr_t)before, index, item)
	{
		struct entry_hash hash;
		if (ids_from_hex(hash.bytes, ID_LONG_BYTES, api_text(item, "invitation")) &&
		        team_view_invitation(view, &hash)->state != TEAM_INVITATION_OPEN)
			json_array_append(list, item);
	}
	return list;
}

/* Takes `body`, and `before`, what invitations() said then. */
static int reply_withdrawn(struct api_call *call, int result, json_t *body, json_t *before)
{
	if (body)
		json_object_set_new(body, "withdrawn", invitations(api_node_of(call), before));
	json_decref(before);
	return reply(call, result, body);
}

int api_post_remove_device(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct device_id id, self = node_device(app->node);
	uint8_t reason;
	if (api_device_or_reply(call, api_call_param(call, 0), &id) || !reason_or_reply(call, &reason))
		return 0;
	if (device_id_eq(&id, &self)) {
		api_call_fail(call, ERR_DENIED,
		        "A device does not remove itself: do it from another one, or announce that you "
		        "leave. Nothing "
		        "was changed.");
		return 0;
	}
	json_t *before = invitations(app, NULL);
	int result = node_remove_device(app->node, &id, reason, NULL, NULL);
	return reply_withdrawn(call, result, result ? NULL : state_of(app, &id), before);
}

/* No device of hers is in, or could be let in again. */
static bool is_out(const struct team_view *view, const struct person_id *person)
{
	for (uint32_t i = 0; i < view->device_count; i++)
		if (person_id_eq(&view->devices[i].person, person) &&
		        view->devices[i].state != TEAM_DEVICE_REMOVED &&
		        view->devices[i].state != TEAM_DEVICE_VOID)
			return false;
	return true;
}

/* The last proposal about a person that still needs a signature. */
static const struct team_proposal *open_proposal(struct api_node *app, const struct person_id *person)
{
	const struct team_view *view = node_view(app->node);
	for (uint32_t i = view->proposal_count; i-- > 0;) {
		const struct team_action *action = team_membership_action(
		        node_membership(app->node), &view->proposals[i].hash, NULL);
		const struct person_id *whom = action->kind == TEAM_ACTION_ROLE
		        ? &action->as.role.person
		        : &action->as.remove_person.person;
		if (!view->proposals[i].confirmed && person_id_eq(whom, person))
			return &view->proposals[i];
	}
	return NULL;
}

/* {"person", "inForce", "proposal"}: what came of it. */
static json_t *outcome(struct api_node *app, const struct person_id *person, bool in_force)
{
	json_t *json = json_pack(
	        "{s:o, s:b}", "person", api_hex(person->bytes, ID_SHORT_BYTES), "inForce", in_force);
	const struct team_proposal *proposal = in_force ? NULL : open_proposal(app, person);
	if (proposal)
		json_object_set_new(json, "proposal", api_hex(proposal->hash.bytes, ID_LONG_BYTES));
	return json;
}

int api_post_remove_person(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct person_id person;
	uint8_t reason;
	if (!api_person_or_reply(call, api_call_param(call, 0), &person) || !reason_or_reply(call, &reason))
		return 0;
	json_t *before = invitations(app, NULL);
	int result = node_remove_person(app->node, &person, reason, NULL, NULL);
	return reply_withdrawn(call, result,
	        result ? NULL : outcome(app, &person, is_out(node_view(app->node), &person)), before);
}

int api_post_role(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct person_id person;
	uint64_t until_ms;
	const char *name;
	if (!api_person_or_reply(call, api_call_param(call, 0), &person) ||
	        !api_optional_text(call, "role", &name) || !day_or_reply(call, "until", &until_ms))
		return 0;
	uint8_t role = api_role_named(name);
	if (!team_role_invitable(role)) {
		api_call_fail(call, ERR_INVALID,
		        "The role is one of nurse, locum, reader, facilitator. Nothing was changed.");
		return 0;
	}
	const uint32_t count = node_view(app->node)->proposal_count;
	json_t *before = invitations(app, NULL);
	int result = node_change_role(app->node, &person, role, 0, until_ms, NULL, NULL);
	return reply_withdrawn(call, result,
	        result ? NULL : outcome(app, &person, node_view(app->node)->proposal_count == count), before);
}

/* A proposal by the first digits of its hash. False: replied. */
static bool proposal_or_reply(struct api_call *call, const char *text, struct entry_hash *out)
{
	const struct team_view *view = node_view(api_node_of(call)->node);
	const size_t digits = strlen(text);
	unsigned found = 0;
	for (uint32_t i = 0; digits >= PREFIX_MIN && i < view->proposal_count; i++) {
		char hex[2 * ID_LONG_BYTES + 1];
		ids_hex(hex, view->proposals[i].hash.bytes, ID_LONG_BYTES);
		if (strncmp(hex, text, digits) != 0)
			continue;
		*out = view->proposals[i].hash;
		found++;
	}
	if (found != 1)
		api_call_fail(call, found ? ERR_CONFLICT : ERR_NOTFOUND,
		        found ? "Several proposals begin so: give more digits."
		              : "There is no such proposal: see \"releve members\".");
	return found == 1;
}

int api_post_confirm(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct entry_hash proposal;
	if (!proposal_or_reply(call, api_call_param(call, 0), &proposal))
		return 0;
	json_t *before = invitations(app, NULL);
	int result = node_confirm(app->node, &proposal, NULL, NULL);
	return reply_withdrawn(call, result, result ? NULL : json_object(), before);
}

int api_post_reinstate(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct person_id person;
	if (!api_person_or_reply(call, api_call_param(call, 0), &person))
		return 0;
	int result = node_undo_suspension(app->node, &person, NULL, NULL);
	if (result == ERR_NOTFOUND) {
		api_call_fail_with(call, result,
		        "Nobody suspended this person's devices. Nothing was changed.",
		        json_pack("{s:s}", "fr",
		                "Les appareils de cette personne ne sont pas suspendus. Rien n'a été "
		                "changé."));
		return 0;
	}
	return reply(call, result, json_object());
}

int api_post_leave(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	uint64_t until_ms;
	if (!day_or_reply(call, "until", &until_ms))
		return 0;
	if (until_ms == 0)
		until_ms = env_wall_ms(app->env) + NOTICE_DAYS * DAY_MS;
	return reply(call, node_leave(app->node, until_ms, NULL, NULL),
	        json_pack("{s:o}", "until", api_moment_ms(until_ms)));
}

int api_post_choose(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	bool none = json_is_true(json_object_get(api_call_json(call), "none"));
	struct device_id id;
	if (api_device_or_reply(call, api_call_param(call, 0), &id))
		return 0;
	const struct team_device *device = team_view_device(node_view(app->node), &id);
	const struct team_action *admit = team_membership_action(
	        node_membership(app->node), &device->admission, NULL);
	if (!admit || admit->kind != TEAM_ACTION_ADMIT) {
		api_call_fail(call, ERR_NOTFOUND, "This device came by no invitation. Nothing was changed.");
		return 0;
	}
	const struct entry_hash invitation = admit->as.admit.invite;
	int result = node_choose(app->node, none ? NULL : &id, &invitation, NULL, NULL);
	return reply(call, result, result ? NULL : state_of(app, &id));
}

int api_post_rotate(struct api_call *call)
{
	return reply(call, node_renew_keys(api_node_of(call)->node, NULL, NULL), json_object());
}

/* ---- What is asked of this nurse -------------------------------------------------------------------------------- */

struct asks {
	struct api_node *app;
	const struct team_view *view;
	struct person_id own;
	bool manages;
	json_t *list;
};

/* `fr` and `en` with %1 for the first person's name and %2 for the second's. */
static void put_names(struct asks *asks, const char *text, enum schema_language language,
        const struct person_id *first, const struct person_id *second, struct buf *out)
{
	for (; *text; text++) {
		if (*text != '%') {
			buf_add(out, text, 1);
			continue;
		}
		name_of(asks->app, *++text == '1' ? first : second, language, out);
	}
}

static void ask(struct asks *asks, const char *what, const char *id, const struct person_id *first,
        const struct person_id *second, const char *fr, const char *en)
{
	struct buf texts[2] = {{0}, {0}};
	put_names(asks, fr, SCHEMA_FR, first, second, &texts[0]);
	put_names(asks, en, SCHEMA_EN, first, second, &texts[1]);
	json_array_append_new(asks->list,
	        json_pack("{s:s, s:s, s:o, s:o}", "what", what, "id", id, "fr", describe_text(&texts[0]),
	                "en", describe_text(&texts[1])));
	buf_close(&texts[0]);
	buf_close(&texts[1]);
}

static void ask_proposal(struct asks *asks, const struct team_proposal *proposal)
{
	struct team_membership *members = node_membership(asks->app->node);
	const struct team_action *action = team_membership_action(members, &proposal->hash, NULL);
	struct device_id author;
	uint64_t at_ms;
	char hex[17];
	bool is_role = action->kind == TEAM_ACTION_ROLE;
	const struct person_id *whom = is_role ? &action->as.role.person : &action->as.remove_person.person;
	if (proposal->confirmed || !team_status_holds(team_view_status(asks->view, proposal->node)) ||
	        !team_membership_written(members, &proposal->hash, &author, &at_ms) ||
	        (!is_role && is_out(asks->view, whom)))
		return;
	const struct team_device *by = team_view_device(asks->view, &author);
	ids_hex(hex, proposal->hash.bytes, 8);
	bool is_own = person_id_eq(&by->person, &asks->own) || person_id_eq(whom, &asks->own);
	if (is_own || !asks->manages)
		ask(asks, "wait", hex, &by->person, whom,
		        is_role ? "%1 propose un autre rôle pour %2 : une autre infirmière doit encore "
		                  "confirmer."
		                : "%1 propose de retirer %2 de l'équipe : une autre infirmière doit encore "
		                  "confirmer.",
		        is_role ? "%1 proposes another role for %2: another nurse still has to confirm."
		                : "%1 proposes to remove %2 from the team: another nurse still has to "
		                  "confirm.");
	else
		ask(asks, "confirm", hex, &by->person, whom,
		        is_role ? "%1 propose un autre rôle pour %2 : confirmez-vous ?"
		                : "%1 propose de retirer %2 de l'équipe : confirmez-vous ?",
		        is_role ? "%1 proposes another role for %2: do you confirm?"
		                : "%1 proposes to remove %2 from the team: do you confirm?");
}

static bool is_contested(struct asks *asks, const struct team_device *device)
{
	const struct team_action *admit = team_membership_action(
	        node_membership(asks->app->node), &device->admission, NULL);
	const struct team_invitation_row *row = admit && admit->kind == TEAM_ACTION_ADMIT
	        ? team_view_invitation(asks->view, &admit->as.admit.invite)
	        : NULL;
	return row && row->state == TEAM_INVITATION_CONTESTED;
}

/* Who let it in: her own signature is not the second one. */
static bool let_in(struct asks *asks, const struct team_device *device)
{
	struct device_id host;
	uint64_t at_ms;
	if (!team_membership_written(node_membership(asks->app->node), &device->admission, &host, &at_ms))
		return false;
	const struct team_device *by = team_view_device(asks->view, &host);
	return by && person_id_eq(&by->person, &asks->own);
}

static void ask_device(struct asks *asks, const struct team_device *device)
{
	char hex[17];
	const struct person_id *whom = &device->person;
	const struct team_person *person = team_view_person(asks->view, whom);
	bool is_own = person_id_eq(whom, &asks->own);
	ids_hex(hex, device->id.bytes, 8);
	if (device->relay || !asks->manages)
		return;
	if (device->state == TEAM_DEVICE_PENDING && is_contested(asks, device))
		ask(asks, "choose", hex, whom, NULL,
		        "L'invitation de %1 a servi deux fois : choisissez l'appareil qui compte.",
		        "The invitation of %1 was used twice: choose the device that counts.");
	else if (device->state == TEAM_DEVICE_PENDING && !let_in(asks, device))
		ask(asks, "endorse", hex, whom, NULL,
		        "Un appareil s'est joint au nom de %1 : signez si c'est bien le sien.",
		        "A device joined in the name of %1: sign if it is theirs.");
	else if (device->state == TEAM_DEVICE_ACTIVE && person && person->role == TEAM_ROLE_NURSE &&
	        !device->endorsed && !is_own && !let_in(asks, device))
		ask(asks, "endorse", hex, whom, NULL,
		        "%1 est nouvelle dans l'équipe : une deuxième signature lui permet de la gérer.",
		        "%1 is new in the team: a second signature lets them manage it.");
	else if (device->state == TEAM_DEVICE_SUSPENDED && !is_own)
		ask(asks, "reinstate", hex, whom, NULL,
		        "L'appareil de %1 est suspendu : levez la suspension, ou retirez la personne à deux.",
		        "The device of %1 is suspended: take that back, or remove the person with two "
		        "signatures.");
}

static void ask_leaver(struct asks *asks, const struct team_person *person)
{
	char hex[17];
	ids_hex(hex, person->id.bytes, 8);
	if (asks->manages && person->leave_until_ms && person->leave_until_ms < env_wall_ms(asks->app->env) &&
	        !person_id_eq(&person->id, &asks->own) && !is_out(asks->view, &person->id))
		ask(asks, "remove", hex, &person->id, NULL,
		        "%1 a quitté l'équipe : retirez ses appareils, une signature suffit.",
		        "%1 has left the team: remove their devices, one signature is enough.");
}

json_t *api_asks(struct api_node *app)
{
	struct device_id self = node_device(app->node);
	struct asks asks = {.app = app, .view = node_view(app->node), .list = json_array()};
	if (!api_own_person(app, &asks.own))
		return asks.list;
	asks.manages = team_view_manages(asks.view, &self);
	for (uint32_t i = 0; i < asks.view->proposal_count; i++)
		ask_proposal(&asks, &asks.view->proposals[i]);
	for (uint32_t i = 0; i < asks.view->device_count; i++)
		ask_device(&asks, &asks.view->devices[i]);
	for (uint32_t i = 0; i < asks.view->person_count; i++)
		ask_leaver(&asks, &asks.view->people[i]);
	return asks.list;
}
