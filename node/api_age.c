/* How old what is shown is: up to which moment everything is here that each other device saved; and what the status says of where others were heard of. */
#include "node/api_node.h"

#include <stdlib.h>

#include "node/api_saying.h"
#include "node/describe_parts.h"
#include "node/team/roles.h"

enum { OLD_MS = 24 * 3600 * 1000, AHEAD_MS = 2 * 60 * 1000, NAMED_MAX = 12 };

/* ---- Names ------------------------------------------------------------------------------------------------------- */

/* Whose device it is; with the beginning of its id where she has several that are active. */
void api_device_words(
        struct api_node *app, const struct device_id *id, enum schema_language language, struct buf *out)
{
	const struct team_view *view = node_view(app->node);
	const struct team_device *device = view ? team_view_device(view, id) : NULL;
	const size_t start = out->size;
	unsigned of_person = 0;
	char hex[9];
	for (uint32_t i = 0; device && i < view->device_count; i++)
		of_person += view->devices[i].state == TEAM_DEVICE_ACTIVE &&
		        person_id_eq(&view->devices[i].person, &device->person);
	ids_hex(hex, id->bytes, 4);
	if (device && device->relay) {
		buf_add_span(out, span_text(describe_in(language, "le relais ", "the relay ")));
		of_person = 2;
	} else if (!device || !describe_person(app, span_of(device->person.bytes, ID_SHORT_BYTES), out)) {
		buf_add_span(out, span_text(describe_in(language, "l'appareil ", "device ")));
		of_person = 2;
	} else if (of_person > 1) {
		buf_add_span(out, span_text(" "));
	}
	if (of_person > 1 || out->size == start)
		buf_add_span(out, span_text(hex));
}

json_t *api_device_name(struct api_node *app, const struct device_id *id)
{
	struct buf fr = {0}, en = {0};
	api_device_words(app, id, SCHEMA_FR, &fr);
	api_device_words(app, id, SCHEMA_EN, &en);
	json_t *json = json_pack("{s:o, s:o}", "fr", describe_text(&fr), "en", describe_text(&en));
	buf_close(&fr);
	buf_close(&en);
	return json;
}

/* ---- One device -------------------------------------------------------------------------------------------------- */

enum compartment api_aged_compartment(struct api_node *app)
{
	return node_may_read(app->node, COMPARTMENT_CLINICAL) ? COMPARTMENT_CLINICAL : COMPARTMENT_AGGREGATE;
}

/* Of an active colleague who writes what is shown here. */
static bool is_awaited(struct api_node *app, const struct team_device *device)
{
	const struct device_id self = node_device(app->node);
	return !device_id_eq(&device->id, &self) && device->state == TEAM_DEVICE_ACTIVE && !device->relay &&
	        !node_rights_lapsed(app->node, device) &&
	        team_view_level(node_view(app->node), &device->id, (uint8_t)api_aged_compartment(app)) >=
	        TEAM_LEVEL_WRITE;
}

bool api_connection(struct api_node *app, const struct device_id *device, struct peer_status *out)
{
	for (uint32_t i = 0; peers_status(app->peers, i, out); i++)
		if (device_id_eq(&out->device, device) && out->connected)
			return true;
	*out = (struct peer_status){0};
	return false;
}

bool api_is_live(const struct peer_status *status)
{
	return status->connected && status->level && status->progress.peer_complete &&
	        status->progress.missing_here == 0 && status->silent_ms < LIMIT_SESSION_SILENT_MS;
}

struct aged {
	const struct team_device *device;
	uint64_t upto_ms;
	bool is_live, is_lacking;
	uint64_t missing;
};

static struct aged aged_of(struct api_node *app, const struct team_device *device)
{
	struct peer_status status;
	const struct node_complete complete = node_complete_of(
	        app->node, &device->id, api_aged_compartment(app));
	struct aged aged = {.device = device,
	        .upto_ms = complete.upto_ms,
	        .is_lacking = complete.is_lacking,
	        .missing = complete.missing};
	api_connection(app, &device->id, &status);
	aged.is_live = api_is_live(&status) && !complete.is_lacking;
	if (aged.is_live)
		aged.upto_ms = env_wall_ms(app->env) - status.silent_ms;
	return aged;
}

void api_put_heard(struct api_node *app, const struct device_id *device, json_t *json)
{
	const struct node_heard heard = node_heard_of(app->node, device);
	if (heard.said_ms)
		json_object_set_new(json, "said", api_moment_ms(heard.said_ms));
	if (heard.heard_ms) {
		json_object_set_new(json, "heard", api_moment_ms(heard.heard_ms));
		if (!device_id_is_zero(&heard.through) && !device_id_eq(&heard.through, device)) {
			json_object_set_new(json, "through", api_hex(heard.through.bytes, ID_LONG_BYTES));
			json_object_set_new(json, "throughName", api_device_name(app, &heard.through));
		}
	}
	if (heard.met_ms)
		json_object_set_new(json, "met", api_moment_ms(heard.met_ms));
}

