/*
 * The meeting that this device is at: who is here, what keeps them from being level, who signed, since when who is missing; and what is new since the last
 * one (README.md, "Meetings").
 */
#include "node/api_meeting.h"

#include <stdlib.h>

#include "node/accords.h"
#include "node/api_notices.h"
#include "node/api_saying.h"
#include "node/describe_parts.h"
#include "node/keyring/ack.h"
#include "node/node_accord.h"
#include "node/team/roles.h"

#define NOBODY UINT32_MAX
enum { AHEAD_S = 120 };

/* ---- The accords that are here ------------------------------------------------------------------------------------- */

/* Of signers that are active now. */
struct table {
	struct api_node *app;
	const struct team_view *view;
	const struct accord **list;
	uint32_t *group, *size; /* by place; size: of the group that begins there */
	uint32_t count;
	uint32_t own; /* place of this device's; NOBODY */
	uint32_t chosen; /* the group that is shown; NOBODY */
};

static uint64_t now_s(const struct api_node *app)
{
	return env_wall_ms(app->env) / 1000;
}

static uint64_t moment_of(const struct table *table, uint32_t group)
{
	if (table->own != NOBODY && table->group[table->own] == group)
		return ack_moment_ms(table->list[table->own]->counter) / 1000;
	return accords_moment_s(table->list, table->count, table->group, group);
}

/* Our own, else the latest one that does not lie in the future. */
static uint32_t choose(const struct table *table)
{
	uint32_t best = NOBODY;
	if (table->own != NOBODY && table->size[table->group[table->own]] > 1)
		return table->group[table->own];
	for (uint32_t i = 0; i < table->count; i++)
		if (table->size[i] > 1 && moment_of(table, i) <= now_s(table->app) + AHEAD_S &&
		        (best == NOBODY || moment_of(table, i) > moment_of(table, best)))
			best = i;
	return best;
}

static struct table table_of(struct api_node *app)
{
	struct table table = {.app = app, .view = node_view(app->node), .own = NOBODY, .chosen = NOBODY};
	const struct device_id self = node_device(app->node);
	const uint32_t room = table.view->device_count + 1;
	table.list = mem_zero(room, sizeof(*table.list));
	table.group = mem_zero(room, sizeof(*table.group));
	table.size = mem_zero(room, sizeof(*table.size));
	for (uint32_t i = 0; i < table.view->device_count; i++) {
		const struct team_device *device = &table.view->devices[i];
		const struct accord *accord = node_signs(app->node, device)
		        ? node_accord_of(app->node, &device->id)
		        : NULL;
		if (!accord)
			continue;
		if (device_id_eq(&device->id, &self))
			table.own = table.count;
		table.list[table.count++] = accord;
	}
	accords_group(table.list, table.count, table.group);
	for (uint32_t i = 0; i < table.count; i++)
		table.size[table.group[i]]++;
	table.chosen = choose(&table);
	return table;
}

static void table_close(struct table *table)
{
	mem_free(table->list);
	mem_free(table->group);
	mem_free(table->size);
}

static uint32_t place_of(const struct table *table, const struct device_id *device)
{
	for (uint32_t i = 0; i < table->count; i++)
		if (device_id_eq(&table->list[i]->device, device))
			return i;
	return NOBODY;
}

static bool is_signer(const struct table *table, uint32_t group, const struct device_id *device)
{
	const uint32_t place = place_of(table, device);
	return place != NOBODY && table->group[place] == group;
}

/* The accord that a checkpoint is told by: our own where it is in it, else the first. */
static const struct accord *teller(const struct table *table, uint32_t group)
{
	const bool is_ours = table->own != NOBODY && table->group[table->own] == group;
	return table->list[is_ours ? table->own : group];
}

/* Was it here, by our own word, else by every signer's? Nobody alone makes somebody present. */
static bool was_here(const struct table *table, uint32_t group, const struct device_id *device)
{
	if (table->own != NOBODY && table->group[table->own] == group)
		return accord_find_present(table->list[table->own], device) != NULL;
	for (uint32_t i = 0; i < table->count; i++)
		if (table->group[i] == group && !accord_find_present(table->list[i], device))
			return false;
	return true;
}

/* It signed then, and something else. */
static bool is_elsewhere(const struct table *table, uint32_t group, const struct device_id *device)
{
	const uint32_t place = place_of(table, device);
	const struct accord *ours = teller(table, group);
	return place != NOBODY && accords_met(ours, table->list[place]) &&
	        !accords_same(ours, table->list[place]);
}

