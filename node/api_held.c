/* What is on this device alone, what the team has of a device that was lost; and the end of a device. */
#include "node/api_survey.h"

#include "crdt/base/err.h"
#include "node/api_receipts.h"
#include "node/node_photo.h"
#include "node/uv_wipe.h"

static const char WORD[] = "WIPE";

/* ---- What the team has of a device ---- */

/* How many other active devices have a feed as far as this one. */
static int devices_with(struct api_node *app, const struct log_feed *feed)
{
	const struct team_view *view = node_view(app->node);
	const struct device_id self = node_device(app->node);
	int count = 0;
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		uint64_t seq = 0;
		if (!device_id_eq(&device->id, &self) && !device_id_eq(&device->id, &feed->device) &&
		        device->state == TEAM_DEVICE_ACTIVE &&
		        node_may_hold(app->node, &device->id, feed->compartment) &&
		        node_acknowledged(app->node, &device->id, &feed->id, &seq) &&
		        seq >= feed->committed_seq)
			count++;
	}
	return count;
}

static json_t *feed_json(struct api_node *app, const struct log_feed *feed, uint64_t *missing)
{
	uint64_t claimed = node_claimed(app->node, &feed->device, &feed->id);
	/* Beyond a fork it was said of a history that is among the branches. */
	uint64_t beyond = claimed > feed->committed_seq && !feed->is_parted ? claimed - feed->committed_seq
	                                                                    : 0;
	*missing += beyond;
	json_t *json = json_pack("{s:s, s:o, s:I, s:I, s:i}", "compartment",
	        api_compartment_name(feed->compartment), "feed", api_hex(feed->id.bytes, ID_LONG_BYTES),
	        "entries", (json_int_t)(feed->committed_seq + 1 - feed->begin), "knownBeyond",
	        (json_int_t)beyond, "onOthers", devices_with(app, feed));
	if (feed->committed_seq)
		/* by its author's clock */
		json_object_set_new(json, "last", api_moment_ms(feed->hlc >> 16));
	return json;
}

int api_get_held(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct log *log = node_log(app->node);
	struct device_id device;
	uint64_t missing = 0, ack = 0;
	if (api_device_or_reply(call, api_call_param(call, 0), &device))
		return 0;
	json_t *feeds = json_array();
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		if (device_id_eq(&feed->device, &device))
			json_array_append_new(feeds, feed_json(app, feed, &missing));
	}
	const struct team_device *row = team_view_device(node_view(app->node), &device);
	const struct feed_id none = {{0}};
	api_call_reply(call, 200,
	        json_pack("{s:o, s:s, s:b, s:b, s:I, s:I, s:o}", "device",
	                api_hex(device.bytes, ID_LONG_BYTES), "state", api_device_state(row->state), "self",
	                device_id_eq(&device, &node_identity(app->node)->device), "heard",
	                node_acknowledged(app->node, &device, &none, &ack), "knownBeyond",
	                (json_int_t)missing, "photosOnlyThere",
	                (json_int_t)node_photo_only_at(app->node, &device), "feeds", feeds));
	return 0;
}

/* ---- The end of a device ---- */

int api_get_wipe(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const struct api_only_here only = api_only_here(app);
	api_call_reply(call, 200,
	        json_pack("{s:I, s:I, s:I, s:I, s:s}", "unsent", (json_int_t)only.own, "othersOnlyHere",
	                (json_int_t)only.others, "photosOnlyHere", (json_int_t)only.photos, "formsOnlyHere",
	                (json_int_t)api_survey_waiting_count(app), "word", WORD));
	return 0;
}

int api_post_wipe(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *word = api_text(api_call_json(call), "word");
	if (!word || strcmp(word, WORD) != 0) {
		api_call_fail(call, ERR_INVALID, "\"word\" has to be WIPE. Nothing was changed.");
		return 0;
	}
	if (!app->wipe)
		return ERR_UNSUPPORTED;
	int result = uv_wipe_begin(app->directory);
	if (result) {
		api_call_fail(call, result,
		        "The key file could not be destroyed: this device may still open with its "
		        "passphrase.");
		return 0;
	}
	api_call_reply(call, 200, json_pack("{s:b}", "wiped", 1));
	app->wipe(app->context);
	return 0;
}