static json_t *aged_json(struct api_node *app, const struct aged *aged)
{
	const struct team_device *device = aged->device;
	json_t *json = json_pack("{s:o, s:o, s:o, s:s, s:o, s:b, s:b, s:I}", "device",
	        api_hex(device->id.bytes, ID_LONG_BYTES), "person",
	        api_hex(device->person.bytes, ID_SHORT_BYTES), "name", api_device_name(app, &device->id),
	        "role", team_role_name(team_view_role(node_view(app->node), &device->id)), "upto",
	        aged->upto_ms ? api_moment_ms(aged->upto_ms) : json_null(), "now", aged->is_live, "lacking",
	        aged->is_lacking, "missing", (json_int_t)aged->missing);
	api_put_heard(app, &device->id, json);
	return json;
}

/* ---- All of them, as a sentence ---------------------------------------------------------------------------------- */

static int aged_cmp(const void *left, const void *right)
{
	const struct aged *a = left, *b = right;
	if (a->upto_ms != b->upto_ms)
		return a->upto_ms > b->upto_ms ? -1 : 1;
	return device_id_cmp(&a->device->id, &b->device->id);
}

/* "Complete up to now for Léa, yesterday 18:02 for Marc." */
static void say_complete(const struct api_saying *saying, const struct aged *list, uint32_t count)
{
	const uint64_t now_ms = env_wall_ms(saying->app->env);
	bool any = false;
	for (uint32_t i = 0; i < count; i++) {
		const struct aged *aged = &list[i];
		if (!aged->upto_ms || aged->is_lacking || (!aged->is_live && now_ms > aged->upto_ms + OLD_MS))
			continue;
		if (any)
			api_say(saying, ", ", ", ");
		else
			api_say(saying, "À jour jusqu'à ", "Complete up to ");
		any = true;
		if (aged->is_live)
			api_say(saying, "maintenant", "now");
		else
			api_say_when(saying, aged->upto_ms);
		api_say(saying, " pour ", " for ");
		api_say_device(saying, &aged->device->id);
		if (!aged->is_live && aged->upto_ms > now_ms + AHEAD_MS)
			api_say(saying, " (son horloge avance)", " (by a clock that is ahead)");
	}
	if (any)
		api_say(saying, ".", ".");
}

/* "Not heard since Tuesday 18:02: Zoé." */
static void say_old(const struct api_saying *saying, const struct aged *list, uint32_t count)
{
	const uint64_t now_ms = env_wall_ms(saying->app->env);
	for (uint32_t i = 0; i < count; i++) {
		const struct aged *aged = &list[i];
		if (aged->is_live || aged->is_lacking || (aged->upto_ms && now_ms <= aged->upto_ms + OLD_MS))
			continue;
		if (saying->out->size)
			api_say(saying, " ", " ");
		if (aged->upto_ms) {
			api_say(saying, "Sans nouvelles depuis ", "Not heard since ");
			api_say_when(saying, aged->upto_ms);
		} else {
			api_say(saying, "Encore sans nouvelles", "Nothing heard yet");
		}
		api_say(saying, " : ", ": ");
		api_say_device(saying, &aged->device->id);
		api_say(saying, ".", ".");
	}
}

static void say_lacking(const struct api_saying *saying, const struct aged *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!list[i].is_lacking)
			continue;
		if (saying->out->size)
			api_say(saying, " ", " ");
		api_say(saying, "Il manque ici des saisies que cet appareil a annoncées : ",
		        "Records are lacking here that this device is known to have: ");
		api_say_device(saying, &list[i].device->id);
		if (list[i].upto_ms) {
			api_say(saying, " (à jour jusqu'à ", " (complete up to ");
			api_say_when(saying, list[i].upto_ms);
			api_say(saying, ")", ")");
		}
		api_say(saying, ".", ".");
	}
}

static json_t *sentence(
        struct api_node *app, enum schema_language language, const struct aged *list, uint32_t count)
{
	struct buf out = {0};
	const struct api_saying saying = {app, language, &out};
	say_complete(&saying, list, count);
	say_lacking(&saying, list, count);
	say_old(&saying, list, count);
	if (count == 0)
		api_say(&saying, "Aucun autre appareil n'écrit ces données.",
		        "No other device writes these records.");
	json_t *json = describe_text(&out);
	buf_close(&out);
	return json;
}

json_t *api_age(struct api_node *app)
{
	const struct team_view *view = node_view(app->node);
	struct aged *list = mem_zero(view ? view->device_count + 1 : 1, sizeof(*list));
	json_t *devices = json_array();
	uint32_t count = 0;
	for (uint32_t i = 0; view && i < view->device_count; i++)
		if (is_awaited(app, &view->devices[i]))
			list[count++] = aged_of(app, &view->devices[i]);
	if (count)
		qsort(list, count, sizeof(*list), aged_cmp);
	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(devices, aged_json(app, &list[i]));
	json_t *json = json_pack("{s:o, s:o, s:o}", "devices", devices, "fr",
	        sentence(app, SCHEMA_FR, list, count), "en", sentence(app, SCHEMA_EN, list, count));
	mem_free(list);
	return json;
}
