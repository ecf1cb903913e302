/*
 * Photos and scans of a dossier. A file comes in pieces, is made fit to be kept as a whole (node/picture/), and is saved; it is read piece by piece.
 */
#include "node/api_wounds.h"

#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/api_patients.h"
#include "node/node_photo.h"
#include "node/picture/picture.h"

enum { THUMBNAIL = 2 }; /* the field */

/* ---- A file comes in --------------------------------------------------------------------------------------------- */

struct refused_file {
	int error;
	const char *fr, *en;
};

static const struct refused_file UNFIT[] = {
        {ERR_UNSUPPORTED,
                "Ce n'est pas une photo (JPEG, PNG) ni un document numérisé (PDF) qui puisse être gardé. "
                "Rien "
                "n'a été enregistré.",
                "This is not a photo (JPEG, PNG) or a scan (PDF) that can be kept. Nothing was saved."},
        {ERR_TOOBIG,
                "Cette photo ou ce document est trop grand : 16 Mio, 64 millions de pixels et 2 000 pages au "
                "plus. Rien n'a été enregistré.",
                "This photo or scan is too large: 16 MiB, 64 million pixels and 2,000 pages are the limits. "
                "Nothing was saved."},
        {ERR_DENIED,
                "Ce PDF demande un mot de passe : imprimez-le, numérisez-le, ou retirez le mot de passe. "
                "Rien "
                "n'a été enregistré.",
                "This PDF asks for a password. Print or scan it, or take the password off. Nothing was "
                "saved."},
        {ERR_TIMEOUT, "L'examen de ce fichier a pris trop de temps. Rien n'a été enregistré.",
                "This file took too long to look at. Nothing was saved."},
        {ERR_CANCELLED,
                "Le programme était occupé avec sa base : ajoutez le fichier de nouveau. Rien n'a été "
                "enregistré.",
                "The program was busy with its database: add the file again. Nothing was saved."},
        {ERR_NOTFOUND,
                "Le programme releve-picture, qui examine les fichiers, n'est pas là où il a été installé. "
                "Rien n'a été enregistré.",
                "The program releve-picture, which looks at files, is not where it was installed. Nothing "
                "was "
                "saved."},
        {0, "Ce fichier est abîmé ou coupé. Rien n'a été enregistré.",
                "This file is damaged, or cut. Nothing was saved."},
};

static void refuse(struct api_call *call, int error, const char *fr, const char *en)
{
	api_call_fail_with(call, error, en, json_pack("{s:s}", "fr", fr));
}

static void refuse_unfit(struct api_call *call, int error)
{
	const struct refused_file *why = UNFIT;
	while (why->error && why->error != error)
		why++;
	refuse(call, error, why->fr, why->en);
}

void api_upload_wipe(struct api_node *app)
{
	buf_wipe(&app->upload);
	app->upload = (struct buf){0};
}

int api_post_photo_piece(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *number = api_call_query(call, "upload");
	const struct span piece = api_call_bytes(call);
	if (!number) {
		api_upload_wipe(app);
		app->upload_count++;
	} else if (strtoull(number, NULL, 10) != app->upload_count || !app->upload.size) {
		refuse(call, ERR_NOTFOUND,
		        "Ce fichier a été abandonné : un autre a commencé. Rien n'a été enregistré.",
		        "That file was given up: another one began. Nothing was saved.");
		return 0;
	}
	if (piece.size > LIMIT_BLOB_BYTES - app->upload.size) {
		api_upload_wipe(app);
		refuse(call, ERR_TOOBIG,
		        "Une photo ou un document peut avoir 16 Mio. Prenez les pages une à une, ou avec "
		        "moins "
		        "de détail. Rien n'a été enregistré.",
		        "A photo or scan may have 16 MiB. Take the pages one by one, or with less detail. "
		        "Nothing was saved.");
		return 0;
	}
	buf_add_span(&app->upload, piece);
	api_call_reply(call, 200,
	        json_pack("{s:I, s:I}", "upload", (json_int_t)app->upload_count, "bytes",
	                (json_int_t)app->upload.size));
	return 0;
}

