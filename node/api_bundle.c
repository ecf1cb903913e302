/* Files for a stick: written piece by piece, taken in piece by piece, and a newcomer's request (node/README.md, "Bundles"). */
#include "node/api_node.h"

#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/uv_bundle.h"

/* One at a time: another one that begins ends it. */
enum bundle_kind { BUNDLE_EXPORT, BUNDLE_IMPORT, BUNDLE_REQUEST };

struct api_bundle {
	enum bundle_kind kind;
	/* One of these, once it has begun; it begins anew when a dossier is being erased, or the database was opened again. */
	struct uv_bundle_writer *writer;
	struct uv_bundle_reader *reader;
	struct uv_bundle_asking *asking;
	struct node_export_wish wish;
	struct person_id person; /* of the wish */
	char *path;
	bool replace;
	uint64_t number;
	uint64_t asked_ms; /* for the last piece */
	uint64_t taken, refused, early, files_read; /* of the whole import */
	uint32_t waiting;
};

void api_bundle_pause(struct api_node *app)
{
	if (!app->bundle)
		return;
	uv_bundle_writer_free(app->bundle->writer);
	uv_bundle_reader_free(app->bundle->reader);
	uv_bundle_asking_free(app->bundle->asking);
	app->bundle->writer = NULL;
	app->bundle->reader = NULL;
	app->bundle->asking = NULL;
}

void api_bundle_wipe(struct api_node *app)
{
	if (!app->bundle)
		return;
	api_bundle_pause(app);
	mem_free(app->bundle->path);
	mem_free(app->bundle);
	app->bundle = NULL;
}

void api_bundle_turned(struct api_node *app)
{
	if (app->bundle && env_monotonic_ms(app->env) - app->bundle->asked_ms > LIMIT_BUNDLE_IDLE_MS)
		api_bundle_wipe(app);
}

static void begin(struct api_node *app, enum bundle_kind kind, const char *path)
{
	api_bundle_wipe(app);
	app->bundle = mem_zero(1, sizeof(*app->bundle));
	app->bundle->kind = kind;
	app->bundle->path = mem_text(span_text(path));
	app->bundle->number = ++app->bundle_count;
	app->bundle->asked_ms = env_monotonic_ms(app->env);
}

/* The one that the request goes on with. NULL: it is gone; replied. */
static struct api_bundle *under_way(struct api_call *call, enum bundle_kind kind)
{
	struct api_node *app = api_node_of(call);
	const json_int_t number = json_integer_value(json_object_get(api_call_json(call), "bundle"));
	if (app->bundle && app->bundle->number == (uint64_t)number && app->bundle->kind == kind) {
		app->bundle->asked_ms = env_monotonic_ms(app->env);
		return app->bundle;
	}
	api_call_fail(call, ERR_NOTFOUND,
	        "That was given up: another one began, nobody asked for more of it, or the device was "
	        "locked. Do it again: what "
	        "was taken in stays.");
	return NULL;
}

static const char *path_of(struct api_call *call)
{
	const char *path = api_text(api_call_json(call), "path");
	if (path && *path == '/')
		return path;
	api_call_fail(
	        call, ERR_INVALID, "\"path\" has to be the whole path of a file or folder, from \"/\" on.");
	return NULL;
}

/* ---- Writing ------------------------------------------------------------------------------------------------------ */

static const char *export_sentence(int error)
{
	switch (error) {
	case ERR_NOTFOUND:
		return "There is nobody whom the file would be for: no colleague's device is known here, and "
		       "no invitation is open.";
	case ERR_EXISTS:
		return "A file with that name is there, and this device did not make it: take it in first "
		       "(releve bundle import), then "
		       "say --replace, or name another file or a folder. Nothing was changed.";
	case ERR_NOSPACE:
		return "There is no room left there. Whole files stay and can be taken in; with less on the "
		       "stick, again.";
	case ERR_IO:
		return "It cannot be written there: there is no such folder, or the stick was pulled out or "
		       "is damaged. Whole files stay "
		       "and can be taken in.";
	case ERR_DENIED:
		return "This program may not write there.";
	default:
		return NULL;
	}
}

static int fail_export(struct api_call *call, int error)
{
	api_bundle_wipe(api_node_of(call));
	api_call_fail(call, error, export_sentence(error));
	return 0;
}

static json_t *files_of(const struct uv_bundle_writer *writer)
{
	json_t *files = json_array();
	const char *path;
	for (uint32_t i = 0; (path = uv_bundle_writer_file(writer, i)) != NULL; i++)
		json_array_append_new(files, json_string(path));
	return files;
}