/* It was in the team, as the checkpoint knows it, and is. */
static bool was_awaited(const struct table *table, uint32_t group, const struct team_device *device)
{
	struct team_membership *members = node_membership(table->app->node);
	const struct team_view *then = team_membership_view_at(members, &teller(table, group)->membership);
	const struct team_device *known = then ? team_view_device(then, &device->id) : NULL;
	return node_signs(table->app->node, device) &&
	        (!then || (known && known->state == TEAM_DEVICE_ACTIVE));
}

/* ---- When somebody was heard of last -------------------------------------------------------------------------------- */

static uint64_t last_heard_ms(struct api_node *app, const struct device_id *device)
{
	const struct node_heard heard = node_heard_of(app->node, device);
	const uint64_t upto_ms = node_complete_of(app->node, device, api_aged_compartment(app)).upto_ms;
	uint64_t last_ms = heard.said_ms > heard.met_ms ? heard.said_ms : heard.met_ms;
	return upto_ms > last_ms ? upto_ms : last_ms;
}

static json_t *named_json(struct api_node *app, const struct device_id *device)
{
	const struct team_device *known = team_view_device(node_view(app->node), device);
	return json_pack("{s:o, s:o, s:o, s:s}", "device", api_hex(device->bytes, ID_LONG_BYTES), "person",
	        known ? api_hex(known->person.bytes, ID_SHORT_BYTES) : json_null(), "name",
	        api_device_name(app, device), "role",
	        team_role_name(team_view_role(node_view(app->node), device)));
}

static json_t *missing_json(struct api_node *app, const struct device_id *device)
{
	json_t *json = named_json(app, device);
	const uint64_t last_ms = last_heard_ms(app, device);
	json_object_set_new(json, "since", last_ms ? api_moment_ms(last_ms) : json_null());
	api_put_heard(app, device, json);
	return json;
}

/* ---- A checkpoint ---------------------------------------------------------------------------------------------------- */

static json_t *signers_json(const struct table *table, uint32_t group)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < table->count; i++) {
		if (table->group[i] != group)
			continue;
		json_t *json = named_json(table->app, &table->list[i]->device);
		json_object_set_new(json, "moment", api_moment_ms(ack_moment_ms(table->list[i]->counter)));
		json_array_append_new(list, json);
	}
	return list;
}

/* Those who are no signers of it, by what became of them. */
static void sort_others(
        const struct table *table, uint32_t group, json_t *unsigned_, json_t *other, json_t *missing)
{
	for (uint32_t i = 0; i < table->view->device_count; i++) {
		const struct team_device *device = &table->view->devices[i];
		if (is_signer(table, group, &device->id) || !was_awaited(table, group, device))
			continue;
		if (!was_here(table, group, &device->id))
			json_array_append_new(missing, missing_json(table->app, &device->id));
		else if (is_elsewhere(table, group, &device->id))
			json_array_append_new(other, named_json(table->app, &device->id));
		else
			json_array_append_new(unsigned_, named_json(table->app, &device->id));
	}
}

static void say_names(const struct api_saying *saying, const json_t *list, bool with_since)
{
	const json_t *one;
	size_t index;
	struct device_id device;
	json_array_foreach(list, index, one)
	{
		if (index)
			api_say(saying, ", ", ", ");
		api_say(saying, api_text(json_object_get(one, "name"), "fr"),
		        api_text(json_object_get(one, "name"), "en"));
		if (!with_since || !ids_from_hex(device.bytes, ID_LONG_BYTES, api_text(one, "device")))
			continue;
		const uint64_t last_ms = last_heard_ms(saying->app, &device);
		if (last_ms) {
			api_say(saying, " depuis ", " since ");
			api_say_when(saying, last_ms);
		} else {
			api_say(saying, " (jamais de nouvelles)", " (never heard of)");
		}
	}
}

static void say_list(
        const struct api_saying *saying, const char *fr, const char *en, const json_t *list, bool with_since)
{
	if (!json_array_size(list))
		return;
	api_say(saying, fr, en);
	say_names(saying, list, with_since);
	api_say(saying, ".", ".");
}

