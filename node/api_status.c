/* What the device is, has and lacks; the stream of events. */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/api_meeting.h"
#include "node/api_notices.h"
#include "node/api_receipts.h"
#include "node/api_work.h"
#include "node/node_photo.h"
#include "node/team/roles.h"
#include "store/store.h"

static const char *const COMPARTMENTS[] = {
        [COMPARTMENT_MEMBERSHIP] = "membership",
        [COMPARTMENT_TEAM] = "team",
        [COMPARTMENT_CLINICAL] = "clinical",
        [COMPARTMENT_BILLING] = "billing",
        [COMPARTMENT_AGGREGATE] = "aggregate",
        [COMPARTMENT_MESSAGE] = "message",
};

const char *api_compartment_name(enum compartment compartment)
{
	return COMPARTMENTS[compartment];
}

static json_t *feeds_json(struct api_node *app)
{
	static const char *const states[] = {"open", "frozen", "ended"};
	struct log *log = node_log(app->node);
	json_t *list = json_array();
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		uint64_t fork = feed->state == LOG_FEED_OPEN ? 0 : node_forked_at(app->node, i);
		json_array_append_new(list,
		        json_pack("{s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:b, s:s}", "feed",
		                api_hex(feed->id.bytes, ID_LONG_BYTES), "device",
		                api_hex(feed->device.bytes, ID_LONG_BYTES), "compartment",
		                COMPARTMENTS[feed->compartment], "entries",
		                (json_int_t)(feed->committed_seq + 1 - feed->begin), "from",
		                (json_int_t)feed->begin, "received", (json_int_t)node_received(app->node, i),
		                "forkedAt", (json_int_t)fork, "branch", feed->is_branch, "state",
		                states[feed->state]));
	}
	return list;
}

/* How often this device began again because its database had come back from a copy: incarnations that wrote before this one. */
static int restored_count(struct api_node *app)
{
	struct log *log = node_log(app->node);
	struct device_id self = node_device(app->node);
	struct incarnation_id now = node_incarnation(app->node);
	int count = 0;
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		bool is_first = true;
		for (uint32_t j = 0; is_first && j < i; j++)
			is_first = !device_id_eq(&log_feed(log, j)->device, &self) ||
			        !incarnation_id_eq(&log_feed(log, j)->incarnation, &feed->incarnation);
		count += is_first && device_id_eq(&feed->device, &self) &&
		        !incarnation_id_eq(&feed->incarnation, &now);
	}
	return count;
}

/* What it is given now: nothing but the membership outside the dates of its rights. */
static bool is_given(struct api_node *app, const struct device_id *id, enum compartment compartment)
{
	const struct team_view *view = node_view(app->node);
	const struct team_device *device = team_view_device(view, id);
	return compartment == COMPARTMENT_MEMBERSHIP ||
	        (device && !node_rights_lapsed(app->node, device) &&
	                node_may_hold(app->node, id, compartment));
}

/* Entries of ours that the device has not acknowledged, of the feeds that it is given. */
struct unacknowledged {
	uint64_t entries, membership;
	bool ever; /* it acknowledged something */
};

static struct unacknowledged not_acknowledged(struct api_node *app, const struct device_id *device)
{
	struct log *log = node_log(app->node);
	struct unacknowledged out = {0};
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		uint64_t seq = 0;
		if (!is_given(app, device, feed->compartment))
			continue;
		if (node_acknowledged(app->node, device, &feed->id, &seq))
			out.ever = true;
		if (seq < feed->begin)
			seq = feed->begin - 1;
		const uint64_t missing = feed->committed_seq > seq ? feed->committed_seq - seq : 0;
		out.entries += missing;
		if (feed->compartment == COMPARTMENT_MEMBERSHIP)
			out.membership += missing;
	}
	return out;
}

/* A relay that showed less than it had acknowledged; where it listens, or from where it called. */
static void add_withheld(json_t *json, const struct peers_withheld *withheld, const struct meeting *met)
{
	if (!withheld)
		return;
	const struct net_address *at = met && met->address.port ? &met->address : &withheld->address;
	json_object_set_new(json, "holdsBack",
	        json_pack("{s:o, s:I, s:I, s:o}", "address", api_address_text(at), "entries",
	                (json_int_t)withheld->entries, "noticedEntries", (json_int_t)withheld->most,
	                "noticed", api_moment_ms(withheld->noticed_ms)));
}

/* It said that it takes no more records, and why. */
static void add_full(json_t *json, const struct peers *peers, const struct device_id *device)
{
	static const char *const whys[PEERS_FULL_COUNT] = {"", "team", "device", "disk"};
	struct peers_room room;
	if (peers_room_of(peers, device, &room))
		json_object_set_new(json, "full",
		        json_pack("{s:s, s:I}", "why", room.why < PEERS_FULL_COUNT ? whys[room.why] : "other",
		                "limit", (json_int_t)room.limit));
}