/* Nothing goes out meanwhile. What was written before may hold what is being erased: it is begun anew. */
static int reply_waiting(struct api_call *call, struct api_bundle *bundle)
{
	api_bundle_pause(api_node_of(call));
	api_call_reply(call, 200,
	        json_pack("{s:I, s:b, s:b}", "bundle", (json_int_t)bundle->number, "done", 0, "erasing", 1));
	return 0;
}

static int reply_written(struct api_call *call, struct api_bundle *bundle)
{
	struct api_node *app = api_node_of(call);
	int more = bundle->writer ? 0
	                          : uv_bundle_writer_new(app->node, bundle->path, bundle->replace,
	                                    &bundle->wish, &bundle->writer);
	if (more == 0)
		more = uv_bundle_writer_step(bundle->writer);
	if (more == ERR_BUSY)
		return reply_waiting(call, bundle);
	if (more < 0)
		return fail_export(call, more);
	const struct node_export_counts counts = uv_bundle_writer_counts(bundle->writer);
	api_call_reply(call, 200,
	        json_pack("{s:I, s:b, s:I, s:I, s:I, s:i, s:i, s:o}", "bundle", (json_int_t)bundle->number,
	                "done", more == 0, "entries", (json_int_t)counts.entries, "entriesExpected",
	                (json_int_t)counts.entries_expected, "bytes", (json_int_t)counts.bytes, "devices",
	                (int)counts.devices, "invitations", (int)counts.invitations, "files",
	                files_of(bundle->writer)));
	if (more == 0)
		api_bundle_wipe(app);
	return 0;
}

enum { VOLUME_MB_MIN = 5, VOLUME_MB_MAX = 1024 * 1024 };

_Static_assert(VOLUME_MB_MIN * 1000 * 1000 >= NODE_BUNDLE_VOLUME_BYTES_MIN, "the smallest one has room");

/* The wish of the request. False: replied. */
static bool read_wish(struct api_call *call, struct node_export_wish *wish, struct person_id *person)
{
	json_t *json = api_call_json(call), *megabytes = json_object_get(json, "volumeMb");
	const char *whom = api_text(json, "for");
	const json_int_t size = json_integer_value(megabytes);
	*wish = (struct node_export_wish){.whole = json_is_true(json_object_get(json, "all"))};
	if (megabytes && (size < VOLUME_MB_MIN || size > VOLUME_MB_MAX)) {
		api_call_fail(call, ERR_INVALID, "A file has room for 5 MB at least. Nothing was changed.");
		return false;
	}
	wish->volume_bytes = (uint64_t)size * 1000 * 1000;
	if (!whom)
		return true;
	wish->person = person;
	return api_person_or_reply(call, whom, person);
}

static int export_noted(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const json_t *json = api_call_json(call);
	struct node_export_wish wish;
	struct person_id person;
	if (!read_wish(call, &wish, &person))
		return 0;
	begin(app, BUNDLE_EXPORT, api_text(json, "path"));
	app->bundle->wish = wish;
	if (wish.person) {
		app->bundle->person = person;
		app->bundle->wish.person = &app->bundle->person;
	}
	app->bundle->replace = json_is_true(json_object_get(json, "replace"));
	return reply_written(call, app->bundle);
}

int api_post_bundle_export(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	if (json_object_get(api_call_json(call), "bundle")) {
		struct api_bundle *bundle = under_way(call, BUNDLE_EXPORT);
		return bundle ? reply_written(call, bundle) : 0;
	}
	if (!path_of(call))
		return 0;
	int result = node_export_prepare(app->node);
	if (result)
		return result;
	api_note(app, ACCESS_FILE, NULL, api_dossier_count(app));
	return api_when_noted(call, export_noted);
}

/* ---- Taking in ---------------------------------------------------------------------------------------------------- */

static const char *import_sentence(const struct uv_bundle_report *report)
{
	switch (report->error) {
	case ERR_DENIED:
		return report->is_ours ? "It is of this team, but not sealed to this device, which came "
		                         "later or may not read it: ask for a new one. "
		                         "Nothing was taken."
		                       : "It is not for this device: of another team, or from before it "
		                         "joined. Nothing was taken.";
	case ERR_VERSION:
		return report->is_older ? "It was made by an earlier version of the program: ask for a new "
		                          "one. Nothing was taken."
		                        : "It was made by a newer version of the program. Nothing was taken.";
	case ERR_MALFORMED:
	case ERR_TOOBIG:
		return report->taken.has_about ? "What its maker wrote makes no sense. What came before that "
		                                 "was taken, and nothing else."
		                               : "It is no such file. Nothing was taken.";
	case ERR_INVALID:
		return "It is no plain file. Nothing was taken.";
	case ERR_NOTFOUND:
		return "There is no such file.";
	default:
		return NULL;
	}
}