static void add_picture(struct record_edit *edit, const struct picture *picture)
{
	const struct schema_kind *kind = edit->record.kind;
	if (picture->thumbnail.size)
		schema_put(&edit->record, schema_field(kind, THUMBNAIL))->bytes = buf_span(
		        &picture->thumbnail);
	if (picture->width) {
		schema_put(&edit->record, schema_field_named(kind, span_text("width")))
		        ->number = picture->width;
		schema_put(&edit->record, schema_field_named(kind, span_text("height")))
		        ->number = picture->height;
	}
}

static void on_saved(void *context, int result)
{
	struct api_call *call = context;
	if (result)
		api_call_fail(call, result, NULL);
	else
		api_call_reply(call, 201, json_incref(api_call_state(call)));
	api_call_release(call);
}

static void release_reply(void *state)
{
	json_decref(state);
}

/* The reply comes when it is durable. */
static int save(struct api_call *call, const struct record_id *patient, struct record_edit *edit,
        const struct picture *picture)
{
	struct api_node *app = api_node_of(call);
	add_picture(edit, picture);
	json_t *reply = json_pack("{s:o, s:I}", "id",
	        api_hex(edit->record.id.bytes, sizeof(edit->record.id.bytes)), "bytes",
	        (json_int_t)picture->bytes.size);
	api_call_set_state(call, reply, release_reply);
	api_call_hold(call);
	int result = node_photo_save(app->node, patient, edit, buf_span(&picture->bytes),
	        span_text(picture_media_type(picture->form)), NULL, on_saved, call);
	if (result)
		api_call_release(call);
	return result;
}

/* A file that is looked at elsewhere (uv_picture.h), and what it is to be saved with. */
struct api_adding {
	struct api_call *call; /* held */
	struct record_id patient;
	struct record_edit edit;
	struct arena arena; /* its texts */
};

static void adding_end(struct api_adding *adding, int refused)
{
	if (refused)
		refuse_unfit(adding->call, refused);
	api_call_release(adding->call);
	arena_close(&adding->arena);
	mem_free(adding);
}

static void on_looked(void *context, int refused, struct picture *picture)
{
	struct api_node *app = context;
	struct api_adding *adding = app->adding;
	app->adding = NULL;
	int result = refused ? 0 : save(adding->call, &adding->patient, &adding->edit, picture);
	if (result)
		api_call_fail(adding->call, result, NULL);
	adding_end(adding, refused);
}

void api_photo_stop(struct api_node *app)
{
	struct api_adding *adding = app->adding;
	if (!adding)
		return;
	app->look_no_more(app->context);
	app->adding = NULL;
	adding_end(adding, ERR_CANCELLED);
}

/* Reads what the file is to be saved with. False: replied. */
static bool read_edit(struct api_call *call, struct api_adding *adding)
{
	struct api_node *app = api_node_of(call);
	json_t *json = api_call_json(call);
	struct schema_report report = {0};
	json_object_del(json, "upload");
	if (json_object_get(json, "width") || json_object_get(json, "height")) {
		api_call_fail(
		        call, ERR_INVALID, "Width and height are measured, not given. Nothing was saved.");
		return false;
	}
	if (!json_object_get(json, "at"))
		json_object_set_new(json, "at", api_now(app));
	adding->edit = (struct record_edit){.record = {.kind = schema_kind(SCHEMA_PHOTO)}};
	env_random_bytes(app->env, adding->edit.record.id.bytes, sizeof(adding->edit.record.id.bytes));
	/* Without one, what was sent of it stays, to be saved once there is one. */
	api_consent_preset(app, &adding->patient, adding->edit.record.kind, json, &report);
	if (record_from_json(json, SCHEMA_CHECK_EDIT, &adding->arena, &adding->edit, &report)) {
		api_refuse_record(call, &report);
		return false;
	}
	return true;
}