static json_t *quota_json(const struct api_node *app)
{
	return json_pack("{s:I, s:I, s:b}", "bytes", (json_int_t)app->quota_bytes, "deviceEntries",
	        (json_int_t)app->quota_device_entries, "over", app->over_quota);
}

/* The file beside the database does not come back with a backup of that, nor does that come without it. */
static uint64_t last_met_ms(struct api_node *app, const struct device_id *device)
{
	const struct meeting *met = meetings_find(app->meetings, device);
	const uint64_t noted_ms = node_heard_of(app->node, device).met_ms;
	return met && met->met_ms > noted_ms ? met->met_ms : noted_ms;
}

static json_t *peer_json(struct api_node *app, const struct team_device *device)
{
	struct peer_status status = {0};
	const bool connected = api_connection(app, &device->id, &status);
	const struct unacknowledged there = not_acknowledged(app, &device->id);
	const struct meeting *met = meetings_find(app->meetings, &device->id);
	json_t *json = json_pack("{s:o, s:o, s:s, s:b, s:b, s:I, s:I, s:b}", "device",
	        api_hex(device->id.bytes, ID_LONG_BYTES), "person",
	        api_hex(device->person.bytes, ID_SHORT_BYTES), "role",
	        team_role_name(team_view_role(node_view(app->node), &device->id)), "connected", connected,
	        "level", connected && status.level, "missingThere", (json_int_t)there.entries,
	        "missingMembership", (json_int_t)there.membership, "acknowledged", there.ever);
	add_withheld(json, peers_withheld(app->peers, &device->id), met);
	add_full(json, app->peers, &device->id);
	const uint64_t met_ms = last_met_ms(app, &device->id);
	if (met_ms)
		json_object_set_new(json, "lastMetMs", json_integer((json_int_t)met_ms));
	json_object_set_new(json, "name", api_device_name(app, &device->id));
	api_put_heard(app, &device->id, json);
	if (met_ms)
		json_object_set_new(json, "met", api_moment_ms(met_ms));
	json_t *looked_for = api_looked_for(app, &device->id);
	if (json_array_size(looked_for))
		json_object_set(json, "lookedFor", looked_for);
	json_decref(looked_for);
	if (!connected)
		return json;
	/* While a session runs it knows more than the last receipt does. */
	json_object_set_new(json, "missingHere", json_integer((json_int_t)status.progress.missing_here));
	json_object_set_new(json, "told", json_boolean(status.progress.peer_complete));
	if (status.clock_compared)
		json_object_set_new(json, "clockSkewMs", json_integer((json_int_t)status.skew_ms));
	return json;
}

static json_t *peers_json(struct api_node *app)
{
	const struct team_view *view = node_view(app->node);
	struct device_id self = node_device(app->node);
	json_t *list = json_array();
	for (uint32_t i = 0; view && i < view->device_count; i++)
		if (!device_id_eq(&view->devices[i].id, &self) &&
		        view->devices[i].state == TEAM_DEVICE_ACTIVE)
			json_array_append_new(list, peer_json(app, &view->devices[i]));
	return list;
}

static json_t *room_json(struct api_node *app)
{
	static const char *const rooms[] = {"ok", "warn", "refuse"};
	struct store_usage usage;
	if (store_usage(app->store, &usage))
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:s, s:b}", "usedBytes", (json_int_t)usage.used_bytes, "fileBytes",
	        (json_int_t)usage.file_bytes, "mapBytes", (json_int_t)usage.map_bytes, "room",
	        rooms[api_room(app)], "diskFull", app->disk_full);
}

static void add_refusal(
        json_t *list, enum refused what, enum team_reason reason, uint64_t count, bool is_kept)
{
	const struct schema_label label = refused_label(what), why = refusals_why(reason);
	if (count == 0)
		return;
	json_array_append_new(list,
	        json_pack("{s:s, s:s, s:I, s:b, s:b, s:{s:s, s:s}, s:{s:s, s:s}}", "what", refused_name(what),
	                "reason", team_reason_name(reason), "count", (json_int_t)count, "kept", is_kept,
	                "ordinary", refusals_ordinary(reason), "label", "fr", label.fr, "en", label.en, "why",
	                "fr", why.fr, "en", why.en));
}

