/*
 * On which other devices a record is, by what those have acknowledged (README.md, "Receipts").
 *
 * A reply's "holders" names the devices; each record's "on" has their places in it. A record of fields is where all values that stand in it are.
 */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/api_receipts.h"
#include "node/describe_parts.h"
#include "node/node_history.h"
#include "node/node_photo.h"
#include "node/team/roles.h"

enum { UNKNOWN = -1 };

struct api_receipts {
	struct api_node *app;
	const struct team_device **devices; /* that may hold it, and are met */
	uint32_t device_count, feed_count;
	int64_t *held; /* by feed and device; UNKNOWN: not looked up yet */
};

struct api_receipts *api_receipts_new(struct api_node *app)
{
	const struct team_view *view = node_view(app->node);
	const struct device_id self = node_device(app->node);
	struct api_receipts *receipts = mem_zero(1, sizeof(*receipts));
	receipts->app = app;
	receipts->devices = mem_zero(view ? view->device_count + 1 : 1, sizeof(*receipts->devices));
	for (uint32_t i = 0; view && i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		if (!device_id_eq(&device->id, &self) && device->state == TEAM_DEVICE_ACTIVE &&
		        !node_rights_over(app->node, device))
			receipts->devices[receipts->device_count++] = device;
	}
	receipts->feed_count = log_feed_count(node_log(app->node));
	const size_t places = (size_t)receipts->feed_count * receipts->device_count;
	receipts->held = mem_zero(places + 1, sizeof(*receipts->held));
	for (size_t i = 0; i < places; i++)
		receipts->held[i] = UNKNOWN;
	return receipts;
}

void api_receipts_free(struct api_receipts *receipts)
{
	if (!receipts)
		return;
	mem_free(receipts->devices);
	mem_free(receipts->held);
	mem_free(receipts);
}

json_t *api_receipts_holders(const struct api_receipts *receipts)
{
	struct api_node *app = receipts->app;
	json_t *list = json_array();
	for (uint32_t i = 0; i < receipts->device_count; i++) {
		const struct team_device *device = receipts->devices[i];
		json_array_append_new(list,
		        json_pack("{s:o, s:o, s:o, s:s}", "device", api_hex(device->id.bytes, ID_LONG_BYTES),
		                "person", api_hex(device->person.bytes, ID_SHORT_BYTES), "name",
		                api_device_name(app, &device->id), "role",
		                team_role_name(team_view_role(node_view(app->node), &device->id))));
	}
	return list;
}

static uint64_t held(struct api_receipts *receipts, uint32_t feed, uint32_t device)
{
	int64_t *place = &receipts->held[(size_t)feed * receipts->device_count + device];
	if (*place == UNKNOWN)
		*place = (int64_t)node_held_by(receipts->app->node, receipts->devices[device], feed);
	return (uint64_t)*place;
}

/* Does the device have this entry? {"feed", "seq"}. */
static bool has(struct api_receipts *receipts, const json_t *entry, uint32_t device)
{
	struct feed_id id;
	uint32_t feed;
	const char *hex = api_text(entry, "feed");
	const json_int_t seq = json_integer_value(json_object_get(entry, "seq"));
	return hex && ids_from_hex(id.bytes, ID_LONG_BYTES, hex) &&
	        log_feed_number(node_log(receipts->app->node), &id, &feed) && feed < receipts->feed_count &&
	        held(receipts, feed, device) >= (uint64_t)seq;
}

void api_receipts_put(struct api_receipts *receipts, json_t *record)
{
	const json_t *seen = json_object_get(record, "seen"), *author = json_object_get(record, "author");
	json_t *on = json_array();
	if (!record || (!seen && !author)) {
		json_decref(on);
		return;
	}
	for (uint32_t device = 0; device < receipts->device_count; device++) {
		bool all = !author || has(receipts, author, device);
		for (size_t i = 0; all && i < json_array_size(seen); i++)
			all = has(receipts, json_array_get(seen, i), device);
		if (all)
			json_array_append_new(on, json_integer((json_int_t)device));
	}
	json_object_set_new(record, "on", on);
}

void api_receipts_put_all(struct api_node *app, json_t *reply, const char *member)
{
	struct api_receipts *receipts = api_receipts_new(app);
	json_t *record;
	size_t index;
	json_array_foreach(json_object_get(reply, member), index, record) api_receipts_put(receipts, record);
	json_object_set_new(reply, "holders", api_receipts_holders(receipts));
	json_object_set_new(reply, "age", api_age(app));
	api_receipts_free(receipts);
}

/* ---- What is on this device only --------------------------------------------------------------------------------- */

struct api_only_here api_only_here(struct api_node *app)
{
	struct log *log = node_log(app->node);
	const struct device_id self = node_device(app->node);
	struct api_only_here out = {.photos = node_photo_counts(app->node).only_here};
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const uint64_t count = node_only_here(app->node, i);
		if (device_id_eq(&log_feed(log, i)->device, &self))
			out.own += count;
		else
			out.others += count;
		if (log_feed(log, i)->compartment == COMPARTMENT_MEMBERSHIP)
			out.membership += count;
	}
	return out;
}

json_t *api_only_here_json(struct api_node *app)
{
	const struct api_only_here only = api_only_here(app);
	return json_pack("{s:I, s:I, s:I, s:I}", "entries", (json_int_t)(only.own + only.others), "own",
	        (json_int_t)only.own, "membership", (json_int_t)only.membership, "photos",
	        (json_int_t)only.photos);
}

/* All that some other device is known to have. What each has is closed under what its entries build on, so that this is too. */
static void elsewhere(struct api_node *app, struct crdt_frontier *out)
{
	struct log *log = node_log(app->node);
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		const uint64_t count = node_only_here(app->node, i);
		if (feed->committed_seq >= count)
			crdt_frontier_raise(out, &feed->id, feed->committed_seq - count);
	}
}

static int only_here_now(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct crdt_frontier from = {0};
	json_t *json = api_only_here_json(app);
	elsewhere(app, &from);
	int result = api_news_between(call, &from, true, json);
	crdt_frontier_close(&from);
	if (result) {
		json_decref(json);
		return result;
	}
	api_call_reply(call, 200, json);
	return 0;
}

int api_get_only_here(struct api_call *call)
{
	return api_when_durable(call, only_here_now);
}