static json_t *sentence(
        const struct table *table, uint32_t group, enum schema_language language, const json_t *json)
{
	struct buf out = {0};
	const struct api_saying saying = {table->app, language, &out};
	const bool is_whole = json_is_true(json_object_get(json, "complete"));
	if (is_whole)
		api_say(&saying, "Équipe cohérente à ", "Team consistent at ");
	else
		api_say(&saying, "Une partie de l'équipe cohérente à ", "Part of the team consistent at ");
	api_say_when(&saying, moment_of(table, group) * 1000);
	api_say(&saying, " : ", ": ");
	say_names(&saying, json_object_get(json, "signers"), false);
	api_say(&saying, ".", ".");
	say_list(&saying,
	        " Présents sans avoir signé : ", " Here and not signed: ", json_object_get(json, "unsigned"),
	        false);
	say_list(&saying,
	        " A signé un autre état : ", " Signed another state: ", json_object_get(json, "other"),
	        false);
	say_list(&saying, " Absents : ", " Missing: ", json_object_get(json, "missing"), true);
	if (json_is_false(json_object_get(json, "current")) && json_is_true(json_object_get(json, "own")))
		api_say(&saying, " Des saisies ont été faites depuis.", " Something was written since.");
	else if (json_is_false(json_object_get(json, "current")))
		api_say(&saying, " Cet appareil n'a pas cet état.", " This device does not hold that state.");
	json_t *text = describe_text(&out);
	buf_close(&out);
	return text;
}

static json_t *checkpoint_json(const struct table *table, uint32_t group)
{
	json_t *unsigned_ = json_array(), *other = json_array(), *missing = json_array();
	sort_others(table, group, unsigned_, other, missing);
	const bool is_whole = !json_array_size(unsigned_) && !json_array_size(other);
	json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b}", "moment",
	        api_moment_ms(moment_of(table, group) * 1000), "signers", signers_json(table, group),
	        "unsigned", unsigned_, "other", other, "missing", missing, "complete", is_whole, "own",
	        table->own != NOBODY && table->group[table->own] == group, "current",
	        node_accord_holds(table->app->node, teller(table, group)));
	json_object_set_new(json, "fr", sentence(table, group, SCHEMA_FR, json));
	json_object_set_new(json, "en", sentence(table, group, SCHEMA_EN, json));
	return json;
}

static void put_checkpoints(const struct table *table, json_t *json)
{
	json_t *others = json_array();
	for (uint32_t i = 0; i < table->count; i++)
		if (table->size[i] > 1 && i != table->chosen)
			json_array_append_new(others, checkpoint_json(table, i));
	json_object_set_new(json, "checkpoint",
	        table->chosen == NOBODY ? json_null() : checkpoint_json(table, table->chosen));
	json_object_set_new(json, "otherCheckpoints", others);
}

json_t *api_checkpoint(struct api_node *app)
{
	struct table table = table_of(app);
	json_t *json = table.chosen == NOBODY ? json_null() : checkpoint_json(&table, table.chosen);
	table_close(&table);
	return json;
}

/* ---- Who is here ----------------------------------------------------------------------------------------------------- */

static const char *signed_name(const struct table *table, const struct device_id *device)
{
	const uint32_t place = place_of(table, device);
	if (place == NOBODY || table->own == NOBODY ||
	        !accords_met(table->list[table->own], table->list[place]))
		return "no";
	return table->group[place] == table->group[table->own]              ? "same"
	        : accords_same(table->list[table->own], table->list[place]) ? "no"
	                                                                    : "other";
}

/* What keeps a device from being level, or from signing. NULL: nothing. */
static const struct schema_label *prevents(
        struct api_node *app, const struct peer_status *status, const char *has_signed)
{
	static const struct schema_label UNTOLD = {" : cet appareil n'a pas encore dit tout ce qu'il a.",
	                                         ": has not told yet all that it has."},
	                                 FULL = {" : ses saisies ne sont pas prises ici, faute de place.",
	                                         ": what it has is not taken here for lack of room."},
	                                 LACKS_HERE = {" : des saisies de cet appareil doivent encore venir.",
	                                         ": entries are still to come from there."},
	                                 LACKS_THERE = {" : il manque encore des saisies à cet appareil.",
	                                         ": entries are still lacking there."},
	                                 EXCHANGING = {" : l'échange est en cours.",
	                                         ": all is being exchanged."},
	                                 OLDER = {" : version plus ancienne, qui ne signe rien.",
	                                         ": runs an earlier version, which signs nothing."},
	                                 OTHER = {" : a signé un autre état.", ": signed another state."},
	                                 UNSIGNED = {" : n'a pas encore signé.", ": has not signed yet."};
	if (!status->progress.peer_complete)
		return &UNTOLD;
	if (status->progress.missing_here)
		return node_holds_back(app->node) ? &FULL : &LACKS_HERE;
	if (status->progress.missing_there)
		return &LACKS_THERE;
	if (!status->even)
		return &EXCHANGING;
	if (!status->signs)
		return &OLDER;
	return strcmp(has_signed, "same") == 0 ? NULL : strcmp(has_signed, "other") == 0 ? &OTHER : &UNSIGNED;
}

static json_t *prevented_words(struct api_node *app, const struct device_id *device,
        const struct schema_label *why, enum schema_language language)
{
	struct buf out = {0};
	const struct api_saying saying = {app, language, &out};
	api_say_device(&saying, device);
	api_say_label(&saying, why);
	json_t *json = describe_text(&out);
	buf_close(&out);
	return json;
}

