/* Several teams on one device: which there are, and one more. */
#include <stdio.h>

#include "crdt/base/limits.h"
#include "node/uv_database.h"
#include "tools/cli.h"
#include "tools/team_folder.h"

int cli_tell_new_device(struct cli *cli, struct span passphrase)
{
	const char *team = cli->team;
	json_t *out;
	if (!cli_runs(cli))
		return 0;
	cli->team = NULL; /* asked of the program, which does not know the team yet */
	int result = cli_request_json(cli, "POST", "/api/teams",
	        json_pack("{s:s, s:s%}", "team", team ? team : TEAM_FOLDER_MAIN, "passphrase",
	                (const char *)passphrase.data, passphrase.size),
	        &out);
	cli->team = team;
	json_decref(out);
	return result;
}

/* Where no program runs: directories alone, since nothing else of them can be read without the passphrase. */
static json_t *list_here(const struct cli *cli)
{
	struct team_folder_name names[LIMIT_TEAMS];
	uint32_t count = team_folder_list(cli->root, names, LIMIT_TEAMS);
	json_t *list = json_array();
	if (team_folder_has_device(cli->root))
		json_array_append_new(list, json_pack("{s:s, s:b}", "team", TEAM_FOLDER_MAIN, "locked", 1));
	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:s, s:b}", "team", names[i].text, "locked", 1));
	return json_pack("{s:o}", "teams", list);
}

int cli_teams(struct cli *cli)
{
	static const struct cli_column columns[] = {{"TEAM", "team", 0}, {"LOCKED", "locked", 0},
	        {"STOPPED", "failed", 0}, {"IN A TEAM", "inTeam", 0}, {"PORT", "port", 0}, {0}};
	json_t *out = NULL;
	int result = 0;
	cli->team = NULL;
	if (cli_runs(cli))
		result = cli_request(cli, "GET", "/api/teams", (struct span){NULL, 0}, &out);
	else
		out = list_here(cli);
	if (!result && !cli_print_json(cli, out)) {
		cli_print_table(json_object_get(out, "teams"), columns);
		if (json_array_size(json_object_get(out, "teams")) == 0)
			printf("There is no device in %s yet: releve init\n", cli->root);
	}
	json_decref(out);
	return result;
}

void cli_wait_closed(const struct cli *cli)
{
	struct team_folder_name names[LIMIT_TEAMS];
	uint32_t count = team_folder_list(cli->root, names, LIMIT_TEAMS);
	if (team_folder_has_device(cli->root))
		uv_database_wait_closed(cli->root);
	for (uint32_t i = 0; i < count; i++) {
		char *directory = team_folder_path(cli->root, names[i].text);
		uv_database_wait_closed(directory);
		mem_free(directory);
	}
}
