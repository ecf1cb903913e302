#include "node/api_settings.h"

#include "crdt/base/err.h"
#include "crdt/base/wire.h"
#include "node/api_node.h"
#include "node/keyring/bundle.h"
#include "node/version.h"
#include "store/entry.h"

static const char SETTINGS_ROW[] = "settings", BACKUP_ROW[] = "backup";
enum { ROW_VERSION = 1, MINUTE_MS = 60 * 1000, LOCK_MINUTES_MAX = 24 * 60 };

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

/* False: there is none, or of another version. Owner closes `row`. */
static bool begin_row(struct api_node *app, const char *name, struct buf *row, struct wire_in *in)
{
	if (api_local(app, name, row))
		return false;
	*in = wire_begin(buf_span(row));
	return wire_u8(in) == ROW_VERSION;
}

void api_settings_opened(struct api_node *app)
{
	struct buf row = {0};
	struct wire_in in;
	uint64_t minutes = 0;
	if (begin_row(app, SETTINGS_ROW, &row, &in))
		minutes = wire_varint(&in);
	buf_close(&row);
	app->lock_after_ms = minutes <= LOCK_MINUTES_MAX ? minutes * MINUTE_MS : 0;
}

uint64_t api_lock_after_ms(const struct api_node *app, uint64_t option_ms)
{
	if (!app->lock_after_ms || !option_ms)
		return app->lock_after_ms + option_ms;
	return app->lock_after_ms < option_ms ? app->lock_after_ms : option_ms;
}

void api_settings_backed_up(struct api_node *app, const char *path, uint64_t bytes)
{
	struct buf row = {0};
	wire_put_u8(&row, ROW_VERSION);
	wire_put_varint(&row, env_wall_ms(app->env));
	wire_put_varint(&row, bytes);
	buf_add_span(&row, span_text(path));
	(void)node_put_local(app->node, BACKUP_ROW, buf_span(&row), NULL, NULL);
	buf_wipe(&row);
}

static json_t *backup_json(struct api_node *app)
{
	struct buf row = {0};
	struct wire_in in;
	json_t *json = NULL;
	if (begin_row(app, BACKUP_ROW, &row, &in)) {
		const uint64_t made_ms = wire_varint(&in), bytes = wire_varint(&in);
		const struct span path = wire_span(&in, wire_left(&in));
		json = json_pack("{s:o, s:I, s:s%}", "made", api_moment_ms(made_ms), "bytes",
		        (json_int_t)bytes, "file", (const char *)path.data, path.size);
	}
	buf_close(&row);
	return json ? json : json_null();
}

/* ---- Requests ---------------------------------------------------------------------------------------------------- */

static json_t *listening_json(const struct api_node *app)
{
	char text[NET_IP_TEXT_BYTES];
	if (!app->listening.port)
		return json_null();
	net_address_text(&app->listening, text);
	return json_string(text);
}

static json_t *settings_json(struct api_node *app)
{
	return json_pack("{s:s, s:{s:i, s:i, s:i}, s:I, s:I, s:o, s:o}", "version", releve_version, "formats",
	        "records", (int)ENTRY_VERSION, "exchange", (int)peers_version(), "file", (int)BUNDLE_VERSION,
	        "lockAfterMinutes", (json_int_t)(app->lock_after_ms / MINUTE_MS), "lockAtMostSeconds",
	        (json_int_t)(app->lock_option_ms / 1000), "listening", listening_json(app), "backup",
	        backup_json(app));
}

int api_get_settings(struct api_call *call)
{
	api_call_reply(call, 200, settings_json(api_node_of(call)));
	return 0;
}

int api_post_settings(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const json_t *given = json_object_get(api_call_json(call), "lockAfterMinutes");
	const json_int_t minutes = json_integer_value(given);
	struct buf row = {0};
	if (!json_is_integer(given) || minutes < 0 || minutes > LOCK_MINUTES_MAX) {
		api_call_fail_with(call, ERR_INVALID,
		        "\"lockAfterMinutes\" is a number of minutes, at most 1440; 0: never. Nothing was "
		        "changed.",
		        json_pack("{s:s}", "fr",
		                "Le délai de verrouillage est un nombre de minutes, 1440 au plus ; 0 : "
		                "jamais. Rien n'a été changé."));
		return 0;
	}
	wire_put_u8(&row, ROW_VERSION);
	wire_put_varint(&row, (uint64_t)minutes);
	int result = node_put_local(app->node, SETTINGS_ROW, buf_span(&row), NULL, NULL);
	buf_close(&row);
	if (result)
		return result;
	app->lock_after_ms = (uint64_t)minutes * MINUTE_MS;
	return api_reply_durable(call, 200, settings_json(app));
}