static json_t *prevented_json(
        struct api_node *app, const struct device_id *device, const struct schema_label *why)
{
	return json_pack("{s:o, s:o, s:o}", "device", api_hex(device->bytes, ID_LONG_BYTES), "fr",
	        prevented_words(app, device, why, SCHEMA_FR), "en",
	        prevented_words(app, device, why, SCHEMA_EN));
}

static bool is_off(const struct peer_status *status)
{
	return status->clock_compared &&
	        (status->skew_ms > NODE_CLOCK_OFF_MS || status->skew_ms < -NODE_CLOCK_OFF_MS);
}

static json_t *present_json(const struct table *table, const struct peer_status *status, bool signs)
{
	json_t *json = named_json(table->app, &status->device);
	json_object_set_new(json, "signer", json_boolean(signs));
	json_object_set_new(json, "level", json_boolean(status->even));
	json_object_set_new(json, "missingHere", json_integer((json_int_t)status->progress.missing_here));
	json_object_set_new(json, "missingThere", json_integer((json_int_t)status->progress.missing_there));
	json_object_set_new(json, "signed", json_string(signed_name(table, &status->device)));
	if (status->clock_compared)
		json_object_set_new(
		        json, "clockAheadSeconds", json_integer((json_int_t)(status->skew_ms / 1000)));
	json_object_set_new(json, "clockOff", json_boolean(is_off(status)));
	return json;
}

/* Members "present", "missing", "prevents", "level" and "everybodySigned". */
static void put_present(const struct table *table, json_t *json)
{
	struct api_node *app = table->app;
	const struct device_id self = node_device(app->node);
	json_t *present = json_array(), *missing = json_array(), *why = json_array();
	uint32_t signers = 0;
	bool level = true, all_signed = true;
	for (uint32_t i = 0; i < table->view->device_count; i++) {
		const struct team_device *device = &table->view->devices[i];
		const bool signs = node_signs(app->node, device);
		struct peer_status status;
		if (device_id_eq(&device->id, &self))
			continue;
		if (!api_connection(app, &device->id, &status)) {
			if (signs)
				json_array_append_new(missing, missing_json(app, &device->id));
			continue;
		}
		json_array_append_new(present, present_json(table, &status, signs));
		if (!signs)
			continue;
		signers++;
		level &= status.even;
		const struct schema_label *reason = prevents(app, &status, signed_name(table, &device->id));
		all_signed &= reason == NULL;
		if (reason)
			json_array_append_new(why, prevented_json(app, &device->id, reason));
	}
	json_object_set_new(json, "present", present);
	json_object_set_new(json, "missing", missing);
	json_object_set_new(json, "prevents", why);
	json_object_set_new(json, "level", json_boolean(signers && level));
	json_object_set_new(json, "everybodySigned",
	        json_boolean(signers && all_signed && peers_meeting(app->peers).is_current));
}

/* ---- All of it ------------------------------------------------------------------------------------------------------- */

static int meeting_now(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const struct peers_meeting_status meeting = peers_meeting(app->peers);
	const struct device_id self = node_device(app->node);
	const char *own = api_call_query(call, "own");
	uint64_t before_ms;
	const struct crdt_frontier *before = node_last_meeting(app->node, meeting.has_signed, &before_ms);
	struct table table = table_of(app);
	json_t *json = json_pack("{s:I, s:b, s:o, s:b, s:b, s:s, s:o}", "number", (json_int_t)meeting.number,
	        "together", meeting.is_together, "began",
	        meeting.is_on ? api_moment_ms(meeting.began_wall_ms) : json_null(), "signs",
	        node_signs(app->node, team_view_device(table.view, &self)), "signed", meeting.is_current,
	        "clock", describe_clock(node_clock_grade(app->node)), "since",
	        before_ms ? api_moment_ms(before_ms) : json_null());
	put_present(&table, json);
	put_checkpoints(&table, json);
	table_close(&table);
	json_object_set_new(json, "notices", api_notices(app, API_NOTICES_NEW, 0));
	/* Whoever asks again and again is shown no records, which would be noted each time. Before the first meeting there is none to look back to. */
	const bool is_brief = api_call_query(call, "brief") != NULL;
	int result = before_ms && !is_brief
	        ? api_news_between(call, before, own && strcmp(own, "1") == 0, json)
	        : 0;
	if (result) {
		json_decref(json);
		return result;
	}
	api_call_reply(call, 200, json);
	return 0;
}

int api_get_meeting(struct api_call *call)
{
	return api_when_durable(call, meeting_now);
}
