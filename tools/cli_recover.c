/* Backups, and a device made from one. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/schema/moment.h"
#include "node/uv_restore.h"
#include "store/file.h"
#include "tools/cli.h"

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* ---- Backups ---- */

static void show_bytes(void *context, uint64_t bytes, uint64_t bytes_expected)
{
	char line[80];
	(void)context;
	snprintf(line, sizeof(line), "%.1f of about %.1f MB", (double)bytes / 1e6,
	        (double)(bytes_expected > bytes ? bytes_expected : bytes) / 1e6);
	cli_progress(line);
}

static int backup_piece(struct cli *cli, json_t *body, json_t **out)
{
	json_t *piece;
	int result = cli_request_json(cli, "POST", "/api/backup", body, &piece);
	if (result)
		return result;
	json_decref(*out);
	*out = piece;
	show_bytes(NULL, (uint64_t)number(piece, "bytes"), (uint64_t)number(piece, "bytesExpected"));
	return 0;
}

int cli_backup(struct cli *cli)
{
	char *path = cli_whole_path(cli->arguments[0]);
	json_t *out = NULL;
	int result = backup_piece(cli, json_pack("{s:s}", "file", path), &out);
	while (!result && !json_is_true(json_object_get(out, "done")))
		result = backup_piece(
		        cli, json_pack("{s:I}", "backup", (json_int_t)number(out, "backup")), &out);
	cli_progress(NULL);
	if (!result && !cli_print_json(cli, out))
		printf("%s holds everything that this device has: %lld rows, %.1f MB.\n"
		       "It opens with the passphrase that this device has now, also after that was changed: "
		       "keep "
		       "both.\n",
		        path, number(out, "rows"), (double)number(out, "bytes") / 1e6);
	if (!result && number(out, "damaged"))
		result = cli_say(CLI_DIFFERS,
		        "%lld rows of the database are damaged, and so they are in the backup: see releve "
		        "fsck",
		        number(out, "damaged"));
	json_decref(out);
	mem_free(path);
	return result;
}

static json_t *report_json(const struct uv_restore_report *report)
{
	char made[MOMENT_TEXT_BYTES], device[2 * ID_LONG_BYTES + 1], team[2 * ID_LONG_BYTES + 1];
	struct moment moment = {.seconds = (int64_t)(report->about.made_ms / 1000)};
	moment.offset_minutes = calendar_paris_offset_minutes(moment.seconds);
	moment_text(made, moment);
	ids_hex(device, report->about.device.bytes, ID_LONG_BYTES);
	ids_hex(team, report->about.team.bytes, ID_LONG_BYTES);
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "made", made, "device", device, "team", team,
	        "rows", (json_int_t)report->counts.rows, "bytes", (json_int_t)report->counts.bytes, "damaged",
	        (json_int_t)report->counts.damaged);
}

static void print_report(const struct cli *cli, const json_t *report)
{
	const char *made = json_string_value(json_object_get(report, "made"));
	printf("%s: made on %.10s at %.8s by the clock of device %.16s; %lld rows, %.1f MB.\n",
	        cli->arguments[0], made, made + 11, json_string_value(json_object_get(report, "device")),
	        number(report, "rows"), (double)number(report, "bytes") / 1e6);
}

/* What both commands begin with: the passphrase. 0 or an exit code, said. */
static int configure(struct cli *cli, struct buf *passphrase, struct uv_restore_config *config)
{
	int result = cli_passphrase(cli, false, passphrase);
	*config = (struct uv_restore_config){
	        .file = cli->arguments[0], .passphrase = buf_span(passphrase), .progress = show_bytes};
	return result;
}

static int tell_damage(const struct uv_restore_report *report)
{
	return report->counts.damaged
	        ? cli_say(CLI_DIFFERS,
	                  "%llu rows were damaged in the database already when the backup was made: see "
	                  "releve fsck once it is restored",
	                  (unsigned long long)report->counts.damaged)
	        : CLI_OK;
}

int cli_backup_check(struct cli *cli)
{
	struct buf passphrase = {0};
	struct uv_restore_config config;
	struct uv_restore_report report;
	struct uv_database_problem problem;
	int result = configure(cli, &passphrase, &config);
	if (result)
		return result;
	result = uv_restore_check(&config, &report, &problem);
	buf_wipe(&passphrase);
	cli_progress(NULL);
	if (result)
		return cli_say(cli_exit_of(result), "%s", problem.sentence);
	json_t *out = report_json(&report);
	if (!cli_print_json(cli, out)) {
		print_report(cli, out);
		printf("It is whole, and opens with this passphrase.\n");
	}
	json_decref(out);
	return tell_damage(&report);
}

/* ---- Restoring ---- */

static int restore(struct cli *cli, struct uv_restore_report *report)
{
	struct buf passphrase = {0};
	struct uv_restore_config config;
	struct uv_database_problem problem;
	int result = cli_make_directory(cli);
	if (!result)
		result = configure(cli, &passphrase, &config);
	if (result)
		return result;
	result = uv_restore(cli->directory, &config, report, &problem);
	cli_progress(NULL);
	int told = result ? 0 : cli_tell_new_device(cli, buf_span(&passphrase));
	buf_wipe(&passphrase);
	return result ? cli_say(cli_exit_of(result), "%s", problem.sentence) : told;
}

int cli_restore(struct cli *cli)
{
	struct uv_restore_report report;
	int result = restore(cli, &report);
	if (result)
		return result;
	json_t *out = report_json(&report);
	if (!cli_print_json(cli, out)) {
		print_report(cli, out);
		printf("The device is in %s as it was then, under the passphrase that it had then.\n"
		       "What it wrote after that moment, and no colleague's device had received, is not "
		       "there any "
		       "more. Everything else comes when it meets one: releve run.\n"
		       "If the team removed the device since, it stays removed: join again with a new one "
		       "(releve "
		       "init, releve join).\n",
		        cli->directory);
	}
	json_decref(out);
	return tell_damage(&report);
}