/* The reply comes when the file was looked at, and is durable. */
int api_post_photo(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const json_int_t upload = json_integer_value(json_object_get(api_call_json(call), "upload"));
	struct patient_group group;
	if (!api_group_or_reply(call, &group) || api_refused_record(call))
		return 0;
	if ((uint64_t)upload != app->upload_count || !app->upload.size) {
		refuse(call, ERR_NOTFOUND,
		        "Ce fichier n'est pas ici : envoyez-le d'abord. Rien n'a été enregistré.",
		        "That file is not here: send its pieces first. Nothing was saved.");
		return 0;
	}
	if (app->adding || !app->look_at) {
		refuse(call, ERR_BUSY,
		        "Un autre fichier est en cours d'examen : réessayez. Rien n'a été enregistré.",
		        "Another file is being looked at: try again. Nothing was saved.");
		return 0;
	}
	struct api_adding *adding = mem_zero(1, sizeof(*adding));
	*adding = (struct api_adding){.call = call, .patient = group.files[0]};
	api_call_hold(call);
	if (!read_edit(call, adding)) {
		adding_end(adding, 0);
		return 0;
	}
	const struct schema_record *record = &adding->edit.record;
	adding->patient = api_group_home(app, &group, &record, 1);
	app->adding = adding;
	int result = app->look_at(app->context, &app->upload, on_looked, app);
	if (result) {
		app->adding = NULL;
		adding_end(adding, result);
	}
	return 0;
}

/* ---- Listing ----------------------------------------------------------------------------------------------------- */

struct photo {
	struct node_entry entry;
	struct crdt_op op;
	struct schema_record record;
	struct schema_measures measures;
	struct arena arena;
	bool is_readable; /* the manifest: a newer version may have written another one */
	struct blob_manifest manifest;
	struct blob_address address;
};

/* Owner calls arena_close(&out->arena), also when it is false: the entry cannot be read. */
static bool photo_read(struct api_node *app, const struct op_id *op_id, struct photo *out)
{
	uint32_t unknown;
	out->arena = (struct arena){0};
	if (node_read_op(app->node, op_id, &out->entry))
		return false;
	struct crdt_ops ops = crdt_change_ops(&out->entry.change);
	while (crdt_ops_next(&ops, &out->op)) {
		if (out->op.index != op_id->index)
			continue;
		if (!record_event_read(&out->op, &out->measures, &out->record, &unknown))
			return false;
		out->is_readable = node_photo_manifest(&out->record, &out->arena, &out->manifest);
		if (out->is_readable)
			blob_address(&out->address, &out->manifest);
		return true;
	}
	return false;
}

static json_t *base64(struct span bytes)
{
	const size_t size = sodium_base64_encoded_len(bytes.size, sodium_base64_VARIANT_ORIGINAL);
	char *text = mem_alloc(size);
	sodium_bin2base64(text, size, bytes.data, bytes.size, sodium_base64_VARIANT_ORIGINAL);
	json_t *json = json_string(text);
	mem_wipe(text, size);
	mem_free(text);
	return json;
}

static void put_state(struct api_node *app, const struct blob_address *address, json_t *json)
{
	struct node_photo state;
	if (!node_photo(app->node, address, &state))
		return;
	json_object_set_new(json, "pieces", json_integer(state.chunk_count));
	json_object_set_new(json, "received", json_integer(state.held_count));
	json_object_set_new(json, "complete", json_boolean(state.held_count == state.chunk_count));
	json_object_set_new(json, "otherDevices", json_integer(state.elsewhere));
	json_object_set_new(json, "relays", json_integer(state.relays));
	json_object_set_new(json, "asked", json_boolean(state.asked));
}