static json_t *error_json(int error, const char *sentence)
{
	json_t *json = json_pack(
	        "{s:s, s:s}", "code", err_name(error), "message", sentence ? sentence : err_sentence(error));
	api_add_french(json);
	return json;
}

static const char *asked_sentence(int error)
{
	switch (error) {
	case ERR_USED:
		return "Its invitation was used already, or withdrawn: nobody was let in.";
	case ERR_EXPIRED:
		return "Its invitation has expired: nobody was let in.";
	case ERR_DENIED:
		return "Its invitation was not made for whom it names: nobody was let in.";
	case ERR_EXISTS:
	case ERR_INVALID:
		return "It names keys that are another device's, or none at all: nobody was let in.";
	default:
		return NULL;
	}
}

/* What came of a request to join. */
static json_t *asked_json(const struct node_taken *taken)
{
	json_t *json = json_pack("{s:o, s:b, s:b}", "device",
	        api_hex(taken->newcomer.bytes, sizeof(taken->newcomer.bytes)), "admitted",
	        taken->admitted >= 0, "again", taken->admitted == JOINING_AGAIN);
	if (taken->admitted < 0)
		json_object_set_new(
		        json, "error", error_json(taken->admitted, asked_sentence(taken->admitted)));
	return json;
}

static json_t *report_json(struct api_node *app, const struct uv_bundle_report *report)
{
	const struct node_taken *taken = &report->taken;
	const struct device_id self = node_device(app->node);
	json_t *json = json_pack("{s:s, s:I, s:I, s:I, s:b, s:b}", "file", report->path, "taken",
	        (json_int_t)taken->entries, "refused", (json_int_t)taken->refused, "early",
	        (json_int_t)taken->early, "whole", taken->ended && taken->damaged == 0, "full", taken->full);
	if (taken->damaged)
		json_object_set_new(json, "damagedAt", json_integer((json_int_t)taken->damaged_at));
	if (taken->has_about && taken->ended && !taken->damaged)
		json_object_set_new(json, "changed", json_boolean(!taken->is_signed));
	if (taken->has_about) {
		json_object_set_new(
		        json, "by", api_hex(taken->about.by.bytes, sizeof(taken->about.by.bytes)));
		json_object_set_new(json, "own", json_boolean(device_id_eq(&taken->about.by, &self)));
		json_object_set_new(json, "volume", json_integer((json_int_t)taken->about.volume));
		if (taken->volumes)
			json_object_set_new(json, "volumes", json_integer((json_int_t)taken->volumes));
	}
	if (taken->asks)
		json_object_set_new(json, "asks", asked_json(taken));
	if (taken->has_joined)
		json_object_set_new(json, "joined", api_hex(node_team(app->node)->bytes, ID_LONG_BYTES));
	if (report->error)
		json_object_set_new(json, "error", error_json(report->error, import_sentence(report)));
	return json;
}

static void add_up(struct api_bundle *bundle, const struct uv_bundle_report *report)
{
	bundle->taken += report->taken.entries;
	bundle->refused += report->taken.refused;
	bundle->early = report->taken.early; /* those of this file may come by another one */
	bundle->waiting = report->taken.waiting;
	bundle->files_read += report->error == 0;
}

static int fail_import(struct api_call *call, int error)
{
	api_bundle_wipe(api_node_of(call));
	api_call_fail(call, error,
	        error == ERR_NOTFOUND         ? "There is no file of \"releve bundle export\" in this folder."
	                : error == ERR_TOOBIG ? "There are too many files in this folder: put those that are "
	                                        "wanted into another one."
	                                      : NULL);
	return 0;
}

static int reply_taken(struct api_call *call, struct api_bundle *bundle)
{
	struct api_node *app = api_node_of(call);
	struct uv_bundle_report report;
	bool ended = false;
	int more = bundle->reader ? 0 : uv_bundle_reader_new(app->node, bundle->path, &bundle->reader);
	if (more == 0)
		more = uv_bundle_reader_step(bundle->reader, &ended, &report);
	if (more < 0)
		return fail_import(call, more);
	if (ended)
		add_up(bundle, &report);
	const struct uv_bundle_progress progress = uv_bundle_reader_progress(bundle->reader);
	json_t *json = json_pack("{s:I, s:b, s:I, s:I, s:i, s:i, s:I, s:I, s:I, s:I}", "bundle",
	        (json_int_t)bundle->number, "done", more == 0, "bytes", (json_int_t)progress.bytes,
	        "bytesExpected", (json_int_t)progress.bytes_expected, "file", (int)progress.file, "files",
	        (int)progress.files, "taken", (json_int_t)bundle->taken, "refused",
	        (json_int_t)bundle->refused, "waiting", (json_int_t)bundle->waiting, "quarantine",
	        (json_int_t)node_quarantine_count(app->node));
	if (ended)
		json_object_set_new(json, "ended", report_json(app, &report));
	if (more == 0)
		api_bundle_wipe(app);
	return api_reply_durable(call, 200, json);
}

