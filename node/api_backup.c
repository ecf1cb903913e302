#include "node/api_backup.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/api_node.h"
#include "node/uv_restore.h"
#include "store/file.h"

struct api_backup {
	struct backup_writer *writer;
	char *file;
	uint64_t number;
	uint64_t asked_ms; /* for the last piece */
};

void api_backup_free(struct api_backup *backup)
{
	if (!backup)
		return;
	backup_writer_free(backup->writer);
	mem_free(backup->file);
	mem_free(backup);
}

static void end(struct api_node *app)
{
	api_backup_free(app->backup);
	app->backup = NULL;
}

void api_backup_turned(struct api_node *app)
{
	if (app->backup &&
	        (node_wants_store(app->node) ||
	                env_monotonic_ms(app->env) - app->backup->asked_ms > LIMIT_BACKUP_IDLE_MS))
		end(app);
}

static int begin(struct api_node *app, const char *file)
{
	struct backup_about about = {.made_ms = env_wall_ms(app->env), .device = node_device(app->node)};
	struct buf keyfile = {0};
	struct backup_writer *writer;
	char *path = file_join(app->directory, "device.key");
	if (node_in_team(app->node))
		about.team = *node_team(app->node);
	int result = file_read(path, KEYFILE_BYTES, &keyfile);
	if (result == ERR_TOOBIG) /* it holds two keys */
		result = ERR_BUSY;
	if (!result)
		result = backup_writer_new(
		        file, app->store, app->vault, buf_span(&keyfile), &about, app->env, &writer);
	buf_close(&keyfile);
	mem_free(path);
	if (result)
		return result;
	app->backup = mem_zero(1, sizeof(*app->backup));
	app->backup->writer = writer;
	app->backup->file = mem_text(span_text(file));
	app->backup->number = ++app->backup_count;
	app->backup->asked_ms = env_monotonic_ms(app->env);
	return 0;
}

static int fail(struct api_call *call, int error, const char *file)
{
	struct uv_database_problem problem;
	uv_restore_problem(&problem, error, file);
	api_call_fail(call, error, problem.sentence);
	return 0;
}

static int reply_piece(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct api_backup *backup = app->backup;
	backup->asked_ms = env_monotonic_ms(app->env);
	int result = backup_writer_step(backup->writer);
	if (result < 0) {
		fail(call, result, backup->file);
		end(app);
		return 0;
	}
	const struct backup_counts counts = backup_writer_counts(backup->writer);
	json_t *body = json_pack("{s:I, s:b, s:s, s:I, s:I, s:I, s:I}", "backup", (json_int_t)backup->number,
	        "done", result == 0, "file", backup->file, "rows", (json_int_t)counts.rows, "bytes",
	        (json_int_t)counts.bytes, "bytesExpected", (json_int_t)counts.bytes_expected, "damaged",
	        (json_int_t)counts.damaged);
	if (result == 1) {
		api_call_reply(call, 200, body);
		return 0;
	}
	api_settings_backed_up(app, backup->file, counts.bytes);
	end(app);
	return api_reply_durable(call, 200, body);
}

/* Another one may have begun, or the store been opened again, until it was noted. */
static int reply_first_piece(struct api_call *call)
{
	return api_node_of(call)->backup ? reply_piece(call) : ERR_BUSY;
}

/* With a number the next piece of the backup that has it; without one, a new one begins and one under way is given up. */
int api_post_backup(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	json_int_t number = json_integer_value(json_object_get(api_call_json(call), "backup"));
	const char *file = api_text(api_call_json(call), "file");
	if (number) {
		if (app->backup && app->backup->number == (uint64_t)number)
			return reply_piece(call);
		api_call_fail(call, ERR_NOTFOUND,
		        "That backup was given up: another one began, nobody asked for more of it, or the "
		        "database "
		        "had to be opened again. There is no file of it.");
		return 0;
	}
	if (!file || *file != '/') {
		api_call_fail(
		        call, ERR_INVALID, "\"file\" has to be the whole path of a file, from \"/\" on.");
		return 0;
	}
	end(app);
	int result = begin(app, file);
	if (result)
		return fail(call, result, file);
	api_note(app, ACCESS_BACKUP, NULL, api_dossier_count(app));
	return api_when_noted(call, reply_first_piece);
}