/* The devices, relays among them, that said that they have all of it. */
static json_t *devices_with(struct api_node *app, const struct blob_address *address)
{
	const struct team_view *view = node_view(app->node);
	json_t *list = json_array();
	for (uint32_t i = 0; view && i < view->device_count; i++)
		if (view->devices[i].state == TEAM_DEVICE_ACTIVE &&
		        node_photo_is_at(app->node, &view->devices[i].id, address))
			json_array_append_new(list, api_hex(view->devices[i].id.bytes, ID_LONG_BYTES));
	return list;
}

static json_t *photo_json(struct api_node *app, const struct op_id *op, bool has_thumbnail)
{
	struct photo photo;
	json_t *json = photo_read(app, op, &photo) ? record_event_json(&photo.op, &photo.entry.meta) : NULL;
	const struct schema_value *thumbnail = json ? schema_value(&photo.record, THUMBNAIL) : NULL;
	if (json) {
		json_object_del(json, "manifest");
		json_object_del(json, "thumbnail");
	}
	if (json && photo.is_readable) {
		json_object_set_new(json, "mediaType",
		        json_stringn((const char *)photo.manifest.media_type.data,
		                photo.manifest.media_type.size));
		json_object_set_new(json, "bytes", json_integer((json_int_t)photo.manifest.size_bytes));
		put_state(app, &photo.address, json);
		json_object_set_new(json, "devices", devices_with(app, &photo.address));
	}
	if (thumbnail && has_thumbnail)
		json_object_set_new(json, "thumbnail", base64(thumbnail->bytes));
	arena_close(&photo.arena);
	return json;
}