int api_post_bundle_import(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	if (json_object_get(api_call_json(call), "bundle")) {
		struct api_bundle *bundle = under_way(call, BUNDLE_IMPORT);
		return bundle ? reply_taken(call, bundle) : 0;
	}
	const char *path = path_of(call);
	if (!path)
		return 0;
	begin(app, BUNDLE_IMPORT, path);
	return reply_taken(call, app->bundle);
}

/* ---- Asking to join ------------------------------------------------------------------------------------------------- */

static const char *request_sentence(int error)
{
	switch (error) {
	case ERR_NOTFOUND:
		return "No file there says of which team this invitation is: the colleague who made it has "
		       "to write one after "
		       "that, with releve bundle export.";
	case ERR_EXISTS:
		return "This device belongs to another team already, or that file is there. Nothing was "
		       "changed.";
	case ERR_EXPIRED:
		return "The invitation has expired: ask for a new one.";
	case ERR_TOOBIG:
		return "There are too many files in this folder: name the one of the colleague who invited "
		       "you. "
		       "Nothing was "
		       "changed.";
	case ERR_NOSPACE:
		return "There is no room left there. Nothing was changed.";
	default:
		return NULL;
	}
}

struct requested {
	struct api_call *call;
	struct buf file;
};

/* It is written when the device knows that it asked. */
static void on_requested(void *context, int result)
{
	struct requested *requested = context;
	struct api_call *call = requested->call;
	char *name = NULL;
	if (!result && api_call_open(call))
		result = uv_bundle_put(api_node_of(call)->node, api_text(api_call_json(call), "path"),
		        buf_span(&requested->file), &name);
	if (result)
		api_call_fail(call, result, request_sentence(result));
	else
		api_call_reply(call, 201, json_pack("{s:s*}", "file", name));
	mem_free(name);
	buf_close(&requested->file);
	mem_free(requested);
	api_call_release(call);
}

/* Nobody asked yet whose invitation it is: the files are looked at, some in each request. 1: there is more. */
static int look_for_team(struct api_call *call, const char *path, const struct team_invitation *invitation,
        struct team_id *team)
{
	struct api_node *app = api_node_of(call);
	int result = 0;
	if (!json_object_get(api_call_json(call), "bundle"))
		begin(app, BUNDLE_REQUEST, path);
	else if (!under_way(call, BUNDLE_REQUEST))
		return 1;
	struct api_bundle *bundle = app->bundle;
	if (!bundle->asking)
		result = uv_bundle_asking_new(bundle->path, &bundle->asking);
	if (result == 0)
		result = uv_bundle_asking_step(bundle->asking, invitation, team);
	if (result == 1)
		api_call_reply(
		        call, 200, json_pack("{s:I, s:b}", "bundle", (json_int_t)bundle->number, "done", 0));
	else
		api_bundle_wipe(app);
	return result;
}

static int request(struct api_call *call, const struct team_invitation *invitation,
        const struct person_id *person, const char *path)
{
	struct node *node = api_node_of(call)->node;
	const char *name = api_text(api_call_json(call), "name");
	struct team_id team;
	if (invitation->expires_ms && env_wall_ms(node_env(node)) > invitation->expires_ms)
		return ERR_EXPIRED;
	int result = look_for_team(call, path, invitation, &team);
	if (result)
		return result < 0 ? result : 0;
	struct requested *requested = mem_zero(1, sizeof(*requested));
	requested->call = call;
	api_call_hold(call);
	result = node_request_join(
	        node, &team, invitation, person, span_text(name), on_requested, requested, &requested->file);
	if (result) {
		buf_close(&requested->file);
		mem_free(requested);
		api_call_release(call);
	}
	return result;
}

int api_post_bundle_request(struct api_call *call)
{
	const char *path = path_of(call);
	struct team_invitation invitation;
	struct person_id person;
	if (!path)
		return 0;
	if (!api_name_fits(api_text(api_call_json(call), "name"))) {
		api_call_fail(call, ERR_INVALID, "Your name is needed.");
		return 0;
	}
	if (!api_joining_person(call, &person) || !api_invitation_or_reply(call, &invitation))
		return 0;
	int result = request(call, &invitation, &person, path);
	team_invitation_wipe(&invitation);
	if (result)
		api_call_fail(call, result, request_sentence(result));
	return 0;
}