/* What others sent and was refused; and entries about the team that are kept, since others build on them, and have no power. */
static json_t *refused_json(struct api_node *app)
{
	const struct refusals *refusals = node_refusals(app->node);
	json_t *list = json_array();
	for (unsigned what = 0; what < REFUSED_COUNT; what++)
		for (unsigned reason = 0; reason < TEAM_REASON_COUNT; reason++)
			add_refusal(list, (enum refused)what, (enum team_reason)reason,
			        refusals_of(refusals, (enum refused)what, (enum team_reason)reason), false);
	if (!node_membership(app->node))
		return list;
	struct team_tally tally;
	team_membership_tally(node_membership(app->node), &tally);
	for (unsigned reason = 0; reason < TEAM_REASON_COUNT; reason++)
		add_refusal(
		        list, REFUSED_MEMBERSHIP, (enum team_reason)reason, tally.powerless[reason], true);
	return list;
}

static json_t *photos_json(struct api_node *app)
{
	const struct node_photo_counts counts = node_photo_counts(app->node);
	json_t *json = api_photo_policy(app);
	json_object_set_new(json, "known", json_integer(counts.known));
	json_object_set_new(json, "complete", json_integer(counts.whole));
	json_object_set_new(json, "onlyHere", json_integer(counts.only_here));
	json_object_set_new(json, "onlyHereAndRelays", json_integer(counts.only_relays));
	return json;
}

int api_get_status(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	if (app->locked) {
		json_t *locked = json_pack("{s:b, s:o}", "locked", 1, "now", api_now(app));
		if (app->absent)
			json_object_set_new(locked, "absent", json_true());
		if (app->failed) {
			json_t *failed = json_pack("{s:s, s:s}", "code", err_name(app->failed), "message",
			        err_sentence(app->failed));
			api_add_french(failed);
			json_object_set_new(locked, "failed", failed);
		}
		api_call_reply(call, 200, locked);
		return 0;
	}
	struct device_id self = node_device(app->node);
	const struct team_view *view = node_view(app->node);
	uint32_t patients = 0, kind;
	struct record_id id;
	for (uint32_t i = 0, count = node_shown_count(app->node); i < count; i++)
		patients += node_shown_at(app->node, i, &kind, &id) == 0 && kind == SCHEMA_DOC_DOSSIER;
	json_t *json = json_pack("{s:b, s:o, s:b, s:i, s:i, s:o, s:o, s:o, s:b, s:i, s:o}", "locked", 0,
	        "device", api_hex(self.bytes, ID_LONG_BYTES), "inTeam", node_in_team(app->node), "port",
	        (int)app->listening.port, "patients", (int)patients, "feeds", feeds_json(app), "peers",
	        peers_json(app), "database", room_json(app), "outdated", node_outdated(app->node), "restored",
	        restored_count(app), "now", api_now(app));
	if (node_is_stopped(app->node))
		json_object_set_new(json, "stopped", json_true());
	if (app->quota_bytes || app->quota_device_entries)
		json_object_set_new(json, "quota", quota_json(app));
	struct node_word word;
	if (node_file_waits_for(app->node, &word))
		json_object_set_new(json, "erasureWaitsFor", api_file_wait(&word));
	if (view) {
		struct person_id person;
		json_object_set_new(json, "team", api_hex(node_team(app->node)->bytes, ID_LONG_BYTES));
		json_object_set_new(json, "role", json_string(team_role_name(team_view_role(view, &self))));
		json_object_set_new(json, "notAccepted", json_boolean(api_is_refused(app)));
		if (api_own_person(app, &person))
			json_object_set_new(json, "person", api_hex(person.bytes, ID_SHORT_BYTES));
		const struct team_device *own = team_view_device(view, &self);
		json_object_set_new(json, "state", json_string(own ? api_device_state(own->state) : ""));
		json_object_set_new(json, "rights", own ? api_rights(app, own) : json_null());
		json_object_set_new(
		        json, "rightsOver", json_boolean(own && node_rights_over(app->node, own)));
		json_object_set_new(json, "quarantine", api_quarantine_count(app));
		json_object_set_new(json, "refused", refused_json(app));
		json_object_set_new(json, "photos", photos_json(app));
		json_object_set_new(json, "copy", api_copy_json(app));
		json_object_set_new(json, "onlyHere", api_only_here_json(app));
		json_object_set_new(json, "age", api_age(app));
		json_object_set_new(json, "visit", api_running_json(app));
		json_object_set_new(json, "checkpoint", api_checkpoint(app));
		json_object_set_new(json, "notices", api_notices(app, API_NOTICES_ALL, 0));
		json_object_set_new(json, "work", api_work_counts(app));
	}
	api_call_reply(call, 200, json);
	return 0;
}

/* ---- Events, the end ---- */

int api_get_events(struct api_call *call)
{
	api_call_follow(call);
	return 0;
}

int api_post_stop(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	if (!app->stop)
		return ERR_UNSUPPORTED;
	api_call_reply(call, 200, json_object());
	app->stop(app->context);
	return 0;
}