int api_get_photos(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const bool has_thumbnails = api_call_query(call, "thumbnails") != NULL;
	struct patient_group group;
	uint32_t count;
	if (!api_group_or_reply(call, &group))
		return 0;
	struct api_group_event *events = api_group_events(app, &group, SCHEMA_PHOTO, &count);
	json_t *list = json_array();
	for (uint32_t i = 0; i < count; i++) {
		json_t *json = photo_json(app, &events[i].event.op, has_thumbnails);
		if (json && group.count > 1)
			json_object_set_new(json, "dossier", api_hex(events[i].file.bytes, ID_SHORT_BYTES));
		if (json)
			json_array_append_new(list, json);
	}
	mem_free(events);
	api_note_group(app, &group);
	api_call_reply(call, 200, json_pack("{s:o}", "photos", list));
	return 0;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

/* The photo that the path names by the first digits of its id. False: replied. */
static bool photo_or_reply(struct api_call *call, struct record_id *patient, struct photo *out)
{
	const char *text = api_call_param(call, 1);
	const size_t digits = strlen(text);
	struct patient_group group;
	struct op_id op = {0};
	uint32_t count;
	unsigned found = 0;
	if (!api_group_or_reply(call, &group))
		return false;
	struct api_group_event *events = api_group_events(api_node_of(call), &group, SCHEMA_PHOTO, &count);
	for (uint32_t i = 0; digits >= 4 && i < count; i++) {
		char hex[2 * ID_SHORT_BYTES + 1];
		ids_hex(hex, events[i].event.id.bytes, sizeof(events[i].event.id.bytes));
		if (strncmp(hex, text, digits) != 0)
			continue;
		op = events[i].event.op;
		*patient = events[i].file;
		found++;
	}
	mem_free(events);
	if (found == 1 && photo_read(api_node_of(call), &op, out) && out->is_readable)
		return true;
	if (found == 1)
		arena_close(&out->arena);
	api_call_fail(call, found > 1 ? ERR_CONFLICT : ERR_NOTFOUND,
	        found > 1 ? "Several photos begin so: give more digits."
	                  : "This patient has no such photo here.");
	return false;
}

static uint64_t detail_of(const struct blob_address *address)
{
	uint64_t detail = 0;
	for (unsigned i = 0; i < 8; i++)
		detail = detail << 8 | address->bytes[i];
	return detail;
}

static void reply_missing(struct api_call *call, const struct photo *photo)
{
	json_t *more = json_pack("{s:s}", "fr",
	        "Cette photo n'est pas encore reçue : elle viendra d'un appareil qui l'a, à la prochaine "
	        "rencontre.");
	put_state(api_node_of(call), &photo->address, more);
	api_call_fail_with(call, ERR_NOTFOUND,
	        "This photo has not been received yet: it comes at a meeting with a device that has it.",
	        more);
}

int api_get_photo_piece(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient;
	struct photo photo;
	struct buf plain = {0};
	const uint32_t index = (uint32_t)strtoul(api_call_param(call, 2), NULL, 10);
	if (!photo_or_reply(call, &patient, &photo))
		return 0;
	const uint32_t count = blob_chunk_count(photo.manifest.size_bytes);
	node_photo_ask(app->node, &photo.address);
	int result = index < count ? node_photo_open(app->node, &patient, &photo.manifest, index, &plain)
	                           : ERR_INVALID;
	if (result == 0) {
		api_note(app, ACCESS_PHOTO, &patient, detail_of(&photo.address));
		api_call_reply(call, 200,
		        json_pack("{s:I, s:I, s:s%, s:o}", "piece", (json_int_t)index, "pieces",
		                (json_int_t)count, "mediaType", photo.manifest.media_type.data,
		                photo.manifest.media_type.size, "data", base64(buf_span(&plain))));
	} else if (result == ERR_NOTFOUND) {
		reply_missing(call, &photo);
		result = 0;
	}
	buf_wipe(&plain);
	arena_close(&photo.arena);
	return result;
}

/* ---- What comes by itself ---------------------------------------------------------------------------------------- */

static const char *const choices[NODE_PHOTOS_CHOICES] = {
        [NODE_PHOTOS_ALL] = "all",
        [NODE_PHOTOS_ASKED] = "asked",
        [NODE_PHOTOS_TODAY] = "today",
        [NODE_PHOTOS_NONE] = "none",
};

json_t *api_photo_policy(struct api_node *app)
{
	const struct node_photo_policy policy = node_photo_policy(app->node);
	return json_pack("{s:s, s:I}", "which", choices[policy.which], "bytesPerSecond",
	        (json_int_t)policy.bytes_per_s);
}

static bool read_choice(const json_t *json, enum node_photos *out)
{
	for (unsigned i = 0; i < NODE_PHOTOS_CHOICES; i++)
		if (json_is_string(json) && strcmp(json_string_value(json), choices[i]) == 0) {
			*out = (enum node_photos)i;
			return true;
		}
	return json == NULL;
}

/* A ceiling below one piece in ten seconds would end in questions that nobody answers in time. */
static bool read_ceiling(const json_t *json, uint32_t *out)
{
	const json_int_t value = json_integer_value(json);
	if (!json)
		return true;
	*out = (uint32_t)value;
	return json_is_integer(json) &&
	        (value == 0 || (value >= LIMIT_PIECES_RATE_MIN && value <= INT32_MAX));
}

int api_post_photo_policy(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const json_t *json = api_call_json(call);
	struct node_photo_policy policy = node_photo_policy(app->node);
	if (!read_choice(json_object_get(json, "which"), &policy.which)) {
		api_call_fail(call, ERR_INVALID,
		        "\"which\" is \"all\", \"today\", \"asked\" or \"none\". Nothing was changed.");
		return 0;
	}
	if (!read_ceiling(json_object_get(json, "bytesPerSecond"), &policy.bytes_per_s)) {
		api_call_fail(call, ERR_INVALID,
		        "\"bytesPerSecond\" is 0, for no ceiling, or 8000 and more. Nothing was changed.");
		return 0;
	}
	int result = node_set_photo_policy(app->node, &policy);
	return result ? result : api_reply_durable(call, 200, api_photo_policy(app));
}
